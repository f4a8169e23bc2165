#include "model.h"

/* Nearer to the device than this a point counts as behind it. */
#define DEPTH_MIN_MM 1.0
/* The bench's cubic is not trusted beyond this multiple of its half width and depth: it stays constant there.
 */
#define RESIDUAL_REACH 1.1

void rotation_matrix(const double rotation[3], double R[9])
{
    double x = rotation[0], y = rotation[1], z = rotation[2];
    double angle2 = x * x + y * y + z * z, angle = sqrt(angle2);
    /* sin(a)/a and (1-cos(a))/a² by their series where the quotients lose digits */
    double s = angle < 1e-4 ? 1 - angle2 / 6 : sin(angle) / angle;
    double c = angle < 1e-4 ? 0.5 - angle2 / 24 : (1 - cos(angle)) / angle2;
    R[0] = 1 - c * (y * y + z * z);
    R[1] = c * x * y - s * z;
    R[2] = c * x * z + s * y;
    R[3] = c * x * y + s * z;
    R[4] = 1 - c * (x * x + z * z);
    R[5] = c * y * z - s * x;
    R[6] = c * x * z - s * y;
    R[7] = c * y * z + s * x;
    R[8] = 1 - c * (x * x + y * y);
}

/* By the quaternion: devices that look straight down are turned by nearly half a circle, where the matrix's
 * antisymmetric part vanishes. */
void rotation_to_vector(const double R[9], double out[3])
{
    double q[4]; /* w x y z, by the largest of the four */
    const double square[4] = {1 + R[0] + R[4] + R[8], 1 + R[0] - R[4] - R[8], 1 - R[0] + R[4] - R[8],
                              1 - R[0] - R[4] + R[8]};
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (square[i] > square[best])
            best = i;
    const double rows[4][4] = {{square[0], R[7] - R[5], R[2] - R[6], R[3] - R[1]},
                               {R[7] - R[5], square[1], R[1] + R[3], R[2] + R[6]},
                               {R[2] - R[6], R[1] + R[3], square[2], R[5] + R[7]},
                               {R[3] - R[1], R[2] + R[6], R[5] + R[7], square[3]}};
    double norm = 0;
    for (int i = 0; i < 4; i++)
        norm += rows[best][i] * rows[best][i];
    for (int i = 0; i < 4; i++)
        q[i] = rows[best][i] / sqrt(norm);
    double s = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]), angle = 2 * atan2(s, q[0]);
    for (int i = 0; i < 3; i++)
        out[i] = s > 1e-12 ? q[1 + i] * angle / s : 0;
}

void pinhole_update(struct pinhole *p)
{
    double *R = p->R;
    const double *t = p->T_device_from_bench.translation_mm;
    rotation_matrix(p->T_device_from_bench.rotation, R);
    for (int i = 0; i < 3; i++)
        p->centre_mm[i] = -(R[i] * t[0] + R[3 + i] * t[1] + R[6 + i] * t[2]);
}

/* True where the radial polynomial r(1 + k1 r² + k2 r⁴) still grows, seen from the centre outwards: its
 * derivative 1 + b s + a s² (s = r²) has no root up to s. */
static inline bool before_fold(const struct lens *l, double s)
{
    double a = 5 * l->k2, b = 3 * l->k1;
    if (!(1 + b * s + a * s * s > 0))
        return false;
    return a <= 0 || b >= 0 || b * b <= 4 * a || 2 * a * s < -b;
}

static inline void distort(const struct lens *l, double x, double y, double *px, double *py)
{
    double s = x * x + y * y, radial = 1 + s * (l->k1 + s * l->k2), xy2 = 2 * x * y;
    double xd = x * radial + l->p1 * xy2 + l->p2 * (s + 2 * x * x);
    double yd = y * radial + l->p1 * (s + 2 * y * y) + l->p2 * xy2;
    *px = l->fx * xd + l->cx;
    *py = l->fy * yd + l->cy;
}

void lens_distort(const struct lens *l, double xn, double yn, double *px, double *py)
{
    distort(l, xn, yn, px, py);
}

bool lens_reaches(const struct lens *l, double xn, double yn)
{
    return before_fold(l, xn * xn + yn * yn);
}

/* Newton's method from the distorted place: for barrel distortion it comes from the inside and can't jump the
 * fold. */
