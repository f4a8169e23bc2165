#include "kit_bench.h"

#include "scene.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAMERA_FPS 15          /* half of a webcam's: the tests take half as long */
#define GRACE_TICKS 3          /* until a loss is shown */
#define GAP_NS (200 * NS_PER_MS) /* of good pictures between two faults */
#define GIVE_UP_NS (300 * NS_PER_S)
#define DELAY_MS 150.0         /* the pretend bench shows a picture after 1 to 3 of its frames */
#define DELAY_MAX_MS 270.0

#define STEP(id, place) "{ id = \"" id "\"; place = \"" place "\"; text = { nl = \"Leg.\"; en = \"Lay.\"; }; },\n"
#define STEP_DONE       "{ kind = \"confirm\"; id = \"all-in\"; text = { nl = \"Klaar?\"; en = \"Done?\"; }; }"
const char KIT_IN_CASE[] = STEP("one", "mask") STEP("two", "scissors") STEP("three", "gloves") STEP_DONE;
const char KIT_ON_BENCH[] = STEP("one", "card") STEP("two", "gloves") STEP_DONE;

/* ---- the kit's folder ---- */

/* Some things of the dental kit, as they were taught for it. */
static const char KIT_THINGS[] =
    "format = 1; name = { nl = \"Klein\"; en = \"Small\"; }; state = \"released\"; help_after_s = [8.0, 20.0, 45.0];\n"
    "bins = (\n"
    "{ id = \"scissors\"; name = { nl = \"Schaar\"; en = \"Scissors\"; };"
    "  outline = [985.0, 173.0, 1185.0, 173.0, 1185.0, 260.0, 985.0, 260.0]; z_mm = 35.0; },\n"
    "{ id = \"mask\"; name = { nl = \"Masker\"; en = \"Mask\"; };"
    "  outline = [15.0, 562.0, 165.0, 562.0, 165.0, 690.0, 15.0, 690.0]; z_mm = 35.0; },\n"
    "{ id = \"gloves\"; name = { nl = \"Handschoenen\"; en = \"Gloves\"; };"
    "  outline = [168.4, 562.0, 318.4, 562.0, 318.4, 690.0, 168.4, 690.0]; z_mm = 35.0; },\n"
    "{ id = \"card\"; name = { nl = \"Kaart\"; en = \"Card\"; };"
    "  outline = [1009.0, 562.0, 1185.0, 562.0, 1185.0, 690.0, 1009.0, 690.0]; z_mm = 35.0; } );\n"
    "carriers = ( { id = \"case\"; name = { nl = \"Koffer\"; en = \"Case\"; };"
    "  width_mm = 360.0; depth_mm = 260.0; height_mm = 45.0;"
    "  home = { x_mm = 600.0; y_mm = 290.0; angle_deg = 0.0; }; picture = \"pictures/case.jpg\"; } );\n"
    "items = (\n"
    "{ id = \"scissors\"; name = { nl = \"Schaar\"; en = \"Scissors\"; }; picture = \"pictures/scissors.jpg\";"
    "  bin = \"scissors\"; height_mm = 7.5; tolerance_mm = 7.0; tolerance_deg = 8.0; orientation = true; },\n"
    "{ id = \"mask\"; name = { nl = \"Masker\"; en = \"Mask\"; }; picture = \"pictures/mask.jpg\";"
    "  bin = \"mask\"; height_mm = 7.0; tolerance_mm = 7.0; tolerance_deg = 8.0; orientation = true; },\n"
    "{ id = \"gloves\"; name = { nl = \"Handschoenen\"; en = \"Gloves\"; }; picture = \"pictures/gloves.jpg\";"
    "  bin = \"gloves\"; height_mm = 11.4; tolerance_mm = 12.0; tolerance_deg = 12.0; orientation = true; },\n"
    "{ id = \"card\"; name = { nl = \"Kaart\"; en = \"Card\"; }; picture = \"pictures/card.jpg\";"
    "  bin = \"card\"; height_mm = 5.3; tolerance_mm = 12.0; tolerance_deg = 12.0; orientation = true; } );\n"
    "places = (\n"
    "{ id = \"mask\"; carrier = \"case\"; item = \"mask\"; x_mm = 118.0; y_mm = 88.0; z_mm = 30.0; },\n"
    "{ id = \"scissors\"; carrier = \"case\"; item = \"scissors\"; x_mm = 118.0; y_mm = 29.0; z_mm = 30.0; },\n"
    "{ id = \"gloves\"; item = \"gloves\"; x_mm = 872.0; y_mm = 290.0; z_mm = 0.0; },\n"
    "{ id = \"card\"; item = \"card\"; x_mm = 318.0; y_mm = 290.0; angle_deg = 90.0; z_mm = 0.0; } );\n";

