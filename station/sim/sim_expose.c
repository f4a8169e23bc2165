/* Puts the camera's picture together from light that is kept, and adds noise. The inner loops of the pretend
 * bench. */
#include "sim_eye.h"

#include "processors.h"

#include <math.h>
#include <string.h>
#include <threads.h>

typedef float four __attribute__((vector_size(16)));
typedef int32_t four_i32 __attribute__((vector_size(16)));
typedef uint16_t eight_u16 __attribute__((vector_size(16)));

/* Two neighbouring pixels of the projector's light, and what lies at a share `f` between them. Written with
 * shuffles: the compiler widens 16-bit lanes one by one otherwise. */
static inline four between(const uint16_t *p, float f)
{
    const eight_u16 none = {0};
    eight_u16 v;
    memcpy(&v, p, sizeof v);
    four_i32 left = (four_i32)__builtin_shuffle(v, none, (eight_u16){0, 8, 1, 9, 2, 10, 3, 11});
    four_i32 right = (four_i32)__builtin_shuffle(v, none, (eight_u16){4, 12, 5, 13, 6, 14, 7, 15});
    four a = __builtin_convertvector(left, four), b = __builtin_convertvector(right, four);
    return a + (b - a) * f;
}

/* The projector's light at (u, v), between its pixels; black outside. */
static inline four beam_at(const struct beam *b, float u, float v)
{
    if (!(u > -1 && v > -1 && u < (float)b->width && v < (float)b->height))
        return (four){0, 0, 0, 0};
    u = u < 0 ? 0 : u;
    v = v < 0 ? 0 : v;
    int x = (int)u, y = (int)v;
    x = x > b->width - 2 ? b->width - 2 : x;
    y = y > b->height - 2 ? b->height - 2 : y;
    float fu = u - (float)x, fv = v - (float)y;
    const uint16_t *p = b->light + ((size_t)y * (size_t)b->width + (size_t)x) * 4;
    four top = between(p, fu), low = between(p + (size_t)b->width * 4, fu);
    return (top + (low - top) * fv) * (1.0f / BEAM_FULL);
}

static inline void put(struct eye *e, ptrdiff_t i, four v)
{
    const struct eye_tone *restrict tones = e->tones;
    int16_t *restrict clean = e->clean + i * 3;
    uint8_t *restrict sigma = e->sigma + i * 3;
    four_i32 n = __builtin_convertvector(v * ((float)EYE_TONES / EYE_FULL), four_i32);
    for (int c = 0; c < 3; c++) {
        struct eye_tone t = tones[n[c] > EYE_TONES - 1 ? EYE_TONES - 1 : n[c]];
        clean[c] = t.grey;
        sigma[c] = (uint8_t)t.sigma;
    }
}

/* Three levels of light; the fourth is whatever follows in memory. */
static inline four widen(const uint16_t *light)
{
    const eight_u16 none = {0};
    eight_u16 v = {0};
    memcpy(&v, light, 8);
    return __builtin_convertvector((four_i32)__builtin_shuffle(v, none, (eight_u16){0, 8, 1, 9, 2, 10, 3, 11}), four);
}

LW_EACH_PROCESSOR static void compose_span(struct eye *e, const struct beam *b, int y, int x0, int x1)
{
    float ambient = e->ambient;
    ptrdiff_t i = (ptrdiff_t)y * e->width + x0;
    for (int x = x0; x < x1; x++, i++) {
        const struct eye_pixel *p = &e->pixels[i];
        put(e, i, ambient * widen(p->light) + beam_at(b, p->u, p->v) * widen(p->light + 3));
    }
}

/* ---- with a hand ---- */

/* How much of a light the hand hides, 0..1; looked up only where its shadow's edge may be. */
static inline float hidden(const struct hand *h, struct hand_takes t, int bit, const float at[3], const float light[3])
{
    if (t.whole & bit)
        return 1;
    return t.some & bit ? hand_shadow(h, at, light) : 0;
}

