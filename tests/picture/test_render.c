#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "render.h"
#include "some_scenes.h"

#define WIDTH  640
#define HEIGHT 360

static struct render *fresh(const struct model *m)
{
    struct render *r = NULL;
    struct lw_error err = {0};
    assert_ok(render_create(&r, WIDTH, HEIGHT, &err), &err);
    render_set_model(r, m, 800, 450);
    return r;
}

static bool same_picture(const struct image *a, const struct image *b)
{
    for (int y = 0; y < a->height; y++)
        if (memcmp(image_row(a, y), image_row(b, y), (size_t)a->width * 4) != 0)
            return false;
    return true;
}

static bool inside(const struct picture_rect *rects, int count, int x, int y)
{
    for (int i = 0; i < count; i++)
        if (x >= rects[i].x && x < rects[i].x + rects[i].width && y >= rects[i].y &&
            y < rects[i].y + rects[i].height)
            return true;
    return false;
}

static void assert_changes_inside(const struct image *before, const struct image *after,
                                  const struct picture_rect *rects, int count)
{
    for (int y = 0; y < after->height; y++)
        for (int x = 0; x < after->width; x++)
            if (memcmp(image_row(before, y) + 4 * x, image_row(after, y) + 4 * x, 4) != 0 &&
                !inside(rects, count, x, y))
                fail_msg("pixel %d, %d changed outside the rectangles", x, y);
}

static void an_equal_scene_changes_nothing(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct scene *s = scene_create();
    struct render *r = fresh(NULL);
    some_step(s);
    assert_int_equal(render_draw(r, s, 0, rects), 1);
    assert_int_equal(rects[0].width, WIDTH);
    assert_int_equal(render_draw(r, s, 0, rects), 0);
    render_invalidate(r);
    assert_int_equal(render_draw(r, s, 0, rects), 1);
    render_destroy(&r);
    scene_destroy(&s);
}

static void one_changed_item_changes_its_rectangle(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct scene *s = scene_create();
    struct render *r = fresh(NULL);
    struct scene_item *fill = scene_add(s, SCENE_FILL, SCENE_WHITE);
    some_box(fill, 100, 100, 50, 40, 0);
    some_box(scene_add(s, SCENE_OUTLINE, SCENE_GUIDE), 400, 300, 100, 60, 0);
    render_draw(r, s, 0, rects);
    fill->colour = SCENE_GOOD;
    assert_int_equal(render_draw(r, s, 0, rects), 1);
    assert_in_range(rects[0].width, 40, 60); /* 50 mm at 0.8 px a mm, and the rim */
    assert_in_range(rects[0].height, 32, 52);
    const struct image *canvas = render_canvas(r);
    const uint8_t *p = image_row(canvas, HEIGHT - 80) + (ptrdiff_t)4 * 80;
    assert_int_equal(p[0], SCENE_GOOD.b);
    assert_int_equal(p[1], SCENE_GOOD.g);
    assert_int_equal(p[2], SCENE_GOOD.r);
    render_destroy(&r);
    scene_destroy(&s);
}

/* Any row of scenes, drawn by changes only, is at every moment bit for bit what a fresh renderer draws. */
static void changes_add_up_to_the_whole(void **state)
{
    (void)state;
    struct model model = some_model(WIDTH, HEIGHT);
    struct lw_error err = {0};
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct picture_rect rects[RENDER_RECTS], all[RENDER_RECTS];
        struct scene *s = scene_create();
        const struct model *m = seed % 2 ? &model : NULL;
        struct render *r = fresh(m);
        uint64_t random = seed;
        for (int round = 0; round < 20; round++) {
            struct image before;
            int64_t now = round * 77 * NS_PER_MS;
            some_change(s, &random);
            assert_ok(image_copy(&before, render_canvas(r), &err), &err);
            int count = render_draw(r, s, now, rects);
            assert_in_range(count, 0, RENDER_RECTS);
            if (round > 0)
                assert_changes_inside(&before, render_canvas(r), rects, count);
            struct render *other = fresh(m);
            render_draw(other, s, now, all);
            if (!same_picture(render_canvas(r), render_canvas(other)))
                fail_msg("seed %d round %d: not what a full redraw gives", (int)seed, round);
            render_destroy(&other);
            image_finish(&before);
        }
        render_destroy(&r);
        scene_destroy(&s);
    }
}

