/* calibration.cfg in the station's data folder: human-readable (libconfig), versioned. */
#pragma once

#include "model.h"
#include "solve.h"

struct calibration {
    struct model model;
    struct solve_quality quality;
    char camera[128], projector[128]; /* identities: what the backends call themselves */
    int64_t wall_ms;                  /* when */
    double delay_ms, delay_max_ms;    /* from presenting a picture to the first frame that shows it */
};

/* Writes to a new file and renames it: the old one stays whole until the new one is. */
enum lw_msg calibration_save(const struct calibration *c, const char *path, struct lw_error *err);

/* Refuses, with the cause, a file that is missing, broken, or of another version. */
enum lw_msg calibration_load(struct calibration *c, const char *path, struct lw_error *err);

/* Refuses a calibration of another camera, projector or picture size. */
enum lw_msg calibration_fits(const struct calibration *c, const char *camera, int camera_width, int camera_height,
                             const char *projector, int projector_width, int projector_height, struct lw_error *err);
