#include "pack_session.h"

#include "log.h"

#include <string.h>

#define MARGIN_MM 60.0       /* even light around the place, as far as the checks look */
#define CARRIER_MARGIN_MM 40.0
#define CLIPPED_MAX 0.005    /* share of the lit pixels that may be at the top of the range */
#define LEVEL_STEP 0.82
#define LEVEL_MIN 70
#define CALM_S 4.0 /* a survey waits so long for hands to be gone, then it is tried again later */
#define UNKNOWN_HALF_MM 70.0 /* of a thing that was not taught yet */

/* What teaching found for the place, unless so much clipped at a survey. */
static uint8_t level_for(const struct pack *p, const struct workflow_place *pl)
{
    return pl->light > 0 && pl->light < p->level ? (uint8_t)pl->light : p->level;
}

/* One light serves all places of a carrier that were taught at one level, so that the look after one step is the look
 * before the next. */
static struct guide_light light_for(const struct pack *p, int step)
{
    const struct workflow *w = p->w;
    int place = w->steps[p->first + step].place;
    if (place < 0)
        return guide_light_bench(p->g, p->level);
    const struct workflow_place *pl = &w->places[place];
    const struct workflow_carrier *c = &w->carriers[pl->carrier];
    if (pl->carrier > 0)
        return guide_light_over(p->g, p->T_bench_from_carrier[pl->carrier], -c->width_mm / 2, -c->depth_mm / 2,
                                c->width_mm / 2, c->depth_mm / 2, CARRIER_MARGIN_MM, 0, level_for(p, pl));
    struct bench_mm outline[SCENE_POINTS];
    int count = show_place_outline(w, p->taught.check, place, p->T_bench_from_carrier, outline, SCENE_POINTS);
    double x0 = p->places[place].T_bench_from_place.x_mm, y0 = p->places[place].T_bench_from_place.y_mm;
    double x1 = x0, y1 = y0;
    if (count == 0)
        x0 -= UNKNOWN_HALF_MM, y0 -= UNKNOWN_HALF_MM, x1 += UNKNOWN_HALF_MM, y1 += UNKNOWN_HALF_MM;
    for (int i = 0; i < count; i++) {
        x0 = fmin(x0, outline[i].x), x1 = fmax(x1, outline[i].x);
        y0 = fmin(y0, outline[i].y), y1 = fmax(y1, outline[i].y);
    }
    return guide_light_over(p->g, (struct rigid){0}, x0, y0, x1, y1, MARGIN_MM, 0, level_for(p, pl));
}

static bool same_light(const struct guide_light *a, const struct guide_light *b)
{
    if (a->corners != b->corners || a->level != b->level)
        return false;
    for (int i = 0; i < a->corners; i++)
        if (hypot(a->polygon[i].x - b->polygon[i].x, a->polygon[i].y - b->polygon[i].y) > 0.01)
            return false;
    return true;
}

static void emit_look(struct pack *p, int step, const struct guide_look *look)
{
    int place = p->w->steps[p->first + step].place;
    struct journal_event e = {.kind = EVENT_LOOK, .step = p->w->steps[p->first + step].id, .frame = look->frame,
                              .place = place >= 0 ? p->w->places[place].id : NULL};
    guide_tell(p->g, &e);
}

static int carrier_of(const struct pack *p, int step)
{
    int place = p->w->steps[p->first + step].place;
    return place >= 0 ? p->w->places[place].carrier : 0;
}

static void keep_before(struct pack *p, int step, struct guide_look *look, const struct guide_light *light)
{
    image_finish(&p->before);
    p->before = look->picture;
    look->picture.owned = false;
    p->before_samples = look->samples;
    pack_doubt_forget(p);
    p->before_light = *light;
    p->before_carrier = carrier_of(p, step);
    p->before_valid = true;
    memcpy(p->T_before, p->T_bench_from_carrier, sizeof *p->T_before * (size_t)p->w->carrier_count);
    pack_update_places(p);
}

/* The light goes with its case: what it lit before the case was pushed is what it lights now. */
static bool comparable(const struct pack *p, int step, const struct guide_light *light)
{
    if (!p->before_valid || p->before_carrier != carrier_of(p, step))
        return false;
    return p->before_carrier > 0 ? light->level == p->before_light.level : same_light(light, &p->before_light);
}

