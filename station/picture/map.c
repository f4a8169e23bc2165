#include "map.h"

#include <stdlib.h>

/* Far outside any picture, and inside Cairo's 24.8 numbers. */
#define FAR_PX 30000.0
/* Half a step of the differences: small against what bends, large against rounding. */
#define STEP_MM 0.5

static double clamp(double v)
{
    return v < -FAR_PX ? -FAR_PX : v > FAR_PX ? FAR_PX : v;
}

bool map_bench(const struct map *m, struct bench_mm p, double *x, double *y)
{
    double u = p.x / m->bench_width_mm * m->width, v = m->height - p.y / m->bench_depth_mm * m->height;
    if (m->calibrated) {
        struct proj_px q;
        if (!model_proj_from_bench(&m->model, p, &q))
            return false;
        u = q.x + 0.5;
        v = q.y + 0.5;
    }
    if (!isfinite(u) || !isfinite(v))
        return false;
    *x = clamp(u);
    *y = clamp(v);
    return true;
}

bool map_local(const struct map *m, struct bench_mm a, cairo_matrix_t *out)
{
    double x, y, x0, y0, x1, y1, u0, v0, u1, v1;
    if (!map_bench(m, a, &x, &y) || !map_bench(m, (struct bench_mm){a.x - STEP_MM, a.y, a.z}, &x0, &y0) ||
        !map_bench(m, (struct bench_mm){a.x + STEP_MM, a.y, a.z}, &x1, &y1) ||
        !map_bench(m, (struct bench_mm){a.x, a.y - STEP_MM, a.z}, &u0, &v0) ||
        !map_bench(m, (struct bench_mm){a.x, a.y + STEP_MM, a.z}, &u1, &v1))
        return false;
    double step = 2 * STEP_MM;
    cairo_matrix_init(out, (x1 - x0) / step, (y1 - y0) / step, (u1 - u0) / step, (v1 - v0) / step, x, y);
    return fabs(out->xx * out->yy - out->xy * out->yx) > 1e-9;
}

static double distance(struct bench_mm a, struct bench_mm b)
{
    return sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z));
}

/* More than this on one line means nonsense coordinates. */
#define PIECES_MAX 2000

static int pieces_of(struct bench_mm a, struct bench_mm b)
{
    double d = distance(a, b);
    return d <= MAP_PIECE_MM ? 1 : d >= PIECES_MAX * MAP_PIECE_MM ? PIECES_MAX : (int)ceil(d / MAP_PIECE_MM);
}

int map_line(const struct map *m, const struct bench_mm *points, int count, bool closed,
             struct map_point **out)
{
    int legs = closed ? count : count - 1, total = 1, n = 0;
    double along = 0;
    *out = NULL;
    for (int i = 0; i < count; i++)
        if (!isfinite(points[i].x + points[i].y + points[i].z))
            return 0;
    for (int i = 0; i < legs; i++)
        total += pieces_of(points[i], points[(i + 1) % count]);
    struct map_point *line = count > 0 ? malloc((size_t)total * sizeof *line) : NULL;
    if (!line)
        return 0;
    for (int i = 0; i < legs; i++) {
        struct bench_mm a = points[i], b = points[(i + 1) % count];
        int pieces = pieces_of(a, b);
        double length = distance(a, b);
        for (int k = i > 0; k <= pieces; k++) {
            double t = (double)k / pieces;
            struct bench_mm p = {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), a.z + t * (b.z - a.z)};
            line[n].along_mm = along + t * length;
            n += map_bench(m, p, &line[n].x, &line[n].y);
        }
        along += length;
    }
    if (n == 0) {
        free(line);
        return 0;
    }
    *out = line;
    return n;
}

double map_stretch(const cairo_matrix_t *l)
{
    return sqrt(l->xx * l->xx + l->xy * l->xy + l->yx * l->yx + l->yy * l->yy);
}
