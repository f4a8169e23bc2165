#include "guide.h"

#include "guide_trace.h"
#include "log.h"
#include "mend.h"
#include "scene.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

#define TICK_MAX_NS (NS_PER_S / 20)
#define STILL_NS (400 * NS_PER_MS)       /* nothing may have moved for so long before a look */
#define HAND_STILL_NS (1500 * NS_PER_MS) /* a hand that rests so long is looked at and asked away */
#define HAND_NONE_NS (8 * NS_PER_S)      /* what lies so still is no hand: the bench at rest was another one */
#define DEFAULT_DELAY_NS (250 * NS_PER_MS) /* before it was measured */
#define ARRIVAL_MARGIN_FRAMES 2

/* ---- making and ending ---- */

enum lw_msg guide_init(struct guide *g, struct lw_error *err)
{
    enum lw_msg rc = render_create(&g->render, g->screen->info.width, g->screen->info.height, err);
    if (rc)
        return rc;
    g->scene = scene_create();
    g->timings = g->trace ? guide_trace_create() : NULL;
    g->light = light_watch_create();
    if (!g->scene || !g->light)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    return guide_set_calibration(g, NULL, err);
}

void guide_finish(struct guide *g)
{
    struct lw_error ignored;
    if (g->journal)
        unwritten_write(&g->unwritten, g->journal, &ignored);
    unwritten_finish(&g->unwritten);
    frame_unref(&g->frame);
    watch_destroy(&g->watch);
    light_watch_destroy(&g->light);
    scene_destroy(&g->scene);
    render_destroy(&g->render);
    guide_trace_destroy(&g->timings);
}

static enum lw_msg make_watch(struct guide *g, int width, int height, struct lw_error *err)
{
    const struct bench_mm area[4] = {{0, 0, 0},
                                     {g->bench_width_mm, 0, 0},
                                     {g->bench_width_mm, g->bench_depth_mm, 0},
                                     {0, g->bench_depth_mm, 0}};
    watch_destroy(&g->watch);
    return watch_create(&g->watch, g->calibrated ? &g->calibration.model : NULL, area, 4, width, height, err);
}

enum lw_msg guide_set_calibration(struct guide *g, const struct calibration *c, struct lw_error *err)
{
    g->calibrated = c != NULL;
    g->camera_moved = g->shifted = false;
    g->shifted_since_ns = 0;
    light_watch_forget(g->light);
    guide_forget_light(g, true);
    if (c) {
        g->calibration = *c;
        g->bench_width_mm = c->model.bench_width_mm;
        g->bench_depth_mm = c->model.bench_depth_mm;
    }
    render_set_model(g->render, c ? &g->calibration.model : NULL, g->bench_width_mm, g->bench_depth_mm);
    watch_destroy(&g->watch);
    if (g->frame)
        return make_watch(g, g->frame->image.width, g->frame->image.height, err);
    return LW_OK;
}

void guide_forget_bump(struct guide *g)
{
    struct lw_error err = {0};
    g->camera_moved = g->shifted = false;
    g->shifted_since_ns = 0;
    if (g->frame && make_watch(g, g->frame->image.width, g->frame->image.height, &err))
        lw_log_error("view", &err);
}

void guide_forget_light(struct guide *g, bool mended)
{
    g->light_aside = false;
    g->light_lost = g->light_lost && !mended;
    g->light_votes = 0;
    if (!mended)
        light_watch_dismiss(g->light);
}

/* ---- the tick ---- */

int64_t guide_delay_ns(const struct guide *g)
{
    int64_t measured = (int64_t)(g->calibration.delay_max_ms * 1e6);
    return g->calibrated && measured > 0 ? measured : DEFAULT_DELAY_NS;
}

static bool projection_arriving(const struct guide *g, int64_t now_ns)
{
    int64_t margin = (int64_t)(ARRIVAL_MARGIN_FRAMES * 1e9 / (g->camera->info.fps > 1 ? g->camera->info.fps : 15));
    return now_ns < g->presented_ns + guide_delay_ns(g) + margin;
}

static void device_event(struct guide *g, const char *phase, const char *name, const struct lw_error *cause)
{
    char line[512] = "";
    json_t *detail = json_pack("{s:s}", "name", name);
    if (cause)
        json_object_set_new(detail, "cause", json_string(lw_error_line(cause, line, sizeof line)));
    struct journal_event e = {.kind = EVENT_DEVICE, .phase = phase, .detail = detail};
    guide_tell(g, &e);
    json_decref(detail);
}

