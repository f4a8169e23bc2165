#include "step.h"

#include <stdio.h>
#include <stdlib.h>

struct step_machine {
    struct step_traits *traits;
    enum step_result *results;
    int count;
    struct step_options options;

    enum step_state state, kept; /* kept: the state that PAUSED or BLOCKED came from */
    int step;
    int help_level;
    bool asked_to_look;  /* a person pressed: an empty place is then said to be empty */
    enum step_state from; /* the state that LOOK came from */
    struct verdict verdict;
    int64_t shown_ns;     /* when help began to count: last sign of life */
    int64_t look_ns;      /* when the last look began */
    int64_t due_ns;
    bool survey_wanted;
    bool look_pending;    /* something settled, but the light may not come again yet */
};

#define NEVER INT64_MAX
#define HAND_PATIENCE 3 /* a hand that rests is not flashed at: it is seen to go away, this is only the long stop */

/* ---- actions ---- */

static struct step_action *act(struct step_machine *m, struct step_actions *out, enum step_action_kind kind)
{
    struct step_action *a = &out->list[out->count < STEP_ACTIONS - 1 ? out->count++ : STEP_ACTIONS - 1];
    *a = (struct step_action){.kind = kind, .step = m->step};
    return a;
}

static int64_t after(int64_t now_ns, double seconds)
{
    return now_ns + (int64_t)(seconds * 1e9);
}

/* The next level of help comes by itself when nothing happens for the time that the coach set. */
static int64_t help_due(const struct step_machine *m)
{
    const struct step_traits *t = m->step < m->count ? &m->traits[m->step] : NULL;
    const double *after_s = t && t->own_help ? t->help_after_s : m->options.help_after_s;
    for (int level = m->help_level; level < 3; level++)
        if (after_s[level] > 0)
            return after(m->shown_ns, after_s[level]);
    return NEVER;
}

static void enter(struct step_machine *m, enum step_state state, int64_t now_ns, struct step_actions *out)
{
    m->state = state;
    m->look_pending = false;
    m->due_ns = NEVER;
    if (state == STEP_GOOD)
        m->due_ns = after(now_ns, m->options.good_s);
    else if (state == STEP_WAIT)
        m->due_ns = after(now_ns, m->options.look_again_s * (m->verdict.reason == REASON_HAND ? HAND_PATIENCE : 1));
    else if (state == STEP_TAKE || state == STEP_PLACE_IT || state == STEP_MEND || state == STEP_CONFIRM_IT)
        m->due_ns = help_due(m);
    act(m, out, STEP_DO_SHOW);
}

static void record_phase(struct step_machine *m, struct step_actions *out, const char *phase)
{
    act(m, out, STEP_DO_RECORD_PHASE)->phase = phase;
}

/* ---- moving along the steps ---- */

static int next_todo(const struct step_machine *m)
{
    int i = 0;
    while (i < m->count && m->results[i] != STEP_OPEN)
        i++;
    return i;
}

static void survey(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    m->survey_wanted = false;
    m->look_ns = now_ns;
    enter(m, STEP_SURVEY, now_ns, out);
    act(m, out, STEP_DO_SURVEY);
}

static void show_step(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    m->shown_ns = now_ns;
    m->help_level = 0;
    m->verdict = (struct verdict){0};
    m->asked_to_look = false;
    const struct step_traits *t = &m->traits[m->step];
    if (t->confirm_only) {
        record_phase(m, out, "place");
        act(m, out, STEP_DO_ASK_CONFIRM);
        enter(m, STEP_CONFIRM_IT, now_ns, out);
    } else if (t->take_only) {
        record_phase(m, out, "take");
        act(m, out, STEP_DO_ASK_CONFIRM);
        enter(m, STEP_TAKE, now_ns, out);
    } else if (t->has_bin) {
        record_phase(m, out, "take");
        enter(m, STEP_TAKE, now_ns, out);
    } else {
        record_phase(m, out, "place");
        enter(m, STEP_PLACE_IT, now_ns, out);
    }
}

static void go_to(struct step_machine *m, int step, int64_t now_ns, struct step_actions *out)
{
    m->step = step;
    if (step >= m->count) {
        enter(m, STEP_COMPLETE, now_ns, out);
        act(m, out, STEP_DO_END);
    } else if (m->survey_wanted || m->traits[step].survey_first) {
        survey(m, now_ns, out);
    } else {
        show_step(m, now_ns, out);
    }
}

static void finish_step(struct step_machine *m, enum step_result result, const char *reason, int64_t now_ns,
                        struct step_actions *out)
{
    m->results[m->step] = result;
    struct step_action *a = act(m, out, STEP_DO_RECORD_DONE);
    a->result = result;
    snprintf(a->reason, sizeof a->reason, "%s", reason ? reason : "");
    if (result != STEP_ACCEPTED)
        m->survey_wanted = true;
    enter(m, STEP_GOOD, now_ns, out);
}

