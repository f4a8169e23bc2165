#include "capture_parts.h"

#include "cv_picture.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define DELAY_CHANGES 4
#define DELAY_REST_S 0.15       /* after each change: with the delay itself fewer than 3 flashes a second */
#define PICTURES_TIMEOUT_NS (10 * NS_PER_S) /* so long a camera may freeze in the middle of it */
#define SETTLE_S 0.4            /* long enough for most projectors and cameras; see SETTLE_TRIES */
#define SETTLE_TRIES 3          /* each waits three times as long: a busy network camera lags by seconds */
#define CONTRAST_MIN_GREY 2.0   /* mean over the whole camera picture */
#define ARRIVED_SHARE 0.9       /* of the change from black to white; or the frame after the one that made half of it: */
#define HALF_SHARE 0.5          /* where the camera's exposure drifts it may never be what it was */
#define LIT_MIN_GREY 10         /* white - black of a lit pixel */
#define CLIPPED_GREY 252
#define FADE_STEPS 5
#define FADE_S 0.45             /* a fade there and back takes longer than a third of a second */

/* ---- comparing frames on a grid ---- */

static int grey_at(const struct image *im, int x, int y)
{
    const uint8_t *p = image_row(im, y) + 3 * x;
    return (p[0] + 2 * p[1] + p[2]) / 4;
}

static int grid_count(const struct image *im)
{
    return ((im->height + GRID - 1) / GRID) * ((im->width + GRID - 1) / GRID);
}

static double mean_grey(const struct image *im)
{
    double sum = 0;
    for (int y = 0; y < im->height; y += GRID)
        for (int x = 0; x < im->width; x += GRID)
            sum += grey_at(im, x, y);
    return sum / grid_count(im);
}

/* Share of the lit sampled pixels (all, where `lit` is NULL) that differ by more than `grey`. */
static double changed_share(const struct image *a, const struct image *b, const uint8_t *lit, double grey)
{
    long changed = 0, count = 0, i = 0;
    for (int y = 0; y < a->height; y += GRID)
        for (int x = 0; x < a->width; x += GRID, i++) {
            if (lit && !lit[i])
                continue;
            count++;
            changed += abs(grey_at(a, x, y) - grey_at(b, x, y)) > grey;
        }
    return count ? (double)changed / (double)count : 1;
}

bool capture_same_size(const struct image *a, const struct image *b)
{
    return a->width == b->width && a->height == b->height;
}

/* ---- showing ---- */

void capture_begin(struct capture *c, struct guide *g, bool calm)
{
    *c = (struct capture){.g = g, .calm = calm};
}

void capture_end(struct capture *c)
{
    if (c->g && c->g->taken_picture == &c->shown)
        c->g->taken_picture = NULL;
    image_finish(&c->shown);
    image_finish(&c->white);
    image_finish(&c->black);
    counter_finish(&c->counter);
    frame_unref(&c->last);
    free(c->lit);
    c->lit = NULL;
}

static enum lw_msg present(struct capture *c, struct lw_error *err)
{
    struct guide *g = c->g;
    enum lw_msg rc = screen_present(g->screen, &c->shown, NULL, 0, clock_now_ns(&g->clock), err);
    g->presented_ns = clock_now_ns(&g->clock);
    g->screen_taken = true;
    g->taken_picture = &c->shown;
    return rc;
}

/* c->shown becomes (1 - share) from + share to. */
static void blend(struct capture *c, const struct image *from, const struct image *to, double share)
{
    int k = (int)(share * 256);
    for (int y = 0; y < to->height; y++) {
        const uint8_t *a = image_row(from, y), *b = image_row(to, y);
        uint8_t *o = image_row(&c->shown, y);
        for (int i = 0; i < 4 * to->width; i++)
            o[i] = (uint8_t)((a[i] * (256 - k) + b[i] * k) >> 8);
    }
}

static enum lw_msg fade(struct capture *c, const struct image *to, struct lw_error *err)
{
    struct image from;
    enum lw_msg rc = image_copy(&from, &c->shown, err);
    if (rc)
        return rc;
    for (int i = 1; i < FADE_STEPS && !rc && !c->g->quit; i++) {
        blend(c, &from, to, (double)i / FADE_STEPS);
        rc = present(c, err);
        guide_wait(c->g, FADE_S / FADE_STEPS);
    }
    image_finish(&from);
    return rc;
}

