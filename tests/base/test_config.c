#include "harness.h"

#include "config.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct sample {
    int count;
    double width_mm, angle_rad;
    bool on;
    int colour;
    char *name;
};

static const struct lw_option table[] = {
    {"count", OPTION_INT, offsetof(struct sample, count), 1, 10, "3", NULL, N_("How many.")},
    {"width_mm", OPTION_REAL, offsetof(struct sample, width_mm), 1, 2000, NULL, NULL, N_("How wide.")},
    {"angle_deg", OPTION_DEGREES, offsetof(struct sample, angle_rad), -180, 180, "90", NULL, N_("Turned by.")},
    {"on", OPTION_BOOL, offsetof(struct sample, on), 0, 0, "true", NULL, N_("Whether.")},
    {"colour", OPTION_CHOICE, offsetof(struct sample, colour), 0, 0, "green", "red green blue", N_("Which.")},
    {"name", OPTION_STRING, offsetof(struct sample, name), 0, 0, "", NULL, N_("Name.")},
};
#define ROWS ((int)(sizeof table / sizeof table[0]))

static void read_text(const char *text, struct sample *s, struct lw_problems *problems)
{
    char path[300];
    snprintf(path, sizeof path, "%s/sample.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    config_t cfg;
    struct lw_error err = {0};
    config_init(&cfg);
    enum lw_msg rc = config_load(&cfg, path, &err);
    if (rc)
        problems_add(problems, false, &err);
    config_read_options(rc ? NULL : config_root_setting(&cfg), table, ROWS, s, problems);
    config_destroy(&cfg);
}

static void good_file_fills_the_struct(void **state)
{
    (void)state;
    struct sample s = {0};
    struct lw_problems p = {0};
    read_text("width_mm = 300.5; count = 7; angle_deg = -45; on = false; colour = \"blue\"; name = \"é\";", &s, &p);
    assert_int_equal(p.errors, 0);
    assert_int_equal(s.count, 7);
    assert_true(s.width_mm == 300.5);
    assert_true(fabs(s.angle_rad + 0.785398163397) < 1e-9);
    assert_false(s.on);
    assert_int_equal(s.colour, 2);
    assert_string_equal(s.name, "é");
    config_free_options(table, ROWS, &s);
}

static void every_mistake_is_reported_with_its_line(void **state)
{
    (void)state;
    struct sample s = {0};
    struct lw_problems p = {0};
    read_text("coutn = 4;\ncount = 11;\non = 3;\ncolour = \"pink\";\nangle_deg = \"x\";\n", &s, &p);
    assert_int_equal(p.errors, 6); /* and width_mm is missing */
    static const struct {
        enum lw_msg id;
        int line;
        const char *words;
    } expected[] = {
        {LW_MSG_KEY_RANGE, 2, "from 1 to 10"}, {LW_MSG_KEY_MISSING, 0, "width_mm"},
        {LW_MSG_KEY_TYPE, 5, "a number"},      {LW_MSG_KEY_TYPE, 3, "true or false"},
        {LW_MSG_KEY_CHOICE, 4, "pink"},        {LW_MSG_KEY_NEAREST, 1, "did you mean \"count\""},
    };
    for (int i = 0; i < 6; i++) {
        assert_int_equal(p.items[i].error.id, expected[i].id);
        assert_int_equal(p.items[i].error.line, expected[i].line);
        assert_non_null(strstr(p.items[i].error.text, expected[i].words));
    }
    assert_int_equal(s.count, 3); /* the default stands in place of the bad value */
    config_free_options(table, ROWS, &s);
    problems_finish(&p);
}

static void syntax_error_names_file_and_line(void **state)
{
    (void)state;
    struct sample s = {0};
    struct lw_problems p = {0};
    read_text("width_mm = 1;\ncount = ;\n", &s, &p);
    assert_int_equal(p.items[0].error.id, LW_MSG_FILE_SYNTAX);
    assert_int_equal(p.items[0].error.line, 2);
    assert_non_null(strstr(p.items[0].error.file, "sample.cfg"));
    config_free_options(table, ROWS, &s);
    problems_finish(&p);
}

static void include_may_not_leave_the_folder(void **state)
{
    (void)state;
    struct sample s = {0};
    struct lw_problems p = {0};
    read_text("@include \"../../etc/passwd\"\n", &s, &p);
    assert_int_equal(p.items[0].error.id, LW_MSG_FILE_SYNTAX);
    config_free_options(table, ROWS, &s);
    problems_finish(&p);
}

static void numbers_stay_in_c_notation(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0.5");
    assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_file_fills_the_struct),
        cmocka_unit_test(every_mistake_is_reported_with_its_line),
        cmocka_unit_test(syntax_error_names_file_and_line),
        cmocka_unit_test(include_may_not_leave_the_folder),
        cmocka_unit_test(numbers_stay_in_c_notation),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
