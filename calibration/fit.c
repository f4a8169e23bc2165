#include "fit.h"

#include <cminpack.h>
#include <stdlib.h>
#include <string.h>

/* What is usual, as priors: value and standard deviation. They decide only what the pairs leave open. */
#define CAMERA_F_WIDTHS     0.95 /* webcams see about 56 degrees across … */
#define CAMERA_F_SPREAD     0.35 /* … from 37 to 74, as a logarithm */
#define PROJECTOR_F_WIDTHS  1.3  /* throw ratio */
#define PROJECTOR_F_SPREAD  0.45
#define CENTRE_SPREAD       0.015 /* of the width: principal point off the middle */
#define SHIFT_SPREAD        0.7   /* of the height: lens shift */
#define CAMERA_K1_SPREAD    0.2
#define CAMERA_K2_SPREAD    0.1
#define PROJECTOR_K1_SPREAD 0.02
#define TANGENTIAL_SPREAD   0.001
/* How well corners are known, camera px, and pairs, projector px. */
#define CORNER_SIGMA_PX 1.0
#define PAIR_SIGMA_PX   0.2
/* What a lens polynomial leaves over is the same for neighbours: pairs count as so many independent ones. */
#define INDEPENDENT_PAIRS 150
/* Misses beyond this many sigmas count less and less (Huber 1964). */
#define HUBER_SIGMAS     3.0
#define NO_ANSWER_SIGMAS 100.0

enum {
    CAM_POSE = 0,
    CAM_F = 6,
    CAM_CX,
    CAM_CY,
    PROJ_POSE = 9,
    PROJ_F = 15,
    PROJ_CX,
    PROJ_CY,
    CAM_K1,
    PROJ_K1,
    CAM_K2,
    CAM_P1,
    CAM_P2
};

static const int parameters_of[FIT_ORDERS] = {PROJ_K1 + 1, CAM_K2 + 1, CAM_P2 + 1};

static void set_pinhole(struct pinhole *h, const double *pose, const double *lens, int width, int height)
{
    memcpy(h->T_device_from_bench.rotation, pose, 3 * sizeof *pose);
    memcpy(h->T_device_from_bench.translation_mm, pose + 3, 3 * sizeof *pose);
    h->lens.fx = h->lens.fy = exp(lens[0]);
    h->lens.cx = lens[1];
    h->lens.cy = lens[2];
    h->lens.width = width;
    h->lens.height = height;
    pinhole_update(h);
}

void fit_model(const double *p, int n, const struct solve_input *in, struct model *m)
{
    memset(m, 0, sizeof *m);
    m->bench_width_mm = in->bench_width_mm;
    m->bench_depth_mm = in->bench_depth_mm;
    set_pinhole(&m->camera, p + CAM_POSE, p + CAM_F, in->camera_width, in->camera_height);
    set_pinhole(&m->projector, p + PROJ_POSE, p + PROJ_F, in->projector_width, in->projector_height);
    struct lens *c = &m->camera.lens;
    c->k1 = n > CAM_K1 ? p[CAM_K1] : 0;
    c->k2 = n > CAM_K2 ? p[CAM_K2] : 0;
    c->p1 = n > CAM_P1 ? p[CAM_P1] : 0;
    c->p2 = n > CAM_P2 ? p[CAM_P2] : 0;
    m->projector.lens.k1 = n > PROJ_K1 ? p[PROJ_K1] : 0;
}

bool fit_miss(const struct model *m, const struct fit_pair *pair, double *du, double *dv)
{
    struct bench_mm b;
    struct proj_px q;
    if (!model_bench_from_cam(m, pair->cam, pair->z_mm, &b) || !model_proj_from_bench(m, b, &q))
        return false;
    *du = pair->proj.x - q.x;
    *dv = pair->proj.y - q.y;
    return true;
}

/* Priors: value, deviation, in the order of the parameters that have one. Returns how many were written to
 * `r`. */
