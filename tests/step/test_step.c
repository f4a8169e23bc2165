#include "harness.h"

#include "step.h"
#include "units.h"

#include <string.h>

/* A machine of three steps (from a bin, without a bin, confirmed by hand) and a clock wound by hand. */
struct bench {
    struct step_machine *m;
    struct step_actions out;
    int64_t now_ns;
};

static int setup(void **state)
{
    static struct bench b;
    const struct step_traits traits[3] = {{.has_bin = true}, {.skippable = true}, {.confirm_only = true}};
    const struct step_options options = {.help_after_s = {8, 20, 45}, .good_s = 0.5, .look_again_s = 1};
    struct lw_error err;
    b = (struct bench){.now_ns = 100 * NS_PER_S};
    *state = &b;
    return step_machine_create(&b.m, traits, 3, &options, &err) != LW_OK;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    step_machine_destroy(&b->m);
    return 0;
}

static void give(struct bench *b, enum step_input_kind kind)
{
    step_machine_handle(b->m, &(struct step_input){.kind = kind, .reason = "because"}, b->now_ns, &b->out);
}

static void verdict(struct bench *b, enum verdict_result result, enum verdict_reason reason)
{
    const struct step_input in = {.kind = STEP_IN_VERDICT, .verdict = {.result = result, .reason = reason}};
    step_machine_handle(b->m, &in, b->now_ns, &b->out);
}

static void later(struct bench *b, double seconds)
{
    b->now_ns += (int64_t)(seconds * 1e9);
}

static bool did(const struct bench *b, enum step_action_kind kind)
{
    for (int i = 0; i < b->out.count; i++)
        if (b->out.list[i].kind == kind)
            return true;
    return false;
}

static void to_place(struct bench *b)
{
    give(b, STEP_IN_BEGIN);
    assert_true(did(b, STEP_DO_SURVEY));
    give(b, STEP_IN_SURVEYED);
    assert_int_equal(step_machine_state(b->m), STEP_TAKE);
    give(b, STEP_IN_BIN_TOUCHED);
    assert_int_equal(step_machine_state(b->m), STEP_PLACE_IT);
    later(b, 2);
}

static void accept_first(struct bench *b)
{
    to_place(b);
    give(b, STEP_IN_STILL);
    assert_true(did(b, STEP_DO_LOOK));
    verdict(b, VERDICT_ACCEPT, REASON_NONE);
}

static void accept_is_recorded_before_the_next_step_is_shown(void **state)
{
    struct bench *b = *state;
    accept_first(b);
    assert_int_equal(step_machine_state(b->m), STEP_GOOD);
    assert_int_equal(b->out.list[0].kind, STEP_DO_RECORD_VERDICT);
    assert_int_equal(b->out.list[1].kind, STEP_DO_RECORD_DONE);
    assert_int_equal(b->out.list[2].kind, STEP_DO_SHOW);
    later(b, 0.6);
    give(b, STEP_IN_TIME);
    assert_int_equal(step_machine_step(b->m), 1);
    assert_int_equal(step_machine_result(b->m, 0), STEP_ACCEPTED);
}

/* The must-fail twin of every accept: nothing but an accept, a confirmation, an override or a skip ends a step. */
static void nothing_else_ends_a_step(void **state)
{
    struct bench *b = *state;
    static const struct {
        enum verdict_result result;
        enum verdict_reason reason;
        enum step_state then;
    } cases[] = {
        {VERDICT_REFUSE, REASON_OTHER_ITEM, STEP_MEND},  {VERDICT_REFUSE, REASON_TURNED, STEP_MEND},
        {VERDICT_REFUSE, REASON_MISSING, STEP_PLACE_IT}, {VERDICT_CANNOT_TELL, REASON_HAND, STEP_WAIT},
        {VERDICT_CANNOT_TELL, REASON_NONE, STEP_WAIT},   {VERDICT_CONFIRM, REASON_NONE, STEP_CONFIRM_IT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        teardown(state);
        setup(state);
        to_place(b);
        give(b, STEP_IN_STILL);
        verdict(b, cases[i].result, cases[i].reason);
        assert_int_equal(step_machine_state(b->m), cases[i].then);
        assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
        assert_int_equal(step_machine_step(b->m), 0);
    }
}

static void zeroed_verdict_passes_nothing(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_STILL);
    step_machine_handle(b->m, &(struct step_input){.kind = STEP_IN_VERDICT}, b->now_ns, &b->out);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
}

static void next_on_an_empty_place_says_missing(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_NEXT);
    assert_int_equal(step_machine_state(b->m), STEP_LOOK);
    verdict(b, VERDICT_REFUSE, REASON_MISSING);
    assert_true(did(b, STEP_DO_RECORD_VERDICT));
    assert_int_equal(step_machine_state(b->m), STEP_MEND);
}

