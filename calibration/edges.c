#include "edges.h"

#include "fit.h"
#include "plane.h"

#include <stdlib.h>
#include <string.h>

/* Scan lines across each side, and the most edges kept of one. */
#define SCANS_MAX 96
#define PEAKS_MAX 16
/* Half width of the step that is looked for, px. */
#define STEP_REACH 3
/* A step counts from this share of the picture's range of greys (5th to 95th percentile). */
#define STEP_SHARE 0.05
/* An edge supports a line when it lies this near, px. */
#define SUPPORT_PX 1.5
/* Scan lines that must see a side: tubs may hide the rest. */
#define SUPPORT_MIN 0.2
#define TRIES       20000
#define LINES_KEPT  6
/* Lenses bend a side by at most this share of its length. */
#define BULGE_MAX 0.03
#define SLOPE_MAX 0.6
/* Share of the pairs on the bench plane that must lie on the inner side of a line. */
#define INNER_SHARE 0.985
/* Two lines nearer than this are one, px. */
#define SAME_LINE_PX   5.0
#define CONFIDENCE_MIN 0.65

enum side { SIDE_TOP = 0, SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT };

struct peak {
    double at; /* px along the scan line */
    bool rising;
    float step;
};

struct scan {
    double across; /* px: which column (top, bottom) or row (left, right) */
    struct peak peaks[PEAKS_MAX];
    int count;
};

/* at = c0 + c1 s + c2 s², s = (across - middle) / half, so that -1..1 spans the scan lines. */
struct curve {
    double c[3], middle, half;
    double support, step, score; /* shares of the scan lines; mean grey levels */
    double closeness;            /* support, each edge by how near it lies (MSAC, Torr and Zisserman 2000) */
};

