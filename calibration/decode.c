#include "decode.h"
#include "decode_map.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Well spread pairs; more do not make the model better. */
#define PAIRS_MAX   20000
#define STEP_MIN_PX 4
/* Half width of the neighbourhood that is fitted, camera px: at least this, and so many cells. */
#define REACH_MIN_PX 6
#define REACH_MAX_PX 24
#define REACH_CELLS  1.5
/* A pixel further than this from its neighbourhood's plane is gloss or a wrong code, in cells. */
#define OUTLIER_CELLS 1.5
/* Share of the neighbourhood that must agree, and how well: a cell alone gives 0.29 cells rms. */
#define AGREE_SHARE     0.5
#define AGREE_RMS_CELLS 0.6
/* Fewer bits tell next to nothing of a place: a coarse pattern was lost, or no stripes arrive. */
#define BITS_MIN 5
/* Fewer pairs than this are no success. */
#define PAIRS_MIN 50

/* Places of a neighbourhood as affine functions of the camera px around its middle. */
struct patch {
    double u[3], v[3];
    int count;
    double rms;
};

struct sums {
    double n, x, y, xx, xy, yy, u[3], v[3];
};

static void solve_symmetric(const struct sums *s, const double r[3], double out[3])
{
    double a = s->xx * s->yy - s->xy * s->xy, b = s->xy * s->y - s->x * s->yy,
           c = s->x * s->xy - s->xx * s->y;
    double det = s->n * a + s->x * b + s->y * c;
    double d = s->n * s->yy - s->y * s->y, e = s->x * s->y - s->n * s->xy, f = s->n * s->xx - s->x * s->x;
    out[0] = (a * r[0] + b * r[1] + c * r[2]) / det;
    out[1] = (b * r[0] + d * r[1] + e * r[2]) / det;
    out[2] = (c * r[0] + e * r[1] + f * r[2]) / det;
}

static bool well_spread(const struct sums *s)
{
    double xx = s->n * s->xx - s->x * s->x, yy = s->n * s->yy - s->y * s->y, xy = s->n * s->xy - s->x * s->y;
    return s->n >= 8 && xx * yy - xy * xy > 0.2 * xx * yy && xx > 0 && yy > 0;
}

/* Least squares over the pixels that the fit `from` (NULL: all) does not call outliers. */
static bool fit_once(const struct decode_map *m, int cx, int cy, int reach, const struct patch *from,
                     struct patch *out)
{
    struct sums s = {0};
    double square = 0;
    for (int y = cy - reach; y <= cy + reach; y++)
        for (int x = cx - reach; x <= cx + reach; x++) {
            ptrdiff_t at = (ptrdiff_t)y * m->width + x;
            if (m->column[at] == DECODE_NONE || m->row[at] == DECODE_NONE)
                continue;
            double dx = x - cx, dy = y - cy, u = 0.5 * m->column[at], v = 0.5 * m->row[at];
            if (from) {
                double eu = u - from->u[0] - from->u[1] * dx - from->u[2] * dy;
                double ev = v - from->v[0] - from->v[1] * dx - from->v[2] * dy;
                if (fabs(eu) > OUTLIER_CELLS || fabs(ev) > OUTLIER_CELLS)
                    continue;
                square += eu * eu + ev * ev;
            }
            s.n++;
            s.x += dx, s.y += dy, s.xx += dx * dx, s.xy += dx * dy, s.yy += dy * dy;
            s.u[0] += u, s.u[1] += u * dx, s.u[2] += u * dy;
            s.v[0] += v, s.v[1] += v * dx, s.v[2] += v * dy;
        }
    if (!well_spread(&s))
        return false;
    solve_symmetric(&s, s.u, out->u);
    solve_symmetric(&s, s.v, out->v);
    out->count = (int)s.n;
    out->rms = sqrt(square / (2 * s.n));
    return true;
}

/* Fits, drops what is far off, and fits again; false where the neighbourhood is not one smooth piece. */
static bool fit_patch(const struct decode_map *m, int cx, int cy, int reach, struct patch *out)
{
    struct patch a;
    if (!fit_once(m, cx, cy, reach, NULL, &a) || !fit_once(m, cx, cy, reach, &a, out))
        return false;
    for (int again = 0; again < 2 && out->count < a.count; again++) {
        a = *out;
        if (!fit_once(m, cx, cy, reach, &a, out))
            return false;
        if (out->count == a.count)
            break;
    }
    int area = (2 * reach + 1) * (2 * reach + 1);
    return out->count >= AGREE_SHARE * area && out->rms < AGREE_RMS_CELLS;
}

