#include "calibrate.h"

#include "calibrate_session.h"
#include "log.h"
#include "mend.h"
#include "scene.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PICTURE_S 10
#define CALM_S 5             /* longest wait for hands to leave before a capture */
#define FINEST_PX 4          /* projector pixels; pairs are fitted over their neighbourhood, far finer */
#define RAISED_MIN_PX 5.0    /* a pair that lies so far off the bench's map belongs to something raised */
#define RAISED_MIN_PAIRS 60
#define BOX_WIDTH_MM 300.0   /* of the outline that is shown for the box; any size is taken */
#define BOX_DEPTH_MM 220.0
#define PROOF_SEARCH_MM 16.0
#define PROOF_NEAR_MM 24.0   /* what lies so near may not be raised */
#define PROOF_NEAR_SHARE 0.25 /* of the pairs that the clearest place has; the frame counter's cells have none */
#define PROOF_FLAT_SHARE 0.97
#define PROOF_NEAR_PX 3.0
#define REMEMBER_S 0.2
#define MAP_S 2.0            /* so long the error map is shown */

/* ---- pre-flight ---- */

/* What is known of the light before anything is measured with it: green, yellow (works, worse), red. */
#define CONTRAST_GREEN 30.0 /* grey levels, white against black */
#define CONTRAST_YELLOW 12.0
#define CLIPPED_GREEN 0.05  /* of the lit pixels */
#define CLIPPED_YELLOW 0.3

static const char *light_word(const struct capture *c)
{
    if (c->contrast_grey >= CONTRAST_GREEN && c->clipped_share <= CLIPPED_GREEN)
        return "green";
    return c->contrast_grey >= CONTRAST_YELLOW && c->clipped_share <= CLIPPED_YELLOW ? "yellow" : "red";
}

static void tell_preflight(struct calibrate_session *s)
{
    const struct capture *c = &s->capture;
    const struct camera_info *i = &s->g->camera->info;
    calibrate_tell(s, "delay", NULL, json_pack("{s:f,s:f,s:f}", "delay_min_ms", c->delay_min_ms, "delay_ms", c->delay_ms,
                                              "delay_max_ms", c->delay_max_ms));
    calibrate_tell(s, "preflight", NULL,
                   json_pack("{s:s,s:f,s:f,s:f,s:b,s:s}", "light", light_word(c), "contrast_grey", c->contrast_grey,
                             "clipped_share", c->clipped_share, "lit_share", c->lit_share, "controls_locked",
                             i->controls_locked, "controls", i->controls));
    if (!i->controls_locked && i->controls[0])
        lw_log(LW_LOG_WARNING, "camera", "%s", i->controls);
}

static enum lw_msg first_picture(struct calibrate_session *s, struct lw_error *err)
{
    for (int i = 0; i < FIRST_PICTURE_S * 10 && !s->g->frame && !s->g->quit; i++)
        guide_wait(s->g, 0.1);
    if (!s->g->frame)
        return lw_fail(err, LW_MSG_NO_PICTURE_YET, FIRST_PICTURE_S);
    return LW_OK;
}

/* ---- solving ---- */

enum lw_msg calibrate_solve(struct calibrate_session *s, struct lw_error *err)
{
    const struct solve_plane planes[2] = {{s->flat.pairs, s->flat.count, 0},
                                          {s->raised.pairs, s->raised.count, s->o->raised_mm}};
    struct solve_view views[CALIBRATE_VIEWS_MAX];
    struct solve_input in = {.planes = planes,
                             .plane_count = s->raised.count ? 2 : 1,
                             .board = s->o->board,
                             .views = views,
                             .view_count = s->view_count,
                             .camera_width = s->white.width,
                             .camera_height = s->white.height,
                             .projector_width = s->g->screen->info.width,
                             .projector_height = s->g->screen->info.height,
                             .bench_width_mm = s->g->bench_width_mm,
                             .bench_depth_mm = s->g->bench_depth_mm};
    for (int i = 0; i < s->view_count; i++)
        views[i] = (struct solve_view){.name = s->views[i].name, .corners = s->views[i].seen.corners,
                                       .corner_count = s->views[i].seen.count, .pairs = s->views[i].light.pairs,
                                       .pair_count = s->views[i].light.count, .flat = s->views[i].flat};
    if (s->bar_mm > 0)
        in.measured_square_mm = s->o->board->square_mm * s->bar_mm / CALIBRATE_BAR_MM;
    memcpy(in.corners, s->corners, sizeof in.corners);
    return solve_views(&in, &s->model, &s->quality, &s->report, err);
}

