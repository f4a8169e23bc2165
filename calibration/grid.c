#include "grid_inner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CELL_MIN_PX 8
/* The middle that carries the bit: from this share of the square to the same share from its other side. */
#define MIDDLE_FROM 0.3
/* Wide pictures are halved, thirded …: corners of 20 to 50 px squares are found as well, and faster. */
#define WIDTH_MAX 1500
/* Difference of light against its inverse (grey levels) that is stretched to the whole range, at most so many times. */
#define GAIN_MAX   6.0
#define FULL_SHARE 0.98 /* of the pixels differ by no more than what becomes full range */
#define SEEN_MIN   4.0  /* and they differ by at least this, or there is no light */
#define ENOUGH_SHARE 0.4 /* of all corners: a second search would hardly find more */
#define LOCAL_SHARE 20  /* one picture alone: against the mean over 1 / so much of its width each way */

struct grid_plan grid_plan_make(int width, int height)
{
    struct grid_plan p = {.width = width, .height = height};
    p.cell_px = height / GRID_ROWS > CELL_MIN_PX ? height / GRID_ROWS : CELL_MIN_PX;
    p.columns = width / p.cell_px;
    p.rows = height / p.cell_px;
    p.left = (width - p.columns * p.cell_px) / 2;
    p.top = (height - p.rows * p.cell_px) / 2;
    return p;
}

int grid_bit(int column, int row)
{
    uint32_t h = (uint32_t)column * 0x9E3779B1U ^ (uint32_t)row * 0x85EBCA77U; /* any good mixing does */
    h ^= h >> 15;
    h *= 0x2C1B3C6DU;
    h ^= h >> 12;
    h *= 0x297A2D39U;
    h ^= h >> 15;
    return (int)(h >> 7 & 1);
}

static bool bright_at(const struct grid_plan *p, int x, int y)
{
    int cx = x - p->left, cy = y - p->top, column = cx / p->cell_px, row = cy / p->cell_px;
    double u = (cx % p->cell_px + 0.5) / p->cell_px, v = (cy % p->cell_px + 0.5) / p->cell_px;
    bool middle = u > MIDDLE_FROM && u < 1 - MIDDLE_FROM && v > MIDDLE_FROM && v < 1 - MIDDLE_FROM;
    return (column + row) % 2 == (middle && grid_bit(column, row));
}

void grid_draw(const struct grid_plan *p, bool inverse, int dark, int bright, struct image *out)
{
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            bool inside = x >= p->left && y >= p->top && x < p->left + p->columns * p->cell_px &&
                          y < p->top + p->rows * p->cell_px;
            int level = inside && bright_at(p, x, y) != inverse ? bright : dark;
            uint8_t *q = image_row(out, y) + (ptrdiff_t)x * (int)out->format;
            memset(q, level, out->format == IMAGE_BGRA8 ? 3 : (size_t)out->format);
            if (out->format == IMAGE_BGRA8)
                q[3] = 255;
        }
}

/* ---- the light ---- */

/* Sum of a block of the picture. */
static int block_sum(const struct image *im, int x, int y, int reduced)
{
    int sum = 0;
    for (int dy = 0; dy < reduced; dy++) {
        const uint8_t *row = image_row(im, y * reduced + dy) + x * reduced;
        for (int dx = 0; dx < reduced; dx++)
            sum += row[dx];
    }
    return sum;
}

/* A pattern's light against its inverse's, grey levels; as a share of what both have together it is free of the bench's
 * grain and prints. */
static float light_of(const struct image *pattern, const struct image *inverse, int x, int y, int reduced)
{
    const double black = 8, typical = 128; /* grey levels: below it there is noise alone; what both together have */
    double area = reduced * reduced, p = block_sum(pattern, x, y, reduced) / area;
    double q = inverse ? block_sum(inverse, x, y, reduced) / area : 0;
    return (float)(inverse ? (p - q) * typical / (p + q + black) : p);
}

/* Takes the mean over a square about each pixel away (a table of sums, Crow 1984). */
static bool against_neighbours(float *light, int w, int h, int reach)
{
    double *table = calloc((size_t)(w + 1) * (size_t)(h + 1), sizeof *table);
    if (!table)
        return false;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            table[(ptrdiff_t)(y + 1) * (w + 1) + x + 1] = (double)light[(ptrdiff_t)y * w + x] +
                                                          table[(ptrdiff_t)y * (w + 1) + x + 1] +
                                                          table[(ptrdiff_t)(y + 1) * (w + 1) + x] -
                                                          table[(ptrdiff_t)y * (w + 1) + x];
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int x0 = x > reach ? x - reach : 0, x1 = x + reach < w ? x + reach + 1 : w;
            int y0 = y > reach ? y - reach : 0, y1 = y + reach < h ? y + reach + 1 : h;
            double sum = table[(ptrdiff_t)y1 * (w + 1) + x1] - table[(ptrdiff_t)y0 * (w + 1) + x1] -
                         table[(ptrdiff_t)y1 * (w + 1) + x0] + table[(ptrdiff_t)y0 * (w + 1) + x0];
            light[(ptrdiff_t)y * w + x] = (float)(2 * (light[(ptrdiff_t)y * w + x] - sum / ((x1 - x0) * (y1 - y0))));
        }
    free(table);
    return true;
}

