/* station.cfg: every mistake is named with its file and line, and says what to do; a good one is read whole. */
#include "harness.h"

#include "station_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[300];

static void write_file(const char *text)
{
    snprintf(path, sizeof path, "%s/station.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const struct {
    const char *text;
    enum lw_msg id;
    int line;
    const char *words; /* in the message */
} mistakes[] = {
    {"\ndatta = \"x\";", LW_MSG_KEY_NEAREST, 2, "did you mean \"data\""},
    {"zzzzzzzz = 1;", LW_MSG_KEY_UNKNOWN, 1, "zzzzzzzz"},
    {"data = 5;", LW_MSG_KEY_TYPE, 1, "a text in quotes"},
    {"language = \"xx\";", LW_MSG_KEY_CHOICE, 1, "nl en"},
    {"language = true;", LW_MSG_KEY_TYPE, 1, "a text in quotes"},
    {"bench = 5;", LW_MSG_KEY_TYPE, 1, "a group"},
    {"\n\nbench = [1, 2];", LW_MSG_KEY_TYPE, 3, "a group"},
    {"camera = \"/dev/video0\";", LW_MSG_KEY_TYPE, 1, "a group"},
    {"projector = true;", LW_MSG_KEY_TYPE, 1, "a group"},
    {"pretend = ( 1 );", LW_MSG_KEY_TYPE, 1, "a group"},
    {"bench = {\n width_mm = 100;\n};", LW_MSG_KEY_RANGE, 2, "from 200 to 5000"},
    {"bench = {\n\n depth_mm = 3001.0; };", LW_MSG_KEY_RANGE, 3, "from 200 to 3000"},
    {"bench = { width_mm = \"1200\"; };", LW_MSG_KEY_TYPE, 1, "a number"},
    {"bench = { person_side = \"front\"; };", LW_MSG_KEY_CHOICE, 1, "bottom top left right"},
    {"bench = { person_side = 1; };", LW_MSG_KEY_TYPE, 1, "a text in quotes"},
    {"bench = { corners = [1, 2, 3]; };", LW_MSG_KEY_TYPE, 1, "8 numbers"},
    {"bench = { corners = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]; };", LW_MSG_KEY_TYPE, 1, "8 numbers"},
    {"bench = { corners = 8; };", LW_MSG_KEY_TYPE, 1, "8 numbers"},
    {"bench = { widht_mm = 900; };", LW_MSG_KEY_NEAREST, 1, "did you mean \"width_mm\""},
    {"camera = { source = 0; };", LW_MSG_KEY_TYPE, 1, "a text in quotes"},
    {"camera = { width = 12.5; };", LW_MSG_KEY_TYPE, 1, "a whole number"},
    {"camera = { width = -1; };", LW_MSG_KEY_RANGE, 1, "from 0"},
    {"camera = { height = 1000000; };", LW_MSG_KEY_RANGE, 1, "from 0"},
    {"camera = { width = 99999999999999L; };", LW_MSG_KEY_TYPE, 1, "a whole number"},
    {"camera = { fps = 1000; };", LW_MSG_KEY_RANGE, 1, "from 0 to 240"},
    {"camera = { fps = 1e999; };", LW_MSG_KEY_TYPE, 1, "a number"},
    {"camera = { mains_hz = 61; };", LW_MSG_KEY_RANGE, 1, "from 0 to 60"},
    {"camera = { sourcee = \"x\"; };", LW_MSG_KEY_NEAREST, 1, "did you mean \"source\""},
    {"projector = { display = 0; };", LW_MSG_KEY_TYPE, 1, "a text in quotes"},
    {"projector = { x = -5; };", LW_MSG_KEY_RANGE, 1, "from 0 to 32767"},
    {"projector = { y = 40000; };", LW_MSG_KEY_RANGE, 1, "from 0 to 32767"},
    {"projector = { width = 20000; };", LW_MSG_KEY_RANGE, 1, "from 0 to 16384"},
    {"projector = { screen = 1; };", LW_MSG_KEY_UNKNOWN, 1, "screen"},
    {"pretend = { seed = 1.5; };", LW_MSG_KEY_TYPE, 1, "a whole number"},
    {"pretend = { geometry_jitter = 4; };", LW_MSG_KEY_RANGE, 1, "from 0 to 3"},
    {"pretend = { sene = \"x\"; };", LW_MSG_KEY_NEAREST, 1, "did you mean \"scene\""},
    {"data = ;", LW_MSG_FILE_SYNTAX, 1, ""},
    {"camera = {\n", LW_MSG_FILE_SYNTAX, 2, ""},
    {"data = \"a\";\ndata = \"b\";", LW_MSG_FILE_SYNTAX, 2, ""},
    {"\x01\x02\xff\xfe", LW_MSG_FILE_SYNTAX, 1, ""},
    {"", LW_MSG_STATION_BLANK, 0, "0 bytes"},
};
#define MISTAKES ((int)(sizeof mistakes / sizeof mistakes[0]))

static void expect(const struct lw_problems *p, enum lw_msg id, int line, const char *words)
{
    char text[800];
    if (p->errors != 1 || p->items[0].error.id != id || p->items[0].error.line != line ||
        !strstr(p->items[0].error.text, words) || strcmp(p->items[0].error.file, path) != 0)
        fail_msg("%d problems instead of %s at line %d with \"%s\": %s:%d: %s %s", p->errors, lw_msg_name(id), line, words,
                 p->count ? p->items[0].error.file : "", p->count ? p->items[0].error.line : 0,
                 p->count ? lw_msg_name(p->items[0].error.id) : "", p->count ? p->items[0].error.text : "");
    lw_error_line(&p->items[0].error, text, sizeof text);
    assert_non_null(strstr(text, path));
    assert_non_null(strstr(text, lw_msg_remedy(id)));
    assert_true(lw_msg_remedy(id)[0] != '\0');
}

static void every_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    for (int i = 0; i < MISTAKES; i++) {
        struct station_config c;
        struct lw_problems p = {0};
        write_file(mistakes[i].text);
        station_config_read(&c, path, &p);
        expect(&p, mistakes[i].id, mistakes[i].line, mistakes[i].words);
        station_config_finish(&c);
        problems_finish(&p);
    }
}

