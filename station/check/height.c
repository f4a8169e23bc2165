#include "height.h"

#include <math.h>
#include <stdlib.h>

#define MM_PER_PX      0.5
#define PERIOD_CAM_PX  7.0  /* at least, so that the camera tells bright from dark */
#define RANGE_HEIGHTS  3.2  /* times the thing's height are told apart */
#define PROBE_MM       10.0 /* of height, to see how the light wanders */
#define WANDER_MIN     0.02 /* mm per mm: less and nothing is told */
#define WINDOW_DEPTH   0.5  /* of a period: the window's side along the stripes */
#define EVEN_MIN       16.0 /* grey levels: darker is no ground for stripes */
#define EVEN_MAX       250.0
#define AMPLITUDE_MIN  0.05 /* of the even light; full stripes give a third */
#define WINDOW_SHARE   0.5  /* of the window must lie inside */
#define SEEN_SHARE     0.25 /* of the outline must answer */
#define SEEN_MM2       30.0 /* and so much of it */
#define PHASE_MM       0.05 /* of a wander, mm on the bench: what many windows do not average out */

static struct local_mm flat(struct bench_mm p)
{
    return (struct local_mm){p.x, p.y};
}

/* How far the light has wandered on the plane z when it meets something PROBE_MM higher. */
static bool wander(const struct model *m, struct local_mm at, double z_mm, struct local_mm *out)
{
    struct bench_mm high = {at.x, at.y, z_mm + PROBE_MM}, seen, drawn;
    struct cam_px c;
    struct proj_px p;
    if (!model_cam_from_bench(m, high, &c) || !model_proj_from_bench(m, high, &p) ||
        !model_bench_from_cam(m, c, z_mm, &seen) || !model_bench_from_proj(m, p, z_mm, &drawn))
        return false;
    *out = (struct local_mm){(seen.x - drawn.x) / PROBE_MM, (seen.y - drawn.y) / PROBE_MM};
    return true;
}

static bool cam_px_per_mm(const struct model *m, struct local_mm at, double z_mm, double *out)
{
    struct cam_px a, b;
    if (!model_cam_from_bench(m, (struct bench_mm){at.x, at.y, z_mm}, &a) ||
        !model_cam_from_bench(m, (struct bench_mm){at.x + 1, at.y, z_mm}, &b))
        return false;
    *out = hypot(b.x - a.x, b.y - a.y);
    return *out > 0;
}

bool height_plan(const struct model *m, struct rigid T_bench_from_place, double half_x_mm, double half_y_mm, double z_mm,
                 double height_mm, struct height_stripes *out)
{
    struct local_mm at = {T_bench_from_place.x_mm, T_bench_from_place.y_mm}, w;
    double px_per_mm, z = z_mm + height_mm;
    if (height_mm <= 0 || !wander(m, at, z, &w) || !cam_px_per_mm(m, at, z, &px_per_mm))
        return false;
    double each = hypot(w.x, w.y), angle = atan2(w.y, w.x), turned = angle - T_bench_from_place.angle_rad;
    *out = (struct height_stripes){
        .T_bench_from_local = {at.x, at.y, angle},
        .half_x_mm = fabs(half_x_mm * cos(turned)) + fabs(half_y_mm * sin(turned)),
        .half_y_mm = fabs(half_x_mm * sin(turned)) + fabs(half_y_mm * cos(turned)),
        .z_mm = z,
        .period_mm = fmax(PERIOD_CAM_PX / px_per_mm, RANGE_HEIGHTS * height_mm * each),
        .wander_mm = each,
    };
    return each >= WANDER_MIN;
}

int height_dark(const struct height_stripes *s, struct bench_mm quads[HEIGHT_STRIPES_MAX][4])
{
    int count = 0, first = (int)floor(-s->half_x_mm / s->period_mm);
    for (int k = first; k * s->period_mm < s->half_x_mm && count < HEIGHT_STRIPES_MAX; k++) {
        double x0 = fmax(k * s->period_mm, -s->half_x_mm), x1 = fmin((k + 0.5) * s->period_mm, s->half_x_mm);
        const struct local_mm corner[4] = {
            {x0, -s->half_y_mm}, {x1, -s->half_y_mm}, {x1, s->half_y_mm}, {x0, s->half_y_mm}};
        if (x1 <= x0)
            continue;
        for (int i = 0; i < 4; i++) {
            struct local_mm b = rigid_apply(s->T_bench_from_local, corner[i]);
            quads[count][i] = (struct bench_mm){b.x, b.y, s->z_mm};
        }
        count++;
    }
    return count;
}

