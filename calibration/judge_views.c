#include "judge_views.h"

#include <stdlib.h>
#include <string.h>

/* The bench's size may be so far off while boards tell it. */
#define SIZE_LOOSE 0.2
#define SIZE_TIGHT 0.004 /* once it is not in question: a tape's reading */
/* The board's scale by the bench's typed size: from here it is named, and from here it is another board. */
#define SCALE_OFF   0.015
#define SCALE_OTHER 0.07
#define ASPECT_LOOSE 0.3
#define POOR_COST    2.0 /* squared sigmas a pair and corner: a fit that went astray */
/* Pixels that are so far from square are keystone, or the picture of another mode. */
#define ASPECT_OFF 0.015
#define SIGMAS     5.0
/* Proportions that screens have, two modes to each other, closer than: then it is the mode. */
#define ASPECT_NEAR 0.012
/* The bow that is named, as a share of the board's diagonal. */
#define BOW_SHARE 0.0045
/* A board whose light is so many px off, and so many times as far as the others', moved. The pose of a sheet of A4 by its
 * corners alone leaves up to 2 px open (camera of 1280 px, 1.5 m away), and few other places leave heights open. */
#define MOVED_PX    3.0
#define MOVED_TIMES 4.0
#define SUSPECT_PX  1.0 /* with all views: from here on it is looked at */

