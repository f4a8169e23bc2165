/* Texts and pictures: drawn once into a small picture of their own, under the affine map at their anchor. */
#include "paint.h"

#include <pango/pangocairo.h>
#include <string.h>

/* Free, in every Debian, with the letters of all European languages. */
#define FONT "DejaVu Sans"
/* Layout units; large, so that Pango's rounding does not show. */
#define FONT_UNITS 100
/* Dark edge of a text, as a share of the cap height: keeps it readable on a lit place. */
#define TEXT_EDGE 0.16

cairo_matrix_t sprite_matrix(const cairo_matrix_t *local, double angle_rad)
{
    double c = cos(angle_rad), s = sin(angle_rad);
    cairo_matrix_t bench_from_sprite, t;
    cairo_matrix_init(&bench_from_sprite, c, s, s, -c, 0, 0); /* v points down, bench y away */
    cairo_matrix_multiply(&t, &bench_from_sprite, local);
    return t;
}

/* Texts larger than the canvas by more than this are nonsense. */
#define SPRITE_SIDE_MAX 8192

static struct picture_rect box_of(const cairo_matrix_t *t, double x0, double y0, double x1, double y1)
{
    double xs[4] = {x0, x1, x1, x0}, ys[4] = {y0, y0, y1, y1};
    double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
    for (int i = 0; i < 4; i++) {
        cairo_matrix_transform_point(t, &xs[i], &ys[i]);
        left = fmin(left, xs[i]);
        right = fmax(right, xs[i]);
        top = fmin(top, ys[i]);
        bottom = fmax(bottom, ys[i]);
    }
    return rects_around(fmax(left, -SPRITE_SIDE_MAX), fmax(top, -SPRITE_SIDE_MAX),
                        fmin(right, SPRITE_SIDE_MAX), fmin(bottom, SPRITE_SIDE_MAX));
}

cairo_t *sprite_begin(const struct map *m, const cairo_matrix_t *t, double x0, double y0, double x1,
                      double y1, int *x, int *y)
{
    struct rects clipped = {.count = 0};
    struct picture_rect box = box_of(t, x0, y0, x1, y1);
    rects_add(&clipped, (struct picture_rect){box.x - 1, box.y - 1, box.width + 2, box.height + 2}, m->width,
              m->height);
    if (clipped.count == 0)
        return NULL;
    box = clipped.r[0];
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, box.width, box.height);
    cairo_t *cr = cairo_create(surface);
    cairo_surface_destroy(surface);
    cairo_matrix_t shifted = *t;
    shifted.x0 -= box.x;
    shifted.y0 -= box.y;
    cairo_set_matrix(cr, &shifted);
    *x = box.x;
    *y = box.y;
    return cr;
}

cairo_surface_t *sprite_end(cairo_t *cr)
{
    cairo_surface_t *surface = cairo_surface_reference(cairo_get_target(cr));
    bool good = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    if (good)
        return surface;
    cairo_surface_destroy(surface);
    return NULL;
}

static PangoLayout *layout_create(cairo_t *cr)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FONT " Bold");
    pango_font_description_set_absolute_size(font, FONT_UNITS * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
    cairo_font_options_destroy(options);
    pango_layout_context_changed(layout);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    return layout;
}

/* Height of a capital letter in layout units: people give letters in mm of cap height, not in points. */
static double cap_height(PangoLayout *layout)
{
    PangoRectangle ink;
    pango_layout_set_text(layout, "H", -1);
    pango_layout_get_extents(layout, &ink, NULL);
    return ink.height > 0 ? (double)ink.height / PANGO_SCALE : FONT_UNITS * 0.7;
}

/* A text that was cut off within a letter loses that letter; other bytes that are no UTF-8 become U+FFFD. */
static void set_text(PangoLayout *layout, const char *text)
{
    const char *end = NULL;
    size_t length = strnlen(text, SCENE_TEXT_MAX);
    if (g_utf8_validate(text, (gssize)length, &end) || length - (size_t)(end - text) < 4) {
        pango_layout_set_text(layout, text, (int)(end - text));
        return;
    }
    char *valid = g_utf8_make_valid(text, (gssize)length);
    pango_layout_set_text(layout, valid, -1);
    g_free(valid);
}

