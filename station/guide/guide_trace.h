/* Stage times of the tick (--trace): median and 99th percentile in CPU ms, printed at the end. */
#pragma once

#include <stdint.h>

enum guide_stage { STAGE_CAMERA = 0, STAGE_WATCH, STAGE_DRAW, STAGE_PRESENT, STAGE_SESSION, STAGE_COUNT };

struct guide_trace;
struct guide_trace *guide_trace_create(void);
void guide_trace_destroy(struct guide_trace **t); /* prints to standard error first; accepts NULL */

/* All accept NULL and then do nothing. Times are the thread's CPU time. */
int64_t guide_trace_now(const struct guide_trace *t);
int64_t guide_trace_add(struct guide_trace *t, int stage, int64_t began); /* returns now */
void guide_trace_tick(struct guide_trace *t); /* a tick has ended */
