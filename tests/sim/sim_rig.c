#include "sim_rig.h"

#include "units.h"

#include <stdlib.h>

void rig_open(struct sim_rig *r, const struct sim_options *given, bool full)
{
    char path[400];
    struct lw_error err = {0};
    struct sim_options o = *given;
    *r = (struct sim_rig){0};
    o.scene = o.scene ? o.scene : harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path);
    if (!full) {
        o.camera_width = 640;
        o.camera_height = 360;
    }
    assert_ok(sim_create(&r->sim, &o, &err), &err);
    assert_ok(sim_camera_create(r->sim, &r->camera, &err), &err);
    assert_ok(sim_screen_create(r->sim, &r->screen, &err), &err);
    assert_ok(image_init(&r->canvas, r->screen->info.width, r->screen->info.height, IMAGE_BGRA8, &err), &err);
    r->frame_ns = (int64_t)(NS_PER_S / r->camera->info.fps) + 1;
}

void rig_close(struct sim_rig *r)
{
    frame_unref(&r->frame);
    r->camera->ops->destroy(r->camera);
    r->screen->ops->destroy(r->screen);
    image_finish(&r->canvas);
    sim_destroy(&r->sim);
}

const struct image *rig_next(struct sim_rig *r)
{
    struct lw_error err = {0};
    frame_unref(&r->frame);
    r->now_ns += r->frame_ns;
    assert_int_equal(r->camera->ops->poll(r->camera, r->now_ns, &r->frame, &err), CAMERA_FRAME);
    return &r->frame->image;
}

const struct image *rig_settle(struct sim_rig *r)
{
    for (int i = 0; i < 4; i++)
        rig_next(r);
    return &r->frame->image;
}

void rig_fill(struct sim_rig *r, int x, int y, int width, int height, uint8_t level)
{
    struct image w = image_window(&r->canvas, x, y, width, height);
    image_fill(&w, level);
    rig_present(r);
}

void rig_present(struct sim_rig *r)
{
    struct lw_error err = {0};
    assert_ok(r->screen->ops->present(r->screen, &r->canvas, NULL, 0, r->now_ns, &err), &err);
}

double rig_grey(const struct image *im, double x, double y, int reach)
{
    double sum = 0;
    int n = 0, cx = (int)lround(x), cy = (int)lround(y);
    for (int j = cy - reach; j <= cy + reach; j++)
        for (int i = cx - reach; i <= cx + reach; i++)
            if (i >= 0 && j >= 0 && i < im->width && j < im->height) {
                sum += image_row(im, j)[i * 3 + 1];
                n++;
            }
    return n ? sum / n : 0;
}

int rig_differing(const struct image *a, const struct image *b, int levels)
{
    int count = 0;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            count += abs(image_row(a, y)[x * 3 + 1] - image_row(b, y)[x * 3 + 1]) > levels;
    return count;
}
