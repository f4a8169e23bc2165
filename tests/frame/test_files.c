#include "harness.h"

#include "camera.h"
#include "cv_picture.h"
#include "cv_video.h"
#include "recording.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *path(const char *name, char buf[512])
{
    snprintf(buf, 512, "%s/%s", harness_scratch(), name);
    return buf;
}

static void write_grey(const char *folder, const char *name, int width, int height, uint8_t grey)
{
    char file[800];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    struct image im;
    struct lw_error err;
    assert_ok(image_init(&im, width, height, IMAGE_BGR8, &err), &err);
    image_fill(&im, grey);
    assert_ok(cv_picture_write(file, &im, &err), &err);
    image_finish(&im);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char file[800];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct camera *open_at(const char *source, double fps)
{
    struct camera_config config = {(char *)source, 0, 0, fps, 0};
    struct camera *c;
    struct lw_error err;
    assert_ok(camera_open(&c, &config, &err), &err);
    return c;
}

static enum lw_msg refused(const char *source)
{
    struct camera_config config = {(char *)source, 0, 0, 10, 0};
    struct camera *c;
    struct lw_error err = {0};
    enum lw_msg rc = camera_open(&c, &config, &err);
    assert_null(c);
    assert_int_equal(rc, err.id);
    return rc;
}

static void expect(struct camera *c, int64_t now_ms, enum camera_status status, int grey, uint64_t sequence)
{
    struct frame *f;
    struct lw_error err = {0};
    assert_int_equal(camera_poll(c, now_ms * NS_PER_MS, &f, &err), status);
    assert_int_equal(f != NULL, status == CAMERA_FRAME);
    if (f) {
        assert_int_equal(f->image.data[0], grey);
        assert_int_equal(f->sequence, sequence);
        assert_true(f->t_ns <= now_ms * NS_PER_MS);
    }
    frame_unref(&f);
}

static void test_folder_paced(void **state)
{
    (void)state;
    char folder[512];
    mkdir(path("plain", folder), 0777);
    write_grey(folder, "b.png", 32, 16, 20);
    write_grey(folder, "a.png", 32, 16, 10);
    write_grey(folder, "d.PNG", 32, 16, 40);
    write_grey(folder, "c.png", 32, 16, 30);
    write_text(folder, "notes.txt", "no picture");
    struct camera *c = open_at(folder, 10);
    assert_int_equal(c->info.width, 32);
    assert_int_equal(c->info.height, 16);
    assert_true(c->info.controls_locked);
    assert_int_equal(camera_wake_fd(c), -1);
    expect(c, 5000, CAMERA_FRAME, 10, 0);
    expect(c, 5000, CAMERA_WAITING, 0, 0);
    expect(c, 5099, CAMERA_WAITING, 0, 0);
    expect(c, 5100, CAMERA_FRAME, 20, 1);
    expect(c, 5350, CAMERA_FRAME, 40, 3); /* late: the one in between is forgotten */
    expect(c, 5360, CAMERA_ENDED, 0, 0);
    expect(c, 9999, CAMERA_ENDED, 0, 0);
    camera_destroy(&c);
}

static void test_index_paced(void **state)
{
    (void)state;
    char folder[512];
    mkdir(path("indexed", folder), 0777);
    write_grey(folder, "x.png", 8, 8, 1);
    write_grey(folder, "a.png", 8, 8, 2);
    write_text(folder, RECORDING_INDEX,
               "{\"recording\":1,\"identity\":\"my camera 8x8\",\"width\":8,\"height\":8}\n"
               "{\"file\":\"x.png\",\"sequence\":7,\"t_ns\":1000000000}\n"
               "{\"file\":\"a.png\",\"sequence\":9,\"t_ns\":1700000000}\n"
               "{\"file\":\"cut off in the mid");
    struct camera *c = open_at(folder, 30);
    assert_string_equal(c->info.identity, "my camera 8x8");
    expect(c, 0, CAMERA_FRAME, 1, 7);
    expect(c, 699, CAMERA_WAITING, 0, 0);
    expect(c, 700, CAMERA_FRAME, 2, 9);
    expect(c, 701, CAMERA_ENDED, 0, 0);
    camera_destroy(&c);
}

static void test_bad_index(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"file\":\"../a.png\",\"sequence\":7,\"t_ns\":1}\n",
        "{\"file\":\"a.png\",\"sequence\":-1,\"t_ns\":1}\n",
        "{\"file\":\"a.png\",\"sequence\":1,\"t_ns\":1.5}\n",
        "{\"file\":\"a.png\",\"sequence\":1,\"t_ns\":1}\n{\"file\":\"a.png\",\"sequence\":1,\"t_ns\":2}\n",
        "{\"file\":\"a.png\",\"sequence\":1,\"t_ns\":1}\n{\"file\":\"a.png\",\"sequence\":2,\"t_ns\":1}\n",
        "[\n",
        "no json\n",
    };
    char folder[512];
    mkdir(path("bad", folder), 0777);
    write_grey(folder, "a.png", 8, 8, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text(folder, RECORDING_INDEX, bad[i]);
        assert_int_equal(refused(folder), LW_MSG_RECORDING_INDEX);
    }
    write_text(folder, RECORDING_INDEX, "");
    assert_int_equal(refused(folder), LW_MSG_FOLDER_NO_PICTURES);
}

