/* What is shown, in mm on the bench: a list of primitives. Rebuilt as a whole by whoever shows something; the
 * renderer finds what changed. No primitive flashes above 3 Hz. */
#pragma once

#include "image.h"
#include "units.h"

enum scene_kind {
    SCENE_FILL = 1, /* filled polygon */
    SCENE_OUTLINE,  /* closed polygon line */
    SCENE_LINE,     /* open polyline; with `arrow` an arrow head at its end */
    SCENE_CROSS,    /* fine cross at points[0], arms of size_mm */
    SCENE_TEXT,     /* text, centred at points[0], cap height size_mm, reading direction angle_rad */
    SCENE_PICTURE,  /* picture file, centred at points[0], size_mm wide, turned by angle_rad */
    SCENE_PROGRESS, /* row of `total` small squares centred at points[0], `done` of them filled */
    SCENE_FULL,     /* the whole projector picture in `colour` (first in the list, if at all) */
};

enum scene_animation {
    SCENE_STEADY = 0,
    SCENE_BREATHE /* slow, 0.5 Hz, 60..100 % */,
    SCENE_TRAVEL /* along the line */
};

struct scene_colour {
    uint8_t r, g, b;
};

#define SCENE_POINTS   160
#define SCENE_TEXT_MAX 200
#define SCENE_MAX      200

struct scene_item {
    enum scene_kind kind;
    enum scene_animation animation;
    struct bench_mm points[SCENE_POINTS];
    int count;
    struct scene_colour colour;
    double width_mm; /* of lines */
    double size_mm, angle_rad;
    double wrap_mm; /* SCENE_TEXT: line length, 0: one line */
    bool arrow;
    int done, total;
    char text[SCENE_TEXT_MAX]; /* SCENE_TEXT: UTF-8; SCENE_PICTURE: path of a PNG */
};

struct scene {
    struct scene_item *items; /* SCENE_MAX of them, allocated by scene_create */
    int count;
};

struct scene *scene_create(void);
void scene_destroy(struct scene **s);
void scene_clear(struct scene *s);

/* Adds an item and returns it zeroed but for kind and colour; when the scene is full the last item is given
 * again. */
struct scene_item *scene_add(struct scene *s, enum scene_kind kind, struct scene_colour colour);

/* Colours of the product, chosen to be told apart by colour-blind people and on wood: see picture/README.md.
 */
extern const struct scene_colour SCENE_WHITE, SCENE_GUIDE, SCENE_GOOD, SCENE_ATTENTION, SCENE_QUIET;
