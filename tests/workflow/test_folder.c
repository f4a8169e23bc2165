#include "good.h"

#include "workflow_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- hostile folders ---- */

static void refuse_folder(const char *folder, enum lw_msg id, int line)
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = workflow_load(&w, folder, &bench, &p);
    if (rc != id || p.errors < 1 || p.items[0].error.line != line)
        files_print(&p);
    assert_int_equal(rc, id);
    assert_null(w);
    assert_int_equal(p.items[0].error.id, id);
    assert_int_equal(p.items[0].error.line, line);
    assert_true(*lw_msg_remedy_en(id) != 0);
    problems_finish(&p);
}

static void no_folder_and_no_workflow(void **state)
{
    (void)state;
    char path[320];
    snprintf(path, sizeof path, "%s/nowhere", files_folder());
    refuse_folder(path, LW_MSG_FILE_OPEN, 0);
    refuse_folder(files_folder(), LW_MSG_WORKFLOW_FOLDER, 0);
}

static void fifty_megabytes_are_refused_at_once(void **state)
{
    (void)state;
    const char *folder = files_folder();
    char path[320];
    files_write(folder, "workflow.cfg", GOOD);
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    assert_int_equal(truncate(path, 50000000), 0);
    refuse_folder(folder, LW_MSG_WORKFLOW_FILE_SIZE, 0);
    folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", GOOD);
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_int_equal(truncate(path, 50000000), 0);
    refuse_folder(folder, LW_MSG_WORKFLOW_FILE_SIZE, 3);
}

static void links_out_of_the_folder_are_refused(void **state)
{
    (void)state;
    char outside[320], path[320];
    snprintf(outside, sizeof outside, "%s", files_folder());
    make_folder(outside);
    files_write(outside, "workflow.cfg", GOOD);
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", GOOD);
    snprintf(path, sizeof path, "%s/a.png", folder);
    strcat(outside, "/a.png");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("c.png", path), 0); /* inside: not refused for being a link */
    refuse_folder(folder, LW_MSG_WORKFLOW_REFERENCE_SIZE, 4);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(outside, path), 0);
    refuse_folder(folder, LW_MSG_WORKFLOW_FILE_OUTSIDE, 3);
    folder = files_folder();
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    strcpy(strrchr(outside, '/'), "/workflow.cfg");
    assert_int_equal(symlink(outside, path), 0);
    refuse_folder(folder, LW_MSG_WORKFLOW_FILE_OUTSIDE, 0);
}

static void a_pipe_for_a_picture_does_not_hang(void **state)
{
    (void)state;
    const char *folder = files_folder();
    char path[320];
    make_folder(folder);
    files_write(folder, "workflow.cfg", GOOD);
    snprintf(path, sizeof path, "%s/a.png", folder);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse_folder(folder, LW_MSG_WORKFLOW_FILE_KIND, 3);
}

/* `count` times a text with the running number in it. */
static void repeat(FILE *f, int count, const char *a, const char *b)
{
    for (int i = 0; i < count; i++)
        fprintf(f, "%s%s%d%s", i ? ",\n" : "", a, i, b);
}

static FILE *open_text(const char *folder)
{
    char path[320];
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    return f;
}

static void many_steps(const char *folder, int count)
{
    FILE *f = open_text(folder);
    fputs(HEAD BINS CASE ITEMS PLACES "\nsections = ( { id = \"s\"; " N("part") "steps = (", f);
    repeat(f, count, "{ kind = \"confirm\"; id = \"c", "\"; text = { nl = \"x\"; en = \"x\"; }; }");
    fputs("); } );\n", f);
    fclose(f);
}

static void more_than_2000_steps_are_refused(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = files_folder();
    make_folder(folder);
    many_steps(folder, 2000);
    assert_int_equal(workflow_load(&w, folder, &bench, &p), LW_OK);
    assert_int_equal(w->step_count, 2000);
    workflow_destroy(&w);
    problems_finish(&p);
    many_steps(folder, 2001);
    refuse_folder(folder, LW_MSG_WORKFLOW_TOO_MANY, 6);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Each section pulls in the next one twice: 2^300 visits for who lays them out without counting first. */
static void sections_that_double_do_not_hang(void **state)
{
    (void)state;
    for (int ends = 0; ends < 2; ends++) {
        const char *folder = files_folder();
        FILE *f = open_text(folder);
        make_folder(folder);
        fputs(HEAD BINS CASE ITEMS PLACES "\nsections = (", f);
        for (int i = 0; i < 300; i++)
            fprintf(f, "{ id = \"s%d\"; steps = ( { section = \"s%d\"; }, { section = \"s%d\"; } ); },\n", i,
                    i + 1, i + 1);
        fprintf(f, "{ id = \"s300\"; steps = ( %s ); } );", ends ? "{ place = \"p1\"; }" : "");
        fclose(f);
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        double start = now_s();
        assert_int_equal(workflow_load(&w, folder, &bench, &p),
                         ends ? LW_MSG_WORKFLOW_TOO_MANY : LW_MSG_WORKFLOW_EMPTY);
        assert_true(now_s() - start < 2);
        problems_finish(&p);
    }
}

/* ---- sections, includes, hash ---- */

static void sections_pull_in_others(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = load_text(
        HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
            "wipe",
            "{ kind = \"confirm\"; id = \"wipe\"; text = { nl = \"veeg\"; en = "
            "\"wipe\"; }; }") ", " SECTION("a", "{ section = \"wipe\"; }, { "
                                                "place = \"p1\"; skippable = "
                                                "true; }") ", " SECTION("b", "{ place = \"p2\"; }, { section "
                                                                             "= \"wipe\"; }") " );",
        &w, &p);
    files_print(&p);
    assert_int_equal(rc, LW_OK);
    static const char *const ids[] = {"wipe", "p1", "p2", "wipe.2"};
    assert_int_equal(w->step_count, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(w->steps[i].id, ids[i]);
    assert_int_equal(w->steps[0].kind, STEP_CONFIRM);
    assert_int_equal(w->steps[0].place, -1);
    assert_int_equal(w->steps[0].section, 0);
    assert_true(w->steps[1].skippable);
    static const int ranges[3][2] = {{0, 1}, {0, 2}, {2, 2}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w->sections[i].first_step, ranges[i][0]);
        assert_int_equal(w->sections[i].step_count, ranges[i][1]);
    }
    assert_string_equal(workflow_text(&w->steps[3].text), "wipe");
    workflow_destroy(&w);
}

