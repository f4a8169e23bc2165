/* The coded grid: one picture (and, better, its inverse) of a chessboard whose squares carry one bit each, so that every
 * piece of it says which piece it is. From it come some hundred to a thousand camera px <-> projector px pairs, without
 * stripes, flashes or a calibration in force: for the daily check, for the poses after any knock, and for a quick map.
 * Chess corners with a code in their squares: Vuylsteke and Oosterlinck, "Range image acquisition with a single
 * binary-encoded light pattern", IEEE PAMI 12(2), 1990. Windows that differ in many bits: Morano, Ozturk, Conn, Dubin,
 * Zietz and Nissanov, "Structured light using pseudorandom codes", IEEE PAMI 20(3), 1998. Corners are looked for with
 * ChESS (Bennett and Lasenby, "ChESS - quick and robust detection of chess-board features", CVIU 118, 2014). Pure. */
#pragma once

#include "decode.h"

/* Squares of cell_px, columns x rows of them, the first one's upper left corner at (left, top) in projector px; what is
 * left over at the rim stays dark. */
struct grid_plan {
    int width, height, cell_px, columns, rows, left, top;
};

/* About GRID_ROWS squares high, whatever the projector's size: what the camera sees of one stays the same. */
#define GRID_ROWS 26
struct grid_plan grid_plan_make(int width, int height);

/* The bit of a square: 1 where its middle is of the other brightness. */
int grid_bit(int column, int row);

/* Draws the grid, or its inverse, into a BGRA8 or GRAY8 picture of the projector's size; levels 0..255. */
void grid_draw(const struct grid_plan *plan, bool inverse, int dark, int bright, struct image *out);

struct grid_result {
    struct decode_pair *pairs; /* owned; grid_finish frees. weight 1 */
    int count;
    int corners;   /* that were seen, with or without a place */
    bool mirrored; /* the camera sees the projector's picture as in a mirror */
    double seconds; /* CPU */
};

/* `pattern` and `inverse` are GRAY8 camera pictures of one size; inverse->data may be NULL (one picture only: grain and
 * prints of the bench then count as light; fewer pairs). What is not surely read is left out: gloss, hands, edges of
 * things give gaps. LIGHT_UNREADABLE when fewer than GRID_PAIRS_MIN pairs remain, LIGHT_NOT_SEEN when there is none of
 * it, PATTERN_PICTURES for pictures of other kinds. */
#define GRID_PAIRS_MIN 24
enum lw_msg grid_find(const struct grid_plan *plan, const struct image *pattern, const struct image *inverse,
                      struct grid_result *out, struct lw_error *err);
void grid_finish(struct grid_result *r);
