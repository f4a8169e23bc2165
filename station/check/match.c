#include "check_parts.h"

/* At most this much of a cue counts: one spoilt cue does not hide the others. */
#define CUE_CAP     4.0
#define FAINT_SHARE 0.4 /* of what it stood out when taught: less is a stain, a shadow or a mirror image of its shape */
#define UPRIGHT_RAD 0.6 /* as taught: much wider than any tolerance, far from the other way round */

/* How much each cue has to say. Metal's tone changes with every degree of turn, so it says little. */
static const double share[CUE_COUNT] = {[CUE_OUTLINE] = 3,  [CUE_STRETCH] = 2, [CUE_AREA] = 1,
                                        [CUE_LENGTH] = 1.5, [CUE_HUE] = 1.5,   [CUE_TONE] = 0.5};

double match_difference(const struct taught_item *it, const double cue[CUE_COUNT])
{
    double sum = 0, total = 0;
    for (int i = 0; i < CUE_COUNT; i++) {
        double z = fmin(cue[i] * it->weight[i], CUE_CAP);
        sum += share[i] * z * z;
        total += share[i];
    }
    return sqrt(sum / total);
}

/* All cues of a match, or only its outline's when that is already above the limit. */
static double whole_difference(const struct taught_item *it, const struct shape *taught,
                               const struct shape *seen, double limit, struct shape_match *m)
{
    double d = match_difference(it, m->cue);
    if (d >= limit)
        return d;
    shape_compare_colours(taught, seen, m);
    return match_difference(it, m->cue);
}

double match_shapes(const struct taught_item *it, const struct shape *taught, const struct shape *seen,
                    struct shape_match *out)
{
    struct shape_match m[SHAPE_MATCHES];
    double best = NO_MATCH;
    int n = shape_align(taught, seen, false, m);
    for (int i = 0; i < n; i++) {
        double d = whole_difference(it, taught, seen, best, &m[i]);
        if (d >= best)
            continue;
        best = d;
        if (out)
            *out = m[i];
    }
    return best;
}

static void add_reference(const struct taught_item *it, int r, const struct shape *taught, const struct shape *seen,
                          double limit, bool both_ways, struct item_match *out)
{
    struct shape_match m[SHAPE_MATCHES];
    if (seen->contrast < FAINT_SHARE * it->contrast)
        return;
    shape_compare_size(taught, seen, m[0].cue);
    if (match_difference(it, m[0].cue) >= limit)
        return;
    int n = shape_align(taught, seen, both_ways, m);
    for (int i = 0; i < n; i++) {
        double angle = fabs(m[i].T_taught_from_seen.angle_rad),
               d = whole_difference(it, taught, seen, limit, &m[i]);
        if (d < out->any)
            out->any = d, out->T_any = m[i].T_taught_from_seen, out->any_reference = r,
            out->inside = m[i].inside;
        if (d < out->upright && angle < UPRIGHT_RAD)
            out->upright = d, out->T_upright = m[i].T_taught_from_seen, out->upright_reference = r;
        if (d < out->turned && angle > LW_PI / 2)
            out->turned = d, out->T_turned = m[i].T_taught_from_seen, out->turned_reference = r;
    }
}

static const struct item_match none = {.any = NO_MATCH, .upright = NO_MATCH, .turned = NO_MATCH};

void match_reference(const struct taught_item *it, const struct taught_reference *reference,
                     const struct shape *seen, double limit, struct item_match *out)
{
    *out = none;
    add_reference(it, (int)(reference - it->references), &reference->shape, seen, limit, true, out);
}

void match_item(const struct taught_item *it, const struct shape *seen, double limit, struct item_match *out)
{
    *out = none;
    for (int r = 0; r < it->count; r++)
        add_reference(it, r, &it->references[r].shape, seen, limit,
                      limit >= NO_MATCH && it->options.orientation_matters, out);
}

void match_mirrored(const struct taught_item *it, const struct shape *seen, double limit, struct item_match *out)
{
    *out = none;
    for (int r = 0; r < it->count; r++)
        add_reference(it, r, &it->references[r].mirror, seen, limit, false, out);
}

double decide_score(double difference)
{
    return difference >= NO_MATCH ? 0 : 1 / (1 + difference * difference);
}

int decide_which(const struct check *c, const struct shape *seen, struct item_match *match)
{
    int best = -1;
    double least = NO_MATCH;
    for (int i = 0; i < c->count; i++) {
        struct item_match m;
        match_item(&c->items[i], seen, fmin(least, c->items[i].floor * 1.0001), &m);
        if (m.any < least && m.any <= c->items[i].floor)
            least = m.any, best = i, *match = m;
    }
    return best;
}
