#include "check_parts.h"

#include <stdlib.h>

#define HAND_BORDER_PX 30 /* two rows: an arm crosses the edge of the light 15 mm wide at least */
#define HAND_MIN_MM2   350.0
#define EXTRA_MIN_MM2  60.0 /* a second change counts from here, and from this share of the expected item */
#define EXTRA_SHARE    0.25
#define NEAR_MM        12.0  /* beyond the tolerance: still meant for this place */
#define OWN_ROOM_MM    3.0 /* so near to its taught outline the thing is the place's own */
#define REGION_MM      60.0  /* around a place when the light's polygon is not known */
#define REGION_MAX_MM  320.0 /* half a side at most */
#define LIT_RIM_MM     4.0   /* the light's own soft edge is not judged */
#define ALIKE_MM       0.5   /* places that moved by so much the same belong to one carrier */
#define ALIKE_RAD      0.003
#define PUSHED_ROOM_MM 12.0 /* around a place of a pushed carrier */
#define BLOCK_PX       8
#define NEIGHBOUR_SHARE 0.6 /* of a filled place's item must be part of what lies at the expected place */
#define MOVED_SHARE    0.3 /* of a filled place's item must have changed */

struct scene {
    const struct check *c;
    const struct check_look *look;
    const struct check_place *places;
    int place_count, expected;
    struct view_grid grid;
    struct cv_change change;
};

static void centre_of(const struct view_grid *g, const struct cv_part *p, struct local_mm *out)
{
    *out = view_local_from_px(g, p->x, p->y);
}

static void write_outline(const struct view_grid *g, const struct cv_change *ch, int part, struct verdict *v)
{
    float xy[2 * VERDICT_OUTLINE];
    struct lw_error err;
    struct local_mm at, b;
    int n = cv_shape_rim(&ch->labels, part + 1, xy, VERDICT_OUTLINE, &err);
    v->outline_count = n > 0 ? n : 0;
    for (int i = 0; i < v->outline_count; i++) {
        b = rigid_apply(g->T_bench_from_local, view_local_from_px(g, xy[2 * i], xy[2 * i + 1]));
        v->outline[i] = (struct bench_mm){b.x, b.y, g->z_mm};
    }
    centre_of(g, &ch->parts[part], &at);
    b = rigid_apply(g->T_bench_from_local, at);
    v->seen_at = (struct bench_mm){b.x, b.y, g->z_mm};
}

static void verdict_clear(struct verdict *v)
{
    *v = (struct verdict){.seen_item = -1, .seen_place = -1};
}

static double item_area(const struct check *c, int item)
{
    return c->items[item].references[0].shape.area_mm2;
}

/* Does the place's own frame point lie over the item's taught outline, with room? */
static bool over_item(const struct taught_item *it, struct local_mm p, double room_mm)
{
    for (int r = 0; r < it->count; r++) {
        const struct shape *s = &it->references[r].shape;
        double least = 1e9;
        double far_x = fmax(s->x0 - p.x, p.x - s->x0 - (double)s->width) + SHAPE_MARGIN_MM;
        double far_y = fmax(s->y0 - p.y, p.y - s->y0 - (double)s->height) + SHAPE_MARGIN_MM;
        if (far_x > room_mm && far_x > 0.5 * s->length_mm)
            continue;
        if (far_y > room_mm && far_y > 0.5 * s->length_mm)
            continue;
        for (int i = 0; i < s->count; i++)
            least = fmin(least, hypot(s->x[i] - p.x, s->y[i] - p.y));
        double low_x = s->x0 + SHAPE_MARGIN_MM, high_x = s->x0 + (double)s->width - SHAPE_MARGIN_MM;
        double low_y = s->y0 + SHAPE_MARGIN_MM, high_y = s->y0 + (double)s->height - SHAPE_MARGIN_MM;
        bool inside = p.x > low_x && p.x < high_x && p.y > low_y && p.y < high_y;
        if (least < room_mm || (inside && hypot(s->cx - p.x, s->cy - p.y) < 0.5 * s->length_mm))
            return true;
    }
    return false;
}

