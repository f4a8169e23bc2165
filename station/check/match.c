#include "check_parts.h"

/* At most this much of a cue counts: one spoilt cue does not hide the others. */
#define CUE_CAP 4.0
#define UPRIGHT_RAD 0.6 /* as taught: much wider than any tolerance, far from the other way round */

/* How much each cue has to say. Metal's tone changes with every degree of turn, so it says little. */
static const double share[CUE_COUNT] = {[CUE_OUTLINE] = 3, [CUE_STRETCH] = 2, [CUE_AREA] = 1,
                                        [CUE_LENGTH] = 1.5, [CUE_HUE] = 1.5, [CUE_TONE] = 0.5};

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

double match_shapes(const struct taught_item *it, const struct shape *taught, const struct shape *seen, bool skip_near,
                    double cue[CUE_COUNT])
{
    struct shape_match m[SHAPE_MATCHES];
    double best = NO_MATCH;
    int n = shape_align(taught, seen, m);
    for (int i = 0; i < n; i++) {
        double d = match_difference(it, m[i].cue);
        if (d >= best || (skip_near && fabs(m[i].T_taught_from_seen.angle_rad) < LW_PI / 2))
            continue;
        best = d;
        for (int k = 0; k < CUE_COUNT && cue; k++)
            cue[k] = m[i].cue[k];
    }
    return best;
}

void match_item(const struct taught_item *it, const struct shape *seen, struct item_match *out)
{
    *out = (struct item_match){.any = NO_MATCH, .upright = NO_MATCH};
    for (int r = 0; r < it->count; r++) {
        struct shape_match m[SHAPE_MATCHES];
        int n = shape_align(&it->references[r].shape, seen, m);
        for (int i = 0; i < n; i++) {
            double d = match_difference(it, m[i].cue);
            if (d < out->any)
                out->any = d, out->T_any = m[i].T_taught_from_seen, out->any_reference = r;
            if (d < out->upright && fabs(m[i].T_taught_from_seen.angle_rad) < UPRIGHT_RAD)
                out->upright = d, out->T_upright = m[i].T_taught_from_seen, out->upright_reference = r;
        }
    }
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
        match_item(&c->items[i], seen, &m);
        if (m.any < least && m.any <= c->items[i].floor)
            least = m.any, best = i, *match = m;
    }
    return best;
}
