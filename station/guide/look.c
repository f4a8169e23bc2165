#include "look.h"

#include "log.h"
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_FRAMES 3
#define LOOK_TRIES 12     /* frames until something that moves there counts as a hand */
#define FADE_STEPS 4
#define FADE_NS (150 * NS_PER_MS)
#define ARRIVED_GREY 3.0  /* the light must add at least this, and three times the noise */
#define CLIPPED_GREY 252
#define DAZZLED_SHARE 0.5 /* where so much is at the top of the range, our light is missing because of too much light */

/* ---- sampling the lit polygon in a frame ---- */

struct samples {
    int x[GUIDE_SAMPLES], y[GUIDE_SAMPLES];
    int point[GUIDE_SAMPLES]; /* which of the spread points it is */
    int count;
};

static bool inside(const struct guide_light *l, double x, double y)
{
    bool in = false;
    for (int i = 0, j = l->corners - 1; i < l->corners; j = i++) {
        const struct bench_mm *a = &l->polygon[i], *b = &l->polygon[j];
        if ((a->y > y) != (b->y > y) && x < (b->x - a->x) * (y - a->y) / (b->y - a->y) + a->x)
            in = !in;
    }
    return in;
}

static void make_samples(const struct guide *g, const struct guide_light *l, struct samples *s)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int i = 0; i < l->corners; i++) {
        x0 = fmin(x0, l->polygon[i].x), x1 = fmax(x1, l->polygon[i].x);
        y0 = fmin(y0, l->polygon[i].y), y1 = fmax(y1, l->polygon[i].y);
    }
    s->count = 0;
    for (int i = 0; i < GUIDE_SAMPLES; i++) {
        double x = x0 + (x1 - x0) * (i % GUIDE_SAMPLES_SIDE + 0.5) / GUIDE_SAMPLES_SIDE;
        double y = y0 + (y1 - y0) * (i / GUIDE_SAMPLES_SIDE + 0.5) / GUIDE_SAMPLES_SIDE;
        struct cam_px c;
        if (!inside(l, x, y) ||
            !model_cam_from_bench(&g->calibration.model, (struct bench_mm){x, y, l->polygon[0].z}, &c))
            continue;
        if (c.x < 0 || c.y < 0 || c.x > g->frame->image.width - 1 || c.y > g->frame->image.height - 1)
            continue;
        s->point[s->count] = i;
        s->x[s->count] = (int)(c.x + 0.5);
        s->y[s->count++] = (int)(c.y + 0.5);
    }
}

static int grey_at(const struct image *im, int x, int y)
{
    const uint8_t *p = image_row(im, y) + 3 * x;
    return (p[0] + 2 * p[1] + p[2]) / 4;
}

static double mean_grey(const struct image *im, const struct samples *s)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++)
        sum += grey_at(im, s->x[i], s->y[i]);
    return s->count ? sum / s->count : 0;
}

static void keep_samples(const struct image *dark, const struct image *lit, const struct samples *s,
                         struct guide_samples *out)
{
    *out = (struct guide_samples){0};
    for (int i = 0; i < s->count; i++) {
        out->there[s->point[i]] = true;
        out->dark[s->point[i]] = (uint8_t)grey_at(dark, s->x[i], s->y[i]);
        out->lit[s->point[i]] = (uint8_t)grey_at(lit, s->x[i], s->y[i]);
    }
}

static double clipped_share(const struct image *im, const struct samples *s)
{
    int clipped = 0;
    for (int i = 0; i < s->count; i++)
        clipped += grey_at(im, s->x[i], s->y[i]) >= CLIPPED_GREY;
    return s->count ? (double)clipped / s->count : 0;
}

