#include "watch.h"

#include "processors.h"
#include "watch_parts.h"

#include <stdlib.h>
#include <string.h>

#define FROZEN_AFTER 5          /* identical pictures in a row; a live sensor's noise never repeats */
#define MOTION_SIGMAS 7.0
#define REST_SIGMAS 9.0
#define QUANTUM_GREY 1.5        /* below this a mean of 16 whole grey levels says nothing */
#define REST_SHARE 0.10         /* of its light a block must change to differ from rest: light drifts by less */
#define MOTION_MIN_BLOCKS 4     /* with neighbours: a thing of 16 x 4 px that moves */
#define HAND_MIN_BLOCKS 60      /* an arm at the edge; a shadow's hem is narrower */
#define DARK_GREY 20.0          /* brighter blocks exist on any lit bench */
#define GLARE_SHARE 0.35        /* of the work area is white */
#define SHIFT_EVERY 10          /* frames between two looks at the camera's place */

enum lw_msg watch_create(struct watch **out, const struct model *m, const struct bench_mm *work_area, int corners,
                         int frame_width, int frame_height, struct lw_error *err)
{
    *out = NULL;
    if (frame_width < 8 * BLOCK || frame_height < 8 * BLOCK)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, frame_width, frame_height);
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    w->width = frame_width / BLOCK;
    w->height = frame_height / BLOCK;
    size_t n = (size_t)w->width * (size_t)w->height;
    w->now = calloc(n, sizeof *w->now);
    w->last = calloc(n, sizeof *w->last);
    w->rest = calloc(n, sizeof *w->rest);
    w->anchor = calloc(n, sizeof *w->anchor);
    w->sums = calloc(2 * 3 * BLOCK * (size_t)w->width, sizeof *w->sums);
    w->moved_ns = calloc(n, sizeof *w->moved_ns);
    w->stack = calloc(n, sizeof *w->stack);
    w->area = calloc(n, 1);
    w->changed = calloc(n, 1);
    if (!w->now || !w->last || !w->rest || !w->anchor || !w->sums || !w->moved_ns || !w->stack || !w->area ||
        !w->changed) {
        watch_destroy(&w);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    w->has_model = m != NULL;
    if (m)
        w->model = *m;
    watch_mark_polygon(w, work_area, m ? corners : 0, w->area);
    *out = w;
    return LW_OK;
}

void watch_destroy(struct watch **p)
{
    struct watch *w = *p;
    if (!w)
        return;
    free(w->now);
    free(w->last);
    free(w->rest);
    free(w->anchor);
    free(w->sums);
    free(w->moved_ns);
    free(w->stack);
    free(w->area);
    free(w->changed);
    free(w);
    *p = NULL;
}

#define SOME 3 /* medians are taken over every third block */

/* Median of |a - gain b| over the work area, as a standard deviation: half of the bench lies still. */
static double noise_between(const struct watch *w, const uint16_t *a, const uint16_t *b, double gain)
{
    long histogram[1024] = {0}, total = 0, seen = 0;
    for (int i = 0; i < w->width * w->height; i += SOME)
        if (w->area[i]) {
            int d = abs((int)(a[i] - gain * b[i]));
            histogram[d < 1023 ? d : 1023]++;
            total++;
        }
    int d = 0;
    while (d < 1023 && (seen += histogram[d]) * 2 < total)
        d++;
    return (d + 0.5) / 0.6745;
}

/* The light as a whole: lamps flicker and clouds pass. Median of the ratio. */
static double gain_between(const struct watch *w, const uint16_t *a, const uint16_t *b)
{
    long histogram[512] = {0}, total = 0, seen = 0;
    for (int i = 0; i < w->width * w->height; i += SOME)
        if (w->area[i] && b[i] > 10 * GREY && a[i] < 250 * GREY && b[i] < 250 * GREY) {
            int q = 256 * a[i] / b[i];
            histogram[q < 511 ? q : 511]++;
            total++;
        }
    if (total < 100)
        return 1;
    int q = 0;
    while (q < 511 && (seen += histogram[q]) * 2 < total)
        q++;
    return (q + 0.5) / 256;
}

/* 1 where a block of the work area differs by more than `floor_grey` and than `share` of its light. */
LW_EACH_PROCESSOR static void compare(const uint16_t *restrict now, const uint16_t *restrict before,
                                      const uint8_t *restrict area, uint8_t *restrict out, int n, float gain,
                                      float floor_grey, float share)
{
    for (int i = 0; i < n; i++) {
        float was = gain * (float)before[i], more = share * was, d = (float)now[i] - was;
        more = more > floor_grey ? more : floor_grey;
        out[i] = (uint8_t)(area[i] & (d > more || -d > more));
    }
}

