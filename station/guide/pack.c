#include "pack.h"

#include "log.h"
#include "mend.h"
#include "memory.h"
#include "pack_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GOOD_S 0.5
#define READ_S 3.0 /* so long a message stays that ends the session */
#define LOOK_AGAIN_S 1.0
#define TRAVEL_S 3.0 /* the way from bin to place moves so long, then rests as long, so that the camera can see */

/* ---- showing ---- */

static int outline_of(const struct pack *p, int step, struct bench_mm outline[SCENE_POINTS])
{
    int place = pack_step_at(p, step)->place;
    return place < 0 ? 0
                     : show_place_outline(p->w, p->taught.check, place, p->T_bench_from_carrier, outline, SCENE_POINTS);
}

static void show(struct pack *p)
{
    int step = step_machine_step(p->machine);
    struct bench_mm outline[SCENE_POINTS];
    struct show_step s = {.workflow = p->w,
                          .check = p->taught.check,
                          .state = step_machine_state(p->machine),
                          .verdict = step_machine_verdict(p->machine),
                          .step = p->first + (step < p->count ? step : p->count - 1),
                          .help_level = step_machine_help_level(p->machine),
                          .done = step_machine_done_count(p->machine),
                          .total = p->count,
                          .T_bench_from_carrier = p->T_bench_from_carrier,
                          .camera_moved = p->g->camera_moved,
                          .light_lost = p->g->light_lost,
                          .travel = p->travel};
    if (s.state == STEP_LOOK || s.state == STEP_SURVEY)
        return; /* the look brings its own light */
    p->bin_count = 0;
    if (s.state == STEP_WAIT && p->doubt.asked) {
        show_ask_at(p->g, outline, outline_of(p, step, outline), "remove", _("Please take this out"));
        return;
    }
    show_pack_step(p->g, &s);
    const struct workflow_step *now = &p->w->steps[s.step];
    int bin = now->item >= 0 ? p->w->items[now->item].bin : -1;
    for (int i = 0; bin >= 0 && i < p->w->bins[bin].outline.count && i < SCENE_POINTS; i++)
        p->bin[p->bin_count++] = (struct bench_mm){p->w->bins[bin].outline.points[i].x,
                                                   p->w->bins[bin].outline.points[i].y, p->w->bins[bin].z_mm};
}

/* ---- the machine's actions ---- */

static void handle(struct pack *p, const struct step_input *in);

static void ask_confirm(struct pack *p, int step)
{
    struct journal_event e = pack_step_event(p, EVENT_ASK, step);
    guide_ask(p->g, "confirm", "yes no", NULL, 0,
              json_pack("{s:s,s:s*,s:s*}", "step", e.step, "place", e.place, "item", e.item));
}

static void ask_hand_away(struct pack *p, int step)
{
    struct bench_mm outline[SCENE_POINTS];
    int corners = outline_of(p, step, outline);
    guide_ask(p->g, "hand_away", "", outline, corners, NULL);
}

/* What lies there can't be compared (pack_doubt.c). */
static void ask_out(struct pack *p, int step)
{
    struct bench_mm outline[SCENE_POINTS];
    struct journal_event e = pack_step_event(p, EVENT_ASK, step);
    int corners = outline_of(p, step, outline);
    p->doubt.ask_due = false;
    guide_ask(p->g, "remove", "", outline, corners,
              json_pack("{s:s,s:s*,s:s*}", "step", e.step, "place", e.place, "item", e.item));
}

