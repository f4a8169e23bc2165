#include "frame.h"

#include <pthread.h>
#include <stdlib.h>

/* Frames of a pool are made when first needed and kept; whoever brings the last one back to a closed pool frees it. */
struct frame_pool {
    pthread_mutex_t lock;
    int width, height, capacity;
    int made; /* frames that exist, in use or idle */
    int idle_count;
    bool closed;
    struct frame *idle[];
};

static void frame_free(struct frame *f)
{
    image_finish(&f->image);
    free(f);
}

static void pool_free(struct frame_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

struct frame_pool *frame_pool_create(int width, int height, int capacity, struct lw_error *err)
{
    if (width <= 0 || height <= 0 || (int64_t)width * height > IMAGE_MAX_PIXELS) {
        lw_fail(err, LW_MSG_IMAGE_SIZE, width, height);
        return NULL;
    }
    struct frame_pool *pool = calloc(1, sizeof *pool + (size_t)capacity * sizeof pool->idle[0]);
    if (!pool) {
        lw_fail(err, LW_MSG_NO_MEMORY);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pool->width = width;
    pool->height = height;
    pool->capacity = capacity;
    return pool;
}

void frame_pool_destroy(struct frame_pool **p)
{
    struct frame_pool *pool = *p;
    if (!pool)
        return;
    *p = NULL;
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    for (int i = 0; i < pool->idle_count; i++)
        frame_free(pool->idle[i]);
    pool->made -= pool->idle_count;
    pool->idle_count = 0;
    bool last = pool->made == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last)
        pool_free(pool);
}

static struct frame *frame_make(struct frame_pool *pool)
{
    struct frame *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    if (image_init(&f->image, pool->width, pool->height, IMAGE_BGR8, NULL)) {
        free(f);
        return NULL;
    }
    f->pool = pool;
    return f;
}

struct frame *frame_pool_take(struct frame_pool *pool)
{
    struct frame *f = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count > 0) {
        f = pool->idle[--pool->idle_count];
    } else if (pool->made < pool->capacity) {
        f = frame_make(pool);
        if (f)
            pool->made++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!f)
        return NULL;
    f->sequence = 0;
    f->t_ns = 0;
    atomic_init(&f->references, 1);
    return f;
}

static void give_back(struct frame *f)
{
    struct frame_pool *pool = f->pool;
    if (!pool)
        return; /* not from a pool: its maker keeps it */
    pthread_mutex_lock(&pool->lock);
    bool last = false;
    if (pool->closed) {
        frame_free(f);
        last = --pool->made == 0;
    } else {
        pool->idle[pool->idle_count++] = f;
    }
    pthread_mutex_unlock(&pool->lock);
    if (last)
        pool_free(pool);
}

struct frame *frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->references, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame **p)
{
    struct frame *f = *p;
    if (!f)
        return;
    *p = NULL;
    if (atomic_fetch_sub_explicit(&f->references, 1, memory_order_acq_rel) == 1)
        give_back(f);
}
