#include "shape.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_MM 2 /* between places inside */
#define NO_COLOUR 1e3F
#define RIM_MM    1.5F /* colours nearer to the outline are mixed with the ground's */

static void outline_to_mm(const struct image *labels, const float *xy, struct shape *s)
{
    double cx = (labels->width - 1) / 2.0, cy = (labels->height - 1) / 2.0;
    for (int i = 0; i < s->count; i++) {
        s->x[i] = (float)((xy[2 * i] - cx) * SHAPE_MM_PER_PX);
        s->y[i] = (float)((cy - xy[2 * i + 1]) * SHAPE_MM_PER_PX);
    }
}

static void keep_rim(const struct image *labels, int label, struct shape *s, struct lw_error *err)
{
    float xy[2 * SHAPE_RIM];
    double cx = (labels->width - 1) / 2.0, cy = (labels->height - 1) / 2.0;
    int n = cv_shape_rim(labels, label, xy, SHAPE_RIM, err);
    s->rim_count = n > 0 ? n : 0;
    for (int i = 0; i < s->rim_count; i++) {
        s->rim_x[i] = (float)((xy[2 * i] - cx) * SHAPE_MM_PER_PX);
        s->rim_y[i] = (float)((cy - xy[2 * i + 1]) * SHAPE_MM_PER_PX);
    }
}

static double rim_length(const struct shape *s)
{
    double sum = 0;
    for (int i = 0, j = s->rim_count - 1; i < s->rim_count; j = i++)
        sum += hypotf(s->rim_x[i] - s->rim_x[j], s->rim_y[i] - s->rim_y[j]);
    return sum;
}

static void measure(struct shape *s)
{
    double sxx = 0, syy = 0, sxy = 0, low = 1e9, high = -1e9, mx = 0, my = 0;
    for (int i = 0; i < s->count; i++)
        mx += (double)s->x[i] / s->count, my += (double)s->y[i] / s->count;
    for (int i = 0; i < s->count; i++) {
        double dx = s->x[i] - mx, dy = s->y[i] - my;
        sxx += dx * dx, syy += dy * dy, sxy += dx * dy;
    }
    double a = 0.5 * atan2(2 * sxy, sxx - syy), c = cos(a), n = sin(a);
    for (int i = 0; i < s->count; i++) {
        double along = s->x[i] * c + s->y[i] * n;
        low = fmin(low, along), high = fmax(high, along);
    }
    s->length_mm = high - low;
    s->cx = mx;
    s->cy = my;
}

static enum lw_msg make_distance(struct shape *s, struct lw_error *err)
{
    float low_x = 1e9F, low_y = 1e9F, high_x = -1e9F, high_y = -1e9F, xy[2 * SHAPE_POINTS];
    for (int i = 0; i < s->count; i++) {
        low_x = fminf(low_x, s->x[i]), high_x = fmaxf(high_x, s->x[i]);
        low_y = fminf(low_y, s->y[i]), high_y = fmaxf(high_y, s->y[i]);
    }
    s->x0 = low_x - (float)SHAPE_MARGIN_MM;
    s->y0 = low_y - (float)SHAPE_MARGIN_MM;
    s->width = (int)(high_x - low_x + 2 * (float)SHAPE_MARGIN_MM) + 2;
    s->height = (int)(high_y - low_y + 2 * SHAPE_MARGIN_MM) + 2;
    size_t n = (size_t)s->width * (size_t)s->height;
    s->distance = malloc(n * sizeof *s->distance);
    s->colour = malloc(3 * n * sizeof *s->colour);
    if (!s->distance || !s->colour)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (size_t i = 0; i < 3 * n; i++)
        s->colour[i] = NO_COLOUR;
    for (int i = 0; i < s->count; i++)
        xy[2 * i] = s->x[i] - s->x0, xy[2 * i + 1] = s->y[i] - s->y0;
    return cv_shape_distance(xy, s->count, s->width, s->height, s->distance, err);
}

