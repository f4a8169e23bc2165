/* What a thing looks like from above, in mm, and how well two of them agree. */
#pragma once

#include "check.h"
#include "cv_shape.h"

#define SHAPE_MM_PER_PX 1.0 /* all shapes are seen at this scale; finer pictures gave no fewer mistakes */
#define SHAPE_MARGIN_MM 14.0 /* of the distance grid around the outline; farther is all the same */
#define SHAPE_POINTS 160
#define SHAPE_SAMPLES 300
#define SHAPE_RIM 128

enum shape_cue { CUE_OUTLINE = 0, CUE_STRETCH, CUE_AREA, CUE_LENGTH, CUE_HUE, CUE_TONE, CUE_COUNT };

struct shape {
    int count, samples;
    float x[SHAPE_POINTS], y[SHAPE_POINTS];     /* what is sure of the outline with holes, mm, in the picture's frame (centre, +y up) */
    float sx[SHAPE_SAMPLES], sy[SHAPE_SAMPLES]; /* places inside */
    int rim_count;
    float rim_x[SHAPE_RIM], rim_y[SHAPE_RIM];   /* the outer rim in order, for drawing */
    /* Every outline it may have, with and without what may be a shadow: the grid is the distance to these. */
    int edge_count;
    float edge_x[2 * SHAPE_POINTS], edge_y[2 * SHAPE_POINTS];
    double area_mm2, length_mm, rim_mm, cx, cy;
    double bare_mm2, bare_length_mm; /* without what may be a shadow */
    int pieces;
    double contrast; /* how much it stands out from its ground: root mean square of its log colours */
    /* Grid of 1 mm over the outline and a margin: distance to it, and log colours (blue/green, red/green, tone). */
    int width, height;
    float x0, y0;
    float *distance, *colour;
};

/* `part` of the change becomes a shape. */
enum lw_msg shape_make(const struct cv_change *change, int part, struct shape *out, struct lw_error *err);
void shape_finish(struct shape *s);

/* The mirror image, left and right changed. */
enum lw_msg shape_mirror(const struct shape *s, struct shape *out, struct lw_error *err);

struct shape_match {
    struct rigid T_taught_from_seen;
    double cue[CUE_COUNT]; /* differences: mm, mm, log, mm, log, log */
    double inside;         /* how much the most unlike stretch of the inside differs, log; 0: not compared */
};

#define SHAPE_MATCHES 3

/* Lays `seen` on `taught` in the ways round that fit best; best outline first. Returns how many. 0: far too large or
 * small to be worth it. The colours' cues are left 0. `both_ways`: one that is turned by over 90 degrees, and one that
 * is not, are among them. */
int shape_align(const struct shape *taught, const struct shape *seen, bool both_ways,
                struct shape_match out[SHAPE_MATCHES]);

/* Area and length: what is known before an alignment. */
void shape_compare_size(const struct shape *taught, const struct shape *seen, double cue[CUE_COUNT]);

/* Fills in the colours' cues of a match. */
void shape_compare_colours(const struct shape *taught, const struct shape *seen, struct shape_match *m);

/* Distance to the outline, mm, at a point of the shape's own frame; SHAPE_FAR_MM and more are all the same. */
#define SHAPE_FAR_MM 12.0
double shape_distance_at(const struct shape *s, double x, double y);

/* Three log colours there; NULL: outside. */
const float *shape_colour_at(const struct shape *s, double x, double y);
