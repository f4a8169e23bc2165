/* Events in, events out: JSON form, exactly once, append-only, kits and their steps. */
#include "harness.h"

#include "journal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[300];

static struct journal *open_new(const char *name)
{
    char aside[256];
    struct journal *j;
    struct lw_error err = {0};
    snprintf(path, sizeof path, "%s/%s.db", harness_scratch(), name);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    assert_string_equal(aside, "");
    return j;
}

static int64_t now_ns;

static void put(struct journal *j, struct journal_event e)
{
    struct lw_error err = {0};
    e.t_ns = now_ns += NS_PER_S;
    e.wall_ms = 1767600000000LL + e.t_ns / NS_PER_MS;
    assert_ok(journal_append(j, &e, &err), &err);
}

static void put_kit(struct journal *j, const char *kit, const char *workflow, const char *phase)
{
    put(j, (struct journal_event){.kind = EVENT_KIT,
                                  .kit = kit,
                                  .workflow = workflow,
                                  .workflow_hash = "0123456789abcdef",
                                  .phase = phase});
}

static void put_step(struct journal *j, const char *kit, const char *step, const char *phase,
                     const char *result)
{
    put(j, (struct journal_event){
               .kind = EVENT_STEP, .kit = kit, .step = step, .phase = phase, .result = result});
}

static int64_t ask_number(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return value;
}

static void json_has_the_fixed_fields_first(void **state)
{
    (void)state;
    json_t *detail = json_pack("{s:f, s:s}", "confidence", 0.5, "kit", "not this");
    struct journal_event e = {.kind = EVENT_VERDICT,
                              .t_ns = 1500000000,
                              .wall_ms = 1767600001500LL,
                              .kit = "k1",
                              .workflow = "w",
                              .section = "s",
                              .step = "st",
                              .place = "p",
                              .item = "i",
                              .result = "refuse",
                              .reason = "elsewhere",
                              .seen = "i",
                              .seen_place = "q",
                              .frame = 45,
                              .detail = detail};
    json_t *o = journal_event_json(&e);
    char *text = json_dumps(o, JSON_COMPACT);
    assert_string_equal(text,
                        "{\"event\":\"verdict\",\"t_ns\":1500000000,\"wall\":\"2026-01-05T08:00:01.500Z\","
                        "\"kit\":\"k1\",\"workflow\":\"w\",\"section\":\"s\",\"step\":\"st\",\"place\":\"p\","
                        "\"item\":\"i\",\"result\":\"refuse\",\"reason\":\"elsewhere\",\"seen\":\"i\","
                        "\"seen_place\":\"q\",\"frame\":45,\"confidence\":0.5}");
    free(text);
    json_decref(o);
    json_decref(detail);
}

static void bad_bytes_are_replaced(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\xFFz",  "a\xC0\x80z", "a\xED\xA0\x80z", "a\xF4\x90\x80\x80z",
                                      "caf\xE9", "\xE2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct journal_event e = {.kind = EVENT_STEP, .step = bad[i], .item = "\"€\"\n"};
        json_t *o = journal_event_json(&e);
        assert_non_null(o);
        assert_non_null(strstr(json_string_value(json_object_get(o, "step")), "\xEF\xBF\xBD"));
        assert_string_equal(json_string_value(json_object_get(o, "item")), "\"€\"\n");
        json_decref(o);
    }
}

static void every_kind_is_stored(void **state)
{
    (void)state;
    struct journal *j = open_new("kinds");
    for (int k = EVENT_START; k <= EVENT_END; k++)
        put(j, (struct journal_event){.kind = (enum journal_kind)k, .kit = k % 2 ? "kit" : NULL, .frame = 7});
    struct lw_error err = {0};
    struct journal_event nothing = {0};
    assert_int_equal(journal_append(j, &nothing, &err), LW_MSG_BUG);
    journal_close(&j);
    journal_close(&j); /* closing twice is harmless */
    assert_int_equal(ask_number("SELECT count(DISTINCT kind) FROM event"), EVENT_END);
    assert_int_equal(ask_number("SELECT max(n) FROM event WHERE kit = 'kit'"), 6);
    assert_int_equal(ask_number("PRAGMA user_version"), JOURNAL_SCHEMA);
}

