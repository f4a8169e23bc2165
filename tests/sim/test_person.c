#include "harness.h"

#include "fake_station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- without mistakes ---- */

static void an_honest_kit_is_packed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct station s;
        station_setup(&s, NULL, seed);
        station_pack(&s);
        struct person_stats stats = station_stats_of(&s);
        station_assert_met(&s);
        assert_int_equal(stats.steps, KIT);
        assert_int_equal(stats.placements, KIT);
        assert_int_equal(stats.accepts, KIT);
        assert_int_equal(stats.false_accepts + stats.false_rejects + stats.wrong_shown, 0);
        assert_int_equal(fake_count(&s.bench, NULL), KIT);
        assert_false(s.bench.hand);
        assert_true(s.bench.hand_speed_max < 80); /* smooth: under 2.4 m/s */
        assert_true(stats.undecided_ms_max > 300 && stats.undecided_ms_max < 1000);
        station_teardown(&s);
    }
}

static void the_same_seed_does_the_same(void **state)
{
    (void)state;
    struct station a, b, c;
    station_setup(&a, NULL, 5), station_setup(&b, NULL, 5), station_setup(&c, NULL, 6);
    station_pack(&a), station_pack(&b), station_pack(&c);
    assert_int_equal(a.now_ns, b.now_ns);
    assert_memory_equal(a.bench.things, b.bench.things, sizeof a.bench.things);
    assert_memory_not_equal(a.bench.things, c.bench.things, sizeof a.bench.things);
    station_teardown(&a), station_teardown(&b), station_teardown(&c);
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

static void setup_mistake(struct station *s, int i, enum rule rule, int ask_after_ms)
{
    char text[400];
    snprintf(text, sizeof text, "%s%sexpect no accept at lay-b before mended\nexpect end complete\n",
             mistakes[i].line, mistakes[i].expect);
    station_setup(s, text, 3 + (uint64_t)i);
    s->rule = rule;
    s->ask_after_ms = ask_after_ms;
    station_pack(s);
}

static void every_mistake_is_made_and_mended(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, JUDGE_TRULY, 0);
        struct person_stats stats = station_stats_of(&s);
        station_assert_met(&s);
        assert_int_equal(stats.wrong_shown, 1);
        assert_int_equal(stats.caught, 1);
        assert_int_equal(stats.reason_right, 1);
        assert_int_equal(stats.false_accepts + stats.false_rejects, 0);
        assert_int_equal(stats.placements, KIT);
        assert_int_equal(fake_count(&s.bench, NULL), KIT); /* as the kit should be in the end */
        station_teardown(&s);
    }
}

/* The station also says what to do, at once or while it is being done: nothing is done twice. */
static void a_refusal_with_a_question_is_mended_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i % MISTAKES, JUDGE_TRULY, i < MISTAKES ? 33 : 1500);
        station_assert_met(&s);
        assert_int_equal(fake_count(&s.bench, NULL), KIT);
        assert_int_equal(station_stats_of(&s).placements, KIT);
        assert_true(s.bench.thing_count <= KIT + 1);
        station_teardown(&s);
    }
}

static void twin_a_station_that_accepts_all_is_found_out(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, ACCEPT_ALL, 0);
        struct person_stats stats = station_stats_of(&s);
        assert_int_equal(stats.false_accepts, 1);
        assert_int_equal(stats.caught, 0);
        assert_true(person_unmet(s.person, NULL) >= 3); /* false accept, no refusal, accept before mended */
        station_teardown(&s);
    }
}

static void twin_a_station_that_accepts_unlooked_is_found_out(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    s.rule = ACCEPT_UNLOOKED;
    station_pack(&s);
    assert_int_equal(station_stats_of(&s).false_accepts, KIT);
    assert_true(person_unmet(s.person, NULL) >= KIT);
    station_teardown(&s);
}

static void twin_a_blind_station_leaves_all_unmet(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station s;
        setup_mistake(&s, i, TELL_NOTHING, 0);
        struct person_stats stats = station_stats_of(&s);
        assert_true(stats.gave_up);
        assert_non_null(strstr(s.pressed, "quit\n"));
        assert_int_equal(stats.accepts + stats.caught + stats.false_accepts, 0);
        assert_true(person_unmet(s.person, NULL) >= 2);
        station_teardown(&s);
    }
}

static void twin_refusing_all_counts_false_rejects(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "expect at most 2 false rejects\n", 4);
    s.rule = REFUSE_ALL;
    station_pack(&s);
    struct person_stats stats = station_stats_of(&s);
    assert_true(stats.false_rejects >= 5 && stats.gave_up);
    assert_int_equal(stats.false_accepts, 0);
    assert_int_equal(person_unmet(s.person, NULL), 2); /* too many, gave up */
    station_teardown(&s);
}

