#include "apart.h"
#include "check_parts.h"
#include "two.h"

#define TWICE_MIN     1.55 /* of the taught area: two lie there, one may hide a part of the other */
#define TWICE_MAX     2.6
#define INSIDE_FACTOR 1.6  /* of what two layings differ by inside: something lies on it */
#define INSIDE_MIN    0.9  /* log: what shading and glints may do to any thing */
#define GROWN_MM      1.2 /* of its rim, over the largest taught one: something lies beside, under or on it */
#define NAMED_FACTOR  1.6 /* of its floor: so far off another item's name is still the best word */
#define NAMED_CLEAR   1.1
#define LITTLE_MORE   1.001 /* a limit that includes what equals it */
#define RIVALS        6
#define RIVAL_FACTOR  1.4  /* what differs by so much more than the expected item is no rival */
#define LEAN_MINE     0.35 /* of 0 .. 1 where two explanations differ: up to here it is the expected one */
#define LEAN_RIVAL    0.65 /* and from here the rival; between them a person is asked */
#define MUCH_BETTER   1.5  /* explained so much better in all, the rival need only be the likelier one there */
#define LEAN_EITHER   0.5  /* ends that look alike are asked about only from here */
#define POOR_SHARE    0.85 /* of its floor: so bad a match tells it from no rival that is nearly as good */
#define PATTERN_USUAL 0.5  /* light and dark along two layings agree by so much at least, or they say nothing */
#define PATTERN_TELLS 0.7  /* so much they must agree to say which way round it lies */
#define TURNED_FACTOR 1.5  /* where a pattern tells, the other way round is doubted from farther off */
#define PATTERN_CLEAR 0.2  /* better than the other way round */
#define STRENGTH_MIN  6.0  /* weaker differences are noise */

/* Another explanation of what lies there. */
struct rival {
    enum verdict_reason reason; /* REASON_OTHER_ITEM, REASON_TURNED, REASON_MIRRORED */
    int item;
    double difference;
    struct explanation how;
};

struct rivals {
    struct rival list[RIVALS]; /* the most alike first */
    int count;
};

static void add_rival(struct rivals *r, const struct rival *rival)
{
    int i = r->count < RIVALS ? r->count++ : RIVALS;
    for (; i > 0 && r->list[i - 1].difference > rival->difference; i--)
        if (i < RIVALS)
            r->list[i] = r->list[i - 1];
    if (i < RIVALS)
        r->list[i] = *rival;
}

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

static void refuse(struct verdict *v, enum verdict_reason reason, int seen_item)
{
    v->result = VERDICT_REFUSE;
    v->reason = reason;
    v->seen_item = seen_item;
}

/* ---- who else it may be ---- */

/* All taught items that differ by less than `relevant`, or that give a stranger its name. */
static void find_others(const struct check *c, int expected, const struct shape *seen, double relevant,
                        struct rivals *out)
{
    for (int i = 0; i < c->count; i++) {
        const struct taught_item *it = &c->items[i];
        struct item_match m;
        double limit = fmin(relevant, it->floor * NAMED_FACTOR) * LITTLE_MORE;
        if (i == expected)
            continue;
        if (out->count == RIVALS)
            limit = fmin(limit, out->list[RIVALS - 1].difference);
        match_item(it, seen, limit, &m);
        if (m.any < limit)
            add_rival(out, &(struct rival){REASON_OTHER_ITEM, i, m.any,
                                           {&it->references[m.any_reference].shape, m.T_any}});
    }
}

/* The same item the other way round, and its mirror image, unless its taught layings say that this looks the same. Ends
 * that look alike as a whole may still differ somewhere: `face` looks there. */
static void find_own(const struct taught_item *it, int item, const struct shape *seen, const struct item_match *own,
                     bool way, double relevant, struct rivals *out)
{
    struct item_match m;
    if (way && own->turned < (it->pattern < PATTERN_USUAL ? relevant : relevant * TURNED_FACTOR))
        add_rival(out, &(struct rival){REASON_TURNED, item, own->turned,
                                       {&it->references[own->turned_reference].shape, own->T_turned}});
    if (it->mirror_alike)
        return;
    match_mirrored(it, seen, relevant, &m);
    if (m.any < relevant)
        add_rival(out, &(struct rival){REASON_MIRRORED, item, m.any,
                                       {&it->references[m.any_reference].mirror, m.T_any}});
}

