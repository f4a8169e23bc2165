#include "live.h"

#include "backend.h"
#include "clock.h"
#include "units.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS NS_PER_S            /* between attempts to open a lost camera */
#define SILENT_NS (3 * NS_PER_S)     /* no picture for so long: the camera is lost */
#define STOP_NS (700 * NS_PER_MS)    /* how long destroying waits for the thread */

/* Shared by the station's thread and the capture thread; freed by whoever leaves last. When the network hangs in a
 * library call, destroying does not wait for it: the thread ends by itself after the call's time-out. */
struct live {
    const struct live_ops *ops;
    void *device;
    char name[128];
    struct lw_clock clock;
    int wake;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool stop, ended;
    int users;
    enum camera_status status; /* CAMERA_WAITING or CAMERA_LOST */
    struct lw_error error;
    struct camera_info info;
    bool info_new;
    struct frame *slot;

    /* capture thread only */
    int width, height; /* expected; 0 until the first picture's size is known */
    uint64_t sequence;
    int64_t last_ns;
    struct frame_pool *pool;
    struct frame *filling; /* taken from the pool, not yet published */
};

struct live_camera {
    struct camera camera;
    struct live *live;
};

static void live_release(struct live *l)
{
    pthread_mutex_lock(&l->lock);
    bool last = --l->users == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    frame_unref(&l->slot);
    frame_unref(&l->filling);
    frame_pool_destroy(&l->pool);
    l->ops->free(l->device);
    close(l->wake);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void wake(const struct live *l)
{
    uint64_t one = 1;
    if (write(l->wake, &one, sizeof one) < 0) {
        /* full: the reader is awake already */
    }
}

static struct timespec after(const struct lw_clock *clock, int64_t duration_ns)
{
    int64_t t = clock_now_ns(clock) + duration_ns;
    return (struct timespec){t / NS_PER_S, t % NS_PER_S};
}

static bool stopped(struct live *l)
{
    pthread_mutex_lock(&l->lock);
    bool stop = l->stop;
    pthread_mutex_unlock(&l->lock);
    return stop;
}

/* Waits until the next attempt is due; true when the thread shall end. */
static bool pause_or_stop(struct live *l)
{
    struct timespec until = after(&l->clock, RETRY_NS);
    pthread_mutex_lock(&l->lock);
    while (!l->stop && pthread_cond_timedwait(&l->changed, &l->lock, &until) != ETIMEDOUT) {
    }
    bool stop = l->stop;
    pthread_mutex_unlock(&l->lock);
    return stop;
}

static void publish_loss(struct live *l, const struct lw_error *err)
{
    pthread_mutex_lock(&l->lock);
    l->status = CAMERA_LOST;
    l->error = *err;
    pthread_mutex_unlock(&l->lock);
    wake(l);
}

static void publish_info(struct live *l, const struct camera_info *info)
{
    pthread_mutex_lock(&l->lock);
    l->info = *info;
    l->info_new = true;
    pthread_mutex_unlock(&l->lock);
}

/* Puts the filled frame into the slot; the one that nobody fetched goes back to the pool. */
static void publish_frame(struct live *l)
{
    struct frame *f = l->filling;
    l->filling = NULL;
    f->t_ns = clock_now_ns(&l->clock);
    f->sequence = l->sequence++;
    l->last_ns = f->t_ns;
    pthread_mutex_lock(&l->lock);
    struct frame *old = l->slot;
    l->slot = f;
    l->status = CAMERA_WAITING;
    pthread_mutex_unlock(&l->lock);
    frame_unref(&old);
    wake(l);
}

/* A frame to fill, or NULL when the users hold all of them: then the camera is drained and its picture forgotten. */
static struct frame *frame_to_fill(struct live *l)
{
    if (!l->filling)
        l->filling = frame_pool_take(l->pool);
    if (l->filling)
        return l->filling;
    pthread_mutex_lock(&l->lock);
    struct frame *old = l->slot;
    l->slot = NULL;
    pthread_mutex_unlock(&l->lock);
    frame_unref(&old);
    l->filling = frame_pool_take(l->pool);
    return l->filling;
}

static enum lw_msg open_device(struct live *l, struct lw_error *err)
{
    struct camera_info info = {0};
    enum lw_msg rc = l->ops->open(l->device, &info, err);
    if (rc)
        return rc;
    if (l->width == 0 || l->height == 0) {
        l->width = info.width;
        l->height = info.height;
    }
    if (info.width != l->width || info.height != l->height)
        return lw_fail(err, LW_MSG_CAMERA_SIZE, info.width, info.height, l->width, l->height);
    if (!l->pool)
        l->pool = frame_pool_create(l->width, l->height, CAMERA_FRAMES, err);
    if (!l->pool)
        return LW_MSG_NO_MEMORY;
    publish_info(l, &info);
    return LW_OK;
}

/* Reads until the camera is lost (err) or the thread shall end. */
static void drain(struct live *l, struct lw_error *err)
{
    l->last_ns = clock_now_ns(&l->clock);
    while (!stopped(l)) {
        struct frame *f = frame_to_fill(l);
        enum live_got got = l->ops->read(l->device, f ? &f->image : NULL, err);
        if (got == LIVE_BROKEN)
            return;
        if (got == LIVE_PICTURE && f) {
            publish_frame(l);
        } else if (got == LIVE_PICTURE) {
            l->sequence++;
            l->last_ns = clock_now_ns(&l->clock);
        } else if (clock_now_ns(&l->clock) - l->last_ns > SILENT_NS) {
            lw_fail(err, LW_MSG_CAMERA_SILENT, l->name);
            return;
        }
    }
}

static void *capture(void *arg)
{
    struct live *l = arg;
    do {
        struct lw_error err = {0};
        if (!open_device(l, &err))
            drain(l, &err);
        l->ops->close(l->device);
        if (!stopped(l))
            publish_loss(l, &err);
    } while (!pause_or_stop(l));
    pthread_mutex_lock(&l->lock);
    l->ended = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    live_release(l);
    return NULL;
}

static enum camera_status live_poll(struct camera *camera, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    (void)now_ns;
    struct live_camera *c = (struct live_camera *)camera;
    struct live *l = c->live;
    uint64_t count;
    if (read(l->wake, &count, sizeof count) < 0) {
        /* nothing new; the slot is looked at all the same */
    }
    pthread_mutex_lock(&l->lock);
    enum camera_status status = l->status;
    if (l->info_new)
        c->camera.info = l->info;
    l->info_new = false;
    if (l->slot) {
        *out = l->slot;
        l->slot = NULL;
        status = CAMERA_FRAME;
    } else if (status == CAMERA_LOST && err) {
        *err = l->error;
    }
    pthread_mutex_unlock(&l->lock);
    return status;
}

static int live_wake_fd(struct camera *camera)
{
    return ((struct live_camera *)camera)->live->wake;
}

static void live_destroy(struct camera *camera)
{
    struct live_camera *c = (struct live_camera *)camera;
    struct live *l = c->live;
    struct timespec until = after(&l->clock, STOP_NS);
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->changed);
    while (!l->ended && pthread_cond_timedwait(&l->changed, &l->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&l->lock);
    live_release(l);
    free(c);
}

static const struct camera_ops live_camera_ops = {live_poll, live_wake_fd, live_destroy};

/* Signals go to the station's thread. */
static bool start_thread(struct live *l)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    l->users++;
    bool ok = pthread_create(&thread, &attributes, capture, l) == 0;
    if (!ok)
        l->users--;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void init_lock(struct live *l)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&l->lock, NULL);
}

enum lw_msg live_create(struct camera **out, const struct live_ops *ops, void *device, const char *name, int width,
                        int height, struct lw_error *err)
{
    *out = NULL;
    struct live *l = calloc(1, sizeof *l);
    struct live_camera *c = calloc(1, sizeof *c);
    if (!l || !c) {
        free(l);
        free(c);
        ops->free(device);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    *l = (struct live){.ops = ops, .device = device, .users = 1, .status = CAMERA_WAITING, .width = width,
                       .height = height};
    snprintf(l->name, sizeof l->name, "%s", name);
    clock_init_real(&l->clock);
    init_lock(l);
    l->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->camera.ops = &live_camera_ops;
    c->camera.info.width = width;
    c->camera.info.height = height;
    c->live = l;
    if (l->wake < 0 || !start_thread(l)) {
        live_release(l);
        free(c);
        return lw_fail(err, LW_MSG_CAMERA_FAILED, name, strerror(errno));
    }
    *out = &c->camera;
    return LW_OK;
}
