/* The report's numbers against a slow plain recount of random events, and its forms against hostile names. */
#include "harness.h"

#include "journal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS    500
#define WORKFLOWS 2
#define STEPS     4
#define KITS      6
#define EPOCH_MS  1767600000000LL

static const char *const phases[] = {"take", "place", "judge", "done", "back"};
static const char *const results[] = {"accept", "confirm", "override", "skip"};
static const char *const kit_phases[] = {"started", "resumed", "aside", "ended"};
static const char *const reasons[] = {"missing", "other_item", "turned", "hand", "a_new_word"};
static const char *const verdicts[] = {"accept", "refuse", "cannot_tell", "confirm"};

/* One random event, in small numbers; -1: left out. */
struct one {
    enum journal_kind kind;
    int kit, step, phase, result, reason, run;
    int64_t t_ns, wall_ms;
};

static struct one events[EVENTS];
static struct lw_error err;

static int any(uint64_t *seed, int n)
{
    return (int)(harness_random(seed) * n);
}

static void invent(uint64_t *seed)
{
    int64_t t = 1000000, wall = EPOCH_MS;
    int run = 0;
    for (int i = 0; i < EVENTS; i++) {
        struct one *e = &events[i];
        int dice = any(seed, 20);
        if (any(seed, 60) == 0) { /* the station starts anew; its clock too */
            run++;
            t = any(seed, 1000000);
        }
        t += any(seed, 2000) * NS_PER_MS;
        wall += any(seed, 2000);
        *e = (struct one){dice < 2    ? EVENT_KIT
                          : dice < 14 ? EVENT_STEP
                          : dice < 19 ? EVENT_VERDICT
                                      : EVENT_OVERRIDE,
                          any(seed, KITS),
                          any(seed, STEPS),
                          0,
                          0,
                          any(seed, 5),
                          run,
                          t,
                          wall};
        e->phase = e->kind == EVENT_KIT ? any(seed, 4) : any(seed, 5);
        e->result = any(seed, 4);
    }
}

/* Kits 0, 2, 4 are of workflow w0, the others of w1; only every third event says so. */
static void store(const char *path)
{
    struct journal *j = NULL;
    char aside[256], kit[8], workflow[8], step[8], item[8];
    for (int i = 0; i < EVENTS; i++) {
        const struct one *e = &events[i];
        if (!j || e->run != events[i - 1].run) {
            journal_close(&j);
            assert_ok(journal_open(&j, path, aside, &err), &err);
        }
        snprintf(kit, sizeof kit, "k%d", e->kit);
        snprintf(workflow, sizeof workflow, "w%d", e->kit % WORKFLOWS);
        snprintf(step, sizeof step, "s%d", e->step);
        snprintf(item, sizeof item, "i%d", e->step);
        struct journal_event out = {.kind = e->kind, .t_ns = e->t_ns, .wall_ms = e->wall_ms, .kit = kit};
        out.workflow = i % 3 == 0 || i < 20 ? workflow : NULL;
        out.phase = e->kind == EVENT_KIT    ? kit_phases[e->phase]
                    : e->kind == EVENT_STEP ? phases[e->phase]
                                            : NULL;
        if (e->kind != EVENT_KIT) {
            out.step = step;
            out.item = i % 2 ? item : NULL;
        }
        if (e->kind == EVENT_STEP && e->phase == 3)
            out.result = results[e->result];
        if (e->kind == EVENT_VERDICT) {
            out.result = verdicts[e->result];
            out.reason = reasons[e->reason];
        }
        assert_ok(journal_append(j, &out, &err), &err);
    }
    journal_close(&j);
}

/* ---- the recount: asks every question anew of all events ---- */

static bool is_refuse(const struct one *e)
{
    return e->kind == EVENT_VERDICT && e->result == 1;
}

static bool is_override(const struct one *e)
{
    return e->kind == EVENT_OVERRIDE || (e->kind == EVENT_STEP && e->phase == 3 && e->result == 2);
}

static bool of(const struct one *e, int kit, int step, int64_t since)
{
    return e->wall_ms >= since && e->kit == kit && (step < 0 || (e->step == step && e->kind != EVENT_KIT));
}

/* 0: not done, 1: done, 2: skipped. */
static int state_of(int kit, int step, int64_t since)
{
    for (int i = EVENTS - 1; i >= 0; i--)
        if (of(&events[i], kit, step, since) && events[i].kind == EVENT_STEP) {
            if (events[i].phase == 4)
                return 0;
            if (events[i].phase == 3)
                return events[i].result == 3 ? 2 : 1;
        }
    return 0;
}