#define LOST_AFTER_NS (NS_PER_S)  /* no picture for so long: the camera is lost, whatever it says */
#define FIRST_FRAME_NS (5 * NS_PER_S) /* the same before the first one: a network camera takes seconds to open */

static void camera_seems(struct guide *g, bool lost, const struct lw_error *cause)
{
    if (lost == g->camera_lost)
        return;
    g->camera_lost = lost;
    if (lost && cause)
        lw_log_error("camera", cause);
    device_event(g, lost ? "lost" : "back", "camera", lost ? cause : NULL);
}

#define SHIFTED_NS (NS_PER_S) /* a hand or a case on its way may look like a shift for a moment */

#define COMPARE_NS (NS_PER_S / 2)
#define DRIFTED_NS (2 * NS_PER_S)

/* Small movements, by pieces of the bench that were remembered; hands and looks are waited out. */
static bool shifted(struct guide *g, int64_t now_ns)
{
    struct drift_result d;
    if (!g->memory || g->seen.moving || now_ns - g->compared_ns < COMPARE_NS)
        return g->memory && g->shifted;
    g->compared_ns = now_ns;
    mend_look(g, g->memory, &d);
    g->shifted = d.cause != DRIFT_NONE && d.cause != DRIFT_CANNOT_TELL;
    return g->shifted;
}

static void camera_stands(struct guide *g, int64_t now_ns)
{
    struct journal_event e = {.kind = EVENT_CALIBRATION};
    if (!g->calibrated || g->screen_taken)
        return;
    bool fine = shifted(g, now_ns);
    if (!g->seen.camera_moved && !fine)
        g->shifted_since_ns = 0;
    else if (g->shifted_since_ns == 0)
        g->shifted_since_ns = now_ns;
    int64_t patience_ns = g->seen.camera_moved ? SHIFTED_NS : DRIFTED_NS;
    bool moved = g->shifted_since_ns && (g->camera_moved || now_ns - g->shifted_since_ns >= patience_ns);
    if (moved == g->camera_moved)
        return;
    g->camera_moved = moved;
    e.phase = moved ? "drift" : "mended";
    lw_log(LW_LOG_WARNING, "camera", "%s", moved ? _("the camera was moved; calibrate again") : _("the camera stands where it stood"));
    guide_tell(g, &e);
}

#define LIGHT_NS (NS_PER_S)
#define LIGHT_VOTES 2 /* comparisons in a row: somebody may reach through the light unseen once */

/* The projector, by what it shows anyway. A camera that moved is looked into first. */
static void light_stands(struct guide *g, int64_t now_ns)
{
    double aside_mm;
    if (!g->calibrated || !g->memory || g->screen_taken || g->camera_moved || g->shifted_since_ns || g->seen.moving ||
        g->seen.hand || now_ns - g->light_compared_ns < LIGHT_NS)
        return;
    g->light_compared_ns = now_ns;
    if (!light_watch_compare(g->light, &g->calibration.model, g->scene, render_canvas(g->render), g->frame, &aside_mm))
        return;
    g->light_votes = aside_mm > 0 ? g->light_votes + 1 : 0;
    g->light_aside = g->light_votes >= LIGHT_VOTES;
    if (g->light_aside)
        lw_log(LW_LOG_INFO, "light", "it seems to fall %.1f mm aside", aside_mm);
    else if (g->light_votes == 0)
        g->light_lost = false; /* somebody put it right */
}

static void take_frame(struct guide *g, struct frame *f, int64_t now_ns)
{
    struct lw_error err = {0};
    frame_unref(&g->frame);
    g->frame = f;
    g->new_frame = true;
    if (!g->watch && make_watch(g, f->image.width, f->image.height, &err))
        lw_log_error("view", &err);
    bool arriving = projection_arriving(g, now_ns);
    if (g->watch)
        watch_feed(g->watch, f, arriving, &g->seen);
    if (arriving)
        return;
    camera_stands(g, now_ns);
    light_stands(g, now_ns);
    if (g->seen.moving)
        g->moved_ns = now_ns;
    else if (g->rest_wanted && g->moved_ns < g->presented_ns) {
        watch_set_rest(g->watch);
        g->rest_wanted = false;
    }
}

