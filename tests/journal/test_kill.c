/* kill -9 at any moment: what was acknowledged is there, once and in order. */
#include "harness.h"

#include "clock.h"
#include "journal.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_NS         (8 * NS_PER_S)
#define LONGEST_LIFE_MS 60

static char path[300];

/* Goes on where the journal ends, as the station does, and tells each return through the pipe. */
static void write_for_ever(int pipe_fd)
{
    struct journal *j;
    struct lw_error err;
    char aside[256];
    static struct journal_step_state states[100000];
    if (journal_open(&j, path, aside, &err) || aside[0])
        _exit(1);
    for (int i = journal_kit_steps(j, "kit", states, 100000);; i++) {
        char step[16];
        snprintf(step, sizeof step, "%d", i);
        struct journal_event e = {.kind = EVENT_STEP,
                                  .t_ns = i,
                                  .wall_ms = i,
                                  .kit = "kit",
                                  .step = step,
                                  .phase = "done",
                                  .result = "accept"};
        if (journal_append(j, &e, &err))
            _exit(2);
        if (write(pipe_fd, &i, sizeof i) != sizeof i)
            _exit(3);
    }
}

/* The numbers 0 … n-1, each once and in order; returns n. */
static int check_events(void)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    int expected = 0;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT step, n FROM event ORDER BY id", -1, &q, NULL),
                     SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        assert_int_equal(sqlite3_column_int(q, 0), expected);
        assert_int_equal(sqlite3_column_int(q, 1), expected + 1);
        expected++;
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    return expected;
}

static void killed_at_any_moment(void **state)
{
    (void)state;
    struct lw_clock clock;
    uint64_t seed = 7;
    int rounds = 0, acknowledged = -1, stored = 0;
    clock_init_real(&clock);
    snprintf(path, sizeof path, "%s/kill.db", harness_scratch());
    for (int64_t end = clock_now_ns(&clock) + TEST_NS; clock_now_ns(&clock) < end; rounds++) {
        int fds[2], last;
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(fds[1]);
        close(fds[1]);
        clock_wait(&clock, (int64_t)(harness_random(&seed) * LONGEST_LIFE_MS * NS_PER_MS), -1);
        int status;
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status)); /* it did not end by itself, with an error */
        while (read(fds[0], &last, sizeof last) == sizeof last)
            acknowledged = last;
        close(fds[0]);
        if (access(path, F_OK) != 0)
            continue; /* killed before there was a file */
        struct journal *j;
        struct lw_error err;
        char aside[256];
        assert_ok(journal_open(&j, path, aside, &err), &err);
        assert_string_equal(aside, "");
        journal_close(&j);
        stored = check_events();
        assert_true(stored >= acknowledged + 1);
    }
    printf("%d rounds, %d events acknowledged, %d stored\n", rounds, acknowledged + 1, stored);
    assert_true(rounds > 20 && acknowledged > 0);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_any_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
