#include "drift.h"
#include "rigs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIGHTINGS 60
#define MARKS     24

struct seen {
    struct model before, now;
    double bench_shift[2], bench_turn; /* what was on the bench moved with it by so much */
    struct drift_sighting sightings[SIGHTINGS];
    struct drift_mark marks[MARKS];
};

static void knock(struct pinhole *p, uint64_t *state, double turn_deg, double shift_mm)
{
    double d[PINHOLE_PARAMETERS] = {0};
    for (int i = 0; i < 3; i++) {
        d[i] = rad_from_deg(turn_deg) * (2 * harness_random(state) - 1);
        d[3 + i] = shift_mm * (2 * harness_random(state) - 1);
    }
    pinhole_add(p, d);
}

/* What the camera sees now: remembered places of the bench, and marks of light; `strays` of both moved by themselves. */
static void look(struct seen *s, uint64_t *state, double strays)
{
    const struct model *m = &s->before;
    double c = cos(s->bench_turn), n = sin(s->bench_turn);
    for (int i = 0; i < SIGHTINGS; i++) {
        struct bench_mm b = {m->bench_width_mm * harness_random(state), m->bench_depth_mm * harness_random(state), 0};
        struct bench_mm at = {s->bench_shift[0] + c * b.x - n * b.y, s->bench_shift[1] + n * b.x + c * b.y, 0};
        if (harness_random(state) < strays)
            at.x += 25, at.y -= 40; /* a tub */
        struct cam_px px = {0, 0};
        model_cam_from_bench(&s->now, at, &px);
        px.x += 0.1 * rig_gauss(state), px.y += 0.1 * rig_gauss(state);
        s->sightings[i] = (struct drift_sighting){b, px, 0.1};
    }
    for (int i = 0; i < MARKS; i++) {
        struct bench_mm b = {m->bench_width_mm * (0.1 + 0.8 * (i % 6) / 5), m->bench_depth_mm * (0.1 + 0.8 * (i / 6) / 3), 0}, at;
        struct proj_px q = {0, 0};
        struct cam_px px = {0, 0};
        model_proj_from_bench(m, b, &q);
        model_bench_from_proj(&s->now, q, 0, &at);
        if (harness_random(state) < strays / 2)
            at.z = 20 + 40 * harness_random(state), at.x += 10 * harness_random(state); /* light that falls on a thing */
        model_cam_from_bench(&s->now, at, &px);
        px.x += 0.1 * rig_gauss(state), px.y += 0.1 * rig_gauss(state);
        s->marks[i] = (struct drift_mark){q, px, 0, 0.1};
    }
}

static void judge(struct seen *s, struct drift_result *r)
{
    drift_judge(&s->before, s->sightings, SIGHTINGS, s->marks, MARKS, 0.5, r);
}

/* How far light falls from what the camera sees, by the judged model, in truth; mm, the worst of a grid. */
static double light_off(const struct seen *s, const struct model *m)
{
    double worst = 0;
    for (int i = 0; i < 25; i++) {
        struct bench_mm b = {m->bench_width_mm * (0.1 + 0.2 * (i % 5)), m->bench_depth_mm * (0.1 + 0.2 * (i / 5)), 0}, aim, at;
        struct cam_px c = {0, 0};
        struct proj_px q = {0, 0};
        assert_true(model_cam_from_bench(&s->now, b, &c) && model_bench_from_cam(m, c, 0, &aim) &&
                    model_proj_from_bench(m, aim, &q) && model_bench_from_proj(&s->now, q, 0, &at));
        worst = fmax(worst, hypot(at.x - b.x, at.y - b.y));
    }
    return worst;
}

static void who_moved_is_named_and_mended(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    static struct seen s;
    struct drift_result r;
    int wrong = 0;
    double worst = 0;
    for (int i = 0; i < 60; i++) {
        enum drift_cause cause = (enum drift_cause)(DRIFT_NONE + i % 5);
        memset(&s, 0, sizeof s);
        rig_random(&state, &s.before);
        s.now = s.before;
        if (cause == DRIFT_CAMERA || cause == DRIFT_BOTH)
            knock(&s.now.camera, &state, 0.7, 6);
        if (cause == DRIFT_PROJECTOR || cause == DRIFT_BOTH)
            knock(&s.now.projector, &state, 0.5, 5);
        if (cause == DRIFT_BENCH)
            s.bench_shift[0] = 6, s.bench_shift[1] = -4, s.bench_turn = 0.004;
        look(&s, &state, 0.3);
        judge(&s, &r);
        if (r.cause != cause)
            printf("  %d: %s instead of %s (camera %.2f, projector %.2f mm)\n", i, drift_cause_name(r.cause),
                   drift_cause_name(cause), r.camera_mm, r.projector_mm);
        wrong += r.cause != cause;
        assert_true(r.proof_median_mm < 1.0);
        worst = fmax(worst, light_off(&s, &r.model));
    }
    printf("  wrong %d of 60; light against camera afterwards at most %.2f mm\n", wrong, worst);
    assert_true(wrong <= 1); /* a knock can be too small to be one */
    assert_true(worst < 1.0);
}

