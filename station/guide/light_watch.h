/* Does the projected light still fall where it is drawn? Told while somebody packs, from what is shown anyway: the picture
 * that the camera sees now, less the last one without our light, against the picture that the calibration says the
 * projection makes on the bench. Pieces of it (letters, corners of outlines, squares of the progress) that are all found
 * aside by the same way say that the projector was knocked. Nothing extra is shown, and nothing is told of what is covered
 * by hands or things. */
#pragma once

#include "drift.h"
#include "frame.h"
#include "scene.h"

struct light_watch;

struct light_watch *light_watch_create(void); /* NULL: no memory */
void light_watch_destroy(struct light_watch **w); /* accepts NULL */

/* What the camera sees without our light; takes its own reference. */
void light_watch_dark(struct light_watch *w, struct frame *dark);

/* The calibration is another one, or the camera moved: all is forgotten. */
void light_watch_forget(struct light_watch *w);

/* It was looked into, and nothing was mended: this way aside is no knock (something flat lies in the light). */
void light_watch_dismiss(struct light_watch *w);

/* Compares. `canvas`: what is projected (BGRA8), arrived and seen in `now`, while nothing moves; `scene`: the same in mm,
 * whose raised parts are left out. True when it could be told: then *aside_mm is how far the light fell aside, 0 where it
 * did not. 5 to 30 ms of CPU. */
bool light_watch_compare(struct light_watch *w, const struct model *m, const struct scene *scene, const struct image *canvas,
                         struct frame *now, double *aside_mm);