/* Marks blocks that differ and whose neighbours mostly do; returns their number. */
static int mark_changed(struct watch *w, const uint16_t *before, double sigmas, double share)
{
    double gain = gain_between(w, w->now, before), sigma = noise_between(w, w->now, before, gain);
    double floor_grey = fmax(QUANTUM_GREY * GREY, sigmas * sigma);
    int n = 0, width = w->width;
    compare(w->now, before, w->area, w->changed, width * w->height, (float)gain, (float)floor_grey, (float)share);
    for (int y = 1; y + 1 < w->height; y++)
        for (int x = 1; x + 1 < width; x++) {
            uint8_t *c = w->changed + y * width + x;
            if (!(*c & 1))
                continue;
            int around = (c[-1] & 1) + (c[1] & 1) + (c[-width] & 1) + (c[width] & 1);
            if (around >= 2)
                *c |= 2, n++;
        }
    return n;
}

static void see_motion(struct watch *w, const struct frame *f, struct watch_state *s)
{
    int n = mark_changed(w, w->last, MOTION_SIGMAS, 0.0);
    s->moving = n >= MOTION_MIN_BLOCKS;
    s->motion_mm2 = 0;
    if (!s->moving) {
        if (!s->still_since_ns)
            s->still_since_ns = f->t_ns;
        return;
    }
    s->still_since_ns = 0;
    double sx = 0, sy = 0;
    for (int y = 0; y < w->height; y++)
        for (int x = 0; x < w->width; x++)
            if (w->changed[y * w->width + x] & 2) {
                sx += x, sy += y;
                w->moved_ns[y * w->width + x] = f->t_ns;
            }
    watch_bench_at(w, sx / n, sy / n, n, s);
}

/* Flood fill from the work area's edge through what differs from rest. */
static bool see_hand(struct watch *w)
{
    mark_changed(w, w->rest, REST_SIGMAS, REST_SHARE);
    int best = 0, width = w->width, size = width * w->height;
    for (int start = 0; start < size; start++) {
        if (!(w->changed[start] & 1) || !watch_at_edge(w, start))
            continue;
        int n = 0, top = 0;
        w->stack[top++] = start;
        w->changed[start] = 0;
        while (top) {
            int i = w->stack[--top], x = i % width;
            const int next[4] = {x ? i - 1 : -1, x + 1 < width ? i + 1 : -1, i - width, i + width};
            n++;
            for (int k = 0; k < 4; k++)
                if (next[k] >= 0 && next[k] < size && (w->changed[next[k]] & 1)) {
                    w->changed[next[k]] = 0;
                    w->stack[top++] = next[k];
                }
        }
        best = n > best ? n : best;
    }
    return best >= HAND_MIN_BLOCKS;
}

static enum watch_light see_light(const struct watch *w)
{
    long total = 0, bright = 0, white = 0;
    for (int i = 0; i < w->width * w->height; i++)
        if (w->area[i]) {
            total++;
            bright += w->now[i] > DARK_GREY * GREY;
            white += w->now[i] > 250 * GREY;
        }
    if (bright * 20 < total)
        return WATCH_LIGHT_DARK;
    return (double)white > GLARE_SHARE * (double)total ? WATCH_LIGHT_GLARE : WATCH_LIGHT_GOOD;
}

void watch_feed(struct watch *w, const struct frame *f, bool projection_changing, struct watch_state *state)
{
    struct watch_state *s = &w->state;
    if (f->image.width / BLOCK != w->width || f->image.height / BLOCK != w->height || f->image.format != IMAGE_BGR8) {
        s->light = WATCH_LIGHT_UNKNOWN;
        *state = *s;
        return;
    }
    uint64_t hash = watch_shrink(w, &f->image);
    w->same = w->frames && hash == w->hash ? w->same + 1 : 0;
    w->hash = hash;
    s->repeated = w->same > 0;
    s->frozen = w->same + 1 >= FROZEN_AFTER;
    s->light = see_light(w);
    if (!projection_changing) {
        if (w->last_valid)
            see_motion(w, f, s);
        else if (!s->still_since_ns && !s->moving)
            s->still_since_ns = f->t_ns;
        if (w->rest_valid)
            s->hand = see_hand(w);
        if (w->rest_valid && w->frames % SHIFT_EVERY == 0)
            s->camera_moved = watch_shifted(w);
    }
    w->frames++;
    w->last_valid = !projection_changing;
    uint16_t *swap = w->last;
    w->last = w->now;
    w->now = swap;
    *state = *s;
}

void watch_set_rest(struct watch *w)
{
    size_t bytes = sizeof *w->rest * (size_t)w->width * (size_t)w->height;
    if (!w->frames)
        return;
    memcpy(w->rest, w->last, bytes);
    if (!w->rest_valid)
        memcpy(w->anchor, w->last, bytes);
    w->rest_valid = true;
}

bool watch_moved_in(const struct watch *w, const struct bench_mm *polygon, int corners, int64_t since_ns)
{
    struct watch_zone z;
    watch_zone_make(w, polygon, corners, &z);
    for (int y = z.y0; y < z.y1; y++)
        for (int x = z.x0; x < z.x1; x++)
            if (w->moved_ns[y * w->width + x] > since_ns && watch_zone_has(&z, x, y))
                return true;
    return false;
}
