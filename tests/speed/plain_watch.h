/* The plain alternatives, in OpenCV alone. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number of changed regions between two frames: grey, absdiff, fixed threshold, contours. */
int plain_watch(const struct image *a, const struct image *b);

struct zone_px {
    int x, y, width, height;
};

/* Number of zones with a changed region: grey, absdiff, fixed threshold, contours in each. */
int plain_zones(const struct image *a, const struct image *b, const struct zone_px *zones, int count);

/* Difference, contours, then the reference with the most ORB matches on the changed region; -1: nothing changed. */
int plain_check(const struct image *before, const struct image *after, const struct image *taught, int count);

#ifdef __cplusplus
}
#endif
