#include "mend.h"

#include "cv_picture.h"
#include "grid_look.h"
#include "log.h"
#include "self_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "bench-patches"
#define REACH_PX  30.0 /* a knock of 0.7 degrees and 6 mm moves the picture by some 15 px of 1280 */
#define LOOK_PATCHES 24    /* while working: few and near, a millisecond or two; large moves are seen by the watch */
#define LOOK_REACH_PX 8.0
#define SEARCH_MM 40.0 /* and light by 6 to 22 mm */
#define MARK_SIGMA_PX 0.15
#define CALM_S    5
#define MARKS_MIN 6
#define MARKS_GRID_MAX 120 /* of the coded grid */

static const char *path_of(const char *folder, char *buf, size_t size)
{
    snprintf(buf, size, "%s/" FILE_NAME, folder);
    return buf;
}

void mend_load(struct mend_memory *m, const char *folder)
{
    char path[700];
    struct lw_error err;
    *m = (struct mend_memory){.patches = calloc(DRIFT_PATCHES_MAX, sizeof *m->patches)};
    if (m->patches && drift_patches_load(m->patches, DRIFT_PATCHES_MAX, &m->count, path_of(folder, path, sizeof path), &err))
        m->count = 0;
}

void mend_finish(struct mend_memory *m)
{
    free(m->patches);
    *m = (struct mend_memory){0};
}

