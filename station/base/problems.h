/* All errors and warnings of a file, not just the first. */
#pragma once

#include <stdbool.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lw_problem {
    bool warning;
    struct lw_error error;
};

/* Zero is an empty list; problems_finish frees it. At most PROBLEMS_MAX are kept; `dropped` counts the rest. */
struct lw_problems {
    struct lw_problem *items;
    int count, capacity;
    int errors, warnings, dropped;
};

#define PROBLEMS_MAX 1000

void problems_add(struct lw_problems *list, bool warning, const struct lw_error *error);

/* Formats message `id` and adds it. `file` may be NULL, line 0. */
void problems_error(struct lw_problems *list, const char *file, int line, enum lw_msg id, ...);
void problems_warning(struct lw_problems *list, const char *file, int line, enum lw_msg id, ...);

void problems_finish(struct lw_problems *list);

#ifdef __cplusplus
}
#endif
