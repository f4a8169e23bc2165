/* Proof of a calibration on what it has not seen: 20 crosses of light, found again by the camera; the error map. */
#pragma once

#include "marks.h"

#define PROVE_COLUMNS 5
#define PROVE_ROWS    4
#define PROVE_POINTS  (PROVE_COLUMNS * PROVE_ROWS)

#define PROVE_PASS_MM        1.5 /* 95 % of the crosses, on the bench */
#define PROVE_PASS_RAISED_MM 2.5 /* the same at 100 mm, from the model's stated uncertainty (two sigmas) */

struct prove_point {
    struct bench_mm at;
    double error_mm;
    bool wanted;   /* the bench's top is seen there */
    bool measured;
};

struct prove_result {
    struct prove_point points[PROVE_POINTS];
    int measured;
    double median_mm, p95_mm, max_mm;
};

/* Where the crosses go: an even grid over the bench, all wanted. */
void prove_points(const struct guide *g, struct prove_result *out);

/* Shows them and fills in the errors of the wanted ones, by the calibration in force. Refuses when fewer than 6 are
 * found. `search_mm`: how far off they may be. Leaves the crosses on. */
enum lw_msg prove_measure(struct guide *g, double search_mm, struct prove_result *r, struct lw_error *err);

/* Median, 95 % and largest of the points measured. */
void prove_sum_up(struct prove_result *r);

/* p95 in bounds, and heights known well enough. */
bool prove_passed(const struct prove_result *r, const struct model *m);

/* The error map: on the bench (the scene, shown), and as a picture of the bench seen from above, 1 px a mm. */
void prove_show_map(struct guide *g, const struct prove_result *r);
enum lw_msg prove_write_map(const struct guide *g, const struct prove_result *r, const char *path,
                            struct lw_error *err);

/* [{"x_mm","y_mm","error_mm"}, …] of the points measured; owned by the caller. */
json_t *prove_json(const struct prove_result *r);
