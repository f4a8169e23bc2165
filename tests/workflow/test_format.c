/* Rows and grids, kinds of steps, variants, media: what they become, and what is said when they are wrong. */
#include "good.h"

#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(extra)                                                                                           \
    "{ id = \"s-{n}\"; item = \"mirror\"; carrier = \"case\"; x_mm = -60; y_mm = 40; " extra " }"
#define TEXT(x) "text = { nl = \"" x "\"; en = \"" x "\"; };"
#define START   HEAD BINS CASE ITEMS

static struct workflow *load(const char *text, const char *const *with, int count)
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    const char *folder = files_folder();
    const struct workflow_order order = {with, count};
    make_folder(folder);
    files_write_bytes(folder, "beep.wav", "RIFF....WAVEfmt ........................................", 50);
    files_write(folder, "workflow.cfg", text);
    enum lw_msg rc = workflow_load_order(&w, folder, &bench, count >= 0 ? &order : NULL, &p);
    if (rc)
        files_print(&p);
    assert_int_equal(rc, LW_OK);
    problems_finish(&p);
    return w;
}

static void a_row_is_one_entry(void **state)
{
    (void)state;
    struct workflow *w = load(START "\nplaces = ( " ROW("count = 6; step = { x_mm = 14; }; columns = 3; next_row = { y_mm = -20.5; };")
                                  ", " PLACE("p2", "probe", "90") " );\nsections = ( "
                                  SECTION("s", "{ id = \"lay-{n}\"; place = \"s-{n}\"; " TEXT("{n} van {count}") " }, { place = \"p2\"; }") " );",
                              NULL, -1);
    assert_int_equal(w->place_count, 7);
    assert_int_equal(w->step_count, 7);
    assert_string_equal(w->places[5].id, "s-6");
    assert_string_equal(w->places[5].written, "s-{n}");
    assert_true(w->places[5].T_carrier_from_place.x_mm == -60 + 2 * 14);
    assert_true(w->places[5].T_carrier_from_place.y_mm == 40 - 20.5);
    assert_string_equal(w->steps[3].id, "lay-4");
    assert_string_equal(w->steps[3].written, "lay-{n}");
    assert_int_equal(w->steps[3].place, 3);
    assert_string_equal(w->steps[3].text.in[LANGUAGE_EN], "4 van 6");
    assert_string_equal(w->steps[6].id, "p2");
    workflow_destroy(&w);
}

static void each_kind_of_step_has_its_keys(void **state)
{
    (void)state;
    struct workflow *w = load(START PLACES "\nsections = ( " SECTION("s",
        "{ place = \"p1\"; count = 3; " TEXT("{count} stuks") " picture = \"a.png\"; frames = ( \"a.png\", \"b.png\" ); "
        "sound = \"beep.wav\"; help_after_s = [ 1, 2, 0 ]; coach_may_skip = false; }, { place = \"p2\"; }, "
        "{ kind = \"take\"; id = \"t\"; item = \"probe\"; }, { kind = \"open\"; id = \"o\"; carrier = \"case\"; " TEXT("x") " }, "
        "{ kind = \"close\"; id = \"c\"; carrier = \"case\"; " TEXT("x") " }, { kind = \"turn\"; id = \"u\"; carrier = \"case\"; " TEXT("x") " }, "
        "{ kind = \"weigh\"; id = \"w\"; weight_g = 120; weight_tolerance_g = 2.5; " TEXT("x") " }, "
        "{ kind = \"scan\"; id = \"q\"; item = \"mirror\"; code = \"871\"; " TEXT("x") " }") " );", NULL, -1);
    const struct workflow_step *s = w->steps;
    assert_int_equal(w->step_count, 8);
    assert_int_equal(s[0].count, 3);
    assert_string_equal(s[0].text.in[LANGUAGE_NL], "3 stuks");
    assert_string_equal(s[0].picture, "a.png");
    assert_int_equal(s[0].frames.count, 2);
    assert_string_equal(s[0].sound, "beep.wav");
    assert_true(s[0].own_help && s[0].help_after_s[1] == 2 && s[0].no_override && !s[1].own_help && !s[1].no_override);
    assert_int_equal(s[0].item, 0);
    assert_true(s[2].kind == STEP_KIND_TAKE && s[2].item == 1 && s[2].place == -1);
    assert_true(s[3].kind == STEP_KIND_OPEN && s[4].kind == STEP_KIND_CLOSE && s[5].kind == STEP_KIND_TURN);
    assert_int_equal(s[3].carrier, 1);
    assert_true(s[6].weight_g == 120 && s[6].weight_tolerance_g == 2.5);
    assert_string_equal(s[7].code, "871");
    workflow_destroy(&w);
}

