#include "teach.h"

#include "carrier_measure.h"
#include "cv_picture.h"
#include "log.h"
#include "pack_session.h"
#include "teach_ask.h"
#include "workflow_taught.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PICTURE_MM_PER_PX 0.75
#define HALF_MM 130.0         /* how far around a place a change is looked for */
#define MARGIN_MM 25.0        /* kept around what changed */
#define RIM_MARGIN_MM 20.0
#define LOOK_TRIES 10
#define LAID_MIN_MM2 60.0     /* less is grain and moving light: a thin probe of 170 mm covers 350 */
#define CHANGED_SIGMAS 6.0
#define CHANGED_MIN_GREY 10.0

struct teach {
    struct pack p; /* light, places and looks are those of packing */
    struct workflow *w;
    const struct teach_options *o;
};

/* ---- asking ---- */

/* Until something was laid and lies still, or somebody says so; only what is pressed after the question counts. */
static enum lw_msg wait_laid(struct guide *g, struct lw_error *err)
{
    struct press press;
    int64_t since_ns = clock_now_ns(&g->clock);
    teach_forget_presses(g);
    while (!g->quit) {
        guide_tick(g);
        while (guide_press(g, &press))
            if (press.kind == PRESS_NEXT || press.kind == PRESS_DONE)
                return LW_OK;
        if (guide_settled(g, since_ns) && !g->seen.hand)
            return LW_OK;
    }
    return lw_fail(err, LW_MSG_ENDED);
}

static enum lw_msg look(struct guide *g, const struct guide_light *light, struct guide_look *out, struct lw_error *err)
{
    enum lw_msg rc = teach_look(g, light, out, err);
    if (rc || out->trouble == REASON_NONE)
        return rc;
    rc = lw_fail(err, LW_MSG_LOOK_TROUBLE, verdict_reason_name(out->trouble));
    guide_look_finish(out);
    return rc;
}

/* ---- writing ---- */