/* ---- which of two it is ---- */

static void usual_of(const struct taught_item *it, double usual[CUE_COUNT])
{
    for (int i = 0; i < CUE_COUNT; i++)
        usual[i] = 1 / it->weight[i];
}

enum pattern { PATTERN_SAYS_NOTHING, PATTERN_MINE, PATTERN_RIVAL, PATTERN_DOUBT };

/* Which way round it lies, by the light and dark along it: a band, a print, a hinge. */
static enum pattern pattern_says(const struct taught_item *it, const struct explanation *mine, const struct rival *rival,
                                 const struct shape *seen)
{
    if (rival->reason != REASON_TURNED || it->pattern < PATTERN_USUAL)
        return PATTERN_SAYS_NOTHING;
    double own = shape_pattern(mine, seen), turned = shape_pattern(&rival->how, seen);
    if (own >= PATTERN_TELLS && own >= turned + PATTERN_CLEAR)
        return PATTERN_MINE;
    return turned >= own + PATTERN_CLEAR ? PATTERN_RIVAL : PATTERN_DOUBT;
}

/* Looks where the two differ. An accept stays only when it clearly is the expected one there. True: it clearly is the rival. */
static bool face(const struct check *c, int expected, const struct explanation *mine, double own,
                 const struct rival *rival, const struct shape *seen, struct verdict *v)
{
    const struct taught_item *it = &c->items[expected];
    double usual[CUE_COUNT];
    usual_of(it, usual);
    enum pattern says = pattern_says(it, mine, rival, seen);
    if (says == PATTERN_MINE)
        return false;
    struct apart a = shape_apart(mine, &rival->how, seen, usual);
    bool ends = rival->reason == REASON_TURNED && it->ends_alike;
    if (says == PATTERN_SAYS_NOTHING && ends && (a.strength < STRENGTH_MIN || a.lean < LEAN_EITHER))
        return false;
    bool doubtful = own > POOR_SHARE * it->floor && rival->difference < MARGIN_OTHER * own;
    if (says == PATTERN_SAYS_NOTHING && a.strength >= STRENGTH_MIN && a.lean <= LEAN_MINE && own <= rival->difference && !doubtful)
        return false;
    bool alike = !it->verifiable && it->other == rival->item;
    /* "Turn it round" is the simplest word: another one takes its place only when it explains far more. */
    double clearly = v->reason == REASON_TURNED ? RIVAL_FACTOR : 1;
    bool leans = a.lean >= LEAN_RIVAL || (a.lean > 0.5 && rival->difference * MUCH_BETTER < own);
    bool clear = !alike && a.strength >= STRENGTH_MIN && leans && rival->difference * clearly < own;
    clear = clear || says == PATTERN_RIVAL;
    if (v->result == VERDICT_ACCEPT || clear) {
        v->result = clear ? VERDICT_REFUSE : VERDICT_CONFIRM;
        v->reason = rival->reason;
        v->seen_item = rival->item;
    }
    return clear;
}

/* ---- the expected item ---- */

/* It lies there; is it where and how it should be? */
static void decide_pose(const struct taught_item *it, const struct item_match *m, double tolerance_mm,
                        double tolerance_rad, struct verdict *v)
{
    double moved_mm;
    bool way = it->options.orientation_matters && tolerance_rad < LW_PI, upright = m->upright <= it->floor;
    bool use_upright = upright && (way || m->upright <= m->any);
    set_offset(it, use_upright ? m->upright_reference : m->any_reference,
               use_upright ? m->T_upright : m->T_any, v, &moved_mm);
    v->result = VERDICT_ACCEPT;
    v->reason = REASON_NONE;
    if (way && (!upright || fabs(v->offset.angle_rad) > tolerance_rad))
        refuse(v, REASON_TURNED, v->seen_item);
    else if (moved_mm > tolerance_mm)
        refuse(v, REASON_ELSEWHERE, v->seen_item);
    v->fits = v->result == VERDICT_ACCEPT;
}

/* It looks like the expected item and would be accepted: unless something lies on it, or it has grown. */
static void doubt(const struct taught_item *it, const struct shape *seen, const struct item_match *own,
                  struct verdict *v)
{
    if (own->inside > fmax(INSIDE_MIN, INSIDE_FACTOR * it->inside_max))
        refuse(v, REASON_UNKNOWN, v->seen_item);
    else if (seen->rim_mm > 0 && (seen->bare_mm2 - it->area_max_mm2) / seen->rim_mm > GROWN_MM)
        refuse(v, REASON_TOO_MANY, v->seen_item);
}

