#include "gather.h"

#include <stdlib.h>
#include <string.h>

/* Pairs that the adjustment works on, per plane and board: more only take longer. */
#define BENCH_PAIRS_MAX  400
#define RAISED_PAIRS_MAX 250
#define VIEW_PAIRS_MAX   80
#define PAIRS_MIN        50
#define VIEW_PAIRS_MIN   30
#define VIEW_CORNERS_MIN 6
/* Share of the pairs inside the bench's corners that must lie on its plane; tubs may cover the rest. */
#define FLAT_SHARE_MIN 0.3
/* A pair further off the plane than this is something else, projector px. */
#define PLANE_TOLERANCE_PX 2.0
/* Held-out blocks: the bench is cut into so many, one of HELD_OUT_EVERY is left out. */
#define BLOCKS_ACROSS  10
#define HELD_OUT_EVERY 5
/* The board's face without its rim, in squares: sheets curl there, and the light is asked at the inner corners only. And
 * the scatter of a pair against that of the calm third of its face. Both chosen by the face's map alone (each half of a
 * capture's pairs by the other half, kamino410), not by poses held out. */
#define RIM_SQUARES   0.8
#define SCATTER_TIMES 1.1

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
            pairs[i].cam, pairs[i].proj, z_mm, -1,
            in_held_out_block(bench_from_cam, problem->in, pairs[i].cam)};
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

/* ---- boards ---- */

static bool on_face(const struct solve_input *in, const struct homography *board_from_cam, struct cam_px p)
{
    double x, y, rim = RIM_SQUARES * in->board->square_mm;
    return homography_apply(board_from_cam, p.x, p.y, &x, &y) && x > rim && y > rim &&
           x < board_width_mm(in->board) - rim && y < board_height_mm(in->board) - rim;
}

static void take_corners(struct fit_problem *problem, int view, struct homography *board_from_cam)
{
    const struct solve_input *in = problem->in;
    const struct solve_view *v = &in->views[view];
    double x[BOARD_CORNERS_MAX], y[BOARD_CORNERS_MAX], px[BOARD_CORNERS_MAX], py[BOARD_CORNERS_MAX];
    double scale = in->measured_square_mm > 0 ? in->measured_square_mm / in->board->square_mm : 1;
    for (int i = 0; i < v->corner_count; i++) {
        const struct board_corner *c = &v->corners[i];
        struct local_mm at = board_corner(in->board, c->id);
        x[i] = at.x, y[i] = at.y, px[i] = c->cam.x, py[i] = c->cam.y;
        problem->corners[problem->corner_count++] =
            (struct fit_corner){view, {scale * at.x, scale * at.y}, c->cam, c->sigma_px};
    }
    if (!homography_fit(px, py, x, y, NULL, v->corner_count, board_from_cam))
        *board_from_cam = (struct homography){{0}};
}

static int by_miss(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Marks off what is far from the map of the rest: at the squares' edges the light is read worse. */
static bool trim(const struct decode_pair *face, int count, bool *on, struct plane_map *map, double *miss)
{
    enum { ROUNDS = 3 };
    const double medians = 3.5, least_px = 0.05;
    for (int round = 0; round < ROUNDS; round++) {
        int n = 0;
        if (!plane_map_fit(face, count, on, map))
            return false;
        for (int pass = 0; pass < 2; pass++) {
            double most = pass ? fmax(least_px, medians * miss[n / 2]) : 0;
            for (int i = 0; i < count; i++) {
                struct proj_px q;
                double off = on[i] && plane_map_apply(map, face[i].cam, &q) ? hypot(q.x - face[i].proj.x, q.y - face[i].proj.y)
                                                                            : INFINITY;
                if (pass)
                    on[i] = off < most;
                else if (on[i])
                    miss[n++] = off;
            }
            if (!pass)
                qsort(miss, (size_t)n, sizeof *miss, by_miss);
            if (n < VIEW_PAIRS_MIN)
                return false;
        }
    }
    return plane_map_fit(face, count, on, map);
}

/* Marks off pairs whose neighbourhoods scatter more than the calm ones of this face: dark print, and its edges. */
static void drop_scattered(const struct decode_pair *face, int count, bool *on, double *spare)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if (on[i])
            spare[n++] = face[i].scatter;
    qsort(spare, (size_t)n, sizeof *spare, by_miss);
    double most = n ? SCATTER_TIMES * spare[n / 3] : 0;
    for (int i = 0; i < count; i++)
        on[i] = on[i] && face[i].scatter <= most;
}

