/* What differs between two texts, line by line. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Hunks with three lines around each change: [{"old": first line, "new": first line, "lines": [["-"|"+"|" ", text], …]}, …].
 * Shortest edit script (Myers 1986); texts that differ in more than DIFF_EDITS_MAX lines come as one hunk, old and then
 * new. NULL: no memory, or more lines than any workflow has. */
json_t *diff_texts(const char *a, const char *b);

#define DIFF_EDITS_MAX 2000
#define DIFF_LINES_MAX 100000 /* of both */
