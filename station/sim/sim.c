#include "sim.h"

#include "sim_eye.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct sim {
    uint64_t seed;
    struct stage stage;
    struct pinhole camera, projector;
    struct light_room room;
    struct beam beam;
    struct hand hand;
    bool hand_moved, camera_moved, light_changed;
    struct eye eye;
    double frame_ns, fps;
    float ambient;
    int64_t drift_step;
    uint32_t knocks;
    enum sim_fault fault;
};

/* ---- making ---- */

static enum lw_msg choose_light(struct light_room *r, const char *name, struct lw_error *err)
{
    r->preset = light_preset(name);
    return r->preset ? LW_OK : lw_fail(err, LW_MSG_SIM_LIGHT, name);
}

static enum lw_msg make(struct sim *s, const struct sim_options *o, struct lw_error *err)
{
    enum lw_msg rc = choose_light(&s->room, o->light, err);
    if (!rc)
        rc = stage_init(&s->stage, o->scene ? o->scene : "", err);
    if (rc)
        return rc;
    struct pretend_device *c = &s->stage.scene.camera, *p = &s->stage.scene.projector;
    c->width = o->camera_width > 0 ? o->camera_width : c->width;
    c->height = o->camera_height > 0 ? o->camera_height : c->height;
    s->fps = o->fps > 0 ? o->fps : c->fps;
    s->frame_ns = NS_PER_S / s->fps;
    s->ambient = 1;
    s->drift_step = INT64_MIN;
    optics_device(c, o->geometry_jitter, field_hash(1, 2, (uint32_t)s->seed), &s->camera);
    optics_device(p, o->geometry_jitter, field_hash(3, 4, (uint32_t)s->seed), &s->projector);
    light_room_init(&s->room, s->room.preset, &s->camera, &s->projector, s->stage.scene.width_mm,
                    s->stage.scene.depth_mm);
    rc = beam_init(&s->beam, p->width, p->height, s->seed, s->frame_ns, err);
    if (!rc)
        rc = hand_init(&s->hand, s->stage.scene.hand_width_mm, err);
    if (!rc)
        rc = eye_init(&s->eye, &s->camera, err);
    s->light_changed = true;
    return rc;
}

enum lw_msg sim_create(struct sim **out, const struct sim_options *o, struct lw_error *err)
{
    *out = NULL;
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    s->seed = o->seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u;
    enum lw_msg rc = make(s, o, err);
    if (rc)
        sim_destroy(&s);
    *out = s;
    return rc;
}

void sim_destroy(struct sim **p)
{
    struct sim *s = *p;
    if (!s)
        return;
    eye_finish(&s->eye);
    hand_finish(&s->hand);
    beam_finish(&s->beam);
    stage_finish(&s->stage);
    free(s);
    *p = NULL;
}

/* ---- a frame ---- */

static struct picture_rect all_pixels(const struct sim *s)
{
    return (struct picture_rect){0, 0, s->eye.width, s->eye.height};
}

/* A hand that the camera sees. */
static struct hand seen_hand(const struct sim *s)
{
    struct hand h = s->hand;
    h.there = h.there && !s->stage.blind;
    return h;
}

/* Looks anew where something changed since the last frame. */
static void look(struct sim *s)
{
    if (s->camera_moved)
        eye_aim(&s->eye, &s->camera);
    if (s->camera_moved || s->light_changed)
        eye_look(&s->eye, &s->room, &s->stage.field, all_pixels(s));
    else
        for (int i = 0; i < s->stage.change_count; i++)
            eye_look(&s->eye, &s->room, &s->stage.field,
                     eye_touched(&s->eye, &s->camera, &s->room, &s->stage.changes[i]));
    bool changed = s->stage.change_count > 0 || s->light_changed;
    s->stage.change_count = 0;
    if (s->hand_moved || s->camera_moved || (changed && s->hand.there)) {
        struct hand h = seen_hand(s);
        eye_mark_hand(&s->eye, &s->camera, &s->room, &h);
    }
    s->camera_moved = s->light_changed = s->hand_moved = false;
}

static void show_next(struct sim *s)
{
    struct picture_rect changed[RENDER_RECTS];
    int count = beam_show_next(&s->beam, changed);
    for (int i = 0; i < count; i++)
        if (changed[i].width)
            eye_mark_beam(&s->eye, changed[i]);
}

/* Daylight and lamps wander by so much, in steps of so long (each step costs a whole picture). */
#define DRIFT_SHARE   0.012
#define DRIFT_STEP_NS (3 * NS_PER_S)

static void drift(struct sim *s, int64_t t_ns)
{
    int64_t step = t_ns / DRIFT_STEP_NS;
    if (step == s->drift_step)
        return;
    s->drift_step = step;
    double shaken = (double)field_random((uint32_t)step, 5, (uint32_t)s->seed) - 0.5;
    double wander = DRIFT_SHARE * (sin(0.31 * (double)step + (double)(s->seed % 7)) + 0.2 * shaken);
    s->eye.ambient = s->ambient * (float)(1 + wander);
    eye_mark_all(&s->eye);
}

