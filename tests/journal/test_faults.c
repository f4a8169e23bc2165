/* What goes wrong with disks and files: each with a clear message, nothing lost, nothing deleted. */
#include "harness.h"

#include "clock.h"
#include "journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[300], aside[256];
static struct lw_error err;

static const char *named(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", harness_scratch(), name);
    return path;
}

static enum lw_msg put(struct journal *j, int i)
{
    char step[16];
    snprintf(step, sizeof step, "s%d", i);
    struct journal_event e = {.kind = EVENT_STEP,
                              .t_ns = i,
                              .wall_ms = i,
                              .kit = "kit",
                              .step = step,
                              .phase = "done",
                              .result = "accept",
                              .item = "a name of some length, so that pages fill up"};
    return journal_append(j, &e, &err);
}

static int steps_of(struct journal *j)
{
    static struct journal_step_state states[5000];
    return journal_kit_steps(j, "kit", states, 5000);
}

static void fill(int events)
{
    struct journal *j;
    assert_ok(journal_open(&j, path, aside, &err), &err);
    for (int i = 0; i < events; i++)
        assert_ok(put(j, i), &err);
    journal_close(&j);
}

static void overwrite(long at, int count)
{
    FILE *f = fopen(path, "r+b");
    fseek(f, at, SEEK_SET);
    for (int i = 0; i < count; i++)
        fputc(0x5A ^ i, f);
    fclose(f);
}

static void expect_set_aside(void)
{
    char before[256];
    struct stat was, kept;
    struct journal *j;
    assert_int_equal(stat(path, &was), 0);
    assert_int_equal(journal_open(&j, path, NULL, &err), LW_MSG_JOURNAL_DAMAGED); /* who only looks leaves it */
    assert_int_equal(stat(path, &kept), 0);
    assert_int_equal(was.st_ino, kept.st_ino);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    assert_true(aside[0]);
    assert_non_null(strstr(aside, ".damaged-2"));
    assert_int_equal(stat(aside, &kept), 0);
    assert_int_equal(was.st_ino, kept.st_ino);
    assert_int_equal(was.st_size, kept.st_size);
    assert_int_equal(steps_of(j), 0);
    assert_ok(put(j, 1), &err);
    journal_close(&j);
    strcpy(before, aside);
    assert_ok(journal_open(&j, path, aside, &err), &err); /* the twin: a sound file stays */
    assert_string_equal(aside, "");
    assert_int_equal(steps_of(j), 1);
    journal_close(&j);
    assert_int_equal(access(before, F_OK), 0);
}

static void a_damaged_file_is_kept_aside(void **state)
{
    (void)state;
    named("header.db");
    fill(50);
    overwrite(0, 100);
    expect_set_aside();
    overwrite(0, 100); /* again within the same second: another name */
    expect_set_aside();
    named("text.db");
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 100; i++)
        fputs("this was never a database\n", f);
    fclose(f);
    expect_set_aside();
    named("page.db");
    fill(500);
    overwrite(4096L * 5, 2000);
    expect_set_aside();
    named("cut.db");
    fill(500);
    assert_int_equal(truncate(path, 4096L * 4), 0);
    expect_set_aside();
}

static void its_wal_goes_with_it(void **state)
{
    (void)state;
    named("wal.db");
    fill(10);
    overwrite(0, 100);
    char wal[320], kept[300];
    snprintf(wal, sizeof wal, "%s-wal", path);
    FILE *f = fopen(wal, "w");
    fputs("left from a crash", f);
    fclose(f);
    expect_set_aside();
    DIR *d = opendir(harness_scratch());
    int found = 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (strncmp(e->d_name, "wal.db.damaged-", 15) == 0 &&
            strcmp(e->d_name + strlen(e->d_name) - 4, "-wal") == 0) {
            snprintf(kept, sizeof kept, "%.200s", e->d_name);
            found++;
        }
    closedir(d);
    assert_int_equal(found, 1);
}

static void an_empty_file_is_a_new_journal(void **state)
{
    (void)state;
    named("empty.db");
    fclose(fopen(path, "w"));
    fill(3);
    assert_string_equal(aside, "");
}

static void a_newer_form_is_refused(void **state)
{
    (void)state;
    named("newer.db");
    fill(3);
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL);
    sqlite3_close(db);
    struct journal *j;
    assert_int_equal(journal_open(&j, path, aside, &err), LW_MSG_JOURNAL_NEWER);
    assert_null(j);
    assert_string_equal(aside, "");
    assert_string_equal(err.text,
                        "The records were written by a newer program (form 2; this one knows form 1).");
}

