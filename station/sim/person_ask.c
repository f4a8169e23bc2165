#include "person_parts.h"

#include <string.h>

#define TEACH_JITTER_MM  3.0
#define TEACH_JITTER_DEG 5.0
#define CASE_JITTER_MM   6.0 /* a case against its lit outline */
#define CASE_JITTER_DEG  3.0

static void plan_clear(struct person *p, const struct request *r)
{
    struct rigid at = r->has_pose ? r->pose : p->has_case ? p->T_bench_from_case : p->T_bench_from_box;
    bool empty = !p->has_case && !(p->box_height_mm > 0);
    for (int i = 0; i < p->thing_count; i++)
        empty &= !p->things[i].handle;
    if (!empty)
        plan_reach(p, at.x_mm, at.y_mm - 60, 600);
    person_op(p, OP_CLEAR); /* also what the person has not laid: a case that stood there */
    if (!empty)
        plan_leave(p, at.x_mm);
}

static void plan_remove(struct person *p, const struct request *r)
{
    bool any = false, of_step = false;
    if (r->carrier) {
        plan_clear(p, r);
        return;
    }
    for (int pass = 0; pass < 3 && !any; pass++)
        for (int i = 0; i < p->thing_count; i++) {
            const struct thing *t = &p->things[i];
            struct rigid at = person_thing_pose(p, t);
            bool near = r->has_pose && hypot(at.x_mm - r->pose.x_mm, at.y_mm - r->pose.y_mm) <
                                           15 + hypot(r->size_mm[0], r->size_mm[1]) / 2;
            bool take = pass == 0   ? t->wrong
                        : pass == 1 ? r->place[0] && strcmp(t->place, r->place) == 0
                                    : near;
            if (!t->handle || !take)
                continue;
            of_step |= p->now.active && (t->wrong || strcmp(t->place, p->now.place) == 0);
            plan_take_thing(p, i, NULL);
            any = true;
        }
    struct rigid at = r->has_pose ? r->pose : p->T_bench_from_box;
    if (!any && p->has_sheet) {
        plan_reach(p, at.x_mm, at.y_mm - 60, 600);
        person_op(p, OP_SHEET);
    } else if (!any && p->box_height_mm > 0) {
        plan_reach(p, at.x_mm, at.y_mm - 60, 600);
        person_op(p, OP_BOX);
    }
    plan_leave(p, at.x_mm);
    if (of_step) { /* then it is laid again, when the station had time to see that it is out */
        p->now.wanted = p->now.waited = true;
        plan_wait(p, 2500);
    }
}

static void plan_lay(struct person *p, const struct request *r)
{
    int there = plan_thing_in(p, r->place);
    char item[PERSON_ID];
    snprintf(item, sizeof item, "%s", r->item[0] || there < 0 ? r->item : p->things[there].kind);
    if (there >= 0) { /* the hand stays over it: an empty place is not yet an answer */
        plan_take_thing(p, there, NULL);
        plan_wait(p, 400);
    }
    plan_lay_thing(
        p, plan_new_thing(p, item, r->place, r->pose, plan_jitter(p, TEACH_JITTER_MM, TEACH_JITTER_DEG)),
        NULL);
    plan_leave(p, plan_place_at(p, r->place, r->pose).x_mm);
}

void plan_case(struct person *p, const struct request *r)
{
    struct rigid off = plan_jitter(p, CASE_JITTER_MM, CASE_JITTER_DEG);
    if (p->scenario) {
        off.x_mm += p->scenario->case_off_mm[0];
        off.y_mm += p->scenario->case_off_mm[1];
        off.angle_rad += rad_from_deg(p->scenario->case_off_deg);
    }
    plan_reach(p, r->pose.x_mm, r->pose.y_mm - 80, 800);
    person_op(p, OP_CASE)->pose = (struct rigid){r->pose.x_mm + off.x_mm, r->pose.y_mm + off.y_mm,
                                                 remainder(r->pose.angle_rad + off.angle_rad, 2 * LW_PI)};
    if (p->restore)
        person_op(p, OP_SHELF);
    plan_leave(p, r->pose.x_mm);
}

