/* Kept looks of the photorealistic bench, the first light that is there: LICHTWIJZER_PHOTOREAL or build/photoreal (what
 * grab_photoreal.py or figure_photoreal.sh made). Right things and, as their twins, every mistake and hands. */
#include "harness.h"

#include "photoreal.h"

#include "cv_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sets[] = {"office-1", "easy-1", "window-1"};
static const char *set;
static struct photoreal bench;

static int open_looks(void **state)
{
    (void)state;
    char folder[400], path[500];
    struct lw_error err = {0};
    const char *given = getenv("LICHTWIJZER_PHOTOREAL"), *build = getenv("LICHTWIJZER_BUILD");
    snprintf(folder, sizeof folder, "%s%s", given ? given : build ? build : "build", given ? "" : "/photoreal");
    for (size_t i = 0; i < sizeof sets / sizeof *sets && !set; i++) {
        snprintf(path, sizeof path, "%s/%s/shift_6.png", folder, sets[i]);
        set = access(path, R_OK) ? NULL : sets[i];
    }
    harness_need(path, "no kept looks (tests/check/figure_photoreal.sh keeps them)");
    cv_setup(1);
    assert_ok(photoreal_open(&bench, folder, &err), &err);
    assert_ok(photoreal_teach(&bench, set, &err), &err);
    return 0;
}

static int close_looks(void **state)
{
    (void)state;
    photoreal_close(&bench);
    return 0;
}

static void check(const struct photoreal_case *c, struct photoreal_row *r)
{
    const struct photoreal_options o = {.verbose = false};
    struct lw_error err = {0};
    assert_ok(photoreal_check(&bench, set, c, false, &o, r, &err), &err);
}

/* From one laying; what the rest becomes is a figure, not a test. */
static void right_things_are_accepted(void **state)
{
    (void)state;
    int checks = 0, accepted = 0;
    for (int i = 0; i < photoreal_case_count; i++) {
        const struct photoreal_case *c = &photoreal_cases[i];
        struct photoreal_row r;
        if (strcmp(c->kind, "right") || !photoreal_has(&bench, set, c))
            continue;
        check(c, &r);
        checks++, accepted += r.good;
    }
    assert_true(checks >= 8);
    assert_true(2 * accepted >= checks);
}

static void mistakes_are_not(void **state)
{
    (void)state;
    int checks = 0;
    for (int i = 0; i < photoreal_case_count; i++) {
        const struct photoreal_case *c = &photoreal_cases[i];
        struct photoreal_row r;
        if (!strcmp(c->kind, "right") || !photoreal_has(&bench, set, c))
            continue;
        check(c, &r);
        checks++;
        assert_false(r.wrong_accept);
        if (!strcmp(c->kind, "hand") || !strcmp(c->kind, "missing") || !strcmp(c->kind, "taken"))
            assert_true(r.right_reason);
    }
    assert_true(checks >= 8);
}

/* Nothing that was packed is called by another's name, and an empty case is empty. */
static void an_inventory_names_nothing_wrongly(void **state)
{
    (void)state;
    int found[PHOTOREAL_ITEMS];
    struct lw_error err = {0};
    assert_ok(photoreal_inventory(&bench, set, "empty", found, &err), &err);
    for (int i = 0; i < PHOTOREAL_ITEMS; i++)
        assert_int_equal(found[i], -1);
    assert_ok(photoreal_inventory(&bench, set, "ok_8b", found, &err), &err);
    for (int i = 0; i < PHOTOREAL_ITEMS; i++)
        assert_true(found[i] == i || found[i] == -2);
    assert_ok(photoreal_inventory(&bench, set, "ok_2b", found, &err), &err);
    for (int i = 0; i < PHOTOREAL_ITEMS; i++)
        assert_true(found[i] == (i < 2 ? i : -1) || found[i] == -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_things_are_accepted),
        cmocka_unit_test(mistakes_are_not),
        cmocka_unit_test(an_inventory_names_nothing_wrongly),
    };
    return cmocka_run_group_tests(tests, open_looks, close_looks);
}