static void perform(struct pack *p, const struct step_action *a)
{
    struct step_input in = {0};
    struct verdict was;
    switch (a->kind) {
    case STEP_DO_SHOW:
        show(p);
        break;
    case STEP_DO_SURVEY:
        in.kind = pack_survey(p, a->step) ? STEP_IN_SURVEYED : STEP_IN_LOOK_LOST;
        handle(p, &in);
        break;
    case STEP_DO_LOOK:
        was = *step_machine_verdict(p->machine);
        in.kind = pack_judge(p, a->step, &in.verdict) ? STEP_IN_VERDICT : STEP_IN_LOOK_LOST;
        in.same = p->glancing && was.result == VERDICT_REFUSE && in.verdict.result == was.result &&
                  in.verdict.reason == was.reason && in.verdict.seen_item == was.seen_item &&
                  in.verdict.seen_place == was.seen_place;
        handle(p, &in);
        break;
    case STEP_DO_RECORD_PHASE:
        pack_record_phase(p, a->step, a->phase, NULL, NULL);
        break;
    case STEP_DO_RECORD_VERDICT:
        pack_record_verdict(p, a->step);
        if (p->doubt.ask_due)
            ask_out(p, a->step);
        break;
    case STEP_DO_RECORD_DONE:
        pack_record_done(p, a);
        pack_accept(p, a->step);
        pack_forget_hands(p);
        break;
    case STEP_DO_RECORD_BACK:
        pack_record_phase(p, a->step, "back", NULL, NULL);
        pack_go_back(p, a->step);
        pack_forget_hands(p);
        break;
    case STEP_DO_RECORD_HELP:
        pack_record_help(p, a->step, a->level);
        break;
    case STEP_DO_ASK_HAND_AWAY:
        ask_hand_away(p, a->step);
        break;
    case STEP_DO_ASK_CONFIRM:
        ask_confirm(p, a->step);
        break;
    default:
        break;
    }
}

static void handle(struct pack *p, const struct step_input *in)
{
    struct step_actions actions;
    int before = step_machine_step(p->machine);
    enum step_state was = step_machine_state(p->machine);
    step_machine_handle(p->machine, in, clock_now_ns(&p->g->clock), &actions);
    if (step_machine_step(p->machine) != before)
        p->since_ns = clock_now_ns(&p->g->clock);
    if (!p->glancing && step_machine_state(p->machine) != was)
        pack_asked_now(p);
    for (int i = 0; i < actions.count && !p->g->quit; i++)
        perform(p, &actions.list[i]);
}

/* ---- what a person and the bench say ---- */

static enum step_input_kind input_of(enum press_kind k)
{
    switch (k) {
    case PRESS_NEXT:
    case PRESS_DONE:
        return STEP_IN_NEXT;
    case PRESS_BACK:
    case PRESS_UNDO:
        return STEP_IN_BACK;
    case PRESS_AGAIN:
        return STEP_IN_AGAIN;
    case PRESS_HELP:
        return STEP_IN_HELP;
    case PRESS_PAUSE:
        return STEP_IN_PAUSE;
    case PRESS_SKIP:
        return STEP_IN_SKIP;
    case PRESS_OVERRIDE:
        return STEP_IN_OVERRIDE;
    case PRESS_YES:
        return STEP_IN_YES;
    case PRESS_NO:
        return STEP_IN_NO;
    case PRESS_ASIDE:
        return STEP_IN_ASIDE;
    default:
        return STEP_IN_NONE;
    }
}

/* An empty bin is not the person's mistake: recorded, the coach is called, and work can wait. */
static void bin_is_empty(struct pack *p)
{
    struct journal_event e = pack_step_event(p, EVENT_HELP, step_machine_step(p->machine));
    e.reason = "empty";
    e.detail = json_pack("{s:i}", "level", 3);
    pack_record(p, &e);
    json_decref(e.detail);
    handle(p, &(struct step_input){.kind = STEP_IN_PAUSE});
}

static void handle_presses(struct pack *p)
{
    struct press press;
    while (!p->g->quit && step_machine_state(p->machine) < STEP_ASIDE && guide_press(p->g, &press)) {
        struct step_input in = {.kind = input_of(press.kind), .reason = press.text};
        bool lost = p->g->camera_lost || p->g->screen_lost;
        if (lost && step_machine_state(p->machine) == STEP_PAUSED && (in.kind == STEP_IN_NEXT || in.kind == STEP_IN_PAUSE))
            in.kind = STEP_IN_LOST; /* the pause is over, but work can't go on yet */
        if (press.kind == PRESS_EMPTY && step_machine_step(p->machine) < p->count)
            bin_is_empty(p);
        else if (in.kind)
            handle(p, &in);
    }
}

