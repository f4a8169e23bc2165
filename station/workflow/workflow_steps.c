/* Sections and their steps: read as written, then laid out flat in the order of the work. */
#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* Which keys, beyond those of every step, a kind has. */
static const struct {
    const char *key;
    const int *kinds;
} kind_keys[] = {
    {"place", (const int[]){STEP_PLACE, -1}},
    {"count", (const int[]){STEP_PLACE, -1}},
    {"item", (const int[]){STEP_KIND_TAKE, STEP_KIND_WEIGH, STEP_KIND_SCAN, -1}},
    {"carrier", (const int[]){STEP_KIND_OPEN, STEP_KIND_CLOSE, STEP_KIND_TURN, -1}},
    {"witness", (const int[]){STEP_PLACE, STEP_CONFIRM, STEP_KIND_OPEN, STEP_KIND_CLOSE, STEP_KIND_TURN, STEP_KIND_WEIGH,
                              STEP_KIND_SCAN, -1}},
    {"weight_g", (const int[]){STEP_KIND_WEIGH, -1}},
    {"weight_tolerance_g", (const int[]){STEP_KIND_WEIGH, -1}},
    {"code", (const int[]){STEP_KIND_SCAN, -1}},
};

static bool kind_has(const int *kinds, enum workflow_step_kind kind)
{
    for (; *kinds >= 0; kinds++)
        if (*kinds == (int)kind)
            return true;
    return false;
}

static void refuse_keys_of_others(struct workflow_loading *l, const config_setting_t *s, enum workflow_step_kind kind)
{
    for (size_t i = 0; i < sizeof kind_keys / sizeof kind_keys[0]; i++) {
        const config_setting_t *key = config_setting_get_member(s, kind_keys[i].key);
        if (key && !kind_has(kind_keys[i].kinds, kind))
            REFUSE(l, key, LW_MSG_WORKFLOW_STEP_MIXED, kind_keys[i].key);
    }
}

static void read_pull(struct workflow_loading *l, const config_setting_t *s, struct workflow_step_row *row)
{
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *key = config_setting_get_elem(s, (unsigned)i);
        const char *name = config_setting_name(key);
        if (name && strcmp(name, "section") != 0 && strcmp(name, "when") != 0)
            REFUSE(l, key, LW_MSG_WORKFLOW_STEP_MIXED, name);
    }
    row->pulls = workflow_look_up(l, s, KIND_SECTION, row->section);
}

/* A step that the camera does not check. */
static void read_confirm(struct workflow_loading *l, const config_setting_t *s, struct workflow_step_row *row)
{
    struct workflow_step *step = &row->step;
    if (!*step->id)
        REFUSE(l, s, LW_MSG_KEY_MISSING, "id");
    if (*row->item)
        step->item = workflow_look_up(l, workflow_key_or_group(s, "item"), KIND_ITEM, row->item);
    else if (step->kind == STEP_KIND_TAKE)
        REFUSE(l, s, LW_MSG_KEY_MISSING, "item");
    if (*row->carrier)
        step->carrier = workflow_look_up(l, workflow_key_or_group(s, "carrier"), KIND_CARRIER, row->carrier);
    else if (step->kind == STEP_KIND_OPEN || step->kind == STEP_KIND_CLOSE || step->kind == STEP_KIND_TURN)
        REFUSE(l, s, LW_MSG_KEY_MISSING, "carrier");
    if (step->kind == STEP_KIND_WEIGH && step->weight_g <= 0)
        REFUSE(l, s, LW_MSG_KEY_MISSING, "weight_g");
    workflow_read_text(l, s, "text", step->id, step->kind == STEP_KIND_TAKE ? TEXT_OPTIONAL : TEXT_NEEDED,
                       &step->text);
}

static void number(char **text, int n, int count)
{
    char *numbered = workflow_numbered(*text, n, count);
    if (numbered) {
        free(*text);
        *text = numbered;
    }
}

