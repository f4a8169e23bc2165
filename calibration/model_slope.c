/* Derivatives of the conversions, and what they make of the parameters' covariance. */
#include "model.h"

#include <string.h>

/* Nearer to the device than this a point counts as behind it. */
#define DEPTH_MIN_MM 1.0
#define RESIDUAL_REACH 1.1 /* as the conversions have it */
/* Height for which sigma_raised_mm is given. */
#define RAISED_MM 100.0

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static void rotate_back(const double R[9], const double v[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = R[i] * v[0] + R[3 + i] * v[1] + R[6 + i] * v[2];
}

/* d pixel / d normalised ray (2 x 2, symmetric but for the focal lengths), and by the lens's parameters. */
static void lens_slope(const struct lens *l, double x, double y, double by_ray[2][2],
                       double by_parameter[2][PINHOLE_PARAMETERS])
{
    double s = x * x + y * y, radial = 1 + s * (l->k1 + s * l->k2), slope = 2 * l->k1 + 4 * l->k2 * s, xy2 = 2 * x * y;
    double across = xy2 / 2 * slope + 2 * l->p1 * x + 2 * l->p2 * y;
    by_ray[0][0] = l->fx * (radial + x * x * slope + 2 * l->p1 * y + 6 * l->p2 * x);
    by_ray[0][1] = l->fx * across;
    by_ray[1][0] = l->fy * across;
    by_ray[1][1] = l->fy * (radial + y * y * slope + 6 * l->p1 * y + 2 * l->p2 * x);
    if (!by_parameter)
        return;
    double xd = x * radial + l->p1 * xy2 + l->p2 * (s + 2 * x * x), yd = y * radial + l->p1 * (s + 2 * y * y) + l->p2 * xy2;
    const double row[2][PINHOLE_PARAMETERS] = {
        {[PINHOLE_LOG_F] = l->fx * xd, [PINHOLE_CX] = 1, [PINHOLE_K1] = l->fx * x * s, [PINHOLE_K2] = l->fx * x * s * s,
         [PINHOLE_P1] = l->fx * xy2, [PINHOLE_P2] = l->fx * (s + 2 * x * x)},
        {[PINHOLE_LOG_F] = l->fy * yd, [PINHOLE_ASPECT] = l->fy * yd, [PINHOLE_CY] = 1, [PINHOLE_K1] = l->fy * y * s,
         [PINHOLE_K2] = l->fy * y * s * s, [PINHOLE_P1] = l->fy * (s + 2 * y * y), [PINHOLE_P2] = l->fy * xy2},
    };
    memcpy(by_parameter, row, sizeof row);
}

bool pinhole_project(const struct pinhole *p, const double X[3], double px[2], double by_point[2][3],
                     double by_parameter[2][PINHOLE_PARAMETERS])
{
    const double *R = p->R, *t = p->T_device_from_bench.translation_mm;
    double turned[3], d[2][3], by_ray[2][2];
    for (int i = 0; i < 3; i++)
        turned[i] = R[3 * i] * X[0] + R[3 * i + 1] * X[1] + R[3 * i + 2] * X[2];
    double z = turned[2] + t[2];
    if (!(z > DEPTH_MIN_MM))
        return false;
    double x = (turned[0] + t[0]) / z, y = (turned[1] + t[1]) / z;
    if (!lens_reaches(&p->lens, x, y))
        return false;
    lens_distort(&p->lens, x, y, &px[0], &px[1]);
    if (!by_point && !by_parameter)
        return true;
    lens_slope(&p->lens, x, y, by_ray, by_parameter);
    for (int r = 0; r < 2; r++) { /* by the point in device axes */
        d[r][0] = by_ray[r][0] / z;
        d[r][1] = by_ray[r][1] / z;
        d[r][2] = -(by_ray[r][0] * x + by_ray[r][1] * y) / z;
    }
    for (int r = 0; r < 2; r++) {
        if (by_point)
            rotate_back(R, d[r], by_point[r]);
        if (by_parameter) {
            cross(turned, d[r], &by_parameter[r][PINHOLE_TURN]); /* d . (w x v) = w . (v x d) */
            memcpy(&by_parameter[r][PINHOLE_SHIFT], d[r], sizeof d[r]);
        }
    }
    return true;
}

struct meeting {
    double x, y, along, facing; /* the ray (x, y, 1), its length to the plane, normal . direction */
    double direction[3], turned[3]; /* bench axes; R X */
};

static bool meet(const struct pinhole *p, const double px[2], const double normal[3], double offset, double X[3],
                 struct meeting *m)
{
    const double *R = p->R, *c = p->centre_mm, *t = p->T_device_from_bench.translation_mm;
    if (!lens_undistort(&p->lens, px[0], px[1], &m->x, &m->y))
        return false;
    const double ray[3] = {m->x, m->y, 1};
    rotate_back(R, ray, m->direction);
    const double *dir = m->direction;
    m->facing = normal[0] * dir[0] + normal[1] * dir[1] + normal[2] * dir[2];
    m->along = (offset - normal[0] * c[0] - normal[1] * c[1] - normal[2] * c[2]) / m->facing;
    if (!(fabs(m->facing) > 1e-9) || !(m->along > DEPTH_MIN_MM))
        return false;
    for (int i = 0; i < 3; i++) {
        X[i] = c[i] + m->along * dir[i];
        m->turned[i] = m->along * ray[i] - t[i];
    }
    return true;
}

/* Takes out of a movement of the ray's end what leaves the plane. */
static void keep_on_plane(const struct meeting *m, const double normal[3], const double v[3], double out[3])
{
    double off = (normal[0] * v[0] + normal[1] * v[1] + normal[2] * v[2]) / m->facing;
    for (int i = 0; i < 3; i++)
        out[i] = v[i] - off * m->direction[i];
}

static void meet_by_pose(const struct pinhole *p, const struct meeting *m, const double normal[3], int k,
                         double turn[3], double shift[3])
{
    double unit[3] = {0}, moved[3], v[3];
    unit[k] = -1;
    cross(unit, m->turned, moved); /* - R' (w x R X) */
    rotate_back(p->R, moved, v);
    keep_on_plane(m, normal, v, turn);
    rotate_back(p->R, unit, v);
    keep_on_plane(m, normal, v, shift);
}

bool pinhole_meet(const struct pinhole *p, const double px[2], const double normal[3], double offset, double X[3],
                  double by_px[3][2], double by_parameter[3][PINHOLE_PARAMETERS], double by_plane[3][4])
{
    struct meeting m;
    double by_ray[2][2], lens[2][PINHOLE_PARAMETERS], ray[2][3];
    if (!meet(p, px, normal, offset, X, &m))
        return false;
    for (int i = 0; by_plane && i < 3; i++) {
        for (int k = 0; k < 3; k++)
            by_plane[i][k] = -m.direction[i] * X[k] / m.facing;
        by_plane[i][3] = m.direction[i] / m.facing;
    }
    if (!by_px && !by_parameter)
        return true;
    lens_slope(&p->lens, m.x, m.y, by_ray, lens);
    double det = by_ray[0][0] * by_ray[1][1] - by_ray[0][1] * by_ray[1][0];
    const double inverse[2][2] = {{by_ray[1][1] / det, -by_ray[0][1] / det}, {-by_ray[1][0] / det, by_ray[0][0] / det}};
    for (int k = 0; k < 2; k++) { /* X by the normalised ray */
        const double unit[3] = {k == 0 ? m.along : 0, k == 1 ? m.along : 0, 0};
        double v[3];
        rotate_back(p->R, unit, v);
        keep_on_plane(&m, normal, v, ray[k]);
    }
    for (int i = 0; i < 3; i++) {
        double by_u = ray[0][i] * inverse[0][0] + ray[1][i] * inverse[1][0];
        double by_v = ray[0][i] * inverse[0][1] + ray[1][i] * inverse[1][1];
        if (by_px)
            by_px[i][0] = by_u, by_px[i][1] = by_v;
        for (int k = PINHOLE_LOG_F; by_parameter && k < PINHOLE_PARAMETERS; k++)
            by_parameter[i][k] = -(by_u * lens[0][k] + by_v * lens[1][k]);
    }
    for (int k = 0; by_parameter && k < 3; k++) {
        double turn[3], shift[3];
        meet_by_pose(p, &m, normal, k, turn, shift);
        for (int i = 0; i < 3; i++) {
            by_parameter[i][PINHOLE_TURN + k] = turn[i];
            by_parameter[i][PINHOLE_SHIFT + k] = shift[i];
        }
    }
    return true;
}

void pinhole_add(struct pinhole *p, const double d[PINHOLE_PARAMETERS])
{
    double turn[9], R[9];
    struct lens *l = &p->lens;
    rotation_matrix(&d[PINHOLE_TURN], turn);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            R[3 * r + c] = turn[3 * r] * p->R[c] + turn[3 * r + 1] * p->R[3 + c] + turn[3 * r + 2] * p->R[6 + c];
    rotation_to_vector(R, p->T_device_from_bench.rotation);
    for (int i = 0; i < 3; i++)
        p->T_device_from_bench.translation_mm[i] += d[PINHOLE_SHIFT + i];
    l->fx *= exp(d[PINHOLE_LOG_F]);
    l->fy *= exp(d[PINHOLE_LOG_F] + d[PINHOLE_ASPECT]);
    l->cx += d[PINHOLE_CX];
    l->cy += d[PINHOLE_CY];
    l->k1 += d[PINHOLE_K1];
    l->k2 += d[PINHOLE_K2];
    l->p1 += d[PINHOLE_P1];
    l->p2 += d[PINHOLE_P2];
    pinhole_update(p);
}

/* The cubic's slopes along the bench and in height. */
static void residual_slope(const struct model *m, struct bench_mm b, double d[2][3])
{
    const double *c = m->projector.centre_mm;
    double stretch = c[2] / (c[2] - b.z), grows = c[2] / ((c[2] - b.z) * (c[2] - b.z));
    double x = 2 * (c[0] + stretch * (b.x - c[0])) / m->bench_width_mm - 1;
    double y = 2 * (c[1] + stretch * (b.y - c[1])) / m->bench_depth_mm - 1;
    double sx = fabs(x) > RESIDUAL_REACH ? 0 : 2 / m->bench_width_mm, sy = fabs(y) > RESIDUAL_REACH ? 0 : 2 / m->bench_depth_mm;
    x = fmin(fmax(x, -RESIDUAL_REACH), RESIDUAL_REACH);
    y = fmin(fmax(y, -RESIDUAL_REACH), RESIDUAL_REACH);
    const double *terms[2] = {m->residual_u, m->residual_v};
    for (int r = 0; r < 2; r++) {
        const double *k = terms[r];
        double by_x = sx * (k[1] + 2 * k[3] * x + k[4] * y + 3 * k[6] * x * x + 2 * k[7] * x * y + k[8] * y * y);
        double by_y = sy * (k[2] + k[4] * x + 2 * k[5] * y + k[7] * x * x + 2 * k[8] * x * y + 3 * k[9] * y * y);
        d[r][0] = stretch * by_x;
        d[r][1] = stretch * by_y;
        d[r][2] = grows * (by_x * (b.x - c[0]) + by_y * (b.y - c[1]));
    }
}

/* `device`'s picture by the bench, and by its parameters (may be NULL). */
static bool forward(const struct model *m, bool projector, struct bench_mm b, double d[2][3],
                    double by_parameter[2][PINHOLE_PARAMETERS])
{
    const double X[3] = {b.x, b.y, b.z};
    double px[2], residual[2][3];
    if (!pinhole_project(projector ? &m->projector : &m->camera, X, px, d, by_parameter))
        return false;
    if (projector) {
        residual_slope(m, b, residual);
        for (int i = 0; i < 6; i++)
            d[i / 3][i % 3] += residual[i / 3][i % 3];
    }
    return true;
}

bool model_cam_from_bench_slope(const struct model *m, struct bench_mm p, double d[2][3])
{
    return forward(m, false, p, d, NULL);
}

bool model_proj_from_bench_slope(const struct model *m, struct bench_mm p, double d[2][3])
{
    return forward(m, true, p, d, NULL);
}

/* From d picture / d bench to d bench (x, y) / d picture and z. */
static bool turn_round(const double d[2][3], double out[2][3])
{
    double det = d[0][0] * d[1][1] - d[0][1] * d[1][0];
    if (!(fabs(det) > 1e-12))
        return false;
    const double back[2][2] = {{d[1][1] / det, -d[0][1] / det}, {-d[1][0] / det, d[0][0] / det}};
    for (int r = 0; r < 2; r++) {
        out[r][0] = back[r][0];
        out[r][1] = back[r][1];
        out[r][2] = -(back[r][0] * d[0][2] + back[r][1] * d[1][2]);
    }
    return true;
}

bool model_bench_from_cam_slope(const struct model *m, struct cam_px p, double z_mm, double d[2][3])
{
    struct bench_mm b;
    double f[2][3];
    return model_bench_from_cam(m, p, z_mm, &b) && forward(m, false, b, f, NULL) && turn_round(f, d);
}

bool model_bench_from_proj_slope(const struct model *m, struct proj_px p, double z_mm, double d[2][3])
{
    struct bench_mm b;
    double f[2][3];
    return model_bench_from_proj(m, p, z_mm, &b) && forward(m, true, b, f, NULL) && turn_round(f, d);
}

/* ---- uncertainty ---- */

/* Adds `sign` times the movement on the plane, by the device's parameters, that keeps its picture as it is. */
static bool add_movement(const struct model *m, bool projector, struct bench_mm b, double sign,
                         double slope[2][MODEL_PARAMETERS])
{
    double f[2][3], back[2][3], by_parameter[2][PINHOLE_PARAMETERS];
    if (!forward(m, projector, b, f, by_parameter) || !turn_round(f, back))
        return false;
    int first = projector ? PINHOLE_PARAMETERS : 0;
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < PINHOLE_PARAMETERS; k++)
            slope[r][first + k] += sign * (back[r][0] * by_parameter[0][k] + back[r][1] * by_parameter[1][k]);
    return true;
}

