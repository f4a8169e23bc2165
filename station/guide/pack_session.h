/* Inside of the packing session: shared by pack.c (the steps), pack_begin.c (case, open kits) and pack_look.c. */
#pragma once

#include "height.h"
#include "look.h"
#include "pack.h"
#include "show.h"
#include "step.h"
#include "taught.h"
#include "witness.h"

/* A camera patch around a place from before it was filled, to judge it again after going back. */
struct pack_patch {
    struct image before;
    int x, y;                        /* of its corner in the camera picture */
    struct rigid T_bench_from_place; /* where the place lay then */
};

/* A look of the present step that could not be compared with the one before (pack_doubt.c). */
struct pack_doubt {
    bool doubted;       /* it was looked at once more */
    bool asked, ask_due; /* to take the thing out; due: not yet told */
    int asked_times, hand_looks;
    int64_t looked_ns;
    struct image picture; /* with the thing in its place, in the light as it is now */
    struct rigid T_bench_from_place;
};

#define PACK_WITNESSES 16 /* of an item and its step together */

/* What stripes of light told (pack_count.c). */
struct pack_count {
    struct height_result *grounds; /* of each place, while it was empty */
    double *one_mm;   /* height of one, of each item: the workflow's, or what a person confirmed */
    int step;         /* what follows is about this one */
    double higher_mm; /* what lies there is so much higher than its ground; NAN: not told */
    int64_t refused_ns; /* as two; 0: not */
    bool asked;       /* a person was, because of its height */
};

struct pack {
    struct guide *g;
    const struct workflow *w;
    struct taught taught;
    struct step_machine *machine;
    int first, count; /* the steps that are packed: first .. first + count - 1 */
    struct rigid *T_bench_from_carrier;
    struct check_place *places;
    struct pack_patch *patches; /* one for each packed step */
    struct pack_count heights;

    struct image before; /* the look that the next one is compared with */
    struct guide_light before_light;
    struct guide_samples before_samples;
    struct pack_doubt doubt;
    struct rigid *T_before; /* where each carrier lay then: it may have been pushed since */
    int before_carrier;     /* whose light it was taken in */
    bool before_valid;
    bool case_lost; /* it lies where it was not found: looked for on the whole bench */
    uint8_t level; /* of the look light */
    bool resumed;
    bool hand_told; /* while a survey waits for it to go away */

    int64_t unclear_ns; /* since when no look has told anything; 0: the last one did */
    bool unclear_told;
    int64_t shown_ns; /* when a person was last told what to do */
    int glances;      /* looks since then though nothing moved */
    bool glancing;
    int64_t since_ns; /* moves before this do not count (a look, or something shown) */
    bool travel;
    struct bench_mm bin[SCENE_POINTS]; /* of the step that is shown, for "a hand was in it" */
    int bin_count;

    int64_t *bin_touched_ns;  /* by bin: when something last moved in it; 0: not since the step began */
    int64_t hands_ns, hands_from_ns; /* up to when the bins were watched, and from when on it counts */
    struct witness_hands hands; /* at the last look */
    bool hands_known;           /* they are those of a kept look, and not to be found out */
    struct witness_answer heard[PACK_WITNESSES]; /* at the last look */
    const char *heard_kind[PACK_WITNESSES];
    int heard_count;
    const char *explained; /* folder of the last look, when it was kept */
};

#define PACK_FIRST_LEVEL 230 /* of the look light; lowered at a survey until nothing clips */

/* pack.c: after w, first and count were set. */
enum lw_msg pack_allocate(struct pack *p, struct lw_error *err);
void pack_forget_kit(struct pack *p); /* the looks of one kit */
void pack_free(struct pack *p);

/* True when nothing has moved for a while after something was asked: a look, because what was done at once, while the
 * projection was still arriving, was not seen to move. */
bool pack_glance_due(struct pack *p);
void pack_asked_now(struct pack *p); /* begins to count for it */

/* pack_begin.c: finds every carrier that the steps need, asking for it as long as it is not there. False: ended. */
bool pack_lay_carriers(struct pack *p);
/* After a kit: asks to take the case away and waits until it is gone. False: ended. */
bool pack_clear_bench(struct pack *p);
/* Chooses a kit to take on: *out empty for a new one. False: ended. */
bool pack_offer_open_kits(struct pack *p, char out[64]);
/* Marks as done what the journal says and the camera confirms. False: ended. */
bool pack_take_on(struct pack *p, const char *kit);