/* ---- looking ---- */

static void look(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    m->from = m->state;
    m->look_ns = now_ns;
    record_phase(m, out, "judge");
    enter(m, STEP_LOOK, now_ns, out);
    act(m, out, STEP_DO_LOOK);
}

/* Looks at once, or as soon as the light may come again. */
static void look_when_gentle(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    int64_t earliest = after(m->look_ns, m->options.look_again_s);
    if (now_ns >= earliest) {
        look(m, now_ns, out);
    } else {
        m->look_pending = true;
        m->due_ns = earliest < m->due_ns ? earliest : m->due_ns;
    }
}

static void nothing_there(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    if (m->asked_to_look) {
        act(m, out, STEP_DO_RECORD_VERDICT);
        m->shown_ns = now_ns;
        enter(m, STEP_MEND, now_ns, out);
    } else {
        m->verdict = (struct verdict){0};
        enter(m, m->from == STEP_TAKE ? STEP_TAKE : STEP_PLACE_IT, now_ns, out);
    }
}

static void take_verdict(struct step_machine *m, const struct verdict *v, int64_t now_ns, struct step_actions *out)
{
    m->verdict = *v;
    if (v->result == VERDICT_REFUSE && v->reason == REASON_MISSING) {
        nothing_there(m, now_ns, out);
    } else if (v->result == VERDICT_CONFIRM && m->traits[m->step].seen_only && !m->asked_to_look) {
        nothing_there(m, now_ns, out); /* not done yet: a person is asked when they say that it is */
    } else if (v->result == VERDICT_ACCEPT && m->traits[m->step].count_asked) {
        act(m, out, STEP_DO_RECORD_VERDICT);
        act(m, out, STEP_DO_ASK_CONFIRM);
        enter(m, STEP_CONFIRM_IT, now_ns, out);
    } else if (v->result == VERDICT_ACCEPT) {
        act(m, out, STEP_DO_RECORD_VERDICT);
        finish_step(m, STEP_ACCEPTED, NULL, now_ns, out);
    } else if (v->result == VERDICT_CONFIRM) {
        act(m, out, STEP_DO_RECORD_VERDICT);
        act(m, out, STEP_DO_ASK_CONFIRM);
        enter(m, STEP_CONFIRM_IT, now_ns, out);
    } else if (v->result == VERDICT_REFUSE) {
        act(m, out, STEP_DO_RECORD_VERDICT);
        m->shown_ns = now_ns;
        enter(m, STEP_MEND, now_ns, out);
    } else {
        act(m, out, STEP_DO_RECORD_VERDICT);
        if (v->reason == REASON_HAND)
            act(m, out, STEP_DO_ASK_HAND_AWAY);
        enter(m, STEP_WAIT, now_ns, out);
    }
    m->asked_to_look = false;
}

/* ---- what a person presses ---- */

static void more_help(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    m->shown_ns = now_ns;
    if (m->help_level < 3)
        m->help_level++;
    act(m, out, STEP_DO_RECORD_HELP)->level = m->help_level;
    enter(m, m->state, now_ns, out);
}

/* The step before may lie in another light: then what is there is looked at before it is shown. */
static void go_back(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    int i = m->step < m->count ? m->step - 1 : m->count - 1;
    if (i < 0)
        return;
    bool other_light = m->step < m->count && m->traits[m->step].survey_first;
    m->step = i;
    m->results[i] = STEP_OPEN;
    act(m, out, STEP_DO_RECORD_BACK);
    if (other_light || m->survey_wanted)
        survey(m, now_ns, out);
    else
        show_step(m, now_ns, out);
}

static void skip(struct step_machine *m, const char *reason, int64_t now_ns, struct step_actions *out)
{
    if (m->traits[m->step].skippable)
        finish_step(m, STEP_SKIPPED, reason, now_ns, out);
    else
        more_help(m, now_ns, out);
}

static void put_aside(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    enter(m, STEP_ASIDE, now_ns, out);
    act(m, out, STEP_DO_END);
}

static void keep(struct step_machine *m, enum step_state into, int64_t now_ns, struct step_actions *out)
{
    m->kept = m->state == STEP_LOOK ? m->from : m->state;
    enter(m, into, now_ns, out);
}

/* A survey that was cut off is begun again; "good" is not shown again after a gap: the next step is. */
static void take_up(struct step_machine *m, int64_t now_ns, struct step_actions *out)
{
    m->shown_ns = now_ns;
    if (m->kept == STEP_SURVEY)
        survey(m, now_ns, out);
    else if (m->kept == STEP_GOOD)
        go_to(m, next_todo(m), now_ns, out);
    else
        enter(m, m->kept, now_ns, out);
}

/* ---- one handler a state ---- */

