/* Opening: what is there is looked at before it is trusted; nothing is ever deleted. */
#include "database.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_RETRY_NS         (5 * NS_PER_MS) /* short against the patience, long against a commit */
#define CHECK_WHOLE_MAX_BYTES (64 << 20)      /* read whole at opening: about 0.2 s; above it only its ends */
#define APPLICATION_ID        0x4C576A31      /* "LWj1": ours, in the file's header */

static const char SCHEMA[] =
    "CREATE TABLE event ("
    " id INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind TEXT NOT NULL, t_ns INTEGER NOT NULL,"
    " wall_ms INTEGER NOT NULL, kit TEXT, n INTEGER, workflow TEXT, workflow_hash TEXT, section TEXT, step "
    "TEXT,"
    " place TEXT, item TEXT, phase TEXT, result TEXT, reason TEXT, seen TEXT, seen_place TEXT, frame INTEGER,"
    " detail TEXT, UNIQUE (kit, n), CHECK ((kit IS NULL) = (n IS NULL))) STRICT;"
    "CREATE INDEX event_of_kit ON event (kit, id, phase) WHERE kind = 'kit';"
    "CREATE INDEX event_at ON event (wall_ms);"
    "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); "
    "END;"
    "CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); "
    "END;";

static const char INSERT[] =
    "INSERT INTO event (run, kind, t_ns, wall_ms, n, frame, detail, kit, workflow, workflow_hash, section, "
    "step, place,"
    " item, phase, result, reason, seen, seen_place)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
static const char LAST_N[] = "SELECT coalesce(max(n), 0) FROM event WHERE kit = ?1";
static const char STORED[] =
    "SELECT kind, t_ns, wall_ms, step, phase, result FROM event WHERE kit = ?1 AND n = ?2";

void journal_be_patient(struct journal *j, int64_t patience_ns)
{
    struct lw_clock clock;
    clock_init_real(&clock);
    j->give_up_ns = clock_now_ns(&clock) + patience_ns;
}

static int wait_for_lock(void *data, int tries)
{
    struct journal *j = data;
    struct lw_clock clock;
    (void)tries;
    clock_init_real(&clock);
    if (clock_now_ns(&clock) >= j->give_up_ns)
        return 0;
    clock_wait(&clock, LOCK_RETRY_NS, -1);
    return 1;
}

enum lw_msg journal_sql_error(struct journal *j, int rc, bool reading, struct lw_error *err)
{
    const char *why = j->db ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc);
    switch (rc & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_LOCKED);
    case SQLITE_FULL:
        return lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_FULL);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_DAMAGED, why);
    case SQLITE_NOMEM:
        return lw_fail(err, LW_MSG_NO_MEMORY);
    default:
        return lw_fail_at(err, j->path, 0, reading ? LW_MSG_JOURNAL_READ : LW_MSG_JOURNAL_WRITE, why);
    }
}

