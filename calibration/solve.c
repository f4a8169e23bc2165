#include "solve.h"
#include "fit.h"
#include "plane.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Pairs that the adjustment works on, per plane: more only take longer. */
#define BENCH_PAIRS_MAX  500
#define RAISED_PAIRS_MAX 250
#define PAIRS_MIN        50
/* Share of the pairs inside the bench's corners that must lie on its plane; tubs may cover the rest. */
#define FLAT_SHARE_MIN 0.3
/* A pair further off the plane than this is something else, projector px. */
#define PLANE_TOLERANCE_PX 2.0
/* Held-out blocks: the bench is cut into so many, one of HELD_OUT_EVERY is left out. */
#define BLOCKS_ACROSS  10
#define HELD_OUT_EVERY 5
/* A higher order must predict this much better, or it stays out. */
#define ORDER_GAIN 0.99
/* Beyond these the answer is none. */
#define CORNER_RMS_MAX_PX 6.0
#define HELD_OUT_MAX_PX   3.0
#define RAISED_RMS_MAX_PX 3.0
/* Squared sigmas by which the lenses may be unlike usual ones; 11 priors give about 11 at most. */
#define UNUSUAL_MAX 30.0
#define RAISED_MM   100.0
#define TERMS       MODEL_RESIDUAL_TERMS

static bool inside_quad(const struct cam_px q[4], struct cam_px p)
{
    for (int i = 0; i < 4; i++) {
        struct cam_px a = q[i], b = q[(i + 1) % 4];
        if ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0)
            return false;
    }
    return true;
}

/* Front left, front right, back right, back left of a bench seen from above turn one way, and the quad is
 * convex. */
static bool corners_sensible(const struct cam_px q[4])
{
    for (int i = 0; i < 4; i++) {
        struct cam_px a = q[i], b = q[(i + 1) % 4], c = q[(i + 2) % 4];
        if (!((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) < -1))
            return false;
    }
    return true;
}

/* A block of the bench is left out as a whole: neighbours of a pair know its error. */
static bool in_held_out_block(const struct homography *bench_from_cam, const struct solve_input *in,
                              struct cam_px p)
{
    double x, y;
    if (!homography_apply(bench_from_cam, p.x, p.y, &x, &y))
        return false;
    int bx = (int)floor(BLOCKS_ACROSS * x / in->bench_width_mm),
        by = (int)floor(BLOCKS_ACROSS * y / in->bench_width_mm);
    return ((bx + 2 * by) % HELD_OUT_EVERY + HELD_OUT_EVERY) % HELD_OUT_EVERY == 0;
}

static void add_thinned(struct fit_problem *problem, const struct decode_pair *pairs, const bool *take,
                        int count, int taken, int most, double z_mm, const struct homography *bench_from_cam)
{
    double every = taken > most ? (double)taken / most : 1, next = 0;
    int seen = 0;
    for (int i = 0; i < count; i++) {
        if (!take[i] || seen++ < next)
            continue;
        next += every;
        problem->pairs[problem->count++] = (struct fit_pair){
            pairs[i].cam, pairs[i].proj, z_mm, in_held_out_block(bench_from_cam, problem->in, pairs[i].cam)};
    }
}

static enum lw_msg take_bench(struct fit_problem *problem, const struct homography *bench_from_cam,
                              struct homography *proj_from_cam, struct lw_error *err)
{
    const struct solve_input *in = problem->in;
    const struct solve_plane *plane = &in->planes[0];
    struct decode_pair *inside = malloc((size_t)(plane->count + 1) * sizeof *inside);
    bool *on = calloc((size_t)plane->count + 1, sizeof *on);
    enum lw_msg rc = inside && on ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    int count = 0, flat = 0;
    for (int i = 0; !rc && i < plane->count; i++)
        if (inside_quad(in->corners, plane->pairs[i].cam))
            inside[count++] = plane->pairs[i];
    if (!rc && count < PAIRS_MIN)
        rc = lw_fail(err, LW_MSG_SOLVE_FEW, count);
    if (!rc) {
        flat = plane_find(inside, count, PLANE_TOLERANCE_PX, proj_from_cam, on);
        if (flat < PAIRS_MIN || flat < FLAT_SHARE_MIN * count)
            rc = lw_fail(err, LW_MSG_SOLVE_NOT_FLAT, 100.0 * flat / count);
    }
    if (!rc)
        add_thinned(problem, inside, on, count, flat, BENCH_PAIRS_MAX, 0, bench_from_cam);
    free(inside);
    free(on);
    return rc;
}

