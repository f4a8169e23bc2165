/* What looks alike among 100 taught things (the dental kit's, again and again, three layings each): found, and known from the
 * time before. */
#include "harness.h"

#include "alike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ITEMS    100
#define LAYINGS  3
#define ROUNDS   5

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static const char *const things[] = {"mirror", "probe", "explorer", "scaler", "tweezers", "toothpaste", "scissors"};

static void write_kit(const char *folder)
{
    char path[400];
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("format = 1; name = { nl = \"a\"; en = \"a\"; };\nitems = (", f);
    for (int i = 0; i < ITEMS; i++) {
        const char *thing = things[(size_t)i % (sizeof things / sizeof things[0])];
        fprintf(f, "%s{ id = \"i%d\"; name = { nl = \"n\"; en = \"n\"; }; height_mm = %d; taught = (", i ? ",\n" : "", i, 3 + i % 9);
        for (int k = 1; k <= LAYINGS; k++)
            fprintf(f, "%s { before = \"taught/%s-%d-before.png\"; after = \"taught/%s-%d.png\"; mm_per_px = 0.75; }", k > 1 ? "," : "",
                    thing, k, thing, k);
        fputs(" ); }", f);
    }
    fputs(" );\nplaces = (", f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(f, "%s { id = \"p%d\"; item = \"i%d\"; x_mm = %d; y_mm = %d; }", i ? ",\n" : "", i, i, 60 + 110 * (i % 10), 40 + 60 * (i / 10));
    fputs(" );\nsections = ( { id = \"s\"; steps = (", f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(f, "%s { place = \"p%d\"; }", i ? "," : "", i);
    fputs(" ); } );\n", f);
    fclose(f);
}

int main(void)
{
    harness_init();
    char folder[300], from[400], command[900];
    struct workflow *w = NULL;
    struct lw_problems problems = {0};
    snprintf(folder, sizeof folder, "%s/kit", harness_scratch());
    snprintf(command, sizeof command, "mkdir -p '%s' && cp -r '%s' '%s/taught'", folder,
             harness_source("workflows/dental-kit/taught", from, sizeof from), folder);
    assert_int_equal(system(command), 0);
    setenv("XDG_CACHE_HOME", harness_scratch(), 1);
    write_kit(folder);
    double start = cpu_ms();
    assert_int_equal(workflow_load(&w, folder, NULL, &problems), LW_OK);
    double load = cpu_ms() - start;
    start = cpu_ms();
    alike_find(w, &problems);
    double first = cpu_ms() - start, again = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        start = cpu_ms();
        assert_true(alike_recall(w, &problems));
        double ms = cpu_ms() - start;
        again = ms < again ? ms : again;
    }
    printf("workflow_alike: %d things of %d layings: loaded in %.0f ms of CPU, compared in %.0f ms the first time; known again in "
           "%.1f ms; ratio %.0f\n", ITEMS, LAYINGS, load, first, again, first / again);
    problems_finish(&problems);
    workflow_destroy(&w);
    return 0;
}
