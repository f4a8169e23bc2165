/* Two of the same thing exactly on top of each other look like one from above: their height tells (../check/height). The
 * ground of an empty place is measured once a kit, as soon as light falls on it; then the height of what lies there. */
#include "pack_session.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MM     6.0 /* of stripes around the thing */
/* Two are about twice as high as one. What is higher still is one whose taught height is wrong. */
#define TWO_FROM    1.6
#define TWO_UP_TO   2.6
#define TWO_MORE_MM 3.0 /* and by so much at least: taught heights are rough */
#define SURE_SIGMAS 2.5 /* within half of what lies between one and two */
#define SURE_SHARE  0.3
#define SAME_SHARE  0.15 /* of its height: nothing was taken away, though something moved */
#define GROUND_SIGMA_MM 0.5 /* a poorer measure of a ground is put right by others */
#define OTHERS_MIN  3
#define OTHERS_MAX  256
#define ALIKE_SHARE 0.35 /* of its height: another item that was named is as high as what lies there */
#define AREA_MIN    0.8 /* of the taught outline: what lies there may be two of them */
#define AREA_MAX    2.4

static const struct workflow_place *place_of(const struct pack *p, int step)
{
    int place = p->w->steps[p->first + step].place;
    return place >= 0 ? &p->w->places[place] : NULL;
}

static double height_of(const struct pack *p, int place)
{
    return p->heights.one_mm[p->places[place].item];
}

/* The outline that was taught, on the ground or on top of the thing, as the place lies now. */
static int taught_outline(const struct pack *p, int place, double z_mm, struct bench_mm out[VERDICT_OUTLINE])
{
    struct local_mm at[VERDICT_OUTLINE];
    int count = check_item_outline(p->taught.check, p->places[place].item, at, VERDICT_OUTLINE);
    for (int i = 0; i < count; i++) {
        struct local_mm b = rigid_apply(p->places[place].T_bench_from_place, at[i]);
        out[i] = (struct bench_mm){b.x, b.y, z_mm};
    }
    return count;
}

static bool plan(const struct pack *p, int place, struct height_stripes *out)
{
    struct local_mm at[VERDICT_OUTLINE];
    double half_x = 0, half_y = 0;
    int count = check_item_outline(p->taught.check, p->places[place].item, at, VERDICT_OUTLINE);
    for (int i = 0; i < count; i++)
        half_x = fmax(half_x, fabs(at[i].x)), half_y = fmax(half_y, fabs(at[i].y));
    return count >= 3 && height_plan(&p->g->calibration.model, p->places[place].T_bench_from_place, half_x + ROOM_MM,
                                     half_y + ROOM_MM, p->places[place].z_mm, height_of(p, place), out);
}

bool pack_count_allocate(struct pack *p)
{
    p->heights.grounds = calloc((size_t)p->w->place_count + 1, sizeof *p->heights.grounds);
    p->heights.one_mm = calloc((size_t)p->w->item_count + 1, sizeof *p->heights.one_mm);
    for (int i = 0; p->heights.one_mm && i < p->w->item_count; i++)
        p->heights.one_mm[i] = p->w->items[i].height_mm;
    p->heights.step = -1;
    return p->heights.grounds && p->heights.one_mm;
}

void pack_count_free(struct pack *p)
{
    free(p->heights.grounds);
    free(p->heights.one_mm);
}

void pack_count_forget(struct pack *p)
{
    if (p->heights.grounds)
        memset(p->heights.grounds, 0, sizeof *p->heights.grounds * (size_t)p->w->place_count);
    p->heights.step = -1;
}

void pack_count_confirmed(struct pack *p, int step)
{
    int place = p->w->steps[p->first + step].place;
    if (place >= 0 && p->heights.step == step && p->heights.asked && p->heights.higher_mm > 0)
        p->heights.one_mm[p->places[place].item] = p->heights.higher_mm;
}

static bool measured(const struct pack *p, const struct image *even, const struct image *striped,
                     const struct height_stripes *s, const struct bench_mm *outline, int corners, enum height_where where,
                     struct height_result *out)
{
    struct lw_error err = {0};
    if (height_measure(&p->g->calibration.model, even, striped, s, outline, corners, where, out, &err)) {
        lw_log_error("height", &err);
        return false;
    }
    return out->seen;
}

