#include "fit_rows.h"

#include <string.h>

#define CORNER_SIGMA_PX   1.0 /* the bench's corners, camera px */
#define FLAT_SIGMA_MM     0.5 /* of a board that is said to lie flat */
/* Misses beyond this many sigmas count less and less (Huber 1964). */
#define HUBER_SIGMAS     3.0
#define NO_ANSWER_SIGMAS 100.0
#define ROW_MAX          (MODEL_PARAMETERS + 11)

static struct bench_mm corner_mm(const struct solve_input *in, int i)
{
    return (struct bench_mm){i == 1 || i == 2 ? in->bench_width_mm : 0, i >= 2 ? in->bench_depth_mm : 0, 0};
}

void fit_model(const struct fit *f, const struct solve_input *in, struct model *m)
{
    memset(m, 0, sizeof *m);
    m->bench_width_mm = in->bench_width_mm;
    m->bench_depth_mm = in->bench_depth_mm;
    m->camera = f->camera;
    m->projector = f->projector;
}

/* ---- the boards' face ---- */

static void bow_basis(const struct solve_input *in, double x, double y, double basis[3])
{
    double u = 0, v = 0;
    if (in->board) {
        u = 2 * x / board_width_mm(in->board) - 1;
        v = 2 * y / board_height_mm(in->board) - 1;
    }
    basis[0] = u * u, basis[1] = u * v, basis[2] = v * v;
}

double fit_bow_mm(const double bow[3])
{
    double low = INFINITY, high = -INFINITY;
    for (int i = -1; i <= 1; i++)
        for (int k = -1; k <= 1; k++) {
            double z = bow[0] * i * i + bow[1] * i * k + bow[2] * k * k;
            low = fmin(low, z), high = fmax(high, z);
        }
    return high - low;
}

