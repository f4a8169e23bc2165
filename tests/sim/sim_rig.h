/* A pretend bench with its camera and screen, and a clock that goes from frame to frame. */
#pragma once

#include "harness.h"

#include "camera.h"
#include "screen.h"
#include "sim.h"

struct sim_rig {
    struct sim *sim;
    struct camera *camera;
    struct screen *screen;
    struct image canvas; /* BGRA8, the projector's size */
    int64_t now_ns, frame_ns;
    struct frame *frame; /* the newest, owned */
};

/* A quarter of a picture (640x360) unless `full`. */
void rig_open(struct sim_rig *r, const struct sim_options *o, bool full);
void rig_close(struct sim_rig *r);

/* Waits for the next frame and returns it; it lives until the next call. */
const struct image *rig_next(struct sim_rig *r);

/* The last frame after all that was presented has arrived. */
const struct image *rig_settle(struct sim_rig *r);

/* Fills a rectangle of the canvas with a grey level and presents it. */
void rig_fill(struct sim_rig *r, int x, int y, int width, int height, uint8_t level);
void rig_present(struct sim_rig *r);

/* Mean grey (of green) of a square of 2 * reach + 1 pixels; outside the picture does not count. */
double rig_grey(const struct image *im, double x, double y, int reach);

/* How many pixels differ by more than `levels` in green. */
int rig_differing(const struct image *a, const struct image *b, int levels);
