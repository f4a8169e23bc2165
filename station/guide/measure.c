#include "measure.h"

#include "prove.h"

#include <stdlib.h>
#include <string.h>

#define BELOW_MM      20.0  /* the ways are looked along from so much under the bench, as it may be a little off */
#define SEARCH_MM     8.0   /* beside the way */
#define NEAR_MM       12.0  /* off the height that is known already, for the second time */
#define MISS_MAX_MM   4.0   /* rays that pass each other so far apart are no answer: another cross, a reflection */
#define PLACE_SEARCH_MM 4.0 /* beside the way, of a calibration that holds */
#define PLACE_MISS_MM 2.5
#define FOUND_MM      0.15  /* standard uncertainty of where a cross is seen, mm on the bench */
#define RAISED_MIN_MM 8.0   /* lower things are part of the bench */
#define ALIKE_MM      6.0   /* points of one flat top */
#define HEIGHT_100_MM 100.0

/* The height at which the camera's and the projector's ray are nearest, their distance there, and how far they part
 * with every mm of height. Rays are straight: their distance in the plane grows linearly with z. */
static bool triangulate(const struct model *m, const struct mark *mark, struct bench_mm *out, double *miss_mm,
                        double *parallax)
{
    struct bench_mm c0, c1, p0, p1;
    if (!model_bench_from_cam(m, mark->seen, 0, &c0) || !model_bench_from_cam(m, mark->seen, HEIGHT_100_MM, &c1) ||
        !model_bench_from_proj(m, mark->drawn, 0, &p0) || !model_bench_from_proj(m, mark->drawn, HEIGHT_100_MM, &p1))
        return false;
    double dx = c0.x - p0.x, dy = c0.y - p0.y;
    double vx = (c1.x - p1.x - dx) / HEIGHT_100_MM, vy = (c1.y - p1.y - dy) / HEIGHT_100_MM;
    double v2 = vx * vx + vy * vy;
    if (v2 < 1e-6) /* camera and projector in one place: no height can be told */
        return false;
    double z = -(dx * vx + dy * vy) / v2;
    *miss_mm = hypot(dx + z * vx, dy + z * vy);
    *parallax = sqrt(v2);
    return z >= mark->at.z - mark->down_mm - SEARCH_MM && z <= mark->at.z + mark->up_mm + SEARCH_MM &&
           model_bench_from_cam(m, mark->seen, z, out);
}

/* How well light and camera agree there says how well the height is known. */
static double sigma_of(const struct model *m, struct bench_mm at, double parallax)
{
    double seen = model_sigma_seen_mm(m, at);
    return hypot(FOUND_MM, isfinite(seen) ? seen : m->sigma_raised_mm) / parallax;
}

static int by_height(const void *a, const void *b)
{
    double x = ((const struct bench_mm *)a)->z, y = ((const struct bench_mm *)b)->z;
    return (x > y) - (x < y);
}

/* Projects the marks and gives the places that their light met, those that make sense; *parallax is their mean. */
static enum lw_msg places(struct guide *g, struct mark *marks, int count, struct bench_mm *out, int *found, double *parallax,
                          struct lw_error *err)
{
    double miss, one;
    *found = 0;
    *parallax = 0;
    enum lw_msg rc = marks_measure(g, marks, count, SEARCH_MM, err);
    for (int i = 0; !rc && i < count; i++)
        if (marks[i].found && triangulate(&g->calibration.model, &marks[i], &out[*found], &miss, &one) && miss <= MISS_MAX_MM) {
            *parallax += one;
            ++*found;
        }
    if (*found)
        *parallax /= *found;
    return rc;
}

