#include "judge_views.h"

#include <stdlib.h>
#include <string.h>

/* The bench's size may be so far off while boards tell it. */
#define SIZE_LOOSE 0.2
/* The board's scale by the bench's typed size: from here it is named, and from here it is another board. */
#define SCALE_OFF   0.015
#define SCALE_OTHER 0.07
#define ASPECT_LOOSE 0.3
/* Pixels that are so far from square are keystone, or the picture of another mode. */
#define ASPECT_OFF 0.015
#define SIGMAS     5.0
/* Proportions that screens have, two modes to each other, closer than: then it is the mode. */
#define ASPECT_NEAR 0.012
/* The bow that is named, as a share of the board's diagonal. */
#define BOW_SHARE 0.0045
/* A board whose light is so many px off, and so many times as far as the others', moved. */
#define MOVED_PX    1.0
#define MOVED_TIMES 4.0

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

static enum lw_msg find_aspect(struct gathered *g, const struct fit *first, struct solve_report *report, struct lw_error *err)
{
    struct fit_problem *p = &g->problem;
    struct fit *f = malloc(sizeof *f);
    if (!f)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    *f = *first;
    p->aspect_spread = ASPECT_LOOSE;
    bool ok = judge_views_lit(g) > 0 && fit_adjust(p, FIT_TANGENTIAL, (struct fit_use){true, -1}, f) && fit_covariance(p, f);
    p->aspect_spread = 0;
    int at = PINHOLE_PARAMETERS + PINHOLE_ASPECT;
    double aspect = fabs(f->projector.lens.fy / f->projector.lens.fx), sigma = sqrt(f->covariance[at * (FIT_VIEWS + 1)]);
    free(f);
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

/* The one view whose light is far off, while the others agree. */
static enum lw_msg find_moved(struct gathered *g, const struct fit *f, struct solve_report *report, struct lw_error *err)
{
    const struct fit_problem *p = &g->problem;
    double *miss = malloc(((size_t)p->corner_count + 1) * sizeof *miss), median[SOLVE_VIEWS_MAX], sorted[SOLVE_VIEWS_MAX];
    int lit = 0, bad = 0;
    for (int v = 0; miss && v < p->view_count; v++) {
        double p95;
        median[v] = 0;
        int n = g->views[v].lit ? miss_view(g, f, v, miss) : 0;
        summary(miss, n, &median[v], &p95);
        if (n)
            sorted[lit++] = median[v];
        bad = median[v] > median[bad] ? v : bad;
    }
    free(miss);
    if (lit < 3)
        return LW_OK;
    qsort(sorted, (size_t)lit, sizeof *sorted, by_size);
    double others = sorted[(lit - 1) / 2];
    if (median[bad] > MOVED_PX && median[bad] > MOVED_TIMES * others && sorted[lit - 2] < median[bad] / 2)
        return name_view(g, report, bad, SOLVE_VIEW_MOVED, 0, err);
    return LW_OK;
}

enum lw_msg judge_findings(struct gathered *g, struct fit *f, struct solve_report *report, struct lw_error *err)
{
    enum lw_msg rc = find_scale(g, f, report, err);
    rc = rc ? rc : find_moved(g, f, report, err);
    rc = rc ? rc : find_aspect(g, f, report, err);
    return rc ? rc : find_bent(g, f, report, err);
}