double calibrate_off_bench_px(const struct calibrate_session *s, const struct decode_pair *pair, struct bench_mm *at)
{
    struct proj_px flat;
    if (!model_bench_from_cam(&s->model, pair->cam, 0, at) || !model_proj_from_bench(&s->model, *at, &flat))
        return -1;
    return hypot(flat.x - pair->proj.x, flat.y - pair->proj.y);
}

/* Keeps of the second capture only what is not on the bench: those pairs that the bench's map does not explain. */
static enum lw_msg keep_raised(struct calibrate_session *s, struct lw_error *err)
{
    int kept = 0;
    struct bench_mm at;
    for (int i = 0; i < s->raised.count; i++)
        if (calibrate_off_bench_px(s, &s->raised.pairs[i], &at) >= RAISED_MIN_PX)
            s->raised.pairs[kept++] = s->raised.pairs[i];
    s->raised.count = kept;
    lw_log(LW_LOG_INFO, "calibrate", "%d pairs on the raised plane", kept);
    return kept >= RAISED_MIN_PAIRS ? LW_OK : lw_fail(err, LW_MSG_BOX_NOT_SEEN);
}

/* ---- the acts ---- */

/* The empty bench in stripes, its corners, and the model of both. */
static enum lw_msg capture_bench(struct calibrate_session *s, struct lw_error *err)
{
    double confidence = 0;
    enum lw_msg rc = calibrate_capture(s, "flat", &s->flat, &s->white, err);
    if (!rc && s->o->corners)
        memcpy(s->corners, s->o->corners, sizeof s->corners);
    else if (!rc && !s->o->manual)
        rc = edges_find_corners(&s->white, &s->flat, s->o->side, s->g->bench_width_mm, s->g->bench_depth_mm, s->corners,
                                &confidence, err);
    if (!s->o->corners && (s->o->manual || (rc == LW_MSG_EDGES_UNSURE && !s->o->automatic)))
        rc = calibrate_corners_by_hand(s, err);
    if (!rc)
        calibrate_tell(s, "captured", NULL, json_pack("{s:s,s:i,s:f,s:f}", "pose", "flat", "pairs", s->flat.count,
                                                      "decoded_share", s->flat.decoded_share, "edges_confidence", confidence));
    return rc ? rc : calibrate_solve(s, err);
}

static enum lw_msg map_bench(struct calibrate_session *s, struct lw_error *err)
{
    calibrate_show(s, "clear-bench", _("Make the bench empty, please"), _("Press next when it is empty"));
    guide_ask(s->g, "clear_bench", "next", NULL, 0, NULL);
    enum lw_msg rc = calibrate_wait_for_go(s, err);
    rc = rc ? rc : calibrate_countdown(s, err);
    if (rc)
        return rc;
    guide_wait_calm(s->g, CALM_S);
    rc = capture_measure_delay(&s->capture, err);
    if (rc)
        return rc;
    tell_preflight(s);
    rc = capture_bench(s, err);
    if (!rc && calibrate_left(s)) {
        calibrate_forget(s, "flat");
        rc = capture_bench(s, err);
    }
    return rc;
}

enum lw_msg calibrate_preview(struct calibrate_session *s, struct lw_error *err)
{
    struct calibration c = {.model = s->model, .delay_ms = s->capture.delay_ms, .delay_max_ms = s->capture.delay_max_ms};
    return guide_set_calibration(s->g, &c, err);
}

static enum lw_msg map_raised(struct calibrate_session *s, struct lw_error *err)
{
    struct bench_mm corners[4];
    char line[160];
    show_rectangle((struct rigid){s->g->bench_width_mm / 2, s->g->bench_depth_mm / 2, 0}, BOX_WIDTH_MM, BOX_DEPTH_MM,
                   s->o->raised_mm, corners);
    snprintf(line, sizeof line, _("Lay the box of %.0f mm here, then press next"), s->o->raised_mm);
    calibrate_show_at(s, corners, "box", line);
    guide_ask(s->g, "board", "next", corners, 4, json_pack("{s:s,s:f}", "kind", "box", "height_mm", s->o->raised_mm));
    enum lw_msg rc = calibrate_wait_for_go(s, err);
    rc = rc ? rc : calibrate_countdown(s, err);
    guide_wait_calm(s->g, CALM_S);
    rc = rc ? rc : calibrate_capture(s, "raised", &s->raised, NULL, err);
    rc = rc ? rc : keep_raised(s, err);
    rc = rc ? rc : calibrate_solve(s, err);
    if (rc)
        return rc;
    calibrate_tell(s, "captured", NULL, json_pack("{s:s,s:i,s:f}", "pose", "raised", "pairs", s->raised.count, "height_mm",
                                                  s->o->raised_mm));
    calibrate_show(s, "clear-bench", _("Take the box away, please"), NULL);
    guide_ask(s->g, "remove", "next", NULL, 0, json_pack("{s:s}", "what_lies_there", "box"));
    return calibrate_wait_for_go(s, err);
}