static void looks_come_at_most_once_a_second(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_STILL);
    verdict(b, VERDICT_REFUSE, REASON_OTHER_ITEM);
    later(b, 0.3);
    give(b, STEP_IN_STILL);
    assert_false(did(b, STEP_DO_LOOK));
    assert_true(step_machine_due_ns(b->m) <= b->now_ns + NS_PER_S);
    later(b, 0.8);
    give(b, STEP_IN_TIME);
    assert_true(did(b, STEP_DO_LOOK));
}

static void help_grows_when_nothing_happens_and_starts_anew(void **state)
{
    struct bench *b = *state;
    to_place(b);
    const double waits[3] = {8, 20, 45};
    for (int level = 0; level < 3; level++) {
        later(b, waits[level] + 0.1);
        assert_true(step_machine_due_ns(b->m) <= b->now_ns);
        give(b, STEP_IN_TIME);
        assert_int_equal(step_machine_help_level(b->m), level + 1);
        assert_true(did(b, STEP_DO_RECORD_HELP));
    }
    assert_true(step_machine_due_ns(b->m) == INT64_MAX);
    give(b, STEP_IN_STILL);
    verdict(b, VERDICT_ACCEPT, REASON_NONE);
    later(b, 1);
    give(b, STEP_IN_TIME);
    assert_int_equal(step_machine_help_level(b->m), 0);
}

static void override_is_recorded_and_the_bench_surveyed(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_OVERRIDE);
    assert_int_equal(b->out.list[0].kind, STEP_DO_RECORD_DONE);
    assert_int_equal(b->out.list[0].result, STEP_OVERRIDDEN);
    assert_string_equal(b->out.list[0].reason, "because");
    later(b, 1);
    give(b, STEP_IN_TIME);
    assert_true(did(b, STEP_DO_SURVEY));
    assert_int_equal(step_machine_step(b->m), 1);
}

static void skip_only_where_the_coach_allows_it(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_SKIP);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
    give(b, STEP_IN_STILL);
    verdict(b, VERDICT_ACCEPT, REASON_NONE);
    later(b, 1);
    give(b, STEP_IN_TIME);
    give(b, STEP_IN_SKIP);
    assert_int_equal(step_machine_result(b->m, 1), STEP_SKIPPED);
}

static void back_opens_the_step_before(void **state)
{
    struct bench *b = *state;
    accept_first(b);
    later(b, 1);
    give(b, STEP_IN_TIME);
    give(b, STEP_IN_BACK);
    assert_true(did(b, STEP_DO_RECORD_BACK));
    assert_int_equal(step_machine_step(b->m), 0);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
    give(b, STEP_IN_BACK); /* there is none before the first */
    assert_int_equal(step_machine_step(b->m), 0);
}

static void pause_and_lost_devices_keep_the_state(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_PAUSE);
    assert_int_equal(step_machine_state(b->m), STEP_PAUSED);
    give(b, STEP_IN_STILL);
    assert_false(did(b, STEP_DO_LOOK));
    give(b, STEP_IN_NEXT);
    assert_int_equal(step_machine_state(b->m), STEP_PLACE_IT);
    give(b, STEP_IN_LOST);
    assert_int_equal(step_machine_state(b->m), STEP_BLOCKED);
    give(b, STEP_IN_NEXT);
    assert_int_equal(step_machine_state(b->m), STEP_BLOCKED);
    give(b, STEP_IN_BACK_AGAIN);
    assert_int_equal(step_machine_state(b->m), STEP_PLACE_IT);
}

static void a_look_that_was_lost_is_begun_again(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_STILL);
    give(b, STEP_IN_LOOK_LOST);
    assert_int_equal(step_machine_state(b->m), STEP_WAIT);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
    later(b, 1.1);
    give(b, STEP_IN_TIME);
    assert_true(did(b, STEP_DO_LOOK));
}

static void a_kit_that_is_taken_on_starts_at_the_first_open_step(void **state)
{
    struct bench *b = *state;
    step_machine_set_done(b->m, 0, STEP_ACCEPTED);
    give(b, STEP_IN_BEGIN);
    assert_int_equal(step_machine_step(b->m), 1);
    assert_int_equal(step_machine_done_count(b->m), 1);
}

static void the_last_step_ends_the_kit(void **state)
{
    struct bench *b = *state;
    step_machine_set_done(b->m, 0, STEP_ACCEPTED);
    step_machine_set_done(b->m, 1, STEP_ACCEPTED);
    give(b, STEP_IN_BEGIN);
    give(b, STEP_IN_SURVEYED);
    assert_int_equal(step_machine_state(b->m), STEP_CONFIRM_IT);
    give(b, STEP_IN_YES);
    later(b, 1);
    give(b, STEP_IN_TIME);
    assert_int_equal(step_machine_state(b->m), STEP_COMPLETE);
    assert_true(did(b, STEP_DO_END));
}

static void aside_ends_from_every_working_state(void **state)
{
    struct bench *b = *state;
    to_place(b);
    give(b, STEP_IN_ASIDE);
    assert_int_equal(step_machine_state(b->m), STEP_ASIDE);
    assert_true(did(b, STEP_DO_END));
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
}

