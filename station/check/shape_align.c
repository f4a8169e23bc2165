#include "shape.h"

#include <stdlib.h>

#define COARSE_TURNS  36
#define COARSE_POINTS 40
#define FAR_MM        12.0F /* beyond this a point counts the same */
#define HUBER_MM      2.0   /* beyond this a point pulls with constant force */
#define STEPS_MAX     12
#define REFINE_EVERY  2 /* outline points that pull; all are measured afterwards */
#define HOPELESS_STEP 4 /* what is this far off by then never was this thing */
#define HOPELESS_MM   3.0
#define COARSE_WORSE  1.6  /* ways round that start so much worse than the best are not followed */
#define STRETCH       7    /* neighbouring outline points whose mean is one stretch */
#define INSIDE_RUN    3    /* samples next to one another */
#define INSIDE_SHARE  0.96 /* of them may be less unlike than what is told */
#define LOG_AREA_MAX  0.7  /* twice or half the area: not worth an alignment */
#define LENGTH_MAX    0.45 /* of the longer one */

struct turn {
    double c, s, x, y; /* taught = R seen + (x, y) */
};

static inline void forth(const struct turn *t, double x, double y, double *ox, double *oy)
{
    *ox = t->c * x - t->s * y + t->x;
    *oy = t->s * x + t->c * y + t->y;
}

static inline void back(const struct turn *t, double x, double y, double *ox, double *oy)
{
    x -= t->x, y -= t->y;
    *ox = t->c * x + t->s * y;
    *oy = -t->s * x + t->c * y;
}

/* Bilinear distance and its slope. */
static inline float distance_at(const struct shape *s, double x, double y, float *gx, float *gy)
{
    float fx = (float)x - s->x0, fy = (float)y - s->y0;
    *gx = *gy = 0;
    if (!(fx >= 0 && fy >= 0 && fx < (float)(s->width - 1) && fy < (float)(s->height - 1)))
        return FAR_MM;
    int ix = (int)fx, iy = (int)fy;
    const float *p = s->distance + iy * s->width + ix, *q = p + s->width;
    fx -= (float)ix, fy -= (float)iy;
    float top = p[0] + fx * (p[1] - p[0]), low = q[0] + fx * (q[1] - q[0]), d = top + fy * (low - top);
    *gx = (1 - fy) * (p[1] - p[0]) + fy * (q[1] - q[0]);
    *gy = low - top;
    return d < FAR_MM ? d : FAR_MM;
}

double shape_distance_at(const struct shape *s, double x, double y)
{
    float gx, gy;
    return distance_at(s, x, y, &gx, &gy);
}

const float *shape_colour_at(const struct shape *s, double x, double y)
{
    int ix = (int)lround(x - s->x0), iy = (int)lround(y - s->y0);
    if (ix < 0 || iy < 0 || ix >= s->width || iy >= s->height)
        return NULL;
    const float *c = s->colour + 3 * (iy * s->width + ix);
    return c[0] < 100 ? c : NULL;
}

static double coarse_score(const struct shape *a, const struct shape *b, const struct turn *t)
{
    float gx, gy;
    double sum = 0, x, y;
    for (int i = 0; i < COARSE_POINTS; i++) {
        int j = i * b->count / COARSE_POINTS, k = i * a->count / COARSE_POINTS;
        forth(t, b->x[j], b->y[j], &x, &y);
        sum += distance_at(a, x, y, &gx, &gy);
        back(t, a->x[k], a->y[k], &x, &y);
        sum += distance_at(b, x, y, &gx, &gy);
    }
    return sum;
}

struct normal {
    double a[6], b[3]; /* upper triangle; right side */
};

static void add(struct normal *n, double d, double gx, double gy, double px, double py)
{
    double j[3] = {gx, gy, -gx * py + gy * px}, w = d > HUBER_MM ? HUBER_MM / d : 1;
    if (d >= FAR_MM)
        return;
    for (int r = 0, k = 0; r < 3; r++) {
        n->b[r] -= w * j[r] * d;
        for (int c = r; c < 3; c++)
            n->a[k++] += w * j[r] * j[c];
    }
}

static bool solve3(const struct normal *n, double out[3])
{
    const double *a = n->a, *b = n->b;
    double m0 = a[0] + 1e-3, m3 = a[3] + 1e-3, m5 = a[5] + 1e-1;
    double c0 = m3 * m5 - a[4] * a[4], c1 = a[2] * a[4] - a[1] * m5, c2 = a[1] * a[4] - a[2] * m3;
    double det = m0 * c0 + a[1] * c1 + a[2] * c2;
    if (!(fabs(det) > 1e-9))
        return false;
    double c4 = m0 * m5 - a[2] * a[2], c5 = a[1] * a[2] - m0 * a[4], c8 = m0 * m3 - a[1] * a[1];
    out[0] = (c0 * b[0] + c1 * b[1] + c2 * b[2]) / det;
    out[1] = (c1 * b[0] + c4 * b[1] + c5 * b[2]) / det;
    out[2] = (c2 * b[0] + c5 * b[1] + c8 * b[2]) / det;
    return true;
}

