/* The frame counter: small cells in every pattern that say which pattern it is, so that a frame is known to be whole and
 * of the picture that is wanted, without waiting. Three bands (top, middle, bottom of the projector's picture) of cells,
 * each bit with its inverse beside it: a frame in which two patterns meet (rolling shutter) reads differently in the bands. */
#pragma once

#include "pattern.h"

#include <math.h>

#define COUNTER_BITS  4
#define COUNTER_BANDS 3
#define COUNTER_CELLS (2 * COUNTER_BITS * COUNTER_BANDS)
/* Pictures that teach where the camera sees the cells. */
#define COUNTER_TEACH 5

enum { COUNTER_UNREADABLE = -1, COUNTER_MIXED = -2 };

/* Which cell each camera pixel sees. */
struct counter {
    int width, height;
    int bands;             /* seen whole. With all COUNTER_BANDS the first frame that reads the value is whole; with fewer,
                              take the second one */
    int *first;            /* per cell: index into pixels; COUNTER_CELLS + 1 */
    uint32_t *pixels;      /* owned: y * width + x */
    uint8_t *dark, *bright;/* owned: greys of these pixels when dark and lit */
};

/* Draws teaching picture `index` of COUNTER_TEACH (BGRA8 or GRAY8, the projector's size). */
void counter_teach_draw(int index, int dark, int bright, struct image *out);

/* From GRAY8 frames of white, black, and the teaching pictures, each surely whole. Refuses when too few cells are seen
 * (light not seen, or the picture out of sight). */
enum lw_msg counter_learn(struct counter *c, const struct image *white, const struct image *black,
                          const struct image teach[COUNTER_TEACH], struct lw_error *err);
void counter_finish(struct counter *c);

/* Draws `value` (mod 2^COUNTER_BITS) into a pattern that was drawn. */
void counter_draw(int value, int dark, int bright, struct image *out);

/* The value that a GRAY8 frame shows, COUNTER_MIXED when the bands differ or are between two, COUNTER_UNREADABLE when
 * too little is seen. */
int counter_read(const struct counter *c, const struct image *frame);

/* The cells carry no pattern: makes them unlit in a captured white picture (and black alike), so that no code is read
 * there. */
void counter_blank(const struct counter *c, struct image *white, const struct image *black);
