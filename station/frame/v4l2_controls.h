/* Stops a USB camera from changing its picture by itself: exposure, gain, white balance, focus. */
#pragma once

#include "camera.h"

/* What the camera settled at when it was first opened, so that it looks the same after it was unplugged. */
struct v4l2_settled {
    bool known;
    int count;
    struct {
        uint32_t id;
        int32_t value;
    } values[8];
};

/* Lets the camera adjust itself. The caller reads pictures for V4L2_SETTLE_NS before it locks. */
void v4l2_controls_settle(int fd, int mains_hz);
#define V4L2_SETTLE_NS 1000000000LL /* automatic exposure of webcams settles in about half a second */

/* Locks all at what is now, or at `settled` when that is known; fills controls_locked and controls of `info`. */
void v4l2_controls_lock(int fd, struct v4l2_settled *settled, struct camera_info *info);
