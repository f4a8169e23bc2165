/* Inside of teaching by showing: shared by teach_new.c (the order of things), teach_case.c and teach_thing.c. */
#pragma once

#include "carrier.h"
#include "height.h"
#include "laid.h"
#include "teach_ask.h"
#include "teach_book.h"
#include "teach_new.h"

#define TEACH_LAYINGS_MAX 9
#define TEACH_THING_MIN_MM2 60.0 /* less is grain and moving light: a thin probe of 170 mm covers 350 */
#define TEACH_FLOOR_POINTS 160
#define TEACH_CASE_ROOM_MM 6.0   /* a thing may stand out over the case's rim */
#define TEACH_USUAL_HEIGHT_MM 10.0 /* of a thing that can't be measured */

struct teaching {
    struct guide *g;
    const struct teach_new_options *o;
    struct teach_book book;
    struct check **known; /* of o->known, each item alone */
    struct guide_light light; /* one serves all looks: the look after a thing is the look before the next */
    struct guide_look before; /* the look that the next is compared with */
    struct guide_look bare_low; /* the empty bench in less light; until the case is known */
    struct rigid T_before;    /* where the case lay then; the bench: 0 */
    struct rigid T;           /* where it lies now */
    struct carrier_taught carrier; /* as the checks find it again; picture.data NULL: the bench */
    struct bench_mm floor[TEACH_FLOOR_POINTS]; /* of the case, in its own frame: how high the ground is over the bench */
    int floor_count;
    double floor_mm; /* the middle one of them */
    struct height_stripes stripes; /* over all of the case, or the bench */
    bool striped_well;    /* they can be drawn and seen there */
    struct image striped; /* the look before with stripes; no data: there is none */
    struct teach_given given;
    char remark[400]; /* about the thing before, shown with the next question; "": none */
    bool done, aside;
};

/* What was laid, as it is asked about and kept. */
struct thing {
    struct guide_look after;
    struct laid_look look; /* its pictures are those of t->before and after */
    struct laid laid;
    int item; /* of the book, that it is taken for; -1: a new one */
    bool recognised; /* its name was proposed because it looks like that one */
    char name[96];
    double height_mm;
    bool measured; /* by light: its top over the bench, and how well that is known; */
    double top_mm, sigma_mm;
    uint8_t light; /* level that serves its place; */
    enum verdict_reason light_trouble; /* REASON_GLARE, REASON_DARK: none does */
    struct image striped; /* the look after (or the darker one) with stripes */
    struct guide_look darker; /* in that light, when it is another than the look's */
    struct guide_light darker_light;
    double ground_mm; /* that it lies on, over the bench */
    int count;
    int bin;  /* of o->known, -1: none */
};

static inline int teach_carrier(const struct teaching *t)
{
    return t->carrier.picture.data ? 1 : 0;
}

static inline bool teach_in_case(const struct teaching *t, struct local_mm p)
{
    return fabs(p.x) <= t->carrier.width_mm / 2 + TEACH_CASE_ROOM_MM && fabs(p.y) <= t->carrier.depth_mm / 2 + TEACH_CASE_ROOM_MM;
}

/* Where a place lies in the frame of the looks (the case's, or the bench's where there is none). */
static inline struct rigid teach_local_from_place(const struct teaching *t, const struct workflow_place *p)
{
    return p->carrier > 0 ? p->T_carrier_from_place : rigid_mul(rigid_inverse(t->T), p->T_carrier_from_place);
}

/* teach_case.c: the empty bench and the empty case; or, taken on, the case with what was taught so far. */
enum lw_msg teach_begin(struct teaching *t, struct lw_error *err);

/* teach_heights.c */

/* The ground in the empty case, in about two seconds; where no light is found the usual height of a bottom is taken. */
void teach_measure_floor(struct teaching *t);
/* Plans stripes for the case as it lies (or the bench), and takes the look before with them. Right after that look. */
void teach_stripes_begin(struct teaching *t);
/* With stripes, right after a look in `light`, which is still on. */
void teach_take_striped(struct teaching *t, const struct guide_light *light, struct thing *thing);
/* Over the bench, at a point of the case's frame. */
double teach_floor_at(const struct teaching *t, struct local_mm p);
/* ground_mm in any case; the height by stripes, and where those don't serve the top by crosses. Right after its look. */
void teach_measure_thing(struct teaching *t, struct thing *thing);

/* teach_light.c: thing->light and light_trouble. While more than 0.5 % of the thing's place is at the top of the range a
 * darker look is taken; the last one is what the next thing is compared with. */
void teach_find_light(struct teaching *t, struct thing *thing);

/* teach_thing.c */

/* Looks for what is new. *reason: NULL, or the word why nothing can be taught from it. `pressed`: somebody said that it
 * is laid; the picture may be a moment behind. `own`: item whose places do not hide what lies there, -1: none. */
enum lw_msg teach_find(struct teaching *t, bool pressed, int own, struct thing *out, const char **reason,
                       struct lw_error *err);
/* One look, without more ado; `out` holds it whatever the reason. */
enum lw_msg teach_look_at(struct teaching *t, int own, struct thing *out, const char **reason, struct lw_error *err);
void teach_thing_finish(struct thing *thing);
/* Which taught item is it? Its index in the book, or -1; *known: its index in o->known, or -1. */
int teach_recognise(const struct teaching *t, const struct thing *thing, int *known);
/* The thing with its places becomes part of the book and is written. *item: its index. */
enum lw_msg teach_keep(struct teaching *t, struct thing *thing, int *item, struct lw_error *err);
/* One more laying of an item. */
enum lw_msg teach_keep_again(struct teaching *t, const struct thing *thing, int item, struct lw_error *err);
/* The look after becomes the look before. */
void teach_take_over(struct teaching *t, struct thing *thing);

/* teach_new.c */
void teach_draw(void *context); /* the case and what was taught so far, quietly; context: struct teaching */
