#include "self_check.h"

#include "log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS       (24 * 3600 * 1000LL)
#define SEARCH_MM    25.0 /* a knock moves light by 6 to 22 mm */
#define CALM_S       3
#define COVERED_TIMES 4.0 /* the median error: what is further off has something lying on it */
#define COVERED_SHARE 0.4 /* of the crosses may be covered */

static json_t *read(const char *folder, const char *name)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return json_load_file(path, 0, NULL);
}

static int64_t when(const char *folder, const char *name)
{
    json_t *j = read(folder, name);
    int64_t wall_ms = json_integer_value(json_object_get(j, "wall_ms"));
    json_decref(j);
    return wall_ms;
}

bool self_check_due(const struct guide *g, const char *folder)
{
    int64_t proof = when(folder, "proof.json"), check = when(folder, "check.json");
    return proof && clock_wall_ms(&g->clock) - (check > proof ? check : proof) > DAY_MS;
}

/* The places of the proof; all of the grid where it left no file. */
void self_check_places(const struct guide *g, const char *folder, struct prove_result *r)
{
    json_t *j = read(folder, "proof.json"), *list = json_object_get(j, "points"), *p;
    size_t i;
    prove_points(g, r);
    for (int k = 0; k < PROVE_POINTS && json_array_size(list); k++)
        r->points[k].wanted = false;
    json_array_foreach(list, i, p)
        if (i < PROVE_POINTS)
            r->points[i] = (struct prove_point){.at = {json_number_value(json_object_get(p, "x_mm")),
                                                       json_number_value(json_object_get(p, "y_mm")),
                                                       json_number_value(json_object_get(p, "z_mm"))},
                                                .wanted = true};
    json_decref(j);
}

/* Leaves out what is far off alone. */
static void drop_covered(struct prove_result *r)
{
    struct prove_result all = *r;
    double bound = fmax(PROVE_PASS_MM, COVERED_TIMES * all.median_mm);
    for (int i = 0; i < PROVE_POINTS; i++)
        r->points[i].measured &= r->points[i].error_mm <= bound;
    prove_sum_up(r);
    if (r->measured < (1 - COVERED_SHARE) * all.measured)
        *r = all;
}

static void write_check(struct guide *g, const char *folder, const struct prove_result *r, bool passed)
{
    char path[700];
    json_t *j = json_pack("{s:I,s:b,s:f,s:f,s:f,s:o}", "wall_ms", (json_int_t)clock_wall_ms(&g->clock), "passed", passed,
                          "median_mm", r->median_mm, "p95_mm", r->p95_mm, "max_mm", r->max_mm, "points", prove_json(r));
    snprintf(path, sizeof path, "%s/check.json", folder);
    if (passed && json_dump_file(j, path, JSON_REAL_PRECISION(5) | JSON_INDENT(1)))
        lw_log(LW_LOG_WARNING, "calibration", "%s", path);
    struct journal_event e = {.kind = EVENT_CALIBRATION, .phase = passed ? "checked" : "refused",
                              .reason = passed ? NULL : "check", .detail = j};
    guide_tell(g, &e);
    json_decref(j);
}

enum lw_msg self_check_prove(struct guide *g, const char *folder, struct prove_result *out, struct lw_error *err)
{
    self_check_places(g, folder, out);
    enum lw_msg rc = prove_measure(g, SEARCH_MM, out, err);
    if (rc && rc != LW_MSG_PROOF_FAILED)
        return rc;
    drop_covered(out);
    return !rc && out->p95_mm <= PROVE_PASS_MM ? LW_OK : lw_fail(err, LW_MSG_CHECK_FAILED, out->p95_mm);
}

enum lw_msg self_check_run(struct guide *g, const char *folder, struct prove_result *out, struct lw_error *err)
{
    guide_wait_calm(g, CALM_S);
    enum lw_msg rc = self_check_prove(g, folder, out, err);
    if (rc && rc != LW_MSG_CHECK_FAILED)
        return rc;
    write_check(g, folder, out, !rc);
    if (!rc)
        lw_log(LW_LOG_INFO, "calibration", _("checked: %.1f mm (95 %%: %.1f mm)"), out->median_mm, out->p95_mm);
    return rc;
}

const char *self_check_words(const struct calibration *c, int64_t wall_ms, char *buf, int size)
{
    time_t then = (time_t)(c->wall_ms / 1000), now = (time_t)(wall_ms / 1000);
    struct tm a, b;
    localtime_r(&then, &a);
    localtime_r(&now, &b);
    if (a.tm_year == b.tm_year && a.tm_yday == b.tm_yday)
        snprintf(buf, (size_t)size, _("Calibrated today, %.1f mm"), c->quality.median_mm);
    else
        snprintf(buf, (size_t)size, _("Calibrated %d days ago, %.1f mm"), (int)fmax(1, difftime(now, then) / 86400 + 0.5),
                 c->quality.median_mm);
    return buf;
}
