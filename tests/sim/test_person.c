#include "harness.h"

#include "fake_bench.h"
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_NS (33 * NS_PER_MS)
#define KIT 4

/* A station that judges by what was really put down (or by a rule that is wrong on purpose). */
enum rule { JUDGE_TRULY = 0, ACCEPT_ALL, ACCEPT_UNLOOKED, REFUSE_ALL, TELL_NOTHING, ACCEPT_UNDER_HAND };

static const struct {
    const char *step, *place, *item;
} kit[KIT] = {{"lay-a", "a", "mirror"}, {"lay-b", "b", "probe"}, {"lay-c", "c", "floss"}, {"lay-d", "d", "cup"}};

struct station {
    struct sim bench;
    struct scenario *scenario;
    struct person *person;
    int64_t now_ns;
    enum rule rule;
    int at;          /* step shown */
    bool pressed_next, over, aside, passed;
    bool packed[KIT];
    int judged_things; /* as many were ever put down when it was last judged */
    int judged_there;
    char pressed[2000];
};

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

static void setup(struct station *s, const char *text, uint64_t seed)
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

static void teardown(struct station *s)
{
    person_destroy(&s->person);
    person_destroy(&s->person);
    scenario_destroy(&s->scenario);
}

static void tick(struct station *s)
{
    s->now_ns += TICK_NS;
    person_tick(s->person, s->now_ns);
}

static void pass_ms(struct station *s, int ms)
{
    for (int64_t end = s->now_ns + ms * NS_PER_MS; s->now_ns < end;)
        tick(s);
}

static void tell(struct station *s, struct journal_event e)
{
    e.t_ns = s->now_ns;
    person_hear(s->person, &e);
}

static void tell_detail(struct station *s, struct journal_event e, json_t *detail)
{
    assert_non_null(detail);
    e.detail = detail;
    tell(s, e);
    json_decref(detail);
}

static void ask(struct station *s, const char *what, json_t *detail)
{
    json_object_set_new(detail, "what", json_string(what));
    tell_detail(s, (struct journal_event){.kind = EVENT_ASK}, detail);
}

static void show(struct station *s, int step, const char *phase)
{
    struct journal_event e = {.kind = EVENT_STEP, .phase = phase, .kit = "k1", .step = kit[step].step,
                              .place = kit[step].place, .item = kit[step].item};
    tell_detail(s, e, json_pack("{s:[f,f], s:[f,f,f]}", "bin_mm", 50.0, 500.0, "place_mm", 600.0, 290.0, 0.0));
}

/* ---- what the pretend station says of what lies there ---- */