struct finder {
    const struct image *picture;
    struct cam_px *flat; /* pairs on the bench plane */
    int flat_count;
    double low_x, high_x, low_y, high_y; /* where nearly all of these lie */
    double step_min;
    struct scan *scans;
    int scan_count;
    struct curve curves[4][LINES_KEPT];
    int curve_count[4];
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double grey(const struct finder *f, bool vertical, int across, int along)
{
    const struct image *im = f->picture;
    double sum = 0;
    for (int k = -1; k <= 1; k++)
        sum += vertical ? image_row(im, along)[across + k] : image_row(im, across + k)[along];
    return sum / 3;
}

/* Keeps the strongest. */
static void add_peak(struct scan *scan, struct peak p)
{
    if (scan->count < PEAKS_MAX) {
        scan->peaks[scan->count++] = p;
        return;
    }
    int weakest = 0;
    for (int i = 1; i < PEAKS_MAX; i++)
        if (scan->peaks[i].step < scan->peaks[weakest].step)
            weakest = i;
    if (scan->peaks[weakest].step < p.step)
        scan->peaks[weakest] = p;
}

/* Positions on one scan line where the grey steps most. */
static void scan_line(const struct finder *f, bool vertical, int across, int from, int to, struct scan *out)
{
    double step[8192] = {0}, line[8192];
    out->across = across;
    out->count = 0;
    if (to - from > 8190)
        return;
    for (int i = from; i < to; i++)
        line[i - from] = grey(f, vertical, across, i);
    int n = to - from;
    for (int i = STEP_REACH; i < n - STEP_REACH; i++)
        for (int k = 1; k <= STEP_REACH; k++)
            step[i] += (line[i + k] - line[i - k]) / STEP_REACH;
    for (int i = STEP_REACH + 1; i < n - STEP_REACH - 1; i++) {
        double a = fabs(step[i - 1]), b = fabs(step[i]), c = fabs(step[i + 1]);
        if (b < f->step_min || b < a || b <= c)
            continue;
        double bend = a - 2 * b + c, shift = bend < 0 ? 0.5 * (a - c) / bend : 0;
        add_peak(out, (struct peak){from + i + shift, step[i] > 0, (float)b});
    }
}

static void scan_side(struct finder *f, enum side side)
{
    bool vertical = side == SIDE_TOP || side == SIDE_BOTTOM;
    double low = vertical ? f->low_x : f->low_y, high = vertical ? f->high_x : f->high_y;
    double middle = vertical ? (f->low_y + f->high_y) / 2 : (f->low_x + f->high_x) / 2;
    int end = vertical ? f->picture->height : f->picture->width,
        limit = vertical ? f->picture->width : f->picture->height;
    bool outwards_low = side == SIDE_TOP || side == SIDE_LEFT;
    f->scan_count = 0;
    for (int i = 0; i < SCANS_MAX; i++) {
        int across = (int)(low + (high - low) * i / (SCANS_MAX - 1));
        if (across < 1 || across >= limit - 1)
            continue;
        scan_line(f, vertical, across, outwards_low ? 0 : (int)middle, outwards_low ? (int)middle : end,
                  &f->scans[f->scan_count++]);
    }
}

static double curve_at(const struct curve *c, double across)
{
    double s = (across - c->middle) / c->half;
    return c->c[0] + s * (c->c[1] + s * c->c[2]);
}

static bool sensible(const struct curve *c)
{
    return fabs(c->c[1]) < SLOPE_MAX * c->half && fabs(c->c[2]) < 2 * BULGE_MAX * c->half;
}

/* Least squares over the supporting edges near the curve; also counts them. */
static int support_of(const struct finder *f, const struct curve *c, bool rising, struct curve *refined)
{
    double a[9] = {0}, b[3] = {0}, step = 0, closeness = 0;
    int count = 0;
    for (int i = 0; i < f->scan_count; i++) {
        const struct scan *scan = &f->scans[i];
        double want = curve_at(c, scan->across), s = (scan->across - c->middle) / c->half;
        for (int k = 0; k < scan->count; k++) {
            double off = (scan->peaks[k].at - want) / SUPPORT_PX;
            if (scan->peaks[k].rising != rising || fabs(off) > 1)
                continue;
            count++;
            closeness += 1 - off * off;
            step += scan->peaks[k].step;
            const double t[3] = {1, s, s * s};
            for (int r = 0; refined && r < 3; r++) {
                for (int q = 0; q < 3; q++)
                    a[3 * r + q] += t[r] * t[q];
                b[r] += t[r] * scan->peaks[k].at;
            }
            break;
        }
    }
    if (refined && count >= 6) {
        a[8] += 0.5; /* a straight line where little is seen */
        *refined = *c;
        if (linear_solve(a, b, 3))
            memcpy(refined->c, b, sizeof b);
        refined->support = (double)count / f->scan_count;
        refined->step = step / count;
        refined->closeness = closeness / f->scan_count;
    }
    return count;
}

/* Nearly all of the bench plane's pairs lie on the inner side. */
static bool encloses(const struct finder *f, const struct curve *c, enum side side)
{
    bool vertical = side == SIDE_TOP || side == SIDE_BOTTOM,
         outwards_low = side == SIDE_TOP || side == SIDE_LEFT;
    int inner = 0;
    for (int i = 0; i < f->flat_count; i++) {
        double across = vertical ? f->flat[i].x : f->flat[i].y, at = vertical ? f->flat[i].y : f->flat[i].x;
        inner += outwards_low ? at > curve_at(c, across) - 2 : at < curve_at(c, across) + 2;
    }
    return inner >= INNER_SHARE * f->flat_count;
}

/* Of one line seen in several ways the closest stays: a tub that juts out over the edge bends the line until it is near
 * both, which more edges may support. */
static void keep(struct curve *kept, int *count, const struct curve *c)
{
    int at = *count;
    for (int i = 0; i < *count; i++)
        if (fabs(kept[i].c[0] - c->c[0]) + fabs(kept[i].c[1] - c->c[1]) < SAME_LINE_PX) {
            if (kept[i].closeness < c->closeness)
                kept[i] = *c;
            return;
        }
    if (at == LINES_KEPT) {
        at = 0;
        for (int i = 1; i < LINES_KEPT; i++)
            if (kept[i].score < kept[at].score)
                at = i;
        if (kept[at].score >= c->score)
            return;
    } else {
        ++*count;
    }
    kept[at] = *c;
}

static int next_random(uint64_t *state, int below)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((*state >> 33) % (uint64_t)below);
}

/* The stronger of two drawn at random: grain gives many weak edges, sides few strong ones. */
static const struct peak *draw_peak(const struct scan *scan, uint64_t *state)
{
    const struct peak *a = &scan->peaks[next_random(state, scan->count)];
    const struct peak *b = &scan->peaks[next_random(state, scan->count)];
    return a->step > b->step ? a : b;
}

