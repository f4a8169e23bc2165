/* calibrate --pictures: solves captures from anywhere, ours of before and foreign ones. */
#include "board.h"
#include "captures.h"
#include "edges.h"
#include "left.h"
#include "rig.h"
#include "store.h"
#include "verbs.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* One pose of the list. */
struct pose_work {
    const struct capture_pose *captured;
    struct decode_result pairs;
    struct board_seen seen;
    struct image white; /* kept for the bench's edges */
    bool decoded, has_board, used;
    bool contradicts; /* the other poses: nothing is saved then */
    char trouble[LW_ERROR_TEXT]; /* why it is not used */
    double load_ms, decode_ms, board_ms;
};

struct work {
    const char *pictures, *board_file, *out, *station, *size;
    double raised_mm;
    int width, height, camera_width, camera_height;
    struct board board;
    bool has_board;
    struct station_config config;
    bool has_bench;
    struct captures captures;
    struct pose_work poses[CAPTURES_POSES_MAX];
    int view_pose[SOLVE_VIEWS_MAX]; /* which pose a view is */
    int view_count;
    struct calibration result;
    struct solve_report report;
    int flat_pose; /* of the empty bench; -1: none */
    double solve_ms;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- one pose ---- */

static enum lw_msg write_pairs(const struct work *w, const struct pose_work *p, struct lw_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/pairs_%s.csv", w->out, p->captured->name);
    FILE *f = fopen(path, "w");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
    for (int i = 0; i < p->pairs.count; i++) {
        const struct decode_pair *q = &p->pairs.pairs[i];
        fprintf(f, "%.3f,%.3f,%.4f,%.4f\n", q->cam.x, q->cam.y, q->proj.x, q->proj.y);
    }
    bool ok = fflush(f) == 0 && !ferror(f);
    int why = errno;
    ok = fclose(f) == 0 && ok;
    return ok ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(why));
}

/* What can't be used of a pose is remembered with it; the others go on. */
static void not_used(struct pose_work *p, const struct lw_error *err)
{
    snprintf(p->trouble, sizeof p->trouble, "%s", err->text);
    fprintf(stderr, _("%s: not used: %s\n"), p->captured->name, err->text);
}

static void find_board(struct work *w, struct pose_work *p, const struct pattern_plan *plan, const struct image *pictures)
{
    struct lw_error err;
    double began = cpu_ms(), moved_px = 0;
    enum lw_msg rc = board_find(&w->board, &pictures[0], &p->seen, &err);
    rc = rc ? rc : board_steady(&w->board, plan, pictures, &p->seen, &moved_px, &err);
    p->board_ms = cpu_ms() - began;
    p->has_board = rc == LW_OK;
    if (rc && !(rc == LW_MSG_BOARD_NOT_SEEN && w->has_bench))
        not_used(p, &err);
}

static enum lw_msg work_pose(struct work *w, struct pose_work *p, struct lw_error *err)
{
    struct pattern_plan plan;
    struct lw_error why;
    double began = cpu_ms();
    enum lw_msg rc = captures_plan(p->captured, w->width, w->height, &plan, err);
    if (rc)
        return rc;
    int count = pattern_count(&plan);
    struct image *pictures = calloc((size_t)count, sizeof *pictures);
    if (!pictures)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    rc = captures_load(p->captured, &plan, pictures, err);
    p->load_ms = cpu_ms() - began;
    began = cpu_ms();
    if (!rc && decode_pairs(&plan, pictures, count, &p->pairs, &why))
        not_used(p, &why);
    else
        p->decoded = !rc;
    p->decode_ms = cpu_ms() - began;
    if (p->decoded) {
        rc = write_pairs(w, p, err);
        if (w->has_board && pictures[0].data)
            find_board(w, p, &plan, pictures);
        w->camera_width = pictures[0].data ? pictures[0].width : w->camera_width;
        w->camera_height = pictures[0].data ? pictures[0].height : w->camera_height;
        p->white = pictures[0];
        pictures[0] = (struct image){0};
    }
    for (int i = 0; i < count; i++)
        image_finish(&pictures[i]);
    free(pictures);
    return rc;
}

/* ---- solving ---- */

