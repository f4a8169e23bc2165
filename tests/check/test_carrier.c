/* The case on the pretend bench: found wherever it lies, in several lights, and refused when it is not there.
 */
#include "harness.h"

#include "carrier.h"
#include "sim_rig.h"

#include <stdio.h>
#include <time.h>

#define MAX_MM  1.0
#define MAX_DEG 0.3

static struct carrier_taught taught;
static const struct rigid home = {600, 290, 0};

static struct image look(struct sim_rig *r)
{
    struct lw_error err = {0};
    struct image out;
    assert_ok(image_copy(&out, rig_settle(r), &err), &err);
    return out;
}

static void open_light(struct sim_rig *r, struct model *m, const char *light)
{
    rig_open(r, &(struct sim_options){.seed = 5, .light = light}, true);
    rig_fill(r, 0, 0, r->canvas.width, r->canvas.height, 230);
    sim_truth(r->sim, m);
}

static int teach(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct sim_rig r;
    struct model m;
    taught = (struct carrier_taught){.mm_per_px = 1, .width_mm = 360, .depth_mm = 260, .height_mm = 45};
    open_light(&r, &m, "easy");
    sim_case_put(r.sim, home);
    struct image frame = look(&r);
    struct view_grid g = view_grid_make(home, -200, -150, 200, 150, taught.height_mm, 1);
    assert_ok(view_rectify(&m, &frame, &g, &taught.picture, &err), &err);
    image_finish(&frame);
    rig_close(&r);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    image_finish(&taught.picture);
    return 0;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void assert_near(struct rigid is, struct rigid should)
{
    struct rigid d = rigid_mul(rigid_inverse(should), is);
    assert_true(hypot(d.x_mm, d.y_mm) <= MAX_MM);
    assert_true(fabs(deg_from_rad(remainder(d.angle_rad, 2 * LW_PI))) <= MAX_DEG);
}

static void it_is_found_and_followed(void **state)
{
    (void)state;
    static const char *const lights[] = {"easy", "office", "window"};
    static const struct rigid lies[] = {{560, 330, 0.4}, {650, 290, -1.2}, {590, 300, 3.0}};
    for (int i = 0; i < 3; i++) {
        struct sim_rig r;
        struct model m;
        struct carrier_found found;
        struct lw_error err = {0};
        open_light(&r, &m, lights[i]);
        sim_case_put(r.sim, lies[i]);
        struct image frame = look(&r);
        double began = now_ms();
        assert_ok(carrier_find(&m, &frame, &taught, &found, &err), &err);
        double find_ms = now_ms() - began;
        struct rigid d = rigid_mul(rigid_inverse(lies[i]), found.T_bench_from_carrier);
        assert_near(found.T_bench_from_carrier, lies[i]);
        began = now_ms();
        struct rigid near = rigid_mul(lies[i], (struct rigid){9, -8, 0.035});
        assert_ok(carrier_refine(&m, &frame, &taught, near, &found, &err), &err);
        printf("%s: found in %.0f ms (%.2f, %.2f mm, %.2f deg off, score %.2f), followed in %.0f ms\n",
               lights[i], find_ms, d.x_mm, d.y_mm, deg_from_rad(d.angle_rad), found.score, now_ms() - began);
        assert_near(found.T_bench_from_carrier, lies[i]);
        image_finish(&frame);
        rig_close(&r);
    }
}

/* Its twins: no case, a box in its place, and a case that lies half off the bench. */
static void it_is_not_found_where_it_is_not(void **state)
{
    (void)state;
    struct sim_rig r;
    struct model m;
    struct carrier_found found;
    struct lw_error err = {0};
    open_light(&r, &m, "office");
    struct image frame = look(&r);
    assert_int_not_equal(carrier_find(&m, &frame, &taught, &found, &err), LW_OK);
    image_finish(&frame);
    sim_box(r.sim, 600, 290, 300, 180, 0.3, 45);
    frame = look(&r);
    assert_int_not_equal(carrier_find(&m, &frame, &taught, &found, &err), LW_OK);
    image_finish(&frame);
    sim_box(r.sim, 600, 290, 300, 180, 0.3, 0);
    sim_case_put(r.sim, (struct rigid){1150, 330, 0});
    frame = look(&r);
    assert_int_not_equal(carrier_find(&m, &frame, &taught, &found, &err), LW_OK);
    image_finish(&frame);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_and_followed),
        cmocka_unit_test(it_is_not_found_where_it_is_not),
    };
    harness_init();
    return cmocka_run_group_tests(tests, teach, forget);
}
