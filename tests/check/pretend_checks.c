#include "pretend_checks.h"

#include "cv_picture.h"
#include "scene.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OFF_MM 3.0
#define OFF_DEG 5.0
#define RIGHT_TIMES 2
#define SURVEY_TRIES 5

const char *const laid_names[LAID_COUNT] = {"right", "look_alike", "other", "turned", "empty", "foreign", "twin"};

/* Things that a person may take for one another. */
static const char *const families[][6] = {
    {"mirror", "probe", "explorer", "scaler", "tweezers"},
    {"toothbrush_blue", "toothbrush_green"},
    {"gauze", "floss", "interdental"},
    {"mask", "gloves", "card"},
};
#define FAMILIES ((int)(sizeof families / sizeof families[0]))

/* Half a turn shows the same again: its two ends are alike by construction (pretend.cfg). */
static const char *const symmetric[] = {"scaler", "cup", "cotton", "gauze"};
static const char *const foreign[] = {"pen", "coin"};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int family_of(const char *item)
{
    for (int i = 0; i < FAMILIES; i++)
        for (int k = 0; k < 6 && families[i][k]; k++)
            if (strcmp(families[i][k], item) == 0)
                return i;
    return -1;
}

static bool is_symmetric(const char *item)
{
    for (size_t i = 0; i < sizeof symmetric / sizeof symmetric[0]; i++)
        if (strcmp(symmetric[i], item) == 0)
            return true;
    return false;
}

/* ---- the plain alternative ---- */

static double grey(const uint8_t *p)
{
    return (p[0] + 2.0 * p[1] + p[2]) / 4;
}

static double mean_of(const struct image *im)
{
    double sum = 0;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++)
            sum += grey(image_row(im, y) + 3 * x);
    return sum / im->width / im->height;
}

static double difference(const struct image *a, const struct image *b, double gain)
{
    double sum = 0;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            sum += fabs(gain * grey(image_row(a, y) + 3 * x) - grey(image_row(b, y) + 3 * x));
    return sum / a->width / a->height;
}

/* Straightens the place as the taught picture is and compares; the best of all taught ones counts. */
static enum lw_msg plain(const struct pretend_station *p, int place, const struct image *picture,
                         struct pretend_check *row, struct lw_error *err)
{
    const struct workflow_place *pl = &p->workflow->places[place];
    const struct workflow_item *item = &p->workflow->items[pl->item];
    enum lw_msg rc = LW_OK;
    row->plain_grey = row->levelled_grey = 255;
    for (int i = 0; i < item->reference_count && !rc; i++) {
        char path[512];
        struct image taught = {0}, now = {0};
        double scale = item->references[i].mm_per_px;
        rc = cv_picture_read(workflow_path(p->workflow, item->references[i].after, path, sizeof path), IMAGE_BGR8,
                             &taught, err);
        double x = (taught.width - 1) / 2.0 * scale, y = (taught.height - 1) / 2.0 * scale;
        struct view_grid g = {.T_bench_from_local = p->pack.places[place].T_bench_from_place, .x0_mm = -x, .y0_mm = -y,
                              .z_mm = check_plane_mm(pl->z_mm, item->height_mm), .mm_per_px = scale,
                              .width = taught.width, .height = taught.height};
        rc = rc ? rc : view_rectify(&p->guide.calibration.model, picture, &g, &now, err);
        if (!rc) {
            row->plain_grey = fmin(row->plain_grey, difference(&now, &taught, 1));
            row->levelled_grey = fmin(row->levelled_grey,
                                      difference(&now, &taught, mean_of(&taught) / fmax(1, mean_of(&now))));
        }
        image_finish(&taught);
        image_finish(&now);
    }
    return rc;
}

/* ---- one check ---- */

static bool is_wrong(const struct pretend_check *r)
{
    if (r->laid == LAID_RIGHT)
        return r->verdict.result == VERDICT_REFUSE;
    return r->verdict.result == VERDICT_ACCEPT;
}

