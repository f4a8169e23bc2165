/* The bare bench: glued staves of beech, and shallow tubs with stock in them. */
#include "sim_solid.h"
#include "sim_stage.h"

#include <math.h>
#include <string.h>

/* ---- wood ---- */

#define STAVE_WIDTH_MM  42.0f
#define STAVE_LENGTH_MM 380.0f

static float smooth_noise(float x, float y, uint32_t seed)
{
    float fx = floorf(x), fy = floorf(y), tx = x - fx, ty = y - fy;
    uint32_t ix = (uint32_t)(int32_t)fx, iy = (uint32_t)(int32_t)fy;
    tx = tx * tx * (3 - 2 * tx);
    ty = ty * ty * (3 - 2 * ty);
    float a = field_random(ix, iy, seed), b = field_random(ix + 1, iy, seed);
    float c = field_random(ix, iy + 1, seed), d = field_random(ix + 1, iy + 1, seed);
    return a + (b - a) * tx + (c - a + (a - b - c + d) * tx) * ty;
}

/* Brightness of the wood: tone of the stave, growth rings, pores, glue lines. */
static float wood_tone(float x, float y, uint32_t seed)
{
    float row = floorf(y / STAVE_WIDTH_MM);
    float start = STAVE_LENGTH_MM * field_random((uint32_t)row, 1, seed);
    float column = floorf((x + start) / STAVE_LENGTH_MM);
    uint32_t stave = field_hash((uint32_t)row, (uint32_t)(int32_t)column, seed);
    float bend = 9 * smooth_noise(x / 170, y / 60, stave) + 2 * smooth_noise(x / 40, y / 11, stave + 1);
    float rings = sinf((y + bend * 2.2f) * (0.5f + 0.5f * field_random(stave, 2, seed)));
    float pores = smooth_noise(x / 6, y * 1.6f, stave + 2);
    float fleck = smooth_noise(x / 2.2f, y * 0.9f, stave + 3);
    float tone = 1 + 0.13f * (field_random(stave, 3, seed) - 0.5f) + 0.035f * rings + 0.05f * (pores - 0.5f);
    tone -= fleck > 0.83f ? 0.07f : 0;
    float across = y - row * STAVE_WIDTH_MM, along = x + start - column * STAVE_LENGTH_MM;
    return across < 0.6f || along < 0.6f ? tone * 0.80f : tone;
}

static uint8_t level(float v)
{
    return (uint8_t)fminf(fmaxf(v, 0), 255);
}

#define WOOD_GLOSS 22

/* The grain is drawn in squares of so many cells: a camera pixel is no smaller. */
#define GRAIN_CELLS 2

static uint32_t wood_paint(const struct pretend_bench *scene, int cx, int cy)
{
    float tone = wood_tone((float)cx * FIELD_CELL_MM, (float)cy * FIELD_CELL_MM, scene->seed);
    /* darker wood is redder */
    uint8_t c[3] = {level((float)scene->colour[0] * (1.25f * tone - 0.25f)),
                    level((float)scene->colour[1] * (1.08f * tone - 0.08f)),
                    level((float)scene->colour[2] * tone)};
    return paint_of(c, WOOD_GLOSS);
}

static void draw_wood(struct field *f, const struct pretend_bench *scene)
{
    for (int cy = 0; cy < f->ny; cy++) {
        uint32_t *row = f->paint + (size_t)cy * (size_t)f->nx;
        if (cy % GRAIN_CELLS) {
            memcpy(row, row - f->nx, (size_t)f->nx * sizeof *row);
            continue;
        }
        for (int cx = 0; cx < f->nx; cx++)
            row[cx] = cx % GRAIN_CELLS ? row[cx - 1] : wood_paint(scene, cx, cy);
    }
}

/* ---- tubs ---- */

#define TUB_WALL_MM   3.0f
#define TUB_FLOOR_MM  3.0f
#define TUB_CORNER_MM 8.0f
#define TUB_GLOSS     46

