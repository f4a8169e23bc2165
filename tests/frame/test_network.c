#include "harness.h"

#include "camera.h"
#include "clock.h"
#include "mjpeg_server.h"
#include "units.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FPS 40.0 /* faster than most cameras, so that tests take less time */

/* Every picture is another grey. */
struct source {
    atomic_int width, height;
};

static void make_picture(void *user, int n, struct image *out)
{
    struct source *s = user;
    image_init(out, s->width, s->height, IMAGE_BGR8, NULL);
    image_fill(out, (uint8_t)(n * 5 % 256));
}

static struct lw_clock real;

static struct camera *open_at(const char *address, int width, int height)
{
    struct camera_config config = {(char *)address, width, height, 30, 0};
    struct camera *c;
    struct lw_error err;
    assert_ok(camera_open(&c, &config, &err), &err);
    return c;
}

/* Polls as the station does until the camera says `wanted`; fails after `limit_ms`. The caller owns the frame. */
static struct frame *await(struct camera *c, enum camera_status wanted, int limit_ms, struct lw_error *err)
{
    int64_t end = clock_now_ns(&real) + limit_ms * NS_PER_MS;
    enum camera_status seen;
    do {
        struct frame *f;
        seen = camera_poll(c, clock_now_ns(&real), &f, err);
        if (seen == wanted)
            return f;
        frame_unref(&f);
        clock_wait(&real, 20 * NS_PER_MS, camera_wake_fd(c));
    } while (clock_now_ns(&real) < end);
    fail_msg("camera did not become %d but stayed %d: %s", wanted, seen, err->text);
    return NULL;
}

static void await_frames(struct camera *c, int count)
{
    uint64_t last = 0;
    int64_t t_ns = 0;
    struct lw_error err = {0};
    for (int i = 0; i < count; i++) {
        struct frame *f = await(c, CAMERA_FRAME, 4000, &err);
        assert_true(i == 0 || f->sequence > last);
        assert_true(f->t_ns > t_ns && f->t_ns <= clock_now_ns(&real));
        last = f->sequence;
        t_ns = f->t_ns;
        frame_unref(&f);
    }
}

static int64_t destroy_ms(struct camera **c)
{
    int64_t start = clock_now_ns(&real);
    camera_destroy(c);
    return (clock_now_ns(&real) - start) / NS_PER_MS;
}

static void test_frames(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    await_frames(c, 20);
    assert_int_equal(c->info.width, 320);
    assert_int_equal(c->info.height, 240);
    assert_false(c->info.controls_locked);
    assert_non_null(strstr(c->info.identity, "320x240"));
    struct frame *f;
    assert_int_equal(camera_poll(c, 0, &f, NULL), CAMERA_WAITING); /* just fetched: none twice */
    assert_true(destroy_ms(&c) < 1000);
    mjpeg_server_stop(&server);
}

