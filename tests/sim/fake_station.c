#include "harness.h"

#include "fake_station.h"

#include <stdio.h>
#include <string.h>

#define TICK_NS (33 * NS_PER_MS)

static const struct {
    const char *step, *place, *item;
} kit[KIT] = {
    {"lay-a", "a", "mirror"}, {"lay-b", "b", "probe"}, {"lay-c", "c", "floss"}, {"lay-d", "d", "cup"}};

static void press(void *context, const char *line)
{
    struct station *s = context;
    size_t at = strlen(s->pressed);
    snprintf(s->pressed + at, sizeof s->pressed - at, "%s\n", line);
    s->pressed_next |= strcmp(line, "next") == 0;
    s->over |= strcmp(line, "quit") == 0;
    s->aside |= strcmp(line, "aside") == 0;
    s->passed |= strncmp(line, "skip", 4) == 0 || strncmp(line, "override", 8) == 0;
}

void station_setup(struct station *s, const char *text, uint64_t seed)
{
    struct lw_problems problems = {0};
    struct lw_error err = {0};
    *s = (struct station){.now_ns = NS_PER_S};
    if (text) {
        char path[300], line[600];
        snprintf(path, sizeof path, "%s/sample.scenario", harness_scratch());
        FILE *f = fopen(path, "w");
        fputs(text, f);
        fclose(f);
        if (scenario_load(&s->scenario, path, &problems) != LW_OK)
            fail_msg("%s", lw_error_line(&problems.items[0].error, line, sizeof line));
    }
    const struct person_hooks hooks = {s, press};
    assert_ok(person_create(&s->person, &s->bench, s->scenario, seed, &hooks, &err), &err);
}

void station_teardown(struct station *s)
{
    person_destroy(&s->person);
    person_destroy(&s->person);
    scenario_destroy(&s->scenario);
}

void station_tick(struct station *s)
{
    s->now_ns += TICK_NS;
    person_tick(s->person, s->now_ns);
}

void station_pass_ms(struct station *s, int ms)
{
    for (int64_t end = s->now_ns + ms * NS_PER_MS; s->now_ns < end;)
        station_tick(s);
}

void station_tell(struct station *s, struct journal_event e)
{
    e.t_ns = s->now_ns;
    person_hear(s->person, &e);
}

void station_tell_detail(struct station *s, struct journal_event e, json_t *detail)
{
    assert_non_null(detail);
    e.detail = detail;
    station_tell(s, e);
    json_decref(detail);
}

void station_ask(struct station *s, const char *what, json_t *detail)
{
    json_object_set_new(detail, "what", json_string(what));
    station_tell_detail(s, (struct journal_event){.kind = EVENT_ASK}, detail);
}

void station_show(struct station *s, int step, const char *phase)
{
    struct journal_event e = {.kind = EVENT_STEP,
                              .phase = phase,
                              .kit = "k1",
                              .step = kit[step].step,
                              .place = kit[step].place,
                              .item = kit[step].item};
    station_tell_detail(
        s, e, json_pack("{s:[f,f], s:[f,f,f]}", "bin_mm", 50.0, 500.0, "place_mm", 600.0, 290.0, 0.0));
}

/* ---- what the pretend station says of what lies there ---- */

struct journal_event station_verdict(const struct station *s, const char *result, const char *reason)
{
    return (struct journal_event){.kind = EVENT_VERDICT,
                                  .kit = "k1",
                                  .step = kit[s->at].step,
                                  .place = kit[s->at].place,
                                  .item = kit[s->at].item,
                                  .result = result,
                                  .reason = reason};
}