/* Nothing can be seen, or not be relied on: the person is told. */
static void block(struct pack *p)
{
    struct lw_error err = {0};
    handle(p, &(struct step_input){.kind = STEP_IN_LOST});
    if (p->g->camera_moved && p->g->memory && mend_run(p->g, p->g->memory, p->g->folder, NULL, &err) == LW_OK) {
        guide_forget_bump(p->g);
        return;
    }
    if (err.id) {
        lw_log_error("calibration", &err);
        show(p); /* the mend's crosses are still on */
    }
    if (p->g->camera_moved || p->g->light_lost)
        guide_ask(p->g, "coach", "aside", NULL, 0,
                  json_pack("{s:s}", "reason", p->g->camera_moved ? "camera_moved" : "projector_moved"));
}

/* The light seems to fall aside: measured, and mended, at the next pause; where nothing is wrong nobody is told. */
static void look_into_light(struct pack *p, enum step_state state)
{
    struct lw_error err = {0};
    struct drift_result found;
    if (state != STEP_TAKE && state != STEP_PLACE_IT && state != STEP_MEND && state != STEP_WAIT && state != STEP_CONFIRM_IT)
        return;
    enum lw_msg rc = mend_run(p->g, p->g->memory, p->g->folder, &found, &err);
    if (rc)
        lw_log_error("calibration", &err);
    p->g->light_lost = rc && found.cause != DRIFT_CANNOT_TELL;
    guide_forget_light(p->g, !rc && found.cause != DRIFT_NONE);
    show(p);
}

static void glance(struct pack *p)
{
    enum step_state was = step_machine_state(p->machine);
    p->glancing = true;
    handle(p, &(struct step_input){.kind = STEP_IN_STILL});
    p->glancing = false;
    if (step_machine_state(p->machine) != was)
        pack_asked_now(p);
}

static void handle_bench(struct pack *p)
{
    struct guide *g = p->g;
    enum step_state state = step_machine_state(p->machine);
    if (g->light_aside && !g->light_lost && !g->camera_lost && !g->screen_lost)
        look_into_light(p, state);
    bool lost = g->camera_lost || g->screen_lost || g->camera_moved || g->light_lost;
    if (lost != (state == STEP_BLOCKED)) {
        if (lost && state != STEP_PAUSED)
            block(p);
        else if (!lost)
            handle(p, &(struct step_input){.kind = STEP_IN_BACK_AGAIN});
        return;
    }
    if (state == STEP_TAKE && p->bin_count && g->watch && watch_moved_in(g->watch, p->bin, p->bin_count, g->presented_ns))
        handle(p, &(struct step_input){.kind = STEP_IN_BIN_TOUCHED});
    else if (guide_settled(g, p->since_ns)) {
        p->since_ns = clock_now_ns(&g->clock);
        handle(p, &(struct step_input){.kind = STEP_IN_STILL});
    } else if ((state == STEP_TAKE || state == STEP_PLACE_IT || state == STEP_MEND) && pack_glance_due(p)) {
        glance(p);
    }
}

static void animate(struct pack *p)
{
    bool wanted = step_machine_help_level(p->machine) >= 2 &&
                  (step_machine_state(p->machine) == STEP_TAKE || step_machine_state(p->machine) == STEP_PLACE_IT);
    double phase = fmod((double)clock_now_ns(&p->g->clock) / 1e9, 2 * TRAVEL_S);
    bool travel = wanted && phase < TRAVEL_S;
    if (travel != p->travel) {
        p->travel = travel;
        show(p);
    }
}

static void pack_steps(struct pack *p)
{
    pack_forget_hands(p);
    handle(p, &(struct step_input){.kind = STEP_IN_BEGIN});
    while (!p->g->quit && step_machine_state(p->machine) < STEP_ASIDE) {
        guide_tick(p->g);
        int64_t began = guide_trace_now(p->g->timings);
        pack_watch_hands(p);
        handle_presses(p);
        if (step_machine_state(p->machine) < STEP_ASIDE)
            handle_bench(p);
        bool waits = step_machine_state(p->machine) == STEP_WAIT && pack_doubt_waits(p);
        if (!waits && clock_now_ns(&p->g->clock) >= step_machine_due_ns(p->machine))
            handle(p, &(struct step_input){.kind = STEP_IN_TIME});
        animate(p);
        guide_trace_add(p->g->timings, STAGE_SESSION, began);
    }
}

/* ---- making and ending ---- */

