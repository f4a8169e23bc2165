#include "left.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pair is off the plane from so many px (projector) and so many times the plane's own spread; and so high. */
#define OFF_MIN_PX  2.0
#define OFF_SIGMAS  6.0
#define HEIGHT_MIN_MM 4.0
/* The height of a pair is only known where light and sight run apart: px a mm, at least. */
#define PARALLAX_MIN 0.05
/* What stands higher is shifted along one line only: what misses that line by more is no height but misread light. */
#define ASIDE_SHARE 0.25
#define CELL_MM     12.0
#define RIM_MM      6.0 /* inside the bench's edge: past it something else begins */
#define AREA_MIN_MM2 400.0
#define PAIRS_MIN   6
#define BESIDE_CELLS 3 /* so far from a region's rim the bench is looked for */
#define STEP_SHARE  0.5 /* a thing's rim steps up by this share of its height; a bent top's does not */

struct point {
    struct bench_mm at; /* with its height in z */
    bool off;
};

struct cells {
    int across, down;
    float *height;          /* mean of the pairs there; NAN: none */
    int *off, *flat, *label; /* pairs off the plane, on it; region, -1 none */
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Projector px by which a pair misses when its place is `z` high. */
static bool miss_at(const struct model *m, const struct decode_pair *p, double z, double e[2])
{
    struct bench_mm b;
    struct proj_px q;
    if (!model_bench_from_cam(m, p->cam, z, &b) || !model_proj_from_bench(m, b, &q))
        return false;
    e[0] = p->proj.x - q.x;
    e[1] = p->proj.y - q.y;
    return true;
}

/* The height at which light and sight come nearest. */
static bool height_of(const struct model *m, const struct decode_pair *p, double *z)
{
    const double step = 1;
    *z = 0;
    for (int i = 0; i < 3; i++) {
        double e[2], f[2];
        if (!miss_at(m, p, *z, e) || !miss_at(m, p, *z + step, f))
            return false;
        double du = (f[0] - e[0]) / step, dv = (f[1] - e[1]) / step, square = du * du + dv * dv;
        if (square < PARALLAX_MIN * PARALLAX_MIN)
            return false;
        *z -= (du * e[0] + dv * e[1]) / square;
    }
    return isfinite(*z);
}

/* Pairs over the bench with their heights; returns their number. */
static int take_points(const struct model *m, const struct decode_pair *pairs, int count, struct point *out, double *spare)
{
    int n = 0, k = 0;
    double e[2];
    for (int i = 0; i < count; i++)
        if (miss_at(m, &pairs[i], 0, e))
            spare[k++] = hypot(e[0], e[1]);
    qsort(spare, (size_t)k, sizeof *spare, by_size);
    double least = k ? fmax(OFF_MIN_PX, OFF_SIGMAS * spare[k / 3] / 0.9) : 0; /* the lower third is the plane's, whatever stands there */
    for (int i = 0; i < count; i++) {
        double z, aside[2];
        struct bench_mm b;
        if (!miss_at(m, &pairs[i], 0, e) || !height_of(m, &pairs[i], &z) || !model_bench_from_cam(m, pairs[i].cam, z, &b) ||
            !miss_at(m, &pairs[i], z, aside) || hypot(aside[0], aside[1]) > fmax(least / 2, ASIDE_SHARE * hypot(e[0], e[1])) ||
            b.x < RIM_MM || b.y < RIM_MM || b.x > m->bench_width_mm - RIM_MM || b.y > m->bench_depth_mm - RIM_MM)
            continue;
        b.z = z;
        out[n++] = (struct point){b, hypot(e[0], e[1]) > least && fabs(z) > HEIGHT_MIN_MM};
    }
    return n;
}

static int cell_of(const struct cells *c, struct bench_mm b)
{
    return (int)(b.y / CELL_MM) * c->across + (int)(b.x / CELL_MM);
}

static bool cells_make(struct cells *c, const struct model *m, const struct point *points, int count)
{
    c->across = (int)(m->bench_width_mm / CELL_MM) + 1;
    c->down = (int)(m->bench_depth_mm / CELL_MM) + 1;
    size_t n = (size_t)c->across * (size_t)c->down;
    c->height = calloc(n, sizeof *c->height);
    c->off = calloc(3 * n, sizeof *c->off);
    if (!c->height || !c->off)
        return false;
    c->flat = c->off + n;
    c->label = c->flat + n;
    for (int i = 0; i < count; i++) {
        int k = cell_of(c, points[i].at);
        ++*(points[i].off ? &c->off[k] : &c->flat[k]);
        c->height[k] += (float)points[i].at.z;
    }
    for (size_t i = 0; i < n; i++) {
        c->height[i] = c->off[i] + c->flat[i] ? c->height[i] / (float)(c->off[i] + c->flat[i]) : NAN;
        c->label[i] = -1;
    }
    return true;
}

static bool raised(const struct cells *c, int k)
{
    return c->off[k] > c->flat[k];
}

/* Marks the region that holds cell `from`; returns its number of cells. Cells without pairs between are bridged. */
static int flood(struct cells *c, int from, int label, int *queue)
{
    int first = 0, last = 1;
    queue[0] = from;
    c->label[from] = label;
    while (first < last) {
        int k = queue[first++], x = k % c->across, y = k / c->across;
        for (int dy = -2; dy <= 2; dy++)
            for (int dx = -2; dx <= 2; dx++) {
                int nx = x + dx, ny = y + dy, i = ny * c->across + nx;
                if (nx < 0 || ny < 0 || nx >= c->across || ny >= c->down || c->label[i] >= 0 || !raised(c, i))
                    continue;
                c->label[i] = label;
                queue[last++] = i;
            }
    }
    return last;
}

/* Does the region's rim step up from the bench beside it? */
static bool steps_up(const struct cells *c, int label, double *rim, double *beside)
{
    int rims = 0, besides = 0;
    for (int k = 0; k < c->across * c->down; k++) {
        if (c->label[k] != label)
            continue;
        bool at_rim = false;
        for (int dy = -BESIDE_CELLS; dy <= BESIDE_CELLS; dy++)
            for (int dx = -BESIDE_CELLS; dx <= BESIDE_CELLS; dx++) {
                int nx = k % c->across + dx, ny = k / c->across + dy, i = ny * c->across + nx;
                if (nx < 0 || ny < 0 || nx >= c->across || ny >= c->down || c->label[i] >= 0 || isnan(c->height[i]))
                    continue;
                beside[besides++] = c->height[i];
                at_rim = true;
            }
        if (at_rim)
            rim[rims++] = c->height[k];
    }
    if (!rims)
        return true; /* nothing of the bench is seen beside it */
    qsort(rim, (size_t)rims, sizeof *rim, by_size);
    qsort(beside, (size_t)besides, sizeof *beside, by_size);
    return fabs(rim[rims / 2] - beside[besides / 2]) > STEP_SHARE * fabs(rim[rims / 2]);
}

/* ---- outlines ---- */

static double turn_of(struct bench_mm a, struct bench_mm b, struct bench_mm c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static int by_place(const void *a, const void *b)
{
    const struct bench_mm *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* Convex hull (Andrew's monotone chain, 1979) of the sorted points; returns its number of corners. */
static int hull(const struct bench_mm *p, int n, struct bench_mm *out)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        while (k >= 2 && turn_of(out[k - 2], out[k - 1], p[i]) <= 0)
            k--;
        out[k++] = p[i];
    }
    int lower = k + 1;
    for (int i = n - 2; i >= 0; i--) {
        while (k >= lower && turn_of(out[k - 2], out[k - 1], p[i]) <= 0)
            k--;
        out[k++] = p[i];
    }
    return k > 1 ? k - 1 : k;
}

/* Drops the corner that costs the least area, until few enough are left. */
static int thin(struct bench_mm *p, int n, int most)
{
    while (n > most) {
        int worst = 0;
        double least = INFINITY;
        for (int i = 0; i < n; i++) {
            double area = fabs(turn_of(p[(i + n - 1) % n], p[i], p[(i + 1) % n]));
            if (area < least)
                least = area, worst = i;
        }
        memmove(p + worst, p + worst + 1, (size_t)(n - worst - 1) * sizeof *p);
        n--;
    }
    return n;
}

static bool describe(const struct cells *c, int label, const struct point *points, int count, struct bench_mm *mine,
                     struct bench_mm *corners, double *heights, struct left_region *out)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if (points[i].off && c->label[cell_of(c, points[i].at)] == label) {
            heights[n] = points[i].at.z;
            mine[n++] = points[i].at;
        }
    if (n < PAIRS_MIN)
        return false;
    qsort(heights, (size_t)n, sizeof *heights, by_size);
    qsort(mine, (size_t)n, sizeof *mine, by_place);
    *out = (struct left_region){.height_mm = heights[n / 2]};
    int k = thin(corners, hull(mine, n, corners), LEFT_CORNERS);
    out->corner_count = k;
    for (int i = 0; i < k; i++) {
        struct bench_mm a = corners[i], b = corners[(i + 1) % k];
        out->outline[i] = (struct bench_mm){a.x, a.y, out->height_mm};
        out->area_mm2 += (a.x * b.y - a.y * b.x) / 2;
        out->middle.x += a.x / k, out->middle.y += a.y / k;
    }
    out->middle.z = out->height_mm;
    return out->area_mm2 >= AREA_MIN_MM2;
}

static int by_area(const void *a, const void *b)
{
    const struct left_region *p = a, *q = b;
    return (q->area_mm2 > p->area_mm2) - (q->area_mm2 < p->area_mm2);
}

static int find_regions(struct cells *c, const struct point *points, int count, struct left_region out[LEFT_MAX])
{
    int cells = c->across * c->down, found = 0, window = (2 * BESIDE_CELLS + 1) * (2 * BESIDE_CELLS + 1);
    int *queue = malloc((size_t)cells * sizeof *queue);
    struct bench_mm *mine = malloc(3 * ((size_t)count + 1) * sizeof *mine);
    double *heights = malloc(((size_t)count + 1) * sizeof *heights);
    double *rim = malloc((size_t)cells * (size_t)(window + 1) * sizeof *rim);
    for (int k = 0, label = 0; queue && mine && heights && rim && k < cells && found < LEFT_MAX; k++) {
        if (c->label[k] >= 0 || !raised(c, k))
            continue;
        flood(c, k, label, queue);
        if (describe(c, label, points, count, mine, mine + count + 1, heights, &out[found])) {
            bool stands = out[found].height_mm > 0 && steps_up(c, label, rim, rim + cells);
            out[found].kind = stands ? LEFT_THING : LEFT_BEND;
            found++;
        }
        label++;
    }
    free(queue);
    free(mine);
    free(heights);
    free(rim);
    qsort(out, (size_t)found, sizeof *out, by_area);
    return found;
}

int left_find(const struct model *m, const struct decode_pair *pairs, int count, struct left_region out[LEFT_MAX])
{
    struct point *points = malloc(((size_t)count + 1) * sizeof *points);
    double *spare = malloc(((size_t)count + 1) * sizeof *spare);
    struct cells c = {0};
    int n = points && spare ? take_points(m, pairs, count, points, spare) : 0, found = 0;
    if (n > 0 && cells_make(&c, m, points, n))
        found = find_regions(&c, points, n, out);
    free(c.height);
    free(c.off);
    free(points);
    free(spare);
    return found;
}
