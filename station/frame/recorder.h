/* Films what the camera sees (verb `record`): PNG or JPEG files and an index, bounded in time; everything outside the
 * work area is blacked out before it reaches the disk. A recording is a folder that camera_open plays back. */
#pragma once

#include "frame.h"
#include "units.h"

struct recorder;

/* `keep`: the work area's polygon in camera px (3..64 corners). The folder must be new or empty. */
enum lw_msg recorder_create(struct recorder **out, const char *folder, const struct cam_px *keep, int corners,
                            struct lw_error *err);
enum lw_msg recorder_add(struct recorder *r, const struct frame *f, struct lw_error *err);
int recorder_count(const struct recorder *r);
void recorder_destroy(struct recorder **r);
