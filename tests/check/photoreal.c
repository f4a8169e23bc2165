#include "photoreal.h"

#include "cv_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MARGIN_MM  40.0 /* of the look light around the case */
#define HEIGHT_MM  10.0 /* of an item when the coach gives none */
#define HALF_X_MM  120.0 /* of a taught picture */
#define HALF_Y_MM  70.0
#define NOISE_GREY 1.5 /* of a median of three frames */
#define TOLERANCE_MM 7.0
#define TOLERANCE_RAD 0.14

char photoreal_items[PHOTOREAL_ITEMS][32];

#define RIGHT(v, i, b) {b, "ok_" #i v, "right", "accept", i - 1}
#define RIGHTS(v)                                                                                                       \
    RIGHT(v, 1, "empty"), RIGHT(v, 2, "ok_1" v), RIGHT(v, 3, "ok_2" v), RIGHT(v, 4, "ok_3" v), RIGHT(v, 5, "ok_4" v),   \
        RIGHT(v, 6, "ok_5" v), RIGHT(v, 7, "ok_6" v), RIGHT(v, 8, "ok_7" v)
#define MISSING(i, s) {s, s "~2", "missing", "missing", i - 1}
const struct photoreal_case photoreal_cases[] = {
    RIGHTS("b"), RIGHTS("c"), MISSING(1, "empty"), MISSING(2, "ok_1b"), MISSING(3, "ok_2b"), MISSING(4, "ok_3b"),
    MISSING(5, "ok_4b"), MISSING(6, "ok_5b"), MISSING(7, "ok_6b"), MISSING(8, "ok_7b"),
    {"ok_1b", "wrong_2", "wrong", "other_item", 1}, {"ok_2b", "wrong_3", "wrong", "other_item", 2},
    {"ok_3b", "wrong_4", "wrong", "other_item", 3}, {"empty", "flip_1", "flip", "turned", 0},
    {"ok_2b", "flip_3", "flip", "turned", 2}, {"ok_3b", "flip_4", "flip", "turned", 3},
    {"ok_2b", "shift_3", "shift", "elsewhere", 2}, {"ok_5b", "shift_6", "shift", "elsewhere", 5},
    {"ok_6b", "double_7", "double", "too_many", 6}, {"ok_4b", "foreign_1", "foreign", "unknown,other_item", 4},
    {"ok_7b", "foreign_2", "foreign", "unknown,other_item", 7}, {"ok_1b", "hand_2", "hand", "hand", 1},
    {"ok_4b", "hand_5", "hand", "hand", 4}, {"ok_1b", "handitem_2", "hand", "hand", 1},
    {"moved_ok_4b", "moved_ok_5b", "right", "accept", 4},
    {"ok_4b", "ok_3b", "taken", "moved", 4}, {"ok_7b", "ok_6b", "taken", "moved", 7}, {"ok_2b", "ok_1b", "taken", "moved", 2},
};
const int photoreal_case_count = sizeof photoreal_cases / sizeof photoreal_cases[0];

static void read_camera(const char *line, struct model *m)
{
    struct lens *l = &m->camera.lens;
    struct pose *p = &m->camera.T_device_from_bench;
    sscanf(line, "%*s %lf %lf %lf %lf %lf %lf %lf %lf %d %d %lf %lf %lf %lf %lf %lf", &l->fx, &l->fy, &l->cx, &l->cy,
           &l->k1, &l->k2, &l->p1, &l->p2, &l->width, &l->height, &p->rotation[0], &p->rotation[1], &p->rotation[2],
           &p->translation_mm[0], &p->translation_mm[1], &p->translation_mm[2]);
    pinhole_update(&m->camera);
}

static void read_case(const char *line, struct photoreal *p, struct rigid *T)
{
    double deg;
    sscanf(line, "%*s %lf %lf %lf %lf %lf %lf", &p->case_width_mm, &p->case_depth_mm, &p->case_height_mm, &T->x_mm,
           &T->y_mm, &deg);
    T->angle_rad = rad_from_deg(deg);
}

static void read_place(const char *line, struct photoreal *p)
{
    int i;
    char id[32];
    double x, y, z;
    if (sscanf(line, "%*s %d %31s %lf %lf %lf", &i, id, &x, &y, &z) != 5 || i < 1 || i > PHOTOREAL_ITEMS)
        return;
    snprintf(photoreal_items[i - 1], sizeof photoreal_items[0], "%s", id);
    p->places[i - 1] = (struct rigid){x, y, 0};
    p->place_z_mm[i - 1] = z;
}

