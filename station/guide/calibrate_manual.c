#include "calibrate_session.h"

#include "plane.h"
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP_PX 1.0          /* of one arrow key; with shift ten */
#define INSET_SHARE 0.15     /* where the crosses start, from the picture's corners */
#define PLANE_TOLERANCE_PX 4.0
#define CROSS_MM 30.0        /* of the uncalibrated picture: its width is the bench's */

/* Not calibrated, the renderer stretches the bench over the projector's picture. */
static struct bench_mm uncalibrated_at(const struct guide *g, struct proj_px p)
{
    return (struct bench_mm){(p.x + 0.5) / g->screen->info.width * g->bench_width_mm,
                             (1 - (p.y + 0.5) / g->screen->info.height) * g->bench_depth_mm, 0};
}

static void show_cross(struct calibrate_session *s, struct proj_px at, int corner)
{
    static const char *const lines[4] = {N_("Move the cross to the bench's corner: front, left"),
                                         N_("Move the cross to the bench's corner: front, right"),
                                         N_("Move the cross to the bench's corner: back, right"),
                                         N_("Move the cross to the bench's corner: back, left")};
    calibrate_show(s, NULL, _(lines[corner]), _("Arrow keys; with shift faster. Then press next"));
    struct scene_item *it = scene_add(s->g->scene, SCENE_CROSS, SCENE_WHITE);
    it->points[0] = uncalibrated_at(s->g, at);
    it->count = 1;
    it->size_mm = CROSS_MM;
    it->width_mm = 2;
    guide_show(s->g);
}

static enum lw_msg place_cross(struct calibrate_session *s, int corner, struct proj_px *at, struct lw_error *err)
{
    struct guide *g = s->g;
    struct press press;
    show_cross(s, *at, corner);
    guide_ask(g, "corner", "move next", NULL, 0, json_pack("{s:i,s:[f,f]}", "corner", corner, "projector_px", at->x, at->y));
    while (!g->quit) {
        guide_tick(g);
        while (guide_press(g, &press)) {
            if (press.dx || press.dy) {
                at->x = fmin(fmax(at->x + STEP_PX * press.dx, 0), g->screen->info.width - 1);
                at->y = fmin(fmax(at->y + STEP_PX * press.dy, 0), g->screen->info.height - 1);
                show_cross(s, *at, corner);
            } else if (press.kind == PRESS_NEXT || press.kind == PRESS_YES || press.kind == PRESS_DONE) {
                return LW_OK;
            }
        }
    }
    return lw_fail(err, LW_MSG_ENDED);
}

enum lw_msg calibrate_corners_by_hand(struct calibrate_session *s, struct lw_error *err)
{
    struct homography proj_from_cam, cam_from_proj;
    double w = s->g->screen->info.width, h = s->g->screen->info.height;
    struct proj_px at[4] = {{w * INSET_SHARE, h * (1 - INSET_SHARE)}, {w * (1 - INSET_SHARE), h * (1 - INSET_SHARE)},
                            {w * (1 - INSET_SHARE), h * INSET_SHARE}, {w * INSET_SHARE, h * INSET_SHARE}};
    bool *inside = calloc((size_t)s->flat.count + 1, sizeof *inside);
    if (!inside)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    int on_plane = plane_find(s->flat.pairs, s->flat.count, PLANE_TOLERANCE_PX, &proj_from_cam, inside);
    free(inside);
    if (on_plane == 0 || !homography_invert(&proj_from_cam, &cam_from_proj))
        return lw_fail(err, LW_MSG_SOLVE_FEW, s->flat.count);
    enum lw_msg rc = LW_OK;
    for (int i = 0; !rc && i < 4; i++) {
        rc = place_cross(s, i, &at[i], err);
        if (!rc && !homography_apply(&cam_from_proj, at[i].x, at[i].y, &s->corners[i].x, &s->corners[i].y))
            rc = lw_fail(err, LW_MSG_SOLVE_CORNERS, s->g->bench_width_mm, s->g->bench_depth_mm);
    }
    return rc;
}
