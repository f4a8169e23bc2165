/* Sections and their steps: read as written, then laid out flat in the order of the work. */
#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static void refuse_keys(struct workflow_loading *l, const config_setting_t *s, const char *const *keys,
                        int count)
{
    for (int i = 0; i < count; i++) {
        const config_setting_t *key = config_setting_get_member(s, keys[i]);
        if (key)
            REFUSE(l, key, LW_MSG_WORKFLOW_STEP_MIXED, keys[i]);
    }
}

static void read_pull(struct workflow_loading *l, const config_setting_t *s, struct workflow_step_row *row)
{
    static const char *const others[] = {"kind", "id", "place", "text", "skippable"};
    refuse_keys(l, s, others, 5);
    row->pulls = workflow_look_up(l, s, KIND_SECTION, row->section);
}

static void read_confirm(struct workflow_loading *l, const config_setting_t *s, struct workflow_step_row *row)
{
    static const char *const others[] = {"place"};
    refuse_keys(l, s, others, 1);
    if (!*row->step.id)
        REFUSE(l, s, LW_MSG_KEY_MISSING, "id");
    workflow_read_text(l, s, "text", row->step.id, TEXT_NEEDED, &row->step.text);
}

static void read_placing(struct workflow_loading *l, const config_setting_t *s, struct workflow_step_row *row)
{
    if (!*row->place) {
        REFUSE(l, s, LW_MSG_KEY_MISSING, "place");
        return;
    }
    row->step.place = workflow_look_up(l, config_setting_get_member(s, "place"), KIND_PLACE, row->place);
    if (!*row->step.id) {
        free(row->step.id);
        row->step.id = strdup(row->place);
    }
    workflow_read_text(l, s, "text", row->step.id, TEXT_OPTIONAL, &row->step.text);
}

static void refuse_same_step(struct workflow_loading *l, const struct workflow_step_row *row)
{
    if (row->pulls >= 0 || !*row->step.id)
        return;
    for (const struct workflow_step_row *r = l->rows; r < row; r++)
        if (r->pulls < 0 && r->step.id && strcmp(r->step.id, row->step.id) == 0) {
            workflow_refuse_duplicate(l, row->at, row->step.id, r->step.line);
            return;
        }
}

static void read_step(struct workflow_loading *l, const config_setting_t *s, int section,
                      struct workflow_step_row *row)
{
    *row = (struct workflow_step_row){.pulls = -1, .at = s};
    workflow_read_table(TABLE_STEP, s, row, l->problems);
    row->step.place = -1;
    row->step.section = section;
    row->step.line = config_line_of(s);
    if (!s)
        return;
    const config_setting_t *id = config_setting_get_member(s, "id");
    if (id)
        workflow_check_id(l, id, row->step.id);
    if (config_setting_get_member(s, "section")) {
        read_pull(l, s, row);
        return; /* without a step of its own */
    }
    if (row->step.kind == STEP_CONFIRM)
        read_confirm(l, s, row);
    else
        read_placing(l, s, row);
    refuse_same_step(l, row);
}

static void read_section(struct workflow_loading *l, const config_setting_t *s,
                         struct workflow_section *section)
{
    workflow_read_table(TABLE_SECTION, s, section, l->problems);
    section->line = config_line_of(s);
    if (!s)
        return;
    const config_setting_t *id = config_setting_get_member(s, "id");
    workflow_check_id(l, id ? id : s, section->id);
    int first = *section->id ? workflow_index_of(l->w, KIND_SECTION, section->id) : -1;
    if (first >= 0)
        workflow_refuse_duplicate(l, id, section->id, l->w->sections[first].line);
    workflow_read_text(l, s, "name", section->id, TEXT_WARN, &section->name);
    if (!config_setting_get_member(s, "steps"))
        REFUSE(l, s, LW_MSG_KEY_MISSING, "steps");
}

/* The steps of a section as a list, NULL: none (reported). */
static const config_setting_t *steps_of(struct workflow_loading *l, int section, struct lw_problems *problems)
{
    const config_setting_t *s = config_setting_get_elem(l->sections, (unsigned)section);
    if (!config_setting_is_group(s))
        return NULL;
    struct lw_problems *before = l->problems;
    l->problems = problems;
    const config_setting_t *list = workflow_read_list(l, s, "steps", WORKFLOW_MAX_STEPS);
    l->problems = before;
    return list;
}

