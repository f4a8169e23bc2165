/* A small fixed part of the real photographs: two unlike instruments taught, five pictures each. */
#include "harness.h"

#include "check.h"
#include "cv_picture.h"

#include <stdio.h>
#include <string.h>

#define FOLDER "data/instruments"
static const char *const names[] = {"Sponge_Forceps", "8_Babcock_Tissue_Forceps", "7_Metzenbaum_Scissors"};
#define ITEMS 3
#define TAUGHT 5
#define CHECKED 12

static struct check *taught;
static char pictures[ITEMS][TAUGHT + CHECKED][128];

/* The pictures of checks.csv in order, so that the choice does not depend on the folder's. */
static void find_pictures(void)
{
    char path[512], line[1024];
    int count[ITEMS] = {0};
    harness_shared(FOLDER "/checks.csv", path, sizeof path);
    FILE *csv = fopen(path, "r");
    assert_non_null(csv);
    while (fgets(line, sizeof line, csv)) {
        char *f[5], *p = line;
        for (int i = 0; i < 5; i++)
            f[i] = strsep(&p, ",");
        for (int i = 0; i < ITEMS; i++) {
            bool mine = f[4] && strcmp(f[4], "genuine") == 0 && strcmp(f[1], names[i]) == 0 && count[i] < TAUGHT + CHECKED;
            for (int k = 0; k < count[i] && mine; k++)
                mine = strcmp(pictures[i][k], f[2]) != 0;
            if (mine)
                snprintf(pictures[i][count[i]++], sizeof pictures[0][0], "%s", f[2]);
        }
    }
    fclose(csv);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(count[i], TAUGHT + CHECKED);
}

static void read_pair(const char *name, struct image *before, struct image *after)
{
    char relative[256], path[512];
    struct lw_error err = {0};
    snprintf(relative, sizeof relative, FOLDER "/%s", name);
    assert_ok(cv_picture_read(harness_shared(relative, path, sizeof path), IMAGE_BGR8, after, &err), &err);
    snprintf(relative, sizeof relative, FOLDER "/%.*s_bg.jpg", (int)strlen(name) - 4, name);
    assert_ok(cv_picture_read(harness_shared(relative, path, sizeof path), IMAGE_BGR8, before, &err), &err);
}

static int teach(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const struct check_item_options o = {.tolerance_mm = 10, .tolerance_rad = 0.2};
    find_pictures();
    assert_ok(check_create(&taught, &err), &err);
    for (int i = 0; i < ITEMS; i++) {
        struct check_reference r[TAUGHT];
        for (int k = 0; k < TAUGHT; k++) {
            read_pair(pictures[i][k], &r[k].before, &r[k].after);
            r[k].mm_per_px = 0.5;
        }
        assert_ok(check_teach_item(taught, names[i], &o, r, TAUGHT, &err), &err);
        for (int k = 0; k < TAUGHT; k++) {
            image_finish(&r[k].before);
            image_finish(&r[k].after);
        }
    }
    assert_ok(check_finish_teaching(taught, &err), &err);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    check_destroy(&taught);
    return 0;
}

static int accepted(int shown, int expected, bool empty)
{
    int n = 0;
    for (int k = TAUGHT; k < TAUGHT + CHECKED; k++) {
        struct lw_error err = {0};
        struct image before, after;
        struct verdict v;
        read_pair(pictures[shown][k], &before, &after);
        assert_ok(check_judge_patch(taught, &before, empty ? &before : &after, 0.5, expected, true, &v, &err), &err);
        n += v.result == VERDICT_ACCEPT;
        image_finish(&before);
        image_finish(&after);
    }
    return n;
}

static void real_instruments_are_accepted(void **state)
{
    (void)state;
    int n = 0;
    for (int i = 0; i < ITEMS; i++)
        n += accepted(i, i, false);
    printf("%d of %d right ones accepted\n", n, ITEMS * CHECKED);
    assert_true(n >= ITEMS * CHECKED * 9 / 10);
}

static void wrong_ones_and_empty_places_never_are(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS; i++) {
        assert_int_equal(accepted((i + 1) % ITEMS, i, false), 0);
        assert_int_equal(accepted(i, i, true), 0);
    }
}

int main(void)
{
    char path[512];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_instruments_are_accepted),
        cmocka_unit_test(wrong_ones_and_empty_places_never_are),
    };
    harness_init();
    harness_need(harness_shared(FOLDER "/checks.csv", path, sizeof path), "photographs of instruments");
    return cmocka_run_group_tests(tests, teach, forget);
}
