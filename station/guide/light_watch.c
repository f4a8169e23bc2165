#include "light_watch.h"

#include "log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODE_PX      8      /* between two nodes of the map from camera to projector; it is linear between them */
#define PATCHES      14     /* pieces that are looked for; few of them tell enough */
#define NEAR_PX      5.0    /* looked for so near first: that costs little, and there they nearly always are */
#define REACH_PX     30.0   /* a knock of 0.5 degrees moves light by some 15 to 25 px of 1280 */
#define FOUND_MIN    4
#define ALIKE_MM     1.5    /* pieces went the same way when they agree so well, and to this share of the way: */
#define ALIKE_SHARE  0.3
#define AGREE_SHARE  0.6    /* so many of those found must agree */
#define ASIDE_MIN_MM 1.5    /* less is not told from letters that fall on paper, and mended before the next kit */
#define RAISED_MM    3.0    /* what is drawn higher is not on the bench */
#define RAISED_RIM_MM 25.0
#define MIDDLE_GREY  128

struct light_watch {
    int width, height;      /* of the camera's picture that `map` is for; 0: none */
    struct proj_px *map;    /* per node, x NAN: the projector does not reach it */
    struct frame *dark;
    struct bench_mm dismissed; /* a way aside that was no knock; 0: none */
    struct bench_mm aside;     /* the newest */
};

struct light_watch *light_watch_create(void)
{
    return calloc(1, sizeof(struct light_watch));
}

void light_watch_forget(struct light_watch *w)
{
    if (!w)
        return;
    free(w->map);
    frame_unref(&w->dark);
    *w = (struct light_watch){0};
}

void light_watch_destroy(struct light_watch **w)
{
    light_watch_forget(*w);
    free(*w);
    *w = NULL;
}

void light_watch_dark(struct light_watch *w, struct frame *dark)
{
    if (!w)
        return;
    frame_unref(&w->dark);
    w->dark = frame_ref(dark);
}

void light_watch_dismiss(struct light_watch *w)
{
    if (w)
        w->dismissed = w->aside;
}

/* ---- what the projection makes of the bench ---- */

static int nodes_across(int px)
{
    return (px + NODE_PX - 1) / NODE_PX + 1;
}

static bool make_map(struct light_watch *w, const struct model *m, int width, int height)
{
    int across = nodes_across(width), down = nodes_across(height);
    free(w->map);
    w->map = malloc((size_t)across * (size_t)down * sizeof *w->map);
    w->width = w->map ? width : 0;
    w->height = height;
    for (int i = 0; w->map && i < across * down; i++) {
        struct bench_mm b;
        const struct cam_px c = {(i % across) * NODE_PX, (double)(i / across) * NODE_PX};
        if (!model_bench_from_cam(m, c, 0, &b) || !model_proj_from_bench(m, b, &w->map[i]))
            w->map[i].x = NAN;
    }
    return w->map != NULL;
}

static int canvas_grey(const struct image *canvas, double x, double y)
{
    if (!(x >= 0 && y >= 0 && x < canvas->width - 1 && y < canvas->height - 1)) /* NAN, too */
        return 0;
    const uint8_t *p = image_row(canvas, (int)(y + 0.5)) + 4 * (int)(x + 0.5);
    return (p[0] + 2 * p[1] + p[2]) / 4;
}

/* One cell of the map. */
static void expect_cell(const struct proj_px *a, const struct proj_px *b, const struct image *canvas, int x0, int y0,
                        struct image *out)
{
    for (int y = 0; y < NODE_PX && y0 + y < out->height; y++) {
        uint8_t *row = image_row(out, y0 + y);
        double t = (double)y / NODE_PX;
        double lx = a[0].x + t * (b[0].x - a[0].x), ly = a[0].y + t * (b[0].y - a[0].y);
        double dx = (a[1].x + t * (b[1].x - a[1].x) - lx) / NODE_PX, dy = (a[1].y + t * (b[1].y - a[1].y) - ly) / NODE_PX;
        for (int x = 0; x < NODE_PX && x0 + x < out->width; x++)
            row[x0 + x] = (uint8_t)canvas_grey(canvas, lx + x * dx, ly + x * dy);
    }
}

/* A mean over 3 x 3 pixels, as projector and camera blur a little. */
static void soften(const struct image *from, struct image *to)
{
    for (int y = 1; y + 1 < from->height; y++) {
        const uint8_t *a = image_row(from, y - 1), *b = image_row(from, y), *c = image_row(from, y + 1);
        uint8_t *o = image_row(to, y);
        for (int x = 1; x + 1 < from->width; x++)
            o[x] = (uint8_t)((a[x - 1] + a[x] + a[x + 1] + b[x - 1] + b[x] + b[x + 1] + c[x - 1] + c[x] + c[x + 1]) / 9);
    }
}

static enum lw_msg expect(const struct light_watch *w, const struct image *canvas, struct image *out, struct lw_error *err)
{
    struct image sharp = {0};
    int across = nodes_across(w->width);
    enum lw_msg rc = image_init(&sharp, w->width, w->height, IMAGE_GRAY8, err);
    rc = rc ? rc : image_init(out, w->width, w->height, IMAGE_GRAY8, err);
    for (int y = 0; !rc && y < w->height; y += NODE_PX)
        for (int x = 0; x < w->width; x += NODE_PX) {
            const struct proj_px *a = &w->map[y / NODE_PX * across + x / NODE_PX];
            expect_cell(a, a + across, canvas, x, y, &sharp);
        }
    if (!rc)
        soften(&sharp, out);
    image_finish(&sharp);
    return rc;
}

