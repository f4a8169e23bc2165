#include "shape.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_MM 2 /* between places inside */
#define NO_COLOUR 1e3F
#define SURE_SHARE 0.4 /* of the outline must be no shadow's, or all of it is taken as it is */
#define RIM_MM    1.5F /* colours nearer to the outline are mixed with the ground's */

static void points_to_mm(const struct image *labels, const float *xy, int count, float *x, float *y)
{
    double cx = (labels->width - 1) / 2.0, cy = (labels->height - 1) / 2.0;
    for (int i = 0; i < count; i++) {
        x[i] = (float)((xy[2 * i] - cx) * SHAPE_MM_PER_PX);
        y[i] = (float)((cy - xy[2 * i + 1]) * SHAPE_MM_PER_PX);
    }
}

/* The same label without what may be a shadow. */
static enum lw_msg bare_label(const struct cv_change *ch, int label, struct image *out, struct lw_error *err)
{
    enum lw_msg rc = image_init(out, ch->labels.width, ch->labels.height, IMAGE_GRAY8, err);
    for (int y = 0; y < out->height && !rc; y++)
        for (int x = 0; x < out->width; x++)
            image_row(out, y)[x] = image_row(&ch->labels, y)[x] == label && !image_row(&ch->doubt, y)[x];
    return rc;
}

static int keep_sure(const struct cv_change *ch, float *xy, int count)
{
    int sure = 0;
    for (int i = 0; i < count; i++)
        sure += !image_row(&ch->doubt, (int)xy[2 * i + 1])[(int)xy[2 * i]];
    if (sure < SURE_SHARE * count)
        return count;
    for (int i = 0, to = 0; i < count; i++)
        if (!image_row(&ch->doubt, (int)xy[2 * i + 1])[(int)xy[2 * i]])
            xy[2 * to] = xy[2 * i], xy[2 * to + 1] = xy[2 * i + 1], to++;
    return sure;
}

/* The largest distance between two points: a square has no main axis. */
static double length_of(const float *x, const float *y, int count)
{
    float most = 0;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) {
            float dx = x[i] - x[j], dy = y[i] - y[j];
            most = fmaxf(most, dx * dx + dy * dy);
        }
    return sqrt((double)most);
}

/* Both outlines; the points of the full one that are sure. */
static enum lw_msg read_outlines(const struct cv_change *ch, int part, struct shape *s, struct lw_error *err)
{
    float xy[4 * SHAPE_POINTS];
    int n = cv_shape_outline(&ch->labels, part + 1, xy, SHAPE_POINTS, err), bare = 0;
    if (n < 0)
        return err->id;
    if (ch->parts[part].bare_px < ch->parts[part].area_px) {
        struct image without = {0};
        enum lw_msg rc = bare_label(ch, part + 1, &without, err);
        bare = rc ? -1 : cv_shape_outline(&without, 1, xy + 2 * n, SHAPE_POINTS, err);
        image_finish(&without);
        if (bare < 0)
            return err->id;
    }
    s->edge_count = n + bare;
    points_to_mm(&ch->labels, xy, n + bare, s->edge_x, s->edge_y);
    s->bare_length_mm = bare >= 8 ? length_of(s->edge_x + n, s->edge_y + n, bare) : 0;
    s->length_mm = length_of(s->edge_x, s->edge_y, n);
    if (bare < 8)
        s->bare_length_mm = s->length_mm;
    s->count = keep_sure(ch, xy, n);
    points_to_mm(&ch->labels, xy, s->count, s->x, s->y);
    return LW_OK;
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

/* Of the whole outline: without the stretches in doubt it would lie off to the side where there are none, and the other
 * way round would not be found from it. */
static void find_centre(struct shape *s)
{
    s->cx = s->cy = 0;
    for (int i = 0; i < s->edge_count; i++)
        s->cx += (double)s->edge_x[i] / s->edge_count, s->cy += (double)s->edge_y[i] / s->edge_count;
}

static enum lw_msg make_distance(struct shape *s, struct lw_error *err)
{
    float low_x = 1e9F, low_y = 1e9F, high_x = -1e9F, high_y = -1e9F, xy[4 * SHAPE_POINTS];
    for (int i = 0; i < s->edge_count; i++) {
        low_x = fminf(low_x, s->edge_x[i]), high_x = fmaxf(high_x, s->edge_x[i]);
        low_y = fminf(low_y, s->edge_y[i]), high_y = fmaxf(high_y, s->edge_y[i]);
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
    for (int i = 0; i < s->edge_count; i++)
        xy[2 * i] = s->edge_x[i] - s->x0, xy[2 * i + 1] = s->edge_y[i] - s->y0;
    return cv_shape_distance(xy, s->edge_count, s->width, s->height, s->distance, err);
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
            if (image_row(l, y)[x] != part + 1 || image_row(&ch->doubt, y)[x])
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

static double contrast_of(const struct shape *s)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->samples; i++) {
        const float *c = shape_colour_at(s, (double)s->sx[i], (double)s->sy[i]);
        if (c)
            sum += (double)(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]), n++;
    }
    return n ? sqrt(sum / n) : 0;
}

enum lw_msg shape_make(const struct cv_change *change, int part, struct shape *out, struct lw_error *err)
{
    *out = (struct shape){0};
    enum lw_msg rc = read_outlines(change, part, out, err);
    if (rc || out->count < 8) {
        out->count = 0;
        return rc;
    }
    find_centre(out);
    keep_rim(&change->labels, part + 1, out, err);
    out->rim_mm = rim_length(out);
    out->area_mm2 = change->parts[part].area_px * SHAPE_MM_PER_PX * SHAPE_MM_PER_PX;
    out->bare_mm2 = change->parts[part].bare_px * SHAPE_MM_PER_PX * SHAPE_MM_PER_PX;
    out->pieces = change->parts[part].pieces;
    rc = make_distance(out, err);
    if (rc) {
        shape_finish(out);
        return rc;
    }
    read_colours(change, part, out);
    out->contrast = contrast_of(out);
    return LW_OK;
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
    for (int i = 0; i < s->edge_count; i++)
        out->edge_x[i] = -s->edge_x[i];
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
