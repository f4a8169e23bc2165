/* Does a region look as taught (the screw is in its hole, the cable in its clip, the lid shut)? Where the taught states differ
 * has the say: the picture, laid on each of them and brought to its light, must be near the right one and far from the
 * wrong one there. What lies between is refused. */
#include "witness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN_MM  3.0 /* how far the region may lie from where it is expected */
#define SHIFT_PX   ((int)(MARGIN_MM / WITNESS_MM_PER_PX))
#define COARSE_PX  2   /* first steps of the search */
#define TURNS      5   /* -2 .. 2 degrees */
#define TURN_RAD   (1.0 * LW_PI / 180)
#define NEAR_SHARE 0.40 /* of the distance between the states: so near is one of them */
#define CLEAR      0.60 /* and by so much nearer than the other */
#define SEARCH_PLACES 2500 /* of the taught picture are looked at while searching */
#define SMOOTH_PX  2   /* half a window: grain, and edges half a pixel off, are not what states differ by */
#define TELLS_GREY 12.0 /* root mean square, where they differ: taught states that differ by less tell nothing */

struct sheet {
    float *bgr; /* width x height x 3 */
    int width, height;
};

static bool sheet_init(struct sheet *s, int width, int height)
{
    *s = (struct sheet){calloc((size_t)width * (size_t)height * 3, sizeof *s->bgr), width, height};
    return s->bgr != NULL;
}

/* Where a place of the taught picture lies in the seen one, which has the margin around it. */
struct laid {
    double x, y, cos, sin;
};

static struct laid laid_at(const struct image *seen, double dx, double dy, double turn_rad)
{
    return (struct laid){(seen->width - 1) / 2.0 + dx, (seen->height - 1) / 2.0 + dy, cos(turn_rad), sin(turn_rad)};
}

static void sample(const struct image *seen, const struct laid *at, double u, double v, float bgr[3])
{
    double sx = fmin(fmax(at->x + at->cos * u - at->sin * v, 0), seen->width - 1.001);
    double sy = fmin(fmax(at->y + at->sin * u + at->cos * v, 0), seen->height - 1.001);
    int ix = (int)sx, iy = (int)sy;
    float fx = (float)(sx - ix), fy = (float)(sy - iy);
    const uint8_t *a = image_row(seen, iy) + 3 * (ptrdiff_t)ix, *b = image_row(seen, iy + 1) + 3 * (ptrdiff_t)ix;
    for (int k = 0; k < 3; k++)
        bgr[k] = (1 - fy) * ((1 - fx) * (float)a[k] + fx * (float)a[k + 3]) +
                 fy * ((1 - fx) * (float)b[k] + fx * (float)b[k + 3]);
}

/* Correlation of the taught picture with what it is laid on, all colours together, at every `stride`th place. */
static double correlation(const struct sheet *taught, const struct image *seen, const struct laid *at, int stride)
{
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0, n = 0;
    for (int y = stride / 2; y < taught->height; y += stride)
        for (int x = stride / 2; x < taught->width; x += stride) {
            const float *t = &taught->bgr[3 * (y * taught->width + x)];
            float p[3];
            sample(seen, at, x - (taught->width - 1) / 2.0, y - (taught->height - 1) / 2.0, p);
            for (int k = 0; k < 3; k++)
                sa += p[k], sb += t[k], aa += p[k] * p[k], bb += t[k] * t[k], ab += p[k] * t[k];
            n += 3;
        }
    double va = aa - sa * sa / n, vb = bb - sb * sb / n;
    return va > 1 && vb > 1 ? (ab - sa * sb / n) / sqrt(va * vb) : 0;
}

/* Lays the picture on a taught one where both are most alike. */
static void lay_on(const struct image *seen, const struct sheet *taught, struct sheet *out)
{
    double best = -2, at[3] = {0};
    int stride = (int)fmax(1, sqrt((double)taught->width * taught->height / SEARCH_PLACES));
    for (int step = COARSE_PX; step >= 1; step--) {
        double from[3] = {at[0], at[1], at[2]};
        int reach = step == COARSE_PX ? SHIFT_PX : COARSE_PX - 1;
        for (int i = 0, side = 2 * (reach / step) + 1; i < TURNS * side * side; i++) {
            double dx = from[0] + step * (i % side - side / 2), dy = from[1] + step * (i / side % side - side / 2);
            double turn = (i / side / side - TURNS / 2) * TURN_RAD;
            struct laid laid = laid_at(seen, dx, dy, turn);
            double c = correlation(taught, seen, &laid, stride);
            if (c > best)
                best = c, at[0] = dx, at[1] = dy, at[2] = turn;
        }
    }
    struct laid laid = laid_at(seen, at[0], at[1], at[2]);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            sample(seen, &laid, x - (out->width - 1) / 2.0, y - (out->height - 1) / 2.0,
                   &out->bgr[3 * (y * out->width + x)]);
}

/* Means over a small window. */
static void smooth(struct sheet *s)
{
    struct sheet from;
    if (!sheet_init(&from, s->width, s->height))
        return;
    memcpy(from.bgr, s->bgr, sizeof *s->bgr * 3 * (size_t)(s->width * s->height));
    for (int y = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            float sum[3] = {0};
            int n = 0;
            for (int v = y - SMOOTH_PX; v <= y + SMOOTH_PX; v++)
                for (int u = x - SMOOTH_PX; u <= x + SMOOTH_PX; u++) {
                    if (u < 0 || v < 0 || u >= s->width || v >= s->height)
                        continue;
                    for (int k = 0; k < 3; k++)
                        sum[k] += from.bgr[3 * (v * s->width + u) + k];
                    n++;
                }
            for (int k = 0; k < 3; k++)
                s->bgr[3 * (y * s->width + x) + k] = sum[k] / (float)n;
        }
    free(from.bgr);
}