enum lw_msg mend_remember(struct guide *g, const char *folder, drift_usable usable, void *user, struct lw_error *err)
{
    char path[700];
    struct image grey = {0};
    struct drift_patch *patches = calloc(DRIFT_PATCHES_MAX, sizeof *patches);
    enum lw_msg rc = patches ? cv_picture_convert(&g->frame->image, IMAGE_GRAY8, &grey, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    if (!rc) {
        int count = drift_patches_take(&g->calibration.model, &grey, usable, user, patches, DRIFT_PATCHES_MAX);
        rc = drift_patches_save(patches, count, path_of(folder, path, sizeof path), err);
    }
    image_finish(&grey);
    free(patches);
    return rc;
}

/* ---- what is seen ---- */

static int find_patches(const struct guide *g, const struct mend_memory *m, int every, double reach_px,
                        struct drift_sighting *out)
{
    struct image grey = {0};
    struct lw_error err;
    int n = 0;
    if (!g->frame || cv_picture_convert(&g->frame->image, IMAGE_GRAY8, &grey, &err))
        return 0;
    for (int i = 0; i < m->count; i += every) {
        out[n].bench = m->patches[i].bench;
        n += drift_patch_find(&m->patches[i], &grey, m->patches[i].cam, reach_px, &out[n].cam, &out[n].sigma_px);
    }
    image_finish(&grey);
    return n;
}

void mend_look(const struct guide *g, const struct mend_memory *m, struct drift_result *out)
{
    struct drift_sighting seen[DRIFT_PATCHES_MAX];
    int n = find_patches(g, m, 1 + m->count / LOOK_PATCHES, LOOK_REACH_PX, seen);
    drift_judge(&g->calibration.model, seen, n, NULL, 0, MEND_ALARM_MM, out);
}

static enum lw_msg find_marks(struct guide *g, const struct prove_result *places, struct drift_mark *out, int *count,
                              struct lw_error *err)
{
    struct mark marks[PROVE_POINTS];
    int n = 0;
    for (int i = 0; i < PROVE_POINTS; i++)
        if (places->points[i].wanted)
            marks[n++] = (struct mark){.at = places->points[i].at};
    enum lw_msg rc = marks_measure(g, marks, n, SEARCH_MM, err);
    *count = 0;
    for (int i = 0; !rc && i < n; i++)
        if (marks[i].found)
            out[(*count)++] = (struct drift_mark){marks[i].drawn, marks[i].seen, marks[i].at.z, MARK_SIGMA_PX};
    return rc;
}

/* ---- mending ---- */

static void tell(struct guide *g, const char *phase, const struct drift_result *d, const struct prove_result *proof,
                 double seconds)
{
    json_t *j = json_pack("{s:s,s:f,s:f,s:f}", "which", drift_cause_name(d->cause), "camera_mm", d->camera_mm, "projector_mm",
                          d->projector_mm, "bench_mm", d->bench_mm);
    if (proof) {
        json_object_set_new(j, "median_mm", json_real(proof->median_mm));
        json_object_set_new(j, "p95_mm", json_real(proof->p95_mm));
        json_object_set_new(j, "max_mm", json_real(proof->max_mm));
        json_object_set_new(j, "seconds", json_real(seconds));
    }
    struct journal_event e = {.kind = EVENT_CALIBRATION, .phase = phase, .detail = j};
    guide_tell(g, &e);
    json_decref(j);
    lw_log(LW_LOG_WARNING, "calibration", "%s: %s; camera %.1f mm, projector %.1f mm, bench %.1f mm", phase,
           drift_cause_name(d->cause), d->camera_mm, d->projector_mm, d->bench_mm);
}

/* Takes the new poses into use, proves and saves them; else all is as it was. */
static enum lw_msg adopt(struct guide *g, struct mend_memory *m, const char *folder, const struct model *model,
                         struct prove_result *proof, struct lw_error *err)
{
    char path[700];
    struct calibration old = g->calibration, fresh = old;
    struct lw_error ignored;
    fresh.model = *model;
    enum lw_msg rc = guide_set_calibration(g, &fresh, err);
    rc = rc ? rc : self_check_prove(g, folder, proof, err);
    fresh.quality.median_mm = proof->median_mm;
    fresh.quality.p95_mm = proof->p95_mm;
    fresh.quality.max_mm = proof->max_mm;
    snprintf(path, sizeof path, "%s/calibration.cfg", folder);
    rc = rc ? rc : calibration_save(&fresh, path, err);
    if (rc) {
        guide_set_calibration(g, &old, &ignored);
        return rc;
    }
    for (int i = 0; i < m->count; i++) /* where the pieces of the bench are seen from now on */
        model_cam_from_bench(model, m->patches[i].bench, &m->patches[i].cam);
    if (m->count && drift_patches_save(m->patches, m->count, path_of(folder, path, sizeof path), &ignored))
        lw_log_error("calibration", &ignored);
    return guide_set_calibration(g, &fresh, err);
}

enum lw_msg mend_run(struct guide *g, struct mend_memory *m, const char *folder, struct drift_result *found,
                     struct lw_error *err)
{
    if (found)
        *found = (struct drift_result){.cause = DRIFT_CANNOT_TELL};
    struct drift_sighting seen[DRIFT_PATCHES_MAX];
    struct drift_mark marks[MARKS_GRID_MAX];
    struct drift_result d = {.cause = DRIFT_CANNOT_TELL};
    struct prove_result proof;
    int64_t began = clock_now_ns(&g->clock);
    int marks_count = 0;
    guide_wait_calm(g, CALM_S);
    self_check_places(g, folder, &proof);
    enum lw_msg rc = find_marks(g, &proof, marks, &marks_count, err);
    if (rc)
        return rc;
    int n = find_patches(g, m, 1, REACH_PX, seen);
    if (marks_count >= MARKS_MIN)
        drift_judge(&g->calibration.model, seen, n, marks, marks_count, MEND_ALARM_MM, &d);
    if ((marks_count < MARKS_MIN || (d.cause == DRIFT_CANNOT_TELL && d.sightings_used)) &&
        !grid_look(g, marks, MARKS_GRID_MAX, &marks_count, err)) /* the light may have moved beyond the crosses' search */
        drift_judge(&g->calibration.model, seen, n, marks, marks_count, MEND_ALARM_MM, &d);
    if (found)
        *found = d;
    if (d.cause == DRIFT_NONE)
        return LW_OK;
    tell(g, "drift", &d, NULL, 0);
    if (d.cause == DRIFT_CANNOT_TELL || marks_count < MARKS_MIN)
        return lw_fail(err, LW_MSG_CHECK_FAILED, d.proof_p95_mm);
    rc = adopt(g, m, folder, &d.model, &proof, err);
    if (!rc)
        tell(g, "mended", &d, &proof, (double)(clock_now_ns(&g->clock) - began) / 1e9);
    return rc;
}

enum lw_msg mend_check(struct guide *g, struct mend_memory *m, const char *folder, struct drift_result *found,
                       struct prove_result *out, struct lw_error *err)
{
    *found = (struct drift_result){.cause = DRIFT_NONE};
    enum lw_msg rc = self_check_run(g, folder, out, err);
    if (rc != LW_MSG_CHECK_FAILED || m->count == 0)
        return rc;
    rc = mend_run(g, m, folder, found, err);
    return rc ? rc : self_check_run(g, folder, out, err);
}