/* pack_look.c: a look for step `step` (index of the packed steps). Survey: keeps it as the one to compare with. */
bool pack_survey(struct pack *p, int step);
/* Looks and judges; false: the look was lost. */
bool pack_judge(struct pack *p, int step, struct verdict *out);
/* The step is done, however. */
void pack_accept(struct pack *p, int step);
void pack_update_places(struct pack *p);

/* pack_doubt.c: turns a refusal (or a hand that is none) that may be the station's own fault into a look again, a
 * thing to be taken out (doubt.ask_due), or a question to the person. True when the case was pushed or the light
 * changed since the look before. */
bool pack_doubt_verdict(struct pack *p, int place, const struct guide_look *look, struct verdict *v);
/* The thing that was asked out is out: this look is the one to compare with from now on. */
bool pack_doubt_emptied(const struct pack *p, int place, const struct image *picture);
/* It was asked out, and nothing has moved since, or still moves: no need to look. */
bool pack_doubt_waits(const struct pack *p);
void pack_doubt_forget(struct pack *p);
/* After each look: REASON_NONE, or why it told nothing. When that lasts, it is written down and the coach is called. */
void pack_unclear(struct pack *p, int step, enum verdict_reason reason);

/* pack_witness.c: each tick: which bins something moves in; a new step, or another thing to be taken. */
void pack_watch_hands(struct pack *p);
void pack_forget_hands(struct pack *p);
bool pack_has_witness(const struct pack *p, int step);
/* Asks the step's witnesses about what the camera accepts or leaves to a person. */
void pack_hear_witnesses(struct pack *p, int step, const struct image *picture, struct verdict *v);
/* What they said at the last look, for the verdict's event; NULL: nobody was asked. */
json_t *pack_witness_detail(const struct pack *p);

/* pack_count.c: two things exactly on top of each other are told from one by their height. Before the places that this
 * light covers are filled: measures their ground. False: the look was lost. */
bool pack_count_grounds(struct pack *p, int step, const struct guide_light *light, const struct image *even);
/* After what lies at the step's place was judged, in the same light: refuses two; where their height can't be told,
 * what was judged stays. False: the look was lost. */
bool pack_count_things(struct pack *p, int step, const struct guide_light *light, const struct guide_look *look,
                       struct verdict *v);
/* A person confirmed what lies there. */
void pack_count_confirmed(struct pack *p, int step);
void pack_count_forget(struct pack *p);
bool pack_count_allocate(struct pack *p);
void pack_count_free(struct pack *p);

/* Writes the straight pictures of the step's regions into a folder, as they are taught: region-1.png … */
void pack_keep_regions(const struct pack *p, int step, const struct image *picture, const struct verdict *v, const char *folder);

/* pack_explain.c: keeps the look when the settings say so; the name of its folder, NULL: not kept. */
const char *pack_explain(struct pack *p, int step, const struct guide_light *light, const struct guide_look *look,
                         const struct verdict *v);

/* pack_pushed.c: where the case lies in this look; places follow it. False: it was not found. */
bool pack_follow_carrier(struct pack *p, int carrier, const struct image *picture);
/* The grey that a camera picture shows of a point of something that lies at T, z_mm high; -1: outside of the picture. */
int pack_grey_at(const struct model *m, const struct image *im, struct rigid T, struct local_mm at, double z_mm);
/* Before a look is made the new `before`: keeps what the step's place looked like in the old one. */
void pack_keep_patch(struct pack *p, int step);
/* Puts that into the picture to compare with, for a step that was gone back to; nothing when none was kept. */
void pack_put_patch(struct pack *p, int step);
void pack_go_back(struct pack *p, int step);

/* pack_record.c: emits, and keeps on until the journal took it: nothing is shown that was not written. False: session
 * ended. */
bool pack_record(struct pack *p, struct journal_event *e);
bool pack_record_phase(struct pack *p, int step, const char *phase, const char *result, const char *reason);
bool pack_record_verdict(struct pack *p, int step); /* the machine's last one */
bool pack_record_done(struct pack *p, const struct step_action *a);
bool pack_record_help(struct pack *p, int step, int level);
/* An event of this step (index of the packed steps) with its section, place and item. */
struct journal_event pack_step_event(const struct pack *p, enum journal_kind kind, int step);
const struct workflow_step *pack_step_at(const struct pack *p, int step);
