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
#define SAME_DIFFERENCE 1.0 /* half of the layings of one thing differ by more */
#define STACKED_WIDTH_MM 9.0 /* on a narrower thing no second one stays */
#define STACKED_SHARE 0.8 /* nor on one that is narrower than so much of its height */

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
    for (int i = 0; i < r->further_count; i++)
        shape_finish(&r->further[i]);
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

/* Of few pictures further layings are made. */
static enum lw_msg make_further(const struct image *after, const struct cv_change *ch, struct taught_reference *to,
                                struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    while (to->further_count < SYNTHETIC_COUNT && !rc) {
        rc = synthetic_laying(&to->before, after, ch, to->further_count, &to->further[to->further_count], err);
        to->further_count++;
    }
    return rc;
}

static enum lw_msg teach_reference(const char *id, const struct check_reference *from, bool further,
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
    if (!rc && further)
        rc = make_further(&after, &ch, to, err);
    to->half_x_mm = after.width * SHAPE_MM_PER_PX / 2;
    to->half_y_mm = after.height * SHAPE_MM_PER_PX / 2;
    cv_shape_change_finish(&ch);
    image_finish(&after);
    return rc;
}

enum lw_msg check_reference_good(const char *id, const struct check_reference *reference, struct lw_error *err)
{
    struct taught_reference r = {0};
    enum lw_msg rc = teach_reference(id, reference, false, &r, err);
    reference_finish(&r);
    return rc;
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
    learn_base_weights(&it);
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < count && !rc; i++) {
        it.count++;
        rc = teach_reference(id, &references[i], count <= FEW_LAYINGS, &it.references[i], err);
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

struct check_pair check_item_pair(const struct check *c, int item)
{
    const struct taught_item *it = &c->items[item];
    if (it->verifiable || it->other < 0)
        return (struct check_pair){CHECK_VERIFIABLE, -1, it->other_difference, LW_OK};
    if (it->other_difference < SAME_DIFFERENCE)
        return (struct check_pair){CHECK_WITH_SECOND_WITNESS, it->other, it->other_difference, LW_MSG_LOOK_SAME};
    return (struct check_pair){CHECK_WITH_CONFIRMATION, it->other, it->other_difference, LW_MSG_LOOK_ALIKE};
}
