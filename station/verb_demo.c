/* demo: packs the dental kit on the pretend bench, with a pretend person who makes honest mistakes and mends them. */
#include "album.h"
#include "calibrate.h"
#include "log.h"
#include "pack.h"
#include "report_names.h"
#include "rig.h"
#include "verbs.h"

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define BOX_MM 100.0          /* the box that the pretend person lays down for calibrating */
#define ACT_S 4.0             /* the pretend person needs so long for an act of calibrating */
#define GIVE_UP_NS (180 * NS_PER_S) /* without a step done */
#define GIVE_UP_BLIND_NS (60 * NS_PER_S)
#define PICTURE_DELAY_NS (250 * NS_PER_MS) /* a moment's picture is taken when its light has surely arrived */

struct demo_arguments {
    const char *headless, *workflow, *scenario, *events, *light, *section, *data;
    int seed, fps;
    bool fast, blind, trace, no_pictures;
    double jitter;
};

struct demo {
    const struct demo_arguments *a;
    struct rig *rig;
    struct album *album;
    struct preview *projection, *camera;
    int64_t progress_ns;
    char pending[96]; /* caption of a moment that waits for its picture */
    int64_t pending_ns;
    int shown, packed, refused;
    bool packing;
};

/* ---- moments: what is worth a picture ---- */

static void moment(struct demo *d, const char *what, const char *step, const char *more)
{
    snprintf(d->pending, sizeof d->pending, "%s%s%s%s%s", step ? step : "", step ? ": " : "", what, more ? " " : "",
             more ? more : "");
    d->pending_ns = clock_now_ns(&d->rig->guide.clock) + PICTURE_DELAY_NS;
}

static void hear(void *context, const struct journal_event *e)
{
    struct demo *d = context;
    const char *what = e->detail ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    if (e->kind == EVENT_KIT || e->kind == EVENT_CALIBRATION)
        d->progress_ns = e->t_ns;
    if (e->kind == EVENT_ASK && what && (!d->packing || strcmp(what, "confirm") != 0))
        moment(d, what, e->step, NULL);
    if (e->kind == EVENT_STEP && (strcmp(e->phase, "take") == 0 || strcmp(e->phase, "place") == 0))
        moment(d, e->phase, e->step, NULL);
    if (e->kind == EVENT_VERDICT && e->result && strcmp(e->result, "accept") != 0)
        moment(d, e->reason ? e->reason : e->result, e->step, e->seen);
    if (e->kind == EVENT_STEP && strcmp(e->phase, "done") == 0) {
        d->progress_ns = e->t_ns;
        d->packed++;
        moment(d, e->result ? e->result : "done", e->step, NULL);
    }
}

static void tick(void *context, int64_t now_ns)
{
    struct demo *d = context;
    struct screen_key key;
    bool close_wanted = false;
    struct press p;
    int64_t limit = d->a->blind ? GIVE_UP_BLIND_NS : GIVE_UP_NS;
    if (d->progress_ns == 0)
        d->progress_ns = now_ns;
    if (now_ns - d->progress_ns > limit) {
        lw_log(LW_LOG_ERROR, "demo", "nothing was accepted for %lld s; giving up", (long long)(limit / NS_PER_S));
        d->rig->guide.quit = true;
    }
    while (d->projection && preview_poll_key(&key, &close_wanted))
        if (press_from_key(&key, &p))
            guide_push_press(&d->rig->guide, &p);
    d->rig->guide.quit |= close_wanted;
}

static void seen(void *context, const struct frame *frame, const struct image *canvas)
{
    struct demo *d = context;
    struct lw_error err = {0};
    if (d->camera)
        preview_show(d->camera, &frame->image);
    if (d->projection)
        preview_show(d->projection, canvas);
    if (!d->album || !d->pending[0] || frame->t_ns < d->pending_ns)
        return;
    if (album_add(d->album, d->pending, &frame->image, canvas, &err))
        lw_log_error("demo", &err);
    d->pending[0] = 0;
}

/* ---- where it is shown ---- */

static void open_windows(struct demo *d)
{
    struct lw_error err;
    if (preview_create(&d->projection, _("Lichtwijzer: what is projected"), 20, 40, 960, 540, &err) ||
        preview_create(&d->camera, _("Lichtwijzer: what the camera sees"), 20, 620, 960, 540, &err)) {
        preview_destroy(&d->projection);
        preview_destroy(&d->camera);
    }
}