static struct journal_event verdict(const struct station *s, const char *result, const char *reason)
{
    return (struct journal_event){.kind = EVENT_VERDICT, .kit = "k1", .step = kit[s->at].step,
                                  .place = kit[s->at].place, .item = kit[s->at].item, .result = result,
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
    struct journal_event e = verdict(s, "accept", NULL);
    if (stray < 0)
        return verdict(s, "refuse", "moved");
    if (here == 0)
        return verdict(s, "refuse", stray > 0 ? "elsewhere" : "missing");
    if (here > 1)
        return verdict(s, "refuse", "too_many");
    e.seen = last->kind;
    const char *wrong = strcmp(last->kind, "pen") == 0                                     ? "unknown"
                        : strcmp(last->kind, kit[s->at].item) != 0                         ? "other_item"
                        : last->flipped                                                    ? "mirrored"
                        : hypot(last->x_mm - slot.x_mm, last->y_mm - slot.y_mm) > 7        ? "moved"
                        : fabs(remainder(last->angle_rad - slot.angle_rad, 2 * LW_PI)) > 0.15 ? "turned"
                                                                                           : NULL;
    e.result = wrong ? "refuse" : "accept";
    e.reason = wrong;
    return e;
}

static void step_done(struct station *s)
{
    struct journal_event e = {.kind = EVENT_STEP, .phase = "done", .kit = "k1", .step = kit[s->at].step};
    s->packed[s->at] = !s->passed;
    s->passed = false;
    tell(s, e);
    if (++s->at == KIT) {
        s->over = true;
        tell(s, (struct journal_event){.kind = EVENT_END, .result = "complete"});
        return;
    }
    show(s, s->at, "take");
    show(s, s->at, "place");
}

/* Looks when nothing moves and something was put down or taken since, or when next is pressed. */
static void look(struct station *s)
{
    bool changed = s->bench.thing_count != s->judged_things || fake_count(&s->bench, NULL) != s->judged_there;
    bool under_hand = s->rule == ACCEPT_UNDER_HAND && s->bench.hand && changed;
    if (s->passed) {
        step_done(s);
        return;
    }
    if ((s->bench.hand && !under_hand) || s->rule == TELL_NOTHING ||
        (!changed && !s->pressed_next && s->rule != ACCEPT_UNLOOKED))
        return;
    pass_ms(s, under_hand ? 0 : 400);
    struct journal_event e = judge_place(s);
    if (s->rule == ACCEPT_ALL || s->rule == ACCEPT_UNLOOKED || under_hand)
        e = verdict(s, "accept", NULL);
    if (s->rule == REFUSE_ALL)
        e = verdict(s, "refuse", "unknown");
    s->judged_things = s->bench.thing_count;
    s->judged_there = fake_count(&s->bench, NULL);
    s->pressed_next = false;
    tell(s, e);
    if (strcmp(e.result, "accept") == 0)
        step_done(s);
}

static void begin_kit(struct station *s)
{
    tell(s, (struct journal_event){.kind = EVENT_KIT, .phase = "started", .kit = "k1"});
    ask(s, "case_empty", json_pack("{s:[[f,f],[f,f],[f,f],[f,f]]}", "outline_mm", 420.0, 160.0, 780.0, 160.0, 780.0,
                                   420.0, 420.0, 420.0));
    pass_ms(s, 4000);
    show(s, 0, "take");
    show(s, 0, "place");
}

/* Until the kit is complete or the person gave up; a hand is told once it stays. */
static void pack(struct station *s)
{
    int hand_ms = 0;
    begin_kit(s);
    for (int i = 0; i < 10000 && !s->over && !s->aside; i++) {
        tick(s);
        look(s);
        hand_ms = s->bench.hand ? hand_ms + 33 : 0;
        if (hand_ms == 33 * 100 && s->rule == JUDGE_TRULY)
            tell(s, verdict(s, "cannot_tell", "hand"));
    }
}

static struct person_stats stats_of(const struct station *s)
{
    struct person_stats stats;
    person_stats(s->person, &stats);
    return stats;
}

static void assert_met(const struct station *s)
{
    if (person_unmet(s->person, NULL) > 0) {
        person_unmet(s->person, stderr);
        fail_msg("%d unmet", person_unmet(s->person, NULL));
    }
}

/* ---- without mistakes ---- */

static void an_honest_kit_is_packed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct station s;
        setup(&s, NULL, seed);
        pack(&s);
        struct person_stats stats = stats_of(&s);
        assert_met(&s);
        assert_int_equal(stats.steps, KIT);
        assert_int_equal(stats.placements, KIT);
        assert_int_equal(stats.accepts, KIT);
        assert_int_equal(stats.false_accepts + stats.false_rejects + stats.wrong_shown, 0);
        assert_int_equal(fake_count(&s.bench, NULL), KIT);
        assert_false(s.bench.hand);
        assert_true(s.bench.hand_speed_max < 80); /* smooth: under 2.4 m/s */
        assert_true(stats.undecided_ms_max > 300 && stats.undecided_ms_max < 1000);
        teardown(&s);
    }
}

static void the_same_seed_does_the_same(void **state)
{
    (void)state;
    struct station a, b, c;
    setup(&a, NULL, 5), setup(&b, NULL, 5), setup(&c, NULL, 6);
    pack(&a), pack(&b), pack(&c);
    assert_int_equal(a.now_ns, b.now_ns);
    assert_memory_equal(a.bench.things, b.bench.things, sizeof a.bench.things);
    assert_memory_not_equal(a.bench.things, c.bench.things, sizeof a.bench.things);
    teardown(&a), teardown(&b), teardown(&c);
}

/* ---- each mistake: caught by a true station; its twins: a blind one, and one that accepts all ---- */

static const struct {
    const char *line, *expect;
} mistakes[] = {
    {"at step lay-b: instead put mirror\n", "expect verdict refuse other_item at lay-b seen mirror\n"},
    {"at step lay-b: foreign pen\n", "expect refuse unknown at lay-b\n"},
    {"at step lay-b: turned 180\n", "expect verdict refuse turned at lay-b\n"},
    {"at step lay-b: mirrored\n", "expect verdict refuse mirrored at lay-b\n"},
    {"at step lay-b: into slot d\n", "expect verdict refuse elsewhere at lay-b\n"},
    {"at step lay-b: offset 12 mm 4 mm\n", "expect verdict refuse moved at lay-b\n"},
    {"at step lay-b: rotate 25\n", "expect verdict refuse turned at lay-b\n"},
    {"at step lay-b: twice\n", "expect verdict refuse too_many at lay-b\n"},
    {"at step lay-b: twice on top\n", "expect verdict refuse too_many at lay-b\n"},
    {"at step lay-b: knock out a\n", "expect verdict refuse moved at lay-b\n"},
    {"at step lay-b: forget press next\n", "expect verdict refuse missing at lay-b\n"},
};
#define MISTAKES ((int)(sizeof mistakes / sizeof mistakes[0]))

