/* The same cases over every camera backend that can run here. */
#include "harness.h"

#include "camera_rig.h"
#include "clock.h"
#include "cv_picture.h"
#include "mjpeg_server.h"
#include "sim.h"
#include "units.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PICTURES 200 /* in the folder; seven seconds */
#define WIDTH 64
#define HEIGHT 48
#define MANY 40 /* frames: many more than any pool holds, so that a lost reference shows */

/* ---- backends ---- */

static char *folder_source(void)
{
    static char folder[512];
    if (folder[0])
        return folder;
    snprintf(folder, sizeof folder, "%s/pictures", harness_scratch());
    mkdir(folder, 0777);
    struct image im;
    struct lw_error err;
    assert_ok(image_init(&im, WIDTH, HEIGHT, IMAGE_BGR8, &err), &err);
    for (int i = 0; i < PICTURES; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s/%03d.png", folder, i);
        image_fill(&im, (uint8_t)i);
        assert_ok(cv_picture_write(name, &im, &err), &err);
    }
    image_finish(&im);
    return folder;
}

static struct camera *open_source(char *source, int width, int height)
{
    struct camera_config config = {source, width, height, 30, 50};
    struct camera *c;
    struct lw_error err;
    assert_ok(camera_open(&c, &config, &err), &err);
    return c;
}

static struct camera *files_open(void *rig)
{
    (void)rig;
    return open_source(folder_source(), 0, 0);
}

static struct camera *faulty_open(void *rig)
{
    struct camera *c;
    struct lw_error err;
    assert_ok(camera_faulty_create(&c, files_open(rig), &err), &err);
    return c;
}

static void faulty_unplug(void *rig, struct camera *c)
{
    (void)rig;
    camera_faulty_set(c, CAMERA_FAULT_UNPLUGGED);
}

static void faulty_plug(void *rig, struct camera *c)
{
    (void)rig;
    camera_faulty_set(c, CAMERA_FAULT_NONE);
}

static void make_picture(void *user, int n, struct image *out)
{
    (void)user;
    image_init(out, WIDTH, HEIGHT, IMAGE_BGR8, NULL);
    image_fill(out, (uint8_t)(n * 3));
}

static void *network_start(void)
{
    return mjpeg_server_start(make_picture, NULL, 40);
}

static struct camera *network_open(void *rig)
{
    return open_source((char *)mjpeg_server_address(rig), WIDTH, HEIGHT);
}

static void network_unplug(void *rig, struct camera *c)
{
    (void)c;
    mjpeg_server_set(rig, MJPEG_DISCONNECT);
}

static void network_plug(void *rig, struct camera *c)
{
    (void)c;
    mjpeg_server_set(rig, MJPEG_OK);
}

static void network_stop(void *rig)
{
    struct mjpeg_server *s = rig;
    mjpeg_server_stop(&s);
}

#define VIDEO "/dev/video0"
#define VIDEO_DRIVER "/sys/class/video4linux/video0/device/driver"

static const char *video_absent(void)
{
    return access(VIDEO, R_OK | W_OK) == 0 ? NULL : VIDEO " is not here";
}

static struct camera *video_open(void *rig)
{
    (void)rig;
    return open_source((char *)VIDEO, 0, 0);
}

/* The kernel's pretended camera can be pulled out by its driver; a real one stays in. */
static bool video_bind(const char *what)
{
    static char driver[256] = "";
    if (!driver[0] && (!realpath(VIDEO_DRIVER, driver) || !strstr(driver, "vivid"))) {
        driver[0] = '\0';
        return false;
    }
    char path[300];
    snprintf(path, sizeof path, "%s/%s", driver, what);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, "vivid.0", 7) == 7;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void video_unplug(void *rig, struct camera *c)
{
    (void)rig, (void)c;
    if (!video_bind("unbind")) {
        print_message("v4l2: a real camera can't be pulled out by a test\n");
        skip();
    }
}

static void video_plug(void *rig, struct camera *c)
{
    (void)rig, (void)c;
    assert_true(video_bind("bind"));
}

/* The pretend bench. */
static void *pretend_start(void)
{
    char path[400];
    struct lw_error err;
    struct sim *s;
    const struct sim_options o = {.seed = 1, .camera_width = 320, .camera_height = 180,
                                  .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path)};
    assert_ok(sim_create(&s, &o, &err), &err);
    return s;
}

