#include "sim_eye.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIGHT_MAX 65535.0f

/* ---- tone and noise of the sensor ---- */

#define FULL_WELL_E  9000.0f /* electrons of a full pixel of a small sensor */
#define READ_NOISE_E 8.0f

static float video_curve(float v) /* ITU-R BT.709, as webcams do */
{
    return v < 0.018f ? 4.5f * v : 1.099f * powf(v, 0.45f) - 0.099f;
}

static void fill_tone(struct eye *e)
{
    for (int i = 0; i < EYE_TONES; i++) {
        float v = ((float)i + 0.5f) / EYE_TONES, g = video_curve(v);
        float slope = (video_curve(v + 0.002f) - video_curve(fmaxf(v - 0.002f, 0))) /
                      (v < 0.002f ? v + 0.002f : 0.004f);
        float noise = sqrtf(v * FULL_WELL_E + READ_NOISE_E * READ_NOISE_E) / FULL_WELL_E * slope;
        e->tones[i] = (struct eye_tone){(int16_t)(fminf(g, 1) * 255 * EYE_GREY),
                                        (uint16_t)fminf(noise * 255 * EYE_GREY, 255)};
    }
    e->tones[EYE_TONES - 1].sigma = 0; /* a clipped pixel is white without noise */
}

enum lw_msg eye_init(struct eye *e, const struct pinhole *camera, struct lw_error *err)
{
    int width = camera->lens.width, height = camera->lens.height;
    *e = (struct eye){.width = width, .height = height, .ambient = 1};
    e->tiles_x = (width + EYE_TILE - 1) / EYE_TILE;
    e->tiles_y = (height + EYE_TILE - 1) / EYE_TILE;
    size_t n = (size_t)width * (size_t)height;
    e->sx = malloc(n * sizeof *e->sx);
    e->sy = malloc(n * sizeof *e->sy);
    e->raw = calloc(n, sizeof *e->raw);
    e->pixels = calloc(n + 1, sizeof *e->pixels);
    e->clean = calloc(n * 3, sizeof *e->clean);
    e->sigma = calloc(n, 3);
    e->tiles = calloc((size_t)e->tiles_x * (size_t)e->tiles_y, sizeof *e->tiles);
    e->tones = malloc(EYE_TONES * sizeof *e->tones);
    if (!e->sx || !e->sy || !e->raw || !e->pixels || !e->clean || !e->sigma || !e->tiles || !e->tones)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    fill_tone(e);
    eye_aim(e, camera);
    return LW_OK;
}

void eye_finish(struct eye *e)
{
    free(e->sx);
    free(e->sy);
    free(e->raw);
    free(e->pixels);
    free(e->clean);
    free(e->sigma);
    free(e->tiles);
    free(e->tones);
    *e = (struct eye){0};
}

void eye_aim(struct eye *e, const struct pinhole *camera)
{
    for (int y = 0; y < e->height; y++)
        optics_ray_row(camera, y, e->sx + (ptrdiff_t)y * e->width, e->sy + (ptrdiff_t)y * e->width);
}

/* ---- looking ---- */

static struct picture_rect clip_to_eye(const struct eye *e, int x0, int y0, int x1, int y1)
{
    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 > e->width ? e->width : x1;
    y1 = y1 > e->height ? e->height : y1;
    if (x1 <= x0 || y1 <= y0)
        return (struct picture_rect){0};
    return (struct picture_rect){x0, y0, x1 - x0, y1 - y0};
}

/* The lens draws a point as a spot: share of the middle pixel and of a neighbour, along each axis. */
#define SPOT_MIDDLE 0.64f
#define SPOT_SIDE   0.18f
/* Light lost to the corners of the picture. */
#define VIGNETTING 0.22f