static void included_files_name_their_own_lines(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", HEAD BINS CASE PLACES SECTIONS "\n@include \"items.cfg\"\n");
    files_write(folder, "items.cfg",
                "# items\nitems = ( " ITEM("mirror") ", " ITEM("probe") ",\n{ id = \"x\"; colour = 1; } );");
    enum lw_msg rc = workflow_load(&w, folder, NULL, &p);
    files_print(&p);
    assert_int_equal(rc, LW_MSG_KEY_UNKNOWN);
    assert_int_equal(p.items[0].error.line, 3);
    assert_non_null(strstr(p.items[0].error.file, "/items.cfg"));
    problems_finish(&p);
}

static void hash_of(const char *folder, char hash[17])
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = workflow_load(&w, folder, NULL, &p);
    if (rc)
        files_print(&p);
    assert_int_equal(rc, LW_OK);
    snprintf(hash, 17, "%s", w->hash);
    workflow_destroy(&w);
    problems_finish(&p);
}

static void the_hash_follows_every_file(void **state)
{
    (void)state;
    const char *folder = files_folder();
    char first[17], hash[17], last[17];
    make_folder(folder);
    files_write(folder, "workflow.cfg", HEAD BINS CASE PLACES SECTIONS "\n@include \"items.cfg\"\n");
    files_write(folder, "items.cfg", "items = ( " ITEM("mirror") ", " ITEM("probe") " );");
    hash_of(folder, first);
    hash_of(folder, hash);
    assert_string_equal(hash, first);
    files_write(folder, "notes.txt", "nobody names this file");
    hash_of(folder, hash);
    assert_string_equal(hash, first);
    files_write(folder, "items.cfg", "items = ( " ITEM("mirror") ", " ITEM("probe") " ); # !\n");
    hash_of(folder, last);
    assert_string_not_equal(last, first);
    files_picture(folder, "a.png", 30, 40);
    files_picture(folder, "b.png", 30, 40);
    hash_of(folder, hash);
    assert_string_not_equal(hash, last);
    files_write(folder, "taught.cfg", "taught = ();\n");
    hash_of(folder, last);
    assert_string_not_equal(hash, last);
}

static void jpeg_headers_are_read(void **state)
{
    (void)state;
    static const unsigned char jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0,    4,    1, 2,   0xff, 0xc4,
                                         0,    3,    9,    0xff, 0xff, 0xc0, 0, 11,  8,    0x02,
                                         0x58, 0x03, 0x20, 1,    1,    0x11, 0, 0xff};
    static const unsigned char cut[] = {0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0};
    const char *folder = files_folder();
    struct workflow_files f;
    struct lw_error err = {0};
    int width, height;
    files_write(folder, "workflow.cfg", "x");
    files_write_bytes(folder, "a.jpg", jpeg, sizeof jpeg);
    files_write_bytes(folder, "cut.jpg", cut, sizeof cut);
    assert_ok(workflow_files_init(&f, folder, NULL, &err), &err);
    assert_ok(workflow_files_picture(&f, "a.jpg", &width, &height, &err), &err);
    assert_int_equal(width, 800);
    assert_int_equal(height, 600);
    assert_int_equal(workflow_files_picture(&f, "cut.jpg", &width, &height, &err), LW_MSG_PICTURE_READ);
    workflow_files_finish(&f);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_folder_and_no_workflow),
        cmocka_unit_test(fifty_megabytes_are_refused_at_once),
        cmocka_unit_test(links_out_of_the_folder_are_refused),
        cmocka_unit_test(a_pipe_for_a_picture_does_not_hang),
        cmocka_unit_test(more_than_2000_steps_are_refused),
        cmocka_unit_test(sections_that_double_do_not_hang),
        cmocka_unit_test(sections_pull_in_others),
        cmocka_unit_test(included_files_name_their_own_lines),
        cmocka_unit_test(the_hash_follows_every_file),
        cmocka_unit_test(jpeg_headers_are_read),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
