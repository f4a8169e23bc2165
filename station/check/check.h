/* What lies here? Compares looks (before, after) with what was taught; all taught items compete. */
#pragma once

#include "view.h"

enum verdict_result { VERDICT_CANNOT_TELL = 0, VERDICT_REFUSE, VERDICT_CONFIRM, VERDICT_ACCEPT };

enum verdict_reason {
    REASON_NONE = 0, REASON_MISSING, REASON_OTHER_ITEM, REASON_TURNED, REASON_MIRRORED, REASON_TOO_MANY,
    REASON_ELSEWHERE, REASON_UNKNOWN, REASON_HAND, REASON_DARK, REASON_GLARE, REASON_BLURRED, REASON_MOVED,
    REASON_STALE,
};

/* The words of the events: "accept", "other_item" … */
const char *verdict_result_name(enum verdict_result r);
const char *verdict_reason_name(enum verdict_reason r);

#define VERDICT_OUTLINE 128

struct verdict {
    enum verdict_result result;
    enum verdict_reason reason;
    bool fits;       /* what lies there is the expected item's shape, where and how it should be, whoever else it may be */
    int seen_item;   /* index of the taught item that lies there (or elsewhere), -1: none or unknown */
    int seen_place;  /* REASON_ELSEWHERE, REASON_MOVED: index of the place concerned, -1: no place */
    struct bench_mm seen_at; /* centre of what was seen, on the bench */
    struct rigid offset;     /* of the seen item against where it was taught to lie, in the place's frame */
    double score;    /* of the best match, 0 (nothing alike) .. 1 */
    double margin;   /* to the best other item */
    struct bench_mm outline[VERDICT_OUTLINE]; /* of what was seen, at its height, for drawing */
    int outline_count;
    uint64_t frame;  /* sequence of the newest frame used */
};

/* One taught laying of an item: straight pictures of its place before and after it was laid, in the place's frame
 * (the picture's centre is the place's origin, +y up), same size, BGR8. */
struct check_reference {
    struct image before, after;
    double mm_per_px;
};

struct check_item_options {
    double tolerance_mm, tolerance_rad; /* how far it may lie from where it was taught */
    bool orientation_matters;           /* false: any way round within the outline is right */
    double height_mm;                   /* of its own top over its place's plane */
};

/* Height over the bench of the plane in which a thing on a place at place_z_mm is seen straight: taught pictures and
 * checks use the same. Half-way up, so that neither its foot nor its top is far off. */
static inline double check_plane_mm(double place_z_mm, double item_height_mm)
{
    return place_z_mm + 0.5 * item_height_mm;
}

struct check; /* all that was taught for one workflow; immutable after check_finish_teaching */

enum lw_msg check_create(struct check **out, struct lw_error *err);
void check_destroy(struct check **c);

/* Whether this laying can be taught: the error says what is wrong with its pictures, as check_teach_item would. */
enum lw_msg check_reference_good(const char *id, const struct check_reference *reference, struct lw_error *err);

/* Adds the next item (index = order of calls) with its references (copied). Refuses with the cause: pictures of
 * another size, black, nothing seen in them, a hand taught by mistake. */
enum lw_msg check_teach_item(struct check *c, const char *id, const struct check_item_options *options,
                             const struct check_reference *references, int count, struct lw_error *err);

/* Floors and margins per item from the taught pictures alone, and which items can't be told apart. */
enum lw_msg check_finish_teaching(struct check *c, struct lw_error *err);

int check_item_count(const struct check *c);
/* The taught outline in the place's frame (mm); returns the number of points, at most `max`. */
int check_item_outline(const struct check *c, int item, struct local_mm *points, int max);
/* False: the camera alone can't tell `item` from `*other`; an accept then becomes VERDICT_CONFIRM. */
bool check_item_verifiable(const struct check *c, int item, int *other);

/* What the taught pictures say of an item. */
enum check_state {
    CHECK_VERIFIABLE,           /* the camera decides alone */
    CHECK_WITH_CONFIRMATION,    /* much like another one: a person confirms */
    CHECK_WITH_SECOND_WITNESS,  /* no more unlike another one than two layings of one thing: a person may err, too */
};
struct check_pair {
    enum check_state state;
    int other;         /* the item it is taken for; -1: verifiable */
    double difference; /* between the two, in what is usual between two layings */
    enum lw_msg message; /* for the coach, with the names of both: what it means and what to do; LW_OK: verifiable */
};
struct check_pair check_item_pair(const struct check *c, int item);

/* A second one may lie on it without being seen in its outline: it is broad for its height (height_mm is known). Then its
 * height tells how many lie there (height.h). */
bool check_item_stackable(const struct check *c, int item);

/* A place of the kit as it lies on the bench now. */
struct check_place {
    struct rigid T_bench_from_place;
    struct rigid T_bench_from_place_before; /* where it lay in the before look; the same unless its carrier was pushed */
    double z_mm;       /* of the place's plane over the bench */
    int item;          /* what belongs there */
    double tolerance_mm, tolerance_rad; /* 0: the item's */
    bool filled;       /* accepted before */
};

/* Two looks under the same light: medians of a few frames each, camera pictures BGR8. */
struct check_look {
    const struct model *model;
    const struct image *before, *after;
    double noise_grey;  /* standard deviation of the after picture's pixels, grey levels */
    uint64_t frame;
    const struct bench_mm *lit; /* polygon that the look light covers (bench mm), what lies outside is not judged */
    int lit_corners;
};

/* Judges place `expected` of `places`. Deterministic. Everything else that changed in the lit area is looked at too:
 * an edge-connected change is a hand, a change at another place is `elsewhere` (a thing laid there) or `moved`. When
 * a place was pushed between the looks, only the places that moved as the expected one did are compared. */
enum lw_msg check_judge(const struct check *c, const struct check_look *look, const struct check_place *places,
                        int place_count, int expected, struct verdict *out, struct lw_error *err);

/* What check_judge compares, for a person who asks why: both looks straight, what changed (label i + 1: part i, largest
 * first) and the new things in the light of the look before. The caller ends it with check_straight_finish. */
struct check_straight {
    struct view_grid grid;
    struct image before, after, labels, plain, doubt;
};
enum lw_msg check_look_straight(const struct check *c, const struct check_look *look, const struct check_place *places,
                                int place_count, int expected, struct check_straight *out, struct lw_error *err);
void check_straight_finish(struct check_straight *s);

/* The same code on two straight pictures of one place, without a bench: item `expected` at the picture's centre;
 * position does not matter when `anywhere`. */
enum lw_msg check_judge_patch(const struct check *c, const struct image *before, const struct image *after,
                              double mm_per_px, int expected, bool anywhere, struct verdict *out,
                              struct lw_error *err);

/* What is really there now? For taking a kit on: judges each filled or unfilled place of `places` on one look, with
 * the taught before-pictures in place of a before look. found[i]: the item's index, -1 empty, -2 can't tell. */
enum lw_msg check_inventory(const struct check *c, const struct check_look *look, const struct check_place *places,
                            int place_count, int *found, struct lw_error *err);
