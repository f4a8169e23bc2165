#include "sim_hand.h"

#include <math.h>
#include <stdlib.h>

/* The drawing of the hand: cells of 2 mm, for a palm of 86 mm. */
#define CELL_MM       2.0f
#define HALF_WIDTH_MM 96.0f
#define BACK_MM       (-1100.0f) /* end of the arm */
#define FRONT_MM      130.0f
#define NX            ((int)(2 * HALF_WIDTH_MM / CELL_MM))
#define NY            ((int)((FRONT_MM - BACK_MM) / CELL_MM))
#define SQUARE        8 /* cells a side */
#define SX            ((NX + SQUARE - 1) / SQUARE)
#define SY            ((NY + SQUARE - 1) / SQUARE)
#define DRAWN_PALM_MM 86.0
#define OUTSIDE_MM    (-2.0f)
#define SLEEVE_MM     (-125.0f) /* from here on the arm is in a sleeve */
#define ROUND_MM      16.0f     /* the edge of hand and arm is rounded over this width */

/* The hand's plane lies half its thickness over what z_mm says. */
#define HALF_THICK_MM 12.0f

struct bone {
    float x0, y0, r0, x1, y1, r1;
};

/* A right hand, fingers slightly spread, as it lays something down. */
static const struct bone bones[] = {
    {-4, -26, 36, 2, 22, 40},    {-30, 34, 10.5f, -46, 92, 8}, {-10, 44, 11, -15, 112, 8.5f},
    {12, 44, 11, 15, 110, 8.5f}, {32, 34, 10, 42, 88, 7.5f},   {-34, -18, 15, -62, 22, 11},
    {-62, 22, 11, -66, 52, 9},   {0, -40, 31, 0, -125, 30},    {0, -120, 40, 0, -420, 52},
    {0, -420, 52, 0, -1100, 66},
};

static float bone_depth(const struct bone *b, float x, float y)
{
    float ax = b->x1 - b->x0, ay = b->y1 - b->y0, px = x - b->x0, py = y - b->y0;
    float t = fminf(fmaxf((px * ax + py * ay) / (ax * ax + ay * ay), 0), 1);
    return b->r0 + t * (b->r1 - b->r0) - hypotf(px - t * ax, py - t * ay);
}

static void find_extremes(struct hand *h)
{
    for (int i = 0; i < SX * SY; i++) {
        h->deepest[i] = OUTSIDE_MM;
        h->shallowest[i] = 1e9f;
    }
    for (int j = 0; j < NY; j++)
        for (int i = 0; i < NX; i++) {
            int square = j / SQUARE * SX + i / SQUARE;
            h->deepest[square] = fmaxf(h->deepest[square], h->depth[j * NX + i]);
            h->shallowest[square] = fminf(h->shallowest[square], h->depth[j * NX + i]);
        }
}

enum lw_msg hand_init(struct hand *h, double width_mm, struct lw_error *err)
{
    *h = (struct hand){.scale = (float)(width_mm / DRAWN_PALM_MM), .cos = 1};
    h->depth = malloc((size_t)NX * NY * sizeof *h->depth);
    h->deepest = malloc((size_t)SX * SY * sizeof *h->deepest);
    h->shallowest = malloc((size_t)SX * SY * sizeof *h->shallowest);
    if (!h->depth || !h->deepest || !h->shallowest)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int j = 0; j < NY; j++) {
        for (int i = 0; i < NX; i++) {
            float x = ((float)i + 0.5f) * CELL_MM - HALF_WIDTH_MM, y = ((float)j + 0.5f) * CELL_MM + BACK_MM;
            float deepest = OUTSIDE_MM;
            for (size_t b = 0; b < sizeof bones / sizeof bones[0]; b++)
                deepest = fmaxf(deepest, bone_depth(&bones[b], x, y));
            h->depth[j * NX + i] = deepest;
        }
    }
    find_extremes(h);
    return LW_OK;
}

void hand_finish(struct hand *h)
{
    free(h->depth);
    free(h->deepest);
    free(h->shallowest);
    *h = (struct hand){0};
}

/* The person stands in front of the middle of the bench and leans a little after the hand. */
#define SHOULDER_X_MM 640.0f
#define SHOULDER_Y_MM (-420.0f)
#define SHOULDER_LEAN 0.55f

void hand_place(struct hand *h, double x_mm, double y_mm, double z_mm, int glove)
{
    h->there = true;
    h->x = (float)x_mm;
    h->y = (float)y_mm;
    h->z = (float)z_mm;
    h->glove = glove;
    float dx = (h->x - SHOULDER_X_MM) * (1 - SHOULDER_LEAN), dy = h->y - SHOULDER_Y_MM;
    float n = fmaxf(hypotf(dx, dy), 1);
    h->cos = dy / n; /* the hand's y axis points away from the shoulder */
    h->sin = -dx / n;
}

