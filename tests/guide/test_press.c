/* What a person types and presses: letters become an answer, files of answers wait, bad numbers are known as such. */
#include "harness.h"

#include "press.h"

#include <SDL_keycode.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool key(struct press_typing *t, int code, bool shift, struct press *out)
{
    const struct screen_key k = {.code = code, .shift = shift};
    return press_type(t, &k, out);
}

static void a_name_is_typed(void **state)
{
    (void)state;
    struct press_typing t = {.kind = PRESS_NAME};
    struct press p;
    assert_false(key(&t, ' ', false, &p)); /* nothing typed yet: space is next */
    assert_true(key(&t, 'm', true, &p));
    assert_true(key(&t, 'u', false, &p)); /* u is no undo now */
    assert_true(key(&t, 'x', false, &p));
    assert_true(key(&t, SDLK_BACKSPACE, false, &p));
    assert_true(key(&t, 'g', false, &p));
    assert_true(key(&t, ' ', false, &p));
    assert_true(key(&t, '2', false, &p));
    assert_int_equal(p.kind, PRESS_NONE);
    assert_true(key(&t, SDLK_RETURN, false, &p));
    assert_int_equal(p.kind, PRESS_NAME);
    assert_string_equal(p.text, "Mug 2");
    assert_string_equal(t.text, "");
    assert_false(key(&t, SDLK_RETURN, false, &p));
}

static void a_number_is_typed_and_letters_stay_keys(void **state)
{
    (void)state;
    struct press_typing t = {.kind = PRESS_HEIGHT};
    struct press p;
    assert_false(key(&t, 'u', false, &p));
    for (const char *c = "12,5"; *c; c++)
        assert_true(key(&t, *c, false, &p));
    assert_true(key(&t, SDLK_RETURN, false, &p));
    assert_int_equal(p.kind, PRESS_HEIGHT);
    assert_true(fabs(p.number - 12.5) < 1e-9);
    t = (struct press_typing){0};
    assert_false(key(&t, '1', false, &p)); /* nothing is asked: a key is a key */
}

static void an_endless_name_is_cut(void **state)
{
    (void)state;
    struct press_typing t = {.kind = PRESS_NAME};
    struct press p;
    for (int i = 0; i < 500; i++)
        assert_true(key(&t, 'a', false, &p));
    assert_true(strlen(t.text) < sizeof t.text);
}

static void what_is_no_number_is_known_as_such(void **state)
{
    (void)state;
    struct press p;
    static const char *const bad[] = {"height", "height tall", "count nan", "count inf", "height \t"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(press_parse(bad[i], &p));
        assert_true(isnan(p.number));
    }
    assert_true(press_parse("height 12.5", &p));
    assert_true(fabs(p.number - 12.5) < 1e-9);
    assert_true(press_parse("count 0x", &p));
    assert_true(fabs(p.number) < 1e-9);
}

/* What stands in a file before it is opened waits for its question; what is written later is pressed then. */
static void answers_in_a_file_are_prepared(void **state)
{
    (void)state;
    struct lw_error err;
    struct press_file *file;
    struct press p;
    char path[400];
    snprintf(path, sizeof path, "%s/answers", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("next\nname mug\n", f);
    fflush(f);
    assert_ok(press_file_open(&file, path, &err), &err);
    assert_true(press_file_next(file, &p));
    assert_true(p.kind == PRESS_NEXT && p.prepared);
    assert_true(press_file_next(file, &p));
    assert_true(p.kind == PRESS_NAME && p.prepared);
    assert_false(press_file_next(file, &p));
    fputs("next\n", f);
    fflush(f);
    assert_true(press_file_next(file, &p));
    assert_true(p.kind == PRESS_NEXT && !p.prepared);
    assert_false(press_file_ended(file)); /* it may grow */
    press_file_close(&file);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_typed), cmocka_unit_test(a_number_is_typed_and_letters_stay_keys),
        cmocka_unit_test(an_endless_name_is_cut), cmocka_unit_test(what_is_no_number_is_known_as_such),
        cmocka_unit_test(answers_in_a_file_are_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
