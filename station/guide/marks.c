#include "marks.h"

#include <stdlib.h>
#include <string.h>

#define ARM_WIDTH_MM    3.0
#define FRAMES          4    /* are added up: noise halves */
#define LATE_TIMES      2.5  /* so much longer than the measured delay a busy machine may take */
#define FOUND_SHARE     0.34 /* where fewer marks are found the pictures may have been old ones: once more */
#define FRAMES_TIMEOUT_NS (4 * NS_PER_S)
#define GREY_MIN        4.0  /* mean light over a cross's box, grey levels of one frame */
#define NOISE_TIMES     6.0  /* and so many times what the box's mean would be by noise alone */
#define BOX_SHARE       0.7  /* of the arm: half side of the box whose light is added up */
#define CENTRE_SHARE    1.25 /* of the arm: radius about the centre that is weighed */
#define CENTRE_PASSES   4
#define RIM_ARMS        1.6  /* a window's rim, where only neighbours' light is */
#define WINDOW_MAX_PX   160  /* half side of the searched window */

/* The grey levels of several frames added up. */
struct sum {
    int width, height, frames;
    uint16_t *grey;
};

static void add_frame(struct sum *s, const struct image *im)
{
    for (int y = 0; y < s->height; y++) {
        const uint8_t *p = image_row(im, y);
        uint16_t *out = s->grey + (size_t)y * (size_t)s->width;
        if (im->format == IMAGE_GRAY8)
            for (int x = 0; x < s->width; x++)
                out[x] = (uint16_t)(out[x] + p[x]);
        else
            for (int x = 0; x < s->width; x++, p += im->format)
                out[x] = (uint16_t)(out[x] + (p[0] + 2 * p[1] + p[2]) / 4);
    }
    s->frames++;
}

/* FRAMES live frames that surely show what is projected now. */
static enum lw_msg collect(struct guide *g, struct sum *s, double delays, struct lw_error *err)
{
    int64_t delay_ns = (int64_t)(delays * (double)guide_delay_ns(g));
    int64_t lit_ns = g->presented_ns, until = clock_now_ns(&g->clock) + FRAMES_TIMEOUT_NS + delay_ns;
    *s = (struct sum){.width = g->frame->image.width, .height = g->frame->image.height};
    s->grey = calloc((size_t)s->width * (size_t)s->height, sizeof *s->grey);
    if (!s->grey)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    while (s->frames < FRAMES) {
        guide_tick(g);
        if (g->quit)
            return lw_fail(err, LW_MSG_ENDED);
        if (clock_now_ns(&g->clock) > until)
            return lw_fail(err, LW_MSG_NO_PICTURES);
        if (g->new_frame && !g->seen.repeated && g->frame->t_ns >= lit_ns + delay_ns &&
            g->frame->image.width == s->width && g->frame->image.height == s->height)
            add_frame(s, &g->frame->image);
    }
    return LW_OK;
}

/* ---- finding one ---- */

struct window {
    int x0, y0, size; /* square */
    float *added;     /* light that came, grey levels of one frame; size x size */
    float *box;       /* its mean over a box about each pixel */
};

static bool window_fill(struct window *w, const struct sum *dark, const struct sum *lit, struct cam_px at, int radius)
{
    w->x0 = (int)floor(at.x + 0.5) - radius;
    w->y0 = (int)floor(at.y + 0.5) - radius;
    w->size = 2 * radius + 1;
    for (int y = 0; y < w->size; y++)
        for (int x = 0; x < w->size; x++) {
            int cx = w->x0 + x, cy = w->y0 + y;
            bool in = cx >= 0 && cy >= 0 && cx < dark->width && cy < dark->height;
            size_t k = (size_t)cy * (size_t)dark->width + (size_t)cx;
            w->added[y * w->size + x] = in ? (float)(lit->grey[k] - dark->grey[k]) / (float)FRAMES : 0;
        }
    return at.x >= 0 && at.y >= 0 && at.x < dark->width && at.y < dark->height;
}

