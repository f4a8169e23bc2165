/* The program as it is installed, with what can go wrong around it: each time a sentence that says what to do, the right
 * exit code, and never a crash. */
#include "run_program.h"

#include "cv_picture.h"
#include "kit_bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PRETEND "camera = { source = \"pretend\"; width = 0; height = 0; fps = 15; };"

static struct run r;
static char kit[300], data[300], path[400];

static const char *in_scratch(const char *name)
{
    static char buf[4][400];
    static int i;
    i = (i + 1) % 4;
    snprintf(buf[i], sizeof buf[i], "%s/%s", harness_scratch(), name);
    return buf[i];
}

static const char *write_file(const char *name, const char *text, size_t size)
{
    const char *p = in_scratch(name);
    FILE *f = fopen(p, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    fclose(f);
    return p;
}

/* A data folder of its own for each test; calibrated or not. */
static const char *fresh_data(bool calibrated)
{
    static int number;
    snprintf(data, sizeof data, "%s/data-%d", harness_scratch(), ++number);
    assert_int_equal(mkdir(data, 0777), 0);
    snprintf(path, sizeof path, "%s/calibration.cfg", data);
    if (calibrated)
        kit_calibration(path, NULL);
    return data;
}

/* ---- bad usage, bad settings ---- */

static void usage_and_station_file(void **state)
{
    (void)state;
    assert_int_equal(RUN(&r, "dance"), 2);
    assert_int_equal(RUN(&r, "run"), 2);
    assert_int_equal(RUN(&r, "run", "--kitz", "1", kit), 2);
    run_says(&r, LW_MSG_USAGE);
    assert_int_equal(RUN(&r, "run", "--kits", "many", kit), 2);
    assert_int_equal(RUN(&r, "run", "--help"), 0); /* the twin */
    unlink(in_scratch("station.cfg"));
    assert_int_equal(RUN(&r, "run", kit), 1);
    run_says(&r, LW_MSG_STATION_FILE);
    assert_int_equal(RUN(&r, "run", kit, "--station", in_scratch("nowhere.cfg")), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    assert_int_equal(RUN(&r, "run", kit, "--station", run_station("x", "camera = 3;\nbench = { widht_mm = 900; };")), 1);
    run_says(&r, LW_MSG_KEY_NEAREST);
    run_says(&r, LW_MSG_KEY_TYPE);
    assert_true(run_has(&r, "station.cfg:3:") && run_has(&r, "station.cfg:4:"));
    assert_int_equal(RUN(&r, "doctor", "--station", in_scratch("station.cfg")), 1);
    assert_true(run_has(&r, "station.cfg:3:"));
}

static void workflows(void **state)
{
    (void)state;
    const char *station = run_station(fresh_data(false), PRETEND);
    assert_int_equal(RUN(&r, "run", in_scratch("no-folder"), "--station", station), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    assert_int_equal(RUN(&r, "run", harness_scratch(), "--station", station), 1);
    run_says(&r, LW_MSG_WORKFLOW_FOLDER);
    assert_int_equal(RUN(&r, "validate", kit, harness_scratch()), 1);
    run_says(&r, LW_MSG_WORKFLOW_FOLDER);
    assert_int_equal(RUN(&r, "validate", kit), 0); /* the twin */
}

/* ---- devices ---- */

static void displays_and_cameras(void **state)
{
    (void)state;
    char more[600];
    static const char camera[] = "camera = { source = \"%s\"; };\nprojector = { display = \"%s\"; };";
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    snprintf(more, sizeof more, camera, "/dev/video9", "HDMI-99");
    const char *station = run_station(fresh_data(true), more);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1);
    run_says(&r, LW_MSG_SCREEN_NONE);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1);
    unsetenv("SDL_VIDEODRIVER");
    run_says(&r, LW_MSG_SCREEN_ABSENT);
    assert_true(run_has(&r, "\"HDMI-99\" is not there; connected are: 0 ")); /* the display there is */
    snprintf(more, sizeof more, camera, "pretended", "none");
    assert_int_equal(RUN(&r, "run", kit, "--station", run_station(data, more)), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    mkdir(in_scratch("empty"), 0777);
    snprintf(more, sizeof more, camera, in_scratch("empty"), "none");
    assert_int_equal(RUN(&r, "run", kit, "--station", run_station(data, more)), 1);
    run_says(&r, LW_MSG_FOLDER_NO_PICTURES);
    snprintf(more, sizeof more, camera, "/dev/video97", "none");
    assert_int_equal(RUN(&r, "run", kit, "--station", run_station(data, more)), 1);
    run_says(&r, LW_MSG_NO_PICTURE_YET);
    assert_int_equal(RUN(&r, "doctor", "--station", in_scratch("station.cfg")), 1);
    run_says(&r, LW_MSG_CAMERA_ABSENT);
}

/* Writes the calibration anew with `from` replaced by `to` once; both of a length. */
static void change_calibration(const char *from, const char *to)
{
    static char text[20000];
    kit_calibration(path, NULL);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    char *at = strstr(text, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    rewind(f);
    fwrite(text, 1, n, f);
    fclose(f);
}

static void expect_uncalibrated(enum lw_msg id)
{
    assert_int_equal(RUN(&r, "run", kit, "--fast", "--kits", "1", "--station", in_scratch("station.cfg")), 1);
    run_says(&r, id);
    assert_true(run_has(&r, "alibrat")); /* the remedy names it */
}

static void calibrations(void **state)
{
    (void)state;
    run_station(fresh_data(false), PRETEND);
    expect_uncalibrated(LW_MSG_CALIBRATION_MISSING);
    change_calibration("version = 2", "version = 9");
    expect_uncalibrated(LW_MSG_CALIBRATION_VERSION);
    change_calibration("identity = \"pretend", "identity = \"webcam!");
    expect_uncalibrated(LW_MSG_CALIBRATION_OTHER_CAMERA);
    change_calibration("width = 1280", "width = 1281");
    expect_uncalibrated(LW_MSG_CALIBRATION_OTHER_SIZE);
    change_calibration("projector : ", "projectur : ");
    expect_uncalibrated(LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(truncate(path, 300), 0);
    expect_uncalibrated(LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(truncate(path, 0), 0);
    expect_uncalibrated(LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(truncate(path, 50000000), 0);
    expect_uncalibrated(LW_MSG_CALIBRATION_BROKEN);
    char *projector = calloc(1, 20000);
    kit_calibration(path, NULL);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(projector, 1, 19999, f) > 0);
    fclose(f);
    char *at = strstr(strstr(projector, "projector"), "pretend");
    assert_non_null(at);
    memcpy(at, "beamers", 7);
    f = fopen(path, "w");
    fputs(projector, f);
    fclose(f);
    free(projector);
    expect_uncalibrated(LW_MSG_CALIBRATION_OTHER_PROJECTOR);
}

/* ---- the data folder and what is kept there ---- */

static void data_folder(void **state)
{
    (void)state;
    const char *station = run_station(fresh_data(false), PRETEND);
    snprintf(path, sizeof path, "%s/lock", data);
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1);
    run_says(&r, LW_MSG_STATION_BUSY);
    close(fd);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1); /* the twin: something else is missing now */
    run_says(&r, LW_MSG_CALIBRATION_MISSING);
    write_file("a-file", "x", 1);
    assert_int_equal(RUN(&r, "run", kit, "--station", run_station(in_scratch("a-file/data"), PRETEND)), 1);
    run_says(&r, LW_MSG_FOLDER_MAKE);
}

/* Rights don't bind root: the program is run as somebody else. */
static void read_only_data_folder(void **state)
{
    (void)state;
    const char *station = run_station(fresh_data(false), PRETEND);
    chmod(harness_scratch(), 0755);
    chmod(data, 0555);
    int fd = open(in_scratch("read-only.out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(9);
        char out[400];
        snprintf(out, sizeof out, "%s/station/lichtwijzer", getenv("LICHTWIJZER_BUILD"));
        if (access(out, X_OK) != 0)
            _exit(HARNESS_SKIP); /* the project lies where only root may look */
        pid_t program = fork();
        if (program == 0) {
            dup2(fd, 1);
            dup2(fd, 2);
            execl(out, out, "run", kit, "--station", station, NULL);
            _exit(127);
        }
        int status;
        static char text[60000];
        waitpid(program, &status, 0);
        (void)!pread(fd, text, sizeof text - 1, 0);
        bool said = strstr(text, lw_msg_remedy_en(LW_MSG_FILE_WRITE)) != NULL;
        if (!said)
            fprintf(stderr, "status %x: %s\n", (unsigned)status, text);
        _exit(WIFEXITED(status) && WEXITSTATUS(status) == 1 && said ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    close(fd);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == HARNESS_SKIP) {
        printf("skipped: another user than root can't reach the built program\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void broken_records_are_kept_aside(void **state)
{
    (void)state;
    char text[8192], command[700];
    const char *station = run_station(fresh_data(false), PRETEND);
    memset(text, 'z', sizeof text);
    snprintf(path, sizeof path, "%s/journal.db", data);
    FILE *f = fopen(path, "w");
    fwrite("SQLite format 3", 1, 16, f);
    fwrite(text, 1, sizeof text, f);
    fclose(f);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1);
    assert_true(run_has(&r, "the records were broken; they are kept in"));
    run_says(&r, LW_MSG_CALIBRATION_MISSING); /* it went on */
    snprintf(command, sizeof command, "ls '%s' | grep -v '^journal.db$' | grep -q '^journal'", data);
    assert_int_equal(system(command), 0);
    assert_int_equal(RUN(&r, "report", "--station", station), 0);
    sqlite3 *db;
    unlink(path);
    sqlite3_open(path, &db);
    sqlite3_exec(db, "CREATE TABLE bookmarks (x)", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1);
    run_says(&r, LW_MSG_JOURNAL_FOREIGN);
}

static void reports(void **state)
{
    (void)state;
    const char *station = run_station(fresh_data(false), PRETEND);
    assert_int_equal(RUN(&r, "report", "--station", station), 1); /* nothing was ever recorded */
    run_says(&r, LW_MSG_FILE_OPEN);
    assert_int_equal(RUN(&r, "run", kit, "--station", station), 1); /* makes an empty journal */
    assert_int_equal(RUN(&r, "report", "--station", station), 0);
    assert_int_equal(RUN(&r, "report", "--station", station, "--html", "/dev/full"), 1);
    run_says(&r, LW_MSG_FILE_WRITE);
    assert_int_equal(RUN(&r, "report", "--station", station, "--html", in_scratch("nowhere/r.html")), 1);
    run_says(&r, LW_MSG_FILE_WRITE);
    assert_int_equal(RUN(&r, "report", "--since", "yesterday"), 2);
}

/* ---- events and presses ---- */

static void events_that_cannot_be_written(void **state)
{
    (void)state;
    const char *station = run_station(fresh_data(false), PRETEND);
    assert_int_equal(RUN(&r, "run", kit, "--station", station, "--events", "/dev/full"), 1);
    run_says(&r, LW_MSG_FILE_WRITE);
    assert_int_equal(RUN(&r, "run", kit, "--station", station, "--events", in_scratch("nowhere/events")), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    assert_int_equal(RUN(&r, "run", kit, "--station", station, "--input", in_scratch("nowhere/input")), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    assert_int_equal(RUN(&r, "run", kit, "--station", station, "--input", harness_scratch()), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
}

/* Packs with --input `input` (and what stands on standard input) until `words` stand in the events. */
static const char *begin_with_input(int fd, const char *input)
{
    const char *events = in_scratch("events");
    unlink(events);
    RUN_BEGIN(&r, fd, "run", kit, "--station", in_scratch("station.cfg"), "--events", events, "--input", input);
    run_wait_for(events, "\"phase\":\"take\"", 1);
    return events;
}

/* It ends orderly, with the kit put aside. */
static void end_by_quit(const char *events)
{
    run_end(&r);
    if (r.code != 3)
        fail_msg("ended with %d, signal %d: %s", r.code, r.signal, r.out);
    assert_int_equal(run_count(events, "\"result\":\"aside\""), 1);
}

static void input_that_is_rubbish(void **state)
{
    (void)state;
    static char noise[60000];
    uint64_t random = 5;
    run_station(fresh_data(true), PRETEND);
    for (size_t i = 0; i < sizeof noise; i++) {
        char c = (char)(harness_random(&random) * 256);
        noise[i] = c == '\n' && i < sizeof noise / 2 ? 'x' : c; /* overlong lines, then short ones */
    }
    const char *input = write_file("input", noise, sizeof noise);
    const char *events = begin_with_input(-1, input);
    run_wait_for(r.out, "not a press", 1);
    assert_int_equal(waitpid(r.pid, NULL, WNOHANG), 0); /* the file's end is no quit */
    FILE *f = fopen(input, "a"); /* it grows */
    assert_non_null(f);
    fputs("\nQUIT\nquitter\nquit\n", f);
    fclose(f);
    end_by_quit(events);
    assert_true(run_count(r.out, "not a press") <= 20);
}

static void input_from_a_fifo(void **state)
{
    (void)state;
    run_station(fresh_data(true), PRETEND);
    const char *fifo = in_scratch("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *events = begin_with_input(-1, fifo);
    for (int i = 0; i < 2; i++) { /* a writer comes and goes, then another */
        int fd = open(fifo, O_WRONLY);
        assert_true(fd >= 0);
        assert_int_equal(waitpid(r.pid, NULL, WNOHANG), 0);
        assert_true(write(fd, i ? "quit\n" : "help\n", 5) == 5);
        close(fd);
    }
    end_by_quit(events);
}

/* Endless zeros, and presses without end: the station goes on looking and still ends when it is told to. */
static void input_without_end(void **state)
{
    (void)state;
    run_station(fresh_data(true), PRETEND);
    const char *events = begin_with_input(-1, "/dev/zero");
    kill(r.pid, SIGTERM);
    end_by_quit(events);
    run_station(fresh_data(true), PRETEND); /* the kit that was put aside would be offered */
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t writer = fork();
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_DFL);
        while (write(fds[1], "again\n", 6) == 6)
            ;
        _exit(0);
    }
    close(fds[1]);
    events = begin_with_input(fds[0], "-");
    close(fds[0]);
    kill(r.pid, SIGTERM);
    end_by_quit(events);
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
}

/* Argument: the one test to run. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_and_station_file),
        cmocka_unit_test(workflows),
        cmocka_unit_test(displays_and_cameras),
        cmocka_unit_test(calibrations),
        cmocka_unit_test(data_folder),
        cmocka_unit_test(read_only_data_folder),
        cmocka_unit_test(broken_records_are_kept_aside),
        cmocka_unit_test(reports),
        cmocka_unit_test(events_that_cannot_be_written),
        cmocka_unit_test(input_that_is_rubbish),
        cmocka_unit_test(input_from_a_fifo),
        cmocka_unit_test(input_without_end),
    };
    harness_init();
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    kit_folder(KIT_ON_BENCH, kit, sizeof kit);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
