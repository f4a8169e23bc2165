#include "paint.h"

#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH_MM  2.0 /* when the item says none */
#define CROSS_WIDTH_MM 0.8
#define SQUARE_MM      8.0
#define SQUARES_MAX    400

/* Soft dark edge of a line, in mm: this much, and this share of its width. Drawn as rings, outermost first.
 */
#define EDGE_MM    1.0
#define EDGE_SHARE 0.2
static const struct {
    double reach, alpha;
} rings[] = {{1.0, 0.25}, {0.66, 0.4}, {0.33, 0.6}};
#define RINGS ((int)(sizeof rings / sizeof rings[0]))

/* Breathing: 0.5 Hz between 60 and 100 %, in steps too small to see. */
#define BREATHE_HZ    0.5
#define BREATHE_LOW   0.6
#define BREATHE_STEPS 64.0

/* Dots that travel along a line: at one place one comes by every 0.75 s, well below 3 Hz. */
#define TRAVEL_SPACING_MM 90.0
#define TRAVEL_MM_PER_S   120.0

static double width_of(const struct scene_item *item)
{
    return item->width_mm > 0 ? item->width_mm : item->kind == SCENE_CROSS ? CROSS_WIDTH_MM : LINE_WIDTH_MM;
}

static double edge_of(const struct scene_item *item)
{
    return EDGE_MM + EDGE_SHARE * width_of(item);
}

static double dot_radius(const struct scene_item *item)
{
    return fmax(0.95 * width_of(item), 2.5);
}

static double level_at(const struct scene_item *item, int64_t tick)
{
    if (item->animation != SCENE_BREATHE)
        return 1;
    double turn = fmod((double)tick * PAINT_TICK_NS / NS_PER_S * BREATHE_HZ, 1.0) * 2 * LW_PI;
    double level = BREATHE_LOW + (1 - BREATHE_LOW) * 0.5 * (1 + cos(turn));
    return round(level * BREATHE_STEPS) / BREATHE_STEPS;
}

/* ---- preparing ---- */

static struct bench_mm beside(struct bench_mm p, double angle_rad, double u, double v)
{
    double c = cos(angle_rad), s = sin(angle_rad);
    return (struct bench_mm){p.x + c * u - s * v, p.y + s * u + c * v, p.z};
}

static struct bench_mm anchor_of(const struct scene_item *item)
{
    struct bench_mm sum = {0};
    bool all = item->kind == SCENE_FILL || item->kind == SCENE_OUTLINE || item->kind == SCENE_LINE;
    int n = all && item->count > 1 ? item->count : 1;
    for (int i = 0; i < n; i++) {
        sum.x += item->points[i].x / n;
        sum.y += item->points[i].y / n;
        sum.z += item->points[i].z / n;
    }
    return sum;
}

static double length_of(const struct bench_mm *p, int count)
{
    double sum = 0;
    for (int i = 1; i < count; i++)
        sum += hypot(p[i].x - p[i - 1].x, p[i].y - p[i - 1].y);
    return sum;
}

/* Shortens the line by `cut` mm at its end. */
static void cut_back(struct bench_mm *p, int *count, double cut)
{
    while (*count > 1) {
        struct bench_mm a = p[*count - 2], *b = &p[*count - 1];
        double d = hypot(b->x - a.x, b->y - a.y);
        if (d > cut) {
            double t = 1 - cut / d;
            *b = (struct bench_mm){a.x + t * (b->x - a.x), a.y + t * (b->y - a.y), a.z + t * (b->z - a.z)};
            return;
        }
        cut -= d;
        --*count;
    }
}

/* The head points along the last stretch of the line, not just its last piece, which may be tiny. */
static void add_head(struct painted *p, const struct map *m, struct bench_mm *line, int *count)
{
    struct bench_mm tip = line[*count - 1], base[SCENE_POINTS];
    double length = fmin(fmax(4 * width_of(&p->item), 10), 0.8 * length_of(line, *count));
    int n = *count;
    memcpy(base, line, (size_t)n * sizeof *line);
    cut_back(base, &n, length);
    double angle = atan2(tip.y - base[n - 1].y, tip.x - base[n - 1].x);
    if (!(length > 0))
        return;
    p->has_head = true;
    for (int i = 0; i < 3; i++) {
        double u = i == 0 ? 0 : -length, v = i == 0 ? 0 : (i == 1 ? 0.55 : -0.55) * length;
        p->has_head &= map_bench(m, beside(tip, angle, u, v), &p->head[i].x, &p->head[i].y);
    }
    cut_back(line, count, 0.6 * length);
}