enum lw_msg photoreal_open(struct photoreal *p, const char *folder, struct lw_error *err)
{
    char path[300], line[600];
    double w = 0, d = 0;
    *p = (struct photoreal){0};
    snprintf(p->folder, sizeof p->folder, "%s", folder);
    snprintf(path, sizeof path, "%s/index", folder);
    FILE *f = fopen(path, "r");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_OPEN, path, "no kept looks there");
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "camera ", 7))
            read_camera(line, &p->model);
        else if (!strncmp(line, "bumped ", 7))
            read_camera(line, &p->bumped);
        else if (!strncmp(line, "case ", 5))
            read_case(line, p, &p->T_case);
        else if (!strncmp(line, "moved ", 6))
            read_case(line, p, &p->T_moved);
        else if (!strncmp(line, "place ", 6))
            read_place(line, p);
        else if (!strncmp(line, "bench ", 6))
            sscanf(line, "%*s %lf %lf", &w, &d);
    }
    fclose(f);
    p->model.bench_width_mm = p->bumped.bench_width_mm = w;
    p->model.bench_depth_mm = p->bumped.bench_depth_mm = d;
    return LW_OK;
}

void photoreal_close(struct photoreal *p)
{
    image_finish(&p->carrier.picture);
    check_destroy(&p->check);
}

enum lw_msg photoreal_look(const struct photoreal *p, const char *set, const char *state, struct image *out,
                           struct lw_error *err)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s/%s.png", p->folder, set, state);
    return cv_picture_read(path, IMAGE_BGR8, out, err);
}

static const struct model *model_of(const struct photoreal *p, const char *set)
{
    return strncmp(set, "bumped", 6) ? &p->model : &p->bumped;
}

static enum lw_msg teach_case(struct photoreal *p, const char *set, struct lw_error *err)
{
    struct image look = {0};
    p->carrier = (struct carrier_taught){.mm_per_px = 1, .width_mm = p->case_width_mm, .depth_mm = p->case_depth_mm,
                                         .height_mm = p->case_height_mm};
    double x = p->case_width_mm / 2 + 20, y = p->case_depth_mm / 2 + 20;
    struct view_grid g = view_grid_make(p->T_case, -x, -y, x, y, p->case_height_mm, 1);
    enum lw_msg rc = photoreal_look(p, set, "empty@bench", &look, err);
    rc = rc ? rc : view_rectify(model_of(p, set), &look, &g, &p->carrier.picture, err);
    image_finish(&look);
    return rc;
}

static enum lw_msg teach_item(struct photoreal *p, const char *set, int i, struct lw_error *err)
{
    struct image before = {0}, after = {0};
    struct check_reference r = {.mm_per_px = 0.75};
    const struct check_item_options o = {.tolerance_mm = TOLERANCE_MM, .tolerance_rad = TOLERANCE_RAD,
                                         .orientation_matters = true, .height_mm = HEIGHT_MM};
    char was[16], is[16];
    snprintf(was, sizeof was, i ? "ok_%da" : "empty", i);
    snprintf(is, sizeof is, "ok_%da", i + 1);
    struct view_grid g = view_grid_make(rigid_mul(p->T_case, p->places[i]), -HALF_X_MM, -HALF_Y_MM, HALF_X_MM, HALF_Y_MM,
                                        check_plane_mm(p->place_z_mm[i], HEIGHT_MM), r.mm_per_px);
    enum lw_msg rc = photoreal_look(p, set, was, &before, err);
    rc = rc ? rc : photoreal_look(p, set, is, &after, err);
    rc = rc ? rc : view_rectify(model_of(p, set), &before, &g, &r.before, err);
    rc = rc ? rc : view_rectify(model_of(p, set), &after, &g, &r.after, err);
    rc = rc ? rc : check_teach_item(p->check, photoreal_items[i], &o, &r, 1, err);
    image_finish(&before);
    image_finish(&after);
    image_finish(&r.before);
    image_finish(&r.after);
    return rc;
}

enum lw_msg photoreal_teach(struct photoreal *p, const char *set, struct lw_error *err)
{
    if (!strcmp(set, p->taught_set))
        return LW_OK;
    photoreal_close(p);
    snprintf(p->taught_set, sizeof p->taught_set, "%s", set);
    enum lw_msg rc = teach_case(p, set, err);
    rc = rc ? rc : check_create(&p->check, err);
    for (int i = 0; i < PHOTOREAL_ITEMS && !rc; i++)
        rc = teach_item(p, set, i, err);
    return rc ? rc : check_finish_teaching(p->check, err);
}

