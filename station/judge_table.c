#include "judge_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX    (256L << 20) /* bytes; a row is about 150 */
#define COLUMNS     4
#define FIELDS_MAX  64

struct columns {
    int of[COLUMNS]; /* index of the field in a row */
};

/* Ends the field at *p, takes its quotes off in place and moves *p behind it. *last: the row ends here. NULL: a quote
 * that is never closed. */
static char *next_field(char **p, bool *last)
{
    char *from = *p, *to = *p, *begin = *p;
    bool quoted = *from == '"';
    from += quoted;
    while (*from && (quoted || (*from != ',' && *from != '\n'))) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                from++;
                continue;
            }
            from++;
        }
        *to++ = *from++;
    }
    if (quoted)
        return NULL;
    *last = *from != ',';
    *p = *from ? from + 1 : from;
    if (*last && to > begin && to[-1] == '\r')
        to--;
    *to = 0;
    return begin;
}

/* Fields of the row at *p, at most `max`; those beyond are passed over. -1: a quote is not closed. */
static int split_row(char **p, char **fields, int max, int *line)
{
    int n = 0;
    bool last = false;
    while (!last) {
        const char *from = *p;
        char *field = next_field(p, &last);
        if (!field)
            return -1;
        for (; from < *p; from++)
            *line += *from == '\n' && from != *p - 1; /* in quotes */
        if (n < max)
            fields[n++] = field;
    }
    ++*line;
    return n;
}

static bool read_all(const char *file, char **text, struct lw_problems *problems)
{
    struct stat st;
    bool folder = stat(file, &st) == 0 && S_ISDIR(st.st_mode);
    FILE *f = folder ? NULL : fopen(file, "rb");
    long size = -1;
    *text = NULL;
    if (folder)
        errno = EISDIR;
    if (f && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    if (size < 0 || size > FILE_MAX) {
        if (size > 0)
            problems_error(problems, file, 0, LW_MSG_TABLE_TOO_BIG, FILE_MAX >> 20);
        else
            problems_error(problems, file, 0, LW_MSG_FILE_OPEN, file, strerror(errno));
        if (f)
            fclose(f);
        return false;
    }
    rewind(f);
    *text = malloc((size_t)size + 1);
    bool good = *text && fread(*text, 1, (size_t)size, f) == (size_t)size;
    if (good)
        (*text)[size] = 0;
    else
        problems_error(problems, file, 0, LW_MSG_FILE_OPEN, file, strerror(errno));
    fclose(f);
    if (good && strlen(*text) != (size_t)size) {
        problems_error(problems, file, 0, LW_MSG_TABLE_ROW, "set,item,picture,before");
        good = false;
    }
    return good;
}

/* True: the row names the columns. */
static bool read_header(char **fields, int n, const char *const *names, struct columns *c)
{
    int found = 0;
    for (int k = 0; k < COLUMNS; k++) {
        c->of[k] = k;
        for (int i = 0; i < n; i++)
            if (strcmp(fields[i], names[k]) == 0) {
                c->of[k] = i;
                found++;
                break;
            }
    }
    return found == COLUMNS;
}

static bool add_row(struct judge_table *t, int *capacity, const struct judge_row *row)
{
    if (t->count == *capacity) {
        int more = *capacity ? 2 * *capacity : 256;
        struct judge_row *rows = realloc(t->rows, sizeof *rows * (size_t)more);
        if (!rows)
            return false;
        t->rows = rows;
        *capacity = more;
    }
    t->rows[t->count++] = *row;
    return true;
}

static bool row_of(char **fields, int n, const struct columns *c, int line, struct judge_row *out)
{
    const char *value[COLUMNS];
    for (int k = 0; k < COLUMNS; k++) {
        value[k] = c->of[k] < n ? fields[c->of[k]] : "";
        if (!*value[k])
            return false;
    }
    *out = (struct judge_row){line, value[0], value[1], value[2], value[3]};
    return true;
}

bool judge_table_read(struct judge_table *t, const char *file, const char *item_column, struct lw_problems *problems)
{
    const char *const names[COLUMNS] = {"set", item_column, "picture", "before"};
    char *fields[FIELDS_MAX], wanted[120];
    struct columns columns = {{0, 1, 2, 3}};
    int line = 1, capacity = 0, bad = problems->errors;
    *t = (struct judge_table){.file = file};
    if (!read_all(file, &t->text, problems))
        return false;
    snprintf(wanted, sizeof wanted, "set,%s,picture,before", item_column);
    char *p = t->text;
    if (strncmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    for (bool first = true; *p; first = false) {
        int at = line, n = split_row(&p, fields, FIELDS_MAX, &line);
        struct judge_row row;
        if (n < 0) {
            problems_error(problems, file, at, LW_MSG_TABLE_QUOTE);
            break;
        }
        if ((n == 1 && !*fields[0]) || (first && read_header(fields, n, names, &columns)))
            continue;
        if (!row_of(fields, n, &columns, at, &row))
            problems_error(problems, file, at, LW_MSG_TABLE_ROW, wanted);
        else if (!add_row(t, &capacity, &row)) {
            problems_error(problems, file, at, LW_MSG_NO_MEMORY);
            break;
        }
    }
    if (t->count == 0 && problems->errors == bad)
        problems_error(problems, file, 0, LW_MSG_TABLE_EMPTY);
    return problems->errors == bad;
}

void judge_table_finish(struct judge_table *t)
{
    free(t->text);
    free(t->rows);
    *t = (struct judge_table){0};
}

const char *judge_table_path(const struct judge_table *t, const char *picture, char *buf, int size)
{
    const char *slash = strrchr(t->file, '/');
    if (*picture == '/' || !slash)
        snprintf(buf, (size_t)size, "%s", picture);
    else
        snprintf(buf, (size_t)size, "%.*s/%s", (int)(slash - t->file), t->file, picture);
    return buf;
}
