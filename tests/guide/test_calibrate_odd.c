/* Calibrating at a pretend bench whose projector or camera is odd: each must give a calibration as good as without. */
#include "calibrate.h"
#include "harness.h"
#include "plane.h"
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- an odd projector: what it shows on its panel of what it is given ---- */

struct odd_screen {
    struct screen screen;
    struct screen *inner;
    struct homography given_from_panel, panel_from_given;
    struct image panel;
};

static int sample(const struct image *im, double x, double y, int channel)
{
    int u = (int)floor(x), v = (int)floor(y);
    if (u < -1 || v < -1 || u >= im->width || v >= im->height)
        return 0;
    double a = x - u, b = y - v, sum = 0;
    for (int k = 0; k < 4; k++) {
        int px = u + k % 2, py = v + k / 2;
        if (px >= 0 && py >= 0 && px < im->width && py < im->height)
            sum += (k % 2 ? a : 1 - a) * (k / 2 ? b : 1 - b) * image_row(im, py)[4 * px + channel];
    }
    return (int)(sum + 0.5);
}

static enum lw_msg odd_present(struct screen *s, const struct image *canvas, const struct picture_rect *rects, int count,
                               int64_t now_ns, struct lw_error *err)
{
    struct odd_screen *o = (struct odd_screen *)s;
    (void)rects, (void)count;
    for (int y = 0; y < o->panel.height; y++)
        for (int x = 0; x < o->panel.width; x++) {
            double u, v;
            uint8_t *p = image_row(&o->panel, y) + 4 * x;
            bool there = homography_apply(&o->given_from_panel, x, y, &u, &v);
            for (int k = 0; k < 3; k++)
                p[k] = (uint8_t)(there ? sample(canvas, u, v, k) : 0);
            p[3] = 255;
        }
    return screen_present(o->inner, &o->panel, NULL, 0, now_ns, err);
}

static bool odd_key(struct screen *s, struct screen_key *key)
{
    return screen_poll_key(((struct odd_screen *)s)->inner, key);
}

static enum screen_status odd_status(struct screen *s)
{
    return screen_status(((struct odd_screen *)s)->inner);
}

static void odd_screen_destroy(struct screen *s)
{
    struct odd_screen *o = (struct odd_screen *)s;
    screen_destroy(&o->inner);
    image_finish(&o->panel);
    free(o);
}

static const struct screen_ops odd_screen_ops = {odd_present, odd_key, odd_status, odd_screen_destroy};

/* ---- an odd camera ---- */

struct odd_camera {
    struct camera camera;
    struct camera *inner;
    struct frame_pool *pool;
    int quarters;     /* turned clockwise by so many quarter turns */
    double drift;     /* of its exposure, there and back in 7 s */
    double lose_s;    /* nothing comes for so long, then as long it comes */
    uint64_t sequence;
};

static void turned_px(const struct odd_camera *o, int width, int height, double x, double y, double *u, double *v)
{
    *u = o->quarters == 1 ? height - 1 - y : o->quarters == 2 ? width - 1 - x : o->quarters == 3 ? y : x;
    *v = o->quarters == 1 ? x : o->quarters == 2 ? height - 1 - y : o->quarters == 3 ? width - 1 - x : y;
}

static enum camera_status odd_poll(struct camera *c, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    struct odd_camera *o = (struct odd_camera *)c;
    struct frame *f = NULL;
    enum camera_status status = camera_poll(o->inner, now_ns, &f, err);
    double now_s = (double)now_ns / 1e9;
    if (status != CAMERA_FRAME)
        return status;
    struct frame *turned = fmod(now_s, 2 * o->lose_s + 1e-9) < o->lose_s ? NULL : frame_pool_take(o->pool);
    if (!turned) {
        frame_unref(&f);
        return CAMERA_WAITING;
    }
    double gain = 1 + o->drift * sin(2 * LW_PI * now_s / 7);
    for (int y = 0; y < f->image.height; y++)
        for (int x = 0; x < f->image.width; x++) {
            double u, v;
            turned_px(o, f->image.width, f->image.height, x, y, &u, &v);
            for (int k = 0; k < 3; k++)
                image_row(&turned->image, (int)v)[3 * (int)u + k] =
                    (uint8_t)fmin(255, gain * image_row(&f->image, y)[3 * x + k]);
        }
    turned->sequence = ++o->sequence;
    turned->t_ns = f->t_ns;
    frame_unref(&f);
    *out = turned;
    return CAMERA_FRAME;
}

