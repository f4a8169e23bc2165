/* The lights of the room and what a surface makes of them and of the projector. Internal to sim/. */
#pragma once

#include "sim_field.h"
#include "sim_optics.h"

/* A preset: how strong each light is, as the light that falls on the middle of the bench. */
struct light_preset {
    const char *name;
    float sky, lamp, window, sun, projector;
};

const struct light_preset *light_preset(const char *name); /* NULL name: office; NULL: no such preset */

struct light_room {
    const struct light_preset *preset;
    struct optics projector;
    float camera[3];
    float width, depth; /* of the bench */
    float exposure;     /* sensor units per unit of light off a white thing */
    float middle_mm;    /* distance of the projector from the middle of the bench */
};

/* Sets what depends on the rest of the room, and the exposure for the preset. */
void light_room_init(struct light_room *r, const struct light_preset *preset, const struct pinhole *camera,
                     const struct pinhole *projector, double width_mm, double depth_mm);
void light_room_devices(struct light_room *r, const struct pinhole *camera, const struct pinhole *projector);

/* What one camera pixel shows, blue, green, red, 1 = the sensor is full: `room` by the lights of the room,
 * `beam` by the projector at full white; u, v: which of its pixels falls there. */
struct light_sample {
    float room[3], beam[3];
    float u, v, z;
};
void light_sample(const struct light_room *r, const struct field *f, float sx, float sy,
                  struct light_sample *out);

/* How much of the projector's white arrives at a point, and its pixel there; 0 outside its picture. */
float light_beam(const struct light_room *r, const float at[3], const float normal[3], float *u, float *v);

/* Places of the ceiling lamp's parts, for shadows. */
#define LAMP_PARTS 4
extern const float lamp_parts[LAMP_PARTS][3];
extern const float beam_colour[3], lamp_colour[3];

/* Where the window's and the sun's light come from, as far as they shine; returns how many (at most 2). */
int light_window_places(const struct light_room *r, float out[2][3]);

/* Screen level to light, 0..255 -> 0..1. */
float light_linear(int level);