static int priors(const double *p, int n, const struct solve_input *in, double *r)
{
    double cw = in->camera_width, ch = in->camera_height, pw = in->projector_width, ph = in->projector_height;
    int k = 0;
    r[k++] = (p[CAM_F] - log(CAMERA_F_WIDTHS * cw)) / CAMERA_F_SPREAD;
    r[k++] = (p[CAM_CX] - (cw - 1) / 2) / (CENTRE_SPREAD * cw);
    r[k++] = (p[CAM_CY] - (ch - 1) / 2) / (CENTRE_SPREAD * cw);
    r[k++] = (p[PROJ_F] - log(PROJECTOR_F_WIDTHS * pw)) / PROJECTOR_F_SPREAD;
    r[k++] = (p[PROJ_CX] - (pw - 1) / 2) / (CENTRE_SPREAD * pw);
    r[k++] = (p[PROJ_CY] - (ph - 1) / 2) / (SHIFT_SPREAD * ph);
    const double spread[] = {CAMERA_K1_SPREAD, PROJECTOR_K1_SPREAD, CAMERA_K2_SPREAD, TANGENTIAL_SPREAD,
                             TANGENTIAL_SPREAD};
    for (int i = CAM_K1; i < n; i++)
        r[k++] = p[i] / spread[i - CAM_K1];
    return k;
}

static struct bench_mm corner_mm(const struct solve_input *in, int i)
{
    return (struct bench_mm){i == 1 || i == 2 ? in->bench_width_mm : 0, i >= 2 ? in->bench_depth_mm : 0, 0};
}

/* So that squaring gives Huber's loss. */
static double huber(double r)
{
    double a = fabs(r);
    return a <= HUBER_SIGMAS ? r : copysign(sqrt(HUBER_SIGMAS * (2 * a - HUBER_SIGMAS)), r);
}

struct job {
    const struct fit_problem *problem;
    bool all;
    double pair_sigma;
};

static int residuals(void *user, int m, int n, const double *p, double *r, int flag)
{
    const struct job *job = user;
    const struct solve_input *in = job->problem->in;
    struct model model;
    int k = 0;
    (void)m, (void)flag;
    fit_model(p, n, in, &model);
    for (int i = 0; i < job->problem->count; i++) {
        const struct fit_pair *pair = &job->problem->pairs[i];
        if (pair->held_out && !job->all)
            continue;
        double du, dv;
        bool ok = fit_miss(&model, pair, &du, &dv);
        r[k++] = ok ? huber(du / job->pair_sigma) : NO_ANSWER_SIGMAS;
        r[k++] = ok ? huber(dv / job->pair_sigma) : NO_ANSWER_SIGMAS;
    }
    for (int i = 0; i < 4; i++) {
        struct cam_px c;
        bool ok = model_cam_from_bench(&model, corner_mm(in, i), &c);
        r[k++] = ok ? huber((c.x - in->corners[i].x) / CORNER_SIGMA_PX) : NO_ANSWER_SIGMAS;
        r[k++] = ok ? huber((c.y - in->corners[i].y) / CORNER_SIGMA_PX) : NO_ANSWER_SIGMAS;
    }
    priors(p, n, in, r + k);
    return 0;
}

static double sum_of_squares(const double *r, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += r[i] * r[i];
    return s;
}

