#include "harness.h"

#include "person.h"
#include "scenario.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scenario *read_bytes(const char *text, size_t length, struct lw_problems *problems)
{
    char path[300];
    snprintf(path, sizeof path, "%s/sample.scenario", harness_scratch());
    FILE *f = fopen(path, "w");
    fwrite(text, 1, length, f);
    fclose(f);
    struct scenario *s = NULL;
    enum lw_msg rc = scenario_load(&s, path, problems);
    assert_true((rc == LW_OK) == (s != NULL));
    return s;
}

static struct scenario *read_text(const char *text, struct lw_problems *problems)
{
    return read_bytes(text, strlen(text), problems);
}

static void every_line_is_understood(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct scenario *s =
        read_text("# one of everything\n"
                  "light office\nseed 7\nhands blue\ncase off 20 mm -10 mm 5 deg\n"
                  "at start: light easy\nat start: also put pen at 400 mm 200 mm\n"
                  "at step mirror-1: instead put probe   # look-alike\n"
                  "at step a: foreign spoon\nat step a: turned 180\nat step a: mirrored\n"
                  "at step a: flipped\nat step a: into slot gauze-1\n"
                  "at step a: offset 12 mm -4.5 mm\nat step a: rotate 3 still right\n"
                  "at step a: twice\nat step a: twice on top\nat step a: knock out mirror-1\n"
                  "at step a: also put pen in cup\nat step a: forget\nat step a: forget press next\n"
                  "at step a: hand stays 2500 ms\nat step a: unplug camera 1500 ms\n"
                  "at step a laid: freeze camera 1000 ms\nat step a: black camera 1 ms\n"
                  "at step a: overexpose camera 1 ms\nat step a: stall camera 1 ms\n"
                  "at step a: lights out 2000 ms\nat step a: ambient 0.5\n"
                  "at step a: knock camera 6 mm 0.7 deg\nat step a: knock projector 0.3 deg\n"
                  "at step a: push case 12 mm 2 deg\nat step a: put aside\nat step a: help\n"
                  "at step a: pause 3000 ms\nat step a: back\nat step a: override \"lies right\"\n"
                  "at step a: skip \"bin empty\"\nat step a: press \"again\"\n"
                  "expect verdict refuse other_item at mirror-1 seen probe in cup\n"
                  "expect refuse turned at a\nexpect no accept at a before mended\n"
                  "expect device lost\nexpect end complete\nexpect at most 2 false rejects\n",
                  &p);
    assert_int_equal(p.errors, 0);
    assert_int_equal(s->action_count, 34);
    assert_int_equal(s->expect_count, 6);
    assert_string_equal(scenario_light(s), "office");
    assert_int_equal(scenario_seed(s), 7);
    assert_int_equal(s->glove, 1);
    assert_true(s->case_off_mm[0] == 20 && s->case_off_mm[1] == -10 && s->case_off_deg == 5);
    assert_int_equal(s->actions[2].what, DO_INSTEAD);
    assert_string_equal(s->actions[2].word[0], "probe");
    assert_int_equal(s->actions[2].line, 8);
    assert_true(s->actions[8].number[0] == 12 && s->actions[8].number[1] == -4.5);
    assert_true(s->actions[9].still_right);
    assert_int_equal(s->actions[18].when, WHEN_LAID);
    assert_string_equal(s->actions[31].text, "lies right");
    assert_string_equal(s->expects[0].seen, "probe");
    assert_string_equal(s->expects[0].place, "cup");
    assert_int_equal(s->expects[1].kind, EVENT_VERDICT);
    assert_true(s->expects[2].no && s->expects[2].before_mended);
    scenario_destroy(&s);
}

static void every_bad_line_is_told_with_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum lw_msg id;
        const char *words;
    } bad[] = {
        {"lihgt office", LW_MSG_SCENARIO_NEAREST, "\"light\""},
        {"light offcie", LW_MSG_SCENARIO_NEAREST, "\"office\""},
        {"dance", LW_MSG_SCENARIO_WORD, "dance"},
        {"seed many", LW_MSG_SCENARIO_FORM, "seed NUMBER"},
        {"at step a twice", LW_MSG_SCENARIO_FORM, "at step NAME"},
        {"at step a: trned 180", LW_MSG_SCENARIO_NEAREST, "\"turned\""},
        {"at step a: turned round", LW_MSG_SCENARIO_FORM, "turned NUMBER"},
        {"at step a: offset 12 mm 4", LW_MSG_SCENARIO_FORM, "offset NUMBER mm NUMBER mm"},
        {"at step a: turned nan", LW_MSG_SCENARIO_FORM, "turned NUMBER"},
        {"at step a: hand stays -5 ms", LW_MSG_KEY_RANGE, "from 0"},
        {"at step a: offset 1e300 mm 0 mm", LW_MSG_KEY_RANGE, "from -10000"},
        {"at step a laid: turned 180", LW_MSG_SCENARIO_MOMENT, "turned"},
        {"at step a: back still right", LW_MSG_SCENARIO_MOMENT, "back"},
        {"at start: light dimm", LW_MSG_SCENARIO_NEAREST, "\"dim\""},
        {"at step a: override \"open", LW_MSG_SCENARIO_LINE, "can't be read"},
        {"expect verdcit refuse", LW_MSG_SCENARIO_NEAREST, "\"verdict\""},
        {"expect verdict refused", LW_MSG_SCENARIO_NEAREST, "\"refuse\""},
        {"expect verdict refuse turnd", LW_MSG_SCENARIO_NEAREST, "\"turned\""},
        {"expect accept at a before mended", LW_MSG_SCENARIO_NEAREST, NULL},
        {"expect at most lots false rejects", LW_MSG_SCENARIO_FORM, "at most NUMBER"},
        {"case off 3 mm", LW_MSG_SCENARIO_FORM, "case off"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct lw_problems p = {0};
        char text[200];
        snprintf(text, sizeof text, "light easy\n\n%s\n", bad[i].line);
        assert_null(read_text(text, &p));
        assert_int_equal(p.errors, 1);
        assert_int_equal(p.items[0].error.line, 3);
        assert_non_null(strstr(p.items[0].error.file, "sample.scenario"));
        if (bad[i].words) {
            assert_string_equal(lw_msg_name(p.items[0].error.id), lw_msg_name(bad[i].id));
            if (!strstr(p.items[0].error.text, bad[i].words))
                fail_msg("%s: %s", bad[i].line, p.items[0].error.text);
        }
        problems_finish(&p);
    }
}