/* Mean over (2h+1)^2 pixels, first along the rows, then along the columns. */
static void window_box(struct window *w, int h, float *line)
{
    int n = w->size;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++) {
            float *from = pass ? w->box + i : w->added + i * n, *to = pass ? w->box + i : w->box + i * n, sum = 0;
            int step = pass ? n : 1;
            for (int k = 0; k < n; k++)
                line[k] = from[k * step];
            for (int k = 0; k < h && k < n; k++)
                sum += line[k];
            for (int k = 0; k < n; k++) {
                sum += k + h < n ? line[k + h] : 0;
                sum -= k - h - 1 >= 0 ? line[k - h - 1] : 0;
                to[k * step] = sum / (float)(2 * h + 1);
            }
        }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Takes off the light that came everywhere: the exposure or a lamp changed meanwhile. `sorted`: spare, size x size. */
static void window_level(struct window *w, float *sorted)
{
    int n = w->size * w->size, count = 0;
    for (int i = 0; i < n; i += 3)
        sorted[count++] = w->added[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_size);
    for (int i = 0; i < n; i++)
        w->added[i] -= sorted[count / 2];
}

/* Standard deviation of the box's mean where no cross is: from the median of what the boxes hold. */
static double box_noise(const struct window *w, float *sorted)
{
    int n = w->size * w->size, count = 0;
    for (int i = 0; i < n; i += 3)
        sorted[count++] = fabsf(w->box[i]);
    qsort(sorted, (size_t)count, sizeof *sorted, by_size);
    return sorted[count / 2] / 0.6745;
}

/* Weighted centre of the light within `radius` of (x, y), moved until it rests. */
static bool centre(const struct window *w, double radius, double floor_grey, double *x, double *y)
{
    for (int pass = 0; pass < CENTRE_PASSES; pass++) {
        double sum = 0, sx = 0, sy = 0;
        for (int j = (int)(*y - radius); j <= (int)(*y + radius) + 1; j++)
            for (int i = (int)(*x - radius); i <= (int)(*x + radius) + 1; i++) {
                if (i < 0 || j < 0 || i >= w->size || j >= w->size || hypot(i - *x, j - *y) > radius)
                    continue;
                double v = w->added[j * w->size + i] - floor_grey;
                if (v > 0)
                    sum += v, sx += v * i, sy += v * j;
            }
        if (sum <= 0)
            return false;
        *x = sx / sum;
        *y = sy / sum;
    }
    return true;
}

static bool find_in(struct window *w, double arm_px, float *spare, struct mark *m)
{
    int half = (int)fmax(1, BOX_SHARE * arm_px), rim = (int)ceil(RIM_ARMS * arm_px), best = rim * w->size + rim;
    window_level(w, spare);
    window_box(w, half, spare);
    for (int y = rim; y < w->size - rim; y++)
        for (int x = rim; x < w->size - rim; x++)
            best = w->box[y * w->size + x] > w->box[best] ? y * w->size + x : best;
    double noise = box_noise(w, spare), x = best % w->size, y = best / w->size;
    m->grey = w->box[best];
    if (m->grey < GREY_MIN || m->grey < NOISE_TIMES * noise ||
        !centre(w, fmax(2, CENTRE_SHARE * arm_px), 0.3 * m->grey, &x, &y))
        return false;
    if (x < arm_px || y < arm_px || x > w->size - 1 - arm_px || y > w->size - 1 - arm_px)
        return false; /* it is a neighbour's light that reaches in */
    m->seen = (struct cam_px){w->x0 + x, w->y0 + y};
    return true;
}

