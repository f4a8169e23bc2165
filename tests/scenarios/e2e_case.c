/* Where a case lies that was never seen before, measured on the pretend bench: its shadow must not be taken for it. */
#include "harness.h"

#include "carrier_measure.h"
#include "sim.h"

#define WIDTH_MM  360.0 /* the dental kit's case */
#define DEPTH_MM  260.0
#define HEIGHT_MM 45.0
#define LEVEL     230
#define FRAMES    10 /* until the projector's light has arrived */

struct stand {
    struct sim *sim;
    struct camera *camera;
    struct screen *screen;
    struct model model;
    int64_t now_ns;
};

static void begin(struct stand *s, const char *light)
{
    char path[400];
    struct lw_error err = {0};
    struct image white = {0};
    *s = (struct stand){0};
    const struct sim_options o = {
        .seed = 3, .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path), .light = light};
    assert_ok(sim_create(&s->sim, &o, &err), &err);
    assert_ok(sim_camera_create(s->sim, &s->camera, &err), &err);
    assert_ok(sim_screen_create(s->sim, &s->screen, &err), &err);
    sim_truth(s->sim, &s->model);
    assert_ok(image_init(&white, s->screen->info.width, s->screen->info.height, IMAGE_BGRA8, &err), &err);
    image_fill(&white, LEVEL);
    assert_ok(screen_present(s->screen, &white, NULL, 0, 0, &err), &err);
    image_finish(&white);
}

static void finish(struct stand *s)
{
    camera_destroy(&s->camera);
    screen_destroy(&s->screen);
    sim_destroy(&s->sim);
}

static struct image photograph(struct stand *s)
{
    struct lw_error err = {0};
    struct frame *f = NULL;
    struct image out = {0};
    for (int i = 0; i < FRAMES; i++) {
        frame_unref(&f);
        s->now_ns += 50 * NS_PER_MS;
        assert_int_equal(camera_poll(s->camera, s->now_ns, &f, &err), CAMERA_FRAME);
    }
    assert_ok(image_copy(&out, &f->image, &err), &err);
    frame_unref(&f);
    return out;
}

static void the_rim_is_found_not_the_shadow(void **state)
{
    (void)state;
    static const char *const lights[] = {"easy", "office", "window"};
    static const struct rigid places[] = {{600, 290, 0}, {560, 310, 0.12}, {660, 250, -0.3}};
    struct lw_error err = {0};
    for (int l = 0; l < 3; l++) {
        struct stand s;
        begin(&s, lights[l]);
        struct image before = photograph(&s);
        for (int i = 0; i < 3; i++) {
            struct carrier_found found;
            sim_case_put(s.sim, places[i]);
            struct image after = photograph(&s);
            assert_ok(carrier_measure(&s.model, &before, &after, WIDTH_MM, DEPTH_MM, HEIGHT_MM,
                                      (struct rigid){600, 290, 0}, &found, &err),
                      &err);
            struct rigid T = found.T_bench_from_carrier;
            double mm = hypot(T.x_mm - places[i].x_mm, T.y_mm - places[i].y_mm);
            double deg = deg_from_rad(fabs(remainder(T.angle_rad - places[i].angle_rad, 2 * LW_PI)));
            printf("%s %d: off by %.2f %.2f mm, %.2f degrees\n", lights[l], i, T.x_mm - places[i].x_mm, T.y_mm - places[i].y_mm, deg);
            assert_true(mm < 1.5 && deg < 0.4);
            image_finish(&after);
        }
        image_finish(&before);
        finish(&s);
    }
}

static void an_empty_bench_is_no_case(void **state)
{
    (void)state;
    struct stand s;
    struct lw_error err = {0};
    struct carrier_found found;
    begin(&s, "office");
    struct image before = photograph(&s), after = photograph(&s);
    assert_int_equal(carrier_measure(&s.model, &before, &after, WIDTH_MM, DEPTH_MM, HEIGHT_MM,
                                     (struct rigid){600, 290, 0}, &found, &err),
                     LW_MSG_CARRIER_SIZE);
    image_finish(&before);
    image_finish(&after);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rim_is_found_not_the_shadow),
                                       cmocka_unit_test(an_empty_bench_is_no_case)};
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
