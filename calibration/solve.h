/* From pairs and the bench's corners to the model. */
#pragma once

#include "decode.h"
#include "model.h"

/* Pairs measured on one plane of known height. */
struct solve_plane {
    const struct decode_pair *pairs;
    int count;
    double z_mm;
};

struct solve_input {
    const struct solve_plane *planes; /* [0] is the bench, z 0; more planes make heights true */
    int plane_count;
    int camera_width, camera_height, projector_width, projector_height;
    double bench_width_mm, bench_depth_mm;
    struct cam_px corners[4]; /* of the bench top: front left, front right, back right, back left */
};

struct solve_quality {
    double median_mm, p95_mm, max_mm; /* held-out, on the bench */
    double held_out_px;               /* rms of pairs that the fit has not seen, projector px */
    double seconds;
};

/* Model order (k1, k2) by held-out error. Refuses with the cause: too few pairs, not a plane, no answer. */
enum lw_msg solve_model(const struct solve_input *in, struct model *out, struct solve_quality *quality,
                        struct lw_error *err);
