/* Finds the case (or tray) that somebody put down by hand. */
#pragma once

#include "view.h"

/* How the empty carrier was taught: a straight picture at the height of its rim, carrier frame (origin at the
 * picture's centre, +y up), BGR8. */
struct carrier_taught {
    struct image picture;
    double mm_per_px;
    double width_mm, depth_mm; /* outer size */
    double height_mm;          /* of the rim over the bench */
};

struct carrier_found {
    struct rigid T_bench_from_carrier;
    double score; /* 0..1 */
};

/* Searches the whole work area at any rotation in one camera picture taken in even light. Refuses: none there, not
 * this one, half off the bench, hand in the way. */
enum lw_msg carrier_find(const struct model *m, const struct image *frame, const struct carrier_taught *taught,
                         struct carrier_found *out, struct lw_error *err);

/* The same near a known pose (within 25 mm and 6 degrees); quick, for following a pushed case. */
enum lw_msg carrier_refine(const struct model *m, const struct image *frame, const struct carrier_taught *taught,
                           struct rigid near, struct carrier_found *out, struct lw_error *err);
