#include "person_parts.h"

#include <stdlib.h>
#include <string.h>

#define OFF_BENCH_MM    -180.0 /* y where a withdrawn hand is let out of sight */
#define TRAVEL_Z_MM     80.0   /* palm over the bench while it holds something over a place */
#define SLOT_JITTER_MM  2.0    /* play in a foam slot */
#define SLOT_JITTER_DEG 4.0
#define BESIDE_MM       14.0 /* a second one beside the first */
#define REFUSALS_MAX    5    /* then the person gives up */
#define ASKED_MAX       30
#define PRODS_MAX       4
#define PATIENCE_NS     (15 * NS_PER_S)

struct rigid plan_jitter(struct person *p, double mm, double deg)
{
    return (struct rigid){person_random(p, -mm, mm), person_random(p, -mm, mm),
                          rad_from_deg(person_random(p, -deg, deg))};
}

/* ---- parts of a plan ---- */

void plan_reach(struct person *p, double x, double y, double ms)
{
    struct op *o = person_op(p, OP_MOVE);
    o->x_mm = x;
    o->y_mm = y;
    o->z_mm = TRAVEL_Z_MM;
    o->duration_ns = person_ms(p, ms);
}

static void reach_place(struct person *p, const struct rigid *at, double ms)
{
    plan_reach(p, at->x_mm, at->y_mm, ms);
}

void plan_wait(struct person *p, double ms)
{
    person_op(p, OP_WAIT)->duration_ns = person_ms(p, ms);
}

void plan_withdraw(struct person *p, double x)
{
    plan_reach(p, x, OFF_BENCH_MM, 500);
    person_op(p, OP_AWAY);
}

/* Withdraws for good: now it is the station's turn. */
void plan_leave(struct person *p, double x)
{
    plan_withdraw(p, x);
    person_op(p, OP_SETTLED);
}

void plan_press(struct person *p, int serial, const char *word, const char *rest)
{
    struct op *o = person_op(p, OP_PRESS);
    o->serial = serial;
    snprintf(o->line, sizeof o->line, "%s%s%s", word, rest && *rest ? " " : "", rest ? rest : "");
}

struct rigid plan_place_at(const struct person *p, const char *place, struct rigid shown)
{
    struct rigid slot;
    return sim_slot(p->bench, place, &slot) ? slot : shown;
}

/* Remembers a thing that is about to be laid; -1: no memory. `pose` in the place's frame. */
int plan_new_thing(struct person *p, const char *kind, const char *place, struct rigid shown,
                   struct rigid pose)
{
    struct thing *grown = realloc(p->things, sizeof *grown * (size_t)(p->thing_count + 1));
    if (!grown)
        return -1;
    p->things = grown;
    struct thing *t = &p->things[p->thing_count];
    *t = (struct thing){.mistake = -1};
    struct rigid slot;
    t->in_slot = place[0] && sim_slot(p->bench, place, &slot);
    t->pose = t->in_slot ? pose : rigid_mul(shown, pose);
    snprintf(t->kind, sizeof t->kind, "%s", kind);
    snprintf(t->place, sizeof t->place, "%s", place);
    snprintf(t->step, sizeof t->step, "%s", p->now.step);
    snprintf(t->kit, sizeof t->kit, "%s", p->kit);
    return p->thing_count++;
}

void plan_lay_thing(struct person *p, int index, const struct scenario_action *mistake)
{
    if (index < 0)
        return;
    struct rigid at = person_thing_pose(p, &p->things[index]);
    reach_place(p, &at, 600);
    struct op *o = person_op(p, OP_LAY);
    o->thing = index;
    o->action = mistake;
    p->things[index].wrong = mistake && !mistake->still_right;
    plan_wait(p, 120);
}

void plan_take_thing(struct person *p, int index, const struct scenario_action *knocked)
{
    struct rigid at = person_thing_pose(p, &p->things[index]);
    reach_place(p, &at, 600);
    plan_wait(p, 150);
    struct op *o = person_op(p, OP_TAKE);
    o->thing = index;
    o->action = knocked;
}

int plan_thing_in(const struct person *p, const char *place)
{
    for (int i = p->thing_count - 1; i >= 0; i--)
        if (p->things[i].handle && strcmp(p->things[i].place, place) == 0)
            return i;
    return -1;
}

