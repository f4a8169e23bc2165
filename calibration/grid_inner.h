/* Inside the calibration folder: the steps of reading a coded grid. */
#pragma once

#include "grid.h"

#define GRID_CORNERS_MAX 6000
#define GRID_SPAN        128 /* labels of a lattice lie between -GRID_SPAN and GRID_SPAN */

/* Light of the pattern against that of its inverse, 128: none; `reduced` camera px a pixel each way. */
struct grid_light {
    struct image picture; /* GRAY8, owned */
    int reduced;
    double gain; /* its grey levels for one of the camera's */
};

struct grid_corner {
    struct cam_px at; /* in the light's px */
    double phase[2];  /* second harmonic of the light around it: neighbours along an edge have it turned about */
    int lattice;      /* -1: in none */
    int i, j;         /* label in its lattice */
    double across[2], down[2]; /* to the next corners */
    bool known;       /* its place in the projector's picture is sure */
    int column, row;  /* of that place: corner between the squares column - 1 and column */
};

enum lw_msg grid_light_make(const struct image *pattern, const struct image *inverse, struct grid_light *out,
                            struct lw_error *err);

/* Chess corners by a ring of `radius` (3 or 5) px; returns their number. */
int grid_corners_find(const struct grid_light *light, int radius, struct grid_corner *out, int max);
/* Gives them labels, lattice by lattice, and their exact places; returns the number of lattices. */
int grid_lattices(const struct grid_light *light, struct grid_corner *corners, int count);
/* Reads the squares and finds out which ones they are. */
void grid_match(const struct grid_plan *plan, const struct grid_light *light, struct grid_corner *corners, int count,
                int lattices, bool *mirrored);
