/* The pretend camera and screen: time, delay, noise, faults. */
#include "sim_rig.h"

#include <string.h>

static bool same_bytes(const struct image *a, const struct image *b)
{
    for (int y = 0; y < a->height; y++)
        if (memcmp(image_row(a, y), image_row(b, y), (size_t)a->width * 3) != 0)
            return false;
    return true;
}

static void a_short_story(struct sim_rig *r)
{
    sim_case_put(r->sim, (struct rigid){600, 290, 0.05});
    rig_fill(r, 600, 300, 500, 400, 200);
    rig_next(r);
    struct rigid slot;
    assert_true(sim_slot(r->sim, "probe-1", &slot));
    assert_true(sim_put(r->sim, "probe", slot.x_mm, slot.y_mm, slot.angle_rad, false) > 0);
    sim_hand(r->sim, 500, 200, 50, 0);
    rig_settle(r);
}

static void the_same_calls_give_the_same_bytes(void **state)
{
    (void)state;
    struct sim_rig a, b, c;
    rig_open(&a, &(struct sim_options){.seed = 11, .geometry_jitter = 1}, false);
    rig_open(&b, &(struct sim_options){.seed = 11, .geometry_jitter = 1}, false);
    rig_open(&c, &(struct sim_options){.seed = 12, .geometry_jitter = 0}, false);
    a_short_story(&a);
    a_short_story(&b);
    a_short_story(&c);
    assert_true(same_bytes(&a.frame->image, &b.frame->image));
    assert_false(same_bytes(&a.frame->image, &c.frame->image));
    rig_close(&a);
    rig_close(&b);
    rig_close(&c);
}

static void noise_differs_from_frame_to_frame_and_by_seed(void **state)
{
    (void)state;
    struct sim_rig a, b;
    struct image first;
    struct lw_error err = {0};
    rig_open(&a, &(struct sim_options){.seed = 21}, false);
    rig_open(&b, &(struct sim_options){.seed = 22}, false);
    assert_ok(image_copy(&first, rig_next(&a), &err), &err);
    assert_false(same_bytes(&first, rig_next(&b)));
    assert_false(same_bytes(&first, rig_next(&a)));
    assert_int_equal(rig_differing(&first, &a.frame->image, 25), 0); /* noise, nothing more */
    image_finish(&first);
    rig_close(&a);
    rig_close(&b);
}

static void frames_are_due_by_the_clock(void **state)
{
    (void)state;
    struct sim_rig r;
    struct lw_error err = {0};
    struct frame *f = NULL;
    rig_open(&r, &(struct sim_options){.seed = 31, .fps = 30}, false);
    const struct camera_ops *ops = r.camera->ops;
    assert_int_equal(ops->poll(r.camera, 1000, &f, &err), CAMERA_FRAME);
    assert_int_equal(f->sequence, 0);
    frame_unref(&f);
    assert_int_equal(ops->poll(r.camera, 33 * NS_PER_MS, &f, &err), CAMERA_WAITING);
    assert_int_equal(ops->poll(r.camera, 34 * NS_PER_MS, &f, &err), CAMERA_FRAME);
    assert_int_equal(f->sequence, 1);
    frame_unref(&f);
    assert_int_equal(ops->poll(r.camera, 134 * NS_PER_MS, &f, &err), CAMERA_FRAME);
    assert_int_equal(f->sequence, 4); /* two were lost */
    frame_unref(&f);
    rig_close(&r);
}

/* Camera pixels over the projector's picture that show the new level: 0..1 of the checked places. */
static double share_lit(const struct image *im, const struct image *dark)
{
    int lit = 0, all = 0;
    for (int y = 30; y < im->height - 30; y += 6)
        for (int x = 140; x < 500; x += 6) {
            all++;
            lit += rig_grey(im, x, y, 1) > 1.25 * rig_grey(dark, x, y, 1) + 4;
        }
    return (double)lit / all;
}

static void pictures_arrive_one_to_three_frames_late_some_in_two_parts(void **state)
{
    (void)state;
    struct sim_rig r;
    struct image dark;
    struct lw_error err = {0};
    int whole_in[6] = {0}, split = 0;
    rig_open(&r, &(struct sim_options){.seed = 41, .light = "easy"}, false);
    assert_ok(image_copy(&dark, rig_settle(&r), &err), &err);
    double full = 0;
    for (int turn = 0; turn < 24; turn++) {
        rig_fill(&r, 0, 0, r.canvas.width, r.canvas.height, 255);
        int frames = 0;
        double share = 0;
        full = turn == 0 ? 0.9 : full;
        while (share < full && frames < 5) {
            share = share_lit(rig_next(&r), &dark);
            split += share > 0.03 && share < full;
            frames++;
        }
        whole_in[frames]++;
        rig_fill(&r, 0, 0, r.canvas.width, r.canvas.height, 0);
        rig_settle(&r);
    }
    assert_int_equal(whole_in[1] + whole_in[2] + whole_in[3], 24);
    assert_true((whole_in[1] > 0) + (whole_in[2] > 0) + (whole_in[3] > 0) >= 2); /* it varies */
    assert_true(split >= 2 && split < 20);
    image_finish(&dark);
    rig_close(&r);
}

