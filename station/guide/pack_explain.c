/* Keeps looks: DATA/explain/NUMBER-STEP-RESULT-REASON/ with explain.png (before, after, what changed, outlines), look.json,
 * and before.png, after.png, calibration.cfg to judge it again (explain_again.c). Outside of the kept region pictures are
 * black. */
#include "pack_session.h"

#include "cv_picture.h"
#include "explain.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_MM 25.0 /* around the item's outline */
#define PANEL_MM_PER_PX 0.5
#define PANELS 4
#define CORNERS 4

/* ---- the folder ---- */

static void remove_look(const char *folder)
{
    char path[1024];
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(folder);
}

static int looks_only(const struct dirent *e)
{
    return e->d_name[0] >= '0' && e->d_name[0] <= '9';
}

/* Removes the oldest beyond EXPLAIN_MOST - 1; returns the number of the next. */
static int make_room(const char *folder)
{
    struct dirent **list = NULL;
    char path[1024];
    int count = scandir(folder, &list, looks_only, alphasort), next = 1;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        if (i < count - EXPLAIN_MOST + 1)
            remove_look(path);
        next = atoi(list[i]->d_name) + 1;
        free(list[i]);
    }
    free(list);
    return next;
}

static bool make_folder(const struct pack *p, int step, const struct verdict *v, char name[128], char path[768])
{
    const char *root = p->g->explain_folder;
    if (mkdir(root, 0700) != 0 && errno != EEXIST)
        return false;
    snprintf(name, 128, "%06d-%.60s-%s%s%s", make_room(root), p->w->steps[p->first + step].id, verdict_result_name(v->result),
             v->reason ? "-" : "", v->reason ? verdict_reason_name(v->reason) : "");
    snprintf(path, 768, "%s/%s", root, name);
    return mkdir(path, 0700) == 0;
}

/* ---- the region ---- */

/* Of the item in its place's frame: x0, y0, x1, y1. */
static void item_box(const struct pack *p, int place, double box[4])
{
    struct local_mm points[SCENE_POINTS];
    int count = check_item_outline(p->taught.check, p->places[place].item, points, SCENE_POINTS);
    box[0] = box[1] = 0;
    box[2] = box[3] = 0;
    for (int i = 0; i < count; i++) {
        box[0] = fmin(box[0], points[i].x), box[1] = fmin(box[1], points[i].y);
        box[2] = fmax(box[2], points[i].x), box[3] = fmax(box[3], points[i].y);
    }
    for (int i = 0; i < 4; i++)
        box[i] += i < 2 ? -ROOM_MM : ROOM_MM;
}

static void box_on_bench(struct rigid T, const double box[4], double z_mm, struct bench_mm out[CORNERS])
{
    for (int i = 0; i < CORNERS; i++) {
        struct local_mm b = rigid_apply(T, (struct local_mm){box[i == 1 || i == 2 ? 2 : 0], box[i >= 2 ? 3 : 1]});
        out[i] = (struct bench_mm){b.x, b.y, z_mm};
    }
}

static bool inside(const struct cam_px *p, int count, double x, double y)
{
    bool in = false;
    for (int i = 0, j = count - 1; i < count; j = i++)
        if ((p[i].y > y) != (p[j].y > y) && x < (p[j].x - p[i].x) * (y - p[i].y) / (p[j].y - p[i].y) + p[i].x)
            in = !in;
    return in;
}

/* Writes what lies in the polygon, black around it; `crop` says where its corner lies in the camera picture. */
static enum lw_msg write_crop(const struct pack *p, const struct image *picture, const struct bench_mm *polygon, int corners,
                              const char *path, int crop[2], struct lw_error *err)
{
    struct cam_px px[LOOK_CORNERS];
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    struct image out = {0};
    for (int i = 0; i < corners; i++) {
        if (!model_cam_from_bench(&p->g->calibration.model, polygon[i], &px[i]))
            return lw_fail(err, LW_MSG_BUG, "a look outside of the picture");
        x0 = fmin(x0, px[i].x), x1 = fmax(x1, px[i].x), y0 = fmin(y0, px[i].y), y1 = fmax(y1, px[i].y);
    }
    struct image window = image_window(picture, (int)fmax(x0, 0), (int)fmax(y0, 0), (int)(x1 - fmax(x0, 0)) + 1,
                                       (int)(y1 - fmax(y0, 0)) + 1);
    crop[0] = (int)fmax(x0, 0);
    crop[1] = (int)fmax(y0, 0);
    enum lw_msg rc = image_copy(&out, &window, err);
    for (int y = 0; !rc && y < out.height; y++)
        for (int x = 0; x < out.width; x++)
            if (!inside(px, corners, crop[0] + x, crop[1] + y))
                memset(image_row(&out, y) + 3 * (ptrdiff_t)x, 0, 3);
    rc = rc ? rc : cv_picture_write(path, &out, err);
    image_finish(&out);
    return rc;
}

/* ---- the explanation ---- */

