/* Tags and chessboards in a picture, roughly; the calibration refines them. Through OpenCV. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cv_tag {
    int id;
    float x[4], y[4]; /* corners from the tag's own upper left one, clockwise */
};

/* Bits across a tag of the dictionary (without its border) and how many tags it has; 0: there is no such dictionary. */
int cv_board_dictionary(const char *name, int *tags);

/* The bits of tag `id`, row by row: 1 is white. Room for 8 x 8. Returns false for an unknown id or dictionary. */
bool cv_board_bits(const char *dictionary, int id, unsigned char bits[64]);

/* Names of all dictionaries, NULL after the last. */
const char *const *cv_board_dictionaries(void);

/* Finds at most `max` tags in a GRAY8 picture; *count says how many. */
enum lw_msg cv_board_tags(const struct image *picture, const char *dictionary, struct cv_tag *tags, int max, int *count,
                          struct lw_error *err);

/* A chessboard of across x down inner corners: x, y row by row, to a pixel or so. False where it is not seen whole. */
bool cv_board_chess(const struct image *picture, int across, int down, float *xy);

#ifdef __cplusplus
}
#endif
