/* One look: even light on a polygon, its arrival proved in the picture, several still frames, their median. */
#pragma once

#include "check.h"
#include "guide.h"

#define LOOK_CORNERS 16

struct guide_light {
    struct bench_mm polygon[LOOK_CORNERS];
    int corners;
    uint8_t level; /* of white, 1..255 */
};

/* Greys at points spread over the light's bounding box, in the frame before the light and in the look. */
#define GUIDE_SAMPLES_SIDE 24
#define GUIDE_SAMPLES      (GUIDE_SAMPLES_SIDE * GUIDE_SAMPLES_SIDE)
struct guide_samples {
    bool there[GUIDE_SAMPLES]; /* within the light and in the camera's picture */
    uint8_t dark[GUIDE_SAMPLES], lit[GUIDE_SAMPLES];
};

struct guide_look {
    struct image picture;       /* BGR8, camera size; look_finish frees */
    struct guide_samples samples;
    double noise_grey;          /* standard deviation of its pixels */
    double clipped_share;       /* of the lit pixels that are at the top of the range */
    uint64_t frame;             /* sequence of the newest frame used */
    enum verdict_reason trouble; /* REASON_NONE, or why it is of no use: hand, dark, stale */
};

/* Fades the light in, looks, and leaves the light on (the caller shows what comes next). False when the camera was
 * lost or the session ended meanwhile; otherwise true, see `trouble`. `out` need not be initialised. */
bool guide_take_look(struct guide *g, const struct guide_light *light, struct guide_look *out);
void guide_look_finish(struct guide_look *l);

/* After a look, in the light that it left on: the same with these quadrangles dark, as one more picture of several still
 * frames. False when the camera was lost or the session ended; otherwise true, and `trouble` is REASON_NONE or why there
 * is no picture. */
bool guide_take_striped(struct guide *g, const struct guide_light *light, const struct bench_mm (*dark)[4], int count,
                        struct image *out, enum verdict_reason *trouble);

/* The rectangle (local mm, of a plane at z) grown by margin_mm, clipped to the bench. */
struct guide_light guide_light_over(const struct guide *g, struct rigid T_bench_from_local, double x0_mm, double y0_mm,
                                    double x1_mm, double y1_mm, double margin_mm, double z_mm, uint8_t level);

/* The whole bench. */
struct guide_light guide_light_bench(const struct guide *g, uint8_t level);
