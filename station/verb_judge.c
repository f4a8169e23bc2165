/* judge: the checks of the bench on plain pictures, so that every set of photographs is a test. */
#include "check.h"
#include "cv_picture.h"
#include "judge_table.h"
#include "log.h"
#include "verbs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define THREADS_MAX  64
#define SCALE_USUAL  0.5
#define SCALE_LEAST  0.02
#define SCALE_MOST   10.0

/* Where an item lies does not matter here: pictures are taken of placements anywhere. */
static const struct check_item_options options = {.tolerance_mm = 10, .tolerance_rad = 0.2};

struct result {
    const char *reason, *verdict;
    double score, ms;
    struct lw_error *error; /* of its pictures; NULL: none */
};

/* What is taught in one set. */
struct session {
    const char *set;
    const char **ids; /* index: the check's item */
    int *lines;       /* where each begins in the table */
    int count;
    struct check *check;
    bool whole; /* every item of the set is taught: only then all compete */
};

struct run {
    struct judge_table taught, checks;
    double mm_per_px;
    int threads;
    struct session now;
    struct result *results; /* of the rows of checks */
    int *order, order_count; /* rows of this set, those of one picture together */
    int next;                /* in order; under the lock */
    pthread_mutex_t lock;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- what was taught ---- */

static enum lw_msg read_pair(const struct judge_table *t, const struct judge_row *row, double mm_per_px,
                             struct check_reference *out, struct lw_error *err)
{
    char path[1024];
    *out = (struct check_reference){.mm_per_px = mm_per_px};
    enum lw_msg rc =
        cv_picture_read(judge_table_path(t, row->picture, path, sizeof path), IMAGE_BGR8, &out->after, err);
    return rc ? rc
              : cv_picture_read(judge_table_path(t, row->before, path, sizeof path), IMAGE_BGR8, &out->before, err);
}

static void pair_finish(struct check_reference *r)
{
    image_finish(&r->before);
    image_finish(&r->after);
}

/* Says where the row stands: an error of a picture names the picture only. */
static void at_row(const struct judge_table *t, const struct judge_row *row, struct lw_error *err)
{
    snprintf(err->file, sizeof err->file, "%s", t->file);
    err->line = row->line;
}

/* All good pictures of an item, which begins at row `first`. Bad ones are told. */
static enum lw_msg teach_item(struct run *r, int first, struct lw_problems *problems, struct lw_error *err)
{
    const struct judge_table *t = &r->taught;
    const char *id = t->rows[first].item;
    struct check_reference *references = calloc((size_t)(t->count - first), sizeof *references);
    enum lw_msg rc = references ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    int n = 0;
    for (int i = first; i < t->count && !rc; i++) {
        struct lw_error bad = {0};
        const struct judge_row *row = &t->rows[i];
        if (!same(row->set, r->now.set) || !same(row->item, id))
            continue;
        if (!read_pair(t, row, r->mm_per_px, &references[n], &bad) &&
            !check_reference_good(id, &references[n], &bad)) {
            n++;
            continue;
        }
        pair_finish(&references[n]);
        at_row(t, row, &bad);
        problems_add(problems, false, &bad);
    }
    if (!rc && n > 0)
        rc = check_teach_item(r->now.check, id, &options, references, n, err);
    if (!rc && n > 0) {
        r->now.lines[r->now.count] = t->rows[first].line;
        r->now.ids[r->now.count++] = id;
    }
    if (!rc && n == 0) {
        r->now.whole = false;
        problems_error(problems, t->file, t->rows[first].line, LW_MSG_TABLE_NOT_WHOLE, r->now.set, id);
    }
    for (int i = 0; i < n; i++)
        pair_finish(&references[i]);
    free(references);
    return rc;
}

static bool first_of_item(const struct judge_table *t, int row)
{
    for (int i = 0; i < row; i++)
        if (same(t->rows[i].set, t->rows[row].set) && same(t->rows[i].item, t->rows[row].item))
            return false;
    return true;
}

static enum lw_msg teach(struct run *r, const char *set, struct lw_problems *problems, struct lw_error *err)
{
    const struct judge_table *t = &r->taught;
    r->now = (struct session){.set = set, .whole = true, .ids = calloc((size_t)t->count, sizeof *r->now.ids),
                             .lines = calloc((size_t)t->count, sizeof *r->now.lines)};
    if (!r->now.ids || !r->now.lines)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = check_create(&r->now.check, err);
    for (int i = 0; i < t->count && !rc; i++)
        if (same(t->rows[i].set, set) && first_of_item(t, i))
            rc = teach_item(r, i, problems, err);
    rc = rc ? rc : check_finish_teaching(r->now.check, err);
    for (int i = 0; i < r->now.count && !rc; i++) {
        struct check_pair p = check_item_pair(r->now.check, i);
        if (p.state != CHECK_VERIFIABLE)
            problems_warning(problems, t->file, r->now.lines[i], p.message, r->now.ids[i], r->now.ids[p.other]);
    }
    return rc;
}

static void forget(struct session *s)
{
    check_destroy(&s->check);
    free(s->ids);
    free(s->lines);
    *s = (struct session){0};
}

/* ---- checks ---- */

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void store(const struct verdict *v, bool whole, struct result *out)
{
    out->reason = verdict_reason_name(v->reason);
    out->score = v->score;
    out->verdict = "ask";
    if (v->result == VERDICT_REFUSE)
        out->verdict = "refuse";
    else if (v->result == VERDICT_ACCEPT && whole)
        out->verdict = "accept";
    else if (v->reason == REASON_NONE)
        out->reason = whole ? "look_alike" : "not_taught";
}

static void failed(const struct run *r, int row, const struct lw_error *err)
{
    struct result *out = &r->results[row];
    out->reason = "picture";
    out->verdict = "ask";
    out->error = malloc(sizeof *out->error);
    if (!out->error)
        return;
    *out->error = *err;
    at_row(&r->checks, &r->checks.rows[row], out->error);
}

static void judge_row(const struct run *r, int row, const struct check_reference *look)
{
    const char *id = r->checks.rows[row].item;
    struct result *out = &r->results[row];
    struct lw_error err = {0};
    struct verdict v;
    int expected = 0;
    while (expected < r->now.count && !same(r->now.ids[expected], id))
        expected++;
    if (expected == r->now.count) { /* its taught pictures were told as bad */
        *out = (struct result){.reason = "not_taught", .verdict = "ask"};
        return;
    }
    double began = cpu_ms();
    enum lw_msg rc =
        check_judge_patch(r->now.check, &look->before, &look->after, look->mm_per_px, expected, true, &v, &err);
    out->ms = cpu_ms() - began;
    if (rc)
        failed(r, row, &err);
    else
        store(&v, r->now.whole, out);
}

static bool same_picture(const struct judge_row *a, const struct judge_row *b)
{
    return same(a->picture, b->picture) && same(a->before, b->before);
}

/* Takes the rows of one picture at a time; what comes out does not depend on who takes them. */
static void *work(void *arg)
{
    struct run *r = arg;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        int from = r->next, to = from;
        while (to < r->order_count &&
               same_picture(&r->checks.rows[r->order[to]], &r->checks.rows[r->order[from]]))
            to++;
        r->next = to;
        pthread_mutex_unlock(&r->lock);
        if (from == to)
            return NULL;
        struct check_reference look;
        struct lw_error err = {0};
        bool good = !read_pair(&r->checks, &r->checks.rows[r->order[from]], r->mm_per_px, &look, &err);
        for (int i = from; i < to; i++)
            if (good)
                judge_row(r, r->order[i], &look);
            else
                failed(r, r->order[i], &err);
        pair_finish(&look);
    }
}

