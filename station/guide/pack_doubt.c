/* A look that can't be compared: since the look before the case was pushed or the lamps changed, or what seems to be a
 * hand never moves. A refusal may then be the station's fault, so nobody is told of it. It looks once more; then the
 * thing is asked out of its place, for a new look before; and only when that too leads nowhere a person is asked. */
#include "pack_session.h"

#include <string.h>

#define HAND_LOOKS 3      /* so many looks with a hand in them and nothing that moved between: it is none */
#define ASKED_MOST 2      /* before a person is asked to confirm */
#define CHANGED_SHARE 0.25 /* of the lit area changed: more than any thing that is laid covers */
#define CHANGED_GREY 5     /* and by so much at least: noise of a single frame */
#define CHANGED_PART 0.12
#define EMPTIED_PART 0.5  /* of the difference that the thing made, at most, is left when it is out */
#define EMPTIED_GREY 4.0  /* a thing that differs less from its place can't be seen to go */
#define UNCLEAR_S 5.0     /* so long nothing could be told */
#define POINTS 24         /* along each side of the place's bounding box */
#define RING_MM 25.0      /* around the place: tells how the light as a whole changed */

static bool differs(uint8_t a, uint8_t b)
{
    int larger = a > b ? a : b, d = larger - (a < b ? a : b);
    return d > CHANGED_GREY + CHANGED_PART * larger;
}

static bool light_changed(const struct guide_samples *a, const struct guide_samples *b)
{
    int changed = 0, both = 0;
    for (int i = 0; i < GUIDE_SAMPLES; i++) {
        if (!a->there[i] || !b->there[i])
            continue;
        both++;
        changed += differs(a->dark[i], b->dark[i]) || differs(a->lit[i], b->lit[i]);
    }
    return changed > CHANGED_SHARE * both;
}

/* ---- was it taken out? ---- */

/* Greys of a grid over the place and the ring around it, as seen in a picture. */
struct greys {
    double inside[POINTS * POINTS], ring[POINTS * POINTS];
};

static void greys_of(const struct pack *p, const struct image *im, struct rigid T, const double half_mm[2], double z_mm,
                     struct greys *out)
{
    const struct model *m = &p->g->calibration.model;
    for (int i = 0; i < POINTS * POINTS; i++) {
        double u = 2 * (i % POINTS + 0.5) / POINTS - 1, v = 2 * (i / POINTS + 0.5) / POINTS - 1;
        struct local_mm in = {u * half_mm[0], v * half_mm[1]};
        struct local_mm around = {u * (half_mm[0] + RING_MM), v * (half_mm[1] + RING_MM)};
        bool outside = fabs(around.x) > half_mm[0] || fabs(around.y) > half_mm[1];
        out->inside[i] = pack_grey_at(m, im, T, in, z_mm);
        out->ring[i] = outside ? pack_grey_at(m, im, T, around, z_mm) : -1;
    }
}

static int ascending(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, ascending);
    return n ? v[n / 2] : 0;
}

/* Upper quartile of the difference inside, after the ring's change of light: a thing seldom fills its bounding box. */
static double difference(const struct greys *before, const struct greys *after)
{
    double v[POINTS * POINTS];
    int n = 0;
    for (int i = 0; i < POINTS * POINTS; i++)
        if (before->ring[i] > 4 && after->ring[i] >= 0)
            v[n++] = after->ring[i] / before->ring[i];
    double gain = n ? median(v, n) : 1;
    n = 0;
    for (int i = 0; i < POINTS * POINTS; i++)
        if (before->inside[i] >= 0 && after->inside[i] >= 0)
            v[n++] = fabs(after->inside[i] - gain * before->inside[i]);
    median(v, n);
    return n ? v[3 * n / 4] : 0;
}

/* Half the size of the place's item along the place's axes, mm. */
static void half_size(const struct pack *p, int place, double half_mm[2])
{
    struct local_mm points[SCENE_POINTS];
    int count = check_item_outline(p->taught.check, p->places[place].item, points, SCENE_POINTS);
    half_mm[0] = half_mm[1] = 0;
    for (int i = 0; i < count; i++) {
        half_mm[0] = fmax(half_mm[0], fabs(points[i].x));
        half_mm[1] = fmax(half_mm[1], fabs(points[i].y));
    }
}

