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

/* A pinhole's parameters, in the order of Jacobians and covariances: a small turn w of the device (R becomes
 * exp(w) R), its translation (mm), log f, log (fy / fx), cx, cy, k1, k2, p1, p2. */
enum {
    PINHOLE_TURN = 0,
    PINHOLE_SHIFT = 3,
    PINHOLE_LOG_F = 6,
    PINHOLE_ASPECT,
    PINHOLE_CX,
    PINHOLE_CY,
    PINHOLE_K1,
    PINHOLE_K2,
    PINHOLE_P1,
    PINHOLE_P2,
    PINHOLE_PARAMETERS
};
#define MODEL_PARAMETERS (2 * PINHOLE_PARAMETERS) /* camera, then projector */

struct model {
    struct pinhole camera, projector;
    double bench_width_mm, bench_depth_mm;
    /* What the model leaves over on the bench plane, added to projector px: a cubic in bench x, y (scaled to -1..1). */
    double residual_u[MODEL_RESIDUAL_TERMS], residual_v[MODEL_RESIDUAL_TERMS];
    double sigma_flat_mm;   /* standard uncertainty of a drawn point on the bench */
    double sigma_raised_mm; /* the same at 100 mm; large where nothing raised was measured */
    bool rough;             /* heights were never measured */
    /* Of the camera's and the projector's parameters together, lower triangle row by row; all 0: not known. */
    double covariance[MODEL_PARAMETERS * (MODEL_PARAMETERS + 1) / 2];
    double sigma_left_mm;   /* what held-out places show beyond the covariance */
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

/* Standard uncertainty in mm (both axes together) of where something drawn for `p` appears: by the covariance at that
 * place and height. INFINITY where the model has no answer. */
double model_sigma_mm(const struct model *m, struct bench_mm p);
/* The same of where a thing lies that the camera sees at `p`, and of light that is aimed at what the camera sees there. */
double model_sigma_camera_mm(const struct model *m, struct bench_mm p);
double model_sigma_seen_mm(const struct model *m, struct bench_mm p);

/* Derivatives of the conversions. From the bench: by x, y, z; to the bench: x, y by the two pixels and by z. */
bool model_cam_from_bench_slope(const struct model *m, struct bench_mm p, double d[2][3]);
bool model_proj_from_bench_slope(const struct model *m, struct bench_mm p, double d[2][3]);
bool model_bench_from_cam_slope(const struct model *m, struct cam_px p, double z_mm, double d[2][3]);
bool model_bench_from_proj_slope(const struct model *m, struct proj_px p, double z_mm, double d[2][3]);

/* A point through the pinhole, with derivatives by the point and by the parameters (either may be NULL). */
bool pinhole_project(const struct pinhole *p, const double x_mm[3], double px[2], double by_point[2][3],
                     double by_parameter[2][PINHOLE_PARAMETERS]);
/* Where a pixel's ray meets the plane normal . x = offset, with derivatives by the pixel, the parameters, the normal
 * (its three entries, then the offset); each may be NULL. */
bool pinhole_meet(const struct pinhole *p, const double px[2], const double normal[3], double offset, double x_mm[3],
                  double by_px[3][2], double by_parameter[3][PINHOLE_PARAMETERS], double by_plane[3][4]);
/* Adds d (in the parameters' order) to the pinhole. */
void pinhole_add(struct pinhole *p, const double d[PINHOLE_PARAMETERS]);

/* Lens alone: normalised ray (x/z, y/z) to pixels, and back (iterative; false where it does not converge). */
void lens_distort(const struct lens *l, double xn, double yn, double *px, double *py);
bool lens_undistort(const struct lens *l, double px, double py, double *xn, double *yn);

/* False where the lens polynomial has folded back. */
bool lens_reaches(const struct lens *l, double xn, double yn);

/* Rotation vector to matrix (row-major 3x3), Rodrigues' formula, and back (also near half a circle). */
void rotation_matrix(const double rotation[3], double R[9]);
void rotation_to_vector(const double R[9], double rotation[3]);
