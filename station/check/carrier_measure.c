#include "carrier_measure.h"

#include <stdlib.h>

#define COARSE_MM 3.0         /* mm per pixel of the picture in which the change is found */
#define FINE_MM 1.0           /* of the one in which the rim is fitted */
#define CHANGE_SIGMAS 6.0
#define CHANGE_MIN_GREY 8.0
#define CHANGE_FULL_GREY 48   /* more is no more new than this: a rim's inner edge is no change from old to new */
#define AREA_MIN 0.6          /* of the case's area must have changed */
#define AREA_MAX 2.2
#define SHADOW_DARKER 0.85    /* share of the light before that a shadow leaves at most */
#define SHADOW_SPREAD 0.12    /* the colours' shares are equal but for noise and the lamps' different colours */
#define EDGE_PX 1.5           /* how far inside and outside of a side its brightness is read */

/* ---- the change: centre and direction of what appeared ---- */

/* The median change tells the noise where nothing changed (more than half of the bench). */
static double change_threshold(const struct image *change)
{
    long histogram[256] = {0}, total = (long)change->width * change->height, seen = 0;
    for (int y = 0; y < change->height; y++)
        for (int x = 0; x < change->width; x++)
            histogram[image_row(change, y)[x]]++;
    int d = 0;
    while (d < 255 && (seen += histogram[d]) * 2 < total)
        d++;
    return fmin(fmax(CHANGE_MIN_GREY, CHANGE_SIGMAS * (d + 0.5) / 0.6745), 0.75 * CHANGE_FULL_GREY);
}

