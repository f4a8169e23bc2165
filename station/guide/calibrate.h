/* Calibrating the station: Gray code on the empty bench, then (if wanted) boards or a flat thing of known height, solved,
 * proved on projected crosses that the solver has not seen, saved. */
#pragma once

#include "board.h"
#include "edges.h"
#include "guide.h"
#include "prove.h"

struct calibrate_options {
    bool automatic;        /* presses nothing: what lies still is taken, and it goes on after wait_s */
    bool calm;             /* full pictures cross-fade: nothing changes above 3 Hz */
    bool manual;           /* the bench's corners are shown by a person, with the arrow keys */
    double wait_s;
    const struct board *board; /* that is laid down, NULL: none */
    bool own_board;        /* it is one of ours: the bar's length is asked for */
    double raised_mm;      /* height of a flat box that is laid down; 0: none */
    enum person_side side; /* of the camera picture */
    const struct cam_px *corners; /* of the bench top, front left, front right, back right, back left; NULL: found */
    const char *folder;    /* where calibration.cfg, its proof and its captures are kept */
    const char *save_to;   /* the calibration's file when `folder` is NULL: nothing else is kept then */
};

/* What a calibration ended with, for people and scripts. */
struct calibrate_result {
    struct calibration calibration;
    struct prove_result proof;
};

/* The old calibration stays in force (and on disk) until the new one is proved. Emits ask and calibration events. */
enum lw_msg calibrate_run(struct guide *g, const struct calibrate_options *o, struct calibrate_result *out,
                          struct lw_error *err);