/* A machine of one step. */
static void one(struct bench *b, struct step_traits traits)
{
    const struct step_options options = {.help_after_s = {8, 20, 45}, .good_s = 0.5, .look_again_s = 1};
    struct lw_error err;
    step_machine_destroy(&b->m);
    assert_ok(step_machine_create(&b->m, &traits, 1, &options, &err), &err);
    give(b, STEP_IN_BEGIN);
    give(b, STEP_IN_SURVEYED);
}

static void a_step_that_is_only_taken_ends_at_the_bin(void **state)
{
    struct bench *b = *state;
    static const enum step_input_kind ends[] = {STEP_IN_BIN_TOUCHED, STEP_IN_NEXT, STEP_IN_YES};
    for (int i = 0; i < 3; i++) {
        one(b, (struct step_traits){.take_only = true, .has_bin = true});
        assert_int_equal(step_machine_state(b->m), STEP_TAKE);
        assert_true(did(b, STEP_DO_ASK_CONFIRM));
        give(b, STEP_IN_STILL); /* there is nothing to look at */
        assert_false(did(b, STEP_DO_LOOK));
        assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
        give(b, ends[i]);
        assert_int_equal(step_machine_result(b->m, 0), STEP_CONFIRMED);
    }
}

static void several_pieces_are_seen_and_then_counted_by_a_person(void **state)
{
    struct bench *b = *state;
    one(b, (struct step_traits){.count_asked = true});
    later(b, 2);
    give(b, STEP_IN_STILL);
    verdict(b, VERDICT_ACCEPT, REASON_NONE);
    assert_int_equal(step_machine_state(b->m), STEP_CONFIRM_IT);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
    give(b, STEP_IN_NO); /* one is still missing */
    assert_int_equal(step_machine_state(b->m), STEP_PLACE_IT);
    later(b, 2);
    give(b, STEP_IN_STILL);
    verdict(b, VERDICT_ACCEPT, REASON_NONE);
    give(b, STEP_IN_YES);
    assert_int_equal(step_machine_result(b->m, 0), STEP_CONFIRMED);
}

static void what_nobody_may_pass_is_not_overridden(void **state)
{
    struct bench *b = *state;
    one(b, (struct step_traits){.no_override = true});
    give(b, STEP_IN_OVERRIDE);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OPEN);
    assert_true(did(b, STEP_DO_RECORD_HELP));
    one(b, (struct step_traits){0}); /* the twin */
    give(b, STEP_IN_OVERRIDE);
    assert_int_equal(step_machine_result(b->m, 0), STEP_OVERRIDDEN);
}

static void a_step_may_have_help_of_its_own(void **state)
{
    struct bench *b = *state;
    one(b, (struct step_traits){.own_help = true, .help_after_s = {3, 0, 0}});
    assert_int_equal(step_machine_due_ns(b->m), b->now_ns + 3 * NS_PER_S);
    one(b, (struct step_traits){0});
    assert_int_equal(step_machine_due_ns(b->m), b->now_ns + 8 * NS_PER_S);
}

/* Whatever comes in whatever order: no step is ever done without one of the four ways. */
static void random_inputs_never_pass_a_step(void **state)
{
    struct bench *b = *state;
    uint64_t random = 12345;
    give(b, STEP_IN_BEGIN);
    for (int i = 0; i < 20000; i++) {
        enum step_input_kind kind = (enum step_input_kind)(harness_random(&random) * (STEP_IN_NO + 1));
        if (kind == STEP_IN_OVERRIDE || kind == STEP_IN_SKIP || kind == STEP_IN_YES || kind == STEP_IN_ASIDE ||
            kind == STEP_IN_BEGIN || (kind == STEP_IN_NEXT && step_machine_step(b->m) == 2))
            continue;
        struct step_input in = {.kind = kind};
        in.verdict.result = (enum verdict_result)(harness_random(&random) * VERDICT_ACCEPT); /* never accept */
        in.verdict.reason = (enum verdict_reason)(harness_random(&random) * (REASON_STALE + 1));
        later(b, harness_random(&random));
        step_machine_handle(b->m, &in, b->now_ns, &b->out);
        assert_int_equal(step_machine_done_count(b->m), 0);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(accept_is_recorded_before_the_next_step_is_shown), T(nothing_else_ends_a_step),
        T(zeroed_verdict_passes_nothing), T(next_on_an_empty_place_says_missing), T(looks_come_at_most_once_a_second),
        T(help_grows_when_nothing_happens_and_starts_anew), T(override_is_recorded_and_the_bench_surveyed),
        T(skip_only_where_the_coach_allows_it), T(back_opens_the_step_before), T(pause_and_lost_devices_keep_the_state),
        T(a_look_that_was_lost_is_begun_again), T(a_kit_that_is_taken_on_starts_at_the_first_open_step),
        T(the_last_step_ends_the_kit), T(aside_ends_from_every_working_state), T(random_inputs_never_pass_a_step),
        T(a_step_that_is_only_taken_ends_at_the_bin), T(several_pieces_are_seen_and_then_counted_by_a_person),
        T(what_nobody_may_pass_is_not_overridden), T(a_step_may_have_help_of_its_own),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
