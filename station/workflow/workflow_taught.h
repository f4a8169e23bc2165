/* What teaching learned is kept beside the coach's text file, in taught.cfg, so that teaching never touches
 * it. */
#pragma once

#include "error.h"
#include "workflow.h"

/* Writes taught.cfg in `folder`: the references of every item of `w` that has some, and the pictures of its
 * taught carriers. workflow_load reads them in place of what workflow.cfg says of those items and carriers.
 * Whole or not at all: on an error (disk full, no rights) the file that was there stays as it was. */
enum lw_msg workflow_write_taught(const char *folder, const struct workflow *w, struct lw_error *err);
