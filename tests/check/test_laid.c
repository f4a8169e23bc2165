/* What was laid on the pretend bench between two looks, without any of it taught. */
#include "harness.h"

#include "laid.h"
#include "sim_rig.h"

static struct sim_rig rig;
static struct model model;
static const struct rigid home = {600, 290, 0.1};

static int open_bench(void **state)
{
    (void)state;
    rig_open(&rig, &(struct sim_options){.seed = 5, .light = "office"}, true);
    rig_fill(&rig, 0, 0, rig.canvas.width, rig.canvas.height, 230);
    sim_truth(rig.sim, &model);
    sim_case_put(rig.sim, home);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct image look(void)
{
    struct lw_error err = {0};
    struct image out;
    assert_ok(image_copy(&out, rig_settle(&rig), &err), &err);
    return out;
}

static struct laid_look both(const struct image *before, const struct image *after)
{
    return (struct laid_look){.model = &model, .before = before, .after = after, .noise_grey = 1,
                              .T_bench_from_local_before = home, .T_bench_from_local = home, .x0_mm = -190, .x1_mm = 190,
                              .y0_mm = -140, .y1_mm = 140, .z_mm = 12};
}

static int put(const char *kind, const char *slot, double dx_mm, double turned_rad)
{
    struct rigid T;
    assert_true(sim_slot(rig.sim, slot, &T));
    struct local_mm at = rigid_apply(T, (struct local_mm){dx_mm, 0});
    int handle = sim_put(rig.sim, kind, at.x, at.y, T.angle_rad + turned_rad, false);
    assert_true(handle > 0);
    return handle;
}

static struct laid find(const struct image *before, bool joined)
{
    struct lw_error err = {0};
    struct laid laid;
    struct image after = look();
    struct laid_look l = both(before, &after);
    l.joined = joined;
    assert_ok(laid_find(&l, 60, &laid, &err), &err);
    image_finish(&after);
    return laid;
}

static void one_thing_is_one_part(void **state)
{
    (void)state;
    struct image before = look();
    int handle = put("toothpaste", "toothpaste", 0, 0);
    struct laid l = find(&before, false);
    assert_int_equal(l.count, 1);
    assert_int_equal(l.equal_count, 1);
    assert_false(l.parts[0].reaches_out);
    assert_true(fabs(l.parts[0].centre.x + 58) < 8 && fabs(l.parts[0].centre.y - 105) < 6);
    assert_true(fabs(2 * l.parts[0].half_x_mm - 143) < 16); /* the tube's length in the scene's file */
    assert_true(laid_covers(&l.parts[0], (struct local_mm){-58, 105}, 0));
    assert_false(laid_covers(&l.parts[0], (struct local_mm){-58, 75}, 5));
    sim_remove(rig.sim, handle);
    image_finish(&before);
}

static void nothing_laid_is_no_part(void **state)
{
    (void)state;
    struct image before = look();
    struct laid l = find(&before, false);
    assert_int_equal(l.count, 0);
    assert_int_equal(l.equal_count, 0);
    image_finish(&before);
}

static void two_of_a_kind_are_equal_and_lie_as_they_lie(void **state)
{
    (void)state;
    struct image before = look();
    int one = put("mirror", "mirror-1", 0, 0), other = put("mirror", "mirror-2", 3, 0);
    struct laid l = find(&before, false);
    assert_int_equal(l.equal_count, 2);
    struct rigid T = l.parts[l.equal[1]].T_local_from_piece;
    struct local_mm from = l.parts[l.equal[0]].centre, to = rigid_apply(T, from);
    assert_true(fabs(fabs(to.y - from.y) - 31) < 2); /* the slots are 31 mm apart */
    assert_true(fabs(fabs(to.x - from.x) - 3) < 2);
    assert_true(fabs(T.angle_rad) < 0.03);
    l = find(&before, true); /* a coach who says that it is one thing is right */
    assert_int_equal(l.equal_count, 1);
    sim_remove(rig.sim, one);
    sim_remove(rig.sim, other);
    image_finish(&before);
}

static void different_things_are_not_equal(void **state)
{
    (void)state;
    struct image before = look();
    int one = put("mirror", "mirror-1", 0, 0), other = put("scissors", "scissors", 0, 0);
    struct laid l = find(&before, false);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.equal_count, 1);
    sim_remove(rig.sim, one);
    sim_remove(rig.sim, other);
    image_finish(&before);
}

