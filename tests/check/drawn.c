#include "drawn.h"

#include "harness.h"

#include <math.h>

static const double hook[][2] = {{-50, -3}, {30, -3}, {30, -18}, {36, -18}, {36, 3}, {-30, 3}, {-34, 8}, {-50, 8}};
static const double rod[][2] = {{-50, -4}, {20, -4}, {24, -6}, {50, -6}, {50, 6}, {24, 6}, {20, 4}, {-50, 4}};
static const double spoon[][2] = {{-45, -2}, {5, -2}, {12, -12}, {28, -12}, {35, 0}, {28, 12}, {12, 12}, {5, 2}, {-45, 2}};
static const double arm[][2] = {{-20, -20}, {20, -20}, {20, 200}, {-20, 200}};
const struct drawn drawn_hook = {hook, 8, {70, 75, 80}}, drawn_rod = {rod, 8, {170, 80, 40}},
                   drawn_rod_green = {rod, 8, {60, 150, 60}}, drawn_spoon = {spoon, 9, {90, 90, 95}},
                   drawn_hand = {arm, 4, {110, 130, 190}};

void drawn_ground(struct image *im, int width, int height)
{
    struct lw_error err = {0};
    uint64_t grain = 7;
    assert_ok(image_init(im, width, height, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                image_row(im, y)[3 * x + c] = (uint8_t)(165 + 8 * harness_random(&grain) + 10 * sin(x / 25.0));
}

static bool inside(const struct drawn *d, double x, double y)
{
    bool in = false;
    for (int i = 0, j = d->count - 1; i < d->count; j = i++)
        if ((d->points[i][1] > y) != (d->points[j][1] > y) &&
            x < (d->points[j][0] - d->points[i][0]) * (y - d->points[i][1]) / (d->points[j][1] - d->points[i][1]) +
                    d->points[i][0])
            in = !in;
    return in;
}

void drawn_put(struct image *im, const struct drawn *d, double x_mm, double y_mm, double angle_rad, bool mirrored)
{
    double c = cos(angle_rad), s = sin(angle_rad), cx = (im->width - 1) / 2.0, cy = (im->height - 1) / 2.0;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++) {
            int covered = 0;
            for (int k = 0; k < 16; k++) {
                double dx = x + (k % 4 + 0.5) / 4 - 0.5 - cx - x_mm, dy = cy - (y + (k / 4 + 0.5) / 4 - 0.5) - y_mm;
                double lx = c * dx + s * dy, ly = -s * dx + c * dy;
                covered += inside(d, lx, mirrored ? -ly : ly);
            }
            uint8_t *p = image_row(im, y) + 3 * x;
            for (int ch = 0; ch < 3 && covered; ch++)
                p[ch] = (uint8_t)((p[ch] * (16 - covered) + d->bgr[ch] * covered) / 16);
        }
}

void drawn_camera(struct image *im, double light, double noise, unsigned long seed)
{
    uint64_t state = seed;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < 3 * im->width; x++) {
            double n = 0, slope = 1 + 0.1 * x / (3.0 * im->width);
            for (int k = 0; k < 4; k++)
                n += harness_random(&state) - 0.5;
            double v = image_row(im, y)[x] * light * slope + noise * n * 1.732;
            image_row(im, y)[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
}