const char *kit_folder(const char *steps, char *buf, int size)
{
    char path[400], command[900];
    static int number;
    snprintf(buf, (size_t)size, "%s/kit-%d", harness_scratch(), ++number);
    snprintf(command, sizeof command, "cp -r '%s' '%s'", harness_source("workflows/dental-kit", path, sizeof path), buf);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/workflow.cfg", buf);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%ssections = ( { id = \"small\"; name = { nl = \"Klein\"; en = \"Small\"; };\nsteps = (\n%s\n); } );\n",
            KIT_THINGS, steps);
    fclose(f);
    return buf;
}

/* ---- a camera whose sensor fails: noise all the same ---- */

struct sensor {
    struct camera camera;
    struct camera *inner;
    struct kit_bench *bench;
    struct frame_pool *pool;
    uint64_t noise;
};

static void spoil(struct sensor *c, struct image *im)
{
    uint8_t base = c->bench->active == KIT_DARK ? 0 : 252;
    for (int y = 0; y < im->height; y++) {
        uint8_t *row = image_row(im, y);
        for (int i = 0; i < im->width * 3; i++) {
            c->noise = c->noise * 6364136223846793005u + 1442695040888963407u;
            row[i] = (uint8_t)(base + (c->noise >> 62));
        }
    }
}

static enum camera_status sensor_poll(struct camera *camera, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    struct sensor *c = (struct sensor *)camera;
    enum kit_fault fault = c->bench->active;
    enum camera_status status = camera_poll(c->inner, now_ns, out, err);
    if (status != CAMERA_FRAME)
        return status;
    c->bench->bad_frame[(*out)->sequence % KIT_FRAMES] = fault != KIT_NO_FAULT && fault != KIT_SCREEN_LOST;
    if (fault != KIT_DARK && fault != KIT_DAZZLED)
        return status;
    struct frame *f = frame_pool_take(c->pool);
    assert_non_null(f);
    f->sequence = (*out)->sequence;
    f->t_ns = (*out)->t_ns;
    spoil(c, &f->image);
    frame_unref(out);
    *out = f;
    return status;
}

static int sensor_wake_fd(struct camera *camera)
{
    (void)camera;
    return -1;
}

static void sensor_destroy(struct camera *camera)
{
    struct sensor *c = (struct sensor *)camera;
    camera_destroy(&c->inner);
    frame_pool_destroy(&c->pool);
    free(c);
}

static struct camera *sensor_create(struct kit_bench *b)
{
    static const struct camera_ops ops = {sensor_poll, sensor_wake_fd, sensor_destroy};
    struct lw_error err;
    struct sensor *c = calloc(1, sizeof *c);
    assert_non_null(c);
    assert_ok(sim_camera_create(b->sim, &c->inner, &err), &err);
    c->camera.ops = &ops;
    c->camera.info = c->inner->info;
    c->bench = b;
    c->noise = 1;
    c->pool = frame_pool_create(c->camera.info.width, c->camera.info.height, 16, &err);
    assert_non_null(c->pool);
    return &c->camera;
}

/* ---- a projector that goes ---- */

struct lamp {
    struct screen screen;
    struct screen *inner;
    struct kit_bench *bench;
};

static enum lw_msg lamp_present(struct screen *s, const struct image *canvas, const struct picture_rect *rects, int count,
                                int64_t now_ns, struct lw_error *err)
{
    struct lamp *l = (struct lamp *)s;
    if (l->bench->active == KIT_SCREEN_LOST)
        return lw_fail(err, LW_MSG_SCREEN_LOST, "pretend");
    return screen_present(l->inner, canvas, rects, count, now_ns, err);
}

static bool lamp_key(struct screen *s, struct screen_key *key)
{
    (void)s, (void)key;
    return false;
}

static enum screen_status lamp_status(struct screen *s)
{
    return ((struct lamp *)s)->bench->active == KIT_SCREEN_LOST ? SCREEN_LOST : SCREEN_READY;
}

static void lamp_destroy(struct screen *s)
{
    screen_destroy(&((struct lamp *)s)->inner);
    free(s);
}

static struct screen *lamp_create(struct kit_bench *b)
{
    static const struct screen_ops ops = {lamp_present, lamp_key, lamp_status, lamp_destroy};
    struct lw_error err;
    struct lamp *l = calloc(1, sizeof *l);
    assert_non_null(l);
    assert_ok(sim_screen_create(b->sim, &l->inner, &err), &err);
    l->screen.ops = &ops;
    l->screen.info = l->inner->info;
    l->bench = b;
    return &l->screen;
}

/* ---- faults at their moments ---- */

