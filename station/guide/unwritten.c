#include "unwritten.h"

#include "log.h"
#include "messages.h"

#include <string.h>

void unwritten_add(struct unwritten *u, const struct journal_event *e)
{
    struct journal_event *copy = u->count < UNWRITTEN_MOST ? journal_event_copy(e) : NULL;
    if (copy)
        u->events[u->count++] = copy;
    else
        u->lost++;
}

enum lw_msg unwritten_write(struct unwritten *u, struct journal *j, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    int written = 0;
    while (written < u->count && (rc = journal_append(j, u->events[written], err)) == LW_OK)
        journal_event_free(u->events[written++]);
    u->count -= written;
    memmove(u->events, u->events + written, sizeof *u->events * (size_t)u->count);
    if (rc == LW_OK && u->lost) {
        lw_log(LW_LOG_WARNING, "journal", _("%d events could not be kept while it was not writable"), u->lost);
        u->lost = 0;
    }
    return rc;
}

void unwritten_finish(struct unwritten *u)
{
    for (int i = 0; i < u->count; i++)
        journal_event_free(u->events[i]);
    *u = (struct unwritten){0};
}