static const struct judge_row *sorted_rows; /* qsort hands over no context */

static int by_picture(const void *pa, const void *pb)
{
    int a = *(const int *)pa, b = *(const int *)pb;
    const struct judge_row *ra = &sorted_rows[a], *rb = &sorted_rows[b];
    int d = strcmp(ra->picture, rb->picture);
    d = d ? d : strcmp(ra->before, rb->before);
    return d ? d : a < b ? -1 : a > b;
}

static void judge_set(struct run *r)
{
    pthread_t threads[THREADS_MAX];
    int started = 0;
    r->order_count = r->next = 0;
    for (int i = 0; i < r->checks.count; i++)
        if (same(r->checks.rows[i].set, r->now.set))
            r->order[r->order_count++] = i;
    sorted_rows = r->checks.rows;
    qsort(r->order, (size_t)r->order_count, sizeof *r->order, by_picture);
    while (started < r->threads - 1 && pthread_create(&threads[started], NULL, work, r) == 0)
        started++;
    work(r);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Every set and item that the checks name is taught. */
static void compare_tables(const struct run *r, struct lw_problems *problems)
{
    for (int i = 0; i < r->checks.count; i++) {
        const struct judge_row *row = &r->checks.rows[i];
        bool set = false, item = false;
        for (int k = 0; k < r->taught.count && !item; k++) {
            bool here = same(r->taught.rows[k].set, row->set);
            set = set || here;
            item = here && same(r->taught.rows[k].item, row->item);
        }
        if (!set)
            problems_error(problems, r->checks.file, row->line, LW_MSG_TABLE_SET, row->set);
        else if (!item)
            problems_error(problems, r->checks.file, row->line, LW_MSG_TABLE_ITEM, row->item, row->set);
    }
}

static enum lw_msg judge_all(struct run *r, int *not_taught, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < r->checks.count && !rc; i++) {
        if (r->results[i].verdict)
            continue;
        struct lw_problems problems = {0};
        rc = teach(r, r->checks.rows[i].set, &problems, err);
        *not_taught += verb_print_problems(&problems);
        problems_finish(&problems);
        if (!rc)
            judge_set(r);
        forget(&r->now);
    }
    return rc;
}

