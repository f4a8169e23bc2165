#include "check_parts.h"

#include "cv_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRUMB_MM2     12.0
#define RIM_MAX_PX    40 /* two rows of 20 mm: an arm; thinner things may reach the edge */
#define BLACK_GREY    8.0
#define BLURRED_BELOW 0.45 /* of the gradients of the before look */
#define CLIPPED_MAX   0.6  /* of the changed pixels are white */
/* What differs between two layings of one thing at least, from pixels and outline noise; the taught pictures
 * only widen it. mm, mm, log, mm, log, log. */
static const double usual[CUE_COUNT] = {[CUE_OUTLINE] = 0.7, [CUE_STRETCH] = 2.4, [CUE_AREA] = 0.10,
                                        [CUE_LENGTH] = 1.8,  [CUE_HUE] = 0.06,    [CUE_TONE] = 0.16};
#define WIDEN_MAX    2.0 /* a bad laying must not make an item match everything */
#define FLOOR_ONE    2.0 /* difference that still is the item when one laying was taught */
#define FLOOR_MIN    1.8
#define FLOOR_MAX    2.2
#define FLOOR_FACTOR 1.35 /* of the worst difference between its own references */
#define ALIKE_FACTOR 1.2
#define ENDS_ALIKE   1.15 /* turned round it differs by no more than so much more than as it was taught */
/* Light from one side makes the mirror image of anything look other: only a difference beyond that is the thing's. */
#define MIRROR_ALIKE 1.6
#define SAME_MIN     0.45 /* what two layings differ by at least, whatever the taught pictures say */
#define STACKED_WIDTH_MM 9.0 /* on a narrower thing no second one stays */
#define STACKED_SHARE 0.8 /* nor on one that is narrower than so much of its height */
#define TAUGHT_MAX   32   /* references that the mean pose is made of */

static const char *const result_names[] = {"cannot_tell", "refuse", "confirm", "accept"};
static const char *const reason_names[] = {"none",     "missing",   "other_item", "turned", "mirrored",
                                           "too_many", "elsewhere", "unknown",    "hand",   "dark",
                                           "glare",    "blurred",   "moved",      "stale"};

const char *verdict_result_name(enum verdict_result r)
{
    return r <= VERDICT_ACCEPT ? result_names[r] : "cannot_tell";
}

const char *verdict_reason_name(enum verdict_reason r)
{
    return r <= REASON_STALE ? reason_names[r] : "none";
}

enum lw_msg check_create(struct check **out, struct lw_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
}

static void reference_finish(struct taught_reference *r)
{
    shape_finish(&r->shape);
    shape_finish(&r->mirror);
    image_finish(&r->before);
}

static void item_finish(struct taught_item *it)
{
    for (int i = 0; i < it->count; i++)
        reference_finish(&it->references[i]);
    free(it->references);
    *it = (struct taught_item){0};
}

void check_destroy(struct check **p)
{
    struct check *c = *p;
    if (!c)
        return;
    for (int i = 0; i < c->count; i++)
        item_finish(&c->items[i]);
    free(c->items);
    free(c);
    *p = NULL;
}

enum lw_msg check_to_scale(const struct image *in, double mm_per_px, struct image *out, struct lw_error *err)
{
    double f = mm_per_px / SHAPE_MM_PER_PX;
    if (in->format != IMAGE_BGR8)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, in->width, in->height);
    if (fabs(f - 1) < 0.01)
        return image_copy(out, in, err);
    return cv_picture_resize(in, (int)lround(in->width * f), (int)lround(in->height * f), out, err);
}

double check_smallest_mm2(const struct check *c)
{
    double least = 1e9;
    for (int i = 0; i < c->count; i++)
        for (int r = 0; r < c->items[i].count; r++)
            least = fmin(least, c->items[i].references[r].shape.area_mm2);
    return fmax(CRUMB_MM2, c->count ? least / 6 : 0);
}

enum verdict_reason check_picture_trouble(const struct cv_change *ch)
{
    if (ch->mean_after < BLACK_GREY || ch->mean_before < BLACK_GREY)
        return REASON_DARK;
    if (ch->clipped_share > CLIPPED_MAX && ch->mean_before < 200)
        return REASON_GLARE;
    return ch->sharpness < BLURRED_BELOW && ch->noise_grey > 0 ? REASON_BLURRED : REASON_NONE;
}