/* A reader that comes seldom gets the newest picture, not the oldest. */
static void test_slow_reader(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    struct lw_error err = {0};
    struct frame *f = await(c, CAMERA_FRAME, 3000, &err);
    uint64_t first = f->sequence;
    frame_unref(&f);
    clock_wait(&real, NS_PER_S, -1);
    f = await(c, CAMERA_FRAME, 100, &err);
    assert_true(f->sequence - first >= FPS / 2);
    assert_true(clock_now_ns(&real) - f->t_ns < 200 * NS_PER_MS);
    frame_unref(&f);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

static void test_disappears_and_returns(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 320, 240);
    struct lw_error err = {0};
    struct frame *f = await(c, CAMERA_FRAME, 3000, &err);
    uint64_t before = f->sequence;
    frame_unref(&f);
    mjpeg_server_set(server, MJPEG_DISCONNECT);
    await(c, CAMERA_LOST, 3000, &err);
    assert_true(err.id == LW_MSG_CAMERA_SILENT || err.id == LW_MSG_CAMERA_UNREACHABLE);
    clock_wait(&real, 1500 * NS_PER_MS, -1);
    await(c, CAMERA_LOST, 0, &err);
    assert_int_equal(err.id, LW_MSG_CAMERA_UNREACHABLE);
    mjpeg_server_set(server, MJPEG_OK);
    f = await(c, CAMERA_FRAME, 3000, &err);
    assert_true(f->sequence > before);
    frame_unref(&f);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

static void test_stalls(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    await_frames(c, 3);
    mjpeg_server_set(server, MJPEG_STALL);
    struct lw_error err = {0};
    await(c, CAMERA_LOST, 4000, &err);
    assert_int_equal(err.id, LW_MSG_CAMERA_SILENT);
    mjpeg_server_set(server, MJPEG_OK);
    await_frames(c, 3);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

/* The capture thread hangs in the network when the camera is closed. */
static void test_closed_while_hanging(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    await_frames(c, 3);
    mjpeg_server_set(server, MJPEG_STALL);
    clock_wait(&real, 200 * NS_PER_MS, -1);
    assert_true(destroy_ms(&c) < 1000);
    c = open_at(mjpeg_server_address(server), 0, 0); /* hangs while it opens */
    clock_wait(&real, 200 * NS_PER_MS, -1);
    assert_true(destroy_ms(&c) < 1000);
    mjpeg_server_stop(&server);
}

static void test_another_size(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 640, 480);
    struct lw_error err = {0};
    await(c, CAMERA_LOST, 3000, &err);
    assert_int_equal(err.id, LW_MSG_CAMERA_SIZE);
    assert_non_null(strstr(err.text, "320 x 240"));
    assert_non_null(strstr(err.text, "640 x 480"));
    source.width = 640;
    source.height = 480;
    struct frame *f = await(c, CAMERA_FRAME, 4000, &err);
    frame_unref(&f);
    source.width = 400; /* in the middle of the stream */
    await(c, CAMERA_LOST, 4000, &err);
    assert_int_equal(err.id, LW_MSG_CAMERA_SIZE);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

static void trouble(enum mjpeg_state state, int limit_ms)
{
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    mjpeg_server_set(server, state);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    struct lw_error err = {0};
    await(c, CAMERA_LOST, limit_ms, &err);
    assert_int_equal(err.id, LW_MSG_CAMERA_UNREACHABLE);
    mjpeg_server_set(server, MJPEG_DISCONNECT); /* ends the connection that is stuck */
    clock_wait(&real, 100 * NS_PER_MS, -1);
    mjpeg_server_set(server, MJPEG_OK);
    await_frames(c, 2);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

static void test_garbage(void **state)
{
    (void)state;
    trouble(MJPEG_GARBAGE, 8000);
}

static void test_huge_header(void **state)
{
    (void)state;
    trouble(MJPEG_HUGE_HEADER, 8000);
}

/* Noise between good pictures: it is never shown as a picture, and the good ones come again. */
static void test_garbage_in_between(void **state)
{
    (void)state;
    struct source source = {320, 240};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, FPS);
    struct camera *c = open_at(mjpeg_server_address(server), 0, 0);
    await_frames(c, 3);
    mjpeg_server_set(server, MJPEG_GARBAGE);
    clock_wait(&real, 300 * NS_PER_MS, -1);
    struct frame *f;
    struct lw_error err;
    camera_poll(c, 0, &f, &err);
    frame_unref(&f);
    clock_wait(&real, 300 * NS_PER_MS, -1);
    assert_int_not_equal(camera_poll(c, 0, &f, &err), CAMERA_FRAME);
    mjpeg_server_set(server, MJPEG_OK);
    await_frames(c, 3);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

/* The password stands in the address, and nowhere else. */
static void test_password_hidden(void **state)
{
    (void)state;
    struct camera *c = open_at("http://coach:secret@127.0.0.1:9/video", 0, 0);
    struct lw_error err = {0};
    await(c, CAMERA_LOST, 3000, &err);
    assert_null(strstr(err.text, "secret"));
    assert_null(strstr(err.text, "coach"));
    assert_non_null(strstr(err.text, "127.0.0.1:9/video"));
    camera_destroy(&c);
}

static long resident_kb(void)
{
    long pages = 0, total;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void test_memory(void **state)
{
    (void)state;
    struct source source = {1280, 720};
    struct mjpeg_server *server = mjpeg_server_start(make_picture, &source, 30);
    struct camera *c = open_at(mjpeg_server_address(server), 1280, 720);
    await_frames(c, 60);
    long kb = resident_kb();
    print_message("resident with a 1280x720 network camera (and its server): %ld MB\n", kb / 1024);
    if (!getenv("ASAN_OPTIONS"))
        assert_true(kb < 100 * 1024);
    camera_destroy(&c);
    mjpeg_server_stop(&server);
}

int main(void)
{
    harness_init();
    clock_init_real(&real);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),         cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_memory),         cmocka_unit_test(test_disappears_and_returns),
        cmocka_unit_test(test_stalls),         cmocka_unit_test(test_closed_while_hanging),
        cmocka_unit_test(test_another_size),   cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_huge_header),    cmocka_unit_test(test_garbage_in_between),
        cmocka_unit_test(test_password_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
