/* Teaching a workflow that does not exist yet by showing: the empty bench, the empty case, each thing in turn. */
#pragma once

#include "guide.h"
#include "workflow.h"

struct teach_new_options {
    const struct workflow *known; /* things that were taught elsewhere, offered by name; its bins; NULL: none */
};

/* Writes FOLDER after each thing; see teach_book.h. LW_MSG_TEACH_ASIDE: put aside, to be gone on with. */
enum lw_msg teach_new_run(struct guide *g, const char *folder, const struct teach_new_options *o, struct lw_error *err);
