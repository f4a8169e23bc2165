#include "watch_parts.h"

#include "processors.h"

#include <stdlib.h>
#include <string.h>

/* Shift of the camera: halves of the small picture (8 camera px), tiles of it, searched up to 4 px each way. */
#define HALF 2
#define TILE 12
#define REACH 4
#define TEXTURE_GREY 6.0   /* mean gradient of a tile that can be matched */
#define BETTER 0.7         /* the best match must leave less than this of the mismatch in place */
#define MOVED_SHARE 0.5    /* of the textured tiles agree */
#define TILES_MIN 6

#define LANES 4 /* sums that do not wait for each other */

static void row_hash(uint64_t h[LANES], const uint8_t *p, size_t n)
{
    for (; n >= 8 * LANES; n -= 8 * LANES, p += 8 * LANES) {
        uint64_t v[LANES];
        memcpy(v, p, sizeof v);
        for (int k = 0; k < LANES; k++) {
            h[k] = (h[k] ^ v[k]) * 0x9E3779B97F4A7C15ULL;
            h[k] ^= h[k] >> 29;
        }
    }
    while (n--)
        h[n % LANES] = (h[n % LANES] ^ *p++) * 0x100000001B3ULL;
}

/* Sums of BLOCK rows, then of BLOCK pixels from each value on: `sums[3 BLOCK x + c]` is then block x's. */
LW_EACH_PROCESSOR static void sum_rows(const uint8_t *restrict in, ptrdiff_t stride, uint16_t *restrict rows,
                                       uint16_t *restrict sums, int n)
{
    const uint8_t *restrict a = in, *restrict b = in + stride, *restrict c = b + stride, *restrict d = c + stride;
    for (int i = 0; i < n; i++)
        rows[i] = (uint16_t)(a[i] + b[i] + c[i] + d[i]);
    for (int i = 0; i < n - 9; i++)
        sums[i] = (uint16_t)(rows[i] + rows[i + 3] + rows[i + 6] + rows[i + 9]);
}

uint64_t watch_shrink(struct watch *w, const struct image *im)
{
    _Static_assert(BLOCK == 4, "sum_rows adds four");
    uint64_t h[LANES] = {1, 2, 3, 4};
    int n = 3 * BLOCK * w->width;
    uint16_t *rows = w->sums, *sums = w->sums + n;
    for (int y = 0; y < w->height; y++) {
        const uint8_t *in = image_row(im, y * BLOCK);
        for (int k = 0; k < BLOCK; k++)
            row_hash(h, in + k * im->stride, 3 * (size_t)im->width);
        sum_rows(in, im->stride, rows, sums, n);
        uint16_t *out = w->now + y * w->width;
        for (int x = 0; x < w->width; x++) {
            const uint16_t *bgr = sums + 3 * BLOCK * x;
            out[x] = (uint16_t)((bgr[0] + 2 * bgr[1] + bgr[2]) >> 2);
        }
    }
    for (int k = 1; k < LANES; k++)
        h[0] = (h[0] ^ h[k]) * 0x9E3779B97F4A7C15ULL;
    return h[0];
}

static int block_within(double px, int blocks)
{
    double b = floor(px / BLOCK);
    return b < 0 ? 0 : b > blocks ? blocks : (int)b;
}

void watch_zone_make(const struct watch *w, const struct bench_mm *polygon, int corners, struct watch_zone *out)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    *out = (struct watch_zone){.x1 = w->width, .y1 = w->height};
    if (corners > WATCH_POLYGON_MAX)
        corners = WATCH_POLYGON_MAX;
    if (!w->has_model || corners < 3)
        return;
    for (int i = 0; i < corners; i++) {
        struct cam_px *c = &out->corner[i];
        if (!model_cam_from_bench(&w->model, polygon[i], c))
            return;
        x0 = fmin(x0, c->x), x1 = fmax(x1, c->x);
        y0 = fmin(y0, c->y), y1 = fmax(y1, c->y);
    }
    out->corners = corners;
    out->x0 = block_within(x0, w->width);
    out->y0 = block_within(y0, w->height);
    out->x1 = block_within(x1 + BLOCK, w->width);
    out->y1 = block_within(y1 + BLOCK, w->height);
}

bool watch_zone_has(const struct watch_zone *z, int x, int y)
{
    const struct cam_px *c = z->corner;
    double px = BLOCK * (x + 0.5) - 0.5, py = BLOCK * (y + 0.5) - 0.5;
    bool in = z->corners == 0;
    for (int i = 0, j = z->corners - 1; i < z->corners; j = i++)
        if ((c[i].y > py) != (c[j].y > py) && px < (c[j].x - c[i].x) * (py - c[i].y) / (c[j].y - c[i].y) + c[i].x)
            in = !in;
    return in;
}