/* Twins: nothing moved but things on the bench; nothing can be told. */
static void moved_things_raise_no_alarm(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    static struct seen s;
    struct drift_result r;
    for (int i = 0; i < 40; i++) {
        memset(&s, 0, sizeof s);
        rig_random(&state, &s.before);
        s.now = s.before;
        look(&s, &state, 0.35);
        judge(&s, &r);
        assert_int_equal(r.cause, DRIFT_NONE);
        assert_memory_equal(&r.model, &s.before, sizeof r.model);
    }
    drift_judge(&s.before, s.sightings, 3, s.marks, MARKS, 0.5, &r);
    assert_int_equal(r.cause, DRIFT_CANNOT_TELL);
    for (int i = 0; i < SIGHTINGS; i++)
        s.sightings[i].cam = (struct cam_px){1280 * harness_random(&state), 720 * harness_random(&state)};
    judge(&s, &r);
    assert_int_equal(r.cause, DRIFT_CANNOT_TELL);
}

/* ---- pieces ---- */

static void texture(struct image *im, double dx, double dy, double gain)
{
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++) {
            double u = x - dx, v = y - dy;
            image_row(im, y)[x] = (uint8_t)(gain * (90 + 25 * sin(u * 0.31 + 2 * sin(v * 0.05)) + 25 * sin(v * 0.27 + 3 * sin(u * 0.043)) +
                                                    10 * sin(u * 0.8 + v * 0.6)));
        }
}

static void pieces_are_found_again(void **unused)
{
    (void)unused;
    uint64_t state = 9;
    struct model m;
    struct image before, now;
    struct lw_error err;
    static struct drift_patch p[DRIFT_PATCHES_MAX], back[DRIFT_PATCHES_MAX];
    char path[300];
    int count = 0;
    rig_random(&state, &m);
    assert_ok(image_init(&before, 1280, 720, IMAGE_GRAY8, &err), &err);
    assert_ok(image_init(&now, 1280, 720, IMAGE_GRAY8, &err), &err);
    texture(&before, 0, 0, 1);
    texture(&now, 5.37, -3.81, 0.8);
    int n = drift_patches_take(&m, &before, NULL, NULL, p, DRIFT_PATCHES_MAX), found = 0;
    assert_true(n > 40);
    snprintf(path, sizeof path, "%s/pieces", harness_scratch());
    assert_ok(drift_patches_save(p, n, path, &err), &err);
    assert_ok(drift_patches_load(back, DRIFT_PATCHES_MAX, &count, path, &err), &err);
    assert_int_equal(count, n);
    for (int i = 0; i < n; i++) {
        struct cam_px at;
        double sigma;
        assert_memory_equal(p[i].grey, back[i].grey, sizeof p[i].grey);
        if (!drift_patch_find(&back[i], &now, p[i].cam, 8, &at, &sigma))
            continue;
        found++;
        assert_true(hypot(at.x - p[i].cam.x - 5.37, at.y - p[i].cam.y + 3.81) < 0.1);
    }
    assert_true(found > 0.8 * n);
    image_fill(&now, 90); /* the twin: an even bench has none of them */
    for (int i = 0; i < n; i++) {
        struct cam_px at;
        double sigma;
        assert_false(drift_patch_find(&p[i], &now, p[i].cam, 8, &at, &sigma));
    }
    assert_int_equal(drift_patches_take(&m, &now, NULL, NULL, p, DRIFT_PATCHES_MAX), 0);
    image_finish(&before);
    image_finish(&now);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_moved_is_named_and_mended),
        cmocka_unit_test(moved_things_raise_no_alarm),
        cmocka_unit_test(pieces_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
