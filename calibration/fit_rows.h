/* Inside the calibration folder: what each thing that was measured adds to the normal equations of the adjustment. */
#pragma once

#include "fit.h"

struct fit_system {
    int n;              /* parameters, free or not */
    double *a, *b;      /* n x n, n */
    bool slopes;        /* else only the cost is summed */
    double cost, plain; /* Huber's, and of squares */
    int rows;
};

/* A pair's miss in the projector's picture, a board's corner's in the camera's; sigma in px. */
void fit_row_pair(struct fit_system *s, const struct fit *f, const struct solve_input *in, const struct fit_pair *pair,
                  double sigma);
void fit_row_corner(struct fit_system *s, const struct fit *f, const struct solve_input *in,
                    const struct fit_corner *corner, double sigma);
void fit_row_bench_corners(struct fit_system *s, const struct fit *f, const struct solve_input *in);
/* A board that is said to lie flat: its four outer corners are in the bench's plane. */
void fit_row_flat(struct fit_system *s, const struct fit *f, const struct solve_input *in, int view);
