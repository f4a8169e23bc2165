/* What the employee sees: light first, then a picture, then a few words. Builds the scene for a state. */
#pragma once

#include "check.h"
#include "guide.h"
#include "scene.h"
#include "step.h"
#include "workflow.h"

/* What a picture of a step is made from; NULL or 0 where there is nothing. */
struct show_step {
    const struct workflow *workflow;
    const struct check *check;
    enum step_state state;
    const struct verdict *verdict;
    int step;        /* index in the workflow */
    int help_level;
    int done, total; /* of this section */
    const struct rigid *T_bench_from_carrier; /* one for each carrier of the workflow */
    bool camera_moved, light_lost; /* why it is blocked */
    bool travel;     /* show the way from bin to place now */
};

void show_pack_step(struct guide *g, const struct show_step *s);

/* A quiet message for everything that is not a step: a pictogram (name in assets/pictograms, may be NULL), one line,
 * and up to two smaller lines (may be NULL). */
void show_message(struct guide *g, const char *pictogram, const char *line, const char *more, const char *detail);

/* A kit that can be taken on: the case's picture, how far it is, and when it was left. */
void show_open_kit(struct guide *g, const struct workflow *w, int done, int total, const char *line);

/* The camera or the projector is gone: nothing of the work may stay on the bench. */
void show_gone(struct guide *g);

/* Why the camera can't look now, and what to do. */
void show_trouble(struct guide *g, enum verdict_reason reason);

/* A message with an outline that says where something belongs. */
void show_ask_at(struct guide *g, const struct bench_mm *outline, int corners, const char *pictogram,
                 const char *line);

/* The corners of a rectangle of the given size about a pose, at height z. */
void show_rectangle(struct rigid T_bench_from_local, double width_mm, double depth_mm, double z_mm,
                    struct bench_mm corners[4]);

/* The outline of a place on the bench, where the item's top will be; returns the number of points (<= max). */
int show_place_outline(const struct workflow *w, const struct check *c, int place,
                       const struct rigid *T_bench_from_carrier, struct bench_mm *out, int max);