static void set_fault(struct kit_bench *b, enum kit_fault fault)
{
    static const enum sim_fault in_sim[KIT_FAULTS] = {
        [KIT_UNPLUGGED] = SIM_FAULT_UNPLUGGED, [KIT_STALLED] = SIM_FAULT_STALLED, [KIT_FROZEN] = SIM_FAULT_FROZEN,
        [KIT_BLACK] = SIM_FAULT_BLACK,         [KIT_WHITE] = SIM_FAULT_OVEREXPOSED,
    };
    b->active = fault;
    sim_fault(b->sim, in_sim[fault]);
}

static bool is_event(const struct kit_trigger *t, const struct journal_event *e)
{
    const char *what = e->detail ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    const char *words[] = {e->phase, e->result, what};
    bool word = !t->word;
    for (int i = 0; i < 3; i++)
        word |= t->word && words[i] && strcmp(t->word, words[i]) == 0;
    return t->kind == e->kind && word && (!t->step || (e->step && strcmp(t->step, e->step) == 0));
}

static void violated(struct kit_bench *b, const char *what, const char *more)
{
    if (b->violations++ == 0)
        snprintf(b->violation, sizeof b->violation, "%s %s", what, more ? more : "");
}

static void see_verdict(struct kit_bench *b, const struct journal_event *e)
{
    bool accept = strcmp(e->result, "accept") == 0;
    b->accepts += accept;
    b->refused += strcmp(e->result, "refuse") == 0;
    b->cannot_tell += strcmp(e->result, "cannot_tell") == 0;
    for (uint64_t i = 0; accept && i < 3; i++)
        if (b->bad_frame[(e->frame - i) % KIT_FRAMES])
            violated(b, "accepted with a bad picture:", e->step);
}

static void hear(void *context, const struct journal_event *e)
{
    struct kit_bench *b = context;
    b->events++;
    for (int i = 0; i < b->trigger_count; i++)
        if (!b->begun[i] && !b->due_ns[i] && is_event(&b->triggers[i], e))
            b->due_ns[i] = e->t_ns + b->triggers[i].delay_ms * NS_PER_MS;
    if (e->kind == EVENT_DEVICE) {
        b->lost += strcmp(e->phase, "lost") == 0;
        b->back += strcmp(e->phase, "back") == 0;
    }
    bool gone = b->lost_ticks > GRACE_TICKS;
    if (e->kind == EVENT_VERDICT)
        see_verdict(b, e);
    if (gone && (e->kind == EVENT_VERDICT || e->kind == EVENT_LOOK))
        violated(b, "looked or judged with the camera gone:", e->step);
    if (e->kind == EVENT_STEP && strcmp(e->phase, "done") == 0) {
        b->done++;
        if (gone)
            violated(b, "a step ended with the camera gone:", e->step);
    }
    if (b->more)
        b->more(b, e);
    person_hear(b->person, e);
}

static bool same_colour(struct scene_colour a, struct scene_colour b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

/* On the canvas itself: is there a pixel of this colour? */
static bool on_canvas(const struct image *canvas, struct scene_colour c)
{
    for (int y = 0; y < canvas->height; y++) {
        const uint8_t *p = image_row(canvas, y);
        for (int x = 0; x < canvas->width; x++, p += 4)
            if (p[0] == c.b && p[1] == c.g && p[2] == c.r)
                return true;
    }
    return false;
}

void kit_watch_scene(struct kit_bench *b)
{
    const struct scene *s = b->g.scene;
    bool gone = false;
    for (int i = 0; i < s->count; i++) {
        const struct scene_item *it = &s->items[i];
        bool text = it->kind == SCENE_PICTURE;
        gone |= text && strstr(it->text, "camera-gone");
        if (same_colour(it->colour, SCENE_GOOD) || (text && strstr(it->text, "well-done")))
            violated(b, "\"good\" was shown with the camera gone", NULL);
        if (same_colour(it->colour, SCENE_GUIDE))
            violated(b, "a step was shown with the camera gone", NULL);
    }
    b->gone_shown += gone;
    if (!gone)
        violated(b, "nobody was told that the camera is gone", NULL);
    if (b->lost_ticks == 2 * GRACE_TICKS &&
        (on_canvas(render_canvas(b->g.render), SCENE_GOOD) || on_canvas(render_canvas(b->g.render), SCENE_GUIDE)))
        violated(b, "the projected picture still showed a step", NULL);
}

static void pictures_are_there(struct kit_bench *b)
{
    const struct scene *s = b->g.scene;
    for (int i = 0; i < s->count; i++)
        if (s->items[i].kind == SCENE_PICTURE && access(s->items[i].text, R_OK) != 0)
            violated(b, "there is no picture", s->items[i].text);
}

static void tick(void *context, int64_t now_ns)
{
    struct kit_bench *b = context;
    if (b->active && now_ns >= b->until_ns)
        set_fault(b, KIT_NO_FAULT);
    for (int i = 0; i < b->trigger_count; i++)
        if (now_ns >= b->until_ns + GAP_NS && b->due_ns[i] && !b->begun[i] && now_ns >= b->due_ns[i]) {
            b->begun[i] = 1;
            b->until_ns = now_ns + b->triggers[i].lasts_ms * NS_PER_MS;
            set_fault(b, b->kind);
        }
    b->lost_ticks = b->g.camera_lost || b->g.screen_lost ? b->lost_ticks + 1 : 0;
    if (b->lost_ticks > GRACE_TICKS)
        kit_watch_scene(b);
    pictures_are_there(b);
    if (b->each_tick)
        b->each_tick(b, now_ns);
    person_tick(b->person, now_ns);
    b->g.quit |= now_ns > b->give_up_ns;
}

static void person_presses(void *context, const char *line)
{
    struct kit_bench *b = context;
    struct press p;
    if (press_parse(line, &p))
        guide_push_press(&b->g, &p);
}

/* ---- making and ending ---- */

static struct sim *make_sim(void)
{
    char path[400];
    struct lw_error err;
    struct sim *s;
    const struct sim_options o = {.seed = 3, .fps = CAMERA_FPS, .light = "office",
                                  .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path)};
    assert_ok(sim_create(&s, &o, &err), &err);
    return s;
}

