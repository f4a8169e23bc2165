/* How long the picture takes at 1920 x 1080: all of it, 15 % of it changing, nothing changing; against the
 * plain way of redrawing everything with Cairo for each change; and the same shown in a window where there is
 * a display. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "screen.h"
#include "some_scenes.h"

#define WIDTH    1920
#define HEIGHT   1080
#define ROUNDS   40
#define CHANGING 0.15

static struct lw_clock clock_now;

static int by_value(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

static double median(double *ms)
{
    qsort(ms, ROUNDS, sizeof *ms, by_value);
    return ms[ROUNDS / 2];
}

enum kind { WHOLE, PART, NOTHING, PLAIN };

/* Half of the changing part is a lit place, the other half an outline with words: what a step changes. */
static void change(struct scene *s, int first, int round)
{
    double area = CHANGING * 800 * 450, width = 200, depth = area / width;
    s->count = first;
    struct scene_item *fill = scene_add(s, SCENE_FILL, round % 2 ? SCENE_WHITE : SCENE_QUIET);
    some_box(fill, 250, 240, width, depth, 0);
    struct scene_item *line = scene_add(s, SCENE_OUTLINE, round % 2 ? SCENE_GUIDE : SCENE_GOOD);
    some_box(line, 250, 240, width * 0.8, depth * 0.8, 0);
    line->width_mm = 5;
    struct scene_item *text = scene_add(s, SCENE_TEXT, SCENE_GOOD);
    text->points[0] = (struct bench_mm){250, 240, 0};
    text->size_mm = 10;
    snprintf(text->text, sizeof text->text, "Vak %d", round);
}

static double time_of(struct render *r, enum kind kind, int crowd, struct screen *screen, double *share)
{
    struct picture_rect rects[RENDER_RECTS];
    double ms[ROUNDS], area = 0;
    struct scene *s = scene_create();
    some_step(s);
    for (int i = 0; i < crowd; i++)
        some_box(scene_add(s, SCENE_OUTLINE, SCENE_GOOD), 430 + 14.0 * (i % 25), 300 + 30.0 * (i / 25), 11,
                 24, 0);
    int first = s->count;
    change(s, first, 0);
    render_draw(r, s, 0, rects);
    for (int i = 0; i < ROUNDS; i++) {
        if (kind == WHOLE)
            render_set_model(r, NULL, 800, 450); /* forgets everything that was prepared */
        if (kind == PLAIN)
            render_invalidate(r);
        if (kind != NOTHING)
            change(s, first, i + 1);
        int64_t start = clock_now_ns(&clock_now);
        int count = render_draw(r, s, 0, rects);
        if (screen)
            screen_present(screen, render_canvas(r), rects, count, 0, NULL);
        ms[i] = (double)(clock_now_ns(&clock_now) - start) / 1e6;
        for (int k = 0; k < count; k++)
            area += (double)rects[k].width * rects[k].height / WIDTH / HEIGHT / ROUNDS;
    }
    scene_destroy(&s);
    *share = area;
    return median(ms);
}

static void report(const char *where, struct render *r, int crowd, struct screen *screen)
{
    double share, part_share;
    double whole = time_of(r, WHOLE, crowd, screen, &share);
    double part = time_of(r, PART, crowd, screen, &part_share);
    double nothing = time_of(r, NOTHING, crowd, NULL, &share);
    double plain = time_of(r, PLAIN, crowd, screen, &share);
    printf("%s: full redraw %6.2f ms; %2.0f %% changing %6.2f ms (%.0f frames/s); nothing changing %.4f ms; "
           "redrawing all for each change %.2f ms, ratio %.1f\n",
           where, whole, 100 * part_share, part, 1000 / part, nothing, plain, plain / part);
}

int main(void)
{
    struct render *r = NULL;
    struct screen *screen = NULL;
    struct lw_error err = {0};
    clock_init_real(&clock_now);
    lw_messages_init("en");
    if (render_create(&r, WIDTH, HEIGHT, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    report("memory", r, 0, NULL);
    report("memory, 100 outlines more", r, 100, NULL);
    struct screen_config config = {(char[]){"0"}, WIDTH, HEIGHT, 0, 0};
    if (getenv("DISPLAY") && screen_open(&screen, &config, &err) == LW_OK)
        report("window", r, 0, screen);
    screen_destroy(&screen);
    render_destroy(&r);
    return 0;
}