static bool kept(const struct photoreal *p, const char *set, const char *state)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s/%s.png", p->folder, set, state);
    return access(path, R_OK) == 0;
}

bool photoreal_has(const struct photoreal *p, const char *set, const struct photoreal_case *c)
{
    return kept(p, set, c->before) && kept(p, set, c->after);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* As the station follows a case that it knows; from where it lies in truth, 8 mm and 2 degrees off. */
static enum lw_msg follow(const struct photoreal *p, const char *set, const struct image *look, struct rigid *T,
                          struct lw_error *err)
{
    struct carrier_found found;
    enum lw_msg rc = carrier_refine(model_of(p, set), look, &p->carrier, *T, &found, err);
    if (rc)
        rc = carrier_find(model_of(p, set), look, &p->carrier, &found, err);
    if (!rc)
        *T = found.T_bench_from_carrier;
    return rc;
}

static void light_polygon(const struct photoreal *p, struct rigid T, struct bench_mm lit[4])
{
    double x = p->case_width_mm / 2 + MARGIN_MM, y = p->case_depth_mm / 2 + MARGIN_MM;
    const struct local_mm c[4] = {{-x, -y}, {x, -y}, {x, y}, {-x, y}};
    for (int i = 0; i < 4; i++) {
        struct local_mm b = rigid_apply(T, c[i]);
        lit[i] = (struct bench_mm){fmin(fmax(b.x, 0), p->model.bench_width_mm), fmin(fmax(b.y, 0), p->model.bench_depth_mm), 0};
    }
}

static void write_pictures(const struct photoreal *p, const struct check_look *look, const struct check_place *places,
                           const struct photoreal_options *o, const struct photoreal_row *r)
{
    struct check_straight s = {0};
    struct image sheet = {0};
    struct lw_error err = {0};
    char path[500];
    if (check_look_straight(p->check, look, places, PHOTOREAL_ITEMS, r->place, &s, &err) ||
        image_init(&sheet, 2 * s.after.width, 2 * s.after.height, IMAGE_BGR8, &err))
        return;
    int w = s.after.width, h = s.after.height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const uint8_t *a = image_row(&s.before, y) + 3 * x, *b = image_row(&s.after, y) + 3 * x;
            int label = image_row(&s.labels, y)[x];
            uint8_t *to[4] = {image_row(&sheet, y) + 3 * x, image_row(&sheet, y) + 3 * (x + w),
                              image_row(&sheet, y + h) + 3 * x, image_row(&sheet, y + h) + 3 * (x + w)};
            for (int k = 0; k < 3; k++) {
                to[0][k] = a[k], to[1][k] = b[k], to[2][k] = image_row(&s.plain, y)[3 * x + k];
                to[3][k] = image_row(&s.doubt, y)[x] ? (uint8_t)(b[k] / 2 + (k == 1 ? 90 : 0)) : label ? (uint8_t)(b[k] / 2 + ((label * 67 + k * 89) & 127)) : (uint8_t)(b[k] / 2);
            }
        }
    for (int i = 0; i < r->verdict.outline_count; i++) {
        double x, y;
        struct local_mm at = rigid_apply(rigid_inverse(s.grid.T_bench_from_local),
                                         (struct local_mm){r->verdict.outline[i].x, r->verdict.outline[i].y});
        view_px_from_local(&s.grid, at, &x, &y);
        if (x >= 0 && y >= 0 && x < w && y < h)
            memcpy(image_row(&sheet, (int)y) + 3 * ((int)x + w), (uint8_t[]){0, 0, 255}, 3);
    }
    snprintf(path, sizeof path, "%s/%s-%s%s-%s-%s.png", o->pictures, r->set, r->state, r->again ? "~2" : "",
             verdict_result_name(r->verdict.result), verdict_reason_name(r->verdict.reason));
    cv_picture_write(path, &sheet, &err);
    image_finish(&sheet);
    check_straight_finish(&s);
}

static void grade(const struct photoreal_case *c, struct photoreal_row *r)
{
    bool right = !strcmp(c->want, "accept"), accepted = r->verdict.result == VERDICT_ACCEPT;
    bool asked = r->verdict.result == VERDICT_CONFIRM;
    r->right_reason = right ? accepted : !accepted && strstr(c->want, verdict_reason_name(r->verdict.reason)) != NULL;
    r->wrong_accept = !right && accepted;
    r->good = right ? accepted : !accepted && !asked;
}

