#include "solve.h"
#include "judge_views.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A higher order must predict this much better, or it stays out. */
#define ORDER_GAIN 0.99
/* With fewer boards each is too large a part of what is known to be left out. */
#define VIEWS_TO_CHOOSE 3
/* Beyond these the answer is none. */
#define CORNER_RMS_MAX_PX 6.0
#define HELD_OUT_MAX_PX   3.0
#define RAISED_RMS_MAX_PX 3.0
/* Squared sigmas by which the lenses may be unlike usual ones; 13 priors give about 13 at most. */
#define UNUSUAL_MAX 30.0
#define RAISED_MM   100.0
#define TERMS       MODEL_RESIDUAL_TERMS
#define PAIRS_MIN   50
/* With boards, the bench's typed size is known to so much of itself: a tape's reading. */
#define SIZE_SPREAD 0.0015
/* Boards that tell the pixels' proportions worse than this fit badly: they are asked alone. */
#define ASPECT_SIGMA_MAX 0.004

static const struct fit_use use_all = {true, -1}, use_seen = {false, -1};

static double rms_px(const struct fit_problem *problem, const struct fit *f, bool held_out, bool raised)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        double du, dv;
        if (p->view >= 0 || (held_out && !p->held_out) || (raised && p->z_mm == 0))
            continue;
        if (fit_miss(f, problem->in, p, &du, &dv))
            sum += du * du + dv * dv, count++;
    }
    return count ? sqrt(sum / count) : 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The plane's cubic may have bent after tubs that stand low: real lenses can't, so the adjustment itself
 * tells what is stray. Pairs further off than so many sigmas (from the median, which strays can't move) go, a
 * few times over. */
static bool drop_strays(struct fit_problem *problem, struct fit *f)
{
    enum { ROUNDS = 3 };
    const double sigmas = 3.5, rayleigh_median = 1.1774, least_px = 0.3;
    double *miss = malloc(((size_t)problem->count + 1) * sizeof *miss),
           *sorted = malloc(((size_t)problem->count + 1) * sizeof *miss);
    bool ok = miss && sorted;
    for (int round = 0; ok && round < ROUNDS; round++) {
        ok = fit_adjust(problem, FIT_K1, use_all, f);
        for (int i = 0; i < problem->count; i++) {
            double du, dv;
            miss[i] = fit_miss(f, problem->in, &problem->pairs[i], &du, &dv) ? hypot(du, dv) : INFINITY;
        }
        memcpy(sorted, miss, (size_t)problem->count * sizeof *miss);
        qsort(sorted, (size_t)problem->count, sizeof *sorted, by_size);
        double most = fmax(least_px, sigmas * sorted[problem->count / 2] / rayleigh_median);
        int kept = 0;
        for (int i = 0; i < problem->count; i++)
            if (miss[i] < most)
                problem->pairs[kept++] = problem->pairs[i];
        bool all = kept == problem->count;
        problem->count = kept;
        if (all)
            break;
    }
    free(miss);
    free(sorted);
    return ok && problem->count >= PAIRS_MIN;
}

/* Every order from the one before; the one that predicts best what it has not seen: each board by the others, or the
 * blocks of the bench. */
static bool choose_order(const struct gathered *g, struct fit *best)
{
    const struct fit_problem *problem = &g->problem;
    struct fit f = *best;
    double least = INFINITY;
    bool by_views = judge_views_lit(g) >= VIEWS_TO_CHOOSE;
    int orders = problem->view_count ? FIT_ORDERS : FIT_ORDERS_PLANES;
    for (int order = FIT_K1; order < orders; order++) {
        if (!fit_adjust(problem, (enum fit_order)order, by_views ? use_all : use_seen, &f))
            continue;
        double miss = by_views ? judge_views(g, &f, NULL) : rms_px(problem, &f, true, false);
        if (miss < ORDER_GAIN * least) {
            least = miss;
            *best = f;
        }
    }
    return least < INFINITY;
}

static void terms_at(const struct model *m, struct bench_mm b, double t[TERMS])
{
    double x = 2 * b.x / m->bench_width_mm - 1, y = 2 * b.y / m->bench_depth_mm - 1;
    const double terms[TERMS] = {1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
    memcpy(t, terms, sizeof terms);
}

/* Fits what the model leaves over on the bench plane; pulls gently to zero where there are no pairs. */
static void add_residual(const struct fit_problem *problem, const struct fit *f, bool all, struct model *m)
{
    const double pull = 1; /* weight of "nothing is left over", in pairs */
    double a[TERMS * TERMS] = {0}, twin[TERMS * TERMS], u[TERMS] = {0}, v[TERMS] = {0}, t[TERMS];
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        struct bench_mm b;
        double du, dv;
        if (p->view >= 0 || p->z_mm != 0 || (p->held_out && !all) || !fit_miss(f, problem->in, p, &du, &dv) ||
            !model_bench_from_cam(m, p->cam, 0, &b))
            continue;
        terms_at(m, b, t);
        for (int r = 0; r < TERMS; r++) {
            for (int c = 0; c < TERMS; c++)
                a[r * TERMS + c] += t[r] * t[c];
            u[r] += t[r] * du;
            v[r] += t[r] * dv;
        }
    }
    for (int r = 0; r < TERMS; r++)
        a[r * TERMS + r] += pull;
    memcpy(twin, a, sizeof a);
    if (linear_solve(a, u, TERMS) && linear_solve(twin, v, TERMS)) {
        memcpy(m->residual_u, u, sizeof u);
        memcpy(m->residual_v, v, sizeof v);
    }
}

/* Where the projector's light of held-out pairs should lie by the model, against where the camera sees it. */
static enum lw_msg judge_held_out(const struct fit_problem *problem, const struct model *m,
                                  struct solve_quality *q, struct lw_error *err)
{
    double *miss = malloc(((size_t)problem->count + 1) * sizeof *miss), square = 0;
    int count = 0;
    if (!miss)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        struct bench_mm a, b;
        struct proj_px at;
        if (p->view >= 0 || !p->held_out || p->z_mm != 0 || !model_bench_from_cam(m, p->cam, 0, &a) ||
            !model_bench_from_proj(m, p->proj, 0, &b) || !model_proj_from_bench(m, a, &at))
            continue;
        miss[count++] = hypot(a.x - b.x, a.y - b.y);
        square += (at.x - p->proj.x) * (at.x - p->proj.x) + (at.y - p->proj.y) * (at.y - p->proj.y);
    }
    qsort(miss, (size_t)count, sizeof *miss, by_size);
    if (count) {
        q->median_mm = miss[count / 2];
        q->p95_mm = miss[count * 95 / 100];
        q->max_mm = miss[count - 1];
        q->held_out_px = sqrt(square / count);
    }
    free(miss);
    if (!count || !(q->held_out_px < HELD_OUT_MAX_PX))
        return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, q->p95_mm);
    return LW_OK;
}