/* How much the states differ at each place, squared. */
static void difference(const struct sheet *a, const struct sheet *b, float *weight)
{
    for (int i = 0; i < a->width * a->height; i++) {
        weight[i] = 0;
        for (int k = 0; k < 3; k++)
            weight[i] += (a->bgr[3 * i + k] - b->bgr[3 * i + k]) * (a->bgr[3 * i + k] - b->bgr[3 * i + k]);
    }
}

/* Brings the sheet to the light of the taught one: a straight line per colour, fitted where the states do not differ. */
static void match_light(struct sheet *s, const struct sheet *taught, const float *weight, float differ)
{
    for (int k = 0; k < 3; k++) {
        double n = 0, sx = 0, sy = 0, xx = 0, xy = 0;
        for (int i = 0; i < s->width * s->height; i++) {
            double x = s->bgr[3 * i + k], y = taught->bgr[3 * i + k];
            if (weight[i] <= differ)
                n++, sx += x, sy += y, xx += x * x, xy += x * y;
        }
        double var = xx - sx * sx / fmax(n, 1), gain = var > 25 * n ? (xy - sx * sy / fmax(n, 1)) / var : 0;
        gain = gain > 0.4 && gain < 2.5 ? gain : sx > 0 ? sy / sx : 1; /* too plain for a slope: a factor */
        double offset = n > 0 ? (sy - gain * sx) / n : 0;
        for (int i = 0; i < s->width * s->height; i++)
            s->bgr[3 * i + k] = (float)(gain * s->bgr[3 * i + k] + offset);
    }
}

/* Root mean square of the difference where it weighs. */
static double distance(const struct sheet *a, const struct sheet *b, const float *weight)
{
    double sum = 0, all = 0;
    for (int i = 0; i < a->width * a->height; i++) {
        for (int k = 0; k < 3; k++)
            sum += (double)weight[i] * (a->bgr[3 * i + k] - b->bgr[3 * i + k]) * (a->bgr[3 * i + k] - b->bgr[3 * i + k]);
        all += weight[i];
    }
    return all > 0 ? sqrt(sum / all) : 0;
}

static void from_image(const struct image *im, struct sheet *out)
{
    for (int y = 0; y < im->height; y++)
        for (int i = 0; i < 3 * im->width; i++)
            out->bgr[3 * y * im->width + i] = image_row(im, y)[i];
}

/* Of one right and one wrong picture: how far the seen one is from each, as a share of how far they are apart. */
static bool compare(const struct image *seen, const struct image *right, const struct image *wrong, double share[2])
{
    struct sheet r, w, near_r, near_w;
    bool made = sheet_init(&r, right->width, right->height), tells = false;
    made &= sheet_init(&w, right->width, right->height);
    made &= sheet_init(&near_r, right->width, right->height);
    made &= sheet_init(&near_w, right->width, right->height);
    float *weight = calloc((size_t)right->width * (size_t)right->height, sizeof *weight);
    if (made && weight) {
        from_image(right, &r);
        from_image(wrong, &w);
        lay_on(seen, &r, &near_r);
        lay_on(seen, &w, &near_w);
        smooth(&r), smooth(&w), smooth(&near_r), smooth(&near_w);
        difference(&r, &w, weight);
        double apart = distance(&r, &w, weight);
        match_light(&near_r, &r, weight, (float)(apart * apart / 9));
        match_light(&near_w, &w, weight, (float)(apart * apart / 9));
        tells = apart > TELLS_GREY;
        share[0] = distance(&near_r, &r, weight) / fmax(apart, 1);
        share[1] = distance(&near_w, &w, weight) / fmax(apart, 1);
    }
    free(weight);
    free(r.bgr);
    free(w.bgr);
    free(near_r.bgr);
    free(near_w.bgr);
    return tells;
}

void witness_ask_region(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    struct image seen = {0};
    struct lw_error unheard;
    double best[2] = {9, 9};
    bool tells = false;
    if (witness_region_picture(o, s, MARGIN_MM, &seen, &unheard))
        return;
    for (int i = 0; i < s->right_count; i++)
        for (int k = 0; k < s->wrong_count; k++) {
            double share[2];
            bool same = s->right[i].width == s->wrong[k].width && s->right[i].height == s->wrong[k].height;
            if (!same || !compare(&seen, &s->right[i], &s->wrong[k], share))
                continue;
            tells = true;
            best[0] = fmin(best[0], share[0]);
            best[1] = fmin(best[1], share[1]);
        }
    image_finish(&seen);
    snprintf(out->evidence, sizeof out->evidence, "right %.2f wrong %.2f", best[0], best[1]);
    if (!tells)
        return;
    out->confidence = fmax(0, 1 - best[0]);
    if (best[0] < NEAR_SHARE && best[0] < CLEAR * best[1])
        out->says = WITNESS_AGREES;
    else
        out->says = WITNESS_DISAGREES;
    if (out->says == WITNESS_DISAGREES)
        out->reason = best[1] < NEAR_SHARE && best[1] < CLEAR * best[0] ? REASON_MISSING : REASON_UNKNOWN;
}
