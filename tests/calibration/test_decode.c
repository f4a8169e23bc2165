#include "decode.h"
#include "decode_map.h"
#include "kamino.h"
#include "plane.h"
#include "rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERA_W 640
#define CAMERA_H 400

/* What a camera sees of a projector of 320x200 that covers most of its picture, with 4 lights per camera px
 * blurred together: the cells are about 1.7 camera px wide, a good deal of them below what the camera
 * resolves. */
static void true_place(double x, double y, double *u, double *v)
{
    double w = 1 + 0.0001 * x - 0.0002 * y;
    *u = (-12 + 0.56 * x + 0.02 * y) / w;
    *v = (-8 - 0.015 * x + 0.55 * y) / w;
}

static double seen_light(const struct pattern_plan *plan, const struct image *projected, int x, int y)
{
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        double u, v;
        true_place(x - 0.25 + 0.5 * (k % 2), y - 0.25 + 0.5 * (k >> 1), &u, &v);
        int pu = (int)lround(u), pv = (int)lround(v);
        if (pu >= 0 && pv >= 0 && pu < plan->width && pv < plan->height)
            sum += image_row(projected, pv)[pu] / 4.0;
    }
    return sum;
}

static void capture(const struct pattern_plan *plan, double gain, double noise, struct image *captures,
                    uint64_t *state)
{
    struct lw_error err;
    struct image projected;
    assert_ok(image_init(&projected, plan->width, plan->height, IMAGE_GRAY8, &err), &err);
    for (int i = 0; i < pattern_count(plan); i++) {
        pattern_draw(plan, i, 0, 255, &projected);
        assert_ok(image_init(&captures[i], CAMERA_W, CAMERA_H, IMAGE_GRAY8, &err), &err);
        for (int y = 0; y < CAMERA_H; y++)
            for (int x = 0; x < CAMERA_W; x++) {
                bool gloss = hypot(x - 300, y - 150) < 15;
                double g =
                    gloss ? 255 : 40 + gain * seen_light(plan, &projected, x, y) + noise * rig_gauss(state);
                image_row(&captures[i], y)[x] = (uint8_t)fmax(0, fmin(255, g));
            }
    }
    image_finish(&projected);
}

