/* The place where two edges cross, by fitting what a lens makes of it. */
#include "board.h"
#include "plane.h"

#include <string.h>

/* Grey = mean + half step * erf(d1) * erf(d2) + a gradient of the light; d1, d2: distances to two lines through the
 * corner, in blurs. */
enum { X, Y, LINE1, LINE2, MEAN, STEP, LIGHT_X, LIGHT_Y, LOG_BLUR, TERMS };

#define ITERATIONS 25
#define RADIUS_MIN 2.5
/* What counts as such a corner: contrast in grey levels, and what the model may leave over of it. */
#define STEP_MIN 3.0
#define LEFT_MAX 0.45
/* A lens blurs by at least a third of a pixel: the pixel itself does. */
#define BLUR_MIN 0.3

struct window {
    const struct image *picture;
    int x0, y0, x1, y1;
    double cx, cy, radius;
};

static bool open_window(const struct image *im, struct cam_px at, double radius, struct window *w)
{
    *w = (struct window){im,
                         (int)ceil(at.x - radius),
                         (int)ceil(at.y - radius),
                         (int)floor(at.x + radius),
                         (int)floor(at.y + radius),
                         at.x,
                         at.y,
                         radius};
    return w->x0 >= 0 && w->y0 >= 0 && w->x1 < im->width && w->y1 < im->height;
}

/* Angles at which the greys around the centre change sides: by the phase of their second harmonic, edges at right
 * angles. */
static void start(const struct window *w, double p[TERMS])
{
    double c = 0, s = 0, sum = 0, square = 0;
    int n = 0;
    for (int y = w->y0; y <= w->y1; y++)
        for (int x = w->x0; x <= w->x1; x++) {
            double dx = x - w->cx, dy = y - w->cy, r2 = dx * dx + dy * dy, g = image_row(w->picture, y)[x];
            if (r2 > w->radius * w->radius)
                continue;
            sum += g, square += g * g, n++;
            if (r2 > 1)
                c += g * (dx * dx - dy * dy) / r2, s += g * 2 * dx * dy / r2;
        }
    double mean = sum / n, spread = sqrt(fmax(1, square / n - mean * mean)), phase = atan2(s, c) / 2;
    memset(p, 0, TERMS * sizeof *p);
    p[X] = w->cx, p[Y] = w->cy;
    p[LINE1] = phase + LW_PI / 4; /* normals of the lines: bright lies along `phase` */
    p[LINE2] = phase - LW_PI / 4;
    p[MEAN] = mean;
    p[STEP] = spread;
    p[LOG_BLUR] = log(1.0);
}

/* Model and derivatives at one pixel. */
static double model_at(const double p[TERMS], const struct window *w, int x, int y, double d[TERMS])
{
    const double root_half = 0.70710678118654752, root_2_pi = 0.79788456080286536; /* sqrt(1/2), sqrt(2/pi) */
    double dx = x - p[X], dy = y - p[Y], blur = exp(p[LOG_BLUR]);
    double c1 = cos(p[LINE1]), s1 = sin(p[LINE1]), c2 = cos(p[LINE2]), s2 = sin(p[LINE2]);
    double d1 = (c1 * dx + s1 * dy) / blur, d2 = (c2 * dx + s2 * dy) / blur;
    double e1 = erf(d1 * root_half), e2 = erf(d2 * root_half);
    double g1 = root_2_pi * exp(-d1 * d1 / 2) * e2 * p[STEP], g2 = root_2_pi * exp(-d2 * d2 / 2) * e1 * p[STEP];
    d[X] = -(g1 * c1 + g2 * c2) / blur;
    d[Y] = -(g1 * s1 + g2 * s2) / blur;
    d[LINE1] = g1 * (c1 * dy - s1 * dx) / blur;
    d[LINE2] = g2 * (c2 * dy - s2 * dx) / blur;
    d[MEAN] = 1;
    d[STEP] = e1 * e2;
    d[LIGHT_X] = (x - w->cx) / w->radius;
    d[LIGHT_Y] = (y - w->cy) / w->radius;
    d[LOG_BLUR] = -(g1 * d1 + g2 * d2);
    return p[MEAN] + p[STEP] * e1 * e2 + p[LIGHT_X] * d[LIGHT_X] + p[LIGHT_Y] * d[LIGHT_Y];
}

