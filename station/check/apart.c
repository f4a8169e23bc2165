#include "apart.h"

#define DIFFER_MM     1.0 /* outlines nearer to one another than a pixel do not tell */
#define DIFFER_SIGMAS 1.5 /* colours */
#define OUTLINE_CAP   4.0 /* mm: farther off says no more */
#define COLOUR_CAP    4.0 /* in what is usual */
#define STRETCH_MM    4.0 /* of outline that err together */
#define PATCH_MM2     25.0
#define PROFILE_MAX    512  /* mm */
#define PROFILE_LEAST  30   /* mm */
#define PROFILE_REACH  3    /* mm: an alignment may be off by so much */
#define PROFILE_SLOW   10   /* mm to either side: the course of the shadows */
#define PROFILE_PLAIN  0.03 /* log: standard deviation of what is plain */
#define OUTLINE_SIGMA 0.7 /* of the mean distance: single stretches scatter as much */

struct sum {
    double weight, lean;
};

static void add(struct sum *s, double weight, double lean)
{
    s->weight += weight;
    s->lean += weight * fmin(fmax(lean, 0), 1);
}

static struct local_mm seen_from(const struct explanation *e, double x, double y)
{
    return rigid_apply(rigid_inverse(e->T_taught_from_seen), (struct local_mm){x, y});
}

/* Outline points of `a` that lie off the outline of `b`: does the seen outline pass there? towards: the lean when it
 * does. */
static void compare_outline(const struct explanation *a, const struct explanation *b, const struct shape *seen,
                            double sigma, double towards, struct sum *s)
{
    double share = a->taught->rim_mm > 0 ? a->taught->rim_mm / a->taught->count / STRETCH_MM : 0.5;
    struct rigid T_seen_from_a = rigid_inverse(a->T_taught_from_seen);
    for (int i = 0; i < a->taught->count; i++) {
        struct local_mm p = rigid_apply(T_seen_from_a, (struct local_mm){a->taught->x[i], a->taught->y[i]});
        struct local_mm q = rigid_apply(b->T_taught_from_seen, p);
        double differ = shape_distance_at(b->taught, q.x, q.y);
        if (differ < DIFFER_MM)
            continue;
        double off = shape_distance_at(seen, p.x, p.y), z = fmin(differ, OUTLINE_CAP) / sigma;
        add(s, z * z * share, towards + (1 - 2 * towards) * off / differ);
    }
}

/* Samples inside `a` whose colours the two expect otherwise. */
static void compare_colour(const struct explanation *a, const struct explanation *b, const struct shape *seen,
                           const double usual[CUE_COUNT], double towards, struct sum *s)
{
    double share = a->taught->samples ? a->taught->area_mm2 / a->taught->samples / PATCH_MM2 : 0;
    for (int i = 0; i < a->taught->samples; i++) {
        double d[3], o[3], differ2 = 0, along = 0;
        struct local_mm p = seen_from(a, a->taught->sx[i], a->taught->sy[i]);
        struct local_mm q = rigid_apply(b->T_taught_from_seen, p);
        const float *ca = shape_colour_at(a->taught, a->taught->sx[i], a->taught->sy[i]),
                    *cb = shape_colour_at(b->taught, q.x, q.y), *cs = shape_colour_at(seen, p.x, p.y);
        if (!ca || !cb || !cs)
            continue;
        for (int k = 0; k < 3; k++) {
            double sigma = k < 2 ? usual[CUE_HUE] * 1.5 : usual[CUE_TONE] * 2.5;
            d[k] = (cb[k] - ca[k]) / sigma;
            o[k] = (cs[k] - ca[k]) / sigma;
            differ2 += d[k] * d[k];
            along += d[k] * o[k];
        }
        if (differ2 < DIFFER_SIGMAS * DIFFER_SIGMAS)
            continue;
        add(s, fmin(differ2, COLOUR_CAP * COLOUR_CAP) * share, towards + (1 - 2 * towards) * along / differ2);
    }
}

