#include "verbs.h"

#include "cv_picture.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} verbs[] = {
    {"demo", verb_demo, N_("Packs the dental kit on the pretend bench: no hardware needed.")},
    {"run", verb_run, N_("Packs kits with a workflow.")},
    {"calibrate", verb_calibrate, N_("Finds out where light and camera meet the bench.")},
    {"measure", verb_measure, N_("Tells how high a thing on the bench is.")},
    {"teach", verb_teach, N_("Shows the camera what a workflow's things look like.")},
    {"serve", verb_serve, N_("Serves the studio: pages for making and mending workflows.")},
    {"password", verb_password, N_("Sets a role's password for the studio, read from standard input.")},
    {"rehearse", verb_rehearse, N_("Tries a workflow out: is the camera sure of all its things?")},
    {"validate", verb_validate, N_("Checks workflow folders and names every mistake.")},
    {"release", verb_release, N_("Declares a workflow ready for people, when it is without errors.")},
    {"judge", verb_judge, N_("Checks plain pictures against taught pictures, as at the bench.")},
    {"report", verb_report, N_("Counts errors, kits and times.")},
    {"record", verb_record, N_("Films the work area into a folder, for a problem report.")},
    {"replay", verb_replay, N_("Plays a film back and says what the camera side makes of it.")},
    {"convert", verb_convert, N_("Converts points between camera, bench and projector.")},
    {"doctor", verb_doctor, N_("Says what is connected, what is missing and what to do.")},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

int verb_fail(const struct lw_error *err, int code)
{
    char line[800];
    fprintf(stderr, "lichtwijzer: %s\n", lw_error_line(err, line, sizeof line));
    return code;
}

int verb_print_problems(const struct lw_problems *problems)
{
    char line[800];
    for (int i = 0; i < problems->count; i++)
        fprintf(stderr, "%s: %s\n", problems->items[i].warning ? _("warning") : _("error"),
                lw_error_line(&problems->items[i].error, line, sizeof line));
    if (problems->dropped)
        fprintf(stderr, _("… and %d more\n"), problems->dropped);
    return problems->errors;
}

bool verb_read_station(struct station_config *c, const char *file)
{
    char path[512];
    struct lw_problems problems = {0};
    struct lw_error err;
    if (!file && access(station_config_default_path(path, sizeof path), R_OK) != 0) {
        lw_fail_at(&err, path, 0, LW_MSG_STATION_FILE, path);
        verb_fail(&err, EXIT_FAILED);
        station_config_read(c, NULL, &problems);
        station_config_finish(c);
        problems_finish(&problems);
        return false;
    }
    station_config_read(c, file ? file : path, &problems);
    bool good = verb_print_problems(&problems) == 0;
    problems_finish(&problems);
    if (good && c->language[0])
        lw_messages_init(c->language);
    if (!good)
        station_config_finish(c);
    return good;
}

bool verb_arguments(int argc, char **argv, const struct argument *table, int count, const char *usage,
                    const char *about, const char **rest, int *rest_count, int *code)
{
    struct lw_error err = {0};
    bool help = false;
    if (!arguments_parse(argc, argv, table, count, rest, rest_count, &help, &err)) {
        *code = verb_fail(&err, EXIT_USAGE);
        return false;
    }
    if (help) {
        arguments_print_help(usage, about, table, count);
        *code = EXIT_OK;
    }
    return !help;
}

static void print_verbs(FILE *f)
{
    fprintf(f, "%s", _("usage: lichtwijzer VERB …   (lichtwijzer VERB --help tells more)\n\n"));
    for (size_t i = 0; i < VERBS; i++)
        fprintf(f, "  %-10s %s\n", verbs[i].name, _(verbs[i].help));
}

int main(int argc, char **argv)
{
    lw_messages_init(NULL);
    cv_setup(1);
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 || strcmp(verb, "help") == 0) {
        print_verbs(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, verb) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    print_verbs(stderr);
    return EXIT_USAGE;
}
