#include "person_parts.h"

#include "board.h"

#include <string.h>

#define REACH_MM        45.0   /* the palm stays this far on the person's side of what the fingers hold */
#define OFF_BENCH_MM    -220.0 /* y of a hand that nobody sees */
#define REACH_MM_PER_MS 0.9    /* mean speed of an unhurried reach; its fastest is 1.9 times that */
#define NOTICE_NS       (800 * NS_PER_MS) /* a hand that stays does so for this long, told or not */

/* splitmix64 (Steele, Lea, Flood 2014): small, and every seed is good. */
double person_random(struct person *p, double from, double to)
{
    uint64_t z = p->random += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return from + (to - from) * ((double)(z >> 11) / 9007199254740992.0);
}

int64_t person_ms(struct person *p, double ms)
{
    return (int64_t)(ms * person_random(p, 0.85, 1.25)) * NS_PER_MS;
}

struct op *person_op(struct person *p, enum op_kind kind)
{
    static struct op spare; /* a plan longer than any that is made: the rest is left out */
    struct op *o = &spare;
    if (p->op_count < PERSON_OPS)
        o = &p->ops[(p->op_first + p->op_count++) % PERSON_OPS];
    *o = (struct op){.kind = kind, .thing = -1, .mistake = -1};
    return o;
}

void person_press(struct person *p, const char *line)
{
    p->progress_ns = p->now_ns;
    if (p->hooks.press)
        p->hooks.press(p->hooks.context, line);
}

/* ---- things ---- */

struct rigid person_thing_pose(const struct person *p, const struct thing *t)
{
    struct rigid slot;
    if (t->in_slot && sim_slot(p->bench, t->place, &slot))
        return rigid_mul(slot, t->pose);
    return t->pose;
}

static void lay(struct person *p, int index, const struct scenario_action *mistake)
{
    struct thing *t = &p->things[index];
    struct rigid at = person_thing_pose(p, t);
    t->handle = sim_put(p->bench, t->kind, at.x_mm, at.y_mm, at.angle_rad, t->flipped);
    t->knocked_out = t->shelved = false;
    p->changed_ns = p->now_ns;
    if (!t->handle)
        person_note(p, _("there is no \"%s\" on this bench"), t->kind);
    if (mistake)
        t->mistake = person_mistake(p, mistake);
    person_mended(p);
}

static void take(struct person *p, const struct op *o)
{
    struct thing *t = &p->things[o->thing];
    if (t->handle)
        sim_remove(p->bench, t->handle);
    t->handle = 0;
    p->changed_ns = p->now_ns;
    if (o->action) { /* knocked out: it belongs there */
        t->knocked_out = true;
        t->mistake = person_mistake(p, o->action);
    }
    person_mended(p);
}

/* Carries the case off. A half-packed one goes to a shelf, as it is. */
static void clear_things(struct person *p)
{
    int kept = 0;
    for (int i = 0; i < p->thing_count; i++) {
        struct thing t = p->things[i];
        if (t.handle)
            sim_remove(p->bench, t.handle);
        if (p->aside && t.handle && t.in_slot)
            t.shelved = true;
        t.handle = 0;
        if (t.shelved)
            p->things[kept++] = t;
    }
    p->thing_count = kept;
    p->aside = false;
    p->changed_ns = p->now_ns;
}

static void clear_bench(struct person *p, bool and_box)
{
    clear_things(p);
    sim_case_remove(p->bench);
    p->has_case = false;
    if (and_box && p->box_height_mm > 0) {
        sim_box(p->bench, 0, 0, 0, 0, 0, 0);
        p->box_height_mm = 0;
    }
    person_mended(p);
}

static void put_case(struct person *p, struct rigid pose)
{
    clear_bench(p, true);
    sim_case_put(p->bench, pose);
    p->has_case = true;
    p->T_bench_from_case = pose;
    p->changed_ns = p->now_ns;
}

/* The case from the shelf: what was in it comes along. */
static void put_shelf(struct person *p)
{
    for (int i = 0; i < p->thing_count; i++)
        if (p->things[i].shelved && strcmp(p->things[i].kit, p->shelf_kit) == 0)
            lay(p, i, NULL);
    p->shelf_kit[0] = 0;
    p->restore = p->aside = false;
}

static void put_box(struct person *p, const struct op *o)
{
    sim_box(p->bench, o->pose.x_mm, o->pose.y_mm, o->size_mm[0], o->size_mm[1], o->pose.angle_rad,
            o->size_mm[2]);
    p->box_height_mm = o->size_mm[2];
    p->T_bench_from_box = o->pose;
    p->changed_ns = p->now_ns;
}