static int odd_fd(struct camera *c)
{
    return camera_wake_fd(((struct odd_camera *)c)->inner);
}

static void odd_camera_destroy(struct camera *c)
{
    struct odd_camera *o = (struct odd_camera *)c;
    camera_destroy(&o->inner);
    frame_pool_destroy(&o->pool);
    free(o);
}

static const struct camera_ops odd_camera_ops = {odd_poll, odd_fd, odd_camera_destroy};

/* ---- the bench ---- */

struct oddness {
    double width, height;        /* that the program is told of the projector; 0: its panel's */
    double panel_from_given[9];  /* on top of the scaling; 0: none */
    int quarters;
    enum person_side side;
    double drift, lose_s;
};

static struct {
    struct guide g;
    struct sim *sim;
    struct odd_screen *screen;
    struct odd_camera *camera;
    struct oddness odd;
    char reasons[400];
} b;

static void multiply(const double a[9], const double c[9], double out[9])
{
    for (int i = 0; i < 9; i++)
        out[i] = a[i / 3 * 3] * c[i % 3] + a[i / 3 * 3 + 1] * c[3 + i % 3] + a[i / 3 * 3 + 2] * c[6 + i % 3];
}

static void wrap_screen(struct screen *inner)
{
    struct lw_error err;
    struct odd_screen *o = calloc(1, sizeof *o);
    int w = inner->info.width, h = inner->info.height;
    assert_non_null(o);
    *o = (struct odd_screen){.screen = {.ops = &odd_screen_ops, .info = inner->info}, .inner = inner};
    if (b.odd.width > 0)
        o->screen.info.width = (int)b.odd.width, o->screen.info.height = (int)b.odd.height;
    double sx = (double)w / o->screen.info.width, sy = (double)h / o->screen.info.height;
    const double scaling[9] = {sx, 0, (sx - 1) / 2, 0, sy, (sy - 1) / 2, 0, 0, 1};
    static const double none[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    multiply(b.odd.panel_from_given[8] != 0 ? b.odd.panel_from_given : none, scaling, (double *)&o->panel_from_given);
    assert_true(homography_invert(&o->panel_from_given, &o->given_from_panel));
    assert_int_equal(image_init(&o->panel, w, h, IMAGE_BGRA8, &err), LW_OK);
    b.screen = o;
    b.g.screen = &o->screen;
}

static void wrap_camera(struct camera *inner)
{
    struct lw_error err;
    struct odd_camera *o = calloc(1, sizeof *o);
    bool upright = b.odd.quarters % 2 == 0;
    int w = inner->info.width, h = inner->info.height;
    assert_non_null(o);
    *o = (struct odd_camera){.camera = {.ops = &odd_camera_ops, .info = inner->info}, .inner = inner,
                             .quarters = b.odd.quarters, .drift = b.odd.drift, .lose_s = b.odd.lose_s};
    o->camera.info.width = upright ? w : h;
    o->camera.info.height = upright ? h : w;
    o->pool = frame_pool_create(o->camera.info.width, o->camera.info.height, 24, &err);
    assert_non_null(o->pool);
    b.camera = o;
    b.g.camera = &o->camera;
}

static void hear(void *context, const struct journal_event *e)
{
    (void)context;
    if (e->kind != EVENT_CALIBRATION)
        return;
    if (strcmp(e->phase, "refused") == 0) {
        printf("  refused: %s: %s\n", e->reason, json_string_value(json_object_get(e->detail, "text")));
        size_t n = strlen(b.reasons);
        snprintf(b.reasons + n, sizeof b.reasons - n, "%s ", e->reason);
    }
}

static void open_bench(const struct oddness *odd)
{
    char path[400];
    struct lw_error err;
    struct camera *camera;
    struct screen *screen;
    const struct sim_options so = {.seed = 6, .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path),
                                   .fps = 15, .light = "office"};
    memset(&b, 0, sizeof b);
    b.odd = *odd;
    assert_int_equal(sim_create(&b.sim, &so, &err), LW_OK);
    assert_int_equal(sim_camera_create(b.sim, &camera, &err), LW_OK);
    assert_int_equal(sim_screen_create(b.sim, &screen, &err), LW_OK);
    wrap_screen(screen);
    wrap_camera(camera);
    struct model truth;
    sim_truth(b.sim, &truth);
    b.g.bench_width_mm = truth.bench_width_mm;
    b.g.bench_depth_mm = truth.bench_depth_mm;
    clock_init_virtual(&b.g.clock, NS_PER_S, 0);
    b.g.observer = (struct guide_observer){.hear = hear};
    assert_int_equal(guide_init(&b.g, &err), LW_OK);
}