static void prepare_line(struct painted *p, const struct map *m)
{
    struct bench_mm line[SCENE_POINTS];
    int count = p->item.count < SCENE_POINTS ? p->item.count : SCENE_POINTS;
    p->closed = p->item.kind != SCENE_LINE;
    if (count < (p->item.kind == SCENE_FILL ? 3 : 2))
        return;
    memcpy(line, p->item.points, (size_t)count * sizeof *line);
    if (p->item.arrow && !p->closed)
        add_head(p, m, line, &count);
    p->points = map_line(m, line, count, p->closed, &p->line);
}

/* Two arms: four points, drawn as two lines. */
static void prepare_cross(struct painted *p, const struct map *m)
{
    static const double arms[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    p->line = calloc(4, sizeof *p->line);
    for (int i = 0; p->line && i < 4; i++) {
        double s = p->item.size_mm;
        struct bench_mm end = beside(p->item.points[0], p->item.angle_rad, arms[i][0] * s, arms[i][1] * s);
        if (!map_bench(m, end, &p->line[i].x, &p->line[i].y))
            return;
    }
    p->points = p->line ? 4 : 0;
}

/* Four corners a square; rows no longer than wrap_mm. */
static void prepare_progress(struct painted *p, const struct map *m)
{
    const struct scene_item *item = &p->item;
    double side = item->size_mm > 0 ? item->size_mm : SQUARE_MM, pitch = 1.5 * side;
    int total = item->total < SQUARES_MAX ? item->total : SQUARES_MAX;
    if (total < 1)
        return;
    int per_row = item->wrap_mm > pitch ? (int)(item->wrap_mm / pitch) : total;
    per_row = per_row < total ? per_row : total;
    int rows = (total + per_row - 1) / per_row;
    p->line = calloc((size_t)total * 4, sizeof *p->line);
    for (int i = 0; p->line && i < total; i++) {
        double u = (i % per_row - (per_row - 1) / 2.0) * pitch, v = ((rows - 1) / 2.0 - i / per_row) * pitch;
        for (int k = 0; k < 4; k++) {
            double du = (k == 1 || k == 2 ? 0.5 : -0.5) * side, dv = (k >= 2 ? 0.5 : -0.5) * side;
            struct bench_mm corner = beside(item->points[0], item->angle_rad, u + du, v + dv);
            if (!map_bench(m, corner, &p->line[4 * i + k].x, &p->line[4 * i + k].y))
                return;
        }
    }
    p->points = p->line ? 4 * total : 0;
}

static void prepare_sprite(struct painted *p, const struct map *m, struct pictures *pictures)
{
    p->sprite = p->item.kind == SCENE_TEXT
                    ? sprite_text(m, &p->item, &p->local, &p->sprite_x, &p->sprite_y)
                    : sprite_picture(m, &p->item, &p->local, pictures, &p->sprite_x, &p->sprite_y);
    if (p->sprite)
        p->boxes[p->box_count++] =
            (struct picture_rect){p->sprite_x, p->sprite_y, cairo_image_surface_get_width(p->sprite),
                                  cairo_image_surface_get_height(p->sprite)};
}

/* ---- boxes ---- */

static void add_box(struct painted *p, const struct map_point *line, int count, double margin)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (int i = 0; i < count; i++) {
        x0 = fmin(x0, line[i].x);
        y0 = fmin(y0, line[i].y);
        x1 = fmax(x1, line[i].x);
        y1 = fmax(y1, line[i].y);
    }
    p->boxes[p->box_count++] = rects_around(x0 - margin, y0 - margin, x1 + margin, y1 + margin);
}

/* Pixels beyond the outermost point that anti-aliasing may touch. */
#define SOFT_PX 1.5

static void add_boxes(struct painted *p)
{
    double reach = width_of(&p->item) / 2 + edge_of(&p->item);
    if (p->item.animation == SCENE_TRAVEL)
        reach = fmax(reach, dot_radius(&p->item) + edge_of(&p->item));
    double margin = reach * map_stretch(&p->local) + SOFT_PX;
    bool lines = p->item.kind == SCENE_OUTLINE || p->item.kind == SCENE_LINE;
    int chunks = !lines || p->points < 2 * PAINT_BOXES ? 1 : PAINT_BOXES - p->has_head;
    for (int i = 0; i < chunks; i++) {
        int from = i * (p->points - 1) / chunks, to = (i + 1) * (p->points - 1) / chunks;
        add_box(p, p->line + from, to - from + 1, margin);
    }
    if (p->has_head)
        add_box(p, p->head, 3, margin);
}

