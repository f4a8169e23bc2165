#include "synthetic.h"

#include "cv_picture.h"

#include <math.h>

#define RIM_PX     3    /* of its ground that is cut out with the thing: contact shadows, mixed pixels */
#define NOISE_GREY 1.5  /* of a look's median of frames, standard deviation */
#define GRAIN      4    /* uniform numbers whose sum is noise */

/* How a worker's laying differs from the coach's. */
struct laying {
    double x_mm, y_mm, turn_rad;
    double scale;          /* rests higher or lower: so much nearer to the camera */
    double gain, gamma;    /* of the light on it */
    double slope;          /* of the gain across the picture */
    double defocus;        /* share of the mean of 3 x 3 pixels that is mixed in */
};

/* Sub-pixel and whole shifts, small turns both ways, each of the other changes in half of them. */
static const struct laying layings[SYNTHETIC_COUNT] = {
    {0.5, 0.3, 0.035, 1.000, 1.00, 1.00, 0.00, 0.0},   {-1.3, 0.9, -0.05, 1.008, 0.90, 1.00, 0.08, 0.0},
    {2.4, -1.6, 0.087, 0.993, 1.06, 1.10, -0.06, 0.5}, {-2.1, -0.7, -0.087, 1.000, 0.95, 0.92, 0.00, 0.5},
    {0.2, 2.5, 0.02, 1.010, 1.00, 1.06, 0.10, 0.3},    {1.6, 1.1, -0.07, 0.995, 0.85, 0.95, -0.10, 0.0},
};

static double noise(uint32_t *state)
{
    double sum = 0;
    for (int i = 0; i < GRAIN; i++) {
        *state = *state * 1664525U + 1013904223U; /* Numerical Recipes' generator */
        sum += (double)(*state >> 8) / (1 << 24) - 0.5;
    }
    return sum * sqrt(12.0 / GRAIN);
}

/* How much of the thing covers a place: its label grown by RIM_PX, soft at the end. */
static enum lw_msg cover_of(const struct cv_change *ch, struct image *out, struct lw_error *err)
{
    const struct cv_part *p = &ch->parts[0];
    enum lw_msg rc = image_init(out, ch->labels.width, ch->labels.height, IMAGE_GRAY8, err);
    if (rc)
        return rc;
    int x0 = p->left - RIM_PX, x1 = p->right + RIM_PX, y0 = p->top - RIM_PX, y1 = p->bottom + RIM_PX;
    for (int y = y0 > 0 ? y0 : 0; y <= y1 && y < out->height; y++)
        for (int x = x0 > 0 ? x0 : 0; x <= x1 && x < out->width; x++) {
            int least = (RIM_PX + 1) * (RIM_PX + 1);
            for (int dy = -RIM_PX; dy <= RIM_PX; dy++)
                for (int dx = -RIM_PX; dx <= RIM_PX; dx++) {
                    int sx = x + dx, sy = y + dy;
                    if (sx >= 0 && sy >= 0 && sx < out->width && sy < out->height && image_row(&ch->labels, sy)[sx] == 1 &&
                        dx * dx + dy * dy < least)
                        least = dx * dx + dy * dy;
                }
            image_row(out, y)[x] = (uint8_t)(255 * fmin(1, fmax(0, RIM_PX + 1 - sqrt(least)) / 2));
        }
    return LW_OK;
}

static inline double sample(const struct image *im, int channels, int channel, double x, double y)
{
    int ix = (int)floor(x), iy = (int)floor(y);
    if (ix < 0 || iy < 0 || ix + 1 >= im->width || iy + 1 >= im->height)
        return 0;
    const uint8_t *p = image_row(im, iy) + channels * ix + channel, *q = image_row(im, iy + 1) + channels * ix + channel;
    double fx = x - ix, fy = y - iy;
    return (1 - fy) * (p[0] + fx * (p[channels] - p[0])) + fy * (q[0] + fx * (q[channels] - q[0]));
}

/* The thing where and how it lies now, over its ground. */
static void lay(const struct image *before, const struct image *after, const struct image *cover, const struct laying *l,
                const struct cv_part *part, struct image *out)
{
    double c = cos(l->turn_rad) / l->scale, s = sin(l->turn_rad) / l->scale;
    for (int y = 0; y < out->height; y++) {
        const uint8_t *ground = image_row(before, y);
        uint8_t *to = image_row(out, y);
        for (int x = 0; x < out->width; x++) {
            double dx = x - part->x - l->x_mm / SHAPE_MM_PER_PX, dy = y - part->y + l->y_mm / SHAPE_MM_PER_PX;
            double fx = part->x + c * dx + s * dy, fy = part->y - s * dx + c * dy;
            double share = sample(cover, 1, 0, fx, fy) / 255;
            for (int k = 0; k < 3; k++)
                to[3 * x + k] = (uint8_t)((share > 0 ? share * sample(after, 3, k, fx, fy) : 0) +
                                          (1 - share) * ground[3 * x + k] + 0.5);
        }
    }
}

/* Its light and the camera's focus and noise. */
static enum lw_msg expose(const struct laying *l, uint32_t seed, struct image *im, struct lw_error *err)
{
    struct image sharp = {0};
    enum lw_msg rc = image_copy(&sharp, im, err);
    double curve[256];
    for (int i = 0; i < 256; i++)
        curve[i] = 255 * pow(i / 255.0, l->gamma) * l->gain;
    for (int y = 0; y < im->height && !rc; y++)
        for (int x = 0; x < im->width; x++) {
            double light = 1 + l->slope * (x / (double)im->width - 0.5);
            bool rim = x == 0 || y == 0 || x + 1 == im->width || y + 1 == im->height;
            for (int k = 0; k < 3; k++) {
                double v = image_row(&sharp, y)[3 * x + k], sum = 0;
                for (int n = 0; n < 9 && !rim && l->defocus > 0; n++)
                    sum += image_row(&sharp, y + n / 3 - 1)[3 * (x + n % 3 - 1) + k];
                if (!rim && l->defocus > 0)
                    v += l->defocus * (sum / 9 - v);
                v = curve[(int)v] * light + NOISE_GREY * noise(&seed);
                image_row(im, y)[3 * x + k] = (uint8_t)fmin(255, fmax(0, v + 0.5));
            }
        }
    image_finish(&sharp);
    return rc;
}

enum lw_msg synthetic_laying(const struct image *before, const struct image *after, const struct cv_change *change,
                             int variant, struct shape *out, struct lw_error *err)
{
    struct image cover = {0}, look = {0};
    struct cv_change ch = {0};
    const struct laying *l = &layings[variant % SYNTHETIC_COUNT];
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .smallest_mm2 = change->parts[0].area_px / 4};
    *out = (struct shape){0};
    enum lw_msg rc = cover_of(change, &cover, err);
    rc = rc ? rc : image_init(&look, after->width, after->height, IMAGE_BGR8, err);
    if (!rc)
        lay(before, after, &cover, l, &change->parts[0], &look);
    rc = rc ? rc : expose(l, (uint32_t)variant + 1, &look, err);
    rc = rc ? rc : cv_shape_change(before, &look, &o, &ch, err);
    if (!rc && ch.count > 0)
        rc = shape_make(&ch, 0, out, err);
    cv_shape_change_finish(&ch);
    image_finish(&cover);
    image_finish(&look);
    return rc;
}
