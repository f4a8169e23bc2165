/* Pictures in memory: 8 bits a channel, rows from the top, stride in bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum image_format { IMAGE_NONE = 0, IMAGE_GRAY8 = 1, IMAGE_BGR8 = 3, IMAGE_BGRA8 = 4 };

/* The value of the format is its bytes per pixel. `owned` says whether image_finish frees the data. */
struct image {
    uint8_t *data;
    int width, height;
    ptrdiff_t stride;
    enum image_format format;
    bool owned;
};

#define IMAGE_MAX_PIXELS (100 * 1000 * 1000)

static inline uint8_t *image_row(const struct image *im, int y)
{
    return im->data + (ptrdiff_t)y * im->stride;
}

/* Makes a black picture; the caller ends it with image_finish. Refuses sizes of 0 or above IMAGE_MAX_PIXELS. */
enum lw_msg image_init(struct image *out, int width, int height, enum image_format format, struct lw_error *err);

/* Frees owned data and zeroes the struct; accepts NULL and a zeroed struct. */
void image_finish(struct image *im);

/* `out` becomes an owned copy (the old content of `out` is overwritten, not freed). */
enum lw_msg image_copy(struct image *out, const struct image *in, struct lw_error *err);

/* A window into `in` without copying; it lives as long as `in`. The rectangle is clipped to the picture. */
struct image image_window(const struct image *in, int x, int y, int width, int height);

/* Sets every byte of every pixel's channel to `value`. */
void image_fill(struct image *im, uint8_t value);

#ifdef __cplusplus
}
#endif