static bool any_of(int kit, int step, int64_t since, bool (*what)(const struct one *))
{
    for (int i = 0; i < EVENTS; i++)
        if (of(&events[i], kit, step, since) && what(&events[i]))
            return true;
    return false;
}

/* Time of the `done` at index d: back to the first take or place since the step's or kit's last turn.
 * Negative: none. */
static double time_of(int d, int64_t since)
{
    int first = -1;
    for (int i = d - 1; i >= 0 && events[i].wall_ms >= since; i--) {
        const struct one *e = &events[i];
        if (e->kit != events[d].kit)
            continue;
        if (e->kind == EVENT_KIT || (e->kind == EVENT_STEP && e->step == events[d].step && e->phase >= 3))
            break;
        if (e->kind == EVENT_STEP && e->step == events[d].step && e->phase < 2)
            first = i;
    }
    bool counts = first >= 0 && events[first].run == events[d].run && events[d].result != 3;
    return counts ? (double)(events[d].t_ns - events[first].t_ns) / NS_PER_S : -1;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(int workflow, int step, int64_t since)
{
    static double times[EVENTS];
    int n = 0;
    for (int i = 0; i < EVENTS; i++) {
        const struct one *e = &events[i];
        if (e->kind != EVENT_STEP || e->phase != 3 || e->step != step || e->kit % WORKFLOWS != workflow ||
            e->wall_ms < since)
            continue;
        double t = time_of(i, since);
        if (t >= 0)
            times[n++] = t;
    }
    qsort(times, (size_t)n, sizeof times[0], by_size);
    return n ? (times[(n - 1) / 2] + times[n / 2]) / 2 : -1;
}

static long count_verdicts(int workflow, int step, int64_t since, int result, int reason)
{
    long count = 0;
    for (int i = 0; i < EVENTS; i++)
        count += events[i].kind == EVENT_VERDICT && events[i].kit % WORKFLOWS == workflow &&
                 events[i].step == step && events[i].wall_ms >= since && events[i].result == result &&
                 (reason < 0 || events[i].reason == reason);
    return count;
}

/* ---- comparing ---- */

static json_t *report_json(const char *path, const struct journal_report_options *o)
{
    struct journal *j;
    char aside[256], *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    assert_ok(journal_report(j, o, f, &err), &err);
    journal_close(&j);
    fclose(f);
    json_t *top = json_loads(text, 0, NULL);
    assert_non_null(top);
    free(text);
    return top;
}

static long number(json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    return v ? (long)json_integer_value(v) : 0;
}

static void compare_step(json_t *row, int workflow, int64_t since)
{
    int step = json_string_value(json_object_get(row, "step"))[1] - '0';
    long done = 0, first = 0, skipped = 0, overridden = 0;
    for (int kit = workflow; kit < KITS; kit += WORKFLOWS) {
        int state = state_of(kit, step, since);
        bool override = any_of(kit, step, since, is_override);
        done += state == 1;
        skipped += state == 2;
        overridden += state == 1 && override;
        first += state == 1 && !override && !any_of(kit, step, since, is_refuse);
    }
    assert_int_equal(number(row, "done"), done);
    assert_int_equal(number(row, "skipped"), skipped);
    assert_int_equal(number(row, "overridden"), overridden);
    assert_int_equal(number(row, "first_pass"), first);
    for (int i = 0; i < 5; i++)
        assert_int_equal(number(json_object_get(row, "errors"), i == 4 ? "other" : reasons[i]),
                         count_verdicts(workflow, step, since, 1, i));
    assert_int_equal(number(row, "error_count"), count_verdicts(workflow, step, since, 1, -1));
    assert_int_equal(number(row, "cannot_tell_count"), count_verdicts(workflow, step, since, 2, -1));
    double median = median_of(workflow, step, since);
    json_t *told = json_object_get(row, "median_s");
    assert_int_equal(json_is_null(told), median < 0);
    if (median >= 0)
        assert_true(fabs(json_real_value(told) - median) < 1e-6);
}

static void compare_kits(json_t *kits, int workflow, int64_t since)
{
    long count[4] = {0}, clean = 0;
    for (int kit = workflow; kit < KITS; kit += WORKFLOWS) {
        int phase = -1; /* not seen at all */
        for (int i = 0; i < EVENTS; i++)
            if (of(&events[i], kit, -1, since))
                phase = events[i].kind == EVENT_KIT ? events[i].phase : phase < 0 ? 0 : phase;
        if (phase >= 0)
            count[phase]++;
        clean += phase == 3 && !any_of(kit, -1, since, is_refuse) && !any_of(kit, -1, since, is_override);
    }
    assert_int_equal(number(kits, "complete"), count[3]);
    assert_int_equal(number(kits, "aside"), count[2]);
    assert_int_equal(number(kits, "unfinished"), count[0] + count[1]);
    assert_int_equal(number(kits, "without_error"), clean);
}

static int compare(json_t *top, int64_t since)
{
    json_t *group, *row;
    size_t g, i;
    int rows = 0;
    json_array_foreach(json_object_get(top, "workflows"), g, group)
    {
        int workflow = json_string_value(json_object_get(group, "workflow"))[1] - '0';
        compare_kits(json_object_get(group, "kits"), workflow, since);
        json_array_foreach(json_object_get(group, "steps"), i, row)
        {
            compare_step(row, workflow, since);
            rows++;
        }
    }
    return rows;
}

static void numbers_equal_a_plain_recount(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 8; round++) {
        uint64_t seed = round;
        char path[300];
        snprintf(path, sizeof path, "%s/r%d.db", harness_scratch(), (int)round);
        invent(&seed);
        store(path);
        json_t *top = report_json(path, &(struct journal_report_options){REPORT_JSON, NULL, 0});
        assert_int_equal(compare(top, 0), WORKFLOWS * STEPS);
        json_decref(top);
        int64_t since = events[any(&seed, EVENTS)].wall_ms;
        top = report_json(path, &(struct journal_report_options){REPORT_JSON, NULL, since});
        compare(top, since);
        json_decref(top);
        top = report_json(path, &(struct journal_report_options){REPORT_JSON, "w1", 0});
        assert_int_equal(compare(top, 0), STEPS);
        json_decref(top);
    }
}

