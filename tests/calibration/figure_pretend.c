/* How far off is what is drawn after a calibration on the pretend bench, whose camera and projector hang elsewhere with
 * each seed? Calibrated by looking alone (Gray code on the bench and on a box of 100 mm), measured against the truth.
 * figure_calibration --seed N [--light NAME] [--jitter X] > points.csv      a line a point and height
 * figure_calibration --table POINTS.csv...
 *
 * seen: something that the camera sees at a true point is marked by light; how far from it does the light fall?
 * bench: the same for a point given in mm from the bench's true front left corner, so the found corner counts too. */
#include "pretend_station.h"

#include "cv_picture.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 12
#define ROWS 7
#define RIM_SHARE 0.06 /* of the bench's sides, left out */

static const double heights_mm[] = {0, 30, 100};
#define HEIGHTS 3

static int fail(const struct lw_error *err)
{
    char line[600];
    fprintf(stderr, "%s\n", lw_error_line(err, line, sizeof line));
    return 1;
}

/* Where light that the station sends to `aim` (its own bench mm) really falls, from the true point `at`. */
static bool miss(const struct model *truth, const struct model *m, struct bench_mm aim, struct bench_mm at, double *mm)
{
    struct proj_px q;
    struct bench_mm falls;
    if (!model_proj_from_bench(m, aim, &q) || !model_bench_from_proj(truth, q, at.z, &falls))
        return false;
    *mm = hypot(falls.x - at.x, falls.y - at.y);
    return true;
}

static bool in_picture(const struct lens *l, double x, double y)
{
    return x >= 0 && y >= 0 && x <= l->width - 1 && y <= l->height - 1;
}

static void point(const struct model *truth, const struct model *m, int seed, struct bench_mm at)
{
    struct cam_px c;
    struct proj_px q;
    struct bench_mm aim;
    double seen, bench;
    if (!model_cam_from_bench(truth, at, &c) || !in_picture(&truth->camera.lens, c.x, c.y) ||
        !model_proj_from_bench(truth, at, &q) || !in_picture(&truth->projector.lens, q.x, q.y))
        return; /* out of reach of the devices */
    if (model_bench_from_cam(m, c, at.z, &aim) && miss(truth, m, aim, at, &seen) && miss(truth, m, at, at, &bench))
        printf("%d,%.0f,%.1f,%.1f,%.4f,%.4f,%.4f\n", seed, at.z, at.x, at.y, seen, bench, model_sigma_mm(m, at));
    else
        printf("%d,%.0f,%.1f,%.1f,1000,1000,%.4f\n", seed, at.z, at.x, at.y, model_sigma_mm(m, at));
}

static void points(const struct pretend_station *p, int seed)
{
    struct model truth;
    const struct calibration *c = &p->guide.calibration;
    sim_truth(p->sim, &truth);
    printf("# seed %d: proof median %.3f mm, p95 %.3f mm, %.1f s%s\n", seed, c->quality.median_mm, c->quality.p95_mm,
           c->quality.seconds, c->model.rough ? ", rough" : "");
    printf("seed,z_mm,x_mm,y_mm,seen_mm,bench_mm,sigma_mm\n");
    for (int h = 0; h < HEIGHTS; h++)
        for (int i = 0; i < COLUMNS * ROWS; i++) {
            double u = RIM_SHARE + (1 - 2 * RIM_SHARE) * (i % COLUMNS) / (COLUMNS - 1);
            double v = RIM_SHARE + (1 - 2 * RIM_SHARE) * (i / COLUMNS) / (ROWS - 1);
            point(&truth, &c->model, seed,
                  (struct bench_mm){u * truth.bench_width_mm, v * truth.bench_depth_mm, heights_mm[h]});
        }
}

