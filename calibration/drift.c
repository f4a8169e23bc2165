#include "drift.h"

#include "plane.h"

#include <stdlib.h>
#include <string.h>

/* Fewer can't tell a pose. */
#define SIGHTINGS_MIN 6
#define MARKS_MIN     4
/* Share that must agree; the rest moved by itself. */
#define AGREE_SHARE 0.5
#define TRIES       120
#define STEPS       8
/* One that agrees: so many px off at most. */
#define AGREE_PX 1.5
/* A knock is no larger than this, as a prior: it keeps few sightings from turning a small shift into a large turn. */
#define TURN_SPREAD_RAD 0.05
#define SHIFT_SPREAD_MM 30.0
#define POSE            6
/* Camera and projector moved alike, within this share of the movement (or alarm_mm): then it was the bench. */
#define ALIKE_SHARE 0.3

const char *drift_cause_name(enum drift_cause cause)
{
    static const char *const names[] = {[DRIFT_CANNOT_TELL] = "cannot_tell", [DRIFT_NONE] = "none",
                                        [DRIFT_CAMERA] = "camera",           [DRIFT_PROJECTOR] = "projector",
                                        [DRIFT_BOTH] = "both",               [DRIFT_BENCH] = "bench"};
    return names[cause];
}

/* Places on the bench and where the device should have them (px). */
struct matches {
    struct bench_mm *at;
    double (*px)[2];
    double *sigma;
    bool *use;
    int count;
};

/* Pixels by which a match misses, with its slopes by the pose. */
static bool miss(const struct model *m, bool projector, const struct matches *a, int i, double e[2],
                 double by_parameter[2][PINHOLE_PARAMETERS])
{
    const double X[3] = {a->at[i].x, a->at[i].y, a->at[i].z};
    double px[2], unused[2][3];
    struct proj_px q;
    if (!pinhole_project(projector ? &m->projector : &m->camera, X, px, by_parameter ? unused : NULL, by_parameter))
        return false;
    if (projector && model_proj_from_bench(m, a->at[i], &q)) /* with what is left over on the bench */
        px[0] = q.x, px[1] = q.y;
    e[0] = a->px[i][0] - px[0];
    e[1] = a->px[i][1] - px[1];
    return true;
}

/* Least squares over the matches in use: the device's pose alone, from where it stands. */
static bool fit_pose(struct model *m, bool projector, const struct matches *a, int steps)
{
    struct pinhole *p = projector ? &m->projector : &m->camera;
    double moved[PINHOLE_PARAMETERS] = {0};
    for (int s = 0; s < steps; s++) {
        double n[POSE * POSE] = {0}, b[POSE] = {0}, step[PINHOLE_PARAMETERS] = {0};
        for (int i = 0; i < a->count; i++) {
            double e[2], d[2][PINHOLE_PARAMETERS];
            if (!a->use[i] || !miss(m, projector, a, i, e, d))
                continue;
            double weight = 1 / (a->sigma[i] * a->sigma[i]);
            for (int r = 0; r < 2; r++)
                for (int k = 0; k < POSE; k++) {
                    b[k] += weight * d[r][k] * e[r];
                    for (int l = 0; l < POSE; l++)
                        n[k * POSE + l] += weight * d[r][k] * d[r][l];
                }
        }
        for (int k = 0; k < POSE; k++) {
            double spread = k < 3 ? TURN_SPREAD_RAD : SHIFT_SPREAD_MM;
            n[k * POSE + k] += 1 / (spread * spread);
            b[k] -= moved[k] / (spread * spread);
        }
        if (!linear_solve(n, b, POSE))
            return false;
        memcpy(step, b, sizeof b);
        pinhole_add(p, step);
        for (int k = 0; k < POSE; k++)
            moved[k] += b[k];
    }
    return true;
}

static int next_random(uint64_t *state, int below)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((*state >> 33) % (uint64_t)below);
}

static int agreeing(const struct model *m, bool projector, struct matches *a, bool mark)
{
    int n = 0;
    for (int i = 0; i < a->count; i++) {
        double e[2];
        bool near = miss(m, projector, a, i, e, NULL) && hypot(e[0], e[1]) < fmax(AGREE_PX, 3 * a->sigma[i]);
        n += near;
        if (mark)
            a->use[i] = near;
    }
    return n;
}

/* The pose that most matches agree on (RANSAC), then least squares over these. Returns their number; *m is changed only
 * when it is enough. */