static void even_light_is_exactly_flat(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct model model = some_model(WIDTH, HEIGHT);
    struct scene *s = scene_create();
    struct render *r = fresh(&model);
    some_box(scene_add(s, SCENE_FILL, SCENE_WHITE), 400, 225, 120, 80, 0.3);
    render_draw(r, s, 0, rects);
    struct proj_px p;
    assert_true(model_proj_from_bench(&model, (struct bench_mm){400, 225, 0}, &p));
    for (int dy = -20; dy <= 20; dy++)
        for (int dx = -20; dx <= 20; dx++) {
            const uint8_t *q = image_row(render_canvas(r), (int)p.y + dy) + (ptrdiff_t)4 * ((int)p.x + dx);
            assert_int_equal(q[0] | q[1] << 8 | q[2] << 16,
                             SCENE_WHITE.b | SCENE_WHITE.g << 8 | SCENE_WHITE.r << 16);
        }
    render_destroy(&r);
    scene_destroy(&s);
}

/* Light-weighted middle of what is drawn, in canvas px. */
static struct proj_px middle(const struct image *im)
{
    double sum = 0, x_sum = 0, y_sum = 0;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++) {
            double v = image_row(im, y)[4 * x + 1];
            sum += v;
            x_sum += v * x;
            y_sum += v * y;
        }
    return (struct proj_px){x_sum / sum, y_sum / sum};
}

static void marks_lie_where_the_model_says(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct model model = some_model(WIDTH, HEIGHT);
    struct scene *s = scene_create();
    for (int i = 0; i < 9; i++) {
        struct bench_mm at = {150 + 250.0 * (i % 3), 100 + 125.0 * (i / 3), i * 8.0};
        struct render *r = fresh(&model);
        struct proj_px expected;
        scene_clear(s);
        struct scene_item *cross = scene_add(s, SCENE_CROSS, SCENE_WHITE);
        cross->points[0] = at;
        cross->size_mm = 12;
        render_draw(r, s, 0, rects);
        struct proj_px seen = middle(render_canvas(r));
        assert_true(model_proj_from_bench(&model, at, &expected));
        assert_true(hypot(seen.x - expected.x, seen.y - expected.y) < 0.25);
        render_destroy(&r);
    }
    scene_destroy(&s);
}

/* A long straight line on the bench is bent on the canvas: its middle lies on the model's curve, not on the
 * chord. */
static void lines_follow_the_lens(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct model model = some_model(WIDTH, HEIGHT);
    model.projector.lens.k1 = -0.5; /* a bad lens */
    struct scene *s = scene_create();
    struct render *r = fresh(&model);
    struct scene_item *line = scene_add(s, SCENE_LINE, SCENE_WHITE);
    line->points[0] = (struct bench_mm){60, 440, 0};
    line->points[1] = (struct bench_mm){740, 440, 0};
    line->count = 2;
    line->width_mm = 2.5;
    render_draw(r, s, 0, rects);
    struct proj_px a, b, c;
    assert_true(model_proj_from_bench(&model, line->points[0], &a));
    assert_true(model_proj_from_bench(&model, (struct bench_mm){400, 440, 0}, &b));
    assert_true(model_proj_from_bench(&model, line->points[1], &c));
    double chord = a.y + (c.y - a.y) * (b.x - a.x) / (c.x - a.x);
    assert_true(fabs(chord - b.y) > 3);
    assert_true(image_row(render_canvas(r), (int)lround(b.y))[4 * (int)lround(b.x) + 1] > 150);
    assert_int_equal(image_row(render_canvas(r), (int)lround(chord))[4 * (int)lround(b.x) + 1], 0);
    render_destroy(&r);
    scene_destroy(&s);
}

static void animation_redraws_only_its_place_and_not_too_often(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct scene *s = scene_create();
    struct render *r = fresh(NULL);
    some_step(s);
    render_draw(r, s, 0, rects);
    assert_true(render_next_ns(r) == INT64_MAX);
    struct scene_item *way = scene_add(s, SCENE_LINE, SCENE_GUIDE);
    way->points[0] = (struct bench_mm){100, 60, 0};
    way->points[1] = (struct bench_mm){700, 60, 0};
    way->count = 2;
    way->animation = SCENE_TRAVEL;
    render_draw(r, s, 0, rects);
    int draws = 0;
    for (int64_t now = 0; now < NS_PER_S; now += 5 * NS_PER_MS) {
        int count = render_draw(r, s, now, rects);
        draws += count > 0;
        assert_true(render_next_ns(r) > now);
        for (int i = 0; i < count; i++)
            assert_true(rects[i].y > HEIGHT - 48 - 16 && rects[i].y + rects[i].height < HEIGHT - 48 + 16);
    }
    assert_in_range(draws, 25, 30);
    render_destroy(&r);
    scene_destroy(&s);
}

