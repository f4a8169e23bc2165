/* Calibrating at the pretend bench: what is asked, what is measured against the truth, and what befalls it meanwhile. */
#include "calibrate.h"
#include "harness.h"
#include "measure.h"
#include "mend.h"
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BOX_MM 100.0

/* What befalls the bench so long after the first full pictures. */
struct befalls {
    const char *name;
    double after_s, lasts_s;
    void (*begin)(struct sim *s), (*end)(struct sim *s);
};

static struct bench {
    struct guide g;
    struct sim *sim;
    char folder[300];
    const struct befalls *befalls;
    int64_t announced_ns;
    bool begun, ended;
    double box_mm;
    struct board described, printed; /* as the program is told, as it is */
    double bend_mm, scale;
    int laid;
    int mended;
    char which[32];
    int asks, captured, saved, refused;
    char last_reason[32];
    bool rough;
    bool by_hand;    /* a person presses */
    int boxes_told;  /* things that stood where the box stands, told as left */
} b;

static const struct bench_mm box_at = {600, 330, 0};

static void press(enum press_kind kind)
{
    guide_push_press(&b.g, &(struct press){.kind = kind});
}

/* Regions about the box. */
static int told_there(const json_t *regions)
{
    size_t i;
    json_t *r;
    int n = 0;
    json_array_foreach(regions, i, r) {
        double x = json_number_value(json_object_get(r, "x_mm")), y = json_number_value(json_object_get(r, "y_mm"));
        bool thing = strcmp(json_string_value(json_object_get(r, "kind")), "thing") == 0;
        printf("  left: %s at %.0f %.0f, %.0f mm high\n", thing ? "thing" : "bend", x, y, json_number_value(json_object_get(r, "height_mm")));
        n += thing && hypot(x - box_at.x, y - box_at.y) < 40;
    }
    return n;
}

/* Board after board, as a coach would lay it: three times flat, then leaning. */
static void lay_board(void)
{
    static const struct sim_sheet_pose poses[] = {
        {400, 250, 0.1, 0, 0, 0, 0, 1},      {800, 300, 1.4, 0, 0, 0, 0, 1},       {620, 400, -0.4, 0, 0, 0, 0, 1},
        {500, 300, 0.2, 0.35, 0.05, 2, 0, 1}, {760, 320, -0.3, -0.05, 0.4, 5, 0, 1}, {420, 360, 1.5, -0.3, 0.1, 10, 0, 1},
        {650, 260, 0.7, 0.25, -0.3, 30, 0, 1},
    };
    struct lw_error err;
    struct sim_sheet_pose p = poses[b.laid++ % (int)(sizeof poses / sizeof poses[0])];
    p.bend_mm = b.bend_mm;
    p.scale = b.scale;
    assert_int_equal(sim_sheet(b.sim, &b.printed, &p, &err), LW_OK);
}

static void hear(void *context, const struct journal_event *e)
{
    (void)context;
    const char *what = e->detail ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    if (e->kind == EVENT_ASK && what) {
        b.asks++;
        if (strcmp(what, "clear_bench") == 0)
            b.announced_ns = clock_now_ns(&b.g.clock);
        if (strcmp(what, "board") == 0 && b.described.kind)
            lay_board();
        else if (strcmp(what, "board") == 0)
            sim_box(b.sim, 600, 330, 300, 220, 0.1, b.box_mm);
        if (b.by_hand && strcmp(what, "clear_bench") == 0)
            press(PRESS_NEXT);
        if (b.by_hand && strcmp(what, "remove") == 0)
            press(PRESS_AGAIN);
        if (strcmp(what, "remove") == 0)
            sim_box(b.sim, 0, 0, 0, 0, 0, 0), sim_sheet(b.sim, NULL, NULL, NULL);
    }
    if (e->kind != EVENT_CALIBRATION)
        return;
    printf("  %5.1f s %s\n", (double)clock_now_ns(&b.g.clock) / 1e9 - 1, e->phase);
    json_t *said = journal_event_json(e);
    json_object_del(said, "points");
    if (said)
        json_dumpf(said, stdout, JSON_COMPACT | JSON_REAL_PRECISION(4)), printf("\n");
    json_decref(said);
    if (strcmp(e->phase, "mended") == 0) {
        b.mended++;
        snprintf(b.which, sizeof b.which, "%s", json_string_value(json_object_get(e->detail, "which")));
    }
    if (strcmp(e->phase, "left") == 0)
        b.boxes_told += told_there(json_object_get(e->detail, "regions"));
    b.captured += strcmp(e->phase, "captured") == 0;
    b.saved += strcmp(e->phase, "saved") == 0;
    b.rough = strcmp(e->phase, "saved") == 0 ? json_is_true(json_object_get(e->detail, "rough")) : b.rough;
    if (strcmp(e->phase, "refused") == 0) {
        b.refused++;
        snprintf(b.last_reason, sizeof b.last_reason, "%s", e->reason);
    }
}