static enum lw_msg make_machine(struct pack *p, struct lw_error *err)
{
    const struct workflow *w = p->w;
    struct step_traits *traits = calloc((size_t)p->count + 1, sizeof *traits);
    if (!traits)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    int carrier = -1, light = 0;
    for (int i = 0; i < p->count; i++) {
        const struct workflow_step *s = pack_step_at(p, i);
        step_traits_of(w, p->first + i, &traits[i]);
        if (s->place < 0)
            continue;
        const struct workflow_place *pl = &w->places[s->place];
        traits[i].survey_first = pl->carrier == 0 || pl->carrier != carrier || pl->light != light;
        carrier = pl->carrier;
        light = pl->light;
    }
    const struct step_options options = {
        .help_after_s = {w->help_after_s[0], w->help_after_s[1], w->help_after_s[2]},
        .good_s = GOOD_S,
        .look_again_s = LOOK_AGAIN_S};
    step_machine_destroy(&p->machine);
    enum lw_msg rc = step_machine_create(&p->machine, traits, p->count, &options, err);
    free(traits);
    return rc;
}

enum lw_msg pack_allocate(struct pack *p, struct lw_error *err)
{
    p->T_bench_from_carrier = calloc((size_t)p->w->carrier_count, sizeof *p->T_bench_from_carrier);
    p->places = calloc((size_t)p->w->place_count + 1, sizeof *p->places);
    p->patches = calloc((size_t)p->count + 1, sizeof *p->patches);
    p->bin_touched_ns = calloc((size_t)p->w->bin_count + 1, sizeof *p->bin_touched_ns);
    p->T_before = calloc((size_t)p->w->carrier_count, sizeof *p->T_before);
    if (!p->T_bench_from_carrier || !p->places || !p->patches || !p->T_before || !p->bin_touched_ns || !pack_count_allocate(p))
        return lw_fail(err, LW_MSG_NO_MEMORY);
    return make_machine(p, err);
}

void pack_forget_kit(struct pack *p)
{
    for (int i = 0; p->patches && i < p->count; i++)
        image_finish(&p->patches[i].before);
    image_finish(&p->before);
    pack_doubt_forget(p);
    pack_count_forget(p);
    p->before_valid = p->case_lost = false;
}

void pack_free(struct pack *p)
{
    pack_forget_kit(p);
    step_machine_destroy(&p->machine);
    taught_finish(&p->taught);
    free(p->T_bench_from_carrier);
    free(p->T_before);
    free(p->bin_touched_ns);
    free(p->places);
    free(p->patches);
    pack_count_free(p);
}

/* ---- one kit ---- */


static bool record_kit(struct pack *p, const char *phase)
{
    const char *with = p->w->with;
    struct journal_event e = {.kind = EVENT_KIT, .phase = phase,
                              .detail = with && *with ? json_pack("{s:s}", "with", with) : NULL};
    bool recorded = pack_record(p, &e);
    json_decref(e.detail);
    return recorded;
}

/* Before each kit light and camera are compared: a knocked projector is not seen otherwise. False when one moved and can't
 * be mended; where too much is covered to tell, work goes on. */
static bool still_true(struct pack *p, struct lw_error *err)
{
    struct drift_result found;
    if (!p->g->memory || mend_run(p->g, p->g->memory, p->g->folder, &found, err) == LW_OK)
        return true;
    lw_log_error("calibration", err);
    if (found.cause == DRIFT_CANNOT_TELL)
        return true;
    show_message(p->g, "help", err->text, lw_msg_remedy(err->id), NULL);
    guide_ask(p->g, "coach", "", NULL, 0, json_pack("{s:s}", "reason", "calibration"));
    guide_wait(p->g, READ_S);
    return false;
}

static enum pack_end pack_kit(struct pack *p, const char *id, bool resumed, struct lw_error *err)
{
    snprintf(p->g->kit, sizeof p->g->kit, "%s", id);
    p->resumed = resumed;
    if (make_machine(p, err) || !still_true(p, err))
        return PACK_FAILED;
    if (!record_kit(p, resumed ? "resumed" : "started"))
        return PACK_QUIT;
    bool ready = pack_lay_carriers(p) && (!resumed || pack_take_on(p, id));
    if (ready)
        pack_steps(p);
    enum step_state state = step_machine_state(p->machine);
    bool complete = ready && state == STEP_COMPLETE;
    record_kit(p, complete ? "ended" : "aside");
    pack_forget_kit(p);
    if (complete || p->g->quit)
        guide_wait(p->g, complete ? 1.0 : 0);
    p->g->kit[0] = 0;
    return complete ? PACK_COMPLETE : PACK_ASIDE;
}