/* Standard deviation of one frame's pixels, from the median difference between two frames of the same thing. */
static double noise_between(const struct image *a, const struct image *b, const struct samples *s)
{
    int histogram[256] = {0}, seen = 0, d = 0;
    for (int i = 0; i < s->count; i++)
        histogram[abs(grey_at(a, s->x[i], s->y[i]) - grey_at(b, s->x[i], s->y[i]))]++;
    while (d < 255 && (seen += histogram[d]) * 2 < s->count)
        d++;
    return (d + 0.5) / 0.6745 / sqrt(2.0); /* MAD to sigma; a difference of two */
}

/* ---- light ---- */

static void add_light(struct guide *g, const struct guide_light *l, double share)
{
    uint8_t level = (uint8_t)(l->level * share);
    scene_clear(g->scene);
    struct scene_item *it = scene_add(g->scene, SCENE_FILL, (struct scene_colour){level, level, level});
    memcpy(it->points, l->polygon, sizeof l->polygon[0] * (size_t)l->corners);
    it->count = l->corners;
}

static void show_light(struct guide *g, const struct guide_light *l, double share)
{
    add_light(g, l, share);
    guide_show(g);
    g->rest_wanted = false;
}

static void fade_in(struct guide *g, const struct guide_light *l)
{
    for (int i = 1; i <= FADE_STEPS && !g->quit; i++) {
        show_light(g, l, (double)i / FADE_STEPS);
        if (i < FADE_STEPS)
            guide_wait(g, (double)FADE_NS / 1e9 / FADE_STEPS);
    }
}

/* Ticks until a frame surely shows the light; false when the camera was lost or the session ended. */
static bool wait_for_arrival(struct guide *g)
{
    int64_t lit_ns = g->presented_ns;
    do {
        guide_tick(g);
        if (g->quit || g->camera_lost || g->screen_lost)
            return false;
    } while (!g->new_frame || g->seen.repeated || g->frame->t_ns < lit_ns + guide_delay_ns(g));
    return true;
}

/* ---- frames ---- */

static uint8_t median3(uint8_t a, uint8_t b, uint8_t c)
{
    uint8_t lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : c > hi ? hi : c;
}

static enum lw_msg median_of(struct frame *const frames[LOOK_FRAMES], struct image *out, struct lw_error *err)
{
    const struct image *a = &frames[0]->image, *b = &frames[1]->image, *c = &frames[2]->image;
    enum lw_msg rc = image_init(out, a->width, a->height, a->format, err);
    if (rc)
        return rc;
    for (int y = 0; y < a->height; y++) {
        const uint8_t *pa = image_row(a, y), *pb = image_row(b, y), *pc = image_row(c, y);
        uint8_t *po = image_row(out, y);
        for (int i = 0; i < a->width * (int)a->format; i++)
            po[i] = median3(pa[i], pb[i], pc[i]);
    }
    return LW_OK;
}

/* LOOK_FRAMES frames in a row in which nothing moves; false when the camera was lost. *trouble says when it never
 * became still. */
static bool collect(struct guide *g, struct frame *frames[LOOK_FRAMES], enum verdict_reason *trouble)
{
    int count = 0;
    for (int tries = 0; count < LOOK_FRAMES; tries++) {
        if (tries > LOOK_TRIES) {
            *trouble = g->seen.repeated ? REASON_STALE : REASON_HAND;
            return true;
        }
        do {
            guide_tick(g);
            if (g->quit || g->camera_lost || g->screen_lost)
                return false;
        } while (!g->new_frame);
        while (g->seen.moving && count > 0)
            frame_unref(&frames[--count]);
        if (!g->seen.moving && !g->seen.repeated)
            frames[count++] = frame_ref(g->frame);
    }
    return true;
}

