#include "rigs.h"

#include <string.h>

static struct bench_mm random_point(uint64_t *state, const struct model *m, double z)
{
    return (struct bench_mm){m->bench_width_mm * harness_random(state),
                             m->bench_depth_mm * harness_random(state), z};
}

static void add_residual(struct model *m, uint64_t *state, double px)
{
    for (int i = 0; i < MODEL_RESIDUAL_TERMS; i++) {
        m->residual_u[i] = px * (2 * harness_random(state) - 1);
        m->residual_v[i] = px * (2 * harness_random(state) - 1);
    }
}

static void round_trips_close_at_any_height(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    for (int rig = 0; rig < 100; rig++) {
        struct model m;
        rig_random(&state, &m);
        if (rig % 2)
            add_residual(&m, &state, 1.5);
        for (int i = 0; i < 100; i++) {
            struct bench_mm p = random_point(&state, &m, i % 3 * 60.0), back;
            struct cam_px c;
            struct proj_px q;
            assert_true(model_cam_from_bench(&m, p, &c));
            assert_true(model_bench_from_cam(&m, c, p.z, &back));
            assert_true(hypot(back.x - p.x, back.y - p.y) < 1e-5);
            assert_true(model_proj_from_bench(&m, p, &q));
            assert_true(model_bench_from_proj(&m, q, p.z, &back));
            assert_true(hypot(back.x - p.x, back.y - p.y) < 1e-5 && back.z == p.z);
        }
    }
}

/* A residual must move the drawn point by its own size, and a raised point by what its ray has on the bench.
 */
static void residual_is_added_along_the_ray(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    struct model m, with;
    rig_random(&state, &m);
    with = m;
    add_residual(&with, &state, 1);
    struct bench_mm flat = {m.bench_width_mm * 0.5, m.bench_depth_mm * 0.5, 0}, raised;
    struct proj_px a, b, c;
    assert_true(model_proj_from_bench(&m, flat, &a) && model_proj_from_bench(&with, flat, &b));
    assert_true(fabs(b.x - a.x - (with.residual_u[0])) < 1e-9);
    assert_true(fabs(b.y - a.y - (with.residual_v[0])) < 1e-9);
    assert_true(model_bench_from_proj(&m, a, 80, &raised) && model_proj_from_bench(&with, raised, &c));
    assert_true(hypot(c.x - b.x, c.y - b.y) < 1e-5);
}

static void points_without_an_answer_are_refused(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    struct model m;
    rig_random(&state, &m);
    struct cam_px c = {-1, -2};
    struct bench_mm b = {-3, -4, -5};
    double above = m.camera.centre_mm[2] + 50;
    assert_false(
        model_cam_from_bench(&m, (struct bench_mm){m.camera.centre_mm[0], m.camera.centre_mm[1], above}, &c));
    assert_false(model_bench_from_cam(&m, (struct cam_px){640, 360}, above, &b));
    assert_true(c.x == -1 && c.y == -2 && b.x == -3 && b.z == -5);
}

static void folded_lens_is_refused(void **unused)
{
    (void)unused;
    /* r(1 - 0.3 r²) grows up to r = 1.054, where it is 0.703; with k2 = 0.05 it grows, falls, and grows again
     */
    const double k2s[] = {0, 0.03};
    for (int i = 0; i < 2; i++) {
        struct lens l = {.fx = 1000, .fy = 1000, .k1 = -0.3, .k2 = k2s[i], .width = 2000, .height = 2000};
        double x, y;
        assert_true(lens_undistort(&l, 600, 0, &x, &y));
        assert_true(x > 0.6 && x < 1.0 && fabs(y) < 1e-12);
        assert_false(lens_undistort(&l, 1500, 300, &x, &y));
        struct model m;
        memset(&m, 0, sizeof m);
        m.camera.lens = l;
        double at[3] = {0, 0, 1000}, down[3] = {0, 0.5, 0};
        rig_look(&m.camera, at, down, 0.01);
        struct cam_px c;
        assert_true(model_cam_from_bench(&m, (struct bench_mm){900, 0, 0}, &c));
        assert_false(model_cam_from_bench(&m, (struct bench_mm){1500, 0, 0}, &c));
        assert_false(model_cam_from_bench(&m, (struct bench_mm){6000, 0, 0}, &c));
    }
}

static void lens_round_trip_with_all_terms(void **unused)
{
    (void)unused;
    struct lens l = {1168, 1165.5, 624.6, 371.8, -0.231, 0.078, -0.0009, 0.0013, 1280, 720};
    for (int py = -20; py <= 740; py += 20)
        for (int px = -20; px <= 1300; px += 20) {
            double x, y, qx, qy;
            assert_true(lens_undistort(&l, px, py, &x, &y));
            lens_distort(&l, x, y, &qx, &qy);
            assert_true(hypot(qx - px, qy - py) < 1e-6);
        }
}

static void rotation_is_a_rotation(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    for (int i = 0; i < 200; i++) {
        double scale = i % 2 ? 3 : 1e-5, v[3], R[9];
        for (int k = 0; k < 3; k++)
            v[k] = scale * (2 * harness_random(&state) - 1);
        rotation_matrix(v, R);
        for (int a = 0; a < 3; a++) {
            double turned = R[3 * a] * v[0] + R[3 * a + 1] * v[1] + R[3 * a + 2] * v[2];
            assert_true(fabs(turned - v[a]) < 1e-12); /* the axis stays */
            for (int b = 0; b < 3; b++) {
                double dot = R[3 * a] * R[3 * b] + R[3 * a + 1] * R[3 * b + 1] + R[3 * a + 2] * R[3 * b + 2];
                assert_true(fabs(dot - (a == b)) < 1e-12);
            }
        }
    }
    double R[9], quarter[3] = {0, 0, LW_PI / 2};
    rotation_matrix(quarter, R); /* x becomes y: counter-clockwise */
    assert_true(fabs(R[3] - 1) < 1e-12 && fabs(R[1] + 1) < 1e-12);
}

