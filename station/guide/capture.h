/* Capturing what the camera sees of known full pictures: for calibrating only. No fixed delay: a picture counts as
 * arrived when it is seen to have changed the light, and is taken when two frames agree on it. */
#pragma once

#include "counter.h"
#include "guide.h"
#include "pattern.h"

struct capture {
    struct guide *g;
    bool calm;               /* pictures cross-fade, so that no place changes above 3 Hz */
    double delay_min_ms, delay_ms, delay_max_ms; /* from presenting to the first frame that shows it whole */
    double contrast_grey;    /* white against black, mean of the lit pixels; set by capture_measure_delay */
    double lit_share;        /* of the camera's picture that the projector reaches */
    double clipped_share;    /* of the lit pixels that white light drives to the top of the range */
    double noise_grey;
    struct image shown;      /* what is projected, to fade from */
    struct frame *last;      /* the frame taken last */
    uint8_t *lit;            /* one byte a compared pixel */
    struct image white, black; /* of the bench, GRAY8, from measuring the delay */
    struct counter counter;  /* where the camera sees the frame counter's cells */
    bool counting;           /* they are seen, as things lie now: every pattern carries its number */
    int poses;               /* in which they were looked for */
    bool out_of_sight;       /* they were not seen even on the empty bench */
    int number_before;       /* that the newest frame showed */
    int number_shown;        /* the number shown last; COUNTER_UNREADABLE: none */
    bool careful;            /* two frames must agree, however long the delay is */
};

void capture_begin(struct capture *c, struct guide *g, bool calm);
void capture_end(struct capture *c);

/* From presenting to the first frame that shows it whole: least, median and largest of several changes; and how well
 * the light is seen. Refuses when the camera does not see the projector's light. */
enum lw_msg capture_measure_delay(struct capture *c, struct lw_error *err);

/* Shows `picture` (BGRA8, projector size) and gives a GRAY8 frame that surely shows nothing else (owned by the
 * caller). */
enum lw_msg capture_picture(struct capture *c, const struct image *picture, struct image *out, struct lw_error *err);

/* All pictures of the plan, in its order; each stripe pattern carries its number, so that none is taken for another however
 * late it comes. Where the number's cells are out of sight patterns are known by their change alone; that is no error.
 * They go into captures[pattern_count(plan)], all zero before (the counter's cells are dark in white and black); on an
 * error those taken are freed.
 * Afterwards black is looked at once more: *disturbed says that light or things were not the same throughout. */
enum lw_msg capture_patterns(struct capture *c, const struct pattern_plan *plan, struct image *captures, bool *disturbed,
                             struct lw_error *err);
void capture_free(struct image *captures, int count);
