#include "harness.h"

#include "watch.h"

#include <string.h>

#define WIDTH 640
#define HEIGHT 480

static struct watch *w;
static struct frame f;
static struct watch_state s;
static int64_t t_ns;
static uint64_t noise;

static int setup(void **state)
{
    (void)state;
    struct lw_error err = {0};
    assert_ok(watch_create(&w, NULL, NULL, 0, WIDTH, HEIGHT, &err), &err);
    assert_ok(image_init(&f.image, WIDTH, HEIGHT, IMAGE_BGR8, &err), &err);
    t_ns = 0;
    s = (struct watch_state){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    watch_destroy(&w);
    image_finish(&f.image);
    return 0;
}

static void rectangle(int x0, int y0, int x1, int y1, int value)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT)
                memset(image_row(&f.image, y) + 3 * x, value, 3);
}

/* A bench with texture that may be shifted, in some light. */
static void bench(int shift, double light)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int dark = ((x + shift) / 23 * 7 + y / 19 * 5) % 4;
            memset(image_row(&f.image, y) + 3 * x, (int)(light * (90 + 25 * dark)), 3);
        }
}

static void feed(void)
{
    for (int i = 0; i < HEIGHT * 3 * WIDTH; i++) {
        uint8_t *p = f.image.data + i;
        int v = *p + (int)(7 * harness_random(&noise)) - 3;
        *p = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    f.t_ns = t_ns += 33 * NS_PER_MS;
    f.sequence++;
    watch_feed(w, &f, false, &s);
}

static void still_bench_is_still_and_a_moving_thing_moves(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        bench(0, 1 + 0.02 * (i % 2)), feed();
    assert_false(s.moving);
    assert_true(s.still_since_ns > 0 && s.still_since_ns < t_ns - 100 * NS_PER_MS);
    assert_int_equal(s.light, WATCH_LIGHT_GOOD);
    int64_t since = t_ns;
    bench(0, 1), rectangle(150, 100, 190, 130, 20), feed();
    assert_true(s.moving);
    assert_int_equal(s.still_since_ns, 0);
    assert_true(watch_moved_in(w, NULL, 0, since));
    assert_false(watch_moved_in(w, NULL, 0, t_ns));
}

static void arm_from_the_edge_is_a_hand_and_a_thing_laid_is_not(void **state)
{
    (void)state;
    bench(0, 1), feed();
    bench(0, 1), feed();
    watch_set_rest(w);
    bench(0, 1), rectangle(150, 100, 220, 150, 20), feed(), feed();
    assert_false(s.hand);
    bench(0, 1), rectangle(150, 100, 190, HEIGHT, 200), feed();
    assert_true(s.hand);
    bench(0, 0.8), feed();
    assert_false(s.hand);
}

static void same_picture_again_is_frozen(void **state)
{
    (void)state;
    bench(0, 1), feed();
    for (int i = 0; i < 3; i++)
        watch_feed(w, &f, false, &s);
    assert_false(s.frozen);
    watch_feed(w, &f, false, &s);
    assert_true(s.frozen);
    bench(0, 1), feed();
    assert_false(s.frozen);
}

static void black_is_dark(void **state)
{
    (void)state;
    bench(0, 0.02), feed();
    assert_int_equal(s.light, WATCH_LIGHT_DARK);
    rectangle(0, 0, WIDTH, HEIGHT, 255), feed();
    assert_int_equal(s.light, WATCH_LIGHT_GLARE);
}

static void camera_that_moved_is_told_from_a_hand(void **state)
{
    (void)state;
    bench(0, 1), feed();
    watch_set_rest(w);
    for (int i = 0; i < 12; i++)
        bench(0, 1), rectangle(60, 80, 140, HEIGHT, 200), feed();
    assert_false(s.camera_moved);
    for (int i = 0; i < 12; i++)
        bench(14, 1), feed();
    assert_true(s.camera_moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(still_bench_is_still_and_a_moving_thing_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(arm_from_the_edge_is_a_hand_and_a_thing_laid_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(same_picture_again_is_frozen, setup, teardown),
        cmocka_unit_test_setup_teardown(black_is_dark, setup, teardown),
        cmocka_unit_test_setup_teardown(camera_that_moved_is_told_from_a_hand, setup, teardown),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