/* Captures without a board are of the bench itself, first empty, then with a box on it. */
static enum lw_msg gather_bench(struct work *w, struct solve_plane planes[2], struct solve_input *in, struct lw_error *err)
{
    const struct bench_config *b = &w->config.bench;
    double confidence;
    in->planes = planes;
    in->bench_width_mm = b->width_mm;
    in->bench_depth_mm = b->depth_mm;
    for (int i = 0; i < w->captures.count; i++) {
        struct pose_work *p = &w->poses[i];
        if (!p->decoded || p->has_board || p->trouble[0] || in->plane_count == (w->raised_mm > 0 ? 2 : 1))
            continue;
        p->used = true;
        w->flat_pose = in->plane_count ? w->flat_pose : i;
        planes[in->plane_count] = (struct solve_plane){p->pairs.pairs, p->pairs.count, in->plane_count ? w->raised_mm : 0};
        if (in->plane_count++ > 0)
            continue;
        if (b->has_corners) {
            memcpy(in->corners, b->corners, sizeof in->corners);
            continue;
        }
        enum lw_msg rc = edges_find_corners(&p->white, &p->pairs, (enum person_side)b->person_side, b->width_mm,
                                            b->depth_mm, in->corners, &confidence, err);
        if (rc)
            return rc;
    }
    return LW_OK;
}

static void gather_views(struct work *w, struct solve_view views[SOLVE_VIEWS_MAX])
{
    w->view_count = 0;
    for (int i = 0; i < w->captures.count && w->view_count < SOLVE_VIEWS_MAX; i++) {
        struct pose_work *p = &w->poses[i];
        p->used = p->used || (p->has_board && !p->trouble[0]);
        if (!p->has_board || p->trouble[0])
            continue;
        views[w->view_count] = (struct solve_view){.name = p->captured->name,
                                                   .corners = p->seen.corners,
                                                   .corner_count = p->seen.count,
                                                   .pairs = p->pairs.pairs,
                                                   .pair_count = p->pairs.count};
        w->view_pose[w->view_count++] = i;
    }
}

/* What was left out as wrong is named; the rest is told in result.json, but is not saved as if all was well. */
static enum lw_msg contradiction(const struct work *w, struct lw_error *err)
{
    char names[200] = "";
    for (int i = 0; i < w->captures.count; i++)
        if (w->poses[i].contradicts) {
            size_t n = strlen(names);
            snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", w->poses[i].captured->name);
        }
    return names[0] ? lw_fail(err, LW_MSG_PICTURES_CONTRADICT, names) : LW_OK;
}

/* Views that moved are left out, one by one, while enough remain. */
static enum lw_msg solve(struct work *w, struct lw_error *err)
{
    struct solve_plane planes[2];
    struct solve_view views[SOLVE_VIEWS_MAX];
    struct solve_input in = {.board = &w->board, .views = views, .camera_width = w->camera_width,
                             .camera_height = w->camera_height, .projector_width = w->width,
                             .projector_height = w->height};
    enum lw_msg rc = w->has_bench ? gather_bench(w, planes, &in, err) : LW_OK;
    double began = cpu_ms();
    in.no_bench = in.plane_count == 0;
    while (!rc) {
        gather_views(w, views);
        in.view_count = w->view_count;
        rc = solve_views(&in, &w->result.model, &w->result.quality, &w->report, err);
        if (rc != LW_MSG_SOLVE_MOVED || w->view_count <= 3)
            break;
        struct pose_work *bad = &w->poses[w->view_pose[w->report.bad_view]];
        not_used(bad, err);
        bad->used = false;
        bad->contradicts = true;
        rc = LW_OK;
    }
    rc = rc ? rc : contradiction(w, err);
    w->solve_ms = cpu_ms() - began;
    return rc;
}

/* ---- result.json ---- */

