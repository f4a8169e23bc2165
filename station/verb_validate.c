/* validate and release: what is wrong with workflows, and declaring one ready. */
#include "alike.h"
#include "rig.h"
#include "verbs.h"
#include "workflow_write.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- the bench ---- */

/* The station's bench, and camera and projector when it is calibrated; `cal` holds them. False: printed. */
static bool know_bench(const char *station, struct workflow_bench *bench, struct calibration *cal)
{
    struct station_config c;
    struct lw_error err;
    char path[PATH_MAX];
    *bench = (struct workflow_bench){0};
    if (!station)
        return true;
    if (!verb_read_station(&c, station))
        return false;
    bench->width_mm = c.bench.width_mm;
    bench->depth_mm = c.bench.depth_mm;
    rig_path(&c, "calibration.cfg", path, sizeof path);
    station_config_finish(&c);
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "%s\n", _("The station is not calibrated: what the camera sees and the light reaches is not checked."));
        return true;
    }
    if (calibration_load(cal, path, &err)) {
        verb_fail(&err, EXIT_FAILED);
        return false;
    }
    bench->model = &cal->model;
    return true;
}

/* ---- telling ---- */

static void print_problem(const struct lw_problem *p)
{
    char line[800];
    if (p->warning && p->error.file[0] && p->error.line > 0)
        fprintf(stderr, "%s:%d: %s: %s %s\n", p->error.file, p->error.line, _("warning"), p->error.text,
                lw_msg_remedy(p->error.id));
    else
        fprintf(stderr, "%s%s\n", p->warning ? _("warning: ") : "", lw_error_line(&p->error, line, sizeof line));
}

static json_t *problem_json(const struct lw_problem *p)
{
    return json_pack("{s:s,s:s,s:s,s:i,s:s,s:s}", "severity", p->warning ? "warning" : "error", "id",
                     lw_msg_name(p->error.id), "file", p->error.file, "line", p->error.line, "text", p->error.text,
                     "remedy", lw_msg_remedy(p->error.id));
}

/* One object a line and a workflow. */
static void tell_json(const char *folder, const struct workflow *w, const struct lw_problems *problems)
{
    json_t *list = json_array();
    for (int i = 0; i < problems->count; i++)
        json_array_append_new(list, problem_json(&problems->items[i]));
    json_t *j = json_pack("{s:s,s:b,s:i,s:i,s:i,s:i,s:s*,s:s*,s:o}", "workflow", folder, "good", w != NULL, "errors",
                          problems->errors, "warnings", problems->warnings, "dropped", problems->dropped, "steps",
                          w ? w->step_count : 0, "state", !w ? NULL : w->released ? "released" : "draft", "hash",
                          w ? w->hash : NULL, "problems", list);
    json_dumpf(j, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(j);
}

static void tell(const char *folder, const struct workflow *w, const struct lw_problems *problems)
{
    for (int i = 0; i < problems->count; i++)
        print_problem(&problems->items[i]);
    if (problems->dropped)
        fprintf(stderr, _("… and %d more\n"), problems->dropped);
    if (!w)
        printf(_("%s: not good; errors: %d, warnings: %d\n"), folder, problems->errors, problems->warnings);
    else
        printf(_("%s: good; steps: %d, warnings: %d\n"), folder, w->step_count, problems->warnings);
}

/* ---- validate ---- */

struct validating {
    const char *station, *format;
    bool quick, release;
    struct workflow_bench bench;
};

static int release(const char *folder, const struct workflow_bench *bench);

static bool validate_one(const struct validating *v, const char *folder)
{
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    workflow_load(&w, folder, &v->bench, &problems);
    if (w && !v->quick)
        alike_find(w, &problems);
    if (v->format)
        tell_json(folder, w, &problems);
    else
        tell(folder, w, &problems);
    bool good = w != NULL;
    workflow_destroy(&w);
    problems_finish(&problems);
    return good && (!v->release || release(folder, &v->bench) == EXIT_OK);
}

int verb_validate(int argc, char **argv)
{
    struct validating v = {0};
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &v.station, N_("FILE"), N_("Check against this station's bench, and its camera and projector when it is calibrated.")},
        {"format", ARGUMENT_TEXT, &v.format, "json", N_("One JSON object a line for each workflow, on standard output.")},
        {"quick", ARGUMENT_FLAG, &v.quick, NULL, N_("Don't compare the taught pictures for things that look alike.")},
        {"release", ARGUMENT_FLAG, &v.release, NULL, N_("Declare those without errors released.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("validate WORKFLOW… [OPTION…]"),
                        N_("Checks workflow folders and names every mistake with file and line."), rest, &rest_count,
                        &code))
        return code;
    struct lw_error err;
    struct calibration cal;
    if (rest_count == 0 || (v.format && strcmp(v.format, "json") != 0)) {
        lw_fail(&err, LW_MSG_USAGE, rest_count ? _("--format is json") : _("validate takes one or more workflow folders"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!know_bench(v.station, &v.bench, &cal))
        return EXIT_FAILED;
    code = EXIT_OK;
    for (int i = 0; i < rest_count; i++)
        if (!validate_one(&v, rest[i]))
            code = EXIT_FAILED;
    return code;
}

/* ---- release ---- */

/* Through the writer, so that the rest of the text stays as the coach wrote it. */
static enum lw_msg write_released(const char *folder, const struct workflow_bench *bench, struct lw_problems *problems,
                                  struct lw_error *err)
{
    struct workflow_edit *e = NULL;
    enum lw_msg rc = workflow_edit_open(&e, folder, err);
    if (!rc)
        rc = workflow_edit_set(e, "state", "\"released\"", err);
    if (!rc)
        rc = workflow_edit_save(e, bench, problems, err);
    workflow_edit_close(&e);
    return rc;
}

static int release(const char *folder, const struct workflow_bench *bench)
{
    struct lw_problems problems = {0};
    struct lw_error err = {0};
    struct workflow *w = NULL;
    workflow_load(&w, folder, bench, &problems);
    bool good = w != NULL, already = good && w->released;
    workflow_destroy(&w);
    int code = EXIT_FAILED;
    if (!good) {
        tell(folder, NULL, &problems);
    } else if (already) {
        lw_fail(&err, LW_MSG_WORKFLOW_RELEASED, folder);
        code = verb_fail(&err, EXIT_OK);
    } else if (write_released(folder, bench, NULL, &err)) {
        verb_fail(&err, EXIT_FAILED);
    } else {
        fprintf(stderr, _("%s: released; warnings: %d\n"), folder, problems.warnings);
        code = EXIT_OK;
    }
    problems_finish(&problems);
    return code;
}

int verb_release(int argc, char **argv)
{
    const char *station = NULL, *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &station, N_("FILE"), N_("Check against this station's bench, and its camera and projector when it is calibrated.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("release WORKFLOW [OPTION…]"),
                        N_("Checks a workflow; without errors its state becomes released."), rest, &rest_count, &code))
        return code;
    struct lw_error err;
    struct calibration cal;
    struct workflow_bench bench;
    if (rest_count != 1) {
        lw_fail(&err, LW_MSG_USAGE, _("release takes one workflow folder"));
        return verb_fail(&err, EXIT_USAGE);
    }
    return know_bench(station, &bench, &cal) ? release(rest[0], &bench) : EXIT_FAILED;
}
