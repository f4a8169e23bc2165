/* The writer: edits that keep the rest as it was, and saving. `LICHTWIJZER_GOLDEN=renew` writes the
 * golden texts anew. */
#include "good.h"

#include "config.h"
#include "workflow_edit.h"
#include "workflow_write.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- helpers ---- */

/* ---- edits ---- */

static struct workflow_edit *open_edit(const char *folder)
{
    struct workflow_edit *e = NULL;
    struct lw_error err = {0};
    assert_ok(workflow_edit_open(&e, folder, &err), &err);
    return e;
}

/* A text, one edit, what it becomes; 0 of `rc`: the edit is good. */
struct edit_case {
    const char *before;
    enum { SET, WORDS, INSERT, REMOVE, MOVE } kind;
    const char *path, *value, *to;
    int index;
    const char *after;
    enum lw_msg rc;
};

static enum lw_msg apply(struct workflow_edit *e, const struct edit_case *c, struct lw_error *err)
{
    switch (c->kind) {
    case SET:
        return workflow_edit_set(e, c->path, c->value, err);
    case WORDS:
        return workflow_edit_words(e, c->path, c->to, c->value, err);
    case INSERT:
        return workflow_edit_insert(e, c->path, c->index, c->value, err);
    case REMOVE:
        return workflow_edit_remove(e, c->path, err);
    default:
        return workflow_edit_move(e, c->path, c->to, c->index, err);
    }
}

