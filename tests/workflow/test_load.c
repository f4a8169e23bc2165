#include "files.h"

#include "workflow.h"
#include "workflow_load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct workflow_bench bench = {800, 500};

/* Six lines that every case below begins with, so that what is wrong stands on line 7 or later. */
#define N(x) "name = { nl = \"" x "\"; en = \"" x "\"; }; "
#define HEAD "format = 1; " N("kit")
#define BINS "\nbins = ( { id = \"bin-1\"; " N("bin") "outline = [10, 10, 90, 10, 90, 90]; } );"
#define CASE                                                                                                 \
    "\ncarriers = ( { id = \"case\"; " N(                                                                    \
        "case") "width_mm = 300; depth_mm = 200; "                                                           \
                "home = { x_mm = 400; y_mm = 250; }; taught = \"a.png\"; } );"
#define ITEM(id)                                                                                             \
    "{ id = \"" id "\"; " N("item") "bin = \"bin-1\"; taught = ( { before = \"b.png\"; after = \"a.png\"; "  \
                                    "mm_per_px = 0.5; } ); }"
#define ITEMS "\nitems = ( " ITEM("mirror") ", " ITEM("probe") " );"
#define PLACE(id, item, x)                                                                                   \
    "{ id = \"" id "\"; item = \"" item "\"; carrier = \"case\"; x_mm = " x "; y_mm = 0; }"
#define PLACES             "\nplaces = ( " PLACE("p1", "mirror", "-50") ", " PLACE("p2", "probe", "50") " );"
#define SECTION(id, steps) "{ id = \"" id "\"; " N("part") "steps = ( " steps " ); }"
#define SECTIONS           "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { place = \"p2\"; }") " );"
#define GOOD               HEAD BINS CASE ITEMS PLACES SECTIONS

struct expected {
    enum lw_msg id; /* LW_OK: end of the list */
    int line;
    const char *words; /* that the text holds, NULL: any */
};

struct bad_case {
    const char *name, *text;
    struct expected problems[4];
};

static void make_folder(const char *folder)
{
    files_picture(folder, "a.png", 40, 30);
    files_picture(folder, "b.png", 40, 30);
    files_picture(folder, "c.png", 41, 30);
    files_picture(folder, "huge.png", 20000, 20000);
    files_picture(folder, "flat.png", 0, 30);
    files_write(folder, "words.png", "this is no picture, although it is called one");
    files_write(folder, "blank.png", "");
}

static enum lw_msg load_text(const char *text, struct workflow **w, struct lw_problems *problems)
{
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", text);
    return workflow_load(w, folder, &bench, problems);
}

static void good_file_loads_without_a_word(void **state)
{
    (void)state;
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = load_text(GOOD, &w, &p);
    files_print(&p);
    assert_int_equal(rc, LW_OK);
    assert_int_equal(p.count, 0);
    assert_int_equal(w->carrier_count, 2);
    assert_string_equal(w->carriers[0].id, "bench");
    assert_int_equal(w->item_count, 2);
    assert_int_equal(w->items[1].bin, 0);
    assert_true(w->items[0].tolerance_mm == 4 && fabs(w->items[0].tolerance_rad - 8 * LW_PI / 180) < 1e-9);
    assert_int_equal(w->items[0].reference_count, 1);
    assert_string_equal(w->items[0].references[0].after, "a.png");
    assert_int_equal(w->places[1].carrier, 1);
    assert_int_equal(w->places[1].item, 1);
    assert_int_equal(w->step_count, 2);
    assert_string_equal(w->steps[1].id, "p2");
    assert_int_equal(w->steps[1].place, 1);
    assert_true(w->help_after_s[0] == 8 && w->help_after_s[1] == 20 && w->help_after_s[2] == 45);
    assert_false(w->released);
    assert_int_equal(strlen(w->hash), 16);
    assert_int_equal(workflow_find_section(w, "s"), 0);
    assert_int_equal(workflow_find_step(w, "p3"), -1);
    assert_string_equal(workflow_text(&w->name), "kit");
    workflow_destroy(&w);
    assert_null(w);
}

