#include "counter.h"

#include <stdlib.h>
#include <string.h>

/* Side of a cell: a share of the projector's height, at least so many px. */
#define CELL_SHARE  30
#define CELL_MIN_PX 16
/* A camera pixel belongs to a cell when light and dark differ by so much, and each teaching picture is sure. */
#define LIT_MIN     16
#define SURE_SHARE  0.2
#define PIXELS_MIN  6
/* A bit is read when its two cells differ by this share of light and dark. */
#define READ_SHARE  0.4

_Static_assert(COUNTER_CELLS < 1 << COUNTER_TEACH, "each cell has a code of its own");

struct rect {
    int x, y, side;
};

static struct rect cell_at(int cell, int width, int height)
{
    static const double band_at[COUNTER_BANDS] = {0.05, 0.5, 0.95};
    int side = height / CELL_SHARE > CELL_MIN_PX ? height / CELL_SHARE : CELL_MIN_PX;
    int bit = cell / 2 % COUNTER_BITS, band = cell / (2 * COUNTER_BITS);
    double x = width * (0.5 + bit) / COUNTER_BITS + (cell % 2 ? 0.6 * side : -1.6 * side);
    return (struct rect){(int)x, (int)(band_at[band] * height) - side / 2, side};
}

static void fill(struct image *out, struct rect r, int level)
{
    for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.side && y < out->height; y++)
        for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.side && x < out->width; x++) {
            uint8_t *p = image_row(out, y) + (ptrdiff_t)x * (int)out->format;
            memset(p, level, out->format == IMAGE_BGRA8 ? 3 : (size_t)out->format);
            if (out->format == IMAGE_BGRA8)
                p[3] = 255;
        }
}

void counter_teach_draw(int index, int dark, int bright, struct image *out)
{
    const struct rect all = {0, 0, out->width > out->height ? out->width : out->height};
    fill(out, all, dark);
    for (int c = 0; c < COUNTER_CELLS; c++)
        if ((c + 1) >> index & 1)
            fill(out, cell_at(c, out->width, out->height), bright);
}

void counter_draw(int value, int dark, int bright, struct image *out)
{
    for (int c = 0; c < COUNTER_CELLS; c++) {
        bool set = (value >> (c / 2 % COUNTER_BITS) & 1) != c % 2;
        fill(out, cell_at(c, out->width, out->height), set ? bright : dark);
    }
}

/* Number of the cell + 1 that the pixel sees; 0 none. */
static int code_at(const struct image *white, const struct image *black, const struct image *teach, int x, int y)
{
    int light = image_row(white, y)[x], dark = image_row(black, y)[x], code = 0;
    if (light - dark < LIT_MIN)
        return 0;
    for (int i = 0; i < COUNTER_TEACH; i++) {
        double share = (double)(image_row(&teach[i], y)[x] - dark) / (light - dark);
        if (fabs(share - 0.5) < SURE_SHARE)
            return 0;
        code |= (share > 0.5) << i;
    }
    return code <= COUNTER_CELLS ? code : 0;
}

/* The codes of all pixels whose neighbours see the same. */
static void collect(struct counter *c, const uint8_t *codes, const struct image *white, const struct image *black)
{
    int w = c->width, n = 0;
    for (int cell = 0; cell < COUNTER_CELLS; cell++) {
        c->first[cell] = n;
        for (int y = 1; y < c->height - 1; y++)
            for (int x = 1; x < w - 1; x++) {
                const uint8_t *p = codes + (ptrdiff_t)y * w + x;
                if (*p != cell + 1 || p[-1] != *p || p[1] != *p || p[-w] != *p || p[w] != *p)
                    continue;
                c->pixels[n] = (uint32_t)(y * w + x);
                c->bright[n] = image_row(white, y)[x];
                c->dark[n++] = image_row(black, y)[x];
            }
    }
    c->first[COUNTER_CELLS] = n;
}

static bool cell_seen(const struct counter *c, int cell)
{
    return c->first[cell + 1] - c->first[cell] >= PIXELS_MIN;
}

static int bands_seen(const struct counter *c)
{
    int bands = 0;
    for (int band = 0; band < COUNTER_BANDS; band++) {
        int seen = 0;
        for (int i = 0; i < 2 * COUNTER_BITS; i++)
            seen += cell_seen(c, 2 * COUNTER_BITS * band + i);
        bands += seen == 2 * COUNTER_BITS;
    }
    return bands;
}