static void true_calibration(struct sim *sim, const struct camera *camera, const struct screen *screen,
                             struct calibration *out)
{
    *out = (struct calibration){.wall_ms = 1, .delay_ms = DELAY_MS, .delay_max_ms = DELAY_MAX_MS};
    sim_truth(sim, &out->model);
    snprintf(out->camera, sizeof out->camera, "%s", camera->info.identity);
    snprintf(out->projector, sizeof out->projector, "%s", screen->info.identity);
}

void kit_calibration(const char *path, struct calibration *out)
{
    struct lw_error err;
    struct camera *camera;
    struct screen *screen;
    struct calibration c;
    struct sim *sim = make_sim();
    assert_ok(sim_camera_create(sim, &camera, &err), &err);
    assert_ok(sim_screen_create(sim, &screen, &err), &err);
    true_calibration(sim, camera, screen, &c);
    assert_ok(calibration_save(&c, path, &err), &err);
    if (out)
        *out = c;
    camera_destroy(&camera);
    screen_destroy(&screen);
    sim_destroy(&sim);
}

static void load_scenario(struct kit_bench *b, const char *text)
{
    char path[400];
    struct lw_problems problems = {0};
    if (!text)
        return;
    snprintf(path, sizeof path, "%s/kit.scenario", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    enum lw_msg rc = scenario_load(&b->scenario, path, &problems);
    assert_ok(rc, &problems.items[0].error);
    problems_finish(&problems);
}

void kit_open(struct kit_bench *b, const char *steps, const char *scenario)
{
    struct lw_error err = {0};
    struct lw_problems problems = {0};
    char aside[256];
    static int number;
    *b = (struct kit_bench){0};
    b->sim = make_sim();
    load_scenario(b, scenario);
    const struct person_hooks hooks = {b, person_presses};
    assert_ok(person_create(&b->person, b->sim, b->scenario, 3, &hooks, &err), &err);
    kit_folder(steps, b->folder, sizeof b->folder);
    assert_ok(workflow_load(&b->workflow, b->folder, NULL, &problems), &problems.items[0].error);
    problems_finish(&problems);
    clock_init_virtual(&b->g.clock, NS_PER_S, 0);
    b->g.camera = sensor_create(b);
    b->g.screen = lamp_create(b);
    snprintf(b->journal_path, sizeof b->journal_path, "%s/journal-%d.db", harness_scratch(), ++number);
    assert_ok(journal_open(&b->g.journal, b->journal_path, aside, &err), &err);
    b->g.observer = (struct guide_observer){b, hear, tick, NULL};
    assert_ok(guide_init(&b->g, &err), &err);
    true_calibration(b->sim, b->g.camera, b->g.screen, &b->truth);
    assert_ok(guide_set_calibration(&b->g, &b->truth, &err), &err);
}

void kit_close(struct kit_bench *b)
{
    guide_finish(&b->g);
    camera_destroy(&b->g.camera);
    screen_destroy(&b->g.screen);
    journal_stream_close(&b->g.events);
    journal_close(&b->g.journal);
    person_destroy(&b->person);
    scenario_destroy(&b->scenario);
    sim_destroy(&b->sim);
    workflow_destroy(&b->workflow);
}

enum pack_end kit_pack(struct kit_bench *b, const struct pack_options *o)
{
    struct lw_error err = {0};
    b->give_up_ns = clock_now_ns(&b->g.clock) + GIVE_UP_NS;
    enum pack_end end = pack_run(&b->g, b->workflow, o, &err);
    if (end == PACK_FAILED)
        fail_msg("%s: %s", lw_msg_name(err.id), err.text);
    return end;
}

int kit_count(const struct kit_bench *b, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(b->journal_path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}