static struct camera *pretend_open(void *rig)
{
    struct camera *c;
    struct lw_error err;
    assert_ok(sim_camera_create(rig, &c, &err), &err);
    return c;
}

static void pretend_unplug(void *rig, struct camera *c)
{
    (void)c;
    sim_fault(rig, SIM_FAULT_UNPLUGGED);
}

static void pretend_plug(void *rig, struct camera *c)
{
    (void)c;
    sim_fault(rig, SIM_FAULT_NONE);
}

static void pretend_stop(void *rig)
{
    struct sim *s = rig;
    sim_destroy(&s);
}

static const struct camera_rig rigs[] = {
    {"files", NULL, NULL, files_open, NULL, NULL, NULL, false, 0, 0},
    {"faulty", NULL, NULL, faulty_open, faulty_unplug, faulty_plug, NULL, false, 0, 0},
    {"pretend", NULL, pretend_start, pretend_open, pretend_unplug, pretend_plug, pretend_stop, false, 0, 0},
    {"network", NULL, network_start, network_open, network_unplug, network_plug, network_stop, true, 5000, 4000},
    {"v4l2", video_absent, NULL, video_open, video_unplug, video_plug, NULL, true, 8000, 4000},
};
#define RIG_COUNT (int)(sizeof rigs / sizeof rigs[0])

/* ---- polling as the station does ---- */

static struct lw_clock virtual_clock, real_clock;

static struct lw_clock *clock_of(const struct camera_rig *rig)
{
    return rig->real_time ? &real_clock : &virtual_clock;
}

static void wait_ms(const struct camera_rig *rig, struct camera *c, int ms)
{
    clock_wait(clock_of(rig), ms * NS_PER_MS, rig->real_time ? camera_wake_fd(c) : -1);
}

/* The next frame; fails when none comes within limit_ms. The caller owns it. */
static struct frame *next_frame(const struct camera_rig *rig, struct camera *c, int limit_ms)
{
    int64_t end = clock_now_ns(clock_of(rig)) + limit_ms * NS_PER_MS;
    struct lw_error err = {0};
    do {
        struct frame *f;
        enum camera_status status = camera_poll(c, clock_now_ns(clock_of(rig)), &f, &err);
        if (status == CAMERA_FRAME) {
            assert_non_null(f);
            return f;
        }
        assert_null(f);
        assert_int_not_equal(status, CAMERA_ENDED);
        wait_ms(rig, c, 10);
    } while (clock_now_ns(clock_of(rig)) <= end);
    fail_msg("%s: no frame within %d ms: %s", rig->name, limit_ms, err.text);
    return NULL;
}

/* ---- the contract ---- */

static void frames_are_new(const struct camera_rig *rig, void *side)
{
    struct camera *c = rig->open(side);
    uint64_t sequence = 0;
    int64_t t_ns = INT64_MIN;
    for (int i = 0; i < MANY; i++) {
        struct frame *f = next_frame(rig, c, rig->first_ms + 1000);
        assert_true(i == 0 || f->sequence > sequence);
        assert_true(f->t_ns > t_ns);
        assert_true(f->t_ns <= clock_now_ns(clock_of(rig)));
        assert_int_equal(f->image.format, IMAGE_BGR8);
        assert_int_equal(f->image.width, c->info.width);
        assert_int_equal(f->image.height, c->info.height);
        assert_true(atomic_load(&f->references) >= 1);
        sequence = f->sequence;
        t_ns = f->t_ns;
        struct frame *again;
        if (camera_poll(c, t_ns, &again, NULL) == CAMERA_FRAME)
            assert_true(again->sequence > sequence);
        if (again) {
            sequence = again->sequence;
            t_ns = again->t_ns;
        }
        frame_unref(&again);
        frame_unref(&f);
    }
    assert_true(c->info.identity[0] != '\0');
    assert_true(c->info.fps > 0);
    camera_destroy(&c);
    assert_null(c);
    camera_destroy(&c);
}

