/* report: a verb that needs no bench. */
#include "journal.h"
#include "report_names.h"
#include "rig.h"
#include "verbs.h"
#include "workflow.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- report ---- */

struct report_arguments {
    const char *station, *database, *since, *html;
    bool csv, excel, json;
};

static bool parse_since(const char *text, int64_t *wall_ms, struct lw_error *err)
{
    struct tm tm = {.tm_mday = 1};
    char rest;
    *wall_ms = 0;
    if (!text)
        return true;
    if (sscanf(text, "%4d-%2d-%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &rest) != 3 || tm.tm_mon < 1 ||
        tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31) {
        lw_fail(err, LW_MSG_USAGE, _("--since takes a date like 2026-01-31"));
        return false;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *wall_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* Names come with a workflow's folder; what is wrong with it is validate's to say. */
static struct workflow *load_names(const char *folder)
{
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    if (folder && strchr(folder, '/') && workflow_load(&w, folder, NULL, &problems))
        w = NULL;
    problems_finish(&problems);
    return w;
}

static enum lw_msg write_report(const char *database, const struct report_arguments *a,
                                const struct journal_report_options *o, struct lw_error *err)
{
    struct journal *j;
    enum lw_msg rc = journal_open(&j, database, NULL, err); /* who only looks moves no damaged file aside */
    if (rc)
        return rc;
    FILE *out = a->html ? fopen(a->html, "w") : stdout;
    if (!out)
        rc = lw_fail(err, LW_MSG_FILE_WRITE, a->html, strerror(errno));
    else
        rc = journal_report(j, o, out, err);
    bool written = out && fflush(out) == 0 && !ferror(out);
    int why = errno;
    if (a->html && out)
        fclose(out);
    if (!rc && !written)
        rc = lw_fail(err, LW_MSG_FILE_WRITE, a->html ? a->html : _("standard output"), strerror(why));
    journal_close(&j);
    return rc;
}

int verb_report(int argc, char **argv)
{
    struct report_arguments a = {0};
    struct journal_report_options o = {0};
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &a.station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
        {"journal", ARGUMENT_TEXT, &a.database, N_("FILE"), N_("A journal.db, instead of the station's.")},
        {"csv", ARGUMENT_FLAG, &a.csv, NULL, N_("Comma-separated, in C notation.")},
        {"excel", ARGUMENT_FLAG, &a.excel, NULL, N_("With --csv: as Dutch Excel opens it.")},
        {"json", ARGUMENT_FLAG, &a.json, NULL, N_("JSON.")},
        {"html", ARGUMENT_TEXT, &a.html, N_("FILE"), N_("One page to read and print.")},
        {"since", ARGUMENT_TEXT, &a.since, N_("DATE"), N_("Only from this day on (2026-01-31).")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("report [WORKFLOW] [OPTION…]"),
                        N_("Errors per step and item and kind, first-pass yield, kits, median time per step."), rest,
                        &rest_count, &code))
        return code;
    struct lw_error err = {0};
    struct station_config c;
    char path[PATH_MAX];
    if (rest_count > 1 || !parse_since(a.since, &o.since_wall_ms, &err)) {
        if (rest_count > 1)
            lw_fail(&err, LW_MSG_USAGE, _("report takes one workflow at most"));
        return verb_fail(&err, EXIT_USAGE);
    }
    o.workflow = rest_count ? rest[0] : NULL;
    if (o.workflow && strrchr(o.workflow, '/'))
        o.workflow = strrchr(o.workflow, '/') + 1; /* a folder is as good as its name */
    o.format = a.html ? REPORT_HTML : a.json ? REPORT_JSON : a.csv && a.excel ? REPORT_CSV_EXCEL
               : a.csv ? REPORT_CSV : REPORT_TEXT;
    if (!a.database) {
        if (!verb_read_station(&c, a.station))
            return EXIT_FAILED;
        rig_path(&c, "journal.db", path, sizeof path);
        station_config_finish(&c);
        a.database = path;
    }
    if (access(a.database, R_OK) != 0) {
        lw_fail_at(&err, a.database, 0, LW_MSG_FILE_OPEN, a.database, strerror(errno));
        return verb_fail(&err, EXIT_FAILED);
    }
    struct workflow *w = load_names(rest_count ? rest[0] : NULL);
    if (w)
        report_with_names(&o, w);
    code = write_report(a.database, &a, &o, &err) ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
    workflow_destroy(&w);
    return code;
}
