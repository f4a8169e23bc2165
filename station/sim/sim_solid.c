#include "sim_solid.h"

#include <string.h>

/* ---- outlines ---- */

static void widen(float box[4], float x, float y, float r, bool first)
{
    box[0] = first ? x - r : fminf(box[0], x - r);
    box[1] = first ? y - r : fminf(box[1], y - r);
    box[2] = first ? x + r : fmaxf(box[2], x + r);
    box[3] = first ? y + r : fmaxf(box[3], y + r);
}

void solid_bounds(const struct solid *o, float box[4])
{
    const float *a = o->at;
    switch (o->shape) {
    case SOLID_BOX:
        widen(box, a[0], a[1], 0.5f * sqrtf(a[2] * a[2] + a[3] * a[3]), true);
        break;
    case SOLID_CAPSULE:
        widen(box, a[0], a[1], o->radius[0], true);
        widen(box, a[2], a[3], o->radius[1], false);
        break;
    case SOLID_DISC:
    case SOLID_RING:
        widen(box, a[0], a[1], o->radius[0], true);
        break;
    case SOLID_POLYGON:
        for (int i = 0; i + 1 < o->at_count; i += 2)
            widen(box, a[i], a[i + 1], 0, i == 0);
        break;
    }
}

static float inside_box(const struct solid *o, float x, float y)
{
    float c = cosf(o->angle_rad), s = sinf(o->angle_rad), dx = x - o->at[0], dy = y - o->at[1];
    float r = o->radius[0];
    float qx = fabsf(c * dx + s * dy) - 0.5f * o->at[2] + r,
          qy = fabsf(c * dy - s * dx) - 0.5f * o->at[3] + r;
    float ox = fmaxf(qx, 0), oy = fmaxf(qy, 0);
    return r - sqrtf(ox * ox + oy * oy) - fminf(fmaxf(qx, qy), 0);
}

static float inside_capsule(const struct solid *o, float x, float y)
{
    float ax = o->at[2] - o->at[0], ay = o->at[3] - o->at[1], px = x - o->at[0], py = y - o->at[1];
    float along = (px * ax + py * ay) / fmaxf(ax * ax + ay * ay, 1e-6f);
    along = fminf(fmaxf(along, 0), 1);
    float dx = px - along * ax, dy = py - along * ay;
    return o->radius[0] + along * (o->radius[1] - o->radius[0]) - sqrtf(dx * dx + dy * dy);
}