/* The difference that all but a few pixels stay below. */
static double full_range(const float *light, ptrdiff_t n)
{
    long histogram[512] = {0}, below = 0;
    int level = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        histogram[(int)fminf(511, fabsf(light[i]))]++;
    while (level < 511 && (double)(below += histogram[level]) < FULL_SHARE * (double)n)
        level++;
    return level;
}

enum lw_msg grid_light_make(const struct image *pattern, const struct image *inverse, struct grid_light *out,
                            struct lw_error *err)
{
    bool two = inverse && inverse->data;
    *out = (struct grid_light){0};
    if (!pattern->data || pattern->format != IMAGE_GRAY8 || (two && inverse->format != IMAGE_GRAY8))
        return lw_fail(err, LW_MSG_PATTERN_PICTURES, "not grey");
    if (two && (inverse->width != pattern->width || inverse->height != pattern->height))
        return lw_fail(err, LW_MSG_PATTERN_PICTURES, "sizes differ");
    int k = (pattern->width + WIDTH_MAX - 1) / WIDTH_MAX, w = pattern->width / k, h = pattern->height / k;
    ptrdiff_t n = (ptrdiff_t)w * h;
    float *light = malloc((size_t)n * sizeof *light);
    enum lw_msg rc = light ? image_init(&out->picture, w, h, IMAGE_GRAY8, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    for (ptrdiff_t i = 0; !rc && i < n; i++) {
        int x = (int)(i % w), y = (int)(i / w);
        light[i] = light_of(pattern, two ? inverse : NULL, x, y, k);
    }
    if (!rc && !two && !against_neighbours(light, w, h, w / LOCAL_SHARE))
        rc = lw_fail(err, LW_MSG_NO_MEMORY);
    double full = rc ? 0 : full_range(light, n);
    if (!rc && full < SEEN_MIN)
        rc = lw_fail(err, LW_MSG_LIGHT_NOT_SEEN);
    out->reduced = k;
    out->gain = fmin(GAIN_MAX, 127 / full);
    for (ptrdiff_t i = 0; !rc && i < n; i++)
        image_row(&out->picture, (int)(i / w))[i % w] = (uint8_t)lrintf(fminf(255, fmaxf(0, 128 + (float)out->gain * light[i])));
    free(light);
    return rc;
}

/* ---- all ---- */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int count_known(const struct grid_corner *corners, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n += corners[i].known;
    return n;
}

static void take_pairs(const struct grid_plan *plan, const struct grid_light *light, const struct grid_corner *corners,
                       int count, struct grid_result *out)
{
    out->count = 0;
    for (int i = 0; i < count; i++) {
        const struct grid_corner *c = &corners[i];
        if (c->known)
            out->pairs[out->count++] = (struct decode_pair){
                .cam = {(c->at.x + 0.5) * light->reduced - 0.5, (c->at.y + 0.5) * light->reduced - 0.5},
                .proj = {plan->left + c->column * plan->cell_px - 0.5, plan->top + c->row * plan->cell_px - 0.5},
                .weight = 1};
    }
}

enum lw_msg grid_find(const struct grid_plan *plan, const struct image *pattern, const struct image *inverse,
                      struct grid_result *out, struct lw_error *err)
{
    static const int radii[] = {5, 3}; /* the smaller one for small squares */
    struct grid_light light;
    double began = now_s();
    *out = (struct grid_result){0};
    struct grid_corner *corners = malloc(GRID_CORNERS_MAX * sizeof *corners);
    out->pairs = malloc(GRID_CORNERS_MAX * sizeof *out->pairs);
    enum lw_msg rc = grid_light_make(pattern, inverse, &light, err);
    if (!rc && (!corners || !out->pairs))
        rc = lw_fail(err, LW_MSG_NO_MEMORY);
    int all = (plan->columns + 1) * (plan->rows + 1);
    for (int k = 0; !rc && k < 2 && out->count < ENOUGH_SHARE * all; k++) {
        bool mirrored = false;
        int seen = grid_corners_find(&light, radii[k], corners, GRID_CORNERS_MAX);
        int lattices = grid_lattices(&light, corners, seen);
        grid_match(plan, &light, corners, seen, lattices, &mirrored);
        if (count_known(corners, seen) <= out->count)
            continue;
        take_pairs(plan, &light, corners, seen, out);
        out->corners = seen;
        out->mirrored = mirrored;
    }
    if (!rc && out->count < GRID_PAIRS_MIN)
        rc = lw_fail(err, LW_MSG_LIGHT_UNREADABLE, 100.0 * out->count / all);
    image_finish(&light.picture);
    free(corners);
    if (rc)
        grid_finish(out);
    out->seconds = now_s() - began;
    return rc;
}

void grid_finish(struct grid_result *r)
{
    free(r->pairs);
    *r = (struct grid_result){0};
}
