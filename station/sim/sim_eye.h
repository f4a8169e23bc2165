/* The camera's picture: for each pixel what it shows of the room's light and of the projector's, kept until
 * something changes there. Internal to sim/. */
#pragma once

#include "sim_beam.h"
#include "sim_hand.h"
#include "sim_light.h"
#include "sim_stage.h"

#define EYE_TILE  16
#define EYE_FULL  16384 /* steps of light that fill the sensor; more is white */
#define EYE_TONES 4096  /* of the sensor's curve: small enough for the processor's nearest cache */
#define EYE_GREY  64    /* steps of `clean` and `sigma` a grey level */

struct eye_tile {
    float u0, v0, u1, v1; /* projector pixels that fall in it; u1 < u0: none */
    float z[2];           /* lowest and highest of what it shows, mm */
    struct hand_takes hand; /* in the last picture */
    bool dirty;
};

/* What a pixel shows, after the lens' softness: blue, green, red by the room, then by the projector's white;
 * and which of the projector's pixels falls there. All that putting a picture together reads, side by side in
 * memory; one more follows the last, because light is read four at a time. */
struct eye_pixel {
    float u, v;
    uint16_t light[6];
};

struct eye_tone {
    int16_t grey;
    uint16_t sigma; /* at most 255 */
};

struct eye {
    int width, height, tiles_x, tiles_y;
    float *sx, *sy; /* the pixels' rays */
    struct light_sample *raw;
    struct eye_pixel *pixels;
    int16_t *clean; /* 3 a pixel: the picture before noise */
    uint8_t *sigma; /* 3 a pixel: noise, standard deviation */
    struct eye_tile *tiles;
    struct eye_tone *tones; /* sensor to grey */
    float ambient;          /* times the room's light */
};

enum lw_msg eye_init(struct eye *e, const struct pinhole *camera, struct lw_error *err);
void eye_finish(struct eye *e);

/* After the camera moved. */
void eye_aim(struct eye *e, const struct pinhole *camera);

/* Looks anew at a rectangle of pixels, or at what a change on the bench touches with its shadows. */
void eye_look(struct eye *e, const struct light_room *r, const struct field *f, struct picture_rect px);
struct picture_rect eye_touched(const struct eye *e, const struct pinhole *camera, const struct light_room *r,
                                const struct stage_change *change);

/* Marks what must be put together again: all, where the projector's rectangle falls, or where the hand is and
 * was. */
void eye_mark_all(struct eye *e);
void eye_mark_beam(struct eye *e, struct picture_rect rect);
void eye_mark_hand(struct eye *e, const struct pinhole *camera, const struct light_room *r,
                   const struct hand *h);

/* Puts marked tiles together, from pixel row `from` on; tiles above keep their marks. */
void eye_compose(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                 int from);

/* Writes the picture as BGR8, with noise of this seed (0: none). */
void eye_expose(const struct eye *e, uint64_t noise_seed, struct image *out);
