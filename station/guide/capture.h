/* Capturing what the camera sees of known full pictures: for calibrating only. */
#pragma once

#include "guide.h"
#include "pattern.h"

/* Shows `picture` (projector size) and gives a GRAY8 frame that surely shows nothing else (owned by the caller). */
enum lw_msg capture_picture(struct guide *g, const struct image *picture, double delay_ms, struct image *out,
                            struct lw_error *err);

/* One grey level over the whole projector picture. */
enum lw_msg capture_level(struct guide *g, int level, double delay_ms, struct image *out, struct lw_error *err);

/* From presenting to the first frame that shows it whole: median and largest of several changes. Refuses when the
 * camera does not see the projector's light. */
enum lw_msg capture_measure_delay(struct guide *g, double *median_ms, double *max_ms, struct lw_error *err);

/* All pictures of the plan, in its order, into captures[pattern_count(plan)]; on an error those taken are freed. */
enum lw_msg capture_patterns(struct guide *g, const struct pattern_plan *plan, double delay_ms, struct image *captures,
                             struct lw_error *err);
void capture_free(struct image *captures, int count);