static void poll_camera(struct guide *g, int64_t now_ns)
{
    struct lw_error err = {0};
    struct frame *f = NULL;
    g->new_frame = false;
    int64_t began = guide_trace_now(g->timings);
    enum camera_status status = camera_poll(g->camera, now_ns, &f, &err);
    began = guide_trace_add(g->timings, STAGE_CAMERA, began);
    if (status == CAMERA_FRAME) {
        g->camera_lost_ns = now_ns;
        take_frame(g, f, now_ns);
        guide_trace_add(g->timings, STAGE_WATCH, began);
        if (g->seen.frozen)
            lw_fail(&err, LW_MSG_CAMERA_FROZEN);
        camera_seems(g, g->seen.frozen, &err);
    } else if (status == CAMERA_WAITING) {
        if (g->camera_lost_ns == 0)
            g->camera_lost_ns = now_ns;
        if (now_ns - g->camera_lost_ns > (g->frame ? LOST_AFTER_NS : FIRST_FRAME_NS) && !g->camera_lost) {
            lw_fail(&err, LW_MSG_NO_PICTURES);
            camera_seems(g, true, &err);
        }
    } else {
        if (status == CAMERA_ENDED)
            lw_fail(&err, LW_MSG_CAMERA_ENDED);
        camera_seems(g, true, &err);
    }
}

static void poll_screen(struct guide *g)
{
    struct screen_key key;
    struct press p;
    while (screen_poll_key(g->screen, &key))
        if (press_type(&g->typing, &key, &p) ? p.kind != PRESS_NONE : press_from_key(&key, &p))
            guide_push_press(g, &p);
    bool lost = screen_status(g->screen) == SCREEN_LOST;
    if (lost != g->screen_lost) {
        g->screen_lost = lost;
        device_event(g, lost ? "lost" : "back", "projector", NULL);
        render_invalidate(g->render);
    }
    g->quit |= g->screen->close_wanted;
}

static void poll_devices(struct guide *g, int64_t now_ns)
{
    struct device_event e;
    struct press p;
    while (g->hub && device_hub_poll(g->hub, now_ns, &e)) {
        if (e.kind == DEVICE_CONNECTED || e.kind == DEVICE_DISCONNECTED)
            device_event(g, e.kind == DEVICE_CONNECTED ? "connected" : "disconnected", e.name, NULL);
        else if (e.kind == DEVICE_FAULT)
            device_event(g, "fault", e.name, &e.fault);
        else if (e.kind == DEVICE_BUTTON_DOWN && press_from_pedal(e.button, &p))
            guide_push_press(g, &p);
    }
    while (g->press_file && g->press_count < GUIDE_PRESSES && press_file_next(g->press_file, &p))
        guide_push_press(g, &p);
}

static void draw(struct guide *g, int64_t now_ns)
{
    struct lw_error err = {0};
    struct picture_rect rects[RENDER_RECTS];
    if (g->screen_taken)
        return;
    int64_t began = guide_trace_now(g->timings);
    int count = render_draw(g->render, g->scene, now_ns, rects);
    began = guide_trace_add(g->timings, STAGE_DRAW, began);
    if (count == 0)
        return;
    if (screen_present(g->screen, render_canvas(g->render), rects, count, now_ns, &err))
        lw_log_error("screen", &err);
    guide_trace_add(g->timings, STAGE_PRESENT, began);
    g->presented_ns = clock_now_ns(&g->clock);
}

void guide_tick(struct guide *g)
{
    int64_t now_ns = clock_now_ns(&g->clock);
    poll_camera(g, now_ns);
    poll_screen(g);
    poll_devices(g, now_ns);
    if (g->observer.tick)
        g->observer.tick(g->observer.context, now_ns);
    if (g->new_frame && g->observer.seen)
        g->observer.seen(g->observer.context, g->frame, g->taken_picture ? g->taken_picture : render_canvas(g->render));
    draw(g, now_ns);
    guide_trace_tick(g->timings);
    int64_t wait_ns = TICK_MAX_NS;
    if (g->clock.is_virtual)
        wait_ns = (int64_t)(1e9 / (g->camera->info.fps > 1 ? g->camera->info.fps : 30));
    int64_t until_drawn = render_next_ns(g->render) - clock_now_ns(&g->clock);
    if (until_drawn < wait_ns)
        wait_ns = until_drawn;
    clock_wait(&g->clock, wait_ns, camera_wake_fd(g->camera));
}

void guide_wait(struct guide *g, double seconds)
{
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(seconds * 1e9);
    while (!g->quit && clock_now_ns(&g->clock) < until)
        guide_tick(g);
}

void guide_show(struct guide *g)
{
    if (g->screen_taken)
        render_invalidate(g->render);
    g->screen_taken = false;
    g->taken_picture = NULL;
    draw(g, clock_now_ns(&g->clock));
    g->rest_wanted = true;
}

