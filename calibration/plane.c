#include "plane.h"

#include <stdlib.h>
#include <string.h>

/* Tries of four pairs: with half of the pairs on the plane all of them fail once in 10^5 calibrations. */
#define TRIES 200
/* Pairs that judge a try. */
#define JURY 600
/* While pairs are tried, lens distortion makes them miss the plane by this much more. */
#define TRY_SLACK 4
/* Terms of the cubic for the lenses. */
#define TERMS 10

bool linear_solve(double *a, double *b, int n)
{
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r * n + c]) > fabs(a[best * n + c]))
                best = r;
        if (!(fabs(a[best * n + c]) > 1e-12))
            return false;
        for (int k = 0; k < n; k++) {
            double swap = a[c * n + k];
            a[c * n + k] = a[best * n + k];
            a[best * n + k] = swap;
        }
        double swap = b[c];
        b[c] = b[best];
        b[best] = swap;
        for (int r = 0; r < n; r++) {
            double f = r == c ? 0 : a[r * n + c] / a[c * n + c];
            for (int k = c; f != 0 && k < n; k++)
                a[r * n + k] -= f * a[c * n + k];
            b[r] -= f * b[c];
        }
    }
    for (int c = 0; c < n; c++)
        b[c] /= a[c * n + c];
    return true;
}

struct scaling {
    double x, y, scale;
};

static struct scaling scaling_of(const double *x, const double *y, const bool *use, int n)
{
    double sx = 0, sy = 0, square = 0;
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!use || use[i])
            sx += x[i], sy += y[i], count++;
    struct scaling s = {count ? sx / count : 0, count ? sy / count : 0, 1};
    for (int i = 0; i < n; i++)
        if (!use || use[i])
            square += (x[i] - s.x) * (x[i] - s.x) + (y[i] - s.y) * (y[i] - s.y);
    if (square > 0)
        s.scale = sqrt(2.0 * count / square);
    return s;
}

static void add_row(double *a, double *b, const double row[8], double right)
{
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 8; k++)
            a[i * 8 + k] += row[i] * row[k];
        b[i] += row[i] * right;
    }
}

static void multiply(const double a[9], const double b[9], double out[9])
{
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            out[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
}

bool homography_fit(const double *x, const double *y, const double *u, const double *v, const bool *use,
                    int n, struct homography *out)
{
    struct scaling from = scaling_of(x, y, use, n), to = scaling_of(u, v, use, n);
    double a[64] = {0}, b[8] = {0};
    for (int i = 0; i < n; i++) {
        if (use && !use[i])
            continue;
        double px = (x[i] - from.x) * from.scale, py = (y[i] - from.y) * from.scale;
        double pu = (u[i] - to.x) * to.scale, pv = (v[i] - to.y) * to.scale;
        add_row(a, b, (const double[8]){px, py, 1, 0, 0, 0, -pu * px, -pu * py}, pu);
        add_row(a, b, (const double[8]){0, 0, 0, px, py, 1, -pv * px, -pv * py}, pv);
    }
    if (!linear_solve(a, b, 8))
        return false;
    const double middle[9] = {b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], 1};
    const double in[9] = {from.scale, 0, -from.scale * from.x, 0, from.scale, -from.scale * from.y, 0, 0, 1};
    const double back[9] = {1 / to.scale, 0, to.x, 0, 1 / to.scale, to.y, 0, 0, 1};
    double half[9];
    multiply(middle, in, half);
    multiply(back, half, out->h);
    return true;
}

bool homography_invert(const struct homography *H, struct homography *out)
{
    const double *h = H->h;
    double c0 = h[4] * h[8] - h[5] * h[7], c1 = h[5] * h[6] - h[3] * h[8], c2 = h[3] * h[7] - h[4] * h[6];
    double det = h[0] * c0 + h[1] * c1 + h[2] * c2;
    if (!(fabs(det) > 0))
        return false;
    *out =
        (struct homography){{c0 / det, (h[2] * h[7] - h[1] * h[8]) / det, (h[1] * h[5] - h[2] * h[4]) / det,
                             c1 / det, (h[0] * h[8] - h[2] * h[6]) / det, (h[2] * h[3] - h[0] * h[5]) / det,
                             c2 / det, (h[1] * h[6] - h[0] * h[7]) / det, (h[0] * h[4] - h[1] * h[3]) / det}};
    return true;
}

struct matches {
    double *x, *y, *u, *v;
    int n;
};

static int next_random(uint64_t *state, int below)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((*state >> 33) % (uint64_t)below);
}

static bool try_four(const struct matches *m, uint64_t *state, struct homography *H)
{
    double x[4], y[4], u[4], v[4];
    for (int k = 0; k < 4; k++) {
        int i = next_random(state, m->n);
        x[k] = m->x[i], y[k] = m->y[i], u[k] = m->u[i], v[k] = m->v[i];
    }
    return homography_fit(x, y, u, v, NULL, 4, H);
}

static int vote(const struct matches *m, const struct homography *H, double tolerance)
{
    int stride = m->n / JURY + 1, votes = 0;
    for (int i = 0; i < m->n; i += stride) {
        double u, v;
        votes += homography_apply(H, m->x[i], m->y[i], &u, &v) && hypot(u - m->u[i], v - m->v[i]) < tolerance;
    }
    return votes;
}

