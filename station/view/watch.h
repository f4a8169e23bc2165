/* Hands and stillness, and whether the camera's picture is any good. Works on a small grey copy of every frame. */
#pragma once

#include "frame.h"
#include "model.h"

enum watch_light { WATCH_LIGHT_UNKNOWN = 0, WATCH_LIGHT_GOOD, WATCH_LIGHT_DARK, WATCH_LIGHT_GLARE };

struct watch_state {
    bool frozen;           /* the very same picture again and again: not a live camera */
    bool repeated;         /* the very same picture as the one before: it proves nothing new */
    enum watch_light light;
    bool moving;           /* something in the work area changed between the last frames, the projector left out */
    bool hand;             /* something that is connected to the edge of the work area differs from the rest picture */
    bool camera_moved;     /* what lies still everywhere has shifted */
    int64_t still_since_ns; /* since when nothing moved; 0 while moving */
    struct bench_mm motion_centre; /* of the last motion, on the bench plane */
    double motion_mm2;
};

struct watch;

/* `work_area`: a polygon in bench mm (z 0). The model may be NULL (before calibration): the whole picture then. */
enum lw_msg watch_create(struct watch **out, const struct model *m, const struct bench_mm *work_area, int corners,
                         int frame_width, int frame_height, struct lw_error *err);
void watch_destroy(struct watch **w);

/* Feeds a frame. `projection_changing`: frames from now may show a change of the projected picture (they are not
 * compared). Costs at most 4 ms at 1280x720. */
void watch_feed(struct watch *w, const struct frame *f, bool projection_changing, struct watch_state *state);

/* What is seen now is the rest picture without hands: hands are measured against it (call when the projected picture
 * has arrived and nothing moves, e.g. right after a hand-free look). */
void watch_set_rest(struct watch *w);

/* Did something move in this polygon (bench mm) since `since_ns`? */
bool watch_moved_in(const struct watch *w, const struct bench_mm *polygon, int corners, int64_t since_ns);