static enum lw_msg write_picture(const struct workflow *w, const char *name, const struct image *picture,
                                 struct lw_error *err)
{
    char path[512], folder[512];
    workflow_path(w, "taught", folder, sizeof folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return lw_fail(err, LW_MSG_FOLDER_MAKE, folder, strerror(errno));
    return cv_picture_write(workflow_path(w, name, path, sizeof path), picture, err);
}

static void set_text(char **field, const char *value)
{
    free(*field);
    *field = strdup(value);
}

/* ---- the case ---- */

static enum lw_msg keep_carrier(struct teach *t, int carrier, const struct image *frame, struct lw_error *err)
{
    struct workflow_carrier *c = &t->w->carriers[carrier];
    struct image picture = {0};
    char name[128];
    double w = c->width_mm / 2 + RIM_MARGIN_MM, d = c->depth_mm / 2 + RIM_MARGIN_MM;
    struct view_grid grid = view_grid_make(t->p.T_bench_from_carrier[carrier], -w, -d, w, d, c->height_mm, 1.0);
    enum lw_msg rc = view_rectify(&t->p.g->calibration.model, frame, &grid, &picture, err);
    snprintf(name, sizeof name, "taught/%s.png", c->id);
    rc = rc ? rc : write_picture(t->w, name, &picture, err);
    image_finish(&picture);
    if (!rc) {
        set_text(&c->taught, name);
        c->taught_mm_per_px = grid.mm_per_px;
        rc = workflow_write_taught(t->w->folder, t->w, err);
    }
    return rc;
}

static enum lw_msg teach_carrier(struct teach *t, int carrier, struct lw_error *err)
{
    struct guide *g = t->p.g;
    const struct workflow_carrier *c = &t->w->carriers[carrier];
    struct guide_look before = {0}, after = {0};
    struct carrier_found found;
    struct bench_mm corners[4];
    struct guide_light light = guide_light_bench(g, t->p.level);
    show_message(g, "clear-bench", _("Make the bench empty, please"), NULL, NULL);
    guide_ask(g, "clear_bench", "next", NULL, 0, NULL);
    enum lw_msg rc = wait_laid(g, err);
    rc = rc ? rc : look(g, &light, &before, err);
    if (rc)
        return rc;
    show_rectangle(c->T_bench_from_home, c->width_mm, c->depth_mm, 0, corners);
    show_ask_at(g, corners, 4, "case-here", _("Lay the empty case here"));
    guide_ask(g, "case_empty", "next", corners, 4, json_pack("{s:s}", "carrier", c->id));
    rc = wait_laid(g, err);
    rc = rc ? rc : look(g, &light, &after, err);
    rc = rc ? rc : carrier_measure(&g->calibration.model, &before.picture, &after.picture, c->width_mm, c->depth_mm,
                                   c->height_mm, c->T_bench_from_home, &found, err);
    if (!rc) {
        t->p.T_bench_from_carrier[carrier] = found.T_bench_from_carrier;
        lw_log(LW_LOG_INFO, "teach", "%s lies at %.1f, %.1f mm, %.2f degrees", c->id,
               found.T_bench_from_carrier.x_mm, found.T_bench_from_carrier.y_mm,
               deg_from_rad(found.T_bench_from_carrier.angle_rad));
        rc = keep_carrier(t, carrier, &after.picture, err);
    }
    guide_look_finish(&before);
    guide_look_finish(&after);
    return rc;
}

/* ---- a thing ---- */

/* Half sizes (mm) of what changed around the place, in its frame; returns its area in mm2. */
static double changed_extent(const struct view_grid *g, const struct image *a, const struct image *b, double noise,
                             double *half_x, double *half_y)
{
    double threshold = fmax(CHANGED_MIN_GREY, CHANGED_SIGMAS * noise), area = 0;
    *half_x = *half_y = 0;
    for (int y = 1; y + 1 < a->height; y++)
        for (int x = 1; x + 1 < a->width; x++) {
            int votes = 0;
            for (int k = 0; k < 9; k++) {
                const uint8_t *p = image_row(a, y + k / 3 - 1) + 3 * (x + k % 3 - 1);
                const uint8_t *q = image_row(b, y + k / 3 - 1) + 3 * (x + k % 3 - 1);
                votes += abs(p[0] - q[0]) > threshold || abs(p[1] - q[1]) > threshold || abs(p[2] - q[2]) > threshold;
            }
            if (votes < 6)
                continue;
            struct local_mm l = view_local_from_px(g, x, y);
            *half_x = fmax(*half_x, fabs(l.x));
            *half_y = fmax(*half_y, fabs(l.y));
            area += g->mm_per_px * g->mm_per_px;
        }
    return area;
}

static enum lw_msg rectify_place(struct teach *t, int place, double half_x, double half_y, const struct image *frame,
                                 struct view_grid *grid, struct image *out, struct lw_error *err)
{
    const struct workflow_place *pl = &t->w->places[place];
    double z_mm = check_plane_mm(pl->z_mm, t->w->items[pl->item].height_mm);
    *grid = view_grid_make(t->p.places[place].T_bench_from_place, -half_x, -half_y, half_x, half_y, z_mm,
                           PICTURE_MM_PER_PX);
    return view_rectify(&t->p.g->calibration.model, frame, grid, out, err);
}

static enum lw_msg add_reference(struct workflow_item *item, const char *before, const char *after,
                                 struct lw_error *err)
{
    struct workflow_reference *r = realloc(item->references, sizeof *r * (size_t)(item->reference_count + 1));
    if (!r)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    item->references = r;
    r[item->reference_count++] = (struct workflow_reference){strdup(before), strdup(after), PICTURE_MM_PER_PX};
    return LW_OK;
}

static enum lw_msg keep_reference(struct teach *t, int place, int laying, const struct guide_look *after,
                                  struct lw_error *err)
{
    struct workflow_item *item = &t->w->items[t->w->places[place].item];
    struct image a = {0}, b = {0};
    struct view_grid grid;
    double half_x, half_y;
    char before_name[128], after_name[128];
    enum lw_msg rc = rectify_place(t, place, HALF_MM, HALF_MM, &t->p.before, &grid, &a, err);
    rc = rc ? rc : rectify_place(t, place, HALF_MM, HALF_MM, &after->picture, &grid, &b, err);
    if (!rc) {
        if (changed_extent(&grid, &a, &b, after->noise_grey, &half_x, &half_y) < LAID_MIN_MM2)
            rc = lw_fail(err, LW_MSG_NOTHING_LAID, workflow_text(&item->name));
        else if (fmax(half_x, half_y) > HALF_MM - 3)
            rc = lw_fail(err, LW_MSG_LOOK_TROUBLE, verdict_reason_name(REASON_HAND)); /* it reaches out of view */
    }
    image_finish(&a);
    image_finish(&b);
    snprintf(before_name, sizeof before_name, "taught/%s-%d-before.png", item->id, laying);
    snprintf(after_name, sizeof after_name, "taught/%s-%d.png", item->id, laying);
    if (!rc) {
        half_x = fmin(HALF_MM, half_x + MARGIN_MM);
        half_y = fmin(HALF_MM, half_y + MARGIN_MM);
        rc = rectify_place(t, place, half_x, half_y, &t->p.before, &grid, &a, err);
    }
    rc = rc ? rc : rectify_place(t, place, half_x, half_y, &after->picture, &grid, &b, err);
    rc = rc ? rc : write_picture(t->w, before_name, &a, err);
    rc = rc ? rc : write_picture(t->w, after_name, &b, err);
    rc = rc ? rc : add_reference(item, before_name, after_name, err);
    image_finish(&a);
    image_finish(&b);
    return rc;
}

static void ask_lay(struct teach *t, int place, int laying)
{
    struct bench_mm outline[4];
    const struct workflow_item *item = &t->w->items[t->w->places[place].item];
    struct rigid T = t->p.places[place].T_bench_from_place;
    char line[160];
    show_rectangle(T, 60, 20, t->w->places[place].z_mm, outline);
    snprintf(line, sizeof line, laying == 1 ? _("Lay here: %s") : _("Once more, a little different: %s"),
             workflow_text(&item->name));
    show_ask_at(t->p.g, outline, 4, NULL, line);
    guide_ask(t->p.g, laying == 1 ? "lay_item" : "lay_again", "next", outline, 4,
              json_pack("{s:s,s:s,s:[f,f,f]}", "item", item->id, "place", t->w->places[place].id, "place_mm", T.x_mm,
                        T.y_mm, T.angle_rad));
}

static void forget_references(struct workflow_item *item)
{
    for (int i = 0; i < item->reference_count; i++) {
        free(item->references[i].before);
        free(item->references[i].after);
    }
    item->reference_count = 0;
}

static bool worth_another_look(enum lw_msg rc)
{
    return rc == LW_MSG_NOTHING_LAID || rc == LW_MSG_LOOK_TROUBLE;
}

/* Lays, looks and keeps, `layings` times; the last one stays and belongs to the next thing's before look. */
static enum lw_msg teach_item(struct teach *t, int step, struct lw_error *err)
{
    int place = t->w->steps[step].place;
    struct guide *g = t->p.g;
    struct guide_look after = {0};
    enum lw_msg rc = LW_OK;
    for (int tries = 0; !pack_survey(&t->p, step); tries++) {
        if (g->quit || tries > 10)
            return lw_fail(err, g->quit ? LW_MSG_ENDED : LW_MSG_NO_PICTURES);
        guide_wait(g, 0.5);
    }
    forget_references(&t->w->items[t->w->places[place].item]);
    for (int laying = 1; !rc && laying <= t->o->layings; laying++) {
        ask_lay(t, place, laying);
        for (int tries = 0; tries == 0 || (worth_another_look(rc) && tries < LOOK_TRIES); tries++) {
            guide_look_finish(&after);
            if (tries > 0) { /* the same question once more */
                g->asks--;
                ask_lay(t, place, laying);
            }
            rc = wait_laid(g, err);
            rc = rc ? rc : look(g, &t->p.before_light, &after, err);
            rc = rc ? rc : keep_reference(t, place, laying, &after, err);
        }
    }
    guide_look_finish(&after);
    return rc ? rc : workflow_write_taught(t->w->folder, t->w, err);
}

/* ---- all ---- */

static enum lw_msg teach_all(struct teach *t, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    bool *taught = calloc((size_t)t->w->item_count + 1, sizeof *taught);
    if (!taught)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 1; i < t->w->carrier_count && !rc; i++)
        rc = teach_carrier(t, i, err);
    pack_update_places(&t->p);
    for (int i = 0; i < t->w->step_count && !rc; i++) {
        int place = t->w->steps[i].place;
        int item = place >= 0 ? t->w->places[place].item : -1;
        if (item < 0 || taught[item] || (t->o->item && strcmp(t->o->item, t->w->items[item].id) != 0))
            continue;
        rc = teach_item(t, i, err);
        taught[item] = true;
        lw_log(LW_LOG_INFO, "teach", "%s: %s", t->w->items[item].id, rc ? err->text : "taught");
    }
    free(taught);
    return rc;
}

enum lw_msg teach_run(struct guide *g, struct workflow *w, const struct teach_options *o, struct lw_error *err)
{
    struct teach t = {.p = {.g = g, .w = w, .count = w->step_count, .level = PACK_FIRST_LEVEL}, .w = w, .o = o};
    enum lw_msg rc = pack_allocate(&t.p, err);
    rc = rc ? rc : teach_all(&t, err);
    pack_free(&t.p);
    if (!rc)
        show_message(g, "well-done", _("Taught. Try it with run"), NULL, NULL);
    return rc;
}