static void twin_a_step_that_passes_without_a_verdict_is_found_out(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    station_begin_kit(&s);
    station_step_done(&s);
    assert_int_equal(station_stats_of(&s).false_accepts, 1);
    station_teardown(&s);
}

/* ---- a hand in the way ---- */

static void a_hand_that_stays_goes_when_told(void **state)
{
    (void)state;
    struct station s;
    station_setup(
        &s,
        "at step lay-b: hand stays 9000 ms\nexpect verdict cannot_tell hand at lay-b\nexpect end complete\n",
        2);
    station_pack(&s);
    struct person_stats stats = station_stats_of(&s);
    station_assert_met(&s);
    assert_int_equal(stats.wrong_shown, 1);
    assert_int_equal(stats.caught, 1);
    assert_int_equal(stats.reason_right, 1);
    station_teardown(&s);
}

static void twin_accepting_under_a_hand_is_found_out(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "at step lay-b: hand stays 4000 ms\nexpect verdict cannot_tell hand at lay-b\n", 2);
    s.rule = ACCEPT_UNDER_HAND;
    station_pack(&s);
    assert_true(station_stats_of(&s).false_accepts >= 1);
    assert_true(person_unmet(s.person, NULL) >= 2);
    station_teardown(&s);
}

static void an_untidy_laying_must_be_accepted(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s,
                  "at step lay-b: offset 2 mm 1 mm still right\nat step lay-c: rotate 2 still right\n"
                  "expect at most 0 false rejects\nexpect end complete\n",
                  2);
    station_pack(&s);
    station_assert_met(&s);
    assert_int_equal(station_stats_of(&s).wrong_shown, 0);
    assert_int_equal(station_stats_of(&s).accepts, KIT);
    station_teardown(&s);
}

/* ---- what the person presses, and what befalls the bench ---- */

static void lines_are_pressed_and_faults_happen(void **state)
{
    (void)state;
    struct station s;
    station_setup(
        &s,
        "at start: light dim\nat step lay-a: help\nat step lay-a: pause 3000 ms\nat step lay-a laid: "
        "unplug camera "
        "500 ms\nat step lay-b: skip \"bin empty\"\nat step lay-c: knock camera 6 mm 0.7 deg\nat step "
        "lay-c: push "
        "case 12 mm 2 deg\nat step lay-d: override \"lies right\"\nexpect end complete\n",
        9);
    station_pack(&s);
    station_assert_met(&s);
    assert_string_equal(s.bench.light, "dim");
    assert_string_equal(s.pressed, "help\npause\npause\nskip bin empty\noverride lies right\n");
    assert_true(s.bench.worst_fault == SIM_FAULT_UNPLUGGED && s.bench.fault == SIM_FAULT_NONE);
    assert_true(s.bench.knocked_mm == 6);
    assert_true(s.bench.T_bench_from_case.x_mm > 600 + 12 - 6.1);
    assert_int_equal(fake_count(&s.bench, NULL), KIT - 1);
    station_teardown(&s);
}

static void an_override_ends_a_refusal(void **state)
{
    (void)state;
    struct station s;
    station_setup(
        &s,
        "at step lay-b: rotate 25\nat step lay-b: override \"good enough\"\nexpect verdict refuse turned at "
        "lay-b\nexpect end complete\n",
        9);
    station_pack(&s);
    station_assert_met(&s);
    assert_string_equal(s.pressed, "override good enough\n");
    assert_int_equal(station_stats_of(&s).caught, 1);
    station_teardown(&s);
}

static void what_does_not_come_about_is_told(void **state)
{
    (void)state;
    struct station s;
    char *text = NULL;
    size_t size = 0;
    station_setup(
        &s,
        "at step lay-z: turned 180\nexpect device lost\nexpect no end complete\nat step lay-b: instead put "
        "nosuch\n",
        1);
    station_pack(&s);
    FILE *f = open_memstream(&text, &size);
    int n = person_unmet(s.person, f);
    fclose(f);
    assert_true(n >= 4);
    assert_non_null(strstr(text, "sample.scenario:1: this did not come about"));
    assert_non_null(strstr(text, "sample.scenario:2: did not happen: device lost"));
    assert_non_null(strstr(text, "sample.scenario:3: must not happen, and did: end complete"));
    assert_non_null(strstr(text, "there is no \"nosuch\""));
    free(text);
    station_teardown(&s);
}