/* Normal equations over the window; returns the sum of squares. */
static double accumulate(const struct window *w, const double p[TERMS], double a[TERMS * TERMS], double b[TERMS],
                         int *count)
{
    double sum = 0, d[TERMS];
    memset(a, 0, TERMS * TERMS * sizeof *a);
    memset(b, 0, TERMS * sizeof *b);
    *count = 0;
    for (int y = w->y0; y <= w->y1; y++)
        for (int x = w->x0; x <= w->x1; x++) {
            double dx = x - w->cx, dy = y - w->cy;
            if (dx * dx + dy * dy > w->radius * w->radius)
                continue;
            double e = image_row(w->picture, y)[x] - model_at(p, w, x, y, d);
            sum += e * e;
            ++*count;
            for (int i = 0; i < TERMS; i++) {
                b[i] += d[i] * e;
                for (int k = 0; k <= i; k++)
                    a[i * TERMS + k] += d[i] * d[k];
            }
        }
    for (int i = 0; i < TERMS; i++)
        for (int k = i + 1; k < TERMS; k++)
            a[i * TERMS + k] = a[k * TERMS + i];
    return sum;
}

static bool step_from(const double a[TERMS * TERMS], const double b[TERMS], double damping, double out[TERMS])
{
    double copy[TERMS * TERMS];
    memcpy(copy, a, sizeof copy);
    memcpy(out, b, TERMS * sizeof *b);
    for (int i = 0; i < TERMS; i++)
        copy[i * TERMS + i] = copy[i * TERMS + i] * (1 + damping) + 1e-9;
    return linear_solve(copy, out, TERMS);
}

/* Levenberg-Marquardt; false where it does not settle inside the window. */
static bool adjust(const struct window *w, double p[TERMS], double *sigma, double *left)
{
    double a[TERMS * TERMS], b[TERMS], next[TERMS], na[TERMS * TERMS], nb[TERMS], d[TERMS], damping = 1e-2;
    int n = 0;
    double sum = accumulate(w, p, a, b, &n);
    for (int i = 0; i < ITERATIONS; i++) {
        if (!step_from(a, b, damping, d))
            return false;
        for (int k = 0; k < TERMS; k++)
            next[k] = p[k] + d[k];
        next[LOG_BLUR] = fmin(fmax(next[LOG_BLUR], log(BLUR_MIN)), log(w->radius));
        if (hypot(next[X] - w->cx, next[Y] - w->cy) > w->radius)
            return false;
        double trial = accumulate(w, next, na, nb, &n);
        if (!(trial < sum)) {
            damping *= 10;
            if (damping > 1e6)
                break;
            continue;
        }
        double gained = sum - trial;
        memcpy(p, next, sizeof next);
        memcpy(a, na, sizeof a);
        memcpy(b, nb, sizeof b);
        sum = trial;
        damping = fmax(damping / 10, 1e-7);
        if (gained < 1e-6 * sum && hypot(d[X], d[Y]) < 1e-4)
            break;
    }
    double variance = sum / fmax(1, n - TERMS), unit[TERMS] = {0};
    unit[X] = 1;
    if (!step_from(a, unit, 0, d))
        return false;
    double along = d[X];
    memset(unit, 0, sizeof unit);
    unit[Y] = 1;
    if (!step_from(a, unit, 0, d))
        return false;
    *sigma = sqrt(variance * fmax(0, (along + d[Y]) / 2));
    *left = sqrt(variance) / fmax(1e-9, fabs(p[STEP]));
    return true;
}

bool board_refine(const struct image *picture, double radius_px, struct cam_px *at, double *sigma_px, double *blur_px)
{
    struct window w;
    double p[TERMS], left = 0, radius = fmax(radius_px, RADIUS_MIN);
    struct cam_px seen = *at;
    for (int round = 0; round < 2; round++) { /* the second time with the window over the corner itself */
        if (!open_window(picture, seen, radius, &w))
            return false;
        start(&w, p);
        if (!adjust(&w, p, sigma_px, &left) || fabs(p[STEP]) < STEP_MIN || !(left < LEFT_MAX) ||
            fabs(sin(p[LINE1] - p[LINE2])) < 0.2)
            return false;
        seen = (struct cam_px){p[X], p[Y]};
    }
    *at = seen;
    *blur_px = exp(p[LOG_BLUR]);
    return true;
}