static const struct edit_case cases[] = {
    /* a value */
    {"places = ( { id = \"a\"; x_mm = 1; } ); # end\n", SET, "places[a].x_mm", "-2.5", NULL, 0,
     "places = ( { id = \"a\"; x_mm = -2.5; } ); # end\n"},
    {"state = /* now */ \"draft\"  # note\n", SET, "state", "\"released\"", NULL, 0,
     "state = /* now */ \"released\"  # note\n"},
    {"name : { nl = \"a\" \"b\", en = \"c\" };", SET, "name.nl", "\"d\"", NULL, 0,
     "name : { nl = \"d\", en = \"c\" };"},
    {"a = 1;", SET, "a", "2; b = 3", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_VALUE},
    {"a = 1;", SET, "a", "2 }", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_VALUE},
    {"a = 1;", SET, "a", "\xff", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_VALUE},
    {"a = 1;", SET, "b.c", "2", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    {"a = 1;", SET, "b c", "2", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    {"a = (1, 2);", SET, "a[#1]", "3", NULL, 0, "a = (1, 3);"},
    /* a key that was not there: where the reference has it */
    {"places = ( { id = \"a\"; x_mm = 1; z_mm = 2; } );", SET, "places[a].y_mm", "3", NULL, 0,
     "places = ( { id = \"a\"; x_mm = 1; y_mm = 3; z_mm = 2; } );"},
    {"places = (\n  { id = \"a\";\n    x_mm = 1;  # right\n    z_mm = 2; }\n);", SET, "places[a].y_mm", "3", NULL, 0,
     "places = (\n  { id = \"a\";\n    x_mm = 1;  # right\n    y_mm = 3;\n    z_mm = 2; }\n);"},
    {"places = ( { id = \"a\" } );", SET, "places[a].x_mm", "3", NULL, 0, "places = ( { id = \"a\"; x_mm = 3; } );"},
    {"places = ( { x_mm = 1; } );", SET, "places[#0].id", "\"a\"", NULL, 0, "places = ( { id = \"a\"; x_mm = 1; } );"},
    {"format = 1;\n\n# the bins\nbins = ();\n", SET, "state", "\"draft\"", NULL, 0,
     "format = 1;\nstate = \"draft\";\n\n# the bins\nbins = ();\n"},
    {"# nothing\n", SET, "format", "1", NULL, 0, "format = 1;\n# nothing\n"},
    {"a = {};", SET, "a.b", "1", NULL, 0, "a = { b = 1; };"},
    /* a key taken away */
    {"places = ( { id = \"a\"; x_mm = 1; z_mm = 2; } );", SET, "places[a].x_mm", NULL, NULL, 0,
     "places = ( { id = \"a\"; z_mm = 2; } );"},
    {"format = 1;\nstate = \"draft\"; # still\nbins = ();\n", REMOVE, "state", NULL, NULL, 0, "format = 1;\nbins = ();\n"},
    {"a = { b = 1; };", SET, "a.c", NULL, NULL, 0, "a = { b = 1; };"},
    {"a = 1;", REMOVE, "b", NULL, NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    {"a = 1;", REMOVE, "", NULL, NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    /* words */
    {"items = ( { id = \"a\"; height_mm = 1; } );", WORDS, "items[a].name", "Kop \"je\"", "nl", 0,
     "items = ( { id = \"a\"; name = { nl = \"Kop \\\"je\\\"\"; }; height_mm = 1; } );"},
    {"name = { nl = \"a\"; };", WORDS, "name", "b", "en", 0, "name = { nl = \"a\"; en = \"b\"; };"},
    {"name = { nl = \"a\"; en = \"b\"; };", WORDS, "name", "", "nl", 0, "name = { en = \"b\"; };"},
    {"name = { nl = \"a\"; };", WORDS, "name", "b", "xx", 0, NULL, LW_MSG_WORKFLOW_EDIT_VALUE},
    /* elements put in */
    {"a = ();", INSERT, "a", "{ id = \"x\"; }", NULL, -1, "a = (\n    { id = \"x\"; }\n);"},
    {"a = (\n    # none yet\n);", INSERT, "a", "{ id = \"x\"; }", NULL, -1,
     "a = (\n    # none yet\n    { id = \"x\"; }\n);"},
    {"format = 1;\n", INSERT, "bins", "{ id = \"x\"; }", NULL, 0, "format = 1;\nbins = (\n    { id = \"x\"; }\n);\n"},
    {"a = ( { id = \"x\"; } );", INSERT, "a", "{ id = \"y\"; }", NULL, -1, "a = ( { id = \"x\"; }, { id = \"y\"; } );"},
    {"a = ( { id = \"x\"; } );", INSERT, "a", "{ id = \"y\"; }", NULL, 0, "a = ( { id = \"y\"; }, { id = \"x\"; } );"},
    {"a = (\n  { id = \"x\"; },  # x\n  { id = \"z\"; }  # z\n);", INSERT, "a", "{ id = \"y\"; }", NULL, 1,
     "a = (\n  { id = \"x\"; },  # x\n  { id = \"y\"; },\n  { id = \"z\"; }  # z\n);"},
    {"a = (\n  { id = \"x\"; },  # x\n  { id = \"z\"; }  # z\n);", INSERT, "a", "{ id = \"y\"; }", NULL, -1,
     "a = (\n  { id = \"x\"; },  # x\n  { id = \"z\"; },  # z\n  { id = \"y\"; }\n);"},
    {"a = (\n  # of z\n  { id = \"z\"; }\n);", INSERT, "a", "{ id = \"y\"; }", NULL, 0,
     "a = (\n  { id = \"y\"; },\n  # of z\n  { id = \"z\"; }\n);"},
    {"a = ( { id = \"x\"; } # x\n);", INSERT, "a", "{ id = \"y\"; }", NULL, -1,
     "a = ( { id = \"x\"; }, # x\n      { id = \"y\"; }\n);"},
    {"a = ( { id = \"x\"; } );", INSERT, "a", "5", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_VALUE},
    {"a = 1;", INSERT, "a", "{ }", NULL, 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    /* taken out */
    {"a = (\n  { id = \"x\"; },  # x\n  # of y\n  { id = \"y\"; },  # y\n  { id = \"z\"; }  # z\n);", REMOVE, "a[y]", NULL,
     NULL, 0, "a = (\n  { id = \"x\"; },  # x\n  { id = \"z\"; }  # z\n);"},
    {"a = (\n  { id = \"x\"; },  # x\n  # heading\n\n  { id = \"z\"; }  # z\n);", REMOVE, "a[z]", NULL, NULL, 0,
     "a = (\n  { id = \"x\"; }  # x\n  # heading\n);"},
    {"a = ( { id = \"x\"; }, { id = \"y\"; } );", REMOVE, "a[x]", NULL, NULL, 0, "a = ( { id = \"y\"; } );"},
    {"a = ( { id = \"x\"; }, { id = \"y\"; } );", REMOVE, "a[y]", NULL, NULL, 0, "a = ( { id = \"x\"; } );"},
    {"a = ( { id = \"x\"; } );", REMOVE, "a[x]", NULL, NULL, 0, "a = ( );"},
    {"a = ( { id = \"x\"; }, # x\n { id = \"y\"; } );", REMOVE, "a[y]", NULL, NULL, 0, "a = ( { id = \"x\"; } # x\n );"},
    {"a = (\n # head\n { id = \"x\"; }, { id = \"y\"; } );", REMOVE, "a[y]", NULL, NULL, 0,
     "a = (\n # head\n { id = \"x\"; } );"},
    /* moved */
    {"a = (\n  # of x\n  { id = \"x\"; },  # x\n  { id = \"y\"; },\n  { id = \"z\"; }\n);", MOVE, "a[x]", NULL, "a", -1,
     "a = (\n  { id = \"y\"; },\n  { id = \"z\"; },\n  # of x\n  { id = \"x\"; }  # x\n);"},
    {"a = (\n  { id = \"x\"; },\n  { id = \"y\"; },\n  # of z\n  { id = \"z\"; } # z\n);", MOVE, "a[z]", NULL, "a", 0,
     "a = (\n  # of z\n  { id = \"z\"; }, # z\n  { id = \"x\"; },\n  { id = \"y\"; }\n);"},
    {"a = ( { id = \"x\"; } ); b = ( { id = \"y\"; } );", MOVE, "a[x]", NULL, "b", 1,
     "a = ( ); b = ( { id = \"y\"; }, { id = \"x\"; } );"},
    {"s = ( { id = \"p\"; steps = ( { place = \"a\"; }, { id = \"b\"; place = \"c\"; } ); }, { id = \"q\"; steps = (); } );",
     MOVE, "s[p].steps[a]", NULL, "s[q].steps", 0,
     "s = ( { id = \"p\"; steps = ( { id = \"b\"; place = \"c\"; } ); }, { id = \"q\"; steps = (\n    { place = \"a\"; }\n); "
     "} );"},
    {"a = ( { id = \"x\"; b = (); } );", MOVE, "a[x]", NULL, "a[x].b", 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
    {"a = ( { id = \"x\"; } ); b = 1;", MOVE, "a[x]", NULL, "b", 0, NULL, LW_MSG_WORKFLOW_EDIT_PATH},
};

static void each_edit_changes_what_it_says_and_no_more(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct edit_case *c = &cases[i];
        struct lw_error err = {0};
        const char *folder = files_folder();
        files_write(folder, "workflow.cfg", c->before);
        struct workflow_edit *e = open_edit(folder);
        enum lw_msg rc = apply(e, c, &err);
        const char *now = workflow_edit_text(e, 0), *wanted = c->after ? c->after : c->before;
        if (rc != c->rc || strcmp(now, wanted) != 0) {
            printf("case %zu, %s: %s %s\n---- before\n%s\n---- wanted\n%s\n---- now\n%s\n", i, c->path, lw_msg_name(rc),
                   err.text, c->before, wanted, now);
            wrong++;
        }
        workflow_edit_close(&e);
    }
    assert_int_equal(wrong, 0);
}

static void edits_reach_into_included_files(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_folder();
    int file, line;
    make_folder(folder);
    char below[400];
    snprintf(below, sizeof below, "%s/parts", folder);
    assert_int_equal(mkdir(below, 0755), 0);
    files_write(folder, "workflow.cfg",
                HEAD BINS CASE "\nitems = (\n@include \"parts/items.cfg\"\n);" PLACES SECTIONS "\n# the end\n");
    files_write(folder, "parts/items.cfg", "# two items\n\n" ITEM("mirror") ", # m\n" ITEM("probe") "\n");
    struct workflow_edit *e = open_edit(folder);
    assert_int_equal(workflow_edit_file_count(e), 2);
    assert_string_equal(workflow_edit_file(e, 1), "parts/items.cfg");
    assert_true(workflow_edit_find(e, "items[probe]", &file, &line));
    assert_int_equal(file, 1);
    assert_int_equal(line, 4);
    assert_ok(workflow_edit_set(e, "items[probe].height_mm", "9", &err), &err);
    assert_ok(workflow_edit_insert(e, "items", -1, "{ id = \"hook\"; name = { nl = \"haak\"; en = \"hook\"; }; }", &err),
              &err);
    assert_ok(workflow_edit_remove(e, "items[hook]", &err), &err);
    assert_ok(workflow_edit_move(e, "items[probe]", "items", 0, &err), &err);
    assert_int_equal(workflow_edit_set(e, "items", "()", &err), LW_OK); /* ( and ) stand in one file */
    struct lw_problems p = {0};
    assert_int_equal(workflow_edit_save(e, NULL, &p, &err), LW_MSG_WORKFLOW_EDIT_REFUSED);
    problems_finish(&p);
    workflow_edit_close(&e);
    e = open_edit(folder);
    assert_ok(workflow_edit_set(e, "items[probe].height_mm", "9", &err), &err);
    assert_ok(workflow_edit_move(e, "items[probe]", "items", 0, &err), &err);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err);
    struct workflow *w = files_load(folder);
    assert_string_equal(w->items[0].id, "probe");
    assert_true(w->items[0].height_mm == 9);
    char *whole = files_read(folder, "workflow.cfg"), *items = files_read(folder, "parts/items.cfg");
    assert_non_null(strstr(whole, "# the end"));
    assert_non_null(strstr(items, "# two items"));
    assert_non_null(strstr(items, "# m"));
    free(whole);
    free(items);
    workflow_destroy(&w);
    workflow_edit_close(&e);
}

static void nothing_changed_is_saved_to_the_byte(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_copy_shipped("dental-kit");
    struct workflow *w = files_load(folder);
    char hash[17], *before = files_read(folder, "workflow.cfg");
    snprintf(hash, sizeof hash, "%s", w->hash);
    workflow_destroy(&w);
    struct workflow_edit *e = open_edit(folder);
    assert_string_equal(workflow_edit_text(e, 0), before);
    assert_ok(workflow_edit_set(e, "places[cup].x_mm", "95", &err), &err);
    assert_ok(workflow_edit_set(e, "places[cup].x_mm", "94.5", &err), &err);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err);
    char *after = files_read(folder, "workflow.cfg");
    assert_string_equal(before, after);
    w = files_load(folder);
    assert_string_equal(w->hash, hash);
    workflow_destroy(&w);
    free(before);
    free(after);
    workflow_edit_close(&e);
}

static void an_edit_of_the_template_reads_as_if_a_person_made_it(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_copy_shipped("_template");
    struct workflow_edit *e = open_edit(folder);
    assert_ok(workflow_edit_set(e, "state", "\"released\"", &err), &err);
    assert_ok(workflow_edit_set(e, "places[cup-place].x_mm", "-72.5", &err), &err);
    assert_ok(workflow_edit_set(e, "places[spoon-place].tolerance_mm", "6", &err), &err);
    assert_ok(workflow_edit_words(e, "sections[whole].steps[spoon-place].text", "nl", "Pak een lepeltje.", &err), &err);
    assert_ok(workflow_edit_insert(e, "items", 1,
                                   "{ id = \"saucer\"; name = { nl = \"Schoteltje\"; en = \"Saucer\"; }; bin = \"left\"; "
                                   "height_mm = 18; tolerance_mm = 6; orientation = false; }",
                                   &err), &err);
    assert_ok(workflow_edit_insert(e, "places", 0,
                                   "{ id = \"saucer-place\"; carrier = \"tray\"; item = \"saucer\"; x_mm = -70; y_mm = -60; z_mm = "
                                   "4; }", &err), &err);
    assert_ok(workflow_edit_insert(e, "sections[whole].steps", 1, "{ place = \"saucer-place\"; }", &err), &err);
    assert_ok(workflow_edit_move(e, "sections[whole].steps[coffee]", "sections[whole].steps", 0, &err), &err);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err);
    struct workflow *w = files_load(folder);
    assert_true(w->released);
    assert_int_equal(w->step_count, 5);
    assert_string_equal(w->steps[0].id, "coffee");
    workflow_destroy(&w);
    char *text = files_read(folder, "workflow.cfg");
    harness_golden_text("workflow/template-edited.cfg", text);
    free(text);
    workflow_edit_close(&e);
}

/* ---- saving ---- */

static int count_left_over(const char *folder)
{
    char command[600];
    snprintf(command, sizeof command, "ls -A '%s' | grep -c saving > /dev/null", folder);
    return system(command) == 0;
}

static void two_people_editing_is_noticed(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_copy_shipped("_template");
    struct workflow_edit *one = open_edit(folder), *two = open_edit(folder);
    assert_string_equal(workflow_edit_hash(one), workflow_edit_hash(two));
    assert_ok(workflow_edit_set(one, "places[cup-place].x_mm", "-71", &err), &err);
    assert_ok(workflow_edit_set(two, "places[cup-place].x_mm", "-69", &err), &err);
    assert_ok(workflow_edit_save(one, NULL, NULL, &err), &err);
    assert_string_not_equal(workflow_edit_hash(one), workflow_edit_hash(two));
    assert_int_equal(workflow_edit_save(two, NULL, NULL, &err), LW_MSG_WORKFLOW_EDIT_STALE);
    struct workflow *w = files_load(folder);
    assert_true(w->places[0].T_carrier_from_place.x_mm == -71);
    workflow_destroy(&w);
    assert_ok(workflow_edit_set(one, "places[cup-place].x_mm", "-72", &err), &err);
    assert_ok(workflow_edit_save(one, NULL, NULL, &err), &err); /* it goes on from what it saved */
    workflow_edit_close(&one);
    workflow_edit_close(&two);
    assert_int_equal(count_left_over(folder), 0);
}

#define STATIONS 3
#define EDITS    12

/* Another station: adds bins of its own, looking again when somebody else was quicker. */
static int be_a_station(const char *folder, int station)
{
    int saved = 0;
    for (int tries = 0; saved < EDITS && tries < 1000; tries++) {
        struct workflow_edit *e = NULL;
        struct lw_error err;
        char group[200];
        snprintf(group, sizeof group, "{ id = \"b%d-%d\"; name = { nl = \"b\"; en = \"b\"; }; outline = [ 0, 0, 9, 0, 9, 9 ]; }", station, saved);
        if (workflow_edit_open(&e, folder, &err) || workflow_edit_insert(e, "bins", -1, group, &err))
            return 100;
        enum lw_msg rc = workflow_edit_save(e, NULL, NULL, &err);
        workflow_edit_close(&e);
        if (rc != LW_OK && rc != LW_MSG_WORKFLOW_EDIT_STALE)
            return 101;
        saved += rc == LW_OK;
    }
    return saved;
}

/* Each save is there in the end, none over another one. */
static void stations_share_a_folder(void **state)
{
    (void)state;
    const char *folder = files_copy_shipped("_template");
    struct workflow *w = files_load(folder);
    int before = w->bin_count, status;
    pid_t stations[STATIONS];
    workflow_destroy(&w);
    for (int i = 0; i < STATIONS; i++) {
        stations[i] = fork();
        if (stations[i] == 0)
            _exit(be_a_station(folder, i));
        assert_true(stations[i] > 0);
    }
    for (int i = 0; i < STATIONS; i++) {
        assert_int_equal(waitpid(stations[i], &status, 0), stations[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EDITS);
    }
    w = files_load(folder);
    assert_int_equal(w->bin_count, before + STATIONS * EDITS);
    workflow_destroy(&w);
    assert_int_equal(count_left_over(folder), 0);
}

/* One is ended in the middle of its saves, many times: what stands there is always whole. */
static void a_station_that_is_cut_off(void **state)
{
    (void)state;
    const char *folder = files_copy_shipped("_template");
    for (int i = 0; i < 25; i++) {
        int status;
        pid_t station = fork();
        if (station == 0)
            _exit(be_a_station(folder, i));
        assert_true(station > 0);
        nanosleep(&(struct timespec){0, 1000000L * (1 + i % 13)}, NULL);
        kill(station, SIGKILL);
        assert_int_equal(waitpid(station, &status, 0), station);
        struct workflow *w = files_load(folder);
        workflow_destroy(&w);
    }
    struct lw_error err;
    struct workflow_edit *e = open_edit(folder);
    assert_ok(workflow_edit_set(e, "places[cup-place].x_mm", "-71", &err), &err);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err); /* and the next save clears away what was left lying */
    workflow_edit_close(&e);
    assert_int_equal(count_left_over(folder), 0);
}

static void unsaved_texts_are_validated(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = files_copy_shipped("_template");
    struct workflow_edit *e = open_edit(folder);
    assert_ok(workflow_edit_set(e, "places[cup-place].item", "\"cpu\"", &err), &err);
    assert_int_equal(workflow_edit_load(e, &w, NULL, &p), LW_MSG_WORKFLOW_NEAREST);
    bool found = false;
    for (int i = 0; i < p.count; i++)
        found |= p.items[i].error.id == LW_MSG_WORKFLOW_NEAREST && strncmp(p.items[i].error.file, folder, 20) == 0;
    assert_true(found);
    problems_finish(&p);
    assert_int_equal(workflow_edit_save(e, NULL, &p, &err), LW_MSG_WORKFLOW_EDIT_REFUSED);
    problems_finish(&p);
    w = files_load(folder); /* what stands there is whole */
    workflow_destroy(&w);
    workflow_edit_close(&e);
}

static void mistakes_can_be_mended_one_by_one(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", HEAD BINS CASE ITEMS "\nplaces = ( " PLACE("p1", "miror", "-50") ", " PLACE(
                                            "p2", "prob", "50") " );" SECTIONS);
    struct workflow_edit *e = open_edit(folder);
    assert_ok(workflow_edit_set(e, "places[p1].item", "\"mirror\"", &err), &err);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err);
    assert_ok(workflow_edit_set(e, "places[p2].z_mm", "\"high\"", &err), &err);
    assert_int_equal(workflow_edit_save(e, NULL, NULL, &err), LW_MSG_WORKFLOW_EDIT_REFUSED);
    workflow_edit_close(&e);
}

