/* The pretend bench keeps to the model that it gives as its truth: light falls where the model says, at every
 * height. */
#include "sim_rig.h"

#include <string.h>

/* Where the projected square appears: mean place of the pixels that grew brighter by half of the most. */
static void bright_centre(const struct image *dark, const struct image *lit, double *x, double *y)
{
    int most = 0;
    double sum = 0, sx = 0, sy = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < lit->height; j++)
            for (int i = 0; i < lit->width; i++) {
                int d = image_row(lit, j)[i * 3 + 1] - image_row(dark, j)[i * 3 + 1];
                if (pass == 0) {
                    most = d > most ? d : most;
                } else if (d > most / 4) {
                    sum += d;
                    sx += (double)d * i;
                    sy += (double)d * j;
                }
            }
    assert_true(most > 20);
    *x = sx / sum;
    *y = sy / sum;
}

#define SQUARE_PX 25 /* odd: its middle is a pixel */

/* How far, in camera px, a square that is drawn for a point at height believed_z lies from where the model
 * says that it falls: on the plane of height p.z if that is believed, else on p itself. */
static double error_at(struct sim_rig *r, const struct model *m, struct bench_mm p, double believed_z)
{
    struct proj_px beam;
    struct cam_px seen;
    struct bench_mm drawn = {p.x, p.y, believed_z}, lit_at = p;
    assert_true(model_proj_from_bench(m, drawn, &beam));
    int px = (int)lround(beam.x), py = (int)lround(beam.y);
    if (believed_z == p.z)
        assert_true(model_bench_from_proj(m, (struct proj_px){px, py}, p.z, &lit_at));
    assert_true(model_cam_from_bench(m, lit_at, &seen));
    struct image dark, lit;
    struct lw_error err = {0};
    image_fill(&r->canvas, 0);
    rig_present(r);
    rig_settle(r);
    assert_ok(sim_photograph(r->sim, &dark, &err), &err);
    rig_fill(r, px - SQUARE_PX / 2, py - SQUARE_PX / 2, SQUARE_PX, SQUARE_PX, 255);
    rig_settle(r);
    assert_ok(sim_photograph(r->sim, &lit, &err), &err);
    double x, y;
    bright_centre(&dark, &lit, &x, &y);
    image_finish(&dark);
    image_finish(&lit);
    return hypot(x - seen.x, y - seen.y);
}

/* In camera px; grain and glue lines of the wood weigh the pixels of the square unevenly. */
#define NEAR_PX 0.25

static void light_falls_where_the_model_says(void **state)
{
    (void)state;
    static const double places[][2] = {{330, 120}, {600, 350}, {900, 200}, {880, 480}, {320, 480}};
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct sim_rig r;
        struct model m;
        rig_open(&r,
                 &(struct sim_options){.seed = seed, .light = "easy", .geometry_jitter = seed == 1 ? 0 : 1},
                 true);
        sim_truth(r.sim, &m);
        for (int i = 0; i < 5; i++)
            assert_true(error_at(&r, &m, (struct bench_mm){places[i][0], places[i][1], 0}, 0) < NEAR_PX);
        rig_close(&r);
    }
}

static void light_on_a_box_falls_where_the_model_says(void **state)
{
    (void)state;
    struct sim_rig r;
    struct model m;
    rig_open(&r, &(struct sim_options){.seed = 3, .light = "easy"}, true);
    sim_truth(r.sim, &m);
    sim_box(r.sim, 330, 260, 160, 120, 0.4, 100);
    struct bench_mm top = {330, 260, 100};
    assert_true(error_at(&r, &m, top, 100) < NEAR_PX);
    /* the twin: who believes the box flat is off by centimetres */
    assert_true(error_at(&r, &m, top, 0) > 15);
    rig_close(&r);
}

