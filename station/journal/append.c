/* Writing an event once.
 *
 * Each event of a kit has a number, counted from 1, that SQLite keeps unique. The next number moves on only
 * when a write is known to be durable. So when a write failed without telling whether it reached the disk,
 * and the caller tries again, the second try meets the same number: the same event there means that it was
 * written after all. */
#include "database.h"

#include "event_text.h"

#include <stdlib.h>
#include <string.h>

enum { BIND_RUN = 1, BIND_KIND, BIND_T, BIND_WALL, BIND_N, BIND_FRAME, BIND_DETAIL, BIND_FIRST_FIELD };

static int count_kit(struct journal *j, const char *kit)
{
    if (strcmp(j->kit, kit) == 0 && j->next_n > 0)
        return SQLITE_OK;
    j->next_n = 0;
    sqlite3_bind_text(j->last_n, 1, kit, -1, SQLITE_STATIC);
    int rc = sqlite3_step(j->last_n);
    if (rc == SQLITE_ROW) {
        j->next_n = sqlite3_column_int64(j->last_n, 0) + 1;
        snprintf(j->kit, sizeof j->kit, "%s", kit);
    }
    sqlite3_reset(j->last_n);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int insert(struct journal *j, const struct journal_event *e, const struct event_text *t,
                  const char *detail)
{
    sqlite3_stmt *q = j->insert;
    sqlite3_bind_int64(q, BIND_RUN, j->run);
    sqlite3_bind_text(q, BIND_KIND, journal_kind_name(e->kind), -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, BIND_T, e->t_ns);
    sqlite3_bind_int64(q, BIND_WALL, e->wall_ms);
    if (t->field[FIELD_KIT])
        sqlite3_bind_int64(q, BIND_N, j->next_n);
    if (e->frame)
        sqlite3_bind_int64(q, BIND_FRAME, (sqlite3_int64)e->frame);
    if (detail)
        sqlite3_bind_text(q, BIND_DETAIL, detail, -1, SQLITE_STATIC);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (t->field[i])
            sqlite3_bind_text(q, BIND_FIRST_FIELD + i, t->field[i], -1, SQLITE_STATIC);
    int rc = sqlite3_step(q);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool same_text(sqlite3_stmt *q, int column, const char *text)
{
    const char *stored = (const char *)sqlite3_column_text(q, column);
    return stored && text ? strcmp(stored, text) == 0 : !stored && !text;
}

/* Is what stands under the kit's next number this very event? */
static bool is_stored(struct journal *j, const struct journal_event *e, const struct event_text *t)
{
    sqlite3_stmt *q = j->stored;
    sqlite3_bind_text(q, 1, t->field[FIELD_KIT], -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, j->next_n);
    bool same = sqlite3_step(q) == SQLITE_ROW && same_text(q, 0, journal_kind_name(e->kind)) &&
                sqlite3_column_int64(q, 1) == e->t_ns && sqlite3_column_int64(q, 2) == e->wall_ms &&
                same_text(q, 3, t->field[FIELD_STEP]) && same_text(q, 4, t->field[FIELD_PHASE]) &&
                same_text(q, 5, t->field[FIELD_RESULT]);
    sqlite3_reset(q);
    return same;
}

static enum lw_msg append(struct journal *j, const struct journal_event *e, const struct event_text *t,
                          const char *detail, struct lw_error *err)
{
    const char *kit = t->field[FIELD_KIT];
    int rc = kit ? count_kit(j, kit) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = insert(j, e, t, detail);
    if (rc == SQLITE_CONSTRAINT_UNIQUE && is_stored(j, e, t)) {
        rc = SQLITE_OK;
    } else if (rc == SQLITE_CONSTRAINT_UNIQUE) { /* another process wrote for this kit */
        j->next_n = 0;
        rc = count_kit(j, kit);
        if (rc == SQLITE_OK)
            rc = insert(j, e, t, detail);
    }
    if (rc != SQLITE_OK)
        return journal_sql_error(j, rc, false, err);
    if (kit)
        j->next_n++;
    return LW_OK;
}

/* Ids come back in structs of a fixed size; a cut one would be another kit. */
static enum lw_msg check_ids(const struct event_text *t, struct lw_error *err)
{
    static const int ids[] = {FIELD_KIT, FIELD_WORKFLOW, FIELD_SECTION, FIELD_STEP};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const char *id = t->field[ids[i]];
        if (id && strlen(id) >= JOURNAL_ID_BYTES)
            return lw_fail(err, LW_MSG_JOURNAL_NAME, id, JOURNAL_ID_BYTES - 1);
    }
    return LW_OK;
}

enum lw_msg journal_append(struct journal *j, const struct journal_event *e, struct lw_error *err)
{
    struct event_text t;
    if (e->kind <= EVENT_NONE || e->kind > EVENT_END)
        return lw_fail(err, LW_MSG_BUG, "journal_append: an event without a kind");
    journal_be_patient(j, JOURNAL_WRITE_PATIENCE_NS);
    char *detail = json_is_object(e->detail) ? json_dumps(e->detail, JSON_COMPACT) : NULL;
    bool complete = event_text_init(&t, e) && (detail || !json_is_object(e->detail));
    enum lw_msg rc = complete ? check_ids(&t, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    if (rc == LW_OK)
        rc = append(j, e, &t, detail, err);
    event_text_finish(&t);
    free(detail);
    return rc;
}