enum lw_msg capture_show(struct capture *c, const struct image *picture, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    if (c->shown.data && c->calm)
        rc = fade(c, picture, err);
    if (!c->shown.data)
        rc = image_init(&c->shown, picture->width, picture->height, IMAGE_BGRA8, err);
    if (rc)
        return rc;
    for (int y = 0; y < picture->height; y++)
        memcpy(image_row(&c->shown, y), image_row(picture, y), (size_t)picture->width * 4);
    return present(c, err);
}

/* The next live frame: one that is not the same as the one before. */
enum lw_msg capture_next_frame(struct guide *g, struct lw_error *err)
{
    int64_t began = clock_now_ns(&g->clock);
    do {
        guide_tick(g);
        if (g->quit)
            return lw_fail(err, LW_MSG_ENDED);
        if (clock_now_ns(&g->clock) - began > PICTURES_TIMEOUT_NS)
            return lw_fail(err, LW_MSG_NO_PICTURES);
    } while (!g->new_frame || g->seen.repeated);
    return LW_OK;
}

/* ---- one picture ---- */

#define ARRIVED_LIT_SHARE 0.25 /* two neighbouring patterns differ in half of the lit pixels; an arm covers fewer */
#define ARRIVED_CONTRAST 0.4   /* of the contrast: so much a pixel that changed has changed */
#define STABLE_SHARE 0.01
#define STABLE_NS (8 * NS_PER_S) /* somebody walks through the light */
#define NUMBER_DELAYS 3.0      /* so many longest delays a number is waited for */
#define NUMBER_STALE_NS (6 * NS_PER_S) /* as long as older numbers still come, a slow camera is waited for */
#define AHEAD_FRAMES 1.5       /* a delay of so many frames: the frame after the arrival shows nothing newer */

double capture_frame_ms(const struct capture *c)
{
    return 1000.0 / (c->g->camera->info.fps > 1 ? c->g->camera->info.fps : 30);
}

static bool arrived(const struct capture *c)
{
    const struct guide *g = c->g;
    double since_ms = (double)(g->frame->t_ns - g->presented_ns) / 1e6;
    if (since_ms <= 0)
        return false;
    if (since_ms >= c->delay_max_ms)
        return true;
    return c->lit && c->last && capture_same_size(&c->last->image, &g->frame->image) && c->contrast_grey > STABLE_MIN_GREY &&
           changed_share(&c->last->image, &g->frame->image, c->lit, ARRIVED_CONTRAST * c->contrast_grey) >= ARRIVED_LIT_SHARE;
}

/* 1: the picture is white all over, -1: black, 0: neither. */
static int full_field(const struct image *picture)
{
    uint8_t first = image_row(picture, 0)[0];
    for (int y = 0; y < picture->height; y += GRID)
        for (int x = 0; x < picture->width; x += GRID)
            if (image_row(picture, y)[4 * x] != first)
                return 0;
    return first == 255 ? 1 : first == 0 ? -1 : 0;
}

/* The frame is nearer to black where white is shown, or to white where black is: it is an old one. */
static bool stale(const struct capture *c, const struct image *picture)
{
    int wanted = full_field(picture);
    const struct image *now = &c->g->frame->image;
    if (!wanted || !c->lit || !capture_same_size(&c->white, now))
        return false;
    double middle = 0;
    long i = 0;
    for (int y = 0; y < now->height; y += GRID)
        for (int x = 0; x < now->width; x += GRID, i++)
            if (c->lit[i])
                middle += grey_at(now, x, y) - (image_row(&c->white, y)[x] + image_row(&c->black, y)[x]) / 2.0;
    return wanted * middle < 0;
}

/* Waits until two frames in a row agree: a mixed frame or a passing hand does not. */
static enum lw_msg settle(struct capture *c, struct lw_error *err)
{
    struct guide *g = c->g;
    int64_t until = clock_now_ns(&g->clock) + STABLE_NS;
    double grey = fmax(STABLE_MIN_GREY, STABLE_CONTRAST * c->contrast_grey);
    enum lw_msg rc = LW_OK;
    for (bool stable = false; !rc && !stable;) {
        struct frame *before = frame_ref(g->frame);
        rc = capture_next_frame(g, err);
        stable = !rc && capture_same_size(&before->image, &g->frame->image) &&
                 changed_share(&before->image, &g->frame->image, NULL, grey) < STABLE_SHARE;
        frame_unref(&before);
        if (!rc && !stable && clock_now_ns(&g->clock) > until)
            rc = lw_fail(err, LW_MSG_CAPTURE_MOVED);
    }
    return rc;
}

