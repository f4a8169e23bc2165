/* What each primitive looks like, and a whole step: compared with tests/golden/picture_*.png. */
#include "harness.h"

#include <stdio.h>

#include "render.h"
#include "some_scenes.h"

/* Font and anti-aliasing differ by a hair between library versions. */
#define TOLERANCE 24
#define SHARE     0.004

static void pictogram(struct scene *s, const char *name, double x, double y, double size_mm, double angle_rad)
{
    char relative[128], path[512];
    struct scene_item *p = scene_add(s, SCENE_PICTURE, SCENE_WHITE);
    snprintf(relative, sizeof relative, "assets/pictograms/%s.png", name);
    snprintf(p->text, sizeof p->text, "%s", harness_source(relative, path, sizeof path));
    p->points[0] = (struct bench_mm){x, y, 0};
    p->size_mm = size_mm;
    p->angle_rad = angle_rad;
}

/* Lit places beneath, so that dark edges show. */
static void lit_ground(struct scene *s)
{
    some_box(scene_add(s, SCENE_FILL, SCENE_WHITE), 600, 225, 400, 450, 0);
}

static void fills(struct scene *s)
{
    const struct scene_colour colours[] = {SCENE_WHITE, SCENE_GUIDE, SCENE_GOOD, SCENE_ATTENTION,
                                           SCENE_QUIET};
    for (int i = 0; i < 5; i++)
        some_box(scene_add(s, SCENE_FILL, colours[i]), 120 + 140.0 * i, 225, 100, 240, 0.15 * i);
}

static void outlines(struct scene *s)
{
    lit_ground(s);
    for (int i = 0; i < 5; i++) {
        struct scene_item *o = scene_add(s, SCENE_OUTLINE, i % 2 ? SCENE_GOOD : SCENE_GUIDE);
        some_box(o, 120 + 140.0 * i, 225, 90, 260, -0.1 * i);
        o->width_mm = 1 + 2 * i;
    }
}

static void lines(struct scene *s)
{
    lit_ground(s);
    for (int i = 0; i < 4; i++) {
        struct scene_item *l = scene_add(s, SCENE_LINE, i % 2 ? SCENE_ATTENTION : SCENE_GUIDE);
        l->points[0] = (struct bench_mm){80, 80 + 90.0 * i, 0};
        l->points[1] = (struct bench_mm){400, 120 + 90.0 * i, 0};
        l->points[2] = (struct bench_mm){720, 60 + 100.0 * i, 0};
        l->count = 3;
        l->width_mm = 2 + 2 * i;
        l->arrow = i != 1;
        l->animation = i == 2 ? SCENE_TRAVEL : SCENE_STEADY;
    }
}

static void crosses(struct scene *s)
{
    for (int i = 0; i < 9; i++) {
        struct scene_item *c = scene_add(s, SCENE_CROSS, SCENE_WHITE);
        c->points[0] = (struct bench_mm){120 + 280.0 * (i % 3), 80 + 145.0 * (i / 3), 0};
        c->size_mm = 10 + 5 * i;
        c->angle_rad = 0.2 * i;
    }
}

static void texts(struct scene *s)
{
    static const struct {
        double x, y, size, wrap, angle;
        const char *words;
    } rows[] = {
        {200, 400, 14, 0, 0, "Pak de spiegel"},
        {600, 390, 9, 220, 0, "Leg hem in het vak dat licht geeft, met de punt naar je toe"},
        {200, 250, 12, 0, 0, "Één · ß · Łódź · ½"},
        {600, 250, 12, 0, 0.5, "schuin"},
        {200, 120, 30, 0, 0, "3"},
        {600, 110, 10, 0, LW_PI, "op zijn kop"},
    };
    lit_ground(s);
    for (int i = 0; i < 6; i++) {
        struct scene_item *t = scene_add(s, SCENE_TEXT, i % 2 ? SCENE_GUIDE : SCENE_WHITE);
        t->points[0] = (struct bench_mm){rows[i].x, rows[i].y, 0};
        t->size_mm = rows[i].size;
        t->wrap_mm = rows[i].wrap;
        t->angle_rad = rows[i].angle;
        snprintf(t->text, sizeof t->text, "%s", rows[i].words);
    }
}

static void pictures(struct scene *s)
{
    static const char *const names[] = {"look",      "hand-away", "take", "turn-round",
                                        "turn-over", "well-done", "help", "case-here"};
    for (int i = 0; i < 8; i++)
        pictogram(s, names[i], 130 + 180.0 * (i % 4), i < 4 ? 320 : 120, 60 + 10 * i, i < 4 ? 0 : 0.2);
}

static void progress(struct scene *s)
{
    lit_ground(s);
    for (int i = 0; i < 3; i++) {
        struct scene_item *p = scene_add(s, SCENE_PROGRESS, i == 2 ? SCENE_WHITE : SCENE_GOOD);
        p->points[0] = (struct bench_mm){400, 90 + 130.0 * i, 0};
        p->size_mm = 8 + 4 * i;
        p->total = i == 1 ? 60 : 24;
        p->done = 7 * (i + 1);
        p->wrap_mm = i == 1 ? 500 : 0;
    }
}

static void step(struct scene *s)
{
    some_step(s);
    pictogram(s, "take", 150, 330, 60, 0);
    pictogram(s, "look", 690, 380, 50, 0);
}

static void draw(const char *name, void (*make)(struct scene *), bool calibrated)
{
    struct picture_rect rects[RENDER_RECTS];
    struct model model = some_model(960, 540);
    struct lw_error err = {0};
    struct render *r = NULL;
    struct scene *s = scene_create();
    char golden[64];
    snprintf(golden, sizeof golden, "picture_%s", name);
    assert_ok(render_create(&r, 960, 540, &err), &err);
    render_set_model(r, calibrated ? &model : NULL, 800, 450);
    make(s);
    render_draw(r, s, 0, rects);
    harness_golden(golden, render_canvas(r), TOLERANCE, SHARE);
    render_destroy(&r);
    scene_destroy(&s);
}

static void primitives_look_as_they_should(void **state)
{
    (void)state;
    draw("fill", fills, true);
    draw("outline", outlines, true);
    draw("line", lines, true);
    draw("cross", crosses, true);
    draw("text", texts, true);
    draw("pictures", pictures, true);
    draw("progress", progress, true);
}

static void a_step_looks_as_it_should(void **state)
{
    (void)state;
    draw("step", step, false);
    draw("step_calibrated", step, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primitives_look_as_they_should),
        cmocka_unit_test(a_step_looks_as_it_should),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
