#include "decode_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A bit is sure when pattern and inverse differ by this share of white - black (of 256) … */
#define SURE_SHARE 20
/* … and by at least this (grey levels), and this multiple of the measured noise of such a difference. */
#define SURE_MIN    2
#define SURE_SIGMAS 1
/* Noise assumed where it can't be measured (no inverses), grey levels. */
#define NOISE_DEFAULT 1.5
/* The finest bit is cut when fewer lit pixels than this are sure of it: it is noise then. */
#define RESOLVED_SHARE 0.25
/* So many of the finest bits may be unsure in a single pixel: its place is then known to 4 cells. */
#define COARSER_MAX 2
/* A capture that differs from the one before by less than this share of white less black, on average, is the same picture:
 * Gray code changes half of the pixels from one to the next. Sought in every so-many-th row and column. */
#define DOUBLED_SHARE 0.06
#define DOUBLED_ROWS  48
#define DOUBLED_EVERY 4
/* Resolution is judged on every so-many-th row. */
#define JUDGE_ROWS 16
#define BITS_MAX   14

/* What decides one bit: sign of (positive - negative). A NULL negative stands for the mean of white and
 * black. */
struct bit_source {
    const struct image *positive, *negative;
    bool flipped; /* only the inverse was captured */
};

struct axis {
    struct bit_source bits[BITS_MAX];
    int used, planned;
    int limit;       /* half cells of the projector's picture */
    uint16_t *table; /* Gray code to half cells */
};

struct decoder {
    const struct image *captures;
    int count, width, height;
    const struct image *white, *black; /* NULL: lost */
    struct axis column, row;
    int sure_min; /* grey levels, from the measured noise */
    uint64_t doubled; /* captures that show what the one before shows: as good as lost */
    uint8_t *buffer;
};

/* One row of the picture while it is decoded; each points at `width` bytes. */
struct scan {
    uint8_t *white, *black, *mean, *floor, *half_floor, *lit, *high, *low, *unsure_high, *unsure_low;
};
#define SCAN_ROWS 10

static const struct image *captured(const struct decoder *d, int index)
{
    return index < d->count && d->captures[index].data && !(d->doubled >> index & 1) ? &d->captures[index] : NULL;
}

/* Mean difference of two captures where the projector lights; the mean of white less black there in *light. */
static double mean_difference(const struct decoder *d, const struct image *a, const struct image *b, double *light)
{
    const struct image *white = captured(d, 0), *black = captured(d, 1);
    long count = 0, sum = 0, lit = 0;
    for (int y = JUDGE_ROWS / 2; y < d->height; y += DOUBLED_ROWS) {
        const uint8_t *p = image_row(a, y), *q = image_row(b, y), *w = image_row(white, y), *k = image_row(black, y);
        for (int x = 0; x < d->width; x += DOUBLED_EVERY) {
            if (w[x] - k[x] < DECODE_LIT_MIN)
                continue;
            sum += abs(p[x] - q[x]);
            lit += w[x] - k[x];
            count++;
        }
    }
    *light = count ? (double)lit / (double)count : 0;
    return count ? (double)sum / (double)count : INFINITY;
}

/* A frozen or late camera gives the same picture twice: the second one says nothing. */
static void find_doubled(struct decoder *d)
{
    if (!captured(d, 0) || !captured(d, 1))
        return;
    for (int i = 2; i < d->count && i < 64; i++) {
        double light;
        if (d->captures[i].data && d->captures[i - 1].data &&
            mean_difference(d, &d->captures[i], &d->captures[i - 1], &light) < DOUBLED_SHARE * light)
            d->doubled |= UINT64_C(1) << i;
    }
    if (2 * __builtin_popcountll(d->doubled) > d->count)
        d->doubled = 0; /* not the camera: no stripes arrive at all */
}

static void collect_bits(struct decoder *d, const struct pattern_plan *plan)
{
    d->white = captured(d, 0);
    d->black = captured(d, 1);
    for (int i = 0; i < pattern_count(plan); i++) {
        struct pattern p = pattern_at(plan, i);
        if (p.role != PATTERN_COLUMN && p.role != PATTERN_ROW)
            continue;
        struct axis *a = p.role == PATTERN_COLUMN ? &d->column : &d->row;
        *(p.inverse ? &a->bits[p.bit].negative : &a->bits[p.bit].positive) = captured(d, i);
    }
    struct axis *both[] = {&d->column, &d->row};
    for (int k = 0; k < 2; k++) {
        struct axis *a = both[k];
        for (a->used = 0; a->used < a->planned; a->used++) {
            struct bit_source *b = &a->bits[a->used];
            if (!b->positive && b->negative) {
                b->positive = b->negative;
                b->negative = NULL;
                b->flipped = true;
            }
            if (!b->positive)
                break; /* finer bits mean nothing without this one */
        }
    }
}

