/* record, replay: a problem at a bench becomes something that can be looked at elsewhere. */
#include "explain.h"
#include "log.h"
#include "recorder.h"
#include "rig.h"
#include "scene.h"
#include "show.h"
#include "verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define SIGN_MM 14.0

/* ---- record ---- */

/* A steady sign on the bench as long as it films. */
static void show_sign(struct guide *g)
{
    const struct scene_colour red = {255, 40, 40};
    scene_clear(g->scene);
    struct scene_item *dot = scene_add(g->scene, SCENE_FILL, red);
    dot->count = 32;
    for (int i = 0; i < dot->count; i++)
        dot->points[i] = (struct bench_mm){40 + SIGN_MM * cos(2 * LW_PI * i / dot->count),
                                           40 + SIGN_MM * sin(2 * LW_PI * i / dot->count), 0};
    struct scene_item *text = scene_add(g->scene, SCENE_TEXT, SCENE_WHITE);
    text->points[0] = (struct bench_mm){170, 40, 0};
    text->count = 1;
    text->size_mm = 12;
    snprintf(text->text, sizeof text->text, "%s", _("The camera films"));
    guide_show(g);
}

static enum lw_msg film(struct rig *r, const char *folder, double minutes, int *frames, struct lw_error *err)
{
    struct guide *g = &r->guide;
    const struct model *m = &g->calibration.model;
    const struct bench_mm corners[4] = {{0, 0, 0}, {m->bench_width_mm, 0, 0}, {m->bench_width_mm, m->bench_depth_mm, 0},
                                        {0, m->bench_depth_mm, 0}};
    struct cam_px keep[4];
    struct recorder *rec = NULL;
    for (int i = 0; i < 4; i++)
        if (!model_cam_from_bench(m, corners[i], &keep[i]))
            return lw_fail(err, LW_MSG_CALIBRATION_MISSING);
    enum lw_msg rc = recorder_create(&rec, folder, keep, 4, err);
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(minutes * 60e9);
    if (!rc) {
        recorder_set_identity(rec, g->camera->info.identity);
        show_sign(g);
    }
    while (!rc && !g->quit && clock_now_ns(&g->clock) < until) {
        guide_tick(g);
        if (g->new_frame)
            rc = recorder_add(rec, g->frame, err);
    }
    *frames = rec ? recorder_count(rec) : 0;
    recorder_destroy(&rec);
    return rc;
}