static void a_half_packed_case_comes_back_from_the_shelf(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "at step lay-c: put aside\n", 1);
    station_pack(&s);
    assert_true(s.aside);
    station_tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "aside", .kit = "k1"});
    station_tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "started", .kit = "k2"});
    station_ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    station_pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    assert_true(s.bench.has_case);
    station_tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "ended", .kit = "k2"});
    station_tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "resumed", .kit = "k1"});
    station_ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    station_pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_int_equal(fake_count(&s.bench, "probe"), 1);
    assert_int_equal(fake_count(&s.bench, NULL), 2);
    station_teardown(&s);
}

static void gone_back_to_a_step_it_is_laid_again(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    station_begin_kit(&s);
    for (int i = 0; i < 1000 && s.at < 2; i++) {
        station_tick(&s);
        station_look(&s);
    }
    s.at = 1;
    station_show(&s, 1, "take");
    station_show(&s, 1, "place");
    station_pass_ms(&s, 14000);
    assert_int_equal(fake_count(&s.bench, "probe"), 1);
    assert_int_equal(s.bench.thing_count, 3); /* taken out, and laid again */
    station_teardown(&s);
}

/* ---- what the station asks for ---- */

static void what_is_asked_is_done(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "case off 40 mm 0 mm\n", 1);
    station_pass_ms(&s, 100);
    station_ask(&s, "board", json_pack("{s:[f,f,f], s:f}", "place_mm", 300.0, 200.0, 0.0, "height_mm", 75.0));
    station_pass_ms(&s, 4000);
    assert_true(s.bench.box_mm[2] == 75);
    assert_string_equal(s.pressed, "next\n");
    station_ask(&s, "height", json_object());
    station_pass_ms(&s, 1500);
    station_ask(&s, "clear_bench", json_pack("{s:[s]}", "choices", "next"));
    station_pass_ms(&s, 4000);
    assert_true(s.bench.box_mm[2] == 0);
    station_ask(&s, "confirm", json_pack("{s:s}", "choices", "no yes"));
    station_pass_ms(&s, 1500);
    assert_string_equal(s.pressed, "next\nnext\nnext\nyes\n");
    station_ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
    station_pass_ms(&s, 4000);
    assert_true(s.bench.has_case && s.bench.T_bench_from_case.x_mm > 633);
    station_ask(&s, "lay_item", json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
    station_pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    struct fake_thing first = *fake_last(&s.bench);
    station_ask(&s, "lay_again", json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
    station_pass_ms(&s, 6000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_true(first.x_mm != fake_last(&s.bench)->x_mm);
    station_ask(&s, "remove", json_pack("{s:s}", "place", "a"));
    station_pass_ms(&s, 4000);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    assert_false(s.bench.hand);
    station_teardown(&s);
}

/* The case is asked for with all that is in it; a box that lies there is found without being told where. */
static void case_and_box_are_taken_away(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    station_begin_kit(&s);
    station_pass_ms(&s, 6000);
    station_tell(&s, (struct journal_event){.kind = EVENT_KIT, .phase = "ended", .kit = "k1"});
    station_ask(&s, "remove", json_pack("{s:s,s:s}", "carrier", "case", "choices", "next"));
    station_pass_ms(&s, 4000);
    assert_false(s.bench.has_case);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    station_ask(&s, "board", json_pack("{s:[f,f,f], s:f}", "place_mm", 300.0, 200.0, 0.0, "height_mm", 75.0));
    station_pass_ms(&s, 2000); /* quick: a station may go on by itself after 2 s */
    assert_true(s.bench.box_mm[2] == 75 && !s.bench.hand);
    station_ask(&s, "remove", json_pack("{s:s,s:s}", "what_lies_there", "box", "choices", "next"));
    station_pass_ms(&s, 2000);
    assert_true(s.bench.box_mm[2] == 0 && !s.bench.hand);
    assert_string_equal(s.pressed, "next\nnext\nnext\n");
    station_teardown(&s);
}

/* Back at the first step, a skip where none is allowed: the person goes on with the step. */
static void a_press_that_changes_nothing_is_borne(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "at step lay-a: back\nat step lay-a: skip \"no\"\n", 1);
    station_begin_kit(&s);
    station_pass_ms(&s, 14000);
    assert_string_equal(s.pressed, "back\nskip no\n");
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    station_teardown(&s);
}

/* A box of its own: the person knows how high it is. */
static void the_height_of_an_own_box_is_told(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    station_pass_ms(&s, 100);
    station_ask(&s, "board", json_pack("{s:[f,f,f]}", "place_mm", 300.0, 200.0, 0.0));
    station_pass_ms(&s, 4000);
    station_ask(&s, "height", json_object());
    station_pass_ms(&s, 1500);
    assert_string_equal(s.pressed, "next\nheight 60\n");
    station_teardown(&s);
}

static void asked_to_look_a_person_sees_the_mistake(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "at step lay-a: turned 180\n", 1);
    station_begin_kit(&s);
    station_pass_ms(&s, 6000);
    station_tell(&s, station_verdict(&s, "confirm", NULL));
    station_ask(&s, "confirm", json_object());
    station_pass_ms(&s, 8000);
    assert_string_equal(s.pressed, "no\n");
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_true(fabs(remainder(fake_last(&s.bench)->angle_rad, 2 * LW_PI)) < 0.2);
    assert_int_equal(station_stats_of(&s).confirms, 0);
    station_teardown(&s);
}

