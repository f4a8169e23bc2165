#include "sim_field.h"

#include <stdlib.h>
#include <string.h>

enum lw_msg field_init(struct field *f, double width_mm, double depth_mm, struct lw_error *err)
{
    *f = (struct field){0};
    f->nx = (int)(width_mm * FIELD_PER_MM);
    f->ny = (int)(depth_mm * FIELD_PER_MM);
    f->bx = (f->nx + FIELD_BLOCK - 1) / FIELD_BLOCK;
    f->by = (f->ny + FIELD_BLOCK - 1) / FIELD_BLOCK;
    size_t n = (size_t)f->nx * (size_t)f->ny;
    f->height = calloc(n, sizeof *f->height);
    f->paint = calloc(n, sizeof *f->paint);
    f->block_top = calloc((size_t)f->bx * (size_t)f->by, sizeof *f->block_top);
    f->near_top = calloc((size_t)f->bx * (size_t)f->by, sizeof *f->near_top);
    if (!f->height || !f->paint || !f->block_top || !f->near_top)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    return LW_OK;
}

void field_finish(struct field *f)
{
    free(f->height);
    free(f->paint);
    free(f->block_top);
    free(f->near_top);
    *f = (struct field){0};
}

static int bound(float v, int max)
{
    return v < 0 ? 0 : v > (float)max ? max : (int)v;
}

struct cells field_cells(const struct field *f, float x0, float y0, float x1, float y1)
{
    return (struct cells){bound(floorf(x0 * FIELD_PER_MM), f->nx), bound(floorf(y0 * FIELD_PER_MM), f->ny),
                          bound(ceilf(x1 * FIELD_PER_MM) + 1, f->nx),
                          bound(ceilf(y1 * FIELD_PER_MM) + 1, f->ny)};
}

struct cells cells_clip(struct cells a, struct cells b)
{
    struct cells c = {a.x0 > b.x0 ? a.x0 : b.x0, a.y0 > b.y0 ? a.y0 : b.y0, a.x1 < b.x1 ? a.x1 : b.x1,
                      a.y1 < b.y1 ? a.y1 : b.y1};
    if (c.x1 < c.x0 || c.y1 < c.y0)
        c.x1 = c.x0, c.y1 = c.y0;
    return c;
}

static float block_highest(const struct field *f, int bx, int by)
{
    int x1 = (bx + 1) * FIELD_BLOCK < f->nx ? (bx + 1) * FIELD_BLOCK : f->nx;
    int y1 = (by + 1) * FIELD_BLOCK < f->ny ? (by + 1) * FIELD_BLOCK : f->ny;
    float top = 0;
    for (int y = by * FIELD_BLOCK; y < y1; y++)
        for (int x = bx * FIELD_BLOCK; x < x1; x++)
            top = f->height[y * f->nx + x] > top ? f->height[y * f->nx + x] : top;
    return top;
}

static float highest_near(const struct field *f, int bx, int by)
{
    int x0 = bx > FIELD_NEAR ? bx - FIELD_NEAR : 0, y0 = by > FIELD_NEAR ? by - FIELD_NEAR : 0;
    float top = 0;
    for (int y = y0; y <= by + FIELD_NEAR && y < f->by; y++)
        for (int x = x0; x <= bx + FIELD_NEAR && x < f->bx; x++)
            top = f->block_top[y * f->bx + x] > top ? f->block_top[y * f->bx + x] : top;
    return top;
}

void field_update_blocks(struct field *f, struct cells c)
{
    if (c.x1 <= c.x0 || c.y1 <= c.y0)
        return;
    for (int y = c.y0 / FIELD_BLOCK; y <= (c.y1 - 1) / FIELD_BLOCK; y++)
        for (int x = c.x0 / FIELD_BLOCK; x <= (c.x1 - 1) / FIELD_BLOCK; x++)
            f->block_top[y * f->bx + x] = block_highest(f, x, y);
    for (int y = c.y0 / FIELD_BLOCK - FIELD_NEAR; y <= (c.y1 - 1) / FIELD_BLOCK + FIELD_NEAR; y++)
        for (int x = c.x0 / FIELD_BLOCK - FIELD_NEAR; x <= (c.x1 - 1) / FIELD_BLOCK + FIELD_NEAR; x++)
            if (x >= 0 && y >= 0 && x < f->bx && y < f->by)
                f->near_top[y * f->bx + x] = highest_near(f, x, y);
    f->top = 0;
    for (int i = 0; i < f->bx * f->by; i++)
        f->top = f->block_top[i] > f->top ? f->block_top[i] : f->top;
}

float field_top_of(const struct field *f, struct cells c)
{
    float top = 0;
    if (c.x1 <= c.x0 || c.y1 <= c.y0)
        return top;
    for (int y = c.y0 / FIELD_BLOCK; y <= (c.y1 - 1) / FIELD_BLOCK; y++)
        for (int x = c.x0 / FIELD_BLOCK; x <= (c.x1 - 1) / FIELD_BLOCK; x++)
            top = f->block_top[y * f->bx + x] > top ? f->block_top[y * f->bx + x] : top;
    return top;
}

