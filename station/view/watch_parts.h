/* Inside the watch: the small picture, polygons on it, the camera's shift. */
#pragma once

#include "watch.h"

#define BLOCK 4       /* camera pixels a side of one block of the small picture */
#define GREY 16       /* its values are sums of so many grey levels */
#define WATCH_POLYGON_MAX 64

struct watch {
    struct model model;
    bool has_model, last_valid, rest_valid;
    int width, height; /* of the small picture */
    uint16_t *now, *last, *rest, *anchor;
    uint16_t *sums; /* of the camera picture's rows, while it is made small */
    int64_t *moved_ns;
    int *stack;
    uint8_t *area, *changed;
    uint64_t hash, frames;
    int same;
    struct watch_state state;
};

/* Fills w->now; returns a hash over every byte of the picture. */
uint64_t watch_shrink(struct watch *w, const struct image *im);

/* A polygon on the small picture, and the blocks around it: x0 .. x1 - 1, y0 .. y1 - 1. */
struct watch_zone {
    struct cam_px corner[WATCH_POLYGON_MAX];
    int corners; /* 0: everywhere */
    int x0, y0, x1, y1;
};

/* No corners, or some that the camera has no place for: everywhere. */
void watch_zone_make(const struct watch *w, const struct bench_mm *polygon, int corners, struct watch_zone *out);
bool watch_zone_has(const struct watch_zone *z, int x, int y); /* the block's centre */

/* Sets 1 in `inside` (small picture) for blocks whose centre lies in the polygon; no corners: everywhere. */
void watch_mark_polygon(const struct watch *w, const struct bench_mm *polygon, int corners, uint8_t *inside);

bool watch_at_edge(const struct watch *w, int block);

/* Centre and size of motion of `blocks` blocks around a place of the small picture. */
void watch_bench_at(const struct watch *w, double x, double y, int blocks, struct watch_state *s);

/* True when most of what has texture has shifted by the same way since the first rest picture. */
bool watch_shifted(const struct watch *w);
