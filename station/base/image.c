#include "image.h"

#include <stdlib.h>
#include <string.h>

enum lw_msg image_init(struct image *out, int width, int height, enum image_format format, struct lw_error *err)
{
    *out = (struct image){0};
    if (width <= 0 || height <= 0 || format == IMAGE_NONE || (int64_t)width * height > IMAGE_MAX_PIXELS)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, width, height);
    ptrdiff_t stride = ((ptrdiff_t)width * (int)format + 15) & ~(ptrdiff_t)15;
    out->data = calloc((size_t)height, (size_t)stride);
    if (!out->data)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    out->width = width;
    out->height = height;
    out->stride = stride;
    out->format = format;
    out->owned = true;
    return LW_OK;
}

void image_finish(struct image *im)
{
    if (!im)
        return;
    if (im->owned)
        free(im->data);
    *im = (struct image){0};
}

enum lw_msg image_copy(struct image *out, const struct image *in, struct lw_error *err)
{
    struct image copy;
    enum lw_msg rc = image_init(&copy, in->width, in->height, in->format, err);
    if (rc)
        return rc;
    size_t bytes = (size_t)in->width * (size_t)in->format;
    for (int y = 0; y < in->height; y++)
        memcpy(image_row(&copy, y), image_row(in, y), bytes);
    *out = copy;
    return LW_OK;
}

static int clip(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

struct image image_window(const struct image *in, int x, int y, int width, int height)
{
    int x0 = clip(x, 0, in->width), y0 = clip(y, 0, in->height);
    int x1 = clip(x + width, x0, in->width), y1 = clip(y + height, y0, in->height);
    struct image w = *in;
    w.data = image_row(in, y0) + (ptrdiff_t)x0 * (int)in->format;
    w.width = x1 - x0;
    w.height = y1 - y0;
    w.owned = false;
    return w;
}

void image_fill(struct image *im, uint8_t value)
{
    for (int y = 0; y < im->height; y++)
        memset(image_row(im, y), value, (size_t)im->width * (size_t)im->format);
}
