#include "carrier_measure.h"

#include "cv_picture.h"

#include <stdlib.h>

#define COARSE_MM 3.0         /* mm per pixel of the picture in which the change is found */
#define FINE_MM 1.0           /* of the one in which the rim is fitted */
#define CHANGE_SIGMAS 6.0
#define CHANGE_MIN_GREY 8.0
#define AREA_MIN 0.6          /* of the case's area must have changed */
#define AREA_MAX 2.2
#define EDGE_STEP_MM 2.0      /* samples along the rim */
#define ROUNDS 4              /* each searches around the best of the round before, at half the step */
#define STEPS 6

/* ---- the change: centre and direction of what appeared ---- */

static enum lw_msg grey_view(const struct model *m, const struct image *frame, const struct view_grid *g,
                             struct image *out, struct lw_error *err)
{
    struct image colour = {0};
    enum lw_msg rc = view_rectify(m, frame, g, &colour, err);
    rc = rc ? rc : cv_picture_convert(&colour, IMAGE_GRAY8, out, err);
    image_finish(&colour);
    return rc;
}

/* Median of the absolute difference tells the noise where nothing changed (more than half of the bench). */
static double change_threshold(const struct image *a, const struct image *b)
{
    long histogram[256] = {0}, total = (long)a->width * a->height, seen = 0;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            histogram[abs(image_row(a, y)[x] - image_row(b, y)[x])]++;
    int d = 0;
    while (d < 255 && (seen += histogram[d]) * 2 < total)
        d++;
    return fmax(CHANGE_MIN_GREY, CHANGE_SIGMAS * (d + 0.5) / 0.6745);
}

/* Moments of the changed pixels that have mostly changed neighbours. */
static double changed_pose(const struct view_grid *g, const struct image *a, const struct image *b, struct rigid *pose)
{
    double threshold = change_threshold(a, b), n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (int y = 1; y + 1 < a->height; y++)
        for (int x = 1; x + 1 < a->width; x++) {
            int votes = 0;
            for (int k = 0; k < 9; k++) {
                int xx = x + k % 3 - 1, yy = y + k / 3 - 1;
                votes += abs(image_row(a, yy)[xx] - image_row(b, yy)[xx]) > threshold;
            }
            if (votes < 5)
                continue;
            struct local_mm p = view_local_from_px(g, x, y);
            n++, sx += p.x, sy += p.y, sxx += p.x * p.x, syy += p.y * p.y, sxy += p.x * p.y;
        }
    if (n < 1)
        return 0;
    double mx = sx / n, my = sy / n;
    *pose = (struct rigid){mx, my, 0.5 * atan2(2 * (sxy / n - mx * my), (sxx / n - mx * mx) - (syy / n - my * my))};
    return n * g->mm_per_px * g->mm_per_px;
}

/* ---- the rim: the rectangle along which the picture changes most ---- */

static double sample(const struct image *im, double x, double y)
{
    int x0 = (int)floor(x), y0 = (int)floor(y);
    if (x0 < 0 || y0 < 0 || x0 + 1 >= im->width || y0 + 1 >= im->height)
        return 0;
    double fx = x - x0, fy = y - y0;
    const uint8_t *p = image_row(im, y0) + x0, *q = image_row(im, y0 + 1) + x0;
    return (1 - fy) * ((1 - fx) * p[0] + fx * p[1]) + fy * ((1 - fx) * q[0] + fx * q[1]);
}

/* Mean step of brightness across one side; its sign may be either, but is the same along the side. */
static double side_step(const struct view_grid *g, const struct image *im, struct rigid pose, struct local_mm from,
                        struct local_mm to)
{
    double length = hypot(to.x - from.x, to.y - from.y), nx = (to.y - from.y) / length, ny = -(to.x - from.x) / length;
    int count = (int)(length / EDGE_STEP_MM);
    double sum = 0;
    for (int i = 1; i < count; i++) {
        double t = (double)i / count, x = from.x + t * (to.x - from.x), y = from.y + t * (to.y - from.y);
        double ax, ay, bx, by;
        struct local_mm out = rigid_apply(pose, (struct local_mm){x + 1.5 * nx, y + 1.5 * ny});
        struct local_mm in = rigid_apply(pose, (struct local_mm){x - 1.5 * nx, y - 1.5 * ny});
        view_px_from_local(g, out, &ax, &ay);
        view_px_from_local(g, in, &bx, &by);
        sum += sample(im, ax, ay) - sample(im, bx, by);
    }
    return fabs(sum) / count;
}

static double rim_step(const struct view_grid *g, const struct image *im, struct rigid pose, double w, double d)
{
    const struct local_mm c[4] = {{-w / 2, -d / 2}, {w / 2, -d / 2}, {w / 2, d / 2}, {-w / 2, d / 2}};
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += side_step(g, im, pose, c[i], c[(i + 1) % 4]);
    return sum / 4;
}

static struct rigid fit_rim(const struct view_grid *g, const struct image *im, struct rigid start, double w, double d,
                            double *score)
{
    struct rigid best = start;
    double step_mm = 5.0, step_rad = 0.02;
    *score = rim_step(g, im, start, w, d);
    for (int round = 0; round < ROUNDS; round++, step_mm /= 2.5, step_rad /= 2.5) {
        struct rigid centre = best;
        for (int a = -STEPS / 2; a <= STEPS / 2; a++)
            for (int y = -STEPS; y <= STEPS; y++)
                for (int x = -STEPS; x <= STEPS; x++) {
                    struct rigid p = {centre.x_mm + x * step_mm, centre.y_mm + y * step_mm,
                                      centre.angle_rad + a * step_rad};
                    double s = rim_step(g, im, p, w, d);
                    if (s > *score)
                        *score = s, best = p;
                }
    }
    return best;
}

enum lw_msg carrier_measure(const struct model *m, const struct image *before, const struct image *after,
                            double width_mm, double depth_mm, double height_mm, struct rigid near,
                            struct carrier_found *out, struct lw_error *err)
{
    struct view_grid coarse = view_grid_make((struct rigid){0}, 0, 0, m->bench_width_mm, m->bench_depth_mm, height_mm,
                                             COARSE_MM);
    struct view_grid fine = view_grid_make((struct rigid){0}, 0, 0, m->bench_width_mm, m->bench_depth_mm, height_mm,
                                           FINE_MM);
    struct image a = {0}, b = {0}, rim = {0};
    struct rigid pose = near;
    enum lw_msg rc = grey_view(m, before, &coarse, &a, err);
    rc = rc ? rc : grey_view(m, after, &coarse, &b, err);
    rc = rc ? rc : grey_view(m, after, &fine, &rim, err);
    if (!rc) {
        double area = changed_pose(&coarse, &a, &b, &pose), size = width_mm * depth_mm;
        if (area < AREA_MIN * size || area > AREA_MAX * size)
            rc = lw_fail(err, LW_MSG_CARRIER_SIZE, area / size * 100);
    }
    if (!rc) {
        if (fabs(width_mm - depth_mm) < 0.1 * width_mm)
            pose.angle_rad = near.angle_rad; /* nearly square: its long side can't be told */
        if (cos(pose.angle_rad - near.angle_rad) < 0)
            pose.angle_rad += LW_PI;
        pose.angle_rad = near.angle_rad + remainder(pose.angle_rad - near.angle_rad, 2 * LW_PI);
        double score;
        out->T_bench_from_carrier = fit_rim(&fine, &rim, pose, width_mm, depth_mm, &score);
        out->score = fmin(1.0, score / 40.0);
    }
    image_finish(&a);
    image_finish(&b);
    image_finish(&rim);
    return rc;
}
