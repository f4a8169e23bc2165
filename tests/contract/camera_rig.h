/* What the camera contract needs to know of a backend. A new backend adds one struct camera_rig to the table in
 * test_camera_contract.c (its own file may hold the functions). */
#pragma once

#include "camera.h"

struct camera_rig {
    const char *name;
    /* NULL when the backend can run here, else the reason why not. NULL pointer: always. */
    const char *(*absent)(void);
    /* Sets up the other side (server, files); what it returns is handed to the rest. May be NULL. */
    void *(*start)(void);
    struct camera *(*open)(void *rig);
    /* Takes the camera away and brings it back; NULL: can't be taken away. */
    void (*unplug)(void *rig, struct camera *c);
    void (*plug)(void *rig, struct camera *c);
    void (*stop)(void *rig);
    /* The frames follow the real clock; otherwise the test winds the clock by hand. */
    bool real_time;
    /* Longest time until the first frame, and until a loss is noticed. */
    int first_ms, lost_ms;
};
