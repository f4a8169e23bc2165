#include "check_parts.h"

#include <stdlib.h>

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

/* One place against its taught empty picture; light that differs from then is the gain field's work. */
static enum lw_msg look_into(const struct check *c, const struct check_look *look, const struct check_place *p,
                             int *found, struct lw_error *err)
{
    const struct taught_item *it = &c->items[p->item];
    const struct image *before = &it->references[0].before;
    struct image after = {0};
    struct cv_change ch = {0};
    struct shape s = {0};
    struct item_match m;
    double half_x = (before->width - 1) / 2.0, half_y = (before->height - 1) / 2.0;
    struct view_grid g = view_grid_make(p->T_bench_from_place, -half_x, -half_y, half_x, half_y,
                                        check_plane_mm(p->z_mm, it->options.height_mm), SHAPE_MM_PER_PX);
    *found = -2;
    if (!view_grid_visible(look->model, &g))
        return LW_OK;
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .noise_grey = look->noise_grey,
                                        .smallest_mm2 = check_smallest_mm2(c)};
    enum lw_msg rc = view_rectify(look->model, look->after, &g, &after, err);
    rc = rc ? rc : cv_shape_change(before, &after, &o, &ch, err);
    if (!rc && check_picture_trouble(&ch) == REASON_NONE) {
        if (ch.count == 0)
            *found = -1;
        else if (!(rc = shape_make(&ch, 0, &s, err)) && s.count) {
            int which = decide_which(c, &s, &m);
            *found = which >= 0 ? which : -2;
        }
    }
    shape_finish(&s);
    cv_shape_change_finish(&ch);
    image_finish(&after);
    return rc;
}

enum lw_msg check_inventory(const struct check *c, const struct check_look *look, const struct check_place *places,
                            int place_count, int *found, struct lw_error *err)
{
    for (int i = 0; i < place_count; i++) {
        found[i] = -2;
        if (places[i].item < 0 || places[i].item >= c->count)
            continue;
        enum lw_msg rc = look_into(c, look, &places[i], &found[i], err);
        if (rc)
            return rc;
    }
    return LW_OK;
}