#define VARIANTS "\nvariants = ( { id = \"ortho\"; " N("ortho") "}, { id = \"child\"; " N("kind") "} );"
#define CHOSEN                                                                                                         \
    START VARIANTS PLACES "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { kind = \"confirm\"; id = \"a\"; when = \"ortho and not child\"; " TEXT("x") " }, " \
    "{ id = \"b1\"; place = \"p2\"; when = \"child or ortho\"; }, { id = \"b2\"; place = \"p2\"; when = \"not child and not ortho\"; }, " \
    "{ section = \"t\"; when = \"child\"; }") ", { id = \"t\"; when = \"ortho\"; " N("t") "steps = ( { kind = \"confirm\"; id = \"c\"; " TEXT("x") " } ); } );"

static void an_order_takes_its_variants(void **state)
{
    (void)state;
    static const struct {
        const char *with[2];
        int count;
        const char *steps;
    } cases[] = {
        {{NULL}, -1, "p1 a b1 b2 c "},
        {{NULL}, 0, "p1 b2 "},
        {{"ortho"}, 1, "p1 a b1 "},
        {{"child"}, 1, "p1 b1 "},
        {{"child", "ortho"}, 2, "p1 b1 c "},
    };
    char hash[17] = "";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char steps[100] = "";
        struct workflow *w = load(CHOSEN, cases[i].with, cases[i].count);
        for (int k = 0; k < w->step_count; k++)
            strcat(strcat(steps, w->steps[k].id), " ");
        assert_string_equal(steps, cases[i].steps);
        assert_string_equal(w->with, cases[i].count == 2 ? "ortho,child" : cases[i].count == 1 ? cases[i].with[0] : "");
        assert_int_equal(w->sections[0].first_step + w->sections[0].step_count, w->step_count);
        assert_true(i == 0 || strcmp(hash, w->hash) == 0); /* it names the files, which are the same */
        snprintf(hash, sizeof hash, "%s", w->hash);
        workflow_destroy(&w);
    }
}

