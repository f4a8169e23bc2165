#include "pack_session.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_KITS 4

/* ---- the case ---- */

static bool carrier_needed(const struct pack *p, int carrier)
{
    for (int i = 0; i < p->count; i++) {
        int place = p->w->steps[p->first + i].place;
        if (place >= 0 && p->w->places[place].carrier == carrier)
            return true;
    }
    return false;
}

/* One look over the whole bench for the carrier. */
static enum lw_msg search(struct pack *p, int carrier, struct lw_error *err)
{
    struct guide_look look;
    struct carrier_found found;
    struct guide_light light = guide_light_bench(p->g, p->level);
    if (!guide_take_look(p->g, &light, &look))
        return lw_fail(err, LW_MSG_NO_PICTURES);
    enum lw_msg rc = look.trouble ? lw_fail(err, LW_MSG_LOOK_TROUBLE, verdict_reason_name(look.trouble))
                                  : carrier_find(&p->g->calibration.model, &look.picture,
                                                 &p->taught.carriers[carrier], &found, err);
    guide_look_finish(&look);
    if (rc == LW_OK)
        p->T_bench_from_carrier[carrier] = found.T_bench_from_carrier;
    p->since_ns = clock_now_ns(&p->g->clock);
    return rc;
}

/* Again after a glance that showed nothing new: shown, not told. */
static void ask_for_carrier(struct pack *p, int carrier, bool again)
{
    const struct workflow_carrier *c = &p->w->carriers[carrier];
    struct bench_mm corners[4];
    char line[160];
    show_rectangle(c->T_bench_from_home, c->width_mm, c->depth_mm, 0, corners);
    if (p->resumed)
        snprintf(line, sizeof line, _("Lay the half-packed case here: %s"), workflow_text(&c->name));
    else
        snprintf(line, sizeof line, _("Lay the empty case here: %s"), workflow_text(&c->name));
    show_ask_at(p->g, corners, 4, "case-here", line);
    if (again)
        return;
    pack_asked_now(p);
    guide_ask(p->g, "case_empty", "next", corners, 4, json_pack("{s:s,s:b}", "carrier", c->id, "half_packed", p->resumed));
}

/* Says so, and waits until camera and projector are back. */
static void wait_for_devices(struct pack *p)
{
    show_gone(p->g);
    while (!p->g->quit && (p->g->camera_lost || p->g->screen_lost))
        guide_tick(p->g);
}

/* Waits until something was laid down and lies still, or a person presses next, or a lost camera is back, or it is time
 * for a glance (*glance). False: ended. */
static bool wait_for_person(struct pack *p, int64_t since_ns, bool *glance)
{
    struct press press;
    *glance = false;
    while (!p->g->quit) {
        guide_tick(p->g);
        if (p->g->camera_lost || p->g->screen_lost) {
            wait_for_devices(p);
            return !p->g->quit;
        }
        while (guide_press(p->g, &press)) {
            if (press.kind == PRESS_NEXT || press.kind == PRESS_AGAIN || press.kind == PRESS_DONE)
                return true;
            if (press.kind == PRESS_ASIDE)
                return false;
        }
        *glance = pack_glance_due(p);
        if (*glance || guide_settled(p->g, since_ns))
            return true;
    }
    return false;
}

bool pack_lay_carriers(struct pack *p)
{
    struct lw_error err = {0};
    p->T_bench_from_carrier[0] = (struct rigid){0};
    for (int i = 1; i < p->w->carrier_count; i++) {
        p->T_bench_from_carrier[i] = p->w->carriers[i].T_bench_from_home;
        if (!carrier_needed(p, i))
            continue;
        bool glance = false;
        for (bool first = true; first || search(p, i, &err) != LW_OK; first = false) {
            if (!first && !glance)
                lw_log(LW_LOG_INFO, "pack", "case not found: %s", err.text);
            ask_for_carrier(p, i, glance);
            if (!wait_for_person(p, clock_now_ns(&p->g->clock), &glance))
                return false;
        }
        struct rigid T = p->T_bench_from_carrier[i];
        lw_log(LW_LOG_INFO, "pack", "case %s at %.1f, %.1f mm, %.2f degrees", p->w->carriers[i].id, T.x_mm, T.y_mm,
               deg_from_rad(T.angle_rad));
    }
    pack_update_places(p);
    return !p->g->quit;
}

