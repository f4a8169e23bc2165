/* One pass over the events, in the order in which they were written. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* jansson's objects are our hash tables: name -> index. */
struct visit { /* a step of a kit */
    int step, row;
    bool done, skipped, refused, overridden, timed;
    int64_t start_ns, start_run;
};

struct kit {
    int group;
    bool left_out, dirty;
    enum { KIT_UNFINISHED = 0, KIT_ASIDE, KIT_COMPLETE } status;
    struct visit *visits;
    int count, capacity, latest;
};

struct gather {
    struct report *r;
    const struct journal_report_options *o;
    json_t *group_index, *row_index, *step_index, *kit_index;
    int *step_row; /* the row that a step's events belong to now */
    int step_count, step_capacity;
    struct kit *kits;
    int kit_count, kit_capacity;
    int row_capacity, group_capacity;
    char last_kit[JOURNAL_ID_BYTES];
    int last_kit_index;
    sqlite3_stmt *kit_workflow;
};

enum {
    COL_KIND = 0,
    COL_KIT,
    COL_WORKFLOW,
    COL_SECTION,
    COL_STEP,
    COL_ITEM,
    COL_PHASE,
    COL_RESULT,
    COL_REASON,
    COL_T,
    COL_RUN,
    COL_WALL
};

/* The index makes a long history cheap to cut off; the second condition is for a wall clock that was set
 * back. */
static const char EVENTS[] =
    "SELECT kind, kit, workflow, section, step, item, phase, result, reason, t_ns, run, wall_ms FROM event"
    " WHERE id >= (SELECT coalesce(min(id), 0) FROM event WHERE wall_ms >= ?1) AND wall_ms >= ?1"
    " AND kit IS NOT NULL AND kind IN ('kit', 'step', 'verdict', 'override') ORDER BY id";
static const char KIT_WORKFLOW[] =
    "SELECT workflow FROM event WHERE kit = ?1 AND workflow IS NOT NULL ORDER BY n LIMIT 1";

static bool grow(void **array, int count, int *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    int bigger = *capacity ? 2 * *capacity : 16;
    void *p = realloc(*array, (size_t)bigger * size);
    if (!p)
        return false;
    *array = p;
    *capacity = bigger;
    return true;
}

static int find(json_t *index, const char *key)
{
    json_t *v = json_object_get(index, key);
    return v ? (int)json_integer_value(v) : -1;
}

static bool remember(json_t *index, const char *key, int value)
{
    return json_object_set_new_nocheck(index, key, json_integer(value)) == 0;
}

static int find_group(struct gather *g, const char *workflow)
{
    struct report *r = g->r;
    int i = find(g->group_index, workflow);
    if (i >= 0)
        return i;
    if (!grow((void **)&r->groups, r->group_count, &g->group_capacity, sizeof *r->groups))
        return -1;
    r->groups[r->group_count] = (struct report_group){.workflow = strdup(workflow)};
    if (!r->groups[r->group_count].workflow)
        return -1;
    r->group_count++;
    return remember(g->group_index, workflow, r->group_count - 1) ? r->group_count - 1 : -1;
}

static struct kit *add_kit(struct gather *g, const char *name, const char *workflow)
{
    if (!workflow) { /* this event doesn't say; another one of the kit does */
        sqlite3_reset(g->kit_workflow);
        sqlite3_bind_text(g->kit_workflow, 1, name, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(g->kit_workflow) == SQLITE_ROW)
            workflow = (const char *)sqlite3_column_text(g->kit_workflow, 0);
    }
    workflow = workflow ? workflow : "";
    if (!grow((void **)&g->kits, g->kit_count, &g->kit_capacity, sizeof *g->kits))
        return NULL;
    struct kit *k = &g->kits[g->kit_count];
    *k = (struct kit){.left_out = g->o->workflow && strcmp(g->o->workflow, workflow) != 0};
    k->group = k->left_out ? 0 : find_group(g, workflow);
    if (k->group < 0 || !remember(g->kit_index, name, g->kit_count))
        return NULL;
    g->kit_count++;
    return k;
}

static struct kit *find_kit(struct gather *g, const char *name, const char *workflow)
{
    if (g->kit_count && strcmp(g->last_kit, name) == 0)
        return &g->kits[g->last_kit_index];
    int i = find(g->kit_index, name);
    struct kit *k = i >= 0 ? &g->kits[i] : add_kit(g, name, workflow);
    if (k) {
        snprintf(g->last_kit, sizeof g->last_kit, "%s", name);
        g->last_kit_index = (int)(k - g->kits);
    }
    return k;
}

static int add_row(struct gather *g, int group, const char *section, const char *step, const char *item)
{
    struct report *r = g->r;
    if (!grow((void **)&r->rows, r->row_count, &g->row_capacity, sizeof *r->rows))
        return -1;
    struct report_row *row = &r->rows[r->row_count];
    *row = (struct report_row){.group = group,
                               .section = strdup(section ? section : ""),
                               .step = strdup(step),
                               .item = strdup(item ? item : "")};
    r->row_count++;
    return row->section && row->step && row->item ? r->row_count - 1 : -1;
}

