/* Inside the calibration folder: the joint adjustment of camera, projector and poses (Levenberg-Marquardt,
 * cminpack). */
#pragma once

#include "decode.h"
#include "model.h"
#include "plane.h"
#include "solve.h"

/* What is free beside poses, focal lengths and principal points: k1 of both (priors hold them where nothing
 * tells), the camera's k2, its p1 and p2. Each order contains the one before. */
enum fit_order { FIT_K1 = 0, FIT_K2, FIT_TANGENTIAL, FIT_ORDERS };

#define FIT_PARAMETERS_MAX 23

/* A pair with the height of its plane. */
struct fit_pair {
    struct cam_px cam;
    struct proj_px proj;
    double z_mm;
    bool held_out;
};

struct fit_problem {
    struct fit_pair *pairs;
    int count;
    const struct solve_input *in;
};

struct fit {
    double p[FIT_PARAMETERS_MAX];
    double covariance[FIT_PARAMETERS_MAX * FIT_PARAMETERS_MAX];
    int parameters;
    enum fit_order order;
    double cost;
    double unusual; /* sum of squares of the priors, in sigmas: large where the lenses would be like no real
                       ones */
};

/* Starting values from the bench's homographies and what is usual for lenses; false where they make no sense.
 */
bool fit_start(const struct solve_input *in, const struct homography *proj_from_cam, struct fit *out);

/* Adjusts `f` from its parameters as they stand (of a lower order, too) over the pairs: all, or those not
 * held out. */
bool fit_adjust(const struct fit_problem *problem, enum fit_order order, bool all, struct fit *f);

/* How badly four corners fit a rectangle of the bench's size seen by a usual camera (squared sigmas); only
 * the sizes and corners of `in` are used. INFINITY where it would be seen from below. */
double fit_rectangle_cost(const struct solve_input *in);

/* The model of a parameter vector (no residual map, no sigmas). */
void fit_model(const double *p, int parameters, const struct solve_input *in, struct model *out);

/* Projector px by which a pair misses the model; false where the model has no answer. */
bool fit_miss(const struct model *m, const struct fit_pair *pair, double *du, double *dv);

/* Standard uncertainty (mm, both axes together) of where a point drawn at height z_mm appears, over the
 * bench. */
double fit_sigma_mm(const struct fit *f, const struct solve_input *in, double z_mm);
