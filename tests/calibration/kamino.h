/* Real Gray-code captures (data/kamino410): five poses, columns and rows with inverses, white, black. */
#pragma once

#include "harness.h"
#include "pattern.h"

#define KAMINO_PICTURES 42

/* The plan that these pictures follow. */
struct pattern_plan kamino_plan(void);

/* Loads a pose's pictures in the order of the plan. Skips the test when the data is absent. */
void kamino_load(int pose, struct image pictures[KAMINO_PICTURES]);
void kamino_finish(struct image pictures[KAMINO_PICTURES]);