static void soften_pixel(struct eye *e, int x, int y)
{
    static const float weight[3] = {SPOT_SIDE, SPOT_MIDDLE, SPOT_SIDE};
    float sum[6] = {0};
    for (int j = -1; j <= 1; j++) {
        int yy = y + j < 0 ? 0 : y + j >= e->height ? e->height - 1 : y + j;
        for (int i = -1; i <= 1; i++) {
            int xx = x + i < 0 ? 0 : x + i >= e->width ? e->width - 1 : x + i;
            const struct light_sample *s = &e->raw[(ptrdiff_t)yy * e->width + xx];
            float w = weight[i + 1] * weight[j + 1];
            for (int c = 0; c < 3; c++) {
                sum[c] += w * s->room[c];
                sum[3 + c] += w * s->beam[c];
            }
        }
    }
    float rx = 2 * (float)x / (float)e->width - 1,
          ry = 2 * (float)y / (float)e->width - (float)e->height / (float)e->width;
    float gain = (1 - VIGNETTING * (rx * rx + ry * ry)) * EYE_FULL;
    ptrdiff_t i = (ptrdiff_t)y * e->width + x;
    struct eye_pixel *out = &e->pixels[i];
    out->u = e->raw[i].u;
    out->v = e->raw[i].v;
    for (int c = 0; c < 6; c++)
        out->light[c] = (uint16_t)fminf(sum[c] * gain, LIGHT_MAX);
}

static void bound_tile(struct eye *e, int tx, int ty)
{
    struct eye_tile *t = &e->tiles[ty * e->tiles_x + tx];
    *t = (struct eye_tile){1e9f, 1e9f, -1e9f, -1e9f, {1e9f, -1e9f}, t->hand, true};
    for (int y = ty * EYE_TILE; y < (ty + 1) * EYE_TILE && y < e->height; y++) {
        for (int x = tx * EYE_TILE; x < (tx + 1) * EYE_TILE && x < e->width; x++) {
            const struct light_sample *s = &e->raw[(ptrdiff_t)y * e->width + x];
            t->z[0] = fminf(t->z[0], s->z);
            t->z[1] = fmaxf(t->z[1], s->z);
            if (s->u < -2)
                continue;
            t->u0 = fminf(t->u0, s->u);
            t->v0 = fminf(t->v0, s->v);
            t->u1 = fmaxf(t->u1, s->u);
            t->v1 = fmaxf(t->v1, s->v);
        }
    }
}

void eye_look(struct eye *e, const struct light_room *r, const struct field *f, struct picture_rect px)
{
    if (!px.width)
        return;
    for (int y = px.y; y < px.y + px.height; y++)
        for (int x = px.x; x < px.x + px.width; x++) {
            ptrdiff_t i = (ptrdiff_t)y * e->width + x;
            light_sample(r, f, e->sx[i], e->sy[i], &e->raw[i]);
        }
    struct picture_rect w = clip_to_eye(e, px.x - 1, px.y - 1, px.x + px.width + 1, px.y + px.height + 1);
    for (int y = w.y; y < w.y + w.height; y++)
        for (int x = w.x; x < w.x + w.width; x++)
            soften_pixel(e, x, y);
    for (int ty = w.y / EYE_TILE; ty <= (w.y + w.height - 1) / EYE_TILE; ty++)
        for (int tx = w.x / EYE_TILE; tx <= (w.x + w.width - 1) / EYE_TILE; tx++)
            bound_tile(e, tx, ty);
}

/* ---- what a change touches ---- */

struct bounds {
    float x0, y0, x1, y1;
};

static void bounds_add(struct bounds *b, float x, float y)
{
    b->x0 = fminf(b->x0, x);
    b->y0 = fminf(b->y0, y);
    b->x1 = fmaxf(b->x1, x);
    b->y1 = fmaxf(b->y1, y);
}

static struct picture_rect seen_bounds(const struct eye *e, const struct pinhole *camera, float points[][3],
                                       int count)
{
    struct optics o;
    struct bounds b = {1e9f, 1e9f, -1e9f, -1e9f};
    optics_fast(camera, &o);
    for (int i = 0; i < count; i++) {
        float u, v;
        if (optics_project(&o, points[i][0], points[i][1], points[i][2], &u, &v))
            bounds_add(&b, fminf(fmaxf(u, -50), (float)e->width + 50),
                       fminf(fmaxf(v, -50), (float)e->height + 50));
    }
    if (b.x1 < b.x0)
        return (struct picture_rect){0};
    return clip_to_eye(e, (int)b.x0 - 3, (int)b.y0 - 3, (int)b.x1 + 4, (int)b.y1 + 4);
}

/* The soft shade of the sky reaches as far as open_sky looks. */
#define SOFT_SHADE_MM 19.0f

