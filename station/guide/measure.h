/* Heights by light: crosses are projected, and where the camera sees them tells how high the thing is that they fall
 * on (triangulation). */
#pragma once

#include "guide.h"

#define MEASURE_TOP_MM 200.0 /* nothing higher is looked for */
#define MEASURE_POINTS 5

struct measure_result {
    struct bench_mm at;  /* the middle of what was measured; z is its height over the bench */
    double sigma_mm;     /* standard uncertainty of the height */
    double spread_mm;    /* largest difference between the points: more than a few sigmas on what is not flat */
    struct bench_mm points[MEASURE_POINTS]; /* one by one */
    int count;
};

/* How high is what lies at (x, y)? `radius_mm`: the crosses keep within so much of it. About three seconds of small,
 * steady crosses. Refuses (MEASURE_NOT_SEEN) when the light isn't found there. */
enum lw_msg measure_height(struct guide *g, struct local_mm at, double radius_mm, struct measure_result *out,
                           struct lw_error *err);

/* How high several places are, in one projection of a cross on each (about a second). `near_mm`: the height that is
 * expected at each, where its cross falls as meant; looked for from near_mm - down_mm to near_mm + up_mm. */
struct measure_place {
    struct local_mm at; /* on the bench */
    double near_mm;
    double z_mm, sigma_mm; /* found: height over the bench, standard uncertainty */
    bool found;
};
enum lw_msg measure_places(struct guide *g, struct measure_place *places, int count, double down_mm, double up_mm,
                           struct lw_error *err);
/* How far apart they must lie, so that no cross is taken for its neighbour: half the side of the square that each is
 * looked for in, and the other's arm. */
double measure_apart_mm(const struct guide *g, struct bench_mm at, double down_mm, double up_mm);

/* The same for whatever raised thing lies on the bench: found by 20 crosses over all of it. MEASURE_FLAT when nothing
 * does. */
enum lw_msg measure_find(struct guide *g, double radius_mm, struct measure_result *out, struct lw_error *err);

/* {"x_mm","y_mm","height_mm","sigma_mm","spread_mm","points":[…]}; owned by the caller. */
json_t *measure_json(const struct measure_result *r);
