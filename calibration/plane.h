/* Inside the calibration folder: homographies, robustly. */
#pragma once

#include "decode.h"

/* Row-major 3x3, from camera px to projector px or to bench mm. */
struct homography {
    double h[9];
};

static inline bool homography_apply(const struct homography *H, double x, double y, double *u, double *v)
{
    const double *h = H->h;
    double w = h[6] * x + h[7] * y + h[8];
    if (!(fabs(w) > 1e-12))
        return false;
    *u = (h[0] * x + h[1] * y + h[2]) / w;
    *v = (h[3] * x + h[4] * y + h[5]) / w;
    return true;
}

/* Solves the n x n system a x = b in place, x in b (Gauss with pivots); false if singular. */
bool linear_solve(double *a, double *b, int n);

/* Least squares through `n` >= 4 matches (x, y) -> (u, v), with normalised coordinates (Hartley 1997); `use`
 * (NULL: all) says which. False where they are degenerate. */
bool homography_fit(const double *x, const double *y, const double *u, const double *v, const bool *use,
                    int n, struct homography *out);
bool homography_invert(const struct homography *H, struct homography *out);

/* The plane that most pairs obey (RANSAC, Fischler and Bolles 1981, then least squares): camera px ->
 * projector px, with a cubic in camera px for the lenses. `inside[i]` says which pairs lie within
 * `tolerance_px` (projector px). Returns the count of these; 0: none. */
int plane_find(const struct decode_pair *pairs, int count, double tolerance_px, struct homography *H,
               bool *inside);

/* A plane's map, camera px -> projector px: homography and a cubic in camera px for the lenses. */
struct plane_map {
    struct homography H;
    double middle_x, middle_y, scale, u[10], v[10];
};

/* Least squares over the pairs marked by `use` (NULL: all). */
bool plane_map_fit(const struct decode_pair *pairs, int count, const bool *use, struct plane_map *out);
bool plane_map_apply(const struct plane_map *m, struct cam_px at, struct proj_px *out);