static int by_place(const void *a, const void *b)
{
    const struct decode_pair *p = a, *q = b;
    return p->cam.y != q->cam.y ? (p->cam.y > q->cam.y) - (p->cam.y < q->cam.y)
                                : (p->cam.x > q->cam.x) - (p->cam.x < q->cam.x);
}

/* True where the empty bench gave the same pair: what stood there before is not the box. */
static bool seen_before(const struct decode_pair *before, int count, const struct decode_pair *p)
{
    const struct decode_pair *same = bsearch(p, before, (size_t)count, sizeof *before, by_place);
    return same && hypot(same->proj.x - p->proj.x, same->proj.y - p->proj.y) < 2 * PLANE_TOLERANCE_PX;
}

static enum lw_msg take_raised(struct fit_problem *problem, const struct solve_plane *plane,
                               const struct homography *bench_from_cam, const struct homography *bench_map,
                               struct lw_error *err)
{
    const struct solve_plane *bench = &problem->in->planes[0];
    struct decode_pair *before = malloc((size_t)(bench->count + 1) * sizeof *before);
    struct decode_pair *pairs = malloc((size_t)(plane->count + 1) * sizeof *pairs);
    bool *on = calloc((size_t)plane->count + 1, sizeof *on);
    enum lw_msg rc = before && pairs && on ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    int count = 0, top = 0;
    if (!rc) {
        memcpy(before, bench->pairs, (size_t)bench->count * sizeof *before);
        qsort(before, (size_t)bench->count, sizeof *before, by_place);
    }
    for (int i = 0; !rc && i < plane->count; i++) {
        const struct decode_pair *p = &plane->pairs[i];
        double u, v;
        bool flat = homography_apply(bench_map, p->cam.x, p->cam.y, &u, &v) &&
                    hypot(u - p->proj.x, v - p->proj.y) < 2 * PLANE_TOLERANCE_PX;
        if (!flat && inside_quad(problem->in->corners, p->cam) && !seen_before(before, bench->count, p))
            pairs[count++] = *p;
    }
    struct homography H;
    if (!rc)
        top = plane_find(pairs, count, PLANE_TOLERANCE_PX, &H, on);
    if (!rc && top < PAIRS_MIN)
        rc = lw_fail(err, LW_MSG_SOLVE_FEW, top);
    if (!rc)
        add_thinned(problem, pairs, on, count, top, RAISED_PAIRS_MAX, plane->z_mm, bench_from_cam);
    free(before);
    free(pairs);
    free(on);
    return rc;
}