#define SHEET_Z_MM 1.0 /* the card that it is glued on */

/* Our own board; size 0: it is taken away. */
static void put_sheet(struct person *p, const struct op *o)
{
    char path[1024];
    struct lw_problems problems = {0};
    struct lw_error err = {0};
    struct board b;
    const struct sim_sheet_pose pose = {o->pose.x_mm, o->pose.y_mm, o->pose.angle_rad, o->tilt_rad[0], o->tilt_rad[1],
                                        SHEET_Z_MM, 0, 1};
    snprintf(path, sizeof path, "%s/boards/board-a4.cfg", lw_assets_folder());
    bool lay = o->size_mm[0] > 0 && board_load(&b, path, &problems) == LW_OK;
    if (sim_sheet(p->bench, lay ? &b : NULL, &pose, &err))
        person_note(p, "%s", err.text);
    problems_finish(&problems);
    p->has_sheet = lay;
    p->T_bench_from_box = o->pose;
    p->changed_ns = p->now_ns;
}

/* ---- what befalls bench and devices ---- */

static void begin_fault(struct person *p, const struct scenario_action *a, enum sim_fault fault)
{
    if (fault)
        sim_fault(p->bench, fault);
    else
        sim_ambient(p->bench, 0);
    for (int i = 0; i < PERSON_FAULTS; i++)
        if (!p->faults[i].what) {
            p->faults[i] = (struct fault_end){p->now_ns + (int64_t)a->number[0] * NS_PER_MS, a->what};
            return;
        }
}

void person_event(struct person *p, const struct scenario_action *a)
{
    switch (a->what) {
    case DO_UNPLUG:
        begin_fault(p, a, SIM_FAULT_UNPLUGGED);
        break;
    case DO_FREEZE:
        begin_fault(p, a, SIM_FAULT_FROZEN);
        break;
    case DO_BLACK:
        begin_fault(p, a, SIM_FAULT_BLACK);
        break;
    case DO_OVEREXPOSE:
        begin_fault(p, a, SIM_FAULT_OVEREXPOSED);
        break;
    case DO_STALL:
        begin_fault(p, a, SIM_FAULT_STALLED);
        break;
    case DO_BLIND:
        sim_blind(p->bench, true);
        break;
    case DO_LIGHTS_OUT:
        begin_fault(p, a, SIM_FAULT_NONE);
        break;
    case DO_LIGHT:
        sim_light(p->bench, a->word[0]);
        break;
    case DO_AMBIENT:
        sim_ambient(p->bench, a->number[0]);
        break;
    case DO_KNOCK_CAMERA:
        sim_knock(p->bench, a->number[0], rad_from_deg(a->number[1]), 0);
        break;
    case DO_KNOCK_PROJECTOR:
        sim_knock(p->bench, 0, 0, rad_from_deg(a->number[0]));
        break;
    default:
        break;
    }
}

bool person_fault_active(const struct person *p)
{
    for (int i = 0; i < PERSON_FAULTS; i++)
        if (p->faults[i].what)
            return true;
    return false;
}

static void end_faults(struct person *p)
{
    for (int i = 0; i < PERSON_FAULTS; i++) {
        struct fault_end *f = &p->faults[i];
        if (!f->what || p->now_ns < f->at_ns)
            continue;
        if (f->what == DO_LIGHTS_OUT)
            sim_ambient(p->bench, 1);
        else
            sim_fault(p->bench, SIM_FAULT_NONE);
        f->what = DO_NOTHING;
        p->progress_ns = p->now_ns;
        p->settled_ns = p->settled_ns ? p->now_ns : 0;
    }
}

/* ---- one thing after another ---- */

/* Minimum-jerk course of a reaching hand (Flash, Hogan 1985): 0 to 1, at rest at both ends. */
static double reach_course(double t)
{
    return t * t * t * (10 + t * (-15 + 6 * t));
}

static void show_hand(struct person *p, double x, double y, double z)
{
    if (!p->hand_seen)
        p->hand_since_ns = p->now_ns;
    p->hand_seen = true;
    p->hand_x_mm = x;
    p->hand_y_mm = y;
    p->hand_z_mm = z;
    sim_hand(p->bench, x, y, z, p->glove);
}

static void move_hand(struct person *p, const struct op *o, double t)
{
    double s = reach_course(t), lift = 40 * sin(LW_PI * s); /* over what stands on the bench */
    show_hand(p, p->from_x_mm + s * (o->x_mm - p->from_x_mm),
              p->from_y_mm + s * (o->y_mm - REACH_MM - p->from_y_mm),
              p->from_z_mm + s * (o->z_mm - p->from_z_mm) + lift);
}