/* Middle of the way along which the camera may see the mark, half the way's length, and the scale there. */
static bool expect(const struct model *m, const struct mark *mark, struct cam_px *at, double *px_per_mm, double *way_px)
{
    struct bench_mm low = mark->at, high = mark->at, beside = {mark->at.x + 1, mark->at.y, mark->at.z};
    struct cam_px a, b, c, d;
    low.z -= mark->down_mm;
    high.z += mark->up_mm;
    if (mark->down_mm + mark->up_mm > 0 && (!model_bench_from_proj(m, mark->drawn, low.z, &low) ||
                                            !model_bench_from_proj(m, mark->drawn, high.z, &high)))
        return false;
    if (!model_cam_from_bench(m, low, &a) || !model_cam_from_bench(m, high, &b) ||
        !model_cam_from_bench(m, mark->at, &c) || !model_cam_from_bench(m, beside, &d))
        return false;
    *at = (struct cam_px){(a.x + b.x) / 2, (a.y + b.y) / 2};
    *px_per_mm = hypot(d.x - c.x, d.y - c.y);
    *way_px = hypot(b.x - a.x, b.y - a.y) / 2;
    return true;
}

static enum lw_msg find_all(const struct guide *g, struct mark *marks, int count, double search_mm, const struct sum *dark,
                            const struct sum *lit, struct lw_error *err)
{
    const struct model *m = &g->calibration.model;
    size_t most = (size_t)(2 * WINDOW_MAX_PX + 1) * (2 * WINDOW_MAX_PX + 1);
    float *memory = malloc(3 * most * sizeof *memory);
    if (!memory)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    struct window w = {.added = memory, .box = memory + most};
    for (int i = 0; i < count; i++) {
        struct cam_px at;
        double px_per_mm, way_px;
        marks[i].found = false;
        if (!expect(m, &marks[i], &at, &px_per_mm, &way_px))
            continue;
        double arm_px = MARKS_ARM_MM * px_per_mm;
        int radius = (int)fmin(WINDOW_MAX_PX, search_mm * px_per_mm + way_px + 2 * arm_px + 2);
        if (window_fill(&w, dark, lit, at, radius))
            marks[i].found = find_in(&w, arm_px, memory + 2 * most, &marks[i]);
    }
    free(memory);
    return LW_OK;
}

/* ---- showing ---- */

void marks_draw(struct scene *scene, const struct mark *marks, int count, struct scene_colour colour)
{
    for (int i = 0; i < count; i++) {
        struct scene_item *it = scene_add(scene, SCENE_CROSS, colour);
        it->points[0] = marks[i].at;
        it->count = 1;
        it->size_mm = MARKS_ARM_MM;
        it->width_mm = ARM_WIDTH_MM;
    }
}

/* Once; pictures come at most so many measured delays late. */
static enum lw_msg measure_once(struct guide *g, struct mark *marks, int count, double search_mm, double delays,
                                struct lw_error *err)
{
    struct sum dark = {0}, lit = {0};
    scene_clear(g->scene);
    guide_show(g);
    g->rest_wanted = false;
    enum lw_msg rc = collect(g, &dark, delays, err);
    marks_draw(g->scene, marks, count, SCENE_WHITE);
    guide_show(g);
    g->rest_wanted = false;
    rc = rc ? rc : collect(g, &lit, delays, err);
    if (!rc && (lit.width != dark.width || lit.height != dark.height))
        rc = lw_fail(err, LW_MSG_NO_PICTURES);
    rc = rc ? rc : find_all(g, marks, count, search_mm, &dark, &lit, err);
    free(dark.grey);
    free(lit.grey);
    return rc;
}

enum lw_msg marks_measure(struct guide *g, struct mark *marks, int count, double search_mm, struct lw_error *err)
{
    int found = 0;
    if (!g->frame || !g->calibrated)
        return lw_fail(err, LW_MSG_NO_PICTURES);
    for (int i = 0; i < count; i++)
        model_proj_from_bench(&g->calibration.model, marks[i].at, &marks[i].drawn);
    enum lw_msg rc = measure_once(g, marks, count, search_mm, 1, err);
    for (int i = 0; i < count; i++)
        found += marks[i].found;
    return rc || found >= FOUND_SHARE * count ? rc : measure_once(g, marks, count, search_mm, LATE_TIMES, err);
}