/* Gauss-Newton on the outline distances of both directions (as ICP with distance transforms, Fitzgibbon
 * 2003). */
static void refine(const struct shape *a, const struct shape *b, struct turn *t)
{
    for (int step = 0; step < STEPS_MAX; step++) {
        struct normal n = {{0}, {0}};
        float gx, gy;
        double x, y, u[3], sum = 0;
        for (int i = 0; i < b->count; i += REFINE_EVERY) {
            forth(t, b->x[i], b->y[i], &x, &y);
            float d = distance_at(a, x, y, &gx, &gy);
            sum += d;
            add(&n, d, gx, gy, x - a->cx, y - a->cy);
        }
        for (int i = 0; i < a->count; i += REFINE_EVERY) {
            back(t, a->x[i], a->y[i], &x, &y);
            float d = distance_at(b, x, y, &gx, &gy);
            double rx = t->c * gx - t->s * gy, ry = t->s * gx + t->c * gy;
            add(&n, d, -rx, -ry, a->x[i] - a->cx, a->y[i] - a->cy);
        }
        if (!solve3(&n, u) || (step == HOPELESS_STEP && sum * REFINE_EVERY > HOPELESS_MM * b->count))
            return;
        double c = cos(u[2]), s = sin(u[2]), dx = t->x - a->cx, dy = t->y - a->cy;
        *t = (struct turn){c * t->c - s * t->s, s * t->c + c * t->s, a->cx + c * dx - s * dy + u[0],
                           a->cy + s * dx + c * dy + u[1]};
        if (fabs(u[0]) + fabs(u[1]) < 0.02 && fabs(u[2]) < 2e-4)
            return;
    }
}

/* Mean distance of one direction; *worst becomes the worst stretch. */
static double one_way(const float *d, int n, double *worst)
{
    double sum = 0, run = 0;
    for (int i = 0; i < n; i++)
        sum += d[i];
    for (int i = 0; i < n + STRETCH; i++) {
        run += d[i % n];
        if (i >= STRETCH) {
            run -= d[(i - STRETCH) % n];
            *worst = fmax(*worst, run / STRETCH);
        }
    }
    return sum / n;
}

static void compare_outlines(const struct shape *a, const struct shape *b, const struct turn *t, double *cue)
{
    float d[SHAPE_POINTS], gx, gy;
    double x, y, worst = 0, mean = 0;
    for (int i = 0; i < b->count; i++) {
        forth(t, b->x[i], b->y[i], &x, &y);
        d[i] = distance_at(a, x, y, &gx, &gy);
    }
    mean += one_way(d, b->count, &worst) / 2;
    for (int i = 0; i < a->count; i++) {
        back(t, a->x[i], a->y[i], &x, &y);
        d[i] = distance_at(b, x, y, &gx, &gy);
    }
    mean += one_way(d, a->count, &worst) / 2;
    cue[CUE_OUTLINE] = mean;
    cue[CUE_STRETCH] = worst;
}

static int by_size(const void *pa, const void *pb)
{
    float a = *(const float *)pa, b = *(const float *)pb;
    return a < b ? -1 : a > b;
}

/* Neighbouring samples together, so that a line of print that is a pixel off weighs little and a thing that
 * lies on top much; nearly the worst of them. */
static double worst_inside(const float *diff, const float *colour, int n, float mean)
{
    float run[SHAPE_SAMPLES];
    int count = n - INSIDE_RUN + 1;
    for (int i = 0; i < count; i++) {
        float d = 0, c = 0;
        for (int k = 0; k < INSIDE_RUN; k++)
            d += diff[i + k] - mean, c += colour[i + k];
        run[i] = (fabsf(d) + c) / INSIDE_RUN;
    }
    qsort(run, (size_t)count, sizeof run[0], by_size);
    return (double)run[(int)(INSIDE_SHARE * (count - 1))];
}

/* Colours at corresponding places: mean difference of hue; of tone after its mean is taken off. */
void shape_compare_colours(const struct shape *a, const struct shape *b, struct shape_match *m)
{
    const struct rigid *T = &m->T_taught_from_seen;
    const struct turn turn = {cos(T->angle_rad), sin(T->angle_rad), T->x_mm, T->y_mm}, *t = &turn;
    double hue = 0, mean = 0, tone = 0, x, y, *cue = m->cue;
    float diff[SHAPE_SAMPLES], colour[SHAPE_SAMPLES];
    int n = 0;
    for (int i = 0; i < a->samples; i++) {
        back(t, a->sx[i], a->sy[i], &x, &y);
        int bx = (int)(x - b->x0 + 0.5), by = (int)(y - b->y0 + 0.5);
        int ax = (int)(a->sx[i] - a->x0 + 0.5F), ay = (int)(a->sy[i] - a->y0 + 0.5F);
        if (bx < 0 || by < 0 || bx >= b->width || by >= b->height)
            continue;
        const float *p = a->colour + 3 * (ay * a->width + ax), *q = b->colour + 3 * (by * b->width + bx);
        if (p[0] > 100 || q[0] > 100)
            continue;
        colour[n] = sqrtf((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]));
        hue += colour[n];
        diff[n] = p[2] - q[2];
        mean += diff[n++];
    }
    cue[CUE_HUE] = n > 5 ? hue / n : 0;
    for (int i = 0; i < n; i++)
        tone += fabs(diff[i] - mean / n);
    cue[CUE_TONE] = n > 5 ? 0.5 * tone / n + 0.5 * fabs(mean / n) : 0;
    m->inside = n > 2 * INSIDE_RUN ? worst_inside(diff, colour, n, (float)mean / (float)n) : 0;
}

