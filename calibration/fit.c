#include "fit.h"

#include <stdlib.h>
#include <string.h>

/* Priors beside those of the header. */
#define CENTRE_SPREAD       0.015 /* of the width: principal point off the middle */
#define CAMERA_K1_SPREAD    0.2
#define CAMERA_K2_SPREAD    0.1
#define PROJECTOR_K1_SPREAD 0.02
#define PROJECTOR_K2_SPREAD 0.02
#define TANGENTIAL_SPREAD   0.001
#define ASPECT_SPREAD       0.003 /* pixels are square, nearly */
#define BOW_SHARE           0.002 /* of the board's diagonal: of a sheet glued on something */
/* How well things are known. A pair's sigma is that of one that stands for itself: what a lens polynomial leaves over is
 * the same for neighbours, so that many pairs count as so many independent ones. */
#define CORNER_SIGMA_PX   1.0 /* the bench's corners, camera px */
#define PAIR_SIGMA_PX     0.2 /* projector px */
#define INDEPENDENT_PAIRS 150 /* of the bench and boxes */
#define INDEPENDENT_VIEW  30  /* pairs of one board, and corners */
#define BOARD_SIGMA_PX    0.06
#define BOW_LOOSE_SHARE   0.3  /* of a square: the bow of a single board that is looked at */
#define FLAT_SIGMA_MM     0.5 /* of a board that is said to lie flat */
/* Misses beyond this many sigmas count less and less (Huber 1964). */
#define HUBER_SIGMAS     3.0
#define NO_ANSWER_SIGMAS 100.0
#define ITERATIONS_MAX   100
#define ROW_MAX          (MODEL_PARAMETERS + 11)

static const double unknown = 0; /* spread 0: not free */

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

struct system {
    int n;                     /* parameters, free or not */
    double *a, *b;             /* n x n, n */
    bool slopes;               /* else only the cost is summed */
    double cost, plain;        /* Huber's, and of squares */
    int rows;
};

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
static void add_row(struct system *s, const struct row *r, double sigma)
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

static void no_answer(struct system *s)
{
    s->cost += NO_ANSWER_SIGMAS * NO_ANSWER_SIGMAS;
}

