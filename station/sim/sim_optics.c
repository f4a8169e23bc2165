#include "sim_optics.h"

#include "sim_field.h"

#include <math.h>

/* ---- where it hangs ---- */

/* What another bench of the same kind may differ by, at jitter 1. */
#define VARY_PLACE_MM  60.0
#define VARY_AIM_MM    35.0
#define VARY_ROLL_RAD  0.015
#define VARY_SPAN      0.015 /* share */
#define VARY_CENTRE_MM 6.0
#define VARY_K1        0.02
#define VARY_P         0.0005

static double vary(uint32_t n, uint32_t seed, double by)
{
    return by * (2.0 * (double)field_random(n, 11, seed) - 1);
}

static struct pretend_device varied(const struct pretend_device *d, double j, uint32_t seed)
{
    struct pretend_device v = *d;
    v.x_mm += vary(1, seed, VARY_PLACE_MM * j);
    v.y_mm += vary(2, seed, VARY_PLACE_MM * j);
    v.z_mm += vary(3, seed, VARY_PLACE_MM * j);
    for (uint32_t i = 0; i < 2; i++) {
        v.aim[i] += vary(4 + i, seed, VARY_AIM_MM * j);
        v.centre[i] += vary(6 + i, seed, VARY_CENTRE_MM * j);
    }
    v.roll_rad += vary(8, seed, VARY_ROLL_RAD * j);
    v.span_mm *= 1 + vary(9, seed, VARY_SPAN * j);
    v.k1 += vary(10, seed, VARY_K1 * j);
    v.p1 += vary(11, seed, VARY_P * j);
    v.p2 += vary(12, seed, VARY_P * j);
    return v;
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static void unit(double v[3])
{
    double n = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3; i++)
        v[i] /= n;
}

/* Rows: right, down, forward; the picture's right is the bench's, as far as the aim lets it. */
static void look_at(const struct pretend_device *d, double R[9])
{
    double forward[3] = {d->aim[0] - d->x_mm, d->aim[1] - d->y_mm, -d->z_mm}, across[3] = {1, 0, 0};
    double down[3], right[3];
    unit(forward);
    cross(forward, across, down);
    unit(down);
    cross(down, forward, right);
    double c = cos(d->roll_rad), s = sin(d->roll_rad);
    for (int i = 0; i < 3; i++) {
        R[i] = c * right[i] + s * down[i];
        R[3 + i] = c * down[i] - s * right[i];
        R[6 + i] = forward[i];
    }
}

/* The rotation vector of a matrix that turns by less than half a circle or, as here, about half a circle. */
static void rotation_vector(const double R[9], double out[3])
{
    double cosine = fmin(fmax((R[0] + R[4] + R[8] - 1) / 2, -1), 1), angle = acos(cosine);
    double axis[3] = {R[7] - R[5], R[2] - R[6], R[3] - R[1]};
    if (angle < 3.0) {
        double scale = angle < 1e-9 ? 0.5 : angle / (2 * sin(angle));
        for (int i = 0; i < 3; i++)
            out[i] = axis[i] * scale;
        return;
    }
    /* near half a circle the axis stands in the symmetric part: (R + R') / 2 = cos + (1 - cos) a a' */
    double k = 1 - cosine, a[3];
    int m = R[0] > R[4] && R[0] > R[8] ? 0 : R[4] > R[8] ? 1 : 2;
    for (int i = 0; i < 3; i++)
        a[i] = ((R[3 * m + i] + R[3 * i + m]) / 2 - (i == m ? cosine : 0)) / k;
    unit(a);
    double sign = a[0] * axis[0] + a[1] * axis[1] + a[2] * axis[2] < 0 ? -1 : 1;
    /* the sine tells the angle better than the cosine does here */
    double sine = sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]) / 2;
    angle = LW_PI - asin(fmin(sine, 1));
    for (int i = 0; i < 3; i++)
        out[i] = sign * a[i] * angle;
}

static void set_pose(struct pinhole *p, const double R[9], const double at[3])
{
    rotation_vector(R, p->T_device_from_bench.rotation);
    rotation_matrix(p->T_device_from_bench.rotation, p->R);
    for (int i = 0; i < 3; i++)
        p->T_device_from_bench.translation_mm[i] =
            -(p->R[3 * i] * at[0] + p->R[3 * i + 1] * at[1] + p->R[3 * i + 2] * at[2]);
    pinhole_update(p);
}

