#include "harness.h"

#include "cv_video.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 96
#define HEIGHT 64

/* Smooth in all colours; JPEG keeps it well. */
static void gradient(struct image *im)
{
    struct lw_error err;
    assert_ok(image_init(im, WIDTH, HEIGHT, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *p = image_row(im, y) + (ptrdiff_t)3 * x;
            p[0] = (uint8_t)(2 * x);
            p[1] = (uint8_t)(3 * y);
            p[2] = (uint8_t)(200 - x);
        }
}

static void test_jpeg(void **state)
{
    (void)state;
    struct image im, back, small;
    struct lw_error err;
    uint8_t *data;
    size_t size;
    int width, height;
    gradient(&im);
    assert_ok(image_init(&back, WIDTH, HEIGHT, IMAGE_BGR8, &err), &err);
    assert_ok(image_init(&small, 16, 16, IMAGE_BGR8, &err), &err);
    assert_ok(cv_video_encode(&im, ".jpg", 95, &data, &size, &err), &err);
    assert_true(cv_video_whole_jpeg(data, size));
    assert_true(cv_video_from_jpeg(data, size, &back, &width, &height));
    for (int y = 0; y < HEIGHT; y++)
        for (int i = 0; i < WIDTH * 3; i++)
            assert_in_range(image_row(&back, y)[i] + 20 - image_row(&im, y)[i], 0, 40);
    assert_false(cv_video_from_jpeg(data, size, &small, &width, &height)); /* writes nothing beyond it */
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    /* cut off, holes, no JPEG at all: never a picture */
    assert_false(cv_video_whole_jpeg(data, size / 2));
    assert_false(cv_video_from_jpeg(data, size / 2, &back, &width, &height));
    assert_int_equal(width, 0);
    assert_false(cv_video_from_jpeg(data, 3, &back, &width, &height));
    assert_false(cv_video_whole_jpeg((const uint8_t *)"no picture", 10));
    assert_false(cv_video_from_jpeg((const uint8_t *)"no picture", 10, &back, &width, &height));
    uint8_t *padded = calloc(1, size + 7);
    memcpy(padded, data, size);
    assert_true(cv_video_whole_jpeg(padded, size + 7));
    assert_true(cv_video_from_jpeg(padded, size + 7, &back, &width, &height));
    free(padded);
    /* two stray bytes before the end marker, as many webcams send them */
    uint8_t *stray = calloc(1, size + 2);
    memcpy(stray, data, size - 2);
    stray[size] = 0xff;
    stray[size + 1] = 0xd9;
    assert_true(cv_video_from_jpeg(stray, size + 2, &back, &width, &height));
    free(stray);
    free(data);
    image_finish(&im);
    image_finish(&back);
    image_finish(&small);
}

static void test_png(void **state)
{
    (void)state;
    struct image im;
    struct lw_error err;
    uint8_t *data;
    size_t size;
    gradient(&im);
    assert_ok(cv_video_encode(&im, ".png", 0, &data, &size, &err), &err);
    assert_memory_equal(data + 1, "PNG", 3);
    free(data);
    assert_int_equal(cv_video_encode(&im, ".nonsense", 0, &data, &size, &err), LW_MSG_CV_FAILED);
    assert_null(data);
    image_finish(&im);
}

static void test_yuyv(void **state)
{
    (void)state;
    /* white, black, and BT.601 red (Y 81, U 90, V 240) twice; rows are longer than the picture */
    const uint8_t rows[2][12] = {{235, 128, 16, 128, 81, 90, 81, 240, 1, 1, 1, 1},
                                 {235, 128, 16, 128, 81, 90, 81, 240, 1, 1, 1, 1}};
    struct image im;
    struct lw_error err;
    assert_ok(image_init(&im, 4, 2, IMAGE_BGR8, &err), &err);
    assert_true(cv_video_from_yuyv(&rows[0][0], 12, &im));
    for (int y = 0; y < 2; y++) {
        const uint8_t *p = image_row(&im, y);
        assert_in_range(p[0], 250, 255);
        assert_in_range(p[3], 0, 5);
        assert_in_range(p[6], 0, 5);
        assert_in_range(p[8], 250, 255);
        assert_in_range(p[11], 250, 255);
    }
    image_finish(&im);
}

static void test_no_video(void **state)
{
    (void)state;
    struct cv_video *v;
    struct cv_video_about about;
    struct lw_error err = {0};
    assert_int_equal(cv_video_open(&v, "/no/such/film.avi", 1000, 1000, &about, &err), LW_MSG_CV_FAILED);
    assert_null(v);
    cv_video_close(&v);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_png),
        cmocka_unit_test(test_yuyv),
        cmocka_unit_test(test_no_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
