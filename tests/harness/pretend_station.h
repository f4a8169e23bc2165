/* A station at the pretend bench, for tests and figures: devices, virtual clock, workflow with what was taught, an
 * honest calibration, the case put down and found by camera. No person: whoever tests lays the things. */
#pragma once

#include "calibrate.h"
#include "pack_session.h"
#include "sim.h"

struct pretend_options {
    uint64_t seed;
    const char *light;     /* a preset of the pretend bench */
    double fps;            /* 0: 15, which halves the time and changes nothing that is measured */
    double jitter;         /* of camera's and projector's geometry */
    const char *calibration; /* file: loaded, or written after calibrating when it is not there */
};

struct pretend_station {
    struct sim *sim;
    struct guide guide;
    struct workflow *workflow;
    struct pack pack; /* light, places and looks are those of packing */
    uint64_t random;
};

/* Opens devices and loads the dental kit with its taught pictures. On an error all is closed again. */
enum lw_msg pretend_open(struct pretend_station *p, const struct pretend_options *o, struct lw_error *err);
void pretend_close(struct pretend_station *p);

/* Gray code on the empty bench and on a box of 100 mm, as the verb does it; or the file of an earlier one. */
enum lw_msg pretend_calibrate(struct pretend_station *p, const struct pretend_options *o, struct lw_error *err);

/* Puts the case down within 12 mm and 4 degrees of its home, and lets the camera find it. */
enum lw_msg pretend_lay_case(struct pretend_station *p, struct lw_error *err);

/* Uniform in [from, to), from the station's seed. */
double pretend_random(struct pretend_station *p, double from, double to);
