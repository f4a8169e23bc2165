#include "harness.h"
#include "pattern.h"

/* Reads a position back from the drawn pictures. */
static int read_code(const struct pattern_plan *plan, const struct image *pictures, enum pattern_role role,
                     int x, int y)
{
    int gray = 0, bits = 0;
    for (int i = 0; i < pattern_count(plan); i++) {
        struct pattern p = pattern_at(plan, i);
        if (p.role != role || p.inverse)
            continue;
        int px = (int)pictures[i].format;
        int bright = image_row(&pictures[i], y)[x * px] > 128;
        if (plan->inverses)
            assert_true(bright != (image_row(&pictures[i + 1], y)[x * px] > 128));
        assert_int_equal(p.bit, bits++);
        gray = gray << 1 | bright;
    }
    int code = gray;
    for (int shift = 1; shift < 16; shift *= 2)
        code ^= code >> shift;
    return code;
}

static void check_plan(int width, int height, int finest, bool inverses, enum image_format format)
{
    struct pattern_plan plan = pattern_plan_make(width, height, finest, inverses);
    struct image pictures[64];
    int n = pattern_count(&plan);
    assert_true(n <= 64);
    for (int i = 0; i < n; i++) {
        struct lw_error err;
        assert_ok(image_init(&pictures[i], width, height, format, &err), &err);
        pattern_draw(&plan, i, 20, 230, &pictures[i]);
    }
    for (int y = 0; y < height; y += 7)
        for (int x = 0; x < width; x++) {
            assert_int_equal(read_code(&plan, pictures, PATTERN_COLUMN, x, y), x >> plan.column_skipped);
            assert_int_equal(read_code(&plan, pictures, PATTERN_ROW, x, y), y >> plan.row_skipped);
        }
    assert_int_equal(pattern_at(&plan, 0).role, PATTERN_WHITE);
    assert_int_equal(image_row(&pictures[0], height - 1)[0], 230);
    assert_int_equal(image_row(&pictures[1], height - 1)[0], 20);
    if (format == IMAGE_BGRA8)
        assert_int_equal(image_row(&pictures[1], height - 1)[4 * (width - 1) + 3], 255);
    for (int i = 0; i < n; i++)
        image_finish(&pictures[i]);
}

static void patterns_number_every_pixel(void **unused)
{
    (void)unused;
    check_plan(320, 180, 1, true, IMAGE_GRAY8);
    check_plan(320, 180, 8, true, IMAGE_GRAY8);
    check_plan(256, 200, 4, false, IMAGE_BGRA8);
}

static void finest_stripe_is_as_asked(void **unused)
{
    (void)unused;
    struct pattern_plan full = pattern_plan_make(1920, 1080, 1, true),
                        cut = pattern_plan_make(1920, 1080, 8, false);
    assert_int_equal(pattern_count(&full), 2 + 2 * 22);
    assert_int_equal(cut.column_skipped, 2); /* cells of 4 px, stripes of 8 */
    assert_int_equal(pattern_count(&cut), 2 + 18);
    assert_int_equal(pattern_plan_make(1920, 1080, 100000, true).column_bits, 1);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_number_every_pixel),
        cmocka_unit_test(finest_stripe_is_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
