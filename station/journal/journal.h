/* What happened: append-only events in SQLite (WAL), written before the next step is shown, and as JSON lines.
 * The events' fields are documented in station/journal/README.md. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "units.h"

#define JOURNAL_SCHEMA 1

enum journal_kind { EVENT_NONE = 0, EVENT_START, EVENT_KIT, EVENT_STEP, EVENT_LOOK, EVENT_VERDICT, EVENT_ASK,
                    EVENT_HELP, EVENT_OVERRIDE, EVENT_DEVICE, EVENT_CALIBRATION, EVENT_END };

/* Strings may be NULL (left out); nothing is kept after the call. */
struct journal_event {
    enum journal_kind kind;
    int64_t t_ns;        /* station clock */
    int64_t wall_ms;
    const char *kit, *workflow, *workflow_hash, *section, *step, *place, *item;
    const char *phase;   /* step: take place judge done; kit: started resumed aside ended; device: lost back; … */
    const char *result, *reason, *seen, *seen_place; /* verdict */
    uint64_t frame;      /* 0: none */
    json_t *detail;      /* more fields (object) or NULL; borrowed */
};

const char *journal_kind_name(enum journal_kind k);

/* A copy with all its texts, that lives until journal_event_free; NULL: no memory. */
struct journal_event *journal_event_copy(const struct journal_event *e);
void journal_event_free(struct journal_event *e);

/* ---- JSON lines (--events) ---- */

/* Writes the first line (event "start" with "schema") on opening. `path` "-": standard output; a file is begun anew. */
struct journal_stream;
enum lw_msg journal_stream_open(struct journal_stream **out, const char *path, const char *verb, int64_t t_ns,
                                struct lw_error *err);
/* Out when it returns. The program ignores SIGPIPE (and SIGXFSZ); then a closed pipe is an error here. */
enum lw_msg journal_stream_write(struct journal_stream *s, const struct journal_event *e, struct lw_error *err);
void journal_stream_close(struct journal_stream **s);
/* The event as one JSON object; the caller json_decrefs it. */
json_t *journal_event_json(const struct journal_event *e);

/* ---- the database ---- */
struct journal;

/* Opens or creates `path`. A corrupt file is kept aside (renamed with a date) and a new one begun; *set_aside then
 * tells its name ("" otherwise); with set_aside NULL it stays as it is, and can't be opened. A locked one is waited for,
 * at most 2 s. */
enum lw_msg journal_open(struct journal **out, const char *path, char set_aside[256], struct lw_error *err);
void journal_close(struct journal **j);

/* Durable when it returns LW_OK (a locked database is waited for a quarter of a second: who calls goes on working and
 * tries again): survives kill -9 and a power cut. Exactly once: a kit's events are numbered, and the
 * same event handed in again after an error is not written twice. Ids of 64 bytes or more are refused. */
enum lw_msg journal_append(struct journal *j, const struct journal_event *e, struct lw_error *err);

/* A kit that was put aside or cut off. */
struct journal_kit {
    char id[64], workflow[64], workflow_hash[17];
    char section[64]; /* of its newest `kit` event that names one: the only section packed here; "": all */
    char with[256];   /* the order's variants it was begun with, "a,b"; "": none */
    int64_t started_wall_ms, last_wall_ms;
    bool aside; /* put aside on purpose; false: cut off */
};

/* Kits of `workflow` (NULL: any) that are not finished, newest first; returns their number, at most max;
 * -1: they can't be read. */
int journal_open_kits(struct journal *j, const char *workflow, struct journal_kit *kits, int max);

/* The last recorded state of each step of a kit, in order of the steps' first appearance; returns their number, at
 * most max; -1: they can't be read. */
struct journal_step_state {
    char step[64];
    bool done;    /* accepted, overridden, skipped or confirmed, and not gone back to since */
    bool skipped;
};
int journal_kit_steps(struct journal *j, const char *kit, struct journal_step_state *states, int max);

/* ---- report ---- */
enum journal_report_format { REPORT_TEXT = 0, REPORT_CSV, REPORT_CSV_EXCEL, REPORT_JSON, REPORT_HTML };
struct journal_report_options {
    enum journal_report_format format;
    const char *workflow;   /* NULL: all */
    int64_t since_wall_ms;  /* 0: all */
    /* Changes ids into words where it knows them, for REPORT_TEXT and REPORT_HTML; NULL: ids. */
    void (*name)(const void *context, const char *workflow, const char **step, const char **item);
    const void *name_context;
};
/* Errors per step and item and kind, first-pass yield, kits, median time per step. */
enum lw_msg journal_report(struct journal *j, const struct journal_report_options *o, FILE *out,
                           struct lw_error *err);
