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
#define STEP           0.82  /* from one level to the next that is tried */
#define LEVEL_MIN      150   /* 39 % of the light: less is lost beside a room's own */
#define LOOKS          2
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

void teach_find_light(struct teaching *t, struct thing *thing)
{
    struct lw_error ignored;
    struct brightness b = brightness_of(t, &thing->after.picture, thing);
    uint8_t level = t->light.level;
    for (int i = 0; i < LOOKS && b.clipped > CLIPPED_MAX && level * STEP >= LEVEL_MIN; i++) {
        struct guide_look look;
        const struct guide_light light = guide_light_bench(t->g, (uint8_t)(level * STEP));
        if (teach_look(t->g, &light, &look, &ignored) || look.trouble != REASON_NONE) {
            guide_look_finish(&look);
            break;
        }
        guide_look_finish(&thing->darker);
        thing->darker = look;
        thing->darker_light = light;
        level = light.level;
        b = brightness_of(t, &look.picture, thing);
    }
    if (thing->darker.picture.data)
        teach_take_striped(t, &thing->darker_light, thing);
    thing->light = level;
    thing->light_trouble = b.clipped > CLIPPED_MAX ? REASON_GLARE : b.darkest < DARK_GREY ? REASON_DARK : REASON_NONE;
    lw_log(LW_LOG_INFO, "teach", "light level %d: %.2f %% of the place at the top of the range, the darkest at %d", level,
           100 * b.clipped, b.darkest);
}