void field_copy(struct field *to, const struct field *from, struct cells c)
{
    for (int y = c.y0; y < c.y1; y++) {
        size_t at = (size_t)y * (size_t)to->nx + (size_t)c.x0, n = (size_t)(c.x1 - c.x0);
        memcpy(to->height + at, from->height + at, n * sizeof *to->height);
        memcpy(to->paint + at, from->paint + at, n * sizeof *to->paint);
    }
}

/* ---- rays ---- */

/* How far along (per mm of z) the ray stays in the block that holds (x, y); hx, hy: mm sideways per mm of z.
 */
static float leave_block(float x, float y, float hx, float hy)
{
    float tx = 1e9f, ty = 1e9f, nudge = 0.01f;
    float bx = floorf(x / FIELD_BLOCK_MM) * FIELD_BLOCK_MM, by = floorf(y / FIELD_BLOCK_MM) * FIELD_BLOCK_MM;
    if (hx > 1e-6f)
        tx = (bx + FIELD_BLOCK_MM + nudge - x) / hx;
    else if (hx < -1e-6f)
        tx = (bx - nudge - x) / hx;
    if (hy > 1e-6f)
        ty = (by + FIELD_BLOCK_MM + nudge - y) / hy;
    else if (hy < -1e-6f)
        ty = (by - nudge - y) / hy;
    return tx < ty ? tx : ty;
}

static inline float block_top_at(const struct field *f, float x, float y)
{
    return f->block_top[(int)(y * (1.0f / FIELD_BLOCK_MM)) * f->bx + (int)(x * (1.0f / FIELD_BLOCK_MM))];
}

/* A surface does not shade itself within this height. */
#define SHADE_BIAS_MM 0.6f
/* A step of a ray goes no farther sideways than this: little more than a cell. */
#define RAY_STEP_MM 0.6f
/* ... nor farther in height */
#define RAY_STEP_Z_MM 3.0f

bool field_shadowed(const struct field *f, float x, float y, float z, float lx, float ly, float lz)
{
    float hx = (lx - x) / (lz - z), hy = (ly - y) / (lz - z);
    float sideways = sqrtf(hx * hx + hy * hy);
    float step = sideways > RAY_STEP_MM / RAY_STEP_Z_MM ? RAY_STEP_MM / sideways : RAY_STEP_Z_MM;
    float t = SHADE_BIAS_MM; /* height gained */
    float leap = sideways > 1e-3f ? FIELD_NEAR_MM / sideways : 1e4f;
    while (z + t < f->top) {
        float px = x + hx * t, py = y + hy * t;
        if (!field_holds(f, px, py))
            return false;
        if (z + t >= block_top_at(f, px, py)) {
            t += z + t >= field_near_top(f, px, py) ? leap : leave_block(px, py, hx, hy);
            continue;
        }
        if (f->height[field_index(f, px, py)] > z + t)
            return true;
        t += step;
    }
    return false;
}

/* The first cell in reach of the step that is higher than the ray: its top, or its wall. */
static bool step_meets(const struct field *f, const float o[3], float sx, float sy, float z, float z_next,
                       float hit[3])
{
    float x = o[0] + sx * (o[2] - z_next), y = o[1] + sy * (o[2] - z_next);
    if (!field_holds(f, x, y))
        return false;
    float h = f->height[field_index(f, x, y)];
    if (h < z_next)
        return false;
    hit[2] = h < z ? h : z;
    hit[0] = o[0] + sx * (o[2] - hit[2]);
    hit[1] = o[1] + sy * (o[2] - hit[2]);
    return true;
}

bool field_meet(const struct field *f, const float o[3], float sx, float sy, float hit[3])
{
    float sideways = sqrtf(sx * sx + sy * sy);
    float step = sideways > RAY_STEP_MM / RAY_STEP_Z_MM ? RAY_STEP_MM / sideways : RAY_STEP_Z_MM;
    float z = f->top;
    while (z > 0) {
        float x = o[0] + sx * (o[2] - z), y = o[1] + sy * (o[2] - z);
        float low = 0;
        bool inside = field_holds(f, x, y);
        if (inside) /* nothing is met above the block's top while the ray stays in the block */
            low = z - leave_block(x, y, sx, sy);
        if (!inside) {
            z -= step;
            continue;
        }
        float top = block_top_at(f, x, y);
        if (z > top + 1e-3f) {
            z = low > top ? low : top;
            continue;
        }
        float next = z - step > 0 ? z - step : 0;
        if (step_meets(f, o, sx, sy, z, next, hit))
            return true;
        z = next;
    }
    hit[0] = o[0] + sx * o[2];
    hit[1] = o[1] + sy * o[2];
    hit[2] = 0;
    return field_holds(f, hit[0], hit[1]);
}
