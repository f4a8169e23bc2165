/* Time of a frame of the pretend bench at 1280x720 when nothing, a part of the projection, all of it, or the
 * hand changed, against the plain way: looking at every pixel anew. */
#include "camera.h"
#include "screen.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FRAME_NS 33400000LL
#define ROUNDS   30

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

struct rig {
    struct sim *sim;
    struct camera *camera;
    struct screen *screen;
    struct image canvas;
    int64_t now_ns;
};

static void frame(struct rig *r)
{
    struct frame *f = NULL;
    struct lw_error err = {0};
    r->now_ns += FRAME_NS;
    if (r->camera->ops->poll(r->camera, r->now_ns, &f, &err) != CAMERA_FRAME)
        exit(1);
    frame_unref(&f);
}

static void present(struct rig *r, struct picture_rect rect, int round)
{
    struct lw_error err = {0};
    struct image w = image_window(&r->canvas, rect.x, rect.y, rect.width, rect.height);
    image_fill(&w, round % 2 ? 255 : 0);
    if (r->screen->ops->present(r->screen, &r->canvas, &rect, 1, r->now_ns, &err))
        exit(1);
}

static void change(struct rig *r, int what, int round)
{
    switch (what) {
    case 1:
        present(r, (struct picture_rect){800, 400, 360, 200}, round);
        break;
    case 2:
        present(r, (struct picture_rect){0, 0, r->canvas.width, r->canvas.height}, round);
        break;
    case 3:
        sim_hand(r->sim, 500 + 8 * round, 250 + 5 * round, 50, 0);
        break;
    case 4:
        sim_remove(r->sim, sim_put(r->sim, "card", 330, 300, 0.1 * round, false));
        break;
    case 5:
        sim_light(r->sim, round % 2 ? "office" : "dim");
        break;
    default:
        break;
    }
}

int main(void)
{
    static const char *const names[] = {"nothing changed",       "part of the projection",
                                        "all of the projection", "the hand moved",
                                        "a card laid and taken", "plain: every pixel anew"};
    char scene[500];
    struct lw_error err = {0};
    struct rig r = {0};
    double ms[6];
    snprintf(scene, sizeof scene, "%s/workflows/dental-kit/pretend.cfg", getenv("LICHTWIJZER_SOURCE"));
    struct sim_options o = {.seed = 1, .scene = scene};
    double begin = cpu_ms();
    if (sim_create(&r.sim, &o, &err) || sim_camera_create(r.sim, &r.camera, &err) ||
        sim_screen_create(r.sim, &r.screen, &err) ||
        image_init(&r.canvas, r.screen->info.width, r.screen->info.height, IMAGE_BGRA8, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    frame(&r);
    printf("made, with the first frame: %.0f ms\n", cpu_ms() - begin);
    sim_case_put(r.sim, (struct rigid){600, 290, 0});
    for (int what = 0; what < 6; what++) {
        int rounds = what == 5 ? 4 : ROUNDS;
        frame(&r);
        begin = cpu_ms();
        for (int i = 0; i < rounds; i++) {
            change(&r, what, i);
            frame(&r);
        }
        ms[what] = (cpu_ms() - begin) / rounds;
        sim_hand_away(r.sim);
    }
    for (int what = 0; what < 6; what++)
        printf("%-24s %7.2f ms a frame, %5.1f times less\n", names[what], ms[what], ms[5] / ms[what]);
    image_finish(&r.canvas);
    r.camera->ops->destroy(r.camera);
    r.screen->ops->destroy(r.screen);
    sim_destroy(&r.sim);
    return 0;
}
