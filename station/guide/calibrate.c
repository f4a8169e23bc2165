#include "calibrate.h"

#include "capture.h"
#include "cv_picture.h"
#include "log.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_PICTURE_S 10
#define COUNTDOWN_S 3
#define FINEST_PX 2          /* projector pixels; the decoder drops what the camera can't resolve */
#define RAISED_MIN_PX 5.0    /* a pair that lies so far off the bench's map belongs to something raised */
#define BOX_WIDTH_MM 300.0   /* of the outline that is shown for the box; any size is taken */
#define BOX_DEPTH_MM 220.0
#define PROOF_COLUMNS 5
#define PROOF_ROWS 4
#define PROOF_RADIUS_MM 6.0
#define PROOF_WINDOW_MM 16.0
#define PROOF_LEVEL 255
#define PROOF_NEAR_MM 20.0     /* what lies so near may not be raised */
#define PROOF_FLAT_SHARE 0.9
#define PROOF_NEAR_PX 3.0

struct session {
    struct guide *g;
    const struct calibrate_options *o;
    struct pattern_plan plan;
    double delay_ms, delay_max_ms;
    struct decode_result flat, raised;
    struct cam_px corners[4];
    struct solve_quality quality;
    struct model model;
};

/* ---- talking with the person ---- */

static enum lw_msg wait_for_go(struct session *s, struct lw_error *err)
{
    struct guide *g = s->g;
    struct press press;
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(s->o->wait_s * 1e9);
    while (!g->quit) {
        guide_tick(g);
        while (guide_press(g, &press))
            if (press.kind == PRESS_NEXT || press.kind == PRESS_DONE || press.kind == PRESS_YES)
                return LW_OK;
        if (s->o->automatic && clock_now_ns(&g->clock) >= until)
            return LW_OK;
    }
    return lw_fail(err, LW_MSG_ENDED);
}

/* Full pictures change quickly now: said beforehand, and only when somebody agreed. */
static enum lw_msg countdown(struct session *s, struct lw_error *err)
{
    char line[96];
    for (int i = COUNTDOWN_S; i > 0; i--) {
        snprintf(line, sizeof line, _("Look away, please. The light flickers in %d"), i);
        show_message(s->g, "look", line, NULL, NULL);
        guide_wait(s->g, 1.0);
    }
    return s->g->quit ? lw_fail(err, LW_MSG_ENDED) : LW_OK;
}

static void emit_phase(struct session *s, const char *phase, json_t *detail)
{
    struct journal_event e = {.kind = EVENT_CALIBRATION, .phase = phase, .detail = detail};
    guide_tell(s->g, &e);
    json_decref(detail);
}

static enum lw_msg ask_clear_bench(struct session *s, struct lw_error *err)
{
    show_message(s->g, "clear-bench", _("Make the bench empty, please"), _("Press next when it is empty"), NULL);
    guide_ask(s->g, "clear_bench", "next", NULL, 0, NULL);
    enum lw_msg rc = wait_for_go(s, err);
    return rc ? rc : countdown(s, err);
}

static enum lw_msg ask_box(struct session *s, struct lw_error *err)
{
    struct bench_mm corners[4];
    char line[160];
    struct rigid T = {s->g->bench_width_mm / 2, s->g->bench_depth_mm / 2, 0};
    show_rectangle(T, BOX_WIDTH_MM, BOX_DEPTH_MM, s->o->raised_mm, corners);
    snprintf(line, sizeof line, _("Lay the box of %.0f mm here, then press next"), s->o->raised_mm);
    show_ask_at(s->g, corners, 4, "box", line);
    guide_ask(s->g, "board", "next", corners, 4, json_pack("{s:f}", "height_mm", s->o->raised_mm));
    enum lw_msg rc = wait_for_go(s, err);
    return rc ? rc : countdown(s, err);
}

/* ---- capturing ---- */

static void keep_pictures(const struct session *s, const char *pose, const struct image *captures, int count)
{
    static const char *const roles[] = {"black", "white", "column", "row"};
    char path[600];
    struct lw_error err;
    mkdir(s->o->pictures, 0777);
    snprintf(path, sizeof path, "%s/list.csv", s->o->pictures);
    FILE *f = fopen(path, strcmp(pose, "flat") == 0 ? "w" : "a");
    if (!f)
        return;
    if (ftell(f) == 0)
        fprintf(f, "pose,role,bit,inverse,picture\n");
    for (int i = 0; i < count; i++) {
        struct pattern p = pattern_at(&s->plan, i);
        snprintf(path, sizeof path, "%s/%s-%02d.png", s->o->pictures, pose, i);
        if (cv_picture_write(path, &captures[i], &err))
            lw_log_error("calibrate", &err);
        fprintf(f, "%s,%s,%d,%d,%s-%02d.png\n", pose, roles[p.role], p.bit, p.inverse, pose, i);
    }
    fclose(f);
}

