/* How fast events become durable, against one plain INSERT per event with SQLite's defaults; and how long the
 * report over a million events takes, against the plain SQL for its error counts alone. */
#include "clock.h"
#include "journal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define APPENDS  2000
#define MILLION  1000000
#define STEPS    100 /* of a kit */
#define EPOCH_MS 1767600000000LL

static char folder[] =
    "/var/tmp/lichtwijzer-speed-XXXXXX"; /* a disk: /tmp may be memory, where fsync costs nothing */
static char path[300];
static struct lw_clock wall_clock;

static double seconds(void)
{
    return (double)clock_now_ns(&wall_clock) / NS_PER_S;
}

static const char *named(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static double our_appends(void)
{
    struct journal *j;
    struct lw_error err = {0};
    char aside[256], step[16];
    must(journal_open(&j, named("ours.db"), aside, &err) == LW_OK, err.text);
    double start = seconds();
    for (int i = 0; i < APPENDS; i++) {
        snprintf(step, sizeof step, "s%02d", i % STEPS);
        struct journal_event e = {.kind = EVENT_STEP,
                                  .t_ns = i,
                                  .wall_ms = EPOCH_MS + i,
                                  .kit = "kit",
                                  .workflow = "dental-kit",
                                  .section = "top",
                                  .step = step,
                                  .place = "p",
                                  .item = "mirror",
                                  .phase = "done",
                                  .result = "accept"};
        must(journal_append(j, &e, &err) == LW_OK, err.text);
    }
    double took = seconds() - start;
    journal_close(&j);
    return took;
}

static double plain_inserts(void)
{
    sqlite3 *db;
    char *sql;
    must(sqlite3_open(named("plain.db"), &db) == SQLITE_OK, "open");
    sqlite3_exec(db,
                 "CREATE TABLE event (id INTEGER PRIMARY KEY, kind, t_ns, wall_ms, kit, workflow, section, "
                 "step, place,"
                 " item, phase, result)",
                 NULL, NULL, NULL);
    double start = seconds();
    for (int i = 0; i < APPENDS; i++) {
        sql = sqlite3_mprintf(
            "INSERT INTO event (kind, t_ns, wall_ms, kit, workflow, section, step, place, item, phase,"
            " result) VALUES ('step', %d, %lld, 'kit', 'dental-kit', 'top', 's%02d', 'p', 'mirror', 'done',"
            " 'accept')",
            i, EPOCH_MS + i, i % STEPS);
        must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "insert");
        sqlite3_free(sql);
    }
    double took = seconds() - start;
    sqlite3_close(db);
    return took;
}

/* Kits of 100 steps with five events each; one placement in 40 is refused first. Made without fsync: only the
 * report is timed. The journal makes the tables, so that the form is the real one. */
static void make_million(void)
{
    struct journal *j;
    struct lw_error err = {0};
    char aside[256];
    sqlite3 *db;
    must(journal_open(&j, named("million.db"), aside, &err) == LW_OK, err.text);
    journal_close(&j);
    must(sqlite3_open(path, &db) == SQLITE_OK, "open");
    static const char fill[] =
        "PRAGMA synchronous = OFF;"
        "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 999999)"
        "INSERT INTO event (run, kind, t_ns, wall_ms, kit, n, workflow, section, step, place, item, phase, "
        "result, reason)"
        " SELECT 1, CASE WHEN i % 500 = 0 THEN 'kit' WHEN i % 5 = 3 THEN 'verdict' ELSE 'step' END, i * "
        "1000000000,"
        " 1767600000000 + i * 1000, 'kit-' || (i / 500), i % 500 + 1, 'dental-kit', 'top',"
        " CASE WHEN i % 500 > 0 THEN 'step-' || (i % 500 / 5) END, 'place', 'item-' || (i % 500 / 5 % 24),"
        " CASE WHEN i % 500 = 0 THEN 'ended' WHEN i % 5 = 4 THEN 'done' WHEN i % 5 = 3 THEN NULL ELSE 'take' "
        "END,"
        " CASE WHEN i % 5 = 4 THEN 'accept' WHEN i % 5 = 3 AND i % 200 = 3 THEN 'refuse' WHEN i % 5 = 3 THEN "
        "'accept' END,"
        " CASE WHEN i % 200 = 3 THEN 'other_item' END FROM c";
    char *why = NULL;
    must(sqlite3_exec(db, fill, NULL, NULL, &why) == SQLITE_OK, why ? why : "fill");
    sqlite3_close(db);
}

static double our_report(void)
{
    struct journal *j;
    struct lw_error err = {0};
    char aside[256];
    FILE *out = fopen("/dev/null", "w");
    must(journal_open(&j, named("million.db"), aside, &err) == LW_OK, err.text);
    double start = seconds();
    must(journal_report(j, &(struct journal_report_options){.format = REPORT_HTML}, out, &err) == LW_OK,
         err.text);
    double took = seconds() - start;
    fclose(out);
    journal_close(&j);
    return took;
}

/* Without medians and first-pass yield. */
static double plain_report(void)
{
    sqlite3 *db;
    must(sqlite3_open(named("million.db"), &db) == SQLITE_OK, "open");
    double start = seconds();
    must(sqlite3_exec(
             db,
             "SELECT workflow, step, item, reason, count(*) FROM event WHERE kind = 'verdict' AND result = "
             "'refuse'"
             " GROUP BY 1, 2, 3, 4; SELECT workflow, step, count(DISTINCT kit) FROM event WHERE kind = 'step'"
             " AND phase = 'done' GROUP BY 1, 2",
             NULL, NULL, NULL) == SQLITE_OK,
         "select");
    double took = seconds() - start;
    sqlite3_close(db);
    return took;
}

static double opening(void)
{
    struct journal *j;
    struct lw_error err = {0};
    char aside[256];
    double start = seconds();
    must(journal_open(&j, named("million.db"), aside, &err) == LW_OK, err.text);
    double took = seconds() - start;
    journal_close(&j);
    return took;
}

static void remove_all(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

int main(void)
{
    clock_init_real(&wall_clock);
    must(mkdtemp(folder) != NULL, folder);
    atexit(remove_all);
    double ours = our_appends(), plain = plain_inserts();
    printf(
        "append: %.0f durable events/s (%.2f ms each); plain INSERT, default settings: %.0f/s; ratio %.1f\n",
        APPENDS / ours, 1000 * ours / APPENDS, APPENDS / plain, plain / ours);
    make_million();
    double full = our_report(), sql = plain_report();
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("report over %d events: %.2f s (plain SQL for its counts alone: %.2f s; ratio %.2f); %ld MB "
           "resident\n",
           MILLION, full, sql, sql / full, use.ru_maxrss / 1024);
    printf("opening a journal of %d events: %.1f ms\n", MILLION, 1000 * opening());
    return 0;
}