bool lens_undistort(const struct lens *l, double px, double py, double *xn, double *yn)
{
    enum { STEPS_MAX = 30 };
    const double close = 1e-12; /* normalised units, squared: 1e-6, about a thousandth of a pixel */
    double xd = (px - l->cx) / l->fx, yd = (py - l->cy) / l->fy, x = xd, y = yd;
    for (int i = 0; i < STEPS_MAX; i++) {
        double s = x * x + y * y, radial = 1 + s * (l->k1 + s * l->k2), slope = 2 * l->k1 + 4 * l->k2 * s;
        double ex = x * radial + 2 * l->p1 * x * y + l->p2 * (s + 2 * x * x) - xd;
        double ey = y * radial + l->p1 * (s + 2 * y * y) + 2 * l->p2 * x * y - yd;
        double xx = radial + x * x * slope + 2 * l->p1 * y + 6 * l->p2 * x;
        double xy = x * y * slope + 2 * l->p1 * x + 2 * l->p2 * y;
        double yy = radial + y * y * slope + 6 * l->p1 * y + 2 * l->p2 * x;
        double det = xx * yy - xy * xy;
        if (!(det > 1e-9) || !before_fold(l, s))
            return false;
        double dx = (ex * yy - ey * xy) / det, dy = (ey * xx - ex * xy) / det;
        x -= dx;
        y -= dy;
        /* Newton doubles the digits: after a step of 1e-6 the next one would be about 1e-12. */
        if (dx * dx + dy * dy < close) {
            if (!before_fold(l, x * x + y * y))
                return false;
            *xn = x;
            *yn = y;
            return true;
        }
    }
    return false;
}

static inline bool project(const struct pinhole *p, struct bench_mm b, double *px, double *py)
{
    const double *R = p->R, *t = p->T_device_from_bench.translation_mm;
    double z = R[6] * b.x + R[7] * b.y + R[8] * b.z + t[2];
    if (!(z > DEPTH_MIN_MM))
        return false;
    double x = (R[0] * b.x + R[1] * b.y + R[2] * b.z + t[0]) / z;
    double y = (R[3] * b.x + R[4] * b.y + R[5] * b.z + t[1]) / z;
    if (!before_fold(&p->lens, x * x + y * y))
        return false;
    distort(&p->lens, x, y, px, py);
    return true;
}

static bool meet_plane(const struct pinhole *p, double px, double py, double z_mm, struct bench_mm *out)
{
    const double *R = p->R, *c = p->centre_mm;
    double x, y;
    if (!lens_undistort(&p->lens, px, py, &x, &y))
        return false;
    double dx = R[0] * x + R[3] * y + R[6], dy = R[1] * x + R[4] * y + R[7], dz = R[2] * x + R[5] * y + R[8];
    double along = (z_mm - c[2]) / dz; /* depth along the device's axis, for a ray of depth 1 */
    if (!(fabs(dz) > 1e-9) || !(along > DEPTH_MIN_MM))
        return false;
    *out = (struct bench_mm){c[0] + along * dx, c[1] + along * dy, z_mm};
    return true;
}

static inline double clamp_reach(double v)
{
    return v < -RESIDUAL_REACH ? -RESIDUAL_REACH : v > RESIDUAL_REACH ? RESIDUAL_REACH : v;
}

/* What the pinholes leave over belongs to the projector's ray: for a raised point it is read where that ray
 * would meet the bench, without fading. Right for what a lens leaves over and for a bowed bench on which the
 * thing stands. */
static inline void residual_at(const struct model *m, struct bench_mm b, double *du, double *dv)
{
    const double *c = m->projector.centre_mm, *u = m->residual_u, *v = m->residual_v;
    double stretch = c[2] / (c[2] - b.z);
    double x = clamp_reach(2 * (c[0] + stretch * (b.x - c[0])) / m->bench_width_mm - 1);
    double y = clamp_reach(2 * (c[1] + stretch * (b.y - c[1])) / m->bench_depth_mm - 1);
    double xx = x * x, xy = x * y, yy = y * y;
    *du = u[0] + u[1] * x + u[2] * y + u[3] * xx + u[4] * xy + u[5] * yy + u[6] * xx * x + u[7] * xx * y +
          u[8] * x * yy + u[9] * yy * y;
    *dv = v[0] + v[1] * x + v[2] * y + v[3] * xx + v[4] * xy + v[5] * yy + v[6] * xx * x + v[7] * xx * y +
          v[8] * x * yy + v[9] * yy * y;
}

bool model_cam_from_bench(const struct model *m, struct bench_mm p, struct cam_px *out)
{
    return project(&m->camera, p, &out->x, &out->y);
}

bool model_proj_from_bench(const struct model *m, struct bench_mm p, struct proj_px *out)
{
    double du, dv;
    struct proj_px px;
    if (!project(&m->projector, p, &px.x, &px.y))
        return false;
    residual_at(m, p, &du, &dv);
    *out = (struct proj_px){px.x + du, px.y + dv};
    return true;
}

bool model_bench_from_cam(const struct model *m, struct cam_px p, double z_mm, struct bench_mm *out)
{
    return meet_plane(&m->camera, p.x, p.y, z_mm, out);
}

bool model_bench_from_proj(const struct model *m, struct proj_px p, double z_mm, struct bench_mm *out)
{
    enum { STEPS_MAX = 20 };
    struct bench_mm b;
    double u = p.x, v = p.y;
    for (int i = 0; i < STEPS_MAX; i++) {
        double du, dv;
        if (!meet_plane(&m->projector, u, v, z_mm, &b))
            return false;
        residual_at(m, b, &du, &dv);
        double moved = fabs(p.x - du - u) + fabs(p.y - dv - v);
        u = p.x - du;
        v = p.y - dv;
        if (moved < 1e-7) { /* px */
            *out = b;
            return true;
        }
    }
    return false;
}
