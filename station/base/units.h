/* Spaces and units as types: a place in one space can't be handed to a function of another.
 * Angles are in radians, counter-clockwise seen from above; lengths in mm; times in ns. */
#pragma once

#include <math.h>
#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL
#define LW_PI 3.14159265358979323846

/* A point of the camera picture; a pixel's centre has integer coordinates; x right, y down. */
struct cam_px {
    double x, y;
};

/* A point of the projector picture; same convention. */
struct proj_px {
    double x, y;
};

/* A point over the bench: x right, y away from the person, z up; origin at the front left corner of the top. */
struct bench_mm {
    double x, y, z;
};

/* A point in the plane of a place, or of a carrier: x right, y away, from the place's (carrier's) own origin. */
struct local_mm {
    double x, y;
};

/* A flat move: turn by angle_rad about the own origin, then shift. Named by direction,
 * e.g. T_bench_from_carrier, T_carrier_from_place. */
struct rigid {
    double x_mm, y_mm, angle_rad;
};

static inline struct local_mm rigid_apply(struct rigid t, struct local_mm p)
{
    double c = cos(t.angle_rad), s = sin(t.angle_rad);
    return (struct local_mm){t.x_mm + c * p.x - s * p.y, t.y_mm + s * p.x + c * p.y};
}

/* T_a_from_c = T_a_from_b * T_b_from_c */
static inline struct rigid rigid_mul(struct rigid a_from_b, struct rigid b_from_c)
{
    struct local_mm o = rigid_apply(a_from_b, (struct local_mm){b_from_c.x_mm, b_from_c.y_mm});
    return (struct rigid){o.x, o.y, remainder(a_from_b.angle_rad + b_from_c.angle_rad, 2 * LW_PI)};
}

static inline struct rigid rigid_inverse(struct rigid t)
{
    double c = cos(t.angle_rad), s = sin(t.angle_rad);
    return (struct rigid){-c * t.x_mm - s * t.y_mm, s * t.x_mm - c * t.y_mm, -t.angle_rad};
}

static inline double deg_from_rad(double rad)
{
    return rad * 180.0 / LW_PI;
}

static inline double rad_from_deg(double deg)
{
    return deg * LW_PI / 180.0;
}