static inline void into_hand(const struct hand *h, float x, float y, float *lx, float *ly)
{
    float dx = (x - h->x) / h->scale, dy = (y - h->y) / h->scale;
    *lx = h->cos * dx + h->sin * dy;
    *ly = h->cos * dy - h->sin * dx;
}

/* A point of the hand's plane in cells of the drawing. */
static inline void into_cells(const struct hand *h, float x, float y, float *u, float *v)
{
    float lx, ly;
    into_hand(h, x, y, &lx, &ly);
    *u = (lx + HALF_WIDTH_MM) / CELL_MM - 0.5f;
    *v = (ly - BACK_MM) / CELL_MM - 0.5f;
}

/* How far inside the outline a point of the hand's plane is (mm), smooth. */
static inline float depth_at(const struct hand *h, float x, float y)
{
    float u, v;
    into_cells(h, x, y, &u, &v);
    if (!(u >= 0 && v >= 0 && u < NX - 1 && v < NY - 1))
        return OUTSIDE_MM;
    int i = (int)u, j = (int)v;
    float fu = u - (float)i, fv = v - (float)j;
    const float *d = h->depth + j * NX + i;
    float low = d[0] + fu * (d[1] - d[0]), high = d[NX] + fu * (d[NX + 1] - d[NX]);
    return low + fv * (high - low);
}

static inline float share(float depth)
{
    return fminf(fmaxf(0.5f + depth, 0), 1);
}

float hand_shadow(const struct hand *h, const float at[3], const float light[3])
{
    float up = h->z + HALF_THICK_MM - at[2];
    if (up <= 0)
        return 0;
    float t = up / (light[2] - at[2]);
    return share(depth_at(h, at[0] + t * (light[0] - at[0]), at[1] + t * (light[1] - at[1])));
}

/* ---- which pixels it can touch ---- */

struct span {
    float u0, v0, u1, v1; /* cells */
};

static void span_add(struct span *s, const struct hand *h, float x, float y)
{
    float u, v;
    into_cells(h, x, y, &u, &v);
    s->u0 = fminf(s->u0, u);
    s->v0 = fminf(s->v0, v);
    s->u1 = fmaxf(s->u1, u);
    s->v1 = fmaxf(s->v1, v);
}

static int square_of(float cell, int squares)
{
    int i = cell < 0 ? 0 : (int)cell / SQUARE;
    return i < squares ? i : squares - 1;
}

/* A cell more each way: the lens bends the patch's sides, and depth is taken between cells. */
#define SPAN_MORE 1.5f

/* The least and the most depth in it. */
static void span_depth(const struct hand *h, const struct span *s, float depth[2])
{
    bool beside = s->u1 < -SPAN_MORE || s->v1 < -SPAN_MORE || s->u0 > NX + SPAN_MORE || s->v0 > NY + SPAN_MORE;
    bool within = s->u0 > SPAN_MORE && s->v0 > SPAN_MORE && s->u1 < NX - SPAN_MORE && s->v1 < NY - SPAN_MORE;
    int i0 = square_of(s->u0 - SPAN_MORE, SX), i1 = square_of(s->u1 + SPAN_MORE, SX);
    int j0 = square_of(s->v0 - SPAN_MORE, SY), j1 = square_of(s->v1 + SPAN_MORE, SY);
    depth[0] = within ? 1e9f : OUTSIDE_MM;
    depth[1] = OUTSIDE_MM;
    for (int j = j0; j <= j1 && !beside; j++)
        for (int i = i0; i <= i1; i++) {
            depth[0] = fminf(depth[0], h->shallowest[j * SX + i]);
            depth[1] = fmaxf(depth[1], h->deepest[j * SX + i]);
        }
}

static void takes_add(struct hand_takes *t, const struct hand *h, const struct span *s, int bit)
{
    float depth[2];
    span_depth(h, s, depth);
    t->some = (uint8_t)(t->some | (share(depth[1]) > 0 ? bit : 0));
    t->whole = (uint8_t)(t->whole | (share(depth[0]) >= 1 ? bit : 0));
}

/* Where a light's rays to the patch's outermost points, low and high, cross the hand's plane. Each moves along a
 * straight line as the height changes, so that the ends hold all between. No light: straight from above. */
static void takes_from(struct hand_takes *t, const struct hand *h, const float points[8][3], const float *light,
                       int bit)
{
    struct span s = {1e9f, 1e9f, -1e9f, -1e9f};
    for (int i = 0; i < 8; i++) {
        const float *at = points[i];
        float up = h->z + HALF_THICK_MM - at[2];
        if (up <= 0) /* it stands out above the hand: not wholly in its shadow */
            up = 0, span_add(&s, h, 1e6f, 1e6f);
        float k = light ? up / (light[2] - at[2]) : 0;
        span_add(&s, h, light ? at[0] + k * (light[0] - at[0]) : at[0], light ? at[1] + k * (light[1] - at[1]) : at[1]);
    }
    takes_add(t, h, &s, bit);
}