static int find_step(struct gather *g, int group, const char *step)
{
    char key[JOURNAL_ID_BYTES + 16];
    snprintf(key, sizeof key, "%d %s", group, step);
    int i = find(g->step_index, key);
    if (i >= 0)
        return i;
    if (!grow((void **)&g->step_row, g->step_count, &g->step_capacity, sizeof *g->step_row))
        return -1;
    g->step_row[g->step_count] = -1;
    return remember(g->step_index, key, g->step_count) ? g->step_count++ : -1;
}

/* An event that names no item belongs to the step's latest one; a workflow that was changed gives a step two
 * rows. */
static int find_row(struct gather *g, int group, int step, const char *section, const char *name,
                    const char *item)
{
    int row = g->step_row[step];
    if (row >= 0 && (!item || strcmp(g->r->rows[row].item, item) == 0))
        return row;
    char key[512];
    snprintf(key, sizeof key, "%d %.400s", step, item ? item : "");
    if (row >= 0 && !g->r->rows[row].item[0]) {
        free(g->r->rows[row].item);
        g->r->rows[row].item = strdup(item);
        return g->r->rows[row].item && remember(g->row_index, key, row) ? row : -1;
    }
    row = find(g->row_index, key);
    if (row < 0) {
        row = add_row(g, group, section, name, item);
        if (row < 0 || !remember(g->row_index, key, row))
            return -1;
    }
    return g->step_row[step] = row;
}

/* Steps come in runs of events, in the same order each time: the latest one or the one after it. */
static struct visit *find_visit(struct kit *k, int step)
{
    for (int i = k->latest; i < k->count && i < k->latest + 2; i++)
        if (k->visits[i].step == step)
            return &k->visits[k->latest = i];
    for (int i = 0; i < k->count; i++)
        if (k->visits[i].step == step)
            return &k->visits[k->latest = i];
    if (!grow((void **)&k->visits, k->count, &k->capacity, sizeof *k->visits))
        return NULL;
    k->visits[k->count] = (struct visit){.step = step};
    return &k->visits[k->latest = k->count++];
}

static bool add_time(struct report_row *row, int64_t ns)
{
    if (row->time_count == row->time_capacity) {
        long bigger = row->time_capacity ? 2 * row->time_capacity : 16;
        int64_t *p = realloc(row->times_ns, (size_t)bigger * sizeof *p);
        if (!p)
            return false;
        row->times_ns = p;
        row->time_capacity = bigger;
    }
    row->times_ns[row->time_count++] = ns;
    return true;
}

static bool is(const char *word, const char *other)
{
    return word && strcmp(word, other) == 0;
}

static bool follow_step(struct gather *g, struct kit *k, struct visit *v, const char *phase,
                        const char *result, int64_t t_ns, int64_t run)
{
    if ((is(phase, "take") || is(phase, "place")) && !v->timed) {
        v->timed = true;
        v->start_ns = t_ns;
        v->start_run = run;
    } else if (is(phase, "back")) {
        v->done = v->skipped = v->timed = false;
    } else if (is(phase, "done")) {
        bool skip = is(result, "skip"), override = is(result, "override");
        if (!skip && !override && !is(result, "accept") && !is(result, "confirm"))
            return true;
        bool counts = v->timed && v->start_run == run && t_ns >= v->start_ns && !skip;
        v->done = true;
        v->skipped = skip;
        v->overridden = v->overridden || override;
        k->dirty = k->dirty || override;
        v->timed = false;
        return !counts || add_time(&g->r->rows[v->row], t_ns - v->start_ns);
    }
    return true;
}

static int reason_index(const char *word)
{
    int i = 0;
    while (i < REPORT_REASONS - 1 && !is(word, report_reason_words[i]))
        i++;
    return i;
}

static void follow_kit(struct kit *k, const char *phase)
{
    k->status = is(phase, "ended") ? KIT_COMPLETE : is(phase, "aside") ? KIT_ASIDE : KIT_UNFINISHED;
    for (int i = 0; i < k->count; i++) /* a pause between is no time of a step */
        k->visits[i].timed = false;
}

static bool take_event(struct gather *g, sqlite3_stmt *q)
{
    const char *text[COL_REASON + 1];
    for (int i = 0; i <= COL_REASON; i++)
        text[i] = (const char *)sqlite3_column_text(q, i);
    struct kit *k = find_kit(g, text[COL_KIT], text[COL_WORKFLOW]);
    if (!k)
        return false;
    if (k->left_out)
        return true;
    int64_t wall = sqlite3_column_int64(q, COL_WALL);
    g->r->first_wall_ms = g->r->first_wall_ms ? g->r->first_wall_ms : wall;
    g->r->last_wall_ms = wall;
    if (is(text[COL_KIND], "kit"))
        follow_kit(k, text[COL_PHASE]);
    bool refused = is(text[COL_KIND], "verdict") && is(text[COL_RESULT], "refuse");
    bool override = is(text[COL_KIND], "override");
    k->dirty = k->dirty || refused || override;
    if (!text[COL_STEP] || is(text[COL_KIND], "kit"))
        return true;
    int step = find_step(g, k->group, text[COL_STEP]);
    int row = step < 0 ? -1 : find_row(g, k->group, step, text[COL_SECTION], text[COL_STEP], text[COL_ITEM]);
    struct visit *v = row < 0 ? NULL : find_visit(k, step);
    if (!v)
        return false;
    v->row = row;
    v->refused = v->refused || refused;
    v->overridden = v->overridden || override;
    struct report_counts *c = &g->r->rows[row].counts;
    if (refused)
        c->errors[reason_index(text[COL_REASON])]++;
    else if (is(text[COL_KIND], "verdict") && is(text[COL_RESULT], "cannot_tell"))
        c->cannot_tell[reason_index(text[COL_REASON])]++;
    if (!is(text[COL_KIND], "step"))
        return true;
    return follow_step(g, k, v, text[COL_PHASE], text[COL_RESULT], sqlite3_column_int64(q, COL_T),
                       sqlite3_column_int64(q, COL_RUN));
}

