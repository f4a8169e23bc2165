#include "check_parts.h"

#include <stdlib.h>

#define ROOM_MM         8.0 /* around where a thing was taught to lie */
#define NEIGHBOUR_MM    2.0  /* that a neighbour may lie outside of where it was taught */
#define EMPTY_SHARE     0.25 /* of the item's area must have changed, or nothing lies there */
#define LENIENT         1.4  /* of its floor */
#define CLEAR           1.15 /* any other item must differ by so much more */
#define OTHER_CLEAR     1.4  /* and the place's own item, before another one is named there */
#define PARTS_MAX       3    /* that are looked at */
#define SURE_DIFFERENCE 0.8  /* nothing better need be looked for */

int check_item_outline(const struct check *c, int item, struct local_mm *points, int max)
{
    if (item < 0 || item >= c->count)
        return 0;
    const struct shape *s = &c->items[item].references[0].shape;
    struct rigid T = rigid_inverse(c->items[item].references[0].T_this_from_mean);
    int n = s->rim_count < max ? s->rim_count : max;
    for (int i = 0; i < n; i++) {
        int from = (int)((long)i * s->rim_count / n);
        points[i] = rigid_apply(T, (struct local_mm){s->rim_x[from], s->rim_y[from]});
    }
    return n;
}

struct box {
    double x0, y0, x1, y1;
};

/* Where the item was taught to lie, in its place's frame. */
static struct box taught_box(const struct taught_item *it)
{
    struct box b = {1e9, 1e9, -1e9, -1e9};
    for (int r = 0; r < it->count; r++)
        for (int i = 0; i < it->references[r].shape.edge_count; i++) {
            const struct shape *s = &it->references[r].shape;
            b.x0 = fmin(b.x0, s->edge_x[i]), b.x1 = fmax(b.x1, s->edge_x[i]);
            b.y0 = fmin(b.y0, s->edge_y[i]), b.y1 = fmax(b.y1, s->edge_y[i]);
        }
    return b;
}

static bool in_box(const struct box *b, double room, struct local_mm p)
{
    return p.x > b->x0 - room && p.x < b->x1 + room && p.y > b->y0 - room && p.y < b->y1 + room;
}

/* 255 around where the place's item was taught to lie, but not where a neighbour's was: those come and go. */
static enum lw_msg place_area(const struct check *c, const struct check_place *places, int count, int at, struct image *valid,
                              struct lw_error *err)
{
    const struct taught_item *it = &c->items[places[at].item];
    const struct image *size = &it->references[0].before;
    struct box own = taught_box(it);
    double cx = (size->width - 1) / 2.0, cy = (size->height - 1) / 2.0;
    enum lw_msg rc = image_init(valid, size->width, size->height, IMAGE_GRAY8, err);
    for (int y = 0; y < valid->height && !rc; y++)
        for (int x = 0; x < valid->width; x++) {
            struct local_mm p = {x - cx, cy - y};
            image_row(valid, y)[x] = in_box(&own, ROOM_MM, p) ? 255 : 0;
        }
    for (int q = 0; q < count && !rc; q++) {
        if (q == at || places[q].item < 0 || places[q].item >= c->count)
            continue;
        struct box other = taught_box(&c->items[places[q].item]);
        struct rigid T = rigid_mul(rigid_inverse(places[q].T_bench_from_place), places[at].T_bench_from_place);
        for (int y = 0; y < valid->height; y++)
            for (int x = 0; x < valid->width; x++) {
                struct local_mm p = {x - cx, cy - y};
                if (image_row(valid, y)[x] && !in_box(&own, 0, p) && in_box(&other, NEIGHBOUR_MM, rigid_apply(T, p)))
                    image_row(valid, y)[x] = 0;
            }
    }
    return rc;
}

/* It was packed there once and nothing else is as much like what lies there: then some more difference is allowed, since
 * the taught empty picture is from another day and its neighbours were others. */
static bool most_like(const struct check *c, const struct taught_item *it, const struct shape *s, struct item_match *m)
{
    match_item(it, s, it->floor * LENIENT * CLEAR, m);
    double own = m->any;
    for (int i = 0; i < c->count && own <= it->floor * LENIENT; i++) {
        struct item_match other;
        if (&c->items[i] == it)
            continue;
        match_item(&c->items[i], s, own * CLEAR, &other);
        if (other.any < own * CLEAR)
            return false;
    }
    return own <= it->floor * LENIENT;
}