/* Allocates the rows; false: too many (reported) or no memory. */
static bool make_rows(struct workflow_loading *l)
{
    int total = 0;
    for (int i = 0; i < l->w->section_count; i++) {
        struct lw_problems unheard = {0}; /* the second reading reports them */
        const config_setting_t *list = steps_of(l, i, &unheard);
        problems_finish(&unheard);
        total += list ? config_setting_length(list) : 0;
    }
    if (total > WORKFLOW_MAX_STEPS) {
        REFUSE(l, l->sections, LW_MSG_WORKFLOW_TOO_MANY, "steps", total, WORKFLOW_MAX_STEPS);
        return false;
    }
    l->rows = calloc((size_t)total + 1, sizeof *l->rows);
    l->first_row = calloc((size_t)l->w->section_count + 1, sizeof *l->first_row);
    return l->rows && l->first_row;
}

static void read_rows(struct workflow_loading *l)
{
    for (int i = 0; i < l->w->section_count; i++) {
        const config_setting_t *list = steps_of(l, i, l->problems);
        l->first_row[i] = l->row_count;
        for (int k = 0; list && k < config_setting_length(list); k++)
            read_step(l, workflow_group_at(l, list, k), i, &l->rows[l->row_count++]);
        if (list && config_setting_length(list) == 0)
            WARN(l, list, LW_MSG_WORKFLOW_EMPTY_SECTION, l->w->sections[i].id);
    }
    l->first_row[l->w->section_count] = l->row_count;
}

/* ---- circles and totals ---- */

struct section_walk {
    struct workflow_loading *l;
    int *total; /* steps of a section with all that it pulls in; -1: not known yet */
    int *stack; /* sections now being counted, outermost first */
    bool *pulled;
    int depth;
};

static void refuse_circle(struct section_walk *walk, const struct workflow_step_row *row)
{
    char names[256] = "";
    size_t n = 0;
    int from = 0;
    while (walk->stack[from] != row->pulls)
        from++;
    for (int i = from; i <= walk->depth && n < sizeof names; i++) {
        int section = i < walk->depth ? walk->stack[i] : row->pulls;
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > from ? " > " : "",
                              walk->l->w->sections[section].id);
    }
    REFUSE(walk->l, row->at, LW_MSG_WORKFLOW_CIRCLE, names);
}

static bool on_stack(const struct section_walk *walk, int section)
{
    for (int i = 0; i < walk->depth; i++)
        if (walk->stack[i] == section)
            return true;
    return false;
}

/* Counts a section's steps; the sum stops growing beyond the limit, so that it can't overflow. */
static int count_steps(struct section_walk *walk, int section)
{
    struct workflow_loading *l = walk->l;
    if (walk->total[section] >= 0)
        return walk->total[section];
    int total = 0;
    walk->stack[walk->depth++] = section;
    for (int i = l->first_row[section]; i < l->first_row[section + 1]; i++) {
        const struct workflow_step_row *row = &l->rows[i];
        if (row->pulls >= 0)
            walk->pulled[row->pulls] = true;
        if (row->pulls < 0)
            total++;
        else if (on_stack(walk, row->pulls))
            refuse_circle(walk, row);
        else
            total += count_steps(walk, row->pulls);
        if (total > WORKFLOW_MAX_STEPS)
            total = WORKFLOW_MAX_STEPS + 1;
    }
    walk->depth--;
    return walk->total[section] = total;
}

/* Number of steps of the whole workflow; marks the sections that others pull in. */
static int count_all(struct section_walk *walk)
{
    int count = walk->l->w->section_count, total = 0;
    for (int i = 0; i < count; i++)
        walk->total[i] = -1;
    for (int i = 0; i < count; i++)
        count_steps(walk, i);
    for (int i = 0; i < count; i++)
        if (!walk->pulled[i] && total <= WORKFLOW_MAX_STEPS)
            total += walk->total[i];
    return total;
}

/* ---- the flat list ---- */

static char *copy_or_null(const char *s)
{
    return s ? strdup(s) : NULL;
}

/* A section that is pulled in again gives its steps a second time, with ids that nobody can write: "wipe.2".
 */
