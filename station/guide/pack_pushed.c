/* A case that is pushed while it is packed: where it lies now, and what its places looked like before. */
#include "pack_session.h"

#include "log.h"

#include <stdlib.h>

#define PUSHED_MM 1.5 /* a case that lies so much elsewhere is followed */
#define PUSHED_RAD 0.009
#define PATCH_MM 110.0 /* half a side of what is kept of a place */

int pack_grey_at(const struct model *m, const struct image *im, struct rigid T, struct local_mm at, double z_mm)
{
    struct cam_px c;
    struct local_mm b = rigid_apply(T, at);
    if (!model_cam_from_bench(m, (struct bench_mm){b.x, b.y, z_mm}, &c) || !(c.x >= 0) || !(c.y >= 0) ||
        c.x > im->width - 1 || c.y > im->height - 1)
        return -1;
    const uint8_t *px = image_row(im, (int)(c.y + 0.5)) + 3 * (int)(c.x + 0.5);
    return (px[0] + 2 * px[1] + px[2]) / 4;
}

/* Has the case moved since the look before, or was it only measured worse then? The picture of before, moved along,
 * must be more like the picture of now than as it was taken. */
static bool really_moved(const struct pack *p, int carrier, struct rigid is, const struct image *picture)
{
    enum { POINTS = 60 }; /* along each side */
    const struct workflow_carrier *c = &p->w->carriers[carrier];
    const struct model *m = &p->g->calibration.model;
    double along = 0, still = 0, z_mm = c->height_mm / 2;
    if (!p->before_valid || p->before_carrier != carrier)
        return true;
    for (int i = 0; i < POINTS * POINTS; i++) {
        struct local_mm at = {c->width_mm * ((i % POINTS + 0.5) / POINTS - 0.5),
                              c->depth_mm * ((i / POINTS + 0.5) / POINTS - 0.5)};
        int now = pack_grey_at(m, picture, is, at, z_mm), stayed = pack_grey_at(m, &p->before, is, at, z_mm);
        int moved = pack_grey_at(m, &p->before, p->T_before[carrier], at, z_mm);
        if (now < 0 || stayed < 0 || moved < 0)
            continue;
        along += abs(now - moved);
        still += abs(now - stayed);
    }
    return along < still;
}

static void case_lies_at(struct pack *p, int carrier, struct rigid is, const struct image *picture)
{
    struct rigid was = p->T_bench_from_carrier[carrier];
    bool elsewhere = hypot(is.x_mm - was.x_mm, is.y_mm - was.y_mm) > PUSHED_MM ||
                     fabs(remainder(is.angle_rad - was.angle_rad, 2 * LW_PI)) > PUSHED_RAD;
    if (!elsewhere)
        return;
    bool moved = really_moved(p, carrier, is, picture);
    lw_log(LW_LOG_INFO, "pack", moved ? "the case was pushed by %.1f, %.1f mm, %.1f degrees"
                                      : "the case is measured anew, by %.1f, %.1f mm, %.1f degrees",
           is.x_mm - was.x_mm, is.y_mm - was.y_mm, deg_from_rad(is.angle_rad - was.angle_rad));
    p->T_bench_from_carrier[carrier] = is;
    if (!moved)
        p->T_before[carrier] = is;
    step_machine_want_survey(p->machine); /* its surroundings are other ones now */
    pack_update_places(p);
}

bool pack_follow_carrier(struct pack *p, int carrier, const struct image *picture)
{
    struct lw_error err = {0};
    struct carrier_found found;
    const struct model *m = &p->g->calibration.model;
    if (carrier == 0 || !p->taught.carriers) /* teaching: nothing to follow yet */
        return true;
    const struct carrier_taught *taught = &p->taught.carriers[carrier];
    enum lw_msg rc = carrier_refine(m, picture, taught, p->T_bench_from_carrier[carrier], &found, &err);
    rc = rc ? carrier_find(m, picture, taught, &found, &err) : rc;
    p->case_lost = rc != LW_OK;
    if (rc)
        lw_log_error("pack", &err);
    else
        case_lies_at(p, carrier, found.T_bench_from_carrier, picture);
    return rc == LW_OK;
}