/* ---- reading the phase ---- */

/* Sums over rectangles: of how many pixels count, of the share of light that is gone, and of both with the carrier. */
enum { SUM_COUNT, SUM_GONE, SUM_COS, SUM_SIN, SUM_GONE_COS, SUM_GONE_SIN, SUMS };

struct sums {
    int width, height; /* of the picture; the table has a row and a column more */
    double (*at)[SUMS];
};

static double grey(const uint8_t *p)
{
    return (p[0] + 2.0 * p[1] + p[2]) / 4;
}

static bool inside(const struct local_mm *outline, int corners, struct local_mm p)
{
    bool in = false;
    for (int i = 0, j = corners - 1; i < corners; j = i++) {
        const struct local_mm *a = &outline[i], *b = &outline[j];
        if ((a->y > p.y) != (b->y > p.y) && p.x < (b->x - a->x) * (p.y - a->y) / (b->y - a->y) + a->x)
            in = !in;
    }
    return in;
}

static void add_pixel(const struct height_stripes *s, const uint8_t *even, const uint8_t *striped, double x_mm,
                      double row[SUMS])
{
    double lit = grey(even), gone = 1 - grey(striped) / lit;
    double u = 2 * LW_PI * x_mm / s->period_mm, c = cos(u), n = sin(u);
    if (lit < EVEN_MIN || lit > EVEN_MAX)
        return;
    row[SUM_COUNT] += 1, row[SUM_GONE] += gone;
    row[SUM_COS] += c, row[SUM_SIN] += n;
    row[SUM_GONE_COS] += gone * c, row[SUM_GONE_SIN] += gone * n;
}

static void fill_sums(const struct height_stripes *s, const struct view_grid *g, const struct image *even,
                      const struct image *striped, const struct local_mm *outline, int corners, struct sums *t)
{
    for (int y = 0; y < t->height; y++) {
        double row[SUMS] = {0};
        double(*above)[SUMS] = t->at + (size_t)y * (size_t)(t->width + 1), (*here)[SUMS] = above + t->width + 1;
        for (int x = 0; x < t->width; x++) {
            struct local_mm p = view_local_from_px(g, x, y);
            if (inside(outline, corners, p))
                add_pixel(s, image_row(even, y) + 3 * x, image_row(striped, y) + 3 * x, p.x, row);
            for (int k = 0; k < SUMS; k++)
                here[x + 1][k] = above[x + 1][k] + row[k];
        }
    }
}

static void window(const struct sums *t, int x, int y, int half_x, int half_y, double out[SUMS])
{
    int x0 = x - half_x > 0 ? x - half_x : 0, x1 = x + half_x + 1 < t->width ? x + half_x + 1 : t->width;
    int y0 = y - half_y > 0 ? y - half_y : 0, y1 = y + half_y + 1 < t->height ? y + half_y + 1 : t->height;
    size_t stride = (size_t)(t->width + 1), top = (size_t)y0 * stride, bottom = (size_t)y1 * stride;
    for (int k = 0; k < SUMS; k++)
        out[k] = t->at[bottom + (size_t)x1][k] - t->at[bottom + (size_t)x0][k] - t->at[top + (size_t)x1][k] +
                 t->at[top + (size_t)x0][k];
}

/* How far the stripes have wandered about this pixel, as an angle of their period; false: they are not seen there. */
static bool phase_at(const struct sums *t, int x, int y, int half_x, int half_y, double *out)
{
    double w[SUMS];
    window(t, x, y, half_x, half_y, w);
    if (w[SUM_COUNT] < WINDOW_SHARE * (2 * half_x + 1) * (2 * half_y + 1))
        return false;
    double mean = w[SUM_GONE] / w[SUM_COUNT];
    double c = w[SUM_GONE_COS] - mean * w[SUM_COS], n = w[SUM_GONE_SIN] - mean * w[SUM_SIN];
    *out = atan2(-c, n); /* dark from 0 to half a period: a sine */
    return hypot(c, n) / w[SUM_COUNT] >= AMPLITUDE_MIN;
}

