/* What was left on the bench while it was mapped: things that stand over its plane, as regions in bench mm. A bench top
 * that is bent rises slowly and is no thing. Pure. */
#pragma once

#include "decode.h"
#include "model.h"

#define LEFT_MAX     16
#define LEFT_CORNERS 12

enum left_kind { LEFT_THING = 0, LEFT_BEND };

struct left_region {
    enum left_kind kind;
    struct bench_mm outline[LEFT_CORNERS]; /* convex, at the region's height; x, y in mm */
    int corner_count;
    struct bench_mm middle;
    double area_mm2;
    double height_mm; /* its median; negative: below the bench's plane. As true as the model's heights are */
};

/* From the pairs of the bench's capture and the model that was solved from them; the largest first. Returns how many of
 * the regions inside the bench there are (at most LEFT_MAX). What is lower than about 4 mm, smaller than 4 cm2, or sends no
 * readable light back is not seen. */
int left_find(const struct model *m, const struct decode_pair *pairs, int count, struct left_region out[LEFT_MAX]);