bool pack_doubt_emptied(const struct pack *p, int place, const struct image *picture)
{
    static struct greys before, filled, now;
    const struct pack_doubt *d = &p->doubt;
    const struct check_place *at = &p->places[place];
    double half_mm[2];
    if (!d->asked || !d->picture.data || !p->before_valid)
        return false;
    half_size(p, place, half_mm);
    greys_of(p, &p->before, at->T_bench_from_place_before, half_mm, at->z_mm, &before);
    greys_of(p, &d->picture, d->T_bench_from_place, half_mm, at->z_mm, &filled);
    greys_of(p, picture, at->T_bench_from_place, half_mm, at->z_mm, &now);
    double with = difference(&before, &filled), without = difference(&before, &now);
    return with > EMPTIED_GREY && without < EMPTIED_PART * with && difference(&filled, &now) > EMPTIED_GREY;
}

/* ---- the verdict ---- */

static bool pushed_since(const struct check_place *at)
{
    struct rigid was = at->T_bench_from_place_before, is = at->T_bench_from_place;
    return was.x_mm != is.x_mm || was.y_mm != is.y_mm || was.angle_rad != is.angle_rad;
}

/* A hand that is seen again and again while nothing moves. */
static bool hand_is_none(struct pack_doubt *d, const struct verdict *v, bool moved)
{
    bool hand = v->result == VERDICT_CANNOT_TELL && v->reason == REASON_HAND;
    d->hand_looks = hand && !moved ? d->hand_looks + 1 : hand;
    return d->hand_looks >= HAND_LOOKS || (hand && d->asked);
}

void pack_doubt_forget(struct pack *p)
{
    image_finish(&p->doubt.picture);
    p->doubt = (struct pack_doubt){0};
}

/* Asks for the thing to be taken out, and once more; at last whether it lies right. While it is asked for, every look
 * has its reason: something moved, or a person pressed. */
static void take_counsel(struct pack *p, const struct guide_look *look, struct verdict *v)
{
    struct pack_doubt *d = &p->doubt;
    struct lw_error err;
    if (d->asked_times >= ASKED_MOST) {
        v->result = VERDICT_CONFIRM;
        v->reason = REASON_NONE;
        return;
    }
    image_finish(&d->picture);
    if (image_copy(&d->picture, &look->picture, &err))
        d->picture = (struct image){0};
    d->asked = d->ask_due = true;
    d->asked_times++;
}

bool pack_doubt_verdict(struct pack *p, int place, const struct guide_look *look, struct verdict *v)
{
    struct pack_doubt *d = &p->doubt;
    const struct check_place *at = &p->places[place];
    bool moved = p->g->moved_ns > d->looked_ns, pushed = pushed_since(at);
    bool no_hand = hand_is_none(d, v, moved);
    bool refused = v->result == VERDICT_REFUSE && v->reason != REASON_MISSING;
    bool changed = pushed || light_changed(&p->before_samples, &look->samples);
    d->looked_ns = clock_now_ns(&p->g->clock);
    if (!no_hand && !(refused && changed))
        return changed;
    bool again = d->doubted || no_hand;
    d->doubted = true;
    *v = (struct verdict){.reason = pushed ? REASON_MOVED : REASON_STALE, .seen_item = -1, .seen_place = -1,
                          .frame = v->frame};
    d->T_bench_from_place = at->T_bench_from_place;
    if (again)
        take_counsel(p, look, v);
    return true;
}

void pack_unclear(struct pack *p, int step, enum verdict_reason reason)
{
    int64_t now_ns = clock_now_ns(&p->g->clock);
    if (reason == REASON_NONE) {
        p->unclear_ns = 0;
        p->unclear_told = false;
        return;
    }
    p->unclear_ns = p->unclear_ns ? p->unclear_ns : now_ns;
    if (p->unclear_told || now_ns - p->unclear_ns < (int64_t)(UNCLEAR_S * 1e9))
        return;
    p->unclear_told = true;
    struct journal_event e = {.kind = EVENT_HELP, .step = p->w->steps[p->first + step].id, .reason = verdict_reason_name(reason),
                              .detail = json_pack("{s:i}", "level", 3)};
    guide_tell(p->g, &e);
    json_decref(e.detail);
}

bool pack_doubt_waits(const struct pack *p)
{
    bool moves = p->g->moved_ns > p->doubt.looked_ns && !p->g->seen.moving && !p->g->seen.hand;
    return p->doubt.asked && !moves;
}