static void all_problems_of_a_file_are_told(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    assert_null(read_text("a\nb\nat step x: turned\nexpect at\n", &p));
    assert_int_equal(p.errors, 4);
    problems_finish(&p);
}

static void absent_and_odd_files_are_refused(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct scenario *s = NULL;
    assert_int_equal(scenario_load(&s, "/nowhere/x.scenario", &p), LW_MSG_FILE_OPEN);
    assert_int_not_equal(scenario_load(&s, "/tmp", &p), LW_OK);
    assert_null(s);
    assert_null(read_bytes("light\0easy\n", 11, &p));
    s = read_text("", &p); /* an empty scenario is a person without mistakes */
    assert_non_null(s);
    assert_null(scenario_light(s));
    scenario_destroy(&s);
    scenario_destroy(&s);
    problems_finish(&p);
}

/* Any bytes at all: told, never a crash. */
static void rubbish_never_crashes(void **state)
{
    (void)state;
    static const char *const words[] = {"at", "step", "start", ":",    "expect", "no",   "\"",
                                        "12", "mm",   "seen",  "a",    "turned", "put",  "also",
                                        "in", "\n",   "#",     "laid", "light",  "-1e9", "verdict"};
    uint64_t random = 3;
    for (int round = 0; round < 2000; round++) {
        char text[600] = "";
        struct lw_problems p = {0};
        for (int i = 0; i < 40; i++) {
            size_t at = strlen(text);
            if (harness_random(&random) < 0.05)
                snprintf(text + at, sizeof text - at, "%c", (char)(1 + 254 * harness_random(&random)));
            else
                snprintf(text + at, sizeof text - at, "%s ",
                         words[(int)(harness_random(&random) * (double)(sizeof words / sizeof words[0]))]);
        }
        struct scenario *s = read_text(text, &p);
        scenario_destroy(&s);
        problems_finish(&p);
    }
}

static bool file_names(const char *relative, const char *name)
{
    char path[400], wanted[80], line[4096];
    bool found = false;
    snprintf(wanted, sizeof wanted, "id = \"%s\"", name);
    FILE *f = fopen(harness_source(relative, path, sizeof path), "r");
    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f))
        found = strstr(line, wanted) != NULL;
    fclose(f);
    return found;
}

/* A scenario of a thing or step that the dental kit does not have would never come about. */
static void check_names(const struct scenario *s)
{
    const char *const kit = "workflows/dental-kit/workflow.cfg", *const bench =
                                                                     "workflows/dental-kit/pretend.cfg";
    for (int i = 0; i < s->action_count; i++) {
        const struct scenario_action *a = &s->actions[i];
        if (a->step[0] && !file_names(kit, a->step))
            fail_msg("%s:%d: no step %s", s->path, a->line, a->step);
        for (int w = 0; w < 2 && a->what != DO_LIGHT; w++)
            if (a->word[w][0] && !file_names(bench, a->word[w]))
                fail_msg("%s:%d: no %s on the bench", s->path, a->line, a->word[w]);
    }
    for (int i = 0; i < s->expect_count; i++)
        if (s->expects[i].step[0] && !file_names(kit, s->expects[i].step))
            fail_msg("%s:%d: no step %s", s->path, s->expects[i].line, s->expects[i].step);
}

static int load_folder(const char *relative)
{
    char folder[400];
    int count = 0;
    DIR *d = opendir(harness_source(relative, folder, sizeof folder));
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[700], line[700];
        struct lw_problems p = {0};
        struct scenario *s = NULL;
        if (!strstr(e->d_name, ".scenario"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (scenario_load(&s, path, &p) != LW_OK)
            fail_msg("%s", lw_error_line(&p.items[0].error, line, sizeof line));
        assert_true(s->expect_count > 0);
        check_names(s);
        count++;
        scenario_destroy(&s);
    }
    closedir(d);
    return count;
}

static void the_project_s_own_scenarios_load(void **state)
{
    (void)state;
    assert_true(load_folder("tests/scenarios") >= 10);
    assert_true(load_folder("assets") >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_understood),
        cmocka_unit_test(every_bad_line_is_told_with_its_number),
        cmocka_unit_test(all_problems_of_a_file_are_told),
        cmocka_unit_test(absent_and_odd_files_are_refused),
        cmocka_unit_test(rubbish_never_crashes),
        cmocka_unit_test(the_project_s_own_scenarios_load),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
