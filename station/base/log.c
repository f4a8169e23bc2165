#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static enum lw_log_level lowest_level = LW_LOG_INFO;

void lw_log_set_level(enum lw_log_level lowest)
{
    lowest_level = lowest;
}

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void lw_log(enum lw_log_level level, const char *area, const char *format, ...)
{
    if (level < lowest_level)
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "%s: %s: %s\n", level_names[level], area, line);
}

void lw_log_error(const char *area, const struct lw_error *err)
{
    static const char *const classes[] = {"bug", "bench", "setup", "device"};
    char line[900];
    lw_log(LW_LOG_ERROR, area, "%s %s: %s", classes[lw_msg_class(err->id)], lw_msg_name(err->id),
           lw_error_line(err, line, sizeof line));
}