static enum lw_msg refine(struct guide *g, struct bench_mm at, double radius_mm, struct measure_result *out,
                          struct lw_error *err)
{
    static const double offset[MEASURE_POINTS][2] = {{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    struct mark marks[MEASURE_POINTS];
    double parallax;
    for (int i = 0; i < MEASURE_POINTS; i++)
        marks[i] = (struct mark){.at = {at.x + radius_mm * offset[i][0], at.y + radius_mm * offset[i][1], at.z},
                                 .down_mm = NEAR_MM, .up_mm = NEAR_MM};
    enum lw_msg rc = places(g, marks, MEASURE_POINTS, out->points, &out->count, &parallax, err);
    if (rc || out->count == 0)
        return rc ? rc : lw_fail(err, LW_MSG_MEASURE_NOT_SEEN, at.x, at.y);
    struct bench_mm sorted[MEASURE_POINTS];
    memcpy(sorted, out->points, sizeof sorted);
    qsort(sorted, (size_t)out->count, sizeof sorted[0], by_height);
    out->at = (struct bench_mm){at.x, at.y, sorted[out->count / 2].z};
    out->spread_mm = sorted[out->count - 1].z - sorted[0].z;
    out->sigma_mm = sigma_of(&g->calibration.model, out->at, parallax);
    return LW_OK;
}

enum lw_msg measure_height(struct guide *g, struct local_mm at, double radius_mm, struct measure_result *out,
                           struct lw_error *err)
{
    struct mark mark = {.at = {at.x, at.y, 0}, .down_mm = BELOW_MM, .up_mm = MEASURE_TOP_MM};
    struct bench_mm place;
    double parallax;
    int found;
    *out = (struct measure_result){0};
    enum lw_msg rc = places(g, &mark, 1, &place, &found, &parallax, err);
    if (rc || !found)
        return rc ? rc : lw_fail(err, LW_MSG_MEASURE_NOT_SEEN, at.x, at.y);
    return refine(g, (struct bench_mm){at.x, at.y, place.z}, radius_mm, out, err);
}

enum lw_msg measure_places(struct guide *g, struct measure_place *places, int count, double down_mm, double up_mm,
                           struct lw_error *err)
{
    struct mark marks[MARKS_MAX];
    struct bench_mm at;
    double miss, parallax;
    count = count < MARKS_MAX ? count : MARKS_MAX;
    for (int i = 0; i < count; i++)
        marks[i] = (struct mark){.at = {places[i].at.x, places[i].at.y, places[i].near_mm}, .down_mm = down_mm, .up_mm = up_mm};
    enum lw_msg rc = marks_measure(g, marks, count, PLACE_SEARCH_MM, err);
    for (int i = 0; i < count && !rc; i++) {
        struct measure_place *p = &places[i];
        p->found = marks[i].found && triangulate(&g->calibration.model, &marks[i], &at, &miss, &parallax) &&
                   miss <= PLACE_MISS_MM;
        if (p->found) {
            p->z_mm = at.z;
            p->sigma_mm = sigma_of(&g->calibration.model, at, parallax);
        }
    }
    return rc;
}

double measure_apart_mm(const struct guide *g, struct bench_mm at, double down_mm, double up_mm)
{
    const struct model *m = &g->calibration.model;
    struct bench_mm low = at, high = at;
    struct cam_px a, b, c, d;
    struct proj_px drawn;
    low.z -= down_mm, high.z += up_mm;
    if (!model_proj_from_bench(m, at, &drawn) || !model_bench_from_proj(m, drawn, low.z, &low) ||
        !model_bench_from_proj(m, drawn, high.z, &high) || !model_cam_from_bench(m, low, &a) ||
        !model_cam_from_bench(m, high, &b) || !model_cam_from_bench(m, at, &c) ||
        !model_cam_from_bench(m, (struct bench_mm){at.x + 1, at.y, at.z}, &d))
        return MEASURE_TOP_MM;
    return hypot(b.x - a.x, b.y - a.y) / 2 / fmax(0.1, hypot(d.x - c.x, d.y - c.y)) + PLACE_SEARCH_MM + 3 * MARKS_ARM_MM;
}

/* The middle of the most points at one height over the bench; returns their number. */
static int raised_top(const struct bench_mm *p, int count, struct bench_mm *top)
{
    int best = 0;
    for (int i = 0; i < count; i++) {
        struct bench_mm sum = {0};
        int n = 0;
        if (p[i].z < RAISED_MIN_MM)
            continue;
        for (int k = 0; k < count; k++)
            if (p[k].z >= RAISED_MIN_MM && fabs(p[k].z - p[i].z) <= ALIKE_MM)
                sum = (struct bench_mm){sum.x + p[k].x, sum.y + p[k].y, sum.z + p[k].z}, n++;
        if (n > best) {
            best = n;
            *top = (struct bench_mm){sum.x / n, sum.y / n, sum.z / n};
        }
    }
    return best;
}

enum lw_msg measure_find(struct guide *g, double radius_mm, struct measure_result *out, struct lw_error *err)
{
    struct prove_result grid;
    struct mark marks[PROVE_POINTS];
    struct bench_mm place[PROVE_POINTS], top;
    double parallax;
    int found;
    *out = (struct measure_result){0};
    prove_points(g, &grid);
    for (int i = 0; i < PROVE_POINTS; i++)
        marks[i] = (struct mark){.at = grid.points[i].at, .down_mm = BELOW_MM, .up_mm = MEASURE_TOP_MM};
    enum lw_msg rc = places(g, marks, PROVE_POINTS, place, &found, &parallax, err);
    if (rc)
        return rc;
    if (raised_top(place, found, &top) == 0)
        return lw_fail(err, LW_MSG_MEASURE_FLAT);
    return refine(g, top, radius_mm, out, err);
}

json_t *measure_json(const struct measure_result *r)
{
    json_t *list = json_array();
    for (int i = 0; i < r->count; i++)
        json_array_append_new(list, json_pack("{s:f,s:f,s:f}", "x_mm", r->points[i].x, "y_mm", r->points[i].y, "z_mm",
                                              r->points[i].z));
    return json_pack("{s:f,s:f,s:f,s:f,s:f,s:o}", "x_mm", r->at.x, "y_mm", r->at.y, "height_mm", r->at.z, "sigma_mm",
                     r->sigma_mm, "spread_mm", r->spread_mm, "points", list);
}
