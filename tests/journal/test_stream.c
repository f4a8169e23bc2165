/* JSON lines: whole lines, flushed at once, errors instead of crashes. */
#include "harness.h"

#include "journal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[300];
static struct lw_error err;
static const struct journal_event HELP = {.kind = EVENT_HELP, .t_ns = 2, .wall_ms = 3, .kit = "k\"\n\\"};

static void lines_are_there_at_once(void **state)
{
    (void)state;
    struct journal_stream *s;
    snprintf(path, sizeof path, "%s/events", harness_scratch());
    assert_ok(journal_stream_open(&s, path, "run", 1, &err), &err);
    assert_ok(journal_stream_write(s, &HELP, &err), &err);
    FILE *f = fopen(path, "r"); /* while the stream is still open */
    char line[400];
    assert_non_null(fgets(line, sizeof line, f));
    json_t *o = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(o, "event")), "start");
    assert_int_equal(json_integer_value(json_object_get(o, "schema")), JOURNAL_SCHEMA);
    assert_string_equal(json_string_value(json_object_get(o, "verb")), "run");
    assert_true(json_is_string(json_object_get(o, "version")));
    json_decref(o);
    assert_non_null(fgets(line, sizeof line, f));
    o = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(o, "kit")), "k\"\n\\");
    json_decref(o);
    assert_null(fgets(line, sizeof line, f));
    fclose(f);
    journal_stream_close(&s);
    journal_stream_close(&s);
    assert_null(s);
}

static void no_folder_is_an_error(void **state)
{
    (void)state;
    struct journal_stream *s;
    assert_int_equal(journal_stream_open(&s, "/nowhere/events", "run", 1, &err), LW_MSG_FILE_OPEN);
    assert_null(s);
    assert_int_equal(journal_stream_open(&s, "/dev/full", "run", 1, &err), LW_MSG_FILE_WRITE);
    assert_null(s);
}

static void a_closed_pipe_is_an_error(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* the program's part of the bargain */
    int fds[2], out = dup(STDOUT_FILENO);
    struct journal_stream *s;
    assert_int_equal(pipe(fds), 0);
    fflush(stdout);
    dup2(fds[1], STDOUT_FILENO);
    close(fds[1]);
    enum lw_msg opened = journal_stream_open(&s, "-", "run", 1, &err);
    enum lw_msg written = journal_stream_write(s, &HELP, &err);
    close(fds[0]);
    enum lw_msg broken = journal_stream_write(s, &HELP, &err);
    journal_stream_close(&s);
    dup2(out, STDOUT_FILENO);
    close(out);
    assert_int_equal(opened, LW_OK);
    assert_int_equal(written, LW_OK);
    assert_int_equal(broken, LW_MSG_FILE_WRITE);
    assert_non_null(strstr(err.text, "Broken pipe"));
}

/* A disk that fills in the middle of a line: what comes later starts a line of its own. */
static int fill_file(void)
{
    struct journal_stream *s;
    signal(SIGXFSZ, SIG_IGN);
    if (journal_stream_open(&s, path, "run", 1, &err))
        return 1;
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit tight = {130, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    int i = 0;
    while (i < 20 && journal_stream_write(s, &HELP, &err) == LW_OK)
        i++;
    if (i == 20 || err.id != LW_MSG_FILE_WRITE)
        return 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (journal_stream_write(s, &HELP, &err))
        return 3;
    journal_stream_close(&s);
    return 0;
}

static void a_full_disk_cuts_one_line_only(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/full", harness_scratch());
    pid_t child = fork();
    if (child == 0)
        _exit(fill_file());
    int status, good = 0, cut = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    FILE *f = fopen(path, "r");
    char line[400], last[400] = "";
    while (fgets(line, sizeof line, f)) {
        json_t *o = json_loads(line, 0, NULL);
        good += o != NULL;
        cut += o == NULL;
        json_decref(o);
        strcpy(last, line);
    }
    fclose(f);
    assert_int_equal(cut, 1);
    assert_true(good >= 2);
    assert_non_null(strstr(last, "\"event\":\"help\""));
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_there_at_once),
        cmocka_unit_test(no_folder_is_an_error),
        cmocka_unit_test(a_closed_pipe_is_an_error),
        cmocka_unit_test(a_full_disk_cuts_one_line_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
