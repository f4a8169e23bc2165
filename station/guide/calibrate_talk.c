#include "calibrate_session.h"

#include "scene.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

#define COUNTDOWN   3
#define COUNT_S     0.9
#define SOFT_LEVEL  70   /* of white, under outlines: a board is seen in a dark room, nobody is dazzled */
#define PROGRESS_MM 9.0

enum lw_msg calibrate_wait_for_go(struct calibrate_session *s, struct lw_error *err)
{
    struct guide *g = s->g;
    struct press press;
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(s->o->wait_s * 1e9);
    while (!g->quit) {
        guide_tick(g);
        while (guide_press(g, &press))
            if (press.kind == PRESS_NEXT || press.kind == PRESS_DONE || press.kind == PRESS_YES)
                return LW_OK;
        if (s->o->automatic && clock_now_ns(&g->clock) >= until)
            return LW_OK;
    }
    return lw_fail(err, LW_MSG_ENDED);
}

static void progress(struct calibrate_session *s)
{
    if (s->acts < 2)
        return;
    struct scene_item *it = scene_add(s->g->scene, SCENE_PROGRESS, SCENE_QUIET);
    it->points[0] = (struct bench_mm){s->g->bench_width_mm / 2, s->g->bench_depth_mm * 0.93, 0};
    it->count = 1;
    it->size_mm = PROGRESS_MM;
    it->total = s->acts;
    it->done = s->act < s->acts ? s->act : s->acts;
}

void calibrate_show(struct calibrate_session *s, const char *pictogram, const char *line, const char *more)
{
    show_message(s->g, pictogram, line, more, NULL);
    progress(s);
    guide_show(s->g);
}

void calibrate_show_at(struct calibrate_session *s, const struct bench_mm outline[4], const char *pictogram,
                       const char *line)
{
    struct guide *g = s->g;
    show_ask_at(g, outline, 4, pictogram, line);
    progress(s);
    if (g->scene->count < SCENE_MAX) { /* the soft light lies under all the rest */
        scene_add(g->scene, SCENE_FILL, (struct scene_colour){SOFT_LEVEL, SOFT_LEVEL, SOFT_LEVEL});
        struct scene_item soft = g->scene->items[g->scene->count - 1];
        memmove(g->scene->items + 1, g->scene->items, sizeof soft * (size_t)(g->scene->count - 1));
        soft.points[1] = (struct bench_mm){g->bench_width_mm, 0, 0};
        soft.points[2] = (struct bench_mm){g->bench_width_mm, g->bench_depth_mm, 0};
        soft.points[3] = (struct bench_mm){0, g->bench_depth_mm, 0};
        soft.count = 4;
        g->scene->items[0] = soft;
    }
    guide_show(g);
}

enum lw_msg calibrate_countdown(struct calibrate_session *s, struct lw_error *err)
{
    char line[96];
    for (int i = COUNTDOWN; i > 0 && !s->g->quit; i--) {
        if (s->o->calm)
            snprintf(line, sizeof line, _("Look away, please. The light changes slowly in %d"), i);
        else
            snprintf(line, sizeof line, _("Look away, please. The light flickers in %d"), i);
        calibrate_show(s, "look", line, NULL);
        guide_wait(s->g, COUNT_S);
    }
    return s->g->quit ? lw_fail(err, LW_MSG_ENDED) : LW_OK;
}

void calibrate_tell(struct calibrate_session *s, const char *phase, const char *reason, json_t *detail)
{
    struct journal_event e = {.kind = EVENT_CALIBRATION, .phase = phase, .reason = reason, .detail = detail};
    guide_tell(s->g, &e);
    json_decref(detail);
}

const char *calibrate_reason(enum lw_msg cause)
{
    static const struct {
        enum lw_msg cause;
        const char *word;
    } words[] = {
        {LW_MSG_CAPTURE_MOVED, "moved"}, {LW_MSG_NO_CONTRAST, "dark"},       {LW_MSG_EDGES_UNSURE, "edges"},
        {LW_MSG_SOLVE_CORNERS, "size"},  {LW_MSG_SOLVE_PLANE_HEIGHT, "height"}, {LW_MSG_SOLVE_NOT_FLAT, "not_flat"},
        {LW_MSG_PROOF_FAILED, "proof"},  {LW_MSG_BOX_NOT_SEEN, "not_seen"},  {LW_MSG_ENDED, "quit"},
        {LW_MSG_BOARD_NOT_SEEN, "not_seen"}, {LW_MSG_BOARD_CUT_OFF, "cut_off"}, {LW_MSG_BOARD_OTHER, "other"},
        {LW_MSG_BOARD_GLARE, "glare"},   {LW_MSG_SOLVE_BENT, "bent"},        {LW_MSG_SOLVE_MOVED, "moved"},
        {LW_MSG_SOLVE_SCALE, "scale"},   {LW_MSG_SOLVE_KEYSTONE_ON, "keystone"}, {LW_MSG_SOLVE_NOT_NATIVE, "native"},
        {LW_MSG_NO_PICTURES, "camera"},  {LW_MSG_NO_PICTURE_YET, "camera"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].cause == cause)
            return words[i].word;
    return "unsolved";
}
