/* The coded grid: on drawn benches with noise, gloss, grain and a tub, and through a real projector and camera, whose
 * decoded stripes (kamino410) tell what each camera pixel sees of any picture. */
#include "decode_map.h"
#include "grid.h"
#include "kamino.h"
#include "rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE_GREY 1.5 /* kamino410: about 1 grey level a picture */
#define SAMPLES    3   /* squared: lights a camera px blurs together */

struct setting {
    int camera_width, camera_height, projector_width, projector_height;
    double light, room, noise; /* grey levels */
    bool one;                  /* without the inverse */
    bool mirrored;             /* camera sees it mirrored */
    int quarter_turns;
    bool foreign;              /* another grid than the one that is looked for */
    double arm;                /* share of the picture that is covered */
};
static const struct setting usual = {.camera_width = 1280, .camera_height = 720, .projector_width = 1920,
                                     .projector_height = 1080, .light = 90, .room = 70, .noise = NOISE_GREY};

/* Where a camera place looks in the projector's picture; a tub of `step` px parallax stands on part of it. */
static bool true_place(const struct setting *s, double x, double y, double *u, double *v)
{
    double a = (x + 0.5) / s->camera_width - 0.5, b = (y + 0.5) / s->camera_height - 0.5, t;
    for (int k = 0; k < s->quarter_turns; k++)
        t = a, a = -b, b = t;
    if (s->mirrored)
        a = -a;
    double w = 1 + 0.08 * a - 0.1 * b, r2 = a * a + b * b;
    a *= 1 - 0.06 * r2, b *= 1 - 0.06 * r2;
    *u = s->projector_width * (0.5 + (0.97 * a + 0.03 * b) / w);
    *v = s->projector_height * (0.5 + (-0.02 * a + 1.02 * b) / w);
    bool tub = a > 0.1 && a < 0.32 && b > -0.35 && b < -0.05;
    if (tub)
        *u += 0.021 * s->projector_width, *v += 0.035 * s->projector_height;
    return tub;
}

/* Grain of wood, prints, a dark mat. */
static double albedo(const struct setting *s, int x, int y)
{
    double a = (double)x / s->camera_width, b = (double)y / s->camera_height;
    double grain = 1 + 0.12 * sin(y * 0.9 + 3 * sin(x * 0.011)) + 0.06 * sin(x * 0.37);
    bool mat = a > 0.15 && a < 0.4 && b > 0.6 && b < 0.85, print = mat && ((x / 9 + y / 7) % 3 == 0);
    return grain * (mat ? 0.35 : 1) * (print ? 1.9 : 1);
}

static void photograph(const struct setting *s, const struct image *shown, uint64_t *state, struct image *out)
{
    struct lw_error err;
    assert_ok(image_init(out, s->camera_width, s->camera_height, IMAGE_GRAY8, &err), &err);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double light = 0, gloss = hypot(x - 0.6 * out->width, y - 0.7 * out->height) < 0.04 * out->height ? 400 : 0;
            for (int k = 0; k < SAMPLES * SAMPLES; k++) {
                double u, v; /* blurred over 1.5 px */
                true_place(s, x - 0.75 + 1.5 * (k % SAMPLES + harness_random(state)) / SAMPLES,
                           y - 0.75 + 1.5 * (k / SAMPLES + harness_random(state)) / SAMPLES, &u, &v);
                int pu = (int)floor(u), pv = (int)floor(v);
                bool in = pu >= 0 && pv >= 0 && pu < shown->width && pv < shown->height;
                light += in ? image_row(shown, pv)[pu] / 255.0 : 0;
            }
            double grey = albedo(s, x, y) * (s->room * (0.6 + 0.8 * x / out->width) + s->light * light / (SAMPLES * SAMPLES));
            if (x < s->arm * out->width && y > 0.3 * out->height)
                grey = 110 + 20 * sin(x * 0.05);
            grey += gloss + s->noise * rig_gauss(state);
            image_row(out, y)[x] = (uint8_t)fmax(0, fmin(255, grey));
        }
}

/* Squares of the same size with another code, for the twin. */
static void draw(const struct setting *s, const struct grid_plan *plan, bool inverse, struct image *shown)
{
    grid_draw(plan, inverse, 0, 255, shown);
    for (int row = 0; s->foreign && row < plan->rows; row++)
        for (int column = 0; column < plan->columns; column++) {
            int bit = (column * 7 + row * 13 + (column * row) % 5) % 3 == 0, side = plan->cell_px;
            bool bright = (column + row) % 2 == bit;
            for (int y = side / 3; y < side - side / 3; y++)
                memset(image_row(shown, plan->top + row * side + y) + plan->left + column * side + side / 3,
                       bright != inverse ? 255 : 0, (size_t)(side - side / 3 * 2));
        }
}