/* The map of the face's light, and how well it knows pairs that it has not seen. */
static void map_view(const struct decode_pair *face, int count, bool *on, struct gathered_view *out)
{
    bool *half = calloc((size_t)count + 1, sizeof *half);
    double *miss = malloc(((size_t)count + 1) * sizeof *miss);
    int n = 0, odd = 0;
    if (half && miss)
        drop_scattered(face, count, on, miss);
    out->lit = half && miss && trim(face, count, on, &out->map, miss);
    for (int i = 0; out->lit && i < count; i++)
        half[i] = on[i] && odd++ % 2;
    struct plane_map map;
    if (out->lit && plane_map_fit(face, count, half, &map))
        for (int i = 0; i < count; i++) {
            struct proj_px q;
            if (on[i] && !half[i] && plane_map_apply(&map, face[i].cam, &q))
                miss[n++] = hypot(q.x - face[i].proj.x, q.y - face[i].proj.y);
        }
    if (n) {
        qsort(miss, (size_t)n, sizeof *miss, by_miss);
        out->median_px = miss[n / 2];
        out->p95_px = miss[n * 95 / 100];
    }
    free(half);
    free(miss);
}

static enum lw_msg take_view(struct gathered *g, int view, struct lw_error *err)
{
    struct fit_problem *problem = &g->problem;
    const struct solve_view *v = &problem->in->views[view];
    struct homography board_from_cam, H;
    take_corners(problem, view, &board_from_cam);
    struct decode_pair *face = malloc(((size_t)v->pair_count + 1) * sizeof *face);
    bool *on = calloc((size_t)v->pair_count + 1, sizeof *on);
    int count = 0;
    if (!face || !on) {
        free(face);
        free(on);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    for (int i = 0; i < v->pair_count; i++)
        if (on_face(problem->in, &board_from_cam, v->pairs[i].cam))
            face[count++] = v->pairs[i];
    int flat = count >= VIEW_PAIRS_MIN ? plane_find(face, count, PLANE_TOLERANCE_PX, &H, on) : 0;
    if (flat >= VIEW_PAIRS_MIN)
        map_view(face, count, on, &g->views[view]);
    double every = fmax(1, (double)flat / VIEW_PAIRS_MAX), next = 0;
    int seen = 0;
    for (int i = 0; g->views[view].lit && i < count; i++) {
        if (!on[i] || seen++ < next)
            continue;
        next += every;
        problem->pairs[problem->count++] = (struct fit_pair){face[i].cam, face[i].proj, 0, view, false};
    }
    free(face);
    free(on);
    return LW_OK;
}

static enum lw_msg gather_bench(struct fit_problem *problem, struct fit *f, struct lw_error *err)
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

static int needed_views(const struct solve_input *in)
{
    return in->no_bench ? 3 : 1;
}

static enum lw_msg gather_views(struct gathered *g, struct fit *f, struct lw_error *err)
{
    struct fit_problem *problem = &g->problem;
    const struct solve_input *in = problem->in;
    int good = 0, lit = 0;
    enum lw_msg rc = LW_OK;
    problem->view_count = in->view_count;
    for (int i = 0; i < in->view_count; i++)
        good += in->views[i].corner_count >= VIEW_CORNERS_MIN;
    if (good < in->view_count || in->view_count < needed_views(in) || in->view_count > SOLVE_VIEWS_MAX || !in->board)
        return lw_fail(err, LW_MSG_SOLVE_VIEWS, good, needed_views(in));
    for (int i = 0; !rc && i < in->view_count; i++) {
        rc = take_view(g, i, err);
        lit += g->views[i].lit;
    }
    if (!rc && in->no_bench && lit < needed_views(in))
        rc = lw_fail(err, LW_MSG_SOLVE_VIEWS, lit, needed_views(in));
    if (!rc && in->no_bench && !fit_start_boards(problem, f))
        rc = lw_fail(err, LW_MSG_SOLVE_NO_ANSWER, INFINITY);
    return rc;
}

enum lw_msg gather(const struct solve_input *in, struct gathered *g, struct fit *f, struct lw_error *err)
{
    size_t pairs = BENCH_PAIRS_MAX + RAISED_PAIRS_MAX * (size_t)in->plane_count + VIEW_PAIRS_MAX * (size_t)in->view_count;
    size_t corners = 1;
    *g = (struct gathered){.problem = {.in = in}};
    for (int i = 0; i < in->view_count; i++)
        corners += (size_t)in->views[i].corner_count;
    g->problem.pairs = malloc((pairs + 64) * sizeof *g->problem.pairs);
    g->problem.corners = malloc(corners * sizeof *g->problem.corners);
    if (!g->problem.pairs || !g->problem.corners)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    if (in->plane_count < 1 && !in->no_bench)
        return lw_fail(err, LW_MSG_SOLVE_FEW, 0);
    enum lw_msg rc = in->no_bench ? LW_OK : gather_bench(&g->problem, f, err);
    if (!rc && (in->view_count || in->no_bench))
        rc = gather_views(g, f, err);
    g->start = *f;
    return rc;
}

void gather_finish(struct gathered *g)
{
    free(g->problem.pairs);
    free(g->problem.corners);
}