/* The next live frame in grey, and the number that it carries whole (negative: none). Where the camera does not see all
 * bands of the counter a number is believed in the second frame that shows it. */
enum lw_msg capture_next_number(struct capture *c, struct image *out, int *number, struct lw_error *err)
{
    *out = (struct image){0};
    enum lw_msg rc = capture_next_frame(c->g, err);
    rc = rc ? rc : cv_picture_convert(&c->g->frame->image, IMAGE_GRAY8, out, err);
    int read = rc ? COUNTER_UNREADABLE : counter_read(&c->counter, out);
    *number = c->counter.bands == COUNTER_BANDS || read == c->number_before ? read : COUNTER_MIXED;
    c->number_before = read;
    return rc;
}

/* The frame that carries this number; not seen within NUMBER_DELAYS delays: *seen is false. */
static enum lw_msg await_number(struct capture *c, int number, struct image *out, bool *seen, struct lw_error *err)
{
    struct guide *g = c->g;
    int64_t began = clock_now_ns(&g->clock), until = began + (int64_t)(NUMBER_DELAYS * c->delay_max_ms * 1e6);
    enum lw_msg rc = LW_OK;
    *seen = false;
    while (!rc && !*seen && clock_now_ns(&g->clock) < until) {
        int read;
        image_finish(out);
        rc = capture_next_number(c, out, &read, err);
        *seen = !rc && read == number;
        if (read >= 0 && clock_now_ns(&g->clock) < began + NUMBER_STALE_NS)
            until = clock_now_ns(&g->clock) + (int64_t)(NUMBER_DELAYS * c->delay_max_ms * 1e6);
    }
    if (!*seen || rc)
        image_finish(out);
    else
        frame_unref(&c->last), c->last = frame_ref(g->frame);
    return rc;
}

enum lw_msg capture_numbered(struct capture *c, struct image *picture, int index, struct image *out, struct lw_error *err)
{
    int number = index % (1 << COUNTER_BITS);
    bool seen;
    *out = (struct image){0};
    if (!c->counting)
        return capture_picture(c, picture, out, err);
    counter_draw(number, 0, 255, picture);
    enum lw_msg rc = capture_show(c, picture, err);
    rc = rc ? rc : await_number(c, number, out, &seen, err);
    return rc || seen ? rc : capture_picture(c, picture, out, err); /* its cells are covered */
}

enum lw_msg capture_picture(struct capture *c, const struct image *picture, struct image *out, struct lw_error *err)
{
    struct guide *g = c->g;
    enum lw_msg rc = capture_show(c, picture, err);
    int64_t until = clock_now_ns(&g->clock) + STALE_NS;
    while (!rc && !(rc = capture_next_frame(g, err)) && (!arrived(c) || (stale(c, picture) && clock_now_ns(&g->clock) < until)))
        ;
    if (rc)
        return rc;
    bool ahead = !c->careful && c->delay_min_ms > AHEAD_FRAMES * capture_frame_ms(c);
    rc = ahead ? capture_next_frame(g, err) : settle(c, err); /* the first frame may be mixed, the second is whole */
    if (rc)
        return rc;
    frame_unref(&c->last);
    c->last = frame_ref(g->frame);
    return cv_picture_convert(&g->frame->image, IMAGE_GRAY8, out, err);
}

/* ---- delay and light ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Time from presenting until the mean has made its way, in ms. */
static enum lw_msg time_change(struct capture *c, const struct image *picture, double from, double to, double *ms,
                               struct lw_error *err)
{
    struct guide *g = c->g;
    enum lw_msg rc = capture_show(c, picture, err);
    int64_t began = g->presented_ns;
    for (bool half = false; !rc && !(rc = capture_next_frame(g, err));) {
        double share = (mean_grey(&g->frame->image) - from) / (to - from);
        if (share >= ARRIVED_SHARE || (half && share >= HALF_SHARE))
            break;
        half = share >= HALF_SHARE;
        if (clock_now_ns(&g->clock) - began > PICTURES_TIMEOUT_NS)
            return lw_fail(err, LW_MSG_NO_CONTRAST, fabs(mean_grey(&g->frame->image) - from));
    }
    *ms = rc ? 0 : (double)(g->frame->t_ns - began) / 1e6;
    return rc;
}

