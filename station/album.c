#include "album.h"

#include "cv_picture.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define THUMB_W 384
#define THUMB_H 216
#define INSET_W 144
#define INSET_H 81
#define GAP 14
#define CAPTION_H 30
#define TITLE_H 64
#define COLUMNS 5
#define THUMBS_MAX 200

struct album {
    char folder[400];
    cairo_surface_t *thumbs[THUMBS_MAX];
    char captions[THUMBS_MAX][96];
    int count;
};

enum lw_msg album_create(struct album **out, const char *folder, struct lw_error *err)
{
    *out = NULL;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return lw_fail(err, LW_MSG_FOLDER_MAKE, folder, strerror(errno));
    struct album *a = calloc(1, sizeof *a);
    if (!a)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    snprintf(a->folder, sizeof a->folder, "%s", folder);
    *out = a;
    return LW_OK;
}

/* Copies a BGRA8 picture into a Cairo surface of its size. */
static cairo_surface_t *surface_of(const struct image *bgra)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, bgra->width, bgra->height);
    cairo_surface_flush(s);
    for (int y = 0; y < bgra->height; y++)
        memcpy(cairo_image_surface_get_data(s) + (ptrdiff_t)y * cairo_image_surface_get_stride(s), image_row(bgra, y),
               (size_t)bgra->width * 4);
    cairo_surface_mark_dirty(s);
    return s;
}

static enum lw_msg small(const struct image *in, int width, int height, cairo_surface_t **out, struct lw_error *err)
{
    struct image resized = {0}, bgra = {0};
    enum lw_msg rc = cv_picture_resize(in, width, height, &resized, err);
    rc = rc ? rc : cv_picture_convert(&resized, IMAGE_BGRA8, &bgra, err);
    if (!rc)
        *out = surface_of(&bgra);
    image_finish(&resized);
    image_finish(&bgra);
    return rc;
}

/* The bench with the projection as an inset in its corner. */
static enum lw_msg thumb(const struct image *bench, const struct image *projection, cairo_surface_t **out,
                         struct lw_error *err)
{
    cairo_surface_t *inset = NULL;
    enum lw_msg rc = small(bench, THUMB_W, THUMB_H, out, err);
    if (rc || !projection)
        return rc;
    rc = small(projection, INSET_W, INSET_H, &inset, err);
    if (rc)
        return rc;
    cairo_t *cr = cairo_create(*out);
    cairo_set_source_surface(cr, inset, THUMB_W - INSET_W - 4, 4);
    cairo_paint(cr);
    cairo_set_source_rgb(cr, 0.8, 0.8, 0.8);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, THUMB_W - INSET_W - 4.5, 3.5, INSET_W + 1, INSET_H + 1);
    cairo_stroke(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(inset);
    return LW_OK;
}

static void file_name(char *out, size_t size, const struct album *a, const char *caption, const char *what)
{
    char plain[64];
    size_t n = 0;
    for (const char *p = caption; *p && n < sizeof plain - 1; p++)
        plain[n++] = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ? *p : '-';
    plain[n] = 0;
    snprintf(out, size, "%s/%03d-%s-%s.png", a->folder, a->count + 1, plain, what);
}

enum lw_msg album_add(struct album *a, const char *caption, const struct image *bench, const struct image *projection,
                      struct lw_error *err)
{
    char path[600];
    if (a->count == THUMBS_MAX)
        return LW_OK;
    file_name(path, sizeof path, a, caption, "bench");
    enum lw_msg rc = cv_picture_write(path, bench, err);
    file_name(path, sizeof path, a, caption, "projection");
    rc = rc ? rc : cv_picture_write(path, projection, err);
    rc = rc ? rc : thumb(bench, projection, &a->thumbs[a->count], err);
    if (!rc)
        snprintf(a->captions[a->count++], sizeof a->captions[0], "%s", caption);
    return rc;
}

static void write_words(cairo_t *cr, const char *text, double x, double y, double width, const char *font)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *d = pango_font_description_from_string(font);
    pango_layout_set_font_description(layout, d);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_text(layout, text, -1);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
    pango_font_description_free(d);
    g_object_unref(layout);
}

enum lw_msg album_finish(struct album *a, const char *title, struct lw_error *err)
{
    int rows = (a->count + COLUMNS - 1) / COLUMNS;
    int width = GAP + COLUMNS * (THUMB_W + GAP), height = TITLE_H + rows * (THUMB_H + CAPTION_H + GAP) + GAP;
    cairo_surface_t *sheet = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(sheet);
    char path[600];
    cairo_set_source_rgb(cr, 0.11, 0.12, 0.13);
    cairo_paint(cr);
    cairo_set_source_rgb(cr, 0.95, 0.95, 0.93);
    write_words(cr, title, GAP, 16, width - 2 * GAP, "DejaVu Sans Bold 18");
    for (int i = 0; i < a->count; i++) {
        double x = GAP + (i % COLUMNS) * (THUMB_W + GAP), y = TITLE_H + (i / COLUMNS) * (THUMB_H + CAPTION_H + GAP);
        cairo_set_source_surface(cr, a->thumbs[i], x, y);
        cairo_paint(cr);
        cairo_set_source_rgb(cr, 0.85, 0.85, 0.83);
        write_words(cr, a->captions[i], x, y + THUMB_H + 4, THUMB_W, "DejaVu Sans 12");
    }
    snprintf(path, sizeof path, "%s/contact-sheet.png", a->folder);
    bool written = cairo_surface_write_to_png(sheet, path) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    cairo_surface_destroy(sheet);
    return written ? LW_OK : lw_fail_at(err, path, 0, LW_MSG_PICTURE_WRITE, path);
}

void album_destroy(struct album **a)
{
    if (!a || !*a)
        return;
    for (int i = 0; i < (*a)->count; i++)
        cairo_surface_destroy((*a)->thumbs[i]);
    free(*a);
    *a = NULL;
}
