/* The makers of the backends, for camera.c alone. */
#pragma once

#include "camera.h"

/* Each returns a camera owned by the caller; see camera_open for what is an error. */
enum lw_msg camera_files_create(struct camera **out, const struct camera_config *config, struct lw_error *err);
enum lw_msg camera_network_create(struct camera **out, const struct camera_config *config, struct lw_error *err);
enum lw_msg camera_v4l2_create(struct camera **out, const struct camera_config *config, struct lw_error *err);

/* Frames that a camera and its users may hold at a time: one in the slot, one being filled, the rest with watchers,
 * checks and calibration. They are made when first needed. */
#define CAMERA_FRAMES 8

/* Pictures a second when nothing says how many. */
#define CAMERA_DEFAULT_FPS 30.0
