/* Chess corners of the grid's light, and the lattices that they make. */
#include "board.h"
#include "grid_inner.h"

#include <stdlib.h>
#include <string.h>

#define RING 16
/* A corner: the ring's response as a share of all its light, and that light, in grey levels of the camera. */
#define RESPONSE_SHARE 0.3
#define LIGHT_MIN      2.0
#define APART_PX       3 /* the strongest within so many px each way */
/* The next corner lies within this share of a step of where it is awaited, and steps change by no more. */
#define NEAR_SHARE  0.3
#define SQUARE_LEAN 0.5 /* sine between the two directions, at least */
#define STEP_RATIO  2.2
#define NEAREST     6
#define STEP_MAX_PX 120
/* Window of the exact fit, as a share of the step; the middles begin at 0.3. */
#define REFINE_SHARE 0.27
#define REFINE_MAX_PX 7.0
#define REFINE_SIGMA_PX 0.3
#define ALIKE -0.5 /* cosine between phases of neighbours, at most */

/* Offsets of the ring's places from its middle. */
static void ring_of(int radius, ptrdiff_t stride, ptrdiff_t at[RING])
{
    for (int i = 0; i < RING; i++) {
        double a = 2 * LW_PI * i / RING;
        at[i] = lround(radius * sin(a)) * stride + lround(radius * cos(a));
    }
}

/* ChESS: what is alike at opposite places and unlike at right angles, less what an edge or a dot would give. Also the
 * sum of the light. Half of the ring is asked first: 0 when it holds less than `least`. */
static float response(const int16_t *light, const ptrdiff_t at[RING], ptrdiff_t stride, int least, float *sum)
{
    int alike = 0, unlike = 0, ring = 0, all = 0;
    for (int i = 0; i < RING / 4; i += 2)
        alike += abs(light[at[i]] + light[at[i + 8]] - light[at[i + 4]] - light[at[i + 12]]);
    if (alike < least)
        return 0;
    for (int i = 1; i < RING / 4; i += 2)
        alike += abs(light[at[i]] + light[at[i + 8]] - light[at[i + 4]] - light[at[i + 12]]);
    for (int i = 0; i < RING / 2; i++) {
        int v = light[at[i]], across = light[at[i + 8]];
        unlike += abs(v - across);
        ring += v + across;
        all += abs(v) + abs(across);
    }
    int centre = light[0] + light[1] + light[-1] + light[stride] + light[-stride];
    double middle = fabs(ring / (double)RING - centre / 5.0) * RING;
    *sum = (float)all;
    return (float)(alike - unlike - middle);
}

/* The second harmonic of the light on the ring, of length 1. */
static void phase_of(const int16_t *light, const ptrdiff_t at[RING], double phase[2])
{
    phase[0] = phase[1] = 0;
    for (int i = 0; i < RING; i++) {
        phase[0] += light[at[i]] * cos(4 * LW_PI * i / RING);
        phase[1] += light[at[i]] * sin(4 * LW_PI * i / RING);
    }
    double size = fmax(1e-9, hypot(phase[0], phase[1]));
    phase[0] /= size, phase[1] /= size;
}

/* The light about 128, smoothed over 3x3 pixels, 9 times as large. */
static int16_t *smooth(const struct image *im)
{
    int w = im->width, h = im->height;
    int16_t *out = calloc((size_t)w * (size_t)h, sizeof *out);
    for (int y = 1; out && y < h - 1; y++) {
        const uint8_t *a = image_row(im, y - 1), *b = image_row(im, y), *c = image_row(im, y + 1);
        for (int x = 1; x < w - 1; x++)
            out[(ptrdiff_t)y * w + x] = (int16_t)(a[x - 1] + a[x] + a[x + 1] + b[x - 1] + b[x] + b[x + 1] + c[x - 1] +
                                                  c[x] + c[x + 1] - 9 * 128);
    }
    return out;
}

static bool strongest(const float *strength, int w, int x, int y)
{
    float own = strength[(ptrdiff_t)y * w + x];
    for (int dy = -APART_PX; dy <= APART_PX; dy++)
        for (int dx = -APART_PX; dx <= APART_PX; dx++) {
            float other = strength[(ptrdiff_t)(y + dy) * w + x + dx];
            if (other > own || (other == own && (dy < 0 || (dy == 0 && dx < 0))))
                return false;
        }
    return true;
}

