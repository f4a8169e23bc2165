/* The studio's pages, served beside a verb that holds the bench. */
#pragma once

#include "rig.h"
#include "web.h"

struct serving_options {
    const char *address; /* NULL: nothing is served; "": the default */
    const char *certificate, *key;
    bool without_password, without_tls;
    const char *workflows; /* a workflow, or a folder of these */
    bool single;
};

#define SERVING_ARGUMENTS(s)                                                                                         \
    {"certificate", ARGUMENT_TEXT, &(s).certificate, N_("FILE"), N_("TLS certificate for the pages (PEM).")},         \
    {"key", ARGUMENT_TEXT, &(s).key, N_("FILE"), N_("Its private key (PEM).")},                                      \
    {"without-password", ARGUMENT_FLAG, &(s).without_password, NULL, N_("Let everybody who reaches the pages change workflows.")}, \
    {"without-tls", ARGUMENT_FLAG, &(s).without_tls, NULL, N_("Serve a network without TLS.")}

struct serving {
    struct web *web;
    struct guide *guide;
};

/* Serves when an address is asked for, and prints "listening URL" (to standard error when the events go to standard
 * output). */
enum lw_msg serving_begin(struct serving *s, struct rig *r, const struct station_config *c,
                          const struct serving_options *o, const char *events, struct lw_error *err);
void serving_end(struct serving *s, struct rig *r);
