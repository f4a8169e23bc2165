#include "fit_rows.h"

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
#define PAIR_SIGMA_PX     0.2 /* projector px */
#define INDEPENDENT_PAIRS 150 /* of the bench and boxes */
#define INDEPENDENT_VIEW  30  /* pairs of one board, and corners */
#define BOARD_SIGMA_PX    0.06
#define BOW_LOOSE_SHARE   0.3  /* of a square: the bow of a single board that is looked at */
#define ITERATIONS_MAX   100

static const double unknown = 0; /* spread 0: not free */

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
static double add_priors(struct fit_system *s, const struct fit_problem *problem, const struct fit *f,
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

static void build(struct fit_system *s, const struct fit_problem *problem, struct fit_use use, const struct counts *n,
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
            fit_row_pair(s, f, in, p,
                     p->view < 0 ? crowd_sigma(PAIR_SIGMA_PX, n->planes, INDEPENDENT_PAIRS)
                                 : crowd_sigma(PAIR_SIGMA_PX, n->pairs[p->view], INDEPENDENT_VIEW));
    }
    for (int i = 0; i < problem->corner_count; i++) {
        const struct fit_corner *c = &problem->corners[i];
        if (c->view != use.without_view)
            fit_row_corner(s, f, in, c,
                       crowd_sigma(hypot(c->sigma_px, BOARD_SIGMA_PX), n->corners[c->view], INDEPENDENT_VIEW));
    }
    for (int i = 0; i < problem->view_count; i++)
        if (in->views[i].flat && i != use.without_view && !in->no_bench)
            fit_row_flat(s, f, in, i);
    if (!in->no_bench)
        fit_row_bench_corners(s, f, in);
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
static bool descend(const struct fit_problem *problem, struct fit_use use, const double *spread, struct fit_system *s,
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

static bool open_system(struct fit_system *s, int view_count, double **l, double **step)
{
    int n = FIT_VIEWS + 6 * view_count;
    size_t square = (size_t)n * (size_t)n;
    *s = (struct fit_system){.n = n, .a = malloc((2 * square + 2 * (size_t)n) * sizeof(double))};
    *l = s->a + square;
    s->b = *l + square;
    *step = s->b + n;
    return s->a != NULL;
}

bool fit_adjust(const struct fit_problem *problem, enum fit_order order, struct fit_use use, struct fit *f)
{
    struct fit_system s;
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
    struct fit_system s = {0};
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
    struct fit_system s;
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
