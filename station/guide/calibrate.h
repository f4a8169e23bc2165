/* Calibrating the station: Gray code on the empty bench, then (if wanted) on a flat thing of known height, solved,
 * proved on projected points that the solver has not seen, saved. */
#pragma once

#include "edges.h"
#include "guide.h"

struct calibrate_options {
    bool automatic;        /* presses nothing: what lies still is taken, and it goes on after wait_s */
    double wait_s;
    double raised_mm;      /* height of a flat box that is laid down; 0: none, heights stay rough */
    enum person_side side; /* of the camera picture */
    const struct cam_px *corners; /* of the bench top, front left, front right, back right, back left; NULL: found */
    const char *save_to;   /* calibration.cfg */
    const char *pictures;  /* folder where the captures are kept, NULL: nowhere */
};

/* The old calibration stays in force (and on disk) until the new one is proved. Emits ask and calibration events. */
enum lw_msg calibrate_run(struct guide *g, const struct calibrate_options *o, struct calibration *out,
                          struct lw_error *err);