static void a_full_disk_leaves_the_old_file_whole(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char *folder = files_copy_shipped("_template");
    char *before = files_read(folder, "workflow.cfg"), cut_off[500];
    struct workflow_edit *e = open_edit(folder);
    snprintf(cut_off, sizeof cut_off, "%s/.saving-AbCdEf", folder); /* of a program that was killed in the middle */
    assert_int_equal(mkdir(cut_off, 0755), 0);
    files_write(cut_off, "workflow.cfg", "form");
    assert_ok(workflow_edit_set(e, "places[cup-place].x_mm", "-71", &err), &err);
    struct rlimit old, little = {64, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    little.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &little);
    enum lw_msg rc = workflow_edit_save(e, NULL, NULL, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(rc, LW_MSG_FILE_WRITE);
    char *after = files_read(folder, "workflow.cfg");
    assert_string_equal(before, after);
    assert_int_equal(count_left_over(folder), 0);
    assert_ok(workflow_edit_save(e, NULL, NULL, &err), &err); /* and with room again it goes on */
    free(before);
    free(after);
    workflow_edit_close(&e);
}

/* ---- random edits ---- */

/* Lines that hold notes, in their order. */
static int count_notes(const char *text)
{
    int count = 0;
    for (const char *p = text; *p; p++)
        count += *p == '#';
    return count;
}

static void one_random_edit(struct workflow_edit *e, uint64_t *seed, int *removed)
{
    static const char *const lists[] = {"bins", "items", "places", "sections[whole].steps", "carriers"};
    char path[100], value[100];
    struct lw_error err;
    const char *list = lists[(int)(harness_random(seed) * 5)], *to = lists[(int)(harness_random(seed) * 5)];
    int index = (int)(harness_random(seed) * 5) - 1;
    snprintf(path, sizeof path, "%s[#%d]", list, (int)(harness_random(seed) * 4));
    int what = (int)(harness_random(seed) * 6);
    if (what == 0) {
        *removed += 3;
        workflow_edit_remove(e, path, &err);
    } else if (what == 1) {
        workflow_edit_move(e, path, harness_random(seed) < 0.7 ? list : to, index, &err);
    } else if (what == 2) {
        snprintf(value, sizeof value, "{ id = \"n%d\"; x_mm = %d; }", (int)(harness_random(seed) * 1000), index);
        workflow_edit_insert(e, list, index, value, &err);
    } else if (what == 3) {
        strcat(path, harness_random(seed) < 0.5 ? ".name" : ".text");
        workflow_edit_words(e, path, harness_random(seed) < 0.5 ? "nl" : "en", harness_random(seed) < 0.8 ? "w \"x\"" : "", &err);
    } else {
        static const char *const keys[] = {".x_mm", ".z_mm", ".orientation", ".bin", ".id", ".home.x_mm"};
        strcat(path, keys[(int)(harness_random(seed) * 6)]);
        *removed += what == 4;
        workflow_edit_set(e, path, what == 4 ? NULL : "7", &err);
    }
}

/* libconfig reads it too. */
static void assert_reads(const char *text)
{
    config_t cfg;
    config_init(&cfg);
    if (config_read_string(&cfg, text) != CONFIG_TRUE) {
        printf("%s, line %d:\n%s\n", config_error_text(&cfg), config_error_line(&cfg), text);
        fail();
    }
    config_destroy(&cfg);
}

static void random_edits_leave_text_that_reads(void **state)
{
    (void)state;
    uint64_t seed = 11;
    const char *folder = files_copy_shipped("_template");
    for (int round = 0; round < 60; round++) {
        struct workflow_edit *e = open_edit(folder);
        int removed = 0;
        for (int i = 0; i < 40; i++) {
            char *before = strdup(workflow_edit_text(e, 0));
            int notes = count_notes(before), dropped = removed;
            one_random_edit(e, &seed, &removed);
            assert_reads(workflow_edit_text(e, 0));
            if (removed == dropped && count_notes(workflow_edit_text(e, 0)) != notes) {
                printf("a note is lost:\n%s\n---- becomes\n%s\n", before, workflow_edit_text(e, 0));
                fail();
            }
            free(before);
        }
        workflow_edit_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_edit_changes_what_it_says_and_no_more),
        cmocka_unit_test(edits_reach_into_included_files),
        cmocka_unit_test(nothing_changed_is_saved_to_the_byte),
        cmocka_unit_test(an_edit_of_the_template_reads_as_if_a_person_made_it),
        cmocka_unit_test(two_people_editing_is_noticed),
        cmocka_unit_test(stations_share_a_folder),
        cmocka_unit_test(a_station_that_is_cut_off),
        cmocka_unit_test(unsaved_texts_are_validated),
        cmocka_unit_test(mistakes_can_be_mended_one_by_one),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_whole),
        cmocka_unit_test(random_edits_leave_text_that_reads),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
