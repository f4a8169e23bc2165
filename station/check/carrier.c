/* Shape-based matching on directions of gradients (Steger, "Occlusion, clutter, and illumination invariant
 * object recognition", 2002): the mean cosine between the taught picture's edge directions and the bench's.
 * Light changes lengths of gradients, not their directions. Coarse over the whole bench and all rotations,
 * then fine. */
#include "carrier.h"

#include "cv_picture.h"

#include <stdlib.h>
#include <string.h>

#define COARSE_MM        6.0
#define COARSE_POINTS    160
#define COARSE_ROTATIONS 90   /* every 4 degrees */
#define COARSE_LEAST     0.1f /* chance alone reaches less */
#define GREEDY           0.6f /* a pose whose first edges fit so much worse than the least candidate is left */
#define GREEDY_STEP      16
#define CANDIDATES       10
#define FINE_MM          1.0
#define FINE_POINTS      900
#define NEAR_MM          25.0 /* carrier_refine looks so far around */
#define NEAR_RAD         0.105
#define RIM_MM           12.0 /* so near to its outer edge a point counts as rim: that is where its height is known */
#define RIM_POINTS_MIN   120
#define SCORE_MIN        0.45 /* unlike pictures reach 0.2 to 0.3; a case half full of things keeps its rim */
#define SURE             0.75 /* following a case: nothing better will be found */
#define QUICK_EVERY      4    /* edges, while the start is chosen */
#define CHOSEN           3    /* of the starts are followed with all edges */
#define INSIDE_MIN       0.97 /* of its points must lie on the bench */
#define EDGE_SHARE       0.35 /* the strongest part of the taught picture's gradients are its edges */

/* ---- gradients ---- */

/* Unit gradient directions of a grey picture, weighted down to 0 where the picture is as flat as its noise.
 */
struct field {
    float *gx, *gy;
    int width, height;
};

static void field_finish(struct field *f)
{
    free(f->gx);
    free(f->gy);
    *f = (struct field){0};
}