/* The part that was meant for the expected place: the largest that lies over it. */
static int target_part(const struct check *c, const struct cv_change *ch, int expected, double room_mm)
{
    double cx = (ch->labels.width - 1) / 2.0, cy = (ch->labels.height - 1) / 2.0;
    for (int i = 0; i < ch->count; i++) {
        struct local_mm p = {ch->parts[i].x - cx, cy - ch->parts[i].y};
        if (over_item(&c->items[expected], p, room_mm))
            return i;
    }
    return -1;
}

/* The part that stands out most in all: a long faint stripe does not hide a small thing. */
static int main_part(const struct cv_change *ch)
{
    double sum[CV_SHAPE_PARTS] = {0};
    int best = -1;
    for (int y = 0; y < ch->labels.height; y++)
        for (int x = 0; x < ch->labels.width; x++) {
            int part = image_row(&ch->labels, y)[x] - 1;
            const uint8_t *p = image_row(&ch->plain, y) + 3 * x;
            if (part >= 0)
                sum[part] += fabs(p[1] - ch->mean_before);
        }
    for (int i = 0; i < ch->count; i++)
        if (best < 0 || sum[i] > sum[best])
            best = i;
    return best;
}

static enum lw_msg judge_part(const struct check *c, const struct cv_change *ch, int part, int expected,
                              bool anywhere, double tolerance_mm, double tolerance_rad, struct verdict *v,
                              struct lw_error *err)
{
    struct shape s;
    enum lw_msg rc = shape_make(ch, part, &s, err);
    if (rc)
        return rc;
    if (s.count == 0) {
        v->result = VERDICT_REFUSE;
        v->reason = REASON_MISSING;
    } else {
        rc = decide_thing(c, expected, &s, anywhere, tolerance_mm, tolerance_rad, v, err);
    }
    shape_finish(&s);
    return rc;
}

enum lw_msg check_judge_patch(const struct check *c, const struct image *before, const struct image *after,
                              double mm_per_px, int expected, bool anywhere, struct verdict *out,
                              struct lw_error *err)
{
    struct image a = {0}, b = {0};
    struct cv_change ch = {0};
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .smallest_mm2 = check_smallest_mm2(c)};
    verdict_clear(out);
    if (!c->finished || expected < 0 || expected >= c->count)
        return lw_fail(err, LW_MSG_BUG, "judging before teaching was finished");
    const struct check_item_options *io = &c->items[expected].options;
    enum lw_msg rc = check_to_scale(before, mm_per_px, &a, err);
    rc = rc ? rc : check_to_scale(after, mm_per_px, &b, err);
    rc = rc ? rc : cv_shape_change(&a, &b, &o, &ch, err);
    if (!rc) {
        int part = anywhere ? main_part(&ch) : target_part(c, &ch, expected, io->tolerance_mm + NEAR_MM);
        out->reason = check_picture_trouble(&ch);
        if (out->reason == REASON_NONE && part < 0) {
            out->result = VERDICT_REFUSE;
            out->reason = ch.count && !anywhere ? REASON_ELSEWHERE : REASON_MISSING;
        } else if (out->reason == REASON_NONE) {
            const struct view_grid g = {.x0_mm = -(b.width - 1) / 2.0,
                                        .y0_mm = -(b.height - 1) / 2.0,
                                        .mm_per_px = 1,
                                        .width = b.width,
                                        .height = b.height};
            write_outline(&g, &ch, part, out);
            rc = judge_part(c, &ch, part, expected, anywhere, io->tolerance_mm, io->tolerance_rad, out, err);
        }
    }
    cv_shape_change_finish(&ch);
    image_finish(&a);
    image_finish(&b);
    return rc;
}

