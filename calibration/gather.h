/* Inside the calibration folder: which pairs and corners the adjustment works on. */
#pragma once

#include "fit.h"

/* What is kept of a board's view beside its corners and pairs. */
struct gathered_view {
    bool lit;             /* the projector's light was read on the board's face */
    struct plane_map map; /* of that light */
    double median_px, p95_px; /* every other pair against the map of the rest */
};

struct gathered {
    struct fit_problem problem;
    struct gathered_view views[SOLVE_VIEWS_MAX];
    struct fit start; /* before anything was adjusted */
};

/* Takes what lies on the bench's plane, on the raised planes and on the boards; `f` is where the adjustment begins.
 * Refuses with the cause. gather_finish in any case. */
enum lw_msg gather(const struct solve_input *in, struct gathered *g, struct fit *f, struct lw_error *err);
void gather_finish(struct gathered *g);