static bool through_three(const struct finder *f, uint64_t *state, struct curve *c, bool *rising)
{
    double a[9], b[3];
    for (int k = 0; k < 3; k++) { /* one of each third, so that the three tell the bend */
        const struct scan *scan = &f->scans[k * f->scan_count / 3 + next_random(state, f->scan_count / 3)];
        if (!scan->count)
            return false;
        const struct peak *p = draw_peak(scan, state);
        if (k > 0 && p->rising != *rising)
            return false;
        *rising = p->rising;
        double s = (scan->across - c->middle) / c->half;
        a[3 * k] = 1, a[3 * k + 1] = s, a[3 * k + 2] = s * s;
        b[k] = p->at;
    }
    if (!linear_solve(a, b, 3))
        return false;
    memcpy(c->c, b, sizeof b);
    return sensible(c);
}

/* Lines of one side by RANSAC, best first by support and strength. */
static void find_curves(struct finder *f, enum side side)
{
    uint64_t state = 1;
    bool vertical = side == SIDE_TOP || side == SIDE_BOTTOM, rising = false;
    double low = vertical ? f->low_x : f->low_y, high = vertical ? f->high_x : f->high_y;
    struct curve c = {.middle = (low + high) / 2, .half = (high - low) / 2}, fine, finest;
    scan_side(f, side);
    if (f->scan_count < 12)
        return;
    for (int i = 0; i < TRIES; i++) {
        if (!through_three(f, &state, &c, &rising) ||
            support_of(f, &c, rising, NULL) < SUPPORT_MIN * f->scan_count)
            continue;
        fine = c;
        support_of(f, &c, rising, &fine);
        finest = fine;
        support_of(f, &fine, rising, &finest);
        finest.score = finest.support * fmin(1, finest.step / (4 * f->step_min));
        if (finest.support >= SUPPORT_MIN && sensible(&finest) && encloses(f, &finest, side))
            keep(f->curves[side], &f->curve_count[side], &finest);
    }
}

/* Where a column curve (top, bottom: y of x) and a row curve (left, right: x of y) meet. */
static struct cam_px meet(const struct curve *horizontal, const struct curve *upright)
{
    struct cam_px p = {upright->middle, horizontal->middle};
    p.x = upright->c[0];
    for (int i = 0; i < 20; i++) {
        p.y = curve_at(horizontal, p.x);
        p.x = curve_at(upright, p.y);
    }
    return p;
}

/* Corners in the person's order from top left, top right, bottom right, bottom left of the picture. */
static void order_corners(const struct cam_px seen[4], enum person_side side, struct cam_px out[4])
{
    static const int first[4][4] = {[PERSON_BOTTOM] = {3, 2, 1, 0},
                                    [PERSON_TOP] = {1, 0, 3, 2},
                                    [PERSON_LEFT] = {0, 3, 2, 1},
                                    [PERSON_RIGHT] = {2, 1, 0, 3}};
    for (int i = 0; i < 4; i++)
        out[i] = seen[first[side][i]];
}

/* Lens distortion moves corners, so that even the right ones miss a rectangle by a few sigmas. */
#define COST_SCALE 30.0

static double rate(const struct finder *f, const int pick[4], struct solve_input *in, enum person_side person)
{
    const struct curve *top = &f->curves[SIDE_TOP][pick[0]], *bottom = &f->curves[SIDE_BOTTOM][pick[1]];
    const struct curve *left = &f->curves[SIDE_LEFT][pick[2]], *right = &f->curves[SIDE_RIGHT][pick[3]];
    const struct cam_px seen[4] = {meet(top, left), meet(top, right), meet(bottom, right),
                                   meet(bottom, left)};
    order_corners(seen, person, in->corners);
    double cost = fit_rectangle_cost(in);
    return (top->score + bottom->score + left->score + right->score) / 4 / (1 + cost / COST_SCALE);
}

/* The four lines that together are seen best and make a rectangle of the bench's proportions. `margin`: how
 * much worse the best of the really different choices is. */