/* The light's bounding box in the place's frame, kept symmetric so that the picture's centre is the place. */
static void region(const struct scene *s, double *half_x, double *half_y)
{
    struct rigid T = rigid_inverse(s->places[s->expected].T_bench_from_place);
    *half_x = *half_y = s->look->lit_corners >= 3 ? 0 : s->c->half_mm + REGION_MM;
    for (int i = 0; i < s->look->lit_corners; i++) {
        struct local_mm p = rigid_apply(T, (struct local_mm){s->look->lit[i].x, s->look->lit[i].y});
        *half_x = fmax(*half_x, fabs(p.x));
        *half_y = fmax(*half_y, fabs(p.y));
    }
    *half_x = ceil(fmin(*half_x, REGION_MAX_MM));
    *half_y = ceil(fmin(*half_y, REGION_MAX_MM));
}

/* How far inside the light's polygon a point of the bench lies; negative outside, large without a polygon. */
static double light_depth(const struct check_look *l, double x, double y)
{
    double least2 = 1e12;
    bool in = l->lit_corners < 3;
    for (int i = 0, j = l->lit_corners - 1; i < l->lit_corners; j = i++) {
        const struct bench_mm *a = &l->lit[i], *b = &l->lit[j];
        double ex = b->x - a->x, ey = b->y - a->y, len2 = ex * ex + ey * ey;
        double t = len2 > 0 ? fmin(1, fmax(0, ((x - a->x) * ex + (y - a->y) * ey) / len2)) : 0;
        double dx = x - a->x - t * ex, dy = y - a->y - t * ey;
        least2 = fmin(least2, dx * dx + dy * dy);
        if ((a->y > y) != (b->y > y) && x < ex * (y - a->y) / ey + a->x)
            in = !in;
    }
    return in ? sqrt(least2) : -sqrt(least2);
}

/* How a place moved between the two looks, as a rigid motion on the bench. */
static struct rigid moved_by(const struct check_place *p)
{
    return rigid_mul(p->T_bench_from_place, rigid_inverse(p->T_bench_from_place_before));
}

static bool moved_alike(const struct check_place *a, const struct check_place *b)
{
    struct local_mm at = {a->T_bench_from_place_before.x_mm, a->T_bench_from_place_before.y_mm};
    struct rigid Ta = moved_by(a), Tb = moved_by(b);
    struct local_mm pa = rigid_apply(Ta, at), pb = rigid_apply(Tb, at);
    return hypot(pa.x - pb.x, pa.y - pb.y) < ALIKE_MM &&
           fabs(remainder(Ta.angle_rad - Tb.angle_rad, 2 * LW_PI)) < ALIKE_RAD;
}

static bool any_pushed(const struct scene *s)
{
    for (int i = 0; i < s->place_count; i++)
        if (!moved_alike(&s->places[i], &s->places[s->expected]))
            return true;
    const struct rigid *is = &s->places[s->expected].T_bench_from_place,
                       *was = &s->places[s->expected].T_bench_from_place_before;
    return hypot(is->x_mm - was->x_mm, is->y_mm - was->y_mm) > ALIKE_MM ||
           fabs(remainder(is->angle_rad - was->angle_rad, 2 * LW_PI)) > ALIKE_RAD;
}

/* Clears all but the places that moved as the expected one did: what lies between them is not where it was.
 */
static enum lw_msg keep_places(const struct scene *s, struct image *valid, struct lw_error *err)
{
    struct image kept = {0};
    enum lw_msg rc = image_init(&kept, valid->width, valid->height, IMAGE_GRAY8, err);
    for (int i = 0; i < s->place_count && !rc; i++) {
        const struct check_place *p = &s->places[i];
        if (p->item < 0 || p->item >= s->c->count || !moved_alike(p, &s->places[s->expected]))
            continue;
        const struct shape *o = &s->c->items[p->item].references[0].shape;
        double room = PUSHED_ROOM_MM - SHAPE_MARGIN_MM;
        struct rigid T = rigid_mul(rigid_inverse(p->T_bench_from_place), s->grid.T_bench_from_local);
        for (int y = 0; y < valid->height; y++)
            for (int x = 0; x < valid->width; x++) {
                struct local_mm at = rigid_apply(T, view_local_from_px(&s->grid, x, y));
                if (at.x > o->x0 - room && at.y > o->y0 - room && at.x < o->x0 + (float)o->width + room &&
                    at.y < o->y0 + (float)o->height + room)
                    image_row(&kept, y)[x] = image_row(valid, y)[x];
            }
    }
    image_finish(valid);
    *valid = kept;
    return rc;
}