static void fetch(struct person *p)
{
    if (!p->now.has_bin)
        return;
    plan_reach(p, p->now.bin_mm[0], p->now.bin_mm[1], 700);
    plan_wait(p, 250);
    person_op(p, OP_WAIT_PLACE)->duration_ns = person_ms(p, 1500);
}

static void lay_right(struct person *p)
{
    fetch(p);
    plan_lay_thing(p,
                   plan_new_thing(p, p->now.item, p->now.place, p->now.pose,
                                  plan_jitter(p, SLOT_JITTER_MM, SLOT_JITTER_DEG)),
                   NULL);
}

static void push(struct person *p, const struct scenario_action *a)
{
    if (!p->has_case) {
        person_note(p, _("there is no case to push"));
        return;
    }
    struct rigid c = p->T_bench_from_case;
    plan_reach(p, c.x_mm - 170, c.y_mm - 60, 600);
    struct op *o = person_op(p, OP_PUSH);
    o->pose = (struct rigid){a->number[0], 0, rad_from_deg(a->number[1])};
    o->duration_ns = person_ms(p, 350);
    plan_leave(p, c.x_mm - 170);
}

/* ---- what the scenario tells ---- */

static const struct scenario_action *next_action(struct person *p, enum scenario_when when, bool mistakes,
                                                 bool presses)
{
    for (int i = 0; p->scenario && i < p->scenario->action_count; i++) {
        const struct scenario_action *a = &p->scenario->actions[i];
        if (p->fired[i] || a->when != when || (a->what == DO_OVERRIDE && !presses) ||
            scenario_do_is_mistake(a->what) != mistakes)
            continue;
        if (when != WHEN_START && strcmp(a->step, p->now.step) != 0)
            continue;
        p->fired[i] = true;
        return a;
    }
    return NULL;
}

static const struct scenario_action *override_told(struct person *p)
{
    for (int i = 0; p->scenario && i < p->scenario->action_count; i++) {
        const struct scenario_action *a = &p->scenario->actions[i];
        if (!p->fired[i] && a->what == DO_OVERRIDE && a->when == WHEN_STEP &&
            strcmp(a->step, p->now.step) == 0) {
            p->fired[i] = true;
            return a;
        }
    }
    return NULL;
}

static void also_at(struct person *p, const struct scenario_action *a)
{
    struct rigid at = {a->number[0], a->number[1], 0};
    plan_lay_thing(p, plan_new_thing(p, a->word[0], "", at, (struct rigid){0}), a);
}

static void pause_for(struct person *p, const struct scenario_action *a)
{
    plan_press(p, 0, "pause", NULL);
    person_op(p, OP_WAIT)->duration_ns = (int64_t)a->number[0] * NS_PER_MS;
    plan_press(p, 0, "pause", NULL); /* the same button goes on */
    plan_wait(p, 300);
}

/* Where a press changes nothing (no step before this one, a step that may not be skipped), the step goes on.
 */
static void try_otherwise(struct person *p)
{
    p->now.wanted = true;
    plan_wait(p, 2000);
}

/* Not a mistake: something happens or is pressed. False: the step's thing is not laid now. */
static bool happen(struct person *p, const struct scenario_action *a)
{
    switch (a->what) {
    case DO_PUSH_CASE:
        push(p, a);
        return true;
    case DO_PAUSE:
        pause_for(p, a);
        return true;
    case DO_PRESS:
        plan_press(p, 0, a->text, NULL);
        return true;
    case DO_HELP:
        plan_press(p, 0, "help", NULL);
        plan_wait(p, 1000);
        return true;
    case DO_BACK:
        plan_press(p, 0, "back", NULL);
        try_otherwise(p);
        return false;
    case DO_ASIDE:
        plan_press(p, 0, "aside", NULL);
        return false;
    case DO_SKIP:
        p->now.permitted = true;
        plan_press(p, 0, "skip", a->text);
        try_otherwise(p);
        return false;
    case DO_OVERRIDE:
        p->now.permitted = true;
        plan_press(p, 0, "override", a->text);
        return false;
    default:
        break;
    }
    person_op(p, OP_EVENT)->action = a;
    if (a->what == DO_UNPLUG || a->what == DO_LIGHTS_OUT) /* a person sees that, and waits */
        person_op(p, OP_WAIT)->duration_ns = (int64_t)(a->number[0] + 500) * NS_PER_MS;
    return true;
}

static bool happen_all(struct person *p, enum scenario_when when)
{
    bool go_on = true;
    const struct scenario_action *a;
    while (go_on && (a = next_action(p, when, false, when != WHEN_STEP)))
        go_on = happen(p, a);
    return go_on;
}

