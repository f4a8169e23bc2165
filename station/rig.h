/* Puts a station together for a guided verb: camera, screen, clock, journal, presses, devices; and, when the camera is
 * the pretend bench, the bench and its pretend person. */
#pragma once

#include "guide.h"
#include "mend.h"
#include "person.h"
#include "sim.h"
#include "sim_commands.h"
#include "station_config.h"

struct rig_options {
    const char *verb;
    const char *events; /* --events, NULL: none */
    const char *input;  /* --input, NULL: none */
    bool trace;
    bool no_person;     /* pretend bench without anybody at it (a script plays the person) */
    double pace;        /* of the pretend bench's clock: 0 as fast as possible */
    bool blind;
    const char *light;  /* NULL: the scenario's, else the station's */
};

struct rig {
    struct guide guide;
    struct sim *sim;           /* NULL on a real bench */
    struct scenario *scenario;
    struct person *person;
    struct mend_memory memory;
    char folder[512];
    struct sim_commands *commands; /* NULL: none */
    int lock;                  /* of the data folder */
    struct guide_observer more; /* a second observer (demo); fill before rig_open */
};

/* Everything but the calibration. On an error all is closed again. */
enum lw_msg rig_open(struct rig *r, const struct station_config *c, const struct rig_options *o, struct lw_error *err);
void rig_close(struct rig *r);

/* Loads DATA/calibration.cfg and takes it into use; refuses one of another camera, projector or size. */
enum lw_msg rig_load_calibration(struct rig *r, const struct station_config *c, struct lw_error *err);

/* Makes the data folder when it is not there. */
enum lw_msg rig_make_data(const struct station_config *c, struct lw_error *err);

/* DATA/name into buf; returns buf. */
const char *rig_path(const struct station_config *c, const char *name, char *buf, int size);
