#include "sim_stage.h"

#include "sim_solid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum lw_msg stage_init(struct stage *s, const char *scene_path, struct lw_error *err)
{
    *s = (struct stage){0};
    enum lw_msg rc = pretend_read(&s->scene, scene_path, err);
    if (!rc)
        rc = field_init(&s->bare, s->scene.width_mm, s->scene.depth_mm, err);
    if (!rc)
        rc = field_init(&s->field, s->scene.width_mm, s->scene.depth_mm, err);
    if (!rc)
        rc = case_map_recesses(s, err);
    if (rc)
        return rc;
    struct cells all = {0, 0, s->bare.nx, s->bare.ny};
    ground_draw(&s->bare, &s->scene);
    field_copy(&s->field, &s->bare, all);
    field_update_blocks(&s->field, all);
    return LW_OK;
}

void stage_finish(struct stage *s)
{
    pretend_finish(&s->scene);
    field_finish(&s->bare);
    field_finish(&s->field);
    sheet_finish(&s->sheet);
    free(s->recess);
    s->recess = NULL;
}

/* ---- drawing ---- */

static struct rigid thing_pose(const struct stage *s, const struct stage_thing *t)
{
    return t->in_case ? rigid_mul(s->T_bench_from_case, t->pose) : t->pose;
}

static struct laying thing_laying(const struct stage *s, const struct stage_thing *t)
{
    struct rigid p = thing_pose(s, t);
    return (struct laying){.x = (float)p.x_mm,
                           .y = (float)p.y_mm,
                           .cos = (float)cos(p.angle_rad),
                           .sin = (float)sin(p.angle_rad),
                           .z = t->z,
                           .flipped = t->flipped};
}

static struct solid box_solid(const struct stage *s)
{
    return (struct solid){.shape = SOLID_BOX,
                          .angle_rad = (float)s->box[4],
                          .at = {(float)s->box[0], (float)s->box[1], (float)s->box[2], (float)s->box[3]}};
}

#define BOX_GLOSS 8

static void draw_box(struct stage *s, struct cells clip)
{
    struct solid o = box_solid(s);
    struct field *f = &s->field;
    const uint8_t white[3] = {232, 236, 238};
    for (int cy = clip.y0; cy < clip.y1; cy++)
        for (int cx = clip.x0; cx < clip.x1; cx++)
            if (solid_inside(&o, ((float)cx + 0.5f) * FIELD_CELL_MM, ((float)cy + 0.5f) * FIELD_CELL_MM) >=
                0) {
                f->height[cy * f->nx + cx] = (float)s->box_height;
                f->paint[cy * f->nx + cx] = paint_of(white, BOX_GLOSS);
            }
}

static struct cells cells_join(struct cells a, struct cells b)
{
    return (struct cells){a.x0 < b.x0 ? a.x0 : b.x0, a.y0 < b.y0 ? a.y0 : b.y0, a.x1 > b.x1 ? a.x1 : b.x1,
                          a.y1 > b.y1 ? a.y1 : b.y1};
}

static double cells_area(struct cells c)
{
    return (double)(c.x1 - c.x0) * (c.y1 - c.y0);
}

/* Changes that overlap are looked at once, when looking at both in one costs no more. */
static void note_change(struct stage *s, struct cells c, float top)
{
    for (int i = 0; i < s->change_count; i++) {
        struct stage_change *other = &s->changes[i];
        struct cells both = cells_join(other->cells, c);
        if (i < STAGE_CHANGES - 1 && cells_area(both) > cells_area(other->cells) + cells_area(c))
            continue;
        *other = (struct stage_change){both, fmaxf(other->top, top)};
        return;
    }
    s->changes[s->change_count++] = (struct stage_change){c, top};
}

static void redraw(struct stage *s, const float box[4])
{
    struct cells c = field_cells(&s->field, box[0], box[1], box[2], box[3]);
    float top = field_top_of(&s->field, c);
    field_copy(&s->field, &s->bare, c);
    if (s->case_there && !s->blind)
        case_draw(s, c);
    for (int i = 0; i < s->thing_count && !s->blind; i++) {
        const struct stage_thing *t = &s->things[i];
        struct laying l = thing_laying(s, t);
        if (t->there)
            solid_draw_kind(&s->field, &s->scene.kinds[t->kind], &l, c);
    }
    if (s->box_there && !s->blind)
        draw_box(s, c);
    if (s->sheet.there && !s->blind)
        sheet_draw(&s->sheet, &s->field, c);
    field_update_blocks(&s->field, c);
    note_change(s, c, fmaxf(top, field_top_of(&s->field, c)));
}

