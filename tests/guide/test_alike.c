/* Look-alikes are known the second time, and only as long as nothing they depend on changed. */
#include "harness.h"

#include "alike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[300], cache[300];

static struct workflow *load(void)
{
    struct workflow *w = NULL;
    struct lw_problems problems = {0};
    assert_int_equal(workflow_load(&w, folder, NULL, &problems), LW_OK);
    problems_finish(&problems);
    return w;
}

static void run(const char *command)
{
    char line[1200];
    snprintf(line, sizeof line, "cd '%s' && %s", folder, command);
    assert_int_equal(system(line), 0);
}

/* Only two things, one of them twice, so that there is a look-alike and it is quick. */
static int make_kit(void **state)
{
    (void)state;
    char from[400], command[1500];
    snprintf(folder, sizeof folder, "%s/kit", harness_scratch());
    snprintf(cache, sizeof cache, "%s/cache", harness_scratch());
    setenv("XDG_CACHE_HOME", cache, 1);
    snprintf(command, sizeof command, "mkdir -p '%s/taught' '%s' && cp '%s'/mirror-* '%s'/scissors-* '%s/taught'", folder, cache,
             harness_source("workflows/dental-kit/taught", from, sizeof from), from, folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s/workflow.cfg", folder);
    FILE *f = fopen(command, "w");
    assert_non_null(f);
    fputs("format = 1; name = { nl = \"a\"; en = \"a\"; };\nitems = (", f);
    for (int i = 0; i < 3; i++) {
        const char *thing = i == 2 ? "scissors" : "mirror";
        fprintf(f, "%s{ id = \"i%d\"; name = { nl = \"n%d\"; en = \"n%d\"; }; height_mm = 6; taught = ( { before = \"taught/%s-1-before.png\"; "
                "after = \"taught/%s-1.png\"; mm_per_px = 0.75; } ); }\n", i ? ", " : " ", i, i, i, thing, thing);
    }
    fputs("); places = (", f);
    for (int i = 0; i < 3; i++)
        fprintf(f, "%s { id = \"p%d\"; item = \"i%d\"; x_mm = %d; y_mm = 100; }", i ? "," : "", i, i, 100 + 200 * i);
    fputs(" );\nsections = ( { id = \"s\"; steps = ( { place = \"p0\"; }, { place = \"p1\"; }, { place = \"p2\"; } ); } );\n", f);
    fclose(f);
    return 0;
}

static int found(const struct workflow *w)
{
    struct lw_problems problems = {0};
    alike_find(w, &problems);
    int count = problems.count;
    for (int i = 0; i < count; i++)
        assert_int_equal(problems.items[i].error.id, LW_MSG_LOOK_SAME);
    problems_finish(&problems);
    return count;
}

static bool known(const struct workflow *w, int *count)
{
    struct lw_problems problems = {0};
    bool yes = alike_recall(w, &problems);
    *count = problems.count;
    problems_finish(&problems);
    return yes;
}

static void it_is_known_the_second_time(void **state)
{
    (void)state;
    struct workflow *w = load();
    int count;
    assert_false(known(w, &count));
    assert_int_equal(found(w), 2); /* the two mirrors, each by the other's name */
    assert_true(known(w, &count));
    assert_int_equal(count, 2);
    workflow_destroy(&w);
    run("sed -i 's/n1/renamed/' workflow.cfg"); /* words change nothing */
    w = load();
    assert_true(known(w, &count));
    workflow_destroy(&w);
}

static void a_change_makes_it_unknown(void **state)
{
    (void)state;
    int count;
    run("cp taught/scissors-2.png taught/scissors-1.png && cp taught/scissors-2-before.png taught/scissors-1-before.png");
    struct workflow *w = load();
    assert_false(known(w, &count));
    assert_int_equal(found(w), 2);
    workflow_destroy(&w);
    run("sed -i 's/height_mm = 6;/height_mm = 7;/' workflow.cfg");
    w = load();
    assert_false(known(w, &count));
    workflow_destroy(&w);
}

static void a_damaged_or_missing_cache_does_no_harm(void **state)
{
    (void)state;
    static const char *const damages[] = {"truncate -s 18", "truncate -s 0", "sed -i '2s/.*/99 1/'", "sed -i '2s/.*/-1 0/'"};
    struct workflow *w = load();
    int count;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char command[600];
        assert_int_equal(found(w), 2);
        assert_true(known(w, &count));
        snprintf(command, sizeof command, "%s '%s'/lichtwijzer/alike-*", damages[i], cache);
        run(command);
        assert_false(known(w, &count));
        assert_int_equal(count, 0);
    }
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    assert_int_equal(found(w), 2);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(found(w), 2);
    workflow_destroy(&w);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_known_the_second_time),
        cmocka_unit_test(a_change_makes_it_unknown),
        cmocka_unit_test(a_damaged_or_missing_cache_does_no_harm),
    };
    return cmocka_run_group_tests(tests, make_kit, NULL);
}
