/* The projector's picture: what was presented, what has reached the light already, and when the rest will.
 * Internal to sim/. */
#pragma once

#include "image.h"
#include "render.h"

#define BEAM_WAITING 8
#define BEAM_FULL    4095 /* white, in `light` */

struct beam_waiting {
    int64_t t_ns; /* when it appears */
    struct picture_rect rects[RENDER_RECTS];
    int count;
    uint8_t *pixels; /* of the rects, one after the other, 4 bytes each */
};

struct beam {
    int width, height;
    uint16_t *linear; /* 4 a pixel: blue, green, red, unused */
    uint16_t *light;  /* the same, softened by the projector's lens */
    uint16_t curve[256];
    struct beam_waiting waiting[BEAM_WAITING];
    int waiting_count;
    int64_t last_ns;
    uint64_t seed;
    uint32_t presented;
    double frame_ns; /* of the camera: the delay is told in its frames */
};

enum lw_msg beam_init(struct beam *b, int width, int height, uint64_t seed, double frame_ns,
                      struct lw_error *err);
void beam_finish(struct beam *b);

/* Takes the changed rectangles (count 0: all); they appear one to three camera frames later. */
enum lw_msg beam_present(struct beam *b, const struct image *canvas, const struct picture_rect *rects,
                         int count, int64_t now_ns, struct lw_error *err);

/* When the next waiting picture appears, or INT64_MAX. */
int64_t beam_next_ns(const struct beam *b);

/* Shows the next waiting picture; its changed rectangles, as far as the softening reaches, into `changed`;
 * returns their number. */
int beam_show_next(struct beam *b, struct picture_rect changed[RENDER_RECTS]);