/* How wide a finest cell is in the camera picture: decoded pixels over cells that were seen. */
static enum lw_msg cell_width_px(const struct decode_map *m, const struct pattern_plan *plan, double *out,
                                 struct lw_error *err)
{
    int columns = (plan->width >> plan->column_skipped) + 1, rows = (plan->height >> plan->row_skipped) + 1;
    uint8_t *seen = calloc((size_t)columns, (size_t)rows);
    if (!seen)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    long cells = 0, pixels = (long)m->width * m->height;
    for (long i = 0; i < pixels; i++)
        if (m->column[i] != DECODE_NONE && m->row[i] != DECODE_NONE) {
            uint8_t *cell = &seen[(ptrdiff_t)(m->row[i] / 2) * columns + m->column[i] / 2];
            cells += !*cell;
            *cell = 1;
        }
    free(seen);
    *out = cells ? sqrt((double)m->decoded / (double)cells) : 1;
    return LW_OK;
}

static void add_pair(const struct patch *p, const struct pattern_plan *plan, int x, int y, int reach,
                     struct decode_result *out)
{
    int area = (2 * reach + 1) * (2 * reach + 1);
    out->pairs[out->count++] = (struct decode_pair){
        .cam = {x, y},
        .proj = {decode_px(2 * p->u[0], plan->column_skipped), decode_px(2 * p->v[0], plan->row_skipped)},
        .weight = (float)p->count / (float)area,
        .scatter = (float)p->rms,
    };
}

static enum lw_msg take_pairs(const struct decode_map *m, const struct pattern_plan *plan,
                              struct decode_result *out, struct lw_error *err)
{
    double cell = 1;
    enum lw_msg rc = cell_width_px(m, plan, &cell, err);
    if (rc)
        return rc;
    int cut = plan->column_bits - m->column_bits > plan->row_bits - m->row_bits
                  ? plan->column_bits - m->column_bits
                  : plan->row_bits - m->row_bits;
    int reach = (int)ceil(REACH_CELLS * cell * (1 << cut));
    reach = reach < REACH_MIN_PX ? REACH_MIN_PX : reach > REACH_MAX_PX ? REACH_MAX_PX : reach;
    int step = (int)ceil(sqrt((double)m->width * m->height / PAIRS_MAX));
    step = step < STEP_MIN_PX ? STEP_MIN_PX : step;
    int most = (m->width / step + 1) * (m->height / step + 1);
    out->pairs = malloc((size_t)most * sizeof *out->pairs);
    if (!out->pairs)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int y = reach; y < m->height - reach; y += step)
        for (int x = reach; x < m->width - reach; x += step) {
            struct patch p;
            ptrdiff_t at = (ptrdiff_t)y * m->width + x;
            if (m->column[at] != DECODE_NONE && m->row[at] != DECODE_NONE && fit_patch(m, x, y, reach, &p))
                add_pair(&p, plan, x, y, reach, out);
        }
    return LW_OK;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

enum lw_msg decode_pairs(const struct pattern_plan *plan, const struct image *captures, int count,
                         struct decode_result *out, struct lw_error *err)
{
    struct decode_map m;
    double began = cpu_ms();
    *out = (struct decode_result){0};
    enum lw_msg rc = decode_map_make(plan, captures, count, &m, err);
    if (rc)
        return rc;
    out->decode_ms = cpu_ms() - began;
    double pixels = (double)m.width * m.height;
    out->lit_share = (double)m.lit / pixels;
    out->decoded_share = m.lit ? (double)m.decoded / (double)m.lit : 0;
    out->column_bits_used = m.column_bits;
    out->row_bits_used = m.row_bits;
    const double lit_min = 0.01; /* of the picture: less is a reflection somewhere */
    if (out->lit_share < lit_min)
        rc = lw_fail(err, LW_MSG_LIGHT_NOT_SEEN);
    else if (m.column_bits < BITS_MIN || m.row_bits < BITS_MIN)
        rc = lw_fail(err, LW_MSG_LIGHT_UNREADABLE, 0.0);
    else
        rc = take_pairs(&m, plan, out, err);
    if (!rc && out->count < PAIRS_MIN)
        rc = lw_fail(err, LW_MSG_LIGHT_UNREADABLE, 100 * out->decoded_share);
    decode_map_finish(&m);
    out->pairs_ms = cpu_ms() - began - out->decode_ms;
    if (rc) {
        free(out->pairs);
        out->pairs = NULL;
        out->count = 0;
    }
    return rc;
}

void decode_finish(struct decode_result *r)
{
    free(r->pairs);
    *r = (struct decode_result){0};
}
