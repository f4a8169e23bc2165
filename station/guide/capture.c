#include "capture.h"

#include "cv_picture.h"

#include <stdlib.h>

#define DELAY_CHANGES 6
#define DELAY_TIMEOUT_NS (3 * NS_PER_S)
#define SETTLE_S 0.5            /* long enough for any projector and camera */
#define CONTRAST_MIN_GREY 2.0   /* mean over the whole camera picture */
#define ARRIVED_SHARE 0.9       /* of the change from black to white */
#define STABLE_TRIES 15
#define GRID 8                  /* every so many pixels are compared */

static double mean_grey(const struct image *im)
{
    double sum = 0;
    long count = 0;
    for (int y = 0; y < im->height; y += GRID)
        for (int x = 0; x < im->width; x += GRID, count++) {
            const uint8_t *p = image_row(im, y) + 3 * x;
            sum += (p[0] + 2.0 * p[1] + p[2]) / 4;
        }
    return count ? sum / (double)count : 0;
}

/* Share of sampled pixels that changed by more than `grey` between two frames. */
static double changed_share(const struct image *a, const struct image *b, int grey)
{
    long changed = 0, count = 0;
    for (int y = 0; y < a->height; y += GRID)
        for (int x = 0; x < a->width; x += GRID, count++)
            changed += abs(image_row(a, y)[3 * x + 1] - image_row(b, y)[3 * x + 1]) > grey;
    return count ? (double)changed / (double)count : 1;
}

static enum lw_msg present(struct guide *g, const struct image *picture, struct lw_error *err)
{
    int64_t now_ns = clock_now_ns(&g->clock);
    enum lw_msg rc = screen_present(g->screen, picture, NULL, 0, now_ns, err);
    g->presented_ns = clock_now_ns(&g->clock);
    g->screen_taken = true;
    g->taken_picture = picture;
    return rc;
}

static enum lw_msg next_frame(struct guide *g, struct lw_error *err)
{
    int64_t began = clock_now_ns(&g->clock);
    do {
        guide_tick(g);
        if (g->quit)
            return lw_fail(err, LW_MSG_ENDED);
        if (clock_now_ns(&g->clock) - began > DELAY_TIMEOUT_NS)
            return lw_fail(err, LW_MSG_NO_PICTURES);
    } while (!g->new_frame);
    return LW_OK;
}

/* A patterned picture is taken when two frames in a row agree: a mixed frame or a passing hand does not. */
#define STABLE_GREY 24
#define STABLE_SHARE 0.01

enum lw_msg capture_picture(struct guide *g, const struct image *picture, double delay_ms, struct image *out,
                            struct lw_error *err)
{
    enum lw_msg rc = present(g, picture, err);
    int64_t earliest = g->presented_ns + (int64_t)(delay_ms * 1e6);
    while (!rc && (!(rc = next_frame(g, err))) && g->frame->t_ns < earliest)
        ;
    bool stable = false;
    for (int i = 0; !rc && !stable && i < STABLE_TRIES; i++) {
        struct frame *last = frame_ref(g->frame);
        rc = next_frame(g, err);
        stable = !rc && changed_share(&last->image, &g->frame->image, STABLE_GREY) < STABLE_SHARE;
        frame_unref(&last);
    }
    if (!rc && !stable)
        return lw_fail(err, LW_MSG_CAPTURE_MOVED);
    return rc ? rc : cv_picture_convert(&g->frame->image, IMAGE_GRAY8, out, err);
}

enum lw_msg capture_level(struct guide *g, int level, double delay_ms, struct image *out, struct lw_error *err)
{
    struct image flat;
    enum lw_msg rc = image_init(&flat, g->screen->info.width, g->screen->info.height, IMAGE_BGRA8, err);
    if (rc)
        return rc;
    image_fill(&flat, (uint8_t)level);
    rc = capture_picture(g, &flat, delay_ms, out, err);
    g->taken_picture = NULL;
    image_finish(&flat);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Time from presenting until the mean has made `share` of its way, in ms. */
static enum lw_msg time_change(struct guide *g, const struct image *picture, double from, double to, double *ms,
                               struct lw_error *err)
{
    enum lw_msg rc = present(g, picture, err);
    int64_t began = g->presented_ns;
    while (!rc && !(rc = next_frame(g, err))) {
        if ((mean_grey(&g->frame->image) - from) / (to - from) >= ARRIVED_SHARE)
            break;
        if (clock_now_ns(&g->clock) - began > DELAY_TIMEOUT_NS)
            return lw_fail(err, LW_MSG_NO_CONTRAST, fabs(mean_grey(&g->frame->image) - from));
    }
    *ms = rc ? 0 : (double)(g->frame->t_ns - began) / 1e6;
    return rc;
}

static enum lw_msg level_after_settling(struct guide *g, const struct image *picture, double *mean,
                                        struct lw_error *err)
{
    enum lw_msg rc = present(g, picture, err);
    guide_wait(g, SETTLE_S);
    rc = rc ? rc : next_frame(g, err);
    *mean = rc ? 0 : mean_grey(&g->frame->image);
    return rc;
}

enum lw_msg capture_measure_delay(struct guide *g, double *median_ms, double *max_ms, struct lw_error *err)
{
    struct image black = {0}, white = {0};
    double ms[DELAY_CHANGES], dark = 0, bright = 0;
    int w = g->screen->info.width, h = g->screen->info.height;
    enum lw_msg rc = image_init(&black, w, h, IMAGE_BGRA8, err);
    rc = rc ? rc : image_init(&white, w, h, IMAGE_BGRA8, err);
    if (!rc)
        image_fill(&white, 255);
    rc = rc ? rc : level_after_settling(g, &white, &bright, err);
    rc = rc ? rc : level_after_settling(g, &black, &dark, err);
    if (!rc && bright - dark < CONTRAST_MIN_GREY)
        rc = lw_fail(err, LW_MSG_NO_CONTRAST, bright - dark);
    for (int i = 0; !rc && i < DELAY_CHANGES; i++) {
        bool up = i % 2 == 0;
        rc = time_change(g, up ? &white : &black, up ? dark : bright, up ? bright : dark, &ms[i], err);
        guide_wait(g, 0.35 + 0.01 * i); /* below 3 flashes a second, and at changing phases of the camera */
    }
    g->taken_picture = NULL;
    image_finish(&black);
    image_finish(&white);
    if (rc)
        return rc;
    qsort(ms, DELAY_CHANGES, sizeof ms[0], by_value);
    *median_ms = ms[DELAY_CHANGES / 2];
    *max_ms = ms[DELAY_CHANGES - 1] + 1000.0 / (g->camera->info.fps > 1 ? g->camera->info.fps : 30);
    return LW_OK;
}

enum lw_msg capture_patterns(struct guide *g, const struct pattern_plan *plan, double delay_ms, struct image *captures,
                             struct lw_error *err)
{
    struct image picture;
    int count = pattern_count(plan), taken = 0;
    enum lw_msg rc = image_init(&picture, plan->width, plan->height, IMAGE_BGRA8, err);
    while (!rc && taken < count) {
        pattern_draw(plan, taken, 0, 255, &picture);
        rc = capture_picture(g, &picture, delay_ms, &captures[taken], err);
        taken += !rc;
    }
    g->taken_picture = NULL;
    image_finish(&picture);
    if (rc)
        capture_free(captures, taken);
    return rc;
}

void capture_free(struct image *captures, int count)
{
    for (int i = 0; i < count; i++)
        image_finish(&captures[i]);
}