static json_t *pose_json(const struct work *w, int i)
{
    const struct pose_work *p = &w->poses[i];
    json_t *j = json_pack("{s:s,s:b,s:f,s:f,s:i,s:i}", "pose", p->captured->name, "used", p->used, "lit_share",
                          p->pairs.lit_share, "decoded_share", p->pairs.decoded_share, "pairs", p->pairs.count, "corners",
                          p->seen.count);
    json_object_set_new(j, "cpu_ms", json_pack("{s:f,s:f,s:f,s:f}", "load", p->load_ms, "decode", p->pairs.decode_ms,
                                               "pairs", p->pairs.pairs_ms, "board", p->board_ms));
    if (p->trouble[0])
        json_object_set_new(j, "trouble", json_string(p->trouble));
    for (int v = 0; v < w->report.view_count && v < w->view_count; v++) {
        const struct solve_view_report *r = &w->report.views[v];
        if (w->view_pose[v] == i && r->corners)
            json_object_update_new(j, json_pack("{s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "rms_px", r->rms_px, "median_px", r->median_px,
                                                "p95_px", r->p95_px, "camera_rms_px", r->camera_rms_px, "plane_median_px",
                                                r->plane_median_px, "plane_p95_px", r->plane_p95_px, "bend_mm", r->bend_mm));
    }
    return j;
}

/* What stood on the bench while it was mapped. */
static json_t *left_json(const struct work *w)
{
    struct left_region r[LEFT_MAX];
    const struct decode_result *flat = &w->poses[w->flat_pose].pairs;
    int n = left_find(&w->result.model, flat->pairs, flat->count, r);
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *outline = json_array();
        for (int k = 0; k < r[i].corner_count; k++)
            json_array_append_new(outline, json_pack("[f,f]", r[i].outline[k].x, r[i].outline[k].y));
        json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f,s:f,s:o}", "kind", r[i].kind == LEFT_BEND ? "bend" : "thing", "x_mm",
                                              r[i].middle.x, "y_mm", r[i].middle.y, "height_mm", r[i].height_mm, "area_mm2",
                                              r[i].area_mm2, "outline_mm", outline));
    }
    return list;
}

static json_t *result_json(const struct work *w, enum lw_msg rc, const struct lw_error *err)
{
    json_t *poses = json_array(), *j;
    double decoded = 0, lit = 0, load = 0, decode = 0, pairs = 0, board = 0;
    for (int i = 0; i < w->captures.count; i++) {
        const struct pose_work *p = &w->poses[i];
        json_array_append_new(poses, pose_json(w, i));
        decoded += p->pairs.decoded_share * p->pairs.lit_share, lit += p->pairs.lit_share;
        load += p->load_ms, decode += p->pairs.decode_ms, pairs += p->pairs.pairs_ms, board += p->board_ms;
    }
    const struct solve_quality *q = &w->result.quality;
    j = json_pack("{s:b,s:f}", "solved", rc == LW_OK, "decoded_share", lit > 0 ? decoded / lit : 0);
    if (rc)
        json_object_set_new(j, "refused", json_pack("{s:s,s:s}", "cause", lw_msg_name(rc), "text", err->text));
    else
        json_object_update_new(j, json_pack("{s:f,s:f,s:f,s:b,s:f,s:f,s:i}", "median_mm", q->median_mm, "p95_mm", q->p95_mm,
                                            "max_mm", q->max_mm, "rough", w->result.model.rough, "sigma_flat_mm",
                                            w->result.model.sigma_flat_mm, "sigma_raised_mm",
                                            w->result.model.sigma_raised_mm, "lens_order", w->report.order));
    if (!rc && w->flat_pose >= 0)
        json_object_set_new(j, "left", left_json(w));
    if (!rc && w->view_count)
        json_object_set_new(j, "held_out", json_pack("{s:f,s:f,s:f}", "rms_px", w->report.rms_px, "median_px",
                                                     w->report.median_px, "p95_px", w->report.p95_px));
    if (w->report.board_scale > 0)
        json_object_set_new(j, "board_scale", json_real(w->report.board_scale));
    if (w->report.projector_aspect > 0)
        json_object_set_new(j, "projector_aspect", json_real(w->report.projector_aspect));
    json_object_set_new(j, "cpu_ms", json_pack("{s:f,s:f,s:f,s:f,s:f}", "load", load, "decode", decode, "pairs", pairs,
                                               "board", board, "solve", w->solve_ms));
    json_object_set_new(j, "poses", poses);
    return j;
}

static enum lw_msg write_result(const struct work *w, enum lw_msg solved, const struct lw_error *why, struct lw_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/result.json", w->out);
    json_t *j = result_json(w, solved, why);
    bool ok = json_dump_file(j, path, JSON_INDENT(2) | JSON_REAL_PRECISION(7)) == 0;
    json_dumpf(j, stdout, JSON_REAL_PRECISION(7));
    printf("\n");
    json_decref(j);
    return ok ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
}