static void add_pair(struct system *s, const struct fit *f, const struct solve_input *in, const struct fit_pair *pair,
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

static void add_corner(struct system *s, const struct fit *f, const struct solve_input *in, const struct fit_corner *corner,
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

static void add_bench_corners(struct system *s, const struct fit *f, const struct solve_input *in)
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

/* A board that is said to lie flat: its four outer corners are in the bench's plane. */
static void add_flat(struct system *s, const struct fit *f, const struct solve_input *in, int view)
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

/* ---- priors, and what is free ---- */

/* Standard deviation of every parameter by what is usual: 0 not free, INFINITY no prior. */
static void spreads(const struct fit_problem *problem, enum fit_order order, int without_view,
                    double spread[FIT_PARAMETERS_MAX])
{
    const struct solve_input *in = problem->in;
    for (int i = 0; i < FIT_PARAMETERS_MAX; i++)
        spread[i] = unknown;
    double *cam = spread, *proj = spread + PINHOLE_PARAMETERS;
    for (int i = 0; i < 6; i++)
        cam[i] = proj[i] = INFINITY;
    cam[PINHOLE_LOG_F] = FIT_CAMERA_F_SPREAD;
    proj[PINHOLE_LOG_F] = FIT_PROJECTOR_F_SPREAD;
    cam[PINHOLE_CX] = cam[PINHOLE_CY] = CENTRE_SPREAD * in->camera_width;
    proj[PINHOLE_CX] = CENTRE_SPREAD * in->projector_width;
    proj[PINHOLE_CY] = FIT_SHIFT_SPREAD * in->projector_height;
    cam[PINHOLE_K1] = CAMERA_K1_SPREAD;
    proj[PINHOLE_K1] = PROJECTOR_K1_SPREAD;
    cam[PINHOLE_K2] = order >= FIT_K2 ? CAMERA_K2_SPREAD : unknown;
    cam[PINHOLE_P1] = cam[PINHOLE_P2] = order >= FIT_TANGENTIAL ? TANGENTIAL_SPREAD : unknown;
    if (order >= FIT_ALL) {
        cam[PINHOLE_ASPECT] = proj[PINHOLE_ASPECT] = ASPECT_SPREAD;
        proj[PINHOLE_K2] = PROJECTOR_K2_SPREAD;
        proj[PINHOLE_P1] = proj[PINHOLE_P2] = TANGENTIAL_SPREAD;
        for (int i = 0; i < 3; i++)
            spread[FIT_BOW + i] = in->board ? BOW_SHARE * hypot(board_width_mm(in->board), board_height_mm(in->board)) : unknown;
    }
    if (problem->aspect_spread > 0)
        proj[PINHOLE_ASPECT] = problem->aspect_spread;
    spread[FIT_SIZE] = spread[FIT_SIZE + 1] = problem->size_spread;
    int fixed = !in->no_bench ? -1 : without_view == 0 ? 1 : 0; /* the board that is the bench */
    for (int i = 0; i < 6 * problem->view_count; i++)
        spread[FIT_VIEWS + i] = i / 6 == fixed || i / 6 == without_view ? unknown : INFINITY;
}

/* How far each parameter is from what is usual. */
static void from_usual(const struct fit *f, const struct solve_input *in, double away[FIT_VIEWS])
{
    memset(away, 0, FIT_VIEWS * sizeof *away);
    const struct pinhole *devices[2] = {&f->camera, &f->projector};
    const double widths[2] = {FIT_CAMERA_F_WIDTHS, FIT_PROJECTOR_F_WIDTHS};
    const int width[2] = {in->camera_width, in->projector_width}, height[2] = {in->camera_height, in->projector_height};
    for (int d = 0; d < 2; d++) {
        const struct lens *l = &devices[d]->lens;
        double *a = away + d * PINHOLE_PARAMETERS;
        a[PINHOLE_LOG_F] = log(fabs(l->fx) / (widths[d] * width[d]));
        a[PINHOLE_ASPECT] = log(fabs(l->fy / l->fx));
        a[PINHOLE_CX] = l->cx - (width[d] - 1) / 2.0;
        a[PINHOLE_CY] = l->cy - (height[d] - 1) / 2.0;
        a[PINHOLE_K1] = l->k1, a[PINHOLE_K2] = l->k2, a[PINHOLE_P1] = l->p1, a[PINHOLE_P2] = l->p2;
    }
    memcpy(away + FIT_SIZE, f->size, sizeof f->size);
    memcpy(away + FIT_BOW, f->bow, sizeof f->bow);
}

/* Priors; what is not free stays as it is. Returns their sum of squares. */
static double add_priors(struct system *s, const struct fit_problem *problem, const struct fit *f,
                         const double spread[FIT_PARAMETERS_MAX])
{
    double away[FIT_VIEWS], sum = 0;
    from_usual(f, problem->in, away);
    for (int i = 0; i < s->n; i++) {
        if (spread[i] == unknown) {
            for (int k = 0; s->slopes && k < s->n; k++)
                s->a[(ptrdiff_t)i * s->n + k] = s->a[(ptrdiff_t)k * s->n + i] = 0;
            if (s->slopes)
                s->a[(ptrdiff_t)i * s->n + i] = 1, s->b[i] = 0;
        } else if (i < FIT_VIEWS && isfinite(spread[i])) {
            double weight = 1 / (spread[i] * spread[i]);
            sum += away[i] * away[i] * weight;
            if (s->slopes) {
                s->a[(ptrdiff_t)i * s->n + i] += weight;
                s->b[i] -= weight * away[i];
            }
        }
    }
    return sum;
}

/* ---- adjusting ---- */

struct counts {
    int planes, pairs[SOLVE_VIEWS_MAX], corners[SOLVE_VIEWS_MAX];
};

static bool pair_used(const struct fit_pair *p, struct fit_use use)
{
    return p->view >= 0 ? p->view != use.without_view : !p->held_out || use.held_out;
}

static double crowd_sigma(double sigma, int count, int independent)
{
    return count > independent ? sigma * sqrt((double)count / independent) : sigma;
}

static void build(struct system *s, const struct fit_problem *problem, struct fit_use use, const struct counts *n,
                  const struct fit *f, const double spread[FIT_PARAMETERS_MAX], double *unusual)
{
    const struct solve_input *in = problem->in;
    s->cost = s->plain = 0;
    s->rows = 0;
    if (s->slopes) {
        memset(s->a, 0, (size_t)s->n * (size_t)s->n * sizeof *s->a);
        memset(s->b, 0, (size_t)s->n * sizeof *s->b);
    }
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        if (pair_used(p, use))
            add_pair(s, f, in, p,
                     p->view < 0 ? crowd_sigma(PAIR_SIGMA_PX, n->planes, INDEPENDENT_PAIRS)
                                 : crowd_sigma(PAIR_SIGMA_PX, n->pairs[p->view], INDEPENDENT_VIEW));
    }
    for (int i = 0; i < problem->corner_count; i++) {
        const struct fit_corner *c = &problem->corners[i];
        if (c->view != use.without_view)
            add_corner(s, f, in, c,
                       crowd_sigma(hypot(c->sigma_px, BOARD_SIGMA_PX), n->corners[c->view], INDEPENDENT_VIEW));
    }
    for (int i = 0; i < problem->view_count; i++)
        if (in->views[i].flat && i != use.without_view && !in->no_bench)
            add_flat(s, f, in, i);
    if (!in->no_bench)
        add_bench_corners(s, f, in);
    *unusual = add_priors(s, problem, f, spread);
    s->cost += *unusual;
}

static void count_used(const struct fit_problem *problem, struct fit_use use, struct counts *n)
{
    memset(n, 0, sizeof *n);
    for (int i = 0; i < problem->count; i++)
        if (pair_used(&problem->pairs[i], use)) {
            int view = problem->pairs[i].view;
            ++*(view < 0 ? &n->planes : &n->pairs[view]);
        }
    for (int i = 0; i < problem->corner_count; i++)
        n->corners[problem->corners[i].view]++;
}

static void move_view(struct fit_view *w, const double d[6])
{
    double turn[9], R[9];
    rotation_matrix(d, turn);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            R[3 * r + c] = turn[3 * r] * w->R[c] + turn[3 * r + 1] * w->R[3 + c] + turn[3 * r + 2] * w->R[6 + c];
    memcpy(w->R, R, sizeof R);
    for (int i = 0; i < 3; i++)
        w->t[i] += d[3 + i];
}

static void move(struct fit *f, const double *d, int view_count)
{
    pinhole_add(&f->camera, d);
    pinhole_add(&f->projector, d + PINHOLE_PARAMETERS);
    for (int i = 0; i < 2; i++)
        f->size[i] += d[FIT_SIZE + i];
    for (int i = 0; i < 3; i++)
        f->bow[i] += d[FIT_BOW + i];
    for (int i = 0; i < view_count; i++)
        move_view(&f->views[i], d + FIT_VIEWS + 6 * i);
}

/* Cholesky in place with the damped diagonal; false where it is not positive. */
static bool factor(const double *a, double damping, int n, double *l)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k <= i; k++) {
            double sum = a[(ptrdiff_t)i * n + k] * (i == k ? 1 + damping : 1);
            const double *x = l + (ptrdiff_t)i * n, *y = l + (ptrdiff_t)k * n;
            for (int j = 0; j < k; j++)
                sum -= x[j] * y[j];
            if (i == k && !(sum > 0))
                return false;
            l[(ptrdiff_t)i * n + k] = i == k ? sqrt(sum) : sum / y[k];
        }
    return true;
}