void pack_update_places(struct pack *p)
{
    for (int i = 0; i < p->w->place_count; i++) {
        const struct workflow_place *pl = &p->w->places[i];
        p->places[i].T_bench_from_place = rigid_mul(p->T_bench_from_carrier[pl->carrier], pl->T_carrier_from_place);
        const struct rigid *was = p->before_valid ? p->T_before : p->T_bench_from_carrier;
        p->places[i].T_bench_from_place_before = rigid_mul(was[pl->carrier], pl->T_carrier_from_place);
        p->places[i].z_mm = pl->z_mm;
        p->places[i].item = pl->item;
        p->places[i].tolerance_mm = pl->tolerance_mm;
        p->places[i].tolerance_rad = pl->any_way_round ? LW_PI : pl->tolerance_rad;
        p->places[i].filled = false;
    }
    for (int i = 0; i < p->count; i++) {
        int place = p->w->steps[p->first + i].place;
        enum step_result r = step_machine_result(p->machine, i);
        if (place >= 0 && (r == STEP_ACCEPTED || r == STEP_CONFIRMED || r == STEP_OVERRIDDEN))
            p->places[place].filled = true;
    }
}

static const double glance_after_s[] = {2, 6, 15};
#define GLANCES ((int)(sizeof glance_after_s / sizeof glance_after_s[0]))

void pack_asked_now(struct pack *p)
{
    p->shown_ns = clock_now_ns(&p->g->clock);
    p->glances = 0;
}

bool pack_glance_due(struct pack *p)
{
    const struct guide *g = p->g;
    if (p->glances >= GLANCES || g->moved_ns > p->shown_ns || g->seen.moving || g->seen.hand ||
        clock_now_ns(&g->clock) - p->shown_ns < (int64_t)(glance_after_s[p->glances] * 1e9))
        return false;
    p->glances++;
    return true;
}

bool pack_survey(struct pack *p, int step)
{
    struct guide_look look = {0};
    struct guide_light light = light_for(p, step);
    bool there = guide_wait_calm(p->g, CALM_S) && guide_take_look(p->g, &light, &look);
    while (there && look.trouble == REASON_NONE && look.clipped_share > CLIPPED_MAX && p->level > LEVEL_MIN) {
        guide_look_finish(&look);
        p->level = (uint8_t)(light.level * LEVEL_STEP);
        light = light_for(p, step);
        there = guide_take_look(p->g, &light, &look);
    }
    p->since_ns = clock_now_ns(&p->g->clock);
    if (!there && p->g->seen.hand && !p->hand_told)
        guide_ask(p->g, "hand_away", "", NULL, 0, NULL);
    p->hand_told = !there && (p->hand_told || p->g->seen.hand);
    if (!there || look.trouble != REASON_NONE) { /* what was shown before is over: say what is waited for */
        show_trouble(p->g, there                 ? look.trouble
                           : p->g->camera_lost   ? REASON_STALE
                           : p->g->seen.hand     ? REASON_HAND
                                                 : REASON_MOVED);
        pack_unclear(p, step, there ? look.trouble : p->g->seen.hand ? REASON_HAND : REASON_STALE);
        p->g->rest_wanted = false; /* a hand that lies there is not the bench at rest */
        guide_look_finish(&look);
        return false;
    }
    pack_unclear(p, step, REASON_NONE);
    emit_look(p, step, &look);
    pack_follow_carrier(p, carrier_of(p, step), &look.picture);
    keep_before(p, step, &look, &light);
    pack_put_patch(p, step);
    bool known = pack_count_grounds(p, step, &light, &p->before);
    p->since_ns = clock_now_ns(&p->g->clock);
    return known;
}

static void cannot_tell(struct verdict *v, enum verdict_reason reason)
{
    *v = (struct verdict){.reason = reason, .seen_item = -1, .seen_place = -1};
}