static enum lw_msg frame_after_settling(struct capture *c, const struct image *picture, double seconds, struct frame **out,
                                        struct lw_error *err)
{
    enum lw_msg rc = capture_show(c, picture, err);
    guide_wait(c->g, seconds);
    rc = rc ? rc : capture_next_frame(c->g, err);
    *out = rc ? NULL : frame_ref(c->g->frame);
    return rc;
}

/* Which pixels the projector reaches, and how well its light is told from the rest. */
static enum lw_msg judge_light(struct capture *c, const struct image *white, const struct image *black, struct lw_error *err)
{
    long i = 0, lit = 0, clipped = 0;
    double sum = 0;
    free(c->lit);
    c->lit = calloc((size_t)grid_count(white), 1);
    if (!c->lit)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int y = 0; y < white->height; y += GRID)
        for (int x = 0; x < white->width; x += GRID, i++) {
            int bright = grey_at(white, x, y), added = bright - grey_at(black, x, y);
            if (added < LIT_MIN_GREY)
                continue;
            c->lit[i] = 1;
            lit++;
            sum += added;
            clipped += bright >= CLIPPED_GREY;
        }
    c->lit_share = i ? (double)lit / (double)i : 0;
    c->contrast_grey = lit ? sum / (double)lit : 0;
    c->clipped_share = lit ? (double)clipped / (double)lit : 0;
    return LW_OK;
}

static enum lw_msg measure(struct capture *c, const struct image *black, const struct image *white, double settle_s,
                           double ms[DELAY_CHANGES], struct lw_error *err)
{
    struct frame *dark = NULL, *bright = NULL;
    image_finish(&c->white);
    image_finish(&c->black);
    enum lw_msg rc = frame_after_settling(c, white, settle_s, &bright, err);
    rc = rc ? rc : frame_after_settling(c, black, settle_s, &dark, err);
    if (!rc && !capture_same_size(&dark->image, &bright->image))
        rc = lw_fail(err, LW_MSG_NO_PICTURES);
    double low = rc ? 0 : mean_grey(&dark->image), high = rc ? 0 : mean_grey(&bright->image);
    if (!rc && high - low < CONTRAST_MIN_GREY)
        rc = lw_fail(err, LW_MSG_NO_CONTRAST, high - low);
    rc = rc ? rc : judge_light(c, &bright->image, &dark->image, err);
    rc = rc ? rc : cv_picture_convert(&bright->image, IMAGE_GRAY8, &c->white, err);
    rc = rc ? rc : cv_picture_convert(&dark->image, IMAGE_GRAY8, &c->black, err);
    for (int i = 0; !rc && i < DELAY_CHANGES; i++) {
        bool up = i % 2 == 0;
        rc = time_change(c, up ? white : black, up ? low : high, up ? high : low, &ms[i], err);
        guide_wait(c->g, DELAY_REST_S + 0.01 * i); /* at changing phases of the camera */
    }
    frame_unref(&dark);
    frame_unref(&bright);
    return rc;
}

enum lw_msg capture_measure_delay(struct capture *c, struct lw_error *err)
{
    struct image black = {0}, white = {0};
    double ms[DELAY_CHANGES];
    int w = c->g->screen->info.width, h = c->g->screen->info.height;
    enum lw_msg rc = image_init(&black, w, h, IMAGE_BGRA8, err);
    rc = rc ? rc : image_init(&white, w, h, IMAGE_BGRA8, err);
    if (!rc)
        image_fill(&white, 255);
    double settle_s = SETTLE_S;
    rc = rc ? rc : measure(c, &black, &white, settle_s, ms, err);
    for (int i = 1; rc == LW_MSG_NO_CONTRAST && i < SETTLE_TRIES; i++)
        rc = measure(c, &black, &white, settle_s *= 3, ms, err);
    image_finish(&black);
    image_finish(&white);
    if (rc)
        return rc;
    qsort(ms, DELAY_CHANGES, sizeof ms[0], by_value);
    c->delay_min_ms = ms[0];
    c->delay_ms = ms[DELAY_CHANGES / 2];
    c->delay_max_ms = ms[DELAY_CHANGES - 1] + capture_frame_ms(c);
    return LW_OK;
}

void capture_free(struct image *captures, int count)
{
    for (int i = 0; i < count; i++)
        image_finish(&captures[i]);
}
