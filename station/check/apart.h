/* Two explanations of one look, compared where they differ: the bent tip, the printed end. */
#pragma once

#include "shape.h"

struct explanation {
    const struct shape *taught;
    struct rigid T_taught_from_seen;
};

struct apart {
    double lean;     /* 0: where they differ it looks like mine, 1: like the rival */
    double strength; /* how far apart they are there, squared, in units of what is usual, over independent stretches */
};

/* usual[]: what differs between two layings of one thing, by cue. A stretch of outline or a patch of colour has a say by
 * how much the two explanations differ there (a likelihood ratio on the sites that tell; the rest of the shape, which
 * fits both, has none). Strength 0, lean 0.5: they differ nowhere. */
struct apart shape_apart(const struct explanation *mine, const struct explanation *rival, const struct shape *seen,
                         const double usual[CUE_COUNT]);

/* How well the light and dark along the seen thing follows the taught one's: correlation (-1 .. 1) of the mean tones across it
 * at every millimetre of its length, less their slow course, which shadows beside it make. 0: it is too short, or plain. */
double shape_pattern(const struct explanation *e, const struct shape *seen);
