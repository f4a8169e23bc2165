/* A camera that makes trouble on request: tests and rehearsals of what a station does when its camera fails. */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

struct faulty {
    struct camera camera;
    struct camera *inner;
    enum camera_fault fault;
    struct frame_pool *pool;
    struct frame *last; /* what a frozen camera goes on showing */
};

/* A picture where the sun hits the sensor: everything but the darkest parts is white. */
#define OVEREXPOSED_GAIN 4
#define OVEREXPOSED_OFFSET 128

static void overexpose(struct image *im)
{
    for (int y = 0; y < im->height; y++) {
        uint8_t *row = image_row(im, y);
        for (int i = 0; i < im->width * 3; i++) {
            int v = row[i] * OVEREXPOSED_GAIN + OVEREXPOSED_OFFSET;
            row[i] = (uint8_t)(v > 255 ? 255 : v);
        }
    }
}

static void copy_pixels(struct image *to, const struct image *from)
{
    for (int y = 0; y < to->height; y++)
        memcpy(image_row(to, y), image_row(from, y), (size_t)to->width * 3);
}

/* A spoilt copy of `f`; NULL when all frames are in use. */
static struct frame *spoil(struct faulty *c, const struct frame *f)
{
    if (!c->pool)
        c->pool = frame_pool_create(f->image.width, f->image.height, CAMERA_FRAMES, NULL);
    struct frame *out = c->pool ? frame_pool_take(c->pool) : NULL;
    if (!out)
        return NULL;
    out->sequence = f->sequence;
    out->t_ns = f->t_ns;
    if (c->fault == CAMERA_FAULT_BLACK) {
        image_fill(&out->image, 0);
        return out;
    }
    copy_pixels(&out->image, c->fault == CAMERA_FAULT_FROZEN ? &c->last->image : &f->image);
    if (c->fault == CAMERA_FAULT_OVEREXPOSED)
        overexpose(&out->image);
    return out;
}

static enum camera_status faulty_poll(struct camera *camera, int64_t now_ns, struct frame **out,
                                      struct lw_error *err)
{
    struct faulty *c = (struct faulty *)camera;
    struct frame *f = NULL;
    enum camera_status status = camera_poll(c->inner, now_ns, &f, err);
    c->camera.info = c->inner->info;
    if (c->fault == CAMERA_FAULT_UNPLUGGED) {
        frame_unref(&f);
        lw_fail(err, LW_MSG_CAMERA_UNPLUGGED, c->inner->info.identity);
        return CAMERA_LOST;
    }
    if (c->fault == CAMERA_FAULT_STALLED) {
        frame_unref(&f);
        return CAMERA_WAITING;
    }
    if (status != CAMERA_FRAME)
        return status;
    if (c->fault != CAMERA_FAULT_NONE) {
        if (!c->last)
            c->last = frame_ref(f);
        struct frame *spoilt = spoil(c, f);
        frame_unref(&f);
        *out = spoilt;
        return spoilt ? CAMERA_FRAME : CAMERA_WAITING;
    }
    frame_unref(&c->last);
    c->last = frame_ref(f);
    *out = f;
    return CAMERA_FRAME;
}

static int faulty_wake_fd(struct camera *camera)
{
    return camera_wake_fd(((struct faulty *)camera)->inner);
}

static void faulty_destroy(struct camera *camera)
{
    struct faulty *c = (struct faulty *)camera;
    frame_unref(&c->last);
    frame_pool_destroy(&c->pool);
    camera_destroy(&c->inner);
    free(c);
}

static const struct camera_ops faulty_ops = {faulty_poll, faulty_wake_fd, faulty_destroy};

enum lw_msg camera_faulty_create(struct camera **out, struct camera *inner, struct lw_error *err)
{
    *out = NULL;
    struct faulty *c = calloc(1, sizeof *c);
    if (!c)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    c->camera.ops = &faulty_ops;
    c->camera.info = inner->info;
    c->inner = inner;
    *out = &c->camera;
    return LW_OK;
}

void camera_faulty_set(struct camera *faulty, enum camera_fault fault)
{
    ((struct faulty *)faulty)->fault = fault;
}