static enum lw_msg check_sizes(struct decoder *d, struct lw_error *err)
{
    for (int i = 0; i < d->count; i++) {
        const struct image *im = captured(d, i);
        if (!im)
            continue;
        if (im->format != IMAGE_GRAY8)
            return lw_fail(err, LW_MSG_PATTERN_PICTURES, "not grey");
        if (d->width && (im->width != d->width || im->height != d->height))
            return lw_fail(err, LW_MSG_PATTERN_PICTURES, "sizes differ");
        d->width = im->width;
        d->height = im->height;
    }
    return d->width ? LW_OK : lw_fail(err, LW_MSG_PATTERN_LOST);
}

static void widen(const struct image *im, int y, bool brightest, uint8_t *row, int n)
{
    const uint8_t *in = image_row(im, y);
    for (int x = 0; x < n; x++)
        row[x] = (in[x] > row[x]) == brightest ? in[x] : row[x];
}

/* White and black as captured, or, where lost, the brightest and darkest of all patterns. */
static void load_extreme(const struct decoder *d, int y, const struct image *captured_one, bool brightest,
                         uint8_t *row)
{
    if (captured_one) {
        memcpy(row, image_row(captured_one, y), (size_t)d->width);
        return;
    }
    memset(row, brightest ? 0 : 255, (size_t)d->width);
    for (int i = 2; i < d->count; i++)
        if (captured(d, i))
            widen(&d->captures[i], y, brightest, row, d->width);
}

static void judge_light(const struct scan *s, int n, int sure_min)
{
    const uint8_t *restrict w = s->white, *restrict b = s->black;
    uint8_t *restrict mean = s->mean, *restrict fl = s->floor, *restrict half = s->half_floor,
                      *restrict lit = s->lit;
    for (int x = 0; x < n; x++) {
        int range = w[x] > b[x] ? w[x] - b[x] : 0, least = range * SURE_SHARE >> 8;
        mean[x] = (uint8_t)((w[x] + b[x] + 1) >> 1);
        fl[x] = (uint8_t)(least > sure_min ? least : sure_min);
        half[x] = (uint8_t)(fl[x] >> 1);
        lit[x] = range >= DECODE_LIT_MIN;
    }
}

/* Shifts the next bit into `code` and `unsure`, all pixels of a row at once (the compiler makes 16 lanes of
 * it). */
static void shift_in(const uint8_t *restrict p, const uint8_t *restrict q, const uint8_t *restrict least,
                     uint8_t flip, uint8_t *restrict code, uint8_t *restrict unsure, int n)
{
    for (int x = 0; x < n; x++) {
        uint8_t hi = p[x] > q[x] ? p[x] : q[x], lo = p[x] > q[x] ? q[x] : p[x];
        uint8_t bit = (uint8_t)((hi != q[x]) ^ flip), weak = (uint8_t)(hi - lo) < least[x];
        code[x] = (uint8_t)(code[x] + code[x] + bit);
        unsure[x] = (uint8_t)(unsure[x] + unsure[x] + weak);
    }
}

static void scan_axis(const struct axis *a, int y, const struct scan *s, int n)
{
    memset(s->high, 0, (size_t)n);
    memset(s->low, 0, (size_t)n);
    memset(s->unsure_high, 0, (size_t)n);
    memset(s->unsure_low, 0, (size_t)n);
    for (int b = 0; b < a->used; b++) {
        const struct bit_source *src = &a->bits[b];
        bool high = b < a->used - 8;
        const uint8_t *against = src->negative ? image_row(src->negative, y) : s->mean;
        shift_in(image_row(src->positive, y), against, src->negative ? s->floor : s->half_floor, src->flipped,
                 high ? s->high : s->low, high ? s->unsure_high : s->unsure_low, n);
    }
}

static unsigned binary_from_gray(unsigned g)
{
    for (int shift = 1; shift < 16; shift *= 2)
        g ^= g >> shift;
    return g;
}