static void insert(struct turn *best, double *scores, int *count, const struct turn *t, double score)
{
    int i = *count < SHAPE_MATCHES ? (*count)++ : SHAPE_MATCHES;
    while (i > 0 && scores[i - 1] > score) {
        if (i < SHAPE_MATCHES)
            best[i] = best[i - 1], scores[i] = scores[i - 1];
        i--;
    }
    if (i < SHAPE_MATCHES)
        best[i] = *t, scores[i] = score;
}

/* Ways round that are better than their neighbours on both sides. */
static int coarse(const struct shape *a, const struct shape *b, bool both_ways, struct turn *best)
{
    struct turn turns[COARSE_TURNS];
    double scores[COARSE_TURNS], kept[SHAPE_MATCHES];
    int count = 0, other = -1;
    for (int i = 0; i < COARSE_TURNS; i++) {
        double angle = 2 * LW_PI * i / COARSE_TURNS, c = cos(angle), s = sin(angle);
        turns[i] = (struct turn){c, s, a->cx - c * b->cx + s * b->cy, a->cy - s * b->cx - c * b->cy};
        scores[i] = coarse_score(a, b, &turns[i]);
    }
    for (int i = 0; i < COARSE_TURNS; i++) {
        double left = scores[(i + COARSE_TURNS - 1) % COARSE_TURNS], right = scores[(i + 1) % COARSE_TURNS];
        if (scores[i] <= left && scores[i] < right)
            insert(best, kept, &count, &turns[i], scores[i]);
    }
    if (!count)
        best[count++] = turns[0], kept[0] = scores[0];
    while (count > 1 && kept[count - 1] > COARSE_WORSE * kept[0])
        count--;
    for (int i = 0; i < count; i++)
        both_ways = both_ways && (best[i].c > 0) == (best[0].c > 0);
    for (int i = 0; i < COARSE_TURNS && both_ways; i++)
        if ((turns[i].c > 0) != (best[0].c > 0) && (other < 0 || scores[i] < scores[other]))
            other = i;
    if (other >= 0)
        best[count < SHAPE_MATCHES ? count++ : SHAPE_MATCHES - 1] = turns[other];
    return count;
}

static int by_outline(const void *pa, const void *pb)
{
    const struct shape_match *a = pa, *b = pb;
    return a->cue[CUE_OUTLINE] < b->cue[CUE_OUTLINE] ? -1 : a->cue[CUE_OUTLINE] > b->cue[CUE_OUTLINE];
}

/* Between two ranges; 0 where they overlap. */
static double apart(double low_a, double high_a, double low_b, double high_b)
{
    return fmax(0, fmax(low_a - high_b, low_b - high_a));
}

void shape_compare_size(const struct shape *taught, const struct shape *seen, double cue[CUE_COUNT])
{
    for (int i = 0; i < CUE_COUNT; i++)
        cue[i] = 0;
    cue[CUE_AREA] = apart(log(seen->bare_mm2), log(seen->area_mm2), log(taught->bare_mm2), log(taught->area_mm2));
    cue[CUE_LENGTH] =
        apart(seen->bare_length_mm, seen->length_mm, taught->bare_length_mm, taught->length_mm);
}

int shape_align(const struct shape *taught, const struct shape *seen, bool both_ways,
                struct shape_match out[SHAPE_MATCHES])
{
    struct turn turns[SHAPE_MATCHES];
    if (taught->count < 8 || seen->count < 8)
        return 0;
    double size[CUE_COUNT];
    shape_compare_size(taught, seen, size);
    if (size[CUE_AREA] > LOG_AREA_MAX ||
        size[CUE_LENGTH] > LENGTH_MAX * fmax(seen->length_mm, taught->length_mm))
        return 0;
    int n = coarse(taught, seen, both_ways, turns);
    for (int i = 0; i < n; i++) {
        refine(taught, seen, &turns[i]);
        struct turn *t = &turns[i];
        out[i].T_taught_from_seen = (struct rigid){t->x, t->y, atan2(t->s, t->c)};
        compare_outlines(taught, seen, t, out[i].cue);
        out[i].cue[CUE_AREA] = size[CUE_AREA];
        out[i].cue[CUE_LENGTH] = size[CUE_LENGTH];
        out[i].cue[CUE_HUE] = out[i].cue[CUE_TONE] = out[i].inside = 0;
    }
    qsort(out, (size_t)n, sizeof *out, by_outline);
    return n;
}
