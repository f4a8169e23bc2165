#include "harness.h"

#include "camera.h"
#include "cv_picture.h"
#include "units.h"

#include <stdio.h>
#include <sys/stat.h>

#define PICTURES 10
#define PACE_MS 100

static struct camera *faulty(void)
{
    char folder[512], name[600];
    snprintf(folder, sizeof folder, "%s/f", harness_scratch());
    mkdir(folder, 0777);
    struct lw_error err;
    for (int i = 0; i < PICTURES; i++) {
        struct image im;
        assert_ok(image_init(&im, 16, 16, IMAGE_BGR8, &err), &err);
        image_fill(&im, (uint8_t)(10 + i));
        snprintf(name, sizeof name, "%s/%d.png", folder, i);
        assert_ok(cv_picture_write(name, &im, &err), &err);
        image_finish(&im);
    }
    struct camera_config config = {folder, 0, 0, 1000.0 / PACE_MS, 0};
    struct camera *inner, *c;
    assert_ok(camera_open(&inner, &config, &err), &err);
    assert_ok(camera_faulty_create(&c, inner, &err), &err);
    assert_int_equal(c->info.width, 16);
    return c;
}

/* The grey of the frame of step i, or minus the status when there is none. */
static int grey(struct camera *c, int i, uint64_t *sequence)
{
    struct frame *f;
    struct lw_error err = {0};
    enum camera_status status = camera_poll(c, (int64_t)i * PACE_MS * NS_PER_MS, &f, &err);
    if (status == CAMERA_LOST)
        assert_int_equal(err.id, LW_MSG_CAMERA_UNPLUGGED);
    if (status != CAMERA_FRAME)
        return -(int)status;
    int value = f->image.data[0];
    *sequence = f->sequence;
    frame_unref(&f);
    return value;
}

static void test_each_fault(void **state)
{
    (void)state;
    struct camera *c = faulty();
    uint64_t s = 0;
    assert_int_equal(grey(c, 0, &s), 10);
    camera_faulty_set(c, CAMERA_FAULT_FROZEN);
    assert_int_equal(grey(c, 1, &s), 10);
    assert_int_equal(s, 1); /* a new frame with the old picture */
    assert_int_equal(grey(c, 2, &s), 10);
    camera_faulty_set(c, CAMERA_FAULT_BLACK);
    assert_int_equal(grey(c, 3, &s), 0);
    camera_faulty_set(c, CAMERA_FAULT_OVEREXPOSED);
    assert_true(grey(c, 4, &s) > 150);
    camera_faulty_set(c, CAMERA_FAULT_STALLED);
    assert_int_equal(grey(c, 5, &s), -CAMERA_WAITING);
    camera_faulty_set(c, CAMERA_FAULT_UNPLUGGED);
    assert_int_equal(grey(c, 6, &s), -CAMERA_LOST);
    camera_faulty_set(c, CAMERA_FAULT_NONE);
    assert_int_equal(grey(c, 7, &s), 17);
    assert_int_equal(s, 7);
    camera_destroy(&c);
}

static void test_frozen_from_the_start(void **state)
{
    (void)state;
    struct camera *c = faulty();
    uint64_t s;
    camera_faulty_set(c, CAMERA_FAULT_FROZEN);
    assert_int_equal(grey(c, 0, &s), 10);
    assert_int_equal(grey(c, 1, &s), 10);
    camera_destroy(&c);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fault),
        cmocka_unit_test(test_frozen_from_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
