#include "apart.h"
#include "check_parts.h"
#include "synthetic.h"

#include <stdlib.h>

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
#define ALIKE_FEW    1.6 /* the same for items of few layings */
#define COLOUR_TELLS 4.0 /* in what is usual */
#define ENDS_ALIKE   1.15 /* turned round it differs by no more than so much more than as it was taught */
/* Light from one side makes the mirror image of anything look other: only a difference beyond that is the thing's. */
#define MIRROR_ALIKE 1.6
#define SAME_MIN     0.45 /* what two layings differ by at least, whatever the taught pictures say */
#define TAUGHT_MAX   32   /* references that the mean pose is made of */

void learn_base_weights(struct taught_item *it)
{
    for (int i = 0; i < CUE_COUNT; i++)
        it->weight[i] = 1 / usual[i];
}

/* A laying of an item as it was taught, and another one of it: taught too, or made from the first. */
struct pair {
    const struct taught_reference *taught;
    const struct shape *seen;
};

static enum lw_msg find_pairs(const struct taught_item *it, struct pair **out, int *count, struct lw_error *err)
{
    size_t most = (size_t)it->count * ((size_t)it->count + SYNTHETIC_COUNT);
    *out = malloc(most * sizeof **out);
    *count = 0;
    if (!*out)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int a = 0; a < it->count; a++) {
        const struct taught_reference *r = &it->references[a];
        for (int b = 0; b < it->count; b++)
            if (a != b)
                (*out)[(*count)++] = (struct pair){r, &it->references[b].shape};
        for (int b = 0; b < r->further_count; b++)
            if (r->further[b].count > 0)
                (*out)[(*count)++] = (struct pair){r, &r->further[b]};
    }
    if (*count == 0) /* nothing was seen of what was made */
        (*out)[(*count)++] = (struct pair){&it->references[0], &it->references[0].shape};
    return LW_OK;
}

/* What is usual between layings of this item. */
static void widen(struct taught_item *it, const struct pair *pairs, int count)
{
    double sum[CUE_COUNT] = {0};
    struct shape_match m;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (match_shapes(it, &pairs[i].taught->shape, pairs[i].seen, &m) < NO_MATCH) {
            for (int k = 0; k < CUE_COUNT; k++)
                sum[k] += m.cue[k];
            it->inside_max = fmax(it->inside_max, m.inside);
            n++;
        }
    for (int k = 0; k < CUE_COUNT && n; k++)
        it->weight[k] = 1 / fmin(fmax(usual[k], 1.1 * sum[k] / n), WIDEN_MAX * usual[k]);
}

/* Differences between layings: the same way round, turned, mirrored. What looks as much like itself turned or mirrored has
 * ends or sides that are alike. */