static bool has_display(void)
{
    const char *x = getenv("DISPLAY"), *w = getenv("WAYLAND_DISPLAY");
    return (x && *x) || (w && *w);
}

static enum lw_msg open_output(struct demo *d, struct lw_error *err)
{
    if (d->a->no_pictures)
        return LW_OK;
    if (!d->a->headless && has_display())
        open_windows(d);
    if (d->projection)
        return LW_OK;
    const char *folder = d->a->headless ? d->a->headless : "lichtwijzer-demo";
    printf(_("Pictures go to %s\n"), folder);
    return album_create(&d->album, folder, err);
}

/* ---- the run ---- */

static void set_text(char **field, const char *value)
{
    free(*field);
    *field = strdup(value);
}

static void demo_station(struct station_config *c, const struct demo_arguments *a, const char *data)
{
    struct lw_problems problems = {0};
    char scene[PATH_MAX], scenario[PATH_MAX];
    station_config_read(c, NULL, &problems);
    problems_finish(&problems);
    snprintf(scene, sizeof scene, "%s/pretend.cfg", a->workflow);
    snprintf(scenario, sizeof scenario, "%s/demo.scenario", lw_assets_folder());
    set_text(&c->data, data);
    set_text(&c->camera.source, "pretend");
    set_text(&c->pretend.scene, scene);
    set_text(&c->pretend.scenario, a->scenario ? a->scenario : scenario);
    c->camera.width = c->camera.height = 0;
    c->camera.fps = a->fps;
    c->pretend.seed = a->seed;
    c->pretend.geometry_jitter = a->jitter;
}

static enum lw_msg calibrate(struct demo *d, const struct station_config *c, struct lw_error *err)
{
    char path[PATH_MAX];
    struct calibrate_result result;
    if (d->a->data && rig_load_calibration(d->rig, c, err) == LW_OK)
        return LW_OK;
    const struct calibrate_options o = {.automatic = true, .wait_s = ACT_S, .raised_mm = BOX_MM,
                                        .side = (enum person_side)c->bench.person_side,
                                        .save_to = rig_path(c, "calibration.cfg", path, sizeof path)};
    enum lw_msg rc = calibrate_run(&d->rig->guide, &o, &result, err);
    if (!rc)
        printf(_("Calibrated: %.2f mm (95 %%: %.2f mm)\n"), result.calibration.quality.median_mm,
               result.calibration.quality.p95_mm);
    return rc;
}

static void print_summary(struct demo *d, const struct workflow *w, enum pack_end end)
{
    struct person_stats s;
    struct lw_error err;
    struct journal_report_options report = {.format = REPORT_TEXT};
    report_with_names(&report, w);
    person_stats(d->rig->person, &s);
    printf("\n");
    if (journal_report(d->rig->guide.journal, &report, stdout, &err))
        lw_log_error("journal", &err);
    printf(_("\nWhat the pretend person knows (the program does not): %d mistakes made, %d seen at the first look "
             "(%d with the right reason), %d wrong accepts, %d right placements refused of %d, longest wait for an "
             "answer %.1f s.\n"),
           s.wrong_shown, s.caught, s.reason_right, s.false_accepts, s.false_rejects, s.placements,
           s.undecided_ms_max / 1000.0);
    printf("%s\n", end == PACK_COMPLETE ? _("The kit is complete.") : _("The kit is not complete."));
}

static int exit_code(const struct demo *d, enum pack_end end)
{
    int unmet = person_unmet(d->rig->person, stdout);
    if (end == PACK_ASIDE && !d->rig->guide.quit && unmet == 0)
        return EXIT_ASIDE;
    return end == PACK_COMPLETE && unmet == 0 ? EXIT_OK : EXIT_FAILED;
}