/* The place of a pixel that is not sure of some bits, in half cells of the used code, or DECODE_NONE.
 * Between two cells exactly one bit changes, and all finer bits then read 1 0 0 …: an unsure bit with these
 * below it is the border of two cells; with anything else below it the pixel sees two places at once, or
 * gloss. */
static unsigned place_unsure(unsigned gray, unsigned unsure, int bits)
{
    int coarser = 0;
    while (unsure >> coarser & 1)
        coarser++;
    if (coarser > COARSER_MAX || coarser >= bits)
        return DECODE_NONE;
    unsigned rest = unsure >> coarser, code = gray >> coarser;
    if (rest == 0)
        return (2 * binary_from_gray(code) + 1) << coarser;
    if (rest & (rest - 1) || coarser == COARSER_MAX) /* a border of coarse cells is known to two of them */
        return DECODE_NONE;
    unsigned finer = code & (rest - 1);
    if (finer != rest >> 1)
        return DECODE_NONE;
    unsigned a = binary_from_gray(code & ~rest), b = binary_from_gray(code | rest);
    return (2 * (a > b ? a : b)) << coarser;
}

static void place_row(const struct axis *a, const struct scan *s, int n, uint16_t *restrict out)
{
    int cut = a->planned - a->used;
    for (int x = 0; x < n; x++) {
        if (!s->lit[x]) {
            out[x] = DECODE_NONE;
            continue;
        }
        unsigned gray = (unsigned)s->high[x] << 8 | s->low[x];
        unsigned unsure = (unsigned)s->unsure_high[x] << 8 | s->unsure_low[x], place = a->table[gray];
        if (unsure) {
            place = place_unsure(gray, unsure, a->used);
            if (place != DECODE_NONE)
                place <<= cut;
        }
        out[x] = (uint16_t)(place < (unsigned)a->limit ? place : DECODE_NONE);
    }
}

static bool make_table(struct axis *a)
{
    a->table = malloc(sizeof *a->table << a->used);
    for (unsigned g = 0; a->table && g < 1u << a->used; g++)
        a->table[g] = (uint16_t)((2 * binary_from_gray(g) + 1) << (a->planned - a->used));
    return a->table != NULL;
}

/* A pattern and its inverse add up to white and black, but for noise: the median of what is left, over the
 * rows that are judged, gives the noise of one picture, and by that the least difference that means
 * something. */
static void judge_noise(struct decoder *d)
{
    const struct bit_source *b = &d->column.bits[0];
    long count = 0, histogram[256] = {0};
    double noise = NOISE_DEFAULT;
    if (d->white && d->black && b->negative) {
        for (int y = JUDGE_ROWS / 2; y < d->height; y += JUDGE_ROWS) {
            const uint8_t *w = image_row(d->white, y), *k = image_row(d->black, y);
            const uint8_t *p = image_row(b->positive, y), *q = image_row(b->negative, y);
            for (int x = 0; x < d->width; x++)
                if (w[x] - k[x] >= DECODE_LIT_MIN && w[x] < 250) {
                    int left = abs(p[x] + q[x] - w[x] - k[x]);
                    histogram[left < 255 ? left : 255]++;
                    count++;
                }
        }
        long below = 0;
        int median = 0;
        while (median < 255 && 2 * (below + histogram[median]) < count)
            below += histogram[median++];
        /* inside the median's own grey level; four pictures add up; a median is 0.6745 sigma */
        double inside =
            histogram[median] ? (0.5 * (double)count - (double)below) / (double)histogram[median] : 0;
        noise = (median + inside - 0.5) / (2 * 0.6745);
    }
    int least = (int)lround(SURE_SIGMAS * sqrt(2) * noise);
    d->sure_min = least > SURE_MIN ? least : SURE_MIN;
}