static enum lw_msg look(const struct setting *s, uint64_t seed, struct grid_result *r, struct grid_plan *plan)
{
    struct lw_error err;
    struct image shown, pictures[2] = {{0}};
    *plan = grid_plan_make(s->projector_width, s->projector_height);
    assert_ok(image_init(&shown, s->projector_width, s->projector_height, IMAGE_GRAY8, &err), &err);
    for (int k = 0; k < 2 - s->one; k++) {
        draw(s, plan, k, &shown);
        photograph(s, &shown, &seed, &pictures[k]);
    }
    enum lw_msg rc = grid_find(plan, &pictures[0], &pictures[1], r, &err);
    for (int k = 0; k < 2; k++)
        image_finish(&pictures[k]);
    image_finish(&shown);
    return rc;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Errors in camera px of the bench's pairs; pairs whose place is another one count as wrong. */
static int judge(const struct setting *s, const struct grid_result *r, const struct grid_plan *plan, const char *name)
{
    double *miss = malloc((size_t)r->count * sizeof *miss);
    double scale = (double)s->camera_width / s->projector_width * (s->quarter_turns % 2 ? (double)s->camera_width / s->camera_height : 1);
    int n = 0, wrong = 0;
    for (int i = 0; i < r->count; i++) {
        double u, v;
        true_place(s, r->pairs[i].cam.x, r->pairs[i].cam.y, &u, &v);
        double off = hypot(u - 0.5 - r->pairs[i].proj.x, v - 0.5 - r->pairs[i].proj.y);
        wrong += off > 0.5 * plan->cell_px;
        miss[n++] = off * scale;
    }
    qsort(miss, (size_t)n, sizeof *miss, by_size);
    printf("  %-28s %4d of %4d corners, %d wrong; median %.3f, 95 %% %.3f, worst %.2f camera px; %.0f ms\n", name, r->count,
           (plan->columns + 1) * (plan->rows + 1), wrong, miss[n / 2], miss[n * 95 / 100], miss[n - 1], 1e3 * r->seconds);
    free(miss);
    return wrong;
}

static void places_are_found(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        int least;
        struct setting s;
    } cases[] = {
        {"usual", 700, {1280, 720, 1920, 1080, 90, 70, NOISE_GREY, 0, 0, 0, 0, 0}},
        {"one picture", 250, {1280, 720, 1920, 1080, 90, 70, NOISE_GREY, 1, 0, 0, 0, 0}},
        {"dim light, bright room", 500, {1280, 720, 1920, 1080, 22, 140, NOISE_GREY, 0, 0, 0, 0, 0}},
        {"noise 4 grey levels", 600, {1280, 720, 1920, 1080, 90, 70, 4, 0, 0, 0, 0, 0}},
        {"4K projector, 720p camera", 700, {1280, 720, 3840, 2160, 90, 70, NOISE_GREY, 0, 0, 0, 0, 0}},
        {"1080p camera", 700, {1920, 1080, 1280, 800, 90, 70, NOISE_GREY, 0, 0, 0, 0, 0}},
        {"640x480 camera", 500, {640, 480, 1024, 768, 90, 70, NOISE_GREY, 0, 0, 0, 0, 0}},
        {"mirrored", 700, {1280, 720, 1920, 1080, 90, 70, NOISE_GREY, 0, 1, 0, 0, 0}},
        {"a quarter turn", 300, {1280, 960, 1920, 1080, 90, 70, NOISE_GREY, 0, 0, 1, 0, 0}},
        {"upside down", 700, {1280, 720, 1920, 1080, 90, 70, NOISE_GREY, 0, 0, 2, 0, 0}},
        {"an arm in it", 400, {1280, 720, 1920, 1080, 90, 70, NOISE_GREY, 0, 0, 0, 0, 0.3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct grid_result r;
        struct grid_plan plan;
        assert_int_equal(look(&cases[i].s, 40 + i, &r, &plan), LW_OK);
        int wrong = judge(&cases[i].s, &r, &plan, cases[i].name);
        assert_int_equal(wrong, 0);
        assert_true(r.count >= cases[i].least && r.mirrored == cases[i].s.mirrored);
        grid_finish(&r);
    }
}

/* The twins: nothing is found where the grid is not. */
static void nothing_else_is_read(void **unused)
{
    (void)unused;
    struct grid_result r;
    struct grid_plan plan;
    struct setting s = usual;
    s.light = 0;
    assert_int_not_equal(look(&s, 1, &r, &plan), LW_OK); /* noise alone is no light, or nothing in it is read */
    assert_true(r.count == 0 && !r.pairs);
    s = usual, s.foreign = true; /* squares, but not the grid's */
    enum lw_msg rc = look(&s, 2, &r, &plan);
    assert_int_not_equal(rc, LW_OK);
    grid_finish(&r);
}

/* ---- through a real projector and camera ---- */

/* What the camera would see of `shown`: what it saw of white and black, mixed by what each pixel sees of it. */
static void relight(const struct decode_map *m, const struct image *white, const struct image *black, const struct image *shown,
                    uint64_t *state, struct image *out)
{
    struct lw_error err;
    assert_ok(image_init(out, m->width, m->height, IMAGE_GRAY8, &err), &err);
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            double light = 0.5; /* not known */
            int n = 0;
            double sum = 0;
            for (int dy = -1; dy <= 1; dy++) /* the lens blurs */
                for (int dx = -1; dx <= 1; dx++) {
                    if (x + dx < 0 || y + dy < 0 || x + dx >= m->width || y + dy >= m->height)
                        continue;
                    ptrdiff_t at = (ptrdiff_t)(y + dy) * m->width + x + dx;
                    if (m->column[at] == DECODE_NONE || m->row[at] == DECODE_NONE)
                        continue;
                    sum += image_row(shown, m->row[at] / 2 < shown->height ? m->row[at] / 2 : shown->height - 1)[m->column[at] / 2] / 255.0;
                    n++;
                }
            light = n ? sum / n : light;
            double k = image_row(black, y)[x], w = image_row(white, y)[x];
            image_row(out, y)[x] = (uint8_t)fmax(0, fmin(255, k + (w - k) * light + rig_gauss(state)));
        }
}

static void real_light_is_read(void **unused)
{
    (void)unused;
    struct pattern_plan stripes = kamino_plan();
    struct grid_plan plan = grid_plan_make(stripes.width, stripes.height);
    struct lw_error err;
    uint64_t state = 5;
    int all = 0, wrong = 0;
    for (int pose = 0; pose < 5; pose++) {
        struct image captures[KAMINO_PICTURES], shown, pictures[2];
        struct decode_map m;
        struct grid_result r;
        kamino_load(pose, captures);
        assert_ok(decode_map_make(&stripes, captures, KAMINO_PICTURES, &m, &err), &err);
        assert_ok(image_init(&shown, plan.width, plan.height, IMAGE_GRAY8, &err), &err);
        for (int k = 0; k < 2; k++) {
            grid_draw(&plan, k, 0, 255, &shown);
            relight(&m, &captures[0], &captures[1], &shown, &state, &pictures[k]);
        }
        enum lw_msg rc = grid_find(&plan, &pictures[0], &pictures[1], &r, &err);
        assert_true(rc == LW_OK || (pose > 0 && rc == LW_MSG_LIGHT_UNREADABLE)); /* black print on half of the rest */
        double miss[4000] = {0};
        int n = 0;
        for (int i = 0; i < r.count; i++) {
            ptrdiff_t at = (ptrdiff_t)lround(r.pairs[i].cam.y) * m.width + lround(r.pairs[i].cam.x);
            if (m.column[at] == DECODE_NONE || m.row[at] == DECODE_NONE)
                continue;
            miss[n] = hypot(decode_px(m.column[at], 0) - r.pairs[i].proj.x, decode_px(m.row[at], 0) - r.pairs[i].proj.y);
            wrong += miss[n++] > 4;
        }
        qsort(miss, (size_t)n, sizeof *miss, by_size);
        printf("  kamino410 pose %d: %d pairs, against its stripes median %.2f, 95 %% %.2f, worst %.2f projector px; %.0f ms\n", pose,
               r.count, miss[n / 2], miss[n * 95 / 100], miss[n - 1], 1e3 * r.seconds);
        all += r.count;
        grid_finish(&r);
        decode_map_finish(&m);
        image_finish(&shown);
        image_finish(&pictures[0]);
        image_finish(&pictures[1]);
        kamino_finish(captures);
    }
    assert_true(all > 250);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_found),
        cmocka_unit_test(nothing_else_is_read),
        cmocka_unit_test(real_light_is_read), /* last: skips all when the data is absent */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