static enum lw_msg capture_pose(struct session *s, const char *pose, struct decode_result *out, struct image *white,
                                struct lw_error *err)
{
    int count = pattern_count(&s->plan);
    struct image *captures = calloc((size_t)count, sizeof *captures);
    if (!captures)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = capture_patterns(s->g, &s->plan, s->delay_max_ms, captures, err);
    if (!rc) {
        if (s->o->pictures)
            keep_pictures(s, pose, captures, count);
        rc = decode_pairs(&s->plan, captures, count, out, err);
        for (int i = 0; white && !rc && i < count; i++)
            if (pattern_at(&s->plan, i).role == PATTERN_WHITE)
                rc = image_copy(white, &captures[i], err);
        capture_free(captures, count);
    }
    free(captures);
    return rc;
}

/* ---- solving ---- */

static enum lw_msg solve(struct session *s, bool with_raised, struct lw_error *err)
{
    const struct camera_info *c = &s->g->camera->info;
    const struct solve_plane planes[2] = {{s->flat.pairs, s->flat.count, 0},
                                          {s->raised.pairs, s->raised.count, s->o->raised_mm}};
    struct solve_input in = {.planes = planes,
                             .plane_count = with_raised ? 2 : 1,
                             .camera_width = s->g->frame ? s->g->frame->image.width : c->width,
                             .camera_height = s->g->frame ? s->g->frame->image.height : c->height,
                             .projector_width = s->g->screen->info.width,
                             .projector_height = s->g->screen->info.height,
                             .bench_width_mm = s->g->bench_width_mm,
                             .bench_depth_mm = s->g->bench_depth_mm};
    memcpy(in.corners, s->corners, sizeof in.corners);
    return solve_model(&in, &s->model, &s->quality, err);
}

/* Keeps of the second capture only what is not on the bench: those pairs that the bench's map does not explain. */
static enum lw_msg keep_raised(struct session *s, struct lw_error *err)
{
    int kept = 0;
    for (int i = 0; i < s->raised.count; i++) {
        const struct decode_pair *pair = &s->raised.pairs[i];
        struct bench_mm b;
        struct proj_px flat;
        if (!model_bench_from_cam(&s->model, pair->cam, 0, &b) || !model_proj_from_bench(&s->model, b, &flat))
            continue;
        if (hypot(flat.x - pair->proj.x, flat.y - pair->proj.y) >= RAISED_MIN_PX)
            s->raised.pairs[kept++] = *pair;
    }
    s->raised.count = kept;
    lw_log(LW_LOG_INFO, "calibrate", "%d pairs on the raised plane", kept);
    return kept >= 60 ? LW_OK : lw_fail(err, LW_MSG_BOX_NOT_SEEN);
}

/* ---- proof ---- */

/* Does light that falls around there meet the bench top, and not a tub that stands there? The capture tells. */
static bool lies_on_bench(const struct session *s, struct bench_mm at)
{
    int near = 0, flat = 0;
    for (int i = 0; i < s->flat.count; i++) {
        const struct decode_pair *pair = &s->flat.pairs[i];
        struct bench_mm b;
        struct proj_px p;
        if (!model_bench_from_cam(&s->model, pair->cam, 0, &b) || hypot(b.x - at.x, b.y - at.y) > PROOF_NEAR_MM ||
            !model_proj_from_bench(&s->model, b, &p))
            continue;
        near++;
        flat += hypot(p.x - pair->proj.x, p.y - pair->proj.y) < PROOF_NEAR_PX;
    }
    return flat > 0 && flat >= PROOF_FLAT_SHARE * near;
}

static void proof_points(const struct guide *g, struct bench_mm points[PROOF_COLUMNS * PROOF_ROWS])
{
    for (int i = 0; i < PROOF_COLUMNS * PROOF_ROWS; i++)
        points[i] = (struct bench_mm){g->bench_width_mm * (0.12 + 0.76 * (i % PROOF_COLUMNS) / (PROOF_COLUMNS - 1)),
                                      g->bench_depth_mm * (0.12 + 0.64 * (i / PROOF_COLUMNS) / (PROOF_ROWS - 1)), 0};
}