/* ---- what is seen of it ---- */

static int grey_at(const uint8_t *p)
{
    return (p[0] + 2 * p[1] + p[2]) / 4;
}

/* Our light alone, about a middle grey. */
static enum lw_msg subtract(const struct image *now, const struct image *dark, struct image *out, struct lw_error *err)
{
    enum lw_msg rc = image_init(out, now->width, now->height, IMAGE_GRAY8, err);
    for (int y = 0; !rc && y < now->height; y++) {
        const uint8_t *a = image_row(now, y), *b = image_row(dark, y);
        uint8_t *o = image_row(out, y);
        for (int x = 0; x < now->width; x++) {
            int d = MIDDLE_GREY + grey_at(a + 3 * x) - grey_at(b + 3 * x);
            o[x] = (uint8_t)(d < 0 ? 0 : d > 255 ? 255 : d);
        }
    }
    return rc;
}

/* Where something raised is drawn the light falls on that, not on the bench. */
static bool on_bench(void *user, struct bench_mm at)
{
    const struct scene *s = user;
    for (int i = 0; i < s->count; i++) {
        const struct scene_item *it = &s->items[i];
        double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
        bool raised = false;
        for (int k = 0; k < it->count; k++) {
            raised |= it->points[k].z > RAISED_MM;
            x0 = fmin(x0, it->points[k].x), x1 = fmax(x1, it->points[k].x);
            y0 = fmin(y0, it->points[k].y), y1 = fmax(y1, it->points[k].y);
        }
        double rim = RAISED_RIM_MM + it->size_mm;
        if (raised && at.x > x0 - rim && at.x < x1 + rim && at.y > y0 - rim && at.y < y1 + rim)
            return false;
    }
    return true;
}

static int find(const struct model *m, const struct drift_patch *patches, int count, const struct image *light, double reach_px,
                struct bench_mm *aside)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct cam_px seen;
        struct bench_mm there;
        double sigma;
        if (!drift_patch_find(&patches[i], light, patches[i].cam, reach_px, &seen, &sigma) ||
            !model_bench_from_cam(m, seen, 0, &there))
            continue;
        aside[n++] = (struct bench_mm){there.x - patches[i].bench.x, there.y - patches[i].bench.y, 0};
    }
    return n;
}

/* The way that most of them went. */
static bool common_way(const struct bench_mm *aside, int count, struct bench_mm *way)
{
    int most = 0;
    for (int i = 0; i < count; i++) {
        double bound = ALIKE_MM + ALIKE_SHARE * hypot(aside[i].x, aside[i].y);
        struct bench_mm sum = {0};
        int n = 0;
        for (int k = 0; k < count; k++)
            if (hypot(aside[k].x - aside[i].x, aside[k].y - aside[i].y) <= bound)
                sum.x += aside[k].x, sum.y += aside[k].y, n++;
        if (n > most) {
            most = n;
            *way = (struct bench_mm){sum.x / n, sum.y / n, 0};
        }
    }
    return most >= FOUND_MIN && most >= AGREE_SHARE * count;
}

/* Near first; where that finds too few, further away. */
static bool find_way(struct light_watch *w, const struct model *m, const struct image *expected, const struct image *light,
                     const struct scene *scene)
{
    struct drift_patch patches[PATCHES];
    struct bench_mm aside[PATCHES];
    int count = drift_patches_take(m, expected, on_bench, (void *)scene, patches, PATCHES);
    if (count < FOUND_MIN)
        return false;
    int n = find(m, patches, count, light, NEAR_PX, aside);
    if (n >= AGREE_SHARE * count && common_way(aside, n, &w->aside))
        return true;
    n = find(m, patches, count, light, REACH_PX, aside);
    return common_way(aside, n, &w->aside);
}

bool light_watch_compare(struct light_watch *w, const struct model *m, const struct scene *scene, const struct image *canvas,
                         struct frame *now, double *aside_mm)
{
    struct image expected = {0}, light = {0};
    struct lw_error err = {0};
    const struct image *im = &now->image;
    *aside_mm = 0;
    if (!w || !w->dark || w->dark == now || im->format != IMAGE_BGR8 || w->dark->image.width != im->width ||
        w->dark->image.height != im->height || w->dark->image.format != im->format)
        return false;
    if ((w->width != im->width || w->height != im->height) && !make_map(w, m, im->width, im->height))
        return false;
    enum lw_msg rc = expect(w, canvas, &expected, &err);
    rc = rc ? rc : subtract(im, &w->dark->image, &light, &err);
    bool told = !rc && find_way(w, m, &expected, &light, scene);
    if (rc)
        lw_log_error("light", &err);
    image_finish(&expected);
    image_finish(&light);
    if (!told)
        return false;
    double size = hypot(w->aside.x, w->aside.y);
    bool known = hypot(w->dismissed.x, w->dismissed.y) > 0 &&
                 hypot(w->aside.x - w->dismissed.x, w->aside.y - w->dismissed.y) < ALIKE_MM;
    *aside_mm = size >= ASIDE_MIN_MM && !known ? size : 0;
    return true;
}