/* The sensor's rows are exposed one after the other over this share of a frame, the last just before the
 * frame is handed over: a projector picture that changes meanwhile is seen in the lower rows only. */
#define READOUT_SHARE 0.35

/* Brings the picture before noise to what the camera sees at t_ns. */
static void see(struct sim *s, int64_t t_ns)
{
    int from = 0;
    double readout = s->frame_ns * READOUT_SHARE;
    struct hand h = seen_hand(s);
    look(s);
    drift(s, t_ns);
    while (beam_next_ns(&s->beam) <= t_ns) {
        double since = (double)(beam_next_ns(&s->beam) - t_ns) + readout;
        int row = since > 0 ? (int)(since / readout * s->eye.height) : 0;
        if (row > from) {
            eye_compose(&s->eye, &s->beam, &h, &s->room, from);
            from = row;
        }
        show_next(s);
    }
    eye_compose(&s->eye, &s->beam, &h, &s->room, from);
}

/* ---- camera ---- */

/* As many frames may be held by those who look at them. */
#define POOL_FRAMES 24

struct sim_camera {
    struct camera base;
    struct sim *sim;
    struct frame_pool *pool;
    struct frame *last;
    bool started;
    int64_t start_ns, count; /* of frames that were due */
};

static void expose(struct sim_camera *c, struct frame *f)
{
    struct sim *s = c->sim;
    see(s, f->t_ns);
    if (s->fault == SIM_FAULT_BLACK)
        image_fill(&f->image, 0);
    else if (s->fault == SIM_FAULT_OVEREXPOSED)
        image_fill(&f->image, 255);
    else
        eye_expose(&s->eye, (s->seed ^ (f->sequence + 1) * 0xD1B54A32D192ED03u) | 1, &f->image);
}

static void repeat(const struct frame *last, struct frame *f)
{
    for (int y = 0; y < f->image.height; y++)
        memcpy(image_row(&f->image, y), image_row(&last->image, y), (size_t)f->image.width * 3);
}

static enum camera_status sim_poll(struct camera *base, int64_t now_ns, struct frame **out,
                                   struct lw_error *err)
{
    struct sim_camera *c = (struct sim_camera *)base;
    struct sim *s = c->sim;
    if (!c->started) {
        c->started = true;
        c->start_ns = now_ns;
        c->count = -1;
    }
    int64_t due = (int64_t)((double)(now_ns - c->start_ns) / s->frame_ns + 1e-6);
    if (s->fault == SIM_FAULT_UNPLUGGED) {
        lw_fail(err, LW_MSG_SIM_UNPLUGGED);
        return CAMERA_LOST;
    }
    if (due <= c->count || s->fault == SIM_FAULT_STALLED)
        return CAMERA_WAITING;
    struct frame *f = frame_pool_take(c->pool);
    if (!f)
        return CAMERA_WAITING;
    c->count = due;
    f->sequence = (uint64_t)due;
    f->t_ns = c->start_ns + (int64_t)((double)due * s->frame_ns);
    if (s->fault == SIM_FAULT_FROZEN && c->last)
        repeat(c->last, f);
    else
        expose(c, f);
    frame_unref(&c->last);
    c->last = frame_ref(f);
    *out = f;
    return CAMERA_FRAME;
}

static int sim_wake_fd(struct camera *c)
{
    (void)c;
    return -1;
}

static void sim_camera_destroy(struct camera *base)
{
    struct sim_camera *c = (struct sim_camera *)base;
    frame_unref(&c->last);
    frame_pool_destroy(&c->pool);
    free(c);
}