static void save_wrong(const struct pretend_checks *c, const struct pretend_station *p, int place,
                       const struct image *after)
{
    char path[600];
    struct lw_error err;
    const struct pretend_check *r = &c->rows[c->count - 1];
    const struct image *looks[2] = {&p->pack.before, after};
    if (!c->save_to || !is_wrong(r))
        return;
    double z = check_plane_mm(p->workflow->places[place].z_mm,
                              p->workflow->items[p->workflow->places[place].item].height_mm);
    struct view_grid g = view_grid_make(p->pack.places[place].T_bench_from_place, -130, -60, 130, 60, z, 0.5);
    for (int i = 0; i < 2; i++) {
        struct image out = {0};
        snprintf(path, sizeof path, "%s/%s-%d-%s-%s-%s-%s-%d-%s.png", c->save_to, r->light, r->seed, r->place,
                 laid_names[r->laid], r->thing, verdict_reason_name(r->verdict.reason), c->count,
                 i ? "after" : "before");
        if (view_rectify(&p->guide.calibration.model, looks[i], &g, &out, &err) == LW_OK)
            cv_picture_write(path, &out, &err);
        image_finish(&out);
    }
}

static enum lw_msg judge(struct pretend_station *p, int place, const struct guide_look *look, struct pretend_check *row,
                         struct lw_error *err)
{
    const struct pack *k = &p->pack;
    const struct check_look both = {.model = &p->guide.calibration.model, .before = &k->before,
                                    .after = &look->picture, .noise_grey = look->noise_grey, .frame = look->frame,
                                    .lit = k->before_light.polygon, .lit_corners = k->before_light.corners};
    double began = cpu_ms();
    enum lw_msg rc = check_judge(k->taught.check, &both, k->places, p->workflow->place_count, place, &row->verdict, err);
    row->judge_ms = cpu_ms() - began;
    if (!rc && row->verdict.seen_item >= 0)
        snprintf(row->seen, sizeof row->seen, "%s", p->workflow->items[row->verdict.seen_item].id);
    return rc ? rc : plain(p, place, &look->picture, row, err);
}

static struct pretend_check *new_row(struct pretend_checks *c)
{
    if (c->count == c->capacity) {
        int capacity = c->capacity ? 2 * c->capacity : 256;
        struct pretend_check *rows = realloc(c->rows, sizeof *rows * (size_t)capacity);
        if (!rows)
            return NULL;
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->count] = (struct pretend_check){0};
    return &c->rows[c->count++];
}

struct place_run {
    struct pretend_checks *c;
    struct pretend_station *p;
    int seed, place;
    const char *light;
    struct rigid T_bench_from_slot; /* where the place really is */
};

/* Lays a thing (NULL: none), looks and judges; the thing's handle, or 0, into *handle. */
static enum lw_msg one(const struct place_run *r, enum laid laid, const char *thing, double turn_rad, int *handle,
                       struct lw_error *err)
{
    struct pretend_station *p = r->p;
    struct pretend_check *row = new_row(r->c);
    struct guide_look look = {0};
    *handle = 0;
    if (!row)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    row->seed = r->seed;
    row->laid = laid;
    row->off = (struct rigid){pretend_random(p, -OFF_MM, OFF_MM), pretend_random(p, -OFF_MM, OFF_MM),
                              rad_from_deg(pretend_random(p, -OFF_DEG, OFF_DEG)) + turn_rad};
    snprintf(row->light, sizeof row->light, "%s", r->light);
    snprintf(row->place, sizeof row->place, "%s", p->workflow->places[r->place].id);
    snprintf(row->thing, sizeof row->thing, "%s", thing ? thing : "");
    struct rigid at = rigid_mul(r->T_bench_from_slot, row->off);
    if (thing && !(*handle = sim_put(p->sim, thing, at.x_mm, at.y_mm, at.angle_rad, false)))
        return lw_fail(err, LW_MSG_BUG, thing);
    int64_t began_ns = clock_now_ns(&p->guide.clock);
    bool there = guide_take_look(&p->guide, &p->pack.before_light, &look);
    row->look_s = (double)(clock_now_ns(&p->guide.clock) - began_ns) / 1e9;
    row->verdict = (struct verdict){.reason = there ? look.trouble : REASON_STALE, .seen_item = -1, .seen_place = -1};
    enum lw_msg rc = LW_OK;
    if (there && look.trouble == REASON_NONE) {
        rc = judge(p, r->place, &look, row, err);
        save_wrong(r->c, p, r->place, &look.picture);
    }
    guide_look_finish(&look);
    return rc;
}