static void plan_box(struct person *p, const struct request *r)
{
    static const double usual_mm[3] = {200, 140, 60}; /* a box that lies about */
    plan_reach(p, r->pose.x_mm, r->pose.y_mm - 60, 600);
    struct op *o = person_op(p, OP_BOX);
    o->pose = r->pose;
    for (int i = 0; i < 3; i++)
        o->size_mm[i] = r->size_mm[i] > 0 ? r->size_mm[i] : usual_mm[i];
    p->box_own_height = !(r->size_mm[2] > 0);
    plan_leave(p, r->pose.x_mm);
}

#define LEAN_RAD 0.35

/* Our own printed board, about where it is asked for; leaning some way where that is wanted. */
static void plan_board(struct person *p, const struct request *r)
{
    struct rigid off = plan_jitter(p, CASE_JITTER_MM, CASE_JITTER_DEG);
    plan_reach(p, r->pose.x_mm, r->pose.y_mm - 60, 600);
    struct op *o = person_op(p, OP_SHEET);
    o->pose = (struct rigid){r->pose.x_mm + off.x_mm, r->pose.y_mm + off.y_mm, r->pose.angle_rad + off.angle_rad};
    for (int i = 0; i < 2 && r->tilted; i++)
        o->tilt_rad[i] = person_random(p, -LEAN_RAD, LEAN_RAD);
    if (r->tilted)
        o->tilt_rad[0] += o->tilt_rad[0] < 0 ? -0.1 : 0.1;
    o->size_mm[0] = 1;
    plan_leave(p, r->pose.x_mm);
}

static void plan_answer(struct person *p, const struct request *r)
{
    bool wrong = p->now.active && p->now.place[0] && person_lying(p) != LYING_RIGHT;
    char height[32];
    plan_wait(p, 700);
    if (strcmp(r->what, "bar") == 0) {
        plan_press(p, p->serial, "bar", "200.0");
    } else if (strcmp(r->what, "height") == 0 && p->box_own_height && p->box_height_mm > 0) {
        snprintf(height, sizeof height, "%.0f", p->box_height_mm);
        plan_press(p, p->serial, "height", height);
    } else if (strcmp(r->what, "confirm") == 0 && wrong) {
        plan_press(p, p->serial, "no", NULL); /* asked to look, a person sees it */
        p->mend_wanted = true;
        p->mend_at_ns = p->now_ns + 1500 * NS_PER_MS;
    } else {
        if (strcmp(r->what, "confirm") == 0) {
            p->now.permitted = p->now.active;
            p->now.wanted &= p->now.place[0] != 0;
        }
        plan_press(p, p->serial, r->press, NULL);
    }
}

void plan_ask(struct person *p)
{
    static const char *const acts[] = {"clear_bench", "board",  "case_empty", "lay_item",
                                       "lay_again",   "remove", "hand_away"};
    struct request r = p->ask;
    p->ask.wanted = false;
    int act = -1;
    for (int i = 0; i < (int)(sizeof acts / sizeof acts[0]); i++)
        act = strcmp(r.what, acts[i]) == 0 ? i : act;
    if (act < 0) {
        plan_answer(p, &r);
        return;
    }
    if (p->mend_wanted && p->now.active && act >= 3 && act <= 5) {
        plan_mend(p); /* a refusal said the same */
        return;
    }
    plan_wait(p, 300);
    switch (act) {
    case 0:
        plan_clear(p, &r);
        break;
    case 1:
        if (r.board)
            plan_board(p, &r);
        else
            plan_box(p, &r);
        break;
    case 2:
        plan_case(p, &r);
        break;
    case 3:
    case 4:
        plan_lay(p, &r);
        break;
    case 5:
        plan_remove(p, &r);
        break;
    default:
        if (p->hand_seen)
            plan_leave(p, p->hand_x_mm);
    }
    if (r.press[0]) {
        plan_wait(p, act >= 2 && act <= 4 ? 300 : 50); /* what is looked at next: surely without the hand */
        plan_press(p, p->serial, r.press, NULL);
    }
}
