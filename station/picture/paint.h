/* Inside the renderer: one item of the scene, prepared for the canvas, and its drawing. */
#pragma once

#include <cairo.h>

#include "map.h"
#include "rects.h"

struct pictures;

/* Rectangles that together hold all that an item may draw; long lines have several, so that little is
 * redrawn. */
#define PAINT_BOXES 8

struct painted {
    struct scene_item item;
    struct map_point *line; /* lines, polygons, crosses: on the canvas */
    int points;
    bool closed;
    cairo_matrix_t local; /* the map near the item: pens and texts are in mm */
    struct map_point head[3];
    bool has_head;
    cairo_surface_t *sprite; /* texts, pictures: drawn once */
    int sprite_x, sprite_y;
    struct picture_rect boxes[PAINT_BOXES];
    int box_count;
};

/* NULL when there is no memory. An item that can't be drawn has no boxes. */
struct painted *paint_prepare(const struct map *m, const struct scene_item *item, struct pictures *pictures);
void paint_destroy(struct painted **p);

/* Draws the item as it looks at animation step `tick`; `over_light`: something lit may lie beneath it. */
void paint_draw(const struct painted *p, cairo_t *cr, int64_t tick, bool over_light);

/* What changes between two steps of the item's animation. */
void paint_changes(const struct painted *p, int64_t tick_a, int64_t tick_b, struct rects *out, int width,
                   int height);

bool paint_meets(const struct painted *p, struct picture_rect r);

/* Steps of the animation: at most 30 a second. */
#define PAINT_TICK_NS 33333334LL

/* ---- sprites ---- */

/* Text as an ARGB32 sprite at *x, *y of the canvas; NULL: nothing to draw. */
cairo_surface_t *sprite_text(const struct map *m, const struct scene_item *item, const cairo_matrix_t *local,
                             int *x, int *y);
cairo_surface_t *sprite_picture(const struct map *m, const struct scene_item *item,
                                const cairo_matrix_t *local, struct pictures *pictures, int *x, int *y);

/* Maps sprite mm (u right, v down in reading direction, origin at the anchor) to the canvas. */
cairo_matrix_t sprite_matrix(const cairo_matrix_t *local, double angle_rad);

/* An empty sprite that holds the rectangle x0..x1, y0..y1 of mm under `t`, clipped to the canvas; its cairo_t
 * has `t` in force. NULL when nothing of it is on the canvas. */
cairo_t *sprite_begin(const struct map *m, const cairo_matrix_t *t, double x0, double y0, double x1,
                      double y1, int *x, int *y);
cairo_surface_t *sprite_end(cairo_t *cr);

/* ---- picture files, kept ---- */
struct pictures *pictures_create(void);
void pictures_destroy(struct pictures **p);

/* The file at about `width_px` (never enlarged), premultiplied; owned by the cache and valid until the next
 * call. NULL: the file can't be read (logged once). */
cairo_surface_t *pictures_get(struct pictures *p, const char *path, int width_px);
