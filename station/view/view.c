#include "view.h"

#include <stdlib.h>

/* The camera position is computed at every 8th pixel and interpolated: over 8 mm of bench a lens polynomial bends by
 * less than a hundredth of a pixel. */
#define MAP_STEP 8
#define OUTSIDE -1e6f

struct view_grid view_grid_make(struct rigid T_bench_from_local, double x0_mm, double y0_mm, double x1_mm,
                                double y1_mm, double z_mm, double mm_per_px)
{
    return (struct view_grid){.T_bench_from_local = T_bench_from_local,
                              .x0_mm = x0_mm,
                              .y0_mm = y0_mm,
                              .z_mm = z_mm,
                              .mm_per_px = mm_per_px,
                              .width = 1 + (int)lround((x1_mm - x0_mm) / mm_per_px),
                              .height = 1 + (int)lround((y1_mm - y0_mm) / mm_per_px)};
}

struct local_mm view_local_from_px(const struct view_grid *g, double px, double py)
{
    return (struct local_mm){g->x0_mm + px * g->mm_per_px, g->y0_mm + (g->height - 1 - py) * g->mm_per_px};
}

void view_px_from_local(const struct view_grid *g, struct local_mm p, double *px, double *py)
{
    *px = (p.x - g->x0_mm) / g->mm_per_px;
    *py = g->height - 1 - (p.y - g->y0_mm) / g->mm_per_px;
}

static bool camera_at(const struct model *m, const struct view_grid *g, double px, double py, struct cam_px *out)
{
    struct local_mm b = rigid_apply(g->T_bench_from_local, view_local_from_px(g, px, py));
    return model_cam_from_bench(m, (struct bench_mm){b.x, b.y, g->z_mm}, out);
}

bool view_grid_visible(const struct model *m, const struct view_grid *g)
{
    const struct lens *l = &m->camera.lens;
    for (int i = 0; i < 4; i++) {
        struct cam_px c;
        if (!camera_at(m, g, i & 1 ? g->width - 1 : 0, i & 2 ? g->height - 1 : 0, &c) || c.x < 0 || c.y < 0 ||
            c.x > l->width - 1 || c.y > l->height - 1)
            return false;
    }
    return true;
}

/* One span of at most MAP_STEP pixels; positions in 1/256 px. */
static void sample_span(const struct image *in, uint8_t *out, int n, float x, float y, float dx, float dy)
{
    const int channels = (int)in->format;
    for (int i = 0; i < n; i++, x += dx, y += dy, out += channels) {
        if (!(x >= 0 && y >= 0 && x <= (float)(in->width - 1) && y <= (float)(in->height - 1)))
            continue;
        int fx = (int)(x * 256), fy = (int)(y * 256), ix = fx >> 8, iy = fy >> 8;
        if (ix > in->width - 2)
            ix = in->width - 2;
        if (iy > in->height - 2)
            iy = in->height - 2;
        fx -= ix << 8;
        fy -= iy << 8;
        const uint8_t *p = in->data + iy * in->stride + (ptrdiff_t)ix * channels, *q = p + in->stride;
        for (int c = 0; c < channels; c++) {
            int top = p[c] * (256 - fx) + p[c + channels] * fx, low = q[c] * (256 - fx) + q[c + channels] * fx;
            out[c] = (uint8_t)((top * (256 - fy) + low * fy + 32768) >> 16);
        }
    }
}

static void fill_nodes(const struct model *m, const struct view_grid *g, float *nodes, int columns, int rows)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            struct cam_px at;
            bool seen = camera_at(m, g, c * MAP_STEP, r * MAP_STEP, &at);
            nodes[2 * (r * columns + c)] = seen ? (float)at.x : OUTSIDE;
            nodes[2 * (r * columns + c) + 1] = seen ? (float)at.y : OUTSIDE;
        }
}

static void sample_row(const struct image *in, struct image *out, const float *nodes, int columns, int y)
{
    const float *a = nodes + 2 * columns * (y / MAP_STEP), *b = a + 2 * columns;
    float t = (float)(y % MAP_STEP) / MAP_STEP;
    for (int x = 0; x < out->width; x += MAP_STEP, a += 2, b += 2) {
        float x0 = a[0] + t * (b[0] - a[0]), y0 = a[1] + t * (b[1] - a[1]);
        float x1 = a[2] + t * (b[2] - a[2]), y1 = a[3] + t * (b[3] - a[3]);
        int n = out->width - x < MAP_STEP ? out->width - x : MAP_STEP;
        sample_span(in, image_row(out, y) + (ptrdiff_t)x * in->format, n, x0, y0, (x1 - x0) / MAP_STEP,
                    (y1 - y0) / MAP_STEP);
    }
}

enum lw_msg view_rectify(const struct model *m, const struct image *in, const struct view_grid *g, struct image *out,
                         struct lw_error *err)
{
    if (in->width < 2 || in->height < 2)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, in->width, in->height);
    enum lw_msg rc = image_init(out, g->width, g->height, in->format, err);
    if (rc)
        return rc;
    int columns = (g->width + MAP_STEP - 1) / MAP_STEP + 1, rows = (g->height + MAP_STEP - 1) / MAP_STEP + 1;
    float *nodes = malloc(sizeof *nodes * 2 * (size_t)columns * (size_t)rows);
    if (!nodes) {
        image_finish(out);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    fill_nodes(m, g, nodes, columns, rows);
    for (int y = 0; y < g->height; y++)
        sample_row(in, out, nodes, columns, y);
    free(nodes);
    return LW_OK;
}
