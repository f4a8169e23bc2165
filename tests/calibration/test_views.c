/* Boards on drawn stations: what the joint solution makes of heights and scale, and what it names.
 * test_calibration_views [RIGS]: over so many stations (default 6); 30 are the published figure. */
#include "rigs.h"
#include "solve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS     7
#define STEP_PX   12
#define FACE_PX   7
#define PAIRS_MAX 20000

static int rigs = 6;

static const struct board a4 = {.kind = BOARD_CHARUCO, .dictionary = "DICT_4X4_50", .squares_x = 5, .squares_y = 7,
                                .square_mm = 30, .marker_mm = 22};

struct fault {
    double scale, bow_mm, aspect; /* of the print, of the board, of the projector's pixels */
    int moved;                    /* view that was lifted while it was captured; -1 none */
    bool mirrored;
};
static const struct fault fine = {.scale = 1, .aspect = 1, .moved = -1};

struct scene {
    struct model truth;
    struct decode_pair *flat, *faces[VIEWS];
    struct board_corner corners[VIEWS][64];
    struct solve_plane plane;
    struct solve_view views[VIEWS];
    struct solve_input in;
};

static double noise(uint64_t *state, double sigma)
{
    return sigma * rig_gauss(state);
}

/* The bench with tubs on its far quarter. */
static void make_flat(struct scene *s, uint64_t *state)
{
    const struct model *m = &s->truth;
    int n = 0;
    s->flat = malloc(PAIRS_MAX * sizeof *s->flat);
    for (int y = 4; y < m->camera.lens.height; y += STEP_PX)
        for (int x = 4; x < m->camera.lens.width; x += STEP_PX) {
            struct bench_mm b;
            struct proj_px q;
            if (!model_bench_from_cam(m, (struct cam_px){x, y}, 0, &b))
                continue;
            if (b.y > 0.8 * m->bench_depth_mm)
                model_bench_from_cam(m, (struct cam_px){x, y}, 60 + 40 * sin(b.x / 30), &b);
            if (!model_proj_from_bench(m, b, &q) || q.x < 0 || q.x > 1919 || q.y < 0 || q.y > 1079)
                continue;
            s->flat[n++] = (struct decode_pair){{x, y}, {q.x + noise(state, 0.1), q.y + noise(state, 0.1)}, 1};
        }
    s->plane = (struct solve_plane){s->flat, n, 0};
}

struct placed {
    double R[9], t[3], scale, bow_mm;
};

static void on_board(const struct placed *p, struct local_mm at, double X[3])
{
    double u = 2 * at.x / board_width_mm(&a4) - 1, v = 2 * at.y / board_height_mm(&a4) - 1;
    double z = p->bow_mm * v * v + 0.3 * p->bow_mm * u * u, x = p->scale * at.x, y = p->scale * at.y;
    for (int i = 0; i < 3; i++)
        X[i] = p->R[3 * i] * x + p->R[3 * i + 1] * y + p->R[3 * i + 2] * z + p->t[i];
}

static void place(const struct model *m, int view, uint64_t *state, struct placed *p)
{
    double tilt = view < 3 ? 0 : 0.35, turn[3], c[3] = {board_width_mm(&a4) / 2, board_height_mm(&a4) / 2, 0};
    turn[0] = tilt * (2 * harness_random(state) - 1);
    turn[1] = tilt * (2 * harness_random(state) - 1);
    turn[2] = 2 * harness_random(state) - 1;
    rotation_matrix(turn, p->R);
    const double middle[3] = {m->bench_width_mm * (0.2 + 0.3 * (view % 3)), m->bench_depth_mm * (0.3 + 0.15 * (view % 2)),
                              view < 3 ? 0.3 : 60 + 60 * harness_random(state)};
    for (int i = 0; i < 3; i++)
        p->t[i] = middle[i] - p->R[3 * i] * c[0] - p->R[3 * i + 1] * c[1];
}