static void finish(struct image *captures, int count)
{
    for (int i = 0; i < count; i++)
        image_finish(&captures[i]);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and worst error of the pairs, projector px. */
static void judge(const struct decode_result *r, double *median, double *worst)
{
    double *e = malloc((size_t)r->count * sizeof *e);
    for (int i = 0; i < r->count; i++) {
        double u, v;
        true_place(r->pairs[i].cam.x, r->pairs[i].cam.y, &u, &v);
        e[i] = hypot(u - r->pairs[i].proj.x, v - r->pairs[i].proj.y);
    }
    qsort(e, (size_t)r->count, sizeof *e, by_size);
    *median = e[r->count / 2];
    *worst = e[r->count - 1];
    free(e);
}

static void pairs_are_below_the_cell(void **unused)
{
    (void)unused;
    const struct {
        int finest;
        bool inverses;
        double median, worst;
    } cases[] = {{1, true, 0.1, 0.6}, {4, true, 0.15, 1.0}, {8, true, 0.25, 2.0}, {4, false, 0.15, 1.0}};
    uint64_t state = 3;
    for (int i = 0; i < 4; i++) {
        struct pattern_plan plan = pattern_plan_make(320, 200, cases[i].finest, cases[i].inverses);
        struct image captures[64];
        struct decode_result r;
        struct lw_error err;
        double median, worst;
        capture(&plan, 0.4, 1.5, captures, &state);
        assert_ok(decode_pairs(&plan, captures, pattern_count(&plan), &r, &err), &err);
        judge(&r, &median, &worst);
        printf("stripes from %d px, %s inverses: %d pairs, median %.3f, worst %.2f px, %.0f %% decoded\n",
               cases[i].finest, cases[i].inverses ? "with" : "without", r.count, median, worst,
               100 * r.decoded_share);
        assert_true(r.count > 3000 && r.count <= 20000);
        assert_true(median < cases[i].median && worst < cases[i].worst);
        decode_finish(&r);
        finish(captures, pattern_count(&plan));
    }
}

static void lost_pictures_cost_little(void **unused)
{
    (void)unused;
    uint64_t state = 4;
    struct pattern_plan plan = pattern_plan_make(320, 200, 4, true);
    struct image captures[64];
    struct decode_result r;
    struct lw_error err;
    double median, worst;
    int n = pattern_count(&plan), finest = 2 + 2 * plan.column_bits - 2;
    capture(&plan, 0.4, 1.5, captures, &state);
    image_finish(&captures[0]); /* white */
    image_finish(&captures[4]); /* one pattern of a pair */
    assert_ok(decode_pairs(&plan, captures, n, &r, &err), &err);
    judge(&r, &median, &worst);
    assert_true(median < 0.2 && worst < 1.5 && r.column_bits_used == plan.column_bits);
    decode_finish(&r);
    image_finish(&captures[finest]); /* both of the finest columns: the code is cut there */
    image_finish(&captures[finest + 1]);
    assert_ok(decode_pairs(&plan, captures, n, &r, &err), &err);
    judge(&r, &median, &worst);
    assert_int_equal(r.column_bits_used, plan.column_bits - 1);
    assert_true(median < 0.4);
    decode_finish(&r);
    image_finish(&captures[2]); /* both of the coarsest: nothing is left */
    image_finish(&captures[3]);
    assert_int_equal(decode_pairs(&plan, captures, n, &r, &err), LW_MSG_PATTERN_LOST);
    assert_int_equal(r.count, 0);
    finish(captures, n);
}

/* Frames that the camera gave twice, in place of the next one: never a wrong place. */
static void doubled_frames_are_as_good_as_lost(void **unused)
{
    (void)unused;
    for (int inverses = 0; inverses < 2; inverses++) {
        uint64_t state = 6;
        struct pattern_plan plan = pattern_plan_make(320, 200, 4, inverses);
        struct image captures[64];
        int n = pattern_count(&plan);
        capture(&plan, 0.4, 1.5, captures, &state);
        for (int i = 3; i < n; i += inverses ? 5 : 100) { /* with inverses every fifth, else one coarse bit */
            struct lw_error err;
            image_finish(&captures[i]);
            assert_ok(image_copy(&captures[i], &captures[i - 1], &err), &err);
        }
        struct decode_result r;
        struct lw_error err;
        double median, worst;
        enum lw_msg rc = decode_pairs(&plan, captures, n, &r, &err);
        printf("doubled frames, %s inverses: %s\n", inverses ? "with" : "without", rc ? err.text : "decoded");
        assert_true(inverses ? rc == LW_OK : rc != LW_OK);
        if (!rc) {
            judge(&r, &median, &worst);
            assert_true(median < 0.2 && worst < 2);
            decode_finish(&r);
        }
        finish(captures, n);
    }
}

/* The other half of every pair is enough. */
static void half_of_the_pictures_is_enough(void **unused)
{
    (void)unused;
    uint64_t state = 8;
    struct pattern_plan plan = pattern_plan_make(320, 200, 4, true);
    struct image captures[64];
    struct decode_result r;
    struct lw_error err;
    double median, worst;
    int n = pattern_count(&plan);
    capture(&plan, 0.4, 1.5, captures, &state);
    for (int i = 2; i < n; i += 2)
        image_finish(&captures[i + (i / 2) % 2]); /* now the pattern, now its inverse */
    assert_ok(decode_pairs(&plan, captures, n, &r, &err), &err);
    judge(&r, &median, &worst);
    printf("half of the pictures lost: %d pairs, median %.3f, worst %.2f px\n", r.count, median, worst);
    assert_true(r.count > 3000 && median < 0.2 && worst < 1.5);
    decode_finish(&r);
    finish(captures, n);
}

/* The twin: no light, and light that says nothing. */
static void darkness_is_no_success(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    struct pattern_plan plan = pattern_plan_make(320, 200, 4, true);
    struct image captures[64];
    struct decode_result r;
    struct lw_error err;
    int n = pattern_count(&plan);
    capture(&plan, 0, 1.5, captures, &state);
    assert_int_equal(decode_pairs(&plan, captures, n, &r, &err), LW_MSG_LIGHT_NOT_SEEN);
    image_fill(&captures[0], 200); /* white arrives, the stripes do not */
    assert_int_equal(decode_pairs(&plan, captures, n, &r, &err), LW_MSG_LIGHT_UNREADABLE);
    assert_true(r.count == 0 && !r.pairs);
    assert_int_equal(decode_pairs(&plan, captures, n - 1, &r, &err), LW_MSG_PATTERN_PICTURES);
    finish(captures, n);
}

/* Board of capture_0 (measured in the picture): its chessboard's outer corners, camera px. */
static bool on_board(double x, double y)
{
    return x > 250 && x < 955 && y > 205 && y < 760;
}

static void real_captures_are_decoded(void **unused)
{
    (void)unused;
    struct image captures[KAMINO_PICTURES];
    struct pattern_plan plan = kamino_plan();
    struct decode_map m;
    struct lw_error err;
    kamino_load(0, captures);
    assert_ok(decode_map_make(&plan, captures, KAMINO_PICTURES, &m, &err), &err);
    struct decode_pair *pairs = malloc((size_t)m.width * (size_t)m.height * sizeof *pairs);
    int count = 0, wrong = 0;
    for (int y = 0; y < m.height; y++)
        for (int x = 0; x < m.width; x++) {
            ptrdiff_t at = (ptrdiff_t)y * m.width + x;
            if (on_board(x, y) && m.column[at] != DECODE_NONE && m.row[at] != DECODE_NONE)
                pairs[count++] =
                    (struct decode_pair){{x, y}, {decode_px(m.column[at], 0), decode_px(m.row[at], 0)}, 1};
        }
    bool *inside = calloc((size_t)count, sizeof *inside);
    struct homography H;
    wrong = count - plane_find(pairs, count, 3.0, &H, inside);
    double share = (double)m.decoded / (double)m.lit;
    printf("capture_0: %.2f %% of the lit pixels decoded; %d of %d on the board wrong (%.4f %%)\n",
           100 * share, wrong, count, 100.0 * wrong / count);
    assert_true(share >= 0.85);
    assert_true(wrong < 1e-4 * count);
    free(inside);
    free(pairs);
    decode_map_finish(&m);
    kamino_finish(captures);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_below_the_cell), cmocka_unit_test(lost_pictures_cost_little),
        cmocka_unit_test(darkness_is_no_success), cmocka_unit_test(doubled_frames_are_as_good_as_lost),
        cmocka_unit_test(half_of_the_pictures_is_enough),
        cmocka_unit_test(real_captures_are_decoded), /* last: skips all when the data is absent */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