/* The twin: nothing is said of a good file, and all of it is taken. */
static void a_good_file_is_taken_whole(void **state)
{
    (void)state;
    struct station_config c;
    struct lw_problems p = {0};
    write_file("data = \"/tmp/x\"; language = \"nl\";\n"
               "bench = { width_mm = 900; depth_mm = 600.5; person_side = \"left\"; corners = [1.0, 2.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0]; };\n"
               "camera = { source = \"pretend\"; width = 640; height = 360; fps = 15; mains_hz = 60; };\n"
               "projector = { display = \"HDMI-1\"; width = 800; height = 600; x = 1; y = 2; };\n"
               "pretend = { scene = \"s\"; light = \"dim\"; scenario = \"t\"; seed = 5; geometry_jitter = 0.5; };\n");
    station_config_read(&c, path, &p);
    assert_int_equal(p.count, 0);
    assert_string_equal(c.data, "/tmp/x");
    assert_string_equal(c.language, "nl");
    assert_true(c.bench.width_mm == 900 && c.bench.depth_mm == 600.5 && c.bench.has_corners && c.bench.person_side == 2);
    assert_true(c.bench.corners[1].x == 3.5 && c.bench.corners[3].y == 8);
    assert_string_equal(c.camera.source, "pretend");
    assert_true(c.camera.width == 640 && c.camera.height == 360 && c.camera.fps == 15 && c.camera.mains_hz == 60);
    assert_string_equal(c.projector.display, "HDMI-1");
    assert_true(c.projector.width == 800 && c.projector.x == 1 && c.projector.y == 2);
    assert_true(c.pretend.seed == 5 && c.pretend.geometry_jitter == 0.5);
    station_config_finish(&c);
    problems_finish(&p);
}

/* The example that `doctor` prints is a good file, and says what the defaults are. */
static void the_example_is_good(void **state)
{
    (void)state;
    struct station_config c, defaults;
    struct lw_problems p = {0};
    write_file("x");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    station_config_write_example(f);
    fclose(f);
    station_config_read(&c, path, &p);
    station_config_read(&defaults, NULL, &p);
    assert_int_equal(p.count, 0);
    assert_string_equal(c.camera.source, defaults.camera.source);
    assert_string_equal(c.data, defaults.data);
    assert_true(c.bench.width_mm == defaults.bench.width_mm);
    station_config_finish(&c);
    station_config_finish(&defaults);
    problems_finish(&p);
}

static void all_mistakes_of_a_file_are_told(void **state)
{
    (void)state;
    struct station_config c;
    struct lw_problems p = {0};
    write_file("bench = { width_mm = 1; depth_mm = 1; };\ncamera = 7;\nprojector = { x = -1; };\nzzzzzzzz = 1;\n");
    station_config_read(&c, path, &p);
    assert_int_equal(p.errors, 5);
    assert_true(c.bench.width_mm == 1200); /* the default stands in place of a bad value */
    station_config_finish(&c);
    problems_finish(&p);
}

static void no_file_a_folder_and_fifty_megabytes(void **state)
{
    (void)state;
    struct station_config c;
    struct lw_problems p = {0};
    snprintf(path, sizeof path, "%s/absent.cfg", harness_scratch());
    station_config_read(&c, path, &p);
    expect(&p, LW_MSG_FILE_OPEN, 0, "absent.cfg");
    station_config_finish(&c);
    problems_finish(&p);
    snprintf(path, sizeof path, "%s", harness_scratch());
    station_config_read(&c, path, &p);
    expect(&p, LW_MSG_FILE_OPEN, 0, "directory");
    station_config_finish(&c);
    problems_finish(&p);
    write_file("x");
    assert_int_equal(truncate(path, 50000000), 0);
    station_config_read(&c, path, &p);
    expect(&p, LW_MSG_FILE_TOO_BIG, 0, "50000000");
    station_config_finish(&c);
    problems_finish(&p);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* would be waited for */
    station_config_read(&c, path, &p);
    expect(&p, LW_MSG_FILE_OPEN, 0, "station.cfg");
    station_config_finish(&c);
    problems_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_named_with_its_line), cmocka_unit_test(a_good_file_is_taken_whole),
        cmocka_unit_test(the_example_is_good),                  cmocka_unit_test(all_mistakes_of_a_file_are_told),
        cmocka_unit_test(no_file_a_folder_and_fifty_megabytes),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
