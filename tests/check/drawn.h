/* Things drawn for the tests: polygons on a bright ground, with noise and light that differ. */
#pragma once

#include "image.h"

struct drawn {
    const double (*points)[2]; /* mm, own frame */
    int count;
    unsigned char bgr[3];
};

/* A straight picture of width x height px at 1 mm, centre (0, 0), +y up: ground times `light`, things, noise. */
void drawn_ground(struct image *im, int width, int height);
void drawn_put(struct image *im, const struct drawn *d, double x_mm, double y_mm, double angle_rad, bool mirrored);
void drawn_camera(struct image *im, double light, double noise, unsigned long seed);

extern const struct drawn drawn_hook, drawn_rod, drawn_rod_green, drawn_spoon, drawn_hand;