static enum lw_msg field_init(struct field *f, int width, int height, struct lw_error *err)
{
    size_t n = (size_t)width * (size_t)height;
    *f = (struct field){calloc(n, sizeof(float)), calloc(n, sizeof(float)), width, height};
    return f->gx && f->gy ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Length that separates structure from noise: three times the median length. */
static float noise_length(const struct field *f)
{
    enum { SAMPLES = 4096 };
    float length[SAMPLES];
    size_t n = (size_t)f->width * (size_t)f->height, step = n / SAMPLES + 1;
    int count = 0;
    for (size_t i = 0; i < n && count < SAMPLES; i += step)
        length[count++] = hypotf(f->gx[i], f->gy[i]);
    qsort(length, (size_t)count, sizeof length[0], by_value);
    return fmaxf(2.0f, 1.5f * length[count / 2]);
}

static void scharr(const struct image *im, struct field *f)
{
    for (int y = 1; y + 1 < im->height; y++) {
        const uint8_t *a = image_row(im, y - 1), *b = image_row(im, y), *c = image_row(im, y + 1);
        for (int x = 1; x + 1 < im->width; x++) {
            size_t i = (size_t)y * (size_t)f->width + (size_t)x;
            f->gx[i] =
                (float)(3 * (a[x + 1] - a[x - 1]) + 10 * (b[x + 1] - b[x - 1]) + 3 * (c[x + 1] - c[x - 1])) /
                16;
            f->gy[i] =
                (float)(3 * (c[x - 1] - a[x - 1]) + 10 * (c[x] - a[x]) + 3 * (c[x + 1] - a[x + 1])) / 16;
        }
    }
}

static enum lw_msg make_field(const struct image *grey, bool unit, struct field *f, struct lw_error *err)
{
    enum lw_msg rc = field_init(f, grey->width, grey->height, err);
    if (rc)
        return rc;
    scharr(grey, f);
    float noise = noise_length(f);
    for (size_t i = 0; unit && i < (size_t)f->width * (size_t)f->height; i++) {
        float length = sqrtf(f->gx[i] * f->gx[i] + f->gy[i] * f->gy[i] + noise * noise);
        f->gx[i] /= length;
        f->gy[i] /= length;
    }
    return LW_OK;
}

/* ---- the taught edges ---- */

struct edge {
    float x, y;   /* mm, carrier frame */
    float dx, dy; /* unit direction of the gradient, in the carrier frame (+y up) */
    bool rim;
};

struct edges {
    struct edge *list;
    int count, rim_count;
};

static bool on_rim(const struct carrier_taught *t, double x, double y)
{
    double ex = fabs(fabs(x) - t->width_mm / 2), ey = fabs(fabs(y) - t->depth_mm / 2);
    bool inside_x = fabs(x) < t->width_mm / 2 + RIM_MM, inside_y = fabs(y) < t->depth_mm / 2 + RIM_MM;
    return (ex < RIM_MM && inside_y) || (ey < RIM_MM && inside_x);
}

/* The strongest gradient of each cell of a grid, as long as it belongs to the strongest share of all. */
static enum lw_msg pick_edges(const struct carrier_taught *t, const struct image *grey, double mm_per_px,
                              int wanted, struct edges *out, struct lw_error *err)
{
    struct field f = {0};
    *out = (struct edges){0};
    enum lw_msg rc = make_field(grey, false, &f, err);
    int cell = (int)fmax(1, sqrt((double)grey->width * grey->height / (wanted / EDGE_SHARE)));
    int columns = grey->width / cell, rows = grey->height / cell;
    float *best = calloc((size_t)(columns * rows) + 1, sizeof *best);
    int *where = calloc((size_t)(columns * rows) + 1, sizeof *where);
    out->list = calloc((size_t)(columns * rows) + 1, sizeof *out->list);
    if (!rc && (!best || !where || !out->list))
        rc = lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; !rc && i < columns * rows; i++)
        for (int k = 0; k < cell * cell; k++) {
            int x = i % columns * cell + k % cell, y = i / columns * cell + k / cell, at = y * f.width + x;
            float length = hypotf(f.gx[at], f.gy[at]);
            if (length > best[i])
                best[i] = length, where[i] = at;
        }
    float *sorted = calloc((size_t)(columns * rows) + 1, sizeof *sorted);
    if (!rc && sorted) {
        memcpy(sorted, best, sizeof *best * (size_t)(columns * rows));
        qsort(sorted, (size_t)(columns * rows), sizeof *sorted, by_value);
        float floor_length = fmaxf(sorted[(int)((1 - EDGE_SHARE) * columns * rows)], 2.0f);
        for (int i = 0; i < columns * rows; i++) {
            if (best[i] < floor_length)
                continue;
            double x = (where[i] % f.width - (f.width - 1) / 2.0) * mm_per_px;
            double y = ((f.height - 1) / 2.0 - where[i] / f.width) * mm_per_px;
            if (fabs(x) > t->width_mm / 2 + RIM_MM || fabs(y) > t->depth_mm / 2 + RIM_MM)
                continue;
            bool rim = on_rim(t, x, y);
            out->rim_count += rim;
            out->list[out->count++] =
                (struct edge){(float)x, (float)y, f.gx[where[i]] / best[i], -f.gy[where[i]] / best[i], rim};
        }
    }
    free(sorted);
    free(best);
    free(where);
    field_finish(&f);
    return rc;
}

/* ---- scoring a pose ---- */

struct search {
    struct view_grid grid;
    struct field field;
    struct edges edges;
    int every; /* each n-th edge only is asked: quick, for a first choice */
};

