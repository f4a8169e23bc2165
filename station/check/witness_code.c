/* A printed code on the thing. */
#include "cv_code.h"
#include "witness.h"

#include <stdio.h>
#include <string.h>

#define CODES 3

void witness_ask_code(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    struct cv_code codes[CODES];
    struct image picture = {0};
    struct view_grid grid;
    struct lw_error unheard; /* what can't be looked at can't be told */
    int count = 0;
    if (!witness_thing_picture(s, &picture, &grid, &unheard))
        cv_code_read(&picture, codes, CODES, &count, &unheard);
    image_finish(&picture);
    for (int i = 0; i < count; i++) {
        bool right = !*o->code || strcmp(codes[i].text, o->code) == 0;
        if (out->says == WITNESS_AGREES)
            break;
        *out = (struct witness_answer){.says = right ? WITNESS_AGREES : WITNESS_DISAGREES,
                                       .reason = right ? REASON_NONE : REASON_OTHER_ITEM, .confidence = 1, .bin = -1};
        snprintf(out->evidence, sizeof out->evidence, "code %.80s", codes[i].text);
    }
}
