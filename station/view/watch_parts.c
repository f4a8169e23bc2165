#include "watch_parts.h"

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

static uint64_t row_hash(uint64_t h, const uint8_t *p, size_t n)
{
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        h = (h ^ v) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 29;
    }
    while (n--)
        h = (h ^ *p++) * 0x100000001B3ULL;
    return h;
}

uint64_t watch_shrink(struct watch *w, const struct image *im)
{
    uint64_t h = 1469598103934665603ULL;
    for (int y = 0; y < w->height; y++) {
        uint16_t *out = w->now + y * w->width;
        memset(out, 0, sizeof *out * (size_t)w->width);
        for (int k = 0; k < BLOCK; k++) {
            const uint8_t *p = image_row(im, y * BLOCK + k);
            h = row_hash(h, p, 3 * (size_t)im->width);
            for (int x = 0; x < w->width; x++, p += 3 * BLOCK) {
                unsigned b = p[0] + p[3] + p[6] + p[9], g = p[1] + p[4] + p[7] + p[10], r = p[2] + p[5] + p[8] + p[11];
                out[x] = (uint16_t)(out[x] + ((b + 2 * g + r) >> 2));
            }
        }
    }
    return h;
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
