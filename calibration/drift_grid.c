#include "drift.h"

#include "plane.h"

#include <stdlib.h>

#define PLANE_TOLERANCE_PX 1.5 /* projector px */
#define PLANE_SHARE_MIN    0.33
#define PLANE_MIN          24
#define MARK_SIGMA_PX      0.15 /* of a corner of the grid, camera px */

int drift_marks_from_pairs(const struct model *m, const struct decode_pair *pairs, int count, struct drift_mark *out, int max)
{
    struct decode_pair *inside = malloc(((size_t)count + 1) * sizeof *inside);
    bool *on = calloc((size_t)count + 1, sizeof *on);
    struct homography H;
    int n = 0, flat = 0, taken = 0, seen = 0;
    for (int i = 0; inside && on && i < count; i++) {
        struct bench_mm b;
        if (model_bench_from_cam(m, pairs[i].cam, 0, &b) && b.x > 0 && b.y > 0 && b.x < m->bench_width_mm &&
            b.y < m->bench_depth_mm)
            inside[n++] = pairs[i];
    }
    if (n >= PLANE_MIN)
        flat = plane_find(inside, n, PLANE_TOLERANCE_PX, &H, on);
    if (flat < PLANE_MIN || flat < PLANE_SHARE_MIN * n)
        flat = 0;
    for (int i = 0; i < n && flat; i++)
        if (on[i] && seen++ >= (double)taken * flat / max && taken < max)
            out[taken++] = (struct drift_mark){inside[i].proj, inside[i].cam, 0, MARK_SIGMA_PX};
    free(inside);
    free(on);
    return taken;
}
