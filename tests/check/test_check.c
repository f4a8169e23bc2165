#include "harness.h"

#include "check.h"
#include "drawn.h"

#include <string.h>

#define SIZE 180

enum { HOOK, ROD, ROD_GREEN, SPOON, ITEMS };
static const struct drawn *const things[ITEMS] = {&drawn_hook, &drawn_rod, &drawn_rod_green, &drawn_spoon};
static struct check *taught;

static void picture(struct image *im, const struct drawn *d, double x, double y, double angle, bool mirrored,
                    double light, unsigned long seed)
{
    drawn_ground(im, SIZE, SIZE);
    if (d)
        drawn_put(im, d, x, y, angle, mirrored);
    drawn_camera(im, light, 2.5, seed);
}

static int teach(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const struct check_item_options o = {.tolerance_mm = 7, .tolerance_rad = 0.15, .orientation_matters = true};
    assert_ok(check_create(&taught, &err), &err);
    for (int i = 0; i < ITEMS; i++) {
        char id[8] = {(char)('a' + i)};
        struct check_reference r = {.mm_per_px = 1};
        picture(&r.before, NULL, 0, 0, 0, false, 1, 1);
        picture(&r.after, things[i], 0, 0, 0, false, 1, 2);
        assert_ok(check_teach_item(taught, id, &o, &r, 1, &err), &err);
        image_finish(&r.before);
        image_finish(&r.after);
    }
    assert_ok(check_finish_teaching(taught, &err), &err);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    check_destroy(&taught);
    return 0;
}

static struct verdict judged(const struct drawn *d, double x, double y, double angle, bool mirrored, double light,
                             unsigned long seed, int expected)
{
    struct lw_error err = {0};
    struct image before, after;
    struct verdict v;
    picture(&before, NULL, 0, 0, 0, false, light, seed);
    picture(&after, d, x, y, angle, mirrored, light * 1.03, seed + 1);
    assert_ok(check_judge_patch(taught, &before, &after, 1, expected, false, &v, &err), &err);
    image_finish(&before);
    image_finish(&after);
    return v;
}

static void right_item_is_accepted_moved_a_little_in_other_light(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS; i++)
        for (unsigned long seed = 10; seed < 18; seed++) {
            double s = (double)(seed % 3) - 1, t = (double)(seed % 2) * 2 - 1;
            struct verdict v = judged(things[i], 2 * s, 2 * t, 0.08 * t, false, seed % 2 ? 1.3 : 0.55, seed, i);
            if (v.result != VERDICT_ACCEPT)
                fail_msg("item %d seed %lu: %s %s score %.3f margin %.3f", i, seed, verdict_result_name(v.result),
                         verdict_reason_name(v.reason), v.score, v.margin);
            assert_true(v.outline_count > 10);
        }
}

static void every_other_item_is_refused_and_named(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS; i++)
        for (int j = 0; j < ITEMS; j++) {
            if (i == j)
                continue;
            struct verdict v = judged(things[j], 1, -1, 0.03, false, 0.8, 30, i);
            assert_int_equal(v.result, VERDICT_REFUSE);
            assert_int_equal(v.reason, REASON_OTHER_ITEM);
            assert_int_equal(v.seen_item, j);
        }
}

static void refusals_have_their_reason(void **state)
{
    (void)state;
    struct verdict v = judged(NULL, 0, 0, 0, false, 0.9, 40, HOOK);
    assert_int_equal(v.result, VERDICT_REFUSE);
    assert_int_equal(v.reason, REASON_MISSING);
    v = judged(&drawn_hook, 0, 0, LW_PI, false, 0.9, 41, HOOK);
    assert_int_equal(v.result, VERDICT_REFUSE);
    assert_int_equal(v.reason, REASON_TURNED);
    v = judged(&drawn_hook, 0, 0, 0.4, false, 0.9, 42, HOOK);
    assert_int_equal(v.reason, REASON_TURNED);
    v = judged(&drawn_hook, 0, 0, 0, true, 0.9, 43, HOOK);
    assert_int_equal(v.result, VERDICT_REFUSE);
    assert_int_equal(v.reason, REASON_MIRRORED);
    v = judged(&drawn_hand, 0, -10, 0, false, 0.9, 44, HOOK);
    assert_int_not_equal(v.result, VERDICT_ACCEPT);
    v = judged(&drawn_hook, 0, 0, 0, false, 0.01, 45, HOOK);
    assert_int_equal(v.result, VERDICT_CANNOT_TELL);
    assert_int_equal(v.reason, REASON_DARK);
}

