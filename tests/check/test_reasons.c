/* Each reason with a twin that must not have it, on drawn things. */
#include "harness.h"

#include "check.h"
#include "drawn.h"

#define SIZE  180
#define NOISE 2.5

static struct check *taught;

static void ground(struct image *im)
{
    drawn_ground(im, SIZE, SIZE);
}

static int teach(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const struct check_item_options o = {
        .tolerance_mm = 7, .tolerance_rad = 0.15, .orientation_matters = true};
    const struct drawn *things[] = {&drawn_hook, &drawn_spoon};
    assert_ok(check_create(&taught, &err), &err);
    for (int i = 0; i < 2; i++) {
        struct check_reference r = {.mm_per_px = 1};
        ground(&r.before), ground(&r.after);
        drawn_put(&r.after, things[i], 0, 0, 0, false);
        drawn_camera(&r.before, 1, NOISE, 1), drawn_camera(&r.after, 1, NOISE, 2);
        assert_ok(check_teach_item(taught, i ? "spoon" : "hook", &o, &r, 1, &err), &err);
        image_finish(&r.before), image_finish(&r.after);
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

/* After the camera: what it sees of both looks. */
static struct verdict judged(struct image *before, struct image *after)
{
    struct lw_error err = {0};
    struct verdict v;
    assert_ok(check_judge_patch(taught, before, after, 1, 0, false, &v, &err), &err);
    image_finish(before), image_finish(after);
    return v;
}

static void two_are_too_many(void **state)
{
    (void)state;
    struct image before, after;
    for (int two = 0; two < 2; two++) {
        ground(&before), ground(&after);
        drawn_put(&after, &drawn_hook, 0, 0, 0, false);
        if (two)
            drawn_put(&after, &drawn_hook, 3, 16, 0.1, false);
        drawn_camera(&before, 1, NOISE, 3), drawn_camera(&after, 1, NOISE, 4);
        struct verdict v = judged(&before, &after);
        assert_int_equal(v.result, two ? VERDICT_REFUSE : VERDICT_ACCEPT);
        assert_int_equal(v.reason, two ? REASON_TOO_MANY : REASON_NONE);
    }
}

static void blur(struct image *im, int times)
{
    for (int t = 0; t < times; t++)
        for (int y = 1; y + 1 < im->height; y++)
            for (int x = 3; x + 3 < 3 * im->width; x++) {
                const uint8_t *p = image_row(im, y) + x;
                image_row(im, y)[x] = (uint8_t)((p[-3] + p[3] + p[-im->stride] + p[im->stride] + 2) / 4);
            }
}

static void a_picture_out_of_focus_tells_nothing(void **state)
{
    (void)state;
    struct image before, after;
    for (int times = 0; times <= 12; times += 12) {
        ground(&before), ground(&after);
        for (int y = 0; y < SIZE; y += 12) /* what the bench has of edges */
            for (int k = 0; k < 2; k++)
                for (int x = 0; x < 3 * SIZE; x++)
                    image_row(k ? &after : &before, y)[x] = 90;
        drawn_put(&after, &drawn_hook, 0, 0, 0, false);
        blur(&after, times);
        drawn_camera(&before, 1, 1, 5), drawn_camera(&after, 1, 1, 6);
        struct verdict v = judged(&before, &after);
        assert_int_equal(v.result, times ? VERDICT_CANNOT_TELL : VERDICT_ACCEPT);
        assert_int_equal(v.reason, times ? REASON_BLURRED : REASON_NONE);
    }
}

static void white_that_clips_is_glare(void **state)
{
    (void)state;
    struct image before, after;
    for (int white = 0; white < 2; white++) {
        struct drawn shine = drawn_hook;
        shine.bgr[0] = shine.bgr[1] = shine.bgr[2] = white ? 255 : 70;
        ground(&before), ground(&after);
        drawn_camera(&before, 0.6, NOISE, 7), drawn_camera(&after, 0.6, NOISE, 8);
        drawn_put(&after, &shine, 0, 0, 0, false);
        struct verdict v = judged(&before, &after);
        assert_int_equal(v.reason == REASON_GLARE, white);
        assert_int_equal(v.result == VERDICT_CANNOT_TELL, white);
    }
}

static void without_light_it_is_dark(void **state)
{
    (void)state;
    struct image before, after;
    for (int dark = 0; dark < 2; dark++) {
        ground(&before), ground(&after);
        drawn_put(&after, &drawn_hook, 0, 0, 0, false);
        drawn_camera(&before, dark ? 0.02 : 0.5, 1, 9), drawn_camera(&after, dark ? 0.02 : 0.5, 1, 10);
        struct verdict v = judged(&before, &after);
        assert_int_equal(v.result, dark ? VERDICT_CANNOT_TELL : VERDICT_ACCEPT);
        assert_int_equal(v.reason, dark ? REASON_DARK : REASON_NONE);
    }
}

/* Something that lies on the thing and changes nothing of its outline. */
static void what_lies_on_it_is_seen(void **state)
{
    (void)state;
    static const double strip[][2] = {{-20, -2.5}, {5, -2.5}, {5, 2.5}, {-20, 2.5}};
    const struct drawn on_it = {strip, 4, {40, 40, 230}};
    struct image before, after;
    ground(&before), ground(&after);
    drawn_put(&after, &drawn_hook, 0, 0, 0, false);
    drawn_put(&after, &on_it, 0, 0, 0, false);
    drawn_camera(&before, 1, NOISE, 11), drawn_camera(&after, 1, NOISE, 12);
    struct verdict v = judged(&before, &after);
    assert_int_not_equal(v.result, VERDICT_ACCEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_are_too_many),          cmocka_unit_test(a_picture_out_of_focus_tells_nothing),
        cmocka_unit_test(white_that_clips_is_glare), cmocka_unit_test(without_light_it_is_dark),
        cmocka_unit_test(what_lies_on_it_is_seen),
    };
    harness_init();
    return cmocka_run_group_tests(tests, teach, forget);
}
