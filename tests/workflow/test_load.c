#include "good.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct expected {
    enum lw_msg id; /* LW_OK: end of the list */
    int line;
    const char *words; /* that the text holds, NULL: any */
};

struct bad_case {
    const char *name, *text;
    struct expected problems[4];
};

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
    {"outline that crosses itself",
     HEAD CASE ITEMS PLACES SECTIONS
     "\nbins = ( { id = \"bin-1\"; " N("b") "\noutline = [10, 10, 90, 10, 20, 60, 80, 90]; } );",
     {{ERR(WORKFLOW_OUTLINE_CROSSED), 7, NULL}}},
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
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ",\n{ id = \"probe\"; picture = \"a.png\"; " N("probe") " } );",
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
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; picture = \"a.png\"; " N(
         "probe") "\ntaught = (\n{ before = \"c.png\"; after = \"a.png\"; mm_per_px = 0.5; } ); } );",
     {{ERR(WORKFLOW_REFERENCE_SIZE), 8, "41 x 30"}}},
    {"taught picture without a name",
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; picture = \"a.png\"; " N(
         "probe") "\ntaught = (\n{ before = \"\"; after = \"a.png\"; mm_per_px = 0.5; } ); } );",
     {{ERR(KEY_MISSING), 8, "before"}}},
    {"taught without scale",
     HEAD BINS CASE PLACES SECTIONS "\nitems = ( " ITEM("mirror") ", { id = \"probe\"; picture = \"a.png\"; " N(
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
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_file_loads_without_a_word),
        cmocka_unit_test(every_mistake_is_named_with_its_line),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