static int find_pose(struct model *m, bool projector, struct matches *a)
{
    struct model best = *m;
    uint64_t state = 1;
    int most = agreeing(m, projector, a, false);
    for (int i = 0; i < TRIES && a->count >= 4; i++) {
        struct model trial = *m;
        memset(a->use, 0, (size_t)a->count * sizeof *a->use);
        for (int k = 0; k < 4; k++)
            a->use[next_random(&state, a->count)] = true;
        if (!fit_pose(&trial, projector, a, 2))
            continue;
        int votes = agreeing(&trial, projector, a, false);
        if (votes > most) {
            most = votes;
            best = trial;
        }
    }
    for (int again = 0; again < 3; again++) {
        struct model trial = *m; /* the prior holds against the old pose */
        most = agreeing(&best, projector, a, true);
        if (most < AGREE_SHARE * a->count || most < 4 || !fit_pose(&trial, projector, a, STEPS))
            return 0;
        best = trial;
    }
    most = agreeing(&best, projector, a, true);
    if (most < AGREE_SHARE * a->count)
        return 0;
    *m = best;
    return most;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { GRID_X = 7, GRID_Y = 5, GRID = GRID_X * GRID_Y };

/* How the device's picture moved over the bench: the place that it has now where it had a place before. */
static double movement(const struct model *before, const struct model *now, bool projector, struct bench_mm moved[GRID])
{
    double size[GRID];
    for (int i = 0; i < GRID; i++) {
        struct bench_mm p = {before->bench_width_mm * (0.1 + 0.8 * (i % GRID_X) / (GRID_X - 1)),
                             before->bench_depth_mm * (0.1 + 0.8 * (i / GRID_X) / (GRID_Y - 1)), 0},
                        q = p;
        struct cam_px c;
        struct proj_px l;
        if (projector ? model_proj_from_bench(before, p, &l) : model_cam_from_bench(before, p, &c))
            projector ? model_bench_from_proj(now, l, 0, &q) : model_bench_from_cam(now, c, 0, &q);
        moved[i] = (struct bench_mm){q.x - p.x, q.y - p.y, 0};
        size[i] = hypot(moved[i].x, moved[i].y);
    }
    qsort(size, GRID, sizeof *size, by_size);
    return size[GRID / 2];
}

/* The median of what is left between two movements. */
static double apart(const struct bench_mm a[GRID], const struct bench_mm b[GRID])
{
    double size[GRID];
    for (int i = 0; i < GRID; i++)
        size[i] = hypot(a[i].x - b[i].x, a[i].y - b[i].y);
    qsort(size, GRID, sizeof *size, by_size);
    return size[GRID / 2];
}

static bool open_matches(struct matches *a, int count)
{
    size_t n = (size_t)count + 1;
    *a = (struct matches){malloc(n * sizeof *a->at), malloc(n * sizeof *a->px), malloc(n * sizeof *a->sigma),
                          calloc(n, sizeof *a->use), 0};
    return a->at && a->px && a->sigma && a->use;
}

static void close_matches(struct matches *a)
{
    free(a->at);
    free(a->px);
    free(a->sigma);
    free(a->use);
}

static void take(struct matches *a, struct bench_mm at, double u, double v, double sigma)
{
    a->at[a->count] = at;
    a->px[a->count][0] = u, a->px[a->count][1] = v;
    a->sigma[a->count++] = fmax(sigma, 0.05);
}

/* Uncertainty of the picture on the bench after fitting: what is left over, by the number that agree. */
static double pose_sigma_mm(const struct model *m, bool projector, const struct matches *a)
{
    double square = 0, e[2];
    int n = 0;
    for (int i = 0; i < a->count; i++)
        if (a->use[i] && miss(m, projector, a, i, e, NULL))
            square += e[0] * e[0] + e[1] * e[1], n++;
    const struct pinhole *p = projector ? &m->projector : &m->camera;
    double mm_per_px = p->centre_mm[2] / fabs(p->lens.fx);
    return n ? mm_per_px * sqrt(square / n) * sqrt((double)POSE / (2 * n)) : INFINITY;
}

/* ---- the projector ---- */

/* Marks as places on what the camera sees now, of one half (0, 1) or all (2). */
static void take_marks(const struct model *m, const struct drift_mark *marks, int count, int half, struct matches *a)
{
    a->count = 0;
    for (int i = 0; i < count; i++) {
        struct bench_mm b;
        if ((half == 2 || i % 2 == half) && model_bench_from_cam(m, marks[i].cam, marks[i].z_mm, &b))
            take(a, b, marks[i].proj.x, marks[i].proj.y, marks[i].sigma_px);
    }
}

static void prove(const struct model *m, const struct matches *a, struct drift_result *out)
{
    double *mm = malloc(((size_t)a->count + 1) * sizeof *mm);
    int n = 0;
    for (int i = 0; mm && i < a->count; i++) {
        struct bench_mm b;
        const struct proj_px q = {a->px[i][0], a->px[i][1]};
        if (model_bench_from_proj(m, q, a->at[i].z, &b))
            mm[n++] = hypot(b.x - a->at[i].x, b.y - a->at[i].y);
    }
    out->proof_median_mm = out->proof_p95_mm = INFINITY;
    if (n) {
        qsort(mm, (size_t)n, sizeof *mm, by_size);
        out->proof_median_mm = mm[n / 2];
        out->proof_p95_mm = mm[(int)(0.95 * (n - 1) + 0.5)];
    }
    free(mm);
}

/* The projector's new pose; false when the marks don't agree on one. `moved` is its movement on the bench. */
static bool judge_projector(const struct model *before, const struct drift_mark *marks, int count, double alarm_mm,
                            struct matches *a, struct bench_mm moved[GRID], struct drift_result *out)
{
    struct model fitted = out->model, half = out->model;
    take_marks(&out->model, marks, count, 2, a);
    if (a->count < MARKS_MIN)
        return false;
    out->marks_used = find_pose(&fitted, true, a);
    if (!out->marks_used)
        return false;
    out->sigma_mm = hypot(out->sigma_mm, pose_sigma_mm(&fitted, true, a));
    out->projector_mm = movement(before, &fitted, true, moved);
    if (out->projector_mm < alarm_mm) { /* as it was: every mark is a proof */
        prove(&out->model, a, out);
        return true;
    }
    take_marks(&out->model, marks, count, 0, a);
    bool enough = a->count >= MARKS_MIN && find_pose(&half, true, a) > 0;
    take_marks(&out->model, marks, count, enough ? 1 : 2, a);
    prove(enough ? &half : &fitted, a, out);
    out->model = fitted;
    return true;
}

static enum drift_cause name_cause(const struct drift_result *r, double alarm_mm, const struct bench_mm camera[GRID],
                                   const struct bench_mm projector[GRID])
{
    bool cam = r->camera_mm >= alarm_mm, proj = r->projector_mm >= alarm_mm;
    if (cam && proj && apart(camera, projector) < fmax(alarm_mm, ALIKE_SHARE * r->camera_mm))
        return DRIFT_BENCH;
    return cam && proj ? DRIFT_BOTH : cam ? DRIFT_CAMERA : proj ? DRIFT_PROJECTOR : DRIFT_NONE;
}

static void judge(const struct model *m, const struct drift_sighting *sightings, int sighting_count,
                  const struct drift_mark *marks, int mark_count, double alarm_mm, struct matches *a,
                  struct drift_result *out)
{
    struct model fitted = *m;
    struct bench_mm camera[GRID] = {{0}}, projector[GRID] = {{0}};
    for (int i = 0; i < sighting_count; i++)
        take(a, sightings[i].bench, sightings[i].cam.x, sightings[i].cam.y, sightings[i].sigma_px);
    if (sighting_count >= SIGHTINGS_MIN)
        out->sightings_used = find_pose(&fitted, false, a);
    if (!out->sightings_used)
        return;
    out->sigma_mm = pose_sigma_mm(&fitted, false, a);
    out->camera_mm = movement(m, &fitted, false, camera);
    if (out->camera_mm >= alarm_mm)
        out->model = fitted;
    if (mark_count > 0 && !judge_projector(m, marks, mark_count, alarm_mm, a, projector, out)) {
        out->model = *m;
        return;
    }
    out->cause = name_cause(out, alarm_mm, camera, projector);
    if (out->cause == DRIFT_BENCH)
        out->bench_mm = out->camera_mm;
}

void drift_judge(const struct model *m, const struct drift_sighting *sightings, int sighting_count,
                 const struct drift_mark *marks, int mark_count, double alarm_mm, struct drift_result *out)
{
    struct matches a;
    *out = (struct drift_result){.cause = DRIFT_CANNOT_TELL, .model = *m, .sigma_mm = INFINITY};
    out->proof_median_mm = out->proof_p95_mm = INFINITY;
    if (open_matches(&a, sighting_count > mark_count ? sighting_count : mark_count))
        judge(m, sightings, sighting_count, marks, mark_count, alarm_mm, &a, out);
    close_matches(&a);
}
