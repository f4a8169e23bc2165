/* Random ceiling stations for tests: a camera and a projector over a bench, as an installer might hang them.
 */
#pragma once

#include "harness.h"
#include "model.h"

/* Normally distributed, standard deviation 1. */
double rig_gauss(uint64_t *state);

/* A pinhole at `at` that looks at `target`, its picture's right side turned to angle_rad on the bench. */
void rig_look(struct pinhole *p, const double at[3], const double target[3], double angle_rad);

/* A station without residual map; the same `state` gives the same station. */
void rig_random(uint64_t *state, struct model *m);
