/* kill -9 in the middle of a kit, again and again: what was told is on the disk, once and in order, and the kit is taken
 * on until it is complete. Then the film of the bench, and what is played back of it. */
#include "run_program.h"

#include "cv_picture.h"
#include "kit_bench.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRETEND "camera = { source = \"pretend\"; width = 0; height = 0; fps = 15; };"
#define KILLS   4

static struct run r;
static char kit[300], data[300], path[400], events[400];
static const char *station;

static void prepare(const char *name)
{
    snprintf(data, sizeof data, "%s/%s", harness_scratch(), name);
    assert_int_equal(mkdir(data, 0777), 0);
    snprintf(path, sizeof path, "%s/calibration.cfg", data);
    kit_calibration(path, NULL);
    station = run_station(data, PRETEND);
    snprintf(events, sizeof events, "%s/events", data);
}

static int count(const char *sql)
{
    struct kit_bench b;
    snprintf(b.journal_path, sizeof b.journal_path, "%s/journal.db", data);
    return kit_count(&b, sql);
}

/* Events that are written down before they are told: so many lines may not be more than there are rows. */
static int told(void)
{
    return run_count(events, "\"event\":\"step\"") + run_count(events, "\"event\":\"verdict\"") +
           run_count(events, "\"event\":\"kit\"");
}

#define ROWS "SELECT count(*) FROM event WHERE kind IN ('step', 'verdict', 'kit')"

static void killed_and_taken_on(void **state)
{
    (void)state;
    int rows = 0;
    prepare("killed");
    for (int i = 0; i < KILLS; i++) {
        unlink(events);
        if (i == 0)
            RUN_BEGIN(&r, -1, "run", kit, "--fast", "--kits", "1", "--kit", "one", "--station", station, "--events", events);
        else
            RUN_BEGIN(&r, -1, "run", kit, "--fast", "--kits", "1", "--resume", "one", "--station", station, "--events",
                      events);
        run_wait_for(events, "\"event\":\"step\"", 1 + i); /* each time a little later in the kit */
        kill(r.pid, SIGKILL);
        run_end(&r);
        assert_int_equal(r.signal, SIGKILL);
        assert_int_equal(count("SELECT max(n) - count(*) FROM event WHERE kit = 'one'"), 0);
        int now = count(ROWS);
        assert_true(now - rows >= told());
        assert_true(now - rows <= told() + 1); /* the one that was written and not yet told */
        rows = now;
    }
    assert_int_equal(RUN(&r, "report", "--station", station, "--json"), 0);
    assert_int_equal(RUN(&r, "run", kit, "--fast", "--kits", "1", "--resume", "two", "--station", station), 1);
    run_says(&r, LW_MSG_KIT_UNKNOWN); /* the twin */
    /* without --resume the open kit is offered, and the person takes it on */
    unlink(events);
    assert_int_equal(RUN(&r, "run", kit, "--fast", "--kits", "1", "--station", station, "--events", events), 0);
    assert_int_equal(run_count(events, "\"question\":\"resume\""), 1);
    assert_int_equal(count("SELECT count(*) FROM event WHERE kind = 'kit' AND phase = 'ended' AND kit = 'one'"), 1);
    assert_int_equal(count("SELECT count(DISTINCT kit) FROM event WHERE kind = 'kit'"), 1);
    assert_int_equal(count("SELECT max(n) - count(*) FROM event WHERE kit = 'one'"), 0);
    assert_int_equal(count("SELECT count(DISTINCT step) FROM event WHERE kind = 'step' AND phase = 'done'"), 3);
}

/* The reader of --events goes away: work goes on. */
static void a_closed_pipe_stops_nothing(void **state)
{
    (void)state;
    char command[1500];
    prepare("pipe");
    snprintf(command, sizeof command,
             "( '%s/station/lichtwijzer' run '%s' --fast --kits 1 --station '%s' --events - 2>'%s/err'; echo $? >'%s/code' )"
             " | head -n 3 >/dev/null",
             getenv("LICHTWIJZER_BUILD"), kit, station, data, data);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/code", data);
    assert_int_equal(run_count(path, "0\n"), 1);
    snprintf(path, sizeof path, "%s/err", data);
    assert_true(run_count(path, "Broken pipe") > 0);
    assert_int_equal(count("SELECT count(*) FROM event WHERE kind = 'kit' AND phase = 'ended'"), 1);
}

/* ---- record, replay ---- */

static int grey(const struct image *im, struct cam_px p, int channel)
{
    return image_row(im, (int)p.y)[3 * (int)p.x + channel];
}

static void filmed_and_played_back(void **state)
{
    (void)state;
    char film[400], picture[600], command[900];
    struct calibration c;
    struct image im;
    struct lw_error err;
    struct cam_px sign, beside;
    prepare("film");
    kit_calibration(path, &c);
    snprintf(film, sizeof film, "%s/film", data);
    assert_int_equal(RUN(&r, "record", film, "--minutes", "0.05", "--station", station), 0);
    snprintf(command, sizeof command, "ls '%s' | grep '[.]jpg$' | tail -n 1 > '%s/last'", film, data);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/last", data);
    FILE *f = fopen(path, "r");
    char name[100] = "";
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%99s", name), 1);
    fclose(f);
    snprintf(picture, sizeof picture, "%s/%s", film, name);
    assert_ok(cv_picture_read(picture, IMAGE_BGR8, &im, &err), &err);
    assert_true(model_cam_from_bench(&c.model, (struct bench_mm){40, 40, 0}, &sign));
    assert_true(model_cam_from_bench(&c.model, (struct bench_mm){40, 90, 0}, &beside));
    /* the steady red sign, against the bench beside it, whose colour goes the other way */
    assert_true(grey(&im, sign, 2) - grey(&im, beside, 2) > 20 + grey(&im, sign, 0) - grey(&im, beside, 0));
    assert_true(grey(&im, (struct cam_px){1, 1}, 1) < 8); /* outside the work area */
    image_finish(&im);
    assert_int_equal(RUN(&r, "record", film, "--minutes", "0.05", "--station", station), 1);
    run_says(&r, LW_MSG_RECORDING_FOLDER);
    assert_int_equal(RUN(&r, "record", film, "--minutes", "61", "--station", station), 2);
    assert_int_equal(RUN(&r, "replay", film), 0);
    int played = run_count(r.out, "\"sequence\"");
    assert_in_range(played, 35, 46); /* 3 s at 15 pictures a second */
    f = fopen(picture, "w"); /* a picture that is broken: told, and the rest is played */
    assert_non_null(f);
    fputs("no picture", f);
    fclose(f);
    assert_int_equal(RUN(&r, "replay", film), 1);
    run_says(&r, LW_MSG_PICTURE_READ);
    assert_int_equal(run_count(r.out, "\"sequence\""), played - 1);
    snprintf(film, sizeof film, "%s/empty", data);
    mkdir(film, 0777);
    assert_int_equal(RUN(&r, "replay", film), 1);
    run_says(&r, LW_MSG_FOLDER_NO_PICTURES);
    assert_int_equal(RUN(&r, "replay", "/dev/null"), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_and_taken_on),
        cmocka_unit_test(a_closed_pipe_stops_nothing),
        cmocka_unit_test(filmed_and_played_back),
    };
    harness_init();
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    kit_folder(KIT_ON_BENCH, kit, sizeof kit);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
