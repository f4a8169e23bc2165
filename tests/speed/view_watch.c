/* One frame through the watch against plain OpenCV (absdiff, threshold, contours), 1280x720; and a straight patch. */
#include "harness.h"

#include "plain_watch.h"
#include "view.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 60

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(void)
{
    struct lw_error err = {0};
    struct frame f[2] = {{.t_ns = 0}, {.t_ns = 1}};
    struct watch_state s;
    struct watch *w;
    uint64_t noise = 3;
    double ours = 0, plain = 0, patch = 0;
    harness_init();
    struct model m = {.bench_width_mm = 1000, .bench_depth_mm = 600};
    m.camera.lens = (struct lens){1168, 1165, 624.6, 371.8, -0.231, 0.078, -0.0009, 0.0013, 1280, 720};
    m.camera.T_device_from_bench = (struct pose){{2.9, 0.1, 0.05}, {-480, 325, 1090}};
    pinhole_update(&m.camera);
    for (int k = 0; k < 2; k++) {
        if (image_init(&f[k].image, 1280, 720, IMAGE_BGR8, &err))
            return 1;
        for (int i = 0; i < 1280 * 720 * 3; i++)
            f[k].image.data[i] = (uint8_t)(120 + (i / 997) % 60 + 8 * harness_random(&noise));
    }
    if (watch_create(&w, NULL, NULL, 0, 1280, 720, &err))
        return 1;
    watch_feed(w, &f[0], false, &s);
    watch_set_rest(w);
    for (int i = 0; i < ROUNDS; i++) {
        double began = now_ms();
        watch_feed(w, &f[i & 1], false, &s);
        ours += now_ms() - began;
        began = now_ms();
        plain_watch(&f[i & 1].image, &f[!(i & 1)].image);
        plain += now_ms() - began;
        struct image out;
        struct view_grid g = view_grid_make((struct rigid){400, 300, 0.3}, -99.5, -59.5, 99.5, 59.5, 20, 1);
        began = now_ms();
        if (view_rectify(&m, &f[0].image, &g, &out, &err))
            return 1;
        patch += now_ms() - began;
        image_finish(&out);
    }
    printf("watch %.2f ms a frame, plain OpenCV motion only %.2f ms, ratio %.2f\n", ours / ROUNDS, plain / ROUNDS,
           plain / ours);
    printf("straight patch of 200 x 120 px: %.3f ms\n", patch / ROUNDS);
    watch_destroy(&w);
    return 0;
}
