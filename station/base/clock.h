/* Time: the only place that reads or waits for a clock. Modules get `now_ns` as an argument.
 * A virtual clock moves only by clock_wait, so that tests and the pretend bench never sleep. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lw_clock {
    bool is_virtual;
    int64_t virtual_ns; /* now, of a virtual clock */
    double pace;        /* virtual only: 0 = as fast as possible, 1 = real time, 2 = twice as fast */
    int64_t paced_ns;   /* monotonic time up to which the pace has been kept */
};

void clock_init_real(struct lw_clock *c);
void clock_init_virtual(struct lw_clock *c, int64_t start_ns, double pace);

/* Monotonic time in ns. */
int64_t clock_now_ns(const struct lw_clock *c);

/* Waits (or, virtual, moves) by duration_ns; at most until `wake_fd` (-1: none) becomes readable on a real clock. */
void clock_wait(struct lw_clock *c, int64_t duration_ns, int wake_fd);

/* Wall clock, in ms since 1970, for records only. A virtual clock starts at 2026-01-05T08:00:00Z. */
int64_t clock_wall_ms(const struct lw_clock *c);

/* "2026-01-05T08:00:00.000Z" into buf[25]; returns buf. */
const char *clock_format_wall(int64_t wall_ms, char buf[25]);

#ifdef __cplusplus
}
#endif
