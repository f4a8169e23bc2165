/* Heights by stripes on the pretend bench: one gauze pack, two on top of each other, and what must not be told. */
#include "harness.h"

#include "height.h"
#include "sim_rig.h"

#include <string.h>

#define ONE_MM   12.4
#define GROUND_MM 30.0
#define NEAR_MM  1.5

static const struct rigid home = {600, 290, 0.1};

struct bench {
    struct sim_rig rig;
    struct model model;
    struct rigid slot;
    struct height_stripes stripes;
    struct bench_mm outline[4];
};

static void open_bench(struct bench *b, const char *light)
{
    rig_open(&b->rig, &(struct sim_options){.seed = 5, .light = light}, true);
    sim_truth(b->rig.sim, &b->model);
    sim_case_put(b->rig.sim, home);
    assert_true(sim_slot(b->rig.sim, "gauze", &b->slot));
    assert_true(height_plan(&b->model, b->slot, 32, 24, GROUND_MM, ONE_MM, &b->stripes));
    for (int i = 0; i < 4; i++) {
        const struct local_mm corner = {i == 0 || i == 3 ? -24 : 24, i < 2 ? -16 : 16};
        struct local_mm at = rigid_apply(b->slot, corner);
        b->outline[i] = (struct bench_mm){at.x, at.y, GROUND_MM};
    }
}

/* Even light; with the stripes where they are asked for. */
static struct image look(struct bench *b, bool striped)
{
    struct image *c = &b->rig.canvas, out;
    struct lw_error err = {0};
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            struct bench_mm at;
            bool there = striped && model_bench_from_proj(&b->model, (struct proj_px){x, y}, b->stripes.z_mm, &at);
            struct local_mm p = there ? rigid_apply(rigid_inverse(b->stripes.T_bench_from_local), (struct local_mm){at.x, at.y})
                                      : (struct local_mm){1e6, 1e6};
            double cycles = p.x / b->stripes.period_mm;
            bool dark = fabs(p.x) < b->stripes.half_x_mm && fabs(p.y) < b->stripes.half_y_mm && cycles - floor(cycles) < 0.5;
            memset(image_row(c, y) + 4 * x, dark ? 0 : 220, 4);
        }
    rig_present(&b->rig);
    assert_ok(image_copy(&out, rig_settle(&b->rig), &err), &err);
    return out;
}

static struct height_result measure(struct bench *b, enum height_where where, bool striped)
{
    struct image even = look(b, false), with = look(b, striped);
    struct height_result r;
    struct lw_error err = {0};
    assert_ok(height_measure(&b->model, &even, &with, &b->stripes, b->outline, 4, where, &r, &err), &err);
    image_finish(&even);
    image_finish(&with);
    return r;
}

static void one_and_two_are_told_apart(void **state)
{
    (void)state;
    static const char *const lights[] = {"easy", "office", "window"};
    for (int i = 0; i < 3; i++) {
        struct bench b;
        open_bench(&b, lights[i]);
        struct height_result ground = measure(&b, HEIGHT_MIDDLE, true);
        assert_true(ground.seen && fabs(ground.z_mm - GROUND_MM) < NEAR_MM);
        sim_put(b.rig.sim, "gauze", b.slot.x_mm, b.slot.y_mm, b.slot.angle_rad, false);
        struct height_result one = measure(&b, HEIGHT_TOP, true);
        assert_true(one.seen && fabs(height_between(&b.stripes, ground.z_mm, one.z_mm, ONE_MM) - ONE_MM) < NEAR_MM);
        sim_put(b.rig.sim, "gauze", b.slot.x_mm, b.slot.y_mm, b.slot.angle_rad, false);
        struct height_result two = measure(&b, HEIGHT_TOP, true);
        assert_true(two.seen && fabs(height_between(&b.stripes, ground.z_mm, two.z_mm, ONE_MM) - 2 * ONE_MM) < NEAR_MM);
        assert_true(two.sigma_mm < 1);
        rig_close(&b.rig);
    }
}

static void without_stripes_nothing_is_told(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b, "office");
    sim_put(b.rig.sim, "gauze", b.slot.x_mm, b.slot.y_mm, b.slot.angle_rad, false);
    assert_false(measure(&b, HEIGHT_TOP, false).seen);
    rig_close(&b.rig);
}

static void looking_the_same_way_tells_nothing(void **state)
{
    (void)state;
    struct bench b;
    struct height_stripes s;
    open_bench(&b, "office");
    b.model.projector.T_device_from_bench = b.model.camera.T_device_from_bench;
    pinhole_update(&b.model.projector);
    memset(b.model.residual_u, 0, sizeof b.model.residual_u);
    memset(b.model.residual_v, 0, sizeof b.model.residual_v);
    assert_false(height_plan(&b.model, b.slot, 32, 24, GROUND_MM, ONE_MM, &s));
    rig_close(&b.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_and_two_are_told_apart),
        cmocka_unit_test(without_stripes_nothing_is_told),
        cmocka_unit_test(looking_the_same_way_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