static void events_can_not_be_changed(void **state)
{
    (void)state;
    struct journal *j = open_new("append-only");
    put_kit(j, "a", "w", "started");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE event SET result = 'accept'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    /* STRICT: a text is no time. And the same number twice in a kit is refused. */
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO event (run, kind, t_ns, wall_ms) VALUES (1, 'kit', 'soon', 0)",
                                  NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO event (run, kind, t_ns, wall_ms, kit, n) VALUES (1, 'kit', 0, 0, 'a', 1)",
                     NULL, NULL, NULL),
        SQLITE_CONSTRAINT);
    sqlite3_close(db);
    journal_close(&j);
    assert_int_equal(ask_number("SELECT count(*) FROM event"), 1);
}

static void two_writers_share_a_kit(void **state)
{
    (void)state;
    struct journal *a = open_new("two"), *b = NULL;
    char aside[256];
    struct lw_error err = {0};
    assert_ok(journal_open(&b, path, aside, &err), &err);
    for (int i = 0; i < 20; i++)
        put_step(i % 3 ? a : b, "kit", "s", "judge", NULL);
    journal_close(&a);
    journal_close(&b);
    assert_int_equal(ask_number("SELECT count(*) = 20 AND max(n) = 20 FROM event"), 1);
}

/* A write that reached the disk though its caller was told otherwise: here another connection plays the disk.
 */
static void a_second_try_is_not_a_second_event(void **state)
{
    (void)state;
    struct journal *j = open_new("retry");
    put_kit(j, "kit", "w", "started");
    struct journal_event e = {.kind = EVENT_STEP,
                              .t_ns = 5,
                              .wall_ms = 6,
                              .kit = "kit",
                              .step = "s",
                              .phase = "done",
                              .result = "accept"};
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO event (run, kind, t_ns, wall_ms, kit, n, step, phase, result) VALUES"
                     " (1, 'step', 5, 6, 'kit', 2, 's', 'done', 'accept')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    struct lw_error err = {0};
    assert_ok(journal_append(j, &e, &err), &err);
    assert_int_equal(ask_number("SELECT count(*) FROM event"), 2);
    put_step(j, "kit", "t", "take", NULL);
    assert_int_equal(ask_number("SELECT n FROM event WHERE step = 't'"), 3);
    journal_close(&j);
}

static void long_ids_are_refused(void **state)
{
    (void)state;
    struct journal *j = open_new("long");
    char id[70];
    memset(id, 'x', sizeof id);
    id[64] = 0;
    struct journal_event e = {.kind = EVENT_KIT, .kit = id, .phase = "started"};
    struct lw_error err = {0};
    assert_int_equal(journal_append(j, &e, &err), LW_MSG_JOURNAL_NAME);
    id[63] = 0;
    assert_ok(journal_append(j, &e, &err), &err);
    journal_close(&j);
}

static void kits_that_are_open(void **state)
{
    (void)state;
    struct journal *j = open_new("kits");
    struct journal_kit kits[8];
    assert_int_equal(journal_open_kits(j, NULL, kits, 8), 0);
    put_kit(j, "complete", "w", "started");
    put_kit(j, "aside", "w", "started");
    json_t *order = json_pack("{s:s}", "with", "child,tall");
    put(j, (struct journal_event){.kind = EVENT_KIT, .kit = "cut", .workflow = "other", .section = "top", .phase = "started",
                                  .detail = order});
    json_decref(order);
    put_step(j, "cut", "s1", "done", "accept");
    put_kit(j, "complete", NULL, "ended");
    put_kit(j, "aside", NULL, "aside");
    put_kit(j, "taken on", "w", "aside");
    put_kit(j, "taken on", "w", "resumed");
    assert_int_equal(journal_open_kits(j, NULL, kits, 8), 3);
    assert_string_equal(kits[0].id, "taken on");
    assert_false(kits[0].aside);
    assert_string_equal(kits[1].id, "aside");
    assert_string_equal(kits[1].workflow, "w");
    assert_string_equal(kits[1].workflow_hash, "0123456789abcdef");
    assert_true(kits[1].aside);
    assert_true(kits[1].last_wall_ms > kits[1].started_wall_ms);
    assert_string_equal(kits[2].id, "cut");
    assert_string_equal(kits[2].section, "top");
    assert_string_equal(kits[2].with, "child,tall");
    assert_string_equal(kits[1].with, "");
    assert_int_equal(journal_open_kits(j, "other", kits, 8), 1);
    assert_int_equal(journal_open_kits(j, NULL, kits, 2), 2);
    assert_int_equal(journal_open_kits(j, NULL, kits, 0), 0);
    assert_int_equal(journal_open_kits(j, "' OR 1=1 --", kits, 8), 0);
    journal_close(&j);
}