static bool camera_sees(const struct scene *s, struct local_mm b)
{
    const struct lens *lens = &s->look->model->camera.lens;
    struct cam_px p;
    return model_cam_from_bench(s->look->model, (struct bench_mm){b.x, b.y, s->grid.z_mm}, &p) && p.x >= 0 &&
           p.y >= 0 && p.x < lens->width && p.y < lens->height;
}

/* One block of the picture: all in the light, all out of it, or looked at pixel by pixel. */
static void judge_block(const struct scene *s, struct image *valid, int x0, int y0)
{
    const struct view_grid *g = &s->grid;
    int x1 = x0 + BLOCK_PX < g->width ? x0 + BLOCK_PX : g->width;
    int y1 = y0 + BLOCK_PX < g->height ? y0 + BLOCK_PX : g->height;
    double reach = 0.75 * BLOCK_PX * g->mm_per_px;
    struct local_mm m =
        rigid_apply(g->T_bench_from_local, view_local_from_px(g, (x0 + x1) / 2.0, (y0 + y1) / 2.0));
    double depth = light_depth(s->look, m.x, m.y) - LIT_RIM_MM;
    bool rim = x0 == 0 || y0 == 0 || x1 == g->width || y1 == g->height;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            bool in = depth > 0;
            if (fabs(depth) < reach || (rim && in)) {
                struct local_mm b = rigid_apply(g->T_bench_from_local, view_local_from_px(g, x, y));
                in = light_depth(s->look, b.x, b.y) >= LIT_RIM_MM && (!rim || camera_sees(s, b));
            }
            image_row(valid, y)[x] = in ? 255 : 0;
        }
}

/* 255 where the place may be judged: in the light and in the camera's picture. */
static enum lw_msg judged_area(const struct scene *s, struct image *valid, struct lw_error *err)
{
    const struct view_grid *g = &s->grid;
    enum lw_msg rc = image_init(valid, g->width, g->height, IMAGE_GRAY8, err);
    for (int y = 0; y < g->height && !rc; y += BLOCK_PX)
        for (int x = 0; x < g->width; x += BLOCK_PX)
            judge_block(s, valid, x, y);
    return rc ? rc : any_pushed(s) ? keep_places(s, valid, err) : LW_OK;
}

/* `keep`: the straight pictures go there. */
static enum lw_msg look_at(struct scene *s, struct check_straight *keep, struct lw_error *err)
{
    const struct check_place *p = &s->places[s->expected];
    struct image before = {0}, after = {0}, valid = {0};
    double half_x, half_y, z_mm = check_plane_mm(p->z_mm, s->c->items[p->item].options.height_mm);
    region(s, &half_x, &half_y);
    s->grid = view_grid_make(p->T_bench_from_place, -half_x, -half_y, half_x, half_y, z_mm, SHAPE_MM_PER_PX);
    struct view_grid was = s->grid;
    was.T_bench_from_local = p->T_bench_from_place_before;
    enum lw_msg rc = view_rectify(s->look->model, s->look->before, &was, &before, err);
    rc = rc ? rc : view_rectify(s->look->model, s->look->after, &s->grid, &after, err);
    rc = rc ? rc : judged_area(s, &valid, err);
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX,
                                        .noise_grey = s->look->noise_grey,
                                        .smallest_mm2 = check_smallest_mm2(s->c),
                                        .valid = &valid};
    rc = rc ? rc : cv_shape_change(&before, &after, &o, &s->change, err);
    if (keep) {
        *keep = (struct check_straight){.grid = s->grid, .before = before, .after = after, .labels = s->change.labels,
                                        .plain = s->change.plain, .doubt = s->change.doubt};
        before = after = s->change.labels = s->change.plain = s->change.doubt = (struct image){0};
    }
    image_finish(&before);
    image_finish(&after);
    image_finish(&valid);
    return rc;
}