static float inside_polygon(const struct solid *o, float x, float y)
{
    float nearest = 1e9f;
    bool in = false;
    int n = o->at_count / 2;
    for (int i = 0, j = n - 1; i < n; j = i++) {
        float xi = o->at[2 * i], yi = o->at[2 * i + 1], xj = o->at[2 * j], yj = o->at[2 * j + 1];
        if ((yi > y) != (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi)
            in = !in;
        float ax = xj - xi, ay = yj - yi, px = x - xi, py = y - yi;
        float t = fminf(fmaxf((px * ax + py * ay) / fmaxf(ax * ax + ay * ay, 1e-6f), 0), 1);
        float dx = px - t * ax, dy = py - t * ay;
        nearest = fminf(nearest, dx * dx + dy * dy);
    }
    return in ? sqrtf(nearest) : -sqrtf(nearest);
}

float solid_inside(const struct solid *o, float x, float y)
{
    float dx = x - o->at[0], dy = y - o->at[1];
    switch (o->shape) {
    case SOLID_BOX:
        return inside_box(o, x, y);
    case SOLID_CAPSULE:
        return inside_capsule(o, x, y);
    case SOLID_DISC:
        return o->radius[0] - sqrtf(dx * dx + dy * dy);
    case SOLID_RING: {
        float d = sqrtf(dx * dx + dy * dy);
        return fminf(o->radius[0] - d, d - o->radius[1]);
    }
    case SOLID_POLYGON:
        return inside_polygon(o, x, y);
    }
    return -1;
}

/* ---- heights ---- */

/* Over this distance from its edge the solid's top rises. */
static float rise_mm(const struct solid *o)
{
    switch (o->shape) {
    case SOLID_CAPSULE:
        return fmaxf(o->radius[0], o->radius[1]);
    case SOLID_DISC:
        return o->radius[0] * o->crown;
    case SOLID_RING:
        return 0.5f * (o->radius[0] - o->radius[1]);
    case SOLID_BOX:
        return 0.5f * fminf(o->at[2], o->at[3]) * o->crown;
    case SOLID_POLYGON:
        return 0.5f * fminf(o->box[2] - o->box[0], o->box[3] - o->box[1]) * o->crown;
    }
    return 1;
}

/* A round body is widest at half its height: seen from above its edge lies about there. */
#define ROUND_DROP 0.55f

static float solid_height(const struct solid *o, float inside, float x)
{
    float t = fminf(inside / fmaxf(rise_mm(o), 0.5f), 1);
    float drop = ROUND_DROP * o->crown;
    float h = o->height * (1 - drop + drop * sqrtf(t * (2 - t)));
    if (o->taper < 1) {
        float along = (x - o->box[0]) / fmaxf(o->box[2] - o->box[0], 1e-3f);
        h *= o->taper + (1 - o->taper) * fminf(fmaxf(along, 0), 1);
    }
    return h;
}

/* ---- print ---- */

#define LETTER_SHARE 0.34f /* width of a letter against the pitch of the lines */
#define WORD_LETTERS 5
#define MARGIN_MM    2.0f

/* Lines of words; from a metre and a half nobody reads them, but they have the look of print. */
static bool label_ink(const struct solid *o, float inside, float x, float y)
{
    if (inside < MARGIN_MM)
        return false;
    float line = (y + 500) / o->print_pitch, row = floorf(line), part = line - row;
    float letter_mm = LETTER_SHARE * o->print_pitch;
    uint32_t r = (uint32_t)row, letter = (uint32_t)((x + 500) / letter_mm), word = letter / WORD_LETTERS;
    bool title = field_random(r, 7, o->print_seed) < 0.25f;
    if (part < (title ? 0.2f : 0.4f) || part > 0.85f)
        return false;
    if (field_random(word, r, o->print_seed) < 0.22f || letter % WORD_LETTERS == 0)
        return false;
    return title || field_random(letter, r, o->print_seed + 1) > 0.25f;
}

#define QUIET_MODULES 4 /* white around a code on a square label */

/* As large as fits on a box, in its middle; bars run over its whole height. */
static bool code_ink(const struct solid *o, float x, float y)
{
    float c = cosf(o->angle_rad), s = sinf(o->angle_rad), dx = x - o->at[0], dy = y - o->at[1];
    float u = c * dx + s * dy, v = c * dy - s * dx;
    float module = o->at[2] / (float)(o->code_columns + QUIET_MODULES), row = o->at[3] / (float)(o->code_rows + QUIET_MODULES);
    module = o->code_rows > 1 ? fminf(module, row) : module;
    row = o->code_rows > 1 ? module : o->at[3];
    int column = (int)floorf(u / module + 0.5f * (float)o->code_columns);
    int line = (int)floorf(0.5f * (float)o->code_rows - v / row);
    return o->code && column >= 0 && line >= 0 && column < o->code_columns && line < o->code_rows &&
           o->code[line * o->code_columns + column];
}

static bool has_ink(const struct solid *o, float inside, float x, float y)
{
    float turn;
    switch (o->print) {
    case PRINT_STRIPES:
        turn = (x + 500) / o->print_pitch;
        return turn - floorf(turn) < o->print_share;
    case PRINT_LABEL:
        return label_ink(o, inside, x, y);
    case PRINT_CODE:
        return code_ink(o, x, y);
    default:
        return false;
    }
}

/* ---- drawing ---- */

void solid_cover(const struct pretend_kind *k, const struct laying *l, float box[4])
{
    for (int i = 0; i < 4; i++) {
        float x = k->box[i & 1 ? 2 : 0], y = k->box[i & 2 ? 3 : 1];
        y = l->flipped ? -y : y;
        widen(box, l->x + l->cos * x - l->sin * y, l->y + l->sin * x + l->cos * y, 1, i == 0);
    }
}

static uint32_t mix_paint(uint32_t under, uint32_t over, float opacity)
{
    uint8_t c[3];
    for (int i = 0; i < 3; i++) {
        float a = (float)(under >> (8 * i) & 255), b = (float)(over >> (8 * i) & 255);
        c[i] = (uint8_t)(a + (b - a) * opacity);
    }
    return paint_of(c, over >> 24);
}

/* Height of the wrinkles of a film. */
#define WRINKLE_MM 0.5f

static void draw_cell(struct field *f, int at, const struct solid *o, const struct laying *l, float x,
                      float y)
{
    float inside = solid_inside(o, x, y);
    if (inside < 0)
        return;
    float h = l->z + solid_height(o, inside, x);
    uint32_t paint = paint_of(has_ink(o, inside, x, y) ? o->print_colour : o->colour,
                              o->gloss | (o->metal ? PAINT_METAL : 0));
    if (o->opacity < 1) {
        h += WRINKLE_MM * sinf(0.41f * x + 0.23f * y) * sinf(0.19f * x - 0.37f * y + 1);
        f->height[at] = fmaxf(f->height[at], h);
        f->paint[at] = mix_paint(f->paint[at], paint, o->opacity);
    } else if (h >= f->height[at] - 0.01f) {
        f->height[at] = h;
        f->paint[at] = paint;
    }
}

static void draw_solid(struct field *f, const struct solid *o, const struct laying *l, struct cells clip)
{
    struct pretend_kind alone = {.box = {o->box[0], o->box[1], o->box[2], o->box[3]}};
    float box[4];
    solid_cover(&alone, l, box);
    struct cells c = cells_clip(field_cells(f, box[0], box[1], box[2], box[3]), clip);
    for (int cy = c.y0; cy < c.y1; cy++) {
        float by = ((float)cy + 0.5f) * FIELD_CELL_MM - l->y;
        for (int cx = c.x0; cx < c.x1; cx++) {
            float bx = ((float)cx + 0.5f) * FIELD_CELL_MM - l->x;
            float x = l->cos * bx + l->sin * by, y = l->cos * by - l->sin * bx;
            draw_cell(f, cy * f->nx + cx, o, l, x, l->flipped ? -y : y);
        }
    }
}

void solid_draw_kind(struct field *f, const struct pretend_kind *k, const struct laying *l, struct cells clip)
{
    for (int i = 0; i < k->count; i++)
        if (!l->flipped || !k->solids[i].top_only)
            draw_solid(f, &k->solids[i], l, clip);
}