static int run_demo(struct demo *d, const struct station_config *c, const struct workflow *w)
{
    struct lw_error err = {0};
    const struct pack_options pack = {.kits = 1, .section = d->a->section};
    const struct rig_options o = {.verb = "demo", .events = d->a->events, .trace = d->a->trace, .light = d->a->light,
                                  .blind = d->a->blind, .pace = d->projection && !d->a->fast ? 1.0 : 0};
    d->rig->more = (struct guide_observer){d, hear, tick, seen};
    if (rig_open(d->rig, c, &o, &err))
        return verb_fail(&err, EXIT_FAILED);
    int code = EXIT_FAILED;
    if (calibrate(d, c, &err)) {
        verb_fail(&err, code);
    } else {
        d->packing = true;
        enum pack_end end = pack_run(&d->rig->guide, w, &pack, &err);
        struct journal_event e = {.kind = EVENT_END, .result = end == PACK_COMPLETE ? "complete"
                                                               : end == PACK_ASIDE  ? "aside"
                                                                                    : "failed"};
        guide_tell(&d->rig->guide, &e);
        if (end == PACK_FAILED)
            verb_fail(&err, code);
        if (end != PACK_FAILED || d->packed > 0) {
            print_summary(d, w, end);
            code = exit_code(d, end);
        }
    }
    rig_close(d->rig);
    return code;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int demo(const struct demo_arguments *a)
{
    struct rig rig = {0};
    struct demo d = {.a = a, .rig = &rig};
    struct lw_error err = {0};
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    struct station_config c;
    char scratch[] = "/tmp/lichtwijzer-demo-XXXXXX";
    enum lw_msg rc = workflow_load(&w, a->workflow, NULL, &problems);
    if (rc)
        verb_print_problems(&problems);
    problems_finish(&problems);
    if (rc || (!a->data && !mkdtemp(scratch)))
        return EXIT_FAILED;
    demo_station(&c, a, a->data ? a->data : scratch);
    int code = open_output(&d, &err) ? verb_fail(&err, EXIT_FAILED) : run_demo(&d, &c, w);
    if (d.album && album_finish(d.album, workflow_text(&w->name), &err))
        code = verb_fail(&err, EXIT_FAILED);
    album_destroy(&d.album);
    preview_destroy(&d.projection);
    preview_destroy(&d.camera);
    station_config_finish(&c);
    workflow_destroy(&w);
    if (!a->data)
        nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

int verb_demo(int argc, char **argv)
{
    struct demo_arguments a = {.workflow = "workflows/dental-kit", .seed = 11};
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        {"fast", ARGUMENT_FLAG, &a.fast, NULL, N_("As fast as possible, instead of at a speed a person can follow.")},
        {"headless", ARGUMENT_TEXT, &a.headless, N_("FOLDER"), N_("No windows: a picture of each moment goes to this folder.")},
        {"no-pictures", ARGUMENT_FLAG, &a.no_pictures, NULL, N_("Neither windows nor pictures: only the summary.")},
        {"blind", ARGUMENT_FLAG, &a.blind, NULL, N_("The camera sees the empty bench throughout: nothing may be accepted.")},
        {"seed", ARGUMENT_INT, &a.seed, "N", N_("Other noise, hands and delays.")},
        {"workflow", ARGUMENT_TEXT, &a.workflow, N_("FOLDER"), N_("Another workflow that has a pretend.cfg.")},
        {"section", ARGUMENT_TEXT, &a.section, N_("NAME"), N_("Only this section.")},
        {"scenario", ARGUMENT_TEXT, &a.scenario, N_("FILE"), N_("What the pretend person does wrong.")},
        {"light", ARGUMENT_TEXT, &a.light, N_("NAME"), N_("easy, office, dim, bright or window (default: the scenario's, or office).")},
        {"jitter", ARGUMENT_REAL, &a.jitter, "X", N_("How far camera and projector hang elsewhere (0 to 3).")},
        {"fps", ARGUMENT_INT, &a.fps, "N", N_("Camera pictures a second (default: the scene's).")},
        {"data", ARGUMENT_TEXT, &a.data, N_("FOLDER"), N_("Keep calibration and records there; a calibration found there is used.")},
        {"events", ARGUMENT_TEXT, &a.events, N_("FILE"), N_("Write what happens as JSON lines; - for standard output.")},
        {"trace", ARGUMENT_FLAG, &a.trace, NULL, N_("Print the time of each stage at the end.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("demo [OPTION…]"),
                        N_("Packs the dental kit on the pretend bench: no hardware needed."), rest, &rest_count, &code))
        return code;
    struct lw_error err;
    if (rest_count || a.seed < 0 || a.jitter < 0 || a.jitter > 3 || a.fps < 0 || a.fps > 60) {
        lw_fail(&err, LW_MSG_USAGE, _("demo takes only options"));
        return verb_fail(&err, EXIT_USAGE);
    }
    return demo(&a);
}
