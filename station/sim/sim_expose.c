/* Puts the camera's picture together from light that is kept, and adds noise. The inner loops of the pretend
 * bench. */
#include "sim_eye.h"

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

static inline void put(struct eye *e, ptrdiff_t i, const float v[3])
{
    const int16_t *restrict tone = e->tone;
    const uint8_t *restrict tone_sigma = e->tone_sigma;
    int16_t *restrict clean = e->clean + i * 3;
    uint8_t *restrict sigma = e->sigma + i * 3;
    for (int c = 0; c < 3; c++) {
        int n = (int)(v[c] * ((float)EYE_TONES / EYE_FULL));
        n = n > EYE_TONES - 1 ? EYE_TONES - 1 : n;
        clean[c] = tone[n];
        sigma[c] = tone_sigma[n];
    }
}

static void compose_span(struct eye *e, const struct beam *b, int y, int x0, int x1)
{
    float ambient = e->ambient;
    ptrdiff_t i = (ptrdiff_t)y * e->width + x0;
    for (int x = x0; x < x1; x++, i++) {
        const uint16_t *l = e->pixels[i].light;
        four p = beam_at(b, e->pixels[i].u, e->pixels[i].v);
        float v[3] = {ambient * l[0] + p[0] * l[3], ambient * l[1] + p[1] * l[4],
                      ambient * l[2] + p[2] * l[5]};
        put(e, i, v);
    }
}

/* ---- with a hand ---- */

/* Of the room's light the hand takes away: its shadow by the lamp, and the sky that it hides. */
static float hand_dims(const struct hand *h, const struct light_room *r, const float at[3])
{
    const struct light_preset *p = r->preset;
    float lamp = 0, overhead[3] = {at[0], at[1], 1e5f};
    for (int i = 0; i < LAMP_PARTS; i++)
        lamp += hand_shadow(h, at, lamp_parts[i]) / LAMP_PARTS;
    float near = 60 / (60 + fmaxf(h->z - at[2], 0));
    float sky = 0.7f * near * hand_shadow(h, at, overhead);
    return (p->lamp * lamp + p->sky * sky) / (p->lamp + p->sky + p->window);
}

static void compose_hand_pixel(struct eye *e, const struct beam *b, const struct hand *h,
                               const struct light_room *r, ptrdiff_t i)
{
    const struct light_sample *s = &e->raw[i];
    const uint16_t *l = e->pixels[i].light;
    struct light_sample own = {0};
    float v[3] = {0}, part = hand_sample(h, r, e->sx[i], e->sy[i], &own);
    if (part < 1) {
        float at[3] = {r->camera[0] + e->sx[i] * (r->camera[2] - s->z),
                       r->camera[1] + e->sy[i] * (r->camera[2] - s->z), s->z};
        float room = e->ambient * (1 - hand_dims(h, r, at)), lit = 1 - hand_shadow(h, at, r->projector.c);
        four p = beam_at(b, s->u, s->v) * lit;
        for (int c = 0; c < 3; c++)
            v[c] = (1 - part) * (room * l[c] + p[c] * l[3 + c]);
    }
    if (part > 0) {
        four p = beam_at(b, own.u, own.v);
        for (int c = 0; c < 3; c++)
            v[c] += part * EYE_FULL * fminf(e->ambient * own.room[c] + p[c] * own.beam[c], 4);
    }
    put(e, i, v);
}

static void compose_row(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                        int y, int x0, int x1)
{
    const struct picture_rect *w = &e->hand;
    int h0 = x1, h1 = x1; /* where the hand may show */
    if (w->width && y >= w->y && y < w->y + w->height) {
        h0 = w->x < x0 ? x0 : w->x > x1 ? x1 : w->x;
        h1 = w->x + w->width < h0 ? h0 : w->x + w->width > x1 ? x1 : w->x + w->width;
    }
    compose_span(e, b, y, x0, h0);
    for (int x = h0; x < h1; x++)
        compose_hand_pixel(e, b, h, r, (ptrdiff_t)y * e->width + x);
    compose_span(e, b, y, h1, x1);
}

void eye_compose(struct eye *e, const struct beam *b, const struct hand *h, const struct light_room *r,
                 int from)
{
    for (int ty = 0; ty < e->tiles_y; ty++) {
        int y0 = ty * EYE_TILE, y1 = y0 + EYE_TILE > e->height ? e->height : y0 + EYE_TILE;
        if (y1 <= from)
            continue;
        for (int tx = 0; tx < e->tiles_x; tx++) {
            struct eye_tile *t = &e->tiles[ty * e->tiles_x + tx];
            if (!t->dirty)
                continue;
            int x0 = tx * EYE_TILE, x1 = x0 + EYE_TILE > e->width ? e->width : x0 + EYE_TILE;
            for (int y = from > y0 ? from : y0; y < y1; y++)
                compose_row(e, b, h, r, y, x0, x1);
            t->dirty = y0 < from;
        }
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
static void expose_row(const int16_t *restrict clean, const uint8_t *restrict sigma,
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
