/* What is open: computed from the events, never stored beside them. */
#include "database.h"

#include <string.h>

static void copy_column(sqlite3_stmt *q, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    snprintf(out, size, "%s", text ? text : "");
}

/* A kit's workflow, hash and section are those of its newest `kit` event that names them. */
#define NEWEST(field)                                                                                        \
    "(SELECT " field " FROM event WHERE kind = 'kit' AND kit = k.kit AND " field                             \
    " IS NOT NULL ORDER BY id DESC LIMIT 1)"

static const char OPEN_KITS[] =
    "SELECT k.kit, " NEWEST("workflow") " AS w, " NEWEST("workflow_hash") ", " NEWEST(
        "section") ","
                   " (SELECT wall_ms FROM event WHERE kit = k.kit ORDER BY n LIMIT 1),"
                   " (SELECT wall_ms FROM event WHERE kit = k.kit ORDER BY n DESC LIMIT 1), k.phase = 'aside',"
                   " (SELECT json_extract(detail, '$.with') FROM event WHERE kind = 'kit' AND kit = k.kit ORDER BY n LIMIT 1)"
                   " FROM event k WHERE k.id IN (SELECT max(id) FROM event WHERE kind = 'kit' AND kit IS NOT "
                   "NULL GROUP BY kit)"
                   " AND k.phase IS NOT 'ended' AND (?1 IS NULL OR w = ?1) ORDER BY k.id DESC LIMIT ?2";

int journal_open_kits(struct journal *j, const char *workflow, struct journal_kit *kits, int max)
{
    sqlite3_stmt *q = NULL;
    int count = 0, rc = SQLITE_DONE;
    journal_be_patient(j, JOURNAL_READ_PATIENCE_NS);
    if (sqlite3_prepare_v2(j->db, OPEN_KITS, -1, &q, NULL) != SQLITE_OK)
        return -1;
    if (workflow)
        sqlite3_bind_text(q, 1, workflow, -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 2, max);
    while (count < max && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct journal_kit *k = &kits[count++];
        copy_column(q, 0, k->id, sizeof k->id);
        copy_column(q, 1, k->workflow, sizeof k->workflow);
        copy_column(q, 2, k->workflow_hash, sizeof k->workflow_hash);
        copy_column(q, 3, k->section, sizeof k->section);
        k->started_wall_ms = sqlite3_column_int64(q, 4);
        k->last_wall_ms = sqlite3_column_int64(q, 5);
        k->aside = sqlite3_column_int(q, 6) != 0;
        copy_column(q, 7, k->with, sizeof k->with);
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? count : -1;
}

static bool is_any(const char *word, const char *const *words, int count)
{
    for (int i = 0; word && i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static void follow(struct journal_step_state *s, const char *phase, const char *result)
{
    static const char *const finished[] = {"accept", "confirm", "override", "skip"};
    if (phase && strcmp(phase, "back") == 0) {
        s->done = s->skipped = false;
    } else if (phase && strcmp(phase, "done") == 0 && is_any(result, finished, 4)) {
        s->done = true;
        s->skipped = strcmp(result, "skip") == 0;
    }
}

int journal_kit_steps(struct journal *j, const char *kit, struct journal_step_state *states, int max)
{
    sqlite3_stmt *q = NULL;
    int count = 0, rc;
    journal_be_patient(j, JOURNAL_READ_PATIENCE_NS);
    if (sqlite3_prepare_v2(
            j->db,
            "SELECT step, phase, result FROM event WHERE kit = ?1 AND kind = 'step' AND step IS NOT NULL"
            " ORDER BY n",
            -1, &q, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(q, 1, kit, -1, SQLITE_STATIC);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(q, 0);
        int i = 0;
        while (i < count && strcmp(states[i].step, step) != 0)
            i++;
        if (i == max)
            continue;
        if (i == count) {
            states[count++] = (struct journal_step_state){0};
            snprintf(states[i].step, sizeof states[i].step, "%s", step);
        }
        follow(&states[i], (const char *)sqlite3_column_text(q, 1), (const char *)sqlite3_column_text(q, 2));
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? count : -1;
}
