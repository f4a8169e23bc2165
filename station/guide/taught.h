/* What a workflow's folder holds of taught pictures, loaded for the checks. */
#pragma once

#include "carrier.h"
#include "check.h"
#include "problems.h"
#include "workflow.h"

struct taught {
    struct check *check;
    struct carrier_taught *carriers; /* one for each carrier of the workflow; picture.data NULL: none (the bench) */
    int carrier_count;
};

/* Refuses, by name, an item that a step needs and that was never taught. */
enum lw_msg taught_load(struct taught *out, const struct workflow *w, struct lw_error *err);
/* One item alone, finished: is it that one? The caller destroys *out. */
enum lw_msg taught_load_item(struct check **out, const struct workflow *w, const struct workflow_item *item,
                             struct lw_error *err);
void taught_finish(struct taught *t);

/* Adds a warning for each item that the camera alone can't tell from another one, by name, and that no other witness
 * speaks for. */
void taught_look_alikes(const struct taught *t, const struct workflow *w, struct lw_problems *problems);
/* The same into the log. */
void taught_log_look_alikes(const struct taught *t, const struct workflow *w);