/* ---- the answer ---- */

static void write_field(FILE *f, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, f);
        return;
    }
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', f);
        putc(*text, f);
    }
    putc('"', f);
}

static enum lw_msg write_results(const struct run *r, const char *path, struct lw_error *err)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    fputs("set,expected,picture,reason,score,ms,verdict\n", f);
    for (int i = 0; i < r->checks.count; i++) {
        const struct judge_row *row = &r->checks.rows[i];
        const char *const fields[] = {row->set, row->item, row->picture};
        for (int k = 0; k < COUNT(fields); k++) {
            write_field(f, fields[k]);
            putc(',', f);
        }
        const struct result *result = &r->results[i];
        fprintf(f, "%s,%.4f,%.2f,%s\n", result->reason, result->score, result->ms, result->verdict);
    }
    bool good = !ferror(f);
    if (fclose(f) != 0 || !good)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    return LW_OK;
}

static void sum_up(const struct run *r)
{
    int accepted = 0, refused = 0;
    struct lw_problems problems = {0};
    for (int i = 0; i < r->checks.count; i++) {
        accepted += same(r->results[i].verdict, "accept");
        refused += same(r->results[i].verdict, "refuse");
        if (r->results[i].error)
            problems_add(&problems, true, r->results[i].error);
    }
    verb_print_problems(&problems);
    problems_finish(&problems);
    printf(_("%d checks: %d accepted, %d refused, %d to ask a person\n"), r->checks.count, accepted, refused,
           r->checks.count - accepted - refused);
}

static int run_tables(struct run *r, const char *taught, const char *checks, const char *out)
{
    struct lw_problems problems = {0};
    struct lw_error err = {0};
    bool good = judge_table_read(&r->taught, taught, "item", &problems);
    good = judge_table_read(&r->checks, checks, "expected", &problems) && good;
    if (good)
        compare_tables(r, &problems);
    good = verb_print_problems(&problems) == 0;
    problems_finish(&problems);
    if (!good)
        return EXIT_FAILED;
    r->results = calloc((size_t)r->checks.count, sizeof *r->results);
    r->order = calloc((size_t)r->checks.count, sizeof *r->order);
    int not_taught = 0;
    enum lw_msg rc = r->results && r->order ? judge_all(r, &not_taught, &err) : lw_fail(&err, LW_MSG_NO_MEMORY);
    rc = rc ? rc : write_results(r, out, &err);
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    sum_up(r);
    return not_taught ? EXIT_FAILED : EXIT_OK;
}

static void run_finish(struct run *r)
{
    for (int i = 0; i < r->checks.count && r->results; i++)
        free(r->results[i].error);
    free(r->results);
    free(r->order);
    judge_table_finish(&r->taught);
    judge_table_finish(&r->checks);
    pthread_mutex_destroy(&r->lock);
}

int verb_judge(int argc, char **argv)
{
    const char *taught = NULL, *checks = NULL, *out = NULL, *rest[ARGUMENTS_REST];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int rest_count, code, threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (int)cores;
    double scale = SCALE_USUAL;
    const struct argument table[] = {
        {"taught", ARGUMENT_TEXT, &taught, N_("FILE"), N_("Table of the taught pictures: set,item,picture,before.")},
        {"checks", ARGUMENT_TEXT, &checks, N_("FILE"), N_("Table of the checks: set,expected,picture,before.")},
        {"out", ARGUMENT_TEXT, &out, N_("FILE"), N_("A line for each check, in order, is written here.")},
        {"scale", ARGUMENT_REAL, &scale, "N", N_("Millimetres a pixel in all pictures (default 0.5).")},
        {"threads", ARGUMENT_INT, &threads, "N", N_("Processor cores to use (default: all); the answers are the same.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("judge --taught FILE --checks FILE --out FILE [OPTION…]"),
                        N_("Checks plain pictures, taken straight from above, against taught ones. In a set all items "
                           "are taught and compete; each check has a picture and one of the same place before."),
                        rest, &rest_count, &code))
        return code;
    struct lw_error err = {0};
    if (rest_count || !taught || !checks || !out)
        lw_fail(&err, LW_MSG_USAGE, _("judge takes --taught, --checks and --out"));
    else if (!(scale >= SCALE_LEAST && scale <= SCALE_MOST))
        lw_fail(&err, LW_MSG_USAGE, _("--scale takes 0.02 to 10 millimetres a pixel"));
    else if (threads < 1 || threads > THREADS_MAX)
        lw_fail(&err, LW_MSG_USAGE, _("--threads takes 1 to 64"));
    if (err.id)
        return verb_fail(&err, EXIT_USAGE);
    struct run r = {.mm_per_px = scale, .threads = threads, .lock = PTHREAD_MUTEX_INITIALIZER};
    code = run_tables(&r, taught, checks, out);
    run_finish(&r);
    return code;
}
