#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "paint.h"

struct render {
    cairo_surface_t *surface;
    cairo_t *cr;
    struct image canvas;
    struct map map;
    struct pictures *pictures;
    struct painted *items[SCENE_MAX]; /* what is on the canvas, in the order of painting */
    int count;
    int64_t tick;
    bool all; /* the canvas holds nothing that may be kept */
};

/* When nobody says how large the bench is. */
#define BENCH_WIDTH_MM 1200.0
#define BENCH_DEPTH_MM 675.0

enum lw_msg render_create(struct render **out, int width, int height, struct lw_error *err)
{
    *out = NULL;
    if (width < 1 || height < 1 || (int64_t)width * height > IMAGE_MAX_PIXELS)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, width, height);
    struct render *r = calloc(1, sizeof *r);
    if (!r)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    r->pictures = pictures_create();
    r->surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    r->cr = cairo_create(r->surface);
    if (!r->pictures || cairo_status(r->cr) != CAIRO_STATUS_SUCCESS) {
        render_destroy(&r);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    cairo_set_line_join(r->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(r->cr, CAIRO_LINE_CAP_ROUND);
    r->canvas = (struct image){cairo_image_surface_get_data(r->surface),   width,       height,
                               cairo_image_surface_get_stride(r->surface), IMAGE_BGRA8, false};
    r->map.width = width;
    r->map.height = height;
    render_set_model(r, NULL, BENCH_WIDTH_MM, BENCH_DEPTH_MM);
    *out = r;
    return LW_OK;
}

static void forget(struct render *r)
{
    for (int i = 0; i < r->count; i++)
        paint_destroy(&r->items[i]);
    r->count = 0;
    r->all = true;
}

void render_destroy(struct render **r)
{
    if (!*r)
        return;
    forget(*r);
    cairo_destroy((*r)->cr);
    cairo_surface_destroy((*r)->surface);
    pictures_destroy(&(*r)->pictures);
    free(*r);
    *r = NULL;
}

void render_set_model(struct render *r, const struct model *m, double bench_width_mm, double bench_depth_mm)
{
    r->map.calibrated = m != NULL;
    if (m)
        r->map.model = *m;
    r->map.bench_width_mm = bench_width_mm > 0 ? bench_width_mm : BENCH_WIDTH_MM;
    r->map.bench_depth_mm = bench_depth_mm > 0 ? bench_depth_mm : BENCH_DEPTH_MM;
    forget(r);
}

void render_invalidate(struct render *r)
{
    r->all = true;
}

const struct image *render_canvas(const struct render *r)
{
    return &r->canvas;
}

/* ---- what changed ---- */

/* Field by field: what lies between the fields and behind the text's end does not count. */
static bool same(const struct scene_item *a, const struct scene_item *b)
{
    int points = a->count < 1 ? 1 : a->count < SCENE_POINTS ? a->count : SCENE_POINTS;
    return a->kind == b->kind && a->animation == b->animation && a->count == b->count &&
           a->colour.r == b->colour.r && a->colour.g == b->colour.g && a->colour.b == b->colour.b &&
           a->width_mm == b->width_mm && a->size_mm == b->size_mm && a->angle_rad == b->angle_rad &&
           a->wrap_mm == b->wrap_mm && a->arrow == b->arrow && a->done == b->done && a->total == b->total &&
           memcmp(a->points, b->points, sizeof a->points[0] * (size_t)points) == 0 &&
           strncmp(a->text, b->text, SCENE_TEXT_MAX) == 0;
}

static void changed(struct rects *dirty, const struct painted *p, const struct render *r)
{
    for (int i = 0; i < p->box_count; i++)
        rects_add(dirty, p->boxes[i], r->map.width, r->map.height);
}

/* The old item that goes on as `item`, searched from `from` on. The kept ones stay in their order, so
 * whatever lies outside the boxes of all others looks as before. */
static int find_old(const struct render *r, const struct scene_item *item, int from)
{
    for (int j = from; j < r->count; j++)
        if (r->items[j] && same(&r->items[j]->item, item))
            return j;
    return -1;
}

static void take_scene(struct render *r, const struct scene *s, struct rects *dirty)
{
    struct painted *next[SCENE_MAX];
    int n = 0, from = 0, count = s->count < SCENE_MAX ? s->count : SCENE_MAX;
    for (int i = 0; i < count; i++) {
        int j = find_old(r, &s->items[i], from);
        if (j >= 0) {
            next[n++] = r->items[j];
            r->items[j] = NULL;
            from = j + 1;
            continue;
        }
        struct painted *p = paint_prepare(&r->map, &s->items[i], r->pictures);
        if (!p)
            continue;
        changed(dirty, p, r);
        next[n++] = p;
    }
    for (int j = 0; j < r->count; j++) {
        if (r->items[j])
            changed(dirty, r->items[j], r);
        paint_destroy(&r->items[j]);
    }
    memcpy(r->items, next, (size_t)n * sizeof next[0]);
    r->count = n;
}

static void take_time(struct render *r, int64_t now_ns, struct rects *dirty)
{
    int64_t tick = now_ns / PAINT_TICK_NS;
    if (tick == r->tick)
        return;
    for (int i = 0; i < r->count; i++)
        if (r->items[i]->item.animation)
            paint_changes(r->items[i], r->tick, tick, dirty, r->map.width, r->map.height);
    r->tick = tick;
}

/* ---- drawing ---- */

/* Cairo's anti-aliasing depends, by a grey level or two, on where the clip lies. So the canvas is always
 * drawn in the same tiles, each as a whole: a change drawn alone is bit for bit what a full redraw gives. */
#define TILE_PX 128

static bool lit(const struct painted *p)
{
    return p->item.kind != SCENE_CROSS;
}

/* Dark edges on an unlit ground change nothing; they are left away where no item lies beneath. */
static bool over_light(const struct render *r, int item, struct picture_rect clip)
{
    for (int i = 0; i < item; i++)
        if (lit(r->items[i]) && paint_meets(r->items[i], clip))
            return true;
    return false;
}

static void redraw(struct render *r, struct picture_rect clip)
{
    cairo_save(r->cr);
    cairo_rectangle(r->cr, clip.x, clip.y, clip.width, clip.height);
    cairo_clip(r->cr);
    cairo_set_source_rgb(r->cr, 0, 0, 0);
    cairo_paint(r->cr);
    for (int i = 0; i < r->count; i++)
        if (paint_meets(r->items[i], clip))
            paint_draw(r->items[i], r->cr, r->tick, over_light(r, i, clip));
    cairo_restore(r->cr);
}

static bool touched(const struct rects *dirty, struct picture_rect tile)
{
    for (int i = 0; i < dirty->count; i++)
        if (rects_meet(dirty->r[i], tile))
            return true;
    return false;
}

static void redraw_tiles(struct render *r, const struct rects *dirty)
{
    for (int y = 0; y < r->map.height; y += TILE_PX)
        for (int x = 0; x < r->map.width; x += TILE_PX) {
            struct picture_rect tile = {x, y, TILE_PX, TILE_PX};
            if (touched(dirty, tile))
                redraw(r, tile);
        }
    cairo_surface_flush(r->surface);
}

int render_draw(struct render *r, const struct scene *s, int64_t now_ns,
                struct picture_rect rects[RENDER_RECTS])
{
    struct rects dirty = {.count = 0};
    take_time(r, now_ns, &dirty);
    take_scene(r, s, &dirty);
    if (r->all) {
        dirty.count = 1;
        dirty.r[0] = (struct picture_rect){0, 0, r->map.width, r->map.height};
    }
    r->all = false;
    redraw_tiles(r, &dirty);
    memcpy(rects, dirty.r, (size_t)dirty.count * sizeof dirty.r[0]);
    return dirty.count;
}

int64_t render_next_ns(const struct render *r)
{
    for (int i = 0; i < r->count; i++)
        if (r->items[i]->item.animation)
            return (r->tick + 1) * PAINT_TICK_NS;
    return INT64_MAX;
}