void fit_board_point(const struct fit *f, const struct solve_input *in, int view, struct local_mm at, double X[3])
{
    const struct fit_view *w = &f->views[view];
    double basis[3];
    bow_basis(in, at.x, at.y, basis);
    double z = f->bow[0] * basis[0] + f->bow[1] * basis[1] + f->bow[2] * basis[2];
    for (int i = 0; i < 3; i++)
        X[i] = w->R[3 * i] * at.x + w->R[3 * i + 1] * at.y + w->R[3 * i + 2] * z + w->t[i];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* Where the pair's camera ray meets its plane or its board's face; the bow shifts the plane where the ray meets it. */
static bool pair_meets(const struct fit *f, const struct solve_input *in, const struct fit_pair *pair, double normal[3],
                       double X[3], double basis[3], double by_parameter[3][PINHOLE_PARAMETERS], double by_plane[3][4])
{
    const double px[2] = {pair->cam.x, pair->cam.y};
    double offset = pair->z_mm;
    normal[0] = normal[1] = 0, normal[2] = 1;
    basis[0] = basis[1] = basis[2] = 0;
    if (pair->view >= 0) {
        const struct fit_view *w = &f->views[pair->view];
        const double across[3] = {w->R[0], w->R[3], w->R[6]}, up[3] = {w->R[1], w->R[4], w->R[7]};
        normal[0] = w->R[2], normal[1] = w->R[5], normal[2] = w->R[8];
        offset = dot(normal, w->t);
        if (f->bow[0] != 0 || f->bow[1] != 0 || f->bow[2] != 0) {
            if (!pinhole_meet(&f->camera, px, normal, offset, X, NULL, NULL, NULL))
                return false;
            const double from[3] = {X[0] - w->t[0], X[1] - w->t[1], X[2] - w->t[2]};
            bow_basis(in, dot(across, from), dot(up, from), basis);
            offset += dot(f->bow, basis);
        }
        if (!pinhole_meet(&f->camera, px, normal, offset, X, NULL, by_parameter, by_plane))
            return false;
        const double from[3] = {X[0] - w->t[0], X[1] - w->t[1], X[2] - w->t[2]};
        bow_basis(in, dot(across, from), dot(up, from), basis);
        return true;
    }
    return pinhole_meet(&f->camera, px, normal, offset, X, NULL, by_parameter, by_plane);
}

bool fit_miss(const struct fit *f, const struct solve_input *in, const struct fit_pair *pair, double *du, double *dv)
{
    double X[3], normal[3], basis[3], q[2];
    if (!pair_meets(f, in, pair, normal, X, basis, NULL, NULL) || !pinhole_project(&f->projector, X, q, NULL, NULL))
        return false;
    *du = pair->proj.x - q[0];
    *dv = pair->proj.y - q[1];
    return true;
}

bool fit_corner_miss(const struct fit *f, const struct solve_input *in, const struct fit_corner *corner, double *du,
                     double *dv)
{
    double X[3], px[2];
    fit_board_point(f, in, corner->view, corner->at, X);
    if (!pinhole_project(&f->camera, X, px, NULL, NULL))
        return false;
    *du = corner->cam.x - px[0];
    *dv = corner->cam.y - px[1];
    return true;
}

/* ---- normal equations ---- */

struct row {
    int count, at[ROW_MAX];
    double slope[2][ROW_MAX], miss[2];
};

static void row_add(struct row *r, int at, double du, double dv)
{
    r->at[r->count] = at;
    r->slope[0][r->count] = du;
    r->slope[1][r->count++] = dv;
}

static void row_device(struct row *r, int first, double by[2][PINHOLE_PARAMETERS], double sign)
{
    for (int k = 0; k < PINHOLE_PARAMETERS; k++)
        row_add(r, first + k, sign * by[0][k], sign * by[1][k]);
}

/* Weighs by Huber's loss of the miss in sigmas and adds to the equations. */
static void add_row(struct fit_system *s, const struct row *r, double sigma)
{
    double size = hypot(r->miss[0], r->miss[1]) / sigma, weight = 1 / (sigma * sigma);
    s->plain += size * size;
    s->rows += 2;
    if (size > HUBER_SIGMAS) {
        s->cost += HUBER_SIGMAS * (2 * size - HUBER_SIGMAS);
        weight *= HUBER_SIGMAS / size;
    } else {
        s->cost += size * size;
    }
    for (int i = 0; s->slopes && i < r->count; i++) {
        double u = weight * r->slope[0][i], v = weight * r->slope[1][i];
        double *line = s->a + (ptrdiff_t)r->at[i] * s->n;
        s->b[r->at[i]] += u * r->miss[0] + v * r->miss[1];
        for (int k = 0; k < r->count; k++)
            line[r->at[k]] += u * r->slope[0][k] + v * r->slope[1][k];
    }
}

static void no_answer(struct fit_system *s)
{
    s->cost += NO_ANSWER_SIGMAS * NO_ANSWER_SIGMAS;
}

void fit_row_pair(struct fit_system *s, const struct fit *f, const struct solve_input *in, const struct fit_pair *pair,
                     double sigma)
{
    double X[3], normal[3], basis[3], q[2], by_cam[3][PINHOLE_PARAMETERS], by_plane[3][4], by_point[2][3],
        by_proj[2][PINHOLE_PARAMETERS], through[2][PINHOLE_PARAMETERS];
    struct row r;
    r.count = 0;
    if (!pair_meets(f, in, pair, normal, X, basis, s->slopes ? by_cam : NULL, s->slopes ? by_plane : NULL) ||
        !pinhole_project(&f->projector, X, q, s->slopes ? by_point : NULL, s->slopes ? by_proj : NULL)) {
        no_answer(s);
        return;
    }
    r.miss[0] = pair->proj.x - q[0];
    r.miss[1] = pair->proj.y - q[1];
    if (s->slopes) {
        for (int c = 0; c < 2; c++)
            for (int k = 0; k < PINHOLE_PARAMETERS; k++)
                through[c][k] = by_point[c][0] * by_cam[0][k] + by_point[c][1] * by_cam[1][k] + by_point[c][2] * by_cam[2][k];
        row_device(&r, 0, through, 1);
        row_device(&r, PINHOLE_PARAMETERS, by_proj, 1);
    }
    if (s->slopes && pair->view >= 0) {
        const struct fit_view *w = &f->views[pair->view];
        const double to[3] = {w->t[0] - X[0], w->t[1] - X[1], w->t[2] - X[2]};
        double turn[3], by_offset[2];
        for (int c = 0; c < 2; c++)
            by_offset[c] = by_point[c][0] * by_plane[0][3] + by_point[c][1] * by_plane[1][3] + by_point[c][2] * by_plane[2][3];
        cross(normal, to, turn); /* (w x n) . (t - X) */
        int first = FIT_VIEWS + 6 * pair->view;
        for (int k = 0; k < 3; k++) {
            row_add(&r, first + k, by_offset[0] * turn[k], by_offset[1] * turn[k]);
            row_add(&r, first + 3 + k, by_offset[0] * normal[k], by_offset[1] * normal[k]);
            row_add(&r, FIT_BOW + k, by_offset[0] * basis[k], by_offset[1] * basis[k]);
        }
    }
    add_row(s, &r, sigma);
}

void fit_row_corner(struct fit_system *s, const struct fit *f, const struct solve_input *in, const struct fit_corner *corner,
                       double sigma)
{
    const struct fit_view *w = &f->views[corner->view];
    double X[3], px[2], by_point[2][3], by_cam[2][PINHOLE_PARAMETERS], basis[3], turn[2][3];
    struct row r;
    r.count = 0;
    fit_board_point(f, in, corner->view, corner->at, X);
    if (!pinhole_project(&f->camera, X, px, by_point, by_cam)) {
        no_answer(s);
        return;
    }
    r.miss[0] = corner->cam.x - px[0];
    r.miss[1] = corner->cam.y - px[1];
    const double from[3] = {X[0] - w->t[0], X[1] - w->t[1], X[2] - w->t[2]}, normal[3] = {w->R[2], w->R[5], w->R[8]};
    int first = FIT_VIEWS + 6 * corner->view;
    bow_basis(in, corner->at.x, corner->at.y, basis);
    row_device(&r, 0, by_cam, 1);
    for (int c = 0; c < 2; c++)
        cross(from, by_point[c], turn[c]); /* d . (w x v) = w . (v x d) */
    for (int k = 0; k < 3; k++) {
        row_add(&r, first + k, turn[0][k], turn[1][k]);
        row_add(&r, first + 3 + k, by_point[0][k], by_point[1][k]);
        row_add(&r, FIT_BOW + k, dot(by_point[0], normal) * basis[k], dot(by_point[1], normal) * basis[k]);
    }
    add_row(s, &r, sigma);
}

void fit_row_bench_corners(struct fit_system *s, const struct fit *f, const struct solve_input *in)
{
    for (int i = 0; i < 4; i++) {
        struct bench_mm b = corner_mm(in, i);
        const double X[3] = {b.x * (1 + f->size[0]), b.y * (1 + f->size[1]), 0};
        double px[2], by_point[2][3], by_cam[2][PINHOLE_PARAMETERS];
        struct row r;
        r.count = 0;
        if (!pinhole_project(&f->camera, X, px, by_point, by_cam)) {
            no_answer(s);
            continue;
        }
        r.miss[0] = in->corners[i].x - px[0];
        r.miss[1] = in->corners[i].y - px[1];
        row_device(&r, 0, by_cam, 1);
        row_add(&r, FIT_SIZE, by_point[0][0] * b.x, by_point[1][0] * b.x);
        row_add(&r, FIT_SIZE + 1, by_point[0][1] * b.y, by_point[1][1] * b.y);
        add_row(s, &r, CORNER_SIGMA_PX);
    }
}

void fit_row_flat(struct fit_system *s, const struct fit *f, const struct solve_input *in, int view)
{
    for (int i = 0; i < 4; i++) {
        const struct local_mm at = {i % 2 ? board_width_mm(in->board) : 0, i / 2 ? board_height_mm(in->board) : 0};
        double X[3];
        struct row r;
        fit_board_point(f, in, view, at, X);
        const double *t = f->views[view].t, from[3] = {X[0] - t[0], X[1] - t[1], 0};
        r.count = 0;
        r.miss[0] = -X[2];
        r.miss[1] = 0;
        row_add(&r, FIT_VIEWS + 6 * view, from[1], 0);
        row_add(&r, FIT_VIEWS + 6 * view + 1, -from[0], 0);
        row_add(&r, FIT_VIEWS + 6 * view + 5, 1, 0);
        add_row(s, &r, FLAT_SIGMA_MM);
    }
}