static double rms_px(const struct fit_problem *problem, const struct model *m, bool held_out, bool raised)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < problem->count; i++) {
        double du, dv;
        if ((held_out && !problem->pairs[i].held_out) || (raised && problem->pairs[i].z_mm == 0))
            continue;
        if (fit_miss(m, &problem->pairs[i], &du, &dv))
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
    double *miss = malloc((size_t)problem->count * sizeof *miss),
           *sorted = malloc((size_t)problem->count * sizeof *miss);
    bool ok = miss && sorted;
    for (int round = 0; ok && round < ROUNDS; round++) {
        struct model m;
        ok = fit_adjust(problem, FIT_K1, true, f);
        fit_model(f->p, f->parameters, problem->in, &m);
        for (int i = 0; i < problem->count; i++) {
            double du, dv;
            miss[i] = fit_miss(&m, &problem->pairs[i], &du, &dv) ? hypot(du, dv) : INFINITY;
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

/* Every order from the one before; the one that predicts best the blocks it has not seen. */
static bool choose_order(const struct fit_problem *problem, struct fit *best)
{
    struct fit f = *best;
    double least = INFINITY;
    for (int order = FIT_K1; order < FIT_ORDERS; order++) {
        struct model m;
        if (!fit_adjust(problem, (enum fit_order)order, false, &f))
            continue;
        fit_model(f.p, f.parameters, problem->in, &m);
        double miss = rms_px(problem, &m, true, false);
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
static void add_residual(const struct fit_problem *problem, bool all, struct model *m)
{
    const double pull = 1; /* weight of "nothing is left over", in pairs */
    double a[TERMS * TERMS] = {0}, twin[TERMS * TERMS], u[TERMS] = {0}, v[TERMS] = {0}, t[TERMS];
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        struct bench_mm b;
        double du, dv;
        if (p->z_mm != 0 || (p->held_out && !all) || !fit_miss(m, p, &du, &dv) ||
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
    double *miss = malloc((size_t)(problem->count + 1) * sizeof *miss);
    int count = 0;
    if (!miss)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *p = &problem->pairs[i];
        struct bench_mm a, b;
        if (p->held_out && p->z_mm == 0 && model_bench_from_cam(m, p->cam, 0, &a) &&
            model_bench_from_proj(m, p->proj, 0, &b))
            miss[count++] = hypot(a.x - b.x, a.y - b.y);
    }
    qsort(miss, (size_t)count, sizeof *miss, by_size);
    if (count) {
        q->median_mm = miss[count / 2];
        q->p95_mm = miss[count * 95 / 100];
        q->max_mm = miss[count - 1];
    }
    q->held_out_px = rms_px(problem, m, true, false);
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

/* Order and quality by the held-out blocks, then the model from everything. */
static enum lw_msg adjust(struct fit_problem *problem, struct fit *f, struct model *out,
                          struct solve_quality *q, struct lw_error *err)
{
    const struct solve_input *in = problem->in;
    struct model plain;
    if (!drop_strays(problem, f) || !choose_order(problem, f))
        return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
    fit_model(f->p, f->parameters, in, &plain);
    *out = plain;
    add_residual(problem, false, out);
    bool with_residual =
        rms_px(problem, out, true, false) < ORDER_GAIN * rms_px(problem, &plain, true, false);
    enum lw_msg rc = judge_held_out(problem, with_residual ? out : &plain, q, err);
    if (rc)
        return rc;
    if (!fit_adjust(problem, f->order, true, f))
        return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, q->p95_mm);
    fit_model(f->p, f->parameters, in, out);
    if (!(corner_rms_px(in, out) < CORNER_RMS_MAX_PX))
        return lw_fail(err, LW_MSG_SOLVE_CORNERS, in->bench_width_mm, in->bench_depth_mm);
    if (in->plane_count > 1 &&
        !(rms_px(problem, out, false, true) < RAISED_RMS_MAX_PX && f->unusual < UNUSUAL_MAX))
        return lw_fail(err, LW_MSG_SOLVE_PLANE_HEIGHT, in->planes[1].z_mm);
    if (with_residual)
        add_residual(problem, true, out);
    /* the parameters' own uncertainty, and what the held-out blocks show beyond it */
    double left = q->p95_mm / 2;
    out->sigma_flat_mm = hypot(fit_sigma_mm(f, in, 0), left);
    out->sigma_raised_mm = hypot(fit_sigma_mm(f, in, RAISED_MM), left);
    out->rough = in->plane_count < 2;
    return LW_OK;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum lw_msg gather(struct fit_problem *problem, struct fit *f, struct lw_error *err)
{
    const struct solve_input *in = problem->in;
    const double w = in->bench_width_mm, d = in->bench_depth_mm;
    const double x[4] = {0, w, w, 0}, y[4] = {0, 0, d, d};
    double u[4], v[4];
    struct homography bench_from_cam, proj_from_cam;
    for (int i = 0; i < 4; i++)
        u[i] = in->corners[i].x, v[i] = in->corners[i].y;
    if (!corners_sensible(in->corners) || !homography_fit(u, v, x, y, NULL, 4, &bench_from_cam))
        return lw_fail(err, LW_MSG_SOLVE_CORNERS, w, d);
    enum lw_msg rc = take_bench(problem, &bench_from_cam, &proj_from_cam, err);
    for (int i = 1; !rc && i < in->plane_count; i++)
        rc = take_raised(problem, &in->planes[i], &bench_from_cam, &proj_from_cam, err);
    if (!rc && !fit_start(in, &proj_from_cam, f))
        rc = lw_fail(err, LW_MSG_SOLVE_CORNERS, w, d);
    return rc;
}

enum lw_msg solve_model(const struct solve_input *in, struct model *out, struct solve_quality *quality,
                        struct lw_error *err)
{
    double start = now_s();
    struct fit f;
    struct fit_problem problem = {.in = in};
    struct solve_quality q = {0};
    struct model m;
    if (in->plane_count < 1)
        return lw_fail(err, LW_MSG_SOLVE_FEW, 0);
    size_t most = BENCH_PAIRS_MAX + RAISED_PAIRS_MAX * (size_t)(in->plane_count - 1) + 8;
    problem.pairs = malloc(most * sizeof *problem.pairs);
    if (!problem.pairs)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = gather(&problem, &f, err);
    if (!rc)
        rc = adjust(&problem, &f, &m, &q, err);
    free(problem.pairs);
    if (rc)
        return rc;
    q.seconds = now_s() - start;
    *out = m;
    *quality = q;
    return LW_OK;
}