struct panels {
    struct image picture;
    struct rigid T_bench_from_place;
    double box[4];
    int width; /* of one */
};

static struct local_mm panel_mm(const struct panels *s, int x, int y)
{
    return (struct local_mm){s->box[0] + (x + 0.5) * PANEL_MM_PER_PX, s->box[3] - (y + 0.5) * PANEL_MM_PER_PX};
}

static void fill_panel(struct panels *s, int panel, const struct view_grid *grid, const struct image *from)
{
    struct rigid T_grid_from_place = rigid_mul(rigid_inverse(grid->T_bench_from_local), s->T_bench_from_place);
    for (int y = 0; y < s->picture.height; y++)
        for (int x = 0; x < s->width; x++) {
            double gx, gy;
            view_px_from_local(grid, rigid_apply(T_grid_from_place, panel_mm(s, x, y)), &gx, &gy);
            if (gx < -0.5 || gy < -0.5 || gx > from->width - 0.51 || gy > from->height - 0.51)
                continue;
            const uint8_t *p = image_row(from, (int)(gy + 0.5)) + (int)from->format * (ptrdiff_t)(int)(gx + 0.5);
            uint8_t *out = image_row(&s->picture, y) + 3 * (ptrdiff_t)(panel * s->width + x);
            if (from->format == IMAGE_BGR8)
                memcpy(out, p, 3);
            else
                memset(out, *p ? 255 - 30 * ((*p - 1) % 4) : 0, 3);
        }
}

static void draw_outline(struct panels *s, int panel, const struct local_mm *p, int count, const uint8_t bgr[3])
{
    for (int i = 0; i < count; i++) {
        struct local_mm a = p[i], b = p[(i + 1) % count];
        int steps = 1 + (int)(hypot(b.x - a.x, b.y - a.y) / (PANEL_MM_PER_PX / 2));
        for (int k = 0; k < steps; k++) {
            double t = (double)k / steps;
            int x = (int)((a.x + t * (b.x - a.x) - s->box[0]) / PANEL_MM_PER_PX);
            int y = (int)((s->box[3] - a.y - t * (b.y - a.y)) / PANEL_MM_PER_PX);
            if (x >= 0 && y >= 0 && x < s->width && y < s->picture.height)
                memcpy(image_row(&s->picture, y) + 3 * (ptrdiff_t)(panel * s->width + x), bgr, 3);
        }
    }
}

/* Green: the taught outline where it belongs. Yellow: laid on what was seen. Orange: the outline that was seen. */
static void draw_outlines(struct panels *s, const struct pack *p, int place, const struct verdict *v)
{
    static const uint8_t green[3] = {60, 200, 60}, yellow[3] = {40, 230, 240}, orange[3] = {30, 120, 250};
    struct local_mm points[SCENE_POINTS], moved[SCENE_POINTS];
    int item = p->places[place].item, count = check_item_outline(p->taught.check, item, points, SCENE_POINTS);
    draw_outline(s, PANELS - 1, points, count, green);
    struct rigid T_place_from_bench = rigid_inverse(s->T_bench_from_place);
    for (int i = 0; i < v->outline_count && i < SCENE_POINTS; i++)
        moved[i] = rigid_apply(T_place_from_bench, (struct local_mm){v->outline[i].x, v->outline[i].y});
    draw_outline(s, PANELS - 1, moved, v->outline_count < SCENE_POINTS ? v->outline_count : SCENE_POINTS, orange);
    for (int i = 0; i < count; i++)
        moved[i] = rigid_apply(v->offset, points[i]);
    if (v->seen_item == item)
        draw_outline(s, PANELS - 1, moved, count, yellow);
}

static enum lw_msg write_explanation(const struct pack *p, int place, const struct check_look *look, const struct verdict *v,
                                     const char *path, struct lw_error *err)
{
    struct check_straight straight;
    struct panels s = {.T_bench_from_place = p->places[place].T_bench_from_place};
    item_box(p, place, s.box);
    s.width = (int)((s.box[2] - s.box[0]) / PANEL_MM_PER_PX);
    enum lw_msg rc = check_look_straight(p->taught.check, look, p->places, p->w->place_count, place, &straight, err);
    if (rc)
        return rc;
    rc = image_init(&s.picture, PANELS * s.width, (int)((s.box[3] - s.box[1]) / PANEL_MM_PER_PX), IMAGE_BGR8, err);
    if (!rc) {
        fill_panel(&s, 0, &straight.grid, &straight.before);
        fill_panel(&s, 1, &straight.grid, &straight.after);
        fill_panel(&s, 2, &straight.grid, &straight.labels);
        fill_panel(&s, 3, &straight.grid, &straight.after);
        draw_outlines(&s, p, place, v);
        rc = cv_picture_write(path, &s.picture, err);
    }
    check_straight_finish(&straight);
    image_finish(&s.picture);
    return rc;
}

/* ---- the facts ---- */

static json_t *poses(const struct rigid *T, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("[f,f,f]", T[i].x_mm, T[i].y_mm, T[i].angle_rad));
    return list;
}

