/* How high the ground in the case is, and what was laid on it: by crosses of light, each in one projection. */
#include "teach_session.h"

#include "log.h"
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#define WALL_MM         12.0 /* of the case, where no ground is looked for */
#define FLOOR_DOWN_MM   8.0  /* the ground is looked for from so much under the bench, as it may be a little off, */
#define FLOOR_UP_MM     60.0 /* to so much over it: raised shelves */
#define SHOTS           4    /* each between the crosses of the others */
#define SHOT_POINTS     40
#define THING_UP_MM     110.0
#define REACH_MM        45.0 /* what was measured farther away says nothing about a place */
#define USUAL_FLOOR_MM  3.0  /* of a case that can't be measured: a thin bottom */
#define SIGMA_MAX_MM    3.0  /* a worse measurement is none */
#define THING_POINTS    6
#define SAMPLES_SIDE    40   /* points within a thing's box that are tried */
#define DEEP_MM         1.5  /* half of an instrument's handle: a cross may lie on it */
#define OTHER_PLANE_MM  12.0 /* a thing that is so much higher than thought is met elsewhere by its cross */
#define SPREAD_MAX_MM   20.0
#define THIN_MM         1.0
#define SAME_FLOOR_MM   4.0
#define STRIPES_SIGMA_MM 2.0
#define STRIPES_LEAST_MM 1.0  /* lower or higher: it may be a period of the stripes off, which crosses tell */
#define STRIPES_MOST_MM 20.0
#define CROSSES_LEAST_MM 4.0
#define UNDER_MM        (-5.0) /* the light met something else */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- the ground ---- */

static bool well_inside(const struct teaching *t, struct local_mm p)
{
    return fabs(p.x) <= t->carrier.width_mm / 2 - WALL_MM && fabs(p.y) <= t->carrier.depth_mm / 2 - WALL_MM;
}

/* A grid along the bench's sides, over the inside of the case. */
static int floor_grid(const struct teaching *t, double apart_mm, int shot, struct measure_place *out)
{
    double reach = hypot(t->carrier.width_mm, t->carrier.depth_mm) / 2;
    int count = 0, side = (int)ceil(reach / apart_mm);
    for (int j = -side; j <= side; j++)
        for (int i = -side; i <= side && count < SHOT_POINTS; i++) {
            struct local_mm b = {t->T.x_mm + (i + 0.5 * (shot % 2)) * apart_mm, t->T.y_mm + (j + 0.5 * (shot / 2)) * apart_mm};
            if (well_inside(t, rigid_apply(rigid_inverse(t->T), b)))
                out[count++] = (struct measure_place){.at = b, .near_mm = USUAL_FLOOR_MM};
        }
    return count;
}

static void keep_floor(struct teaching *t, const struct measure_place *places, int count)
{
    for (int i = 0; i < count && t->floor_count < TEACH_FLOOR_POINTS; i++) {
        if (!places[i].found || places[i].sigma_mm > SIGMA_MAX_MM)
            continue;
        struct local_mm l = rigid_apply(rigid_inverse(t->T), places[i].at);
        t->floor[t->floor_count++] = (struct bench_mm){l.x, l.y, fmax(0, places[i].z_mm)};
    }
}

void teach_measure_floor(struct teaching *t)
{
    struct measure_place places[SHOT_POINTS];
    struct lw_error why;
    double z[TEACH_FLOOR_POINTS];
    double apart = measure_apart_mm(t->g, (struct bench_mm){t->T.x_mm, t->T.y_mm, USUAL_FLOOR_MM}, FLOOR_DOWN_MM, FLOOR_UP_MM);
    t->floor_count = 0;
    for (int shot = 0; shot < SHOTS; shot++) {
        int count = floor_grid(t, apart, shot, places);
        if (measure_places(t->g, places, count, FLOOR_DOWN_MM, FLOOR_UP_MM, &why) == LW_OK)
            keep_floor(t, places, count);
    }
    for (int i = 0; i < t->floor_count; i++)
        z[i] = t->floor[i].z;
    qsort(z, (size_t)t->floor_count, sizeof *z, by_size);
    t->floor_mm = t->floor_count ? z[t->floor_count / 2] : fmin(USUAL_FLOOR_MM, t->carrier.height_mm);
    lw_log(LW_LOG_INFO, "teach", "the ground in the case: %.1f mm high in its middle height, measured at %d points", t->floor_mm,
           t->floor_count);
}

double teach_floor_at(const struct teaching *t, struct local_mm p)
{
    double sum = 0, weights = 0;
    if (!teach_in_case(t, p))
        return 0;
    for (int i = 0; i < t->floor_count; i++) {
        double d = hypot(t->floor[i].x - p.x, t->floor[i].y - p.y);
        double weight = d < REACH_MM ? 1 / pow(d + 3, 4) : 0; /* nearly that of the nearest: shelves have edges */
        sum += weight * t->floor[i].z;
        weights += weight;
    }
    return weights > 0 ? sum / weights : t->floor_mm;
}