static void setup_mistake(struct station *s, int i, enum rule rule)
{
    char text[400];
    snprintf(text, sizeof text, "%s%sexpect no accept at lay-b before mended\nexpect end complete\n",
             mistakes[i].line, mistakes[i].expect);
    setup(s, text, 3 + (uint64_t)i);
    s->rule = rule;
    pack(s);
}

static void every_mistake_is_made_and_mended(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, JUDGE_TRULY);
        struct person_stats stats = stats_of(&s);
        assert_met(&s);
        assert_int_equal(stats.wrong_shown, 1);
        assert_int_equal(stats.caught, 1);
        assert_int_equal(stats.reason_right, 1);
        assert_int_equal(stats.false_accepts + stats.false_rejects, 0);
        assert_int_equal(stats.placements, KIT);
        assert_int_equal(fake_count(&s.bench, NULL), KIT); /* as the kit should be in the end */
        teardown(&s);
    }
}

static void twin_a_station_that_accepts_all_is_found_out(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, ACCEPT_ALL);
        struct person_stats stats = stats_of(&s);
        assert_int_equal(stats.false_accepts, 1);
        assert_int_equal(stats.caught, 0);
        assert_true(person_unmet(s.person, NULL) >= 3); /* false accept, no refusal, accept before mended */
        teardown(&s);
    }
}

static void twin_a_station_that_accepts_unlooked_is_found_out(void **state)
{
    (void)state;
    struct station s;
    setup(&s, NULL, 1);
    s.rule = ACCEPT_UNLOOKED;
    pack(&s);
    assert_int_equal(stats_of(&s).false_accepts, KIT);
    assert_true(person_unmet(s.person, NULL) >= KIT);
    teardown(&s);
}

static void twin_a_blind_station_leaves_all_unmet(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, TELL_NOTHING);
        struct person_stats stats = stats_of(&s);
        assert_true(stats.gave_up);
        assert_non_null(strstr(s.pressed, "quit\n"));
        assert_int_equal(stats.accepts + stats.caught + stats.false_accepts, 0);
        assert_true(person_unmet(s.person, NULL) >= 2);
        teardown(&s);
    }
}

static void twin_refusing_all_counts_false_rejects(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "expect at most 2 false rejects\n", 4);
    s.rule = REFUSE_ALL;
    pack(&s);
    struct person_stats stats = stats_of(&s);
    assert_true(stats.false_rejects >= 5 && stats.gave_up);
    assert_int_equal(stats.false_accepts, 0);
    assert_int_equal(person_unmet(s.person, NULL), 2); /* too many, gave up */
    teardown(&s);
}

static void twin_a_step_that_passes_without_a_verdict_is_found_out(void **state)
{
    (void)state;
    struct station s;
    setup(&s, NULL, 1);
    begin_kit(&s);
    step_done(&s);
    assert_int_equal(stats_of(&s).false_accepts, 1);
    teardown(&s);
}

/* ---- a hand in the way ---- */

static void a_hand_that_stays_goes_when_told(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-b: hand stays 9000 ms\nexpect verdict cannot_tell hand at lay-b\nexpect end complete\n", 2);
    pack(&s);
    struct person_stats stats = stats_of(&s);
    assert_met(&s);
    assert_int_equal(stats.wrong_shown, 1);
    assert_int_equal(stats.caught, 1);
    assert_int_equal(stats.reason_right, 1);
    teardown(&s);
}

static void twin_accepting_under_a_hand_is_found_out(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-b: hand stays 4000 ms\nexpect verdict cannot_tell hand at lay-b\n", 2);
    s.rule = ACCEPT_UNDER_HAND;
    pack(&s);
    assert_true(stats_of(&s).false_accepts >= 1);
    assert_true(person_unmet(s.person, NULL) >= 2);
    teardown(&s);
}