void optics_device(const struct pretend_device *given, double jitter, uint32_t seed, struct pinhole *out)
{
    struct pretend_device d = varied(given, jitter, seed);
    double R[9], at[3] = {d.x_mm, d.y_mm, d.z_mm};
    *out = (struct pinhole){.lens = {.width = d.width, .height = d.height}};
    look_at(&d, R);
    set_pose(out, R, at);
    double away[3] = {d.centre[0] - at[0], d.centre[1] - at[1], -at[2]}, seen[3];
    for (int i = 0; i < 3; i++)
        seen[i] = out->R[3 * i] * away[0] + out->R[3 * i + 1] * away[1] + out->R[3 * i + 2] * away[2];
    struct lens *l = &out->lens;
    l->k1 = d.k1;
    l->k2 = d.k2;
    l->p1 = d.p1;
    l->p2 = d.p2;
    l->fx = l->fy = d.width * seen[2] / d.span_mm;
    double px, py; /* the lens shift is what brings `centre` to the middle of the picture */
    lens_distort(l, seen[0] / seen[2], seen[1] / seen[2], &px, &py);
    l->cx = (d.width - 1) / 2.0 - px;
    l->cy = (d.height - 1) / 2.0 - py;
}

void optics_knock(struct pinhole *p, double mm, double rad, uint32_t seed)
{
    double turn[3], Q[9], R[9], at[3];
    double heading = vary(1, seed, LW_PI), axis = vary(2, seed, LW_PI);
    turn[0] = rad * cos(axis);
    turn[1] = rad * sin(axis);
    turn[2] = 0;
    rotation_matrix(turn, Q);
    for (int i = 0; i < 3; i++) {
        at[i] = p->centre_mm[i] + (i == 0 ? mm * cos(heading) : i == 1 ? mm * sin(heading) : 0);
        for (int j = 0; j < 3; j++)
            R[3 * i + j] = Q[3 * i] * p->R[j] + Q[3 * i + 1] * p->R[3 + j] + Q[3 * i + 2] * p->R[6 + j];
    }
    set_pose(p, R, at);
}

/* ---- inner loops ---- */

void optics_fast(const struct pinhole *p, struct optics *out)
{
    for (int i = 0; i < 9; i++)
        out->R[i] = (float)p->R[i];
    for (int i = 0; i < 3; i++)
        out->c[i] = (float)p->centre_mm[i];
    out->fx = (float)p->lens.fx;
    out->fy = (float)p->lens.fy;
    out->cx = (float)p->lens.cx;
    out->cy = (float)p->lens.cy;
    out->k1 = (float)p->lens.k1;
    out->k2 = (float)p->lens.k2;
    out->p1 = (float)p->lens.p1;
    out->p2 = (float)p->lens.p2;
    out->width = p->lens.width;
    out->height = p->lens.height;
}

/* The lens is undone exactly at every so many pixels and straight between them: off by less than 0.001 px. */
#define RAY_STEP_PX 8

static bool ray_slopes(const struct pinhole *p, double x, double y, float *sx, float *sy)
{
    double xn, yn;
    if (!lens_undistort(&p->lens, x, y, &xn, &yn))
        return false;
    const double *R = p->R;
    double dx = R[0] * xn + R[3] * yn + R[6], dy = R[1] * xn + R[4] * yn + R[7],
           dz = R[2] * xn + R[5] * yn + R[8];
    if (dz > -1e-3)
        return false;
    *sx = (float)(dx / -dz);
    *sy = (float)(dy / -dz);
    return true;
}

void optics_ray_row(const struct pinhole *p, int y, float *sx, float *sy)
{
    float ax = 0, ay = 0, bx = 0, by = 0;
    int width = p->lens.width;
    (void)ray_slopes(p, 0, y, &bx, &by);
    for (int x = 0; x < width; x += RAY_STEP_PX) {
        ax = bx;
        ay = by;
        (void)ray_slopes(p, x + RAY_STEP_PX, y, &bx, &by);
        for (int i = 0; i < RAY_STEP_PX && x + i < width; i++) {
            float t = (float)i / RAY_STEP_PX;
            sx[x + i] = ax + t * (bx - ax);
            sy[x + i] = ay + t * (by - ay);
        }
    }
}
