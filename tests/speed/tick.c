/* The whole tick at 1280x720 with 24 zones while things are packed: everything that the station's one thread does from
 * one camera picture to the next (watching, zones, drawing, looks, judging), in CPU time; the pretend bench's own work
 * is left out. Against plain OpenCV on the same pictures: difference, threshold and contours in each zone. */
#include "pretend_station.h"

#include "cv_picture.h"
#include "log.h"
#include "plain_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ZONES 24
#define STEPS 6
#define STEP_S 6.0 /* a person needs at least so long for a thing */
#define TICKS 8192
#define BUDGET_MS 33.0

struct meter {
    struct camera camera;
    struct screen screen;
    struct camera *inner_camera;
    struct screen *inner_screen;
    struct guide *guide;
    struct bench_mm zone[ZONES][4];
    struct zone_px zone_px[ZONES];
    struct frame *last;
    double began_ms, sim_ms, ticks[TICKS], plain_ms;
    int count, plain_count, moved;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- devices that keep the pretend bench's own time ---- */

/* A tick is what happens from one poll to the next. */
static enum camera_status poll(struct camera *c, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    struct meter *m = (struct meter *)c;
    double now = now_ms();
    if (m->began_ms > 0 && m->count < TICKS)
        m->ticks[m->count++] = now - m->began_ms - m->sim_ms;
    enum camera_status status = camera_poll(m->inner_camera, now_ns, out, err);
    if (status == CAMERA_FRAME && m->last) {
        double began = now_ms();
        m->moved += plain_zones(&m->last->image, &(*out)->image, m->zone_px, ZONES);
        m->plain_ms += now_ms() - began;
        m->plain_count++;
    }
    if (status == CAMERA_FRAME) {
        frame_unref(&m->last);
        m->last = frame_ref(*out);
    }
    m->sim_ms = 0;
    m->began_ms = now_ms();
    return status;
}

static int wake_fd(struct camera *c)
{
    (void)c;
    return -1;
}

static void destroy_camera(struct camera *c)
{
    struct meter *m = (struct meter *)c;
    frame_unref(&m->last);
    camera_destroy(&m->inner_camera);
}

static struct meter *of_screen(struct screen *s)
{
    return (struct meter *)((char *)s - offsetof(struct meter, screen));
}

static enum lw_msg present(struct screen *s, const struct image *canvas, const struct picture_rect *rects, int count,
                           int64_t now_ns, struct lw_error *err)
{
    struct meter *m = of_screen(s);
    double began = now_ms();
    enum lw_msg rc = screen_present(m->inner_screen, canvas, rects, count, now_ns, err);
    m->sim_ms += now_ms() - began;
    return rc;
}

static bool poll_key(struct screen *s, struct screen_key *key)
{
    return screen_poll_key(of_screen(s)->inner_screen, key);
}

static enum screen_status status_of(struct screen *s)
{
    return screen_status(of_screen(s)->inner_screen);
}

static void destroy_screen(struct screen *s)
{
    screen_destroy(&of_screen(s)->inner_screen);
}

/* Every tick asks each zone whether something moved in it. */
static void ask_zones(void *context, int64_t now_ns)
{
    struct meter *m = context;
    for (int i = 0; i < ZONES && m->guide->watch; i++)
        m->moved += watch_moved_in(m->guide->watch, m->zone[i], 4, now_ns - NS_PER_S);
}

static void wrap(struct meter *m, struct pretend_station *p)
{
    static const struct camera_ops camera_ops = {poll, wake_fd, destroy_camera};
    static const struct screen_ops screen_ops = {present, poll_key, status_of, destroy_screen};
    m->inner_camera = p->guide.camera;
    m->inner_screen = p->guide.screen;
    m->camera = (struct camera){&camera_ops, m->inner_camera->info};
    m->screen = (struct screen){.ops = &screen_ops, .info = m->inner_screen->info};
    m->guide = &p->guide;
    p->guide.camera = &m->camera;
    p->guide.screen = &m->screen;
    p->guide.observer = (struct guide_observer){.context = m, .tick = ask_zones};
}

/* ---- packing ---- */

static void make_zones(struct meter *m, const struct pretend_station *p)
{
    const struct workflow *w = p->workflow;
    for (int i = 0; i < ZONES; i++) {
        struct rigid at = i < w->place_count ? p->pack.places[i].T_bench_from_place : (struct rigid){300, 100 * i - 2000, 0};
        double x0 = 1e9, y0 = 1e9, x1 = 0, y1 = 0;
        show_rectangle(at, 150, 30, 0, m->zone[i]);
        for (int k = 0; k < 4; k++) {
            struct cam_px c;
            if (!model_cam_from_bench(&p->guide.calibration.model, m->zone[i][k], &c))
                continue;
            x0 = fmin(x0, c.x), y0 = fmin(y0, c.y), x1 = fmax(x1, c.x), y1 = fmax(y1, c.y);
        }
        m->zone_px[i] = (struct zone_px){(int)x0, (int)y0, (int)(x1 - x0), (int)(y1 - y0)};
    }
}

static void show(const struct pretend_station *p, int step)
{
    const struct show_step s = {.workflow = p->workflow, .check = p->pack.taught.check, .state = STEP_TAKE,
                                .step = step, .done = step, .total = STEPS,
                                .T_bench_from_carrier = p->pack.T_bench_from_carrier};
    show_pack_step(p->pack.g, &s);
}

/* Shows a step, waits as a person would make it, lays the thing, looks and judges; CPU ms of the judging into *judge. */
static bool pack_one(struct pretend_station *p, int step, double *judge)
{
    struct lw_error err;
    struct guide_look look = {0};
    struct verdict v;
    struct rigid T;
    const struct pack *k = &p->pack;
    int place = p->workflow->steps[step].place;
    show(p, step);
    guide_wait(&p->guide, STEP_S - 1.5);
    if (!pack_survey(&p->pack, step) || !sim_slot(p->sim, p->workflow->places[place].id, &T))
        return false;
    sim_put(p->sim, p->workflow->items[p->workflow->places[place].item].id, T.x_mm, T.y_mm, T.angle_rad, false);
    if (!guide_take_look(&p->guide, &k->before_light, &look) || look.trouble)
        return false;
    const struct check_look both = {.model = &p->guide.calibration.model, .before = &k->before, .after = &look.picture,
                                    .noise_grey = look.noise_grey, .frame = look.frame, .lit = k->before_light.polygon,
                                    .lit_corners = k->before_light.corners};
    double began = now_ms();
    enum lw_msg rc = check_judge(k->taught.check, &both, k->places, p->workflow->place_count, place, &v, &err);
    *judge = now_ms() - began;
    guide_look_finish(&look);
    return rc == LW_OK && v.result != VERDICT_CANNOT_TELL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(struct meter *m, double *judge, int judged)
{
    qsort(m->ticks, (size_t)m->count, sizeof m->ticks[0], by_size);
    qsort(judge, (size_t)judged, sizeof *judge, by_size);
    double median = m->ticks[m->count / 2], p99 = m->ticks[m->count * 99 / 100], plain = m->plain_ms / m->plain_count;
    printf("whole tick, %d zones, %d ticks, %d things judged: median %.2f ms, p99 %.2f ms, longest %.1f ms (limit %.0f); "
           "plain OpenCV in the zones alone: %.2f ms, ratio to the median %.2f\n",
           ZONES, m->count, judged, median, p99, m->ticks[m->count - 1], BUDGET_MS, plain, plain / median);
    printf("judging, once a thing, within one of these ticks: median %.1f ms, longest %.1f ms\n", judge[judged / 2],
           judge[judged - 1]);
}

int main(void)
{
    struct pretend_station p;
    struct lw_error err = {0};
    struct meter *m = calloc(1, sizeof *m);
    double judge[STEPS];
    int judged = 0;
    cv_setup(1);
    lw_messages_init("en");
    lw_log_set_level(LW_LOG_WARNING);
    const struct pretend_options o = {.seed = 3, .light = "office", .fps = 30};
    if (!m || pretend_open(&p, &o, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct calibration truth = {.delay_ms = 60, .delay_max_ms = 100}; /* how good it is does not matter here */
    sim_truth(p.sim, &truth.model);
    guide_set_calibration(&p.guide, &truth, &err);
    guide_wait(&p.guide, 0.5);
    enum lw_msg rc = pretend_lay_case(&p, &err);
    make_zones(m, &p);
    wrap(m, &p);
    for (int step = 0; step < STEPS && !rc; step++)
        if (pack_one(&p, step, &judge[judged]))
            judged++;
    if (judged)
        report(m, judge, judged);
    else
        fprintf(stderr, "nothing could be judged %s\n", err.text);
    pretend_close(&p);
    free(m);
    return judged == STEPS ? 0 : 1;
}