int verb_record(int argc, char **argv)
{
    const char *station = NULL, *rest[ARGUMENTS_REST];
    double minutes = 10;
    int rest_count, code, frames = 0;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
        {"minutes", ARGUMENT_REAL, &minutes, "N", N_("Stop after so many minutes (default 10, at most 60).")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("record FOLDER [OPTION…]"),
                        N_("Films the work area; all outside it is black. A sign on the bench says so."), rest,
                        &rest_count, &code))
        return code;
    struct lw_error err = {0};
    struct station_config c;
    struct rig r = {0};
    if (rest_count != 1 || minutes <= 0 || minutes > 60) {
        lw_fail(&err, LW_MSG_USAGE, _("record takes one new folder, and up to 60 minutes"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!verb_read_station(&c, station))
        return EXIT_FAILED;
    const struct rig_options o = {.verb = "record", .no_person = true};
    enum lw_msg rc = rig_open(&r, &c, &o, &err);
    if (!rc) {
        rc = rig_load_calibration(&r, &c, &err);
        rc = rc ? rc : film(&r, rest[0], minutes, &frames, &err);
        rig_close(&r);
    }
    station_config_finish(&c);
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    printf(_("%d pictures in %s\n"), frames, rest[0]);
    return EXIT_OK;
}

/* ---- replay ---- */

static const char *light_name(enum watch_light l)
{
    static const char *const names[] = {"unknown", "good", "dark", "glare"};
    return names[l];
}

static void print_state(const struct frame *f, const struct watch_state *s)
{
    printf("{\"sequence\":%llu,\"t_ns\":%lld,\"moving\":%s,\"hand\":%s,\"frozen\":%s,\"camera_moved\":%s,"
           "\"light\":\"%s\"}\n",
           (unsigned long long)f->sequence, (long long)f->t_ns, s->moving ? "true" : "false",
           s->hand ? "true" : "false", s->frozen ? "true" : "false", s->camera_moved ? "true" : "false",
           light_name(s->light));
}

/* Frames as fast as they can be read, through the same eyes as at the bench. A picture that can't be read is told, and
 * the rest is played; *broken counts them. */
static enum lw_msg play(struct camera *camera, int *frames, int *broken, struct lw_error *err)
{
    struct watch *watch = NULL;
    struct watch_state state = {0};
    struct frame *f = NULL;
    enum camera_status status;
    enum lw_msg rc = LW_OK;
    int64_t now_ns = NS_PER_S;
    while (!rc && (status = camera_poll(camera, now_ns, &f, err)) != CAMERA_ENDED) {
        now_ns += NS_PER_S / 120;
        if (status == CAMERA_LOST) {
            verb_fail(err, EXIT_FAILED);
            ++*broken;
        }
        if (status != CAMERA_FRAME)
            continue;
        if (!watch)
            rc = watch_create(&watch, NULL, NULL, 0, f->image.width, f->image.height, err);
        if (!rc) {
            watch_feed(watch, f, false, &state);
            print_state(f, &state);
            ++*frames;
        }
        frame_unref(&f);
    }
    watch_destroy(&watch);
    return rc;
}

static int names_only(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* The folder is a kept look, or holds some: each is judged again. Returns how many there are; *failed: not judged. */
static int judge_looks(const char *folder, int *failed)
{
    struct dirent **list = NULL;
    struct lw_error err = {0};
    char path[1024];
    if (explain_is_look(folder)) {
        *failed = explain_judge_again(folder, stdout, &err) != LW_OK;
        if (*failed)
            verb_fail(&err, EXIT_FAILED);
        return 1;
    }
    int count = scandir(folder, &list, names_only, alphasort), looks = 0;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        free(list[i]);
        if (!explain_is_look(path))
            continue;
        looks++;
        if (explain_judge_again(path, stdout, &err)) {
            verb_fail(&err, EXIT_FAILED);
            ++*failed;
        }
    }
    free(list);
    return looks;
}

int verb_replay(int argc, char **argv)
{
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    if (!verb_arguments(argc, argv, NULL, 0, N_("replay FOLDER"),
                        N_("Plays a film back and prints, for each picture, what the camera side makes of it. Of looks that\n"
                           "were kept (explain in station.cfg) it judges each again and says why."), rest,
                        &rest_count, &code))
        return code;
    struct lw_error err = {0};
    struct camera *camera;
    if (rest_count != 1) {
        lw_fail(&err, LW_MSG_USAGE, _("replay takes one folder"));
        return verb_fail(&err, EXIT_USAGE);
    }
    struct stat st;
    int why = stat(rest[0], &st) != 0 ? errno : S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) ? 0 : EINVAL;
    if (why) { /* a live camera has no end */
        lw_fail_at(&err, rest[0], 0, LW_MSG_FILE_OPEN, rest[0], strerror(why));
        return verb_fail(&err, EXIT_FAILED);
    }
    int failed = 0;
    if (judge_looks(rest[0], &failed) > 0)
        return failed ? EXIT_FAILED : EXIT_OK;
    char source[512];
    snprintf(source, sizeof source, "%s", rest[0]);
    const struct camera_config config = {.source = source};
    if (camera_open(&camera, &config, &err))
        return verb_fail(&err, EXIT_FAILED);
    int frames = 0, broken = 0;
    enum lw_msg rc = play(camera, &frames, &broken, &err);
    camera_destroy(&camera);
    if (!rc && frames == 0)
        rc = lw_fail(&err, LW_MSG_CAMERA_ENDED);
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    return broken ? EXIT_FAILED : EXIT_OK;
}