static int ascending(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

/* Angles lie on a circle: they are ordered about their own middle. `spread`: their standard deviation, from quartiles. */
static double ordered(double *phase, int count, double share, double *spread)
{
    double c = 0, n = 0;
    for (int i = 0; i < count; i++)
        c += cos(phase[i]), n += sin(phase[i]);
    double middle = atan2(n, c);
    for (int i = 0; i < count; i++)
        phase[i] = remainder(phase[i] - middle, 2 * LW_PI);
    qsort(phase, (size_t)count, sizeof *phase, ascending);
    *spread = (phase[3 * (count - 1) / 4] - phase[(count - 1) / 4]) / 1.349;
    return middle + phase[(int)(share * (count - 1))];
}

static void read_phases(const struct height_stripes *s, const struct sums *t, enum height_where where, double *phase,
                        struct height_result *out)
{
    int count = 0, half_x = (int)(0.5 * s->period_mm / MM_PER_PX), half_y = (int)ceil(0.5 * WINDOW_DEPTH * s->period_mm / MM_PER_PX);
    double all[SUMS], one[SUMS];
    window(t, t->width / 2, t->height / 2, t->width, t->height, all);
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            window(t, x, y, 0, 0, one);
            count += one[SUM_COUNT] > 0 && phase_at(t, x, y, half_x, half_y, &phase[count]);
        }
    out->seen = count > 0 && count >= SEEN_SHARE * all[SUM_COUNT] && count * MM_PER_PX * MM_PER_PX >= SEEN_MM2;
    if (!out->seen)
        return;
    double spread, windows = fmax(1, (double)count / ((2 * half_x + 1) * (2 * half_y + 1)));
    double mm = s->period_mm / (2 * LW_PI) / s->wander_mm; /* of height, per radian */
    out->z_mm = s->z_mm + mm * ordered(phase, count, where == HEIGHT_TOP ? 0.75 : 0.5, &spread);
    out->sigma_mm = hypot(PHASE_MM / s->wander_mm, mm * spread / sqrt(windows));
}

#define CORNERS 256

enum lw_msg height_measure(const struct model *m, const struct image *even, const struct image *striped,
                           const struct height_stripes *s, const struct bench_mm *outline, int corners,
                           enum height_where where, struct height_result *out, struct lw_error *err)
{
    struct view_grid g = view_grid_make(s->T_bench_from_local, -s->half_x_mm, -s->half_y_mm, s->half_x_mm, s->half_y_mm,
                                        s->z_mm, MM_PER_PX);
    struct image a = {0}, b = {0};
    struct local_mm rim[CORNERS];
    struct sums t = {.width = g.width, .height = g.height};
    size_t pixels = (size_t)(g.width + 1) * (size_t)(g.height + 1);
    double *phase = calloc(pixels, sizeof *phase);
    t.at = calloc(pixels, sizeof *t.at);
    *out = (struct height_result){0};
    corners = corners < CORNERS ? corners : CORNERS;
    for (int i = 0; i < corners; i++)
        rim[i] = rigid_apply(rigid_inverse(s->T_bench_from_local), flat(outline[i]));
    enum lw_msg rc = phase && t.at ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    rc = rc ? rc : view_rectify(m, even, &g, &a, err);
    rc = rc ? rc : view_rectify(m, striped, &g, &b, err);
    if (!rc) {
        fill_sums(s, &g, &a, &b, rim, corners, &t);
        read_phases(s, &t, where, phase, out);
    }
    image_finish(&a);
    image_finish(&b);
    free(t.at);
    free(phase);
    return rc;
}

double height_between(const struct height_stripes *s, double ground_z_mm, double top_z_mm, double height_mm)
{
    double range = s->period_mm / s->wander_mm;
    return height_mm + remainder(top_z_mm - ground_z_mm - height_mm, range);
}