static void finish_look(const struct guide *g, struct guide_look *out, struct frame *frames[LOOK_FRAMES], const struct samples *s,
                        const struct frame *dark)
{
    struct lw_error err = {0};
    if (median_of(frames, &out->picture, &err)) {
        lw_log_error("look", &err);
        out->trouble = REASON_STALE;
        return;
    }
    double one = noise_between(&frames[0]->image, &frames[2]->image, s);
    out->noise_grey = one * 0.67; /* of a median of three */
    out->clipped_share = clipped_share(&out->picture, s);
    out->frame = frames[LOOK_FRAMES - 1]->sequence;
    if (g->seen.camera_moved) /* perhaps only a hand on its way; one look later it is known */
        out->trouble = REASON_MOVED;
    keep_samples(&dark->image, &out->picture, s, &out->samples);
    double added = mean_grey(&out->picture, s) - mean_grey(&dark->image, s);
    if (added < fmax(ARRIVED_GREY, 3 * out->noise_grey))
        out->trouble = out->clipped_share > DAZZLED_SHARE ? REASON_GLARE : REASON_DARK;
}

bool guide_take_look(struct guide *g, const struct guide_light *light, struct guide_look *out)
{
    struct samples s;
    struct frame *frames[LOOK_FRAMES] = {0};
    *out = (struct guide_look){.trouble = REASON_STALE};
    if (!g->frame || !g->calibrated || g->camera_lost)
        return false;
    show_light(g, light, 0); /* what is there without any light of ours */
    if (!wait_for_arrival(g))
        return false;
    make_samples(g, light, &s);
    struct frame *dark = frame_ref(g->frame);
    light_watch_dark(g->light, dark);
    fade_in(g, light);
    bool there = wait_for_arrival(g);
    out->trouble = REASON_NONE;
    there = there && collect(g, frames, &out->trouble);
    if (there && out->trouble == REASON_NONE)
        finish_look(g, out, frames, &s, dark);
    frame_unref(&dark);
    for (int i = 0; i < LOOK_FRAMES; i++)
        frame_unref(&frames[i]);
    return there;
}

bool guide_take_striped(struct guide *g, const struct guide_light *light, const struct bench_mm (*dark)[4], int count,
                        struct image *out, enum verdict_reason *trouble)
{
    struct frame *frames[LOOK_FRAMES] = {0};
    struct lw_error err = {0};
    add_light(g, light, 1);
    for (int i = 0; i < count; i++) {
        struct scene_item *it = scene_add(g->scene, SCENE_FILL, (struct scene_colour){0, 0, 0});
        memcpy(it->points, dark[i], sizeof dark[i]);
        it->count = 4;
    }
    guide_show(g);
    g->rest_wanted = false;
    *trouble = REASON_NONE;
    bool there = wait_for_arrival(g) && collect(g, frames, trouble);
    if (there && *trouble == REASON_NONE && median_of(frames, out, &err)) {
        lw_log_error("look", &err);
        *trouble = REASON_STALE;
    }
    for (int i = 0; i < LOOK_FRAMES; i++)
        frame_unref(&frames[i]);
    return there;
}

void guide_look_finish(struct guide_look *l)
{
    if (!l)
        return;
    image_finish(&l->picture);
    *l = (struct guide_look){0};
}

static double clamp(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

struct guide_light guide_light_over(const struct guide *g, struct rigid T_bench_from_local, double x0_mm, double y0_mm,
                                    double x1_mm, double y1_mm, double margin_mm, double z_mm, uint8_t level)
{
    const struct local_mm corners[4] = {{x0_mm - margin_mm, y0_mm - margin_mm},
                                        {x1_mm + margin_mm, y0_mm - margin_mm},
                                        {x1_mm + margin_mm, y1_mm + margin_mm},
                                        {x0_mm - margin_mm, y1_mm + margin_mm}};
    struct guide_light l = {.corners = 4, .level = level};
    for (int i = 0; i < 4; i++) {
        struct local_mm p = rigid_apply(T_bench_from_local, corners[i]);
        l.polygon[i] = (struct bench_mm){clamp(p.x, 0, g->bench_width_mm), clamp(p.y, 0, g->bench_depth_mm), z_mm};
    }
    return l;
}

struct guide_light guide_light_bench(const struct guide *g, uint8_t level)
{
    return guide_light_over(g, (struct rigid){0}, 0, 0, g->bench_width_mm, g->bench_depth_mm, 0, 0, level);
}