/* Colours are logarithms of quotients to the ground's mean: of the light only its own colour is left, which
 * the same look light takes care of. */
static void read_colours(const struct cv_change *ch, int part, struct shape *s)
{
    const struct image *l = &ch->labels;
    double cx = (l->width - 1) / 2.0, cy = (l->height - 1) / 2.0;
    int step = SAMPLE_MM, inside = 0;
    while (ch->parts[part].area_px / (step * step) > SHAPE_SAMPLES * 0.8)
        step++;
    for (int y = 1; y + 1 < l->height; y++)
        for (int x = 1; x + 1 < l->width; x++) {
            if (image_row(l, y)[x] != part + 1)
                continue;
            float mx = (float)(x - cx), my = (float)(cy - y), c[3] = {0};
            for (int k = 0; k < 9; k++) {
                const uint8_t *p = image_row(&ch->plain, y + k / 3 - 1) + 3 * (x + k % 3 - 1);
                c[0] += p[0], c[1] += p[1], c[2] += p[2];
            }
            int gx = (int)(mx - s->x0 + 0.5F), gy = (int)(my - s->y0 + 0.5F);
            if (gx < 0 || gy < 0 || gx >= s->width || gy >= s->height)
                continue;
            float *to = s->colour + 3 * (gy * s->width + gx), dark = 9 * 8;
            float ground = 9 * (float)ch->mean_before + dark;
            to[0] = logf((c[0] + dark) / (c[1] + dark));
            to[1] = logf((c[2] + dark) / (c[1] + dark));
            to[2] = logf((c[0] + 2 * c[1] + c[2] + 4 * dark) / 4 / ground);
            bool core = s->distance[gy * s->width + gx] >= RIM_MM;
            if (x % step == 0 && y % step == 0 && s->samples < SHAPE_SAMPLES && (core || inside++ % 2)) {
                s->sx[s->samples] = mx;
                s->sy[s->samples++] = my;
            }
        }
}

enum lw_msg shape_make(const struct cv_change *change, int part, struct shape *out, struct lw_error *err)
{
    float xy[2 * SHAPE_POINTS];
    *out = (struct shape){0};
    out->count = cv_shape_outline(&change->labels, part + 1, xy, SHAPE_POINTS, err);
    if (out->count < 0)
        return err->id;
    if (out->count < 8) {
        out->count = 0;
        return LW_OK;
    }
    outline_to_mm(&change->labels, xy, out);
    measure(out);
    keep_rim(&change->labels, part + 1, out, err);
    out->rim_mm = rim_length(out);
    out->area_mm2 = change->parts[part].area_px * SHAPE_MM_PER_PX * SHAPE_MM_PER_PX;
    out->pieces = change->parts[part].pieces;
    enum lw_msg rc = make_distance(out, err);
    if (!rc)
        read_colours(change, part, out);
    else
        shape_finish(out);
    return rc;
}

void shape_finish(struct shape *s)
{
    free(s->distance);
    free(s->colour);
    *s = (struct shape){0};
}

enum lw_msg shape_mirror(const struct shape *s, struct shape *out, struct lw_error *err)
{
    *out = *s;
    out->distance = out->colour = NULL;
    for (int i = 0; i < s->count; i++)
        out->x[i] = -s->x[i];
    for (int i = 0; i < s->samples; i++)
        out->sx[i] = -s->sx[i];
    out->cx = -s->cx;
    enum lw_msg rc = make_distance(out, err);
    if (rc) {
        shape_finish(out);
        return rc;
    }
    for (int y = 0; y < out->height && y < s->height; y++)
        for (int x = 0; x < out->width; x++) {
            int from = (int)lroundf(-(out->x0 + (float)x) - s->x0);
            if (from >= 0 && from < s->width)
                memcpy(out->colour + 3 * (y * out->width + x), s->colour + 3 * (y * s->width + from),
                       3 * sizeof(float));
        }
    return LW_OK;
}