static double choose(const struct finder *f, struct solve_input *in, enum person_side person, double *margin)
{
    double best = 0, second = 0;
    struct cam_px corners[4] = {{0}};
    int pick[4];
    for (int pass = 0; pass < 2; pass++)
        for (pick[0] = 0; pick[0] < f->curve_count[0]; pick[0]++)
            for (pick[1] = 0; pick[1] < f->curve_count[1]; pick[1]++)
                for (pick[2] = 0; pick[2] < f->curve_count[2]; pick[2]++)
                    for (pick[3] = 0; pick[3] < f->curve_count[3]; pick[3]++) {
                        double value = rate(f, pick, in, person), apart = 0;
                        for (int i = 0; i < 4; i++)
                            apart = fmax(apart, hypot(in->corners[i].x - corners[i].x,
                                                      in->corners[i].y - corners[i].y));
                        if (pass == 0 && value > best) {
                            best = value;
                            memcpy(corners, in->corners, sizeof corners);
                        } else if (pass == 1 && apart > 2 * SAME_LINE_PX && value > second) {
                            second = value;
                        }
                    }
    memcpy(in->corners, corners, sizeof corners);
    *margin = best > 0 ? 1 - second / best : 0;
    return best;
}

static double percentile_grey(const struct image *im, double share)
{
    long histogram[256] = {0}, seen = 0, want = (long)(share * (double)im->width * im->height);
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++)
            histogram[image_row(im, y)[x]]++;
    for (int g = 0; g < 256; g++)
        if ((seen += histogram[g]) > want)
            return g;
    return 255;
}

static enum lw_msg take_flat(struct finder *f, const struct decode_result *pairs, struct lw_error *err)
{
    size_t n = (size_t)pairs->count + 1;
    bool *on = calloc(n, sizeof *on);
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    struct homography H;
    enum lw_msg rc = on && x && y && f->flat && f->scans ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    if (!rc && plane_find(pairs->pairs, pairs->count, 2.0, &H, on) < 50)
        rc = lw_fail(err, LW_MSG_EDGES_UNSURE, _("too little of it is flat and lit"));
    for (int i = 0; !rc && i < pairs->count; i++)
        if (on[i]) {
            x[f->flat_count] = pairs->pairs[i].cam.x;
            y[f->flat_count] = pairs->pairs[i].cam.y;
            f->flat[f->flat_count++] = pairs->pairs[i].cam;
        }
    if (!rc) {
        qsort(x, (size_t)f->flat_count, sizeof *x, by_size);
        qsort(y, (size_t)f->flat_count, sizeof *y, by_size);
        int low = f->flat_count / 50, high = f->flat_count - 1 - low;
        f->low_x = x[low], f->high_x = x[high], f->low_y = y[low], f->high_y = y[high];
    }
    free(on);
    free(x);
    free(y);
    return rc;
}

static enum lw_msg find(struct finder *f, struct solve_input *in, enum person_side side, double *confidence,
                        struct lw_error *err)
{
    double margin = 0, range = percentile_grey(f->picture, 0.95) - percentile_grey(f->picture, 0.05);
    f->step_min = fmax(4, STEP_SHARE * range);
    static const char *const names[4] = {N_("the upper one"), N_("the lower one"), N_("the left one"),
                                         N_("the right one")};
    for (int s = 0; s < 4; s++) {
        find_curves(f, (enum side)s);
        if (!f->curve_count[s])
            return lw_fail(err, LW_MSG_EDGES_UNSURE, lw_words(names[s]));
    }
    double best = choose(f, in, side, &margin);
    /* sure: well seen, of the right proportions, and nothing else nearly as good */
    *confidence = fmin(1, 2 * best) * fmin(1, 0.4 + 4 * margin);
    if (*confidence < CONFIDENCE_MIN)
        return lw_fail(err, LW_MSG_EDGES_UNSURE, _("several lines could be them"));
    return LW_OK;
}

enum lw_msg edges_find_corners(const struct image *white, const struct decode_result *pairs,
                               enum person_side side, double width_mm, double depth_mm,
                               struct cam_px corners[4], double *confidence, struct lw_error *err)
{
    struct finder f = {.picture = white};
    struct solve_input in = {.camera_width = white->width,
                             .camera_height = white->height,
                             .bench_width_mm = width_mm,
                             .bench_depth_mm = depth_mm};
    *confidence = 0;
    if (white->format != IMAGE_GRAY8)
        return lw_fail(err, LW_MSG_PATTERN_PICTURES, "not grey");
    f.flat = malloc(((size_t)pairs->count + 1) * sizeof *f.flat);
    f.scans = malloc(SCANS_MAX * sizeof *f.scans);
    enum lw_msg rc = take_flat(&f, pairs, err);
    if (!rc)
        rc = find(&f, &in, side, confidence, err);
    if (!rc)
        memcpy(corners, in.corners, sizeof in.corners);
    free(f.flat);
    free(f.scans);
    return rc;
}
