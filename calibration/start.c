/* Where the adjustment begins: from homographies and what is usual for lenses. */
#include "fit.h"

#include <stdlib.h>
#include <string.h>

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

/* False where the plane would be seen from below. */
static bool pose_from_columns(const double b[3][3], struct pose *pose)
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
    rotation_to_vector(R, pose->rotation);
    memcpy(pose->translation_mm, b[2], sizeof pose->translation_mm);
    double height = -(z[0] * b[2][0] + z[1] * b[2][1] + z[2] * b[2][2]);
    return height > 0;
}

struct usual {
    double f_widths, f_spread;
    bool shifts;
};
static const struct usual usual_camera = {FIT_CAMERA_F_WIDTHS, FIT_CAMERA_F_SPREAD, false};
static const struct usual usual_projector = {FIT_PROJECTOR_F_WIDTHS, FIT_PROJECTOR_F_SPREAD, true};

/* Calls `rate` with every focal length and lens shift that is tried; the least one stays in the lens. */
typedef double (*rate_fn)(void *user, double f, double cx, double cy);

static double scan_lens(const struct usual *usual, double width, double height, rate_fn rate, void *user,
                        struct lens *lens)
{
    double best = INFINITY, cx = (width - 1) / 2, reach = usual->shifts ? 1.2 : 0;
    for (double lf = -3 * usual->f_spread; lf <= 3 * usual->f_spread; lf += usual->f_spread / 10)
        for (double shift = -reach; shift <= reach; shift += 0.05) {
            double f = usual->f_widths * width * exp(lf), cy = (height - 1) / 2 + shift * height;
            double cost = rate(user, f, cx, cy) + lf * lf / (usual->f_spread * usual->f_spread) +
                          shift * shift / (FIT_SHIFT_SPREAD * FIT_SHIFT_SPREAD);
            if (cost < best) {
                best = cost;
                *lens = (struct lens){.fx = f, .fy = f, .cx = cx, .cy = cy, .width = (int)width, .height = (int)height};
            }
        }
    return best;
}

struct planes {
    const struct homography *H;
    int count;
};

/* How far the homographies are from planes seen by that lens, in sigmas of corners found to a pixel or two. */
static double rate_planes(void *user, double f, double cx, double cy)
{
    const double skew_sigma = 0.01;
    const struct planes *p = user;
    double cost = 0, b[3][3];
    for (int i = 0; i < p->count; i++) {
        columns_of(&p->H[i], f, cx, cy, b);
        cost += skewness(b) / (skew_sigma * skew_sigma);
    }
    return cost;
}

static bool place(const struct homography *H, struct pinhole *out)
{
    double b[3][3];
    columns_of(H, out->lens.fx, out->lens.cx, out->lens.cy, b);
    bool above = pose_from_columns(b, &out->T_device_from_bench);
    pinhole_update(out);
    return above;
}

static bool start_device(const struct homography *H, double width, double height, const struct usual *usual,
                         struct pinhole *out, double *least)
{
    struct planes one = {H, 1};
    memset(out, 0, sizeof *out);
    *least = scan_lens(usual, width, height, rate_planes, &one, &out->lens);
    return place(H, out);
}

/* A picture that is projected mirrored is an ordinary one by a lens of negative focal length across. */
static void mirror(struct lens *l)
{
    l->fx = -l->fx;
    l->cx = l->width - 1 - l->cx;
}

static double turn_of(const double x[4], const double y[4])
{
    return (x[1] - x[0]) * (y[3] - y[0]) - (y[1] - y[0]) * (x[3] - x[0]);
}

static void bench_corners(const struct solve_input *in, double x[4], double y[4])
{
    const double w = in->bench_width_mm, d = in->bench_depth_mm;
    const double xs[4] = {0, w, w, 0}, ys[4] = {0, 0, d, d};
    memcpy(x, xs, sizeof xs);
    memcpy(y, ys, sizeof ys);
}