static void tick(void *context, int64_t now_ns)
{
    (void)context;
    if (!b.befalls || !b.befalls->begin || !b.announced_ns)
        return;
    double since_s = (double)(now_ns - b.announced_ns) / 1e9;
    if (!b.begun && since_s >= b.befalls->after_s) {
        b.begun = true;
        b.befalls->begin(b.sim);
    } else if (b.begun && !b.ended && b.befalls->end && since_s >= b.befalls->after_s + b.befalls->lasts_s) {
        b.ended = true;
        b.befalls->end(b.sim);
    }
}

static void open_bench(uint64_t seed, double jitter, const char *light)
{
    char scene[400];
    struct lw_error err;
    const char *root = getenv("LICHTWIJZER_SOURCE");
    snprintf(scene, sizeof scene, "%s/workflows/dental-kit/pretend.cfg", root ? root : ".");
    const struct sim_options so = {.seed = seed, .scene = scene, .fps = 15, .light = light, .geometry_jitter = jitter};
    memset(&b, 0, sizeof b);
    assert_int_equal(sim_create(&b.sim, &so, &err), LW_OK);
    assert_int_equal(sim_camera_create(b.sim, &b.g.camera, &err), LW_OK);
    assert_int_equal(sim_screen_create(b.sim, &b.g.screen, &err), LW_OK);
    struct model truth;
    sim_truth(b.sim, &truth);
    b.g.bench_width_mm = truth.bench_width_mm;
    b.g.bench_depth_mm = truth.bench_depth_mm;
    clock_init_virtual(&b.g.clock, NS_PER_S, 0);
    b.g.observer = (struct guide_observer){.hear = hear, .tick = tick};
    assert_int_equal(guide_init(&b.g, &err), LW_OK);
    snprintf(b.folder, sizeof b.folder, "/tmp/test-calibrate-XXXXXX");
    assert_non_null(mkdtemp(b.folder));
}

