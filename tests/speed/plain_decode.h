/* Gray code as anybody would decode it with OpenCV: its structured_light module, asked for every lit pixel. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pixels that GrayCodePattern::getProjPixel decodes where white - black >= lit_min, with its thresholds as they come. Pictures: white,
 * black, then columns and rows from the most significant bit, each with its inverse (GRAY8). `cpu_ms`: of the decoding alone. -1: it
 * failed. */
long plain_decode(const struct image *pictures, int count, int projector_width, int projector_height, int lit_min, double *cpu_ms);

#ifdef __cplusplus
}
#endif
