/* A coded grid for one or two pictures: a board of tags in projector pixels, projected on the bench. Some 200 points of
 * the bench's map in two frames. */
#pragma once

#include "board.h"
#include "decode.h"

/* The board that is projected: its "mm" are projector pixels, its origin lies at grid_origin. cell_px: 40 to 120. */
struct board grid_board(int width, int height, int cell_px);

/* Draws it (or its inverse) into a picture of the projector's size, BGRA8 or GRAY8. */
void grid_draw(const struct board *b, bool inverse, int dark, int bright, struct image *out);

/* Pairs from the two captures (GRAY8; `inverse` may have no data: then the light of the room is in the way). Seen
 * mirrored is an answer too. */
enum lw_msg grid_pairs(const struct board *b, int width, int height, const struct image *positive,
                       const struct image *inverse, struct decode_result *out, struct lw_error *err);
