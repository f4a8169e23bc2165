/* Picture files, scaled to about what is shown and kept. */
#include "paint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cv_picture.h"
#include "log.h"

/* A kit shows few pictures at a time; the oldest makes room. */
#define KEPT 48

struct kept {
    char path[SCENE_TEXT_MAX];
    struct timespec modified;
    int width_px;
    uint64_t used;
    cairo_surface_t *surface; /* NULL: the file can't be read */
};

struct pictures {
    struct kept kept[KEPT];
    int count;
    uint64_t uses;
};

struct pictures *pictures_create(void)
{
    return calloc(1, sizeof(struct pictures));
}

void pictures_destroy(struct pictures **p)
{
    for (int i = 0; *p && i < (*p)->count; i++)
        if ((*p)->kept[i].surface)
            cairo_surface_destroy((*p)->kept[i].surface);
    free(*p);
    *p = NULL;
}

static void premultiply_row(const uint8_t *in, uint8_t *out, int width)
{
    for (int x = 0; x < width; x++, in += 4, out += 4) {
        for (int c = 0; c < 3; c++)
            out[c] = (uint8_t)((in[c] * in[3] + 127) / 255);
        out[3] = in[3];
    }
}

/* Premultiplied before it is made smaller, so that what is transparent does not bleed into the edges. */
static cairo_surface_t *scaled(struct image *in, int width_px)
{
    struct image small = {0};
    struct lw_error err = {0};
    for (int y = 0; y < in->height; y++)
        premultiply_row(image_row(in, y), image_row(in, y), in->width);
    int width = in->width < width_px ? in->width : width_px < 1 ? 1 : width_px;
    int height = (int)lround((double)in->height * width / in->width);
    if (cv_picture_resize(in, width, height < 1 ? 1 : height, &small, &err)) {
        lw_log_error("picture", &err);
        return NULL;
    }
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, small.width, small.height);
    if (cairo_surface_status(s) == CAIRO_STATUS_SUCCESS) {
        int stride = cairo_image_surface_get_stride(s);
        for (int y = 0; y < small.height; y++)
            memcpy(cairo_image_surface_get_data(s) + (ptrdiff_t)y * stride, image_row(&small, y),
                   (size_t)small.width * 4);
        cairo_surface_mark_dirty(s);
    }
    image_finish(&small);
    return s;
}

static cairo_surface_t *read_picture(const char *path, int width_px)
{
    struct image im = {0};
    struct lw_error err = {0};
    enum lw_msg rc = access(path, R_OK) ? lw_fail_at(&err, path, 0, LW_MSG_PICTURE_READ, path)
                                        : cv_picture_read(path, IMAGE_BGRA8, &im, &err);
    if (rc) {
        lw_log_error("picture", &err);
        return NULL;
    }
    cairo_surface_t *s = scaled(&im, width_px);
    image_finish(&im);
    return s;
}

static struct kept *slot_for_new(struct pictures *p)
{
    if (p->count < KEPT)
        return &p->kept[p->count++];
    struct kept *oldest = &p->kept[0];
    for (int i = 1; i < KEPT; i++)
        if (p->kept[i].used < oldest->used)
            oldest = &p->kept[i];
    if (oldest->surface)
        cairo_surface_destroy(oldest->surface);
    return oldest;
}

/* Widths are rounded up to this, so that a picture that moves a little is not scaled anew. */
#define WIDTH_STEP_PX 16

cairo_surface_t *pictures_get(struct pictures *p, const char *path, int width_px)
{
    struct stat st = {0};
    width_px = (width_px + WIDTH_STEP_PX - 1) / WIDTH_STEP_PX * WIDTH_STEP_PX;
    if (stat(path, &st))
        st.st_mtim = (struct timespec){0}; /* and stays so until the file appears */
    for (int i = 0; i < p->count; i++) {
        struct kept *k = &p->kept[i];
        if ((k->width_px == width_px || !k->surface) && strcmp(k->path, path) == 0 &&
            memcmp(&k->modified, &st.st_mtim, sizeof st.st_mtim) == 0) {
            k->used = ++p->uses;
            return k->surface;
        }
    }
    cairo_surface_t *surface = read_picture(path, width_px);
    struct kept *k = slot_for_new(p);
    snprintf(k->path, sizeof k->path, "%s", path);
    k->modified = st.st_mtim;
    k->width_px = width_px;
    k->surface = surface;
    k->used = ++p->uses;
    return surface;
}
