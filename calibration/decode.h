/* From captured Gray-code pictures to camera px <-> projector px pairs. */
#pragma once

#include "pattern.h"
#include "units.h"

struct decode_pair {
    struct cam_px cam;
    struct proj_px proj; /* fitted over its neighbourhood, well below the cell size */
    float weight;        /* 0..1: the share of its neighbourhood that agrees */
    float scatter;       /* how well it agrees: rms, cells; a cell's own width gives 0.2 to 0.29. 0: not known */
};

struct decode_result {
    struct decode_pair *pairs; /* owned; decode_finish frees */
    int count;
    double lit_share;     /* share of the picture with white - black >= contrast floor */
    double decoded_share; /* share of the lit pixels that were decoded */
    int column_bits_used, row_bits_used;
    double decode_ms, pairs_ms; /* CPU time of the codes of all pixels, and of fitting the pairs */
};

/* `captures` are GRAY8 pictures of one size, in the plan's order; one with data == NULL was lost (its bit is
 * then judged from what is left, or the code is cut there). Nothing decoded is an error, not an empty
 * success. */
enum lw_msg decode_pairs(const struct pattern_plan *plan, const struct image *captures, int count,
                         struct decode_result *out, struct lw_error *err);
void decode_finish(struct decode_result *r);