static enum lw_msg and_take_away(const struct place_run *r, enum laid laid, const char *thing, double turn_rad,
                                 struct lw_error *err)
{
    int handle;
    enum lw_msg rc = one(r, laid, thing, turn_rad, &handle, err);
    sim_remove(r->p->sim, handle);
    return rc;
}

static enum lw_msg wrong_items(const struct place_run *r, const struct workflow_item *item, struct lw_error *err)
{
    const struct workflow *w = r->p->workflow;
    int family = family_of(item->id), other;
    enum lw_msg rc = LW_OK;
    for (int k = 0; family >= 0 && k < 6 && families[family][k] && !rc; k++)
        if (strcmp(families[family][k], item->id) != 0)
            rc = and_take_away(r, LAID_LOOK_ALIKE, families[family][k], 0, err);
    do {
        other = (int)pretend_random(r->p, 0, w->item_count);
    } while (family_of(w->items[other].id) == family && (family >= 0 || &w->items[other] == item));
    return rc ? rc : and_take_away(r, LAID_OTHER, w->items[other].id, 0, err);
}

static enum lw_msg all_cases(const struct place_run *r, struct lw_error *err)
{
    const struct workflow_item *item = &r->p->workflow->items[r->p->workflow->places[r->place].item];
    int handle;
    enum lw_msg rc = and_take_away(r, LAID_EMPTY, NULL, 0, err);
    rc = rc ? rc : wrong_items(r, item, err);
    if (!rc && item->orientation_matters && !is_symmetric(item->id))
        rc = and_take_away(r, LAID_TURNED, item->id, LW_PI, err);
    rc = rc ? rc : and_take_away(r, LAID_FOREIGN, foreign[r->c->count % 2], 0, err);
    if (!rc && strcmp(item->id, "probe") == 0)
        rc = and_take_away(r, LAID_TWIN, "probe_fine", 0, err);
    for (int i = 0; i < RIGHT_TIMES && !rc; i++)
        rc = i + 1 < RIGHT_TIMES ? and_take_away(r, LAID_RIGHT, item->id, 0, err)
                                 : one(r, LAID_RIGHT, item->id, 0, &handle, err); /* stays */
    return rc;
}

/* The look before: the projection is dark and at rest, as after the last step. */
static enum lw_msg survey(struct pretend_station *p, int step, struct lw_error *err)
{
    for (int i = 0; i < SURVEY_TRIES; i++) {
        scene_clear(p->guide.scene);
        guide_show(&p->guide);
        guide_wait(&p->guide, 0.4);
        if (pack_survey(&p->pack, step))
            return LW_OK;
    }
    return lw_fail(err, LW_MSG_NO_PICTURES);
}

enum lw_msg pretend_checks_run(struct pretend_checks *c, struct pretend_station *p, int seed, const char *light, int skip,
                               int places, struct lw_error *err)
{
    const struct workflow *w = p->workflow;
    enum lw_msg rc = LW_OK;
    int done = 0;
    for (int step = 0; step < w->step_count && !rc && (places == 0 || done < skip + places); step++) {
        struct place_run r = {c, p, seed, w->steps[step].place, light, {0}};
        if (r.place < 0 || done++ < skip)
            continue;
        if (!sim_slot(p->sim, w->places[r.place].id, &r.T_bench_from_slot))
            return lw_fail(err, LW_MSG_BUG, w->places[r.place].id);
        rc = survey(p, step, err);
        rc = rc ? rc : all_cases(&r, err);
        step_machine_set_done(p->pack.machine, step, STEP_ACCEPTED);
        pack_accept(&p->pack, step);
    }
    return rc;
}

void pretend_checks_finish(struct pretend_checks *c)
{
    free(c->rows);
    *c = (struct pretend_checks){0};
}
