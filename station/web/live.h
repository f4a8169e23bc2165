/* The bench as a browser sees it: the newest frame, straightened and packed as JPEG by a thread of its own, and only
 * while somebody watches. Depth one: what nobody took is replaced, so nothing ever falls behind. */
#pragma once

#include "frame.h"
#include "model.h"

#include <pthread.h>
#include <stdbool.h>

struct MHD_Connection;

#define WEB_WAITERS 64

struct web_waiter {
    struct MHD_Connection *connection; /* suspended until a newer picture is there */
    int64_t until_ns;
};

struct web_live {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stopping;
    int64_t asked_ns;      /* when a browser last asked for a picture; 0: never */

    struct frame *newest;  /* waits for the thread; NULL: none */
    struct frame *last;    /* the one that was made a picture of */
    struct model model;    /* of both */
    bool straight;         /* the model is one */

    uint8_t *jpeg;         /* owned */
    size_t jpeg_size;
    uint64_t sequence;     /* counts the pictures made; 0: none yet */
    bool jpeg_straight;
    double work_s;         /* CPU time of all pictures */

    struct web_waiter waiters[WEB_WAITERS];
    int waiter_count;

    void (*house)(void *context, int64_t now_ns); /* done by the same thread, about twice a second */
    void *context;
};

enum lw_msg web_live_start(struct web_live *l, void (*house)(void *, int64_t), void *context, struct lw_error *err);
/* Wakes all who wait; nobody may wait afterwards. */
void web_live_stop(struct web_live *l);
void web_live_finish(struct web_live *l);

/* By the owner of the bench, at each new frame; takes a reference of its own when it wants it. Model NULL: not
 * calibrated. Never waits. */
void web_live_offer(struct web_live *l, struct frame *f, const struct model *m);

/* Whether anybody still looks; never waits. */
bool web_live_watched(struct web_live *l);

/* A copy of the newest picture later than `after` (malloc'ed); NULL when there is none yet: then, unless `waited`, the
 * connection is suspended and *suspended set. */
uint8_t *web_live_take(struct web_live *l, struct MHD_Connection *c, uint64_t after, bool waited, size_t *size,
                       uint64_t *sequence, bool *straight, bool *suspended);

/* The bench's rectangle x0..x1, y0..y1 (mm, at height z) from the newest frame, at most `max_px` in its longer side.
 * The caller ends `out` with image_finish. */
enum lw_msg web_live_still(struct web_live *l, const double rectangle[4], double z_mm, int max_px, struct image *out,
                           struct lw_error *err);
