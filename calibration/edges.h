/* The bench top's corners in the camera picture. */
#pragma once

#include "decode.h"

enum person_side { PERSON_BOTTOM = 0, PERSON_TOP, PERSON_LEFT, PERSON_RIGHT }; /* side of the camera picture */

/* Finds the four straight edges of the bench top (GRAY8 picture of the bench in white light; `pairs` tell where the
 * projector's light meets the bench plane) and gives the corners front left, front right, back right, back left as
 * the person at `side` sees them. `confidence` 0..1. Refuses when four edges can't be told. */
enum lw_msg edges_find_corners(const struct image *white, const struct decode_result *pairs, enum person_side side,
                               double width_mm, double depth_mm, struct cam_px corners[4], double *confidence,
                               struct lw_error *err);
