/* The coded grid, shown and seen: where the projector's light lies now, however far it was knocked. Two steady pictures,
 * half a second each: nothing flickers. */
#pragma once

#include "drift.h"
#include "guide.h"

/* Marks on the bench's plane, at most `max`, by the calibration's model for which of them lie there. Refuses as grid_find
 * does, and when the session ends or no pictures come. Leaves the second picture on. */
enum lw_msg grid_look(struct guide *g, struct drift_mark *out, int max, int *count, struct lw_error *err);
