/* Inside the calibration folder: the decoded code of every camera pixel. */
#pragma once

#include "pattern.h"

/* Contrast (white - black, grey levels of 255) from which a pixel counts as lit by the projector. */
#define DECODE_LIT_MIN 10
#define DECODE_NONE    0xffff

/* Positions are in half cells of the plan's finest cell: 2 c + 1 is the middle of cell c, 2 c its lower edge.
 * A pixel that sees the border of two cells, or can't resolve the finest bits, has the place in the middle of
 * what it knows. */
struct decode_map {
    int width, height;
    uint16_t *column, *row; /* owned; DECODE_NONE where unknown */
    long lit, decoded;
    int column_bits, row_bits; /* bits that the camera resolves */
};

enum lw_msg decode_map_make(const struct pattern_plan *plan, const struct image *captures, int count,
                            struct decode_map *out, struct lw_error *err);
void decode_map_finish(struct decode_map *m);

/* Half cells to projector px, for cells of 2^skipped px. */
static inline double decode_px(double half_cells, int skipped)
{
    return half_cells * 0.5 * (double)(1 << skipped) - 0.5;
}