void watch_mark_polygon(const struct watch *w, const struct bench_mm *polygon, int corners, uint8_t *inside)
{
    struct watch_zone z;
    watch_zone_make(w, polygon, corners, &z);
    memset(inside, 0, (size_t)w->width * (size_t)w->height);
    for (int y = z.y0; y < z.y1; y++)
        for (int x = z.x0; x < z.x1; x++)
            inside[y * w->width + x] = watch_zone_has(&z, x, y);
}

bool watch_at_edge(const struct watch *w, int block)
{
    int x = block % w->width, y = block / w->width;
    if (x == 0 || y == 0 || x + 1 == w->width || y + 1 == w->height)
        return true;
    return !w->area[block - 1] || !w->area[block + 1] || !w->area[block - w->width] || !w->area[block + w->width];
}

void watch_bench_at(const struct watch *w, double x, double y, int blocks, struct watch_state *s)
{
    struct cam_px at = {BLOCK * (x + 0.5) - 0.5, BLOCK * (y + 0.5) - 0.5}, right = {at.x + BLOCK, at.y};
    struct bench_mm a, b;
    if (!w->has_model || !model_bench_from_cam(&w->model, at, 0, &a) ||
        !model_bench_from_cam(&w->model, right, 0, &b))
        return;
    double side = hypot(b.x - a.x, b.y - a.y);
    s->motion_centre = a;
    s->motion_mm2 = blocks * side * side;
}

static void gradients(const struct watch *w, const uint16_t *from, int16_t *out, int width, int height)
{
    for (int y = 0; y + 1 < height; y++)
        for (int x = 0; x + 1 < width; x++) {
            const uint16_t *p = from + y * HALF * w->width + x * HALF;
            int here = p[0] + p[1] + p[w->width] + p[w->width + 1];
            const uint16_t *q = p + HALF, *r = p + HALF * w->width;
            int right = q[0] + q[1] + q[w->width] + q[w->width + 1];
            int below = r[0] + r[1] + r[w->width] + r[w->width + 1];
            out[y * width + x] = (int16_t)((abs(right - here) + abs(below - here)) / 4);
        }
}

static long mismatch(const int16_t *a, const int16_t *b, int width, int x0, int y0, int dx, int dy)
{
    long sum = 0;
    for (int y = y0; y < y0 + TILE; y++)
        for (int x = x0; x < x0 + TILE; x++)
            sum += abs(a[y * width + x] - b[(y + dy) * width + x + dx]);
    return sum;
}

bool watch_shifted(const struct watch *w)
{
    enum { SPAN = 2 * REACH + 1 };
    int width = w->width / HALF, height = w->height / HALF, textured = 0, best_votes = 0;
    int votes[SPAN][SPAN] = {0};
    int16_t *a = calloc((size_t)width * (size_t)height * 2, sizeof *a), *b = a ? a + width * height : NULL;
    if (!a)
        return false;
    gradients(w, w->anchor, a, width, height);
    gradients(w, w->now, b, width, height);
    for (int y = REACH; y + TILE + REACH < height; y += TILE)
        for (int x = REACH; x + TILE + REACH < width; x += TILE) {
            long sum = 0, stay = mismatch(a, b, width, x, y, 0, 0), least = stay;
            int dx = 0, dy = 0;
            for (int i = 0; i < TILE * TILE; i++)
                sum += a[(y + i / TILE) * width + x + i % TILE];
            if ((double)sum < TEXTURE_GREY * GREY * TILE * TILE)
                continue;
            textured++;
            for (int k = 0; k < SPAN * SPAN; k++) {
                long s = mismatch(a, b, width, x, y, k % SPAN - REACH, k / SPAN - REACH);
                if (s < least)
                    least = s, dx = k % SPAN - REACH, dy = k / SPAN - REACH;
            }
            if ((dx || dy) && (double)least < BETTER * (double)stay)
                votes[dy + REACH][dx + REACH]++;
        }
    for (int y = 0; y + 1 < SPAN; y++) /* a shift between two whole steps votes for both */
        for (int x = 0; x + 1 < SPAN; x++) {
            int v = votes[y][x] + votes[y][x + 1] + votes[y + 1][x] + votes[y + 1][x + 1];
            best_votes = v > best_votes ? v : best_votes;
        }
    free(a);
    return textured >= TILES_MIN && best_votes > MOVED_SHARE * textured;
}
