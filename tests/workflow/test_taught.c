#include "files.h"

#include "workflow.h"
#include "workflow_tables.h"
#include "workflow_taught.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char text[] =
    "format = 1; name = { nl = \"k\"; en = \"k\"; };\n"
    "carriers = ( { id = \"case\"; name = { nl = \"k\"; en = \"k\"; }; width_mm = 300; depth_mm = 200; home "
    "= { x_mm = 400; y_mm = 250; }; } );\n"
    "items = ( { id = \"mirror\"; name = { nl = \"m\"; en = \"m\"; }; picture = \"taught/case.png\"; taught = ( { before = \"gone.png\"; "
    "after = \"gone.png\"; mm_per_px = 1.0; } ); },\n"
    " { id = \"probe\"; name = { nl = \"p\"; en = \"p\"; }; picture = \"taught/case.png\"; } );\n"
    "places = ( { id = \"p1\"; item = \"mirror\"; carrier = \"case\"; x_mm = 0; y_mm = 0; }, { id = \"p2\"; "
    "item = \"probe\"; carrier = \"case\"; x_mm = 50; y_mm = 0; } );\n"
    "sections = ( { id = \"s\"; name = { nl = \"s\"; en = \"s\"; }; steps = ( { place = \"p1\"; }, { place = "
    "\"p2\"; } ); } );\n";

static const char *make(void)
{
    const char *folder = files_folder();
    files_write(folder, "workflow.cfg", text);
    files_picture(folder, "taught/mirror-1-before.png", 40, 30);
    files_picture(folder, "taught/mirror-1.png", 40, 30);
    files_picture(folder, "taught/case.png", 300, 200);
    return folder;
}

/* What teaching knows, as the guide would hold it. */
static struct workflow_reference references[2] = {
    {"taught/mirror-1-before.png", "taught/mirror-1.png", 0.75},
    {"taught/mirror-1-before.png", "taught/mirror-1.png", 1.0 / 3},
};

static struct workflow_item items[2] = {
    {.id = "mirror", .references = references, .reference_count = 2},
    {.id = "probe"},
};

static struct workflow_carrier carriers[2] = {
    {.id = "bench", .taught = ""},
    {.id = "case", .taught = "taught/case.png", .taught_mm_per_px = 1.25},
};

static const struct workflow taught = {
    .items = items, .item_count = 2, .carriers = carriers, .carrier_count = 2};

static void what_is_written_is_read_in_place_of_the_text(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = make();
    assert_int_equal(workflow_load(&w, folder, NULL, &p), LW_MSG_WORKFLOW_FILE_MISSING); /* the twin */
    problems_finish(&p);
    assert_ok(workflow_write_taught(folder, &taught, &err), &err);
    enum lw_msg rc = workflow_load(&w, folder, NULL, &p);
    files_print(&p);
    assert_int_equal(rc, LW_OK);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.items[0].error.id, LW_MSG_WORKFLOW_NOT_TAUGHT); /* the probe */
    assert_int_equal(w->items[0].reference_count, 2);
    assert_string_equal(w->items[0].references[1].before, "taught/mirror-1-before.png");
    assert_true(w->items[0].references[0].mm_per_px == 0.75);
    assert_true(w->items[0].references[1].mm_per_px > 0.333333 &&
                w->items[0].references[1].mm_per_px < 0.333334);
    assert_string_equal(w->carriers[1].taught, "taught/case.png");
    assert_true(w->carriers[1].taught_mm_per_px == 1.25);
    assert_ok(workflow_write_taught(folder, w, &err), &err); /* and round again, the same */
    char hash[17];
    snprintf(hash, sizeof hash, "%s", w->hash);
    workflow_destroy(&w);
    assert_int_equal(workflow_load(&w, folder, NULL, &p), LW_OK);
    assert_string_equal(w->hash, hash);
    workflow_destroy(&w);
    problems_finish(&p);
}

static void names_with_quotes_survive(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    struct workflow_reference odd = {"taught/a \"b\" \\ é.png", "taught/mirror-1.png", 1};
    struct workflow_item one = {.id = "mirror", .references = &odd, .reference_count = 1};
    struct workflow of_one = {.items = &one, .item_count = 1, .carriers = carriers, .carrier_count = 2};
    const char *folder = make();
    files_picture(folder, odd.before, 40, 30);
    assert_ok(workflow_write_taught(folder, &of_one, &err), &err);
    assert_int_equal(workflow_load(&w, folder, NULL, &p), LW_OK);
    assert_string_equal(w->items[0].references[0].before, odd.before);
    workflow_destroy(&w);
    problems_finish(&p);
}

static void mistakes_name_taught_cfg(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum lw_msg id;
        int line;
        bool warning;
    } cases[] = {
        {"taught = (\n{ item = \"mirror\"; refs = (); } );", LW_MSG_KEY_UNKNOWN, 2, false},
        {"taugth = ();", LW_MSG_KEY_NEAREST, 1, false},
        {"taught = ( { item = \"mirror\"; references = (\n{ before = \"x.png\"; after = "
         "\"taught/mirror-1.png\"; mm_per_px = 1; } ); } );",
         LW_MSG_WORKFLOW_FILE_MISSING, 2, false},
        {"taught = ( { item = \"spoon\"; references = ();\n},\n{ item = \"spoon\"; references = (); } );",
         LW_MSG_WORKFLOW_DUPLICATE, 3, false},
        {"taught = (\n{ item = \"spoon\"; references = (); } );", LW_MSG_WORKFLOW_TAUGHT_UNUSED, 2, true},
        {"carriers = (\n{ id = \"case\"; taught = \"../case.png\"; mm_per_px = 1; } );",
         LW_MSG_WORKFLOW_FILE_OUTSIDE, 2, false},
        {"carriers = (\n{ id = \"case\"; taught = \"taught/case.png\"; mm_per_px = 1e999; } );",
         LW_MSG_KEY_TYPE, 2, false},
        {"taught = (", LW_MSG_FILE_SYNTAX, 1, false},
        {"", LW_MSG_WORKFLOW_FILE_BLANK, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        const char *folder = make();
        files_write(folder, "taught.cfg", cases[i].text);
        workflow_load(&w, folder, NULL, &p);
        bool found = false;
        for (int k = 0; k < p.count; k++)
            found |= p.items[k].error.id == cases[i].id && p.items[k].error.line == cases[i].line &&
                     p.items[k].warning == cases[i].warning && strstr(p.items[k].error.file, "/taught.cfg");
        if (!found)
            files_print(&p);
        assert_true(found);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

static void a_full_disk_leaves_the_old_file_whole(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = make();
    char path[320];
    assert_ok(workflow_write_taught(folder, &taught, &err), &err);
    struct rlimit before, little = {64, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &little);
    enum lw_msg rc = workflow_write_taught(folder, &taught, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(rc, LW_MSG_FILE_WRITE);
    assert_int_equal(workflow_load(&w, folder, NULL, &p), LW_OK);
    assert_int_equal(w->items[0].reference_count, 2);
    snprintf(path, sizeof path, "%s/taught.cfg.new", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    workflow_destroy(&w);
    problems_finish(&p);
    snprintf(path, sizeof path, "%s/nowhere", folder);
    assert_int_equal(workflow_write_taught(path, &taught, &err), LW_MSG_FILE_WRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_in_place_of_the_text),
        cmocka_unit_test(names_with_quotes_survive),
        cmocka_unit_test(mistakes_name_taught_cfg),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_whole),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