static char *step_id(struct workflow_step_row *row)
{
    char name[2 * WORKFLOW_MAX_ID];
    row->uses++;
    if (row->uses == 1)
        return strdup(row->step.id);
    snprintf(name, sizeof name, "%.*s.%d", WORKFLOW_MAX_ID, row->step.id, row->uses);
    return strdup(name);
}

static void add_step(struct workflow_loading *l, struct workflow_step_row *row, bool *filled)
{
    struct workflow *w = l->w;
    struct workflow_step step = row->step;
    if (step.place >= 0 && filled[step.place])
        REFUSE(l, row->at, LW_MSG_WORKFLOW_PLACE_TWICE, w->places[step.place].id);
    if (step.place >= 0)
        filled[step.place] = true;
    step.id = step_id(row);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        step.text.in[i] = copy_or_null(row->step.text.in[i]);
    w->steps[w->step_count++] = step;
}

static void lay_out(struct section_walk *walk, int section, bool *filled)
{
    struct workflow_loading *l = walk->l;
    struct workflow_section *s = &l->w->sections[section];
    int first = l->w->step_count;
    if (walk->total[section] == 0)
        return; /* empty ones that pull in empty ones could keep us busy for ever */
    for (int i = l->first_row[section]; i < l->first_row[section + 1]; i++) {
        if (l->rows[i].pulls >= 0)
            lay_out(walk, l->rows[i].pulls, filled);
        else
            add_step(l, &l->rows[i], filled);
    }
    if (s->step_count > 0)
        return; /* pulled in before: its own range is the first one */
    s->first_step = first;
    s->step_count = l->w->step_count - first;
}

static void warn_unfilled(struct workflow_loading *l, const bool *filled)
{
    for (int i = 0; i < l->w->place_count; i++)
        if (!filled[i])
            WARN(l, config_setting_get_elem(l->places, (unsigned)i), LW_MSG_WORKFLOW_UNUSED,
                 workflow_kind_word(KIND_PLACE), l->w->places[i].id);
}

static void lay_out_all(struct section_walk *walk, int total)
{
    struct workflow *w = walk->l->w;
    bool *filled = calloc((size_t)w->place_count + 1, sizeof *filled);
    w->steps = calloc((size_t)total + 1, sizeof *w->steps);
    if (filled && w->steps) {
        for (int i = 0; i < w->section_count; i++)
            if (!walk->pulled[i])
                lay_out(walk, i, filled);
        if (walk->l->problems->errors == walk->l->errors_before)
            warn_unfilled(walk->l, filled);
    }
    free(filled);
}

static void flatten(struct workflow_loading *l)
{
    size_t count = (size_t)l->w->section_count;
    int errors = l->problems->errors;
    struct section_walk walk = {.l = l,
                                .total = calloc(count + 1, sizeof(int)),
                                .stack = calloc(count + 1, sizeof(int)),
                                .pulled = calloc(count + 1, sizeof(bool))};
    if (walk.total && walk.stack && walk.pulled) {
        int total = count_all(&walk);
        if (total > WORKFLOW_MAX_STEPS)
            REFUSE(l, l->sections, LW_MSG_WORKFLOW_TOO_MANY, "steps", total, WORKFLOW_MAX_STEPS);
        else if (total == 0 && l->problems->errors == errors)
            REFUSE(l, l->sections, LW_MSG_WORKFLOW_EMPTY);
        else if (l->problems->errors == errors)
            lay_out_all(&walk, total);
    }
    free(walk.total);
    free(walk.stack);
    free(walk.pulled);
}

void workflow_read_sections(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->sections = workflow_read_list(l, l->root, "sections", WORKFLOW_MAX_SECTIONS);
    int count = l->sections ? config_setting_length(l->sections) : 0;
    if (!count) {
        const config_setting_t *s = config_setting_get_member(l->root, "sections");
        if (l->sections || !s)
            REFUSE(l, s, LW_MSG_WORKFLOW_EMPTY);
        return;
    }
    w->sections = calloc((size_t)count + 1, sizeof *w->sections);
    for (int i = 0; w->sections && i < count; i++) {
        read_section(l, workflow_group_at(l, l->sections, i), &w->sections[i]);
        w->section_count++;
    }
    if (!w->sections || !make_rows(l))
        return;
    read_rows(l);
    flatten(l);
}