struct painted *paint_prepare(const struct map *m, const struct scene_item *item, struct pictures *pictures)
{
    struct painted *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->item = *item;
    if (item->kind == SCENE_FULL) {
        p->boxes[p->box_count++] = (struct picture_rect){0, 0, m->width, m->height};
        return p;
    }
    if (!map_local(m, anchor_of(item), &p->local))
        return p;
    if (item->kind == SCENE_TEXT || item->kind == SCENE_PICTURE)
        prepare_sprite(p, m, pictures);
    else if (item->kind == SCENE_CROSS)
        prepare_cross(p, m);
    else if (item->kind == SCENE_PROGRESS)
        prepare_progress(p, m);
    else
        prepare_line(p, m);
    if (p->points > 0)
        add_boxes(p);
    return p;
}

void paint_destroy(struct painted **p)
{
    if (!*p)
        return;
    if ((*p)->sprite)
        cairo_surface_destroy((*p)->sprite);
    free((*p)->line);
    free(*p);
    *p = NULL;
}

bool paint_meets(const struct painted *p, struct picture_rect r)
{
    for (int i = 0; i < p->box_count; i++)
        if (rects_meet(p->boxes[i], r))
            return true;
    return false;
}

/* ---- drawing ---- */

static void set_light(cairo_t *cr, struct scene_colour c, double level)
{
    cairo_set_source_rgb(cr, level * c.r / 255.0, level * c.g / 255.0, level * c.b / 255.0);
}

static void set_dark(cairo_t *cr, double alpha)
{
    cairo_set_source_rgba(cr, 0, 0, 0, alpha);
}

static void path(cairo_t *cr, const struct map_point *line, int count, bool closed)
{
    cairo_new_path(cr);
    for (int i = 0; i < count; i++)
        cairo_line_to(cr, line[i].x, line[i].y);
    if (closed)
        cairo_close_path(cr);
}

/* Strokes the path with a pen of `width_mm`, which the map makes an ellipse. The path stays. */
static void pen(cairo_t *cr, const struct painted *p, double width_mm)
{
    cairo_matrix_t t = p->local;
    t.x0 = t.y0 = 0;
    cairo_save(cr);
    cairo_transform(cr, &t);
    cairo_set_line_width(cr, width_mm);
    cairo_stroke_preserve(cr);
    cairo_restore(cr);
}

static void whole_path(const struct painted *p, cairo_t *cr)
{
    path(cr, p->line, p->points, p->closed);
    if (p->has_head) {
        cairo_new_sub_path(cr);
        for (int i = 0; i < 3; i++)
            cairo_line_to(cr, p->head[i].x, p->head[i].y);
        cairo_close_path(cr);
    }
}

static void draw_line(const struct painted *p, cairo_t *cr, double level, bool over_light)
{
    double width = width_of(&p->item), edge = edge_of(&p->item);
    whole_path(p, cr);
    for (int i = 0; over_light && i < RINGS; i++) {
        set_dark(cr, rings[i].alpha);
        pen(cr, p, width + 2 * edge * rings[i].reach);
    }
    set_light(cr, p->item.colour, level);
    pen(cr, p, width);
    if (p->has_head) {
        path(cr, p->head, 3, true);
        cairo_fill(cr);
    }
    cairo_new_path(cr);
}

static void draw_cross(const struct painted *p, cairo_t *cr, double level)
{
    cairo_new_path(cr);
    for (int i = 0; i < 4; i++)
        (i % 2 ? cairo_line_to : cairo_move_to)(cr, p->line[i].x, p->line[i].y);
    set_light(cr, p->item.colour, level);
    pen(cr, p, width_of(&p->item));
    cairo_new_path(cr);
}

/* Done squares are full, the others a quiet rim: more or less light, not another colour. */
static void draw_progress(const struct painted *p, cairo_t *cr, double level, bool over_light)
{
    double side = p->item.size_mm > 0 ? p->item.size_mm : SQUARE_MM, rim = fmax(0.12 * side, 0.8);
    for (int i = 0; i < p->points / 4; i++) {
        path(cr, p->line + (ptrdiff_t)4 * i, 4, true);
        if (over_light) {
            set_dark(cr, 0.75);
            cairo_fill_preserve(cr);
            pen(cr, p, 2 * rim);
        }
        bool done = i < p->item.done;
        set_light(cr, p->item.colour, done ? level : 0.55 * level);
        pen(cr, p, rim);
        if (done)
            cairo_fill(cr);
    }
    cairo_new_path(cr);
}

/* ---- dots that travel ---- */