int judge_views_lit(const struct gathered *g)
{
    int n = 0;
    for (int i = 0; i < g->problem.view_count; i++)
        n += g->views[i].lit;
    return n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Misses of one board's corners in the projector's picture (px), from `f` as it stands. Returns their number. */
static int miss_view(const struct gathered *g, const struct fit *f, int view, double *miss)
{
    const struct fit_problem *p = &g->problem;
    int n = 0;
    for (int i = 0; i < p->corner_count; i++) {
        const struct fit_corner *c = &p->corners[i];
        struct proj_px lit;
        double X[3], px[2];
        if (c->view != view || !plane_map_apply(&g->views[view].map, c->cam, &lit))
            continue;
        fit_board_point(f, p->in, view, c->at, X);
        if (pinhole_project(&f->projector, X, px, NULL, NULL))
            miss[n++] = hypot(px[0] - lit.x, px[1] - lit.y);
    }
    return n;
}

static double summary(double *miss, int n, double *median, double *p95)
{
    double square = 0;
    qsort(miss, (size_t)n, sizeof *miss, by_size);
    for (int i = 0; i < n; i++)
        square += miss[i] * miss[i];
    *median = n ? miss[n / 2] : 0;
    *p95 = n ? miss[(int)(0.95 * (n - 1) + 0.5)] : 0;
    return n ? sqrt(square / n) : 0;
}

static void describe(const struct gathered *g, const struct fit *f, int view, double *miss, int n,
                     struct solve_view_report *out)
{
    const struct fit_problem *p = &g->problem;
    double square = 0, du, dv;
    int corners = 0;
    out->rms_px = summary(miss, n, &out->median_px, &out->p95_px);
    out->plane_median_px = g->views[view].median_px;
    out->plane_p95_px = g->views[view].p95_px;
    for (int i = 0; i < p->corner_count; i++)
        if (p->corners[i].view == view && fit_corner_miss(f, p->in, &p->corners[i], &du, &dv))
            square += du * du + dv * dv, corners++;
    out->corners = corners;
    out->camera_rms_px = corners ? sqrt(square / corners) : 0;
    out->pairs = 0;
    for (int i = 0; i < p->count; i++)
        out->pairs += p->pairs[i].view == view;
    rotation_to_vector(f->views[view].R, out->T_bench_from_board.rotation);
    memcpy(out->T_bench_from_board.translation_mm, f->views[view].t, sizeof f->views[view].t);
}

double judge_views(const struct gathered *g, const struct fit *f, struct solve_report *report)
{
    const struct fit_problem *p = &g->problem;
    double *all = malloc(((size_t)p->corner_count + 1) * sizeof *all);
    struct fit *less = malloc(sizeof *less);
    int total = 0;
    for (int v = 0; all && less && v < p->view_count; v++) {
        double *miss = all + total;
        int n = 0;
        *less = *f;
        if (g->views[v].lit && fit_adjust(p, f->order, (struct fit_use){true, v}, less) && fit_place_view(p, v, less) &&
            fit_adjust_view(p, v, less))
            n = miss_view(g, less, v, miss);
        if (report)
            describe(g, f, v, miss, n, &report->views[v]);
        total += n;
    }
    double median = INFINITY, p95 = INFINITY, rms = total ? summary(all, total, &median, &p95) : INFINITY;
    if (report)
        report->rms_px = rms, report->median_px = median, report->p95_px = p95;
    free(all);
    free(less);
    return rms;
}

void judge_views_mm(const struct solve_report *report, const struct fit *f, struct solve_quality *q)
{
    const double *c = f->projector.centre_mm;
    double worst = 0, mm_per_px = fabs(c[2]) / fabs(f->projector.lens.fx);
    for (int i = 0; i < report->view_count; i++)
        worst = fmax(worst, report->views[i].p95_px);
    q->median_mm = report->median_px * mm_per_px;
    q->p95_mm = report->p95_px * mm_per_px;
    q->max_mm = worst * mm_per_px;
}

/* ---- findings ---- */

static enum lw_msg name_view(const struct gathered *g, struct solve_report *report, int view, enum solve_finding finding,
                             double mm, struct lw_error *err)
{
    const char *name = g->problem.in->views[view].name;
    report->finding = report->views[view].finding = finding;
    report->bad_view = view;
    return finding == SOLVE_VIEW_BENT ? lw_fail(err, LW_MSG_SOLVE_BENT, name ? name : "-", mm)
                                      : lw_fail(err, LW_MSG_SOLVE_MOVED, name ? name : "-");
}

/* How large the board is by the bench's size. */
static enum lw_msg find_scale(struct gathered *g, struct fit *f, struct solve_report *report, struct lw_error *err)
{
    struct fit_problem *p = &g->problem;
    const struct solve_input *in = p->in;
    if (in->no_bench)
        return LW_OK;
    p->size_spread = SIZE_LOOSE;
    if (!fit_adjust(p, FIT_TANGENTIAL, (struct fit_use){true, -1}, f) || !fit_covariance(p, f))
        return lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
    int at = FIT_SIZE * (FIT_VIEWS + 1), across = at + FIT_VIEWS + 1;
    report->board_scale = 1 / (1 + (f->size[0] + f->size[1]) / 2);
    report->board_scale_sigma = sqrt(f->covariance[at] + f->covariance[across]) / 2;
    double off = fabs(report->board_scale - 1), said = in->measured_square_mm > 0 ? in->measured_square_mm : in->board->square_mm;
    if (off < SCALE_OFF || off < SIGMAS * report->board_scale_sigma)
        return LW_OK;
    if (in->measured_square_mm > 0) /* the board was measured: so the bench's size is wrong */
        return lw_fail(err, LW_MSG_SOLVE_CORNERS, in->bench_width_mm, in->bench_depth_mm);
    report->finding = SOLVE_BOARD_SCALE;
    return off > SCALE_OTHER ? lw_fail(err, LW_MSG_SOLVE_OTHER_SIZE, said * report->board_scale, said)
                             : lw_fail(err, LW_MSG_SOLVE_SCALE, 100 * report->board_scale);
}

/* Two modes shown on each other's panel: 16:9, 16:10, 4:3, 5:4, 3:2. */
static bool other_mode(double aspect)
{
    const double modes[] = {16.0 / 9, 16.0 / 10, 4.0 / 3, 5.0 / 4, 3.0 / 2};
    enum { MODES = sizeof modes / sizeof modes[0] };
    for (int i = 0; i < MODES; i++)
        for (int k = 0; k < MODES; k++)
            if (i != k && fabs(log(aspect * modes[i] / modes[k])) < ASPECT_NEAR)
                return true;
    return false;
}

/* The projector's pixels free: from the first fit, and from the very start, as square pixels may have led that fit astray.
 * The better of both; false: none. */
static bool fit_aspect(const struct gathered *g, const struct fit *first, struct fit *f, struct fit *other)
{
    struct fit_problem p = g->problem;
    const struct fit_use all = {true, -1};
    p.aspect_spread = ASPECT_LOOSE;
    p.size_spread = p.in->no_bench ? 0 : SIZE_TIGHT;
    *f = *first;
    *other = g->start;
    bool ok = fit_adjust(&p, FIT_TANGENTIAL, all, f);
    bool again = !p.in->no_bench && !(ok && f->cost < POOR_COST * (p.count + p.corner_count));
    for (int v = 0; again && v < p.view_count; v++)
        again = fit_place_view(&p, v, other);
    if (again && fit_adjust(&p, FIT_TANGENTIAL, all, other) && (!ok || other->cost < f->cost)) {
        *f = *other;
        ok = true;
    }
    return ok && fit_covariance(&p, f);
}

static enum lw_msg find_aspect(const struct gathered *g, const struct fit *first, struct solve_report *report,
                               struct lw_error *err)
{
    struct fit *two = malloc(2 * sizeof *two);
    if (!two)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    bool ok = judge_views_lit(g) > 0 && fit_aspect(g, first, two, two + 1);
    int at = PINHOLE_PARAMETERS + PINHOLE_ASPECT;
    double aspect = fabs(two->projector.lens.fy / two->projector.lens.fx), sigma = sqrt(two->covariance[at * (FIT_VIEWS + 1)]);
    free(two);
    if (!ok)
        return LW_OK;
    report->projector_aspect = aspect;
    report->projector_aspect_sigma = sigma;
    if (fabs(log(aspect)) < ASPECT_OFF || fabs(log(aspect)) < SIGMAS * sigma)
        return LW_OK;
    bool mode = other_mode(aspect);
    report->finding = mode ? SOLVE_SCALED : SOLVE_KEYSTONE;
    return lw_fail(err, mode ? LW_MSG_SOLVE_NOT_NATIVE : LW_MSG_SOLVE_KEYSTONE_ON, 100 * fabs(aspect - 1));
}

/* The bow of one board by its own corners and light, its pose free, the devices as they are. */
static double bow_of_view(const struct gathered *g, const struct fit *f, int view, double *sigma)
{
    struct fit_problem one = g->problem;
    struct fit bent = *f;
    *sigma = fit_adjust_bow(&one, view, &bent);
    return fit_bow_mm(bent.bow);
}

static enum lw_msg find_bent(struct gathered *g, const struct fit *f, struct solve_report *report, struct lw_error *err)
{
    const struct board *b = g->problem.in->board;
    double most = BOW_SHARE * hypot(board_width_mm(b), board_height_mm(b)), worst = 0;
    int bad = -1;
    for (int v = 0; v < g->problem.view_count; v++) {
        double sigma, bow = bow_of_view(g, f, v, &sigma);
        report->views[v].bend_mm = bow;
        if (bow > most && bow > SIGMAS * sigma && bow > worst)
            worst = bow, bad = v;
    }
    return bad < 0 ? LW_OK : name_view(g, report, bad, SOLVE_VIEW_BENT, worst, err);
}

/* Medians of each view's light, its pose from its corners alone; returns the worst view. `sorted` ascending. */
static int light_medians(const struct gathered *g, const struct fit *f, double *median, double *sorted, int *lit)
{
    const struct fit_problem *p = &g->problem;
    double *miss = malloc(((size_t)p->corner_count + 1) * sizeof *miss), p95;
    struct fit *own = malloc(sizeof *own);
    int bad = 0;
    *lit = 0;
    for (int v = 0; miss && own && v < p->view_count; v++) {
        *own = *f;
        median[v] = 0;
        int n = g->views[v].lit && fit_place_view(p, v, own) && fit_adjust_view(p, v, own) ? miss_view(g, own, v, miss) : 0;
        summary(miss, n, &median[v], &p95);
        if (n)
            sorted[(*lit)++] = median[v];
        bad = median[v] > median[bad] ? v : bad;
    }
    qsort(sorted, (size_t)*lit, sizeof *sorted, by_size);
    free(miss);
    free(own);
    return bad;
}

/* The one view whose light is far off where its corners say that it lies, by a fit without it, while the others agree. The
 * richest lens is used: what any lens explains is no movement. */
static enum lw_msg find_moved(struct gathered *g, const struct fit *f, struct solve_report *report, struct lw_error *err)
{
    double median[SOLVE_VIEWS_MAX], sorted[SOLVE_VIEWS_MAX];
    int lit = 0, bad = -1;
    struct fit *rich = malloc(2 * sizeof *rich), *without = rich + 1;
    if (!rich)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    *rich = *f;
    bool suspect = fit_adjust(&g->problem, FIT_ALL, (struct fit_use){true, -1}, rich);
    int worst = light_medians(g, rich, median, sorted, &lit);
    suspect = suspect && lit >= 4 && median[worst] > SUSPECT_PX;
    for (int v = 0; suspect && bad < 0 && v < g->problem.view_count; v++) {
        *without = *rich;
        if (!g->views[v].lit || !fit_adjust(&g->problem, FIT_ALL, (struct fit_use){true, v}, without))
            continue;
        worst = light_medians(g, without, median, sorted, &lit);
        if (worst == v && median[v] > MOVED_PX && median[v] > MOVED_TIMES * sorted[lit - 2])
            bad = v;
    }
    free(rich);
    return bad >= 0 ? name_view(g, report, bad, SOLVE_VIEW_MOVED, 0, err) : LW_OK;
}

enum lw_msg judge_findings(struct gathered *g, struct fit *f, struct solve_report *report, struct lw_error *err)
{
    struct fit *loose = malloc(sizeof *loose);
    if (!loose)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    *loose = *f;
    /* keystone bends everything else, so it is asked for first: a wrong scale does not look like it */
    enum lw_msg rc = find_aspect(g, f, report, err);
    rc = rc ? rc : find_scale(g, loose, report, err);
    rc = rc ? rc : find_moved(g, loose, report, err);
    rc = rc ? rc : find_bent(g, loose, report, err);
    *f = *loose;
    free(loose);
    return rc;
}