/* Why the look can't be judged; REASON_NONE: it can. */
static enum verdict_reason look_trouble(struct pack *p, int step, const struct guide_light *light,
                                        const struct guide_look *look)
{
    bool searched = p->case_lost; /* in another light: what was found is looked at again */
    if (look->trouble != REASON_NONE)
        return look->trouble;
    if (!pack_follow_carrier(p, carrier_of(p, step), &look->picture) || searched)
        return REASON_MOVED;
    return comparable(p, step, light) ? REASON_NONE : REASON_STALE;
}

/* True: the look shows the place as empty as before, and is from now on the one to compare with. */
static bool judge_look(struct pack *p, int step, const struct guide_light *light, const struct guide_look *look,
                       struct verdict *out)
{
    struct lw_error err = {0};
    int place = p->w->steps[p->first + step].place;
    struct check_look both = {.model = &p->g->calibration.model, .before = &p->before, .after = &look->picture,
                              .noise_grey = look->noise_grey, .frame = look->frame, .lit = light->polygon,
                              .lit_corners = light->corners};
    if (pack_doubt_emptied(p, place, &look->picture)) {
        *out = (struct verdict){.result = VERDICT_REFUSE, .reason = REASON_MISSING, .seen_item = -1, .seen_place = -1,
                                .frame = look->frame};
        return true;
    }
    if (check_judge(p->taught.check, &both, p->places, p->w->place_count, place, out, &err)) {
        lw_log_error("check", &err);
        cannot_tell(out, REASON_STALE);
    }
    pack_hear_witnesses(p, step, &look->picture, out);
    bool empty = out->result == VERDICT_REFUSE && out->reason == REASON_MISSING;
    return pack_doubt_verdict(p, place, look, out) && empty;
}

/* Nothing is laid in this step: only its witnesses are asked. */
static void judge_by_witnesses(struct pack *p, int step, const struct guide_look *look, struct verdict *out)
{
    *out = (struct verdict){.result = VERDICT_ACCEPT, .score = 1, .seen_item = -1, .seen_place = -1, .frame = look->frame};
    pack_hear_witnesses(p, step, &look->picture, out);
}

bool pack_judge(struct pack *p, int step, struct verdict *out)
{
    struct guide_look look;
    struct guide_light light = p->case_lost ? guide_light_bench(p->g, p->level) : light_for(p, step);
    int place = p->w->steps[p->first + step].place;
    cannot_tell(out, REASON_STALE);
    bool there = guide_take_look(p->g, &light, &look);
    p->since_ns = clock_now_ns(&p->g->clock);
    if (!there)
        return false;
    emit_look(p, step, &look);
    p->heard_count = 0;
    enum verdict_reason trouble = place < 0 ? look.trouble : look_trouble(p, step, &light, &look);
    bool anew = false;
    if (trouble != REASON_NONE)
        cannot_tell(out, trouble);
    else if (place < 0)
        judge_by_witnesses(p, step, &look, out);
    else
        anew = judge_look(p, step, &light, &look, out);
    if (trouble == REASON_NONE && place >= 0 && !pack_count_things(p, step, &light, &look, out)) {
        guide_look_finish(&look);
        return false;
    }
    p->since_ns = clock_now_ns(&p->g->clock);
    pack_unclear(p, step, out->result == VERDICT_CANNOT_TELL ? out->reason : REASON_NONE);
    p->explained = pack_explain(p, step, &light, &look, out);
    if (out->result == VERDICT_ACCEPT && place >= 0) /* what a person confirms is surveyed anew */
        pack_keep_patch(p, step);
    if (anew || out->result == VERDICT_ACCEPT)
        keep_before(p, step, &look, &light);
    guide_look_finish(&look);
    return true;
}

void pack_accept(struct pack *p, int step)
{
    int place = p->w->steps[p->first + step].place;
    if (place < 0) {
        step_machine_want_survey(p->machine); /* whatever was done there */
        return;
    }
    p->places[place].filled = step_machine_result(p->machine, step) != STEP_SKIPPED;
    if (step_machine_result(p->machine, step) == STEP_CONFIRMED)
        pack_count_confirmed(p, step);
    bool accepted = step_machine_result(p->machine, step) == STEP_ACCEPTED;
    if (!accepted && p->before_valid && p->before_carrier == carrier_of(p, step))
        pack_keep_patch(p, step); /* passed without a look: as it was before the step */
}