/* Under a thing: the points that it covers know best, since recesses and shelves end beside it. */
static double floor_under(const struct teaching *t, const struct laid_part *part)
{
    double z[TEACH_FLOOR_POINTS];
    int count = 0;
    for (int i = 0; i < t->floor_count; i++)
        if (laid_covers(part, (struct local_mm){t->floor[i].x, t->floor[i].y}, 0))
            z[count++] = t->floor[i].z;
    qsort(z, (size_t)count, sizeof *z, by_size);
    return count ? z[count / 2] : teach_floor_at(t, part->centre);
}

/* ---- a thing ---- */

/* How deep inside of the part's outline; 0 outside of it. */
static double depth_in(const struct laid_part *part, struct local_mm p)
{
    double least = 1e9;
    if (!laid_covers(part, p, 0))
        return 0;
    for (int i = 0, j = part->rim_count - 1; i < part->rim_count; j = i++) {
        const struct local_mm *a = &part->rim[i], *b = &part->rim[j];
        double ex = b->x - a->x, ey = b->y - a->y, length2 = ex * ex + ey * ey;
        double s = length2 > 0 ? fmin(1, fmax(0, ((p.x - a->x) * ex + (p.y - a->y) * ey) / length2)) : 0;
        least = fmin(least, hypot(p.x - a->x - s * ex, p.y - a->y - s * ey));
    }
    return least;
}

/* The deepest points that lie far enough from one another, up to `max`; returns their number. */
static int deep_points(const struct laid_part *part, double apart_mm, struct local_mm *out, int max)
{
    int count = 0;
    while (count < max) {
        double deepest = DEEP_MM;
        for (int k = 0; k < SAMPLES_SIDE * SAMPLES_SIDE; k++) {
            struct local_mm p = {part->centre.x + part->half_x_mm * (2.0 * (k % SAMPLES_SIDE) / (SAMPLES_SIDE - 1) - 1),
                                 part->centre.y + part->half_y_mm * (2.0 * (k / SAMPLES_SIDE) / (SAMPLES_SIDE - 1) - 1)};
            double depth = depth_in(part, p);
            for (int i = 0; i < count && depth > 0; i++)
                depth = hypot(out[i].x - p.x, out[i].y - p.y) < apart_mm ? 0 : depth;
            if (depth > deepest)
                deepest = depth, out[count] = p;
        }
        if (deepest <= DEEP_MM)
            break;
        count++;
    }
    return count;
}

/* Where what the camera sees there in one plane lies in another. */
static struct local_mm in_plane(const struct teaching *t, struct local_mm bench, double from_mm, double to_mm)
{
    struct cam_px c;
    struct bench_mm b;
    if (!model_cam_from_bench(&t->g->calibration.model, (struct bench_mm){bench.x, bench.y, from_mm}, &c) ||
        !model_bench_from_cam(&t->g->calibration.model, c, to_mm, &b))
        return bench;
    return (struct local_mm){b.x, b.y};
}

/* The top's height over the bench, from crosses on the thing if it is so high; false: not found. */
static bool measure_top(struct teaching *t, const struct thing *thing, const struct local_mm *points, int count, double guess_mm,
                        double *top_mm, double *sigma_mm)
{
    struct measure_place places[THING_POINTS];
    struct lw_error why;
    double z[THING_POINTS];
    int found = 0;
    for (int i = 0; i < count; i++) {
        struct local_mm b = rigid_apply(t->T, points[i]);
        places[i] = (struct measure_place){.at = in_plane(t, b, thing->look.z_mm, guess_mm), .near_mm = guess_mm};
    }
    if (measure_places(t->g, places, count, guess_mm + FLOOR_DOWN_MM, THING_UP_MM - guess_mm, &why))
        return false;
    for (int i = 0; i < count; i++)
        if (places[i].found && places[i].sigma_mm <= SIGMA_MAX_MM) {
            *sigma_mm = places[i].sigma_mm;
            z[found++] = places[i].z_mm;
        }
    qsort(z, (size_t)found, sizeof *z, by_size);
    if (found == 0 || z[found - 1] - z[0] > SPREAD_MAX_MM)
        return false;
    *top_mm = z[found / 2];
    *sigma_mm = hypot(*sigma_mm, (z[found - 1] - z[0]) / 2);
    return true;
}

/* Where the covered points agree the ground is known. */
static bool floor_is_sure(const struct teaching *t, const struct laid_part *part)
{
    double low = 1e9, high = -1e9;
    if (!teach_in_case(t, part->centre))
        return true;
    for (int i = 0; i < t->floor_count; i++)
        if (laid_covers(part, (struct local_mm){t->floor[i].x, t->floor[i].y}, 0))
            low = fmin(low, t->floor[i].z), high = fmax(high, t->floor[i].z);
    return high >= low && high - low <= SAME_FLOOR_MM;
}

