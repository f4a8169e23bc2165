/* From pairs and the bench's corners to the model. */
#pragma once

#include "board.h"
#include "decode.h"
#include "model.h"

/* Pairs measured on one plane of known height. */
struct solve_plane {
    const struct decode_pair *pairs;
    int count;
    double z_mm;
};

/* One capture of a board that lay somewhere, at any height and tilt. */
struct solve_view {
    const char *name;
    const struct board_corner *corners;
    int corner_count;
    const struct decode_pair *pairs; /* of the whole capture: those on the board's face are taken; may be none */
    int pair_count;
    bool flat; /* it lies flat on the bench */
};

#define SOLVE_VIEWS_MAX 24

struct solve_input {
    const struct solve_plane *planes; /* [0] is the bench, z 0; more planes make heights true */
    int plane_count;
    const struct board *board; /* of all views */
    const struct solve_view *views;
    int view_count;
    double measured_square_mm; /* by ruler or bar, 0: as the board's file says */
    bool no_bench; /* captures without a bench: no planes, no corners; the first view's board is the bench (z 0, origin
                      at its own) and bench_width_mm … are set from it */
    int camera_width, camera_height, projector_width, projector_height;
    double bench_width_mm, bench_depth_mm;
    struct cam_px corners[4]; /* of the bench top: front left, front right, back right, back left */
};

struct solve_quality {
    double median_mm, p95_mm, max_mm; /* held-out, on the bench */
    double held_out_px;               /* rms of pairs that the fit has not seen, projector px */
    double seconds;                   /* CPU */
};

/* What is wrong with a view, or with the set. */
enum solve_finding {
    SOLVE_FINE = 0,
    SOLVE_VIEW_BENT,     /* the board's face is curved */
    SOLVE_VIEW_MOVED,    /* it moved while it was captured: corners and light don't agree, alone of all views */
    SOLVE_BOARD_SCALE,   /* the board is not as large as said: against the bench's size or the box's height */
    SOLVE_KEYSTONE,      /* the projector's picture is squeezed */
    SOLVE_SCALED,        /* the projector's picture has other proportions than it should: not its native mode */
};

struct solve_view_report {
    enum solve_finding finding;
    int corners, pairs;
    double rms_px, median_px, p95_px; /* held out, projector px: the view's corners, by a fit without this view */
    double camera_rms_px;             /* corners, camera px, of the fit */
    double plane_median_px, plane_p95_px; /* pairs against their own plane's map, held out, projector px */
    double bend_mm;                   /* height of the face's bow over its length, from light and camera */
    struct pose T_bench_from_board;   /* x_bench = R x_board + t */
};

struct solve_report {
    struct solve_view_report views[SOLVE_VIEWS_MAX];
    int view_count;
    enum solve_finding finding;
    int bad_view;               /* of SOLVE_VIEW_*, else -1 */
    double rms_px, median_px, p95_px; /* over all views, held out */
    double board_scale;         /* board's size by the bench's size (or the box): 1 when they agree; 0: not known */
    double board_scale_sigma;
    double projector_aspect, projector_aspect_sigma; /* fy / fx of the projector */
    int order;                  /* of the lens model that was chosen */
    int views_used;
};

/* Model order (k1, k2) by held-out error. Refuses with the cause: too few pairs, not a plane, no answer. */
enum lw_msg solve_model(const struct solve_input *in, struct model *out, struct solve_quality *quality,
                        struct lw_error *err);

/* The same, and says what it found of each view, also when it refuses (`report` is filled as far as it came): SOLVE_BENT,
 * SOLVE_MOVED, SOLVE_SCALE, SOLVE_KEYSTONE_ON, SOLVE_NOT_NATIVE. */
enum lw_msg solve_views(const struct solve_input *in, struct model *out, struct solve_quality *quality,
                        struct solve_report *report, struct lw_error *err);