static void things_throw_shadows_in_both_lights(void **state)
{
    (void)state;
    struct sim_rig r;
    struct model m;
    struct lw_error err = {0};
    struct image before, after;
    rig_open(&r, &(struct sim_options){.seed = 4}, false);
    sim_truth(r.sim, &m);
    image_fill(&r.canvas, 255);
    rig_present(&r);
    rig_settle(&r);
    assert_ok(sim_photograph(r.sim, &before, &err), &err);
    sim_box(r.sim, 500, 300, 80, 80, 0, 80);
    assert_ok(sim_photograph(r.sim, &after, &err), &err);
    /* the projector hangs behind and to the right: its shadow falls to the front left */
    struct bench_mm in_shadow = {456, 250, 0}, open = {620, 420, 0};
    struct cam_px s, o;
    assert_true(model_cam_from_bench(&m, in_shadow, &s) && model_cam_from_bench(&m, open, &o));
    assert_true(rig_grey(&after, s.x, s.y, 1) < 0.7 * rig_grey(&before, s.x, s.y, 1));
    assert_true(fabs(rig_grey(&after, o.x, o.y, 1) - rig_grey(&before, o.x, o.y, 1)) < 2);
    image_finish(&before);
    image_finish(&after);
    rig_close(&r);
}

static void white_against_black_is_three_to_one_in_an_office(void **state)
{
    (void)state;
    struct sim_rig r;
    rig_open(&r, &(struct sim_options){.seed = 5}, false);
    double black = rig_grey(rig_settle(&r), 320, 290, 6);
    image_fill(&r.canvas, 255);
    rig_present(&r);
    double white = rig_grey(rig_settle(&r), 320, 290, 6);
    /* undo the camera's curve (BT.709) */
    double ratio =
        pow((white / 255 + 0.099) / 1.099, 1 / 0.45) / pow((black / 255 + 0.099) / 1.099, 1 / 0.45);
    assert_true(ratio > 2.5 && ratio < 3.8);
    const struct image *im = &r.frame->image;
    int clipped = 0;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++)
            clipped += image_row(im, y)[x * 3 + 1] == 255;
    assert_true(clipped < im->width * im->height / 200); /* metal alone may blind */
    rig_close(&r);
}

static void a_hand_hides_and_shades(void **state)
{
    (void)state;
    struct sim_rig r;
    struct lw_error err = {0};
    struct image bare, hand, gone;
    rig_open(&r, &(struct sim_options){.seed = 6}, false);
    assert_ok(sim_photograph(r.sim, &bare, &err), &err);
    sim_hand(r.sim, 600, 330, 60, 1);
    assert_ok(sim_photograph(r.sim, &hand, &err), &err);
    int touched = rig_differing(&bare, &hand, 6);
    assert_true(touched > 3000 && touched < 60000);
    sim_hand_away(r.sim);
    assert_ok(sim_photograph(r.sim, &gone, &err), &err);
    assert_int_equal(rig_differing(&bare, &gone, 0), 0);
    image_finish(&bare);
    image_finish(&hand);
    image_finish(&gone);
    rig_close(&r);
}

static void a_knock_moves_the_truth_and_the_picture(void **state)
{
    (void)state;
    struct sim_rig r;
    struct model before, after;
    rig_open(&r, &(struct sim_options){.seed = 7, .light = "easy"}, true);
    sim_truth(r.sim, &before);
    sim_knock(r.sim, 2.0, 0.004, 0.002);
    sim_truth(r.sim, &after);
    assert_true(memcmp(&before.camera, &after.camera, sizeof before.camera) != 0);
    struct bench_mm p = {640, 380, 0};
    assert_true(error_at(&r, &after, p, 0) < NEAR_PX);
    struct proj_px a, b;
    assert_true(model_proj_from_bench(&before, p, &a) && model_proj_from_bench(&after, p, &b));
    assert_true(hypot(a.x - b.x, a.y - b.y) > 1);
    rig_close(&r);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_falls_where_the_model_says),
        cmocka_unit_test(light_on_a_box_falls_where_the_model_says),
        cmocka_unit_test(things_throw_shadows_in_both_lights),
        cmocka_unit_test(white_against_black_is_three_to_one_in_an_office),
        cmocka_unit_test(a_hand_hides_and_shades),
        cmocka_unit_test(a_knock_moves_the_truth_and_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
