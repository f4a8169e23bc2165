/* What all live cameras share: a thread that opens the device, always drains it, and keeps the newest picture in a slot
 * of depth one; it tries again about once a second after a loss. The thread never calls up: it wakes by a descriptor. */
#pragma once

#include "camera.h"

enum live_got {
    LIVE_BROKEN = 0, /* the device is gone; err says why */
    LIVE_NOTHING,    /* no picture within LIVE_SLICE_MS, or one that can't be used; read again */
    LIVE_PICTURE,
};

#define LIVE_SLICE_MS 100 /* read returns after about this time where the device allows it, so that stopping is quick */

/* Called on the capture thread only; `device` is the backend's own struct. */
struct live_ops {
    /* Opens the device and fills identity, size, fps and controls of `info`. May take a few seconds. */
    enum lw_msg (*open)(void *device, struct camera_info *info, struct lw_error *err);
    /* Reads the next picture into `into`, or forgets it when `into` is NULL. */
    enum live_got (*read)(void *device, struct image *into, struct lw_error *err);
    /* After a loss and at the end; also after an open that failed. */
    void (*close)(void *device);
    void (*free)(void *device);
};

/* Starts the thread; owns `device` from then on (and frees it on failure). `name`: of the camera, for messages. */
enum lw_msg live_create(struct camera **out, const struct live_ops *ops, void *device, const char *name, int width,
                        int height, struct lw_error *err);
