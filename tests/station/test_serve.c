/* serve, password and run --serve as a person starts them. */
#include "run_program.h"

#include "kit_bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char data[300], workflows[300];

static const char CAMERA[] = "language = \"en\"; camera = { source = \"pretend\"; width = 0; height = 0; fps = 15; };";

static int pipe_with(const char *text)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
    close(fds[1]);
    return fds[0];
}

static void one_holds_the_station(void **state)
{
    (void)state;
    struct run first, second;
    const char *cfg = run_station(data, CAMERA);
    RUN_BEGIN(&first, -1, "serve", "127.0.0.1:0", workflows, "--station", cfg);
    run_wait_for(first.out, "listening http://127.0.0.1:", 1);
    assert_int_equal(RUN(&second, "serve", "127.0.0.1:0", workflows, "--station", cfg), 1);
    run_says(&second, LW_MSG_STATION_BUSY);
    kill(first.pid, SIGTERM);
    run_end(&first);
    assert_int_equal(first.code, 0);
}

static void the_network_needs_words(void **state)
{
    (void)state;
    struct run r;
    struct stat st;
    char path[400];
    const char *cfg = run_station(data, CAMERA);
    assert_int_equal(RUN(&r, "serve", "0.0.0.0:0", workflows, "--station", cfg), 1);
    run_says(&r, LW_MSG_WEB_NEEDS_PASSWORD);
    assert_int_equal(RUN(&r, "serve", "0.0.0.0:99999", workflows, "--station", cfg), 1);
    run_says(&r, LW_MSG_WEB_ADDRESS);
    assert_int_equal(RUN(&r, "serve", "127.0.0.1:0", "/nothing/here", "--station", cfg), 1);
    run_says(&r, LW_MSG_WEB_WORKFLOWS);
    assert_int_equal(RUN(&r, "password", "boss", "--station", cfg), 2);
    int in = pipe_with("kort\n");
    RUN_BEGIN(&r, in, "password", "coach", "--station", cfg);
    run_end(&r);
    assert_int_equal(r.code, 1);
    close(in);
    in = pipe_with("een lang genoeg wachtwoord\n");
    RUN_BEGIN(&r, in, "password", "coach", "--station", cfg);
    run_end(&r);
    assert_int_equal(r.code, 0);
    close(in);
    snprintf(path, sizeof path, "%s/passwords.cfg", data);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(RUN(&r, "serve", "0.0.0.0:0", workflows, "--station", cfg), 1);
    run_says(&r, LW_MSG_WEB_NEEDS_TLS);
    unlink(path);
}

static void beside_packing(void **state)
{
    (void)state;
    struct run r;
    char path[400], kit[300];
    const char *cfg = run_station(data, CAMERA);
    snprintf(path, sizeof path, "%s/calibration.cfg", data);
    kit_calibration(path, NULL);
    kit_folder(KIT_ON_BENCH, kit, sizeof kit);
    RUN_BEGIN(&r, -1, "run", kit, "--serve", "127.0.0.1:0", "--kits", "1", "--fast", "--station", cfg);
    run_wait_for(r.out, "listening http://127.0.0.1:", 1);
    kill(r.pid, SIGTERM);
    run_end(&r);
    assert_true(r.code == 0 || r.code == 3); /* ended, or its kit put aside */
    RUN_BEGIN(&r, -1, "run", kit, "--serve", "--kits", "1", "--fast", "--events", "-", "--station", cfg); /* the value may be left out */
    kill(r.pid, SIGTERM);
    run_end(&r);
    assert_false(run_has(&r, "unknown option"));
}

int main(void)
{
    harness_init();
    snprintf(data, sizeof data, "%s/data", harness_scratch());
    mkdir(data, 0777);
    harness_source("workflows", workflows, sizeof workflows);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holds_the_station),
        cmocka_unit_test(the_network_needs_words),
        cmocka_unit_test(beside_packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