bool fit_start(const struct solve_input *in, const struct homography *proj_from_cam, struct fit *out)
{
    double x[4], y[4], u[4], v[4], pu[4], pv[4], least;
    struct homography cam, proj;
    memset(out, 0, sizeof *out);
    bench_corners(in, x, y);
    for (int i = 0; i < 4; i++) {
        u[i] = in->corners[i].x, v[i] = in->corners[i].y;
        if (!homography_apply(proj_from_cam, u[i], v[i], &pu[i], &pv[i]))
            return false;
    }
    bool mirrored = turn_of(u, v) * turn_of(pu, pv) < 0;
    for (int i = 0; mirrored && i < 4; i++)
        pu[i] = in->projector_width - 1 - pu[i];
    if (!homography_fit(x, y, u, v, NULL, 4, &cam) || !homography_fit(x, y, pu, pv, NULL, 4, &proj) ||
        !start_device(&cam, in->camera_width, in->camera_height, &usual_camera, &out->camera, &least) ||
        !start_device(&proj, in->projector_width, in->projector_height, &usual_projector, &out->projector, &least))
        return false;
    if (mirrored)
        mirror(&out->projector.lens);
    return true;
}

double fit_rectangle_cost(const struct solve_input *in)
{
    double x[4], y[4], u[4], v[4], least = INFINITY;
    struct homography H;
    struct pinhole camera;
    bench_corners(in, x, y);
    for (int i = 0; i < 4; i++)
        u[i] = in->corners[i].x, v[i] = in->corners[i].y;
    bool above = homography_fit(x, y, u, v, NULL, 4, &H) &&
                 start_device(&H, in->camera_width, in->camera_height, &usual_camera, &camera, &least);
    return above ? least : INFINITY;
}

/* ---- boards ---- */

/* Board mm to undistorted camera px, made square. */
static bool board_homography(const struct fit_problem *problem, const struct lens *lens, int view, struct homography *H)
{
    size_t n = 0, most = (size_t)problem->corner_count + 1;
    double *all = malloc(4 * most * sizeof *all);
    if (!all)
        return false;
    double *x = all, *y = x + most, *u = y + most, *v = u + most;
    for (int i = 0; i < problem->corner_count; i++) {
        const struct fit_corner *c = &problem->corners[i];
        double xn, yn;
        if (c->view != view || !lens_undistort(lens, c->cam.x, c->cam.y, &xn, &yn))
            continue;
        x[n] = c->at.x, y[n] = c->at.y;
        u[n] = lens->fx * xn + lens->cx, v[n++] = lens->fx * yn + lens->cy;
    }
    bool ok = n >= 6 && homography_fit(x, y, u, v, NULL, (int)n, H);
    free(all);
    return ok;
}

/* The board's pose in the camera, then in the bench. */
bool fit_place_view(const struct fit_problem *problem, int view, struct fit *f)
{
    struct homography H;
    struct pinhole seen = f->camera;
    if (!board_homography(problem, &f->camera.lens, view, &H) || !place(&H, &seen))
        return false;
    struct fit_view *w = &f->views[view];
    const double *C = f->camera.R, *B = seen.R, *tb = seen.T_device_from_bench.translation_mm,
                 *tc = f->camera.T_device_from_bench.translation_mm;
    for (int r = 0; r < 3; r++) { /* x_bench = C' (B x + tb - tc) */
        w->t[r] = 0;
        for (int c = 0; c < 3; c++) {
            w->R[3 * r + c] = C[r] * B[c] + C[3 + r] * B[3 + c] + C[6 + r] * B[6 + c];
            w->t[r] += C[3 * c + r] * (tb[c] - tc[c]);
        }
    }
    return true;
}

struct lit {
    const struct fit_problem *problem;
    struct homography H; /* first board to projector px */
    double (*points)[3];
    bool mirrored;
};

