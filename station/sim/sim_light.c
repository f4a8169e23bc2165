#include "sim_light.h"

#include <string.h>

/* ---- lights ---- */

/* White against black of the projector on the bench: easy 7, office 3, dim 2 (a weak projector), bright 2,
 * window 2.6. */
static const struct light_preset presets[] = {
    {"easy", 0.20f, 0.15f, 0.00f, 0.0f, 2.1f},   {"office", 0.55f, 0.45f, 0.05f, 0.0f, 2.1f},
    {"dim", 0.55f, 0.45f, 0.05f, 0.0f, 1.05f},   {"bright", 1.05f, 1.00f, 0.05f, 0.0f, 2.1f},
    {"window", 0.40f, 0.20f, 0.70f, 1.5f, 2.1f},
};

const struct light_preset *light_preset(const char *name)
{
    if (!name || !*name)
        name = "office";
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

/* A tube under the ceiling, along the bench, a little in front of it. */
const float lamp_parts[LAMP_PARTS][3] = {
    {200, 180, 2300}, {530, 180, 2300}, {860, 180, 2300}, {1190, 180, 2300}};
/* A window left of the bench, above it; the low sun shines through it. */
static const float window_place[3] = {-1500, 700, 900};
static const float sun_toward[3] = {-0.80f, 0.28f, 0.53f};
#define SUN_WINDOW_X (-1500.0f)
static const float sun_window[4] = {650, 1020, 900, 1400}; /* y0, y1, z0, z1 of the pane */
#define WINDOW_FLAT_SHARE                                                                                    \
    0.45f /* light through the window that falls on a flat top at 1 m: sets its strength to 1 */

const float lamp_colour[3] = {0.93f, 0.99f, 1.03f}; /* the camera's white balance is for the room's mixture */
static const float sky_colour[3] = {1.03f, 1.0f, 0.97f}, sun_colour[3] = {0.80f, 0.97f, 1.10f};
const float beam_colour[3] = {1.10f, 1.0f, 0.93f}; /* projectors are bluish */

float light_linear(int v)
{
    float s = (float)v / 255.0f;
    return s <= 0.04045f ? s / 12.92f : powf((s + 0.055f) / 1.055f, 2.4f);
}

int light_window_places(const struct light_room *r, float out[2][3])
{
    int count = 0;
    if (r->preset->window > 0)
        memcpy(out[count++], window_place, sizeof window_place);
    if (r->preset->sun > 0) {
        for (int i = 0; i < 3; i++)
            out[count][i] = 100000 * sun_toward[i];
        count++;
    }
    return count;
}

static float paint_light[256];

/* White paper (90 %) under full projector light and the room's fills the sensor to this share. */
#define EXPOSE_WHITE 0.85f

void light_room_devices(struct light_room *r, const struct pinhole *camera, const struct pinhole *projector)
{
    optics_fast(projector, &r->projector);
    for (int i = 0; i < 3; i++)
        r->camera[i] = (float)camera->centre_mm[i];
    float dx = r->projector.c[0] - r->width / 2, dy = r->projector.c[1] - r->depth / 2,
          dz = r->projector.c[2];
    r->middle_mm = sqrtf(dx * dx + dy * dy + dz * dz);
}

void light_room_init(struct light_room *r, const struct light_preset *preset, const struct pinhole *camera,
                     const struct pinhole *projector, double width_mm, double depth_mm)
{
    for (int i = 0; i < 256; i++)
        paint_light[i] = light_linear(i);
    r->preset = preset;
    r->width = (float)width_mm;
    r->depth = (float)depth_mm;
    r->exposure = EXPOSE_WHITE / (preset->sky + preset->lamp + preset->window + preset->projector);
    light_room_devices(r, camera, projector);
}

/* ---- surface ---- */

struct surface {
    float at[3], normal[3], albedo[3];
    float gloss;
    bool metal;
};

static float cell_height(const struct field *f, int x, int y)
{
    x = x < 0 ? 0 : x >= f->nx ? f->nx - 1 : x;
    y = y < 0 ? 0 : y >= f->ny ? f->ny - 1 : y;
    return f->height[y * f->nx + x];
}

/* The gentler of the two slopes beside a cell: a wall next to it does not tilt it. */
static float gentle(float before, float here, float after)
{
    float a = here - before, b = after - here;
    if (a * b <= 0)
        return 0;
    return fabsf(a) < fabsf(b) ? a : b;
}

static float dot(const float a[3], const float b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void toward(const float from[3], const float to[3], float out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = to[i] - from[i];
    float n = 1 / sqrtf(dot(out, out));
    for (int i = 0; i < 3; i++)
        out[i] *= n;
}

/* A pixel covers about two cells: paint is the mean over cells of the same height. */
static void mean_paint(const struct field *f, int cx, int cy, struct surface *s)
{
    float sum[3] = {0}, n = 0, h = cell_height(f, cx, cy);
    for (int y = cy - 1; y <= cy + 1; y++) {
        for (int x = cx - 1; x <= cx + 1; x++) {
            if (x < 0 || y < 0 || x >= f->nx || y >= f->ny || fabsf(cell_height(f, x, y) - h) > 2)
                continue;
            uint32_t p = f->paint[y * f->nx + x];
            for (int i = 0; i < 3; i++)
                sum[i] += paint_light[p >> (8 * i) & 255];
            n++;
        }
    }
    uint32_t shine = f->paint[cy * f->nx + cx] >> 24;
    s->gloss = (float)(shine & 127u) / 127;
    s->metal = (shine & PAINT_METAL) != 0;
    for (int i = 0; i < 3; i++)
        s->albedo[i] = sum[i] / n;
}

static void surface_at(const struct field *f, const float hit[3], struct surface *s)
{
    int cx = (int)(hit[0] * FIELD_PER_MM), cy = (int)(hit[1] * FIELD_PER_MM);
    float h = cell_height(f, cx, cy);
    float gx = gentle(cell_height(f, cx - 1, cy), h, cell_height(f, cx + 1, cy)) * FIELD_PER_MM;
    float gy = gentle(cell_height(f, cx, cy - 1), h, cell_height(f, cx, cy + 1)) * FIELD_PER_MM;
    float n = 1 / sqrtf(1 + gx * gx + gy * gy);
    memcpy(s->at, hit, sizeof s->at);
    s->at[2] = fmaxf(h, hit[2]); /* a ray that ends inside a wall's cell sees its top, not its dark inside */
    s->normal[0] = -gx * n;
    s->normal[1] = -gy * n;
    s->normal[2] = n;
    mean_paint(f, cx, cy, s);
}

/* ---- shading ---- */

#define OPEN_DIRECTIONS 8
static const float open_x[OPEN_DIRECTIONS] = {1, 0.707f, 0, -0.707f, -1, -0.707f, 0, 0.707f};
static const float open_y[OPEN_DIRECTIONS] = {0, 0.707f, 1, 0.707f, 0, -0.707f, -1, -0.707f};
static const float open_reach[3] = {2.5f, 7, 18}; /* mm */

/* Share of the sky that the surroundings leave open. */
static float open_sky(const struct field *f, const float at[3])
{
    float closed = 0;
    if (field_near_top(f, at[0], at[1]) <= at[2])
        return 1;
    for (int d = 0; d < OPEN_DIRECTIONS; d++) {
        float steepest = 0;
        for (int i = 0; i < 3; i++) {
            float x = at[0] + open_x[d] * open_reach[i], y = at[1] + open_y[d] * open_reach[i];
            if (!field_holds(f, x, y))
                continue;
            float rise = (f->height[field_index(f, x, y)] - at[2]) / open_reach[i];
            steepest = rise > steepest ? rise : steepest;
        }
        closed += steepest / sqrtf(1 + steepest * steepest);
    }
    return 1 - 0.75f * closed / OPEN_DIRECTIONS;
}

static bool sun_reaches(const struct field *f, const float at[3])
{
    float t = (SUN_WINDOW_X - at[0]) / sun_toward[0];
    float y = at[1] + t * sun_toward[1], z = at[2] + t * sun_toward[2];
    if (y < sun_window[0] || y > sun_window[1] || z < sun_window[2] || z > sun_window[3])
        return false;
    return !field_shadowed(f, at[0], at[1], at[2], at[0] + 3000 * sun_toward[0], at[1] + 3000 * sun_toward[1],
                           at[2] + 3000 * sun_toward[2]);
}

/* Light of the room that falls on the surface, each colour. */
static void light_falling(const struct light_room *r, const struct field *f, const struct surface *s,
                          float out[3])
{
    const struct light_preset *p = r->preset;
    float sky = p->sky * open_sky(f, s->at) * (0.5f + 0.5f * s->normal[2]), lamp = 0, window = 0, sun = 0;
    for (int i = 0; i < LAMP_PARTS && p->lamp > 0; i++) {
        float to[3];
        toward(s->at, lamp_parts[i], to);
        float facing = dot(s->normal, to), down = lamp_parts[i][2] / 2300 * to[2];
        if (facing > 0 && !field_shadowed(f, s->at[0], s->at[1], s->at[2], lamp_parts[i][0], lamp_parts[i][1],
                                          lamp_parts[i][2]))
            lamp += facing * down * down;
    }
    if (p->window > 0) {
        float to[3], d = hypotf(s->at[0] - window_place[0], 900) / 2280;
        toward(s->at, window_place, to);
        float facing = dot(s->normal, to);
        if (facing > 0 && !field_shadowed(f, s->at[0], s->at[1], s->at[2], window_place[0], window_place[1],
                                          window_place[2]))
            window = facing / WINDOW_FLAT_SHARE / (d * d);
    }
    if (p->sun > 0 && dot(s->normal, sun_toward) > 0 && sun_reaches(f, s->at))
        sun = p->sun * dot(s->normal, sun_toward) / sun_toward[2];
    for (int i = 0; i < 3; i++)
        out[i] = sky * sky_colour[i] + p->lamp * lamp / (0.86f * LAMP_PARTS) * lamp_colour[i] +
                 p->window * window * sky_colour[i] + sun * sun_colour[i];
}

float light_beam(const struct light_room *r, const float at[3], const float normal[3], float *u, float *v)
{
    const struct optics *o = &r->projector;
    *u = *v = -1e6f;
    if (!optics_project(o, at[0], at[1], at[2], u, v))
        return 0;
    if (*u < -1 || *v < -1 || *u > (float)o->width || *v > (float)o->height)
        return 0;
    float to[3] = {o->c[0] - at[0], o->c[1] - at[1], o->c[2] - at[2]};
    float d2 = dot(to, to), facing = dot(normal, to) / sqrtf(d2);
    float ru = *u / (float)o->width - 0.5f, rv = *v / (float)o->height - 0.5f;
    float corner = 1 - 0.35f * (ru * ru + rv * rv); /* its own vignetting */
    return facing > 0 ? facing * corner * r->middle_mm * r->middle_mm / d2 * 1.03f : 0;
}

static float lobe(float cosine, int doublings)
{
    float v = cosine > 0 ? cosine : 0;
    for (int i = 0; i < doublings; i++)
        v *= v;
    return v;
}

/* What the room looks like in a mirror: ceiling, tube, window side, the dark bench below. */
static float mirrored_room(const struct light_room *r, const float at[3], const float dir[3])
{
    const struct light_preset *p = r->preset;
    if (dir[2] < 0.05f)
        return 0.10f * (p->sky + p->lamp);
    float v = (0.28f + 0.34f * dir[2]) * (p->sky + 0.4f * p->lamp);
    float lamp[3], t = (lamp_parts[0][2] - at[2]) / dir[2];
    float nearest = fminf(fmaxf(at[0] + dir[0] * t, lamp_parts[0][0]), lamp_parts[LAMP_PARTS - 1][0]);
    float place[3] = {nearest, lamp_parts[0][1], lamp_parts[0][2]};
    toward(at, place, lamp);
    v += p->lamp * (3.2f * lobe(dot(dir, lamp), 6) + 0.5f * lobe(dot(dir, lamp), 3));
    float window[3];
    toward(at, window_place, window);
    return v + 2.5f * p->window * lobe(dot(dir, window), 4);
}

/* Metal throws this share of light about, the rest mirrors. */
#define METAL_ROUGH 0.52f
#define FILM_MIRROR 0.05f /* straight reflection of smooth plastic */

static void reflect_light(const struct light_room *r, const struct surface *s, const float falling[3],
                          float beam, struct light_sample *out)
{
    float eye[3], mirror[3], lamp[3];
    toward(s->at, r->camera, eye);
    float n = 2 * dot(s->normal, eye);
    for (int i = 0; i < 3; i++)
        mirror[i] = n * s->normal[i] - eye[i];
    toward(s->at, r->projector.c, lamp);
    float room = mirrored_room(r, s->at, mirror);
    float flash = beam > 0 ? beam * lobe(dot(mirror, lamp), s->gloss > 0.6f ? 6 : 4) : 0;
    float rough = s->metal ? METAL_ROUGH : 1;
    float shine = s->metal ? 1.1f : FILM_MIRROR * s->gloss * 2;
    for (int i = 0; i < 3; i++) {
        float tint = s->metal ? s->albedo[i] : 1;
        out->room[i] = rough * s->albedo[i] * falling[i] + shine * tint * room;
        out->beam[i] =
            (rough * s->albedo[i] * beam + (s->metal ? 2.2f * tint : 0.9f * s->gloss * s->gloss) * flash) *
            r->preset->projector * beam_colour[i];
    }
}

/* ---- the floor beside the bench ---- */

#define FLOOR_Z_MM (-740.0f)

static void sample_floor(const struct light_room *r, float sx, float sy, struct light_sample *out)
{
    float at[3] = {r->camera[0] + sx * (r->camera[2] - FLOOR_Z_MM),
                   r->camera[1] + sy * (r->camera[2] - FLOOR_Z_MM), FLOOR_Z_MM};
    float up[3] = {0, 0, 1};
    float tile = fmodf(fabsf(at[0]), 600) < 6 || fmodf(fabsf(at[1]), 600) < 6 ? 0.10f : 0.15f;
    float beam = light_beam(r, at, up, &out->u, &out->v);
    /* the bench stands in the light's way */
    float t = -FLOOR_Z_MM / (r->projector.c[2] - FLOOR_Z_MM);
    float x = at[0] + t * (r->projector.c[0] - at[0]), y = at[1] + t * (r->projector.c[1] - at[1]);
    if (x > 0 && y > 0 && x < r->width && y < r->depth)
        beam = 0;
    for (int i = 0; i < 3; i++) {
        out->room[i] = 0.55f * tile * (r->preset->sky + r->preset->lamp + 0.5f * r->preset->window);
        out->beam[i] = tile * beam * r->preset->projector * beam_colour[i];
    }
    out->z = FLOOR_Z_MM;
}

void light_sample(const struct light_room *r, const struct field *f, float sx, float sy,
                  struct light_sample *out)
{
    float hit[3], falling[3];
    if (!field_meet(f, r->camera, sx, sy, hit)) {
        sample_floor(r, sx, sy, out);
    } else {
        struct surface s;
        surface_at(f, hit, &s);
        light_falling(r, f, &s, falling);
        float beam = light_beam(r, s.at, s.normal, &out->u, &out->v);
        const float *c = r->projector.c;
        if (beam > 0 && field_shadowed(f, s.at[0], s.at[1], s.at[2], c[0], c[1], c[2]))
            beam = 0;
        reflect_light(r, &s, falling, beam, out);
        out->z = s.at[2];
    }
    for (int i = 0; i < 3; i++) {
        out->room[i] *= r->exposure / 0.9f;
        out->beam[i] *= r->exposure / 0.9f;
    }
}
