/* Rows of checks to and from CSV, and what they come to. */
#include "pretend_checks.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 19

/* ---- CSV ---- */

void pretend_checks_head(FILE *f)
{
    fprintf(f, "seed,light,place,laid,thing,x_mm,y_mm,angle_deg,result,reason,seen,score,margin,plain_grey,"
               "levelled_grey,judge_ms,seen_x_mm,seen_y_mm,seen_angle_deg\n");
}

void pretend_checks_write(const struct pretend_check *r, FILE *f)
{
    fprintf(f, "%d,%s,%s,%s,%s,%.2f,%.2f,%.2f,%s,%s,%s,%.4f,%.4f,%.3f,%.3f,%.2f,%.2f,%.2f,%.2f\n", r->seed, r->light, r->place,
            laid_names[r->laid], r->thing, r->off.x_mm, r->off.y_mm, deg_from_rad(r->off.angle_rad),
            verdict_result_name(r->verdict.result), verdict_reason_name(r->verdict.reason), r->seen, r->verdict.score,
            r->verdict.margin, r->plain_grey, r->levelled_grey, r->judge_ms, r->verdict.offset.x_mm,
            r->verdict.offset.y_mm, deg_from_rad(r->verdict.offset.angle_rad));
}

static int named(const char *(*name)(int), int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(name(i), word) == 0)
            return i;
    return -1;
}

static const char *laid_name(int i)
{
    return laid_names[i];
}

static const char *result_name(int i)
{
    return verdict_result_name((enum verdict_result)i);
}

static const char *reason_name(int i)
{
    return verdict_reason_name((enum verdict_reason)i);
}

static bool read_row(char *line, struct pretend_check *r)
{
    char *f[COLUMNS];
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    while (line && n < COLUMNS)
        f[n++] = strsep(&line, ",");
    if (n < COLUMNS || line)
        return false;
    int laid = named(laid_name, LAID_COUNT, f[3]), result = named(result_name, VERDICT_ACCEPT + 1, f[8]);
    int reason = named(reason_name, REASON_STALE + 1, f[9]);
    if (laid < 0 || result < 0 || reason < 0)
        return false;
    *r = (struct pretend_check){.seed = atoi(f[0]), .laid = (enum laid)laid,
                                .off = {atof(f[5]), atof(f[6]), rad_from_deg(atof(f[7]))},
                                .verdict = {.result = (enum verdict_result)result,
                                            .reason = (enum verdict_reason)reason, .score = atof(f[11]),
                                            .margin = atof(f[12]),
                                            .offset = {atof(f[16]), atof(f[17]), rad_from_deg(atof(f[18]))}},
                                .plain_grey = atof(f[13]), .levelled_grey = atof(f[14]), .judge_ms = atof(f[15])};
    snprintf(r->light, sizeof r->light, "%s", f[1]);
    snprintf(r->place, sizeof r->place, "%s", f[2]);
    snprintf(r->thing, sizeof r->thing, "%s", f[4]);
    snprintf(r->seen, sizeof r->seen, "%s", f[10]);
    return true;
}

bool pretend_checks_read(struct pretend_checks *c, FILE *f)
{
    char line[512];
    bool good = fgets(line, sizeof line, f) != NULL;
    while (good && fgets(line, sizeof line, f)) {
        if (c->count == c->capacity) {
            c->capacity = c->capacity ? 2 * c->capacity : 1024;
            c->rows = realloc(c->rows, sizeof *c->rows * (size_t)c->capacity);
            if (!c->rows)
                abort();
        }
        good = read_row(line, &c->rows[c->count]);
        c->count += good;
    }
    return good;
}

/* ---- what it comes to ---- */

static bool right_reason(const struct pretend_check *r)
{
    static const enum verdict_reason want[LAID_COUNT] = {
        [LAID_LOOK_ALIKE] = REASON_OTHER_ITEM, [LAID_OTHER] = REASON_OTHER_ITEM, [LAID_TURNED] = REASON_TURNED,
        [LAID_EMPTY] = REASON_MISSING, [LAID_FOREIGN] = REASON_UNKNOWN, [LAID_TWIN] = REASON_UNKNOWN};
    return r->verdict.result == VERDICT_REFUSE && r->verdict.reason == want[r->laid] &&
           (want[r->laid] != REASON_OTHER_ITEM || strcmp(r->seen, r->thing) == 0);
}

struct measured {
    double grey;
    bool right;
};

static int by_grey(const void *a, const void *b)
{
    double x = ((const struct measured *)a)->grey, y = ((const struct measured *)b)->grey;
    return (x > y) - (x < y);
}

/* Accepts below a threshold: the least mean of both error rates that any threshold reaches. */
static double best_error(struct measured *m, int count, double *threshold)
{
    int rights = 0, right_below = 0, wrong_below = 0;
    double best = 0.5;
    for (int i = 0; i < count; i++)
        rights += m[i].right;
    *threshold = 0;
    if (rights == 0 || rights == count)
        return 0;
    qsort(m, (size_t)count, sizeof *m, by_grey);
    for (int i = 0; i < count; i++) {
        right_below += m[i].right;
        wrong_below += !m[i].right;
        if (i + 1 < count && !(m[i].grey < m[i + 1].grey))
            continue;
        double error = 0.5 * ((double)wrong_below / (count - rights) + (double)(rights - right_below) / rights);
        if (error < best) {
            best = error;
            *threshold = m[i].grey;
        }
    }
    return best;
}

static bool counts(const struct pretend_check *r, const char *light)
{
    return !light || strcmp(r->light, light) == 0;
}

static double plain_error(const struct pretend_checks *c, const char *light, bool levelled, double *threshold)
{
    int n = 0;
    struct measured *m = calloc((size_t)c->count + 1, sizeof *m);
    for (int i = 0; m && i < c->count; i++) {
        const struct pretend_check *r = &c->rows[i];
        if (counts(r, light) && r->laid != LAID_TWIN && r->plain_grey > 0)
            m[n++] = (struct measured){levelled ? r->levelled_grey : r->plain_grey, r->laid == LAID_RIGHT};
    }
    double error = m ? best_error(m, n, threshold) : 0;
    free(m);
    return error;
}

void pretend_checks_summary(const struct pretend_checks *c, const char *light, struct pretend_summary *out)
{
    *out = (struct pretend_summary){0};
    for (int i = 0; i < c->count; i++) {
        const struct pretend_check *r = &c->rows[i];
        if (!counts(r, light))
            continue;
        struct pretend_tally *t = &out->of[r->laid];
        t->checks++;
        t->accepted += r->verdict.result == VERDICT_ACCEPT;
        t->refused += r->verdict.result == VERDICT_REFUSE;
        t->confirm += r->verdict.result == VERDICT_CONFIRM;
        t->cannot_tell += r->verdict.result == VERDICT_CANNOT_TELL;
        t->reason_right += right_reason(r);
        bool wrong = r->laid != LAID_RIGHT && r->laid != LAID_TWIN;
        out->wrong += wrong;
        out->false_accepts += wrong && r->verdict.result == VERDICT_ACCEPT;
    }
    out->plain_error = plain_error(c, light, false, &out->plain_threshold);
    out->levelled_error = plain_error(c, light, true, &out->levelled_threshold);
}