struct apart shape_apart(const struct explanation *mine, const struct explanation *rival, const struct shape *seen,
                         const double usual[CUE_COUNT])
{
    struct sum s = {0, 0};
    double sigma = fmax(usual[CUE_OUTLINE], OUTLINE_SIGMA);
    compare_outline(mine, rival, seen, sigma, 0, &s);
    compare_outline(rival, mine, seen, sigma, 1, &s);
    compare_colour(mine, rival, seen, usual, 0, &s);
    compare_colour(rival, mine, seen, usual, 1, &s);
    return s.weight > 0 ? (struct apart){s.lean / s.weight, s.weight / 2} : (struct apart){0.5, 0};
}

/* Mean tones across a thing, by millimetres along it. */
struct profile {
    int length;
    double taught[PROFILE_MAX], seen[PROFILE_MAX];
};

/* The direction in which it is longest. */
static double axis_of(const struct shape *s)
{
    double xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < s->edge_count; i++) {
        double x = (double)s->edge_x[i] - s->cx, y = (double)s->edge_y[i] - s->cy;
        xx += x * x, xy += x * y, yy += y * y;
    }
    return 0.5 * atan2(2 * xy, xx - yy);
}

static void read_profile(const struct explanation *e, const struct shape *seen, struct profile *p)
{
    const struct shape *t = e->taught;
    struct rigid T_seen = rigid_inverse(e->T_taught_from_seen);
    double axis = axis_of(t), c = cos(axis), s = sin(axis);
    int n[PROFILE_MAX] = {0}, first = PROFILE_MAX, last = -1;
    for (int i = 0; i < PROFILE_MAX; i++)
        p->taught[i] = p->seen[i] = 0;
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            double tx = t->x0 + (double)x, ty = t->y0 + (double)y;
            const float *ct = shape_colour_at(t, tx, ty);
            struct local_mm at = rigid_apply(T_seen, (struct local_mm){tx, ty});
            const float *cs = ct ? shape_colour_at(seen, at.x, at.y) : NULL;
            int u = (int)lround(c * (tx - t->cx) + s * (ty - t->cy)) + PROFILE_MAX / 2;
            if (!cs || u < 0 || u >= PROFILE_MAX)
                continue;
            p->taught[u] += (double)ct[2], p->seen[u] += (double)cs[2], n[u]++;
            first = u < first ? u : first, last = u > last ? u : last;
        }
    p->length = last - first + 1;
    for (int i = 0; i < p->length; i++) {
        int k = n[first + i] > 0 ? n[first + i] : 1;
        p->taught[i] = p->taught[first + i] / k;
        p->seen[i] = p->seen[first + i] / k;
    }
}

static void take_course_off(double *v, int length)
{
    double from[PROFILE_MAX];
    for (int i = 0; i < length; i++)
        from[i] = v[i];
    for (int i = 0; i < length; i++) {
        double sum = 0;
        int n = 0;
        for (int k = i - PROFILE_SLOW; k <= i + PROFILE_SLOW; k++)
            if (k >= 0 && k < length)
                sum += from[k], n++;
        v[i] -= sum / n;
    }
}

static double correlate(const struct profile *p, int shift)
{
    double ab = 0, aa = 0, bb = 0;
    int n = 0;
    for (int i = 0; i < p->length; i++)
        if (i + shift >= 0 && i + shift < p->length) {
            double a = p->taught[i], b = p->seen[i + shift];
            aa += a * a, bb += b * b, ab += a * b, n++;
        }
    double least = PROFILE_PLAIN * PROFILE_PLAIN * n;
    return aa > least && bb > least ? ab / sqrt(aa * bb) : 0;
}

double shape_pattern(const struct explanation *e, const struct shape *seen)
{
    struct profile p;
    double best = -1;
    read_profile(e, seen, &p);
    if (p.length < PROFILE_LEAST)
        return 0;
    take_course_off(p.taught, p.length);
    take_course_off(p.seen, p.length);
    for (int shift = -PROFILE_REACH; shift <= PROFILE_REACH; shift++)
        best = fmax(best, correlate(&p, shift));
    return best;
}