static double score_pose(const struct search *s, struct rigid T, bool rim_only, double *inside)
{
    float c = cosf((float)T.angle_rad), si = sinf((float)T.angle_rad), sum = 0;
    float inv = (float)(1 / s->grid.mm_per_px);
    int count = 0, seen = 0;
    for (int i = 0; i < s->edges.count; i += rim_only ? 1 : s->every) {
        const struct edge *e = &s->edges.list[i];
        if (rim_only && !e->rim)
            continue;
        count++;
        float bx = (float)T.x_mm + c * e->x - si * e->y, by = (float)T.y_mm + si * e->x + c * e->y;
        float px = (bx - (float)s->grid.x0_mm) * inv;
        float py = (float)(s->grid.height - 1) - (by - (float)s->grid.y0_mm) * inv;
        int x = (int)px, y = (int)py;
        if (px < 0 || py < 0 || x + 1 >= s->field.width || y + 1 >= s->field.height)
            continue;
        seen++;
        float fx = px - (float)x, fy = py - (float)y;
        const float *gx = s->field.gx + (size_t)y * (size_t)s->field.width + x,
                    *gy = s->field.gy + (gx - s->field.gx);
        int w = s->field.width;
        float vx = (1 - fy) * ((1 - fx) * gx[0] + fx * gx[1]) + fy * ((1 - fx) * gx[w] + fx * gx[w + 1]);
        float vy = (1 - fy) * ((1 - fx) * gy[0] + fx * gy[1]) + fy * ((1 - fx) * gy[w] + fx * gy[w + 1]);
        sum += vx * (c * e->dx - si * e->dy) - vy * (si * e->dx + c * e->dy);
    }
    if (inside)
        *inside = count ? (double)seen / count : 0;
    return count ? (double)sum / count : 0;
}

static enum lw_msg grey_of(const struct image *bgr, struct image *grey, struct lw_error *err)
{
    return cv_picture_convert(bgr, IMAGE_GRAY8, grey, err);
}

/* The whole bench, or only where the case may lie that lies near. */
static struct view_grid grid_around(const struct model *m, const struct carrier_taught *t, const struct rigid *near,
                                    double mm_per_px)
{
    double x0 = 0, y0 = 0, x1 = m->bench_width_mm, y1 = m->bench_depth_mm;
    if (near) {
        double c = fabs(cos(near->angle_rad)), s = fabs(sin(near->angle_rad)), w = t->width_mm / 2, d = t->depth_mm / 2;
        double turned = NEAR_RAD * hypot(w, d), reach = NEAR_MM + RIM_MM + turned;
        x0 = fmax(x0, near->x_mm - c * w - s * d - reach), x1 = fmin(x1, near->x_mm + c * w + s * d + reach);
        y0 = fmax(y0, near->y_mm - s * w - c * d - reach), y1 = fmin(y1, near->y_mm + s * w + c * d + reach);
    }
    return view_grid_make((struct rigid){0}, x0, y0, fmax(x1, x0 + 16 * mm_per_px), fmax(y1, y0 + 16 * mm_per_px),
                          t->height_mm, mm_per_px);
}

static enum lw_msg search_init(struct search *s, const struct model *m, const struct image *frame,
                               const struct carrier_taught *t, const struct rigid *near, double mm_per_px, int points,
                               struct lw_error *err)
{
    struct image view = {0}, grey = {0}, taught = {0}, taught_grey = {0};
    *s = (struct search){.every = 1};
    s->grid = grid_around(m, t, near, mm_per_px);
    enum lw_msg rc = view_rectify(m, frame, &s->grid, &view, err);
    rc = rc ? rc : grey_of(&view, &grey, err);
    rc = rc ? rc : make_field(&grey, true, &s->field, err);
    double scale = t->mm_per_px / mm_per_px;
    rc = rc ? rc
            : cv_picture_resize(&t->picture, (int)(t->picture.width * scale + 0.5),
                                (int)(t->picture.height * scale + 0.5), &taught, err);
    rc = rc ? rc : grey_of(&taught, &taught_grey, err);
    rc = rc ? rc : pick_edges(t, &taught_grey, mm_per_px, points, &s->edges, err);
    image_finish(&view);
    image_finish(&grey);
    image_finish(&taught);
    image_finish(&taught_grey);
    return rc;
}