static void cubic(double x, double y, double t[TERMS])
{
    const double terms[TERMS] = {1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
    memcpy(t, terms, sizeof terms);
}

static bool map_apply(const struct plane_map *p, double x, double y, double *u, double *v)
{
    double t[TERMS];
    if (!homography_apply(&p->H, x, y, u, v))
        return false;
    cubic((x - p->middle_x) * p->scale, (y - p->middle_y) * p->scale, t);
    for (int k = 0; k < TERMS; k++)
        *u += p->u[k] * t[k], *v += p->v[k] * t[k];
    return true;
}

/* Fits what the homography leaves over, over the pairs inside, as a cubic in camera px. */
static bool fit_cubic(const struct matches *m, const bool *inside, struct plane_map *p)
{
    struct scaling s = scaling_of(m->x, m->y, inside, m->n);
    double a[TERMS * TERMS] = {0}, t[TERMS], twin[TERMS * TERMS], u = 0, v = 0;
    p->middle_x = s.x, p->middle_y = s.y, p->scale = s.scale;
    memset(p->u, 0, sizeof p->u);
    memset(p->v, 0, sizeof p->v);
    for (int i = 0; i < m->n; i++) {
        if ((inside && !inside[i]) || !homography_apply(&p->H, m->x[i], m->y[i], &u, &v))
            continue;
        cubic((m->x[i] - s.x) * s.scale, (m->y[i] - s.y) * s.scale, t);
        for (int r = 0; r < TERMS; r++) {
            for (int c = 0; c < TERMS; c++)
                a[r * TERMS + c] += t[r] * t[c];
            p->u[r] += t[r] * (m->u[i] - u);
            p->v[r] += t[r] * (m->v[i] - v);
        }
    }
    memcpy(twin, a, sizeof a);
    return linear_solve(a, p->u, TERMS) && linear_solve(twin, p->v, TERMS);
}

/* The cubic, then who is inside, anew. */
static int judge_with_cubic(const struct matches *m, const struct homography *H, double tolerance, bool *inside)
{
    struct plane_map p = {.H = *H};
    if (!fit_cubic(m, inside, &p))
        return 0;
    int count = 0;
    for (int i = 0; i < m->n; i++) {
        double u = 0, v = 0;
        inside[i] = map_apply(&p, m->x[i], m->y[i], &u, &v) && hypot(u - m->u[i], v - m->v[i]) < tolerance;
        count += inside[i];
    }
    return count;
}

static int refine(const struct matches *m, double tolerance, struct homography *H, bool *inside)
{
    int count = 0;
    for (int i = 0; i < m->n; i++) {
        double u, v;
        inside[i] = homography_apply(H, m->x[i], m->y[i], &u, &v) &&
                    hypot(u - m->u[i], v - m->v[i]) < TRY_SLACK * tolerance;
    }
    /* The reach narrows step by step: the cubic first has to learn the lenses from pairs that are surely on
     * it. */
    for (double reach = TRY_SLACK; reach >= 1; reach /= 2)
        for (int again = 0; again < 2; again++) {
            if (!homography_fit(m->x, m->y, m->u, m->v, inside, m->n, H))
                return 0;
            count = judge_with_cubic(m, H, reach * tolerance, inside);
            if (count < TERMS)
                return 0;
        }
    return count;
}

static bool open_matches(const struct decode_pair *pairs, int count, struct matches *m)
{
    size_t n = (size_t)count + 1;
    m->n = count;
    m->x = malloc(4 * n * sizeof *m->x);
    if (!m->x)
        return false;
    m->y = m->x + n, m->u = m->y + n, m->v = m->u + n;
    for (int i = 0; i < count; i++) {
        m->x[i] = pairs[i].cam.x, m->y[i] = pairs[i].cam.y;
        m->u[i] = pairs[i].proj.x, m->v[i] = pairs[i].proj.y;
    }
    return true;
}

int plane_find(const struct decode_pair *pairs, int count, double tolerance_px, struct homography *H,
               bool *inside)
{
    struct matches m;
    int best = 0;
    uint64_t state = 1;
    if (count < 4 || !open_matches(pairs, count, &m))
        return 0;
    for (int i = 0; i < TRIES; i++) {
        struct homography trial;
        int votes = try_four(&m, &state, &trial) ? vote(&m, &trial, TRY_SLACK * tolerance_px) : 0;
        if (votes > best) {
            best = votes;
            *H = trial;
        }
    }
    int found = best ? refine(&m, tolerance_px, H, inside) : 0;
    free(m.x);
    return found;
}

bool plane_map_fit(const struct decode_pair *pairs, int count, const bool *use, struct plane_map *out)
{
    struct matches m;
    if (count < TERMS || !open_matches(pairs, count, &m))
        return false;
    bool ok = homography_fit(m.x, m.y, m.u, m.v, use, m.n, &out->H) && fit_cubic(&m, use, out);
    free(m.x);
    return ok;
}

bool plane_map_apply(const struct plane_map *m, struct cam_px at, struct proj_px *out)
{
    return map_apply(m, at.x, at.y, &out->x, &out->y);
}
