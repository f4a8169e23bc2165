/* Trying a workflow out before people work with it: things are laid, right and wrong ones, a coach says what they are, and
 * the report tells of each item how sure the camera is, what it takes it for, and what to do about it. */
#pragma once

#include "guide.h"
#include "workflow.h"

enum rehearse_state {
    REHEARSE_UNTRIED = 0, /* it was never laid */
    REHEARSE_UNSURE,      /* refused though right, or a wrong one was accepted for it */
    REHEARSE_CONFIRM,     /* a person will be asked each time */
    REHEARSE_SURE,
};

struct rehearse_item {
    int right, accepted, confirmed, refused; /* layings of the right thing: in all, and what came of them */
    int wrong, wrong_accepted;               /* other things laid in its place, and those that were accepted */
    int like;                                /* the item that it is most easily taken for, -1: none */
    int layings_taught;
};

struct rehearsal {
    const struct workflow *w;
    struct rehearse_item *items; /* one for each item of the workflow */
    int *taken_for; /* [laid * (n + 2) + seen]: laid 0..n-1, n: something that is not in the kit; seen n: unknown, n + 1: nothing */
};

enum lw_msg rehearsal_init(struct rehearsal *r, const struct workflow *w, struct lw_error *err);
void rehearsal_finish(struct rehearsal *r);

/* At the bench. Ends with `done`, or after the last step. */
enum lw_msg rehearse_run(struct guide *g, struct workflow *w, struct rehearsal *r, struct lw_error *err);

/* Without a bench: each taught picture is judged by the other ones of its item, and all items are compared with one
 * another. An item of one picture stays untried. */
enum lw_msg rehearse_taught(struct rehearsal *r, struct lw_error *err);

/* Without a bench: what another workflow was taught of the same things (ids), as laid in their own places and in all
 * others. */
enum lw_msg rehearse_looks(struct rehearsal *r, const struct workflow *looks, struct lw_error *err);

enum rehearse_state rehearsal_state(const struct rehearsal *r, int item);
bool rehearsal_sure(const struct rehearsal *r); /* all are */

/* A table with a sentence for each that is not sure; or one JSON object. */
void rehearsal_print(const struct rehearsal *r, bool json, FILE *f);
