#include "captures.h"

#include <stdlib.h>

/* From here on a board moved, camera px: ten times what the corners are known to. */
#define MOVED_PX 0.6

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A pattern and its inverse make an evenly lit picture: that of the last pair tells where the board was at the end. */
static enum lw_msg last_light(const struct pattern_plan *plan, const struct image *captures, struct image *out,
                              struct lw_error *err)
{
    for (int i = pattern_count(plan) - 1; plan->inverses && i >= 1; i--) {
        const struct image *p = &captures[i - 1], *q = &captures[i];
        if (!pattern_at(plan, i).inverse || !p->data || !q->data)
            continue;
        enum lw_msg rc = image_init(out, p->width, p->height, IMAGE_GRAY8, err);
        for (int y = 0; !rc && y < p->height; y++) {
            const uint8_t *a = image_row(p, y), *b = image_row(q, y);
            uint8_t *row = image_row(out, y);
            for (int x = 0; x < p->width; x++)
                row[x] = (uint8_t)((a[x] + b[x] + 1) / 2);
        }
        return rc;
    }
    return LW_OK;
}

enum lw_msg board_steady(const struct board *b, const struct pattern_plan *plan, const struct image *captures,
                         const struct board_seen *seen, double *moved_px, struct lw_error *err)
{
    struct image light = {0};
    struct board_seen last = {0};
    struct lw_error ignored;
    double moved[BOARD_CORNERS_MAX];
    int n = 0;
    *moved_px = 0;
    enum lw_msg rc = last_light(plan, captures, &light, err);
    if (!rc && light.data && board_find(b, &light, &last, &ignored) == LW_OK)
        for (int i = 0, k = 0; i < seen->count; i++) {
            while (k < last.count && last.corners[k].id < seen->corners[i].id)
                k++;
            if (k < last.count && last.corners[k].id == seen->corners[i].id)
                moved[n++] = hypot(last.corners[k].cam.x - seen->corners[i].cam.x,
                                   last.corners[k].cam.y - seen->corners[i].cam.y);
        }
    if (n > 0) {
        qsort(moved, (size_t)n, sizeof *moved, by_size);
        *moved_px = moved[n / 2];
    }
    board_seen_finish(&last);
    image_finish(&light);
    return !rc && *moved_px > MOVED_PX ? lw_fail(err, LW_MSG_SOLVE_MOVED, _("it lay elsewhere at the end")) : rc;
}