/* Moments of the changed pixels that have mostly changed neighbours. */
static double changed_pose(const struct view_grid *g, const struct image *change, struct rigid *pose)
{
    double threshold = change_threshold(change), n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (int y = 1; y + 1 < change->height; y++)
        for (int x = 1; x + 1 < change->width; x++) {
            int votes = 0;
            for (int k = 0; k < 9; k++)
                votes += image_row(change, y + k / 3 - 1)[x + k % 3 - 1] > threshold;
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

/* ---- the rim: the rectangle along which picture and change change most ---- */

/* One scale of the search: what is seen now, and how much of it is new. */
struct scale {
    struct view_grid grid;
    struct image now, change;
};

/* A shadow darkens all colours by the same share: so would only a thing of the bench's own colour. */
static bool is_shadow(const uint8_t before[3], const uint8_t after[3])
{
    double low = 1, high = 0;
    for (int i = 0; i < 3; i++) {
        double share = (after[i] + 1.0) / (before[i] + 1.0);
        low = fmin(low, share);
        high = fmax(high, share);
    }
    return high < SHADOW_DARKER && high - low < SHADOW_SPREAD;
}

static void compare(struct scale *s, const struct image *before, const struct image *after, bool shadows_count)
{
    for (int y = 0; y < before->height; y++) {
        const uint8_t *b = image_row(before, y), *a = image_row(after, y);
        uint8_t *now = image_row(&s->now, y), *change = image_row(&s->change, y);
        for (int x = 0; x < before->width; x++, a += 3, b += 3) {
            const uint8_t *seen = !shadows_count && is_shadow(b, a) ? b : a;
            int most = 0;
            for (int i = 0; i < 3; i++)
                most = abs(seen[i] - b[i]) > most ? abs(seen[i] - b[i]) : most;
            now[x] = (uint8_t)((seen[0] + 2 * seen[1] + seen[2]) / 4);
            change[x] = (uint8_t)(most < CHANGE_FULL_GREY ? most : CHANGE_FULL_GREY);
        }
    }
}

static enum lw_msg scale_init(struct scale *s, const struct model *m, const struct image *before,
                              const struct image *after, double height_mm, double mm_per_px, bool shadows_count,
                              struct lw_error *err)
{
    struct image a = {0}, b = {0};
    *s = (struct scale){.grid = view_grid_make((struct rigid){0}, 0, 0, m->bench_width_mm, m->bench_depth_mm,
                                               height_mm, mm_per_px)};
    enum lw_msg rc = view_rectify(m, before, &s->grid, &b, err);
    rc = rc ? rc : view_rectify(m, after, &s->grid, &a, err);
    rc = rc ? rc : image_init(&s->now, a.width, a.height, IMAGE_GRAY8, err);
    rc = rc ? rc : image_init(&s->change, a.width, a.height, IMAGE_GRAY8, err);
    if (!rc)
        compare(s, &b, &a, shadows_count);
    image_finish(&a);
    image_finish(&b);
    return rc;
}

static void scale_finish(struct scale *s)
{
    image_finish(&s->now);
    image_finish(&s->change);
}

static double sample(const struct image *im, double x, double y)
{
    int x0 = (int)floor(x), y0 = (int)floor(y);
    if (x0 < 0 || y0 < 0 || x0 + 1 >= im->width || y0 + 1 >= im->height)
        return 0;
    double fx = x - x0, fy = y - y0;
    const uint8_t *p = image_row(im, y0) + x0, *q = image_row(im, y0 + 1) + x0;
    return (1 - fy) * ((1 - fx) * p[0] + fx * p[1]) + fy * ((1 - fx) * q[0] + fx * q[1]);
}

/* Mean step across one side: of brightness, whose sign may be either but is the same along the side, and of change, of
 * which there is more inside: the edges of the case's inside are no rim. */
static double side_step(const struct scale *s, struct rigid pose, struct local_mm from, struct local_mm to)
{
    const struct view_grid *g = &s->grid;
    double length = hypot(to.x - from.x, to.y - from.y), apart = EDGE_PX * g->mm_per_px / length;
    double nx = (to.y - from.y) * apart, ny = -(to.x - from.x) * apart;
    int count = (int)(length / (2 * g->mm_per_px));
    double now = 0, change = 0;
    for (int i = 1; i < count; i++) {
        double t = (double)i / count, x = from.x + t * (to.x - from.x), y = from.y + t * (to.y - from.y);
        double ax, ay, bx, by;
        struct local_mm out = rigid_apply(pose, (struct local_mm){x + nx, y + ny});
        struct local_mm in = rigid_apply(pose, (struct local_mm){x - nx, y - ny});
        view_px_from_local(g, out, &ax, &ay);
        view_px_from_local(g, in, &bx, &by);
        now += sample(&s->now, ax, ay) - sample(&s->now, bx, by);
        change += sample(&s->change, bx, by) - sample(&s->change, ax, ay);
    }
    return (fabs(now) + fmax(change, 0)) / (2 * count);
}

/* Roots, so that one strong side does not outweigh a missing one. */
static double rim_step(const struct scale *s, struct rigid pose, double w, double d)
{
    const struct local_mm c[4] = {{-w / 2, -d / 2}, {w / 2, -d / 2}, {w / 2, d / 2}, {-w / 2, d / 2}};
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += sqrt(side_step(s, pose, c[i], c[(i + 1) % 4]));
    return sum * sum / 16;
}

/* One round of the search. Its step must be shorter than the width over which an edge is felt (2 EDGE_PX pixels), or the
 * rim is stepped over. */
struct search {
    double reach_mm, step_mm, reach_rad, step_rad;
};

static void fit_rim(const struct scale *scale, const struct search *s, double w, double d, struct rigid *pose,
                    double *score)
{
    struct rigid centre = *pose;
    int n = (int)(s->reach_mm / s->step_mm + 0.5), m = (int)(s->reach_rad / s->step_rad + 0.5);
    *score = 0;
    for (int a = -m; a <= m; a++)
        for (int y = -n; y <= n; y++)
            for (int x = -n; x <= n; x++) {
                struct rigid p = {centre.x_mm + x * s->step_mm, centre.y_mm + y * s->step_mm,
                                  centre.angle_rad + a * s->step_rad};
                double found = rim_step(scale, p, w, d);
                if (found > *score)
                    *score = found, *pose = p;
            }
}

/* The middle of what appeared tells where to look, not where the case lies: its walls are seen too. */
static void find_rim(const struct scale *coarse, const struct scale *fine, double w, double d, struct rigid *pose,
                     double *score)
{
    static const struct search rough = {40.0, 4.0, 0.08, 0.02};
    static const struct search finer[] = {{6.0, 1.5, 0.02, 0.005}, {1.5, 0.5, 0.004, 0.002}, {0.4, 0.1, 0.001, 0.0005}};
    fit_rim(coarse, &rough, w, d, pose, score);
    for (size_t i = 0; i < sizeof finer / sizeof finer[0]; i++)
        fit_rim(fine, &finer[i], w, d, pose, score);
}

static bool right_size(double area, double size)
{
    return area >= AREA_MIN * size && area <= AREA_MAX * size;
}

/* Both scales, without shadows; with them where too little is left: then the case is as dark as a shadow. */
static enum lw_msg compare_looks(struct scale *coarse, struct scale *fine, const struct model *m,
                                 const struct image *before, const struct image *after, double height_mm, double size,
                                 struct rigid *pose, struct lw_error *err)
{
    double area = 0;
    enum lw_msg rc = LW_OK;
    for (int shadows_count = 0; shadows_count < 2 && !rc && !right_size(area, size); shadows_count++) {
        scale_finish(coarse);
        scale_finish(fine);
        rc = scale_init(coarse, m, before, after, height_mm, COARSE_MM, shadows_count, err);
        rc = rc ? rc : scale_init(fine, m, before, after, height_mm, FINE_MM, shadows_count, err);
        if (!rc)
            area = changed_pose(&coarse->grid, &coarse->change, pose);
    }
    return rc || right_size(area, size) ? rc : lw_fail(err, LW_MSG_CARRIER_SIZE, area / size * 100);
}

enum lw_msg carrier_measure(const struct model *m, const struct image *before, const struct image *after,
                            double width_mm, double depth_mm, double height_mm, struct rigid near,
                            struct carrier_found *out, struct lw_error *err)
{
    struct scale coarse = {0}, fine = {0};
    struct rigid pose = near;
    enum lw_msg rc = compare_looks(&coarse, &fine, m, before, after, height_mm, width_mm * depth_mm, &pose, err);
    if (!rc) {
        if (fabs(width_mm - depth_mm) < 0.1 * width_mm)
            pose.angle_rad = near.angle_rad; /* nearly square: its long side can't be told */
        if (cos(pose.angle_rad - near.angle_rad) < 0)
            pose.angle_rad += LW_PI;
        pose.angle_rad = near.angle_rad + remainder(pose.angle_rad - near.angle_rad, 2 * LW_PI);
        double score;
        find_rim(&coarse, &fine, width_mm, depth_mm, &pose, &score);
        out->T_bench_from_carrier = pose;
        out->score = fmin(1.0, score / 40.0);
    }
    scale_finish(&coarse);
    scale_finish(&fine);
    return rc;
}