static void help_reminds_of_what_was_forgotten(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, "at step lay-a: forget\nexpect help at lay-a\n", 1);
    station_begin_kit(&s);
    station_pass_ms(&s, 8000);
    assert_int_equal(fake_count(&s.bench, NULL), 0);
    station_tell(&s, (struct journal_event){.kind = EVENT_HELP, .step = "lay-a"});
    station_pass_ms(&s, 6000);
    assert_int_equal(fake_count(&s.bench, "mirror"), 1);
    assert_int_equal(station_stats_of(&s).caught, 1);
    station_assert_met(&s);
    station_teardown(&s);
}

static void a_step_without_a_place_is_answered_once(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct station s;
        station_setup(&s, NULL, 1);
        station_pass_ms(&s, 100);
        station_tell(&s, (struct journal_event){.kind = EVENT_STEP, .phase = "place", .step = "all-in"});
        if (asked)
            station_ask(&s, "confirm", json_object());
        station_pass_ms(&s, 4000);
        assert_string_equal(s.pressed, asked ? "yes\n" : "next\n");
        station_teardown(&s);
    }
}

/* A station that never decides, or asks for ever, is left: no run goes on without end. */
static void a_person_s_patience_ends(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    station_begin_kit(&s);
    for (int i = 0; i < 100 && !s.over; i++) {
        station_pass_ms(&s, 1000);
        station_tell(&s, station_verdict(&s, "cannot_tell", "dark"));
    }
    assert_true(s.over && station_stats_of(&s).gave_up);
    station_teardown(&s);
    station_setup(&s, NULL, 1);
    for (int i = 0; i < 100 && !s.over; i++) {
        station_ask(&s, "case_empty", json_pack("{s:[f,f,f]}", "place_mm", 600.0, 290.0, 0.0));
        station_pass_ms(&s, 4000);
    }
    assert_true(s.over && station_stats_of(&s).gave_up);
    station_teardown(&s);
}

/* Odd events (no step shown, unknown places, empty details) change nothing and never crash. */
static void odd_events_are_borne(void **state)
{
    (void)state;
    struct station s;
    station_setup(&s, NULL, 1);
    for (int k = 0; k <= EVENT_END; k++) {
        station_tell(&s, (struct journal_event){.kind = (enum journal_kind)k});
        station_tell_detail(
            &s, (struct journal_event){.kind = (enum journal_kind)k, .phase = "take", .result = "refuse"},
            json_pack("{s:[[s,s],[]], s:[], s:s, s:n}", "outline_mm", "x", "y", "bin_mm", "choices", "yes",
                      "place_mm"));
        station_pass_ms(&s, 3000);
    }
    for (int i = 0; i < 500; i++) { /* much is asked at once: the latest counts */
        station_ask(&s, i % 2 ? "lay_item" : "remove",
                    json_pack("{s:s,s:s}", "item", "mirror", "place", "a"));
        station_pass_ms(&s, 33);
    }
    assert_int_equal(station_stats_of(&s).false_accepts, 0);
    station_teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_kit_is_packed),
        cmocka_unit_test(the_same_seed_does_the_same),
        cmocka_unit_test(every_mistake_is_made_and_mended),
        cmocka_unit_test(a_refusal_with_a_question_is_mended_once),
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
        cmocka_unit_test(case_and_box_are_taken_away),
        cmocka_unit_test(a_press_that_changes_nothing_is_borne),
        cmocka_unit_test(the_height_of_an_own_box_is_told),
        cmocka_unit_test(asked_to_look_a_person_sees_the_mistake),
        cmocka_unit_test(help_reminds_of_what_was_forgotten),
        cmocka_unit_test(a_step_without_a_place_is_answered_once),
        cmocka_unit_test(a_person_s_patience_ends),
        cmocka_unit_test(odd_events_are_borne),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