static void sigma_grows_with_height(void **unused)
{
    (void)unused;
    struct model m;
    memset(&m, 0, sizeof m);
    m.sigma_flat_mm = 0.4;
    m.sigma_raised_mm = 3;
    assert_true(fabs(model_sigma_mm(&m, (struct bench_mm){0, 0, 0}) - (0.4)) < 1e-9);
    assert_true(fabs(model_sigma_mm(&m, (struct bench_mm){0, 0, 100}) - (3)) < 1e-9);
    assert_true(model_sigma_mm(&m, (struct bench_mm){0, 0, 50}) > 1.4);
}

/* Slopes against differences, of all four conversions and of the parameters, with lens shift and residual. */
static void slopes_are_those_of_differences(void **unused)
{
    (void)unused;
    uint64_t state = 17;
    for (int rig = 0; rig < 30; rig++) {
        struct model m;
        rig_random(&state, &m);
        add_residual(&m, &state, 1.5);
        m.camera.lens.p1 = 0.0007, m.projector.lens.k2 = -0.01, m.projector.lens.p2 = 0.0005;
        struct bench_mm b = random_point(&state, &m, 60 * harness_random(&state));
        const double h = 1e-4, X[3] = {b.x, b.y, b.z};
        double cam[2][3], proj[2][3], from_cam[2][3], from_proj[2][3], px[2], p[2], q[2], by[2][PINHOLE_PARAMETERS];
        struct cam_px c0, c1, c2;
        struct proj_px q0, q1, q2;
        struct bench_mm b1, b2;
        assert_true(model_cam_from_bench_slope(&m, b, cam) && model_proj_from_bench_slope(&m, b, proj));
        assert_true(model_cam_from_bench(&m, b, &c0) && model_proj_from_bench(&m, b, &q0));
        for (int k = 0; k < 3; k++) {
            struct bench_mm up = b, down = b;
            *(k == 0 ? &up.x : k == 1 ? &up.y : &up.z) += h;
            *(k == 0 ? &down.x : k == 1 ? &down.y : &down.z) -= h;
            assert_true(model_cam_from_bench(&m, up, &c1) && model_cam_from_bench(&m, down, &c2));
            assert_true(model_proj_from_bench(&m, up, &q1) && model_proj_from_bench(&m, down, &q2));
            assert_true(fabs((c1.x - c2.x) / (2 * h) - cam[0][k]) < 1e-5 && fabs((c1.y - c2.y) / (2 * h) - cam[1][k]) < 1e-5);
            assert_true(fabs((q1.x - q2.x) / (2 * h) - proj[0][k]) < 1e-5 && fabs((q1.y - q2.y) / (2 * h) - proj[1][k]) < 1e-5);
        }
        assert_true(model_bench_from_cam_slope(&m, c0, b.z, from_cam) && model_bench_from_proj_slope(&m, q0, b.z, from_proj));
        assert_true(model_bench_from_cam(&m, (struct cam_px){c0.x + 0.01, c0.y}, b.z, &b1) &&
                    model_bench_from_cam(&m, (struct cam_px){c0.x - 0.01, c0.y}, b.z, &b2));
        assert_true(fabs((b1.x - b2.x) / 0.02 - from_cam[0][0]) < 1e-4 && fabs((b1.y - b2.y) / 0.02 - from_cam[1][0]) < 1e-4);
        assert_true(model_bench_from_proj(&m, q0, b.z + 0.01, &b1) && model_bench_from_proj(&m, q0, b.z - 0.01, &b2));
        assert_true(fabs((b1.x - b2.x) / 0.02 - from_proj[0][2]) < 1e-4 && fabs((b1.y - b2.y) / 0.02 - from_proj[1][2]) < 1e-4);
        assert_true(pinhole_project(&m.projector, X, px, NULL, by));
        for (int k = 0; k < PINHOLE_PARAMETERS; k++) {
            double d[PINHOLE_PARAMETERS] = {0}, step = k == PINHOLE_CX || k == PINHOLE_CY ? 1e-3 : 1e-6;
            struct pinhole up = m.projector, down = m.projector;
            d[k] = step;
            pinhole_add(&up, d);
            d[k] = -step;
            pinhole_add(&down, d);
            assert_true(pinhole_project(&up, X, p, NULL, NULL) && pinhole_project(&down, X, q, NULL, NULL));
            for (int r = 0; r < 2; r++)
                assert_true(fabs((p[r] - q[r]) / (2 * step) - by[r][k]) < 1e-3 + 1e-5 * fabs(by[r][k]));
        }
    }
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips_close_at_any_height),
        cmocka_unit_test(residual_is_added_along_the_ray),
        cmocka_unit_test(points_without_an_answer_are_refused),
        cmocka_unit_test(folded_lens_is_refused),
        cmocka_unit_test(lens_round_trip_with_all_terms),
        cmocka_unit_test(rotation_is_a_rotation),
        cmocka_unit_test(sigma_grows_with_height),
        cmocka_unit_test(slopes_are_those_of_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
