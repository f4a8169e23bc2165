/* Inside the calibration folder: what the boards say of the solution, and of themselves. */
#pragma once

#include "gather.h"

/* Boards with light on them. */
int judge_views_lit(const struct gathered *g);

/* Each board's light by a fit that has not seen this board: its pose from the camera's corners, then where the projector
 * should show them. Returns the rms over all, projector px (INFINITY: none); fills the report unless NULL. `f` is the
 * fit of all. */
double judge_views(const struct gathered *g, const struct fit *f, struct solve_report *report);

/* The same in mm on the boards. */
void judge_views_mm(const struct solve_report *report, const struct fit *f, struct solve_quality *q);

/* Names what is wrong with a board or the set: bent, moved, another scale or size, keystone, not the native mode. `f` is
 * a first fit; it is left better where the bench's size had to give way. */
enum lw_msg judge_findings(struct gathered *g, struct fit *f, struct solve_report *report, struct lw_error *err);