static bool every_bit_seen(const struct counter *c)
{
    for (int bit = 0; bit < COUNTER_BITS; bit++) {
        bool seen = false;
        for (int band = 0; band < COUNTER_BANDS; band++) {
            int cell = 2 * (band * COUNTER_BITS + bit);
            seen = seen || (cell_seen(c, cell) && cell_seen(c, cell + 1));
        }
        if (!seen)
            return false;
    }
    return true;
}

enum lw_msg counter_learn(struct counter *c, const struct image *white, const struct image *black,
                          const struct image teach[COUNTER_TEACH], struct lw_error *err)
{
    int w = white->width, h = white->height;
    *c = (struct counter){.width = w, .height = h};
    const struct image *all[COUNTER_TEACH + 2] = {white, black};
    for (int i = 0; i < COUNTER_TEACH; i++)
        all[i + 2] = &teach[i];
    for (int i = 0; i < COUNTER_TEACH + 2; i++)
        if (!all[i]->data || all[i]->format != IMAGE_GRAY8 || all[i]->width != w || all[i]->height != h)
            return lw_fail(err, LW_MSG_PATTERN_PICTURES, "the counter's");
    uint8_t *codes = calloc((size_t)w, (size_t)h);
    size_t marked = 0;
    for (int y = 0; codes && y < h; y++)
        for (int x = 0; x < w; x++)
            marked += (codes[(ptrdiff_t)y * w + x] = (uint8_t)code_at(white, black, teach, x, y)) != 0;
    c->first = calloc(COUNTER_CELLS + 1, sizeof *c->first);
    c->pixels = malloc((marked + 1) * sizeof *c->pixels);
    c->bright = malloc(marked + 1);
    c->dark = malloc(marked + 1);
    bool room = codes && c->first && c->pixels && c->bright && c->dark;
    if (room)
        collect(c, codes, white, black);
    free(codes);
    c->bands = room ? bands_seen(c) : 0;
    enum lw_msg rc = !room ? lw_fail(err, LW_MSG_NO_MEMORY)
                           : every_bit_seen(c) ? LW_OK : lw_fail(err, LW_MSG_LIGHT_NOT_SEEN);
    if (rc)
        counter_finish(c);
    return rc;
}

void counter_finish(struct counter *c)
{
    free(c->first);
    free(c->pixels);
    free(c->bright);
    free(c->dark);
    *c = (struct counter){0};
}

/* Mean over the cell, 0 dark to 1 lit. */
static double cell_light(const struct counter *c, int cell, const struct image *frame)
{
    double light = 0, range = 0;
    for (int i = c->first[cell]; i < c->first[cell + 1]; i++) {
        int y = (int)(c->pixels[i] / (uint32_t)c->width), x = (int)(c->pixels[i] % (uint32_t)c->width);
        light += image_row(frame, y)[x] - c->dark[i];
        range += c->bright[i] - c->dark[i];
    }
    return range > 0 ? light / range : 0;
}

int counter_read(const struct counter *c, const struct image *frame)
{
    int value = 0;
    if (frame->width != c->width || frame->height != c->height || frame->format != IMAGE_GRAY8)
        return COUNTER_UNREADABLE;
    for (int bit = 0; bit < COUNTER_BITS; bit++) {
        int set = 0, clear = 0;
        for (int band = 0; band < COUNTER_BANDS; band++) {
            int cell = 2 * (band * COUNTER_BITS + bit);
            if (!cell_seen(c, cell) || !cell_seen(c, cell + 1))
                continue;
            double apart = cell_light(c, cell, frame) - cell_light(c, cell + 1, frame);
            if (fabs(apart) < READ_SHARE)
                return COUNTER_MIXED;
            set += apart > 0;
            clear += apart < 0;
        }
        if (set && clear)
            return COUNTER_MIXED;
        value |= (set > 0) << bit;
    }
    return value;
}

void counter_blank(const struct counter *c, struct image *white, const struct image *black)
{
    int reach = 2; /* the rim of a cell, too */
    for (int i = 0; i < c->first[COUNTER_CELLS]; i++) {
        int py = (int)(c->pixels[i] / (uint32_t)c->width), px = (int)(c->pixels[i] % (uint32_t)c->width);
        for (int y = py - reach; y <= py + reach; y++)
            for (int x = px - reach; x <= px + reach; x++)
                if (x >= 0 && y >= 0 && x < white->width && y < white->height)
                    image_row(white, y)[x] = image_row(black, y)[x];
    }
}
