/* The step machine: pure. Inputs and times go in, what to show, look at and record comes out. It reads no clock, draws
 * nothing and knows no camera.
 *
 *   SURVEY --surveyed--> TAKE --bin touched / next--> PLACE --still--> LOOK --accept--> GOOD --time--> next step
 *                                                       ^               |--refuse----> MEND --still--> LOOK
 *                                                       |               |--cannot tell-> WAIT --still / time--> LOOK
 *                                                       +-- nothing yet-|--confirm---> CONFIRM --yes--> GOOD
 *
 * A step that is only taken ends in TAKE; one with several pieces in its place goes from accept to CONFIRM for their number.
 * A step is left only by an accept, a person's confirmation, an override or a skip, each recorded. After an override,
 * a skip or a confirmation the bench is surveyed anew, for nobody looked at what happened. PAUSED and BLOCKED (camera
 * or screen lost) keep the state they came from; a look that was under way is begun again, never used. */
#pragma once

#include "check.h"
#include "workflow.h"

enum step_state {
    STEP_IDLE = 0,
    STEP_SURVEY,   /* one look at what is there, before the step is shown */
    STEP_TAKE,     /* shows where from */
    STEP_PLACE_IT, /* shows where to */
    STEP_LOOK,     /* the camera looks */
    STEP_MEND,     /* shows what lies there and where it belongs */
    STEP_WAIT,     /* can't tell: shows why */
    STEP_CONFIRM_IT, /* a person says whether it is right */
    STEP_GOOD,     /* accepted; shown for a moment */
    STEP_PAUSED,
    STEP_BLOCKED, /* camera or screen lost */
    STEP_ASIDE,   /* ended: put aside */
    STEP_COMPLETE, /* ended: every step is done */
};

enum step_result { STEP_OPEN = 0, STEP_ACCEPTED, STEP_CONFIRMED, STEP_OVERRIDDEN, STEP_SKIPPED };

enum step_input_kind {
    STEP_IN_NONE = 0,
    STEP_IN_BEGIN,
    STEP_IN_SURVEYED,
    STEP_IN_BIN_TOUCHED,
    STEP_IN_STILL,    /* something moved since the last look, and now nothing moves and no hand is there */
    STEP_IN_VERDICT,
    STEP_IN_LOOK_LOST, /* the look could not be finished */
    STEP_IN_TIME,     /* the time asked for has come */
    STEP_IN_LOST,     /* camera or screen lost */
    STEP_IN_BACK_AGAIN,
    STEP_IN_NEXT, STEP_IN_BACK, STEP_IN_AGAIN, STEP_IN_HELP, STEP_IN_PAUSE, STEP_IN_ASIDE, STEP_IN_OVERRIDE,
    STEP_IN_SKIP, STEP_IN_YES, STEP_IN_NO,
};

struct step_input {
    enum step_input_kind kind;
    struct verdict verdict; /* STEP_IN_VERDICT */
    bool same;              /* of a look that nothing gave rise to: what is known already, not to be told again */
    const char *reason;     /* STEP_IN_OVERRIDE, STEP_IN_SKIP */
};

/* What the machine needs to know of a step. */
struct step_traits {
    bool confirm_only; /* nothing to see: a person says that it is done */
    bool seen_only;    /* nothing is laid: other witnesses look */
    bool take_only;    /* it is only taken: done when the bin is touched, or a person says so */
    bool count_asked;  /* several pieces in one place: what is seen there is right, how many a person says */
    bool no_override;  /* not even the coach may pass it unchecked */
    bool own_help;     /* help comes after help_after_s instead of the options' */
    double help_after_s[3];
    bool has_bin;
    bool skippable;
    bool survey_first; /* its look light covers another area than the step before: look before showing it */
};

/* What the workflow says of a step; survey_first is left to whoever knows the light. */
void step_traits_of(const struct workflow *w, int step, struct step_traits *out);

struct step_options {
    double help_after_s[3]; /* picture, animation, coach's call; 0: never by itself */
    double good_s;          /* how long "good" is shown */
    double look_again_s;    /* at most one look in this time (gentle light); also when can't tell */
};

enum step_action_kind {
    STEP_DO_NOTHING = 0,
    STEP_DO_SHOW,    /* the picture for the state */
    STEP_DO_SURVEY,  /* look, and give STEP_IN_SURVEYED */
    STEP_DO_LOOK,    /* look, judge, and give STEP_IN_VERDICT */
    STEP_DO_RECORD_PHASE,  /* `phase` of the step */
    STEP_DO_RECORD_VERDICT,
    STEP_DO_RECORD_DONE,   /* `result`, `reason` */
    STEP_DO_RECORD_BACK,
    STEP_DO_RECORD_HELP,   /* `level` */
    STEP_DO_ASK_HAND_AWAY,
    STEP_DO_ASK_CONFIRM,
    STEP_DO_END,     /* complete or aside: see state */
};

struct step_action {
    enum step_action_kind kind;
    int step;
    const char *phase;
    enum step_result result;
    char reason[96];
    int level;
};

#define STEP_ACTIONS 12

/* Records stand before the action that shows what they record. */
struct step_actions {
    struct step_action list[STEP_ACTIONS];
    int count;
};

struct step_machine;

enum lw_msg step_machine_create(struct step_machine **out, const struct step_traits *traits, int count,
                                const struct step_options *options, struct lw_error *err);
void step_machine_destroy(struct step_machine **m);

/* Before STEP_IN_BEGIN: a step that was done before (a kit that is taken on). */
void step_machine_set_done(struct step_machine *m, int step, enum step_result result);

/* What was seen before is not to be relied on (the case was pushed): a survey stands before the next step. */
void step_machine_want_survey(struct step_machine *m);

void step_machine_handle(struct step_machine *m, const struct step_input *in, int64_t now_ns,
                         struct step_actions *out);

enum step_state step_machine_state(const struct step_machine *m);
int step_machine_step(const struct step_machine *m); /* index of the current step; count when complete */
enum step_result step_machine_result(const struct step_machine *m, int step);
int step_machine_done_count(const struct step_machine *m);
int step_machine_help_level(const struct step_machine *m); /* 0 none .. 3 coach's call */
const struct verdict *step_machine_verdict(const struct step_machine *m); /* the last one of this step */
int64_t step_machine_due_ns(const struct step_machine *m); /* when to give STEP_IN_TIME; INT64_MAX: never */
const char *step_state_name(enum step_state s);