static void an_arm_reaches_out(void **state)
{
    (void)state;
    struct image before = look();
    sim_hand(rig.sim, 600, 290, 40, 0);
    struct laid l = find(&before, false);
    assert_true(l.count > 0 && l.parts[0].reaches_out);
    sim_hand_away(rig.sim);
    image_finish(&before);
}

static void a_black_picture_is_of_no_use(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct laid laid;
    struct image before = look(), black = {0};
    assert_ok(image_init(&black, before.width, before.height, IMAGE_BGR8, &err), &err);
    struct laid_look l = both(&before, &black);
    enum lw_msg rc = laid_find(&l, 60, &laid, &err);
    assert_true(rc != LW_OK || laid.trouble != REASON_NONE || laid.count == 0 || laid.parts[0].reaches_out);
    image_finish(&black);
    image_finish(&before);
}

static void other_things_are_painted_over(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct image before = look(), a = {0}, b = {0};
    int one = put("mirror", "mirror-1", 0, 0), other = put("mirror", "mirror-2", 0, 0);
    struct image after = look();
    struct laid laid;
    struct laid_look l = both(&before, &after);
    assert_ok(laid_find(&l, 60, &laid, &err), &err);
    assert_int_equal(laid.equal_count, 2);
    struct local_mm c = laid.parts[0].centre, n = laid.parts[laid.equal[1]].centre;
    const struct laid_patch patch = {.T_local_from_place = {c.x, c.y, 0}, .half_x_mm = 110, .half_y_mm = 60,
                                     .mm_per_px = 1, .own = 0};
    assert_ok(laid_cut(&l, &laid, &patch, &a, &b, &err), &err);
    assert_int_equal(a.width, b.width);
    int x = (int)((a.width - 1) / 2.0 + n.x - c.x + 0.5), y = (int)((a.height - 1) / 2.0 - (n.y - c.y) + 0.5);
    assert_memory_equal(image_row(&a, y) + 3 * x, image_row(&b, y) + 3 * x, 3); /* the neighbour is gone */
    x = a.width / 2, y = a.height / 2;
    assert_memory_not_equal(image_row(&a, y) + 3 * x, image_row(&b, y) + 3 * x, 3); /* the thing itself is not */
    sim_remove(rig.sim, one);
    sim_remove(rig.sim, other);
    image_finish(&a);
    image_finish(&b);
    image_finish(&after);
    image_finish(&before);
}

static void a_rectangle_has_its_size_and_turn(void **state)
{
    (void)state;
    struct laid_part p = {.rim_count = 4};
    double w, d;
    const struct rigid T = {300, 200, 0.3};
    const struct local_mm corners[4] = {{-150, -110}, {150, -110}, {150, 110}, {-150, 110}};
    for (int i = 0; i < 4; i++)
        p.rim[i] = rigid_apply(T, corners[i]);
    struct rigid found = laid_rectangle(&p, &w, &d);
    assert_true(fabs(w - 300) < 2 && fabs(d - 220) < 2.5);
    assert_true(fabs(found.x_mm - 300) < 1 && fabs(found.y_mm - 200) < 1 && fabs(found.angle_rad - 0.3) < 0.006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rectangle_has_its_size_and_turn), cmocka_unit_test(nothing_laid_is_no_part),
        cmocka_unit_test(one_thing_is_one_part), cmocka_unit_test(two_of_a_kind_are_equal_and_lie_as_they_lie),
        cmocka_unit_test(different_things_are_not_equal), cmocka_unit_test(other_things_are_painted_over),
        cmocka_unit_test(an_arm_reaches_out), cmocka_unit_test(a_black_picture_is_of_no_use),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