enum lw_msg check_look_straight(const struct check *c, const struct check_look *look, const struct check_place *places,
                                int place_count, int expected, struct check_straight *out, struct lw_error *err)
{
    struct scene s = {
        .c = c, .look = look, .places = places, .place_count = place_count, .expected = expected};
    *out = (struct check_straight){0};
    if (expected < 0 || expected >= place_count || places[expected].item < 0 || places[expected].item >= c->count)
        return lw_fail(err, LW_MSG_BUG, "a place that does not exist");
    enum lw_msg rc = look_at(&s, out, err);
    cv_shape_change_finish(&s.change);
    if (rc)
        check_straight_finish(out);
    return rc;
}

void check_straight_finish(struct check_straight *s)
{
    image_finish(&s->before);
    image_finish(&s->after);
    image_finish(&s->labels);
    image_finish(&s->plain);
    image_finish(&s->doubt);
}

/* Which other place does this part lie at? -1: none. */
static int place_at(const struct scene *s, const struct cv_part *part)
{
    struct local_mm at;
    centre_of(&s->grid, part, &at);
    struct local_mm b = rigid_apply(s->grid.T_bench_from_local, at);
    for (int i = 0; i < s->place_count; i++) {
        if (i == s->expected)
            continue;
        struct local_mm p = rigid_apply(rigid_inverse(s->places[i].T_bench_from_place), b);
        if (over_item(&s->c->items[s->places[i].item], p, 3))
            return i;
    }
    return -1;
}

/* What else changed in the light: a thing laid there, or a filled place that is no longer as it was. */
static enum lw_msg judge_extra(const struct scene *s, int part, struct verdict *v, struct lw_error *err)
{
    struct shape shape;
    struct item_match m;
    enum lw_msg rc = shape_make(&s->change, part, &shape, err);
    if (rc)
        return rc;
    int place = place_at(s, &s->change.parts[part]);
    int item = shape.count ? decide_which(s->c, &shape, &m) : -1;
    verdict_clear(v);
    v->result = VERDICT_REFUSE;
    v->reason = place >= 0 && s->places[place].filled ? REASON_MOVED : REASON_ELSEWHERE;
    v->seen_item = item;
    v->seen_place = place;
    v->score = item >= 0 ? decide_score(m.any) : 0;
    write_outline(&s->grid, &s->change, part, v);
    shape_finish(&shape);
    return LW_OK;
}

/* Of a pushed carrier the walls shine through at the rims of what is compared: only what reaches the place counts. */
static int hand_part(const struct scene *s, int target)
{
    bool pushed = any_pushed(s);
    for (int i = 0; i < s->change.count; i++)
        if ((!pushed || i == target) && s->change.parts[i].border_px >= HAND_BORDER_PX && s->change.parts[i].area_px >= HAND_MIN_MM2)
            return i;
    return -1;
}

/* The largest other change that counts; -1: none. */
static int extra_part(const struct scene *s, int target)
{
    double least = fmax(EXTRA_MIN_MM2, EXTRA_SHARE * item_area(s->c, s->places[s->expected].item));
    bool pushed = any_pushed(s);
    for (int i = 0; i < s->change.count; i++) {
        if (pushed && s->change.parts[i].border_px > 0)
            continue;
        int place = i == target ? -1 : place_at(s, &s->change.parts[i]);
        double need =
            place >= 0 ? fmax(EXTRA_MIN_MM2, MOVED_SHARE * item_area(s->c, s->places[place].item)) : least;
        if (i != target && s->change.parts[i].area_px >= need)
            return i;
    }
    return -1;
}

/* A filled neighbour that changed is no thing laid at the place, however near it lies. */
static bool is_neighbour(const struct scene *s, int part)
{
    struct local_mm at;
    int place = place_at(s, &s->change.parts[part]);
    centre_of(&s->grid, &s->change.parts[part], &at);
    return place >= 0 && s->places[place].filled && !over_item(&s->c->items[s->places[s->expected].item], at, OWN_ROOM_MM);
}