/* Between the pixels: the responses' weighted middle. */
static struct cam_px middle_of(const float *strength, int w, int x, int y)
{
    double sum = 0, sx = 0, sy = 0;
    for (int dy = -2; dy <= 2; dy++)
        for (int dx = -2; dx <= 2; dx++) {
            double v = strength[(ptrdiff_t)(y + dy) * w + x + dx];
            sum += v, sx += v * dx, sy += v * dy;
        }
    return (struct cam_px){x + sx / sum, y + sy / sum};
}

int grid_corners_find(const struct grid_light *light, int radius, struct grid_corner *out, int max)
{
    int w = light->picture.width, h = light->picture.height, margin = radius + APART_PX + 1, n = 0;
    ptrdiff_t ring[RING];
    int16_t *smoothed = smooth(&light->picture);
    float *strength = calloc((size_t)w * (size_t)h, sizeof *strength), sum;
    double floor_light = LIGHT_MIN * light->gain * 9;
    ring_of(radius, w, ring);
    for (int y = margin; smoothed && strength && y < h - margin; y++)
        for (int x = margin; x < w - margin; x++) {
            ptrdiff_t at = (ptrdiff_t)y * w + x;
            float r = response(smoothed + at, ring, w, (int)(2 * floor_light), &sum);
            strength[at] = r > 0 && sum > RING * floor_light && r > RESPONSE_SHARE * sum ? r : 0;
        }
    for (int y = margin; smoothed && strength && y < h - margin; y++)
        for (int x = margin; x < w - margin && n < max; x++) {
            ptrdiff_t at = (ptrdiff_t)y * w + x;
            if (strength[at] <= 0 || !strongest(strength, w, x, y))
                continue;
            out[n] = (struct grid_corner){.at = middle_of(strength, w, x, y), .lattice = -1};
            phase_of(smoothed + at, ring, out[n++].phase);
        }
    free(smoothed);
    free(strength);
    return n;
}

/* ---- lattices ---- */

/* Corners by place, so that near ones are found fast. */
#define BUCKET_PX 16
struct places {
    const struct grid_corner *corners;
    int across, down, *first, *next;
};

static bool places_make(struct places *p, const struct grid_light *light, const struct grid_corner *corners, int count)
{
    p->corners = corners;
    p->across = light->picture.width / BUCKET_PX + 1;
    p->down = light->picture.height / BUCKET_PX + 1;
    int buckets = p->across * p->down;
    p->first = malloc((size_t)(buckets + count) * sizeof *p->first);
    p->next = p->first + buckets;
    for (int i = 0; p->first && i < buckets; i++)
        p->first[i] = -1;
    for (int i = 0; p->first && i < count; i++) {
        int b = (int)(corners[i].at.y / BUCKET_PX) * p->across + (int)(corners[i].at.x / BUCKET_PX);
        p->next[i] = p->first[b];
        p->first[b] = i;
    }
    return p->first != NULL;
}

/* The nearest corner within `reach` of `at` whose phase is turned about (turned < 0) or alike (> 0); -1: none. */
static int nearest(const struct places *p, struct cam_px at, double reach, const double phase[2], int turned)
{
    int best = -1;
    double least = reach;
    for (int by = (int)fmax(0, (at.y - reach) / BUCKET_PX); by < p->down && by <= (at.y + reach) / BUCKET_PX; by++)
        for (int bx = (int)fmax(0, (at.x - reach) / BUCKET_PX); bx < p->across && bx <= (at.x + reach) / BUCKET_PX; bx++)
            for (int i = p->first[by * p->across + bx]; i >= 0; i = p->next[i]) {
                const struct grid_corner *c = &p->corners[i];
                double off = hypot(c->at.x - at.x, c->at.y - at.y);
                if (off < least && (c->phase[0] * phase[0] + c->phase[1] * phase[1]) * turned > -ALIKE)
                    least = off, best = i;
            }
    return best;
}

static struct cam_px beyond(const struct grid_corner *c, int i, int j)
{
    return (struct cam_px){c->at.x + i * c->across[0] + j * c->down[0], c->at.y + i * c->across[1] + j * c->down[1]};
}

static double step_of(const struct grid_corner *c)
{
    return fmin(hypot(c->across[0], c->across[1]), hypot(c->down[0], c->down[1]));
}

