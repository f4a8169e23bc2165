/* Inside the journal only: an event's strings made safe, and its time as text. */
#pragma once

#include "journal.h"

/* The strings of an event in the order in which they are written. */
enum { FIELD_KIT = 0, FIELD_WORKFLOW, FIELD_HASH, FIELD_SECTION, FIELD_STEP, FIELD_PLACE, FIELD_ITEM, FIELD_PHASE,
       FIELD_RESULT, FIELD_REASON, FIELD_SEEN, FIELD_SEEN_PLACE, FIELD_COUNT };

extern const char *const event_field_names[FIELD_COUNT];

/* A copy of an event's strings in valid UTF-8: bytes that are none become U+FFFD. NULL stays NULL. */
struct event_text {
    const char *field[FIELD_COUNT];
    char *owned[FIELD_COUNT]; /* copies, only where the original was not valid */
};

/* False: no memory. event_text_finish in any case. */
bool event_text_init(struct event_text *t, const struct journal_event *e);
void event_text_finish(struct event_text *t);

/* Length of the valid UTF-8 sequence at `s` (no overlong forms, no surrogates), 0 if there is none. */
int utf8_length(const unsigned char *s);