static void new_kit_id(const struct guide *g, int number, char out[64])
{
    char when[25];
    clock_format_wall(clock_wall_ms(&g->clock), when);
    snprintf(out, 64, "%.4s%.2s%.2s-%.2s%.2s%.2s-%d", when, when + 5, when + 8, when + 11, when + 14, when + 17, number);
}

static enum pack_end pack_kits(struct pack *p, const struct pack_options *o, struct lw_error *err)
{
    enum pack_end end = PACK_QUIT;
    for (int i = 0; (o->kits == 0 || i < o->kits) && !p->g->quit; i++) {
        char id[64] = "";
        if (i == 0 && o->resume)
            snprintf(id, sizeof id, "%s", o->resume);
        else if (i == 0 && !o->kit && !pack_offer_open_kits(p, id))
            return PACK_QUIT;
        bool resumed = id[0] != 0;
        if (!resumed && i == 0 && o->kit)
            snprintf(id, sizeof id, "%s", o->kit);
        else if (!resumed)
            new_kit_id(p->g, i + 1, id);
        end = pack_kit(p, id, resumed, err);
        if (end != PACK_COMPLETE)
            return end;
        if ((o->kits == 0 || i + 1 < o->kits) && !pack_clear_bench(p))
            return PACK_QUIT;
    }
    return end;
}

/* ---- the session ---- */

static enum lw_msg choose_steps(struct pack *p, const char *section, struct lw_error *err)
{
    p->first = 0;
    p->count = p->w->step_count;
    if (!section)
        return LW_OK;
    int i = workflow_find_section(p->w, section);
    if (i < 0) {
        char names[256] = "";
        for (int k = 0; k < p->w->section_count; k++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", k ? ", " : "", p->w->sections[k].id);
        return lw_fail(err, LW_MSG_SECTION_UNKNOWN, section, names);
    }
    p->first = p->w->sections[i].first_step;
    p->count = p->w->sections[i].step_count;
    snprintf(p->g->section, sizeof p->g->section, "%s", section);
    return LW_OK;
}

static enum lw_msg known_kit(const struct pack *p, const char *id, struct lw_error *err)
{
    struct journal_kit kits[256];
    int count = p->g->journal ? journal_open_kits(p->g->journal, p->w->id, kits, 256) : 0;
    for (int i = 0; i < count; i++)
        if (strcmp(kits[i].id, id) == 0)
            return LW_OK;
    return lw_fail(err, LW_MSG_KIT_UNKNOWN, id);
}

static enum lw_msg prepare(struct pack *p, const struct pack_options *o, struct lw_error *err)
{
    enum lw_msg rc = choose_steps(p, o->section, err);
    if (!rc && o->resume)
        rc = known_kit(p, o->resume, err);
    if (!rc) { /* loading may take a while: the bench is never left dark meanwhile */
        show_message(p->g, "look", _("One moment"), NULL, NULL);
        guide_tick(p->g);
        rc = taught_load(&p->taught, p->w, err);
    }
    if (!rc)
        taught_log_look_alikes(&p->taught, p->w);
    lw_memory_give_back(); /* all that packing needs is loaded, the camera's libraries too */
    return rc ? rc : pack_allocate(p, err);
}

enum pack_end pack_run(struct guide *g, const struct workflow *w, const struct pack_options *o, struct lw_error *err)
{
    struct pack p = {.g = g, .w = w, .level = PACK_FIRST_LEVEL};
    snprintf(g->workflow, sizeof g->workflow, "%s", w->id);
    snprintf(g->workflow_hash, sizeof g->workflow_hash, "%s", w->hash);
    enum pack_end end = prepare(&p, o, err) ? PACK_FAILED : pack_kits(&p, o, err);
    pack_free(&p);
    return end;
}
