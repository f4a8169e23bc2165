#include "rig.h"

#include "log.h"
#include "self_check.h"
#include "show.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_FRAME_NS (10 * NS_PER_S)

const char *rig_path(const struct station_config *c, const char *name, char *buf, int size)
{
    snprintf(buf, (size_t)size, "%s/%s", c->data, name);
    return buf;
}

/* ---- the data folder ---- */

static enum lw_msg make_folder(const char *path, struct lw_error *err)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        mkdir(part, 0777);
        *p = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return lw_fail(err, LW_MSG_FOLDER_MAKE, path, strerror(errno));
    return LW_OK;
}

enum lw_msg rig_make_data(const struct station_config *c, struct lw_error *err)
{
    return make_folder(c->data, err);
}

static enum lw_msg lock_data(struct rig *r, const struct station_config *c, struct lw_error *err)
{
    char path[PATH_MAX];
    enum lw_msg rc = make_folder(c->data, err);
    if (rc)
        return rc;
    r->lock = open(rig_path(c, "lock", path, sizeof path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (r->lock < 0)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
    if (flock(r->lock, LOCK_EX | LOCK_NB) != 0)
        return lw_fail(err, LW_MSG_STATION_BUSY, c->data);
    return LW_OK;
}

/* ---- observers: the pretend person, and whoever else looks on ---- */

static void hear(void *context, const struct journal_event *event)
{
    struct rig *r = context;
    if (r->person)
        person_hear(r->person, event);
    if (r->more.hear)
        r->more.hear(r->more.context, event);
}

static void tick(void *context, int64_t now_ns)
{
    struct rig *r = context;
    if (r->person)
        person_tick(r->person, now_ns);
    if (r->commands)
        sim_commands_poll(r->commands);
    if (r->more.tick)
        r->more.tick(r->more.context, now_ns);
}

static void seen(void *context, const struct frame *frame, const struct image *canvas)
{
    struct rig *r = context;
    if (r->more.seen)
        r->more.seen(r->more.context, frame, canvas);
}

static void person_presses(void *context, const char *line)
{
    struct rig *r = context;
    struct press p;
    if (press_parse(line, &p))
        guide_push_press(&r->guide, &p);
}

/* ---- devices ---- */

static enum lw_msg open_pretend(struct rig *r, const struct station_config *c, const struct rig_options *o,
                                struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    struct lw_problems problems = {0};
    if (c->pretend.scenario[0] && scenario_load(&r->scenario, c->pretend.scenario, &problems)) {
        *err = problems.items[0].error;
        rc = err->id;
    }
    problems_finish(&problems);
    const char *light = o->light                                        ? o->light
                        : r->scenario && scenario_light(r->scenario) ? scenario_light(r->scenario)
                                                                     : c->pretend.light;
    const struct sim_options so = {.seed = (uint64_t)c->pretend.seed, .scene = c->pretend.scene,
                                   .camera_width = c->camera.width, .camera_height = c->camera.height,
                                   .fps = c->camera.fps, .light = light,
                                   .geometry_jitter = c->pretend.geometry_jitter};
    rc = rc ? rc : sim_create(&r->sim, &so, err);
    rc = rc ? rc : sim_camera_create(r->sim, &r->guide.camera, err);
    rc = rc ? rc : sim_screen_create(r->sim, &r->guide.screen, err);
    if (rc)
        return rc;
    sim_blind(r->sim, o->blind);
    rc = c->pretend.commands[0] ? sim_commands_open(&r->commands, r->sim, c->pretend.commands, err) : LW_OK;
    if (rc)
        return rc;
    clock_init_virtual(&r->guide.clock, NS_PER_S, o->pace);
    const struct person_hooks hooks = {r, person_presses};
    return o->no_person ? LW_OK
                        : person_create(&r->person, r->sim, r->scenario, (uint64_t)c->pretend.seed, &hooks, err);
}

static enum lw_msg open_real(struct rig *r, const struct station_config *c, struct lw_error *err)
{
    clock_init_real(&r->guide.clock);
    enum lw_msg rc = screen_open(&r->guide.screen, &c->projector, err);
    rc = rc ? rc : camera_open(&r->guide.camera, &c->camera, err);
    if (!rc && device_hub_create(&r->guide.hub, err))
        lw_log_error("device", err); /* work goes on without a pedal */
    return rc;
}

static enum lw_msg open_records(struct rig *r, const struct station_config *c, const struct rig_options *o,
                                struct lw_error *err)
{
    char path[PATH_MAX], set_aside[256];
    enum lw_msg rc = journal_open(&r->guide.journal, rig_path(c, "journal.db", path, sizeof path), set_aside, err);
    if (!rc && set_aside[0])
        lw_log(LW_LOG_WARNING, "journal", _("the records were broken; they are kept in %s, and a new file was begun"), set_aside);
    if (!rc && o->events)
        rc = journal_stream_open(&r->guide.events, o->events, o->verb, clock_now_ns(&r->guide.clock), err);
    if (!rc && o->input)
        rc = press_file_open(&r->guide.press_file, o->input, err);
    return rc;
}

/* ---- ending on a signal ---- */

static volatile sig_atomic_t *quit_flag;
static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    (void)number;
    signalled = 1;
}

static void watch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader of --events that goes away, or a full disk, is an error of writing */
    signal(SIGXFSZ, SIG_IGN);
    quit_flag = &signalled;
}