static int measure(struct pretend_options *o)
{
    struct pretend_station p;
    struct lw_error err = {0};
    char folder[] = "/tmp/lichtwijzer-figure-XXXXXX", path[64];
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/calibration.cfg", folder);
    o->calibration = path;
    enum lw_msg rc = pretend_open(&p, o, &err);
    if (rc)
        return fail(&err);
    rc = pretend_calibrate(&p, o, &err);
    if (rc) /* a figure too */
        printf("# seed %d: refused: %s\n", (int)o->seed, err.text);
    else
        points(&p, (int)o->seed);
    pretend_close(&p);
    unlink(path);
    rmdir(folder);
    return 0;
}

/* ---- the table ---- */

#define MOST 100000

struct pool {
    double *seen, *bench;
    int count, seen_covered, bench_covered;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool add_line(const char *line, struct pool pools[HEIGHTS])
{
    double z, seen, bench, sigma;
    if (sscanf(line, "%*d,%lf,%*f,%*f,%lf,%lf,%lf", &z, &seen, &bench, &sigma) != 4)
        return false;
    for (int h = 0; h < HEIGHTS; h++)
        if (fabs(z - heights_mm[h]) < 0.5 && pools[h].count < MOST) {
            struct pool *p = &pools[h];
            p->seen[p->count] = seen;
            p->bench[p->count++] = bench;
            p->seen_covered += seen <= 2 * sigma;
            p->bench_covered += bench <= 2 * sigma;
        }
    return true;
}

static void print_pool(const struct pool *p, double z_mm)
{
    if (p->count == 0)
        return;
    int n = p->count;
    qsort(p->seen, (size_t)n, sizeof *p->seen, by_size);
    qsort(p->bench, (size_t)n, sizeof *p->bench, by_size);
    printf("%9.0f %7d %9.2f %9.2f %9.2f %12.1f %9.2f %9.2f %9.2f %12.1f\n", z_mm, n, p->seen[n / 2],
           p->seen[(int)(0.95 * (n - 1))], p->seen[n - 1], 100.0 * p->seen_covered / n, p->bench[n / 2],
           p->bench[(int)(0.95 * (n - 1))], p->bench[n - 1], 100.0 * p->bench_covered / n);
}

static int table(char **files, int count)
{
    struct pool pools[HEIGHTS] = {0};
    char line[512];
    int refused = 0;
    for (int h = 0; h < HEIGHTS; h++) {
        pools[h].seen = calloc(MOST, sizeof(double));
        pools[h].bench = calloc(MOST, sizeof(double));
        if (!pools[h].seen || !pools[h].bench)
            abort();
    }
    for (int i = 0; i < count; i++) {
        FILE *f = fopen(files[i], "r");
        while (f && fgets(line, sizeof line, f)) {
            bool was_refused = line[0] == '#' && strstr(line, "refused");
            refused += was_refused;
            if (line[0] == '#')
                fputs(line + 2, stdout);
            else
                add_line(line, pools);
        }
        if (f)
            fclose(f);
    }
    printf("%d calibrations, %d refused\n", count, refused);
    printf("%17s %39s %42s\n", "", "from what the camera sees, mm", "from the bench's corner, mm");
    printf("%9s %7s %9s %9s %9s %12s %9s %9s %9s %12s\n", "height mm", "points", "median", "p95", "max", "in 2 sigma %",
           "median", "p95", "max", "in 2 sigma %");
    for (int h = 0; h < HEIGHTS; h++) {
        print_pool(&pools[h], heights_mm[h]);
        free(pools[h].seen);
        free(pools[h].bench);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct pretend_options o = {.seed = 1, .light = "office", .jitter = 1};
    cv_setup(1);
    lw_messages_init("en");
    lw_log_set_level(LW_LOG_ERROR);
    if (argc > 2 && strcmp(argv[1], "--table") == 0)
        return table(argv + 2, argc - 2);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            o.seed = (uint64_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--light") == 0)
            o.light = argv[i + 1];
        else if (strcmp(argv[i], "--jitter") == 0)
            o.jitter = atof(argv[i + 1]);
        else
            return 2;
    }
    return argc % 2 ? measure(&o) : 2;
}