static double through_covariance(const struct model *m, double slope[2][MODEL_PARAMETERS])
{
    double variance = 0;
    for (int r = 0; r < 2; r++) {
        const double *row = m->covariance;
        for (int i = 0; i < MODEL_PARAMETERS; row += ++i) {
            double sum = slope[r][i] * row[i] / 2;
            for (int k = 0; k < i; k++)
                sum += slope[r][k] * row[k];
            variance += 2 * slope[r][i] * sum;
        }
    }
    return fmax(0, variance);
}

static bool has_covariance(const struct model *m)
{
    for (int i = 0; i < MODEL_PARAMETERS; i++)
        if (m->covariance[i * (i + 3) / 2] > 0)
            return true;
    return false;
}

/* Models of before, or by hand, have only the two summaries. */
static double by_height(const struct model *m, double z_mm)
{
    double flat = m->sigma_flat_mm, raised = fmax(m->sigma_raised_mm, flat), h = z_mm / RAISED_MM;
    return sqrt(flat * flat + (raised * raised - flat * flat) * h * h);
}

static double sigma(const struct model *m, struct bench_mm p, bool camera, bool projector)
{
    double slope[2][MODEL_PARAMETERS] = {{0}};
    if (!has_covariance(m))
        return by_height(m, p.z);
    if ((camera && !add_movement(m, false, p, -1, slope)) || (projector && !add_movement(m, true, p, 1, slope)))
        return INFINITY;
    return sqrt(through_covariance(m, slope) + m->sigma_left_mm * m->sigma_left_mm);
}

double model_sigma_mm(const struct model *m, struct bench_mm p)
{
    return sigma(m, p, false, true);
}

double model_sigma_camera_mm(const struct model *m, struct bench_mm p)
{
    return sigma(m, p, true, false);
}

double model_sigma_seen_mm(const struct model *m, struct bench_mm p)
{
    return sigma(m, p, true, true);
}