static void frames_do_not_change(const struct camera_rig *rig, void *side)
{
    struct camera *c = rig->open(side);
    struct frame *held = next_frame(rig, c, rig->first_ms + 1000);
    struct image copy;
    struct lw_error err;
    assert_ok(image_copy(&copy, &held->image, &err), &err);
    for (int i = 0; i < MANY; i++) {
        struct frame *f = next_frame(rig, c, 2000);
        assert_ptr_not_equal(f, held);
        frame_unref(&f);
    }
    struct frame *other = frame_ref(held);
    frame_unref(&held);
    camera_destroy(&c); /* frames outlive their camera */
    for (int y = 0; y < copy.height; y++)
        assert_memory_equal(image_row(&other->image, y), image_row(&copy, y), (size_t)copy.width * 3);
    frame_unref(&other);
    image_finish(&copy);
}

static void lost_and_back(const struct camera_rig *rig, void *side)
{
    if (!rig->unplug)
        return;
    struct camera *c = rig->open(side);
    struct frame *f = next_frame(rig, c, rig->first_ms + 1000);
    uint64_t before = f->sequence;
    rig->unplug(side, c);
    frame_unref(&f);
    int64_t end = clock_now_ns(clock_of(rig)) + (rig->lost_ms + 100) * NS_PER_MS;
    struct lw_error err = {0};
    enum camera_status status;
    while ((status = camera_poll(c, clock_now_ns(clock_of(rig)), &f, &err)) != CAMERA_LOST &&
           clock_now_ns(clock_of(rig)) < end) {
        if (f)
            before = f->sequence;
        frame_unref(&f);
        wait_ms(rig, c, 10);
    }
    assert_int_equal(status, CAMERA_LOST);
    assert_null(f);
    assert_int_not_equal(err.id, LW_OK);
    assert_true(err.text[0] != '\0');
    assert_true(lw_msg_remedy(err.id)[0] != '\0');
    rig->plug(side, c);
    f = next_frame(rig, c, rig->first_ms + 3000);
    assert_true(f->sequence > before);
    frame_unref(&f);
    camera_destroy(&c);
}

static int64_t destroy_ms(struct camera **c)
{
    int64_t start = clock_now_ns(&real_clock);
    camera_destroy(c);
    return (clock_now_ns(&real_clock) - start) / NS_PER_MS;
}

static void destroyed_at_any_time(const struct camera_rig *rig, void *side)
{
    struct camera *c = rig->open(side); /* at once */
    assert_true(destroy_ms(&c) < 1000);
    c = rig->open(side); /* with a frame waiting that nobody fetches */
    struct frame *f = next_frame(rig, c, rig->first_ms + 1000);
    frame_unref(&f);
    wait_ms(rig, c, 100);
    assert_true(destroy_ms(&c) < 1000);
    if (!rig->unplug)
        return;
    c = rig->open(side); /* while it is lost */
    f = next_frame(rig, c, rig->first_ms + 1000);
    frame_unref(&f);
    rig->unplug(side, c);
    wait_ms(rig, c, 200);
    if (rig->real_time)
        assert_true(destroy_ms(&c) < 1000);
    rig->plug(side, c);
    camera_destroy(&c);
}

/* ---- each case over each backend ---- */

typedef void (*contract)(const struct camera_rig *rig, void *side);

static void over_all(contract check)
{
    for (int i = 0; i < RIG_COUNT; i++) {
        const struct camera_rig *rig = &rigs[i];
        const char *reason = rig->absent ? rig->absent() : NULL;
        if (reason) {
            print_message("%s: skipped: %s\n", rig->name, reason);
            continue;
        }
        print_message("%s\n", rig->name);
        void *side = rig->start ? rig->start() : NULL;
        check(rig, side);
        if (rig->stop)
            rig->stop(side);
    }
}

#define OVER_ALL(check)                                                                                              \
    static void test_##check(void **state)                                                                           \
    {                                                                                                                \
        (void)state;                                                                                                 \
        over_all(check);                                                                                             \
    }
OVER_ALL(frames_are_new)
OVER_ALL(frames_do_not_change)
OVER_ALL(lost_and_back)
OVER_ALL(destroyed_at_any_time)

int main(void)
{
    harness_init();
    clock_init_real(&real_clock);
    clock_init_virtual(&virtual_clock, 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_new),
        cmocka_unit_test(test_frames_do_not_change),
        cmocka_unit_test(test_lost_and_back),
        cmocka_unit_test(test_destroyed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
