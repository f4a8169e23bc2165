/* doctor: what is connected, what is missing, what to do. */
#include "device.h"
#include "log.h"
#include "rig.h"
#include "verbs.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define CAMERA_WAIT_NS (4 * NS_PER_S)
#define DEVICES_MAX 16

struct findings {
    json_t *list;
    bool print;
    int problems;
};

/* One finding: good, or what is wrong and what to do. The area is an N_("…"), in JSON as it is. */
static void find(struct findings *f, const char *area, bool good, const char *text, const char *remedy)
{
    json_t *j = json_pack("{s:s,s:b,s:s,s:s}", "area", area, "good", good, "text", text, "remedy", remedy ? remedy : "");
    json_array_append_new(f->list, j);
    f->problems += !good;
    if (!f->print)
        return;
    printf("%-7s %-12s %s\n", good ? _("good") : _("TO DO"), _(area), text);
    if (remedy && *remedy)
        printf("%20s → %s\n", "", remedy);
}

static void find_error(struct findings *f, const char *area, const struct lw_error *err)
{
    find(f, area, false, err->text, lw_msg_remedy(err->id));
}

static void check_camera(struct findings *f, const struct station_config *c)
{
    struct lw_clock clock;
    struct lw_error err = {0};
    struct camera *camera;
    struct frame *frame = NULL;
    char text[700];
    if (strcmp(c->camera.source, "pretend") == 0) {
        find(f, N_("camera"), true, _("the pretend bench"), NULL);
        return;
    }
    if (camera_open(&camera, &c->camera, &err)) {
        find_error(f, N_("camera"), &err);
        return;
    }
    clock_init_real(&clock);
    int64_t until = clock_now_ns(&clock) + CAMERA_WAIT_NS;
    while (!frame && clock_now_ns(&clock) < until) {
        camera_poll(camera, clock_now_ns(&clock), &frame, &err);
        clock_wait(&clock, 20 * NS_PER_MS, camera_wake_fd(camera));
    }
    if (!frame && !err.id)
        lw_fail(&err, LW_MSG_NO_PICTURES);
    if (!frame) {
        find_error(f, N_("camera"), &err);
    } else {
        snprintf(text, sizeof text, "%s, %d x %d", camera->info.identity, frame->image.width, frame->image.height);
        find(f, N_("camera"), true, text, NULL);
        if (!camera->info.controls_locked)
            find(f, N_("exposure"), false, camera->info.controls[0] ? camera->info.controls : _("exposure may change by itself"),
                 _("Switch automatic exposure, white balance and focus off at the camera."));
    }
    frame_unref(&frame);
    camera_destroy(&camera);
}

static void check_displays(struct findings *f, const struct station_config *c)
{
    char names[1024], text[1200];
    int count = screen_list_displays(names, sizeof names);
    for (char *p = names; *p; p++)
        if (*p == '\n')
            *p = p[1] ? ',' : 0;
    if (count > 0)
        snprintf(text, sizeof text, _("\"%s\" of the connected displays: %s"), c->projector.display, names);
    else
        snprintf(text, sizeof text, "%s", _("no display is connected"));
    bool needed = strcmp(c->projector.display, "none") != 0 && strcmp(c->camera.source, "pretend") != 0;
    find(f, N_("projector"), count > 0 || !needed, text, count || !needed ? NULL : _("Connect the projector and start the desktop."));
}

static void check_devices(struct findings *f)
{
    struct device_info list[DEVICES_MAX];
    int count = device_list(list, DEVICES_MAX);
    for (int i = 0; i < count; i++) {
        if (list[i].usable)
            find(f, N_("usb"), true, list[i].name, NULL);
        else
            find_error(f, N_("usb"), &list[i].problem);
    }
    if (count == 0)
        find(f, N_("usb"), true, _("no pedal; the keyboard does all that a pedal does"), NULL);
}

static void check_calibration(struct findings *f, const struct station_config *c)
{
    char path[PATH_MAX], text[200], when[25];
    struct calibration cal;
    struct lw_error err = {0};
    if (calibration_load(&cal, rig_path(c, "calibration.cfg", path, sizeof path), &err)) {
        find(f, N_("calibration"), false, err.text, lw_msg_remedy(err.id));
        return;
    }
    snprintf(text, sizeof text, _("of %s: %.1f mm, 95 %% within %.1f mm%s"), clock_format_wall(cal.wall_ms, when),
             cal.quality.median_mm, cal.quality.p95_mm, cal.model.rough ? _(", heights rough") : "");
    find(f, N_("calibration"), true, text, NULL);
}

static void check_data(struct findings *f, const struct station_config *c)
{
    if (access(c->data, W_OK) == 0)
        find(f, N_("data"), true, c->data, NULL);
    else if (access(c->data, F_OK) != 0)
        find(f, N_("data"), true, c->data, _("It is made at the first start."));
    else
        find(f, N_("data"), false, c->data, _("Give the user the right to write there."));
    find(f, N_("filming"), true, _("off; only `lichtwijzer record` films, with a sign on the bench"), NULL);
}

static void find_settings(struct findings *f, const char *file, bool present)
{
    char remedy[2 * PATH_MAX + 100];
    const char *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file) : 0;
    if (folder > 0)
        snprintf(remedy, sizeof remedy, _("Not there yet. Write it: mkdir -p %.*s; lichtwijzer doctor --example > %s"), folder,
                 file, file);
    else
        snprintf(remedy, sizeof remedy, _("Not there yet. Write it: lichtwijzer doctor --example > %s"), file);
    find(f, N_("settings"), present, file, present ? NULL : remedy);
}

int verb_doctor(int argc, char **argv)
{
    const char *station = NULL, *rest[ARGUMENTS_REST];
    bool as_json = false, example = false;
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
        {"json", ARGUMENT_FLAG, &as_json, NULL, N_("Print JSON.")},
        {"example", ARGUMENT_FLAG, &example, NULL, N_("Print a station.cfg with every setting, and end.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("doctor [OPTION…]"),
                        N_("Says what is connected, what is missing and what to do."), rest, &rest_count, &code))
        return code;
    if (rest_count) {
        struct lw_error err;
        lw_fail(&err, LW_MSG_USAGE, _("doctor takes only options"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (example) {
        station_config_write_example(stdout);
        return EXIT_OK;
    }
    char path[PATH_MAX], text[PATH_MAX + 64];
    struct station_config c;
    struct lw_problems problems = {0};
    struct findings f = {.list = json_array(), .print = !as_json};
    const char *file = station ? station : station_config_default_path(path, sizeof path);
    bool present = access(file, R_OK) == 0;
    station_config_read(&c, present ? file : NULL, &problems);
    for (int i = 0; i < problems.count; i++)
        find(&f, N_("settings"), false, lw_error_line(&problems.items[i].error, text, sizeof text), NULL);
    if (!problems.count)
        find_settings(&f, file, present);
    problems_finish(&problems);
    check_data(&f, &c);
    check_camera(&f, &c);
    check_displays(&f, &c);
    check_devices(&f);
    check_calibration(&f, &c);
    if (as_json) {
        json_dumpf(f.list, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(f.list);
    station_config_finish(&c);
    return f.problems ? EXIT_FAILED : EXIT_OK;
}