struct hand_takes hand_takes(const struct hand *h, const struct light_room *r, const float rays[4][2],
                             const float z[2])
{
    float points[8][3], own = r->camera[2] - h->z - HALF_THICK_MM, depth[2];
    struct span seen = {1e9f, 1e9f, -1e9f, -1e9f};
    struct hand_takes t = {0};
    for (int i = 0; i < 8; i++) {
        const float *ray = rays[i & 3];
        points[i][2] = z[i >> 2];
        for (int c = 0; c < 2; c++)
            points[i][c] = r->camera[c] + ray[c] * (r->camera[2] - points[i][2]);
        span_add(&seen, h, r->camera[0] + ray[0] * own, r->camera[1] + ray[1] * own);
    }
    takes_add(&t, h, &seen, HAND_SEEN);
    span_depth(h, &seen, depth);
    float cuff = (SLEEVE_MM - BACK_MM) / CELL_MM;
    t.flat = depth[0] >= ROUND_MM && (seen.v1 + SPAN_MORE < cuff || seen.v0 - SPAN_MORE > cuff);
    takes_from(&t, h, points, r->projector.c, HAND_BEAM);
    takes_from(&t, h, points, NULL, HAND_SKY);
    for (int i = 0; i < LAMP_PARTS; i++)
        takes_from(&t, h, points, lamp_parts[i], HAND_LAMP << i);
    return t;
}

/* ---- what it looks like ---- */

static const float skins[3][3] = {{0.24f, 0.34f, 0.58f}, {0.62f, 0.30f, 0.10f}, {0.80f, 0.82f, 0.80f}};
static const float sleeve[3] = {0.22f, 0.16f, 0.13f};

static void hand_normal(const struct hand *h, float x, float y, float depth, float n[3])
{
    if (depth >= ROUND_MM) { /* flat */
        n[0] = n[1] = 0;
        n[2] = 1;
        return;
    }
    float gx = 0.5f * (depth_at(h, x + 2, y) - depth_at(h, x - 2, y));
    float gy = 0.5f * (depth_at(h, x, y + 2) - depth_at(h, x, y - 2));
    float tilt = 1 - fminf(fmaxf(depth, 0) / ROUND_MM, 1);
    n[0] = -gx * tilt * 0.5f;
    n[1] = -gy * tilt * 0.5f;
    n[2] = sqrtf(fmaxf(1 - n[0] * n[0] - n[1] * n[1], 0.04f));
}

float hand_sample(const struct hand *h, const struct light_room *r, float sx, float sy,
                  struct light_sample *out)
{
    float z = h->z + HALF_THICK_MM;
    float at[3] = {r->camera[0] + sx * (r->camera[2] - z), r->camera[1] + sy * (r->camera[2] - z), z};
    float depth = depth_at(h, at[0], at[1]), part = share(depth);
    if (part <= 0)
        return 0;
    float n[3], lx, ly;
    hand_normal(h, at[0], at[1], depth, n);
    into_hand(h, at[0], at[1], &lx, &ly);
    const float *colour = ly < SLEEVE_MM ? sleeve : skins[h->glove >= 0 && h->glove < 3 ? h->glove : 0];
    float beam = light_beam(r, at, n, &out->u, &out->v) * r->preset->projector;
    float lit = (0.35f + 0.65f * n[2]) * (r->preset->sky + r->preset->window * 0.8f) +
                r->preset->lamp * fmaxf(0.95f * n[2] - 0.25f * n[1], 0);
    for (int i = 0; i < 3; i++) {
        out->room[i] = colour[i] * lit * r->exposure / 0.9f;
        out->beam[i] = colour[i] * beam * beam_colour[i] * r->exposure / 0.9f;
    }
    out->z = z;
    return part;
}

int hand_corners(const struct hand *h, const struct light_room *r, float out[HAND_CORNERS][3])
{
    float z = h->z + HALF_THICK_MM, back = fminf(h->y + 60, 1100) / fmaxf(h->cos, 0.5f) + 60;
    const float *lights[] = {r->projector.c, lamp_parts[0], lamp_parts[LAMP_PARTS - 1]};
    int count = 0;
    for (int i = 0; i < 4; i++) {
        float lx = (i & 1 ? 1 : -1) * HALF_WIDTH_MM * h->scale;
        float ly = i & 2 ? FRONT_MM * h->scale : -back;
        float x = h->x + h->cos * lx - h->sin * ly, y = h->y + h->sin * lx + h->cos * ly;
        float *o = out[count++];
        o[0] = x;
        o[1] = y;
        o[2] = z;
        for (int l = 0; l < 3; l++) {
            float t = z / (lights[l][2] - z);
            o = out[count++];
            o[0] = x + t * (x - lights[l][0]);
            o[1] = y + t * (y - lights[l][1]);
            o[2] = 0;
        }
    }
    return count;
}