static void measure_ways(struct taught_item *it, const struct pair *pairs, int count)
{
    double upright = 0, turned = 0, same = 0, mirrored = 0;
    for (int i = 0; i < count; i++) {
        struct item_match m;
        match_reference(it, pairs[i].taught, pairs[i].seen, NO_MATCH, &m);
        upright += fmin(m.upright, FLOOR_MAX) / count;
        turned += fmin(m.turned, 2 * FLOOR_MAX) / count;
        same += fmin(m.any, FLOOR_MAX) / count;
        if (m.upright < NO_MATCH && it->count <= FEW_LAYINGS) /* of more, the cues tell */
            it->pattern += shape_pattern(&(struct explanation){&pairs[i].taught->shape, m.T_upright}, pairs[i].seen) / count;
        mirrored += fmin(match_shapes(it, &pairs[i].taught->mirror, pairs[i].seen, NULL), 2 * FLOOR_MAX) / count;
    }
    it->ends_alike = turned < ENDS_ALIKE * fmax(upright, SAME_MIN);
    it->mirror_alike = mirrored < MIRROR_ALIKE * fmax(same, SAME_MIN);
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

/* How far its layings are apart, and from where a thing is no longer this item. */
static void measure_spread(struct taught_item *it, const struct pair *pairs, int count)
{
    it->spread = 0;
    for (int a = 0; a < it->count; a++) {
        double least = NO_MATCH;
        for (int i = 0; i < count; i++)
            if (pairs[i].taught == &it->references[a])
                least = fmin(least, match_shapes(it, &pairs[i].taught->shape, pairs[i].seen, NULL));
        it->spread = fmax(it->spread, least);
    }
    it->floor = it->count > 1 ? fmin(fmax(FLOOR_FACTOR * it->spread, FLOOR_MIN), FLOOR_MAX) : FLOOR_ONE;
    if (it->count == 1)
        it->spread = 1;
}

static void measure_size(struct taught_item *it)
{
    for (int a = 0; a < it->count; a++)
        it->area_max_mm2 = fmax(it->area_max_mm2, it->references[a].shape.area_mm2);
}

static enum lw_msg learn_item(struct taught_item *it, struct lw_error *err)
{
    struct pair *pairs;
    int count;
    enum lw_msg rc = find_pairs(it, &pairs, &count, err);
    if (rc)
        return rc;
    widen(it, pairs, count);
    measure_ways(it, pairs, count);
    measure_mean(it);
    measure_spread(it, pairs, count);
    measure_size(it);
    free(pairs);
    return LW_OK;
}

/* Another colour is told apart however alike the shapes are. */
static bool other_colour(const struct taught_item *it, const struct shape_match *m)
{
    return m->cue[CUE_HUE] * it->weight[CUE_HUE] > COLOUR_TELLS;
}

/* How much the most alike reference of `other` differs from `it`; when that is not below `limit`: just `limit`. Their sizes
 * alone keep most pairs above it. */
static double between(const struct taught_item *it, const struct taught_item *other, double limit)
{
    double least = limit, size[CUE_COUNT];
    struct shape_match m = {.inside = 0};
    for (int a = 0; a < it->count; a++)
        for (int b = 0; b < other->count; b++) {
            const struct shape *mine = &it->references[a].shape, *theirs = &other->references[b].shape;
            shape_compare_size(mine, theirs, size);
            if (match_difference(it, size) >= least)
                continue;
            double d = match_shapes(it, mine, theirs, &m);
            if (d < least && !other_colour(it, &m))
                least = d;
        }
    return least;
}

/* Below it two items can't be told apart. Of few layings it is not known how much others will differ. */
static double alike_limit(const struct taught_item *it)
{
    return it->count <= FEW_LAYINGS ? ALIKE_FEW : ALIKE_FACTOR * fmin(fmax(it->spread, 0.85), 1.5);
}

/* Which other item looks most like it; only one that it can't be told apart from is looked for. */
static void find_alike(const struct check *c, struct taught_item *it)
{
    double limit = alike_limit(it);
    it->other_difference = nextafter(limit, NO_MATCH);
    it->other = -1;
    for (int j = 0; j < c->count; j++) {
        double d = it == &c->items[j] ? NO_MATCH : between(it, &c->items[j], it->other_difference);
        if (d < it->other_difference)
            it->other_difference = d, it->other = j;
    }
    it->verifiable = it->other_difference > limit;
}

/* What was taught by few layings and is taken for another one: neither can be told from the other. */
static void flag_both(struct check *c)
{
    for (int i = 0; i < c->count; i++) {
        const struct taught_item *it = &c->items[i];
        struct taught_item *other = it->verifiable ? NULL : &c->items[it->other];
        if (other && other->verifiable && other->count <= FEW_LAYINGS)
            other->verifiable = false, other->other = i, other->other_difference = it->other_difference;
    }
}

enum lw_msg check_finish_teaching(struct check *c, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < c->count && !rc; i++)
        rc = learn_item(&c->items[i], err);
    for (int i = 0; i < c->count && !rc; i++)
        find_alike(c, &c->items[i]);
    flag_both(c);
    c->finished = !rc;
    return rc;
}