static void an_untidy_laying_must_be_accepted(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-b: offset 2 mm 1 mm still right\nat step lay-c: rotate 2 still right\n"
              "expect at most 0 false rejects\nexpect end complete\n", 2);
    pack(&s);
    assert_met(&s);
    assert_int_equal(stats_of(&s).wrong_shown, 0);
    assert_int_equal(stats_of(&s).accepts, KIT);
    teardown(&s);
}

/* ---- what the person presses, and what befalls the bench ---- */

static void lines_are_pressed_and_faults_happen(void **state)
{
    (void)state;
    struct station s;
    setup(&s,
          "at start: light dim\nat step lay-a: help\nat step lay-a: pause 3000 ms\nat step lay-a laid: unplug camera "
          "500 ms\nat step lay-b: skip \"bin empty\"\nat step lay-c: knock camera 6 mm 0.7 deg\nat step lay-c: push "
          "case 12 mm 2 deg\nat step lay-d: override \"lies right\"\nexpect end complete\n", 9);
    pack(&s);
    assert_met(&s);
    assert_string_equal(s.bench.light, "dim");
    assert_string_equal(s.pressed, "help\npause\npause\nskip bin empty\noverride lies right\n");
    assert_true(s.bench.worst_fault == SIM_FAULT_UNPLUGGED && s.bench.fault == SIM_FAULT_NONE);
    assert_true(s.bench.knocked_mm == 6);
    assert_true(s.bench.T_bench_from_case.x_mm > 600 + 12 - 6.1);
    assert_int_equal(fake_count(&s.bench, NULL), KIT - 1);
    teardown(&s);
}

static void an_override_ends_a_refusal(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-b: rotate 25\nat step lay-b: override \"good enough\"\nexpect verdict refuse turned at "
              "lay-b\nexpect end complete\n", 9);
    pack(&s);
    assert_met(&s);
    assert_string_equal(s.pressed, "override good enough\n");
    assert_int_equal(stats_of(&s).caught, 1);
    teardown(&s);
}

static void what_does_not_come_about_is_told(void **state)
{
    (void)state;
    struct station s;
    char *text = NULL;
    size_t size = 0;
    setup(&s, "at step lay-z: turned 180\nexpect device lost\nexpect no end complete\nat step lay-b: instead put "
              "nosuch\n", 1);
    pack(&s);
    FILE *f = open_memstream(&text, &size);
    int n = person_unmet(s.person, f);
    fclose(f);
    assert_true(n >= 4);
    assert_non_null(strstr(text, "sample.scenario:1: this did not come about"));
    assert_non_null(strstr(text, "sample.scenario:2: did not happen: device lost"));
    assert_non_null(strstr(text, "sample.scenario:3: must not happen, and did: end complete"));
    assert_non_null(strstr(text, "there is no \"nosuch\""));
    free(text);
    teardown(&s);
}

static void a_half_packed_case_comes_back_from_the_shelf(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-c: put aside\n", 1);
    pack(&s);
    assert_true(s.aside);
    tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "aside", .kit = "k1"});
    tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "started", .kit = "k2"});
    ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    assert_true(s.bench.has_case);
    tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "ended", .kit = "k2"});
    tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "resumed", .kit = "k1"});
    ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_int_equal(fake_count(&s.bench, "probe"), 1);
    assert_int_equal(fake_count(&s.bench, NULL), 2);
    teardown(&s);
}

static void gone_back_to_a_step_it_is_laid_again(void **state)
{
    (void)state;
    struct station s;
    setup(&s, NULL, 1);
    begin_kit(&s);
    for (int i = 0; i < 1000 && s.at < 2; i++) {
        tick(&s);
        look(&s);
    }
    s.at = 1;
    show(&s, 1, "take");
    show(&s, 1, "place");
    pass_ms(&s, 14000);
    assert_int_equal(fake_count(&s.bench, "probe"), 1);
    assert_int_equal(s.bench.thing_count, 3); /* taken out, and laid again */
    teardown(&s);
}

/* ---- what the station asks for ---- */