/* Where the layout's origin lies so that the middle between the first line's capitals and the last base line
 * is 0. */
static void centre_of(PangoLayout *layout, double cap, const PangoRectangle *logical, double *x, double *y)
{
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    double first = (double)pango_layout_iter_get_baseline(iter) / PANGO_SCALE, last = first;
    while (pango_layout_iter_next_line(iter))
        last = (double)pango_layout_iter_get_baseline(iter) / PANGO_SCALE;
    pango_layout_iter_free(iter);
    *x = -((double)logical->x + logical->width / 2.0) / PANGO_SCALE;
    *y = -(first - cap + last) / 2;
}

static void draw_text(cairo_t *cr, PangoLayout *layout, const struct scene_item *item, double x, double y,
                      double cap)
{
    static const struct {
        double width, alpha;
    } edges[] = {{2.0, 0.35}, {1.0, 0.6}};
    cairo_move_to(cr, x, y);
    pango_cairo_layout_path(cr, layout);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (int i = 0; i < 2; i++) {
        cairo_set_source_rgba(cr, 0, 0, 0, edges[i].alpha);
        cairo_set_line_width(cr, TEXT_EDGE * cap * edges[i].width);
        cairo_stroke_preserve(cr);
    }
    cairo_set_source_rgb(cr, item->colour.r / 255.0, item->colour.g / 255.0, item->colour.b / 255.0);
    cairo_fill(cr);
}

cairo_surface_t *sprite_text(const struct map *m, const struct scene_item *item, const cairo_matrix_t *local,
                             int *x, int *y)
{
    if (!item->text[0] || !(item->size_mm > 0))
        return NULL;
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *measure = cairo_create(none);
    PangoLayout *layout = layout_create(measure);
    double cap = cap_height(layout), mm = item->size_mm / cap, left, top;
    if (item->wrap_mm > 0)
        pango_layout_set_width(layout, (int)fmin(item->wrap_mm / mm * PANGO_SCALE, 1e9));
    set_text(layout, item->text);
    PangoRectangle ink, logical;
    pango_layout_get_extents(layout, &ink, &logical);
    centre_of(layout, cap, &logical, &left, &top);
    cairo_matrix_t t = sprite_matrix(local, item->angle_rad);
    cairo_matrix_scale(&t, mm, mm);
    double edge = TEXT_EDGE * cap, x0 = left + (double)ink.x / PANGO_SCALE,
           y0 = top + (double)ink.y / PANGO_SCALE;
    cairo_t *cr = sprite_begin(m, &t, x0 - edge, y0 - edge, x0 + (double)ink.width / PANGO_SCALE + edge,
                               y0 + (double)ink.height / PANGO_SCALE + edge, x, y);
    if (cr)
        draw_text(cr, layout, item, left, top, cap);
    g_object_unref(layout);
    cairo_destroy(measure);
    cairo_surface_destroy(none);
    return cr ? sprite_end(cr) : NULL;
}

cairo_surface_t *sprite_picture(const struct map *m, const struct scene_item *item,
                                const cairo_matrix_t *local, struct pictures *pictures, int *x, int *y)
{
    if (!(item->size_mm > 0))
        return NULL;
    cairo_matrix_t t = sprite_matrix(local, item->angle_rad);
    double px = fmax(hypot(t.xx, t.yx), hypot(t.xy, t.yy)) * item->size_mm;
    cairo_surface_t *picture = pictures_get(pictures, item->text, (int)ceil(fmin(px, SPRITE_SIDE_MAX)));
    if (!picture)
        return NULL;
    int width = cairo_image_surface_get_width(picture), height = cairo_image_surface_get_height(picture);
    double mm = item->size_mm / width;
    cairo_matrix_scale(&t, mm, mm);
    cairo_matrix_translate(&t, -width / 2.0, -height / 2.0);
    cairo_t *cr = sprite_begin(m, &t, 0, 0, width, height, x, y);
    if (!cr)
        return NULL;
    cairo_set_source_surface(cr, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_BILINEAR);
    cairo_paint(cr);
    return sprite_end(cr);
}