static void search_finish(struct search *s)
{
    field_finish(&s->field);
    free(s->edges.list);
    s->edges.list = NULL;
}

/* Climbs: tries the neighbours in place and angle, halves the step when none is better. */
static struct rigid climb(const struct search *s, struct rigid start, double step_mm, double step_rad,
                          double stop_mm, bool rim_only, double *score)
{
    struct rigid best = start;
    *score = score_pose(s, best, rim_only, NULL);
    while (step_mm > stop_mm) {
        struct rigid from = best;
        for (int k = 0; k < 27; k++) {
            struct rigid p = {from.x_mm + (k % 3 - 1) * step_mm, from.y_mm + (k / 3 % 3 - 1) * step_mm,
                              from.angle_rad + (k / 9 - 1) * step_rad};
            double v = score_pose(s, p, rim_only, NULL);
            if (v > *score)
                *score = v, best = p;
        }
        if (best.x_mm == from.x_mm && best.y_mm == from.y_mm && best.angle_rad == from.angle_rad)
            step_mm /= 2, step_rad /= 2;
    }
    return best;
}

/* ---- coarse: everywhere ---- */

struct candidate {
    struct rigid T;
    double score;
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct candidate *)a)->score, y = ((const struct candidate *)b)->score;
    return (x < y) - (x > y);
}

/* Keeps the best ones; a pose near a kept one replaces it only when it is better. */
static void keep_candidate(struct candidate *list, struct candidate c, double near_mm)
{
    int worst = 0;
    for (int i = 0; i < CANDIDATES; i++) {
        bool same = hypot(list[i].T.x_mm - c.T.x_mm, list[i].T.y_mm - c.T.y_mm) < near_mm &&
                    fabs(remainder(list[i].T.angle_rad - c.T.angle_rad, 2 * LW_PI)) < near_mm / 100;
        if (same) {
            if (c.score > list[i].score)
                list[i] = c;
            return;
        }
        if (list[i].score < list[worst].score)
            worst = i;
    }
    if (c.score > list[worst].score)
        list[worst] = c;
}

/* The edges of one rotation, as offsets in the padded field. */
struct turned_edge {
    ptrdiff_t at;
    float dx, dy;
};

/* The field with room around it for every edge of a carrier whose middle lies on the bench. */
struct padded {
    float *gradient; /* x, y pairs */
    int stride, room;
};

static enum lw_msg pad(const struct search *s, struct padded *out, struct lw_error *err)
{
    float reach = 0;
    for (int i = 0; i < s->edges.count; i++)
        reach = fmaxf(reach, hypotf(s->edges.list[i].x, s->edges.list[i].y));
    out->room = (int)((double)reach / s->grid.mm_per_px) + 2;
    out->stride = s->field.width + 2 * out->room;
    out->gradient =
        calloc((size_t)out->stride * (size_t)(s->field.height + 2 * out->room) * 2, sizeof(float));
    if (!out->gradient)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int y = 0; y < s->field.height; y++)
        for (int x = 0; x < s->field.width; x++) {
            float *to = out->gradient + 2 * ((ptrdiff_t)(y + out->room) * out->stride + x + out->room);
            to[0] = s->field.gx[y * s->field.width + x];
            to[1] = s->field.gy[y * s->field.width + x];
        }
    return LW_OK;
}

