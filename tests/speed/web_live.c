/* What the live picture of the bench costs the tick: the owning thread watches a 1280 x 720 camera at 30 frames a second,
 * alone, and while a browser takes every picture it can get. The plain alternative makes each picture in the tick. */
#include "web_client.h"

#include "kit_bench.h"

#include "cv_video.h"
#include "view.h"
#include "watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICKS     60 /* in a round */
#define ROUNDS    5
#define FPS       30
#define WIDTH     1280
#define HEIGHT    720
#define LIVE_PX   1200
#define QUALITY   78

enum { ALONE = 0, WATCHED, IN_THE_TICK };

struct bench {
    struct served served;
    struct guide g;
    struct frame_pool *pool;
    struct watch *watch;
    uint64_t random;
    atomic_bool stop;
    atomic_int pictures;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *browser(void *context)
{
    struct bench *b = context;
    char path[60];
    unsigned long long after = 0;
    while (!b->stop) {
        snprintf(path, sizeof path, "/api/bench.jpg?after=%llu", after);
        struct reply r = served_ask(&b->served, "GET", path, NULL, NULL);
        const char *sequence = r.status == 200 ? strstr(r.text, "X-Sequence: ") : NULL;
        if (sequence) {
            after = strtoull(sequence + 12, NULL, 10);
            b->pictures++;
        }
        reply_free(&r);
    }
    return NULL;
}

static struct frame *next_frame(struct bench *b)
{
    struct frame *f = frame_pool_take(b->pool);
    for (size_t i = 0; f && i < (size_t)WIDTH * HEIGHT * 3; i += 97) /* grain, so that the encoder has work */
        f->image.data[i] = (uint8_t)(harness_random(&b->random) * 255);
    return f;
}

static void picture_in_the_tick(const struct frame *f, const struct model *m)
{
    const struct view_grid g = view_grid_make((struct rigid){0}, 0, 0, m->bench_width_mm, m->bench_depth_mm, 0,
                                              m->bench_width_mm / LIVE_PX);
    struct image im = {0};
    struct lw_error err;
    uint8_t *data = NULL;
    size_t size;
    if (!view_rectify(m, &f->image, &g, &im, &err) && !cv_video_encode(&im, ".jpg", QUALITY, &data, &size, &err))
        free(data);
    image_finish(&im);
}

/* Mean CPU time of a tick in ms; *own becomes what the pages' own calls take of it. */
static double run(struct bench *b, int variant, double *own)
{
    double spent = 0, calls = 0;
    struct timespec next;
    struct watch_state seen = {0};
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < TICKS; i++) {
        struct frame *f = next_frame(b);
        double began = cpu_ms();
        if (f) {
            frame_unref(&b->g.frame);
            b->g.frame = f;
            watch_feed(b->watch, f, false, &seen);
        }
        double fed = cpu_ms();
        if (f && variant == WATCHED)
            web_seen(b->served.web, &b->g);
        if (variant == WATCHED)
            web_tick(b->served.web, &b->g);
        if (f && variant == IN_THE_TICK)
            picture_in_the_tick(f, &b->g.calibration.model);
        double ended = cpu_ms();
        calls += ended - fed;
        spent += ended - began;
        next.tv_nsec += 1000000000 / FPS;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    *own = calls / TICKS;
    return spent / TICKS;
}

int main(void)
{
    static struct bench b;
    struct lw_error err;
    char path[300];
    pthread_t thread;
    harness_init();
    snprintf(path, sizeof path, "%s/calibration.cfg", harness_scratch());
    kit_calibration(path, &b.g.calibration);
    b.g.calibrated = true;
    b.random = 1;
    served_open(&b.served, NULL);
    b.pool = frame_pool_create(WIDTH, HEIGHT, 8, &err);
    const struct model *m = &b.g.calibration.model;
    const struct bench_mm area[4] = {{0, 0, 0}, {m->bench_width_mm, 0, 0}, {m->bench_width_mm, m->bench_depth_mm, 0}, {0, m->bench_depth_mm, 0}};
    if (watch_create(&b.watch, m, area, 4, WIDTH, HEIGHT, &err))
        return 1;
    pthread_create(&thread, NULL, browser, &b);
    double alone = 0, watched = 0, calls = 0, own, ignored;
    int pictures = 0;
    for (int i = 0; i < ROUNDS; i++) { /* in turns, so that what else the computer does meets both */
        alone += run(&b, ALONE, &ignored) / ROUNDS;
        int before = b.pictures;
        watched += run(&b, WATCHED, &own) / ROUNDS;
        calls += own / ROUNDS;
        pictures += b.pictures - before;
    }
    b.stop = true;
    double inside = run(&b, IN_THE_TICK, &ignored);
    printf("tick alone %.3f ms; watched %.3f ms (%+.1f %%, its own calls %.3f ms), %.1f pictures a second; picture made in the tick %.3f ms; ratio %.2f\n",
           alone, watched, 100 * (watched / alone - 1), calls, pictures / ((double)ROUNDS * TICKS / FPS), inside, inside / watched);
    pthread_join(thread, NULL);
    served_close(&b.served);
    watch_destroy(&b.watch);
    frame_unref(&b.g.frame);
    frame_pool_destroy(&b.pool);
    return 0;
}
