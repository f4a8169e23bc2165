/* Small steady crosses of light: drawn on the bench, found again in the camera's picture. For proving a calibration,
 * mending it after a knock, and measuring heights: nothing flickers, nothing larger than a coin changes. */
#pragma once

#include "guide.h"

#define MARKS_MAX    40
#define MARKS_ARM_MM 7.0

struct mark {
    struct bench_mm at;   /* where it is meant to fall (z included) */
    double down_mm, up_mm;/* its light may meet something so much lower or higher: looked for along its ray */
    struct proj_px drawn; /* its centre in the projector's picture */
    struct cam_px seen;   /* its centre in the camera's picture, when found */
    double grey;          /* light that it adds there, grey levels */
    bool found;
};

/* Shows a dark bench, then the crosses, and looks for each within search_mm of where the calibration in force expects
 * it (and along its light, as far as down_mm and up_mm say). A mark that is hidden, outside a picture or too weak is not found; that is no error. Takes about a second and
 * leaves the crosses on. Errors: no memory, no pictures, the session ended. */
enum lw_msg marks_measure(struct guide *g, struct mark *marks, int count, double search_mm, struct lw_error *err);

/* The marks alone, as a scene is built (adds to it). */
void marks_draw(struct scene *scene, const struct mark *marks, int count, struct scene_colour colour);
