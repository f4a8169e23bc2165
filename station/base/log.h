/* The log: one line an entry on standard error, prefixed with who acts: bench, setup, device, bug. */
#pragma once

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lw_log_level { LW_LOG_DEBUG, LW_LOG_INFO, LW_LOG_WARNING, LW_LOG_ERROR };

void lw_log_set_level(enum lw_log_level lowest);
void lw_log(enum lw_log_level level, const char *area, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs an error with its class, place and remedy. */
void lw_log_error(const char *area, const struct lw_error *err);

#ifdef __cplusplus
}
#endif