/* A measured place: where it is on the bench, and whether the bench top is there. */
struct calibrate_spot {
    double x, y;
    bool flat;
};

/* All of them, by the model as it is now. */
static enum lw_msg find_spots(struct calibrate_session *s, struct lw_error *err)
{
    struct bench_mm at;
    free(s->spots);
    s->spot_count = 0;
    s->spots = malloc(((size_t)s->flat.count + 1) * sizeof *s->spots);
    if (!s->spots)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < s->flat.count; i++) {
        double off_px = calibrate_off_bench_px(s, &s->flat.pairs[i], &at);
        if (off_px >= 0)
            s->spots[s->spot_count++] = (struct calibrate_spot){at.x, at.y, off_px < PROOF_NEAR_PX};
    }
    return LW_OK;
}

/* How many measured places are near, and how many of them lie on the bench top: light that falls there may meet a tub, or
 * be hidden behind one. */
static void count_near(const struct calibrate_session *s, struct bench_mm at, int *near, int *flat)
{
    *near = *flat = 0;
    for (int i = 0; i < s->spot_count; i++) {
        double dx = s->spots[i].x - at.x, dy = s->spots[i].y - at.y;
        bool there = dx * dx + dy * dy <= PROOF_NEAR_MM * PROOF_NEAR_MM;
        *near += there;
        *flat += there && s->spots[i].flat;
    }
}

/* The crosses whose surroundings are the open bench. */
static void choose_points(struct calibrate_session *s)
{
    int near[PROVE_POINTS], flat[PROVE_POINTS], most = 0;
    prove_points(s->g, &s->proof);
    for (int i = 0; i < PROVE_POINTS; i++) {
        count_near(s, s->proof.points[i].at, &near[i], &flat[i]);
        most = near[i] > most ? near[i] : most;
    }
    for (int i = 0; i < PROVE_POINTS; i++)
        s->proof.points[i].wanted = near[i] >= PROOF_NEAR_SHARE * most && flat[i] >= PROOF_FLAT_SHARE * near[i];
}

static enum lw_msg prove(struct calibrate_session *s, struct lw_error *err)
{
    enum lw_msg rc = find_spots(s, err);
    if (rc)
        return rc;
    choose_points(s);
    rc = prove_measure(s->g, PROOF_SEARCH_MM, &s->proof, err);
    if (rc)
        return rc;
    s->quality.median_mm = s->proof.median_mm;
    s->quality.p95_mm = s->proof.p95_mm;
    s->quality.max_mm = s->proof.max_mm;
    s->model.rough |= !prove_passed(&s->proof, &s->model);
    return LW_OK;
}

/* ---- all ---- */

static void fill_result(const struct calibrate_session *s, struct calibrate_result *out)
{
    const struct camera_info *c = &s->g->camera->info;
    out->proof = s->proof;
    out->calibration = (struct calibration){.model = s->model, .quality = s->quality, .delay_ms = s->capture.delay_ms,
                                            .delay_max_ms = s->capture.delay_max_ms,
                                            .wall_ms = clock_wall_ms(&s->g->clock)};
    snprintf(out->calibration.camera, sizeof out->calibration.camera, "%s", c->identity);
    snprintf(out->calibration.projector, sizeof out->calibration.projector, "%s", s->g->screen->info.identity);
}

static enum lw_msg save(struct calibrate_session *s, const struct calibrate_result *r, struct lw_error *err)
{
    char path[700];
    snprintf(path, sizeof path, "%s", s->o->save_to ? s->o->save_to : "");
    if (s->o->folder)
        snprintf(path, sizeof path, "%s/calibration.cfg", s->o->folder);
    enum lw_msg rc = calibration_save(&r->calibration, path, err);
    if (!rc)
        calibrate_keep(s, r);
    return rc;
}

static bool is_bench(void *user, struct bench_mm at)
{
    int near, flat;
    count_near(user, at, &near, &flat);
    return near > 0 && flat >= PROOF_FLAT_SHARE * near;
}