struct picture_rect eye_touched(const struct eye *e, const struct pinhole *camera, const struct light_room *r,
                                const struct stage_change *change)
{
    struct cells c = change->cells;
    if (c.x1 <= c.x0 || c.y1 <= c.y0)
        return (struct picture_rect){0};
    float top = change->top, box[4] = {(float)c.x0 * FIELD_CELL_MM, (float)c.y0 * FIELD_CELL_MM,
                                       (float)c.x1 * FIELD_CELL_MM, (float)c.y1 * FIELD_CELL_MM};
    struct bounds b = {box[0] - SOFT_SHADE_MM, box[1] - SOFT_SHADE_MM, box[2] + SOFT_SHADE_MM,
                       box[3] + SOFT_SHADE_MM};
    float lights[LAMP_PARTS + 3][3];
    memcpy(lights, lamp_parts, sizeof lamp_parts);
    memcpy(lights[LAMP_PARTS], r->projector.c, sizeof lights[0]);
    int count = LAMP_PARTS + 1 + light_window_places(r, lights + LAMP_PARTS + 1);
    for (int l = 0; l < count; l++)
        for (int i = 0; i < 4; i++) {
            float x = box[i & 1 ? 2 : 0], y = box[i & 2 ? 3 : 1], t = top / (lights[l][2] - top);
            bounds_add(&b, x + t * (x - lights[l][0]), y + t * (y - lights[l][1]));
        }
    float points[8][3];
    for (int i = 0; i < 8; i++) {
        points[i][0] = i & 1 ? b.x1 : b.x0;
        points[i][1] = i & 2 ? b.y1 : b.y0;
        points[i][2] = i & 4 ? top : 0;
    }
    return seen_bounds(e, camera, points, 8);
}

/* ---- marks ---- */

void eye_mark_all(struct eye *e)
{
    for (int i = 0; i < e->tiles_x * e->tiles_y; i++)
        e->tiles[i].dirty = true;
}

void eye_mark_beam(struct eye *e, struct picture_rect rect)
{
    float u0 = (float)rect.x - 1, v0 = (float)rect.y - 1;
    float u1 = (float)(rect.x + rect.width), v1 = (float)(rect.y + rect.height);
    for (int i = 0; i < e->tiles_x * e->tiles_y; i++) {
        struct eye_tile *t = &e->tiles[i];
        bool falls = t->u0 <= u1 && t->u1 >= u0 && t->v0 <= v1 && t->v1 >= v0;
        t->dirty = t->dirty || falls || t->hand.some & HAND_SEEN; /* the projector's picture falls on the hand too */
    }
}

/* What the hand takes from each tile that it may touch; only those it touched or touches are marked. */
static void mark_hand(struct eye *e, const struct light_room *r, const struct hand *h, struct picture_rect w)
{
    for (int ty = w.y / EYE_TILE; ty <= (w.y + w.height - 1) / EYE_TILE; ty++)
        for (int tx = w.x / EYE_TILE; tx <= (w.x + w.width - 1) / EYE_TILE; tx++) {
            struct eye_tile *t = &e->tiles[ty * e->tiles_x + tx];
            float rays[4][2];
            for (int i = 0; i < 4; i++) {
                int x = (tx + (i & 1)) * EYE_TILE - (i & 1), y = (ty + (i >> 1)) * EYE_TILE - (i >> 1);
                x = x < e->width ? x : e->width - 1;
                y = y < e->height ? y : e->height - 1;
                rays[i][0] = e->sx[(ptrdiff_t)y * e->width + x];
                rays[i][1] = e->sy[(ptrdiff_t)y * e->width + x];
            }
            t->hand = hand_takes(h, r, rays, t->z);
            t->dirty = t->dirty || t->hand.some;
        }
}

void eye_mark_hand(struct eye *e, const struct pinhole *camera, const struct light_room *r,
                   const struct hand *h)
{
    for (int i = 0; i < e->tiles_x * e->tiles_y; i++) {
        struct eye_tile *t = &e->tiles[i];
        t->dirty = t->dirty || t->hand.some;
        t->hand = (struct hand_takes){0};
    }
    if (!h->there)
        return;
    float points[HAND_CORNERS][3];
    struct picture_rect w = seen_bounds(e, camera, points, hand_corners(h, r, points));
    if (w.width)
        mark_hand(e, r, h, w);
}