/* ---- forms ---- */

static const char *const hostile[] = {"a\"b",
                                      "<script>alert(1)</script>",
                                      "x;y,z",
                                      "line\nbreak\r\n",
                                      "bad\xFF\xC3",
                                      "=1+1",
                                      "\x1b[31mred",
                                      "' onload='x",
                                      "&amp;",
                                      "]]>",
                                      "\xE2\x80\xAE"
                                      "back",
                                      "tab\there",
                                      ""};

static char *report_of(const char *name, enum journal_report_format format)
{
    struct journal *j;
    char path[300], aside[256], *text = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/%s.db", harness_scratch(), name);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    for (size_t i = 0;
         access(path, F_OK) == 0 && i < sizeof hostile / sizeof hostile[0] && strcmp(name, "none"); i++) {
        const char *s = hostile[i];
        struct journal_event e = {.kind = EVENT_VERDICT,
                                  .t_ns = 1,
                                  .wall_ms = EPOCH_MS,
                                  .kit = s,
                                  .workflow = s,
                                  .section = s,
                                  .step = s,
                                  .item = s,
                                  .result = "refuse",
                                  .reason = s,
                                  .seen = s};
        assert_ok(journal_append(j, &e, &err), &err);
    }
    FILE *f = open_memstream(&text, &size);
    assert_ok(journal_report(j, &(struct journal_report_options){format, NULL, 0}, f, &err), &err);
    fclose(f);
    journal_close(&j);
    assert_int_equal(strlen(text), size);
    return text;
}

static long occurrences(const char *text, const char *what)
{
    long n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + strlen(what), what))
        n++;
    return n;
}

/* Reads CSV as RFC 4180 says; every record has the same number of fields. Returns the number of records. */
static int csv_records(const char *p, char comma, const char *end_of_line, int *fields)
{
    int records = 0, here = 1;
    bool quoted = false;
    *fields = 0;
    for (; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (!quoted && *p == comma)
            here++;
        else if (!quoted && strncmp(p, end_of_line, strlen(end_of_line)) == 0) {
            if (*fields)
                assert_int_equal(here, *fields);
            *fields = here;
            here = 1;
            records++;
            p += strlen(end_of_line) - 1;
        }
    }
    assert_false(quoted);
    return records;
}