/* Cuts the finest bits that hardly any lit pixel is sure of. */
static void judge_resolution(struct decoder *d, const struct scan *s)
{
    long lit = 0, sure[2][BITS_MAX] = {{0}};
    struct axis *axes[] = {&d->column, &d->row};
    for (int y = JUDGE_ROWS / 2; y < d->height; y += JUDGE_ROWS) {
        load_extreme(d, y, d->white, true, s->white);
        load_extreme(d, y, d->black, false, s->black);
        judge_light(s, d->width, d->sure_min);
        for (int k = 0; k < 2; k++) {
            scan_axis(axes[k], y, s, d->width);
            for (int x = 0; x < d->width; x++) {
                if (!s->lit[x])
                    continue;
                lit += k == 0;
                unsigned unsure = (unsigned)s->unsure_high[x] << 8 | s->unsure_low[x];
                for (int b = 0; b < axes[k]->used; b++)
                    sure[k][b] += !(unsure >> (axes[k]->used - 1 - b) & 1);
            }
        }
    }
    for (int k = 0; k < 2; k++)
        while (axes[k]->used > 1 && (double)sure[k][axes[k]->used - 1] < RESOLVED_SHARE * (double)lit)
            axes[k]->used--;
}

static void decode_rows(struct decoder *d, const struct scan *s, struct decode_map *out)
{
    for (int y = 0; y < d->height; y++) {
        uint16_t *column = out->column + (ptrdiff_t)y * d->width, *row = out->row + (ptrdiff_t)y * d->width;
        load_extreme(d, y, d->white, true, s->white);
        load_extreme(d, y, d->black, false, s->black);
        judge_light(s, d->width, d->sure_min);
        scan_axis(&d->column, y, s, d->width);
        place_row(&d->column, s, d->width, column);
        scan_axis(&d->row, y, s, d->width);
        place_row(&d->row, s, d->width, row);
        int lit = 0, both = 0;
        for (int x = 0; x < d->width; x++) {
            lit += s->lit[x];
            both += (column[x] != DECODE_NONE) & (row[x] != DECODE_NONE);
        }
        out->lit += lit;
        out->decoded += both;
    }
}

static int half_cells(int size, int skipped)
{
    return 2 * ((size + (1 << skipped) - 1) >> skipped);
}

static enum lw_msg prepare(struct decoder *d, const struct pattern_plan *plan, struct scan *s,
                           struct decode_map *out, struct lw_error *err)
{
    d->column.planned = plan->column_bits;
    d->row.planned = plan->row_bits;
    d->column.limit = half_cells(plan->width, plan->column_skipped);
    d->row.limit = half_cells(plan->height, plan->row_skipped);
    if (d->count != pattern_count(plan) || plan->column_bits > BITS_MAX || plan->row_bits > BITS_MAX)
        return lw_fail(err, LW_MSG_PATTERN_PICTURES, "their number");
    enum lw_msg rc = check_sizes(d, err);
    if (rc)
        return rc;
    find_doubled(d);
    collect_bits(d, plan);
    if (!d->column.used || !d->row.used)
        return lw_fail(err, LW_MSG_PATTERN_LOST);
    size_t pixels = (size_t)d->width * (size_t)d->height;
    d->buffer = malloc(SCAN_ROWS * (size_t)d->width);
    out->width = d->width;
    out->height = d->height;
    out->column = malloc(pixels * sizeof *out->column);
    out->row = malloc(pixels * sizeof *out->row);
    if (!d->buffer || !out->column || !out->row)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    uint8_t **rows[SCAN_ROWS] = {&s->white, &s->black, &s->mean, &s->floor,       &s->half_floor,
                                 &s->lit,   &s->high,  &s->low,  &s->unsure_high, &s->unsure_low};
    for (int i = 0; i < SCAN_ROWS; i++)
        *rows[i] = d->buffer + (ptrdiff_t)i * d->width;
    return LW_OK;
}

enum lw_msg decode_map_make(const struct pattern_plan *plan, const struct image *captures, int count,
                            struct decode_map *out, struct lw_error *err)
{
    struct decoder d = {.captures = captures, .count = count};
    struct scan s;
    *out = (struct decode_map){0};
    enum lw_msg rc = prepare(&d, plan, &s, out, err);
    if (!rc) {
        judge_noise(&d);
        judge_resolution(&d, &s);
        if (!make_table(&d.column) || !make_table(&d.row))
            rc = lw_fail(err, LW_MSG_NO_MEMORY);
    }
    if (!rc) {
        decode_rows(&d, &s, out);
        out->column_bits = d.column.used;
        out->row_bits = d.row.used;
    }
    free(d.column.table);
    free(d.row.table);
    free(d.buffer);
    if (rc)
        decode_map_finish(out);
    return rc;
}

void decode_map_finish(struct decode_map *m)
{
    free(m->column);
    free(m->row);
    *m = (struct decode_map){0};
}
