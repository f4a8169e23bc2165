/* A workflow as the studio's pages see it: what is written (the tree of the text) and what becomes of it (the places on
 * the bench). */
#pragma once

#include "workflow.h"
#include "workflow_write.h"

#include <jansson.h>

/* The texts as one, with included files in place of the lines that name them; the caller frees it, NULL: no memory. */
char *kit_flat_text(const struct workflow_edit *e);

/* What is written: groups as objects, lists and arrays as arrays; NULL: it does not parse. */
json_t *kit_tree(const struct workflow_edit *e);

/* The problems, each with the path of what it is about ("places[cup]"; "" for the file as a whole). */
json_t *kit_problems(const struct workflow_edit *e, const char *folder, const struct lw_problems *problems);

/* The loaded workflow: bins, carriers, places on the bench (mm, degrees), steps in order. */
json_t *kit_resolved(const struct workflow *w);
