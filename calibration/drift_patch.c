/* Pieces of the bench that are found again. */
#include "drift.h"
#include "plane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HALF (DRIFT_PATCH_PX / 2)
#define AREA (DRIFT_PATCH_PX * DRIFT_PATCH_PX)
/* Every so many px a piece is looked at; the picture is cut into cells of so many px, each gives its best. */
#define STEP_PX 4
#define CELL_PX 56
/* The weaker of a piece's two gradients (grey levels a px, rms): less is noise. */
#define GRADIENT_MIN 1.2
/* Alike enough to be the piece (normalised correlation). */
#define ALIKE_MIN 0.8
#define VERSION   "lichtwijzer drift patches 1"

/* Root mean square gradient along the piece's weaker direction. */
static double weaker_gradient(const struct image *im, int x, int y)
{
    double xx = 0, xy = 0, yy = 0;
    for (int v = -HALF; v <= HALF; v++) {
        const uint8_t *row = image_row(im, y + v), *up = image_row(im, y + v - 1), *down = image_row(im, y + v + 1);
        for (int u = x - HALF; u <= x + HALF; u++) {
            double gx = (row[u + 1] - row[u - 1]) / 2.0, gy = (down[u] - up[u]) / 2.0;
            xx += gx * gx, xy += gx * gy, yy += gy * gy;
        }
    }
    double mean = (xx + yy) / 2, off = sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
    return sqrt(fmax(0, mean - off) / AREA);
}

static void cut(const struct image *im, int x, int y, uint8_t *grey)
{
    for (int v = 0; v < DRIFT_PATCH_PX; v++)
        memcpy(grey + (ptrdiff_t)v * DRIFT_PATCH_PX, image_row(im, y - HALF + v) + x - HALF, DRIFT_PATCH_PX);
}

struct best {
    double gradient;
    int x, y;
    struct bench_mm bench;
};

static int strongest_first(const void *a, const void *b)
{
    double x = ((const struct best *)a)->gradient, y = ((const struct best *)b)->gradient;
    return (x < y) - (x > y);
}

/* The best piece of one cell. */
static bool best_of_cell(const struct model *m, const struct image *im, int cx, int cy, drift_usable usable, void *user,
                         struct best *out)
{
    const double rim_mm = 3;
    out->gradient = GRADIENT_MIN;
    bool found = false;
    for (int y = cy; y < cy + CELL_PX && y < im->height - HALF - 2; y += STEP_PX)
        for (int x = cx; x < cx + CELL_PX && x < im->width - HALF - 2; x += STEP_PX) {
            struct bench_mm b;
            if (x < HALF + 2 || y < HALF + 2)
                continue;
            double g = weaker_gradient(im, x, y);
            if (g <= out->gradient || !model_bench_from_cam(m, (struct cam_px){x, y}, 0, &b) || b.x < rim_mm ||
                b.y < rim_mm || b.x > m->bench_width_mm - rim_mm || b.y > m->bench_depth_mm - rim_mm ||
                (usable && !usable(user, b)))
                continue;
            *out = (struct best){g, x, y, b};
            found = true;
        }
    return found;
}

int drift_patches_take(const struct model *m, const struct image *picture, drift_usable usable, void *user,
                       struct drift_patch *out, int max)
{
    int cells = (picture->width / CELL_PX + 1) * (picture->height / CELL_PX + 1), n = 0;
    struct best *best = malloc((size_t)cells * sizeof *best);
    for (int y = 0; best && y < picture->height; y += CELL_PX)
        for (int x = 0; x < picture->width; x += CELL_PX)
            n += best_of_cell(m, picture, x, y, usable, user, &best[n]);
    if (n)
        qsort(best, (size_t)n, sizeof *best, strongest_first);
    n = n < max ? n : max;
    for (int i = 0; i < n; i++) {
        out[i] = (struct drift_patch){.cam = {best[i].x, best[i].y}, .bench = best[i].bench};
        cut(picture, best[i].x, best[i].y, out[i].grey);
    }
    free(best);
    return n;
}

static double correlation(const struct drift_patch *p, const struct image *im, int x, int y)
{
    long sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int v = 0; v < DRIFT_PATCH_PX; v++) {
        const uint8_t *a = p->grey + (ptrdiff_t)v * DRIFT_PATCH_PX, *b = image_row(im, y - HALF + v) + x - HALF;
        int ra = 0, rb = 0, raa = 0, rbb = 0, rab = 0;
        for (int u = 0; u < DRIFT_PATCH_PX; u++) {
            ra += a[u], rb += b[u];
            raa += a[u] * a[u], rbb += b[u] * b[u], rab += a[u] * b[u];
        }
        sa += ra, sb += rb, aa += raa, bb += rbb, ab += rab;
    }
    double va = (double)(aa * AREA - sa * sa), vb = (double)(bb * AREA - sb * sb);
    return va > 0 && vb > 0 ? (double)(ab * AREA - sa * sb) / sqrt(va * vb) : 0;
}

static double grey_at(const struct image *im, double x, double y)
{
    int i = (int)floor(x), k = (int)floor(y);
    double a = x - i, b = y - k;
    const uint8_t *p = image_row(im, k) + i, *q = image_row(im, k + 1) + i;
    return (1 - b) * ((1 - a) * p[0] + a * p[1]) + b * ((1 - a) * q[0] + a * q[1]);
}