static enum lw_msg teach_reference(const char *id, const struct check_reference *from,
                                   struct taught_reference *to, struct lw_error *err)
{
    struct image after = {0};
    struct cv_change ch = {0};
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .smallest_mm2 = CRUMB_MM2};
    if (from->before.width != from->after.width || from->before.height != from->after.height)
        return lw_fail(err, LW_MSG_TAUGHT_SIZE, id);
    enum lw_msg rc = check_to_scale(&from->before, from->mm_per_px, &to->before, err);
    rc = rc ? rc : check_to_scale(&from->after, from->mm_per_px, &after, err);
    rc = rc ? rc : cv_shape_change(&to->before, &after, &o, &ch, err);
    if (!rc && (ch.mean_after < BLACK_GREY || ch.mean_before < BLACK_GREY))
        rc = lw_fail(err, LW_MSG_TAUGHT_DARK, id);
    else if (!rc && (ch.count == 0 || ch.parts[0].area_px < 2 * CRUMB_MM2))
        rc = lw_fail(err, LW_MSG_TAUGHT_NOTHING, id);
    else if (!rc && ch.parts[0].border_px > RIM_MAX_PX)
        rc = lw_fail(err, LW_MSG_TAUGHT_HAND, id);
    rc = rc ? rc : shape_make(&ch, 0, &to->shape, err);
    if (!rc && to->shape.count == 0)
        rc = lw_fail(err, LW_MSG_TAUGHT_NOTHING, id);
    rc = rc ? rc : shape_mirror(&to->shape, &to->mirror, err);
    to->half_x_mm = after.width * SHAPE_MM_PER_PX / 2;
    to->half_y_mm = after.height * SHAPE_MM_PER_PX / 2;
    cv_shape_change_finish(&ch);
    image_finish(&after);
    return rc;
}

enum lw_msg check_reference_good(const char *id, const struct check_reference *reference, struct lw_error *err)
{
    struct taught_reference r = {0};
    enum lw_msg rc = teach_reference(id, reference, &r, err);
    reference_finish(&r);
    return rc;
}

static void base_weights(struct taught_item *it)
{
    for (int i = 0; i < CUE_COUNT; i++)
        it->weight[i] = 1 / usual[i];
}

enum lw_msg check_teach_item(struct check *c, const char *id, const struct check_item_options *options,
                             const struct check_reference *references, int count, struct lw_error *err)
{
    if (c->finished || count < 1)
        return lw_fail(err, LW_MSG_TAUGHT_NOTHING, id);
    if (c->count == c->capacity) {
        int capacity = c->capacity ? 2 * c->capacity : 32;
        struct taught_item *items = realloc(c->items, sizeof *items * (size_t)capacity);
        if (!items)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        c->items = items;
        c->capacity = capacity;
    }
    struct taught_item it = {.options = *options, .verifiable = true, .other = -1};
    snprintf(it.id, sizeof it.id, "%s", id);
    it.references = calloc((size_t)count, sizeof *it.references);
    if (!it.references)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    base_weights(&it);
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < count && !rc; i++) {
        it.count++;
        rc = teach_reference(id, &references[i], &it.references[i], err);
        struct shape *s = &it.references[i].shape;
        it.contrast += s->contrast / count;
        for (int k = 0; k < s->count && !rc; k++)
            c->half_mm = fmax(c->half_mm, hypot(s->x[k], s->y[k]));
    }
    if (rc)
        item_finish(&it);
    else
        c->items[c->count++] = it;
    return rc;
}

/* What is usual between layings of this item, from all pairs of its references. */
static void widen(struct taught_item *it)
{
    double sum[CUE_COUNT] = {0};
    struct shape_match m;
    int n = 0;
    for (int a = 0; a < it->count; a++)
        for (int b = 0; b < it->count; b++)
            if (a != b &&
                match_shapes(it, &it->references[a].shape, &it->references[b].shape, &m) < NO_MATCH) {
                for (int k = 0; k < CUE_COUNT; k++)
                    sum[k] += m.cue[k];
                it->inside_max = fmax(it->inside_max, m.inside);
                n++;
            }
    for (int k = 0; k < CUE_COUNT && n; k++)
        it->weight[k] = 1 / fmin(fmax(usual[k], 1.1 * sum[k] / n), WIDEN_MAX * usual[k]);
}

/* Differences between layings, the same way round and turned: when they are alike, so are the ends. */
static void measure_ends(struct taught_item *it)
{
    double same = 0, turned = 0;
    int n = 0;
    for (int a = 0; a < it->count; a++)
        for (int b = 0; b < it->count; b++) {
            struct item_match m;
            if (a == b && it->count > 1)
                continue;
            match_reference(it, &it->references[b], &it->references[a].shape, NO_MATCH, &m);
            same += fmin(m.upright, FLOOR_MAX);
            turned += fmin(m.turned, 2 * FLOOR_MAX);
            n++;
        }
    it->ends_alike = turned / n < ENDS_ALIKE * fmax(same / n, SAME_MIN);
}

