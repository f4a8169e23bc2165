/* The whole way on a bench: a camera straight above, places side by side, things drawn in the camera's picture. */
#include "harness.h"

#include "check.h"
#include "drawn.h"

#define WIDTH 480
#define HEIGHT 360
#define UP_MM 1000.0

static struct model model;
static struct check *taught;
static struct check_place places[2];

/* The camera's pixel is 1 mm at z 0: bench (x, y) appears at (x, HEIGHT - 1 - y). */
static void make_model(void)
{
    model = (struct model){.bench_width_mm = WIDTH, .bench_depth_mm = HEIGHT};
    model.camera.lens = (struct lens){.fx = UP_MM, .fy = UP_MM, .cx = (WIDTH - 1) / 2.0, .cy = (HEIGHT - 1) / 2.0,
                                      .width = WIDTH, .height = HEIGHT};
    model.camera.T_device_from_bench = (struct pose){{LW_PI, 0, 0},
                                                     {-(WIDTH - 1) / 2.0, (HEIGHT - 1) / 2.0, UP_MM}};
    pinhole_update(&model.camera);
}

static void camera_picture(struct image *im, unsigned long seed, const struct drawn *a, struct rigid at,
                           const struct drawn *b, struct rigid bt)
{
    drawn_ground(im, WIDTH, HEIGHT);
    double cx = (WIDTH - 1) / 2.0, cy = (HEIGHT - 1) / 2.0;
    if (a)
        drawn_put(im, a, at.x_mm - cx, at.y_mm - cy, at.angle_rad, false);
    if (b)
        drawn_put(im, b, bt.x_mm - cx, bt.y_mm - cy, bt.angle_rad, false);
    drawn_camera(im, 1, 2.5, seed);
}

static const struct rigid here = {160, 180, 0.3}, there = {330, 180, LW_PI / 2}, nowhere = {0};

