/* station.cfg: what stands on this bench. The modules' own option tables, put together. */
#pragma once

#include "camera.h"
#include "edges.h"
#include "screen.h"

struct bench_config {
    double width_mm, depth_mm;
    int person_side; /* enum person_side */
    bool has_corners;
    struct cam_px corners[4]; /* given by hand where the edges can't be found */
};

struct pretend_config {
    char *scene, *light, *scenario; /* files: pretend.cfg, a scenario ("" = no mistakes); light preset */
    char *commands; /* file or pipe in which a script says what it does at the bench; "": none */
    int seed;
    double geometry_jitter;
};

struct station_config {
    char *data;     /* folder of calibration and records */
    int explain;    /* enum explain_level */
    char *language; /* "nl", "en", "" = the environment's */
    struct bench_config bench;
    struct camera_config camera;
    struct screen_config projector;
    struct pretend_config pretend;
};

/* Reads `path`, or the defaults when it is NULL. All problems are reported; the result is usable when there are no
 * errors. Call station_config_finish in any case. */
void station_config_read(struct station_config *out, const char *path, struct lw_problems *problems);
void station_config_finish(struct station_config *c);

/* $XDG_CONFIG_HOME/lichtwijzer/station.cfg, or the one in ~/.config. */
const char *station_config_default_path(char *buf, int size);

/* A commented file with every key and its default. */
void station_config_write_example(FILE *f);