static struct journal_event judge_place(const struct station *s)
{
    struct rigid slot;
    const struct fake_thing *last = NULL;
    int here = 0, stray = 0;
    sim_slot(&s->bench, kit[s->at].place, &slot);
    for (int i = 0; i < s->bench.thing_count; i++) {
        const struct fake_thing *t = &s->bench.things[i];
        if (!t->there)
            continue;
        if (hypot(t->x_mm - slot.x_mm, t->y_mm - slot.y_mm) < 20) {
            here++;
            last = t;
        }
    }
    for (int i = 0; i < KIT; i++)
        stray += s->packed[i];
    stray = fake_count(&s->bench, NULL) - here - stray;
    struct journal_event e = station_verdict(s, "accept", NULL);
    if (stray < 0)
        return station_verdict(s, "refuse", "moved");
    if (here == 0)
        return station_verdict(s, "refuse", stray > 0 ? "elsewhere" : "missing");
    if (here > 1)
        return station_verdict(s, "refuse", "too_many");
    e.seen = last->kind;
    const char *wrong = strcmp(last->kind, "pen") == 0                                        ? "unknown"
                        : strcmp(last->kind, kit[s->at].item) != 0                            ? "other_item"
                        : last->flipped                                                       ? "mirrored"
                        : hypot(last->x_mm - slot.x_mm, last->y_mm - slot.y_mm) > 7           ? "moved"
                        : fabs(remainder(last->angle_rad - slot.angle_rad, 2 * LW_PI)) > 0.15 ? "turned"
                                                                                              : NULL;
    e.result = wrong ? "refuse" : "accept";
    e.reason = wrong;
    return e;
}

void station_step_done(struct station *s)
{
    struct journal_event e = {.kind = EVENT_STEP, .phase = "done", .kit = "k1", .step = kit[s->at].step};
    s->packed[s->at] = !s->passed;
    s->passed = false;
    station_tell(s, e);
    if (++s->at == KIT) {
        s->over = true;
        station_tell(s, (struct journal_event){.kind = EVENT_END, .result = "complete"});
        return;
    }
    station_show(s, s->at, "take");
    station_show(s, s->at, "place");
}

/* Looks when nothing moves and something was put down or taken since, or when next is pressed. */
void station_look(struct station *s)
{
    bool changed = s->bench.thing_count != s->judged_things || fake_count(&s->bench, NULL) != s->judged_there;
    bool under_hand = s->rule == ACCEPT_UNDER_HAND && s->bench.hand && changed;
    if (s->passed) {
        station_step_done(s);
        return;
    }
    if ((s->bench.hand && !under_hand) || s->rule == TELL_NOTHING ||
        (!changed && !s->pressed_next && s->rule != ACCEPT_UNLOOKED))
        return;
    station_pass_ms(s, under_hand ? 0 : 400);
    struct journal_event e = judge_place(s);
    if (s->rule == ACCEPT_ALL || s->rule == ACCEPT_UNLOOKED || under_hand)
        e = station_verdict(s, "accept", NULL);
    if (s->rule == REFUSE_ALL)
        e = station_verdict(s, "refuse", "unknown");
    s->judged_things = s->bench.thing_count;
    s->judged_there = fake_count(&s->bench, NULL);
    s->pressed_next = false;
    station_tell(s, e);
    if (strcmp(e.result, "refuse") == 0 && s->ask_after_ms)
        s->ask_at_ns = s->now_ns + s->ask_after_ms * NS_PER_MS;
    if (strcmp(e.result, "accept") == 0)
        station_step_done(s);
}

void station_begin_kit(struct station *s)
{
    station_tell(s, (struct journal_event){.kind = EVENT_KIT, .phase = "started", .kit = "k1"});
    station_ask(s, "case_empty",
                json_pack("{s:[[f,f],[f,f],[f,f],[f,f]]}", "outline_mm", 420.0, 160.0, 780.0, 160.0, 780.0,
                          420.0, 420.0, 420.0));
    station_pass_ms(s, 4000);
    station_show(s, 0, "take");
    station_show(s, 0, "place");
}

/* Until the kit is complete or the person gave up; a hand is told once it stays. */
void station_pack(struct station *s)
{
    int hand_ms = 0;
    station_begin_kit(s);
    for (int i = 0; i < 10000 && !s->over && !s->aside; i++) {
        station_tick(s);
        station_look(s);
        if (s->ask_at_ns && s->now_ns >= s->ask_at_ns) {
            station_ask(s, "remove", json_pack("{s:s}", "place", kit[s->at].place));
            s->ask_at_ns = 0;
        }
        hand_ms = s->bench.hand ? hand_ms + 33 : 0;
        if (hand_ms == 33 * 100 && s->rule == JUDGE_TRULY)
            station_tell(s, station_verdict(s, "cannot_tell", "hand"));
    }
}

struct person_stats station_stats_of(const struct station *s)
{
    struct person_stats stats;
    person_stats(s->person, &stats);
    return stats;
}

void station_assert_met(const struct station *s)
{
    if (person_unmet(s->person, NULL) > 0) {
        person_unmet(s->person, stderr);
        fail_msg("%d unmet", person_unmet(s->person, NULL));
    }
}
