/* Looks that are kept to be understood later, when the station's settings say so (key explain): a picture that explains the
 * verdict, and what it takes to judge the look again. */
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stdio.h>

/* What of a look is kept: nothing; the item's own region; all that the look lit. */
enum explain_level { EXPLAIN_OFF = 0, EXPLAIN_ITEM, EXPLAIN_CASE };

#define EXPLAIN_FACTS "look.json"
#define EXPLAIN_MOST 200 /* looks; the oldest are removed */

/* True when `folder` holds one kept look. */
bool explain_is_look(const char *folder);

/* Judges a kept look again, with the workflow as it is now, and writes one JSON line: what was said then and what is said now. */
enum lw_msg explain_judge_again(const char *folder, FILE *out, struct lw_error *err);