static double line_length(const struct painted *p)
{
    return p->points > 0 ? p->line[p->points - 1].along_mm : 0;
}

static struct map_point at(const struct painted *p, double along)
{
    int i = 1;
    while (i < p->points - 1 && p->line[i].along_mm < along)
        i++;
    const struct map_point *a = &p->line[i - 1], *b = &p->line[i];
    double d = b->along_mm - a->along_mm, t = d > 0 ? (along - a->along_mm) / d : 0;
    return (struct map_point){a->x + t * (b->x - a->x), a->y + t * (b->y - a->y), along};
}

#define DOTS_MAX 64

/* An outline has a whole number of dots, so that none jumps at its start. */
static int dots_at(const struct painted *p, int64_t tick, struct map_point dots[DOTS_MAX])
{
    double length = line_length(p), spacing = TRAVEL_SPACING_MM;
    bool has_dots =
        p->item.animation == SCENE_TRAVEL && (p->item.kind == SCENE_LINE || p->item.kind == SCENE_OUTLINE);
    if (!has_dots || p->points < 2 || !(length > 0))
        return 0;
    if (p->closed)
        spacing = length / fmax(1, round(length / TRAVEL_SPACING_MM));
    double first = fmod((double)tick * PAINT_TICK_NS / NS_PER_S * TRAVEL_MM_PER_S, spacing);
    int n = 0;
    for (double along = first; along <= length && n < DOTS_MAX; along += spacing)
        dots[n++] = at(p, along);
    return n;
}

static void disc(cairo_t *cr, const struct painted *p, struct map_point c, double radius_mm)
{
    cairo_matrix_t t = p->local;
    t.x0 = c.x;
    t.y0 = c.y;
    cairo_save(cr);
    cairo_transform(cr, &t);
    cairo_new_path(cr);
    cairo_arc(cr, 0, 0, radius_mm, 0, 2 * LW_PI);
    cairo_restore(cr);
    cairo_fill(cr);
}

static void draw_dots(const struct painted *p, cairo_t *cr, int64_t tick)
{
    struct map_point dots[DOTS_MAX];
    struct scene_colour c = p->item.colour;
    int n = dots_at(p, tick, dots);
    for (int i = 0; i < n; i++) {
        set_dark(cr, 0.6);
        disc(cr, p, dots[i], dot_radius(&p->item) + 0.6 * edge_of(&p->item));
        set_light(cr,
                  (struct scene_colour){(uint8_t)((c.r + 510) / 3), (uint8_t)((c.g + 510) / 3),
                                        (uint8_t)((c.b + 510) / 3)},
                  1);
        disc(cr, p, dots[i], dot_radius(&p->item));
    }
}

void paint_draw(const struct painted *p, cairo_t *cr, int64_t tick, bool over_light)
{
    double level = level_at(&p->item, tick);
    switch (p->item.kind) {
    case SCENE_FULL:
        set_light(cr, p->item.colour, level);
        cairo_paint(cr);
        break;
    case SCENE_FILL:
        path(cr, p->line, p->points, true);
        set_light(cr, p->item.colour, level);
        cairo_fill(cr);
        break;
    case SCENE_OUTLINE:
    case SCENE_LINE:
        draw_line(p, cr, level, over_light);
        draw_dots(p, cr, tick);
        break;
    case SCENE_CROSS:
        draw_cross(p, cr, level);
        break;
    case SCENE_PROGRESS:
        draw_progress(p, cr, level, over_light);
        break;
    case SCENE_TEXT:
    case SCENE_PICTURE:
        cairo_set_source_surface(cr, p->sprite, p->sprite_x, p->sprite_y);
        cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
        cairo_paint_with_alpha(cr, level);
        break;
    }
}

void paint_changes(const struct painted *p, int64_t tick_a, int64_t tick_b, struct rects *out, int width,
                   int height)
{
    struct map_point dots[DOTS_MAX];
    double reach = (dot_radius(&p->item) + edge_of(&p->item)) * map_stretch(&p->local) + SOFT_PX;
    if (level_at(&p->item, tick_a) != level_at(&p->item, tick_b))
        for (int i = 0; i < p->box_count; i++)
            rects_add(out, p->boxes[i], width, height);
    for (int turn = 0; turn < 2; turn++) {
        int n = dots_at(p, turn ? tick_b : tick_a, dots);
        for (int i = 0; i < n; i++)
            rects_add(
                out, rects_around(dots[i].x - reach, dots[i].y - reach, dots[i].x + reach, dots[i].y + reach),
                width, height);
    }
}