/* ---- the ground ---- */

#define BATCH 150 /* stripes at once */

struct batch {
    struct bench_mm dark[BATCH][4];
    struct height_stripes stripes[BATCH];
    int places[BATCH], place_count, dark_count, next;
};

static bool wanted(const struct pack *p, int step, int place)
{
    int carrier = p->w->places[place].carrier;
    bool lit = carrier > 0 ? carrier == place_of(p, step)->carrier : place_of(p, step) == &p->w->places[place];
    return lit && !p->places[place].filled && !p->heights.grounds[place].seen && p->places[place].item >= 0 &&
           check_item_stackable(p->taught.check, p->places[place].item);
}

static void fill_batch(const struct pack *p, int step, struct batch *b)
{
    b->place_count = b->dark_count = 0;
    for (; b->next < p->w->place_count && b->dark_count + HEIGHT_STRIPES_MAX <= BATCH; b->next++)
        if (wanted(p, step, b->next) && plan(p, b->next, &b->stripes[b->place_count])) {
            b->dark_count += height_dark(&b->stripes[b->place_count], &b->dark[b->dark_count]);
            b->places[b->place_count++] = b->next;
        }
}

static void read_grounds(struct pack *p, const struct batch *b, const struct image *even, const struct image *striped)
{
    struct bench_mm outline[VERDICT_OUTLINE];
    struct height_result r;
    for (int i = 0; i < b->place_count; i++) {
        int place = b->places[i], corners = taught_outline(p, place, p->places[place].z_mm, outline);
        if (measured(p, even, striped, &b->stripes[i], outline, corners, HEIGHT_MIDDLE, &r))
            p->heights.grounds[place] = r;
    }
}

bool pack_count_grounds(struct pack *p, int step, const struct guide_light *light, const struct image *even)
{
    bool there = true;
    struct batch *b = place_of(p, step) ? calloc(1, sizeof *b) : NULL;
    while (b && there && b->next < p->w->place_count) {
        enum verdict_reason trouble;
        struct image striped = {0};
        fill_batch(p, step, b);
        if (b->place_count == 0)
            break;
        there = guide_take_striped(p->g, light, b->dark, b->dark_count, &striped, &trouble);
        if (there && trouble == REASON_NONE)
            read_grounds(p, b, even, &striped);
        image_finish(&striped);
    }
    free(b);
    return there;
}

/* ---- what lies there ---- */

static double area(const struct bench_mm *o, int count)
{
    double twice = 0;
    for (int i = 0, j = count - 1; i < count; j = i++)
        twice += o[j].x * o[i].y - o[i].x * o[j].y;
    return fabs(twice) / 2;
}

