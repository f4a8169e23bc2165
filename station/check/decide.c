#include "check_parts.h"

#define TWICE_MIN     1.55 /* of the taught area: two lie there, one may hide a part of the other */
#define TWICE_MAX     2.6
#define TURNED_CLEAR  1.08 /* between the ways round by no more than this a person is asked */
#define MIRROR_CLEAR  1.12 /* the mirror image must fit so much better before it is called mirrored */
#define INSIDE_FACTOR 1.6  /* of what two layings differ by inside: something lies on it */
#define INSIDE_MIN    0.9  /* log: what shading and glints may do to any thing */
#define GROWN_MM      1.2 /* of its rim, over the largest taught one: something lies beside, under or on it */
#define NAMED_FACTOR  1.6 /* of its floor: so far off another item's name is still the best word */
#define NAMED_CLEAR   1.1
#define LITTLE_MORE   1.001 /* a limit that includes what equals it */

static double typical_area(const struct taught_item *it)
{
    double sum = 0;
    for (int i = 0; i < it->count; i++)
        sum += it->references[i].shape.area_mm2;
    return sum / it->count;
}

/* Against the mean of its taught layings. */
static void set_offset(const struct taught_item *it, int reference, struct rigid T_taught_from_seen,
                       struct verdict *v, double *moved_mm)
{
    const struct taught_reference *t = &it->references[reference];
    v->offset = rigid_mul(rigid_inverse(T_taught_from_seen), t->T_this_from_mean);
    struct local_mm taught =
        rigid_apply(rigid_inverse(t->T_this_from_mean), (struct local_mm){t->shape.cx, t->shape.cy});
    struct local_mm now = rigid_apply(v->offset, taught);
    *moved_mm = hypot(now.x - taught.x, now.y - taught.y);
}

/* The expected item lies there; is it where and how it should be? */
static void decide_pose(const struct taught_item *it, const struct item_match *m, double tolerance_mm,
                        double tolerance_rad, struct verdict *v)
{
    double moved_mm;
    bool way = it->options.orientation_matters && tolerance_rad < LW_PI, upright = m->upright <= it->floor;
    bool turned = way && !it->ends_alike && m->turned < m->upright;
    bool use_upright = upright && (way || m->upright <= m->any);
    set_offset(it, use_upright ? m->upright_reference : m->any_reference,
               use_upright ? m->T_upright : m->T_any, v, &moved_mm);
    v->result = VERDICT_REFUSE;
    if (turned && m->upright < m->turned * TURNED_CLEAR) {
        v->result = VERDICT_CONFIRM;
        v->reason = REASON_TURNED;
    } else if (turned || (way && !upright) || (way && fabs(v->offset.angle_rad) > tolerance_rad)) {
        v->reason = REASON_TURNED;
    } else if (moved_mm > tolerance_mm) {
        v->reason = REASON_ELSEWHERE;
    } else {
        v->result = VERDICT_ACCEPT;
        v->reason = REASON_NONE;
    }
}

static enum lw_msg mirror_difference(const struct taught_item *it, const struct shape *seen, double *out,
                                     struct lw_error *err)
{
    struct shape mirrored;
    struct item_match m;
    enum lw_msg rc = shape_mirror(seen, &mirrored, err);
    if (rc)
        return rc;
    match_item(it, &mirrored, NO_MATCH, &m);
    *out = m.any;
    shape_finish(&mirrored);
    return LW_OK;
}

/* None of the taught things as they were taught: the mirror image, two of them, or something unknown. */
static enum lw_msg decide_strange(const struct check *c, int expected, const struct shape *seen,
                                  const struct item_match *own, struct verdict *v, struct lw_error *err)
{
    const struct taught_item *it = &c->items[expected];
    double ratio = seen->bare_mm2 / typical_area(it);
    v->result = VERDICT_REFUSE;
    v->reason = REASON_UNKNOWN;
    v->seen_item = -1;
    if (ratio > TWICE_MIN && ratio < TWICE_MAX) {
        v->reason = REASON_TOO_MANY;
        v->seen_item = expected;
        return LW_OK;
    }
    double mirrored;
    enum lw_msg rc = mirror_difference(it, seen, &mirrored, err);
    if (!rc && !it->mirror_alike && mirrored <= it->floor && mirrored < own->any) {
        v->reason = REASON_MIRRORED;
        v->seen_item = expected;
    }
    return rc;
}

