/* calibrate and measure: the verbs that find out where light and camera meet the bench. */
#include "calibrate.h"
#include "measure.h"
#include "mend.h"
#include "self_check.h"
#include "verb_guided.h"

#include <limits.h>
#include <string.h>

/* ---- calibrate ---- */

static void print_quality(const struct calibrate_result *r)
{
    const struct calibration *c = &r->calibration;
    json_t *j = json_pack("{s:f,s:f,s:f,s:b,s:f,s:o}", "median_mm", c->quality.median_mm, "p95_mm", c->quality.p95_mm,
                          "max_mm", c->quality.max_mm, "rough", c->model.rough, "seconds", c->quality.seconds, "points",
                          prove_json(&r->proof));
    json_dumpf(j, stdout, JSON_REAL_PRECISION(5));
    printf("\n");
    json_decref(j);
}

static int calibrate(const struct station_config *c, const struct guided *o, struct calibrate_options *options)
{
    struct rig r = {0};
    struct lw_error err = {0};
    struct calibrate_result result;
    if (guided_open(&r, c, o, "calibrate", &err))
        return verb_fail(&err, EXIT_FAILED);
    options->folder = c->data;
    options->side = (enum person_side)c->bench.person_side;
    options->corners = c->bench.has_corners ? c->bench.corners : NULL;
    enum lw_msg rc = calibrate_run(&r.guide, options, &result, &err);
    guided_emit_end(&r, rc ? "failed" : "complete", rc ? EXIT_FAILED : EXIT_OK);
    if (!rc && !(o->events && strcmp(o->events, "-") == 0))
        print_quality(&result);
    rig_close(&r);
    return rc ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}

static int check_calibration(const struct station_config *c, const struct guided *o)
{
    struct rig r = {0};
    struct lw_error err = {0};
    struct prove_result result;
    struct drift_result found;
    if (guided_open(&r, c, o, "calibrate", &err))
        return verb_fail(&err, EXIT_FAILED);
    enum lw_msg rc = rig_load_calibration(&r, c, &err);
    int64_t began = clock_now_ns(&r.guide.clock);
    rc = rc ? rc : mend_check(&r.guide, &r.memory, c->data, &found, &result, &err);
    double seconds = (double)(clock_now_ns(&r.guide.clock) - began) / 1e9;
    bool rough = r.guide.calibration.model.rough;
    guided_emit_end(&r, rc ? "failed" : "complete", rc ? EXIT_FAILED : EXIT_OK);
    rig_close(&r);
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    if (!(o->events && strcmp(o->events, "-") == 0)) {
        json_t *j = json_pack("{s:f,s:f,s:f,s:b,s:f,s:s,s:f,s:f,s:f,s:o}", "median_mm", result.median_mm, "p95_mm",
                              result.p95_mm, "max_mm", result.max_mm, "rough", rough, "seconds", seconds, "which",
                              drift_cause_name(found.cause), "camera_mm", found.camera_mm, "projector_mm",
                              found.projector_mm, "bench_mm", found.bench_mm, "points", prove_json(&result));
        json_dumpf(j, stdout, JSON_REAL_PRECISION(5));
        printf("\n");
        json_decref(j);
    }
    return EXIT_OK;
}

#define OWN_BOARD "boards/board-a4.cfg"

/* The board that is named, or our own where a person can be asked for it. False: its file is no good, and that was said. */
static bool choose_board(struct calibrate_options *o, const char *file, struct board *described)
{
    char own[PATH_MAX];
    struct lw_problems problems = {0};
    if (!file && (o->automatic || o->raised_mm > 0))
        return true;
    snprintf(own, sizeof own, "%s/" OWN_BOARD, lw_assets_folder());
    enum lw_msg rc = board_load(described, file ? file : own, &problems);
    verb_print_problems(&problems);
    problems_finish(&problems);
    o->board = described;
    o->own_board = !file || strstr(file, "board-a4.cfg") || strstr(file, "board-a3.cfg");
    return rc == LW_OK;
}

