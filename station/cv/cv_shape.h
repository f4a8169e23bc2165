/* What changed between two straight pictures, its outlines, and how far it is to them. Through OpenCV. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CV_SHAPE_PARTS 32

struct cv_part {
    double area_px;
    double bare_px;           /* without what may be a hard shadow */
    double x, y;              /* centroid, px */
    int left, top, right, bottom;
    int border_px;            /* pixels on the rim (two rows) of what may be judged */
    int pieces;               /* apart from one another before they were joined */
    double piece_area_px;     /* of the largest */
};

struct cv_change {
    struct image labels;      /* GRAY8: 0 unchanged, i + 1: parts[i] */
    struct image plain;       /* BGR8: `after` in the light of `before` */
    struct image doubt;       /* GRAY8: 255 where a changed pixel may be a hard shadow only */
    struct cv_part parts[CV_SHAPE_PARTS]; /* largest first */
    int count;
    double noise_grey, mean_before, mean_after; /* where nothing changed */
    double sharpness;         /* gradients of after to those of before there; 1: as sharp */
    double clipped_share;     /* of the changed pixels */
};

struct cv_change_options {
    double mm_per_px;
    double noise_grey;    /* known noise of `after`, 0: measure alone */
    double smallest_mm2;  /* parts below are dropped */
    const struct image *valid; /* GRAY8, 0: not judged; NULL: all is */
    bool light_everywhere;     /* light and noise are measured where nothing is judged, too */
};

/* Colour difference or gradient difference, with hysteresis, after a slow gain field; soft darkening without edges is
 * a shadow. Closed, and parts within the reach of a glare are one. The caller ends `out` with cv_shape_change_finish. */
enum lw_msg cv_shape_change(const struct image *before, const struct image *after, const struct cv_change_options *o,
                      struct cv_change *out, struct lw_error *err);
void cv_shape_change_finish(struct cv_change *c);

/* Outline points (x, y pairs, px; outer rims and holes) of one label; returns their number, or -1. Longer outlines are
 * thinned evenly to `max`. */
int cv_shape_outline(const struct image *labels, int label, float *xy, int max, struct lw_error *err);

/* Only the outer rim, in order, of the label's largest piece. */
int cv_shape_rim(const struct image *labels, int label, float *xy, int max, struct lw_error *err);

/* out[y * width + x]: distance (px) to the nearest of the points. */
enum lw_msg cv_shape_distance(const float *xy, int count, int width, int height, float *out, struct lw_error *err);

#ifdef __cplusplus
}
#endif
