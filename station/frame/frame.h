/* Camera pictures. Frames are the one refcounted thing: immutable once published. */
#pragma once

#include <stdatomic.h>

#include "image.h"

struct frame_pool;

struct frame {
    struct image image; /* BGR8 */
    uint64_t sequence;  /* counts up by one per delivered frame of a source; gaps are lost frames */
    int64_t t_ns;       /* when the frame arrived, on the station's clock */
    atomic_int references;
    struct frame_pool *pool;
};

/* A pool of at most `capacity` frames of one size; the frames go back to it with their last reference.
 * NULL on failure. */
struct frame_pool *frame_pool_create(int width, int height, int capacity, struct lw_error *err);

/* The pool is freed when its last frame has come back. */
void frame_pool_destroy(struct frame_pool **pool);

/* A frame with one reference, to be filled and published; its pixels hold what was there before. NULL when all are in
 * use. */
struct frame *frame_pool_take(struct frame_pool *pool);

struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame **f); /* accepts NULL; nulls the pointer */