static void in_survey(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_SURVEYED)
        show_step(m, now_ns, out);
    else if (in->kind == STEP_IN_LOOK_LOST)
        m->due_ns = after(now_ns, m->options.look_again_s);
    else if (in->kind == STEP_IN_STILL || in->kind == STEP_IN_TIME)
        survey(m, now_ns, out);
}

static void in_take_only(struct step_machine *m, const struct step_input *in, int64_t now_ns,
                         struct step_actions *out)
{
    if (in->kind == STEP_IN_BIN_TOUCHED || in->kind == STEP_IN_NEXT || in->kind == STEP_IN_YES)
        finish_step(m, STEP_CONFIRMED, NULL, now_ns, out);
    else if (in->kind == STEP_IN_TIME)
        more_help(m, now_ns, out);
}

static void in_take(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (m->traits[m->step].take_only)
        in_take_only(m, in, now_ns, out);
    else if (in->kind == STEP_IN_BIN_TOUCHED || in->kind == STEP_IN_NEXT) {
        m->shown_ns = now_ns;
        record_phase(m, out, "place");
        enter(m, STEP_PLACE_IT, now_ns, out);
    } else if (in->kind == STEP_IN_STILL) {
        look_when_gentle(m, now_ns, out);
    } else if (in->kind == STEP_IN_TIME) {
        more_help(m, now_ns, out);
    }
}

/* Also after a refusal: what is mended is looked at in the same way. */
static void in_place(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_NEXT || in->kind == STEP_IN_AGAIN) {
        m->asked_to_look = true;
        look(m, now_ns, out);
    } else if (in->kind == STEP_IN_STILL) {
        look_when_gentle(m, now_ns, out);
    } else if (in->kind == STEP_IN_TIME) {
        more_help(m, now_ns, out);
    }
}

static void in_look(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_VERDICT && in->same) {
        enter(m, m->from, now_ns, out);
    } else if (in->kind == STEP_IN_VERDICT) {
        take_verdict(m, &in->verdict, now_ns, out);
    } else if (in->kind == STEP_IN_LOOK_LOST) {
        m->verdict = (struct verdict){.reason = REASON_STALE};
        enter(m, STEP_WAIT, now_ns, out);
    }
}

static void in_wait(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_STILL || in->kind == STEP_IN_NEXT || in->kind == STEP_IN_AGAIN)
        look_when_gentle(m, now_ns, out);
    else if (in->kind == STEP_IN_TIME)
        look(m, now_ns, out);
}

static void in_confirm(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_YES || (in->kind == STEP_IN_NEXT && m->traits[m->step].confirm_only)) {
        finish_step(m, STEP_CONFIRMED, NULL, now_ns, out);
    } else if (in->kind == STEP_IN_NO && m->verdict.result == VERDICT_ACCEPT) { /* not as many as there should be */
        m->verdict = (struct verdict){0};
        enter(m, STEP_PLACE_IT, now_ns, out);
    } else if (in->kind == STEP_IN_NO && !m->traits[m->step].confirm_only) {
        m->verdict = (struct verdict){.result = VERDICT_REFUSE, .reason = REASON_OTHER_ITEM, .seen_item = -1,
                                      .seen_place = -1};
        act(m, out, STEP_DO_RECORD_VERDICT);
        enter(m, STEP_MEND, now_ns, out);
    } else if (in->kind == STEP_IN_TIME) {
        more_help(m, now_ns, out);
    } else if (in->kind == STEP_IN_STILL && !m->traits[m->step].confirm_only) {
        look_when_gentle(m, now_ns, out); /* something was moved meanwhile */
    }
}

static void in_good(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_TIME)
        go_to(m, next_todo(m), now_ns, out);
}

static void in_state(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    if (in->kind == STEP_IN_TIME && m->look_pending) {
        look(m, now_ns, out);
        return;
    }
    switch (m->state) {
    case STEP_SURVEY:
        in_survey(m, in, now_ns, out);
        break;
    case STEP_TAKE:
        in_take(m, in, now_ns, out);
        break;
    case STEP_PLACE_IT:
    case STEP_MEND:
        in_place(m, in, now_ns, out);
        break;
    case STEP_LOOK:
        in_look(m, in, now_ns, out);
        break;
    case STEP_WAIT:
        in_wait(m, in, now_ns, out);
        break;
    case STEP_CONFIRM_IT:
        in_confirm(m, in, now_ns, out);
        break;
    case STEP_GOOD:
        in_good(m, in, now_ns, out);
        break;
    default:
        break;
    }
}

static bool working(enum step_state s)
{
    return s >= STEP_SURVEY && s <= STEP_GOOD;
}

