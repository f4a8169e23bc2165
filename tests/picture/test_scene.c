#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "scene.h"

static void a_full_scene_gives_its_last_item_again(void **state)
{
    (void)state;
    struct scene *s = scene_create();
    for (int i = 0; i < SCENE_MAX; i++)
        scene_add(s, SCENE_TEXT, SCENE_WHITE)->done = i;
    struct scene_item *again = scene_add(s, SCENE_LINE, SCENE_GOOD);
    assert_ptr_equal(again, &s->items[SCENE_MAX - 1]);
    assert_int_equal(again->kind, SCENE_LINE);
    assert_int_equal(again->done, 0);
    assert_int_equal(s->count, SCENE_MAX);
    scene_clear(s);
    assert_int_equal(s->count, 0);
    scene_destroy(&s);
    assert_null(s);
    scene_destroy(&s);
}

/* ---- colours ---- */

struct rgb {
    double r, g, b;
};

/* Linear-light matrices for complete red- and green-blindness (Machado, Oliveira, Fernandes 2009, severity
 * 1). */
static const double normal_eye[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const double red_blind[9] = {0.152286, 1.052583,  -0.204868, 0.114503, 0.786281,
                                    0.099216, -0.003882, -0.048116, 1.051998};
static const double green_blind[9] = {0.367322, 0.860646,  -0.227968, 0.280085, 0.672501,
                                      0.047413, -0.011820, 0.042940,  0.968881};

/* Reflectances in linear light: white plastic, beech wood, dark foam. */
static const struct rgb grounds[] = {{0.85, 0.85, 0.85}, {0.60, 0.42, 0.25}, {0.06, 0.06, 0.07}};

static double linear(uint8_t v)
{
    return pow(v / 255.0, 2.2);
}

static struct rgb seen(struct scene_colour c, struct rgb ground, const double eye[9])
{
    struct rgb l = {linear(c.r) * ground.r, linear(c.g) * ground.g, linear(c.b) * ground.b};
    return (struct rgb){eye[0] * l.r + eye[1] * l.g + eye[2] * l.b,
                        eye[3] * l.r + eye[4] * l.g + eye[5] * l.b,
                        eye[6] * l.r + eye[7] * l.g + eye[8] * l.b};
}

static double lab_f(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* CIE 1976 L*a*b*, D65, with the brightest light on that ground as white: the eye adapts to it. */
static void lab(struct rgb c, double white, double out[3])
{
    double x = (0.4124 * c.r + 0.3576 * c.g + 0.1805 * c.b) / 0.9505 / white;
    double y = (0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b) / white;
    double z = (0.0193 * c.r + 0.1192 * c.g + 0.9505 * c.b) / 1.089 / white;
    out[0] = 116 * lab_f(y) - 16;
    out[1] = 500 * (lab_f(x) - lab_f(y));
    out[2] = 200 * (lab_f(y) - lab_f(z));
}

static double difference(struct scene_colour a, struct scene_colour b, struct rgb ground, const double eye[9])
{
    double p[3], q[3], white = 0.2126 * ground.r + 0.7152 * ground.g + 0.0722 * ground.b;
    lab(seen(a, ground, eye), white, p);
    lab(seen(b, ground, eye), white, q);
    return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                (p[2] - q[2]) * (p[2] - q[2]));
}

/* Ten times what is just noticed side by side; the marks stand apart and differ in shape as well. */
#define APART 20.0

static double nearest_pair(const struct scene_colour *colours, int count)
{
    const double *eyes[] = {normal_eye, red_blind, green_blind};
    double nearest = INFINITY;
    for (int g = 0; g < 3; g++)
        for (int e = 0; e < 3; e++)
            for (int i = 0; i < count; i++)
                for (int k = i + 1; k < count; k++) {
                    double d = difference(colours[i], colours[k], grounds[g], eyes[e]);
                    nearest = fmin(nearest, d);
                    printf("ground %d eye %d colours %d %d: %.0f\n", g, e, i, k, d);
                }
    return nearest;
}

static void colours_are_told_apart_by_every_eye_on_every_ground(void **state)
{
    (void)state;
    const struct scene_colour ours[] = {SCENE_WHITE, SCENE_GUIDE, SCENE_GOOD, SCENE_ATTENTION, SCENE_QUIET};
    assert_true(nearest_pair(ours, 5) > APART);
}

/* The twin: traffic-light green and amber of the same lightness look alike without red cones. */
static void the_usual_green_and_orange_would_fail(void **state)
{
    (void)state;
    const struct scene_colour usual[] = {{150, 170, 0}, {215, 140, 0}};
    assert_true(nearest_pair(usual, 2) < APART);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_scene_gives_its_last_item_again),
        cmocka_unit_test(colours_are_told_apart_by_every_eye_on_every_ground),
        cmocka_unit_test(the_usual_green_and_orange_would_fail),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
