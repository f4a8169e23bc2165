/* Inside the journal only: the open database. */
#pragma once

#include "journal.h"

#include <sqlite3.h>

#define JOURNAL_ID_BYTES 64 /* room of an id in struct journal_kit and journal_step_state, with its NUL */

struct journal {
    sqlite3 *db;
    sqlite3_stmt *insert, *last_n, *stored;
    int64_t run;                /* times on the station clock compare only within one run */
    int64_t give_up_ns;         /* how long a locked database is waited for */
    char kit[JOURNAL_ID_BYTES]; /* the kit whose counter is known … */
    int64_t next_n;             /* … and its next number */
    char path[192];
};

/* The words of a failed SQLite call, as this journal's error. `reading` says what was tried. */
enum lw_msg journal_sql_error(struct journal *j, int rc, bool reading, struct lw_error *err);

/* From now on a locked database is waited for so long, in all. Call at the start of each public function. */
#define JOURNAL_READ_PATIENCE_NS  (2 * NS_PER_S)
#define JOURNAL_WRITE_PATIENCE_NS (NS_PER_S / 4) /* the bench stands still meanwhile */
void journal_be_patient(struct journal *j, int64_t patience_ns);
