/* Kept looks of the photorealistic bench: reading them, teaching from them, checking them. */
#pragma once

#include "carrier.h"
#include "check.h"

#define PHOTOREAL_ITEMS 8
#define PHOTOREAL_KINDS 16

struct photoreal {
    char folder[256];
    struct model model, bumped; /* cameras alone */
    struct rigid T_case, T_moved, places[PHOTOREAL_ITEMS];
    double place_z_mm[PHOTOREAL_ITEMS], case_width_mm, case_depth_mm, case_height_mm;
    struct carrier_taught carrier;
    struct check *check;
    char taught_set[32];
};

extern char photoreal_items[PHOTOREAL_ITEMS][32];

/* What was laid where, and what must be said of it. */
struct photoreal_case {
    const char *before, *after, *kind, *want; /* want: "accept" or reasons with commas between */
    int place;
};
extern const struct photoreal_case photoreal_cases[];
extern const int photoreal_case_count;

struct photoreal_options {
    const char *only, *pictures, *before_set; /* before_set: the before look is from another set (light switched) */
    bool verbose;
};

struct photoreal_row {
    char set[32], kind[16];
    const char *state, *want;
    int place;
    bool again, good, right_reason, wrong_accept;
    struct verdict verdict;
    double case_mm, case_deg; /* found case against the true one, at its places' middle */
    double judge_ms;
};

/* Refuses when the folder has no index. */
enum lw_msg photoreal_open(struct photoreal *p, const char *folder, struct lw_error *err);
void photoreal_close(struct photoreal *p);
/* From the `a` states of a set, one laying each. */
enum lw_msg photoreal_teach(struct photoreal *p, const char *set, struct lw_error *err);
bool photoreal_has(const struct photoreal *p, const char *set, const struct photoreal_case *c);
/* `again`: the second look at the same thing. */
enum lw_msg photoreal_check(const struct photoreal *p, const char *set, const struct photoreal_case *c, bool again,
                            const struct photoreal_options *o, struct photoreal_row *out, struct lw_error *err);
/* One kept look. */
enum lw_msg photoreal_look(const struct photoreal *p, const char *set, const char *state, struct image *out,
                           struct lw_error *err);

/* What check_inventory finds at each place in one kept look (under the light of the whole case). */
enum lw_msg photoreal_inventory(const struct photoreal *p, const char *set, const char *state, int found[PHOTOREAL_ITEMS],
                                struct lw_error *err);