static void a_kits_steps_follow_from_its_events(void **state)
{
    (void)state;
    struct journal *j = open_new("steps");
    struct journal_step_state s[8];
    assert_int_equal(journal_kit_steps(j, "kit", s, 8), 0);
    put_step(j, "kit", "s1", "take", NULL);
    put_step(j, "kit", "s1", "done", "accept");
    put_step(j, "kit", "s2", "done", "skip");
    put_step(j, "kit", "s3", "done", "override");
    put_step(j, "kit", "s4", "done", "confirm");
    put_step(j, "other", "s9", "done", "accept");
    put_step(j, "kit", "s5", "judge", NULL);
    put_step(j, "kit", "s6", "done", "cannot_tell"); /* no such end: not done */
    put_step(j, "kit", "s1", "back", NULL);
    assert_int_equal(journal_kit_steps(j, "kit", s, 8), 6);
    static const bool done[] = {false, true, true, true, false, false},
                      skipped[] = {false, true, false, false, false, false};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(s[i].step[1], '1' + i);
        assert_int_equal(s[i].done, done[i]);
        assert_int_equal(s[i].skipped, skipped[i]);
    }
    put_step(j, "kit", "s1", "done", "accept");
    assert_int_equal(journal_kit_steps(j, "kit", s, 1), 1);
    assert_true(s[0].done);
    journal_close(&j);
}

/* The examples of the README are lines that a reader could meet: all kinds, known keys first and in their
 * order. */
static void the_readmes_examples_are_events(void **state)
{
    (void)state;
    char file[300], line[1000], *text;
    bool told[EVENT_END + 1] = {false};
    FILE *f = fopen(harness_source("station/journal/README.md", file, sizeof file), "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] != '{')
            continue;
        json_t *o = json_loads(line, 0, NULL), *detail = json_deep_copy(o);
        assert_non_null(o);
        struct journal_event e = {.detail = detail};
        for (int k = EVENT_START; k <= EVENT_END; k++)
            if (strcmp(json_string_value(json_object_get(o, "event")),
                       journal_kind_name((enum journal_kind)k)) == 0)
                e.kind = (enum journal_kind)k;
        e.t_ns = json_integer_value(json_object_get(o, "t_ns"));
        e.kit = json_string_value(json_object_get(o, "kit"));
        e.step = json_string_value(json_object_get(o, "step"));
        told[e.kind] = true;
        json_t *again = journal_event_json(&e);
        assert_true(json_equal(o, again));
        assert_int_equal(strncmp(line, "{\"event\":\"", 10), 0);
        text = json_dumps(again, JSON_COMPACT);
        assert_int_equal(strncmp(line, text, 20), 0);
        free(text);
        json_decref(again);
        json_decref(detail);
        json_decref(o);
    }
    fclose(f);
    for (int k = EVENT_START; k <= EVENT_END; k++)
        assert_true(told[k]);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_fixed_fields_first),
        cmocka_unit_test(bad_bytes_are_replaced),
        cmocka_unit_test(every_kind_is_stored),
        cmocka_unit_test(events_can_not_be_changed),
        cmocka_unit_test(two_writers_share_a_kit),
        cmocka_unit_test(a_second_try_is_not_a_second_event),
        cmocka_unit_test(long_ids_are_refused),
        cmocka_unit_test(kits_that_are_open),
        cmocka_unit_test(a_kits_steps_follow_from_its_events),
        cmocka_unit_test(the_readmes_examples_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