static void back_solve(const double *l, int n, const double *b, double *x)
{
    for (int i = 0; i < n; i++) {
        double sum = b[i];
        for (int k = 0; k < i; k++)
            sum -= l[(ptrdiff_t)i * n + k] * x[k];
        x[i] = sum / l[(ptrdiff_t)i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double sum = x[i];
        for (int k = i + 1; k < n; k++)
            sum -= l[(ptrdiff_t)k * n + i] * x[k];
        x[i] = sum / l[(ptrdiff_t)i * n + i];
    }
}

/* Goes down from `f` until a step gains next to nothing. */
static bool descend(const struct fit_problem *problem, struct fit_use use, const double *spread, struct system *s,
                    double *l, double *step, struct fit *f)
{
    const double gain_least = 1e-9; /* of the cost: heights lie along a valley so flat that 1e-7 stops half way */
    struct counts n;
    struct fit trial;
    double damping = 1e-3, unusual;
    count_used(problem, use, &n);
    s->slopes = true;
    build(s, problem, use, &n, f, spread, &f->unusual);
    f->cost = s->cost;
    for (int i = 0; i < ITERATIONS_MAX; i++) {
        trial = *f;
        s->slopes = false;
        bool better = factor(s->a, damping, s->n, l);
        if (better) {
            back_solve(l, s->n, s->b, step);
            move(&trial, step, problem->view_count);
            build(s, problem, use, &n, &trial, spread, &unusual);
            better = s->cost < f->cost;
        }
        if (!better) {
            damping *= 10;
            if (damping > 1e8)
                break;
            continue;
        }
        double gained = f->cost - s->cost;
        trial.cost = s->cost;
        trial.unusual = unusual;
        *f = trial;
        damping = fmax(damping / 10, 1e-9);
        if (gained < gain_least * f->cost)
            break;
        s->slopes = true;
        build(s, problem, use, &n, f, spread, &unusual);
    }
    return isfinite(f->cost);
}

static bool open_system(struct system *s, int view_count, double **l, double **step)
{
    int n = FIT_VIEWS + 6 * view_count;
    size_t square = (size_t)n * (size_t)n;
    *s = (struct system){.n = n, .a = malloc((2 * square + 2 * (size_t)n) * sizeof(double))};
    *l = s->a + square;
    s->b = *l + square;
    *step = s->b + n;
    return s->a != NULL;
}

bool fit_adjust(const struct fit_problem *problem, enum fit_order order, struct fit_use use, struct fit *f)
{
    struct system s;
    double *l, *step, spread[FIT_PARAMETERS_MAX];
    if (!open_system(&s, problem->view_count, &l, &step))
        return false;
    spreads(problem, order, use.without_view, spread);
    bool ok = descend(problem, use, spread, &s, l, step, f);
    f->order = order;
    free(s.a);
    return ok;
}

/* Corners (and pairs) of one view alone, in arrays of their own. */
static bool only_view(const struct fit_problem *problem, int view, bool with_pairs, struct fit_problem *one)
{
    *one = *problem;
    one->corners = malloc(((size_t)problem->corner_count + 1) * sizeof *one->corners);
    one->pairs = malloc(((size_t)problem->count + 1) * sizeof *one->pairs);
    one->count = one->corner_count = 0;
    if (!one->corners || !one->pairs)
        return false;
    for (int i = 0; i < problem->corner_count; i++)
        if (problem->corners[i].view == view)
            one->corners[one->corner_count++] = problem->corners[i];
    for (int i = 0; with_pairs && i < problem->count; i++)
        if (problem->pairs[i].view == view)
            one->pairs[one->count++] = problem->pairs[i];
    return true;
}

static bool adjust_one(const struct fit_problem *problem, int view, bool with_bow, struct fit *f, double *bow_sigma)
{
    struct fit_problem one;
    struct system s = {0};
    double *l, *step, spread[FIT_PARAMETERS_MAX];
    for (int i = 0; i < FIT_PARAMETERS_MAX; i++)
        spread[i] = i >= FIT_VIEWS + 6 * view && i < FIT_VIEWS + 6 * view + 6 ? INFINITY : unknown;
    for (int i = 0; with_bow && i < 3; i++)
        spread[FIT_BOW + i] = BOW_LOOSE_SHARE * problem->in->board->square_mm;
    bool ok = only_view(problem, view, with_bow, &one) && open_system(&s, problem->view_count, &l, &step) &&
              descend(&one, (struct fit_use){true, -1}, spread, &s, l, step, f);
    *bow_sigma = INFINITY;
    if (ok && with_bow && factor(s.a, 1e-12, s.n, l)) {
        *bow_sigma = 0;
        for (int i = 0; i < 3; i++) {
            memset(s.b, 0, (size_t)s.n * sizeof *s.b);
            s.b[FIT_BOW + i] = 1;
            back_solve(l, s.n, s.b, step);
            *bow_sigma = hypot(*bow_sigma, sqrt(fmax(0, step[FIT_BOW + i])));
        }
    }
    free(one.pairs);
    free(one.corners);
    free(s.a);
    return ok;
}

bool fit_adjust_view(const struct fit_problem *problem, int view, struct fit *f)
{
    double unread;
    return adjust_one(problem, view, false, f, &unread);
}

double fit_adjust_bow(const struct fit_problem *problem, int view, struct fit *f)
{
    double sigma;
    memset(f->bow, 0, sizeof f->bow);
    return adjust_one(problem, view, true, f, &sigma) ? sigma : INFINITY;
}

bool fit_covariance(const struct fit_problem *problem, struct fit *f)
{
    struct system s;
    struct counts n;
    double *l, *step, spread[FIT_PARAMETERS_MAX], unusual;
    const struct fit_use all = {true, -1};
    if (!open_system(&s, problem->view_count, &l, &step))
        return false;
    spreads(problem, f->order, -1, spread);
    count_used(problem, all, &n);
    s.slopes = true;
    build(&s, problem, all, &n, f, spread, &unusual);
    bool ok = factor(s.a, 1e-12, s.n, l);
    double worse = fmax(1, s.plain / fmax(1, s.rows)); /* more is left over than was assumed */
    for (int i = 0; ok && i < FIT_VIEWS; i++) {
        memset(s.b, 0, (size_t)s.n * sizeof *s.b);
        s.b[i] = spread[i] == unknown ? 0 : worse;
        back_solve(l, s.n, s.b, step);
        memcpy(&f->covariance[i * FIT_VIEWS], step, FIT_VIEWS * sizeof *step);
    }
    free(s.a);
    return ok;
}
