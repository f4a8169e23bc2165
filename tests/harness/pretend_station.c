#include "pretend_station.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FPS 15.0
#define BOX_MM 100.0
#define BOX_WIDTH_MM 300.0
#define BOX_DEPTH_MM 220.0
#define CASE_MM 12.0
#define CASE_DEG 4.0

double pretend_random(struct pretend_station *p, double from, double to)
{
    p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return from + (to - from) * (double)(p->random >> 11) / 9007199254740992.0;
}

static enum lw_msg load_workflow(struct pretend_station *p, struct lw_error *err)
{
    char folder[512];
    const char *root = getenv("LICHTWIJZER_SOURCE");
    struct lw_problems problems = {0};
    snprintf(folder, sizeof folder, "%s/workflows/dental-kit", root ? root : ".");
    enum lw_msg rc = workflow_load(&p->workflow, folder, NULL, &problems);
    if (rc)
        *err = problems.items[0].error;
    problems_finish(&problems);
    if (rc)
        return rc;
    p->pack = (struct pack){.g = &p->guide, .w = p->workflow, .count = p->workflow->step_count,
                            .level = PACK_FIRST_LEVEL};
    rc = taught_load(&p->pack.taught, p->workflow, err);
    return rc ? rc : pack_allocate(&p->pack, err);
}

static enum lw_msg open_devices(struct pretend_station *p, const struct pretend_options *o, struct lw_error *err)
{
    char scene[560];
    snprintf(scene, sizeof scene, "%s/pretend.cfg", p->workflow->folder);
    const struct sim_options so = {.seed = o->seed, .scene = scene, .fps = o->fps > 0 ? o->fps : FPS, .light = o->light,
                                   .geometry_jitter = o->jitter};
    enum lw_msg rc = sim_create(&p->sim, &so, err);
    rc = rc ? rc : sim_camera_create(p->sim, &p->guide.camera, err);
    rc = rc ? rc : sim_screen_create(p->sim, &p->guide.screen, err);
    if (rc)
        return rc;
    struct model truth;
    sim_truth(p->sim, &truth);
    p->guide.bench_width_mm = truth.bench_width_mm; /* as the coach wrote it into station.cfg */
    p->guide.bench_depth_mm = truth.bench_depth_mm;
    clock_init_virtual(&p->guide.clock, NS_PER_S, 0);
    return guide_init(&p->guide, err);
}

enum lw_msg pretend_open(struct pretend_station *p, const struct pretend_options *o, struct lw_error *err)
{
    *p = (struct pretend_station){.random = o->seed * 0x9E3779B97F4A7C15ULL};
    for (const char *c = o->light; *c; c++) /* other poses in each light; and neighbouring seeds begin alike */
        pretend_random(p, 0, 1), p->random += (uint64_t)*c;
    enum lw_msg rc = load_workflow(p, err);
    rc = rc ? rc : open_devices(p, o, err);
    if (rc)
        pretend_close(p);
    return rc;
}

void pretend_close(struct pretend_station *p)
{
    pack_free(&p->pack);
    guide_finish(&p->guide);
    camera_destroy(&p->guide.camera);
    screen_destroy(&p->guide.screen);
    sim_destroy(&p->sim);
    workflow_destroy(&p->workflow);
}

/* The box is laid and taken as soon as it is asked for. */
static void hear(void *context, const struct journal_event *e)
{
    struct pretend_station *p = context;
    const char *what = e->kind == EVENT_ASK ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    if (what && strcmp(what, "board") == 0)
        sim_box(p->sim, p->guide.bench_width_mm / 2, p->guide.bench_depth_mm / 2, BOX_WIDTH_MM, BOX_DEPTH_MM, 0.1,
                BOX_MM);
    else if (what && strcmp(what, "remove") == 0)
        sim_box(p->sim, 0, 0, 0, 0, 0, 0);
}

enum lw_msg pretend_calibrate(struct pretend_station *p, const struct pretend_options *o, struct lw_error *err)
{
    struct calibration c;
    struct stat st;
    if (stat(o->calibration, &st) == 0) {
        enum lw_msg rc = calibration_load(&c, o->calibration, err);
        guide_wait(&p->guide, 0.5);
        return rc ? rc : guide_set_calibration(&p->guide, &c, err);
    }
    const struct calibrate_options co = {.automatic = true, .wait_s = 0.5, .raised_mm = BOX_MM,
                                         .save_to = o->calibration};
    p->guide.observer = (struct guide_observer){.context = p, .hear = hear};
    struct calibrate_result result;
    enum lw_msg rc = calibrate_run(&p->guide, &co, &result, err);
    p->guide.observer = (struct guide_observer){0};
    return rc;
}

enum lw_msg pretend_lay_case(struct pretend_station *p, struct lw_error *err)
{
    struct guide_look look = {0};
    struct carrier_found found;
    struct rigid home = p->workflow->carriers[1].T_bench_from_home;
    home.x_mm += pretend_random(p, -CASE_MM, CASE_MM);
    home.y_mm += pretend_random(p, -CASE_MM, CASE_MM);
    home.angle_rad += rad_from_deg(pretend_random(p, -CASE_DEG, CASE_DEG));
    sim_case_put(p->sim, home);
    guide_wait(&p->guide, 0.6);
    struct guide_light light = guide_light_bench(&p->guide, p->pack.level);
    if (!guide_take_look(&p->guide, &light, &look) || look.trouble) {
        guide_look_finish(&look);
        return lw_fail(err, LW_MSG_NO_PICTURES);
    }
    enum lw_msg rc = carrier_find(&p->guide.calibration.model, &look.picture, &p->pack.taught.carriers[1], &found, err);
    guide_look_finish(&look);
    if (rc)
        return rc;
    p->pack.T_bench_from_carrier[0] = (struct rigid){0};
    p->pack.T_bench_from_carrier[1] = found.T_bench_from_carrier;
    pack_update_places(&p->pack);
    return LW_OK;
}