static int query_int(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    *value = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static const char ENDS[] = "SELECT (SELECT min(id) FROM event) + (SELECT max(id) FROM event) +"
                           " (SELECT max(wall_ms) FROM event) + (SELECT count(*) FROM event WHERE kit = '')";

/* SQLITE_CORRUPT when any page of a small database, or either end of a big one, is not as it should be. */
static int check_pages(struct journal *j)
{
    struct stat st;
    int64_t ignored;
    if (stat(j->path, &st) != 0 || st.st_size > CHECK_WHOLE_MAX_BYTES)
        return query_int(j->db, ENDS, &ignored);
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(j->db, "PRAGMA quick_check(1)", -1, &q, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *words = (const char *)sqlite3_column_text(q, 0);
        rc = words && strcmp(words, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
    }
    sqlite3_finalize(q);
    return rc;
}

static int make_tables(sqlite3 *db)
{
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID,
             JOURNAL_SCHEMA);
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc;
    int64_t version = 0; /* another process may have been quicker */
    rc = query_int(db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK && version == JOURNAL_SCHEMA)
        return sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, SCHEMA, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* Ours and of our version, or empty and made so. *damaged: it should be kept aside. */
static enum lw_msg claim(struct journal *j, bool *damaged, struct lw_error *err)
{
    int64_t version = 0, application = 0, tables = 0;
    int rc = query_int(j->db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (rc == SQLITE_OK)
        rc = query_int(j->db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc = query_int(j->db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK && tables > 0 && application != APPLICATION_ID)
        return lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_FOREIGN);
    if (rc == SQLITE_OK && version > JOURNAL_SCHEMA)
        return lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_NEWER, (int)version, JOURNAL_SCHEMA);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(j->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL);
    if (rc == SQLITE_OK && version == 0)
        rc = make_tables(j->db);
    else if (rc == SQLITE_OK)
        rc = check_pages(j);
    if (rc == SQLITE_OK) { /* a table of ours that lacks a column is damage too */
        rc = sqlite3_prepare_v3(j->db, INSERT, -1, SQLITE_PREPARE_PERSISTENT, &j->insert, NULL);
        rc = rc ? rc : sqlite3_prepare_v3(j->db, LAST_N, -1, SQLITE_PREPARE_PERSISTENT, &j->last_n, NULL);
        rc = rc ? rc : sqlite3_prepare_v3(j->db, STORED, -1, SQLITE_PREPARE_PERSISTENT, &j->stored, NULL);
        rc = rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
    }
    if (rc == SQLITE_OK)
        return LW_OK;
    *damaged = (rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB;
    return journal_sql_error(j, rc, false, err);
}

static void let_go(struct journal *j)
{
    sqlite3_finalize(j->insert);
    sqlite3_finalize(j->last_n);
    sqlite3_finalize(j->stored);
    j->insert = j->last_n = j->stored = NULL;
    sqlite3_close(j->db);
    j->db = NULL;
}

static enum lw_msg try_open(struct journal *j, bool *damaged, struct lw_error *err)
{
    *damaged = false;
    int rc = sqlite3_open_v2(j->path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    enum lw_msg msg = LW_OK;
    if (rc != SQLITE_OK) {
        int cause = j->db ? sqlite3_system_errno(j->db) : 0;
        const char *why = cause ? strerror(cause) : sqlite3_errstr(rc);
        msg = lw_fail_at(err, j->path, 0, LW_MSG_JOURNAL_OPEN, why);
    } else {
        sqlite3_extended_result_codes(j->db, 1);
        sqlite3_busy_handler(j->db, wait_for_lock, j);
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        msg = claim(j, damaged, err);
    }
    if (msg && j->db) /* closing would fold the -wal into a file that is not sound, and remove it */
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (msg)
        let_go(j);
    return msg;
}

/* PATH becomes PATH.damaged-20260105T080000Z (-2, -3 … when there is one already), its -wal and -shm
 * likewise, so that the three still belong together. */
static enum lw_msg keep_aside(const char *path, char set_aside[256], struct lw_error *err)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    struct lw_clock clock;
    char wall[25], from[224], to[280];
    clock_init_real(&clock);
    clock_format_wall(clock_wall_ms(&clock), wall);
    for (int i = 1; i == 1 || access(set_aside, F_OK) == 0; i++) {
        char again[16] = "";
        if (i > 1)
            snprintf(again, sizeof again, "-%d", i);
        snprintf(set_aside, 256, "%s.damaged-%.4s%.2s%.5s%.2s%.2sZ%s", path, wall, wall + 5, wall + 8,
                 wall + 14, wall + 17, again);
    }
    for (int i = 2; i >= 0; i--) { /* the database last: a crash between leaves it to be found again */
        snprintf(from, sizeof from, "%s%s", path, parts[i]);
        snprintf(to, sizeof to, "%s%s", set_aside, parts[i]);
        if (rename(from, to) != 0 && (errno != ENOENT || i == 0)) {
            set_aside[0] = 0;
            return lw_fail(err, LW_MSG_FILE_WRITE, from, strerror(errno));
        }
    }
    return LW_OK;
}

enum lw_msg journal_open(struct journal **out, const char *path, char set_aside[256], struct lw_error *err)
{
    *out = NULL;
    if (set_aside)
        set_aside[0] = 0;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    bool damaged = false;
    enum lw_msg rc = LW_OK;
    if (strlen(path) >= sizeof j->path) /* SQLite has a limit of its own; so have our messages */
        rc = lw_fail(err, LW_MSG_JOURNAL_NAME, path, (int)sizeof j->path - 1);
    else
        memcpy(j->path, path, strlen(path) + 1);
    journal_be_patient(j, JOURNAL_READ_PATIENCE_NS);
    rc = rc ? rc : try_open(j, &damaged, err);
    if (rc && damaged && set_aside && keep_aside(j->path, set_aside, err) == LW_OK) {
        lw_log(LW_LOG_WARNING, "journal", "%s is damaged; it is kept as %s and new records are begun", path,
               set_aside);
        rc = try_open(j, &damaged, err);
    }
    if (rc) {
        free(j);
        return rc;
    }
    sqlite3_randomness(sizeof j->run, &j->run);
    j->run &= INT64_MAX;
    *out = j;
    return LW_OK;
}

void journal_close(struct journal **j)
{
    if (!*j)
        return;
    let_go(*j);
    free(*j);
    *j = NULL;
}