static void what_is_asked_is_done(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "case off 40 mm 0 mm\n", 1);
    pass_ms(&s, 100);
    ask(&s, "board", json_pack("{s:[f,f,f], s:f}", "place_mm", 300.0, 200.0, 0.0, "height_mm", 75.0));
    pass_ms(&s, 4000);
    assert_true(s.bench.box_mm[2] == 75);
    assert_string_equal(s.pressed, "next\n");
    ask(&s, "height", json_object());
    pass_ms(&s, 1500);
    ask(&s, "clear_bench", json_pack("{s:[s]}", "choices", "next"));
    pass_ms(&s, 4000);
    assert_true(s.bench.box_mm[2] == 0);
    ask(&s, "confirm", json_pack("{s:[s,s]}", "choices", "no", "yes"));
    pass_ms(&s, 1500);
    assert_string_equal(s.pressed, "next\nnext\nnext\nyes\n");
    ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    pass_ms(&s, 4000);
    assert_true(s.bench.has_case && s.bench.T_bench_from_case.x_mm > 633);
    ask(&s, "lay_item", json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
    pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    struct fake_thing first = *fake_last(&s.bench);
    ask(&s, "lay_again", json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
    pass_ms(&s, 6000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_true(first.x_mm != fake_last(&s.bench)->x_mm);
    ask(&s, "remove", json_pack("{s:s}", "place", "a"));
    pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    assert_false(s.bench.hand);
    teardown(&s);
}

/* A box of its own: the person knows how high it is. */
static void the_height_of_an_own_box_is_told(void **state)
{
    (void)state;
    struct station s;
    setup(&s, NULL, 1);
    pass_ms(&s, 100);
    ask(&s, "board", json_pack("{s:[f,f,f]}", "place_mm", 300.0, 200.0, 0.0));
    pass_ms(&s, 4000);
    ask(&s, "height", json_object());
    pass_ms(&s, 1500);
    assert_string_equal(s.pressed, "next\nheight 60\n");
    teardown(&s);
}

static void asked_to_look_a_person_sees_the_mistake(void **state)
{
    (void)state;
    struct station s;
    setup(&s, "at step lay-a: turned 180\n", 1);
    begin_kit(&s);
    pass_ms(&s, 6000);
    tell(&s, verdict(&s, "confirm", NULL));
    ask(&s, "confirm", json_object());
    pass_ms(&s, 8000);
    assert_string_equal(s.pressed, "no\n");
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_true(fabs(remainder(fake_last(&s.bench)->angle_rad, 2 * LW_PI)) < 0.2);
    assert_int_equal(stats_of(&s).confirms, 0);
    teardown(&s);
}

/* Odd events (no step shown, unknown places, empty details) change nothing and never crash. */
static void odd_events_are_borne(void **state)
{
    (void)state;
    struct station s;
    setup(&s, NULL, 1);
    for (int k = 0; k <= EVENT_END; k++) {
        tell(&s, (struct journal_event){.kind = (enum journal_kind)k});
        tell_detail(&s, (struct journal_event){.kind = (enum journal_kind)k, .phase = "take", .result = "refuse"},
                    json_pack("{s:[[s,s],[]], s:[], s:s, s:n}", "outline_mm", "x", "y", "bin_mm", "choices", "yes",
                              "place_mm"));
        pass_ms(&s, 3000);
    }
    for (int i = 0; i < 500; i++) { /* much is asked at once: the latest counts */
        ask(&s, i % 2 ? "lay_item" : "remove", json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
        pass_ms(&s, 33);
    }
    assert_int_equal(stats_of(&s).false_accepts, 0);
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_kit_is_packed),
        cmocka_unit_test(the_same_seed_does_the_same),
        cmocka_unit_test(every_mistake_is_made_and_mended),
        cmocka_unit_test(twin_a_station_that_accepts_all_is_found_out),
        cmocka_unit_test(twin_a_station_that_accepts_unlooked_is_found_out),
        cmocka_unit_test(twin_a_blind_station_leaves_all_unmet),
        cmocka_unit_test(twin_refusing_all_counts_false_rejects),
        cmocka_unit_test(twin_a_step_that_passes_without_a_verdict_is_found_out),
        cmocka_unit_test(a_hand_that_stays_goes_when_told),
        cmocka_unit_test(twin_accepting_under_a_hand_is_found_out),
        cmocka_unit_test(an_untidy_laying_must_be_accepted),
        cmocka_unit_test(lines_are_pressed_and_faults_happen),
        cmocka_unit_test(an_override_ends_a_refusal),
        cmocka_unit_test(what_does_not_come_about_is_told),
        cmocka_unit_test(a_half_packed_case_comes_back_from_the_shelf),
        cmocka_unit_test(gone_back_to_a_step_it_is_laid_again),
        cmocka_unit_test(what_is_asked_is_done),
        cmocka_unit_test(the_height_of_an_own_box_is_told),
        cmocka_unit_test(asked_to_look_a_person_sees_the_mistake),
        cmocka_unit_test(odd_events_are_borne),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
