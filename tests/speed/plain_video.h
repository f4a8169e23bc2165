/* The plain alternative to our network camera: OpenCV's VideoCapture, as its tutorials read a camera. */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads `count` pictures; false when that failed. */
bool plain_video_read(const char *address, int count);

#ifdef __cplusplus
}
#endif