/* Pieces of the bench, in the light of the room: by them a bump is noticed later. */
static void remember(struct calibrate_session *s)
{
    struct lw_error err = {0};
    scene_clear(s->g->scene);
    guide_show(s->g);
    guide_wait(s->g, s->capture.delay_max_ms / 1000 + REMEMBER_S);
    if (mend_remember(s->g, s->o->folder, is_bench, s, &err))
        lw_log_error("calibrate", &err);
}

static enum lw_msg run(struct calibrate_session *s, struct calibrate_result *out, struct lw_error *err)
{
    int64_t began = clock_now_ns(&s->g->clock);
    s->acts = 2 + (s->o->raised_mm > 0) + (s->o->board ? CALIBRATE_VIEWS_PROPOSED : 0);
    enum lw_msg rc = first_picture(s, err);
    calibrate_tell(s, "started", NULL, json_pack("{s:b,s:b}", "auto", s->o->automatic, "calm", s->o->calm));
    rc = rc ? rc : map_bench(s, err);
    s->act++;
    if (!rc && (s->o->raised_mm > 0 || s->o->board))
        rc = calibrate_preview(s, err);
    if (!rc && s->o->raised_mm > 0)
        rc = map_raised(s, err);
    if (!rc && s->o->board && s->o->own_board && !s->o->automatic)
        rc = calibrate_ask_bar(s, err);
    if (!rc && s->o->board)
        rc = calibrate_boards(s, err);
    s->act = s->acts - 1;
    if (rc)
        return rc;
    fill_result(s, out);
    rc = guide_set_calibration(s->g, &out->calibration, err);
    rc = rc ? rc : prove(s, err);
    if (rc)
        return rc;
    s->quality.seconds = (double)(clock_now_ns(&s->g->clock) - began) / 1e9;
    fill_result(s, out);
    rc = save(s, out, err);
    rc = rc ? rc : guide_set_calibration(s->g, &out->calibration, err);
    if (!rc && s->o->folder)
        remember(s);
    return rc;
}

static json_t *quality_json(const struct calibrate_result *r)
{
    const struct calibration *c = &r->calibration;
    return json_pack("{s:f,s:f,s:f,s:f,s:b,s:f,s:o}", "median_mm", c->quality.median_mm, "p95_mm", c->quality.p95_mm,
                     "max_mm", c->quality.max_mm, "sigma_raised_mm", c->model.sigma_raised_mm, "rough", c->model.rough,
                     "seconds", c->quality.seconds, "points", prove_json(&r->proof));
}

static void tell_saved(struct calibrate_session *s, const struct calibrate_result *r)
{
    char line[160];
    calibrate_tell(s, "saved", NULL, quality_json(r));
    prove_show_map(s->g, &r->proof);
    guide_wait(s->g, MAP_S);
    snprintf(line, sizeof line, _("Calibrated: %.1f mm"), r->calibration.quality.median_mm);
    bool raised = s->raised.count > 0 || s->view_count > 0;
    const char *rough = raised ? _("Heights are still rough: lay a board, too") : _("Heights are rough: nothing raised was measured");
    show_message(s->g, "well-done", line, r->calibration.model.rough ? rough : NULL, NULL);
}

static void tell_refused(struct calibrate_session *s, const struct lw_error *err)
{
    char line[640];
    calibrate_tell(s, "refused", calibrate_reason(err->id),
                   json_pack("{s:s,s:s,s:b}", "cause", lw_msg_name(err->id), "text", lw_error_line(err, line, sizeof line),
                             "ends", 1));
    show_message(s->g, "help", err->text, lw_msg_remedy(err->id), NULL);
}

enum lw_msg calibrate_run(struct guide *g, const struct calibrate_options *o, struct calibrate_result *out,
                          struct lw_error *err)
{
    struct calibrate_session s = {.g = g, .o = o};
    struct calibration old = g->calibration;
    bool was_calibrated = g->calibrated;
    struct lw_error ignored;
    s.plan = pattern_plan_make(g->screen->info.width, g->screen->info.height, FINEST_PX, false);
    guide_set_calibration(g, NULL, &ignored);
    capture_begin(&s.capture, g, o->calm);
    enum lw_msg rc = run(&s, out, err);
    capture_end(&s.capture);
    if (rc) {
        guide_set_calibration(g, was_calibrated ? &old : NULL, &ignored);
        tell_refused(&s, err);
    } else {
        tell_saved(&s, out);
    }
    guide_wait(g, 1.0);
    decode_finish(&s.flat);
    decode_finish(&s.raised);
    calibrate_boards_finish(&s);
    image_finish(&s.white);
    free(s.spots);
    return rc;
}
