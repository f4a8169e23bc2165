#include "calibrate_session.h"
#include "left.h"
#include "scene.h"
#include "show.h"

#include <string.h>

#define WAIT_S  8.0 /* so long things are outlined; then the map stays as it is */
#define LINE_MM 6.0
#define RIM_SHARE 0.2 /* of the bench: what stands nearer to its edges are its bins and trays; nobody is asked about them */

static json_t *region_json(const struct left_region *r)
{
    json_t *outline = json_array();
    for (int i = 0; i < r->corner_count; i++)
        json_array_append_new(outline, json_pack("[f,f,f]", r->outline[i].x, r->outline[i].y, r->outline[i].z));
    return json_pack("{s:s,s:f,s:f,s:f,s:o}", "kind", r->kind == LEFT_BEND ? "bend" : "thing", "x_mm", r->middle.x, "y_mm",
                     r->middle.y, "height_mm", r->height_mm, "outline_mm", outline);
}

static bool in_the_way(const struct calibrate_session *s, const struct left_region *r)
{
    double u = r->middle.x / s->g->bench_width_mm, v = r->middle.y / s->g->bench_depth_mm;
    return r->kind == LEFT_THING && u > RIM_SHARE && u < 1 - RIM_SHARE && v > RIM_SHARE && v < 1 - RIM_SHARE;
}

static void draw(struct calibrate_session *s, const struct left_region *r, int count)
{
    calibrate_show(s, "remove", _("Take this away and press again"), _("It can stay: the bench is measured without it"));
    for (int i = 0; i < count; i++) {
        if (!in_the_way(s, &r[i]))
            continue;
        struct scene_item *it = scene_add(s->g->scene, SCENE_OUTLINE, SCENE_ATTENTION);
        memcpy(it->points, r[i].outline, sizeof r[i].outline);
        it->count = r[i].corner_count;
        it->width_mm = LINE_MM;
    }
    guide_show(s->g);
}

/* True for again; false for any other answer, and when none comes. */
static bool wants_again(struct calibrate_session *s)
{
    struct guide *g = s->g;
    struct press press;
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(WAIT_S * 1e9);
    while (!g->quit && clock_now_ns(&g->clock) < until) {
        guide_tick(g);
        while (guide_press(g, &press)) {
            if (press.kind == PRESS_AGAIN)
                return true;
            if (press.kind == PRESS_NEXT || press.kind == PRESS_DONE || press.kind == PRESS_YES || press.kind == PRESS_NO)
                return false;
        }
    }
    return false;
}

bool calibrate_left(struct calibrate_session *s)
{
    struct left_region r[LEFT_MAX];
    struct lw_error err;
    int count = left_find(&s->model, s->flat.pairs, s->flat.count, r), first = -1;
    if (count == 0)
        return false;
    json_t *list = json_array();
    for (int i = count - 1; i >= 0; i--) {
        json_array_insert_new(list, 0, region_json(&r[i]));
        first = in_the_way(s, &r[i]) ? i : first;
    }
    calibrate_tell(s, "left", NULL, json_pack("{s:o}", "regions", list));
    if (s->o->automatic || first < 0 || calibrate_preview(s, &err))
        return false;
    draw(s, r, count);
    guide_ask(s->g, "remove", "again next", r[first].outline, r[first].corner_count,
              json_pack("{s:s}", "what_lies_there", "left"));
    return wants_again(s) && !calibrate_countdown(s, &err);
}