static json_t *polygon_json(const struct bench_mm *p, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("[f,f,f]", p[i].x, p[i].y, p[i].z));
    return list;
}

static json_t *facts_of(const struct pack *p, int step, const struct guide_look *look, const struct verdict *v)
{
    const struct workflow_step *st = &p->w->steps[p->first + step];
    char folder[PATH_MAX];
    json_t *filled = json_array();
    for (int i = 0; i < p->w->place_count; i++)
        if (p->places[i].filled)
            json_array_append_new(filled, json_string(p->w->places[i].id));
    json_t *f = json_pack("{s:s,s:s,s:s,s:s*,s:s,s:s*,s:s*,s:f,s:f,s:I,s:f,s:[i,i],s:[b,i],s:o}", "workflow",
                          realpath(p->w->folder, folder) ? folder : p->w->folder, "workflow_hash", p->w->hash, "step", st->id,
                          "place", st->place >= 0 ? p->w->places[st->place].id : NULL, "result", verdict_result_name(v->result),
                          "reason", v->reason ? verdict_reason_name(v->reason) : NULL, "seen",
                          v->seen_item >= 0 ? p->w->items[v->seen_item].id : NULL, "confidence", v->score, "margin", v->margin,
                          "frame", (json_int_t)v->frame, "noise_grey", look->noise_grey, "size", look->picture.width,
                          look->picture.height, "hands", p->hands.in_own, p->hands.in_other, "filled", filled);
    json_t *witnesses = pack_witness_detail(p);
    if (witnesses)
        json_object_set_new(f, "witness", witnesses);
    return f;
}

/* What it takes to judge again. */
static enum lw_msg keep_pictures(const struct pack *p, int place, const struct guide_light *light, const struct check_look *both,
                                 const char *folder, json_t *facts, struct lw_error *err)
{
    struct bench_mm now[LOOK_CORNERS], before[LOOK_CORNERS];
    double box[4];
    char path[1024];
    int crop[2], corners = CORNERS;
    item_box(p, place, box);
    box_on_bench(p->places[place].T_bench_from_place, box, p->places[place].z_mm, now);
    box_on_bench(p->places[place].T_bench_from_place_before, box, p->places[place].z_mm, before);
    if (p->g->explain == EXPLAIN_CASE) {
        corners = light->corners;
        memcpy(now, light->polygon, sizeof *now * (size_t)corners);
        memcpy(before, p->before_light.polygon, sizeof *before * (size_t)corners);
    }
    snprintf(path, sizeof path, "%s/after.png", folder);
    enum lw_msg rc = write_crop(p, both->after, now, corners, path, crop, err);
    json_object_set_new(facts, "after_at", json_pack("[i,i]", crop[0], crop[1]));
    snprintf(path, sizeof path, "%s/before.png", folder);
    rc = rc ? rc : write_crop(p, both->before, before, corners, path, crop, err);
    json_object_set_new(facts, "before_at", json_pack("[i,i]", crop[0], crop[1]));
    json_object_set_new(facts, "lit", polygon_json(now, corners));
    json_object_set_new(facts, "carriers", poses(p->T_bench_from_carrier, p->w->carrier_count));
    json_object_set_new(facts, "carriers_before", poses(p->T_before, p->w->carrier_count));
    snprintf(path, sizeof path, "%s/calibration.cfg", folder);
    return rc ? rc : calibration_save(&p->g->calibration, path, err);
}

const char *pack_explain(struct pack *p, int step, const struct guide_light *light, const struct guide_look *look,
                         const struct verdict *v)
{
    static char name[128];
    char folder[768], path[1024];
    struct lw_error err = {0};
    int place = p->w->steps[p->first + step].place;
    bool empty = p->glancing && v->result == VERDICT_REFUSE && v->reason == REASON_MISSING; /* nothing happened yet */
    if (p->g->explain == EXPLAIN_OFF || empty || !look->picture.data || !make_folder(p, step, v, name, folder))
        return NULL;
    struct check_look both = {.model = &p->g->calibration.model, .before = &p->before, .after = &look->picture,
                              .noise_grey = look->noise_grey, .frame = look->frame, .lit = light->polygon,
                              .lit_corners = light->corners};
    json_t *facts = facts_of(p, step, look, v);
    enum lw_msg rc = LW_OK;
    if (place >= 0 && p->before_valid) {
        snprintf(path, sizeof path, "%s/explain.png", folder);
        rc = write_explanation(p, place, &both, v, path, &err);
        rc = rc ? rc : keep_pictures(p, place, light, &both, folder, facts, &err);
    }
    pack_keep_regions(p, step, &look->picture, v, folder);
    snprintf(path, sizeof path, "%s/" EXPLAIN_FACTS, folder);
    if (json_dump_file(facts, path, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) != 0 && !rc)
        rc = lw_fail(&err, LW_MSG_FILE_WRITE, path, strerror(errno));
    json_decref(facts);
    if (rc)
        lw_log_error("explain", &err);
    return name;
}
