#include "grid_look.h"

#include "cv_picture.h"
#include "grid.h"
#include "log.h"

#define DARK       20 /* of 255: nobody is dazzled, and 20 grey levels in the camera are enough */
#define BRIGHT     200
#define SHOWN_S    0.5 /* at least: with two pictures 1 Hz */
#define TIMEOUT_NS (4 * NS_PER_S)

static enum lw_msg present(struct guide *g, const struct image *picture, struct lw_error *err)
{
    enum lw_msg rc = screen_present(g->screen, picture, NULL, 0, clock_now_ns(&g->clock), err);
    g->presented_ns = clock_now_ns(&g->clock);
    g->screen_taken = true;
    g->taken_picture = picture;
    return rc;
}

/* A live frame that surely shows what is projected now. */
static enum lw_msg settled_frame(struct guide *g, struct image *out, struct lw_error *err)
{
    int64_t from = g->presented_ns + guide_delay_ns(g), until = clock_now_ns(&g->clock) + TIMEOUT_NS + guide_delay_ns(g);
    guide_wait(g, SHOWN_S);
    while (!g->quit && clock_now_ns(&g->clock) < until) {
        guide_tick(g);
        if (g->new_frame && !g->seen.repeated && g->frame->t_ns >= from)
            return cv_picture_convert(&g->frame->image, IMAGE_GRAY8, out, err);
    }
    return lw_fail(err, g->quit ? LW_MSG_ENDED : LW_MSG_NO_PICTURES);
}

enum lw_msg grid_look(struct guide *g, struct drift_mark *out, int max, int *count, struct lw_error *err)
{
    const struct grid_plan plan = grid_plan_make(g->screen->info.width, g->screen->info.height);
    struct image shown = {0}, seen[2] = {{0}};
    struct grid_result r = {0};
    *count = 0;
    enum lw_msg rc = g->frame && g->calibrated ? LW_OK : lw_fail(err, LW_MSG_NO_PICTURES);
    rc = rc ? rc : image_init(&shown, plan.width, plan.height, IMAGE_BGRA8, err);
    for (int k = 0; k < 2 && !rc; k++) {
        grid_draw(&plan, k, DARK, BRIGHT, &shown);
        rc = present(g, &shown, err);
        rc = rc ? rc : settled_frame(g, &seen[k], err);
    }
    rc = rc ? rc : grid_find(&plan, &seen[0], &seen[1], &r, err);
    if (!rc)
        *count = drift_marks_from_pairs(&g->calibration.model, r.pairs, r.count, out, max);
    lw_log(LW_LOG_INFO, "calibration", "grid: %d places, %d on the bench", r.count, *count);
    g->taken_picture = NULL;
    grid_finish(&r);
    image_finish(&seen[0]);
    image_finish(&seen[1]);
    image_finish(&shown);
    return rc;
}