/* What lies there is none of the taught things because it hangs together with a filled neighbour that changed: most of
 * where that lies is part of it. -1: no such neighbour. */
static int neighbour_in_part(const struct scene *s, int part)
{
    for (int i = 0; i < s->place_count; i++) {
        const struct check_place *p = &s->places[i];
        if (i == s->expected || !p->filled || p->item < 0 || p->item >= s->c->count)
            continue;
        const struct shape *o = &s->c->items[p->item].references[0].shape;
        struct rigid T = rigid_mul(rigid_inverse(s->grid.T_bench_from_local), p->T_bench_from_place);
        int changed = 0;
        for (int k = 0; k < o->samples; k++) {
            double x, y;
            view_px_from_local(&s->grid, rigid_apply(T, (struct local_mm){o->sx[k], o->sy[k]}), &x, &y);
            bool in = x >= 0 && y >= 0 && x < s->change.labels.width - 0.5 && y < s->change.labels.height - 0.5;
            changed += in && image_row(&s->change.labels, (int)(y + 0.5))[(int)(x + 0.5)] == part + 1;
        }
        if (changed > NEIGHBOUR_SHARE * o->samples)
            return i;
    }
    return -1;
}

static enum lw_msg judge_scene(const struct scene *s, struct verdict *v, struct lw_error *err)
{
    const struct check_place *p = &s->places[s->expected];
    const struct check_item_options *o = &s->c->items[p->item].options;
    double tolerance_mm = p->tolerance_mm > 0 ? p->tolerance_mm : o->tolerance_mm;
    double tolerance_rad = p->tolerance_rad > 0 ? p->tolerance_rad : o->tolerance_rad;
    int target = target_part(s->c, &s->change, p->item, tolerance_mm + NEAR_MM);
    if (target >= 0 && is_neighbour(s, target))
        target = -1;
    int extra = extra_part(s, target);
    int hand = hand_part(s, target);
    v->reason = check_picture_trouble(&s->change);
    if (v->reason == REASON_DARK || v->reason == REASON_BLURRED)
        return LW_OK;
    if (hand >= 0) {
        v->reason = REASON_HAND;
        write_outline(&s->grid, &s->change, hand, v);
        return LW_OK;
    }
    if (v->reason != REASON_NONE)
        return LW_OK;
    if (target < 0 && extra < 0) {
        v->result = VERDICT_REFUSE;
        v->reason = REASON_MISSING;
        return LW_OK;
    }
    if (target < 0)
        return judge_extra(s, extra, v, err);
    write_outline(&s->grid, &s->change, target, v);
    enum lw_msg rc =
        judge_part(s->c, &s->change, target, p->item, false, tolerance_mm, tolerance_rad, v, err);
    int beside = !rc && v->result == VERDICT_REFUSE ? neighbour_in_part(s, target) : -1;
    if (beside >= 0) {
        v->reason = REASON_MOVED;
        v->seen_item = s->places[beside].item;
        v->seen_place = beside;
    }
    if (!rc && extra >= 0 && (v->result == VERDICT_ACCEPT || v->result == VERDICT_CONFIRM))
        return judge_extra(s, extra, v, err);
    return rc;
}

enum lw_msg check_judge(const struct check *c, const struct check_look *look,
                        const struct check_place *places, int place_count, int expected, struct verdict *out,
                        struct lw_error *err)
{
    struct scene s = {
        .c = c, .look = look, .places = places, .place_count = place_count, .expected = expected};
    verdict_clear(out);
    out->frame = look->frame;
    if (!c->finished || expected < 0 || expected >= place_count || places[expected].item < 0 ||
        places[expected].item >= c->count)
        return lw_fail(err, LW_MSG_BUG, "judging a place that does not exist");
    enum lw_msg rc = look_at(&s, NULL, err);
    rc = rc ? rc : judge_scene(&s, out, err);
    out->frame = look->frame;
    cv_shape_change_finish(&s.change);
    return rc;
}