bool fit_adjust(const struct fit_problem *problem, enum fit_order order, bool all, struct fit *f)
{
    enum { EVALUATIONS_MAX = 900 };
    int n = parameters_of[order], used = 0;
    for (int i = 0; i < problem->count; i++)
        used += all || !problem->pairs[i].held_out;
    double effective = used > INDEPENDENT_PAIRS ? (double)used / INDEPENDENT_PAIRS : 1;
    struct job job = {problem, all, PAIR_SIGMA_PX * sqrt(effective)};
    for (int i = f->parameters; i < n; i++)
        f->p[i] = 0;
    double scratch[FIT_PARAMETERS_MAX];
    int m = 2 * used + 8 + priors(f->p, n, problem->in, scratch), evaluations = 0;
    double *work = malloc(((size_t)m * (size_t)(n + 2) + 6 * (size_t)n) * sizeof *work);
    int pivots[FIT_PARAMETERS_MAX];
    if (!work)
        return false;
    double *r = work, *jacobian = r + m, *diag = jacobian + (ptrdiff_t)m * n, *qtf = diag + n, *w1 = qtf + n;
    int info = lmdif(residuals, &job, m, n, f->p, r, 1e-9, 1e-9, 0, EVALUATIONS_MAX, 1e-13, diag, 1, 10, 0,
                     &evaluations, jacobian, m, pivots, qtf, w1, w1 + n, w1 + 2 * n, w1 + 3 * n);
    if (info > 0) {
        f->parameters = n;
        f->order = order;
        f->cost = sum_of_squares(r, m);
        f->unusual = sum_of_squares(scratch, priors(f->p, n, problem->in, scratch));
        covar(n, jacobian, m, pivots, 1e-14, w1);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++)
                f->covariance[i * n + k] = jacobian[i + (ptrdiff_t)k * m];
    }
    free(work);
    return info > 0;
}

/* Columns K^-1 h1, K^-1 h2, K^-1 h3, scaled so that the first two are about 1 long and the bench lies in
 * front. */
static void columns_of(const struct homography *H, double f, double cx, double cy, double b[3][3])
{
    const double *h = H->h;
    for (int c = 0; c < 3; c++) {
        b[c][0] = (h[c] - cx * h[6 + c]) / f;
        b[c][1] = (h[3 + c] - cy * h[6 + c]) / f;
        b[c][2] = h[6 + c];
    }
    double scale = 0;
    for (int c = 0; c < 2; c++)
        scale += sqrt(b[c][0] * b[c][0] + b[c][1] * b[c][1] + b[c][2] * b[c][2]) / 2;
    scale = copysign(scale, b[2][2]);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 3; i++)
            b[c][i] /= scale;
}

/* How far the columns are from those of a rotation (squared). */
static double skewness(const double b[3][3])
{
    double d = 0, l0 = 0, l1 = 0;
    for (int i = 0; i < 3; i++)
        d += b[0][i] * b[1][i], l0 += b[0][i] * b[0][i], l1 += b[1][i] * b[1][i];
    return d * d + (l0 - l1) * (l0 - l1) / 4;
}

static bool pose_from_columns(const double b[3][3], double *pose)
{
    double x[3], y[3], z[3], lx = 0, ly = 0, dot = 0;
    for (int i = 0; i < 3; i++)
        lx += b[0][i] * b[0][i];
    for (int i = 0; i < 3; i++)
        x[i] = b[0][i] / sqrt(lx), dot += x[i] * b[1][i];
    for (int i = 0; i < 3; i++)
        y[i] = b[1][i] - dot * x[i], ly += y[i] * y[i];
    for (int i = 0; i < 3; i++)
        y[i] /= sqrt(ly);
    z[0] = x[1] * y[2] - x[2] * y[1];
    z[1] = x[2] * y[0] - x[0] * y[2];
    z[2] = x[0] * y[1] - x[1] * y[0];
    const double R[9] = {x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]};
    rotation_to_vector(R, pose);
    memcpy(pose + 3, b[2], 3 * sizeof *pose);
    double height = -(z[0] * b[2][0] + z[1] * b[2][1] + z[2] * b[2][2]);
    return height > 0;
}

/* The focal length and lens shift under which the bench's homography comes nearest to a rotation. */
static bool start_device(const struct homography *H, double width, double height, double usual, double spread,
                         bool shifts, double *lens, double *pose, double *least)
{
    const double skew_sigma = 0.01; /* of a homography from four corners found to a pixel or two */
    double best = INFINITY, b[3][3], cx = (width - 1) / 2;
    for (double lf = -3 * spread; lf <= 3 * spread; lf += spread / 10)
        for (double shift = shifts ? -1.2 : 0; shift <= (shifts ? 1.2 : 0); shift += 0.05) {
            double f = usual * width * exp(lf), cy = (height - 1) / 2 + shift * height;
            columns_of(H, f, cx, cy, b);
            double cost = skewness(b) / (skew_sigma * skew_sigma) + lf * lf / (spread * spread) +
                          shift * shift / (SHIFT_SPREAD * SHIFT_SPREAD);
            if (cost < best) {
                best = cost;
                lens[0] = log(f), lens[1] = cx, lens[2] = cy;
            }
        }
    *least = best;
    columns_of(H, exp(lens[0]), lens[1], lens[2], b);
    return pose_from_columns(b, pose);
}