static void make_view(struct scene *s, int view, const struct fault *f, double print, uint64_t *state)
{
    const struct model *m = &s->truth;
    struct placed p = {.scale = f->scale * print, .bow_mm = f->bow_mm};
    int n = 0, corners = 0;
    place(m, view, state, &p);
    for (int id = 0; id < board_corner_count(&a4); id++) {
        double X[3];
        struct cam_px c = {0, 0};
        on_board(&p, board_corner(&a4, id), X);
        assert_true(model_cam_from_bench(m, (struct bench_mm){X[0], X[1], X[2]}, &c));
        s->corners[view][corners++] =
            (struct board_corner){id, {c.x + noise(state, 0.05), c.y + noise(state, 0.05)}, 0.04F};
    }
    if (view == f->moved)
        p.t[2] += 25; /* lifted between the white picture and the stripes */
    s->faces[view] = malloc(PAIRS_MAX * sizeof **s->faces);
    for (double y = 2; y < board_height_mm(&a4); y += FACE_PX)
        for (double x = 2; x < board_width_mm(&a4); x += FACE_PX) {
            double X[3];
            struct cam_px c = {0, 0};
            struct proj_px q = {0, 0};
            on_board(&p, (struct local_mm){x, y}, X);
            const struct bench_mm b = {X[0], X[1], X[2]};
            if (model_cam_from_bench(m, b, &c) && model_proj_from_bench(m, b, &q))
                s->faces[view][n++] = (struct decode_pair){c, {q.x + noise(state, 0.1), q.y + noise(state, 0.1)}, 1};
        }
    s->views[view] = (struct solve_view){"view", s->corners[view], corners, s->faces[view], n, false};
}

static void make_scene(struct scene *s, const struct fault *f, uint64_t *state)
{
    rig_random(state, &s->truth);
    struct model *m = &s->truth;
    double print = 1 + noise(state, 0.001); /* a printer's own error */
    m->projector.lens.fy *= f->aspect;
    if (f->mirrored) {
        m->projector.lens.fx *= -1;
        m->projector.lens.cx = 1919 - m->projector.lens.cx;
    }
    make_flat(s, state);
    for (int v = 0; v < VIEWS; v++)
        make_view(s, v, f, print, state);
    s->in = (struct solve_input){.planes = &s->plane, .plane_count = 1, .board = &a4, .views = s->views, .view_count = VIEWS,
                                 .camera_width = 1280, .camera_height = 720, .projector_width = 1920,
                                 .projector_height = 1080, .bench_width_mm = m->bench_width_mm,
                                 .bench_depth_mm = m->bench_depth_mm};
    for (int i = 0; i < 4; i++) {
        const struct bench_mm b = {i == 1 || i == 2 ? m->bench_width_mm : 0, i >= 2 ? m->bench_depth_mm : 0, 0};
        assert_true(model_cam_from_bench(m, b, &s->in.corners[i]));
        s->in.corners[i].x += noise(state, 0.4);
        s->in.corners[i].y += noise(state, 0.4);
    }
}

