/* Films what the camera sees (verb `record`): PNG or JPEG files and an index, bounded in time; everything outside the
 * work area is blacked out before it reaches the disk. A recording is a folder that camera_open plays back. */
#pragma once

#include "frame.h"
#include "units.h"

struct recorder;

/* `keep`: the work area's polygon in camera px (3..64 corners). The folder must be new or empty. */
enum lw_msg recorder_create(struct recorder **out, const char *folder, const struct cam_px *keep, int corners,
                            struct lw_error *err);

/* JPEG (quality 95) keeps pace with a camera; PNG keeps every grey level. Before the first frame. */
enum recorder_format { RECORDER_JPEG = 0, RECORDER_PNG };
void recorder_set_format(struct recorder *r, enum recorder_format format);

/* camera_info.identity of the camera that films, so that its calibration fits when the recording is played back.
 * Before the first frame. */
void recorder_set_identity(struct recorder *r, const char *identity);

/* Writes one frame; all must have the same size. After an error (disk full) what was recorded so far stays good. */
enum lw_msg recorder_add(struct recorder *r, const struct frame *f, struct lw_error *err);
int recorder_count(const struct recorder *r);
void recorder_destroy(struct recorder **r);
