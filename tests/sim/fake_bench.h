/* A bench that only records what is done on it, so that the person's decisions are tested alone. It stands in
 * for every sim_* call that the person uses. */
#pragma once

#include "sim.h"

struct fake_thing {
    char kind[64];
    double x_mm, y_mm, angle_rad;
    bool flipped, there;
};

#define FAKE_THINGS 256

struct sim {
    struct fake_thing things[FAKE_THINGS]; /* handle = index + 1 */
    int thing_count;
    bool has_case, hand;
    struct rigid T_bench_from_case;
    double hand_x_mm, hand_y_mm, hand_speed_max; /* mm a call */
    double box_mm[3], ambient, knocked_mm;
    enum sim_fault fault, worst_fault;
    char light[32];
};

/* The slots of the fake case: "a" to "z" at x = 0, 30, 60 … from its centre. */
int fake_count(const struct sim *s, const char *kind); /* things of a kind that lie there; NULL: all */
const struct fake_thing *fake_last(const struct sim *s);
