/* Picture files, through OpenCV. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads PNG, JPEG, WebP … as GRAY8 or BGR8 (BGRA8: with the file's alpha). The caller ends `out` with image_finish. */
enum lw_msg cv_picture_read(const char *path, enum image_format format, struct image *out, struct lw_error *err);

/* Writes by the ending of the name (.png, .jpg). */
enum lw_msg cv_picture_write(const char *path, const struct image *in, struct lw_error *err);

/* Area-weighted when smaller, linear when larger; `out` is owned by the caller. */
enum lw_msg cv_picture_resize(const struct image *in, int width, int height, struct image *out, struct lw_error *err);

/* BGR8/BGRA8/GRAY8 to another of these. */
enum lw_msg cv_picture_convert(const struct image *in, enum image_format format, struct image *out,
                               struct lw_error *err);

/* OpenCV's own threads and random seed; call once in main. */
void cv_setup(int threads);

#ifdef __cplusplus
}
#endif