/* Place number n of those that the text names; NULL: there is none (reported). */
static void read_placing(struct workflow_loading *l, const config_setting_t *s, int n, int count,
                         struct workflow_step_row *row)
{
    if (!*row->place) {
        REFUSE(l, s, LW_MSG_KEY_MISSING, "place");
        return;
    }
    struct workflow_step *step = &row->step;
    const config_setting_t *at = config_setting_get_member(s, "place");
    if (!*step->id) {
        free(step->id);
        step->id = strdup(row->place);
    } else if (count > 1 && n == 1 && !strstr(step->id, "{n}")) {
        REFUSE(l, workflow_key_or_group(s, "id"), LW_MSG_WORKFLOW_ROW_ID, step->id);
    }
    free(step->written);
    step->written = strdup(step->id);
    number(&step->id, n, count);
    number(&row->place, n, count);
    step->place = workflow_look_up(l, at, KIND_PLACE, row->place);
    step->item = step->place >= 0 ? l->w->places[step->place].item : -1;
    workflow_read_text(l, s, "text", step->id, TEXT_OPTIONAL, &step->text);
}

static void read_media(struct workflow_loading *l, const config_setting_t *s, struct workflow_step *step)
{
    int width, height;
    workflow_check_picture(l, workflow_key_or_group(s, "picture"), step->picture, &width, &height);
    workflow_check_sound(l, workflow_key_or_group(s, "sound"), step->sound);
    workflow_read_frames(l, s, &step->frames);
    workflow_read_witnesses(l, s, step->item >= 0 ? l->w->items[step->item].bin : -1, &step->witness);
    step->own_help = workflow_read_help_times(l, s, step->help_after_s);
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

/* Step number n of the `count` that the entry makes. */
static void read_step(struct workflow_loading *l, const config_setting_t *s, int section, int n, int count,
                      struct workflow_step_row *row)
{
    *row = (struct workflow_step_row){.pulls = -1, .at = s};
    workflow_read_table(TABLE_STEP, s, row, l->problems);
    struct workflow_step *step = &row->step;
    step->place = step->item = step->carrier = -1;
    step->section = section;
    step->no_override = !row->coach_may_skip;
    step->line = config_line_of(s);
    row->belongs = workflow_always;
    if (!s)
        return;
    row->belongs = workflow_read_when(l, s);
    if (config_setting_get_member(s, "section")) {
        read_pull(l, s, row);
        return; /* without a step of its own */
    }
    step->written = strdup(step->id);
    refuse_keys_of_others(l, s, step->kind);
    if (step->kind == STEP_PLACE)
        read_placing(l, s, n, count, row);
    else
        read_confirm(l, s, row);
    if (config_setting_get_member(s, "id"))
        workflow_check_id(l, config_setting_get_member(s, "id"), step->id);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        number(&step->text.in[i], n, count > 1 ? count : step->count);
    read_media(l, s, step);
    refuse_same_step(l, row);
}

static void read_section(struct workflow_loading *l, const config_setting_t *s, int index)
{
    struct workflow_section_row row = {0};
    struct workflow_section *section = &l->w->sections[index];
    workflow_read_table(TABLE_SECTION, s, &row, l->problems);
    free(row.when);
    *section = row.section;
    section->line = config_line_of(s);
    l->section_when[index] = s ? workflow_read_when(l, s) : workflow_always;
    if (!s)
        return;
    workflow_check_new_id(l, s, KIND_SECTION, section->id, 0);
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

/* The name of the places that a step fills, when it is that of a row of places; else NULL. */
static const char *row_name(const config_setting_t *s)
{
    const char *name = NULL;
    bool named = config_setting_is_group(s) && config_setting_lookup_string(s, "place", &name) == CONFIG_TRUE;
    return named && strstr(name, "{n}") ? name : NULL;
}

/* How many steps an entry makes: one, or as many as the row of places has. */
static int count_rows(const struct workflow_loading *l, const config_setting_t *s)
{
    const char *name = row_name(s);
    int count = 0;
    for (int i = 0; name && i < l->w->place_count; i++)
        count += l->w->places[i].written && strcmp(l->w->places[i].written, name) == 0;
    return count > 0 ? count : 1;
}

/* Allocates the rows; false: too many (reported) or no memory. */
static bool make_rows(struct workflow_loading *l)
{
    int total = 0;
    for (int i = 0; i < l->w->section_count; i++) {
        struct lw_problems unheard = {0}; /* the second reading reports them */
        const config_setting_t *list = steps_of(l, i, &unheard);
        problems_finish(&unheard);
        for (int k = 0; list && k < config_setting_length(list); k++)
            total += count_rows(l, config_setting_get_elem(list, (unsigned)k));
    }
    if (total > WORKFLOW_MAX_STEPS) {
        REFUSE(l, l->sections, LW_MSG_WORKFLOW_TOO_MANY, "steps", total, WORKFLOW_MAX_STEPS);
        return false;
    }
    l->rows = calloc((size_t)total + 1, sizeof *l->rows);
    l->first_row = calloc((size_t)l->w->section_count + 1, sizeof *l->first_row);
    return l->rows && l->first_row;
}

/* What is wrong with all steps of a row was said of the first one; an id that is used elsewhere is said here. */
static void read_entry(struct workflow_loading *l, const config_setting_t *s, int section)
{
    int count = s ? count_rows(l, s) : 1;
    struct lw_problems own = {0}, *all = l->problems;
    read_step(l, s, section, 1, count, &l->rows[l->row_count++]);
    for (int n = 2; n <= count; n++) {
        l->problems = &own;
        read_step(l, s, section, n, count, &l->rows[l->row_count++]);
        l->problems = all;
        for (int i = 0; i < own.count; i++)
            if (own.items[i].error.id == LW_MSG_WORKFLOW_DUPLICATE)
                problems_add(all, false, &own.items[i].error);
        problems_finish(&own);
    }
}

static void read_rows(struct workflow_loading *l)
{
    for (int i = 0; i < l->w->section_count; i++) {
        const config_setting_t *list = steps_of(l, i, l->problems);
        l->first_row[i] = l->row_count;
        for (int k = 0; list && k < config_setting_length(list); k++)
            read_entry(l, workflow_group_at(l, list, k), i);
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

static void copy_step(const struct workflow_step *from, struct workflow_step *to)
{
    *to = *from;
    to->written = copy_or_null(from->written);
    to->picture = copy_or_null(from->picture);
    to->sound = copy_or_null(from->sound);
    to->code = copy_or_null(from->code);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        to->text.in[i] = copy_or_null(from->text.in[i]);
    to->frames = (struct workflow_frames){calloc((size_t)from->frames.count + 1, sizeof(char *)), 0};
    for (int i = 0; to->frames.files && i < from->frames.count; i++)
        to->frames.files[to->frames.count++] = strdup(from->frames.files[i]);
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

/* While the steps are laid out: which places are filled, and when. */
struct laying {
    struct section_walk *walk;
    struct workflow_when *filled; /* by place; count 0: not yet */
    bool *laid;                   /* by section */
};

/* Two steps may fill one place when no order ever wants both. */
static void fill(struct laying *y, struct workflow_loading *l, const struct workflow_step_row *row,
                 const struct workflow_when *when)
{
    struct workflow_when both;
    struct workflow_when *filled = &y->filled[row->step.place];
    if (filled->count && (!workflow_when_both(filled, when, &both) || both.count))
        REFUSE(l, row->at, LW_MSG_WORKFLOW_PLACE_TWICE, l->w->places[row->step.place].id);
    else if (filled->count && filled->count + when->count <= WORKFLOW_ALTERNATIVES)
        for (int i = 0; i < when->count; i++) {
            filled->need[filled->count] = when->need[i];
            filled->refuse[filled->count++] = when->refuse[i];
        }
    else
        *filled = *when;
}

static void add_step(struct laying *y, struct workflow_step_row *row, const struct workflow_when *when)
{
    struct workflow_loading *l = y->walk->l;
    struct workflow_when own;
    if (!workflow_when_both(when, &row->belongs, &own)) {
        REFUSE(l, row->at, LW_MSG_WORKFLOW_WHEN, row->when);
        return;
    }
    char *id = step_id(row); /* counted also when it is left out: ids are the same in every order */
    bool reached = own.count > 0;
    if (!reached && row->uses == 1)
        WARN(l, row->at, LW_MSG_WORKFLOW_UNREACHABLE, row->step.id);
    if (!reached || (l->order && !workflow_when_holds(&own, l->wanted))) {
        free(id);
        return;
    }
    if (row->step.place >= 0)
        fill(y, l, row, &own);
    struct workflow_step *step = &l->w->steps[l->w->step_count++];
    copy_step(&row->step, step);
    step->id = id;
}

static void lay_out(struct laying *y, int section, const struct workflow_when *above)
{
    struct section_walk *walk = y->walk;
    struct workflow_loading *l = walk->l;
    struct workflow_section *s = &l->w->sections[section];
    int first = l->w->step_count;
    struct workflow_when when, pulled;
    if (walk->total[section] == 0)
        return; /* empty ones that pull in empty ones could keep us busy for ever */
    if (!workflow_when_both(above, &l->section_when[section], &when)) {
        REFUSE(l, config_setting_get_elem(l->sections, (unsigned)section), LW_MSG_WORKFLOW_WHEN, s->id);
        return;
    }
    for (int i = l->first_row[section]; i < l->first_row[section + 1]; i++) {
        struct workflow_step_row *row = &l->rows[i];
        if (row->pulls < 0)
            add_step(y, row, &when);
        else if (workflow_when_both(&when, &row->belongs, &pulled))
            lay_out(y, row->pulls, &pulled);
        else
            REFUSE(l, row->at, LW_MSG_WORKFLOW_WHEN, row->when);
    }
    if (y->laid[section])
        return; /* pulled in before: its own range is the first one */
    y->laid[section] = true;
    s->first_step = first;
    s->step_count = l->w->step_count - first;
}

static void warn_unfilled(struct workflow_loading *l, const struct workflow_when *filled)
{
    for (int i = 0; i < l->w->place_count; i++)
        if (!filled[i].count)
            WARN(l, l->place_at[i], LW_MSG_WORKFLOW_UNUSED, workflow_kind_word(KIND_PLACE), l->w->places[i].id);
}

static void lay_out_all(struct section_walk *walk, int total)
{
    struct workflow_loading *l = walk->l;
    struct workflow *w = l->w;
    struct laying y = {walk, calloc((size_t)w->place_count + 1, sizeof *y.filled),
                       calloc((size_t)w->section_count + 1, sizeof *y.laid)};
    w->steps = calloc((size_t)total + 1, sizeof *w->steps);
    if (y.filled && y.laid && w->steps) {
        for (int i = 0; i < w->section_count; i++)
            if (!walk->pulled[i])
                lay_out(&y, i, &workflow_always);
        if (l->problems->errors == l->errors_before && !l->order)
            warn_unfilled(l, y.filled);
        if (l->problems->errors == l->errors_before && !w->step_count)
            REFUSE(l, l->sections, LW_MSG_WORKFLOW_EMPTY);
    }
    free(y.filled);
    free(y.laid);
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
    l->section_when = calloc((size_t)count + 1, sizeof *l->section_when);
    for (int i = 0; w->sections && l->section_when && i < count; i++) {
        read_section(l, workflow_group_at(l, l->sections, i), i);
        w->section_count++;
    }
    if (!w->sections || !make_rows(l))
        return;
    read_rows(l);
    flatten(l);
}