static void decide_own(const struct check *c, int expected, const struct shape *seen, const struct item_match *own,
                       const struct rivals *others, bool anywhere, double tolerance_mm, double tolerance_rad,
                       struct verdict *v)
{
    const struct taught_item *it = &c->items[expected];
    struct rivals rivals = *others;
    double moved_mm;
    bool way = !anywhere && it->options.orientation_matters && tolerance_rad < LW_PI;
    v->seen_item = expected;
    if (anywhere) {
        v->result = VERDICT_ACCEPT;
        v->reason = REASON_NONE;
        set_offset(it, own->any_reference, own->T_any, v, &moved_mm);
    } else {
        decide_pose(it, own, tolerance_mm, tolerance_rad, v);
        find_own(it, expected, seen, own, way, own->any * RIVAL_FACTOR, &rivals);
    }
    bool upright = way && own->upright <= it->floor;
    struct explanation mine = {&it->references[upright ? own->upright_reference : own->any_reference].shape,
                               upright ? own->T_upright : own->T_any};
    for (int i = 0; i < rivals.count; i++) {
        const struct rival *r = &rivals.list[i];
        bool near = r->reason != REASON_OTHER_ITEM || r->difference < own->any * RIVAL_FACTOR;
        if (near && face(c, expected, &mine, upright ? own->upright : own->any, r, seen, v))
            break; /* the others explain less */
    }
    if (v->result == VERDICT_ACCEPT && !it->verifiable)
        v->result = VERDICT_CONFIRM;
    if (v->result == VERDICT_ACCEPT && !anywhere)
        doubt(it, seen, own, v);
}

/* ---- a stranger ---- */

/* None of the taught things as they were taught: the mirror image, two of them, or something unknown. */
static void decide_strange(const struct check *c, int expected, const struct shape *seen, const struct item_match *own,
                           const struct rivals *others, struct verdict *v)
{
    const struct taught_item *it = &c->items[expected];
    double ratio = seen->bare_mm2 / typical_area(it), moved_mm;
    struct item_match m;
    if (others->count && others->list[0].difference * NAMED_CLEAR < own->any) {
        const struct rival *o = &others->list[0];
        bool alike = !it->verifiable && it->other == o->item && own->any <= it->floor * NAMED_FACTOR;
        refuse(v, REASON_OTHER_ITEM, o->item);
        const struct taught_item *other = &c->items[o->item];
        for (int r = 0; r < other->count; r++)
            if (&other->references[r].shape == o->how.taught)
                set_offset(other, r, o->how.T_taught_from_seen, v, &moved_mm);
        if (alike)
            v->result = VERDICT_CONFIRM;
        return;
    }
    refuse(v, REASON_UNKNOWN, -1);
    if ((ratio > TWICE_MIN && ratio < TWICE_MAX) || shape_is_two(&it->references[0].shape, seen)) {
        refuse(v, REASON_TOO_MANY, expected);
        return;
    }
    if (it->mirror_alike)
        return;
    match_mirrored(it, seen, NO_MATCH, &m);
    if (m.any <= it->floor && m.any < own->any)
        refuse(v, REASON_MIRRORED, expected);
}

enum lw_msg decide_thing(const struct check *c, int expected, const struct shape *seen, bool anywhere,
                         double tolerance_mm, double tolerance_rad, struct verdict *v, struct lw_error *err)
{
    const struct taught_item *it = &c->items[expected];
    struct item_match own;
    struct rivals others = {.count = 0};
    (void)err;
    match_item(it, seen, NO_MATCH, &own);
    find_others(c, expected, seen, own.any <= it->floor ? own.any * RIVAL_FACTOR : NO_MATCH, &others);
    v->score = decide_score(own.any);
    v->margin = v->score - (others.count ? decide_score(others.list[0].difference) : 0);
    if (own.any > it->floor)
        decide_strange(c, expected, seen, &own, &others, v);
    else
        decide_own(c, expected, seen, &own, &others, anywhere, tolerance_mm, tolerance_rad, v);
    return LW_OK;
}
