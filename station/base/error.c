#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The formats come from the message table, whose arguments the callers know. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static enum lw_msg fill(struct lw_error *err, const char *file, int line, enum lw_msg id, va_list args)
{
    if (!err)
        return id;
    err->id = id;
    snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    err->line = line;
    vsnprintf(err->text, sizeof err->text, lw_msg_text(id), args);
    return id;
}

enum lw_msg lw_fail(struct lw_error *err, enum lw_msg id, ...)
{
    va_list args;
    va_start(args, id);
    fill(err, NULL, 0, id, args);
    va_end(args);
    return id;
}

enum lw_msg lw_fail_at(struct lw_error *err, const char *file, int line, enum lw_msg id, ...)
{
    va_list args;
    va_start(args, id);
    fill(err, file, line, id, args);
    va_end(args);
    return id;
}

const char *lw_error_line(const struct lw_error *err, char *buf, int size)
{
    char where[224] = "";
    if (err->file[0] && err->line > 0)
        snprintf(where, sizeof where, "%s:%d: ", err->file, err->line);
    else if (err->file[0] && !strstr(err->text, err->file)) /* said already */
        snprintf(where, sizeof where, "%s: ", err->file);
    const char *remedy = lw_msg_remedy(err->id);
    snprintf(buf, (size_t)size, "%s%s%s%s", where, err->text, *remedy ? " " : "", remedy);
    return buf;
}
