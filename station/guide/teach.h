/* Teaching what a workflow's things look like: lay each thing once or more, the camera keeps straight pictures. */
#pragma once

#include "guide.h"
#include "workflow.h"

struct teach_options {
    int layings;      /* of each thing, 1..9 */
    const char *item; /* only this one, NULL: all */
};

/* Writes FOLDER/taught/ and FOLDER/taught.cfg; the workflow's own text is not touched. After each thing what was
 * taught so far is whole on disk. */
enum lw_msg teach_run(struct guide *g, struct workflow *w, const struct teach_options *o, struct lw_error *err);