bool fit_start(const struct solve_input *in, const struct homography *proj_from_cam, struct fit *out)
{
    double x[4], y[4], u[4], v[4], pu[4], pv[4];
    for (int i = 0; i < 4; i++) {
        x[i] = corner_mm(in, i).x, y[i] = corner_mm(in, i).y;
        u[i] = in->corners[i].x, v[i] = in->corners[i].y;
        if (!homography_apply(proj_from_cam, u[i], v[i], &pu[i], &pv[i]))
            return false;
    }
    struct homography cam, proj;
    double least;
    memset(out, 0, sizeof *out);
    out->parameters = CAM_K1;
    return homography_fit(x, y, u, v, NULL, 4, &cam) && homography_fit(x, y, pu, pv, NULL, 4, &proj) &&
           start_device(&cam, in->camera_width, in->camera_height, CAMERA_F_WIDTHS, CAMERA_F_SPREAD, false,
                        out->p + CAM_F, out->p + CAM_POSE, &least) &&
           start_device(&proj, in->projector_width, in->projector_height, PROJECTOR_F_WIDTHS,
                        PROJECTOR_F_SPREAD, true, out->p + PROJ_F, out->p + PROJ_POSE, &least);
}

double fit_rectangle_cost(const struct solve_input *in)
{
    double x[4], y[4], u[4], v[4], lens[3], pose[6], least = INFINITY;
    struct homography H;
    for (int i = 0; i < 4; i++) {
        x[i] = corner_mm(in, i).x, y[i] = corner_mm(in, i).y;
        u[i] = in->corners[i].x, v[i] = in->corners[i].y;
    }
    bool above = homography_fit(x, y, u, v, NULL, 4, &H) &&
                 start_device(&H, in->camera_width, in->camera_height, CAMERA_F_WIDTHS, CAMERA_F_SPREAD,
                              false, lens, pose, &least);
    return above ? least : INFINITY;
}

/* Variance of where projector px `q` meets the plane, through the covariance of the parameters. */
static double variance_mm2(const struct fit *f, const struct solve_input *in, const struct model *m,
                           struct bench_mm at)
{
    double slope[2][FIT_PARAMETERS_MAX], variance = 0;
    struct proj_px q;
    int n = f->parameters;
    if (!model_proj_from_bench(m, at, &q))
        return 0;
    for (int i = 0; i < n; i++) {
        double p[FIT_PARAMETERS_MAX], step = 1e-3 * sqrt(fabs(f->covariance[i * n + i])) + 1e-12;
        struct model moved;
        struct bench_mm b = at;
        memcpy(p, f->p, sizeof p);
        p[i] += step;
        fit_model(p, n, in, &moved);
        model_bench_from_proj(&moved, q, at.z, &b);
        slope[0][i] = (b.x - at.x) / step;
        slope[1][i] = (b.y - at.y) / step;
    }
    for (int a = 0; a < 2; a++)
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++)
                variance += slope[a][i] * f->covariance[i * n + k] * slope[a][k];
    return variance;
}

double fit_sigma_mm(const struct fit *f, const struct solve_input *in, double z_mm)
{
    enum { ACROSS = 5, DEEP = 4 };
    struct model m;
    double sum = 0;
    fit_model(f->p, f->parameters, in, &m);
    for (int i = 0; i < ACROSS; i++)
        for (int k = 0; k < DEEP; k++) {
            struct bench_mm at = {in->bench_width_mm * i / (ACROSS - 1), in->bench_depth_mm * k / (DEEP - 1),
                                  z_mm};
            sum += variance_mm2(f, in, &m, at);
        }
    return sqrt(fmax(0, sum / (ACROSS * DEEP)));
}