static void add_counts(struct report_counts *sum, const struct report_counts *c)
{
    sum->done += c->done;
    sum->first_pass += c->first_pass;
    sum->skipped += c->skipped;
    sum->overridden += c->overridden;
    for (int i = 0; i < REPORT_REASONS; i++) {
        sum->errors[i] += c->errors[i];
        sum->cannot_tell[i] += c->cannot_tell[i];
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void count_kit(struct report *r, const struct kit *k)
{
    struct report_group *group = &r->groups[k->group];
    group->complete += k->status == KIT_COMPLETE;
    group->aside += k->status == KIT_ASIDE;
    group->unfinished += k->status == KIT_UNFINISHED;
    group->kits_first_pass += k->status == KIT_COMPLETE && !k->dirty;
    for (int i = 0; i < k->count; i++) {
        const struct visit *v = &k->visits[i];
        struct report_counts *c = &r->rows[v->row].counts;
        c->skipped += v->done && v->skipped;
        if (!v->done || v->skipped)
            continue;
        c->done++;
        c->overridden += v->overridden;
        c->first_pass += !v->refused && !v->overridden;
    }
}

static void sum_up(struct gather *g)
{
    struct report *r = g->r;
    for (int i = 0; i < g->kit_count; i++)
        if (!g->kits[i].left_out)
            count_kit(r, &g->kits[i]);
    for (int i = 0; i < r->row_count; i++) {
        struct report_row *row = &r->rows[i];
        add_counts(&r->groups[row->group].counts, &row->counts);
        if (row->time_count)
            qsort(row->times_ns, (size_t)row->time_count, sizeof *row->times_ns, by_time);
    }
    for (int i = 0; i < r->group_count; i++) {
        const struct report_group *one = &r->groups[i];
        add_counts(&r->total.counts, &one->counts);
        r->total.complete += one->complete;
        r->total.aside += one->aside;
        r->total.unfinished += one->unfinished;
        r->total.kits_first_pass += one->kits_first_pass;
    }
}

static void let_go(struct gather *g)
{
    for (int i = 0; i < g->kit_count; i++)
        free(g->kits[i].visits);
    free(g->kits);
    free(g->step_row);
    json_decref(g->group_index);
    json_decref(g->row_index);
    json_decref(g->step_index);
    json_decref(g->kit_index);
    sqlite3_finalize(g->kit_workflow);
}

enum lw_msg report_gather(struct report *r, struct journal *j, const struct journal_report_options *o,
                          struct lw_error *err)
{
    *r = (struct report){.since_wall_ms = o->since_wall_ms};
    struct gather g = {.r = r,
                       .o = o,
                       .group_index = json_object(),
                       .row_index = json_object(),
                       .step_index = json_object(),
                       .kit_index = json_object()};
    sqlite3_stmt *q = NULL;
    journal_be_patient(j, JOURNAL_READ_PATIENCE_NS);
    bool complete = g.group_index && g.row_index && g.step_index && g.kit_index;
    int rc = sqlite3_prepare_v2(j->db, EVENTS, -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(j->db, KIT_WORKFLOW, -1, &g.kit_workflow, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(q, 1, o->since_wall_ms);
    if (rc == SQLITE_OK)
        rc = SQLITE_ROW;
    while (complete && rc == SQLITE_ROW && (rc = sqlite3_step(q)) == SQLITE_ROW)
        complete = take_event(&g, q);
    enum lw_msg msg = LW_OK;
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        msg = journal_sql_error(j, rc, true, err);
    else if (!complete)
        msg = lw_fail(err, LW_MSG_NO_MEMORY);
    else
        sum_up(&g);
    sqlite3_finalize(q);
    let_go(&g);
    return msg;
}

void report_finish(struct report *r)
{
    for (int i = 0; i < r->row_count; i++) {
        free(r->rows[i].section);
        free(r->rows[i].step);
        free(r->rows[i].item);
        free(r->rows[i].times_ns);
    }
    for (int i = 0; i < r->group_count; i++)
        free(r->groups[i].workflow);
    free(r->rows);
    free(r->groups);
    *r = (struct report){0};
}
