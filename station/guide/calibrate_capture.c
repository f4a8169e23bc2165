#include "calibrate_session.h"

#include "cv_picture.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PICTURES "calibration-pictures"

/* ---- files: written beside the old ones, which they replace once the calibration is proved ---- */

static const char *path_of(const struct calibrate_session *s, const char *name, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s", s->o->folder, name);
    return buf;
}

static void remove_folder(const char *path)
{
    char file[1024];
    struct dirent *e;
    DIR *d = opendir(path);
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            snprintf(file, sizeof file, "%s/%s", path, e->d_name);
            unlink(file);
        }
    if (d)
        closedir(d);
    rmdir(path);
}

static void keep_pictures(struct calibrate_session *s, const char *pose, const struct pattern_plan *plan,
                          const struct image *captures)
{
    static const char *const roles[] = {"black", "white", "column", "row"};
    char folder[700], path[900];
    struct lw_error err;
    path_of(s, PICTURES ".new", folder, sizeof folder);
    if (s->poses_kept == 0)
        remove_folder(folder);
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/list.csv", folder);
    FILE *f = fopen(path, "a");
    if (!f)
        return;
    if (s->poses_kept++ == 0)
        fprintf(f, "pose,role,bit,inverse,picture\n");
    for (int i = 0; i < pattern_count(plan); i++) {
        struct pattern p = pattern_at(plan, i);
        snprintf(path, sizeof path, "%s/%s-%02d.png", folder, pose, i);
        if (cv_picture_write(path, &captures[i], &err))
            lw_log_error("calibrate", &err);
        fprintf(f, "%s,%s,%d,%d,%s-%02d.png\n", pose, roles[p.role], p.bit, p.inverse, pose, i);
    }
    fclose(f);
}

void calibrate_forget(struct calibrate_session *s, const char *pose)
{
    char folder[700], path[900], fresh[900], line[256];
    size_t n = strlen(pose);
    if (!s->o->folder || s->poses_kept == 0)
        return;
    path_of(s, PICTURES ".new", folder, sizeof folder);
    snprintf(path, sizeof path, "%s/list.csv", folder);
    snprintf(fresh, sizeof fresh, "%s/list.new", folder);
    FILE *in = fopen(path, "r"), *out = in ? fopen(fresh, "w") : NULL;
    while (out && fgets(line, sizeof line, in))
        if (strncmp(line, pose, n) != 0 || line[n] != ',')
            fputs(line, out);
    if (in)
        fclose(in);
    if (out && (fclose(out) || rename(fresh, path)))
        lw_log(LW_LOG_WARNING, "calibrate", "%s: %s", path, strerror(errno));
}

static void keep_proof(const struct calibrate_session *s, const struct calibrate_result *r)
{
    char path[700];
    struct lw_error err;
    json_t *j = json_pack("{s:I,s:f,s:f,s:f,s:o}", "wall_ms", (json_int_t)r->calibration.wall_ms, "median_mm",
                          r->proof.median_mm, "p95_mm", r->proof.p95_mm, "max_mm", r->proof.max_mm, "points",
                          prove_json(&r->proof));
    if (json_dump_file(j, path_of(s, "proof.json", path, sizeof path), JSON_REAL_PRECISION(5) | JSON_INDENT(1)))
        lw_log(LW_LOG_WARNING, "calibrate", "%s: %s", path, strerror(errno));
    json_decref(j);
    if (prove_write_map(s->g, &r->proof, path_of(s, "calibration-proof.png", path, sizeof path), &err))
        lw_log_error("calibrate", &err);
}

void calibrate_keep(struct calibrate_session *s, const struct calibrate_result *r)
{
    char fresh[700], old[700];
    if (!s->o->folder)
        return;
    keep_proof(s, r);
    if (s->poses_kept == 0)
        return;
    path_of(s, PICTURES ".new", fresh, sizeof fresh);
    path_of(s, PICTURES, old, sizeof old);
    remove_folder(old);
    if (rename(fresh, old))
        lw_log(LW_LOG_WARNING, "calibrate", "%s: %s", old, strerror(errno));
}

/* ---- one pose ---- */

static enum lw_msg copy_white(const struct pattern_plan *plan, const struct image *captures, struct image *white,
                              struct lw_error *err)
{
    for (int i = 0; i < pattern_count(plan); i++)
        if (pattern_at(plan, i).role == PATTERN_WHITE) {
            image_finish(white);
            return image_copy(white, &captures[i], err);
        }
    return LW_OK;
}

static enum lw_msg capture_once(struct calibrate_session *s, const struct pattern_plan *plan, const char *pose,
                                struct decode_result *out, struct image *white, bool *disturbed, struct lw_error *err)
{
    int count = pattern_count(plan);
    struct image *captures = calloc((size_t)count, sizeof *captures);
    if (!captures)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = capture_patterns(&s->capture, plan, captures, disturbed, err);
    if (!rc) {
        decode_finish(out);
        rc = white ? copy_white(plan, captures, white, err) : LW_OK;
        if (s->capture.counting)
            counter_blank(&s->capture.counter, &captures[0], &captures[1]); /* white and black, as pattern_at tells */
        rc = rc ? rc : decode_pairs(plan, captures, count, out, err);
        if (!rc && s->o->folder && (!*disturbed || plan->inverses))
            keep_pictures(s, pose, plan, captures);
        capture_free(captures, count);
    }
    free(captures);
    return rc;
}

enum lw_msg calibrate_capture(struct calibrate_session *s, const char *pose, struct decode_result *out, struct image *white,
                              struct lw_error *err)
{
    bool disturbed = false;
    enum lw_msg rc = capture_once(s, &s->plan, pose, out, white, &disturbed, err);
    bool late = rc == LW_MSG_LIGHT_UNREADABLE; /* coarse patterns were lost: pictures came later than ever before */
    if ((rc || !disturbed || s->plan.inverses) && !late)
        return rc;
    lw_log(LW_LOG_INFO, "calibrate", "%s: %s; once more, with inverses", pose,
           late ? "unreadable" : "light or things changed meanwhile");
    s->plan.inverses = true; /* from now on: light that drifts goes on drifting, and is no matter with inverses */
    s->capture.careful = true;
    return capture_once(s, &s->plan, pose, out, white, &disturbed, err);
}