bool guide_settled(const struct guide *g, int64_t since_ns)
{
    int64_t now_ns = clock_now_ns(&g->clock);
    if (g->moved_ns <= since_ns || g->seen.moving || projection_arriving(g, now_ns))
        return false;
    int64_t still = now_ns - g->moved_ns;
    return still >= (g->seen.hand ? HAND_STILL_NS : STILL_NS);
}

bool guide_wait_calm(struct guide *g, double seconds)
{
    int64_t now_ns = clock_now_ns(&g->clock), until = now_ns + (int64_t)(seconds * 1e9);
    for (; !g->quit && !g->camera_lost && now_ns < until; now_ns = clock_now_ns(&g->clock)) {
        int64_t still = now_ns - g->moved_ns;
        bool calm = !g->seen.moving && still >= (g->seen.hand ? HAND_NONE_NS : STILL_NS);
        if (calm && !projection_arriving(g, now_ns))
            return true;
        guide_tick(g);
    }
    return false;
}

/* ---- presses and events ---- */

bool guide_press(struct guide *g, struct press *out)
{
    if (g->press_count == 0)
        return false;
    *out = g->presses[g->press_begin];
    g->press_begin = (g->press_begin + 1) % GUIDE_PRESSES;
    g->press_count--;
    return true;
}

void guide_push_press(struct guide *g, const struct press *p)
{
    if (p->kind == PRESS_QUIT)
        g->quit = true;
    else if (g->press_count < GUIDE_PRESSES)
        g->presses[(g->press_begin + g->press_count++) % GUIDE_PRESSES] = *p;
}

static void tell_others(struct guide *g, const struct journal_event *e)
{
    struct lw_error err;
    if (g->events && journal_stream_write(g->events, e, &err))
        lw_log_error("events", &err);
    if (g->observer.hear)
        g->observer.hear(g->observer.context, e);
}

enum lw_msg guide_emit(struct guide *g, struct journal_event *e, struct lw_error *err)
{
    if (e->t_ns == 0) { /* a second try is the same event */
        e->t_ns = clock_now_ns(&g->clock);
        e->wall_ms = clock_wall_ms(&g->clock);
    }
    if (g->kit[0]) {
        e->kit = g->kit;
        e->workflow = g->workflow;
        e->workflow_hash = g->workflow_hash;
        e->section = e->section ? e->section : g->section[0] ? g->section : NULL;
    }
    enum lw_msg rc = g->journal ? unwritten_write(&g->unwritten, g->journal, err) : LW_OK;
    if (rc == LW_OK && g->journal)
        rc = journal_append(g->journal, e, err);
    if (rc == LW_OK)
        tell_others(g, e);
    return rc;
}

void guide_tell(struct guide *g, struct journal_event *e)
{
    struct lw_error err;
    if (guide_emit(g, e, &err)) {
        lw_log_error("journal", &err);
        unwritten_add(&g->unwritten, e);
        tell_others(g, e);
    }
}

static json_t *points_json(const struct bench_mm *p, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("[f,f,f]", p[i].x, p[i].y, p[i].z));
    return list;
}

static json_t *camera_points_json(const struct guide *g, const struct bench_mm *p, int count)
{
    json_t *list = json_array();
    struct cam_px c;
    for (int i = 0; i < count; i++)
        if (model_cam_from_bench(&g->calibration.model, p[i], &c))
            json_array_append_new(list, json_pack("[f,f]", c.x, c.y));
    return list;
}

/* "yes no" as a list of words. */
static json_t *choices_json(const char *choices)
{
    json_t *list = json_array();
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, " ");
        json_array_append_new(list, json_stringn(p, n));
        p += n + (p[n] == ' ');
    }
    return list;
}

void guide_ask(struct guide *g, const char *what, const char *choices, const struct bench_mm *outline, int corners,
               json_t *detail)
{
    json_t *d = detail ? detail : json_object();
    json_object_set_new(d, "id", json_integer((json_int_t)++g->asks));
    json_object_set_new(d, "what", json_string(what));
    json_object_set_new(d, "choices", choices_json(choices));
    if (outline) {
        json_object_set_new(d, "outline_mm", points_json(outline, corners));
        if (g->calibrated)
            json_object_set_new(d, "outline_camera_px", camera_points_json(g, outline, corners));
    }
    struct journal_event e = {.kind = EVENT_ASK, .detail = d,
                              .place = json_string_value(json_object_get(d, "place")),
                              .item = json_string_value(json_object_get(d, "item"))};
    guide_tell(g, &e);
    json_decref(d);
}