/* By what the stripes wandered since the look before; it is known but for whole periods, which `about_mm` tells. */
static bool measure_higher(const struct teaching *t, const struct thing *thing, double about_mm, double *higher_mm, double *sigma_mm)
{
    const struct laid_part *part = &thing->laid.parts[0];
    struct bench_mm outline[LAID_RIM];
    struct height_result ground, top;
    struct lw_error ignored;
    const struct model *m = &t->g->calibration.model;
    bool pushed = hypot(t->T.x_mm - t->T_before.x_mm, t->T.y_mm - t->T_before.y_mm) > 0;
    if (!t->striped.data || !thing->striped.data || pushed)
        return false;
    for (int i = 0; i < part->rim_count; i++) {
        struct local_mm b = rigid_apply(t->T, part->rim[i]);
        outline[i] = (struct bench_mm){b.x, b.y, thing->look.z_mm};
    }
    if (height_measure(m, &t->before.picture, &t->striped, &t->stripes, outline, part->rim_count, HEIGHT_MIDDLE, &ground, &ignored) ||
        height_measure(m, &thing->after.picture, &thing->striped, &t->stripes, outline, part->rim_count, HEIGHT_TOP, &top, &ignored) ||
        !ground.seen || !top.seen)
        return false;
    *higher_mm = height_between(&t->stripes, ground.z_mm, top.z_mm, about_mm);
    *sigma_mm = hypot(ground.sigma_mm, top.sigma_mm);
    return *sigma_mm <= STRIPES_SIGMA_MM && *higher_mm > 0;
}

static bool measure_by_crosses(struct teaching *t, struct thing *thing)
{
    const struct laid_part *part = &thing->laid.parts[0];
    struct local_mm points[THING_POINTS];
    double apart, guess = thing->look.z_mm;
    apart = measure_apart_mm(t->g, (struct bench_mm){t->T.x_mm, t->T.y_mm, guess}, guess + FLOOR_DOWN_MM, THING_UP_MM - guess);
    int count = deep_points(part, apart, points, THING_POINTS);
    if (count == 0 || !measure_top(t, thing, points, count, guess, &thing->top_mm, &thing->sigma_mm))
        return false;
    if (fabs(thing->top_mm - guess) > OTHER_PLANE_MM &&
        !measure_top(t, thing, points, count, thing->top_mm, &thing->top_mm, &thing->sigma_mm))
        return false;
    return thing->top_mm - thing->ground_mm > UNDER_MM;
}

void teach_measure_thing(struct teaching *t, struct thing *thing)
{
    double height = 0, sigma = 0;
    teach_take_striped(t, &t->light, thing);
    thing->ground_mm = floor_under(t, &thing->laid.parts[0]);
    bool higher = measure_higher(t, thing, TEACH_USUAL_HEIGHT_MM, &height, &sigma);
    bool sure = higher && height > STRIPES_LEAST_MM && height < STRIPES_MOST_MM && floor_is_sure(t, &thing->laid.parts[0]);
    bool crosses = !sure && measure_by_crosses(t, thing);
    if (crosses && higher)
        higher = measure_higher(t, thing, thing->top_mm - thing->ground_mm, &height, &sigma);
    if (!higher) {
        height = thing->top_mm - thing->ground_mm;
        sigma = thing->sigma_mm;
    }
    /* a recess or shelf that begins beside the points of the ground: low things are measured too low by crosses alone */
    thing->measured = higher || (crosses && height >= CROSSES_LEAST_MM);
    if (thing->measured) {
        thing->height_mm = fmax(THIN_MM, round(2 * height) / 2);
        thing->sigma_mm = sigma;
        thing->top_mm = crosses ? thing->top_mm : thing->ground_mm + thing->height_mm;
    }
    lw_log(LW_LOG_INFO, "teach", "%.1f mm high (+- %.1f mm; stripes: %s, crosses: %s), its top at %.1f mm, the ground at %.1f mm", height,
           sigma, higher ? "yes" : "no", crosses ? "yes" : "no", thing->top_mm, thing->ground_mm);
}

/* ---- stripes ---- */

static void take_striped(struct teaching *t, const struct guide_light *light, struct image *out)
{
    struct bench_mm dark[HEIGHT_STRIPES_MAX][4];
    enum verdict_reason trouble = REASON_NONE;
    image_finish(out);
    if (t->striped_well && (!guide_take_striped(t->g, light, dark, height_dark(&t->stripes, dark), out, &trouble) ||
                            trouble != REASON_NONE))
        image_finish(out);
}

void teach_stripes_begin(struct teaching *t)
{
    struct rigid T = teach_carrier(t) ? t->T : (struct rigid){t->g->bench_width_mm / 2, t->g->bench_depth_mm / 2, 0};
    double half_x = (teach_carrier(t) ? t->carrier.width_mm : t->g->bench_width_mm) / 2;
    double half_y = (teach_carrier(t) ? t->carrier.depth_mm : t->g->bench_depth_mm) / 2;
    t->striped_well = height_plan(&t->g->calibration.model, T, half_x, half_y, t->floor_mm, TEACH_USUAL_HEIGHT_MM, &t->stripes);
    take_striped(t, &t->light, &t->striped);
}

void teach_take_striped(struct teaching *t, const struct guide_light *light, struct thing *thing)
{
    take_striped(t, light, &thing->striped);
}
