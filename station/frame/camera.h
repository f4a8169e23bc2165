/* The camera contract. Backends: V4L2, network (MJPEG, RTSP), files, the pretend bench, faulty (wraps another). */
#pragma once

#include "config.h"
#include "frame.h"

enum camera_status {
    CAMERA_LOST = 0, /* no pictures; the backend tries again by itself about once a second */
    CAMERA_WAITING,  /* nothing newer than the last frame */
    CAMERA_FRAME,    /* a new frame was handed over */
    CAMERA_ENDED,    /* files: the last picture has been given */
};

struct camera_info {
    char identity[128]; /* stable name of device and mode; what a calibration is tied to */
    int width, height;
    double fps;
    bool controls_locked; /* exposure, white balance and focus do not change by themselves */
    char controls[256];   /* in words: what could not be locked, "" if all is well */
};

struct camera;

struct camera_ops {
    /* Hands over the newest frame (one reference for the caller) and forgets older ones. Never blocks.
     * On CAMERA_LOST fills err with the cause. */
    enum camera_status (*poll)(struct camera *c, int64_t now_ns, struct frame **out, struct lw_error *err);
    /* A descriptor that becomes readable when poll has something, or -1. */
    int (*wake_fd)(struct camera *c);
    void (*destroy)(struct camera *c);
};

/* Backends embed this as their first member. */
struct camera {
    const struct camera_ops *ops;
    struct camera_info info;
};

/* The `camera` group of station.cfg. */
struct camera_config {
    char *source; /* "/dev/video0", "http://…", "rtsp://…", a folder or video file, or "pretend" (made by sim) */
    int width, height; /* 0: take what comes. Files always come in their own size. */
    double fps;        /* wanted of a USB camera; pace of a folder without an index; 0: 30 */
    int mains_hz;      /* 50 or 60: lamps flicker with it; 0: leave the camera as it is */
};
extern const struct lw_option camera_options[];
extern const int camera_option_count;

/* Opens a camera of any kind but the pretend one; owned by the caller. A device that is absent now is not an error: poll says CAMERA_LOST
 * until it appears. Refuses only what can't be a camera (no such file, not a picture). */
enum lw_msg camera_open(struct camera **out, const struct camera_config *config, struct lw_error *err);

/* See camera_ops. `now_ns` is the station's clock; live cameras stamp their frames with the real monotonic clock. */
enum camera_status camera_poll(struct camera *c, int64_t now_ns, struct frame **out, struct lw_error *err);
int camera_wake_fd(struct camera *c);

/* Returns within a second even when the network hangs; frames that were handed over stay valid. */
void camera_destroy(struct camera **c);

/* ---- faulty camera: wraps another (and owns it) and makes trouble in chosen spans of time ---- */
enum camera_fault { CAMERA_FAULT_NONE = 0, CAMERA_FAULT_UNPLUGGED, CAMERA_FAULT_FROZEN, CAMERA_FAULT_BLACK,
                    CAMERA_FAULT_OVEREXPOSED, CAMERA_FAULT_STALLED };

/* UNPLUGGED: CAMERA_LOST. STALLED: no more frames, no error. FROZEN: new frames with the old picture. BLACK and
 * OVEREXPOSED: new frames without and with too much light. */
enum lw_msg camera_faulty_create(struct camera **out, struct camera *inner, struct lw_error *err);
void camera_faulty_set(struct camera *faulty, enum camera_fault fault);