static void tick_and_signals(void *context, int64_t now_ns)
{
    struct rig *r = context;
    if (*quit_flag)
        r->guide.quit = true;
    tick(context, now_ns);
}

/* ---- all ---- */

enum lw_msg rig_open(struct rig *r, const struct station_config *c, const struct rig_options *o, struct lw_error *err)
{
    r->lock = -1;
    watch_signals();
    enum lw_msg rc = lock_data(r, c, err);
    if (!rc)
        rc = strcmp(c->camera.source, "pretend") == 0 ? open_pretend(r, c, o, err) : open_real(r, c, err);
    rc = rc ? rc : open_records(r, c, o, err);
    r->guide.observer = (struct guide_observer){r, hear, tick_and_signals, seen};
    r->guide.bench_width_mm = c->bench.width_mm;
    r->guide.bench_depth_mm = c->bench.depth_mm;
    r->guide.trace = o->trace;
    rc = rc ? rc : guide_init(&r->guide, err);
    if (rc)
        rig_close(r);
    else /* before the camera's first picture, which may take seconds */
        show_message(&r->guide, "look", _("One moment"), NULL, NULL);
    return rc;
}

void rig_close(struct rig *r)
{
    struct guide *g = &r->guide;
    struct lw_error ignored;
    struct image black = {0};
    if (g->screen && !image_init(&black, g->screen->info.width, g->screen->info.height, IMAGE_BGRA8, &ignored)) {
        screen_present(g->screen, &black, NULL, 0, clock_now_ns(&g->clock), &ignored); /* the projector ends dark */
        image_finish(&black);
    }
    guide_finish(g);
    mend_finish(&r->memory);
    camera_destroy(&g->camera);
    screen_destroy(&g->screen);
    device_hub_destroy(&g->hub);
    press_file_close(&g->press_file);
    journal_stream_close(&g->events);
    journal_close(&g->journal);
    person_destroy(&r->person);
    sim_commands_close(&r->commands);
    scenario_destroy(&r->scenario);
    sim_destroy(&r->sim);
    if (r->lock >= 0)
        close(r->lock);
    r->lock = -1;
}

/* The size of a network camera is known with its first picture only. */
static enum lw_msg wait_for_camera(struct rig *r, struct lw_error *err)
{
    struct guide *g = &r->guide;
    int64_t until = clock_now_ns(&g->clock) + FIRST_FRAME_NS;
    while (!g->frame && !g->quit && clock_now_ns(&g->clock) < until)
        guide_tick(g);
    return g->frame ? LW_OK : lw_fail(err, LW_MSG_NO_PICTURE_YET, (int)(FIRST_FRAME_NS / NS_PER_S));
}

enum lw_msg rig_load_calibration(struct rig *r, const struct station_config *c, struct lw_error *err)
{
    char path[PATH_MAX];
    struct calibration cal;
    enum lw_msg rc = calibration_load(&cal, rig_path(c, "calibration.cfg", path, sizeof path), err);
    rc = rc ? rc : guide_set_calibration(&r->guide, &cal, err);
    if (rc)
        return rc;
    self_check_words(&cal, clock_wall_ms(&r->guide.clock), path, sizeof path);
    show_message(&r->guide, "look", _("One moment"), path, NULL); /* the projector shows life before the camera does */
    rc = wait_for_camera(r, err);
    if (rc)
        return rc;
    const struct screen_info *s = &r->guide.screen->info;
    rc = calibration_fits(&cal, r->guide.camera->info.identity, r->guide.frame->image.width,
                          r->guide.frame->image.height, s->identity, s->width, s->height, err);
    struct lw_error ignored;
    if (!rc) {
        mend_load(&r->memory, c->data);
        snprintf(r->folder, sizeof r->folder, "%s", c->data);
        r->guide.memory = r->memory.count ? &r->memory : NULL;
        r->guide.folder = r->folder;
        r->guide.explain = c->explain;
        snprintf(r->guide.explain_folder, sizeof r->guide.explain_folder, "%s/explain", c->data);
    }
    if (rc)
        guide_set_calibration(&r->guide, NULL, &ignored);
    else
        lw_log(LW_LOG_INFO, "calibration", _("calibrated, %.1f mm (95 %%: %.1f mm)"), cal.quality.median_mm,
               cal.quality.p95_mm);
    return rc;
}