/* It looks like the expected item and would be accepted: unless its mirror image fits better, or it has
 * grown. */
static enum lw_msg doubt(const struct taught_item *it, const struct shape *seen, const struct item_match *own,
                         struct verdict *v, struct lw_error *err)
{
    double mirrored;
    enum lw_msg rc = mirror_difference(it, seen, &mirrored, err);
    if (rc)
        return rc;
    if (!it->mirror_alike && mirrored < own->any) {
        v->result = mirrored * MIRROR_CLEAR < own->any ? VERDICT_REFUSE : VERDICT_CONFIRM;
        v->reason = REASON_MIRRORED;
    } else if (own->inside > fmax(INSIDE_MIN, INSIDE_FACTOR * it->inside_max)) {
        v->result = VERDICT_REFUSE;
        v->reason = REASON_UNKNOWN;
    } else if (seen->rim_mm > 0 && (seen->bare_mm2 - it->area_max_mm2) / seen->rim_mm > GROWN_MM) {
        v->result = VERDICT_REFUSE;
        v->reason = REASON_TOO_MANY;
    }
    return LW_OK;
}

enum lw_msg decide_thing(const struct check *c, int expected, const struct shape *seen, bool anywhere,
                         double tolerance_mm, double tolerance_rad, struct verdict *v, struct lw_error *err)
{
    const struct taught_item *it = &c->items[expected];
    struct item_match own = {.any = NO_MATCH}, best_match = {.any = NO_MATCH};
    double other = NO_MATCH;
    int best_other = -1;
    match_item(it, seen, NO_MATCH, &own);
    double relevant = own.any <= it->floor ? own.any * MARGIN_OTHER : NO_MATCH;
    for (int i = 0; i < c->count; i++) {
        struct item_match m;
        if (i == expected)
            continue;
        match_item(&c->items[i], seen,
                   fmin(other, fmin(relevant, c->items[i].floor * NAMED_FACTOR)) * LITTLE_MORE, &m);
        if (m.any < other)
            other = m.any, best_other = i, best_match = m;
    }
    v->score = decide_score(own.any);
    v->margin = decide_score(own.any) - decide_score(other);
    if (own.any > it->floor) {
        if (best_other >= 0 && other <= c->items[best_other].floor * NAMED_FACTOR &&
            other * NAMED_CLEAR < own.any) {
            double moved_mm;
            v->result = VERDICT_REFUSE;
            v->reason = REASON_OTHER_ITEM;
            v->seen_item = best_other;
            set_offset(&c->items[best_other], best_match.any_reference, best_match.T_any, v, &moved_mm);
            return LW_OK;
        }
        return decide_strange(c, expected, seen, &own, v, err);
    }
    v->seen_item = expected;
    if (other < own.any) {
        v->seen_item = best_other;
        v->result = other * MARGIN_OTHER < own.any ? VERDICT_REFUSE : VERDICT_CONFIRM;
        v->reason = REASON_OTHER_ITEM;
        if (!it->verifiable && it->other == best_other)
            v->result = VERDICT_CONFIRM;
        return LW_OK;
    }
    if (anywhere) {
        v->result = VERDICT_ACCEPT;
        v->reason = REASON_NONE;
        double moved_mm;
        set_offset(it, own.any_reference, own.T_any, v, &moved_mm);
    } else {
        decide_pose(it, &own, tolerance_mm, tolerance_rad, v);
    }
    if (v->result == VERDICT_ACCEPT && (!it->verifiable || own.any * MARGIN_OTHER > other))
        v->result = VERDICT_CONFIRM;
    return v->result == VERDICT_ACCEPT && !anywhere ? doubt(it, seen, &own, v, err) : LW_OK;
}
