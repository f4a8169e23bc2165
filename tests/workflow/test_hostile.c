/* Folders that somebody made to do harm, or by mistake: refused with the cause, never a wait or a crash. Others stand in
 * test_folder.c and test_load.c. */
#include "good.h"

#include "workflow_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define START_OF_STEPS HEAD BINS CASE ITEMS PLACES "\nsections = ( { id = \"s\"; steps = ( { place = \"p2\"; }, { place = \"p1\"; "
#define SLOW_S 2 /* a wait, not work: loading takes milliseconds */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void refuse(const char *folder, enum lw_msg id)
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    double start = now_s();
    assert_int_not_equal(workflow_load(&w, folder, &bench, &p), LW_OK);
    assert_null(w);
    assert_true(now_s() - start < SLOW_S);
    bool found = false;
    for (int i = 0; i < p.count; i++)
        found |= p.items[i].error.id == id;
    if (!found)
        files_print(&p);
    assert_true(found);
    problems_finish(&p);
}

static const char *good_folder(const char *text)
{
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", text);
    return folder;
}

static const char *in(const char *folder, const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_pipe(const char *folder, const char *name)
{
    unlink(in(folder, name));
    assert_int_equal(mkfifo(in(folder, name), 0600), 0);
}

static void pipes_in_every_file_s_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"workflow.cfg", GOOD},
        {"taught.cfg", GOOD},
        {"b.png", GOOD},
        {"items.cfg", GOOD "\n@include \"items.cfg\"\n"},
        {"beep.wav", START_OF_STEPS "sound = \"beep.wav\"; } ); } );"},
        {"frame.png", START_OF_STEPS "frames = ( \"frame.png\" ); } ); } );"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *folder = good_folder(cases[i].text);
        make_pipe(folder, cases[i].name);
        refuse(folder, LW_MSG_WORKFLOW_FILE_KIND);
    }
    struct workflow_edit *e = NULL;
    struct lw_error err = {0};
    const char *folder = good_folder(GOOD);
    make_pipe(folder, "workflow.cfg");
    assert_int_equal(workflow_edit_open(&e, folder, &err), LW_MSG_WORKFLOW_FILE_KIND);
    assert_null(e);
}