static void a_foreign_database_is_left_alone(void **state)
{
    (void)state;
    named("foreign.db");
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_exec(db, "CREATE TABLE bookmarks (x)", NULL, NULL, NULL);
    sqlite3_close(db);
    struct journal *j;
    assert_int_equal(journal_open(&j, path, aside, &err), LW_MSG_JOURNAL_FOREIGN);
    assert_string_equal(aside, "");
}

static void a_locked_one_is_waited_for(void **state)
{
    (void)state;
    named("locked.db");
    struct journal *j;
    struct lw_clock clock;
    clock_init_real(&clock);
    fill(3);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        sqlite3_open(path, &db);
        sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
        (void)!write(ready[1], "x", 1);
        sleep(20);
        _exit(0);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    int64_t before = clock_now_ns(&clock);
    assert_int_equal(put(j, 77), LW_MSG_JOURNAL_LOCKED);
    int64_t waited = clock_now_ns(&clock) - before;
    assert_in_range(waited / NS_PER_MS, 200, 1500); /* the bench waits no longer */
    assert_int_equal(steps_of(j), 3); /* reading goes on meanwhile */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_ok(put(j, 77), &err); /* the twin */
    assert_int_equal(steps_of(j), 4);
    journal_close(&j);
    close(ready[0]);
    close(ready[1]);
}

/* Rights don't bind root: the child becomes somebody else. */
static void a_read_only_folder_says_so(void **state)
{
    (void)state;
    char folder[300];
    snprintf(folder, sizeof folder, "%s/readonly", harness_scratch());
    assert_int_equal(mkdir(folder, 0555), 0);
    chmod(harness_scratch(), 0755);
    named("readonly/j.db");
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(9);
        enum lw_msg rc = journal_open(&j, path, aside, &err);
        _exit(rc == LW_MSG_JOURNAL_OPEN && !j && !aside[0] && err.text[0] ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct journal *j;
    snprintf(path, sizeof path, "%s/nowhere/j.db", harness_scratch());
    assert_int_equal(journal_open(&j, path, aside, &err), LW_MSG_JOURNAL_OPEN);
    assert_int_equal(journal_open(&j, harness_scratch(), aside, &err), LW_MSG_JOURNAL_OPEN);
}

/* In a child, since a limit on the size of files would hold for what follows too. */
static int fill_up_to_a_limit(void)
{
    struct journal *j;
    signal(SIGXFSZ, SIG_IGN);
    if (journal_open(&j, path, aside, &err))
        return 1;
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit tight = {200 * 1024, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    int i = 0;
    while (i < 2000 && put(j, i) == LW_OK)
        i++;
    if (i == 0 || i == 2000 || (err.id != LW_MSG_JOURNAL_FULL && err.id != LW_MSG_JOURNAL_WRITE))
        return 2;
    if (put(j, i) == LW_OK || steps_of(j) != i)
        return 3;
    setrlimit(RLIMIT_FSIZE, &limit); /* room again: the same event is tried once more */
    if (put(j, i) != LW_OK || put(j, i + 1) != LW_OK || steps_of(j) != i + 2)
        return 4;
    journal_close(&j);
    return journal_open(&j, path, aside, &err) == LW_OK && !aside[0] && steps_of(j) == i + 2 ? 0 : 5;
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    named("limit.db");
    pid_t child = fork();
    if (child == 0)
        _exit(fill_up_to_a_limit());
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_full_small_disk(void **state)
{
    (void)state;
    char folder[300], stuffing[320];
    snprintf(folder, sizeof folder, "%s/small", harness_scratch());
    mkdir(folder, 0755);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=512k") != 0)
        skip();
    named("small/j.db");
    fill(5);
    struct journal *j;
    assert_ok(journal_open(&j, path, aside, &err), &err);
    assert_ok(put(j, 5), &err);
    snprintf(stuffing, sizeof stuffing, "%s/stuffing", folder);
    int fd = open(stuffing, O_WRONLY | O_CREAT, 0644);
    char block[4096] = {1};
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
    int i = 6;
    while (i < 2000 && put(j, i) == LW_OK)
        i++;
    assert_int_equal(err.id, LW_MSG_JOURNAL_FULL);
    unlink(stuffing);
    assert_ok(put(j, i), &err);
    assert_int_equal(steps_of(j), i + 1);
    journal_close(&j);
    assert_ok(journal_open(&j, path, aside, &err), &err);
    assert_int_equal(steps_of(j), i + 1);
    journal_close(&j);
    umount(folder);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_file_is_kept_aside),
        cmocka_unit_test(its_wal_goes_with_it),
        cmocka_unit_test(an_empty_file_is_a_new_journal),
        cmocka_unit_test(a_newer_form_is_refused),
        cmocka_unit_test(a_foreign_database_is_left_alone),
        cmocka_unit_test(a_locked_one_is_waited_for),
        cmocka_unit_test(a_read_only_folder_says_so),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_full_small_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
