/* Events that were told while the journal could not be written, kept in order until it can. */
#pragma once

#include "journal.h"

#define UNWRITTEN_MOST 500 /* a long failure: later ones are told and lost, and that is logged once */

struct unwritten {
    struct journal_event *events[UNWRITTEN_MOST];
    int count, lost;
};

void unwritten_add(struct unwritten *u, const struct journal_event *e);

/* Writes what waits. Not LW_OK: the journal's error, and what it did not take waits on. */
enum lw_msg unwritten_write(struct unwritten *u, struct journal *j, struct lw_error *err);

void unwritten_finish(struct unwritten *u);