static void faults_look_like_faults(void **state)
{
    (void)state;
    struct sim_rig r;
    struct image last;
    struct lw_error err = {0};
    struct frame *f = NULL;
    rig_open(&r, &(struct sim_options){.seed = 51}, false);
    assert_ok(image_copy(&last, rig_next(&r), &err), &err);
    uint64_t sequence = r.frame->sequence;
    sim_fault(r.sim, SIM_FAULT_FROZEN);
    assert_true(same_bytes(&last, rig_next(&r)));
    assert_int_equal(r.frame->sequence, sequence + 1);
    sim_fault(r.sim, SIM_FAULT_BLACK);
    assert_true(rig_grey(rig_next(&r), 320, 180, 100) < 3);
    sim_fault(r.sim, SIM_FAULT_OVEREXPOSED);
    assert_true(rig_grey(rig_next(&r), 320, 180, 100) > 250);
    sim_fault(r.sim, SIM_FAULT_STALLED);
    r.now_ns += 5 * r.frame_ns;
    assert_int_equal(r.camera->ops->poll(r.camera, r.now_ns, &f, &err), CAMERA_WAITING);
    sim_fault(r.sim, SIM_FAULT_UNPLUGGED);
    r.now_ns += r.frame_ns;
    assert_int_equal(r.camera->ops->poll(r.camera, r.now_ns, &f, &err), CAMERA_LOST);
    assert_int_equal(err.id, LW_MSG_SIM_UNPLUGGED);
    sim_fault(r.sim, SIM_FAULT_NONE);
    assert_false(same_bytes(&last, rig_next(&r)));
    assert_true(rig_differing(&last, &r.frame->image, 25) < 100);
    image_finish(&last);
    rig_close(&r);
}

static void blind_shows_the_empty_bench(void **state)
{
    (void)state;
    struct sim_rig r;
    struct image empty, blind, seen;
    struct lw_error err = {0};
    rig_open(&r, &(struct sim_options){.seed = 61}, false);
    assert_ok(sim_photograph(r.sim, &empty, &err), &err);
    sim_blind(r.sim, true);
    a_short_story(&r);
    image_fill(&r.canvas, 0);
    rig_present(&r);
    rig_settle(&r);
    assert_ok(sim_photograph(r.sim, &blind, &err), &err);
    assert_true(rig_differing(&empty, &blind, 3) < 50);
    sim_blind(r.sim, false);
    assert_ok(sim_photograph(r.sim, &seen, &err), &err);
    assert_true(rig_differing(&empty, &seen, 10) > 10000);
    image_finish(&empty);
    image_finish(&blind);
    image_finish(&seen);
    rig_close(&r);
}

static void lights_differ_and_go_out(void **state)
{
    (void)state;
    static const char *const names[] = {"easy", "office", "dim", "bright", "window"};
    struct lw_error err = {0};
    struct sim_rig r;
    double grey[5];
    rig_open(&r, &(struct sim_options){.seed = 71}, false);
    for (int i = 0; i < 5; i++) {
        sim_light(r.sim, names[i]);
        grey[i] = rig_grey(rig_next(&r), 320, 300, 8);
    }
    assert_true(grey[0] < grey[1] - 10 && grey[1] < grey[3] - 10);
    sim_ambient(r.sim, 0);
    assert_true(rig_grey(rig_next(&r), 320, 300, 8) < 12);
    rig_close(&r);
    struct sim *none = NULL;
    char path[400];
    struct sim_options o = {.scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path),
                            .light = "moon"};
    assert_int_equal(sim_create(&none, &o, &err), LW_MSG_SIM_LIGHT);
    assert_null(none);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_calls_give_the_same_bytes),
        cmocka_unit_test(noise_differs_from_frame_to_frame_and_by_seed),
        cmocka_unit_test(frames_are_due_by_the_clock),
        cmocka_unit_test(pictures_arrive_one_to_three_frames_late_some_in_two_parts),
        cmocka_unit_test(faults_look_like_faults),
        cmocka_unit_test(blind_shows_the_empty_bench),
        cmocka_unit_test(lights_differ_and_go_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