static void redraw_thing(struct stage *s, const struct stage_thing *t)
{
    struct laying l = thing_laying(s, t);
    float box[4];
    solid_cover(&s->scene.kinds[t->kind], &l, box);
    redraw(s, box);
}

/* ---- what carries a thing ---- */

static float height_at(const struct stage *s, double x, double y)
{
    return field_holds(&s->field, (float)x, (float)y)
               ? s->field.height[field_index(&s->field, (float)x, (float)y)]
               : 0;
}

static int recess_at(const struct stage *s, struct rigid T_case_from_thing, struct local_mm p)
{
    struct local_mm q = rigid_apply(T_case_from_thing, p);
    int x = (int)floor((q.x + s->scene.case_width_mm / 2) * FIELD_PER_MM);
    int y = (int)floor((q.y + s->scene.case_depth_mm / 2) * FIELD_PER_MM);
    if (x < 0 || y < 0 || x >= s->recess_nx || y >= s->recess_ny)
        return 0;
    return s->recess[y * s->recess_nx + x];
}

static bool kind_covers(const struct pretend_kind *k, float x, float y)
{
    for (int i = 0; i < k->count; i++)
        if (solid_inside(&k->solids[i], x, y) >= 0)
            return true;
    return false;
}

#define FIT_STEP_MM 1.5f
/* Foam gives way: that much of a thing may overlap the edge of a recess and it still goes in. */
#define FIT_SHARE 0.97

/* The slot + 1 whose recess takes the thing in, or 0. */
static int slot_that_fits(const struct stage *s, const struct pretend_kind *k, struct rigid T_case_from_thing,
                          bool flipped)
{
    int covered = 0, inside = 0, slot = 0;
    for (float y = k->box[1]; y <= k->box[3]; y += FIT_STEP_MM) {
        for (float x = k->box[0]; x <= k->box[2]; x += FIT_STEP_MM) {
            if (!kind_covers(k, x, y))
                continue;
            int here = recess_at(s, T_case_from_thing, (struct local_mm){x, flipped ? -y : y});
            covered++;
            slot = slot ? slot : here;
            inside += here && here == slot;
        }
    }
    return covered && inside >= FIT_SHARE * covered ? slot : 0;
}

static bool over_case(const struct stage *s, struct local_mm p)
{
    return s->case_there && fabs(p.x) < s->scene.case_width_mm / 2 && fabs(p.y) < s->scene.case_depth_mm / 2;
}

/* Where a thing that is in no recess touches first: its middle, or over the case one of its corners. */
static float lie_on(const struct stage *s, const struct pretend_kind *k, struct rigid pose, bool in_case)
{
    float z = height_at(s, pose.x_mm, pose.y_mm);
    for (int i = 0; i < 4 && in_case; i++) {
        struct local_mm corner = {(i & 1 ? 0.4 : -0.4) * (k->box[2] - k->box[0]),
                                  (i & 2 ? 0.4 : -0.4) * (k->box[3] - k->box[1])};
        struct local_mm p = rigid_apply(pose, corner);
        if (over_case(s, rigid_apply(rigid_inverse(s->T_bench_from_case), p)))
            z = fmaxf(z, height_at(s, p.x, p.y));
    }
    return z;
}

static void settle(struct stage *s, struct stage_thing *t, struct rigid pose)
{
    const struct pretend_kind *k = &s->scene.kinds[t->kind];
    struct rigid in_case = rigid_mul(rigid_inverse(s->T_bench_from_case), pose);
    t->in_case = over_case(s, (struct local_mm){in_case.x_mm, in_case.y_mm});
    int slot = t->in_case ? slot_that_fits(s, k, in_case, t->flipped) : 0;
    /* in a recess on its floor, or on what lies there already */
    t->z = slot ? fmaxf(s->scene.slots[slot - 1].z_mm, height_at(s, pose.x_mm, pose.y_mm)) : lie_on(s, k, pose, t->in_case);
    t->pose = t->in_case ? in_case : pose;
}

/* ---- things ---- */

