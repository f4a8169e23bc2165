/* The person's inside, shared by person.c (what is heard), person_plan.c and person_ask.c (what is decided),
 * person_hand.c (hand and things, tick by tick) and person_truth.c (what really lies there, what was
 * expected). */
#pragma once

#include "person.h"
#include "scenario.h"

#define PERSON_ID     SCENARIO_ID
#define PERSON_OPS    96 /* one reach takes about 10, a mend of several things 40 */
#define PERSON_NOTE   240
#define PERSON_NOTES  64 /* more are counted, not kept */
#define PERSON_FAULTS 8

/* Something that the person put down. */
struct thing {
    int handle; /* 0: not on the bench now */
    char kind[PERSON_ID];
    char place[PERSON_ID]; /* "": anywhere on the bench */
    char step[PERSON_ID];  /* laid for */
    char kit[PERSON_ID];
    struct rigid pose; /* in the place's frame, or on the bench where there is no such slot */
    bool in_slot;      /* pose is in the frame of a slot of the case: goes with it */
    bool flipped;
    bool wrong;       /* should not lie there */
    bool knocked_out; /* should lie there, and does not */
    bool shelved;     /* taken away with its half-packed case */
    int mistake;      /* index, -1: none */
};

/* A mistake that was made. */
struct mistake {
    const struct scenario_action *action;
    char step[PERSON_ID];
    bool open;    /* not mended yet */
    bool decided; /* its first decision was heard */
};

enum op_kind {
    OP_NONE = 0,
    OP_MOVE,
    OP_WAIT,
    OP_WAIT_PLACE,
    OP_WAIT_TOLD,
    OP_AWAY,
    OP_LAY,
    OP_TAKE,
    OP_PUSH,
    OP_CASE,
    OP_CLEAR,
    OP_BOX,
    OP_SHEET,
    OP_PRESS,
    OP_EVENT,
    OP_FORGET,
    OP_SETTLED,
    OP_SHELF
};

struct op {
    enum op_kind kind;
    double x_mm, y_mm, z_mm;
    int64_t duration_ns;
    int thing;         /* OP_TAKE, OP_LAY: index */
    struct rigid pose; /* OP_CASE, OP_BOX, OP_PUSH (change) */
    double size_mm[3]; /* OP_BOX */
    double tilt_rad[2]; /* OP_SHEET; its pose: see pose */
    int mistake;       /* OP_FORGET, OP_WAIT_TOLD */
    const struct scenario_action *action;
    int serial; /* OP_PRESS: only while what is shown is still this; 0: always */
    char line[PERSON_ID + 16];
};

/* The step that the station shows. */
struct current {
    char step[PERSON_ID], place[PERSON_ID], item[PERSON_ID];
    bool active, place_heard, has_bin, has_pose;
    bool wanted; /* lay it as soon as the hands are free */
    bool forgot;
    bool waited;    /* it lay there already (gone back to); waited for what the station wants */
    bool permitted; /* accepted, confirmed, overridden or skipped */
    bool counted;   /* a false accept of it was counted */
    struct rigid pose;
    double bin_mm[2];
    int refusals; /* of right layings */
    int prods;    /* times the person pressed next because nothing happened */
};

/* Something that the station asks for. */
struct request {
    bool wanted;
    char what[PERSON_ID], item[PERSON_ID], place[PERSON_ID], press[PERSON_ID];
    bool has_pose;
    bool carrier; /* it is about the case, with all that is in it */
    bool board, tilted; /* a printed board is asked for; leaning on something */
    struct rigid pose;
    double size_mm[3]; /* width, depth, height */
};

struct fault_end {
    int64_t at_ns;
    enum scenario_do what; /* DO_NOTHING: none */
};

struct person {
    struct sim *bench;
    const struct scenario *scenario;
    struct person_hooks hooks;
    uint64_t random;
    int64_t now_ns;
    int glove;

    struct thing *things;
    int thing_count;
    struct mistake *mistakes;
    int mistake_count;
    bool *fired; /* per action of the scenario */
    int *hits;   /* per expectation */
    char notes[PERSON_NOTES][PERSON_NOTE];
    int note_count; /* may pass PERSON_NOTES */