/* How the thing of the step is laid, mistakes and all. */
struct laying {
    const char *kind, *place;
    struct rigid pose;
    bool flipped;
    const struct scenario_action *mistake; /* NULL: right */
    const struct scenario_action *extra;   /* one more thing, or one less */
    const struct scenario_action *forget, *stay;
};

static void apply(struct laying *l, const struct scenario_action *a)
{
    switch (a->what) {
    case DO_INSTEAD:
    case DO_FOREIGN:
        l->kind = a->word[0];
        break;
    case DO_SLOT:
        l->place = a->word[0];
        break;
    case DO_FLIPPED:
        l->flipped = true;
        break;
    case DO_TURNED:
    case DO_ROTATE:
        l->pose.angle_rad += rad_from_deg(a->number[0]);
        break;
    case DO_OFFSET:
        l->pose.x_mm += a->number[0];
        l->pose.y_mm += a->number[1];
        break;
    case DO_FORGET:
    case DO_FORGET_NEXT:
        l->forget = a;
        return;
    case DO_HAND_STAYS:
        l->stay = a;
        return;
    default:
        l->extra = a;
        return;
    }
    l->mistake = l->mistake ? l->mistake : a;
}

static void lay_extra(struct person *p, const struct laying *l)
{
    const struct scenario_action *a = l->extra;
    struct rigid beside = {0, BESIDE_MM, 0.1}, on_top = {4, 3, 0.12}, pose = l->pose;
    if (a->what == DO_TWICE || a->what == DO_TWICE_ON_TOP) {
        struct rigid off = a->what == DO_TWICE ? beside : on_top;
        pose = (struct rigid){pose.x_mm + off.x_mm, pose.y_mm + off.y_mm, pose.angle_rad + off.angle_rad};
        plan_lay_thing(p, plan_new_thing(p, l->kind, l->place, p->now.pose, pose), a);
    } else if (a->what == DO_ALSO_IN) {
        plan_lay_thing(p, plan_new_thing(p, a->word[0], a->word[1], p->now.pose, (struct rigid){0}), a);
    } else if (a->what == DO_ALSO_AT) {
        also_at(p, a);
    } else { /* knock out */
        int i = plan_thing_in(p, a->word[0]);
        if (i >= 0)
            plan_take_thing(p, i, a);
        else
            person_note(p, _("nothing lies in %s to knock out"), a->word[0]);
    }
}

static void stay(struct person *p, const struct scenario_action *a)
{
    struct rigid at = plan_place_at(p, p->now.place, p->now.pose);
    plan_reach(p, at.x_mm, at.y_mm + 40, 200);
    person_op(p, OP_FORGET)->action = a; /* the mistake begins */
    person_op(p, OP_WAIT_TOLD)->duration_ns = (int64_t)a->number[0] * NS_PER_MS;
}

/* Presses next as one who has laid it would: once to go on from the bin, once more from the place. */
static void forget(struct person *p, const struct laying *l)
{
    p->now.forgot = true;
    plan_wait(p, 700);
    if (l->forget->what == DO_FORGET_NEXT && !p->now.place_heard) {
        plan_press(p, p->serial, "next", NULL);
        person_op(p, OP_WAIT_PLACE)->duration_ns = person_ms(p, 1500);
        plan_wait(p, 700);
    }
    person_op(p, OP_FORGET)->action = l->forget;
    if (l->forget->what == DO_FORGET_NEXT)
        plan_press(p, p->serial, "next", NULL);
}

static void lay_as_told(struct person *p)
{
    struct laying l = {
        .kind = p->now.item, .place = p->now.place, .pose = plan_jitter(p, SLOT_JITTER_MM, SLOT_JITTER_DEG)};
    const struct scenario_action *a;
    while ((a = next_action(p, WHEN_STEP, true, true)))
        apply(&l, a);
    if (l.forget) {
        forget(p, &l);
        return;
    }
    fetch(p);
    int i = plan_new_thing(p, l.kind, l.place, p->now.pose, l.pose);
    if (i >= 0)
        p->things[i].flipped = l.flipped;
    plan_lay_thing(p, i, l.mistake);
    if (l.extra)
        lay_extra(p, &l);
    if (l.stay)
        stay(p, l.stay);
    if (!l.mistake && !l.extra && (a = override_told(p)))
        happen(p, a);
    struct rigid at = plan_place_at(p, p->now.place, p->now.pose);
    plan_leave(p, at.x_mm);
    happen_all(p, WHEN_LAID);
}

