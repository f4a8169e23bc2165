/* A small part of figure_pretend: honest calibration, the case found by camera, and at three places right, wrong,
 * turned, foreign things and nothing. The twin: a blind camera accepts nothing. */
#include "harness.h"

#include "log.h"
#include "pretend_checks.h"

#include <stdio.h>

#define SKIP 1 /* the first place's thing has no look-alike */
#define PLACES 3

static struct pretend_station station;

static int open_station(void **state)
{
    static char calibration[512];
    struct lw_error err = {0};
    (void)state;
    snprintf(calibration, sizeof calibration, "%s/calibration.cfg", harness_scratch());
    const struct pretend_options o = {.seed = 1, .light = "office", .calibration = calibration};
    assert_ok(pretend_open(&station, &o, &err), &err);
    assert_ok(pretend_calibrate(&station, &o, &err), &err);
    assert_true(station.guide.calibration.quality.median_mm < 1.5);
    assert_ok(pretend_lay_case(&station, &err), &err);
    return 0;
}

static int close_station(void **state)
{
    (void)state;
    pretend_close(&station);
    return 0;
}

static void right_is_told_from_wrong(void **state)
{
    struct pretend_checks c = {0};
    struct pretend_summary s;
    struct lw_error err = {0};
    (void)state;
    assert_ok(pretend_checks_run(&c, &station, 1, "office", SKIP, PLACES, &err), &err);
    for (int i = 0; i < c.count; i++)
        pretend_checks_write(&c.rows[i], stdout);
    pretend_checks_summary(&c, NULL, &s);
    printf("%d wrong, %d right; plain difference errs %.1f %%\n", s.wrong, s.of[LAID_RIGHT].checks,
           100 * s.plain_error);
    assert_int_equal(s.of[LAID_RIGHT].checks, 2 * PLACES);
    assert_true(s.wrong >= 5 * PLACES);
    assert_int_equal(s.false_accepts, 0);
    assert_true(s.of[LAID_RIGHT].refused <= 1);
    assert_true(s.of[LAID_RIGHT].accepted >= 2 * PLACES - 2);
    assert_true(s.plain_error >= 0.2); /* else the bench is too easy */
    pretend_checks_finish(&c);
}

/* Must fail to see anything. */
static void blind_camera_accepts_nothing(void **state)
{
    struct pretend_checks c = {0};
    struct pretend_summary s;
    struct lw_error err = {0};
    (void)state;
    sim_blind(station.sim, true);
    assert_ok(pretend_checks_run(&c, &station, 1, "office", SKIP, 1, &err), &err);
    pretend_checks_summary(&c, NULL, &s);
    assert_int_equal(s.of[LAID_RIGHT].checks, 2);
    for (int i = 0; i < LAID_COUNT; i++)
        assert_int_equal(s.of[i].accepted + s.of[i].confirm, 0);
    pretend_checks_finish(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(right_is_told_from_wrong),
                                       cmocka_unit_test(blind_camera_accepts_nothing)};
    harness_init();
    lw_log_set_level(LW_LOG_WARNING);
    return cmocka_run_group_tests(tests, open_station, close_station);
}
