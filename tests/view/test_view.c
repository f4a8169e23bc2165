#include "harness.h"

#include "view.h"

static struct model sloping(void)
{
    struct model m = {.bench_width_mm = 1000, .bench_depth_mm = 600};
    m.camera.lens = (struct lens){1168, 1165, 624.6, 371.8, -0.231, 0.078, -0.0009, 0.0013, 1280, 720};
    m.camera.T_device_from_bench = (struct pose){{2.9, 0.1, 0.05}, {-480, 325, 1090}};
    pinhole_update(&m.camera);
    return m;
}

static void conversions_agree(void **state)
{
    (void)state;
    double px, py;
    struct view_grid g = view_grid_make((struct rigid){300, 200, 0.4}, -50, -30, 50, 30, 20, 0.5);
    assert_int_equal(g.width, 201);
    assert_int_equal(g.height, 121);
    view_px_from_local(&g, view_local_from_px(&g, 13.25, 77.5), &px, &py);
    assert_true(fabs(px - 13.25) < 1e-9 && fabs(py - 77.5) < 1e-9);
    struct local_mm low = view_local_from_px(&g, 0, g.height - 1);
    assert_true(fabs(low.x + 50) < 1e-9 && fabs(low.y + 30) < 1e-9);
}

/* Every camera pixel tells its own place; the straight picture must show the place that the model says. */
static void each_pixel_shows_its_place(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct image in, out;
    struct model m = sloping();
    struct view_grid g = view_grid_make((struct rigid){400, 300, 0.7}, -100, -60, 100, 60, 45, 1);
    assert_ok(image_init(&in, 1280, 720, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < 720; y++)
        for (int x = 0; x < 1280; x++) {
            uint8_t *p = image_row(&in, y) + 3 * x;
            p[0] = (uint8_t)(x / 6), p[1] = (uint8_t)(y / 4), p[2] = 9;
        }
    assert_ok(view_rectify(&m, &in, &g, &out, &err), &err);
    for (int y = 0; y < g.height; y += 7)
        for (int x = 0; x < g.width; x += 7) {
            struct cam_px c;
            struct local_mm b = rigid_apply(g.T_bench_from_local, view_local_from_px(&g, x, y));
            assert_true(model_cam_from_bench(&m, (struct bench_mm){b.x, b.y, g.z_mm}, &c));
            const uint8_t *p = image_row(&out, y) + 3 * x;
            assert_true(fabs(p[0] - (c.x - 2.5) / 6) < 1.2);
            assert_true(fabs(p[1] - (c.y - 1.5) / 4) < 1.2);
        }
    image_finish(&in);
    image_finish(&out);
}

static void what_the_camera_does_not_see_is_black(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct image in, out;
    struct model m = sloping();
    struct view_grid g = view_grid_make((struct rigid){5000, 300, 0}, -20, -20, 20, 20, 0, 1);
    assert_ok(image_init(&in, 1280, 720, IMAGE_GRAY8, &err), &err);
    image_fill(&in, 200);
    assert_false(view_grid_visible(&m, &g));
    assert_ok(view_rectify(&m, &in, &g, &out, &err), &err);
    for (int i = 0; i < g.width * g.height; i++)
        assert_int_equal(out.data[i], 0);
    image_finish(&out);
    g.T_bench_from_local.x_mm = 400;
    assert_true(view_grid_visible(&m, &g));
    assert_ok(view_rectify(&m, &in, &g, &out, &err), &err);
    assert_int_equal(out.data[500], 200);
    image_finish(&in);
    image_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_agree),
        cmocka_unit_test(each_pixel_shows_its_place),
        cmocka_unit_test(what_the_camera_does_not_see_is_black),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