/* ---- steps and mending ---- */

static void again(struct person *p, int index)
{
    struct thing t = p->things[index];
    plan_take_thing(p, index, NULL);
    plan_withdraw(p, plan_place_at(p, t.place, t.pose).x_mm);
    plan_wait(p, 600);
}

/* A kit is taken on: its case comes from the shelf, unless it never left. True while that is planned. */
static bool plan_restore(struct person *p)
{
    if (p->restore && !p->has_case) {
        struct request r = {.pose = p->T_bench_from_case};
        plan_case(p, &r);
        return true;
    }
    if (p->restore) {
        p->restore = p->aside = false;
        p->shelf_kit[0] = 0;
    }
    return false;
}

static void plan_step(struct person *p)
{
    struct current *c = &p->now;
    if (plan_restore(p))
        return;
    if (c->place[0] && !c->waited && person_lying(p) == LYING_RIGHT) {
        c->waited = true; /* gone back to: perhaps the station says what it wants */
        plan_wait(p, 2500);
        return;
    }
    c->wanted = c->permitted = false;
    plan_wait(p, 400);
    if (!happen_all(p, WHEN_STEP))
        return;
    if (!c->place[0]) {
        plan_press(p, p->serial, "next", NULL);
        return;
    }
    int there = plan_thing_in(p, c->place);
    if (there >= 0 && !p->things[there].wrong && strcmp(p->things[there].kind, c->item) == 0)
        again(p, there);
    lay_as_told(p);
}

static void give_up(struct person *p, const char *why)
{
    if (p->stats.gave_up)
        return;
    p->stats.gave_up = true;
    if (!p->scenario || !p->scenario->gives_up)
        person_note(p, _("gave up at step %s: %s"), p->now.step, why);
    plan_press(p, 0, "quit", NULL);
    p->now.active = false;
}

void plan_mend(struct person *p)
{
    p->mend_wanted = p->now.wanted = p->now.forgot = false;
    const struct scenario_action *a = override_told(p);
    if (a) {
        happen(p, a);
        return;
    }
    if (p->now.refusals >= REFUSALS_MAX) {
        give_up(p, _("it lies right, and was refused again and again"));
        return;
    }
    p->mending = true;
    bool found = false, lying = false;
    int count = p->thing_count; /* what is laid now is not looked at */
    for (int i = 0; i < count; i++) {
        struct thing t = p->things[i];
        if (t.knocked_out)
            plan_lay_thing(p, i, NULL);
        else if (t.handle && t.wrong)
            plan_take_thing(p, i, NULL);
        else if (t.handle && strcmp(t.place, p->now.place) == 0 && strcmp(t.kind, p->now.item) == 0)
            lying = true;
        found |= t.knocked_out || (t.handle && t.wrong);
    }
    if (lying && !found) {
        again(p, plan_thing_in(p, p->now.place));
        lying = false;
    }
    if (!lying && p->now.place[0])
        lay_right(p);
    plan_leave(p, plan_place_at(p, p->now.place, p->now.pose).x_mm);
}

/* ---- the next thing to do ---- */

static void plan_prod(struct person *p)
{
    p->progress_ns = p->now_ns;
    if (++p->now.prods > PRODS_MAX)
        give_up(p, _("nothing happened"));
    else
        plan_press(p, p->serial, "next", NULL);
}

static void plan_start(struct person *p)
{
    const struct scenario_action *a;
    p->started = true;
    while ((a = next_action(p, WHEN_START, false, true)))
        happen(p, a);
    while ((a = next_action(p, WHEN_START, true, true)))
        also_at(p, a);
    if (p->op_count > 0)
        plan_leave(p, p->hand_x_mm);
}

void person_plan(struct person *p)
{
    struct current *c = &p->now;
    if (p->stats.gave_up)
        return;
    if (!p->started)
        plan_start(p);
    else if (p->asked > ASKED_MAX)
        give_up(p, _("asked the same again and again"));
    else if (p->ask.wanted)
        plan_ask(p);
    else if (p->mend_wanted && c->active && p->now_ns >= p->mend_at_ns)
        plan_mend(p);
    else if (c->active && c->wanted && !p->mend_wanted)
        plan_step(p);
    else if (c->active && !person_fault_active(p) && p->now_ns - p->progress_ns > PATIENCE_NS)
        plan_prod(p);
}