static double corner_rms_px(const struct solve_input *in, const struct model *m)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        struct bench_mm b = {i == 1 || i == 2 ? in->bench_width_mm : 0, i >= 2 ? in->bench_depth_mm : 0, 0};
        struct cam_px c = {INFINITY, INFINITY};
        model_cam_from_bench(m, b, &c);
        sum += (c.x - in->corners[i].x) * (c.x - in->corners[i].x) +
               (c.y - in->corners[i].y) * (c.y - in->corners[i].y);
    }
    return sqrt(sum / 4);
}

/* Root mean square of the stated uncertainty over the bench. */
static double mean_sigma(const struct model *m, double z_mm)
{
    enum { ACROSS = 5, DEEP = 4 };
    double sum = 0;
    for (int i = 0; i < ACROSS * DEEP; i++) {
        double s = model_sigma_mm(m, (struct bench_mm){m->bench_width_mm * (i % ACROSS) / (ACROSS - 1),
                                                       m->bench_depth_mm * (i / ACROSS) / (DEEP - 1), z_mm});
        sum += isfinite(s) ? s * s : 1e6;
    }
    return sqrt(sum / (ACROSS * DEEP));
}

/* The covariance of camera and projector, and the summaries. `left_mm`: what held-out places show beyond it. */
static bool state_uncertainty(const struct fit_problem *problem, struct fit *f, double left_mm, struct model *m)
{
    if (!fit_covariance(problem, f))
        return false;
    int k = 0;
    for (int i = 0; i < MODEL_PARAMETERS; i++)
        for (int j = 0; j <= i; j++)
            m->covariance[k++] = f->covariance[i * FIT_VIEWS + j];
    m->sigma_left_mm = left_mm;
    m->sigma_flat_mm = mean_sigma(m, 0);
    m->sigma_raised_mm = mean_sigma(m, RAISED_MM);
    return true;
}