/* Of the room's light the hand takes away: its shadow by the lamp, and the sky that it hides. */
static float hand_dims(const struct hand *h, const struct light_room *r, const float at[3], struct hand_takes t)
{
    const struct light_preset *p = r->preset;
    float lamp = 0, overhead[3] = {at[0], at[1], 1e5f};
    for (int i = 0; i < LAMP_PARTS; i++)
        lamp += hidden(h, t, HAND_LAMP << i, at, lamp_parts[i]) / LAMP_PARTS;
    float near = 60 / (60 + fmaxf(h->z - at[2], 0));
    float sky = 0.7f * near * hidden(h, t, HAND_SKY, at, overhead);
    return (p->lamp * lamp + p->sky * sky) / (p->lamp + p->sky + p->window);
}

/* Where the pixel's ray ends. */
static void surface_of(const struct eye *e, const struct light_room *r, ptrdiff_t i, float at[3])
{
    float down = r->camera[2] - e->raw[i].z;
    at[0] = r->camera[0] + e->sx[i] * down;
    at[1] = r->camera[1] + e->sy[i] * down;
    at[2] = e->raw[i].z;
}

/* What is left of the room's light in a tile, at every second pixel each way: a lamp's shadow is no sharper. */
#define DIMS_STEP 2
#define DIMS      (EYE_TILE / DIMS_STEP + 1)

static void tile_dims(const struct eye *e, const struct hand *h, const struct light_room *r, int x0, int y0,
                      struct hand_takes t, float left[DIMS][DIMS])
{
    for (int j = 0; j < DIMS; j++)
        for (int i = 0; i < DIMS; i++) {
            int x = x0 + i * DIMS_STEP, y = y0 + j * DIMS_STEP;
            float at[3];
            x = x < e->width ? x : e->width - 1;
            y = y < e->height ? y : e->height - 1;
            surface_of(e, r, (ptrdiff_t)y * e->width + x, at);
            left[j][i] = 1 - hand_dims(h, r, at, t);
        }
}

static inline float dims_at(const float left[DIMS][DIMS], int x, int y)
{
    const float *p = &left[y / DIMS_STEP][x / DIMS_STEP], *q = p + (y % DIMS_STEP ? DIMS : 0);
    int next = x % DIMS_STEP ? 1 : 0;
    return 0.25f * (p[0] + p[next] + q[0] + q[next]);
}

static inline four own_light(const struct eye *e, const struct beam *b, const struct light_sample *own)
{
    four p = beam_at(b, own->u, own->v), v = {0};
    for (int c = 0; c < 3; c++)
        v[c] = EYE_FULL * fminf(e->ambient * own->room[c] + p[c] * own->beam[c], 4);
    return v;
}

static void compose_hand_pixel(struct eye *e, const struct beam *b, const struct hand *h,
                               const struct light_room *r, ptrdiff_t i, struct hand_takes t, float left)
{
    const uint16_t *l = e->pixels[i].light;
    struct light_sample own = {0};
    four v = {0};
    float part = t.some & HAND_SEEN ? hand_sample(h, r, e->sx[i], e->sy[i], &own) : 0;
    if (part < 1) {
        float at[3];
        surface_of(e, r, i, at);
        four p = beam_at(b, e->pixels[i].u, e->pixels[i].v) * (1 - hidden(h, t, HAND_BEAM, at, r->projector.c));
        v = (1 - part) * (e->ambient * left * widen(l) + p * widen(l + 3));
    }
    if (part > 0)
        v += part * own_light(e, b, &own);
    put(e, i, v);
}

struct tile_px {
    int x0, y0, x1, y1;
};

/* The flat inside of the hand: between what its corners show. */
static void compose_flat_tile(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                              const struct tile_px *w, int from)
{
    struct light_sample corner[4];
    int across = w->x1 - 1 - w->x0, down = w->y1 - 1 - w->y0;
    for (int k = 0; k < 4; k++) {
        ptrdiff_t i = (ptrdiff_t)(k & 2 ? w->y1 - 1 : w->y0) * e->width + (k & 1 ? w->x1 - 1 : w->x0);
        hand_sample(h, r, e->sx[i], e->sy[i], &corner[k]);
    }
    for (int y = from > w->y0 ? from : w->y0; y < w->y1; y++)
        for (int x = w->x0; x < w->x1; x++) {
            float fx = across ? (float)(x - w->x0) / (float)across : 0, fy = down ? (float)(y - w->y0) / (float)down : 0;
            float part[4] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
            struct light_sample own = {0};
            for (int k = 0; k < 4; k++) {
                own.u += part[k] * corner[k].u;
                own.v += part[k] * corner[k].v;
                for (int c = 0; c < 3; c++) {
                    own.room[c] += part[k] * corner[k].room[c];
                    own.beam[c] += part[k] * corner[k].beam[c];
                }
            }
            put(e, (ptrdiff_t)y * e->width + x, own_light(e, b, &own));
        }
}