static void push_case(struct person *p, const struct op *o, double t)
{
    double s = reach_course(t);
    struct rigid now = {p->pushed_from.x_mm + s * o->pose.x_mm, p->pushed_from.y_mm + s * o->pose.y_mm,
                        p->pushed_from.angle_rad + s * o->pose.angle_rad};
    sim_case_put(p->bench, now);
    p->T_bench_from_case = now;
    p->changed_ns = p->now_ns;
    show_hand(p, p->from_x_mm + now.x_mm - p->pushed_from.x_mm, p->from_y_mm + now.y_mm - p->pushed_from.y_mm,
              p->from_z_mm);
}

static void begin(struct person *p, struct op *o)
{
    p->op_begun = true;
    p->op_begin_ns = p->now_ns;
    p->pushed_from = p->T_bench_from_case;
    if (o->kind == OP_MOVE && !p->hand_seen) {
        p->hand_x_mm = o->x_mm;
        p->hand_y_mm = OFF_BENCH_MM;
        p->hand_z_mm = 120;
    }
    p->from_x_mm = p->hand_x_mm;
    p->from_y_mm = p->hand_y_mm;
    p->from_z_mm = p->hand_z_mm;
    double far = hypot(o->x_mm - p->from_x_mm, o->y_mm - p->from_y_mm);
    if (o->kind == OP_MOVE && (double)o->duration_ns < far / REACH_MM_PER_MS * NS_PER_MS)
        o->duration_ns = (int64_t)(far / REACH_MM_PER_MS) * NS_PER_MS;
}

/* What takes time; true when it is over. */
static bool run_slow(struct person *p, const struct op *o)
{
    int64_t age = p->now_ns - p->op_begin_ns;
    double t = o->duration_ns > 0 ? fmin(1.0, (double)age / (double)o->duration_ns) : 1.0;
    if (o->kind == OP_MOVE)
        move_hand(p, o, t);
    else if (o->kind == OP_PUSH)
        push_case(p, o, t);
    else if (p->hand_seen)
        show_hand(p, p->hand_x_mm, p->hand_y_mm, p->hand_z_mm);
    if (o->kind == OP_WAIT_PLACE && p->now.place_heard)
        return true;
    if (o->kind == OP_WAIT_TOLD && p->told_away && p->now_ns >= p->told_at_ns && age >= NOTICE_NS)
        return true;
    return t >= 1.0;
}

static void settled(struct person *p)
{
    p->settled_ns = p->now.active && person_lying(p) != LYING_NOTHING ? p->now_ns : 0;
    p->progress_ns = p->now_ns;
    p->mending = false;
}

static void hand_away(struct person *p)
{
    sim_hand_away(p->bench);
    p->hand_seen = false;
    p->told_away = false;
    for (int i = 0; i < p->mistake_count; i++)
        if (p->mistakes[i].action->what == DO_HAND_STAYS)
            p->mistakes[i].open = false;
}

static void run_quick(struct person *p, struct op *o)
{
    switch (o->kind) {
    case OP_AWAY:
        hand_away(p);
        break;
    case OP_LAY:
        lay(p, o->thing, o->action);
        break;
    case OP_TAKE:
        take(p, o);
        break;
    case OP_CASE:
        put_case(p, o->pose);
        break;
    case OP_SHELF:
        put_shelf(p);
        break;
    case OP_CLEAR:
        clear_bench(p, true);
        break;
    case OP_BOX:
        put_box(p, o);
        break;
    case OP_SHEET:
        put_sheet(p, o);
        break;
    case OP_PRESS:
        if (!o->serial || o->serial == p->serial)
            person_press(p, o->line);
        break;
    case OP_EVENT:
        person_event(p, o->action);
        break;
    case OP_FORGET:
        person_mistake(p, o->action);
        break;
    case OP_SETTLED:
        settled(p);
        break;
    default:
        break;
    }
}

bool person_hand_tick(struct person *p)
{
    end_faults(p);
    while (p->op_count > 0) {
        struct op *o = &p->ops[p->op_first];
        if (!p->op_begun)
            begin(p, o);
        bool slow = o->kind == OP_MOVE || o->kind == OP_WAIT || o->kind == OP_WAIT_PLACE ||
                    o->kind == OP_WAIT_TOLD || o->kind == OP_PUSH;
        if (slow && !run_slow(p, o))
            return true;
        struct op done = *o; /* a press may be answered at once, and planned on */
        p->op_first = (p->op_first + 1) % PERSON_OPS;
        p->op_count--;
        p->op_begun = false;
        if (!slow)
            run_quick(p, &done);
        p->progress_ns = p->now_ns;
    }
    return false;
}
