#include "edges.h"
#include "rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A drawn bench of a random station: wooden stripes, a dark or bright floor, tubs along the back, noise. */
static uint8_t shade(const struct model *m, struct cam_px c, int floor_grey, uint64_t *state)
{
    struct bench_mm b;
    double w = m->bench_width_mm, d = m->bench_depth_mm, g = floor_grey;
    if (model_bench_from_cam(m, c, 0, &b) && b.x > 0 && b.x < w && b.y > 0 && b.y < d) {
        g = 150 + 10 * sin(b.y / 7 + 3 * sin(b.x / 200));
        if (b.y > 0.82 * d && sin(b.x / w * 25) > -0.4)
            g = 70 + 30 * sin(b.x / 9);
    }
    g += 2 * rig_gauss(state);
    return (uint8_t)fmax(0, fmin(255, g));
}

static void draw(const struct model *m, int floor_grey, struct image *out, uint64_t *state)
{
    struct lw_error err;
    assert_ok(image_init(out, 1280, 720, IMAGE_GRAY8, &err), &err);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            image_row(out, y)[x] = shade(m, (struct cam_px){x, y}, floor_grey, state);
}

static void light(const struct model *m, struct decode_result *out)
{
    *out = (struct decode_result){.pairs = malloc(20000 * sizeof *out->pairs)};
    for (int y = 4; y < 720; y += 8)
        for (int x = 4; x < 1280; x += 8) {
            struct bench_mm b;
            struct decode_pair *p = &out->pairs[out->count];
            p->cam = (struct cam_px){x, y};
            p->weight = 1;
            if (!model_bench_from_cam(m, p->cam, 0, &b))
                continue;
            bool on = b.x > 0 && b.x < m->bench_width_mm && b.y > 0 && b.y < 0.82 * m->bench_depth_mm;
            if (!on)
                model_bench_from_cam(m, p->cam, -700, &b);
            out->count += model_proj_from_bench(m, b, &p->proj) && p->proj.x >= 0 && p->proj.x < 1920 &&
                          p->proj.y >= 0 && p->proj.y < 1080;
        }
}

/* The four corners in the person's order, or false where one is not well inside the picture. */
static bool true_corners(const struct model *m, struct cam_px out[4])
{
    double w = m->bench_width_mm, d = m->bench_depth_mm;
    for (int i = 0; i < 4; i++) {
        struct bench_mm b = {i == 1 || i == 2 ? w : 0, i >= 2 ? d : 0, 0};
        if (!model_cam_from_bench(m, b, &out[i]) || out[i].x < 12 || out[i].x > 1267 || out[i].y < 12 ||
            out[i].y > 707)
            return false;
    }
    return true;
}

static void corners_are_found(void **unused)
{
    (void)unused;
    uint64_t state = 21;
    double sum = 0, worst = 0;
    int found = 0, wrong = 0, refused = 0;
    for (int rig = 0; found + wrong + refused < 12 && rig < 60; rig++) {
        struct model m;
        struct image white;
        struct decode_result pairs;
        struct cam_px truth[4], seen[4];
        struct lw_error err;
        double confidence, far = 0;
        rig_random(&state, &m);
        if (!true_corners(&m, truth))
            continue;
        draw(&m, rig % 2 ? 40 : 200, &white, &state);
        light(&m, &pairs);
        if (edges_find_corners(&white, &pairs, PERSON_BOTTOM, m.bench_width_mm, m.bench_depth_mm, seen,
                               &confidence, &err)) {
            refused++;
        } else {
            for (int i = 0; i < 4; i++) {
                double e = hypot(seen[i].x - truth[i].x, seen[i].y - truth[i].y);
                far = fmax(far, e);
                sum += e / 4;
            }
            worst = fmax(worst, far);
            found += far <= 6;
            wrong += far > 6;
        }
        image_finish(&white);
        decode_finish(&pairs);
    }
    printf("corners of %d benches found, mean %.2f px, worst %.2f px; %d wrong, %d refused\n", found,
           sum / fmax(1, found + wrong), worst, wrong, refused);
    assert_true(found >= 9);
    assert_int_equal(wrong, 0);
}

static void order_follows_the_person(void **unused)
{
    (void)unused;
    uint64_t state = 21;
    struct model m;
    struct cam_px truth[4], seen[4];
    struct image white;
    struct decode_result pairs;
    struct lw_error err;
    double confidence;
    do
        rig_random(&state, &m);
    while (!true_corners(&m, truth));
    draw(&m, 40, &white, &state);
    light(&m, &pairs);
    assert_ok(edges_find_corners(&white, &pairs, PERSON_TOP, m.bench_width_mm, m.bench_depth_mm, seen,
                                 &confidence, &err),
              &err);
    for (int i = 0; i < 4; i++) /* from the other side, left is right and front is back */
        assert_true(hypot(seen[i].x - truth[(i + 2) % 4].x, seen[i].y - truth[(i + 2) % 4].y) < 6);
    image_finish(&white);
    decode_finish(&pairs);
}

/* The twin: pairs as before, but a picture without edges. */
static void bench_without_edges_is_refused(void **unused)
{
    (void)unused;
    uint64_t state = 21;
    struct model m;
    struct cam_px truth[4], seen[4];
    struct image white;
    struct decode_result pairs;
    struct lw_error err;
    double confidence;
    do
        rig_random(&state, &m);
    while (!true_corners(&m, truth));
    assert_ok(image_init(&white, 1280, 720, IMAGE_GRAY8, &err), &err);
    for (int y = 0; y < 720; y++)
        for (int x = 0; x < 1280; x++)
            image_row(&white, y)[x] = (uint8_t)(150 + 2 * rig_gauss(&state));
    light(&m, &pairs);
    assert_int_equal(edges_find_corners(&white, &pairs, PERSON_BOTTOM, m.bench_width_mm, m.bench_depth_mm,
                                        seen, &confidence, &err),
                     LW_MSG_EDGES_UNSURE);
    pairs.count = 10;
    assert_int_equal(edges_find_corners(&white, &pairs, PERSON_BOTTOM, m.bench_width_mm, m.bench_depth_mm,
                                        seen, &confidence, &err),
                     LW_MSG_EDGES_UNSURE);
    image_finish(&white);
    decode_finish(&pairs);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners_are_found),
        cmocka_unit_test(order_follows_the_person),
        cmocka_unit_test(bench_without_edges_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