static void compose_hand_tile(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                              const struct tile_px *w, int from, struct hand_takes t)
{
    float left[DIMS][DIMS];
    bool dims = !(t.whole & HAND_SEEN) && t.some & ~(HAND_SEEN | HAND_BEAM);
    if (dims)
        tile_dims(e, h, r, w->x0, w->y0, t, left);
    for (int y = from > w->y0 ? from : w->y0; y < w->y1; y++)
        for (int x = w->x0; x < w->x1; x++)
            compose_hand_pixel(e, b, h, r, (ptrdiff_t)y * e->width + x, t,
                               dims ? dims_at(left, x - w->x0, y - w->y0) : 1);
}

void eye_compose(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                 int from)
{
    for (int i = from / EYE_TILE * e->tiles_x; i < e->tiles_x * e->tiles_y; i++) {
        struct eye_tile *t = &e->tiles[i];
        int x = i % e->tiles_x * EYE_TILE, y = i / e->tiles_x * EYE_TILE;
        struct tile_px w = {x, y, x + EYE_TILE > e->width ? e->width : x + EYE_TILE,
                            y + EYE_TILE > e->height ? e->height : y + EYE_TILE};
        if (!t->dirty)
            continue;
        if (t->hand.flat)
            compose_flat_tile(e, b, h, r, &w, from);
        else if (t->hand.some)
            compose_hand_tile(e, b, h, r, &w, from, t->hand);
        for (int row = from > y ? from : y; row < w.y1 && !t->hand.some; row++)
            compose_span(e, b, row, x, w.x1);
        t->dirty = y < from;
    }
}

/* ---- noise ---- */

#define NOISE_COUNT (1 << 18)
#define NOISE_UNIT  32 /* one standard deviation in the table */

static int8_t noise_table[NOISE_COUNT];
static once_flag noise_once = ONCE_FLAG_INIT;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void fill_noise(void)
{
    uint64_t state = 1;
    for (int i = 0; i < NOISE_COUNT; i++) { /* Box and Muller's normal deviates */
        double u = ((double)(next_random(&state) >> 11) + 0.5) / 9007199254740992.0;
        double v = (double)(next_random(&state) >> 11) / 9007199254740992.0;
        double n = sqrt(-2 * log(u)) * cos(2 * LW_PI * v) * NOISE_UNIT;
        noise_table[i] = (int8_t)fmax(fmin(rint(n), 127), -127);
    }
}

/* Vectorises: grey = (clean + noise * sigma) rounded, within 0..255. */
LW_EACH_PROCESSOR static void expose_row(const int16_t *restrict clean, const uint8_t *restrict sigma,
                       const int8_t *restrict noise, uint8_t *restrict out, int count)
{
    for (int i = 0; i < count; i++) {
        int16_t n = (int16_t)(noise[i] * sigma[i]);
        int16_t v = (int16_t)(((int16_t)(clean[i] + (int16_t)(n >> 5)) + EYE_GREY / 2) >> 6);
        v = v < 0 ? 0 : v;
        out[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

void eye_expose(const struct eye *e, uint64_t noise_seed, struct image *out)
{
    static const int8_t none[3 * 4096];
    call_once(&noise_once, fill_noise);
    uint64_t state = noise_seed;
    int count = e->width * 3;
    for (int y = 0; y < e->height; y++) {
        ptrdiff_t at = (ptrdiff_t)y * count;
        const int8_t *noise = none;
        if (noise_seed)
            noise = noise_table + next_random(&state) % (uint64_t)(NOISE_COUNT - count);
        expose_row(e->clean + at, e->sigma + at, noise, image_row(out, y), count);
    }
}
