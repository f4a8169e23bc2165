/* The smallest witness that looks at something: a tag on the thing (or on its bin). Copy it to begin another one: it reads its
 * options (witness.h), takes a straight picture of where the thing lies, and answers. */
#include "cv_board.h"
#include "witness.h"

#include <stdio.h>

#define TAGS 16

/* The tags of a dictionary within the sight, in a straight picture. */
static int find_tags(const struct witness_options *o, const struct witness_sight *s, struct cv_tag tags[TAGS])
{
    struct image picture = {0};
    struct view_grid grid;
    struct lw_error unheard; /* what can't be looked at can't be told */
    int count = 0;
    if (!witness_thing_picture(s, &picture, &grid, &unheard))
        cv_board_tags(&picture, o->dictionary, tags, TAGS, &count, &unheard);
    image_finish(&picture);
    return count;
}

void witness_ask_marker(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    struct cv_tag tags[TAGS];
    int count = find_tags(o, s, tags), others = 0;
    *out = (struct witness_answer){.bin = -1}; /* no tag: it may lie with its face down */
    for (int i = 0; i < count; i++) {
        others += tags[i].id != o->marker;
        if (tags[i].id == o->marker && out->says == WITNESS_CANNOT_TELL)
            *out = (struct witness_answer){.says = WITNESS_AGREES, .confidence = 1, .bin = -1};
        snprintf(out->evidence, sizeof out->evidence, "marker %d", tags[i].id);
    }
    if (others > 0) { /* another one: alone it refuses; beside the right one nobody can tell */
        out->says = out->says == WITNESS_AGREES ? WITNESS_CANNOT_TELL : WITNESS_DISAGREES;
        out->reason = out->says == WITNESS_DISAGREES ? REASON_OTHER_ITEM : REASON_NONE;
        out->confidence = out->says == WITNESS_DISAGREES;
    }
}