/* Every SPREADth edge first, so that the first few lie all around. */
static void turn_edges(const struct search *s, const struct padded *p, double angle, struct turned_edge *out)
{
    enum { SPREAD = 37 };
    double c = cos(angle), si = sin(angle);
    for (int i = 0, k = 0; i < s->edges.count; i++) {
        const struct edge *e = &s->edges.list[k];
        int x = (int)lround((c * (double)e->x - si * (double)e->y) / s->grid.mm_per_px);
        int y = (int)lround((si * (double)e->x + c * (double)e->y) / s->grid.mm_per_px);
        out[i] = (struct turned_edge){2 * ((ptrdiff_t)-y * p->stride + x),
                                      (float)(c * (double)e->dx - si * (double)e->dy),
                                      (float)(si * (double)e->dx + c * (double)e->dy)};
        k += SPREAD;
        while (k >= s->edges.count)
            k = k - s->edges.count + (s->edges.count % SPREAD == 0);
    }
}

/* The mean of all edges, or less than `least` as soon as the first ones promise no more (as Steger's greedy
 * stop). */
static float quick_score(const float *middle, const struct turned_edge *e, int count, float least)
{
    float sum = 0;
    for (int i = 0; i < count; i++) {
        const float *g = middle + e[i].at;
        sum += g[0] * e[i].dx - g[1] * e[i].dy;
        if ((i + 1) % GREEDY_STEP == 0 && sum < (GREEDY * least) * (float)(i + 1))
            return 0;
    }
    return sum / (float)count;
}

