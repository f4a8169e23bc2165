/* Scenes and a model for the tests and benchmarks of the picture. */
#pragma once

#include "model.h"
#include "scene.h"

/* A ceiling projector that looks at an 800 x 450 mm bench from beside its middle, with lens distortion. */
struct model some_model(int width, int height);

/* A box of width x depth around x, y, turned by angle_rad. */
void some_box(struct scene_item *item, double x, double y, double width, double depth, double angle_rad);

/* One step as a person sees it: places done, the place to fill, the bin, the way there, words, progress. No
 * animation. */
void some_step(struct scene *s);

/* Adds, changes, moves or removes an item at random. */
void some_change(struct scene *s, uint64_t *random);
