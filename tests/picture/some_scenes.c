#include "some_scenes.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

struct model some_model(int width, int height)
{
    struct model m = {.bench_width_mm = 800, .bench_depth_mm = 450};
    struct pinhole *p = &m.projector;
    double f = 1.5 * width;
    p->lens = (struct lens){f, f, width / 2.0, height / 2.0, -0.12, 0.02, 0.001, -0.001, width, height};
    /* Looking down: device x along the bench, y towards the person, z down; tilted a little. */
    p->T_device_from_bench.rotation[0] = LW_PI - 0.12;
    p->T_device_from_bench.rotation[1] = 0.05;
    p->T_device_from_bench.rotation[2] = 0.03;
    pinhole_update(p);
    const double eye[3] = {430, 45, 1250};
    for (int i = 0; i < 3; i++)
        p->T_device_from_bench.translation_mm[i] =
            -(p->R[3 * i] * eye[0] + p->R[3 * i + 1] * eye[1] + p->R[3 * i + 2] * eye[2]);
    pinhole_update(p);
    m.camera = *p;
    return m;
}

void some_box(struct scene_item *item, double x, double y, double width, double depth, double angle_rad)
{
    static const double corners[4][2] = {{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
    double c = cos(angle_rad), s = sin(angle_rad);
    item->count = 4;
    for (int i = 0; i < 4; i++) {
        double u = corners[i][0] * width, v = corners[i][1] * depth;
        item->points[i] = (struct bench_mm){x + c * u - s * v, y + s * u + c * v, 0};
    }
}

static void some_ellipse(struct scene_item *item, double x, double y, double width, double depth)
{
    item->count = 48;
    for (int i = 0; i < 48; i++)
        item->points[i] =
            (struct bench_mm){x + width / 2 * cos(i * LW_PI / 24), y + depth / 2 * sin(i * LW_PI / 24), 0};
}

static void some_words(struct scene *s, double x, double y, double size_mm, struct scene_colour colour,
                       const char *words)
{
    struct scene_item *t = scene_add(s, SCENE_TEXT, colour);
    t->points[0] = (struct bench_mm){x, y, 0};
    t->size_mm = size_mm;
    t->wrap_mm = 260;
    snprintf(t->text, sizeof t->text, "%s", words);
}

void some_step(struct scene *s)
{
    scene_clear(s);
    for (int i = 0; i < 5; i++) {
        struct scene_item *slot = scene_add(s, SCENE_OUTLINE, i < 2 ? SCENE_GOOD : SCENE_QUIET);
        some_box(slot, 430 + 55.0 * i, 190, 34, 150, 0);
        slot->width_mm = i < 2 ? 2.5 : 1.5;
    }
    some_box(scene_add(s, SCENE_FILL, SCENE_WHITE), 540, 190, 44, 164, 0);
    struct scene_item *place = scene_add(s, SCENE_OUTLINE, SCENE_GUIDE);
    some_ellipse(place, 540, 190, 26, 146);
    place->width_mm = 5;
    struct scene_item *bin = scene_add(s, SCENE_OUTLINE, SCENE_GUIDE);
    some_box(bin, 150, 330, 130, 110, 0);
    bin->width_mm = 5;
    struct scene_item *way = scene_add(s, SCENE_LINE, SCENE_GUIDE);
    way->points[0] = (struct bench_mm){228, 318, 0};
    way->points[1] = (struct bench_mm){380, 300, 0};
    way->points[2] = (struct bench_mm){500, 275, 0};
    way->count = 3;
    way->width_mm = 4;
    way->arrow = true;
    some_words(s, 190, 200, 12, SCENE_WHITE, "Leg de spiegel in het vak");
    some_words(s, 190, 150, 8, SCENE_QUIET, "4 van 24");
    struct scene_item *row = scene_add(s, SCENE_PROGRESS, SCENE_GOOD);
    row->points[0] = (struct bench_mm){400, 30, 0};
    row->size_mm = 9;
    row->total = 24;
    row->done = 3;
}

static double between(uint64_t *random, double low, double high)
{
    return low + (high - low) * harness_random(random);
}

static void fill_randomly(struct scene_item *o, uint64_t *random)
{
    double x = between(random, -50, 850), y = between(random, -50, 500);
    o->animation = (enum scene_animation)between(random, 0, 2.99);
    o->width_mm = between(random, 0, 8);
    o->size_mm = between(random, 3, 60);
    o->angle_rad = between(random, -3, 3);
    o->wrap_mm = between(random, -50, 200);
    o->arrow = harness_random(random) < 0.5;
    o->total = 12;
    o->done = (int)between(random, 0, 12);
    if (harness_random(random) < 0.5)
        some_ellipse(o, x, y, between(random, 10, 300), between(random, 10, 200));
    else
        some_box(o, x, y, between(random, 10, 300), between(random, 10, 200), o->angle_rad);
    if (o->kind >= SCENE_CROSS)
        o->points[0] = (struct bench_mm){x, y, between(random, 0, 60)};
    char path[512];
    if (o->kind == SCENE_PICTURE)
        snprintf(o->text, sizeof o->text, "%s",
                 harness_source("assets/pictograms/look.png", path, sizeof path));
    else
        snprintf(o->text, sizeof o->text, "Vak %d, links", (int)between(random, 1, 99));
}

void some_change(struct scene *s, uint64_t *random)
{
    static const struct scene_colour *const colours[] = {&SCENE_WHITE, &SCENE_GUIDE, &SCENE_GOOD,
                                                         &SCENE_ATTENTION, &SCENE_QUIET};
    double what = harness_random(random);
    struct scene_colour colour = *colours[(int)between(random, 0, 4.99)];
    int i = (int)between(random, 0, s->count);
    if (s->count < 4 || (what < 0.4 && s->count < 25)) {
        fill_randomly(scene_add(s, (enum scene_kind)(int)between(random, 1, 7.99), colour), random);
    } else if (what < 0.6) {
        s->items[i].colour = colour;
    } else if (what < 0.8) {
        enum scene_kind kind = s->items[i].kind;
        memset(&s->items[i], 0, sizeof s->items[i]);
        s->items[i].kind = kind;
        s->items[i].colour = colour;
        fill_randomly(&s->items[i], random);
    } else {
        memmove(&s->items[i], &s->items[i + 1], (size_t)(s->count - i - 1) * sizeof s->items[0]);
        s->count--;
    }
}
