/* Things left on drawn benches, and a bench top that is bent; from pairs and a model solved from them alone. */
#include "left.h"
#include "rigs.h"
#include "solve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_PX 9
#define PAIRS_MAX 20000

struct thing {
    double x, y, width, depth, height; /* shares of the bench; mm */
};

struct scene {
    const struct thing *things;
    int count;
    double bulge_mm; /* of the bench top, round, in the middle of its left half */
};

static double height_at(const struct scene *s, const struct model *m, double x, double y)
{
    double u = x / m->bench_width_mm, v = y / m->bench_depth_mm, d = hypot(u - 0.3, (v - 0.5) * 0.6) / 0.28;
    for (int i = 0; i < s->count; i++)
        if (fabs(x - s->things[i].x * m->bench_width_mm) < s->things[i].width / 2 &&
            fabs(y - s->things[i].y * m->bench_depth_mm) < s->things[i].depth / 2)
            return s->things[i].height;
    return d < 1 ? s->bulge_mm * (1 + cos(LW_PI * d)) / 2 : 0;
}

/* The highest place along the camera's ray: what it sees. */
static bool seen_at(const struct scene *s, const struct model *m, struct cam_px c, struct bench_mm *b)
{
    for (double z = s->count ? 130 : s->bulge_mm; z >= 0; z -= s->count ? 1 : 0.125) {
        if (!model_bench_from_cam(m, c, z, b))
            return false;
        if (height_at(s, m, b->x, b->y) >= z)
            break;
    }
    return true;
}

static int pairs_of(const struct scene *s, const struct model *m, struct decode_pair *out, uint64_t *state)
{
    int n = 0;
    for (int y = 4; y < m->camera.lens.height; y += STEP_PX)
        for (int x = 4; x < m->camera.lens.width; x += STEP_PX) {
            struct bench_mm b, lit;
            struct proj_px q;
            if (!seen_at(s, m, (struct cam_px){x, y}, &b) || !model_proj_from_bench(m, b, &q) || q.x < 0 || q.x > 1919 || q.y < 0 ||
                q.y > 1079)
                continue;
            bool shadow = false; /* of what stands in the light's way */
            for (double z = b.z + 3; z < 160 && !shadow; z += 4)
                shadow = model_bench_from_proj(m, q, z, &lit) && height_at(s, m, lit.x, lit.y) > z;
            if (!shadow)
                out[n++] = (struct decode_pair){{x, y}, {q.x + 0.1 * rig_gauss(state), q.y + 0.1 * rig_gauss(state)}, 1};
        }
    return n;
}

static int look(const struct scene *s, uint64_t seed, struct left_region out[LEFT_MAX], struct model *truth)
{
    static struct decode_pair pairs[PAIRS_MAX];
    struct model m;
    struct solve_quality q;
    struct lw_error err;
    uint64_t state = seed;
    rig_random(&state, truth);
    const struct solve_plane plane = {pairs, pairs_of(s, truth, pairs, &state), 0};
    struct solve_input in = {.planes = &plane, .plane_count = 1, .camera_width = 1280, .camera_height = 720, .projector_width = 1920,
                             .projector_height = 1080, .bench_width_mm = truth->bench_width_mm,
                             .bench_depth_mm = truth->bench_depth_mm};
    for (int i = 0; i < 4; i++) {
        const struct bench_mm b = {i == 1 || i == 2 ? truth->bench_width_mm : 0, i >= 2 ? truth->bench_depth_mm : 0, 0};
        assert_true(model_cam_from_bench(truth, b, &in.corners[i]));
        in.corners[i].x += 0.4 * rig_gauss(&state), in.corners[i].y += 0.4 * rig_gauss(&state);
    }
    assert_ok(solve_model(&in, &m, &q, &err), &err);
    return left_find(&m, pairs, plane.count, out);
}

#define SEEDS 8
#define OFF_MM 35 /* of a region's middle: heights are rough without a box */

static void things_are_found(void **unused)
{
    (void)unused;
    static const struct thing things[] = {{0.3, 0.3, 120, 80, 60}, {0.7, 0.45, 60, 40, 8}, {0.5, 0.75, 160, 100, 120}, {0.2, 0.7, 45, 90, 15}};
    const struct scene s = {things, 4, 0};
    int found = 0, wrong = 0;
    double worst = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct left_region r[LEFT_MAX];
        struct model truth;
        int n = look(&s, seed, r, &truth);
        bool hit[4] = {0};
        for (int i = 0; i < n; i++) {
            int which = -1;
            for (int k = 0; k < 4; k++)
                if (fabs(r[i].middle.x - things[k].x * truth.bench_width_mm) < things[k].width / 2 &&
                    fabs(r[i].middle.y - things[k].y * truth.bench_depth_mm) < things[k].depth / 2)
                    which = k;
            wrong += which < 0 || r[i].kind != LEFT_THING;
            if (which < 0)
                continue;
            hit[which] = true;
            worst = fmax(worst, hypot(r[i].middle.x - things[which].x * truth.bench_width_mm,
                                      r[i].middle.y - things[which].y * truth.bench_depth_mm));
        }
        found += hit[0] + hit[1] + hit[2] + hit[3];
    }
    printf("  %d of %d things found, %d wrong; their middles at most %.1f mm off\n", found, 4 * SEEDS, wrong, worst);
    assert_true(found >= 4 * SEEDS - 2 && wrong == 0 && worst < OFF_MM);
}

/* The twins: an empty bench has nothing on it, and a bent one no thing. */
static void benches_are_left_alone(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct left_region r[LEFT_MAX];
        struct model truth;
        assert_int_equal(look(&(struct scene){NULL, 0, 0}, seed, r, &truth), 0);
        for (double bulge = 3; bulge <= 12; bulge += 3) {
            int n = look(&(struct scene){NULL, 0, bulge}, seed, r, &truth);
            for (int i = 0; i < n; i++)
                assert_int_equal(r[i].kind, LEFT_BEND);
        }
    }
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_found),
        cmocka_unit_test(benches_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