/* Too much like the place's own item to be named by another name. */
static bool nearly_own(const struct taught_item *it, const struct shape *s, double other)
{
    struct item_match m;
    match_item(it, s, other * OTHER_CLEAR, &m);
    return m.any < other * OTHER_CLEAR;
}

/* Which of the things there is most like a taught one; too little for any: empty. */
static enum lw_msg name_it(const struct check *c, const struct taught_item *it, const struct cv_change *ch, int *found,
                           double *difference, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    double least = EMPTY_SHARE * it->references[0].shape.area_mm2;
    if (ch->count == 0 || ch->parts[0].area_px < least) {
        *found = -1;
        *difference = 0;
        return LW_OK;
    }
    for (int k = 0; k < ch->count && k < PARTS_MAX && ch->parts[k].area_px >= least && !rc; k++) {
        struct shape s = {0};
        struct item_match m;
        rc = shape_make(ch, k, &s, err);
        int which = !rc && s.count ? decide_which(c, &s, &m) : -1;
        if (!rc && s.count && which < 0 && most_like(c, it, &s, &m))
            which = (int)(it - c->items);
        if (which >= 0 && &c->items[which] != it && nearly_own(it, &s, m.any))
            which = -1;
        if (which >= 0 && m.any < *difference) {
            *found = which;
            *difference = m.any;
        }
        shape_finish(&s);
    }
    return rc;
}

/* One place against one taught empty picture; light that differs from then is the gain field's work. */
static enum lw_msg compare_with(const struct check *c, const struct taught_item *it, const struct image *before,
                                const struct image *after, const struct image *valid, double noise_grey, int *found,
                                double *difference, struct lw_error *err)
{
    struct cv_change ch = {0};
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .noise_grey = noise_grey, .light_everywhere = true,
                                        .smallest_mm2 = check_smallest_mm2(c), .valid = valid};
    enum lw_msg rc = cv_shape_change(before, after, &o, &ch, err);
    enum verdict_reason trouble = rc ? REASON_NONE : check_picture_trouble(&ch);
    if (!rc && trouble != REASON_DARK && trouble != REASON_GLARE)
        rc = name_it(c, it, &ch, found, difference, err);
    cv_shape_change_finish(&ch);
    return rc;
}

/* The best of all its taught empty pictures (of one size, that of the first). */
static enum lw_msg look_into(const struct check *c, const struct check_look *look, const struct check_place *places,
                             int count, int at, int *found, struct lw_error *err)
{
    const struct check_place *p = &places[at];
    const struct taught_item *it = &c->items[p->item];
    const struct image *size = &it->references[0].before;
    double half_x = (size->width - 1) / 2.0, half_y = (size->height - 1) / 2.0, difference = NO_MATCH;
    struct image after = {0}, valid = {0};
    struct view_grid g = view_grid_make(p->T_bench_from_place, -half_x, -half_y, half_x, half_y,
                                        check_plane_mm(p->z_mm, it->options.height_mm), SHAPE_MM_PER_PX);
    enum lw_msg rc = view_rectify(look->model, look->after, &g, &after, err);
    rc = rc ? rc : place_area(c, places, count, at, &valid, err);
    *found = -2;
    for (int r = 0; r < it->count && !rc && difference > SURE_DIFFERENCE; r++) {
        const struct image *before = &it->references[r].before;
        if (before->width == after.width && before->height == after.height)
            rc = compare_with(c, it, before, &after, &valid, look->noise_grey, found, &difference, err);
    }
    image_finish(&after);
    image_finish(&valid);
    return rc;
}

enum lw_msg check_inventory(const struct check *c, const struct check_look *look, const struct check_place *places,
                            int place_count, int *found, struct lw_error *err)
{
    for (int i = 0; i < place_count; i++) {
        found[i] = -2;
        if (places[i].item < 0 || places[i].item >= c->count)
            continue;
        enum lw_msg rc = look_into(c, look, places, place_count, i, &found[i], err);
        if (rc)
            return rc;
    }
    return LW_OK;
}