/* Presses that mean the same in every working state; true when it was one. */
static bool everywhere(struct step_machine *m, const struct step_input *in, int64_t now_ns, struct step_actions *out)
{
    bool unfinished = m->step < m->count && m->state != STEP_GOOD;
    switch (in->kind) {
    case STEP_IN_LOST:
        keep(m, STEP_BLOCKED, now_ns, out);
        return true;
    case STEP_IN_PAUSE:
        keep(m, STEP_PAUSED, now_ns, out);
        return true;
    case STEP_IN_ASIDE:
        put_aside(m, now_ns, out);
        return true;
    case STEP_IN_BACK:
        go_back(m, now_ns, out);
        return true;
    case STEP_IN_HELP:
        if (unfinished && m->state != STEP_LOOK && m->state != STEP_SURVEY)
            more_help(m, now_ns, out);
        return true;
    case STEP_IN_OVERRIDE:
        if (unfinished && m->traits[m->step].no_override)
            more_help(m, now_ns, out);
        else if (unfinished)
            finish_step(m, STEP_OVERRIDDEN, in->reason, now_ns, out);
        return true;
    case STEP_IN_SKIP:
        if (unfinished)
            skip(m, in->reason, now_ns, out);
        return true;
    default:
        return false;
    }
}

void step_machine_handle(struct step_machine *m, const struct step_input *in, int64_t now_ns,
                         struct step_actions *out)
{
    *out = (struct step_actions){0};
    if (in->kind == STEP_IN_BEGIN) {
        m->survey_wanted = true;
        go_to(m, next_todo(m), now_ns, out);
    } else if (m->state == STEP_PAUSED) {
        if (in->kind == STEP_IN_PAUSE || in->kind == STEP_IN_NEXT)
            take_up(m, now_ns, out);
        else if (in->kind == STEP_IN_LOST)
            enter(m, STEP_BLOCKED, now_ns, out); /* what was kept stays kept */
        else if (in->kind == STEP_IN_ASIDE)
            put_aside(m, now_ns, out);
    } else if (m->state == STEP_BLOCKED) {
        if (in->kind == STEP_IN_BACK_AGAIN && m->kept == STEP_CONFIRM_IT)
            act(m, out, STEP_DO_ASK_CONFIRM); /* who was told that nothing can be seen is asked once more */
        if (in->kind == STEP_IN_BACK_AGAIN)
            take_up(m, now_ns, out);
        else if (in->kind == STEP_IN_ASIDE)
            put_aside(m, now_ns, out);
    } else if (working(m->state) && !everywhere(m, in, now_ns, out)) {
        in_state(m, in, now_ns, out);
    }
}

/* ---- the rest ---- */

enum lw_msg step_machine_create(struct step_machine **out, const struct step_traits *traits, int count,
                                const struct step_options *options, struct lw_error *err)
{
    *out = NULL;
    struct step_machine *m = calloc(1, sizeof *m);
    if (m) {
        m->traits = calloc((size_t)count + 1, sizeof *m->traits);
        m->results = calloc((size_t)count + 1, sizeof *m->results);
    }
    if (!m || !m->traits || !m->results) {
        step_machine_destroy(&m);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    for (int i = 0; i < count; i++)
        m->traits[i] = traits[i];
    m->count = count;
    m->options = *options;
    m->due_ns = NEVER;
    m->look_ns = -after(0, options->look_again_s);
    *out = m;
    return LW_OK;
}

void step_machine_destroy(struct step_machine **m)
{
    if (!m || !*m)
        return;
    free((*m)->traits);
    free((*m)->results);
    free(*m);
    *m = NULL;
}

void step_machine_set_done(struct step_machine *m, int step, enum step_result result)
{
    if (step >= 0 && step < m->count)
        m->results[step] = result;
}

void step_machine_want_survey(struct step_machine *m)
{
    m->survey_wanted = true;
}

enum step_state step_machine_state(const struct step_machine *m)
{
    return m->state;
}

int step_machine_step(const struct step_machine *m)
{
    return m->step;
}

enum step_result step_machine_result(const struct step_machine *m, int step)
{
    return step >= 0 && step < m->count ? m->results[step] : STEP_OPEN;
}

int step_machine_done_count(const struct step_machine *m)
{
    int done = 0;
    for (int i = 0; i < m->count; i++)
        done += m->results[i] != STEP_OPEN;
    return done;
}

int step_machine_help_level(const struct step_machine *m)
{
    return m->help_level;
}

const struct verdict *step_machine_verdict(const struct step_machine *m)
{
    return &m->verdict;
}

int64_t step_machine_due_ns(const struct step_machine *m)
{
    return m->due_ns;
}

const char *step_state_name(enum step_state s)
{
    static const char *const names[] = {"idle", "survey", "take",    "place",  "look",    "mend", "wait",
                                        "confirm", "good", "paused", "blocked", "aside", "complete"};
    return (unsigned)s < sizeof names / sizeof names[0] ? names[s] : "?";
}
