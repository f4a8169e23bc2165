/* The checks on the pretend bench, in bulk.
 * figure_pretend --seed N --light NAME --calibration FILE [--skip N] [--places N] [--pictures DIR] > rows.csv
 * figure_pretend --table ROWS.csv...   prints what all rows come to; exit 1 when the bench is too easy. */
#include "pretend_checks.h"

#include "cv_picture.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TOO_EASY 0.20 /* plain difference must err at least so often, or the figures count for nothing */

static int fail(const struct lw_error *err)
{
    char line[600];
    fprintf(stderr, "%s\n", lw_error_line(err, line, sizeof line));
    return 1;
}

static int measure(const struct pretend_options *o, int skip, int places, const char *pictures)
{
    struct pretend_station p;
    struct pretend_checks c = {.save_to = pictures};
    struct lw_error err = {0};
    if (pictures)
        mkdir(pictures, 0777);
    if (pretend_open(&p, o, &err))
        return fail(&err);
    enum lw_msg rc = pretend_calibrate(&p, o, &err);
    rc = rc ? rc : pretend_lay_case(&p, &err);
    rc = rc ? rc : pretend_checks_run(&c, &p, (int)o->seed, o->light, skip, places, &err);
    if (!rc) {
        pretend_checks_head(stdout);
        for (int i = 0; i < c.count; i++)
            pretend_checks_write(&c.rows[i], stdout);
    }
    pretend_checks_finish(&c);
    pretend_close(&p);
    return rc ? fail(&err) : 0;
}

static double percent(int part, int whole)
{
    return whole ? 100.0 * part / whole : 0;
}

static void print_light(const struct pretend_checks *c, const char *light)
{
    struct pretend_summary s;
    pretend_checks_summary(c, light, &s);
    const struct pretend_tally *r = &s.of[LAID_RIGHT];
    if (s.wrong + r->checks == 0)
        return;
    printf("%-8s %6d %6d %8d %8.1f %8d %8.1f %8.1f %8.1f %9.1f %9.1f\n", light ? light : "all", s.wrong, s.false_accepts,
           r->checks, percent(r->accepted, r->checks), r->refused, 1000.0 * r->refused / fmax(1, r->checks),
           percent(r->confirm, r->checks), percent(r->cannot_tell, r->checks), 100 * s.plain_error,
           100 * s.levelled_error);
}

static void print_kinds(const struct pretend_summary *s)
{
    printf("\n%-12s %7s %9s %9s %9s %12s %13s\n", "laid", "checks", "accept %", "refuse %", "confirm %", "can't tell %",
           "right reason %");
    for (int i = 0; i < LAID_COUNT; i++) {
        const struct pretend_tally *t = &s->of[i];
        if (t->checks)
            printf("%-12s %7d %9.2f %9.2f %9.2f %12.2f %13.1f\n", laid_names[i], t->checks,
                   percent(t->accepted, t->checks), percent(t->refused, t->checks), percent(t->confirm, t->checks),
                   percent(t->cannot_tell, t->checks), percent(t->reason_right, t->refused));
    }
}

/* Which right things were refused, which wrong ones accepted. */
static void print_errors(const struct pretend_checks *c)
{
    printf("\n");
    for (int i = 0; i < c->count; i++) {
        const struct pretend_check *r = &c->rows[i];
        bool error = r->laid == LAID_RIGHT ? r->verdict.result == VERDICT_REFUSE : r->verdict.result == VERDICT_ACCEPT;
        if (error && r->laid != LAID_TWIN)
            printf("error: seed %d, %s: %s at %s (%.1f mm, %.1f mm, %.1f degrees): %s %s %s, score %.3f, margin %.3f\n",
                   r->seed, r->light, r->laid == LAID_RIGHT ? "right" : r->thing, r->place, r->off.x_mm, r->off.y_mm,
                   deg_from_rad(r->off.angle_rad), verdict_result_name(r->verdict.result),
                   verdict_reason_name(r->verdict.reason), r->seen, r->verdict.score, r->verdict.margin);
    }
}

static int table(char **files, int count)
{
    static const char *const lights[] = {"easy", "office", "dim", "bright", "window", NULL};
    struct pretend_checks c = {0};
    struct pretend_summary s;
    double ms = 0;
    for (int i = 0; i < count; i++) {
        FILE *f = fopen(files[i], "r");
        if (!f || !pretend_checks_read(&c, f)) {
            fprintf(stderr, "can't read %s\n", files[i]);
            return 1;
        }
        fclose(f);
    }
    for (int i = 0; i < c.count; i++)
        ms += c.rows[i].judge_ms / c.count;
    printf("%-8s %6s %6s %8s %8s %8s %8s %8s %8s %9s %9s\n", "", "wrong", "false", "right", "accept", "false", "per",
           "confirm", "can't", "plain", "levelled");
    printf("%-8s %6s %6s %8s %8s %8s %8s %8s %8s %9s %9s\n", "light", "laid", "accept", "laid", "%", "reject", "1000",
           "%", "tell %", "errs %", "errs %");
    for (int i = 0; i < 6; i++)
        print_light(&c, lights[i]);
    pretend_checks_summary(&c, NULL, &s);
    print_kinds(&s);
    print_errors(&c);
    if (s.false_accepts == 0)
        printf("no false accept in %d: below %.2f %% with 95 %% confidence\n", s.wrong, 100 * 3.0 / fmax(1, s.wrong));
    printf("plain difference: errs %.1f %% at %.1f grey levels; made equally bright first: %.1f %% at %.1f\n",
           100 * s.plain_error, s.plain_threshold, 100 * s.levelled_error, s.levelled_threshold);
    printf("one check: %.1f ms CPU (mean)\n", ms);
    pretend_checks_finish(&c);
    bool easy = s.plain_error < TOO_EASY;
    if (easy)
        printf("the bench is too easy: these figures count for nothing\n");
    return easy;
}

int main(int argc, char **argv)
{
    struct pretend_options o = {.seed = 1, .light = "office"};
    const char *pictures = NULL;
    int skip = 0, places = 0;
    cv_setup(1);
    lw_messages_init("en");
    lw_log_set_level(LW_LOG_WARNING);
    if (argc > 2 && strcmp(argv[1], "--table") == 0)
        return table(argv + 2, argc - 2);
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *key = argv[i], *value = argv[i + 1];
        if (strcmp(key, "--seed") == 0)
            o.seed = (uint64_t)atoi(value);
        else if (strcmp(key, "--light") == 0)
            o.light = value;
        else if (strcmp(key, "--calibration") == 0)
            o.calibration = value;
        else if (strcmp(key, "--skip") == 0)
            skip = atoi(value);
        else if (strcmp(key, "--places") == 0)
            places = atoi(value);
        else if (strcmp(key, "--pictures") == 0)
            pictures = value;
        else
            o.calibration = NULL, i = argc;
    }
    if (!o.calibration || argc % 2 == 0) {
        fprintf(stderr, "figure_pretend --seed N --light NAME --calibration FILE [--skip N] [--places N] [--pictures DIR]\n"
                        "figure_pretend --table ROWS.csv...\n");
        return 2;
    }
    return measure(&o, skip, places, pictures);
}
