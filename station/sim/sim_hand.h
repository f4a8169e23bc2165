/* A hand and its arm: flat, with rounded edges, at a height of its own; hides what is under it and throws
 * shadows. Internal to sim/. */
#pragma once

#include "sim_light.h"

#include <stdbool.h>
#include <stdint.h>

struct hand {
    float *depth; /* how far inside the outline, mm, from -2: outside; drawn once */
    float *deepest, *shallowest; /* of it in each square of some cells */
    float scale;                 /* of the drawing to this person's hand */
    bool there;
    float x, y, z, cos, sin; /* its frame: palm at the origin, fingers toward +y */
    int glove;
};

enum lw_msg hand_init(struct hand *h, double width_mm, struct lw_error *err);
void hand_finish(struct hand *h);
void hand_place(struct hand *h, double x_mm, double y_mm, double z_mm, int glove);

/* 0..1: how much the hand hides a light at `light` from the point. */
float hand_shadow(const struct hand *h, const float at[3], const float light[3]);

/* What the pixel with this ray shows of the hand; returns its share 0..1 (0: nothing of it). */
float hand_sample(const struct hand *h, const struct light_room *r, float sx, float sy,
                  struct light_sample *out);

/* Which light the hand takes from a patch of pixels: bits. */
enum hand_light {
    HAND_SEEN = 1, /* the hand itself is in the picture */
    HAND_BEAM = 2,
    HAND_SKY = 4,
    HAND_LAMP = 8, /* the first of the lamp's parts; the others are the next bits */
};
struct hand_takes {
    uint8_t some;  /* from some of its pixels: too many bits perhaps, never too few */
    uint8_t whole; /* from all of them: too few perhaps, never too many */
    bool flat;     /* all of them show the hand's flat inside, of one colour */
};
/* The patch's outermost rays are given, and its surfaces lie z[0] .. z[1] high. */
struct hand_takes hand_takes(const struct hand *h, const struct light_room *r, const float rays[4][2],
                             const float z[2]);

/* Points around all that the hand hides or shades on the bench (z_low: as low as there is something). */
#define HAND_CORNERS 24
int hand_corners(const struct hand *h, const struct light_room *r, float out[HAND_CORNERS][3]);