/* Least squares on the greys: shift, gain and offset. */
static bool settle(const struct drift_patch *p, const struct image *im, struct cam_px *at, double *sigma)
{
    enum { TERMS = 4, STEPS = 8 };
    double gain = 1, offset = 0, n[TERMS * TERMS], b[TERMS], left = 0;
    struct cam_px began = *at;
    for (int s = 0; s < STEPS; s++) {
        memset(n, 0, sizeof n);
        memset(b, 0, sizeof b);
        left = 0;
        if (!(at->x > HALF + 2 && at->y > HALF + 2 && at->x < im->width - HALF - 3 && at->y < im->height - HALF - 3))
            return false;
        for (int v = -HALF; v <= HALF; v++)
            for (int u = -HALF; u <= HALF; u++) {
                double x = at->x + u, y = at->y + v, g = grey_at(im, x, y);
                double e = gain * p->grey[(v + HALF) * DRIFT_PATCH_PX + u + HALF] + offset - g;
                const double d[TERMS] = {(grey_at(im, x + 1, y) - grey_at(im, x - 1, y)) / 2,
                                         (grey_at(im, x, y + 1) - grey_at(im, x, y - 1)) / 2,
                                         -p->grey[(v + HALF) * DRIFT_PATCH_PX + u + HALF], -1};
                left += e * e;
                for (int i = 0; i < TERMS; i++) {
                    b[i] += d[i] * e;
                    for (int k = 0; k < TERMS; k++)
                        n[i * TERMS + k] += d[i] * d[k];
                }
            }
        double twin[TERMS * TERMS];
        memcpy(twin, n, sizeof n);
        if (!linear_solve(twin, b, TERMS))
            return false;
        at->x += b[0], at->y += b[1], gain += b[2], offset += b[3];
        if (hypot(at->x - began.x, at->y - began.y) > 2.5)
            return false;
        if (hypot(b[0], b[1]) < 0.003)
            break;
    }
    double det = n[0] * n[TERMS + 1] - n[1] * n[TERMS];
    *sigma = det > 0 ? sqrt(left / (AREA - TERMS) * (n[0] + n[TERMS + 1]) / (2 * det)) : INFINITY;
    return isfinite(*sigma);
}

bool drift_patch_find(const struct drift_patch *p, const struct image *now, struct cam_px near, double reach_px,
                      struct cam_px *out, double *sigma_px)
{
    int cx = (int)lround(near.x), cy = (int)lround(near.y), reach = (int)ceil(reach_px);
    double best = ALIKE_MIN;
    bool found = false;
    for (int y = cy - reach; y <= cy + reach; y++)
        for (int x = cx - reach; x <= cx + reach; x++) {
            if (x < HALF + 3 || y < HALF + 3 || x >= now->width - HALF - 3 || y >= now->height - HALF - 3)
                continue;
            double alike = correlation(p, now, x, y);
            if (alike > best) {
                best = alike;
                *out = (struct cam_px){x, y};
                found = true;
            }
        }
    return found && settle(p, now, out, sigma_px);
}

/* ---- the file: a line a piece: cam x y, bench x y z, the greys in hexadecimal ---- */

enum lw_msg drift_patches_save(const struct drift_patch *p, int count, const char *path, struct lw_error *err)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
    fprintf(f, "%s %d\n", VERSION, DRIFT_PATCH_PX);
    for (int i = 0; i < count; i++) {
        fprintf(f, "%.4f %.4f %.4f %.4f %.4f ", p[i].cam.x, p[i].cam.y, p[i].bench.x, p[i].bench.y, p[i].bench.z);
        for (int k = 0; k < AREA; k++)
            fprintf(f, "%02x", p[i].grey[k]);
        fputc('\n', f);
    }
    bool ok = fflush(f) == 0 && !ferror(f);
    int why = errno;
    ok = fclose(f) == 0 && ok;
    return ok ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(why));
}

static bool read_patch(const char *line, struct drift_patch *p)
{
    int used = 0;
    if (sscanf(line, "%lf %lf %lf %lf %lf %n", &p->cam.x, &p->cam.y, &p->bench.x, &p->bench.y, &p->bench.z, &used) != 5 ||
        strlen(line + used) < 2 * AREA)
        return false;
    for (int k = 0; k < AREA; k++) {
        unsigned v;
        if (sscanf(line + used + 2 * k, "%2x", &v) != 1)
            return false;
        p->grey[k] = (uint8_t)v;
    }
    return isfinite(p->cam.x) && isfinite(p->cam.y) && isfinite(p->bench.x) && isfinite(p->bench.y) && isfinite(p->bench.z);
}

enum lw_msg drift_patches_load(struct drift_patch *p, int max, int *count, const char *path, struct lw_error *err)
{
    char line[2 * AREA + 200], head[80];
    *count = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    snprintf(head, sizeof head, "%s %d\n", VERSION, DRIFT_PATCH_PX);
    bool good = fgets(line, sizeof line, f) && strcmp(line, head) == 0;
    int number = 1;
    while (good && *count < max && fgets(line, sizeof line, f)) {
        number++;
        good = read_patch(line, &p[*count]);
        *count += good;
    }
    fclose(f);
    return good ? LW_OK : lw_fail_at(err, path, number, LW_MSG_CALIBRATION_BROKEN, _("it holds no pieces of the bench"));
}
