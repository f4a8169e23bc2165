/* What was laid down between two looks, and where, of things that were never seen before: for teaching them. */
#pragma once

#include "check.h"

#define LAID_PARTS 24
#define LAID_RIM   128

/* One thing that appeared; mm in the local frame of the looks. */
struct laid_part {
    struct local_mm rim[LAID_RIM]; /* its outer outline, in order */
    int rim_count;
    double area_mm2;
    struct local_mm centre;        /* of the box around it */
    double half_x_mm, half_y_mm;   /* of that box */
    struct rigid T_local_from_piece; /* from the first of its equals (identity for that one): where its points lie here */
    bool reaches_out; /* to the edge of what can be judged: an arm, or half out of sight */
};

struct laid {
    struct laid_part parts[LAID_PARTS]; /* what counts, largest first, then the rest */
    int count, all;
    int equal[LAID_PARTS], equal_count; /* of what counts: the largest part and those of its size and shape */
    int first_label; /* of the largest part in the change; inside of laid.c only */
    enum verdict_reason trouble; /* REASON_NONE; dark, blurred or glare: the looks are of no use */
};

/* Two looks under the same light (camera pictures, BGR8), and the rectangle that is compared. The local frame may have
 * moved between them, as a pushed case does. */
struct laid_look {
    const struct model *model;
    const struct image *before, *after;
    double noise_grey;
    struct rigid T_bench_from_local_before, T_bench_from_local;
    double x0_mm, y0_mm, x1_mm, y1_mm; /* local */
    double z_mm; /* of the plane in which things are seen straight, over the bench: see check_plane_mm */
    bool joined; /* pieces near to one another are one thing, also when they are alike */
    bool (*counts)(const void *context, const struct laid_part *part); /* which may be what was laid; NULL: all */
    const void *context;
};

/* Largest parts first; those below `smallest_mm2` and outside of the camera's picture are left out. Deterministic. */
enum lw_msg laid_find(const struct laid_look *look, double smallest_mm2, struct laid *out, struct lw_error *err);

/* Is the point within the part's outline, or at most room_mm away? */
bool laid_covers(const struct laid_part *part, struct local_mm p, double room_mm);

/* The smallest rectangle around the part: its pose (x along the side that is nearest to the local x axis) and sides. */
struct rigid laid_rectangle(const struct laid_part *part, double *width_mm, double *depth_mm);

/* A straight picture of size 2 half_x x 2 half_y about a place (frame: its own) in each look, as the checks are taught;
 * in `after` the other parts of `laid` are painted over with what was there before. */
struct laid_patch {
    struct rigid T_local_from_place;
    double half_x_mm, half_y_mm, mm_per_px;
    int own; /* index of the part that belongs to it */
};
enum lw_msg laid_cut(const struct laid_look *look, const struct laid *laid, const struct laid_patch *patch,
                     struct image *before, struct image *after, struct lw_error *err);
