/* Inside of teaching by showing: shared by teach_new.c (the order of things), teach_case.c and teach_thing.c. */
#pragma once

#include "carrier.h"
#include "laid.h"
#include "teach_ask.h"
#include "teach_book.h"
#include "teach_new.h"

#define TEACH_LAYINGS_MAX 9

struct teaching {
    struct guide *g;
    const struct teach_new_options *o;
    struct teach_book book;
    struct check **known; /* of o->known, each item alone */
    struct guide_light light; /* one serves all looks: the look after a thing is the look before the next */
    struct guide_look before; /* the look that the next is compared with */
    struct rigid T_before;    /* where the case lay then; the bench: 0 */
    struct rigid T;           /* where it lies now */
    struct carrier_taught carrier; /* as the checks find it again; picture.data NULL: the bench */
    double floor_mm;          /* height of the ground in the case */
    struct teach_given given;
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
    int count;
    int bin;  /* of o->known, -1: none */
};

static inline int teach_carrier(const struct teaching *t)
{
    return t->carrier.picture.data ? 1 : 0;
}

/* Where a place lies in the frame of the looks (the case's, or the bench's where there is none). */
static inline struct rigid teach_local_from_place(const struct teaching *t, const struct workflow_place *p)
{
    return p->carrier > 0 ? p->T_carrier_from_place : rigid_mul(rigid_inverse(t->T), p->T_carrier_from_place);
}

/* teach_case.c: the empty bench and the empty case; or, taken on, the case with what was taught so far. */
enum lw_msg teach_begin(struct teaching *t, struct lw_error *err);

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
