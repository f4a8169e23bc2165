/* JPEG pictures of cameras, straight through libjpeg: half the time of OpenCV's imdecode, which turns every row around
 * once more, and it says when a picture is damaged, which imdecode shows half grey. */
#include "cv_video.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
/* wants jpeglib.h first */
#include <jerror.h>

struct trouble {
    struct jpeg_error_mgr manager; /* first: libjpeg sees this */
    jmp_buf leave;
};

static void on_error(j_common_ptr info)
{
    longjmp(((struct trouble *)(void *)info->err)->leave, 1);
}

/* libjpeg would go on with damaged data and print it. Stray bytes before a marker do no harm: many webcams send them. */
static void on_message(j_common_ptr info, int level)
{
    if (level >= 0)
        return;
    switch (info->err->msg_code) {
    case JWRN_HIT_MARKER: /* data ended too early */
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        on_error(info);
        break;
    default:
        break;
    }
}

static bool decode(struct jpeg_decompress_struct *d, const struct image *into, int *width, int *height)
{
    jpeg_read_header(d, TRUE);
    *width = (int)d->image_width;
    *height = (int)d->image_height;
    if (*width != into->width || *height != into->height)
        return false;
    d->out_color_space = JCS_EXT_BGR;
    jpeg_start_decompress(d);
    while (d->output_scanline < d->output_height) {
        JSAMPROW row = image_row(into, (int)d->output_scanline);
        jpeg_read_scanlines(d, &row, 1);
    }
    jpeg_finish_decompress(d);
    return true;
}

bool cv_video_from_jpeg(const uint8_t *data, size_t size, struct image *into, int *width, int *height)
{
    struct jpeg_decompress_struct d;
    struct trouble trouble;
    *width = *height = 0;
    d.err = jpeg_std_error(&trouble.manager);
    trouble.manager.error_exit = on_error;
    trouble.manager.emit_message = on_message;
    if (setjmp(trouble.leave)) {
        jpeg_destroy_decompress(&d);
        *width = *height = 0;
        return false;
    }
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, data, size);
    bool ok = decode(&d, into, width, height);
    jpeg_destroy_decompress(&d);
    return ok;
}
