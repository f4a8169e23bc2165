#include "live.h"

#include "clock.h"
#include "cv_picture.h"
#include "cv_video.h"
#include "log.h"
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
/* wants the above first */
#include <microhttpd.h>

#define PERIOD_NS   (70 * NS_PER_MS)  /* at most 14 pictures a second */
#define HOUSE_NS    (500 * NS_PER_MS)
#define WATCHED_NS  (3 * NS_PER_S)    /* so long after the last question for a picture they are still made */
#define GONE_NS     (15 * NS_PER_S)   /* a page that asked for nothing for so long is closed, or asleep */
#define WAIT_NS     (3 * NS_PER_S)    /* a browser waits so long for a newer picture, then asks again */
#define PICTURE_PX  1200              /* width of the picture: 1 mm a pixel on a bench of 1.2 m */
#define QUALITY     78
#define NICE        10                /* the tick comes first */
#define STILL_MM_PER_PX_MIN 0.1

static int64_t now(void)
{
    struct lw_clock c;
    clock_init_real(&c);
    return clock_now_ns(&c);
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- making pictures ---- */

static enum lw_msg shrink(const struct image *in, int width, struct image *out, struct lw_error *err)
{
    if (in->width <= width)
        return image_copy(out, in, err);
    return cv_picture_resize(in, width, (int)((long)in->height * width / in->width), out, err);
}

static enum lw_msg make_picture(const struct frame *f, const struct model *m, struct image *out, struct lw_error *err)
{
    if (!m)
        return shrink(&f->image, PICTURE_PX, out, err);
    const struct view_grid g = view_grid_make((struct rigid){0}, 0, 0, m->bench_width_mm, m->bench_depth_mm, 0,
                                              m->bench_width_mm / PICTURE_PX);
    return view_rectify(m, &f->image, &g, out, err);
}

static void encode(struct web_live *l, struct frame *f, const struct model *m)
{
    struct lw_error err;
    struct image picture = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    double began = cpu_s();
    if (make_picture(f, m, &picture, &err) == LW_OK && cv_video_encode(&picture, ".jpg", QUALITY, &data, &size, &err) == LW_OK) {
        pthread_mutex_lock(&l->lock);
        free(l->jpeg);
        l->jpeg = data;
        l->jpeg_size = size;
        l->jpeg_straight = m != NULL;
        l->sequence++;
        l->work_s += cpu_s() - began;
        pthread_mutex_unlock(&l->lock);
    }
    image_finish(&picture);
}

/* ---- the thread ---- */

static void wake_waiters(struct web_live *l, int64_t now_ns, bool all)
{
    int kept = 0;
    for (int i = 0; i < l->waiter_count; i++)
        if (all || now_ns >= l->waiters[i].until_ns)
            MHD_resume_connection(l->waiters[i].connection);
        else
            l->waiters[kept++] = l->waiters[i];
    l->waiter_count = kept;
}

static void wait_until(struct web_live *l, int64_t until_ns)
{
    const struct timespec t = {(time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S)};
    pthread_cond_timedwait(&l->wake, &l->lock, &t);
}

static void keep_house(struct web_live *l, int64_t now_ns)
{
    wake_waiters(l, now_ns, false);
    if (now_ns - l->asked_ns > WATCHED_NS) {
        frame_unref(&l->newest);
        frame_unref(&l->last);
    }
    pthread_mutex_unlock(&l->lock);
    l->house(l->context, now_ns);
    pthread_mutex_lock(&l->lock);
}

/* With the lock held, and again when it returns. */
static void work(struct web_live *l)
{
    struct frame *f = frame_ref(l->newest);
    struct model m = l->model;
    bool straight = l->straight;
    frame_unref(&l->last);
    l->last = l->newest;
    l->newest = NULL;
    pthread_mutex_unlock(&l->lock);
    encode(l, f, straight ? &m : NULL);
    frame_unref(&f);
    pthread_mutex_lock(&l->lock);
    wake_waiters(l, 0, true);
}

static void *run(void *context)
{
    struct web_live *l = context;
    int64_t next_ns = 0, house_ns = 0;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        int64_t now_ns = now();
        if (now_ns >= house_ns) {
            keep_house(l, now_ns);
            house_ns = now_ns + HOUSE_NS;
        }
        if (l->newest && now_ns >= next_ns) {
            next_ns = now_ns + PERIOD_NS;
            work(l);
            continue;
        }
        wait_until(l, l->newest && next_ns < house_ns ? next_ns : house_ns);
    }
    wake_waiters(l, 0, true);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

enum lw_msg web_live_start(struct web_live *l, void (*house)(void *, int64_t), void *context, struct lw_error *err)
{
    pthread_condattr_t monotonic;
    *l = (struct web_live){.house = house, .context = context};
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    l->running = pthread_create(&l->thread, NULL, run, l) == 0;
    return l->running ? LW_OK : lw_fail(err, LW_MSG_WEB_START);
}

void web_live_stop(struct web_live *l)
{
    if (!l->running)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->running = false;
}

void web_live_finish(struct web_live *l)
{
    frame_unref(&l->newest);
    frame_unref(&l->last);
    free(l->jpeg);
    l->jpeg = NULL;
}

/* ---- by the owner of the bench ---- */

void web_live_offer(struct web_live *l, struct frame *f, const struct model *m)
{
    int64_t now_ns = now();
    if (pthread_mutex_trylock(&l->lock) != 0)
        return; /* the next frame comes soon */
    if (l->asked_ns && now_ns - l->asked_ns <= WATCHED_NS && !l->stopping) {
        frame_unref(&l->newest);
        l->newest = frame_ref(f);
        l->straight = m != NULL;
        if (m)
            l->model = *m;
        pthread_cond_signal(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);
}

bool web_live_watched(struct web_live *l)
{
    if (pthread_mutex_trylock(&l->lock) != 0)
        return true; /* somebody just asks */
    bool watched = l->waiter_count > 0 || (l->asked_ns && now() - l->asked_ns <= GONE_NS);
    pthread_mutex_unlock(&l->lock);
    return watched;
}

/* ---- by the web's threads ---- */

static uint8_t *copy_picture(const struct web_live *l, size_t *size)
{
    uint8_t *copy = malloc(l->jpeg_size);
    if (copy)
        memcpy(copy, l->jpeg, l->jpeg_size);
    *size = l->jpeg_size;
    return copy;
}

uint8_t *web_live_take(struct web_live *l, struct MHD_Connection *c, uint64_t after, bool waited, size_t *size,
                       uint64_t *sequence, bool *straight, bool *suspended)
{
    uint8_t *out = NULL;
    pthread_mutex_lock(&l->lock);
    int64_t now_ns = now();
    bool stale = now_ns - l->asked_ns > WATCHED_NS; /* nobody watched: the picture may be of yesterday */
    l->asked_ns = now_ns;
    *suspended = false;
    *sequence = l->sequence;
    *straight = l->jpeg_straight;
    if (l->jpeg && l->sequence != after && (!stale || waited)) {
        out = copy_picture(l, size);
    } else if (!waited && !l->stopping && l->waiter_count < WEB_WAITERS) {
        MHD_suspend_connection(c);
        l->waiters[l->waiter_count++] = (struct web_waiter){c, now_ns + WAIT_NS};
        *suspended = true;
    }
    pthread_mutex_unlock(&l->lock);
    return out;
}

enum lw_msg web_live_still(struct web_live *l, const double rectangle[4], double z_mm, int max_px, struct image *out,
                           struct lw_error *err)
{
    pthread_mutex_lock(&l->lock);
    struct frame *f = l->newest ? frame_ref(l->newest) : l->last ? frame_ref(l->last) : NULL;
    struct model m = l->model;
    bool straight = l->straight;
    pthread_mutex_unlock(&l->lock);
    enum lw_msg rc = LW_OK;
    if (!f)
        return lw_fail(err, LW_MSG_NO_PICTURES);
    if (!straight)
        rc = lw_fail(err, LW_MSG_WEB_NOT_CALIBRATED);
    if (!rc) {
        double longer = fmax(rectangle[2] - rectangle[0], rectangle[3] - rectangle[1]);
        const struct view_grid g = view_grid_make((struct rigid){0}, rectangle[0], rectangle[1], rectangle[2],
                                                  rectangle[3], z_mm, fmax(longer / max_px, STILL_MM_PER_PX_MIN));
        rc = view_rectify(&m, &f->image, &g, out, err);
    }
    frame_unref(&f);
    return rc;
}
