/* Further layings of a thing that was taught by few pictures: cut out of its picture, moved, turned, lit and focused
 * otherwise, laid back on its bare ground and looked at as any look is. */
#pragma once

#include "shape.h"

#define SYNTHETIC_COUNT 6 /* different ones that are made of each picture */

/* Laying `variant` (0 .. SYNTHETIC_COUNT - 1) of part 0 of `change`, which was found between `before` and `after` (BGR8, at
 * SHAPE_MM_PER_PX). The same input gives the same shape. out->count is 0 when nothing was seen of it; the caller ends it
 * with shape_finish. */
enum lw_msg synthetic_laying(const struct image *before, const struct image *after, const struct cv_change *change,
                             int variant, struct shape *out, struct lw_error *err);
