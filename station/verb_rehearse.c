/* rehearse: is the camera sure of all things of a workflow? */
#include "rehearse.h"
#include "verb_guided.h"

#include <string.h>

struct rehearse_options {
    bool taught, json;
    const char *looks; /* folder of another workflow, NULL: none */
};

static bool without_bench(const struct rehearse_options *o)
{
    return o->taught || o->looks;
}

static enum lw_msg from_looks(const char *folder, struct rehearsal *r, struct lw_error *err)
{
    struct lw_problems problems = {0};
    struct workflow *looks = NULL;
    enum lw_msg rc = workflow_load(&looks, folder, NULL, &problems);
    if (rc)
        *err = problems.items[0].error;
    problems_finish(&problems);
    rc = rc ? rc : rehearse_looks(r, looks, err);
    workflow_destroy(&looks);
    return rc;
}

static enum lw_msg at_bench(const struct station_config *c, const struct guided *o, struct workflow *w, struct rehearsal *r,
                            struct lw_error *err)
{
    struct rig rig = {0};
    enum lw_msg rc = guided_open(&rig, c, o, "rehearse", err);
    if (rc)
        return rc;
    rc = rig_load_calibration(&rig, c, err);
    rc = rc ? rc : rehearse_run(&rig.guide, w, r, err);
    bool sure = !rc && rehearsal_sure(r);
    guided_emit_end(&rig, rc ? "failed" : "complete", sure ? EXIT_OK : EXIT_FAILED);
    rig_close(&rig);
    return rc;
}

static int rehearse(const struct station_config *c, const struct guided *o, const struct rehearse_options *options,
                    const char *folder)
{
    struct lw_error err = {0};
    struct rehearsal r = {0};
    struct workflow *w = guided_load_workflow(folder);
    if (!w)
        return EXIT_FAILED;
    enum lw_msg rc = rehearsal_init(&r, w, &err);
    if (!rc)
        rc = options->taught  ? rehearse_taught(&r, &err)
             : options->looks ? from_looks(options->looks, &r, &err)
                              : at_bench(c, o, w, &r, &err);
    /* the events may stand on standard output; the report then goes beside them */
    if (!rc)
        rehearsal_print(&r, options->json, o->events && strcmp(o->events, "-") == 0 ? stderr : stdout);
    bool sure = !rc && rehearsal_sure(&r);
    rehearsal_finish(&r);
    workflow_destroy(&w);
    return rc ? verb_fail(&err, EXIT_FAILED) : sure ? EXIT_OK : EXIT_FAILED;
}

int verb_rehearse(int argc, char **argv)
{
    struct guided o = {0};
    struct rehearse_options options = {0};
    const char *rest[ARGUMENTS_REST], *format = "text";
    int rest_count, code;
    const struct argument table[] = {
        GUIDED_ARGUMENTS(o),
        {"taught", ARGUMENT_FLAG, &options.taught, NULL, N_("Without a bench: judges each taught picture by the others of its item.")},
        {"looks", ARGUMENT_TEXT, &options.looks, N_("FOLDER"),
         N_("Without a bench: judges what this other workflow was taught of the same things.")},
        {"format", ARGUMENT_TEXT, &format, "text|json", N_("How the report is written.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("rehearse WORKFLOW [OPTION…]"),
                        N_("Lay each thing, and wrong ones too: says of each how sure the camera is, and what to do about it.\n"
                           "Ends with 0 when all are sure, else with 1."), rest, &rest_count, &code))
        return code;
    struct station_config c = {0};
    struct lw_error err;
    options.json = strcmp(format, "json") == 0;
    if (rest_count != 1 || (!options.json && strcmp(format, "text") != 0)) {
        lw_fail(&err, LW_MSG_USAGE, _("rehearse takes one workflow folder; --format is text or json"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!without_bench(&options) && !verb_read_station(&c, o.station))
        return EXIT_FAILED;
    code = rehearse(&c, &o, &options, rest[0]);
    if (!without_bench(&options))
        station_config_finish(&c);
    return code;
}
