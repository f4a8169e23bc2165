/* Inside the renderer: a short list of changed rectangles. */
#pragma once

#include <stdbool.h>

#include "render.h"

struct rects {
    struct picture_rect r[RENDER_RECTS];
    int count;
};

/* Adds a rectangle clipped to width x height; joins those where joining wastes nothing, and the cheapest ones
 * when the list is full. */
void rects_add(struct rects *list, struct picture_rect r, int width, int height);

bool rects_meet(struct picture_rect a, struct picture_rect b);
struct picture_rect rects_join(struct picture_rect a, struct picture_rect b);

/* The smallest pixel rectangle around canvas coordinates x0..x1, y0..y1. */
struct picture_rect rects_around(double x0, double y0, double x1, double y1);
