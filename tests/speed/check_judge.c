/* One check with 20 taught things against plain OpenCV (absdiff, contours, ORB) on the same pictures: time and error. */
#include "harness.h"

#include "check.h"
#include "plain_watch.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define ITEMS 20
#define SIZE 180
#define LAYINGS 5

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Twenty dark tools: rods of different length, width and head. */
static bool tool(int item, double x, double y)
{
    double length = 70 + 5 * (item % 5), width = 5 + 1.5 * (item / 5 % 2), head = 7 + 3 * (item / 10);
    double hx = item % 2 ? length / 2 - head : -length / 2 + head;
    return (fabs(x) < length / 2 && fabs(y) < width / 2) || hypot(x - hx, y - (item % 3 - 1) * 5) < head;
}

static void picture(struct image *im, int item, double x0, double y0, double angle, double light, uint64_t seed)
{
    struct lw_error err = {0};
    uint64_t grain = 5;
    assert_ok(image_init(im, SIZE, SIZE, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            double dx = x - 89.5 - x0, dy = 89.5 - y - y0, c = cos(angle), s = sin(angle);
            bool on = item >= 0 && tool(item, c * dx + s * dy, -s * dx + c * dy);
            double v = light * ((on ? 90 : 170) + 8 * harness_random(&grain) + x / 12.0);
            for (int k = 0; k < 3; k++)
                image_row(im, y)[3 * x + k] = (uint8_t)(v + 6 * (harness_random(&seed) - 0.5));
        }
}

int main(void)
{
    struct check *c;
    struct lw_error err = {0};
    struct image taught[ITEMS];
    const struct check_item_options o = {.tolerance_mm = 7, .tolerance_rad = 0.15};
    double ours = 0, plain = 0;
    int ours_wrong = 0, ours_asked = 0, plain_wrong = 0, n = 0;
    harness_init();
    assert_ok(check_create(&c, &err), &err);
    for (int i = 0; i < ITEMS; i++) {
        char id[16];
        struct check_reference r = {.mm_per_px = 1};
        snprintf(id, sizeof id, "tool%d", i);
        picture(&r.before, -1, 0, 0, 0, 1, 1);
        picture(&taught[i], i, 0, 0, 0, 1, 2);
        r.after = taught[i];
        assert_ok(check_teach_item(c, id, &o, &r, 1, &err), &err);
        image_finish(&r.before);
    }
    assert_ok(check_finish_teaching(c, &err), &err);
    for (int k = 0; k < ITEMS * LAYINGS; k++, n++) {
        struct image before, after;
        struct verdict v;
        int shown = k % ITEMS, expected = k % 2 ? shown : (shown + 1 + k / 7) % ITEMS;
        picture(&before, -1, 0, 0, 0, 0.8, 10 + (uint64_t)k);
        picture(&after, shown, k % 5 - 2, k % 3 - 1, 0.02 * (k % 7 - 3), 0.82, 900 + (uint64_t)k);
        double began = now_ms();
        assert_ok(check_judge_patch(c, &before, &after, 1, expected, false, &v, &err), &err);
        ours += now_ms() - began;
        bool right = expected == shown;
        ours_asked += v.result == VERDICT_CONFIRM || v.result == VERDICT_CANNOT_TELL;
        ours_wrong += v.result == VERDICT_ACCEPT ? !right : v.result == VERDICT_REFUSE && right;
        began = now_ms();
        int which = plain_check(&before, &after, taught, ITEMS);
        plain += now_ms() - began;
        plain_wrong += (which == expected) != right;
        image_finish(&before);
        image_finish(&after);
    }
    printf("check, %d taught: %.2f ms, %d of %d wrong, %d asked; plain OpenCV with ORB: %.2f ms, %d wrong; ratio %.1f\n",
           ITEMS, ours / n, ours_wrong, n, ours_asked, plain / n, plain_wrong, plain / ours);
    for (int i = 0; i < ITEMS; i++)
        image_finish(&taught[i]);
    check_destroy(&c);
    return 0;
}
