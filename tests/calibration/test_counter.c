#include "counter.h"
#include "harness.h"

#include <stdlib.h>

#define W 480
#define H 270

/* What a camera sees that is half as fine and turned upside down: `dark` to 230, the light of the room on top. */
static void seen(const struct image *projected, int room, struct image *out)
{
    struct lw_error err;
    assert_ok(image_init(out, W / 2, H / 2, IMAGE_GRAY8, &err), &err);
    for (int y = 0; y < H / 2; y++)
        for (int x = 0; x < W / 2; x++)
            image_row(out, y)[x] =
                (uint8_t)(room + image_row(projected, H - 1 - 2 * y)[W - 1 - 2 * x] / 2 + (x * 7 + y * 13) % 5);
}

struct bench {
    struct image picture;
    struct counter counter;
};

static void set_up(struct bench *b)
{
    struct lw_error err;
    struct image white, black, teach[COUNTER_TEACH];
    assert_ok(image_init(&b->picture, W, H, IMAGE_GRAY8, &err), &err);
    image_fill(&b->picture, 255);
    seen(&b->picture, 20, &white);
    image_fill(&b->picture, 0);
    seen(&b->picture, 20, &black);
    for (int i = 0; i < COUNTER_TEACH; i++) {
        counter_teach_draw(i, 0, 255, &b->picture);
        seen(&b->picture, 20, &teach[i]);
    }
    assert_ok(counter_learn(&b->counter, &white, &black, teach, &err), &err);
    assert_int_equal(b->counter.bands, COUNTER_BANDS);
    image_finish(&white);
    image_finish(&black);
    for (int i = 0; i < COUNTER_TEACH; i++)
        image_finish(&teach[i]);
}

static void tear_down(struct bench *b)
{
    counter_finish(&b->counter);
    image_finish(&b->picture);
}

static int read_pattern(struct bench *b, const struct pattern_plan *plan, int index, int room)
{
    struct image frame;
    pattern_draw(plan, index, 0, 255, &b->picture);
    counter_draw(index, 0, 255, &b->picture);
    seen(&b->picture, room, &frame);
    int value = counter_read(&b->counter, &frame);
    image_finish(&frame);
    return value;
}

static void every_pattern_says_which_it_is(void **unused)
{
    (void)unused;
    struct bench b;
    set_up(&b);
    struct pattern_plan plan = pattern_plan_make(W, H, 1, true);
    for (int i = 0; i < pattern_count(&plan); i++) {
        assert_int_equal(read_pattern(&b, &plan, i, 20), i % (1 << COUNTER_BITS));
        assert_int_equal(read_pattern(&b, &plan, i, 90), i % (1 << COUNTER_BITS)); /* somebody put the light on */
    }
    tear_down(&b);
}

/* The twin: what is no whole frame of a pattern is never taken for one. */
static void mixed_frames_and_blanks_are_refused(void **unused)
{
    (void)unused;
    struct bench b;
    struct image one, other;
    set_up(&b);
    for (int split = 10; split < H / 2; split += 10)
        for (int i = 0; i < 15; i++) {
            image_fill(&b.picture, 0);
            counter_draw(i, 0, 255, &b.picture);
            seen(&b.picture, 20, &one);
            counter_draw(i + 1, 0, 255, &b.picture);
            seen(&b.picture, 20, &other);
            for (int y = 0; y < split; y++)
                for (int x = 0; x < W / 2; x++)
                    image_row(&one, y)[x] = image_row(&other, y)[x];
            int value = counter_read(&b.counter, &one);
            /* above and below all cells it is one of the two */
            bool outside = split <= 10 || split >= H / 2 - 10;
            assert_true(value == COUNTER_MIXED || (outside && (value == i || value == i + 1)));
            image_finish(&one);
            image_finish(&other);
        }
    image_fill(&b.picture, 0);
    seen(&b.picture, 20, &one);
    assert_int_equal(counter_read(&b.counter, &one), COUNTER_MIXED);
    image_finish(&one);
    tear_down(&b);
}

static void no_light_is_refused(void **unused)
{
    (void)unused;
    struct image dark, same[COUNTER_TEACH];
    struct counter c;
    struct lw_error err;
    assert_ok(image_init(&dark, 64, 64, IMAGE_GRAY8, &err), &err);
    for (int i = 0; i < COUNTER_TEACH; i++)
        same[i] = dark;
    assert_int_equal(counter_learn(&c, &dark, &dark, same, &err), LW_MSG_LIGHT_NOT_SEEN);
    image_finish(&dark);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_says_which_it_is),
        cmocka_unit_test(mixed_frames_and_blanks_are_refused),
        cmocka_unit_test(no_light_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