static int setup(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct image before, after;
    const struct drawn *things[] = {&drawn_hook, &drawn_spoon};
    const struct rigid at[] = {here, there};
    make_model();
    const struct check_item_options o = {.tolerance_mm = 7, .tolerance_rad = 0.15, .orientation_matters = true};
    assert_ok(check_create(&taught, &err), &err);
    for (int i = 0; i < 2; i++) {
        struct check_reference r = {.mm_per_px = 1};
        struct view_grid g = view_grid_make(at[i], -70, -45, 70, 45, 0, 1);
        camera_picture(&before, 1, NULL, nowhere, NULL, nowhere);
        camera_picture(&after, 2, things[i], at[i], NULL, nowhere);
        assert_ok(view_rectify(&model, &before, &g, &r.before, &err), &err);
        assert_ok(view_rectify(&model, &after, &g, &r.after, &err), &err);
        assert_ok(check_teach_item(taught, i ? "spoon" : "hook", &o, &r, 1, &err), &err);
        places[i] = (struct check_place){.T_bench_from_place = at[i], .T_bench_from_place_before = at[i], .item = i};
        image_finish(&r.before);
        image_finish(&r.after);
        image_finish(&before);
        image_finish(&after);
    }
    assert_ok(check_finish_teaching(taught, &err), &err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    check_destroy(&taught);
    return 0;
}

static struct verdict judge(struct image *before, struct image *after, int expected)
{
    struct lw_error err = {0};
    struct verdict v;
    const struct bench_mm lit[] = {{40, 60, 0}, {440, 60, 0}, {440, 300, 0}, {40, 300, 0}};
    const struct check_look look = {.model = &model, .before = before, .after = after, .noise_grey = 2.5, .frame = 9,
                                    .lit = lit, .lit_corners = 4};
    assert_ok(check_judge(taught, &look, places, 2, expected, &v, &err), &err);
    assert_int_equal(v.frame, 9);
    image_finish(before);
    image_finish(after);
    return v;
}

static struct verdict judge_thing(const struct drawn *d, struct rigid at, int expected)
{
    struct image before, after;
    camera_picture(&before, 11, NULL, nowhere, NULL, nowhere);
    camera_picture(&after, 12, d, at, NULL, nowhere);
    return judge(&before, &after, expected);
}

static void right_thing_at_its_place_is_accepted(void **state)
{
    (void)state;
    struct verdict v = judge_thing(&drawn_hook, (struct rigid){162, 179, 0.35}, 0);
    assert_int_equal(v.result, VERDICT_ACCEPT);
    assert_true(fabs(v.offset.angle_rad - 0.05) < 0.02);
    assert_true(hypot(v.seen_at.x - 162, v.seen_at.y - 179) < 12);
    v = judge_thing(&drawn_spoon, there, 1);
    assert_int_equal(v.result, VERDICT_ACCEPT);
}

static void each_mistake_has_its_reason(void **state)
{
    (void)state;
    struct verdict v = judge_thing(NULL, nowhere, 0);
    assert_int_equal(v.reason, REASON_MISSING);
    v = judge_thing(&drawn_spoon, here, 0);
    assert_int_equal(v.reason, REASON_OTHER_ITEM);
    assert_int_equal(v.seen_item, 1);
    v = judge_thing(&drawn_hook, (struct rigid){160, 180, 0.3 + LW_PI}, 0);
    assert_int_equal(v.reason, REASON_TURNED);
    v = judge_thing(&drawn_hook, there, 0);
    assert_int_equal(v.reason, REASON_ELSEWHERE);
    assert_int_equal(v.seen_item, 0);
    assert_int_equal(v.seen_place, 1);
    v = judge_thing(&drawn_hand, (struct rigid){160, 190, LW_PI}, 0);
    assert_int_equal(v.result, VERDICT_CANNOT_TELL);
    assert_int_equal(v.reason, REASON_HAND);
}

static void a_filled_place_that_changed_is_said(void **state)
{
    (void)state;
    struct image before, after;
    places[1].filled = true;
    camera_picture(&before, 21, &drawn_spoon, there, NULL, nowhere);
    camera_picture(&after, 22, &drawn_hook, here, NULL, nowhere);
    struct verdict v = judge(&before, &after, 0);
    places[1].filled = false;
    assert_int_equal(v.result, VERDICT_REFUSE);
    assert_int_equal(v.reason, REASON_MOVED);
    assert_int_equal(v.seen_place, 1);
}

/* Case pushed by 12 mm and 2 degrees between the looks, with a filled place in it. */
static struct verdict judge_pushed(const struct drawn *d, bool followed)
{
    struct image before, after;
    const struct rigid push = {12, -4, 0.035};
    struct check_place kept[2] = {places[0], places[1]};
    struct rigid h = rigid_mul(push, here), t = rigid_mul(push, there);
    camera_picture(&before, 41, &drawn_spoon, there, NULL, nowhere);
    camera_picture(&after, 42, &drawn_spoon, t, d, h);
    places[1].filled = true;
    for (int i = 0; i < 2; i++) {
        places[i].T_bench_from_place = i ? t : h;
        if (!followed)
            places[i].T_bench_from_place_before = places[i].T_bench_from_place;
    }
    struct verdict v = judge(&before, &after, 0);
    places[0] = kept[0];
    places[1] = kept[1];
    return v;
}

static void a_pushed_case_is_followed(void **state)
{
    (void)state;
    assert_int_equal(judge_pushed(&drawn_hook, true).result, VERDICT_ACCEPT);
    struct verdict v = judge_pushed(&drawn_spoon, true);
    assert_int_equal(v.result, VERDICT_REFUSE);
    assert_int_equal(v.reason, REASON_OTHER_ITEM);
    assert_int_equal(judge_pushed(NULL, true).reason, REASON_MISSING);
    /* its twin: not told of the push, the filled place seems changed */
    v = judge_pushed(&drawn_hook, false);
    assert_int_not_equal(v.result, VERDICT_ACCEPT);
}

static void inventory_names_what_lies_there(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct image after;
    int found[2];
    camera_picture(&after, 31, &drawn_spoon, there, NULL, nowhere);
    const struct check_look look = {.model = &model, .before = &after, .after = &after, .noise_grey = 2.5};
    assert_ok(check_inventory(taught, &look, places, 2, found, &err), &err);
    assert_int_equal(found[0], -1);
    assert_int_equal(found[1], 1);
    image_finish(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_thing_at_its_place_is_accepted),
        cmocka_unit_test(each_mistake_has_its_reason),
        cmocka_unit_test(a_filled_place_that_changed_is_said),
        cmocka_unit_test(a_pushed_case_is_followed),
        cmocka_unit_test(inventory_names_what_lies_there),
    };
    harness_init();
    return cmocka_run_group_tests(tests, setup, teardown);
}