static enum lw_msg judge(const struct photoreal *p, const char *set, const struct photoreal_case *c, const struct image *before,
                         const struct image *after, const struct photoreal_options *o, struct photoreal_row *r,
                         struct lw_error *err)
{
    struct check_place places[PHOTOREAL_ITEMS];
    struct rigid truth = strncmp(c->after, "moved", 5) ? p->T_case : p->T_moved;
    struct rigid T = truth, was;
    struct bench_mm lit[4];
    enum lw_msg rc = follow(p, set, before, &T, err);
    was = T;
    rc = rc ? rc : follow(p, set, after, &T, err);
    if (rc)
        return rc;
    bool pushed = hypot(T.x_mm - was.x_mm, T.y_mm - was.y_mm) > 1.5 || fabs(T.angle_rad - was.angle_rad) > 0.009;
    if (!pushed)
        T = was;
    r->case_mm = hypot(T.x_mm - truth.x_mm, T.y_mm - truth.y_mm);
    r->case_deg = deg_from_rad(fabs(T.angle_rad - truth.angle_rad));
    for (int i = 0; i < PHOTOREAL_ITEMS; i++)
        places[i] = (struct check_place){.T_bench_from_place = rigid_mul(T, p->places[i]),
                                         .T_bench_from_place_before = rigid_mul(was, p->places[i]),
                                         .z_mm = p->place_z_mm[i], .item = i, .filled = i < c->place};
    light_polygon(p, was, lit);
    struct check_look look = {.model = model_of(p, set), .before = before, .after = after, .noise_grey = NOISE_GREY,
                              .lit = lit, .lit_corners = 4};
    double t0 = cpu_ms();
    rc = check_judge(p->check, &look, places, PHOTOREAL_ITEMS, c->place, &r->verdict, err);
    r->judge_ms = cpu_ms() - t0;
    if (rc)
        return rc;
    grade(c, r);
    if (o->pictures && (!r->good || o->only || o->verbose))
        write_pictures(p, &look, places, o, r);
    return LW_OK;
}

enum lw_msg photoreal_check(const struct photoreal *p, const char *set, const struct photoreal_case *c, bool again,
                            const struct photoreal_options *o, struct photoreal_row *out, struct lw_error *err)
{
    struct image before = {0}, after = {0};
    char name[40];
    *out = (struct photoreal_row){.state = c->after, .want = c->want, .place = c->place, .again = again};
    snprintf(out->set, sizeof out->set, "%s", set);
    snprintf(out->kind, sizeof out->kind, "%s", c->kind);
    snprintf(name, sizeof name, "%s%s", c->after, again && !strchr(c->after, '~') ? "~2" : "");
    if (!kept(p, set, name))
        snprintf(name, sizeof name, "%s", c->after);
    enum lw_msg rc = photoreal_look(p, o->before_set ? o->before_set : set, c->before, &before, err);
    rc = rc ? rc : photoreal_look(p, set, name, &after, err);
    rc = rc ? rc : judge(p, set, c, &before, &after, o, out, err);
    image_finish(&before);
    image_finish(&after);
    return rc;
}

enum lw_msg photoreal_inventory(const struct photoreal *p, const char *set, const char *state, int found[PHOTOREAL_ITEMS],
                                struct lw_error *err)
{
    struct image look = {0};
    struct check_place places[PHOTOREAL_ITEMS];
    struct rigid T = strncmp(state, "moved", 5) ? p->T_case : p->T_moved;
    enum lw_msg rc = photoreal_look(p, set, state, &look, err);
    rc = rc ? rc : follow(p, set, &look, &T, err);
    for (int i = 0; i < PHOTOREAL_ITEMS; i++)
        places[i] = (struct check_place){.T_bench_from_place = rigid_mul(T, p->places[i]),
                                         .T_bench_from_place_before = rigid_mul(T, p->places[i]),
                                         .z_mm = p->place_z_mm[i], .item = i};
    const struct check_look l = {.model = model_of(p, set), .before = &look, .after = &look, .noise_grey = NOISE_GREY};
    rc = rc ? rc : check_inventory(p->check, &l, places, PHOTOREAL_ITEMS, found, err);
    image_finish(&look);
    return rc;
}