/* Light at one place of an animated outline over four seconds: how often it rises through its middle. */
static void nothing_flashes_above_3_hz(void **state)
{
    (void)state;
    for (int animation = SCENE_BREATHE; animation <= SCENE_TRAVEL; animation++) {
        struct picture_rect rects[RENDER_RECTS];
        struct scene *s = scene_create();
        struct render *r = fresh(NULL);
        struct scene_item *o = scene_add(s, SCENE_OUTLINE, SCENE_GUIDE);
        some_box(o, 400, 225, 200, 100, 0);
        o->animation = (enum scene_animation)animation;
        o->width_mm = 5;
        int rises = 0, low = 255, high = 0, last = -1;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t now = 0; now < 4 * NS_PER_S; now += 10 * NS_PER_MS) {
                render_draw(r, s, now, rects);
                int v = image_row(render_canvas(r), HEIGHT - 140)[4 * 320 + 1];
                low = v < low ? v : low;
                high = v > high ? v : high;
                if (pass == 1 && last >= 0)
                    rises += last <= (low + high) / 2 && v > (low + high) / 2;
                last = pass == 1 ? v : -1;
            }
        assert_true(high > low + 30);
        assert_in_range(rises, 1, 12 / 2); /* at most 1.5 Hz, half of what is allowed */
        render_destroy(&r);
        scene_destroy(&s);
    }
}

static void odd_items_draw_nothing_and_break_nothing(void **state)
{
    (void)state;
    struct picture_rect rects[RENDER_RECTS];
    struct scene *s = scene_create();
    struct render *r = fresh(NULL);
    lw_log_set_level(LW_LOG_ERROR + 1);
    for (int kind = SCENE_FILL; kind < SCENE_FULL; kind++)
        for (int odd = 0; odd < 6; odd++) {
            struct scene_item *o = scene_add(s, (enum scene_kind)kind, SCENE_WHITE);
            double far[] = {0, NAN, INFINITY, 1e12, -1e9, -500};
            o->points[0] = o->points[1] = (struct bench_mm){far[odd], far[odd], far[odd]};
            o->points[2].x = 100;
            o->count = odd % 2 ? 3 : 0;
            o->size_mm = odd == 3 ? 1e9 : odd == 4 ? -3 : 0;
            o->total = odd == 3 ? 2000000000 : -1;
            o->arrow = true;
            o->animation = (enum scene_animation)(odd % 3);
            snprintf(o->text, sizeof o->text, "%s", odd % 2 ? "\xff\xfe\xc3" : "/absent.png");
        }
    for (int i = 0; i < 5; i++)
        render_draw(r, s, i * 100 * NS_PER_MS, rects);
    render_destroy(&r);
    scene_destroy(&s);
    lw_log_set_level(LW_LOG_INFO);
}

static void a_canvas_of_no_size_is_refused(void **state)
{
    (void)state;
    struct render *r;
    struct lw_error err = {0};
    assert_int_equal(render_create(&r, 0, 100, &err), LW_MSG_IMAGE_SIZE);
    assert_int_equal(render_create(&r, 100000, 100000, &err), LW_MSG_IMAGE_SIZE);
    assert_null(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_scene_changes_nothing),
        cmocka_unit_test(one_changed_item_changes_its_rectangle),
        cmocka_unit_test(changes_add_up_to_the_whole),
        cmocka_unit_test(even_light_is_exactly_flat),
        cmocka_unit_test(marks_lie_where_the_model_says),
        cmocka_unit_test(lines_follow_the_lens),
        cmocka_unit_test(animation_redraws_only_its_place_and_not_too_often),
        cmocka_unit_test(nothing_flashes_above_3_hz),
        cmocka_unit_test(odd_items_draw_nothing_and_break_nothing),
        cmocka_unit_test(a_canvas_of_no_size_is_refused),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