static void test_refused(void **state)
{
    (void)state;
    char name[512];
    assert_int_equal(refused("/no/such/folder"), LW_MSG_FILE_OPEN);
    assert_int_equal(refused(""), LW_MSG_CAMERA_SOURCE);
    assert_int_equal(refused("pretend"), LW_MSG_CAMERA_SOURCE);
    assert_int_equal(refused("gopher://camera"), LW_MSG_CAMERA_SOURCE);
    mkdir(path("empty", name), 0777);
    assert_int_equal(refused(name), LW_MSG_FOLDER_NO_PICTURES);
    write_text(harness_scratch(), "text.avi", "this is no video");
    assert_int_equal(refused(path("text.avi", name)), LW_MSG_CAMERA_SOURCE);
}

static void test_another_size_and_unreadable(void **state)
{
    (void)state;
    char folder[512];
    mkdir(path("sizes", folder), 0777);
    write_grey(folder, "0.png", 32, 16, 1);
    write_grey(folder, "1.png", 16, 32, 2);
    write_text(folder, "2.png", "not a picture");
    write_grey(folder, "3.png", 32, 16, 4);
    struct camera *c = open_at(folder, 10);
    struct frame *f;
    struct lw_error err = {0};
    expect(c, 0, CAMERA_FRAME, 1, 0);
    assert_int_equal(camera_poll(c, 100 * NS_PER_MS, &f, &err), CAMERA_LOST);
    assert_int_equal(err.id, LW_MSG_CAMERA_SIZE);
    assert_non_null(strstr(err.text, "16 x 32"));
    assert_non_null(strstr(err.text, "32 x 16"));
    assert_int_equal(camera_poll(c, 200 * NS_PER_MS, &f, &err), CAMERA_LOST);
    assert_int_equal(err.id, LW_MSG_PICTURE_READ);
    expect(c, 300, CAMERA_FRAME, 4, 3);
    camera_destroy(&c);
}

/* Whoever holds all frames gets no new one, and loses none either. */
static void test_all_frames_held(void **state)
{
    (void)state;
    char folder[512], name[32];
    mkdir(path("held", folder), 0777);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%02d.png", i);
        write_grey(folder, name, 8, 8, (uint8_t)i);
    }
    struct camera *c = open_at(folder, 10);
    struct frame *held[12] = {0};
    int count = 0, i = 0;
    for (; i < 12; i++) {
        if (camera_poll(c, i * 100 * NS_PER_MS, &held[count], NULL) != CAMERA_FRAME)
            break;
        count++;
    }
    assert_in_range(count, 4, 11);
    for (int k = 0; k < count; k++)
        assert_int_equal(held[k]->image.data[0], k);
    frame_unref(&held[0]);
    expect(c, i * 100, CAMERA_FRAME, count, (uint64_t)count);
    camera_destroy(&c);
    assert_int_equal(held[1]->image.data[0], 1); /* frames outlive their camera */
    for (int k = 1; k < count; k++)
        frame_unref(&held[k]);
}

/* A film, here pictures in a row as JPEG (FFMPEG takes 25 a second for it). */
static void test_film(void **state)
{
    (void)state;
    char file[512];
    FILE *f = fopen(path("film.mjpeg", file), "w");
    for (int i = 0; i < 6; i++) {
        struct image im;
        uint8_t *data;
        size_t size;
        struct lw_error err;
        assert_ok(image_init(&im, 64, 48, IMAGE_BGR8, &err), &err);
        image_fill(&im, (uint8_t)(40 * i));
        assert_ok(cv_video_encode(&im, ".jpg", 95, &data, &size, &err), &err);
        assert_int_equal(fwrite(data, 1, size, f), size);
        free(data);
        image_finish(&im);
    }
    fclose(f);
    struct camera *c = open_at(file, 25);
    assert_int_equal(c->info.width, 64);
    assert_true(c->info.fps > 24 && c->info.fps < 26);
    expect(c, 1000, CAMERA_FRAME, 0, 0);
    expect(c, 1039, CAMERA_WAITING, 0, 0);
    expect(c, 1040, CAMERA_FRAME, 40, 1);
    expect(c, 1130, CAMERA_FRAME, 120, 3);
    expect(c, 1160, CAMERA_FRAME, 160, 4);
    expect(c, 1200, CAMERA_FRAME, 200, 5);
    expect(c, 1239, CAMERA_WAITING, 0, 0);
    expect(c, 1240, CAMERA_ENDED, 0, 0);
    expect(c, 1300, CAMERA_ENDED, 0, 0);
    camera_destroy(&c);
}

static void test_options(void **state)
{
    (void)state;
    struct camera_config config = {0};
    struct lw_problems problems = {0};
    config_read_options(NULL, camera_options, camera_option_count, &config, &problems);
    assert_int_equal(problems.errors, 0);
    assert_string_equal(config.source, "/dev/video0");
    assert_int_equal(config.width, 1280);
    assert_int_equal(config.height, 720);
    assert_true(config.fps > 29);
    config_free_options(camera_options, camera_option_count, &config);
    problems_finish(&problems);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder_paced),   cmocka_unit_test(test_index_paced),
        cmocka_unit_test(test_bad_index),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_another_size_and_unreadable),
        cmocka_unit_test(test_all_frames_held), cmocka_unit_test(test_options),
        cmocka_unit_test(test_film),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