static void show_dots(struct guide *g, const struct bench_mm *points, int count)
{
    const struct scene_colour white = {PROOF_LEVEL, PROOF_LEVEL, PROOF_LEVEL};
    scene_clear(g->scene);
    for (int i = 0; i < count; i++) {
        struct scene_item *it = scene_add(g->scene, SCENE_FILL, white);
        it->count = 24;
        for (int k = 0; k < it->count; k++) {
            double a = 2 * LW_PI * k / it->count;
            it->points[k] = (struct bench_mm){points[i].x + PROOF_RADIUS_MM * cos(a),
                                              points[i].y + PROOF_RADIUS_MM * sin(a), 0};
        }
    }
    guide_show(g);
    g->rest_wanted = false;
}

static enum lw_msg shown_frame(struct session *s, struct image *out, struct lw_error *err)
{
    guide_wait(s->g, s->delay_max_ms / 1000 + 0.25);
    if (s->g->quit || !s->g->frame)
        return lw_fail(err, LW_MSG_ENDED);
    return cv_picture_convert(&s->g->frame->image, IMAGE_GRAY8, out, err);
}

/* Centroid of the added light near where it is expected, in camera px; false when there is too little of it. */
static bool find_dot(const struct image *dark, const struct image *lit, struct cam_px at, int radius, struct cam_px *out)
{
    double sum = 0, sx = 0, sy = 0;
    int peak = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int y = (int)at.y - radius; y <= (int)at.y + radius; y++)
            for (int x = (int)at.x - radius; x <= (int)at.x + radius; x++) {
                if (x < 0 || y < 0 || x >= dark->width || y >= dark->height)
                    return false;
                int d = image_row(lit, y)[x] - image_row(dark, y)[x];
                if (pass == 0)
                    peak = d > peak ? d : peak;
                else if (3 * d > peak)
                    sum += d, sx += (double)d * x, sy += (double)d * y;
            }
    if (peak < 6 || sum <= 0)
        return false;
    *out = (struct cam_px){sx / sum, sy / sum};
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define PROOF_MIN 6

static enum lw_msg measure_dots(struct session *s, const struct bench_mm *points, int count, const struct image *dark,
                                const struct image *lit, struct lw_error *err)
{
    double mm[PROOF_COLUMNS * PROOF_ROWS];
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct cam_px at, edge, seen;
        struct bench_mm b, beside = {points[i].x + PROOF_WINDOW_MM, points[i].y, 0};
        if (!lies_on_bench(s, points[i]) || !model_cam_from_bench(&s->model, points[i], &at) || !model_cam_from_bench(&s->model, beside, &edge))
            continue;
        if (find_dot(dark, lit, at, (int)hypot(edge.x - at.x, edge.y - at.y), &seen) &&
            model_bench_from_cam(&s->model, seen, 0, &b))
            mm[n++] = hypot(b.x - points[i].x, b.y - points[i].y);
    }
    if (n < PROOF_MIN)
        return lw_fail(err, LW_MSG_PROOF_FAILED, n, count);
    qsort(mm, (size_t)n, sizeof mm[0], by_value);
    s->quality.median_mm = mm[n / 2];
    s->quality.p95_mm = mm[(int)(0.95 * (n - 1) + 0.5)];
    s->quality.max_mm = mm[n - 1];
    return LW_OK;
}

static enum lw_msg prove(struct session *s, struct lw_error *err)
{
    struct bench_mm points[PROOF_COLUMNS * PROOF_ROWS];
    struct image dark = {0}, lit = {0};
    proof_points(s->g, points);
    scene_clear(s->g->scene);
    guide_show(s->g);
    enum lw_msg rc = shown_frame(s, &dark, err);
    show_dots(s->g, points, PROOF_COLUMNS * PROOF_ROWS);
    rc = rc ? rc : shown_frame(s, &lit, err);
    rc = rc ? rc : measure_dots(s, points, PROOF_COLUMNS * PROOF_ROWS, &dark, &lit, err);
    image_finish(&dark);
    image_finish(&lit);
    return rc;
}

/* ---- the acts in order ---- */

static enum lw_msg first_picture(struct session *s, struct lw_error *err)
{
    for (int i = 0; i < FIRST_PICTURE_S * 10 && !s->g->frame && !s->g->quit; i++)
        guide_wait(s->g, 0.1);
    if (!s->g->frame)
        return lw_fail(err, LW_MSG_NO_PICTURE_YET, FIRST_PICTURE_S);
    return LW_OK;
}

