/* What the verbs at the bench (run, teach, calibrate, measure) have in common. */
#pragma once

#include "rig.h"
#include "verbs.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

struct guided {
    const char *station, *events, *input;
    bool trace, fast;
};

#define GUIDED_ARGUMENTS(g)                                                                                          \
    {"station", ARGUMENT_TEXT, &(g).station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},\
    {"events", ARGUMENT_TEXT, &(g).events, N_("FILE"), N_("Write what happens as JSON lines; - for standard output.")},  \
    {"input", ARGUMENT_TEXT, &(g).input, N_("FILE"), N_("Read what a person would press, a line each; - for standard input.")}, \
    {"trace", ARGUMENT_FLAG, &(g).trace, NULL, N_("Print the time of each stage at the end.")},                      \
    {"fast", ARGUMENT_FLAG, &(g).fast, NULL, N_("On the pretend bench: as fast as possible.")}

enum lw_msg guided_open(struct rig *r, const struct station_config *c, const struct guided *o, const char *verb,
                        struct lw_error *err);

/* Loads a workflow and prints what is wrong with it; NULL: it can't be used. The caller destroys it. */
struct workflow *guided_load_workflow(const char *folder);

/* The last event of a run. */
void guided_emit_end(struct rig *r, const char *result, int code);
