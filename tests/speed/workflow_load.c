/* Validates a workflow of 200 steps with 400 pictures of 40 kB, against what libconfig alone needs to parse
 * its text. */
#include "workflow.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ITEMS         200
#define PICTURE_BYTES 40000
#define ROUNDS        20

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static FILE *create(const char *folder, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

static void write_picture(const char *folder, int number, const char *suffix)
{
    static unsigned char data[PICTURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                                0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    char name[64];
    data[18] = data[22] = 1; /* 256 x 256 */
    data[40] = (unsigned char)number;
    snprintf(name, sizeof name, "taught/i%d%s.png", number, suffix);
    FILE *f = create(folder, name);
    fwrite(data, 1, sizeof data, f);
    fclose(f);
}

#define NAME "name = { nl = \"naam\"; en = \"name\"; };"

static void write_workflow(const char *folder)
{
    FILE *f = create(folder, "workflow.cfg");
    fputs("format = 1; " NAME "\nitems = (", f);
    for (int i = 0; i < ITEMS; i++) {
        fprintf(f,
                "%s\n  { id = \"i%d\"; " NAME
                " picture = \"taught/i%d.png\"; height_mm = 6.5; tolerance_mm = 7.0;\n    taught = ( { before = "
                "\"taught/i%d-before.png\"; after = \"taught/i%d.png\"; mm_per_px = 0.75; } ); }",
                i ? "," : "", i, i, i, i);
        write_picture(folder, i, "-before");
        write_picture(folder, i, "");
    }
    fputs(" );\nplaces = (", f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(f,
                "%s\n  { id = \"p%d\"; item = \"i%d\"; x_mm = %d.0; y_mm = %d.0; z_mm = 8.0;\n    outline = "
                "[-10.0, -5.0, "
                "10.0, -5.0, 10.0, 5.0, -10.0, 5.0]; }",
                i ? "," : "", i, i, 20 + 40 * (i % 20), 20 + 30 * (i / 20));
    fputs(" );\nsections = ( { id = \"s\"; " NAME " steps = (", f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(f,
                "%s\n  { place = \"p%d\"; text = { nl = \"Pak nummer %d.\"; en = \"Take number %d.\"; }; }",
                i ? "," : "", i, i, i);
    fputs(" ); } );\n", f);
    fclose(f);
}

static double load_once(const char *folder)
{
    static const struct workflow_bench bench = {1200, 700};
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    double start = now_ms();
    if (workflow_load(&w, folder, &bench, &problems) != LW_OK || problems.count || w->step_count != ITEMS) {
        fprintf(stderr, "the workflow does not load: %s\n",
                problems.count ? problems.items[0].error.text : "");
        exit(1);
    }
    workflow_destroy(&w);
    problems_finish(&problems);
    return now_ms() - start;
}

static double parse_once(const char *path)
{
    config_t cfg;
    double start = now_ms();
    config_init(&cfg);
    if (config_read_file(&cfg, path) != CONFIG_TRUE)
        exit(1);
    config_destroy(&cfg);
    return now_ms() - start;
}

int main(void)
{
    char folder[] = "/tmp/lichtwijzer-speed-XXXXXX", path[300];
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/taught", folder);
    mkdir(path, 0755);
    write_workflow(folder);
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    double load = 1e9, parse = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double a = load_once(folder), b = parse_once(path);
        load = a < load ? a : load;
        parse = b < parse ? b : parse;
    }
    printf("workflow_load: %d steps with %d pictures validated and hashed in %.1f ms; libconfig alone parses "
           "the text in "
           "%.1f ms; ratio %.1f\n",
           ITEMS, 2 * ITEMS, load, parse, load / parse);
    char command[320];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) == 0 && load < 500 ? 0 : 1;
}
