/* Which taught things look alike, kept between two calls: comparing the pictures of 100 things takes seconds, and they
 * seldom change. Kept in the user's cache folder under a hash of all that the answer depends on: the pictures' bytes, what
 * is said of the things, this very program. */
#pragma once

#include "workflow.h"

/* Only what is known already; false: it must be found first. */
bool alike_recall(const struct workflow *w, struct lw_problems *problems);

/* Warns of each thing of a fully taught workflow that the camera can't tell from another one; a workflow that is not
 * fully taught is left alone. Quick when nothing changed since it was asked last. */
void alike_find(const struct workflow *w, struct lw_problems *problems);
