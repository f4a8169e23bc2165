/* Runs the real photographs (taught.csv, checks.csv of a folder) through the checks and writes a line per check:
 * set,expected,picture,reason,score,ms,verdict. Usage: figure_instruments FOLDER [SET-ENDING] > results.csv */
#include "cv_picture.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ITEMS_MAX 64
#define REFERENCES_MAX 16
#define MM_PER_PX 0.5

struct session {
    char set[64], ids[ITEMS_MAX][64];
    int count;
    struct check *check;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const struct lw_error *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void load(const char *folder, const char *name, struct image *out)
{
    char path[600];
    struct lw_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (cv_picture_read(path, IMAGE_BGR8, out, &err))
        die(&err);
}

static int split(char *line, char **fields, int max)
{
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *p = line; p && n < max; n++)
        fields[n] = strsep(&p, ",");
    return n;
}

static void teach_one(struct session *s, const char *id, struct check_reference *r, int n)
{
    struct lw_error err = {0};
    const struct check_item_options o = {.tolerance_mm = 10, .tolerance_rad = 0.2};
    if (check_teach_item(s->check, id, &o, r, n, &err))
        die(&err);
    snprintf(s->ids[s->count++], sizeof s->ids[0], "%s", id);
    for (int i = 0; i < n; i++) {
        image_finish(&r[i].before);
        image_finish(&r[i].after);
    }
}

static void teach(struct session *s, const char *folder, const char *set)
{
    char path[600], line[1024], last[64] = "", *f[4];
    struct lw_error err = {0};
    struct check_reference r[REFERENCES_MAX] = {0};
    int n = 0, other;
    check_destroy(&s->check);
    snprintf(s->set, sizeof s->set, "%s", set);
    s->count = 0;
    if (check_create(&s->check, &err))
        die(&err);
    snprintf(path, sizeof path, "%s/taught.csv", folder);
    FILE *csv = fopen(path, "r");
    while (csv && fgets(line, sizeof line, csv)) {
        if (split(line, f, 4) < 4 || strcmp(f[0], set) != 0)
            continue;
        if (n && strcmp(last, f[1]) != 0)
            teach_one(s, last, r, n), n = 0;
        snprintf(last, sizeof last, "%s", f[1]);
        load(folder, f[2], &r[n].after);
        load(folder, f[3], &r[n].before);
        r[n++].mm_per_px = MM_PER_PX;
    }
    if (n)
        teach_one(s, last, r, n);
    if (csv)
        fclose(csv);
    if (check_finish_teaching(s->check, &err))
        die(&err);
    for (int i = 0; i < s->count; i++)
        if (!check_item_verifiable(s->check, i, &other))
            fprintf(stderr, "%s: %s is not told from %s\n", set, s->ids[i], s->ids[other]);
}

static void judge(struct session *s, const char *folder, char **f)
{
    struct lw_error err = {0};
    struct image before = {0}, after = {0};
    struct verdict v;
    int expected = 0;
    while (expected + 1 < s->count && strcmp(s->ids[expected], f[1]) != 0)
        expected++;
    load(folder, f[2], &after);
    load(folder, f[3], &before);
    double began = now_ms();
    if (check_judge_patch(s->check, &before, &after, MM_PER_PX, expected, true, &v, &err))
        die(&err);
    double ms = now_ms() - began;
    int other;
    bool ask = v.result == VERDICT_CONFIRM || v.result == VERDICT_CANNOT_TELL ||
               (!check_item_verifiable(s->check, expected, &other) && v.result != VERDICT_REFUSE);
    printf("%s,%s,%s,%s,%.4f,%.2f,%s\n", f[0], f[1], f[2], verdict_reason_name(v.reason), v.score, ms,
           ask ? "ask" : v.result == VERDICT_ACCEPT ? "accept" : "refuse");
    image_finish(&before);
    image_finish(&after);
}

int main(int argc, char **argv)
{
    char path[600], line[1024], *f[6];
    struct session s = {0};
    if (argc < 2)
        return 2;
    cv_setup(1);
    lw_messages_init("en");
    snprintf(path, sizeof path, "%s/checks.csv", argv[1]);
    FILE *csv = fopen(path, "r");
    if (!csv || !fgets(line, sizeof line, csv)) {
        fprintf(stderr, "can't read %s\n", path);
        return 1;
    }
    long every = argc > 3 ? atol(argv[3]) : 1, row = 0;
    while (fgets(line, sizeof line, csv)) {
        if (split(line, f, 6) < 6 || row++ % every || (argc > 2 && !strstr(f[0], argv[2])))
            continue;
        if (strcmp(s.set, f[0]) != 0)
            teach(&s, argv[1], f[0]);
        judge(&s, argv[1], f);
    }
    fclose(csv);
    check_destroy(&s.check);
    return 0;
}
