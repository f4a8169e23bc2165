/* Edits as a page sends them, applied to a workflow's text. */
#pragma once

#include "workflow_write.h"

#include <jansson.h>

#define EDITS_MAX 5000

/* `edits`: a list of
 *   {"set": PATH, "to": value}      number, text, true/false, list of numbers, object; null removes the key
 *   {"words": PATH, "language": "nl", "to": "…"}
 *   {"insert": LIST, "at": index, "group": {…}}
 *   {"remove": PATH}
 *   {"move": PATH, "into": LIST, "at": index}
 * Applied in order. With `failed` (an array) those that can't be applied are left out and told there as {"edit": index,
 * "text": …}; without it the first such one ends it. */
enum lw_msg edits_apply(struct workflow_edit *e, const json_t *edits, json_t *failed, struct lw_error *err);
