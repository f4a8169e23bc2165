/* The records fail in the middle of a kit: nothing goes on before it is written, the bench says so, and afterwards the
 * work goes on with nothing lost and nothing doubled. */
#include "kit_bench.h"

#include "scene.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LASTS_NS (2500 * NS_PER_MS)

static struct trouble {
    void (*begin)(struct kit_bench *b);
    void (*end)(struct kit_bench *b);
    bool on;
    int64_t until_ns;
    int looks_and_asks; /* heard in all: the stream, too, may be full meanwhile */
    int times, done_at_begin, told, message_ticks, good_ticks;
    int64_t asked_ns, confirmed_ns;
} now;

/* ---- two troubles ---- */

static sqlite3 *other;

static void lock(struct kit_bench *b)
{
    assert_int_equal(sqlite3_open(b->journal_path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void unlock(struct kit_bench *b)
{
    (void)b;
    sqlite3_close(other);
}

static struct rlimit room;

static void fill_disk(struct kit_bench *b)
{
    (void)b;
    getrlimit(RLIMIT_FSIZE, &room);
    const struct rlimit none = {512, room.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void free_disk(struct kit_bench *b)
{
    (void)b;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &room), 0);
}

/* ---- what is seen meanwhile ---- */

static bool of_a_kit(const struct journal_event *e)
{
    return e->kind == EVENT_KIT || e->kind == EVENT_STEP || e->kind == EVENT_VERDICT || e->kind == EVENT_HELP ||
           e->kind == EVENT_OVERRIDE;
}

static bool begins_here(const struct journal_event *e)
{
    return e->kind == EVENT_STEP && ((strcmp(e->step, "one") == 0 && strcmp(e->phase, "judge") == 0) ||
                                     (strcmp(e->step, "two") == 0 && strcmp(e->phase, "done") == 0));
}

static void hear(struct kit_bench *b, const struct journal_event *e)
{
    const char *what = e->detail ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    now.looks_and_asks += e->kind == EVENT_LOOK || e->kind == EVENT_ASK;
    now.told += now.on && of_a_kit(e);
    if (e->kind == EVENT_ASK && what && strcmp(what, "confirm") == 0)
        now.asked_ns = e->t_ns;
    if (e->kind == EVENT_STEP && strcmp(e->step, "all-in") == 0 && strcmp(e->phase, "done") == 0)
        now.confirmed_ns = e->t_ns;
    if (!now.begin || now.on || !begins_here(e))
        return;
    now.on = true;
    now.times++;
    now.done_at_begin = b->done;
    now.until_ns = e->t_ns + LASTS_NS;
    now.begin(b);
}

static void each_tick(struct kit_bench *b, int64_t now_ns)
{
    if (!now.on)
        return;
    for (int i = 0; i < b->g.scene->count; i++) {
        const struct scene_item *it = &b->g.scene->items[i];
        now.message_ticks += it->kind == SCENE_TEXT && strstr(it->text, "Nothing can be written down");
        now.good_ticks += now.times == 1 && (it->colour.g == SCENE_GOOD.g && it->colour.r == SCENE_GOOD.r);
    }
    guide_push_press(&b->g, &(struct press){.kind = PRESS_NEXT}); /* an impatient person */
    if (now_ns < now.until_ns)
        return;
    now.end(b);
    now.on = false;
}

/* ---- the kit ---- */

/* Lines of the stream of one kind, and rows of the journal. */
static void stream_and_journal_agree(const struct kit_bench *b, const char *events)
{
    static const char *const kinds[] = {"kit", "step", "verdict"};
    char line[4000], word[40], sql[120];
    for (int i = 0; i < 3; i++) {
        int lines = 0;
        FILE *f = fopen(events, "r");
        assert_non_null(f);
        snprintf(word, sizeof word, "\"event\":\"%s\"", kinds[i]);
        while (fgets(line, sizeof line, f))
            lines += strstr(line, word) != NULL;
        fclose(f);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM event WHERE kind = '%s'", kinds[i]);
        assert_true(lines > 0);
        assert_int_equal(kit_count(b, sql), lines);
    }
}

static void pack_with(void (*begin)(struct kit_bench *b), void (*end)(struct kit_bench *b))
{
    static struct kit_bench b;
    char events[400];
    struct lw_error err;
    const struct pack_options o = {.kits = 1, .kit = "one"};
    now = (struct trouble){.begin = begin, .end = end};
    kit_open(&b, KIT_ON_BENCH, NULL);
    b.more = hear;
    b.each_tick = each_tick;
    snprintf(events, sizeof events, "%s/events", harness_scratch());
    assert_ok(journal_stream_open(&b.g.events, events, "run", 0, &err), &err);
    assert_int_equal(kit_pack(&b, &o), PACK_COMPLETE);
    assert_int_equal(now.times, begin ? 2 : 0);
    assert_int_equal(now.told, 0);
    assert_int_equal(now.good_ticks, 0);
    assert_true(begin ? now.message_ticks >= 2 : now.message_ticks == 0);
    assert_true(now.confirmed_ns - now.asked_ns > 500 * NS_PER_MS); /* nobody's earlier presses confirmed it */
    assert_int_equal(b.done, 3);
    assert_int_equal(kit_count(&b, "SELECT count(*) FROM event WHERE kind = 'step' AND phase = 'done'"), 3);
    assert_int_equal(kit_count(&b, "SELECT count(DISTINCT step) FROM event WHERE kind = 'step' AND phase = 'done'"), 3);
    assert_int_equal(kit_count(&b, "SELECT count(*) FROM event WHERE kind = 'kit'"), 2);
    assert_int_equal(kit_count(&b, "SELECT max(n) - count(*) FROM event WHERE kit = 'one'"), 0);
    stream_and_journal_agree(&b, events);
    assert_int_equal(kit_count(&b, "SELECT count(*) FROM event WHERE kind IN ('look', 'ask')"), now.looks_and_asks);
    assert_int_equal(person_unmet(b.person, stderr), 0);
    if (b.violations)
        fail_msg("%s", b.violation);
    kit_close(&b);
}

static void locked_by_another_program(void **state)
{
    (void)state;
    pack_with(lock, unlock);
}

static void disk_full(void **state)
{
    (void)state;
    pack_with(fill_disk, free_disk);
}

/* The twin: without trouble no message is shown, and the same is written. */
static void twin_nothing_happens(void **state)
{
    (void)state;
    pack_with(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locked_by_another_program),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(twin_nothing_happens),
    };
    signal(SIGXFSZ, SIG_IGN);
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