static void draw_tub(struct field *f, const struct pretend_bin *b, uint32_t seed)
{
    struct cells c = field_cells(f, b->area[0], b->area[1], b->area[2], b->area[3]);
    struct solid outer = {.shape = SOLID_BOX,
                          .radius = {TUB_CORNER_MM, TUB_CORNER_MM},
                          .at = {0.5f * (b->area[0] + b->area[2]), 0.5f * (b->area[1] + b->area[3]),
                                 b->area[2] - b->area[0], b->area[3] - b->area[1]}};
    for (int cy = c.y0; cy < c.y1; cy++) {
        for (int cx = c.x0; cx < c.x1; cx++) {
            float x = ((float)cx + 0.5f) * FIELD_CELL_MM, y = ((float)cy + 0.5f) * FIELD_CELL_MM;
            float inside = solid_inside(&outer, x, y);
            if (inside < 0)
                continue;
            float dim =
                inside < TUB_WALL_MM ? 1.12f : 0.94f + 0.04f * field_random((uint32_t)cx, (uint32_t)cy, seed);
            uint8_t k[3] = {level(b->colour[0] * dim), level(b->colour[1] * dim), level(b->colour[2] * dim)};
            f->height[cy * f->nx + cx] = inside < TUB_WALL_MM ? b->height_mm : TUB_FLOOR_MM;
            f->paint[cy * f->nx + cx] = paint_of(k, TUB_GLOSS);
        }
    }
}

/* Stock lies about in its tub, along its longer side, without reaching over the wall. */
static void draw_stock(struct field *f, const struct pretend_bench *scene, const struct pretend_bin *b,
                       uint32_t seed)
{
    if (b->kind < 0)
        return;
    const struct pretend_kind *k = &scene->kinds[b->kind];
    float width = b->area[2] - b->area[0] - 2 * TUB_WALL_MM,
          depth = b->area[3] - b->area[1] - 2 * TUB_WALL_MM;
    float length = k->box[2] - k->box[0], across = k->box[3] - k->box[1];
    bool upright = (width >= depth) != (length >= across);
    for (int i = 0; i < b->count; i++) {
        float angle = (upright ? 1.5708f : 0) + 0.16f * (field_random((uint32_t)i, 1, seed) - 0.5f);
        if (field_random((uint32_t)i, 2, seed) < 0.5f)
            angle += 3.14159f;
        float c = cosf(angle), s = sinf(angle);
        float free_x = fmaxf(width - fabsf(c) * length - fabsf(s) * across, 0);
        float free_y = fmaxf(depth - fabsf(s) * length - fabsf(c) * across, 0);
        float mid_x = 0.5f * (k->box[0] + k->box[2]), mid_y = 0.5f * (k->box[1] + k->box[3]);
        /* spread evenly over the tub's free room, then shaken */
        float share = b->count > 1 ? ((float)i + 0.6f * (field_random((uint32_t)i, 5, seed) - 0.5f)) /
                                         (float)(b->count - 1)
                                   : 0.5f;
        float sx = free_x > free_y ? share : field_random((uint32_t)i, 3, seed);
        float sy = free_x > free_y ? field_random((uint32_t)i, 4, seed) : share;
        struct laying l = {.cos = c,
                           .sin = s,
                           .z = TUB_FLOOR_MM + 1.2f * (float)(i % 3),
                           .x = 0.5f * (b->area[0] + b->area[2]) + free_x * (fminf(fmaxf(sx, 0), 1) - 0.5f),
                           .y = 0.5f * (b->area[1] + b->area[3]) + free_y * (fminf(fmaxf(sy, 0), 1) - 0.5f)};
        l.x -= c * mid_x - s * mid_y;
        l.y -= s * mid_x + c * mid_y;
        solid_draw_kind(f, k, &l, field_cells(f, b->area[0], b->area[1], b->area[2], b->area[3]));
    }
}

void ground_draw(struct field *f, const struct pretend_bench *scene)
{
    draw_wood(f, scene);
    for (int i = 0; i < scene->bin_count; i++) {
        draw_tub(f, &scene->bins[i], scene->seed + (uint32_t)i);
        draw_stock(f, scene, &scene->bins[i], scene->seed + 100u + (uint32_t)i);
    }
    field_update_blocks(f, (struct cells){0, 0, f->nx, f->ny});
}