int verb_calibrate(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--pictures") == 0 || strncmp(argv[i], "--pictures=", 11) == 0)
            return verb_calibrate_pictures(argc, argv);
    struct guided o = {0};
    struct calibrate_options options = {.wait_s = 2};
    const char *rest[ARGUMENTS_REST], *board = NULL;
    bool check = false;
    int rest_count, code;
    const struct argument table[] = {
        GUIDED_ARGUMENTS(o),
        {"auto", ARGUMENT_FLAG, &options.automatic, NULL, N_("Press nothing: take what lies still and go on.")},
        {"wait", ARGUMENT_REAL, &options.wait_s, "S", N_("With --auto: seconds to wait for each act (default 2).")},
        {"check", ARGUMENT_FLAG, &check, NULL, N_("Only check the calibration there is, and mend it after a knock: a few seconds, no board.")},
        {"calm", ARGUMENT_FLAG, &options.calm, NULL, N_("Full pictures cross-fade: nothing flickers. Takes longer.")},
        {"manual", ARGUMENT_FLAG, &options.manual, NULL, N_("Show the bench's corners by hand, with the arrow keys.")},
        {"board", ARGUMENT_TEXT, &board, N_("FILE"), N_("Describes the printed board that is laid down (default: our own on A4, with --auto none).")},
        {"raised", ARGUMENT_REAL, &options.raised_mm, "MM", N_("A flat box of this height is laid down: heights become true.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("calibrate [OPTION…]"),
                        N_("Finds out where light and camera meet the bench. Full pictures flicker: look away."), rest,
                        &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err;
    if (rest_count != 0 || options.raised_mm < 0 || options.raised_mm > 400 || options.wait_s < 0) {
        lw_fail(&err, LW_MSG_USAGE, _("--raised is 0 to 400 mm, --wait is not negative"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!verb_read_station(&c, o.station))
        return EXIT_FAILED;
    struct board described;
    code = EXIT_FAILED;
    if (check)
        code = check_calibration(&c, &o);
    else if (choose_board(&options, board, &described))
        code = calibrate(&c, &o, &options);
    station_config_finish(&c);
    return code;
}


/* ---- measure ---- */

#define MEASURE_RADIUS_MM 22.0

static enum lw_msg measure_there(struct rig *r, const struct local_mm *at, struct lw_error *err)
{
    struct measure_result result;
    enum lw_msg rc = at ? measure_height(&r->guide, *at, MEASURE_RADIUS_MM, &result, err)
                        : measure_find(&r->guide, MEASURE_RADIUS_MM, &result, err);
    if (rc)
        return rc;
    json_t *j = measure_json(&result);
    json_dumpf(j, stdout, JSON_REAL_PRECISION(5));
    printf("\n");
    json_decref(j);
    return LW_OK;
}

int verb_measure(int argc, char **argv)
{
    struct guided o = {0};
    const char *rest[ARGUMENTS_REST], *where = NULL;
    int rest_count, code;
    const struct argument table[] = {
        GUIDED_ARGUMENTS(o),
        {"at", ARGUMENT_TEXT, &where, "X,Y", N_("Where, in mm on the bench (default: the highest flat thing on it).")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("measure [OPTION…]"),
                        N_("Projects small crosses on a thing and tells its height, as JSON."), rest, &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err = {0};
    struct local_mm at;
    char more;
    if (rest_count != 0 || (where && sscanf(where, "%lf,%lf%c", &at.x, &at.y, &more) != 2)) {
        lw_fail(&err, LW_MSG_USAGE, _("--at takes two numbers: X,Y in mm"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!verb_read_station(&c, o.station))
        return EXIT_FAILED;
    struct rig r = {0};
    enum lw_msg rc = guided_open(&r, &c, &o, "measure", &err);
    if (!rc) {
        rc = rig_load_calibration(&r, &c, &err);
        rc = rc ? rc : measure_there(&r, where ? &at : NULL, &err);
        guided_emit_end(&r, rc ? "failed" : "complete", rc ? EXIT_FAILED : EXIT_OK);
        rig_close(&r);
    }
    station_config_finish(&c);
    return rc ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}
