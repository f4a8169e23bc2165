/* How much higher than before is what lies there? Stripes of light fall on it, and wander sideways with every mm of
 * height, because camera and projector look from different sides. Their phase is read with the Fourier-transform method
 * (Takeda, Ina and Kobayashi 1982), divided by the same place in even light, so that what is printed on a thing does not
 * count. One measure is good to the calibration's own error; the difference of two at the same place needs none of it. */
#pragma once

#include "view.h"

#define HEIGHT_STRIPES_MAX 64

/* Stripes on a rectangle about the local origin. */
struct height_stripes {
    struct rigid T_bench_from_local; /* +x: the way the light wanders when something is higher */
    double half_x_mm, half_y_mm;
    double z_mm;      /* of the plane on which they are drawn */
    double period_mm; /* half of it dark */
    double wander_mm; /* of the light, per mm of height */
};

struct height_result {
    double z_mm;     /* over the bench; only differences to another one with the same stripes are to be relied on */
    double sigma_mm; /* standard uncertainty of its share in such a difference */
    bool seen;       /* false: too dark, too narrow, too little of it */
};

/* Stripes for a rectangle (half sides along the place's own axes) whose ground is at z_mm and on which heights from -0.6
 * to 2.6 times height_mm over that are told apart. False where camera and projector look the same way, or one of them
 * does not see it. */
bool height_plan(const struct model *m, struct rigid T_bench_from_place, double half_x_mm, double half_y_mm, double z_mm,
                 double height_mm, struct height_stripes *out);

/* The dark stripes, each a quadrangle; returns how many. */
int height_dark(const struct height_stripes *s, struct bench_mm quads[HEIGHT_STRIPES_MAX][4]);

enum height_where { HEIGHT_MIDDLE, HEIGHT_TOP }; /* the median, or what a quarter of it is higher than */

/* Camera pictures of the same moment in even light and with the stripes, BGR8; what is asked for is inside the outline
 * (bench mm, at least three corners). */
enum lw_msg height_measure(const struct model *m, const struct image *even, const struct image *striped,
                           const struct height_stripes *s, const struct bench_mm *outline, int corners,
                           enum height_where where, struct height_result *out, struct lw_error *err);

/* top - ground, where what is counted in whole periods is taken as near to height_mm as it can be. */
double height_between(const struct height_stripes *s, double ground_z_mm, double top_z_mm, double height_mm);
