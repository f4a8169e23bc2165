#include "sim_beam.h"

#include "sim_field.h"
#include "sim_light.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A projector's black is not dark: white against black of its own. */
#define BEAM_CONTRAST 350.0f

enum lw_msg beam_init(struct beam *b, int width, int height, uint64_t seed, double frame_ns,
                      struct lw_error *err)
{
    *b = (struct beam){.width = width, .height = height, .seed = seed, .frame_ns = frame_ns};
    size_t n = (size_t)width * (size_t)height * 4;
    b->linear = malloc(n * sizeof *b->linear);
    b->light = malloc(n * sizeof *b->light);
    if (!b->linear || !b->light)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < 256; i++)
        b->curve[i] =
            (uint16_t)(BEAM_FULL * (1 / BEAM_CONTRAST + (1 - 1 / BEAM_CONTRAST) * light_linear(i)) + 0.5f);
    for (size_t i = 0; i < n; i++)
        b->linear[i] = b->light[i] = b->curve[0];
    return LW_OK;
}

void beam_finish(struct beam *b)
{
    for (int i = 0; i < b->waiting_count; i++)
        free(b->waiting[i].pixels);
    free(b->linear);
    free(b->light);
    *b = (struct beam){0};
}

/* ---- waiting ---- */

static struct picture_rect clipped(struct picture_rect r, int width, int height)
{
    int x0 = r.x < 0 ? 0 : r.x, y0 = r.y < 0 ? 0 : r.y;
    int x1 = r.x + r.width > width ? width : r.x + r.width,
        y1 = r.y + r.height > height ? height : r.y + r.height;
    if (x1 <= x0 || y1 <= y0)
        return (struct picture_rect){0};
    return (struct picture_rect){x0, y0, x1 - x0, y1 - y0};
}

/* The least and the most that it takes from presenting to light, in camera frames. The camera reads its rows
 * out over a part of a frame, so a picture stands whole in the first to third frame after it was presented.
 */
#define DELAY_LEAST 0.2
#define DELAY_MOST  2.6

static int64_t appears_ns(struct beam *b, int64_t now_ns)
{
    double part = (double)field_random(b->presented++, (uint32_t)(b->seed >> 32), (uint32_t)b->seed ^ 0xBEA);
    int64_t t = now_ns + (int64_t)(b->frame_ns * (DELAY_LEAST + part * (DELAY_MOST - DELAY_LEAST)));
    b->last_ns = t > b->last_ns ? t : b->last_ns;
    return b->last_ns;
}

static void pack(const struct image *canvas, const struct picture_rect *r, uint8_t *out)
{
    int bytes = (int)canvas->format;
    for (int y = r->y; y < r->y + r->height; y++) {
        const uint8_t *in = image_row(canvas, y) + (ptrdiff_t)r->x * bytes;
        if (bytes == 4) {
            memcpy(out, in, (size_t)r->width * 4);
            out += (size_t)r->width * 4;
            continue;
        }
        for (int x = 0; x < r->width; x++, in += bytes, out += 4)
            for (int i = 0; i < 3; i++)
                out[i] = in[bytes == 3 ? i : 0];
    }
}

enum lw_msg beam_present(struct beam *b, const struct image *canvas, const struct picture_rect *rects,
                         int count, int64_t now_ns, struct lw_error *err)
{
    struct beam_waiting w = {0};
    struct picture_rect all = {0, 0, canvas->width, canvas->height};
    if (b->waiting_count == BEAM_WAITING || count > RENDER_RECTS)
        return lw_fail(err, LW_MSG_BUG, "pictures are presented faster than they are shown");
    size_t pixels = 0;
    for (int i = 0; i < (count ? count : 1); i++) {
        struct picture_rect r =
            clipped(count ? rects[i] : all, b->width < canvas->width ? b->width : canvas->width,
                    b->height < canvas->height ? b->height : canvas->height);
        if (!r.width)
            continue;
        w.rects[w.count++] = r;
        pixels += (size_t)r.width * (size_t)r.height;
    }
    w.pixels = malloc(pixels * 4 + 1);
    if (!w.pixels)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    uint8_t *out = w.pixels;
    for (int i = 0; i < w.count; i++) {
        pack(canvas, &w.rects[i], out);
        out += (size_t)w.rects[i].width * (size_t)w.rects[i].height * 4;
    }
    w.t_ns = appears_ns(b, now_ns);
    b->waiting[b->waiting_count++] = w;
    return LW_OK;
}

int64_t beam_next_ns(const struct beam *b)
{
    return b->waiting_count ? b->waiting[0].t_ns : INT64_MAX;
}

/* ---- showing ---- */

static const uint8_t *make_linear(struct beam *b, const struct picture_rect *r, const uint8_t *in)
{
    for (int y = r->y; y < r->y + r->height; y++) {
        uint16_t *out = b->linear + ((size_t)y * (size_t)b->width + (size_t)r->x) * 4;
        for (int x = 0; x < r->width; x++, in += 4, out += 4)
            for (int i = 0; i < 3; i++)
                out[i] = b->curve[in[i]];
    }
    return in;
}

/* 1 2 1 in both directions, over 16. */
static void soften_row(const struct beam *b, int y, int x0, int x1)
{
    size_t stride = (size_t)b->width * 4;
    const uint16_t *here = b->linear + (size_t)y * stride;
    const uint16_t *above = y > 0 ? here - stride : here, *below = y + 1 < b->height ? here + stride : here;
    uint16_t *restrict out = b->light + (size_t)y * stride;
    int first = x0 > 0 ? x0 : 1, last = x1 < b->width ? x1 : b->width - 1;
    /* 16 times BEAM_FULL still fits 16 bits: the sums stay there, eight to a register */
    for (int i = first * 4; i < last * 4; i++) {
        uint16_t left = (uint16_t)(above[i - 4] + (uint16_t)(here[i - 4] * 2) + below[i - 4]);
        uint16_t mid = (uint16_t)(above[i] + (uint16_t)(here[i] * 2) + below[i]);
        uint16_t right = (uint16_t)(above[i + 4] + (uint16_t)(here[i + 4] * 2) + below[i + 4]);
        out[i] = (uint16_t)((uint16_t)(left + (uint16_t)(mid * 2) + right) >> 4);
    }
    if (x0 == 0)
        memcpy(out, here, 8);
    if (x1 == b->width)
        memcpy(out + stride - 4, here + stride - 4, 8);
}

int beam_show_next(struct beam *b, struct picture_rect changed[RENDER_RECTS])
{
    struct beam_waiting w = b->waiting[0];
    const uint8_t *in = w.pixels;
    for (int i = 0; i < w.count; i++) {
        in = make_linear(b, &w.rects[i], in);
        struct picture_rect wide = {w.rects[i].x - 1, w.rects[i].y - 1, w.rects[i].width + 2,
                                    w.rects[i].height + 2};
        changed[i] = clipped(wide, b->width, b->height);
    }
    for (int i = 0; i < w.count; i++)
        for (int y = changed[i].y; y < changed[i].y + changed[i].height; y++)
            soften_row(b, y, changed[i].x, changed[i].x + changed[i].width);
    free(w.pixels);
    b->waiting_count--;
    memmove(b->waiting, b->waiting + 1, sizeof b->waiting[0] * (size_t)b->waiting_count);
    return w.count;
}