static enum lw_msg search_everywhere(const struct search *s, struct candidate *list, struct lw_error *err)
{
    struct padded p = {0};
    struct turned_edge *e = calloc((size_t)s->edges.count + 1, sizeof *e);
    enum lw_msg rc = e ? pad(s, &p, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    for (int a = 0; a < COARSE_ROTATIONS && !rc; a++) {
        double angle = 2 * LW_PI * a / COARSE_ROTATIONS;
        float least = COARSE_LEAST;
        turn_edges(s, &p, angle, e);
        for (int i = 0; i < CANDIDATES; i++)
            least = i == 0 ? (float)list[0].score : fminf(least, (float)list[i].score);
        least = fmaxf(least, COARSE_LEAST);
        for (int y = 0; y < s->field.height; y++)
            for (int x = 0; x < s->field.width; x++) {
                const float *middle = p.gradient + 2 * ((ptrdiff_t)(y + p.room) * p.stride + x + p.room);
                float score = quick_score(middle, e, s->edges.count, least);
                struct local_mm at = view_local_from_px(&s->grid, x, y);
                if (score > least)
                    keep_candidate(list, (struct candidate){{at.x, at.y, angle}, (double)score}, 20);
            }
    }
    free(p.gradient);
    free(e);
    return rc;
}

/* ---- fine ---- */

/* The rim is where the height is known; the depths of slots shift with the point of view. */
static struct rigid settle(const struct search *s, struct rigid T, double *score)
{
    double whole, rim;
    T = climb(s, T, 2.0, 0.01, 0.3, false, &whole);
    *score = whole;
    if (s->edges.rim_count >= RIM_POINTS_MIN) {
        struct rigid by_rim = climb(s, T, 1.0, 0.004, 0.1, true, &rim);
        if (hypot(by_rim.x_mm - T.x_mm, by_rim.y_mm - T.y_mm) < 8 && rim > 0.5 * whole) {
            *score = fmax(whole, rim * 0.9);
            return by_rim;
        }
    }
    return T;
}

static enum lw_msg answer(const struct search *s, struct rigid T, double score, struct carrier_found *out,
                          struct lw_error *err)
{
    double inside;
    score_pose(s, T, false, &inside);
    if (score < SCORE_MIN)
        return lw_fail(err, LW_MSG_CARRIER_ABSENT, score);
    if (inside < INSIDE_MIN)
        return lw_fail(err, LW_MSG_CARRIER_OFF_BENCH, (1 - inside) * 100);
    *out = (struct carrier_found){{T.x_mm, T.y_mm, remainder(T.angle_rad, 2 * LW_PI)}, score};
    return LW_OK;
}

/* All poses that the coarse search took for this one: the true one stands out by 2 mm and half a degree only, and a climb
 * from far would slide along rows of like slots. */
static struct rigid scan(struct search *s, struct rigid coarse, double *best_score)
{
    enum { SHIFTS = 2, TURNS = 4 }; /* each way */
    const double shift_mm = 0.75 * COARSE_MM / SHIFTS, turn_rad = 1.25 * LW_PI / COARSE_ROTATIONS / TURNS;
    struct rigid best = coarse;
    *best_score = 0;
    s->every = QUICK_EVERY;
    for (int a = -TURNS; a <= TURNS; a++)
        for (int y = -SHIFTS; y <= SHIFTS; y++)
            for (int x = -SHIFTS; x <= SHIFTS; x++) {
                struct rigid T = {coarse.x_mm + x * shift_mm, coarse.y_mm + y * shift_mm, coarse.angle_rad + a * turn_rad};
                double score = score_pose(s, T, false, NULL);
                if (score > *best_score)
                    *best_score = score, best = T;
            }
    s->every = 1;
    return climb(s, best, 1.0, turn_rad / 2, 0.5, false, best_score);
}

enum lw_msg carrier_find(const struct model *m, const struct image *frame,
                         const struct carrier_taught *taught, struct carrier_found *out, struct lw_error *err)
{
    struct search coarse, fine;
    struct candidate list[CANDIDATES] = {0};
    enum lw_msg rc = search_init(&coarse, m, frame, taught, NULL, COARSE_MM, COARSE_POINTS, err);
    rc = rc ? rc : search_everywhere(&coarse, list, err);
    search_finish(&coarse);
    if (rc)
        return rc;
    rc = search_init(&fine, m, frame, taught, NULL, FINE_MM, FINE_POINTS, err);
    struct rigid best = {0};
    double best_score = 0;
    for (int i = 0; !rc && i < CANDIDATES; i++) {
        double score;
        if (list[i].score <= 0)
            continue;
        struct rigid T = scan(&fine, list[i].T, &score);
        if (score > best_score)
            best_score = score, best = T;
    }
    if (!rc && best_score > 0)
        best = settle(&fine, best, &best_score);
    rc = rc ? rc : answer(&fine, best, best_score, out, err);
    search_finish(&fine);
    return rc;
}

enum lw_msg carrier_refine(const struct model *m, const struct image *frame,
                           const struct carrier_taught *taught, struct rigid near, struct carrier_found *out,
                           struct lw_error *err)
{
    struct search fine;
    enum lw_msg rc = search_init(&fine, m, frame, taught, &near, FINE_MM, FINE_POINTS, err);
    struct candidate list[CANDIDATES] = {0};
    struct rigid best = near;
    double best_score = 0;
    fine.every = QUICK_EVERY;
    for (int i = 0; !rc && i < 27; i++) {
        double score;
        int k = (i + 13) % 27; /* where it was, first */
        struct rigid start = {near.x_mm + (k % 3 - 1) * NEAR_MM / 2,
                              near.y_mm + (k / 3 % 3 - 1) * NEAR_MM / 2,
                              near.angle_rad + (k / 9 - 1) * NEAR_RAD / 2};
        struct rigid T = climb(&fine, start, 4.0, 0.02, 2.0, false, &score);
        keep_candidate(list, (struct candidate){T, score}, 4);
        if (score > SURE)
            break;
    }
    fine.every = 1;
    qsort(list, CANDIDATES, sizeof list[0], by_score);
    for (int i = 0; !rc && i < CHOSEN; i++) {
        double score;
        struct rigid T = climb(&fine, list[i].T, 2.0, 0.01, 1.0, false, &score);
        if (list[i].score > 0 && score > best_score)
            best_score = score, best = T;
    }
    if (!rc)
        best = settle(&fine, best, &best_score);
    rc = rc ? rc : answer(&fine, best, best_score, out, err);
    search_finish(&fine);
    return rc;
}
