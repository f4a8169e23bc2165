/* The level of the look light that serves a place: nothing of the thing at the top of the camera's range, nothing black. */
#include "teach_session.h"

#include "log.h"
#include "pack_session.h"

#include <math.h>

#define CLIPPED_GREY   252
#define CLIPPED_MAX    0.005 /* share of the place's pixels that may be at the top of the range */
#define DARK_SHARE     0.005 /* of its pixels that may be darker than the darkest that counts */
#define DARK_GREY      10    /* over black */
#define AROUND_MM      8.0   /* of the thing's outline */
#define STEP           0.7   /* from one level to the next that is tried */
#define LEVEL_MIN      70
#define LOOKS          3
#define SAMPLE_MM      1.0

struct brightness {
    double clipped;
    int darkest;
};

static struct brightness brightness_of(const struct teaching *t, const struct image *picture, const struct thing *thing)
{
    const struct laid_part *p = &thing->laid.parts[0];
    long histogram[256] = {0}, count = 0, clipped = 0, seen = 0;
    struct brightness b = {0};
    for (double y = -p->half_y_mm - AROUND_MM; y <= p->half_y_mm + AROUND_MM; y += SAMPLE_MM)
        for (double x = -p->half_x_mm - AROUND_MM; x <= p->half_x_mm + AROUND_MM; x += SAMPLE_MM) {
            struct local_mm at = {p->centre.x + x, p->centre.y + y};
            int grey = laid_covers(p, at, AROUND_MM) ? pack_grey_at(&t->g->calibration.model, picture, t->T, at, thing->look.z_mm) : -1;
            if (grey < 0)
                continue;
            histogram[grey]++;
            count++;
            clipped += grey >= CLIPPED_GREY;
        }
    b.clipped = count ? (double)clipped / (double)count : 0;
    while (b.darkest < 255 && (seen += histogram[b.darkest]) <= DARK_SHARE * (double)count)
        b.darkest++;
    return b;
}

/* Nothing was laid or taken between two looks of different light. */
static bool nothing_new(const struct teaching *t, const struct thing *thing, const struct guide_look *darker)
{
    struct laid laid;
    struct lw_error ignored;
    struct laid_look look = thing->look;
    look.before = &thing->after.picture;
    look.after = &darker->picture;
    look.T_bench_from_local_before = t->T;
    return laid_find(&look, TEACH_THING_MIN_MM2, &laid, &ignored) == LW_OK && laid.trouble == REASON_NONE && laid.count == 0;
}

/* A look in the light of `level` takes the place of the thing's own; false: it is of no use. */
static bool look_darker(struct teaching *t, struct thing *thing, uint8_t level)
{
    struct guide_look look;
    struct lw_error ignored;
    const struct guide_light light = guide_light_bench(t->g, level);
    bool good = teach_look(t->g, &light, &look, &ignored) == LW_OK && look.trouble == REASON_NONE && nothing_new(t, thing, &look);
    if (!good) {
        guide_look_finish(&look);
        return false;
    }
    guide_look_finish(&thing->after);
    thing->after = look;
    thing->look.after = &thing->after.picture;
    t->light = light;
    return true;
}

enum verdict_reason teach_find_light(struct teaching *t, struct thing *thing)
{
    struct brightness b = brightness_of(t, &thing->after.picture, thing);
    for (int i = 0; i < LOOKS && b.clipped > CLIPPED_MAX && t->light.level * STEP >= LEVEL_MIN; i++) {
        if (!look_darker(t, thing, (uint8_t)(t->light.level * STEP)))
            break;
        b = brightness_of(t, &thing->after.picture, thing);
    }
    thing->light = t->light.level;
    lw_log(LW_LOG_INFO, "teach", "light level %d: %.2f %% of the place at the top of the range, the darkest at %d", thing->light,
           100 * b.clipped, b.darkest);
    return b.clipped > CLIPPED_MAX ? REASON_GLARE : b.darkest < DARK_GREY ? REASON_DARK : REASON_NONE;
}
