/* Inside the calibration folder: the joint adjustment of camera, projector, boards' poses and the bench's size
 * (Levenberg-Marquardt with analytic derivatives). */
#pragma once

#include "decode.h"
#include "model.h"
#include "plane.h"
#include "solve.h"

/* What is free beside poses, focal lengths and principal points: k1 of both, the camera's k2, its p1 and p2, and with
 * boards what is left: proportions of pixels, the projector's k2, p1, p2, the boards' bow. Each order contains the one
 * before. */
enum fit_order { FIT_K1 = 0, FIT_K2, FIT_TANGENTIAL, FIT_ORDERS_PLANES, FIT_ALL = FIT_ORDERS_PLANES, FIT_ORDERS };

/* What is usual, as priors: value and standard deviation. They decide only what the pairs leave open. */
#define FIT_CAMERA_F_WIDTHS     0.95 /* webcams see about 56 degrees across … */
#define FIT_CAMERA_F_SPREAD     0.35 /* … from 37 to 74, as a logarithm */
#define FIT_PROJECTOR_F_WIDTHS  1.3  /* throw ratio */
#define FIT_PROJECTOR_F_SPREAD  0.45
#define FIT_SHIFT_SPREAD        0.7 /* of the height: lens shift */

/* Parameters: camera, projector, the bench's true size over the typed one (across, deep: minus 1), the boards' bow (mm),
 * then six of each view (a small turn, a shift in mm). */
enum {
    FIT_SIZE = MODEL_PARAMETERS,
    FIT_BOW = FIT_SIZE + 2,
    FIT_VIEWS = FIT_BOW + 3,
    FIT_PARAMETERS_MAX = FIT_VIEWS + 6 * SOLVE_VIEWS_MAX
};

/* A pair on a plane of known height (view -1), or on a board's face. */
struct fit_pair {
    struct cam_px cam;
    struct proj_px proj;
    double z_mm;
    int view;
    bool held_out;
};

struct fit_corner {
    int view;
    struct local_mm at;
    struct cam_px cam;
    double sigma_px;
};

struct fit_problem {
    const struct solve_input *in;
    struct fit_pair *pairs;
    int count;
    struct fit_corner *corners;
    int corner_count, view_count;
    double size_spread;   /* how far the bench's size may be off the typed one, as a share; 0: it is right */
    double aspect_spread; /* of the projector's pixels; 0: as usual */
};

/* What an adjustment uses: all, or not the pairs held out, or not one view. */
struct fit_use {
    bool held_out;
    int without_view; /* -1: none */
};

struct fit_view {
    double R[9], t[3]; /* x_bench = R x_board + t */
};

struct fit {
    struct pinhole camera, projector;
    struct fit_view views[SOLVE_VIEWS_MAX];
    double size[2], bow[3];
    enum fit_order order;
    double cost, unusual; /* sums of squares in sigmas; of the priors: large where the lenses would be like no real ones */
    double covariance[FIT_VIEWS * FIT_VIEWS]; /* of all but the views, once fit_covariance was asked for it */
};

/* Starting values from the bench's homographies; false where they make no sense. */
bool fit_start(const struct solve_input *in, const struct homography *proj_from_cam, struct fit *out);
/* The same from boards alone: the first one is the bench. */
bool fit_start_boards(const struct fit_problem *problem, struct fit *out);
/* A view's pose from its corners and the camera as it is. */
bool fit_place_view(const struct fit_problem *problem, int view, struct fit *f);

/* Adjusts `f` from where it stands. */
bool fit_adjust(const struct fit_problem *problem, enum fit_order order, struct fit_use use, struct fit *f);
/* Adjusts one view's pose alone, by its corners. */
bool fit_adjust_view(const struct fit_problem *problem, int view, struct fit *f);
/* Adjusts one view's pose and the bow by its corners and light; returns the bow's standard uncertainty in mm. */
double fit_adjust_bow(const struct fit_problem *problem, int view, struct fit *f);
/* Fills covariance, by what the adjustment leaves over. */
bool fit_covariance(const struct fit_problem *problem, struct fit *f);

/* How badly four corners fit a rectangle of the bench's size seen by a usual camera (squared sigmas); only
 * the sizes and corners of `in` are used. INFINITY where it would be seen from below. */
double fit_rectangle_cost(const struct solve_input *in);

/* The model (no residual map, no sigmas). */
void fit_model(const struct fit *f, const struct solve_input *in, struct model *out);

/* Projector px by which a pair misses; false where there is no answer. */
bool fit_miss(const struct fit *f, const struct solve_input *in, const struct fit_pair *pair, double *du, double *dv);
/* Camera px by which a corner misses. */
bool fit_corner_miss(const struct fit *f, const struct solve_input *in, const struct fit_corner *corner, double *du,
                     double *dv);
/* Where a place of the board lies over the bench, with the board's bow. */
void fit_board_point(const struct fit *f, const struct solve_input *in, int view, struct local_mm at, double X[3]);
/* The bow's height over the board, from its lowest to its highest place. */
double fit_bow_mm(const double bow[3]);
