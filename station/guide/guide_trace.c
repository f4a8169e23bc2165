#include "guide_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TOTAL = STAGE_COUNT, ROWS };
static const char *const names[ROWS] = {"camera", "watch", "draw", "present", "session", "whole tick"};

#define TRACE_TICKS 65536 /* the last so many are kept: half an hour at 30 a second */

struct guide_trace {
    float *ms[ROWS];
    int64_t current[ROWS];
    int count, next;
};

struct guide_trace *guide_trace_create(void)
{
    struct guide_trace *t = calloc(1, sizeof *t);
    for (int i = 0; t && i < ROWS; i++)
        t->ms[i] = calloc(TRACE_TICKS, sizeof(float));
    return t;
}

int64_t guide_trace_now(const struct guide_trace *t)
{
    if (!t)
        return 0;
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t guide_trace_add(struct guide_trace *t, int stage, int64_t began)
{
    if (!t)
        return 0;
    int64_t now = guide_trace_now(t);
    t->current[stage] += now - began;
    return now;
}

void guide_trace_tick(struct guide_trace *t)
{
    if (!t)
        return;
    t->current[TOTAL] = 0;
    for (int i = 0; i < TOTAL; i++)
        t->current[TOTAL] += t->current[i];
    for (int i = 0; i < ROWS; i++) {
        if (t->ms[i])
            t->ms[i][t->next] = (float)((double)t->current[i] / 1e6);
        t->current[i] = 0;
    }
    t->next = (t->next + 1) % TRACE_TICKS;
    t->count += t->count < TRACE_TICKS;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

void guide_trace_destroy(struct guide_trace **p)
{
    struct guide_trace *t = p ? *p : NULL;
    if (!t)
        return;
    fprintf(stderr, "trace: CPU ms a tick over %d ticks\ntrace: %-12s %8s %8s %8s\n", t->count, "stage", "median", "p99",
            "max");
    for (int i = 0; i < ROWS; i++) {
        if (t->count && t->ms[i]) {
            qsort(t->ms[i], (size_t)t->count, sizeof(float), by_value);
            fprintf(stderr, "trace: %-12s %8.2f %8.2f %8.2f\n", names[i], (double)t->ms[i][t->count / 2],
                    (double)t->ms[i][(t->count * 99) / 100], (double)t->ms[i][t->count - 1]);
        }
        free(t->ms[i]);
    }
    free(t);
    *p = NULL;
}
