/* Film: network streams and video files (through FFMPEG), single pictures as cameras send them and recorders keep them. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cv_video;

struct cv_video_about {
    int width, height;
    double fps;   /* as the stream says; 0 if it doesn't */
    long pictures; /* of a file; 0 if unknown */
};

/* Opens `address` (URL or path). Opening ends after open_ms at the latest, each later read after read_ms. Quiet: the
 * only output is the returned code (LW_MSG_CV_FAILED); the caller knows what to tell people. */
enum lw_msg cv_video_open(struct cv_video **out, const char *address, int open_ms, int read_ms,
                          struct cv_video_about *about, struct lw_error *err);

/* Fetches the next picture from the stream; false at its end, when it broke, or after read_ms. */
bool cv_video_grab(struct cv_video *v);

/* Writes the fetched picture into `into` (BGR8). False when it can't be decoded or has another size;
 * *width and *height say which it has (0 when there is none). */
bool cv_video_retrieve(struct cv_video *v, struct image *into, int *width, int *height);

void cv_video_close(struct cv_video **v);

/* Whether a JPEG has its beginning and its end (cameras may pad it with zeros): one that was cut off in the middle would
 * decode to a half grey picture. */
bool cv_video_whole_jpeg(const uint8_t *data, size_t size);

/* Decodes a JPEG picture into `into` (BGR8). False when it has another size (*width and *height say which) or is damaged
 * (both 0). */
bool cv_video_from_jpeg(const uint8_t *data, size_t size, struct image *into, int *width, int *height);

/* YUYV (4:2:2, BT.601, as webcams send it) with `stride` bytes a row into `into` (BGR8) of the same size. */
bool cv_video_from_yuyv(const uint8_t *data, ptrdiff_t stride, struct image *into);

/* Encodes for a file: `ending` ".png" or ".jpg", `quality` 1..100 for JPEG. The caller frees *data. */
enum lw_msg cv_video_encode(const struct image *in, const char *ending, int quality, uint8_t **data, size_t *size,
                            struct lw_error *err);

#ifdef __cplusplus
}
#endif