static void finish_scene(struct scene *s)
{
    free(s->flat);
    for (int v = 0; v < VIEWS; v++)
        free(s->faces[v]);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { GRID = 9, POINTS = GRID * GRID };

/* True errors of drawn points over all stations at one height: in bench mm, and against what the camera sees. */
struct pool {
    double bench[100 * POINTS], seen[100 * POINTS];
    int count, covered;
    double sigma_square;
};

static void add_errors(const struct model *truth, const struct model *m, double z, struct pool *p)
{
    for (int i = 0; i < POINTS; i++) {
        struct bench_mm b = {truth->bench_width_mm * (0.06 + 0.88 * (i % GRID) / (GRID - 1)),
                             truth->bench_depth_mm * (0.06 + 0.88 * (i / GRID) / (GRID - 1)), z}, real, aim;
        struct proj_px q;
        struct cam_px c;
        assert_true(model_proj_from_bench(m, b, &q) && model_bench_from_proj(truth, q, z, &real));
        p->bench[p->count] = hypot(real.x - b.x, real.y - b.y);
        double sigma = model_sigma_mm(m, b);
        p->covered += p->bench[p->count] <= 2 * sigma;
        p->sigma_square += sigma * sigma;
        assert_true(model_cam_from_bench(truth, b, &c) && model_bench_from_cam(m, c, z, &aim) &&
                    model_proj_from_bench(m, aim, &q) && model_bench_from_proj(truth, q, z, &real));
        p->seen[p->count++] = hypot(real.x - b.x, real.y - b.y);
    }
}

static void heights_and_scale_are_true(void **unused)
{
    (void)unused;
    static const double heights[] = {0, 30, 100}, median_mm[] = {0.5, 0.6, 0.6}, p95_mm[] = {1.3, 1.5, 1.5};
    static struct pool pools[3];
    uint64_t state = 21;
    double slowest = 0;
    struct fault bowed = fine;
    bowed.bow_mm = 0.4;
    for (int i = 0; i < rigs; i++) {
        static struct scene s;
        struct model m;
        struct solve_quality q;
        struct lw_error err;
        bowed.mirrored = i % 5 == 4;
        make_scene(&s, &bowed, &state);
        assert_ok(solve_views(&s.in, &m, &q, NULL, &err), &err);
        for (int h = 0; h < 3; h++)
            add_errors(&s.truth, &m, heights[h], &pools[h]);
        assert_false(m.rough);
        slowest = fmax(slowest, q.seconds);
        finish_scene(&s);
    }
    printf("%d drawn stations, A4 board in %d places, print 0.1 %%, bow 0.4 mm, corners 0.4 px; solved in at most %.2f s\n", rigs,
           VIEWS, slowest);
    for (int h = 0; h < 3; h++) {
        struct pool *p = &pools[h];
        qsort(p->bench, (size_t)p->count, sizeof(double), by_size);
        qsort(p->seen, (size_t)p->count, sizeof(double), by_size);
        double square = 0;
        for (int i = 0; i < p->count; i++)
            square += p->bench[i] * p->bench[i];
        double times = sqrt(p->sigma_square / square);
        printf("  %3.0f mm high: bench mm median %.2f p95 %.2f, light against camera %.2f / %.2f; within 2 sigma %.1f %%, sigma %.1f "
               "times the true rms\n",
               heights[h], p->bench[p->count / 2], p->bench[p->count * 95 / 100], p->seen[p->count / 2],
               p->seen[p->count * 95 / 100], 100.0 * p->covered / p->count, times);
        assert_true(p->bench[p->count / 2] < median_mm[h] && p->bench[p->count * 95 / 100] < p95_mm[h]);
        assert_true(p->covered >= 0.95 * p->count);
    }
}

static enum lw_msg solve_fault(const struct fault *f, uint64_t seed, struct solve_report *report)
{
    static struct scene s;
    struct model m;
    struct solve_quality q;
    struct lw_error err = {0};
    uint64_t state = seed;
    make_scene(&s, f, &state);
    enum lw_msg rc = solve_views(&s.in, &m, &q, report, &err);
    if (rc)
        printf("  %s: %s (scale %.3f, aspect %.3f +- %.4f)\n", lw_msg_name(rc), err.text, report->board_scale, report->projector_aspect, report->projector_aspect_sigma);
    finish_scene(&s);
    return rc;
}

/* Each by its name; its twin, the fine bench, is heights_and_scale_are_true. */
static void faults_are_named(void **unused)
{
    (void)unused;
    struct solve_report r;
    for (uint64_t seed = 31; seed < 34; seed++) {
        struct fault f = fine;
        f.bow_mm = 4;
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_BENT);
        f = fine, f.scale = 0.97;
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_SCALE);
        assert_true(fabs(r.board_scale - 0.97) < 0.008);
        f = fine, f.scale = 25.0 / 30;
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_OTHER_SIZE);
        f = fine, f.aspect = 1.04;
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_KEYSTONE_ON);
        f = fine, f.aspect = 10.0 / 9; /* 16:9 on a panel of 16:10 */
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_NOT_NATIVE);
        f = fine, f.moved = 4;
        assert_int_equal(solve_fault(&f, seed, &r), LW_MSG_SOLVE_MOVED);
        assert_int_equal(r.bad_view, 4);
    }
}

int main(int argc, char **argv)
{
    harness_init();
    rigs = argc > 1 ? atoi(argv[1]) : rigs;
    rigs = rigs < 1 ? 1 : rigs > 100 ? 100 : rigs;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heights_and_scale_are_true),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