static void hostile_names_break_nothing(void **state)
{
    (void)state;
    int fields, names = (int)(sizeof hostile / sizeof hostile[0]);
    char *text = report_of("json", REPORT_JSON);
    json_t *top = json_loads(text, 0, NULL);
    assert_non_null(top);
    assert_int_equal(json_array_size(json_object_get(top, "workflows")), names);
    json_decref(top);
    free(text);

    text = report_of("csv", REPORT_CSV);
    assert_int_equal(csv_records(text, ',', "\n", &fields), 1 + 2 * names + 1);
    assert_int_equal(fields, 31);
    free(text);

    text = report_of("excel", REPORT_CSV_EXCEL);
    assert_memory_equal(text, "\xEF\xBB\xBFrow;", 7);
    assert_int_equal(csv_records(text, ';', "\r\n", &fields), 1 + 2 * names + 1);
    assert_int_equal(fields, 31);
    assert_null(strstr(text, ";=1+1")); /* no formula */
    assert_non_null(strstr(text, "\"'=1+1\""));
    free(text);

    text = report_of("html", REPORT_HTML);
    assert_null(strstr(text, "<script"));
    assert_non_null(strstr(text, "&lt;script&gt;"));
    assert_null(strstr(text, "' onload"));
    assert_null(strchr(text, 0x1b));
    assert_null(strchr(text, 0xFF));
    assert_int_equal(occurrences(text, "<td"), occurrences(text, "</td>"));
    assert_int_equal(occurrences(text, "<section>"), names);
    free(text);

    text = report_of("text", REPORT_TEXT);
    assert_null(strchr(text, 0x1b)); /* the terminal is not steered by a name */
    free(text);
}

static void nothing_recorded_is_said(void **state)
{
    (void)state;
    for (int format = REPORT_TEXT; format <= REPORT_HTML; format++) {
        char *text = report_of("none", (enum journal_report_format)format);
        if (format == REPORT_TEXT)
            assert_string_equal(text, "Nothing is recorded yet.\n");
        if (format == REPORT_HTML)
            assert_non_null(strstr(text, "Nothing is recorded yet."));
        assert_true(strlen(text) > 10);
        free(text);
    }
}

static void give_names(const void *context, const char *workflow, const char **step, const char **item)
{
    if (strcmp(workflow, context) != 0)
        return;
    *step = "Take the mirror";
    *item = "Dental mirror";
}

/* For people only, and for the workflow whose names are known; files keep the ids. */
static void names_are_for_people(void **state)
{
    (void)state;
    struct journal *j;
    char path[300], aside[256];
    snprintf(path, sizeof path, "%s/names.db", harness_scratch());
    assert_ok(journal_open(&j, path, aside, &err), &err);
    for (int i = 0; i < 2; i++) {
        const struct journal_event e = {.kind = EVENT_VERDICT, .t_ns = i + 1, .wall_ms = EPOCH_MS, .kit = i ? "k2" : "k1",
                                        .workflow = i ? "other" : "known", .step = i ? "lay-other" : "lay-mirror",
                                        .item = "mirror-id", .result = "refuse", .reason = "turned"};
        assert_ok(journal_append(j, &e, &err), &err);
    }
    for (int format = REPORT_TEXT; format <= REPORT_HTML; format++) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        struct journal_report_options o = {(enum journal_report_format)format, NULL, 0, give_names, "known"};
        assert_ok(journal_report(j, &o, f, &err), &err);
        fclose(f);
        bool people = format == REPORT_TEXT || format == REPORT_HTML;
        assert_int_equal(strstr(text, "Dental mirror") != NULL, people);
        assert_int_equal(strstr(text, "lay-mirror") != NULL, !people);
        assert_non_null(strstr(text, "lay-other"));
        free(text);
    }
    journal_close(&j);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct journal *j;
    char path[300], aside[256];
    snprintf(path, sizeof path, "%s/full.db", harness_scratch());
    assert_ok(journal_open(&j, path, aside, &err), &err);
    for (int format = REPORT_TEXT; format <= REPORT_HTML; format++) {
        FILE *f = fopen("/dev/full", "w");
        struct journal_report_options o = {(enum journal_report_format)format, NULL, 0};
        assert_int_equal(journal_report(j, &o, f, &err), LW_MSG_FILE_WRITE);
        fclose(f);
    }
    journal_close(&j);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_equal_a_plain_recount),
        cmocka_unit_test(hostile_names_break_nothing),
        cmocka_unit_test(nothing_recorded_is_said),
        cmocka_unit_test(names_are_for_people),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
