#include "scene.h"

#include <stdlib.h>
#include <string.h>

/* Light, not paint: what is seen is colour times reflectance. Told apart by lightness and by blue against
 * yellow, which red-green colour-blind people keep; tests/picture/test_scene.c computes the distances. */
const struct scene_colour SCENE_WHITE = {255, 244, 226};   /* warm white: the place being judged, words */
const struct scene_colour SCENE_GUIDE = {30, 165, 255};    /* blue-cyan: where the hand goes next */
const struct scene_colour SCENE_GOOD = {30, 190, 95};      /* green, darker than white and bluer than amber */
const struct scene_colour SCENE_ATTENTION = {255, 155, 0}; /* amber: look here; never red, which scolds */
const struct scene_colour SCENE_QUIET = {84, 84, 92};      /* dim grey: there, but not now */

struct scene *scene_create(void)
{
    struct scene *s = calloc(1, sizeof *s);
    if (s)
        s->items = calloc(SCENE_MAX, sizeof *s->items);
    if (s && !s->items) {
        free(s);
        return NULL;
    }
    return s;
}

void scene_destroy(struct scene **s)
{
    if (!*s)
        return;
    free((*s)->items);
    free(*s);
    *s = NULL;
}

void scene_clear(struct scene *s)
{
    s->count = 0;
}

struct scene_item *scene_add(struct scene *s, enum scene_kind kind, struct scene_colour colour)
{
    if (s->count < SCENE_MAX)
        s->count++;
    struct scene_item *item = &s->items[s->count - 1];
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->colour = colour;
    return item;
}