    struct op ops[PERSON_OPS];
    int op_first, op_count;
    bool op_begun;
    int64_t op_begin_ns;
    double hand_x_mm, hand_y_mm, hand_z_mm, from_x_mm, from_y_mm, from_z_mm;
    struct rigid pushed_from;
    bool hand_seen;
    int64_t hand_since_ns, changed_ns;

    struct current now;
    struct request ask;
    bool mend_wanted, mending, told_away, started;
    int serial; /* of what the station shows */
    int asked;  /* the same, times on end */
    int64_t mend_at_ns, told_at_ns;
    struct fault_end faults[PERSON_FAULTS];
    int64_t settled_ns;  /* 0: nothing to be decided */
    int64_t progress_ns; /* something was last heard or done */

    bool has_case;
    struct rigid T_bench_from_case;
    double box_height_mm; /* 0: no box */
    bool box_own_height;  /* chosen by the person */
    bool has_sheet;
    struct rigid T_bench_from_box;
    char kit[PERSON_ID], shelf_kit[PERSON_ID];
    bool aside, restore;

    struct person_stats stats;
};

/* ---- person_hand.c ---- */
double person_random(struct person *p, double from, double to);
int64_t person_ms(struct person *p, double ms);            /* with natural variation, in ns */
struct op *person_op(struct person *p, enum op_kind kind); /* appended; never NULL */
bool person_hand_tick(struct person *p);                   /* true while something is under way */
struct rigid person_thing_pose(const struct person *p, const struct thing *t); /* on the bench */
void person_press(struct person *p, const char *line);
bool person_fault_active(const struct person *p);
void person_event(struct person *p, const struct scenario_action *a); /* something befalls bench or device */

/* ---- person_plan.c: appends deeds, to be done one after the other ---- */
void person_plan(struct person *p); /* when nothing is under way: what next? */
void plan_mend(struct person *p);   /* what lies wrong is taken away, what is right laid */
void plan_reach(struct person *p, double x_mm, double y_mm, double ms);
void plan_wait(struct person *p, double ms);
void plan_withdraw(struct person *p, double x_mm); /* towards the person, at this x */
void plan_leave(struct person *p, double x_mm);    /* for good: now it is the station's turn */
void plan_press(struct person *p, int serial, const char *word, const char *rest);
struct rigid plan_jitter(struct person *p, double mm, double deg);
/* Where a place is, felt by hand; where there is no such slot: where it is shown. */
struct rigid plan_place_at(const struct person *p, const char *place, struct rigid shown);
/* Remembers a thing that is about to be laid, `pose` in the place's frame; -1: no memory. */
int plan_new_thing(struct person *p, const char *kind, const char *place, struct rigid shown,
                   struct rigid pose);
int plan_thing_in(const struct person *p, const char *place); /* what lies there, -1: nothing */
void plan_lay_thing(struct person *p, int index, const struct scenario_action *mistake);
void plan_take_thing(struct person *p, int index, const struct scenario_action *knocked_out);

/* ---- person_ask.c ---- */
void plan_ask(struct person *p);
void plan_case(struct person *p, const struct request *r);

/* ---- person_truth.c ---- */
enum lying { LYING_NOTHING = 0, LYING_WRONG, LYING_RIGHT };
enum lying person_lying(const struct person *p);
bool person_hand_over(const struct person *p); /* over the place, for longer than a camera's delay */
int person_mistake(struct person *p, const struct scenario_action *a); /* made now; returns its index */
void person_mended(struct person *p);   /* closes the mistakes that no thing shows any more */
void person_settle(struct person *p);   /* what lies wrong is let be (overridden, skipped) */
void person_reminded(struct person *p); /* help came for what was forgotten */
void person_judge(struct person *p, const struct journal_event *e);
void person_passed(struct person *p); /* the step ended */
void person_expect(struct person *p, const struct journal_event *e);
void person_note(struct person *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
