/* The verb `calibrate --pictures` on real captures (data/kamino410): as true on poses that the fit has not seen as it is said to
 * be, and not when pictures of two poses are exchanged. (Wrong codes of the same captures: calibration/decode.) */
#include "kamino.h"
#include "run_program.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define POSES 5

/* What a calibration of this set must reach, projector px; a plain good program reached 0.318, 0.230, 0.511. */
#define RMS_PX        0.30
#define MEDIAN_PX     0.22
#define P95_PX        0.48
#define DECODED_LEAST 0.85 /* of capture_0's lit pixels */

static struct run r;

/* Two poses' pictures from `exchanged_from` on change places; KAMINO_PICTURES: none. */
static const char *write_list(const char *name, int exchanged_from)
{
    static char path[400];
    const char *roles[] = {"column", "row"};
    snprintf(path, sizeof path, "%s/%s", harness_scratch(), name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "pose,role,bit,inverse,picture\n");
    for (int pose = 0; pose < POSES; pose++)
        for (int i = 0; i < KAMINO_PICTURES; i++) {
            char file[80], beside[512], picture[PATH_MAX];
            int from = i >= exchanged_from && pose < 2 ? 1 - pose : pose;
            snprintf(file, sizeof file, "data/kamino410/capture_%d/graycode_%02d.webp", from, i);
            harness_need(harness_shared(file, beside, sizeof beside), "real Gray-code captures");
            assert_non_null(realpath(beside, picture)); /* the list lies elsewhere */
            if (i < 40)
                fprintf(f, "capture_%d,%s,%d,%d,%s\n", pose, roles[i / 20], i % 20 / 2, i % 2, picture);
            else
                fprintf(f, "capture_%d,%s,0,0,%s\n", pose, i == 40 ? "white" : "black", picture);
        }
    fclose(f);
    return path;
}

static const char *write_board(void)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/board.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "kind = \"chessboard\"; squares = [10, 8]; square_mm = 75.0;\n");
    fclose(f);
    return path;
}

/* Runs the verb; its result.json, NULL where there is none. The caller ends it. */
static json_t *calibrate(const char *list, const char *out_name)
{
    char out[400], file[420];
    snprintf(out, sizeof out, "%s/%s", harness_scratch(), out_name);
    (void)RUN(&r, "calibrate", "--pictures", list, "--board", write_board(), "--projector", "1024x768", "--out", out);
    snprintf(file, sizeof file, "%s/result.json", out);
    return json_load_file(file, 0, NULL);
}

static double real_of(const json_t *j, const char *key)
{
    const json_t *v = json_object_get(j, key);
    return json_is_number(v) ? json_number_value(v) : INFINITY;
}

static bool good(const json_t *j)
{
    const json_t *held = json_object_get(j, "held_out");
    printf("solved %d, held out rms %.3f, median %.3f, 95 %% %.3f px\n", json_is_true(json_object_get(j, "solved")),
           real_of(held, "rms_px"), real_of(held, "median_px"), real_of(held, "p95_px"));
    for (int i = 0; i < POSES; i++)
        if (!json_is_true(json_object_get(json_array_get(json_object_get(j, "poses"), (size_t)i), "used")))
            return false;
    return r.code == 0 && json_is_true(json_object_get(j, "solved")) && real_of(held, "rms_px") <= RMS_PX &&
           real_of(held, "median_px") <= MEDIAN_PX && real_of(held, "p95_px") <= P95_PX;
}

static void real_captures_are_solved(void **unused)
{
    (void)unused;
    json_t *j = calibrate(write_list("list.csv", KAMINO_PICTURES), "good");
    const json_t *first = json_array_get(json_object_get(j, "poses"), 0);
    double decoded = real_of(first, "decoded_share");
    printf("capture_0: %.2f %% of the lit pixels decoded\n", 100 * decoded);
    assert_true(good(j));
    assert_true(isfinite(decoded) && decoded >= DECODED_LEAST);
    json_decref(j);
}

/* The twin: white, black and rows of the first two poses have changed places, so their columns show other boards. */
static void exchanged_pictures_do_not_pass(void **unused)
{
    (void)unused;
    json_t *j = calibrate(write_list("exchanged.csv", 20), "exchanged");
    assert_non_null(j);
    assert_false(good(j));
    assert_true(r.code == 1 && json_is_false(json_object_get(j, "solved")) && json_object_get(j, "refused"));
    assert_true(run_has(&r, "capture_0") && run_has(&r, "capture_1"));
    json_decref(j);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_captures_are_solved),
        cmocka_unit_test(exchanged_pictures_do_not_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
