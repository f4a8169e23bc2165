#include "workflow_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long line_start(const char *text, long at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

int layout_indent(const char *text, long at)
{
    return (int)strspn(text + line_start(text, at), " \t");
}

/* In characters: what follows a byte of the form 10xxxxxx belongs to one before. */
int layout_column(const char *text, long at)
{
    int column = 0;
    for (long i = line_start(text, at); i < at; i++)
        column += (text[i] & 0xc0) != 0x80;
    return column;
}

bool layout_first_on_line(const char *text, long at)
{
    long start = line_start(text, at);
    return (long)strspn(text + start, " \t") == at - start;
}

long layout_past_note(const char *text, long at)
{
    long i = at + (long)strspn(text + at, " \t\r");
    if (text[i] == '#' || (text[i] == '/' && text[i + 1] == '/'))
        i += (long)strcspn(text + i, "\n");
    return text[i] == '\n' || !text[i] ? i : at;
}

bool layout_has_note(const char *text, long start, long end)
{
    for (long i = start; i < end; i++)
        if (!strchr(" \t\r\n\f", text[i]))
            return true;
    return false;
}

/* Where the settings of a group on one line end, outermost only. */
static bool setting_ends(const char *text, long i, int *depth, bool *quoted)
{
    char c = text[i];
    if (*quoted) {
        *quoted = c != '"';
        return false;
    }
    if (c == '"')
        *quoted = true;
    *depth += (c == '{' || c == '(' || c == '[') - (c == '}' || c == ')' || c == ']');
    return *depth == 1 && c == ';';
}

char *layout_group(const char *group, int column)
{
    size_t n = strlen(group), room = 2 * n + (n / 4 + 2) * (size_t)(column + 4);
    char *out = malloc(room + 1);
    bool broken = strchr(group, '\n') || strchr(group, '\\') || *group != '{';
    if (!out || broken)
        return out ? strcpy(out, group) : NULL;
    int depth = 0, at = column; /* column of the line being written */
    bool quoted = false;
    size_t used = 0, from = 0;
    for (size_t i = 0; i < n; i++) {
        if (!setting_ends(group, (long)i, &depth, &quoted) && i + 1 < n)
            continue;
        size_t blanks = strspn(group + from, " "), length = i + 1 - from;
        if (used && at + (int)length > LAYOUT_WIDTH && length > blanks + 1) { /* the closing bracket stays */
            used += (size_t)sprintf(out + used, "\n%*s", column + 2, "");
            at = column + 2;
            from += blanks;
            length -= blanks;
        }
        memcpy(out + used, group + from, length);
        used += length;
        at += (int)length;
        from = i + 1;
    }
    out[used] = 0;
    return out;
}