enum lw_msg sim_camera_create(struct sim *s, struct camera **out, struct lw_error *err)
{
    static const struct camera_ops ops = {sim_poll, sim_wake_fd, sim_camera_destroy};
    struct sim_camera *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    c->base.ops = &ops;
    c->sim = s;
    struct camera_info *info = &c->base.info;
    info->width = s->eye.width;
    info->height = s->eye.height;
    info->fps = s->fps;
    info->controls_locked = true;
    snprintf(info->identity, sizeof info->identity, "pretend %dx%d", info->width, info->height);
    c->pool = frame_pool_create(info->width, info->height, POOL_FRAMES, err);
    if (!c->pool) {
        free(c);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    *out = &c->base;
    return LW_OK;
}

/* ---- screen ---- */

struct sim_screen {
    struct screen base;
    struct sim *sim;
};

static enum lw_msg sim_present(struct screen *base, const struct image *canvas,
                               const struct picture_rect *rects, int count, int64_t now_ns,
                               struct lw_error *err)
{
    struct sim *s = ((struct sim_screen *)base)->sim;
    if (s->beam.waiting_count == BEAM_WAITING) /* nobody has looked for long: it stands there meanwhile */
        show_next(s);
    return beam_present(&s->beam, canvas, rects, count, now_ns, err);
}

static bool sim_poll_key(struct screen *s, struct screen_key *key)
{
    (void)s;
    (void)key;
    return false;
}

static enum screen_status sim_screen_status(struct screen *s)
{
    (void)s;
    return SCREEN_READY;
}

static void sim_screen_destroy(struct screen *s)
{
    free(s);
}

#define SCREEN_HZ 60.0

enum lw_msg sim_screen_create(struct sim *s, struct screen **out, struct lw_error *err)
{
    static const struct screen_ops ops = {sim_present, sim_poll_key, sim_screen_status, sim_screen_destroy};
    struct sim_screen *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    c->base.ops = &ops;
    c->sim = s;
    struct screen_info *info = &c->base.info;
    info->width = s->beam.width;
    info->height = s->beam.height;
    info->hz = SCREEN_HZ;
    snprintf(info->identity, sizeof info->identity, "pretend %dx%d", info->width, info->height);
    *out = &c->base;
    return LW_OK;
}

/* ---- what happens on the bench ---- */

int sim_put(struct sim *s, const char *kind, double x_mm, double y_mm, double angle_rad, bool flipped)
{
    return stage_put(&s->stage, kind, (struct rigid){x_mm, y_mm, angle_rad}, flipped);
}

void sim_remove(struct sim *s, int handle)
{
    stage_remove(&s->stage, handle);
}

bool sim_move(struct sim *s, int handle, double x_mm, double y_mm, double angle_rad)
{
    return stage_move(&s->stage, handle, (struct rigid){x_mm, y_mm, angle_rad});
}

bool sim_slot(const struct sim *s, const char *slot, struct rigid *T_bench_from_slot)
{
    return stage_slot(&s->stage, slot, T_bench_from_slot);
}

void sim_case_put(struct sim *s, struct rigid T_bench_from_case)
{
    stage_case_put(&s->stage, T_bench_from_case);
}

void sim_case_remove(struct sim *s)
{
    stage_case_remove(&s->stage);
}

void sim_box(struct sim *s, double x_mm, double y_mm, double width_mm, double depth_mm, double angle_rad,
             double height_mm)
{
    stage_box(&s->stage, (double[]){x_mm, y_mm, width_mm, depth_mm, angle_rad}, height_mm);
}

enum lw_msg sim_sheet(struct sim *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err)
{
    return stage_sheet(&s->stage, b, pose, err);
}

void sim_hand(struct sim *s, double x_mm, double y_mm, double z_mm, int glove)
{
    hand_place(&s->hand, x_mm, y_mm, z_mm, glove);
    s->hand_moved = true;
}

void sim_hand_away(struct sim *s)
{
    s->hand_moved = s->hand_moved || s->hand.there;
    s->hand.there = false;
}

void sim_light(struct sim *s, const char *preset)
{
    const struct light_preset *p = light_preset(preset);
    if (!p || p == s->room.preset)
        return;
    s->room.preset = p;
    s->light_changed = true;
}

void sim_ambient(struct sim *s, double factor)
{
    s->ambient = (float)(factor > 0 ? factor : 0);
    s->drift_step = INT64_MIN; /* taken up with the next frame */
}

void sim_knock(struct sim *s, double camera_mm, double camera_rad, double projector_rad)
{
    optics_knock(&s->camera, camera_mm, camera_rad, field_hash(++s->knocks, 6, (uint32_t)s->seed));
    optics_knock(&s->projector, 0, projector_rad, field_hash(++s->knocks, 7, (uint32_t)s->seed));
    light_room_devices(&s->room, &s->camera, &s->projector);
    s->camera_moved = true;
}

void sim_fault(struct sim *s, enum sim_fault fault)
{
    s->fault = fault;
}

void sim_blind(struct sim *s, bool blind)
{
    stage_blind(&s->stage, blind);
    s->hand_moved = true;
}

/* ---- truth ---- */

void sim_truth(const struct sim *s, struct model *m)
{
    *m = (struct model){.camera = s->camera,
                        .projector = s->projector,
                        .bench_width_mm = s->stage.scene.width_mm,
                        .bench_depth_mm = s->stage.scene.depth_mm};
}

enum lw_msg sim_photograph(struct sim *s, struct image *out, struct lw_error *err)
{
    struct hand h = seen_hand(s);
    enum lw_msg rc = image_init(out, s->eye.width, s->eye.height, IMAGE_BGR8, err);
    if (rc)
        return rc;
    look(s);
    eye_compose(&s->eye, &s->beam, &h, &s->room, 0);
    eye_expose(&s->eye, 0, out);
    return LW_OK;
}
