/* Gray-code pictures for the projector (Inokuchi, Sato, Matsuda 1984), with inverses, cut at the finest bit asked for. */
#pragma once

#include "image.h"

enum pattern_role { PATTERN_BLACK = 0, PATTERN_WHITE, PATTERN_COLUMN, PATTERN_ROW };

struct pattern {
    enum pattern_role role;
    int bit; /* 0 = most significant */
    bool inverse;
};

/* What is projected, for a projector of width x height. */
struct pattern_plan {
    int width, height;
    int column_bits, row_bits; /* bits that are shown; the finest bit may be left out */
    int column_skipped, row_skipped;
    bool inverses;
};

struct pattern_plan pattern_plan_make(int width, int height, int finest_px, bool inverses);
int pattern_count(const struct pattern_plan *plan);
struct pattern pattern_at(const struct pattern_plan *plan, int index);

/* Draws pattern `index` into a BGRA8 or GRAY8 picture of the projector's size; levels 0..255. */
void pattern_draw(const struct pattern_plan *plan, int index, int dark, int bright, struct image *out);