/* Heights are measured when a plane lies above the bench or a board is raised or tilted. */
static bool heights_measured(const struct fit_problem *problem, const struct fit *f)
{
    const double raised_mm = 15, tilt = 0.1; /* sine */
    bool measured = problem->in->plane_count > 1;
    for (int i = 0; i < problem->view_count; i++)
        measured = measured || fabs(f->views[i].t[2]) > raised_mm || hypot(f->views[i].R[2], f->views[i].R[5]) > tilt;
    return measured;
}

/* Bench, boxes and boards by the plainest lens; where the bench's size is settled by boards, too. */
static enum lw_msg first_fit(struct gathered *g, struct fit *f, struct lw_error *err)
{
    struct fit_problem *problem = &g->problem;
    struct fit_problem plain = *problem;
    plain.view_count = plain.corner_count = 0;
    bool ok = true;
    if (!problem->in->no_bench) { /* the planes first: their strays would pull at the boards */
        struct fit_pair *pairs = problem->pairs;
        int all = problem->count, flat = 0;
        while (flat < all && pairs[flat].view < 0)
            flat++;
        plain.count = flat;
        ok = drop_strays(&plain, f);
        memmove(pairs + plain.count, pairs + flat, (size_t)(all - flat) * sizeof *pairs);
        problem->count = plain.count + all - flat;
        for (int i = 0; ok && i < problem->view_count; i++)
            ok = fit_place_view(problem, i, f);
    }
    if (ok && problem->view_count)
        ok = fit_adjust(problem, FIT_K1, use_all, f);
    return ok ? LW_OK : lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
}

static enum lw_msg final_checks(const struct gathered *g, const struct fit *f, const struct model *m, struct lw_error *err)
{
    const struct solve_input *in = g->problem.in;
    if (!in->no_bench && !(corner_rms_px(in, m) < CORNER_RMS_MAX_PX))
        return lw_fail(err, LW_MSG_SOLVE_CORNERS, in->bench_width_mm, in->bench_depth_mm);
    if (in->plane_count > 1 &&
        !(rms_px(&g->problem, f, false, true) < RAISED_RMS_MAX_PX && f->unusual < UNUSUAL_MAX))
        return lw_fail(err, LW_MSG_SOLVE_PLANE_HEIGHT, in->planes[1].z_mm);
    return LW_OK;
}