static void twins_are_not_verifiable(void **state)
{
    (void)state;
    struct check *c;
    struct lw_error err = {0};
    int other;
    const struct check_item_options o = {.tolerance_mm = 7, .tolerance_rad = 0.15};
    assert_ok(check_create(&c, &err), &err);
    for (int i = 0; i < 3; i++) {
        struct check_reference r = {.mm_per_px = 1};
        picture(&r.before, NULL, 0, 0, 0, false, 1, 1);
        picture(&r.after, i == 2 ? &drawn_hook : &drawn_spoon, i, 0, 0, false, 1, 50 + (unsigned long)i);
        assert_ok(check_teach_item(c, i ? i == 1 ? "b" : "c" : "a", &o, &r, 1, &err), &err);
        image_finish(&r.before);
        image_finish(&r.after);
    }
    assert_ok(check_finish_teaching(c, &err), &err);
    assert_false(check_item_verifiable(c, 0, &other));
    assert_int_equal(other, 1);
    assert_false(check_item_verifiable(c, 1, &other));
    assert_true(check_item_verifiable(c, 2, &other));
    struct check_pair pair = check_item_pair(c, 0);
    assert_int_equal(pair.state, CHECK_WITH_SECOND_WITNESS);
    assert_int_equal(pair.message, LW_MSG_LOOK_SAME);
    assert_int_equal(check_item_pair(c, 2).state, CHECK_VERIFIABLE);
    /* never accepted by the camera alone; what is verifiable is */
    for (int i = 0; i < 3; i++) {
        struct image before, after;
        struct verdict v;
        picture(&before, NULL, 0, 0, 0, false, 0.9, 70);
        picture(&after, i == 2 ? &drawn_hook : &drawn_spoon, 1, 1, 0, false, 0.9, 71);
        assert_ok(check_judge_patch(c, &before, &after, 1, i, false, &v, &err), &err);
        assert_int_equal(v.result, i == 2 ? VERDICT_ACCEPT : VERDICT_CONFIRM);
        image_finish(&before);
        image_finish(&after);
    }
    check_destroy(&c);
}

static void bad_teaching_is_refused(void **state)
{
    (void)state;
    struct check *c;
    struct lw_error err = {0};
    const struct check_item_options o = {0};
    struct check_reference r = {.mm_per_px = 1}, small = {.mm_per_px = 1};
    assert_ok(check_create(&c, &err), &err);
    picture(&r.before, NULL, 0, 0, 0, false, 1, 1);
    picture(&r.after, NULL, 0, 0, 0, false, 1, 2);
    assert_int_equal(check_teach_item(c, "x", &o, &r, 1, &err), LW_MSG_TAUGHT_NOTHING);
    drawn_put(&r.after, &drawn_hand, 0, 0, 0, false);
    assert_int_equal(check_teach_item(c, "x", &o, &r, 1, &err), LW_MSG_TAUGHT_HAND);
    image_fill(&r.after, 0);
    assert_int_equal(check_teach_item(c, "x", &o, &r, 1, &err), LW_MSG_TAUGHT_DARK);
    small.before = r.before;
    small.after = image_window(&r.after, 0, 0, 50, 50);
    assert_int_equal(check_teach_item(c, "x", &o, &small, 1, &err), LW_MSG_TAUGHT_SIZE);
    assert_int_equal(check_item_count(c), 0);
    image_finish(&r.before);
    image_finish(&r.after);
    check_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_item_is_accepted_moved_a_little_in_other_light),
        cmocka_unit_test(every_other_item_is_refused_and_named),
        cmocka_unit_test(refusals_have_their_reason),
        cmocka_unit_test(twins_are_not_verifiable),
        cmocka_unit_test(bad_teaching_is_refused),
    };
    harness_init();
    return cmocka_run_group_tests(tests, teach, forget);
}
