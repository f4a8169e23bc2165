#include "rigs.h"

#include <string.h>

double rig_gauss(uint64_t *state)
{
    double a = harness_random(state), b = harness_random(state);
    return sqrt(-2 * log(a + 1e-300)) * cos(2 * LW_PI * b);
}

static double between(uint64_t *state, double lo, double hi)
{
    return lo + (hi - lo) * harness_random(state);
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static void normalise(double v[3])
{
    double n = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3; i++)
        v[i] /= n;
}

/* Not for a turn of exactly half a circle about a bench axis: the rigs never are. */
static void vector_from_matrix(const double R[9], double out[3])
{
    double c = (R[0] + R[4] + R[8] - 1) / 2, angle = acos(fmax(-1, fmin(1, c)));
    double k = angle / (2 * sin(angle));
    out[0] = k * (R[7] - R[5]);
    out[1] = k * (R[2] - R[6]);
    out[2] = k * (R[3] - R[1]);
}

void rig_look(struct pinhole *p, const double at[3], const double target[3], double angle_rad)
{
    double right[3] = {cos(angle_rad), sin(angle_rad), 0}, down[3], forward[3];
    for (int i = 0; i < 3; i++)
        forward[i] = target[i] - at[i];
    normalise(forward);
    cross(forward, right, down);
    normalise(down);
    cross(down, forward, right);
    double R[9];
    memcpy(R, right, sizeof right);
    memcpy(R + 3, down, sizeof down);
    memcpy(R + 6, forward, sizeof forward);
    vector_from_matrix(R, p->T_device_from_bench.rotation);
    for (int i = 0; i < 3; i++)
        p->T_device_from_bench.translation_mm[i] =
            -(R[3 * i] * at[0] + R[3 * i + 1] * at[1] + R[3 * i + 2] * at[2]);
    pinhole_update(p);
}

/* Chooses f so that the bench fills about `fill` of the picture's width. */
static double focal(double width_px, double bench_mm_wide, double height_mm, double fill)
{
    return fill * width_px * height_mm / bench_mm_wide;
}

void rig_random(uint64_t *state, struct model *m)
{
    memset(m, 0, sizeof *m);
    double w = between(state, 700, 1500), d = w * between(state, 0.5, 0.7),
           height = w * between(state, 1.0, 1.6);
    m->bench_width_mm = w;
    m->bench_depth_mm = d;
    double cam_at[3] = {w * between(state, 0.35, 0.65), d * between(state, 0.3, 1.1), height};
    double proj_at[3] = {w * between(state, 0.35, 0.65), d * between(state, -0.5, 0.2),
                         height * between(state, 0.9, 1.1)};
    double middle[3] = {w * between(state, 0.47, 0.53), d * between(state, 0.45, 0.55), 0};
    /* lens shift: the projector looks nearly straight down and its picture lies to one side */
    double below[3] = {proj_at[0] + w * between(state, -0.05, 0.05),
                       proj_at[1] + w * between(state, 0.0, 0.08), 0};
    rig_look(&m->camera, cam_at, middle, between(state, -0.15, 0.15));
    rig_look(&m->projector, proj_at, below, between(state, -0.08, 0.08));
    struct lens *c = &m->camera.lens, *p = &m->projector.lens;
    *c = (struct lens){
        .width = 1280, .height = 720, .k1 = between(state, -0.25, 0.02), .k2 = between(state, 0, 0.08)};
    c->fx = c->fy = focal(c->width, w, height, between(state, 0.68, 0.8));
    c->cx = 639.5 + between(state, -15, 15);
    c->cy = 359.5 + between(state, -15, 15);
    *p = (struct lens){.width = 1920, .height = 1080, .k1 = between(state, -0.02, 0.02)};
    p->fx = p->fy = focal(p->width, w, proj_at[2], between(state, 0.8, 0.95));
    p->cx = 959.5 + between(state, -20, 20);
    p->cy = 539.5;
    /* shift the picture so that the bench's middle lies in its middle */
    struct proj_px seen;
    model_proj_from_bench(m, (struct bench_mm){w / 2, d / 2, 0}, &seen);
    p->cy += 539.5 - seen.y;
}
