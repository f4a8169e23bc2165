#include "two.h"

#include <stdlib.h>

#define STEP_MM     2.0 /* at least, and so much of the thing's length */
#define STEP_SHARE  0.02
#define TURNS       36
#define WITHIN      0.94 /* of the taught thing must lie in the seen one */
#define FILLED      0.94 /* of the seen one, by both together */
#define ALONE       0.87 /* what one may fill at most */
#define PLACINGS    400  /* spread evenly over those that fit */
#define AREA_MIN    1.12 /* of the taught area */
#define AREA_MAX    2.3
#define WORDS       ((SHAPE_SAMPLES + 63) / 64)

struct placings {
    uint64_t fills[PLACINGS][WORDS]; /* which of the seen thing's samples each covers */
    int count, met, every; /* one of `every` that fit is kept */
};

static bool covers(const struct shape *s, double x, double y)
{
    return shape_colour_at(s, x, y) != NULL;
}

/* Enough of the taught samples lie within the seen thing; gives up as soon as they can't. */
static bool fits(const struct shape *taught, const struct shape *seen, struct rigid T_seen_from_taught)
{
    int out = 0, most = (int)((1 - WITHIN) * taught->samples);
    for (int i = 0; i < taught->samples && out <= most; i++) {
        struct local_mm p = rigid_apply(T_seen_from_taught, (struct local_mm){taught->sx[i], taught->sy[i]});
        out += !covers(seen, p.x, p.y);
    }
    return out <= most;
}

static void add(struct placings *all, const struct shape *taught, const struct shape *seen, struct rigid T_seen_from_taught)
{
    struct rigid back = rigid_inverse(T_seen_from_taught);
    if (all->met++ % all->every)
        return;
    if (all->count == PLACINGS) { /* every second one is kept, and fewer come */
        for (int i = 0; i < PLACINGS / 2; i++)
            for (int k = 0; k < WORDS; k++)
                all->fills[i][k] = all->fills[2 * i][k];
        all->count = PLACINGS / 2;
        all->every *= 2;
    }
    uint64_t *fills = all->fills[all->count++];
    for (int k = 0; k < WORDS; k++)
        fills[k] = 0;
    for (int i = 0; i < seen->samples; i++) {
        struct local_mm p = rigid_apply(back, (struct local_mm){seen->sx[i], seen->sy[i]});
        if (covers(taught, p.x, p.y))
            fills[i / 64] |= (uint64_t)1 << (i % 64);
    }
}

static int bits(const uint64_t *a, const uint64_t *b)
{
    int n = 0;
    for (int k = 0; k < WORDS; k++)
        n += __builtin_popcountll(a[k] | b[k]);
    return n;
}

/* The taught centre is moved over the seen thing's bounding box, at every turn. */
static void place_all(const struct shape *taught, const struct shape *seen, struct placings *all)
{
    double x0 = seen->x0 + SHAPE_MARGIN_MM, x1 = seen->x0 + (double)seen->width - SHAPE_MARGIN_MM;
    double y0 = seen->y0 + SHAPE_MARGIN_MM, y1 = seen->y0 + (double)seen->height - SHAPE_MARGIN_MM;
    double step = fmax(STEP_MM, STEP_SHARE * taught->length_mm);
    for (int turn = 0; turn < TURNS; turn++) {
        struct rigid T = {0, 0, turn * 2 * LW_PI / TURNS};
        struct local_mm centre = rigid_apply(T, (struct local_mm){taught->cx, taught->cy});
        for (double y = y0; y <= y1; y += step)
            for (double x = x0; x <= x1; x += step) {
                T.x_mm = x - centre.x, T.y_mm = y - centre.y;
                if (fits(taught, seen, T))
                    add(all, taught, seen, T);
            }
    }
}

bool shape_is_two(const struct shape *taught, const struct shape *seen)
{
    double share = taught->area_mm2 > 0 ? seen->bare_mm2 / taught->area_mm2 : 0;
    int one = 0, both = 0;
    if (share < AREA_MIN || share > AREA_MAX || seen->samples == 0)
        return false;
    struct placings *all = calloc(1, sizeof *all);
    if (!all)
        return false;
    all->every = 1;
    place_all(taught, seen, all);
    for (int i = 0; i < all->count; i++)
        for (int j = i; j < all->count; j++) {
            int n = bits(all->fills[i], all->fills[j]);
            if (i == j)
                one = n > one ? n : one;
            both = n > both ? n : both;
        }
    free(all);
    return both >= FILLED * seen->samples && one <= ALONE * seen->samples;
}