/* How badly the lens, placed by the first board, hits what the other boards' light shows (px). */
static double rate_lit(void *user, double f, double cx, double cy)
{
    const struct lit *l = user;
    struct pinhole p = {.lens = {.fx = f, .fy = f, .cx = cx, .cy = cy, .width = 1 << 20, .height = 1 << 20}};
    double sum = 0;
    int n = 0;
    if (!place(&l->H, &p))
        return 1e12;
    for (int i = 0; i < l->problem->count; i += 3) {
        const struct fit_pair *pair = &l->problem->pairs[i];
        double px[2], u = l->mirrored ? l->problem->in->projector_width - 1 - pair->proj.x : pair->proj.x;
        if (!isfinite(l->points[i][0]))
            continue;
        if (!pinhole_project(&p, l->points[i], px, NULL, NULL))
            return 1e12;
        sum += fmin(1e4, hypot(px[0] - u, px[1] - pair->proj.y));
        n++;
    }
    return n ? sum / n : 1e12;
}

/* Where the camera sees the pair's light on its board. */
static void lit_points(const struct fit_problem *problem, const struct fit *f, double (*points)[3])
{
    for (int i = 0; i < problem->count; i++) {
        const struct fit_pair *pair = &problem->pairs[i];
        const double px[2] = {pair->cam.x, pair->cam.y};
        points[i][0] = INFINITY;
        if (pair->view < 0)
            continue;
        const struct fit_view *w = &f->views[pair->view];
        const double normal[3] = {w->R[2], w->R[5], w->R[8]};
        if (!pinhole_meet(&f->camera, px, normal, normal[0] * w->t[0] + normal[1] * w->t[1] + normal[2] * w->t[2],
                          points[i], NULL, NULL, NULL))
            points[i][0] = INFINITY;
    }
}

static bool start_projector(const struct fit_problem *problem, struct fit *f)
{
    size_t most = (size_t)problem->count + 1;
    double *all = malloc(4 * most * sizeof *all);
    struct lit l = {.problem = problem, .points = malloc(most * sizeof *l.points)};
    int n = 0;
    bool ok = all && l.points;
    double *x = all, *y = x + most, *u = y + most, *v = u + most;
    if (ok)
        lit_points(problem, f, l.points);
    for (int i = 0; ok && i < problem->count; i++)
        if (problem->pairs[i].view == 0 && isfinite(l.points[i][0])) {
            x[n] = l.points[i][0], y[n] = l.points[i][1]; /* the first board is the bench */
            u[n] = problem->pairs[i].proj.x, v[n++] = problem->pairs[i].proj.y;
        }
    ok = ok && n >= 8 && homography_fit(x, y, u, v, NULL, n, &l.H);
    if (ok) {
        /* a picture seen from above turns the other way round than the bench */
        const double *h = l.H.h;
        double det = h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) +
                     h[2] * (h[3] * h[7] - h[4] * h[6]);
        l.mirrored = det * (h[6] * x[0] + h[7] * y[0] + h[8]) > 0;
        for (int i = 0; l.mirrored && i < n; i++)
            u[i] = problem->in->projector_width - 1 - u[i];
        ok = homography_fit(x, y, u, v, NULL, n, &l.H);
    }
    if (ok) {
        memset(&f->projector, 0, sizeof f->projector);
        scan_lens(&usual_projector, problem->in->projector_width, problem->in->projector_height, rate_lit, &l,
                  &f->projector.lens);
        ok = place(&l.H, &f->projector);
        if (l.mirrored)
            mirror(&f->projector.lens);
    }
    free(all);
    free(l.points);
    return ok;
}

bool fit_start_boards(const struct fit_problem *problem, struct fit *out)
{
    const struct solve_input *in = problem->in;
    struct homography H[SOLVE_VIEWS_MAX];
    struct planes planes = {H, 0};
    const struct lens straight = {.fx = 1, .fy = 1};
    memset(out, 0, sizeof *out);
    for (int i = 0; i < problem->view_count; i++)
        planes.count += board_homography(problem, &straight, i, &H[planes.count]);
    if (planes.count < 2)
        return false;
    scan_lens(&usual_camera, in->camera_width, in->camera_height, rate_planes, &planes, &out->camera.lens);
    if (!place(&H[0], &out->camera)) /* the first board is the bench */
        return false;
    for (int i = 0; i < problem->view_count; i++)
        if (!fit_place_view(problem, i, out))
            return false;
    out->views[0] = (struct fit_view){.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    return start_projector(problem, out);
}
