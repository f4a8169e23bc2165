/* The model of the station: where a point over the bench appears in the camera and in the projector picture.
 * Pinhole with Brown-Conrady lens distortion (Brown 1971) for both, a pose each, double precision. */
#pragma once

#include <stdbool.h>

#include "error.h"
#include "units.h"

/* Pixels; the projector's principal point may lie outside its picture (lens shift). */
struct lens {
    double fx, fy, cx, cy;
    double k1, k2, p1, p2;
    int width, height;
};

/* x_device = R * x_bench + t; R as a rotation vector (radians), t in mm. Device axes: x right, y down, z forward. */
struct pose {
    double rotation[3], translation_mm[3];
};

struct pinhole {
    struct lens lens;
    struct pose T_device_from_bench;
    double R[9], centre_mm[3]; /* kept in step by pinhole_update */
};

#define MODEL_RESIDUAL_TERMS 10

struct model {
    struct pinhole camera, projector;
    double bench_width_mm, bench_depth_mm;
    /* What the model leaves over on the bench plane, added to projector px: a cubic in bench x, y (scaled to -1..1). */
    double residual_u[MODEL_RESIDUAL_TERMS], residual_v[MODEL_RESIDUAL_TERMS];
    double sigma_flat_mm;   /* standard uncertainty of a drawn point on the bench */
    double sigma_raised_mm; /* the same at 100 mm; large where nothing raised was measured */
    bool rough;             /* heights were never measured */
};

/* Recomputes R and centre_mm after lens or pose changed. */
void pinhole_update(struct pinhole *p);

/* Each conversion returns false (and leaves *out as it is) where the model has no answer: behind the device, a ray
 * that does not meet the plane z_mm, or a place where the lens polynomial folds back. A point outside the picture's
 * rectangle is an answer. */
bool model_cam_from_bench(const struct model *m, struct bench_mm p, struct cam_px *out);
bool model_proj_from_bench(const struct model *m, struct bench_mm p, struct proj_px *out);
bool model_bench_from_cam(const struct model *m, struct cam_px p, double z_mm, struct bench_mm *out);
bool model_bench_from_proj(const struct model *m, struct proj_px p, double z_mm, struct bench_mm *out);

/* Standard uncertainty in mm of where something drawn for `p` appears. */
double model_sigma_mm(const struct model *m, struct bench_mm p);

/* Lens alone: normalised ray (x/z, y/z) to pixels, and back (iterative; false where it does not converge). */
void lens_distort(const struct lens *l, double xn, double yn, double *px, double *py);
bool lens_undistort(const struct lens *l, double px, double py, double *xn, double *yn);

/* Rotation vector to matrix (row-major 3x3), Rodrigues' formula. */
void rotation_matrix(const double rotation[3], double R[9]);
