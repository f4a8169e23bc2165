/* Inside the renderer: bench mm to canvas coordinates (Cairo's: a pixel's centre lies at .5). */
#pragma once

#include <cairo.h>

#include "model.h"
#include "scene.h"

struct map {
    bool calibrated;
    struct model model;
    double bench_width_mm, bench_depth_mm; /* fill the picture when not calibrated */
    int width, height;
};

/* Longest piece of a line that may be straight on the canvas; lens and height bend the rest. */
#define MAP_PIECE_MM 10.0

/* A point of a subdivided line: where, and how far along the line. */
struct map_point {
    double x, y, along_mm;
};

/* False where the model has no answer. */
bool map_bench(const struct map *m, struct bench_mm p, double *x, double *y);

/* The map near `anchor` as a matrix of mm offsets (bench x, y) to canvas coordinates: Jacobian by
 * differences. */
bool map_local(const struct map *m, struct bench_mm anchor, cairo_matrix_t *out);

/* Subdivides the line through points[0..count) (closed: back to the first). The caller frees *out; returns
 * the number of points, 0 when there is nothing to draw. Points without an answer are left out. */
int map_line(const struct map *m, const struct bench_mm *points, int count, bool closed,
             struct map_point **out);

/* The largest stretch of a matrix: an upper bound of canvas px a mm. */
double map_stretch(const cairo_matrix_t *local);