bool pack_clear_bench(struct pack *p)
{
    struct lw_error err;
    struct bench_mm corners[4];
    for (int i = 1; i < p->w->carrier_count; i++) {
        if (!carrier_needed(p, i))
            continue;
        const struct workflow_carrier *c = &p->w->carriers[i];
        show_rectangle(p->T_bench_from_carrier[i], c->width_mm, c->depth_mm, c->height_mm, corners);
        enum lw_msg rc;
        bool glance = false;
        do {
            show_ask_at(p->g, corners, 4, "well-done", _("Done! Take the case away"));
            if (!glance) {
                pack_asked_now(p);
                guide_ask(p->g, "remove", "next", corners, 4, json_pack("{s:s}", "carrier", c->id));
            }
            if (!wait_for_person(p, clock_now_ns(&p->g->clock), &glance))
                return false;
            rc = search(p, i, &err); /* a look that failed says nothing: the case may still be there */
        } while (rc == LW_OK || rc == LW_MSG_NO_PICTURES || rc == LW_MSG_LOOK_TROUBLE);
    }
    return !p->g->quit;
}

/* ---- kits that were put aside or cut off ---- */

static int steps_done(const struct pack *p, const char *kit)
{
    struct journal_step_state *states = calloc((size_t)p->w->step_count, sizeof *states);
    int done = 0, known = states ? journal_kit_steps(p->g->journal, kit, states, p->w->step_count) : 0;
    for (int i = 0; i < known; i++)
        done += states[i].done;
    free(states);
    return done;
}

bool pack_offer_open_kits(struct pack *p, char out[64])
{
    struct journal_kit kits[OPEN_KITS];
    struct press press;
    out[0] = 0;
    int count = p->g->journal ? journal_open_kits(p->g->journal, p->w->id, kits, OPEN_KITS) : 0;
    for (int i = 0; i < count; i++) {
        char line[160], when[25];
        if (strcmp(kits[i].with, p->w->with ? p->w->with : "") != 0) { /* its steps are others */
            lw_log(LW_LOG_INFO, "pack", "kit %s was begun with \"%s\": take it up with --resume %s", kits[i].id, kits[i].with,
                   kits[i].id);
            continue;
        }
        clock_format_wall(kits[i].last_wall_ms, when);
        snprintf(line, sizeof line, _("Go on with the case of %.16s?"), when);
        show_open_kit(p->g, p->w, steps_done(p, kits[i].id), p->count, line);
        guide_ask(p->g, "confirm", "yes no", NULL, 0, json_pack("{s:s,s:s}", "kit", kits[i].id, "question", "resume"));
        for (bool answered = false; !answered && !p->g->quit;) {
            guide_tick(p->g);
            if (!guide_press(p->g, &press))
                continue;
            if (press.kind == PRESS_YES || press.kind == PRESS_NEXT) {
                snprintf(out, 64, "%s", kits[i].id);
                return true;
            }
            answered = press.kind == PRESS_NO;
        }
    }
    return !p->g->quit;
}

static bool journal_says_done(const struct journal_step_state *states, int count, const char *step)
{
    for (int i = 0; i < count; i++)
        if (strcmp(states[i].step, step) == 0)
            return states[i].done;
    return false;
}

/* The camera has the last word: a step whose place does not hold its thing is packed again. */
static void mark_steps(struct pack *p, const struct journal_step_state *states, int state_count, const int *found)
{
    for (int i = 0; i < p->count; i++) {
        const struct workflow_step *s = &p->w->steps[p->first + i];
        bool done = journal_says_done(states, state_count, s->id);
        bool there = s->place < 0 || found[s->place] == p->w->places[s->place].item;
        if (done && there)
            step_machine_set_done(p->machine, i, STEP_ACCEPTED);
        else if (done)
            lw_log(LW_LOG_INFO, "pack", "%s was packed, but is not there now: %s", s->id,
                   found[s->place] >= 0    ? p->w->items[found[s->place]].id
                   : found[s->place] == -1 ? "empty"
                                           : "can't tell");
    }
}

/* Looks at every place; where the journal says packed and the camera sees something else, or the other way round,
 * asks for it to be taken out, so that the step begins with an empty place. */