static void sockets_and_devices_for_pictures(void **state)
{
    (void)state;
    const char *folder = good_folder(GOOD);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    unlink(in(folder, "b.png"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", in(folder, "b.png"));
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    refuse(folder, LW_MSG_FILE_OPEN);
    close(fd);
    folder = good_folder(GOOD);
    unlink(in(folder, "b.png"));
    assert_int_equal(symlink("/dev/zero", in(folder, "b.png")), 0);
    refuse(folder, LW_MSG_WORKFLOW_FILE_OUTSIDE);
    folder = good_folder(GOOD);
    unlink(in(folder, "b.png"));
    assert_int_equal(mkdir(in(folder, "b.png"), 0755), 0);
    refuse(folder, LW_MSG_WORKFLOW_FILE_KIND);
}

static void ten_thousand_steps(void **state)
{
    (void)state;
    const char *folder = good_folder(GOOD);
    FILE *f = fopen(in(folder, "workflow.cfg"), "w");
    fputs(HEAD BINS CASE ITEMS PLACES "\nsections = ( { id = \"s\"; steps = (", f);
    for (int i = 0; i < 10000; i++)
        fprintf(f, "%s{ kind = \"confirm\"; id = \"c%d\"; }", i ? ",\n" : "", i);
    fputs("); } );", f);
    fclose(f);
    refuse(folder, LW_MSG_WORKFLOW_TOO_MANY);
}

/* Rows of 500 places, each with a step: the entries are few, what they make is much. */
static void rows_that_make_too_many(void **state)
{
    (void)state;
    for (int rows = 4; rows <= 40; rows += 36) {
        const char *folder = good_folder(GOOD);
        FILE *f = fopen(in(folder, "workflow.cfg"), "w");
        fputs(HEAD BINS CASE ITEMS "\nplaces = (", f);
        for (int i = 0; i < rows; i++)
            fprintf(f, "%s{ id = \"r%d-{n}\"; item = \"mirror\"; x_mm = 10; y_mm = %d; count = 500; step = { x_mm = 1; }; }",
                    i ? ",\n" : "", i, 10 + i);
        fputs(");\nsections = ( { id = \"s\"; steps = (", f);
        for (int i = 0; i < rows; i++)
            fprintf(f, "%s{ place = \"r%d-{n}\"; }", i ? ",\n" : "", i);
        fputs("); } );", f);
        fclose(f);
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        double start = now_s();
        enum lw_msg rc = workflow_load(&w, folder, &bench, &p);
        assert_true(now_s() - start < SLOW_S);
        assert_int_equal(rc, rows == 4 ? LW_OK : LW_MSG_WORKFLOW_TOO_MANY);
        assert_true(!w || w->step_count == 2000);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

static void pictures_of_a_hundred_megapixels(void **state)
{
    (void)state;
    const char *folder = good_folder(GOOD);
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    files_picture(folder, "a.png", 10000, 10000); /* may be: nothing is decoded here */
    files_picture(folder, "b.png", 10000, 10000);
    assert_int_equal(workflow_load(&w, folder, &bench, &p), LW_OK);
    workflow_destroy(&w);
    problems_finish(&p);
    files_picture(folder, "a.png", 10001, 10000);
    refuse(folder, LW_MSG_WORKFLOW_PICTURE_SIZE);
    files_picture(folder, "a.png", 0x7fffffff, 0x7fffffff);
    refuse(folder, LW_MSG_WORKFLOW_PICTURE_SIZE);
}

static void files_that_include_each_other(void **state)
{
    (void)state;
    struct workflow_edit *e = NULL;
    struct lw_error err = {0};
    const char *folder = good_folder(GOOD "\n@include \"a.cfg\"\n");
    files_write(folder, "a.cfg", "@include \"b.cfg\"\n");
    files_write(folder, "b.cfg", "@include \"a.cfg\"\n@include \"a.cfg\"\n@include \"workflow.cfg\"\n");
    refuse(folder, LW_MSG_FILE_SYNTAX);
    assert_int_equal(workflow_edit_open(&e, folder, &err), LW_MSG_FILE_SYNTAX);
    assert_null(e);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    static const char *const numbers[] = {"nan", "inf", "1e999", "-1e999", "0x", "\"9\"", "99999999999999999999", "1e"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[3000];
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        snprintf(text, sizeof text, "%s\nplaces = ( { id = \"p1\"; item = \"mirror\"; x_mm = %s; y_mm = 0; } );",
                 HEAD BINS CASE ITEMS, numbers[i]);
        strcat(text, "\nsections = ( { id = \"s\"; steps = ( { place = \"p1\"; } ); } );");
        assert_int_not_equal(load_text(text, &w, &p), LW_OK);
        assert_null(w);
        problems_finish(&p);
    }
}

/* A save never follows a link out of the folder, and a picture's name never leaves it either. */
static void saving_stays_in_the_folder(void **state)
{
    (void)state;
    char outside[400];
    struct lw_error err = {0};
    struct workflow_edit *e = NULL;
    snprintf(outside, sizeof outside, "%s", in(good_folder(GOOD), "workflow.cfg"));
    const char *folder = good_folder(GOOD);
    unlink(in(folder, "workflow.cfg"));
    assert_int_equal(symlink(outside, in(folder, "workflow.cfg")), 0);
    assert_int_equal(workflow_edit_open(&e, folder, &err), LW_MSG_WORKFLOW_FILE_OUTSIDE);
    folder = good_folder(GOOD);
    assert_ok(workflow_edit_open(&e, folder, &err), &err);
    unlink(in(folder, "workflow.cfg")); /* turned into a link while it is edited */
    assert_int_equal(symlink(outside, in(folder, "workflow.cfg")), 0);
    assert_ok(workflow_edit_set(e, "state", "\"released\"", &err), &err);
    assert_int_equal(workflow_edit_save(e, NULL, NULL, &err), LW_MSG_WORKFLOW_EDIT_STALE);
    workflow_edit_close(&e);
    char text[3000];
    FILE *f = fopen(outside, "r");
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_in_every_file_s_place),   cmocka_unit_test(sockets_and_devices_for_pictures),
        cmocka_unit_test(ten_thousand_steps),            cmocka_unit_test(rows_that_make_too_many),
        cmocka_unit_test(pictures_of_a_hundred_megapixels), cmocka_unit_test(files_that_include_each_other),
        cmocka_unit_test(numbers_that_are_none),         cmocka_unit_test(saving_stays_in_the_folder),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