/* ---- what a place looked like before it was filled ---- */

/* The part of a camera picture that shows a place; *x, *y: its corner. */
static struct image window_of(const struct model *m, const struct image *picture, struct rigid T, double z_mm, int *x,
                              int *y)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    struct bench_mm corners[4];
    struct cam_px c;
    show_rectangle(T, 2 * PATCH_MM, 2 * PATCH_MM, z_mm, corners);
    for (int i = 0; i < 4; i++)
        if (model_cam_from_bench(m, corners[i], &c))
            x0 = fmin(x0, c.x), y0 = fmin(y0, c.y), x1 = fmax(x1, c.x), y1 = fmax(y1, c.y);
    *x = (int)fmax(x0, 0);
    *y = (int)fmax(y0, 0);
    return image_window(picture, *x, *y, (int)x1 - *x, (int)y1 - *y);
}

void pack_keep_patch(struct pack *p, int step)
{
    struct lw_error err;
    struct pack_patch *patch = &p->patches[step];
    const struct check_place *place = &p->places[p->w->steps[p->first + step].place];
    image_finish(&patch->before);
    patch->T_bench_from_place = place->T_bench_from_place_before;
    struct image window = window_of(&p->g->calibration.model, &p->before, patch->T_bench_from_place, place->z_mm,
                                    &patch->x, &patch->y);
    if (window.width > 0 && window.height > 0 && image_copy(&patch->before, &window, &err))
        lw_log_error("pack", &err);
}

/* Between four pixels; false outside of the picture. */
static bool sample(const struct image *im, double x, double y, uint8_t *out)
{
    int ix = (int)floor(x), iy = (int)floor(y);
    if (ix < 0 || iy < 0 || ix + 1 >= im->width || iy + 1 >= im->height)
        return false;
    const uint8_t *a = image_row(im, iy) + 3 * ix, *b = image_row(im, iy + 1) + 3 * ix;
    double fx = x - ix, fy = y - iy;
    for (int k = 0; k < 3; k++)
        out[k] = (uint8_t)((1 - fy) * ((1 - fx) * a[k] + fx * a[k + 3]) + fy * ((1 - fx) * b[k] + fx * b[k + 3]) + 0.5);
    return true;
}

/* The place lies where T is in `to`, and lay where the patch says when that was taken. */
static void put_patch(const struct model *m, const struct pack_patch *patch, struct rigid T, double z_mm,
                      const struct image *picture)
{
    int x0, y0;
    struct bench_mm b;
    struct cam_px c;
    struct image to = window_of(m, picture, T, z_mm, &x0, &y0);
    struct rigid back = rigid_inverse(T);
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++) {
            if (!model_bench_from_cam(m, (struct cam_px){x0 + x, y0 + y}, z_mm, &b))
                continue;
            struct local_mm at = rigid_apply(back, (struct local_mm){b.x, b.y});
            if (fabs(at.x) > PATCH_MM || fabs(at.y) > PATCH_MM)
                continue;
            struct local_mm was = rigid_apply(patch->T_bench_from_place, at);
            if (model_cam_from_bench(m, (struct bench_mm){was.x, was.y, z_mm}, &c))
                sample(&patch->before, c.x - patch->x, c.y - patch->y, image_row(&to, y) + 3 * x);
        }
}

void pack_put_patch(struct pack *p, int step)
{
    const struct pack_patch *patch = &p->patches[step];
    int place = p->w->steps[p->first + step].place;
    if (place < 0 || !patch->before.data || !p->before_valid)
        return;
    const struct check_place *at = &p->places[place];
    put_patch(&p->g->calibration.model, patch, at->T_bench_from_place_before, at->z_mm, &p->before);
}

void pack_go_back(struct pack *p, int step)
{
    int place = p->w->steps[p->first + step].place;
    pack_doubt_forget(p);
    if (place >= 0)
        p->places[place].filled = false;
    pack_put_patch(p, step);
}
