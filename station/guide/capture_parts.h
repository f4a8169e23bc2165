/* Inside capturing only: showing one picture and taking frames of it (capture.c), for all patterns (capture_patterns.c). */
#pragma once

#include "capture.h"

#define GRID 8                  /* every so many pixels are compared */
#define STABLE_CONTRAST 0.3
#define STABLE_MIN_GREY 16
#define STALE_NS (3 * NS_PER_S) /* white is waited for while the picture is dark, and black while it is bright */

bool capture_same_size(const struct image *a, const struct image *b);
double capture_frame_ms(const struct capture *c); /* between two of the camera's frames */

/* Projects the picture (BGRA8, projector size); calm: it fades in. */
enum lw_msg capture_show(struct capture *c, const struct image *picture, struct lw_error *err);
/* The next live frame, in g->frame. */
enum lw_msg capture_next_frame(struct guide *g, struct lw_error *err);
/* The same in grey (owned by the caller), and the number that it carries whole; negative: none. */
enum lw_msg capture_next_number(struct capture *c, struct image *out, int *number, struct lw_error *err);
/* Shows the pattern with its number drawn in, and gives the frame that carries it; as capture_picture where the counter is
 * not seen. */
enum lw_msg capture_numbered(struct capture *c, struct image *picture, int index, struct image *out, struct lw_error *err);
