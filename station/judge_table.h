/* The tables of the verb `judge`: which picture shows what, in sets. Comma-separated, RFC 4180 quotes, UTF-8. */
#pragma once

#include "problems.h"

struct judge_row {
    int line;             /* in its file */
    const char *set, *item, *picture, *before; /* pictures: as they stand in the file */
};

struct judge_table {
    const char *file;     /* kept by the caller */
    char *text;           /* what the rows point into */
    struct judge_row *rows;
    int count;
};

/* Reads columns set, `item_column`, picture, before: by the names in the first line when that has them (others are
 * left out), else in this order. Every row that can't be read is told with its line. False: there were such rows, or
 * none at all; the table must be finished all the same. */
bool judge_table_read(struct judge_table *t, const char *file, const char *item_column, struct lw_problems *problems);
void judge_table_finish(struct judge_table *t);

/* The picture's path: relative to the table's folder. Returns buf. */
const char *judge_table_path(const struct judge_table *t, const char *picture, char *buf, int size);