static void close_bench(void)
{
    guide_finish(&b.g);
    camera_destroy(&b.g.camera);
    screen_destroy(&b.g.screen);
    sim_destroy(&b.sim);
}

static int by_value(const void *a, const void *c)
{
    double x = *(const double *)a, y = *(const double *)c;
    return (x > y) - (x < y);
}

/* Light drawn for a place, where it really falls, against where the camera's model says that is; 95 %, mm. */
static double true_p95_mm(const struct model *m)
{
    struct model truth;
    double mm[400];
    int n = 0;
    sim_truth(b.sim, &truth);
    for (double y = 60; y < 560; y += 40)
        for (double x = 60; x < 1150 && n < 400; x += 60) {
            struct bench_mm light, seen;
            struct proj_px given, panel;
            struct cam_px c, turned;
            if (model_proj_from_bench(m, (struct bench_mm){x, y, 0}, &given) &&
                homography_apply(&b.screen->panel_from_given, given.x, given.y, &panel.x, &panel.y) &&
                model_bench_from_proj(&truth, panel, 0, &light) && model_cam_from_bench(&truth, light, &c)) {
                turned_px(b.camera, b.camera->inner->info.width, b.camera->inner->info.height, c.x, c.y, &turned.x, &turned.y);
                if (model_bench_from_cam(m, turned, 0, &seen))
                    mm[n++] = hypot(seen.x - x, seen.y - y);
            }
        }
    qsort(mm, (size_t)n, sizeof mm[0], by_value);
    return n ? mm[(int)(0.95 * (n - 1))] : 1e9;
}

static enum lw_msg calibrate(struct calibrate_result *r, struct lw_error *err)
{
    char saved[] = "/tmp/lichtwijzer-odd-XXXXXX";
    close(mkstemp(saved));
    struct calibrate_options o = {.automatic = true, .wait_s = 1, .side = b.odd.side, .save_to = saved};
    *r = (struct calibrate_result){0};
    enum lw_msg rc = calibrate_run(&b.g, &o, r, err);
    unlink(saved);
    return rc;
}

static void works(const struct oddness *odd)
{
    struct calibrate_result r;
    struct lw_error err = {0};
    open_bench(odd);
    enum lw_msg rc = calibrate(&r, &err);
    if (rc)
        fail_msg("%s", err.text);
    printf("  saved after %.1f s; proof %.2f %.2f mm, true 95 %% %.2f mm; refused: %s\n", r.calibration.quality.seconds,
           r.proof.median_mm, r.proof.p95_mm, true_p95_mm(&r.calibration.model), b.reasons);
    assert_string_equal(b.reasons, "");
    assert_true(true_p95_mm(&r.calibration.model) < 1.5);
    close_bench();
}

#define W 1920.0
#define H 1080.0

static void mirrored(void **state) { (void)state; works(&(struct oddness){.panel_from_given = {-1, 0, W - 1, 0, 1, 0, 0, 0, 1}}); }
static void upside_down(void **state)
{
    (void)state;
    works(&(struct oddness){.panel_from_given = {-1, 0, W - 1, 0, -1, H - 1, 0, 0, 1}});
}
static void camera_90(void **state) { (void)state; works(&(struct oddness){.quarters = 1, .side = PERSON_LEFT}); }
static void camera_180(void **state) { (void)state; works(&(struct oddness){.quarters = 2, .side = PERSON_TOP}); }
static void projector_4k(void **state) { (void)state; works(&(struct oddness){.width = 3840, .height = 2160}); }
static void exposure_drifts(void **state) { (void)state; works(&(struct oddness){.drift = 0.2}); }
static void half_lost(void **state) { (void)state; works(&(struct oddness){.lose_s = 0.45}); }

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mirrored),     cmocka_unit_test(upside_down),     cmocka_unit_test(camera_90), cmocka_unit_test(camera_180),
        cmocka_unit_test(projector_4k), cmocka_unit_test(exposure_drifts), cmocka_unit_test(half_lost),
    };
    harness_init();
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
