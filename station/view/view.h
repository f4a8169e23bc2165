/* From a frame to a straight picture in mm, at a height. */
#pragma once

#include "image.h"
#include "model.h"

/* A rectangle in mm: pixel (0,0)'s centre shows local (x0_mm, y0_mm + (height-1) * mm_per_px) of the local plane,
 * i.e. the picture has +x right and +y UP, as a person at the bench sees it. */
struct view_grid {
    struct rigid T_bench_from_local;
    double x0_mm, y0_mm; /* local coordinates of the lower left pixel's centre */
    double z_mm;         /* height of the plane over the bench */
    double mm_per_px;
    int width, height;
};

/* The grid that covers the given local rectangle. */
struct view_grid view_grid_make(struct rigid T_bench_from_local, double x0_mm, double y0_mm, double x1_mm,
                                double y1_mm, double z_mm, double mm_per_px);

struct local_mm view_local_from_px(const struct view_grid *g, double px, double py);
void view_px_from_local(const struct view_grid *g, struct local_mm p, double *px, double *py);

/* `out` becomes an owned picture of the grid in `in`'s format, bilinear (area-weighted where the camera is finer);
 * what the camera does not see is black. */
enum lw_msg view_rectify(const struct model *m, const struct image *in, const struct view_grid *g, struct image *out,
                         struct lw_error *err);

/* True when every corner of the grid lies in the camera's picture. */
bool view_grid_visible(const struct model *m, const struct view_grid *g);