/* Order and quality by what the fit has not seen, then the model from everything. */
static enum lw_msg adjust(struct gathered *g, struct fit *f, struct model *out, struct solve_quality *q,
                          struct solve_report *report, struct lw_error *err)
{
    struct fit_problem *problem = &g->problem;
    const struct solve_input *in = problem->in;
    struct model plain;
    bool with_residual = false;
    problem->size_spread = in->view_count && !in->no_bench ? SIZE_SPREAD : 0;
    if (!choose_order(g, f))
        return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
    report->order = f->order;
    enum lw_msg rc = LW_OK;
    if (!in->no_bench) {
        struct fit seen = *f;
        if (!fit_adjust(problem, f->order, use_seen, &seen))
            return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
        fit_model(&seen, in, &plain);
        *out = plain;
        add_residual(problem, &seen, false, out);
        struct solve_quality bent;
        rc = judge_held_out(problem, &plain, q, err);
        with_residual = !rc && !judge_held_out(problem, out, &bent, err) &&
                        bent.held_out_px < ORDER_GAIN * q->held_out_px;
        if (with_residual)
            *q = bent;
    }
    if (!rc && !fit_adjust(problem, f->order, use_all, f))
        rc = lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, q->p95_mm);
    if (rc)
        return rc;
    if (problem->view_count)
        judge_views(g, f, report);
    if (in->no_bench) {
        q->held_out_px = report->rms_px;
        judge_views_mm(report, f, q);
    }
    fit_model(f, in, out);
    rc = final_checks(g, f, out, err);
    if (!rc && with_residual)
        add_residual(problem, f, true, out);
    if (!rc && !state_uncertainty(problem, f, q->p95_mm / 2, out))
        rc = lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, q->p95_mm);
    out->rough = !heights_measured(problem, f);
    return rc;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A bench that fits nothing may be a projector whose pixels are not square: the boards alone can tell. */
static enum lw_msg ask_boards(const struct solve_input *in, enum lw_msg refused, struct solve_report *report,
                              struct lw_error *err)
{
    struct solve_input boards = *in;
    struct solve_report alone;
    struct solve_quality q;
    struct lw_error why;
    struct model m;
    boards.no_bench = true;
    if ((refused != LW_MSG_SOLVE_CORNERS && refused != LW_MSG_SOLVE_NO_ANSWER) || in->no_bench || in->view_count < 3)
        return refused;
    enum lw_msg rc = solve_views(&boards, &m, &q, &alone, &why);
    if (rc != LW_MSG_SOLVE_KEYSTONE_ON && rc != LW_MSG_SOLVE_NOT_NATIVE)
        return refused;
    *report = alone;
    if (err)
        *err = why;
    return rc;
}

enum lw_msg solve_views(const struct solve_input *given, struct model *out, struct solve_quality *quality,
                        struct solve_report *report, struct lw_error *err)
{
    double start = now_s();
    struct solve_input in = *given;
    struct solve_report unread;
    struct gathered g;
    struct solve_quality q = {0};
    struct model m;
    struct fit *f = calloc(1, sizeof *f);
    if (!f)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    report = report ? report : &unread;
    *report = (struct solve_report){.view_count = in.view_count, .views_used = in.view_count, .bad_view = -1};
    if (in.no_bench && in.board) {
        in.plane_count = 0;
        in.bench_width_mm = board_width_mm(in.board);
        in.bench_depth_mm = board_height_mm(in.board);
    }
    enum lw_msg rc = gather(&in, &g, f, err);
    rc = rc ? rc : first_fit(&g, f, err);
    if (!rc && in.view_count)
        rc = judge_findings(&g, f, report, err);
    rc = rc ? rc : adjust(&g, f, &m, &q, report, err);
    gather_finish(&g);
    free(f);
    bool astray = !rc && in.view_count && report->projector_aspect_sigma > ASPECT_SIGMA_MAX;
    enum lw_msg named = rc || astray ? ask_boards(given, rc ? rc : LW_MSG_SOLVE_NO_ANSWER, report, err) : LW_OK;
    if (rc || (named && named != LW_MSG_SOLVE_NO_ANSWER))
        return named;
    q.seconds = now_s() - start;
    *out = m;
    *quality = q;
    return LW_OK;
}

enum lw_msg solve_model(const struct solve_input *in, struct model *out, struct solve_quality *quality,
                        struct lw_error *err)
{
    return solve_views(in, out, quality, NULL, err);
}