/* The same for the mirror image. */
static void measure_mirror(struct taught_item *it)
{
    double same = 0, mirrored = 0;
    int n = 0;
    it->area_max_mm2 = 0;
    for (int a = 0; a < it->count; a++) {
        const struct taught_reference *r = &it->references[a];
        it->area_max_mm2 = fmax(it->area_max_mm2, r->shape.area_mm2);
        for (int b = 0; b < it->count; b++) {
            if (a == b && it->count > 1)
                continue;
            same += fmin(match_shapes(it, &it->references[b].shape, &r->shape, NULL), FLOOR_MAX);
            mirrored += fmin(match_shapes(it, &it->references[b].shape, &r->mirror, NULL), 2 * FLOOR_MAX);
            n++;
        }
    }
    it->mirror_alike = mirrored / n < MIRROR_ALIKE * fmax(same / n, SAME_MIN);
}

/* Where its references lie on average, and each against that. */
static void measure_mean(struct taught_item *it)
{
    struct rigid T[TAUGHT_MAX] = {{0}};
    struct local_mm c = {it->references[0].shape.cx, it->references[0].shape.cy}, sum = c;
    double turn = 0;
    int n = 1, count = it->count < TAUGHT_MAX ? it->count : TAUGHT_MAX;
    bool used[TAUGHT_MAX] = {true};
    for (int r = 1; r < count; r++) {
        struct item_match m;
        match_reference(it, &it->references[r], &it->references[0].shape, NO_MATCH, &m);
        used[r] = m.upright <= FLOOR_MAX;
        T[r] = m.T_upright; /* r from 0 */
        if (!used[r])
            continue;
        struct local_mm p = rigid_apply(T[r], c);
        sum.x += p.x, sum.y += p.y, turn += T[r].angle_rad, n++;
    }
    struct rigid mean = {0, 0, turn / n};
    struct local_mm at = rigid_apply(mean, c);
    mean.x_mm = sum.x / n - at.x;
    mean.y_mm = sum.y / n - at.y;
    for (int r = 0; r < it->count; r++)
        it->references[r].T_this_from_mean =
            r < count && used[r] ? rigid_mul(T[r], rigid_inverse(mean)) : (struct rigid){0};
}

static void measure_self(struct taught_item *it)
{
    it->spread = 0;
    measure_ends(it);
    measure_mean(it);
    for (int a = 0; a < it->count; a++) {
        double least = NO_MATCH;
        struct shape *s = &it->references[a].shape;
        for (int b = 0; b < it->count; b++)
            if (a != b)
                least = fmin(least, match_shapes(it, &it->references[b].shape, s, NULL));
        if (it->count > 1)
            it->spread = fmax(it->spread, least);
    }
    it->floor = it->count > 1 ? fmin(fmax(FLOOR_FACTOR * it->spread, FLOOR_MIN), FLOOR_MAX) : FLOOR_ONE;
    if (it->count == 1)
        it->spread = 1;
}

/* How much the most alike reference of `other` differs from `it`; when that is not below `limit`: just `limit`. Their sizes
 * alone keep most pairs above it. */
static double between(const struct taught_item *it, const struct taught_item *other, double limit)
{
    double least = limit, size[CUE_COUNT];
    for (int a = 0; a < it->count; a++)
        for (int b = 0; b < other->count; b++) {
            shape_compare_size(&it->references[a].shape, &other->references[b].shape, size);
            if (match_difference(it, size) < least)
                least = fmin(least, match_shapes(it, &it->references[a].shape, &other->references[b].shape, NULL));
        }
    return least;
}

/* Which other item looks most like it; only one that it can't be told apart from is looked for. */
static void find_alike(const struct check *c, struct taught_item *it)
{
    double limit = ALIKE_FACTOR * fmin(fmax(it->spread, 0.85), 1.5);
    it->other_difference = nextafter(limit, NO_MATCH);
    it->other = -1;
    for (int j = 0; j < c->count; j++) {
        double d = it == &c->items[j] ? NO_MATCH : between(it, &c->items[j], it->other_difference);
        if (d < it->other_difference)
            it->other_difference = d, it->other = j;
    }
    it->verifiable = it->other_difference > limit;
}

enum lw_msg check_finish_teaching(struct check *c, struct lw_error *err)
{
    (void)err;
    for (int i = 0; i < c->count; i++) {
        widen(&c->items[i]);
        measure_self(&c->items[i]);
        measure_mirror(&c->items[i]);
    }
    for (int i = 0; i < c->count; i++)
        find_alike(c, &c->items[i]);
    c->finished = true;
    return LW_OK;
}

int check_item_count(const struct check *c)
{
    return c->count;
}

bool check_item_stackable(const struct check *c, int item)
{
    const struct taught_item *it = &c->items[item];
    const struct shape *s = &it->references[0].shape;
    double width_mm = s->length_mm > 0 ? s->area_mm2 / s->length_mm : 0, height_mm = it->options.height_mm;
    return height_mm > 0 && width_mm >= STACKED_WIDTH_MM && width_mm >= STACKED_SHARE * height_mm;
}

bool check_item_verifiable(const struct check *c, int item, int *other)
{
    if (other)
        *other = c->items[item].other;
    return c->items[item].verifiable;
}
