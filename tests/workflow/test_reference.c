/* workflows/README.md and the option tables say the same, and the workflows that come with the program load.
 * `test_workflow_reference print` prints the tables as they must stand in the README. */
#include "files.h"

#include "workflow.h"
#include "workflow_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_tables(void)
{
    char line[512];
    for (int t = 0; t < TABLE_COUNT; t++) {
        const struct workflow_table *table = workflow_table(t);
        printf("### %s\n\n| key | value | if left out | meaning |\n|---|---|---|---|\n", table->title);
        for (int i = 0; i < table->count; i++)
            printf("%s\n", workflow_table_line(&table->rows[i], line, sizeof line));
        printf("\n");
    }
}

static char *read_readme(void)
{
    char path[512];
    FILE *f = fopen(harness_source("workflows/README.md", path, sizeof path), "r");
    assert_non_null(f);
    static char text[100000];
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

/* The table below its heading, line by line, and nothing else between its first and last row. */
static bool table_stands(const char *readme, const struct workflow_table *table)
{
    char line[512], heading[128];
    snprintf(heading, sizeof heading, "\n### %s\n", table->title);
    const char *p = strstr(readme, heading);
    p = p ? strstr(p, "|---|---|---|---|\n") : NULL;
    if (!p)
        return false;
    p = strchr(p, '\n') + 1;
    for (int i = 0; i < table->count; i++) {
        size_t n = strlen(workflow_table_line(&table->rows[i], line, sizeof line));
        if (strncmp(p, line, n) != 0 || p[n] != '\n') {
            printf("%s: expected\n%s\nfound\n%.*s\n", table->title, line, (int)strcspn(p, "\n"), p);
            return false;
        }
        p += n + 1;
    }
    return *p != '|';
}

static void the_reference_says_what_the_tables_say(void **state)
{
    (void)state;
    const char *readme = read_readme();
    int wrong = 0;
    for (int t = 0; t < TABLE_COUNT; t++)
        wrong += !table_stands(readme, workflow_table(t));
    assert_int_equal(wrong, 0);
    static const struct lw_option other = {"colour", OPTION_BOOL, 0, 0, 0, "true", NULL, "No such key."};
    static const struct workflow_table missing = {"The whole file", &other, 1};
    assert_false(table_stands(readme, &missing)); /* the twin */
}

static void load_shipped(const char *relative, struct workflow **w, struct lw_problems *p)
{
    char path[512];
    enum lw_msg rc = workflow_load(w, harness_source(relative, path, sizeof path), NULL, p);
    if (rc)
        files_print(p);
    assert_int_equal(rc, LW_OK);
}

static void the_template_only_wants_teaching(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    load_shipped("workflows/_template", &w, &p);
    for (int i = 0; i < p.count; i++)
        assert_true(p.items[i].error.id == LW_MSG_WORKFLOW_NOT_TAUGHT ||
                    p.items[i].error.id == LW_MSG_WORKFLOW_CARRIER_NOT_TAUGHT);
    assert_int_equal(p.count, 4);
    assert_int_equal(w->item_count, 3);
    assert_int_equal(w->carrier_count, 2);
    workflow_destroy(&w);
    problems_finish(&p);
}

static void the_dental_kit_loads(void **state)
{
    (void)state;
    char path[512];
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    if (access(harness_source("workflows/dental-kit/pictures", path, sizeof path), R_OK) != 0) {
        printf("skipped: the dental kit has no pictures yet\n");
        skip();
    }
    load_shipped("workflows/dental-kit", &w, &p);
    assert_true(w->step_count >= 24);
    assert_true(w->section_count >= 2);
    workflow_destroy(&w);
    problems_finish(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_says_what_the_tables_say),
        cmocka_unit_test(the_template_only_wants_teaching),
        cmocka_unit_test(the_dental_kit_loads),
    };
    harness_init();
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        print_tables();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