static void close_bench(void)
{
    char command[400];
    guide_finish(&b.g);
    camera_destroy(&b.g.camera);
    screen_destroy(&b.g.screen);
    sim_destroy(&b.sim);
    snprintf(command, sizeof command, "rm -rf %s", b.folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", b.folder);
}

static int by_value(const void *a, const void *c)
{
    double x = *(const double *)a, y = *(const double *)c;
    return (x > y) - (x < y);
}

/* Where light that is drawn for a place really falls, against where the camera's model says that the place is: 95 % of
 * a grid at that height, mm. */
static double true_p95_mm(const struct model *m, double z_mm)
{
    struct model truth;
    double mm[400];
    int n = 0;
    sim_truth(b.sim, &truth);
    for (double y = 60; y < 560; y += 40)
        for (double x = 60; x < 1150 && n < 400; x += 60) {
            struct bench_mm at = {x, y, z_mm}, light, seen;
            struct proj_px p;
            struct cam_px c;
            if (model_proj_from_bench(m, at, &p) && model_bench_from_proj(&truth, p, z_mm, &light) &&
                model_cam_from_bench(&truth, light, &c) && model_bench_from_cam(m, c, z_mm, &seen))
                mm[n++] = hypot(seen.x - x, seen.y - y);
        }
    qsort(mm, (size_t)n, sizeof mm[0], by_value);
    return n ? mm[(int)(0.95 * (n - 1))] : 1e9;
}

static enum lw_msg calibrate(const struct calibrate_options *more, struct calibrate_result *r)
{
    struct calibrate_options o = *more;
    struct lw_error err = {0};
    o.automatic = !b.by_hand;
    o.wait_s = 1;
    o.folder = b.folder;
    enum lw_msg rc = calibrate_run(&b.g, &o, r, &err);
    printf("%s: %s; proof %.2f %.2f %.2f mm, %.1f s\n", b.befalls ? b.befalls->name : "calibrated", rc ? err.text : "saved",
           r->proof.median_mm, r->proof.p95_mm, r->proof.max_mm, r->calibration.quality.seconds);
    return rc;
}

static bool kept(const char *name)
{
    char path[400];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", b.folder, name);
    return stat(path, &st) == 0;
}

/* With neither board nor box: the bench's map, and "rough". */
static void bench_alone(void **state)
{
    (void)state;
    struct calibrate_result r;
    open_bench(3, 0, "office");
    assert_int_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    assert_int_equal(b.boxes_told, 0);
    assert_true(b.saved == 1 && b.rough && r.calibration.model.rough);
    assert_true(r.proof.measured >= 10);
    assert_true(true_p95_mm(&r.calibration.model, 0) < 1.5);
    assert_true(kept("calibration.cfg") && kept("calibration-proof.png") && kept("proof.json"));
    assert_true(kept("calibration-pictures/list.csv") && !kept("calibration-pictures.new"));
    close_bench();
}

/* A box makes heights true; then the height of another box is measured. Twin: the empty bench is at 0. */
static void box_and_measure(void **state)
{
    (void)state;
    struct calibrate_result r;
    struct measure_result m;
    struct lw_error err;
    open_bench(4, 0, "office");
    b.box_mm = BOX_MM;
    assert_int_equal(calibrate(&(struct calibrate_options){.raised_mm = BOX_MM}, &r), LW_OK);
    assert_true(true_p95_mm(&r.calibration.model, BOX_MM) < 2);
    sim_box(b.sim, 0, 0, 0, 0, 0, 0);
    guide_wait(&b.g, 0.5);
    assert_int_equal(measure_height(&b.g, (struct local_mm){500, 300}, 20, &m, &err), LW_OK);
    assert_true(fabs(m.at.z) < 1.5);
    sim_box(b.sim, 500, 300, 260, 200, 0.3, 60);
    guide_wait(&b.g, 0.5);
    assert_int_equal(measure_find(&b.g, 20, &m, &err), LW_OK);
    printf("a box of 60 mm: %.2f mm, sigma %.2f, spread %.2f\n", m.at.z, m.sigma_mm, m.spread_mm);
    assert_true(fabs(m.at.z - 60) < 3 * m.sigma_mm + 1);
    assert_int_equal(measure_height(&b.g, (struct local_mm){500, 300}, 20, &m, &err), LW_OK);
    printf("a box of 60 mm: %.2f mm, sigma %.2f, spread %.2f\n", m.at.z, m.sigma_mm, m.spread_mm);
    assert_true(fabs(m.at.z - 60) < 3 * m.sigma_mm + 1 && m.spread_mm < 3);
    close_bench();
}

/* ---- boards ---- */

static void take_our_board(void)
{
    char path[400];
    struct lw_problems problems = {0};
    assert_int_equal(board_load(&b.described, harness_source("assets/boards/board-a4.cfg", path, sizeof path), &problems), LW_OK);
    b.printed = b.described;
    b.scale = 1;
}

/* Our own board in three flat and four leaning places: heights are true everywhere. */
static void boards(void **state)
{
    (void)state;
    struct calibrate_result r;
    open_bench(6, 0, "office");
    take_our_board();
    assert_int_equal(calibrate(&(struct calibrate_options){.board = &b.described}, &r), LW_OK);
    printf("true 95 %%: %.2f flat, %.2f at 30 mm, %.2f at 100 mm\n", true_p95_mm(&r.calibration.model, 0),
           true_p95_mm(&r.calibration.model, 30), true_p95_mm(&r.calibration.model, BOX_MM));
    assert_int_equal(b.captured, 8);
    assert_true(true_p95_mm(&r.calibration.model, BOX_MM) < 2 && !r.calibration.model.rough);
    close_bench();
}

/* Something stands on the bench: told, and the map is right without it. */
static void left_standing(void **state)
{
    (void)state;
    struct calibrate_result r;
    open_bench(3, 0, "office");
    sim_box(b.sim, box_at.x, box_at.y, 120, 80, 0.1, 40);
    assert_int_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    assert_int_equal(b.boxes_told, 1);
    assert_true(b.saved == 1 && b.captured == 1 && true_p95_mm(&r.calibration.model, 0) < 1.5);
    close_bench();
}

/* The same with a person, who takes it away and has the bench mapped again. */
static void left_taken_away(void **state)
{
    (void)state;
    struct calibrate_result r;
    open_bench(3, 0, "office");
    b.by_hand = true;
    sim_box(b.sim, box_at.x, box_at.y, 120, 80, 0.1, 40);
    assert_int_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    assert_int_equal(b.boxes_told, 1);
    assert_true(b.saved == 1 && b.captured == 2 && true_p95_mm(&r.calibration.model, 0) < 1.5);
    close_bench();
}

/* A board that is not what it should be is named, and nothing is saved with it; `boards` is the twin. */
static void faulty_board(double bend_mm, double scale, const char *reason)
{
    struct calibrate_result r = {0};
    open_bench(6, 0, "office");
    take_our_board();
    b.bend_mm = bend_mm;
    b.scale = scale;
    calibrate(&(struct calibrate_options){.board = &b.described}, &r);
    printf("bow %.1f mm, print %.0f %%: %s\n", bend_mm, 100 * scale, b.last_reason);
    assert_true(b.refused >= 1);
    assert_string_equal(b.last_reason, reason);
    close_bench();
}

static void board_bent(void **state) { (void)state; faulty_board(8, 1, "bent"); }
static void board_printed_small(void **state) { (void)state; faulty_board(0, 0.97, "scale"); }

/* ---- bumps ---- */

/* A bench's map alone knows the projector's own geometry roughly: what it is wrong by shows when the projector is turned far. */
#define MENDED_MM     1.5
#define MENDED_FAR_MM 2.5

/* Knocked so far, the calibration is mended without a board, and true again. */
static void bump(double camera_mm, double camera_deg, double projector_deg, const char *which, double within_mm)
{
    struct calibrate_result r;
    struct lw_error err = {0};
    struct mend_memory memory;
    open_bench(8, 0, "office");
    assert_int_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    mend_load(&memory, b.folder);
    printf("%d pieces of the bench remembered\n", memory.count);
    assert_true(memory.count >= 12);
    guide_wait(&b.g, 0.5);
    assert_int_equal(mend_run(&b.g, &memory, b.folder, NULL, &err), LW_OK); /* twin: nothing moved */
    assert_int_equal(b.mended, 0);
    sim_knock(b.sim, camera_mm, rad_from_deg(camera_deg), rad_from_deg(projector_deg));
    guide_wait(&b.g, 1.0);
    double off = true_p95_mm(&b.g.calibration.model, 0);
    int64_t began = clock_now_ns(&b.g.clock);
    enum lw_msg rc = mend_run(&b.g, &memory, b.folder, NULL, &err);
    printf("%s: light was off by %.1f mm, now %.2f (95 %%); %s, %.1f s\n", which, off,
           true_p95_mm(&b.g.calibration.model, 0), rc ? err.text : b.which, (double)(clock_now_ns(&b.g.clock) - began) / 1e9);
    assert_int_equal(rc, LW_OK);
    assert_true(strcmp(b.which, which) == 0 || (strcmp(which, "both") == 0 && strcmp(b.which, "bench") == 0));
    assert_true(b.mended == 1 && true_p95_mm(&b.g.calibration.model, 0) < within_mm);
    mend_finish(&memory);
    close_bench();
}

static void camera_knocked(void **state) { (void)state; bump(6, 0.7, 0, "camera", MENDED_MM); }
static void projector_knocked(void **state) { (void)state; bump(0, 0, 0.3, "projector", MENDED_MM); }
/* Out of the crosses' reach. */
static void projector_knocked_far(void **state) { (void)state; bump(0, 0, 2.5, "projector", MENDED_FAR_MM); }
static void both_knocked(void **state) { (void)state; bump(4, 0.4, 0.2, "both", MENDED_MM); }

/* ---- what befalls it ---- */

static void hand_comes(struct sim *s)
{
    sim_hand(s, 500, 260, 90, 0);
}

static void lamp_on(struct sim *s)
{
    sim_ambient(s, 1.6);
}

static void freeze(struct sim *s)
{
    sim_fault(s, SIM_FAULT_FROZEN);
}

static void stall(struct sim *s)
{
    sim_fault(s, SIM_FAULT_STALLED);
}

static void unfault(struct sim *s)
{
    sim_fault(s, SIM_FAULT_NONE);
}

/* Each must give a calibration as good as without. */
static const struct befalls happenings[] = {
    {"somebody walks through the light", 7.5, 1.5, hand_comes, sim_hand_away},
    {"an arm stays to the end of it", 7.5, 30, hand_comes, sim_hand_away},
    {"the light is switched on", 8.5, 0, lamp_on, NULL},
    {"the camera freezes", 8, 1.2, freeze, unfault},
    {"the camera stalls", 8, 2.5, stall, unfault},
};

static void befallen(const struct befalls *what)
{
    struct calibrate_result r;
    open_bench(5, 0, "office");
    b.befalls = what;
    assert_int_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    assert_true(b.begun);
    double mm = true_p95_mm(&r.calibration.model, 0);
    printf("  true 95 %% %.2f mm\n", mm);
    assert_true(mm < 1.5);
    close_bench();
}

static void walks_through(void **state) { (void)state; befallen(&happenings[0]); }
static void arm_stays(void **state) { (void)state; befallen(&happenings[1]); }
static void light_switched(void **state) { (void)state; befallen(&happenings[2]); }
static void frozen(void **state) { (void)state; befallen(&happenings[3]); }
static void stalled(void **state) { (void)state; befallen(&happenings[4]); }

/* Twin of all: without light of the projector nothing is calibrated, and what was there stays. */
static void blind_camera(void **state)
{
    (void)state;
    struct calibrate_result r;
    open_bench(5, 0, "office");
    sim_fault(b.sim, SIM_FAULT_OVEREXPOSED);
    assert_int_not_equal(calibrate(&(struct calibrate_options){0}, &r), LW_OK);
    assert_true(b.refused == 1 && b.saved == 0 && !kept("calibration.cfg"));
    close_bench();
}

/* --calm: no place changes its light more than three times a second there and back. */
#define CELL 90
#define CELLS 120
static struct {
    int level[CELLS], direction[CELLS];
    int64_t turned_ns[CELLS], least_ns;
} light;

static void watch_light(void *context, const struct frame *f, const struct image *canvas)
{
    (void)context, (void)f;
    int64_t now_ns = clock_now_ns(&b.g.clock);
    for (int i = 0; i < CELLS; i++) {
        int level = image_row(canvas, (i / 12) * CELL + 40)[4 * ((i % 12) * CELL + 40) + 1];
        int d = level - light.level[i];
        if (abs(d) < 20)
            continue;
        if (d * light.direction[i] < 0) {
            if (light.turned_ns[i] && now_ns - light.turned_ns[i] < light.least_ns)
                light.least_ns = now_ns - light.turned_ns[i];
            light.turned_ns[i] = now_ns;
        }
        light.direction[i] = d;
        light.level[i] = level;
    }
}

static void calm(void **state)
{
    (void)state;
    struct calibrate_result r;
    memset(&light, 0, sizeof light);
    light.least_ns = INT64_MAX;
    open_bench(3, 0, "office");
    b.g.observer.seen = watch_light;
    assert_int_equal(calibrate(&(struct calibrate_options){.calm = true}, &r), LW_OK);
    printf("calm: two turns of the light are at least %.2f s apart\n", (double)light.least_ns / 1e9);
    assert_true(light.least_ns > NS_PER_S / 6); /* there and back in no less than a third of a second */
    close_bench();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bench_alone),   cmocka_unit_test(box_and_measure), cmocka_unit_test(walks_through),
        cmocka_unit_test(arm_stays),     cmocka_unit_test(light_switched),  cmocka_unit_test(frozen),
        cmocka_unit_test(stalled),       cmocka_unit_test(blind_camera),    cmocka_unit_test(left_standing), cmocka_unit_test(left_taken_away), cmocka_unit_test(calm), cmocka_unit_test(boards), cmocka_unit_test(board_bent), cmocka_unit_test(board_printed_small), cmocka_unit_test(camera_knocked),
        cmocka_unit_test(projector_knocked), cmocka_unit_test(projector_knocked_far), cmocka_unit_test(both_knocked),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
