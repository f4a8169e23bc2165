/* The scene, drawn where it belongs: bench mm -> projector pixels through the model. Cairo and Pango. */
#pragma once

#include "model.h"
#include "scene.h"

struct picture_rect {
    int x, y, width, height;
};

#define RENDER_RECTS 32

struct render;

/* A renderer for a projector of that size. */
enum lw_msg render_create(struct render **out, int width, int height, struct lw_error *err);
void render_destroy(struct render **r);

/* NULL: not calibrated; then bench_width x bench_depth mm fill the picture, undistorted. */
void render_set_model(struct render *r, const struct model *m, double bench_width_mm, double bench_depth_mm);

/* Draws what changed since the last call (new scene, or animation at now_ns) and lists the changed rectangles
 * (at most RENDER_RECTS; 0: nothing changed). */
int render_draw(struct render *r, const struct scene *s, int64_t now_ns,
                struct picture_rect rects[RENDER_RECTS]);

/* Forgets what was drawn: the next render_draw draws all (after something else used the screen). */
void render_invalidate(struct render *r);

/* BGRA8, the projector's size; valid until the next render call. */
const struct image *render_canvas(const struct render *r);

/* When the scene holds an animation: the time of the next step of it, else INT64_MAX. */
int64_t render_next_ns(const struct render *r);