static int ascending(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

/* The ground as it was measured; where that is poor (a narrow recess in shadow), as the workflow says it, put right by what
 * the well measured places of the same case were found higher or lower than it says. False: neither is known. */
static bool ground_of(const struct pack *p, int place, struct height_result *out)
{
    double off[OTHERS_MAX];
    int count = 0;
    *out = p->heights.grounds[place];
    if (out->seen && out->sigma_mm <= GROUND_SIGMA_MM)
        return true;
    for (int i = 0; i < p->w->place_count && count < OTHERS_MAX; i++)
        if (p->w->places[i].carrier == p->w->places[place].carrier && p->heights.grounds[i].seen &&
            p->heights.grounds[i].sigma_mm <= GROUND_SIGMA_MM)
            off[count++] = p->heights.grounds[i].z_mm - p->places[i].z_mm;
    if (count < OTHERS_MIN)
        return out->seen;
    qsort(off, (size_t)count, sizeof *off, ascending);
    double spread_mm = (off[3 * count / 4] - off[count / 4]) / 1.349; /* quartiles to a standard deviation */
    *out = (struct height_result){
        .z_mm = p->places[place].z_mm + off[count / 2], .sigma_mm = fmax(spread_mm, GROUND_SIGMA_MM), .seen = true};
    return true;
}

/* How much higher than its ground is it? NAN: can't be told. False: the look was lost. */
static bool measure_thing(struct pack *p, int place, const struct guide_light *light, const struct guide_look *look,
                          const struct verdict *v, double *higher_mm)
{
    struct bench_mm dark[HEIGHT_STRIPES_MAX][4];
    struct height_stripes s;
    struct height_result r, ground;
    enum verdict_reason trouble;
    struct image striped = {0};
    *higher_mm = NAN;
    if (!ground_of(p, place, &ground) || v->outline_count < 3 || !plan(p, place, &s))
        return true;
    if (!guide_take_striped(p->g, light, dark, height_dark(&s, dark), &striped, &trouble))
        return false;
    if (trouble == REASON_NONE &&
        measured(p, &look->picture, &striped, &s, v->outline, v->outline_count, HEIGHT_TOP, &r) &&
        SURE_SIGMAS * hypot(r.sigma_mm, ground.sigma_mm) < SURE_SHARE * height_of(p, place))
        *higher_mm = height_between(&s, ground.z_mm, r.z_mm, height_of(p, place));
    image_finish(&striped);
    return true;
}

/* Not what was expected, but may it be two of that? Not when it is as high as the item that it was named. */
static bool may_be_two(const struct pack *p, int place, const struct verdict *v, double higher_mm)
{
    struct bench_mm taught[VERDICT_OUTLINE];
    double share = area(v->outline, v->outline_count) / area(taught, taught_outline(p, place, 0, taught));
    int named = v->seen_item >= 0 && v->seen_item != p->places[place].item ? v->seen_item : -1;
    double named_mm = named >= 0 ? p->w->items[named].height_mm : 0;
    return share > AREA_MIN && share < AREA_MAX && !(named >= 0 && fabs(higher_mm - named_mm) < ALIKE_SHARE * named_mm);
}

static bool worth_it(const struct pack *p, int step, int place, const struct verdict *v)
{
    bool strange = v->result == VERDICT_REFUSE && (v->reason == REASON_UNKNOWN || v->reason == REASON_OTHER_ITEM ||
                                                   v->reason == REASON_TURNED || v->reason == REASON_MIRRORED);
    return place >= 0 && (v->result >= VERDICT_CONFIRM || strange) && p->w->steps[p->first + step].count <= 1 &&
           check_item_stackable(p->taught.check, p->places[place].item);
}

/* Two, or one that is higher than the workflow says: refused, and when somebody was there and it is as high as before,
 * asked about. */
static void found_higher(struct pack *p, int place, double higher_mm, double before_mm, struct verdict *v)
{
    struct pack_count *c = &p->heights;
    bool mended = c->refused_ns > 0 && p->g->moved_ns > c->refused_ns;
    bool same = mended && fabs(higher_mm - before_mm) < SAME_SHARE * height_of(p, place);
    v->reason = REASON_TOO_MANY;
    v->seen_item = p->places[place].item;
    if (v->result == VERDICT_REFUSE || !same) {
        v->result = VERDICT_REFUSE;
        c->refused_ns = c->refused_ns > 0 && !mended ? c->refused_ns : clock_now_ns(&p->g->clock);
    } else {
        v->result = VERDICT_CONFIRM;
        c->asked = true;
    }
}

bool pack_count_things(struct pack *p, int step, const struct guide_light *light, const struct guide_look *look,
                       struct verdict *v)
{
    int place = p->w->steps[p->first + step].place;
    struct pack_count *c = &p->heights;
    if (!worth_it(p, step, place, v))
        return true;
    if (c->step != step)
        c->step = step, c->higher_mm = NAN, c->refused_ns = 0, c->asked = false;
    double before_mm = c->higher_mm;
    if (!measure_thing(p, place, light, look, v, &c->higher_mm))
        return false;
    double one_mm = height_of(p, place);
    bool two = c->higher_mm > fmax(TWO_FROM * one_mm, one_mm + TWO_MORE_MM) && c->higher_mm < TWO_UP_TO * one_mm;
    if (two && (v->result >= VERDICT_CONFIRM || may_be_two(p, place, v, c->higher_mm)))
        found_higher(p, place, c->higher_mm, before_mm, v);
    return true;
}
