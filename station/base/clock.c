#include "clock.h"

#include "units.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#define VIRTUAL_EPOCH_MS 1767600000000LL /* 2026-01-05T08:00:00Z */

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void clock_init_real(struct lw_clock *c)
{
    *c = (struct lw_clock){0};
}

void clock_init_virtual(struct lw_clock *c, int64_t start_ns, double pace)
{
    *c = (struct lw_clock){.is_virtual = true, .virtual_ns = start_ns, .pace = pace};
    c->paced_ns = read_clock(CLOCK_MONOTONIC);
}

int64_t clock_now_ns(const struct lw_clock *c)
{
    return c->is_virtual ? c->virtual_ns : read_clock(CLOCK_MONOTONIC);
}

static void sleep_ns(int64_t ns)
{
    struct timespec ts = {ns / NS_PER_S, ns % NS_PER_S};
    nanosleep(&ts, NULL);
}

/* A run that is slower than its pace does not hurry afterwards. */
static void keep_pace(struct lw_clock *c, int64_t duration_ns)
{
    int64_t now = read_clock(CLOCK_MONOTONIC);
    c->paced_ns += (int64_t)((double)duration_ns / c->pace);
    if (c->paced_ns > now)
        sleep_ns(c->paced_ns - now);
    else
        c->paced_ns = now;
}

void clock_wait(struct lw_clock *c, int64_t duration_ns, int wake_fd)
{
    if (duration_ns < 0)
        duration_ns = 0;
    if (c->is_virtual) {
        c->virtual_ns += duration_ns;
        if (c->pace > 0)
            keep_pace(c, duration_ns);
        return;
    }
    struct pollfd pfd = {.fd = wake_fd, .events = POLLIN};
    struct timespec ts = {duration_ns / NS_PER_S, duration_ns % NS_PER_S};
    ppoll(&pfd, wake_fd >= 0 ? 1 : 0, &ts, NULL);
}

int64_t clock_wall_ms(const struct lw_clock *c)
{
    return c->is_virtual ? VIRTUAL_EPOCH_MS + c->virtual_ns / NS_PER_MS : read_clock(CLOCK_REALTIME) / NS_PER_MS;
}

const char *clock_format_wall(int64_t wall_ms, char buf[25])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char date[20];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buf, 25, "%s.%03dZ", date, (int)(wall_ms % 1000));
    return buf;
}
