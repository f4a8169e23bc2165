/* Where the pretend camera and projector hang and what their lenses do. Internal to sim/. */
#pragma once

#include "model.h"
#include "sim_pretend.h"

/* A device of the scene as a pinhole; `jitter` 0: as the scene says, 1: moved, turned and reground by `seed`.
 */
void optics_device(const struct pretend_device *d, double jitter, uint32_t seed, struct pinhole *out);

/* Moves it by so many mm sideways and turns it by so many radians about an axis that the seed picks. */
void optics_knock(struct pinhole *p, double mm, double rad, uint32_t seed);

/* A pinhole in single precision for the inner loops. */
struct optics {
    float R[9], c[3];
    float fx, fy, cx, cy, k1, k2, p1, p2;
    int width, height;
};
void optics_fast(const struct pinhole *p, struct optics *out);

/* Bench mm to pixels; false behind the device. */
static inline bool optics_project(const struct optics *o, float x, float y, float z, float *u, float *v)
{
    float dx = x - o->c[0], dy = y - o->c[1], dz = z - o->c[2];
    float zc = o->R[6] * dx + o->R[7] * dy + o->R[8] * dz;
    if (zc < 1)
        return false;
    float inv = 1 / zc, xn = (o->R[0] * dx + o->R[1] * dy + o->R[2] * dz) * inv;
    float yn = (o->R[3] * dx + o->R[4] * dy + o->R[5] * dz) * inv;
    float s = xn * xn + yn * yn, radial = 1 + s * (o->k1 + s * o->k2), xy2 = 2 * xn * yn;
    *u = o->fx * (xn * radial + o->p1 * xy2 + o->p2 * (s + 2 * xn * xn)) + o->cx;
    *v = o->fy * (yn * radial + o->p1 * (s + 2 * yn * yn) + o->p2 * xy2) + o->cy;
    return true;
}

/* Fills, for each pixel of row y, how far sideways the ray goes per mm that it sinks: x = c.x + sx * (c.z -
 * z). */
void optics_ray_row(const struct pinhole *p, int y, float *sx, float *sy);
