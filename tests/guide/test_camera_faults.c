/* A camera or a projector that fails in the middle of a kit, in each state of packing: nothing is accepted from a bad
 * picture, nothing stale stays on the bench, the loss is told, and afterwards the work goes on to the end.
 * Argument: the kind of fault. */
#include "kit_bench.h"

#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[KIT_FAULTS] = {"none",  "unplugged", "stalled", "frozen",     "black",
                                              "dark",  "white",     "dazzled", "screen_lost"};
static enum kit_fault kind;

#define LASTS_MS 1600 /* a camera that is silent for 1 s is lost */
static const struct kit_trigger moments[] = {
    {"take", EVENT_STEP, "one", "take", 100, LASTS_MS},
    {"place", EVENT_STEP, "one", "place", 300, LASTS_MS},
    {"in the middle of the look", EVENT_STEP, "one", "judge", 550, LASTS_MS},
    {"survey", EVENT_STEP, "one", "done", 700, LASTS_MS},
    {"the look begins", EVENT_STEP, "two", "judge", 0, LASTS_MS},
    {"mend", EVENT_VERDICT, "two", "refuse", 100, LASTS_MS},
    {"good", EVENT_STEP, "two", "done", 0, LASTS_MS},
    {"confirm", EVENT_ASK, NULL, "confirm", 100, LASTS_MS},
    /* only of a kit in a case */
    {"the case is laid", EVENT_ASK, NULL, "case_empty", 1500, LASTS_MS},
    {"the look's last pictures", EVENT_STEP, "three", "judge", 800, LASTS_MS},
};
#define MOMENTS          ((int)(sizeof moments / sizeof moments[0]))
#define MOMENTS_ON_BENCH (MOMENTS - 2)

static const char SCENARIO[] = "at step two: turned 180\n";

/* A fault that the camera can't tell from a dark room or the sun: it works, but sees nothing. */
static bool only_blind(void)
{
    return kind == KIT_DARK || kind == KIT_DAZZLED;
}

static void each_state_survives_it(void **state)
{
    (void)state;
    static struct kit_bench b;
    bool in_case = kind == KIT_UNPLUGGED || kind == KIT_DAZZLED || kind == KIT_SCREEN_LOST;
    int count = in_case ? MOMENTS : MOMENTS_ON_BENCH, steps = in_case ? 4 : 3;
    kit_open(&b, in_case ? KIT_IN_CASE : KIT_ON_BENCH, SCENARIO);
    b.kind = kind;
    b.triggers = moments;
    b.trigger_count = count;
    const struct pack_options o = {.kits = 1, .kit = "one"};
    assert_int_equal(kit_pack(&b, &o), PACK_COMPLETE);
    for (int i = 0; i < count; i++)
        /* The room going dark and light again is a change like a laying: the station looks, and "place" is over. */
        if (!b.begun[i] && !(kind == KIT_DARK && strcmp(moments[i].name, "place") == 0))
            fail_msg("%s: the moment \"%s\" never came", names[kind], moments[i].name);
    if (b.violations)
        fail_msg("%s: %d times: %s", names[kind], b.violations, b.violation);
    assert_int_equal(b.lost, b.back);
    if (only_blind()) {
        assert_true(b.cannot_tell > 0);
    } else {
        assert_int_equal(b.lost, count);
        assert_true(b.gone_shown > 5 * count);
    }
    assert_int_equal(person_unmet(b.person, stderr), 0);
    assert_int_equal(b.done, steps);
    assert_int_equal(kit_count(&b, "SELECT count(*) FROM event WHERE kind = 'step' AND phase = 'done'"), steps);
    assert_int_equal(kit_count(&b, "SELECT count(DISTINCT step) FROM event WHERE kind = 'step' AND phase = 'done'"), steps);
    printf("%s: %d lost, %d can't tell, %d refused, %.0f s on the bench\n", names[kind], b.lost, b.cannot_tell,
           b.refused, (double)clock_now_ns(&b.g.clock) / 1e9);
    kit_close(&b);
}

/* The watcher itself: a bench that still shows "good", or the next step, though the camera is gone. */
static void twin_a_stale_picture_is_found_out(void **state)
{
    (void)state;
    static struct kit_bench b;
    static const enum step_state stale[] = {STEP_GOOD, STEP_TAKE, STEP_PLACE_IT, STEP_MEND, STEP_COMPLETE};
    static const struct rigid carriers[2];
    struct verdict refused = {.result = VERDICT_REFUSE, .reason = REASON_TURNED, .seen_item = -1, .seen_place = -1};
    kit_open(&b, KIT_ON_BENCH, NULL);
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++) {
        const struct show_step s = {.workflow = b.workflow, .state = stale[i], .verdict = &refused, .step = 0, .total = 4,
                                    .T_bench_from_carrier = carriers};
        show_pack_step(&b.g, &s);
        b.violations = 0;
        kit_watch_scene(&b);
        assert_true(b.violations > 0);
    }
    const struct show_step blocked = {.workflow = b.workflow, .state = STEP_BLOCKED, .T_bench_from_carrier = carriers};
    show_pack_step(&b.g, &blocked);
    b.violations = 0;
    kit_watch_scene(&b);
    assert_int_equal(b.violations, 0);
    kit_close(&b);
}

int main(int argc, char **argv)
{
    harness_init();
    for (int i = 0; argc > 1 && i < KIT_FAULTS; i++)
        if (strcmp(argv[1], names[i]) == 0)
            kind = (enum kit_fault)i;
    const struct CMUnitTest fault[] = {cmocka_unit_test(each_state_survives_it)};
    const struct CMUnitTest twin[] = {cmocka_unit_test(twin_a_stale_picture_is_found_out)};
    return kind ? cmocka_run_group_tests(fault, NULL, NULL) : cmocka_run_group_tests(twin, NULL, NULL);
}