#define ERR(id) LW_MSG_##id
static const struct bad_case cases[] = {
    {"unknown key", GOOD "\nsectoins = 3;", {{ERR(KEY_NEAREST), 7, "sections"}}},
    {"unknown key without a neighbour", GOOD "\nxyzzy = 3;", {{ERR(KEY_UNKNOWN), 7, "xyzzy"}}},
    {"no format", N("kit") BINS CASE ITEMS PLACES SECTIONS, {{ERR(KEY_MISSING), 0, "format"}}},
    {"format of the future",
     "format = 2; " N("kit") BINS CASE ITEMS PLACES SECTIONS,
     {{ERR(WORKFLOW_FORMAT), 1, "2"}}},
    {"state misspelled", GOOD "\nstate = \"relased\";", {{ERR(KEY_CHOICE), 7, "draft released"}}},
    {"two help times", GOOD "\nhelp_after_s = [8.0, 20.0];", {{ERR(WORKFLOW_HELP_TIMES), 7, NULL}}},
    {"infinite help time",
     GOOD "\nhelp_after_s = [8.0, 20.0, 1e999];",
     {{ERR(WORKFLOW_HELP_TIMES), 7, NULL}}},
    {"syntax", GOOD "\nstate = ;", {{ERR(FILE_SYNTAX), 7, NULL}}},
    {"a group for a list",
     HEAD BINS CASE ITEMS SECTIONS "\nplaces = { id = \"p1\"; };",
     {{ERR(KEY_TYPE), 6, "round brackets"},
      {ERR(WORKFLOW_UNKNOWN), 5, "p1"},
      {ERR(WORKFLOW_UNKNOWN), 5, "p2"}}},
    {"numbers for groups",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( 1, 2 );",
     {{ERR(KEY_TYPE), 6, "curly"}, {ERR(KEY_TYPE), 6, "curly"}, {ERR(WORKFLOW_EMPTY), 6, NULL}}},
    {"a plain word for a text group",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( { id = \"s\";\nname = \"part\";\nsteps = ( { place = "
                                 "\"p1\"; }, { place = \"p2\"; } ); } );",
     {{ERR(KEY_TYPE), 7, "text group"}}},
    {"an id twice",
     HEAD BINS CASE PLACES SECTIONS
     "\nitems = ( " ITEM("mirror") ",\n" ITEM("probe") ",\n" ITEM("mirror") ");",
     {{ERR(WORKFLOW_DUPLICATE), 8, "line 6"}}},
    {"a step twice",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( " SECTION("s", "{ place = \"p1\"; },\n{ id = \"p1\"; place = \"p2\"; }") ");",
     {{ERR(WORKFLOW_DUPLICATE), 7, "line 6"}}},
    {"an id with blanks",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( " SECTION("part one", "{ place = \"p1\"; }, { place = \"p2\"; }") ");",
     {{ERR(WORKFLOW_ID), 6, "part one"}}},
    {"no id",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( {" N("part") "steps = ( { place = \"p1\"; }, { place = \"p2\"; } ); } );",
     {{ERR(KEY_MISSING), 6, "id"}}},
    {"bench described again",
     HEAD BINS ITEMS PLACES SECTIONS "\ncarriers = ( { id = \"bench\"; " N(
         "x") "width_mm = 300; depth_mm = 200; home = { x_mm = 300; y_mm = 200; }; taught = \"a.png\"; },\n"
              "{ id = \"case\"; " N("x") "width_mm = 300; depth_mm = 200; home = { x_mm = 300; y_mm = 200; "
                                         "}; taught = \"a.png\"; } );",
     {{ERR(WORKFLOW_BENCH_FIXED), 6, NULL}}},
    {"item misspelled",
     HEAD BINS CASE ITEMS SECTIONS
     "\nplaces = ( " PLACE("p1", "mirror", "-50") ",\n" PLACE("p2", "prode", "50") ");",
     {{ERR(WORKFLOW_NEAREST), 7, "did you mean \"probe\""}}},
    {"unknown carrier",
     HEAD BINS CASE ITEMS SECTIONS "\nplaces = (" PLACE(
         "p1", "mirror",
         "0") ",\n{ id = \"p2\"; item = \"probe\"; carrier = \"tray\"; x_mm = 400; y_mm = 50; } );",
     {{ERR(WORKFLOW_UNKNOWN), 7, "carrier called \"tray\""}}},
    {"unknown bin",
     HEAD CASE ITEMS PLACES SECTIONS,
     {{ERR(WORKFLOW_UNKNOWN), 3, "bin called \"bin-1\""}, {ERR(WORKFLOW_UNKNOWN), 3, NULL}}},
    {"unknown place",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( " SECTION("s", "{ place = \"p1\"; },\n{ place = \"p3\"; }") ");",
     {{ERR(WORKFLOW_NEAREST), 7, "did you mean \"p1\""}}},
    {"unknown section",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
         "s", "{ place = \"p1\"; }, { place = \"p2\"; },\n{ section = \"rest\"; }") ");",
     {{ERR(WORKFLOW_UNKNOWN), 7, "rest"}}},
    {"step without place",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { place = \"p2\"; },\n{ skippable = true; }") ");",
     {{ERR(KEY_MISSING), 7, "place"}}},
    {"confirm with a place",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
         "s", "{ place = \"p1\"; }, { place = \"p2\"; },\n{ kind = \"confirm\"; place = \"p1\"; }") ");",
     {{ERR(WORKFLOW_STEP_MIXED), 7, "place"}, {ERR(KEY_MISSING), 7, "id"}, {ERR(KEY_MISSING), 7, "text"}}},
    {"section with more keys",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
         "s", "{ place = \"p1\"; }, { section = "
              "\"t\";\nskippable = true; }") ", " SECTION("t", "{ place = \"p2\"; }") ");",
     {{ERR(WORKFLOW_STEP_MIXED), 7, "skippable"}}},
    {"sections in a circle",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION("s", "{ section = \"t\"; }") ",\n" SECTION(
         "t", "{ place = \"p1\"; }, { section = \"u\"; }") ",\n" SECTION("u", "{ section = \"s\"; }") ");",
     {{ERR(WORKFLOW_CIRCLE), 8, "s > t > u > s"}}},
    {"a section in itself",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( " SECTION("s", "{ place = \"p1\"; },\n{ section = \"s\"; }") ");",
     {{ERR(WORKFLOW_CIRCLE), 7, "s > s"}}},
    {"a place filled twice",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
         "s", "{ place = \"p1\"; }, { place = \"p2\"; },\n{ id = \"again\"; place = \"p1\"; }") ");",
     {{ERR(WORKFLOW_PLACE_TWICE), 7, "p1"}}},
    {"no sections", HEAD BINS CASE ITEMS PLACES, {{ERR(WORKFLOW_EMPTY), 0, NULL}}},
    {"empty sections", HEAD BINS CASE ITEMS PLACES "\nsections = ();", {{ERR(WORKFLOW_EMPTY), 6, NULL}}},
    {"no steps",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION("s", "") ");",
     {{ERR(WORKFLOW_EMPTY_SECTION), 6, NULL}, {ERR(WORKFLOW_EMPTY), 6, NULL}}},
    {"outline of two corners",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "\noutline = [10, 10, 90, 10]; } );",
     {{ERR(WORKFLOW_OUTLINE), 7, NULL}}},
    {"outline on a line",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "\noutline = [10, 10, 50, 10, 90, 10]; } );",
     {{ERR(WORKFLOW_OUTLINE), 7, NULL}}},
    {"outline of infinity",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "\noutline = [10.0, 10.0, 50.0, 1e999, 90.0, 10.0]; } );",
     {{ERR(WORKFLOW_OUTLINE), 7, NULL}}},
    {"outline of words",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "\noutline = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]; } );",
     {{ERR(WORKFLOW_OUTLINE), 7, NULL}}},
    {"bin without outline",
     HEAD CASE ITEMS PLACES SECTIONS "\nbins = ( { id = \"bin-1\"; " N("b") " } );",
     {{ERR(KEY_MISSING), 6, "outline"}}},
    {"bin outside the bench",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "outline = [710, 10, 810, 10, 810, 90]; } );",
     {{ERR(WORKFLOW_OFF_BENCH), 6, "800 x 500"}}},
    {"place outside the bench",
     HEAD BINS ITEMS SECTIONS CASE "\nplaces = (" PLACE(
         "p1", "mirror", "0") ",\n{ id = \"p2\"; item = \"probe\"; x_mm = 400; y_mm = 501; } );",
     {{ERR(WORKFLOW_OFF_BENCH), 7, "place \"p2\""}}},
    {"outline over the edge",
     HEAD BINS ITEMS SECTIONS CASE
     "\nplaces = (" PLACE("p1", "mirror", "0") ",\n{ id = \"p2\"; item = \"probe\"; x_mm = 20; y_mm = 300; "
                                               "outline = [-30, -5, 30, -5, 30, 5, -30, 5]; } );",
     {{ERR(WORKFLOW_OFF_BENCH), 7, "place \"p2\""}}},
    {"place off its carrier",
     HEAD BINS ITEMS SECTIONS CASE
     "\nplaces = (" PLACE("p1", "mirror", "0") ",\n" PLACE("p2", "probe", "160") ");",
     {{ERR(WORKFLOW_OFF_CARRIER), 7, "\"case\""}}},
    {"place at infinity",
     HEAD BINS ITEMS SECTIONS CASE
     "\nplaces = (" PLACE("p1", "mirror", "0") ",\n" PLACE("p2", "probe", "1e999") ");",
     {{ERR(KEY_TYPE), 7, "a number"}, {ERR(WORKFLOW_OVERLAP), 7, NULL}}},
    {"place at nan",
     HEAD BINS ITEMS SECTIONS CASE
     "\nplaces = (" PLACE("p1", "mirror", "0") ",\n" PLACE("p2", "probe", "nan") ");",
     {{ERR(FILE_SYNTAX), 7, NULL}}},
    {"places over each other",
     HEAD BINS ITEMS SECTIONS CASE "\nplaces = ( { id = \"p1\"; item = \"mirror\"; carrier = \"case\"; x_mm "
                                   "= 0; y_mm = 0; outline = [-40, -5, 40, -5, 40, 5, -40, 5]; },\n"
                                   "{ id = \"p2\"; item = \"probe\"; carrier = \"case\"; x_mm = 20; y_mm = "
                                   "30; angle_deg = 90; outline = [-40, -5, 40, -5, 40, 5, -40, 5]; } );",
     {{ERR(WORKFLOW_OVERLAP), 7, "line 6"}}},
    {"places side by side and above each other",
     HEAD BINS ITEMS SECTIONS CASE "\nplaces = ( { id = \"p1\"; item = \"mirror\"; carrier = \"case\"; x_mm "
                                   "= 0; y_mm = 0; outline = [-40, -5, 40, -5, 40, 5, -40, 5]; },\n"
                                   "{ id = \"p2\"; item = \"probe\"; carrier = \"case\"; x_mm = 0; y_mm = "
                                   "10; outline = [-40, -5, 40, -5, 40, 5, -40, 5]; } );",
     {{LW_OK, 0, NULL}}},
    {"what nobody uses",
     HEAD CASE PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "outline = [10, 10, 90, 10, 90, 90]; },\n{ id = \"bin-2\"; " N(
         "b") "outline = [110, 10, 190, 10, 190, 90]; } );"
              "\nitems = ( " ITEM("mirror") ", " ITEM("probe") ",\n" ITEM("spare") ");",
     {{ERR(WORKFLOW_UNUSED), 6, "bin-2"}, {ERR(WORKFLOW_UNUSED), 8, "spare"}}},
    {"a place in no step",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION("s", "{ place = \"p1\"; }") ");",
     {{ERR(WORKFLOW_UNUSED), 5, "p2"}}},
    {"no English",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( { id = \"s\";\nname = { nl = \"deel\"; }; steps = ( { place "
                                 "= \"p1\"; }, { place = \"p2\"; } ); } );",
     {{ERR(WORKFLOW_LANGUAGE), 7, "English"}}},
    {"no name",
     HEAD BINS CASE ITEMS PLACES
     "\nsections = ( { id = \"s\"; steps = ( { place = \"p1\"; }, { place = \"p2\"; } ); } );",
     {{ERR(WORKFLOW_NO_NAME), 6, "\"s\""}}},
    {"a long text",
     HEAD BINS CASE ITEMS PLACES "\nsections = ( " SECTION(
         "s", "{ place = \"p1\"; }, { place = \"p2\";\ntext = { nl = \"kort\"; en = "
              "\"0123456789012345678901234567890123456789012345678901234567890\"; }; }") ");",
     {{ERR(WORKFLOW_LONG_TEXT), 7, "61 characters"}}},
    {"never taught",
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ",\n{ id = \"probe\"; " N("probe") " } );",
     {{ERR(WORKFLOW_NOT_TAUGHT), 7, "probe"}}},
    {"carrier never taught",
     HEAD BINS ITEMS PLACES SECTIONS "\ncarriers = ( { id = \"case\"; " N(
         "x") "width_mm = 300; depth_mm = 200; home = { x_mm = 300; y_mm = 200; }; } );",
     {{ERR(WORKFLOW_CARRIER_NOT_TAUGHT), 6, NULL}}},
    {"carrier without home",
     HEAD BINS ITEMS PLACES SECTIONS
     "\ncarriers = ( { id = \"case\"; " N("x") "width_mm = 300; depth_mm = 200; taught = \"a.png\"; } );",
     {{ERR(KEY_MISSING), 6, "home"}}},
#define WITH_PICTURE(file)                                                                                   \
    HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; " N(                   \
        "probe") "\npicture = \"" file                                                                       \
                 "\";\ntaught = ( { before = \"b.png\"; after = \"a.png\"; mm_per_px = 0.5; } ); } );"
    {"picture missing", WITH_PICTURE("probe.png"), {{ERR(WORKFLOW_FILE_MISSING), 7, "probe.png"}}},
    {"picture a folder", WITH_PICTURE("taught"), {{ERR(WORKFLOW_FILE_KIND), 7, "taught"}}},
    {"picture of nothing", WITH_PICTURE("blank.png"), {{ERR(WORKFLOW_FILE_BLANK), 7, NULL}}},
    {"picture of words", WITH_PICTURE("words.png"), {{ERR(PICTURE_READ), 7, "words.png"}}},
    {"picture of 400 megapixels",
     WITH_PICTURE("huge.png"),
     {{ERR(WORKFLOW_PICTURE_SIZE), 7, "20000 x 20000"}}},
    {"picture of no width", WITH_PICTURE("flat.png"), {{ERR(WORKFLOW_PICTURE_SIZE), 7, "0 x 30"}}},
    {"picture outside", WITH_PICTURE("../a.png"), {{ERR(WORKFLOW_FILE_OUTSIDE), 7, "../a.png"}}},
    {"picture from the root", WITH_PICTURE("/etc/passwd"), {{ERR(WORKFLOW_FILE_OUTSIDE), 7, NULL}}},
    {"taught pictures of two sizes",
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; " N(
         "probe") "\ntaught = (\n{ before = \"c.png\"; after = \"a.png\"; mm_per_px = 0.5; } ); } );",
     {{ERR(WORKFLOW_REFERENCE_SIZE), 8, "41 x 30"}}},
    {"taught without scale",
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; " N(
         "probe") "\ntaught = (\n{ before = \"b.png\"; after = \"a.png\"; } ); } );",
     {{ERR(KEY_MISSING), 8, "mm_per_px"}}},
    {"Latin-1", GOOD "\n# caf\xe9\n", {{ERR(WORKFLOW_ENCODING), 7, NULL}}},
    {"byte order mark", "\xef\xbb\xbf" GOOD, {{ERR(WORKFLOW_ENCODING), 1, NULL}}},
    {"escaped rubbish",
     HEAD BINS CASE ITEMS PLACES SECTIONS "\nstate = \"\\xff\";",
     {{ERR(WORKFLOW_ENCODING), 7, NULL}}},
    {"overlong UTF-8", GOOD "\n# \xc0\xaf\n", {{ERR(WORKFLOW_ENCODING), 7, NULL}}},
    {"0 bytes", "", {{ERR(WORKFLOW_FILE_BLANK), 0, NULL}}},
    {"includes in a circle", GOOD "\n@include \"workflow.cfg\"\n", {{ERR(FILE_SYNTAX), 7, "circle"}}},
    {"include missing", GOOD "\n@include \"items.cfg\"\n", {{ERR(WORKFLOW_FILE_MISSING), 7, "items.cfg"}}},
    {"include outside", GOOD "\n@include \"../items.cfg\"\n", {{ERR(WORKFLOW_FILE_OUTSIDE), 7, NULL}}},
    {"include without a name", GOOD "\n@include items\n", {{ERR(FILE_SYNTAX), 7, "quotes"}}},
};

static int check_case(const struct bad_case *c)
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = load_text(c->text, &w, &p);
    int wanted = 0, wrong = 0;
    while (wanted < 4 && c->problems[wanted].id != LW_OK)
        wanted++;
    wrong = p.count != wanted || (rc == LW_OK) != (p.errors == 0) || (rc == LW_OK) != (w != NULL);
    for (int i = 0; i < wanted && i < p.count; i++) {
        const struct lw_error *e = &p.items[i].error;
        wrong |= e->id != c->problems[i].id || e->line != c->problems[i].line;
        wrong |= c->problems[i].words && !strstr(e->text, c->problems[i].words);
        wrong |= !strstr(e->file, "/workflow.cfg");
    }
    if (wrong) {
        printf("%s: %d problems expected, found:\n", c->name, wanted);
        files_print(&p);
    }
    workflow_destroy(&w);
    problems_finish(&p);
    return wrong;
}

static void every_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        wrong += check_case(&cases[i]);
    assert_int_equal(wrong, 0);
}

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
    assert_ok(workflow_files_init(&f, folder, &err), &err);
    assert_ok(workflow_files_picture(&f, "a.jpg", &width, &height, &err), &err);
    assert_int_equal(width, 800);
    assert_int_equal(height, 600);
    assert_int_equal(workflow_files_picture(&f, "cut.jpg", &width, &height, &err), LW_MSG_PICTURE_READ);
    workflow_files_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_file_loads_without_a_word),
        cmocka_unit_test(every_mistake_is_named_with_its_line),
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