static bool take_inventory(struct pack *p, int *found)
{
    struct lw_error err = {0};
    struct guide_look look;
    struct guide_light light = guide_light_bench(p->g, p->level);
    if (!guide_take_look(p->g, &light, &look))
        return false;
    if (look.trouble)
        show_trouble(p->g, look.trouble);
    struct check_look one = {.model = &p->g->calibration.model, .after = &look.picture,
                             .noise_grey = look.noise_grey, .frame = look.frame, .lit = light.polygon,
                             .lit_corners = light.corners};
    enum lw_msg rc = look.trouble ? LW_MSG_NO_PICTURES
                                  : check_inventory(p->taught.check, &one, p->places, p->w->place_count, found, &err);
    guide_look_finish(&look);
    return rc == LW_OK;
}

static int first_wrong(const struct pack *p, const int *found)
{
    for (int i = 0; i < p->count; i++) {
        int place = p->w->steps[p->first + i].place;
        if (place >= 0 && step_machine_result(p->machine, i) == STEP_OPEN && found[place] >= 0)
            return place;
    }
    return -1;
}

static bool person_sees(struct pack *p, int step)
{
    struct press press;
    struct bench_mm outline[SCENE_POINTS];
    const struct workflow_step *s = &p->w->steps[p->first + step];
    const struct workflow_item *item = &p->w->items[p->w->places[s->place].item];
    char line[200];
    snprintf(line, sizeof line, _("Is this: %s?"), workflow_text(&item->name));
    int corners = show_place_outline(p->w, p->taught.check, s->place, p->T_bench_from_carrier, outline, SCENE_POINTS);
    show_ask_at(p->g, outline, corners, "look", line);
    guide_ask(p->g, "confirm", "yes no", outline, corners,
              json_pack("{s:s,s:s,s:s}", "step", s->id, "place", p->w->places[s->place].id, "item", item->id));
    while (!p->g->quit) {
        guide_tick(p->g);
        if (!guide_press(p->g, &press) || (press.kind != PRESS_YES && press.kind != PRESS_NEXT && press.kind != PRESS_NO))
            continue;
        struct journal_event e = {.kind = EVENT_VERDICT, .step = s->id, .place = p->w->places[s->place].id,
                                  .item = item->id, .result = press.kind == PRESS_NO ? "refuse" : "confirm",
                                  .reason = press.kind == PRESS_NO ? "missing" : NULL};
        if (!pack_record(p, &e))
            return false;
        return press.kind != PRESS_NO;
    }
    return false;
}

/* What was packed, and the camera can't tell: a person looks. */
static void ask_what_is_there(struct pack *p, const struct journal_step_state *states, int count, const int *found)
{
    for (int i = 0; i < p->count && !p->g->quit; i++) {
        const struct workflow_step *s = &p->w->steps[p->first + i];
        if (s->place >= 0 && step_machine_result(p->machine, i) == STEP_OPEN && found[s->place] == -2 &&
            journal_says_done(states, count, s->id) && person_sees(p, i))
            step_machine_set_done(p->machine, i, STEP_CONFIRMED);
    }
}

bool pack_take_on(struct pack *p, const char *kit)
{
    int count = p->w->step_count, tries = 0;
    struct journal_step_state *states = calloc((size_t)count, sizeof *states);
    int *found = calloc((size_t)p->w->place_count + 1, sizeof *found);
    bool ok = states && found;
    bool glance = false;
    int known = ok && p->g->journal ? journal_kit_steps(p->g->journal, kit, states, count) : 0;
    while (ok && !p->g->quit) {
        struct bench_mm outline[SCENE_POINTS];
        bool seen = take_inventory(p, found);
        if (seen)
            mark_steps(p, states, known, found);
        int wrong = seen ? first_wrong(p, found) : -1;
        if (seen && wrong < 0)
            ask_what_is_there(p, states, known, found);
        if (seen && (wrong < 0 || ++tries > 2 * p->w->place_count))
            break;
        if (seen) {
            int corners = show_place_outline(p->w, p->taught.check, wrong, p->T_bench_from_carrier, outline, SCENE_POINTS);
            show_ask_at(p->g, outline, corners, "remove", _("Please take this out"));
            if (!glance) {
                pack_asked_now(p);
                guide_ask(p->g, "remove", "next", outline, corners, json_pack("{s:s}", "place", p->w->places[wrong].id));
            }
        }
        ok = wait_for_person(p, clock_now_ns(&p->g->clock), &glance);
    }
    pack_update_places(p);
    free(states);
    free(found);
    return ok && !p->g->quit;
}