static void an_order_is_read_from_a_file(void **state)
{
    (void)state;
    struct lw_error err = {0};
    const char **ids, *folder = files_folder();
    char path[400];
    int count;
    snprintf(path, sizeof path, "%s/order.cfg", folder);
    files_write(folder, "order.cfg", "number = 17; # sent by the office\nwith = [ \"ortho\", \"child\" ];\n");
    assert_ok(workflow_read_order(path, &ids, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_string_equal(ids[1], "child");
    free(ids);
    files_write(folder, "order.cfg", "with = [ ];");
    assert_ok(workflow_read_order(path, &ids, &count, &err), &err);
    assert_int_equal(count, 0);
    free(ids);
    static const struct {
        const char *text;
        enum lw_msg id;
    } wrong[] = {{"with = [ 1, 2 ];", LW_MSG_KEY_TYPE}, {"with = \"a\";", LW_MSG_KEY_TYPE}, {"a = 1;", LW_MSG_KEY_TYPE},
                 {"with = [", LW_MSG_FILE_SYNTAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        files_write(folder, "order.cfg", wrong[i].text);
        assert_int_equal(workflow_read_order(path, &ids, &count, &err), wrong[i].id);
        assert_null(ids);
    }
    assert_int_equal(workflow_read_order("/nowhere/order.cfg", &ids, &count, &err), LW_MSG_FILE_OPEN);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
#define STEPS(x) START PLACES "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { place = \"p2\"; }, " x) " );"
#define WHEN(x)  START VARIANTS PLACES "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { place = \"p2\"; when = \"" x "\"; }") " );"
    static const struct {
        const char *text;
        enum lw_msg id;
        bool warning;
    } cases[] = {
        {STEPS("{ kind = \"take\"; id = \"t\"; }"), LW_MSG_KEY_MISSING, false},
        {STEPS("{ kind = \"take\"; id = \"t\"; item = \"miror\"; }"), LW_MSG_WORKFLOW_NEAREST, false},
        {STEPS("{ kind = \"open\"; id = \"t\"; " TEXT("x") " }"), LW_MSG_KEY_MISSING, false},
        {STEPS("{ kind = \"open\"; id = \"t\"; carrier = \"case\"; weight_g = 1; " TEXT("x") " }"), LW_MSG_WORKFLOW_STEP_MIXED, false},
        {STEPS("{ kind = \"weigh\"; id = \"t\"; " TEXT("x") " }"), LW_MSG_KEY_MISSING, false},
        {STEPS("{ kind = \"scan\"; id = \"t\"; }"), LW_MSG_KEY_MISSING, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; text = { }; }"), LW_MSG_KEY_MISSING, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; count = 2; " TEXT("x") " }"), LW_MSG_WORKFLOW_STEP_MIXED, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; sound = \"words.png\"; " TEXT("x") " }"), LW_MSG_WORKFLOW_SOUND, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; frames = ( \"gone.png\" ); " TEXT("x") " }"), LW_MSG_WORKFLOW_FILE_MISSING, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; frames = ( 1 ); " TEXT("x") " }"), LW_MSG_KEY_TYPE, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; help_after_s = [ 1, 2 ]; " TEXT("x") " }"), LW_MSG_WORKFLOW_HELP_TIMES, false},
        {STEPS("{ kind = \"confirm\"; id = \"t\"; when = \"x\"; " TEXT("x") " }"), LW_MSG_WORKFLOW_UNKNOWN, false},
        {WHEN("orto"), LW_MSG_WORKFLOW_NEAREST, false},
        {WHEN("ortho child"), LW_MSG_WORKFLOW_WHEN, false},
        {WHEN("ortho and"), LW_MSG_WORKFLOW_WHEN, false},
        {WHEN("not not ortho"), LW_MSG_WORKFLOW_WHEN, false},
        {WHEN("ortho and not ortho"), LW_MSG_WORKFLOW_UNREACHABLE, true},
        {START VARIANTS PLACES "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { id = \"a\"; place = \"p2\"; when = \"ortho\"; }, { id = "
                                                           "\"b\"; place = \"p2\"; when = \"child\"; }") " );", LW_MSG_WORKFLOW_PLACE_TWICE, false},
        {START "\nplaces = ( " ROW("count = 2;") " );\nsections = ( " SECTION("s", "{ place = \"s-{n}\"; }") " );", LW_MSG_WORKFLOW_ROW_STEP, false},
        {START "\nplaces = ( { id = \"s\"; item = \"mirror\"; count = 2; x_mm = 300; y_mm = 200; step = { x_mm = 9; }; } );\nsections = ( "
               SECTION("s", "{ place = \"s\"; }") " );", LW_MSG_WORKFLOW_ROW_ID, false},
        {START "\nplaces = ( " ROW("count = 2; step = { x_mm = 9; };") " );\nsections = ( " SECTION("s", "{ id = \"a\"; place = \"s-{n}\"; }") " );",
         LW_MSG_WORKFLOW_ROW_ID, false},
        {START "\nplaces = ( " ROW("count = 501; step = { x_mm = 9; };") " );" SECTIONS, LW_MSG_KEY_RANGE, false},
        {START "\nplaces = ( " ROW("count = 3; step = { x_mm = 9; };") ", " PLACE("s-2", "mirror", "0") " );" SECTIONS, LW_MSG_WORKFLOW_DUPLICATE, false},
        {START "\nplaces = ( " PLACE("s-2", "mirror", "0") ", " ROW("count = 3; step = { x_mm = 9; };") " );" SECTIONS, LW_MSG_WORKFLOW_DUPLICATE, false},
        {START "\nplaces = ( " ROW("count = 3; step = 9;") " );" SECTIONS, LW_MSG_KEY_TYPE, false},
        {START "\nplaces = ( " ROW("count = 30; step = { x_mm = 9; };") " );\nsections = ( " SECTION("s", "{ place = \"s-{n}\"; }") " );",
         LW_MSG_WORKFLOW_OFF_CARRIER, true},
        {HEAD BINS CASE "\nitems = ( { id = \"mirror\"; " N("m") " count = 3; }, " ITEM("probe") " );" PLACES SECTIONS, LW_MSG_WORKFLOW_ITEM_COUNT, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        load_text(cases[i].text, &w, &p);
        bool found = false;
        for (int k = 0; k < p.count; k++)
            found |= p.items[k].error.id == cases[i].id && p.items[k].warning == cases[i].warning;
        if (!found) {
            printf("case %zu:\n%s\n", i, cases[i].text);
            files_print(&p);
        }
        assert_true(found);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

/* A device that looks straight down from 1 m over x, y and sees `width` x `height` mm of the bench. */
static struct pinhole from_above(double x, double y, int width, int height)
{
    struct pinhole p = {.lens = {1000, 1000, (width - 1) / 2.0, (height - 1) / 2.0, 0, 0, 0, 0, width, height},
                        .T_device_from_bench = {{LW_PI, 0, 0}, {-x, y, 1000}}};
    pinhole_update(&p);
    return p;
}

static int count_of(const struct lw_problems *p, enum lw_msg id, bool warning)
{
    int count = 0;
    for (int i = 0; i < p->count; i++)
        count += p->items[i].error.id == id && p->items[i].warning == warning;
    return count;
}

static void what_is_out_of_sight_or_light_is_said(void **state)
{
    (void)state;
    static const struct {
        double camera_x, projector_x;
        int unseen, dark, dark_bins;
    } cases[] = {{400, 400, 0, 0, 0}, {700, 400, 1, 0, 0}, {400, 800, 0, 1, 1}, {2000, 2000, 2, 2, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model m = {.camera = from_above(cases[i].camera_x, 250, 600, 500),
                          .projector = from_above(cases[i].projector_x, 250, 790, 500),
                          .bench_width_mm = 800, .bench_depth_mm = 500};
        const struct workflow_bench calibrated = {800, 500, &m};
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        const char *folder = files_folder();
        make_folder(folder);
        files_write(folder, "workflow.cfg", GOOD); /* places at 350 and 450 mm, a bin from 10 to 90 */
        workflow_load(&w, folder, &calibrated, &p);
        assert_int_equal(count_of(&p, LW_MSG_WORKFLOW_NO_SIGHT, false), cases[i].unseen);
        assert_int_equal(count_of(&p, LW_MSG_WORKFLOW_NO_LIGHT, false), cases[i].dark);
        assert_int_equal(count_of(&p, LW_MSG_WORKFLOW_NO_LIGHT, true), cases[i].dark_bins);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

static void hard_texts_are_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        enum lw_msg id;
    } cases[] = {
        {"Leg de borstel links. Druk dan op het pedaal.", LW_OK},
        {"Leg nu de blauwe borstel links naast de koffer neer.", LW_MSG_WORKFLOW_HARD_TEXT},
        {"Pak de tandenborstelhouders.", LW_MSG_WORKFLOW_HARD_WORD},
        {"Pak de tandenborstel-houders.", LW_OK},
        {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", LW_OK}, /* letters, not bytes */
        {"Leg de borstel links in de koffer en druk dan op het pedaal, ja?", LW_MSG_WORKFLOW_LONG_TEXT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[3000];
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        snprintf(text, sizeof text, "%s\nsections = ( { id = \"s\"; name = { nl = \"s\"; en = \"s\"; }; steps = ( { place = \"p1\"; "
                 "text = { nl = \"%s\"; en = \"x\"; }; }, { place = \"p2\"; } ); } );", START PLACES, cases[i].words);
        load_text(text, &w, &p);
        assert_int_equal(p.count, cases[i].id != LW_OK);
        if (p.count)
            assert_int_equal(p.items[0].error.id, cases[i].id);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

static void witnesses_are_read_and_checked(void **state)
{
    (void)state;
    static const struct {
        const char *witness;
        enum lw_msg id;
    } cases[] = {
        {"{ kind = \"marker\"; marker = 7; }, { kind = \"bin\"; }, { kind = \"code\"; }, { kind = \"confirm\"; }", LW_OK},
        {"{ kind = \"region\"; width_mm = 20; depth_mm = 15; right = ( \"a.png\" ); wrong = ( \"b.png\" ); }", LW_OK},
        {"{ kind = \"markr\"; }", LW_MSG_KEY_CHOICE},
        {"{ kind = \"code\"; marker = 7; }", LW_MSG_WORKFLOW_WITNESS_KEY},
        {"{ kind = \"marker\"; }", LW_MSG_WORKFLOW_WITNESS_MARKER},
        {"{ kind = \"marker\"; marker = 50; }", LW_MSG_WORKFLOW_WITNESS_MARKER},
        {"{ kind = \"marker\"; dictionary = \"DICT_4X4_5\"; marker = 1; }", LW_MSG_WORKFLOW_WITNESS_DICTIONARY},
        {"{ kind = \"region\"; width_mm = 20; }", LW_MSG_KEY_MISSING},
        {"{ kind = \"region\"; width_mm = 20; depth_mm = 15; }", LW_MSG_WORKFLOW_WITNESS_NOT_TAUGHT},
        {"{ kind = \"region\"; width_mm = 30; depth_mm = 15; right = ( \"a.png\" ); wrong = ( \"b.png\" ); }",
         LW_MSG_WORKFLOW_WITNESS_SIZE},
        {"{ kind = \"region\"; width_mm = 20; depth_mm = 15; right = ( \"none.png\" ); wrong = ( \"b.png\" ); }",
         LW_MSG_WORKFLOW_FILE_MISSING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[3000];
        struct lw_problems p = {0};
        struct workflow *w = NULL;
        snprintf(text, sizeof text, "%s\nsections = ( { id = \"s\"; name = { nl = \"s\"; en = \"s\"; }; steps = ( { place = \"p1\"; "
                 "witness = ( %s ); }, { place = \"p2\"; } ); } );", START PLACES, cases[i].witness);
        load_text(text, &w, &p);
        if ((p.count > 0) != (cases[i].id != LW_OK) || (p.count && p.items[0].error.id != cases[i].id))
            files_print(&p);
        assert_int_equal(p.count > 0, cases[i].id != LW_OK);
        if (p.count)
            assert_int_equal(p.items[0].error.id, cases[i].id);
        if (i == 0)
            assert_int_equal(w->steps[0].witness.count, 4);
        workflow_destroy(&w);
        problems_finish(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_one_entry),         cmocka_unit_test(each_kind_of_step_has_its_keys),
        cmocka_unit_test(an_order_takes_its_variants), cmocka_unit_test(an_order_is_read_from_a_file),
        cmocka_unit_test(what_is_wrong_is_said),       cmocka_unit_test(what_is_out_of_sight_or_light_is_said),
        cmocka_unit_test(hard_texts_are_warned_of),    cmocka_unit_test(witnesses_are_read_and_checked),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