/* The nearest corners of the other phase, nearest first. */
static int around(const struct grid_corner *corners, int count, int at, int near[NEAREST], double away[NEAREST])
{
    const struct grid_corner *c = &corners[at];
    int n = 0;
    for (int i = 0; i < count; i++) {
        double dx = fabs(corners[i].at.x - c->at.x), dy = fabs(corners[i].at.y - c->at.y);
        if (dx > STEP_MAX_PX || dy > STEP_MAX_PX)
            continue;
        double d = hypot(dx, dy);
        double alike = corners[i].phase[0] * c->phase[0] + corners[i].phase[1] * c->phase[1];
        if (i == at || alike > ALIKE || (n == NEAREST && d >= away[n - 1]))
            continue;
        int k = n < NEAREST ? n++ : n - 1;
        for (; k > 0 && away[k - 1] > d; k--)
            near[k] = near[k - 1], away[k] = away[k - 1];
        near[k] = i, away[k] = d;
    }
    return n;
}

/* A corner begins a lattice when the four around it, and the one across a square, are where they should be. */
static bool begin(const struct places *p, struct grid_corner *corners, int count, int at)
{
    struct grid_corner *c = &corners[at];
    int near[NEAREST];
    double away[NEAREST];
    int n = around(corners, count, at, near, away);
    for (int k = 1; k < n; k++) {
        const struct grid_corner *a = &corners[near[0]], *b = &corners[near[k]];
        c->across[0] = a->at.x - c->at.x, c->across[1] = a->at.y - c->at.y;
        c->down[0] = b->at.x - c->at.x, c->down[1] = b->at.y - c->at.y;
        double lean = (c->across[0] * c->down[1] - c->across[1] * c->down[0]) / (away[0] * away[k]);
        if (lean < 0) /* always the same hand: so that a mirrored picture is known */
            for (int i = 0; i < 2; i++) {
                double t = c->across[i];
                c->across[i] = c->down[i], c->down[i] = t;
            }
        if (fabs(lean) < SQUARE_LEAN || away[k] > STEP_RATIO * away[0])
            continue;
        double reach = NEAR_SHARE * step_of(c);
        if (nearest(p, beyond(c, -1, 0), reach, c->phase, -1) >= 0 && nearest(p, beyond(c, 0, -1), reach, c->phase, -1) >= 0 &&
            nearest(p, beyond(c, 1, 1), reach, c->phase, 1) >= 0)
            return true;
    }
    return false;
}

/* Labels the neighbours of one corner; the steps follow what is seen, half and half. */
static void spread(const struct places *p, struct grid_corner *corners, int at, int *queue, int *last)
{
    static const int side[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    const struct grid_corner *c = &corners[at];
    for (int k = 0; k < 4; k++) {
        int i = side[k][0], j = side[k][1];
        int found = nearest(p, beyond(c, i, j), NEAR_SHARE * step_of(c), c->phase, -1);
        if (found < 0 || corners[found].lattice >= 0 || abs(c->i + i) >= GRID_SPAN || abs(c->j + j) >= GRID_SPAN)
            continue;
        struct grid_corner *n = &corners[found];
        n->lattice = c->lattice;
        n->i = c->i + i, n->j = c->j + j;
        memcpy(n->across, c->across, sizeof n->across);
        memcpy(n->down, c->down, sizeof n->down);
        double *step = i ? n->across : n->down, sign = i + j;
        step[0] = (step[0] + sign * (n->at.x - c->at.x)) / 2;
        step[1] = (step[1] + sign * (n->at.y - c->at.y)) / 2;
        queue[(*last)++] = found;
    }
}

static void refine(const struct grid_light *light, struct grid_corner *c)
{
    struct cam_px at = c->at;
    double sigma, blur, radius = fmin(REFINE_MAX_PX, REFINE_SHARE * step_of(c));
    bool fine = board_refine(&light->picture, radius, &at, &sigma, &blur) && sigma < REFINE_SIGMA_PX &&
                hypot(at.x - c->at.x, at.y - c->at.y) < NEAR_SHARE * step_of(c);
    if (fine)
        c->at = at;
    else
        c->lattice = -1;
}

int grid_lattices(const struct grid_light *light, struct grid_corner *corners, int count)
{
    struct places p;
    int lattices = 0, *queue = malloc(((size_t)count + 1) * sizeof *queue);
    bool ok = places_make(&p, light, corners, count);
    for (int i = 0; ok && queue && i < count; i++) {
        if (corners[i].lattice >= 0 || !begin(&p, corners, count, i))
            continue;
        int first = 0, last = 1;
        corners[i].lattice = lattices++;
        queue[0] = i;
        while (first < last)
            spread(&p, corners, queue[first++], queue, &last);
    }
    for (int i = 0; i < count; i++)
        if (corners[i].lattice >= 0)
            refine(light, &corners[i]);
    free(p.first);
    free(queue);
    return lattices;
}
