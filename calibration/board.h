/* A printed board of known size: its file, where its corners are on it, where a picture shows them. */
#pragma once

#include "image.h"
#include "problems.h"
#include "units.h"

#include <stdbool.h>

enum board_kind { BOARD_NONE = 0, BOARD_CHARUCO, BOARD_CHESSBOARD };

/* Rows of squares from the top, each from the left. A ChArUco board has its markers in the white squares, ids counted
 * in that order from first_id. Places on the board are struct local_mm: origin at the lower left corner of the printed
 * squares, x right, y up, seen from its printed side. */
struct board {
    enum board_kind kind;
    char dictionary[32]; /* as OpenCV names it: DICT_4X4_50 … */
    int squares_x, squares_y;
    double square_mm, marker_mm;
    int first_id;
    bool white_first; /* the upper left square is white (boards with an even number of rows exist both ways) */
};

#define BOARD_CORNERS_MAX 1200 /* inner corners; larger boards are refused */

/* A file of the keys kind, dictionary, squares, square_mm, marker_mm, first_id. All problems are added, each with its
 * line; returns LW_OK only when there is no error. */
enum lw_msg board_load(struct board *b, const char *path, struct lw_problems *problems);

/* Writes such a file. */
enum lw_msg board_save(const struct board *b, const char *path, struct lw_error *err);

/* Inner corners: id 0 is the upper left one, counted row by row, as OpenCV counts them. */
static inline int board_corner_count(const struct board *b)
{
    return (b->squares_x - 1) * (b->squares_y - 1);
}
struct local_mm board_corner(const struct board *b, int id);

static inline double board_width_mm(const struct board *b)
{
    return b->squares_x * b->square_mm;
}
static inline double board_height_mm(const struct board *b)
{
    return b->squares_y * b->square_mm;
}

/* Whether ink is printed there (false outside the squares): for drawing the board anywhere. */
bool board_dark_at(const struct board *b, struct local_mm at);

/* A corner that was seen. */
struct board_corner {
    int id;
    struct cam_px cam;
    float sigma_px; /* standard uncertainty of each axis */
};

/* What a picture shows of the board. */
struct board_seen {
    struct board_corner *corners; /* owned; board_seen_finish frees. By id */
    int count;
    int markers;        /* of this board */
    int foreign;        /* markers of the dictionary that this board does not have, or at places where it has others */
    bool cut_off;       /* it reaches over the picture's edge, or is covered in part */
    double coverage;    /* share of the inner corners that were seen */
    double sharpness_px;/* blur of its edges: standard deviation */
};

/* Finds the board in a GRAY8 picture. BOARD_NOT_SEEN when it is not there, BOARD_CUT_OFF when a chessboard is not whole
 * or less than a quarter of a ChArUco board's corners are seen, BOARD_OTHER when the markers or squares are those of
 * another board. `out` is filled as far as known even then, and always has to be finished. Own sub-pixel refinement:
 * a model of two blurred edges is fitted at each corner. */
enum lw_msg board_find(const struct board *b, const struct image *picture, struct board_seen *out, struct lw_error *err);
void board_seen_finish(struct board_seen *s);

/* Inside the calibration folder: moves a corner of four squares to its place by fitting two crossing blurred edges
 * (window of radius_px). False where there is none. */
bool board_refine(const struct image *picture, double radius_px, struct cam_px *at, double *sigma_px, double *blur_px);