static enum lw_msg map_bench(struct session *s, struct lw_error *err)
{
    struct image white = {0};
    double confidence = 0;
    enum lw_msg rc = capture_measure_delay(s->g, &s->delay_ms, &s->delay_max_ms, err);
    if (rc)
        return rc;
    emit_phase(s, "delay", json_pack("{s:f,s:f}", "delay_ms", s->delay_ms, "delay_max_ms", s->delay_max_ms));
    rc = capture_pose(s, "flat", &s->flat, &white, err);
    if (!rc && s->o->corners)
        memcpy(s->corners, s->o->corners, sizeof s->corners);
    else if (!rc)
        rc = edges_find_corners(&white, &s->flat, s->o->side, s->g->bench_width_mm, s->g->bench_depth_mm, s->corners,
                                &confidence, err);
    image_finish(&white);
    if (!rc)
        emit_phase(s, "captured", json_pack("{s:i,s:f,s:f}", "pairs", s->flat.count, "decoded_share",
                                            s->flat.decoded_share, "edges_confidence", confidence));
    return rc ? rc : solve(s, false, err);
}

static enum lw_msg map_raised(struct session *s, struct lw_error *err)
{
    struct calibration preview = {.model = s->model, .delay_ms = s->delay_ms, .delay_max_ms = s->delay_max_ms};
    enum lw_msg rc = guide_set_calibration(s->g, &preview, err); /* to draw the outline where the box goes */
    rc = rc ? rc : ask_box(s, err);
    rc = rc ? rc : capture_pose(s, "raised", &s->raised, NULL, err);
    rc = rc ? rc : keep_raised(s, err);
    rc = rc ? rc : solve(s, true, err);
    if (!rc) {
        show_message(s->g, "clear-bench", _("Take the box away, please"), NULL, NULL);
        guide_ask(s->g, "remove", "next", NULL, 0, json_pack("{s:s}", "what_lies_there", "box"));
        rc = wait_for_go(s, err);
    }
    return rc;
}

static void fill_result(const struct session *s, struct calibration *out)
{
    const struct camera_info *c = &s->g->camera->info;
    *out = (struct calibration){.model = s->model, .quality = s->quality, .delay_ms = s->delay_ms,
                                .delay_max_ms = s->delay_max_ms, .wall_ms = clock_wall_ms(&s->g->clock)};
    snprintf(out->camera, sizeof out->camera, "%s", c->identity);
    snprintf(out->projector, sizeof out->projector, "%s", s->g->screen->info.identity);
}

static enum lw_msg run(struct session *s, struct calibration *out, struct lw_error *err)
{
    int64_t began = clock_now_ns(&s->g->clock);
    enum lw_msg rc = first_picture(s, err);
    rc = rc ? rc : ask_clear_bench(s, err);
    rc = rc ? rc : map_bench(s, err);
    if (!rc && s->o->raised_mm > 0)
        rc = map_raised(s, err);
    if (rc)
        return rc;
    fill_result(s, out);
    rc = guide_set_calibration(s->g, out, err);
    rc = rc ? rc : prove(s, err);
    if (rc)
        return rc;
    s->quality.seconds = (double)(clock_now_ns(&s->g->clock) - began) / 1e9;
    fill_result(s, out);
    rc = calibration_save(out, s->o->save_to, err);
    return rc ? rc : guide_set_calibration(s->g, out, err);
}

static json_t *quality_json(const struct calibration *c)
{
    return json_pack("{s:f,s:f,s:f,s:f,s:b,s:f}", "median_mm", c->quality.median_mm, "p95_mm", c->quality.p95_mm, "max_mm",
                     c->quality.max_mm, "sigma_raised_mm", c->model.sigma_raised_mm, "rough", c->model.rough, "seconds", c->quality.seconds);
}

enum lw_msg calibrate_run(struct guide *g, const struct calibrate_options *o, struct calibration *out,
                          struct lw_error *err)
{
    struct session s = {.g = g, .o = o};
    struct calibration old = g->calibration;
    bool was_calibrated = g->calibrated;
    struct lw_error ignored;
    s.plan = pattern_plan_make(g->screen->info.width, g->screen->info.height, FINEST_PX, true);
    guide_set_calibration(g, NULL, &ignored);
    enum lw_msg rc = run(&s, out, err);
    decode_finish(&s.flat);
    decode_finish(&s.raised);
    char line[640];
    if (rc) {
        guide_set_calibration(g, was_calibrated ? &old : NULL, &ignored);
        emit_phase(&s, "refused", json_pack("{s:s,s:s}", "cause", lw_msg_name(rc), "text",
                                            lw_error_line(err, line, sizeof line)));
        show_message(g, "help", err->text, lw_msg_remedy(err->id), NULL);
    } else {
        emit_phase(&s, "saved", quality_json(out));
        snprintf(line, sizeof line, _("Calibrated: %.1f mm"), out->quality.median_mm);
        show_message(g, "well-done", line, out->model.rough ? _("Heights are rough: no box was measured") : NULL, NULL);
    }
    guide_wait(g, 1.0);
    return rc;
}