int stage_put(struct stage *s, const char *kind, struct rigid pose, bool flipped)
{
    int k = pretend_find_kind(&s->scene, kind);
    if (k < 0)
        return 0;
    int i = s->thing_count;
    while (i > 0 && !s->things[i - 1].there) /* places of removed things at the end are free again */
        i--;
    if (i == STAGE_THINGS)
        return 0;
    s->things[i] = (struct stage_thing){.there = true, .kind = k, .flipped = flipped};
    s->thing_count = i + 1;
    settle(s, &s->things[i], pose);
    redraw_thing(s, &s->things[i]);
    return i + 1;
}

static struct stage_thing *thing_of(struct stage *s, int handle)
{
    return handle > 0 && handle <= s->thing_count && s->things[handle - 1].there ? &s->things[handle - 1]
                                                                                 : NULL;
}

void stage_remove(struct stage *s, int handle)
{
    struct stage_thing *t = thing_of(s, handle);
    if (!t)
        return;
    t->there = false;
    redraw_thing(s, t);
}

bool stage_move(struct stage *s, int handle, struct rigid pose)
{
    struct stage_thing *t = thing_of(s, handle);
    if (!t)
        return false;
    t->there = false; /* it does not lie on itself */
    redraw_thing(s, t);
    settle(s, t, pose);
    t->there = true;
    redraw_thing(s, t);
    return true;
}

bool stage_slot(const struct stage *s, const char *id, struct rigid *out)
{
    for (int i = 0; i < s->scene.slot_count && s->case_there; i++)
        if (strcmp(s->scene.slots[i].id, id) == 0) {
            *out = rigid_mul(s->T_bench_from_case, s->scene.slots[i].pose);
            return true;
        }
    for (int i = 0; i < s->scene.spot_count; i++)
        if (strcmp(s->scene.spots[i].id, id) == 0) {
            *out = s->scene.spots[i].pose;
            return true;
        }
    return false;
}

/* ---- case and box ---- */

static void case_and_things_cover(const struct stage *s, float box[4])
{
    case_cover(s, box);
    for (int i = 0; i < s->thing_count; i++) {
        const struct stage_thing *t = &s->things[i];
        if (!t->there || !t->in_case)
            continue;
        struct laying l = thing_laying(s, t);
        float b[4];
        solid_cover(&s->scene.kinds[t->kind], &l, b);
        for (int j = 0; j < 2; j++) {
            box[j] = fminf(box[j], b[j]);
            box[2 + j] = fmaxf(box[2 + j], b[2 + j]);
        }
    }
}

void stage_case_put(struct stage *s, struct rigid T_bench_from_case)
{
    float box[4];
    if (s->case_there) {
        case_and_things_cover(s, box);
        s->T_bench_from_case = T_bench_from_case;
        redraw(s, box);
    }
    s->case_there = true;
    s->T_bench_from_case = T_bench_from_case;
    case_and_things_cover(s, box);
    redraw(s, box);
}

void stage_case_remove(struct stage *s)
{
    float box[4];
    if (!s->case_there)
        return;
    case_and_things_cover(s, box);
    s->case_there = false;
    for (int i = 0; i < s->thing_count; i++)
        if (s->things[i].in_case)
            s->things[i].there = false;
    redraw(s, box);
}

void stage_box(struct stage *s, const double box[5], double height_mm)
{
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1) {
            memcpy(s->box, box, sizeof s->box);
            s->box_height = height_mm;
            s->box_there = height_mm > 0;
        } else if (s->box_there) {
            s->box_there = false;
        } else {
            continue;
        }
        struct solid o = box_solid(s);
        float cover[4];
        solid_bounds(&o, cover);
        redraw(s, cover);
    }
}

enum lw_msg stage_sheet(struct stage *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err)
{
    float cover[4];
    enum lw_msg rc = LW_OK;
    if (s->sheet.there) {
        sheet_cover(&s->sheet, cover);
        sheet_finish(&s->sheet);
        redraw(s, cover);
    }
    if (b) {
        rc = sheet_init(&s->sheet, b, pose, err);
        sheet_cover(&s->sheet, cover);
        redraw(s, cover);
    }
    return rc;
}

void stage_blind(struct stage *s, bool blind)
{
    if (s->blind == blind)
        return;
    s->blind = blind;
    redraw(s, (float[]){0, 0, (float)s->scene.width_mm, (float)s->scene.depth_mm});
}
