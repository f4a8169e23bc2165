/* The bench as a height field: 0.5 mm cells with height and paint, and the highest of each block for quick
 * rays. Internal to sim/. */
#pragma once

#include "error.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define FIELD_CELL_MM  0.5f
#define FIELD_PER_MM   2.0f
#define FIELD_BLOCK    16 /* cells; 8 mm */
#define FIELD_BLOCK_MM (FIELD_BLOCK * FIELD_CELL_MM)

/* Paint: blue, green, red as a screen shows them, and a byte of gloss (0..127) with a bit for metal. */
#define PAINT_METAL 0x80u
static inline uint32_t paint_of(const uint8_t bgr[3], unsigned shine)
{
    return (uint32_t)bgr[0] | (uint32_t)bgr[1] << 8 | (uint32_t)bgr[2] << 16 | (uint32_t)shine << 24;
}

#define FIELD_NEAR    3
#define FIELD_NEAR_MM (FIELD_NEAR * FIELD_BLOCK_MM)

struct field {
    int nx, ny, bx, by; /* cells, blocks */
    float *height;
    uint32_t *paint;
    float *block_top;
    float *near_top; /* of the blocks within FIELD_NEAR of a block */
    float top;       /* of all */
};

struct cells {
    int x0, y0, x1, y1; /* x1, y1 excluded */
};

enum lw_msg field_init(struct field *f, double width_mm, double depth_mm, struct lw_error *err);
void field_finish(struct field *f);

/* The cells that a rectangle in mm touches, clipped to the field. */
struct cells field_cells(const struct field *f, float x0, float y0, float x1, float y1);
struct cells cells_clip(struct cells a, struct cells b);

/* Recomputes the blocks' tops over `c`, and the top of all. */
void field_update_blocks(struct field *f, struct cells c);

/* The highest of the blocks that the cells touch. */
float field_top_of(const struct field *f, struct cells c);

/* `to` becomes `from` over the cells. Same size. */
void field_copy(struct field *to, const struct field *from, struct cells c);

static inline bool field_holds(const struct field *f, float x, float y)
{
    return x >= 0 && y >= 0 && x < (float)f->nx * FIELD_CELL_MM && y < (float)f->ny * FIELD_CELL_MM;
}

static inline int field_index(const struct field *f, float x, float y)
{
    return (int)(y * FIELD_PER_MM) * f->nx + (int)(x * FIELD_PER_MM);
}

/* The highest within at least FIELD_NEAR_MM of a place on the bench. */
static inline float field_near_top(const struct field *f, float x, float y)
{
    return f->near_top[(int)(y * (1.0f / FIELD_BLOCK_MM)) * f->bx + (int)(x * (1.0f / FIELD_BLOCK_MM))];
}

/* A well mixed number for a place and a seed: noise that does not depend on the order of drawing. */
static inline uint32_t field_hash(uint32_t x, uint32_t y, uint32_t seed)
{
    uint32_t h = x * 0x9E3779B1u ^ (y + 0x7F4A7C15u) * 0x85EBCA77u ^ (seed + 1) * 0xC2B2AE3Du;
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    h *= 0x297A2D39u;
    return h ^ h >> 15;
}

static inline float field_random(uint32_t x, uint32_t y, uint32_t seed)
{
    return (float)(field_hash(x, y, seed) >> 8) * (1.0f / 16777216.0f);
}

/* Is the light at (lx, ly, lz) hidden from the point by what stands on the bench? */
bool field_shadowed(const struct field *f, float x, float y, float z, float lx, float ly, float lz);

/* Where the ray x = ox + sx * (oz - z) (y alike) meets the bench or what stands on it; false: it misses the
 * top. */
bool field_meet(const struct field *f, const float origin[3], float sx, float sy, float hit[3]);
