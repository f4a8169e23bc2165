/* Draws solids into the height field. Internal to sim/. */
#pragma once

#include "sim_field.h"
#include "sim_pretend.h"

/* x0, y0, x1, y1 around the solid in its thing's frame. */
void solid_bounds(const struct solid *o, float box[4]);

/* A thing laid down: its frame on the bench; `flipped`: the other side up (mirrored about its x axis). */
struct laying {
    float x, y, cos, sin, z;
    bool flipped;
};

/* Draws one kind as it lies, within `clip`. */
void solid_draw_kind(struct field *f, const struct pretend_kind *k, const struct laying *l,
                     struct cells clip);

/* The rectangle on the bench (mm) that the thing covers. */
void solid_cover(const struct pretend_kind *k, const struct laying *l, float box[4]);

/* Distance inwards from the edge (negative: outside) in the thing's frame. */
float solid_inside(const struct solid *o, float x, float y);