/* ---- the verb ---- */

static int run(struct work *w)
{
    struct lw_error err = {0}, write_err = {0};
    struct lw_problems problems = {0};
    char path[PATH_MAX];
    if (captures_read(&w->captures, w->pictures, &problems) == LW_OK && w->board_file)
        w->has_board = board_load(&w->board, w->board_file, &problems) == LW_OK;
    int errors = verb_print_problems(&problems);
    problems_finish(&problems);
    if (errors)
        return EXIT_FAILED;
    if (mkdir(w->out, 0777) != 0 && errno != EEXIST) {
        lw_fail(&err, LW_MSG_FILE_WRITE, w->out, strerror(errno));
        return verb_fail(&err, EXIT_FAILED);
    }
    enum lw_msg rc = LW_OK;
    for (int i = 0; !rc && i < w->captures.count; i++) {
        w->poses[i].captured = &w->captures.poses[i];
        rc = work_pose(w, &w->poses[i], &err);
    }
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    rc = solve(w, &err);
    if (write_result(w, rc, &err, &write_err))
        return verb_fail(&write_err, EXIT_FAILED);
    if (rc)
        return verb_fail(&err, EXIT_FAILED);
    snprintf(w->result.camera, sizeof w->result.camera, "pictures %dx%d", w->camera_width, w->camera_height);
    snprintf(w->result.projector, sizeof w->result.projector, "pictures %dx%d", w->width, w->height);
    w->result.wall_ms = (int64_t)time(NULL) * 1000;
    snprintf(path, sizeof path, "%s/calibration.cfg", w->out);
    return calibration_save(&w->result, path, &err) ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}

static void finish(struct work *w)
{
    for (int i = 0; i < w->captures.count; i++) {
        decode_finish(&w->poses[i].pairs);
        board_seen_finish(&w->poses[i].seen);
        image_finish(&w->poses[i].white);
    }
    captures_finish(&w->captures);
    if (w->has_bench)
        station_config_finish(&w->config);
    free(w);
}

static bool parse_size(const char *text, int *width, int *height)
{
    char rest;
    return text && sscanf(text, "%5dx%5d%c", width, height, &rest) == 2 && *width >= 64 && *height >= 64 &&
           *width <= 16384 && *height <= 16384;
}

int verb_calibrate_pictures(int argc, char **argv)
{
    struct work *w = calloc(1, sizeof *w);
    const char *rest[ARGUMENTS_REST];
    int rest_count, code = EXIT_FAILED;
    struct lw_error err = {0};
    if (!w)
        return EXIT_FAILED;
    w->flat_pose = -1;
    const struct argument table[] = {
        {"pictures", ARGUMENT_TEXT, &w->pictures, N_("LIST.csv"), N_("The pictures: pose,role,bit,inverse,picture.")},
        {"board", ARGUMENT_TEXT, &w->board_file, N_("FILE"), N_("The printed board that the poses show.")},
        {"projector", ARGUMENT_TEXT, &w->size, N_("WxH"), N_("The projector's size, as 1920x1080.")},
        {"out", ARGUMENT_TEXT, &w->out, N_("DIR"), N_("Folder for result.json, pairs_POSE.csv and calibration.cfg.")},
        {"station", ARGUMENT_TEXT, &w->station, N_("FILE"), N_("Poses without a board show this station's bench.")},
        {"raised", ARGUMENT_REAL, &w->raised_mm, "MM", N_("The second pose without a board shows a box of this height.")},
    };
    if (verb_arguments(argc, argv, table, COUNT(table), N_("calibrate --pictures LIST.csv --projector WxH --out DIR [OPTION…]"),
                       N_("Solves captures that were taken before, or elsewhere."), rest, &rest_count, &code)) {
        if (rest_count || !w->pictures || !w->out || w->raised_mm < 0 || !parse_size(w->size, &w->width, &w->height)) {
            lw_fail(&err, LW_MSG_USAGE, _("--pictures, --projector WxH and --out are needed"));
            code = verb_fail(&err, EXIT_USAGE);
        } else if (w->station && !verb_read_station(&w->config, w->station)) {
            code = EXIT_FAILED;
        } else {
            w->has_bench = w->station != NULL;
            code = run(w);
        }
    }
    finish(w);
    return code;
}
