#include "workflow.h"

#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

#define HINTS_MAX      50
#define HELP_MAX_S     3600.0
#define FORMAT_VERSION 1

static const double help_defaults_s[3] = {8, 20, 45};

/* ---- the root ---- */

bool workflow_read_help_times(struct workflow_loading *l, const config_setting_t *group, double out[3])
{
    const config_setting_t *s = config_setting_get_member(group, "help_after_s");
    if (!s)
        return false;
    bool good = (config_setting_is_array(s) || config_setting_is_list(s)) && config_setting_length(s) == 3;
    for (int i = 0; good && i < 3; i++) {
        double v;
        good = config_number(config_setting_get_elem(s, (unsigned)i), &v) && v >= 0 && v <= HELP_MAX_S;
        out[i] = good ? v : 0;
    }
    if (!good)
        REFUSE(l, s, LW_MSG_WORKFLOW_HELP_TIMES);
    return good;
}

static void read_root(struct workflow_loading *l)
{
    struct workflow_root_row row = {0};
    workflow_read_table(TABLE_ROOT, l->root, &row, l->problems);
    l->w->released = row.state == 1;
    const config_setting_t *format = config_setting_get_member(l->root, "format");
    if (format && config_setting_type(format) == CONFIG_TYPE_INT && row.format != FORMAT_VERSION)
        REFUSE(l, format, LW_MSG_WORKFLOW_FORMAT, row.format);
    workflow_read_text(l, l->root, "name", l->w->id, TEXT_WARN, &l->w->name);
    memcpy(l->w->help_after_s, help_defaults_s, sizeof help_defaults_s);
    workflow_read_help_times(l, l->root, l->w->help_after_s);
}

/* ---- what nobody uses ---- */

static void warn_unused(struct workflow_loading *l, const config_setting_t *list, int index,
                        enum workflow_kind kind, const char *id, bool used)
{
    if (!used)
        WARN(l, config_setting_get_elem(list, (unsigned)index), LW_MSG_WORKFLOW_UNUSED,
             workflow_kind_word(kind), id);
}

/* An item that says how many there are has as many places (or pieces in them). */
static void check_count(struct workflow_loading *l, int item)
{
    const struct workflow *w = l->w;
    int count = 0;
    for (int i = 0; i < w->step_count; i++)
        if (w->steps[i].place >= 0 && w->places[w->steps[i].place].item == item)
            count += w->steps[i].count;
    if (w->items[item].count > 0 && count != w->items[item].count)
        WARN(l, config_setting_get_elem(l->items, (unsigned)item), LW_MSG_WORKFLOW_ITEM_COUNT, w->items[item].id,
             w->items[item].count, count);
}

static void check_unused(struct workflow_loading *l)
{
    const struct workflow *w = l->w;
    for (int i = 0; i < w->bin_count; i++) {
        bool used = false;
        for (int k = 0; k < w->item_count && !used; k++)
            used = w->items[k].bin == i;
        warn_unused(l, l->bins, i, KIND_BIN, w->bins[i].id, used);
    }
    for (int i = 0; i < w->item_count; i++) {
        bool used = false;
        for (int k = 0; k < w->place_count && !used; k++)
            used = w->places[k].item == i;
        for (int k = 0; k < w->step_count && !used; k++)
            used = w->steps[k].item == i;
        warn_unused(l, l->items, i, KIND_ITEM, w->items[i].id, used);
        check_count(l, i);
    }
    for (int i = 1; i < w->carrier_count; i++) {
        bool used = false;
        for (int k = 0; k < w->place_count && !used; k++)
            used = w->places[k].carrier == i;
        for (int k = 0; k < w->step_count && !used; k++)
            used = w->steps[k].carrier == i;
        warn_unused(l, l->carriers, i - 1, KIND_CARRIER, w->carriers[i].id, used);
    }
}

static void check_taught_unused(struct workflow_loading *l, const config_setting_t *list,
                                enum workflow_kind kind, const char *key)
{
    const char *id = NULL;
    for (int i = 0; list && i < config_setting_length(list); i++) {
        const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
        if (config_setting_is_group(s) && config_setting_lookup_string(s, key, &id) == CONFIG_TRUE &&
            workflow_index_of(l->w, kind, id) < 0)
            WARN(l, s, LW_MSG_WORKFLOW_TAUGHT_UNUSED, id);
    }
}

/* ---- the files ---- */

#define NESTING_MAX 16 /* the format nests 7 deep; what lies deeper is an unknown key anyway */

/* Strings may hold escapes (\xff), so they are looked at once more after reading. */
static void check_strings(struct workflow_loading *l, const config_setting_t *s, int depth)
{
    const char *text = config_setting_get_string(s);
    if (text && workflow_utf8_length(text, (long)strlen(text)) < 0)
        REFUSE(l, s, LW_MSG_WORKFLOW_ENCODING);
    for (int i = 0; depth < NESTING_MAX && config_setting_is_aggregate(s) && i < config_setting_length(s);
         i++)
        check_strings(l, config_setting_get_elem(s, (unsigned)i), depth + 1);
}

/* False: there is no sense in reading on (the problems are reported). */
static bool parse_file(struct workflow_loading *l, const char *name, config_t *cfg)
{
    char path[2 * PATH_MAX];
    struct lw_error err = {0};
    int errors = l->problems->errors;
    workflow_files_text(&l->files, name, l->problems);
    if (l->problems->errors > errors)
        return false;
    bool other = l->files.texts && strcmp(name, WORKFLOW_FILE) == 0;
    snprintf(path, sizeof path, "%s/%s", other ? l->files.texts : l->files.folder, name);
    if (config_load(cfg, path, &err)) {
        problems_add(l->problems, false, &err);
        return false;
    }
    check_strings(l, config_root_setting(cfg), 0);
    return l->problems->errors == errors;
}

static void name_it(struct workflow_loading *l)
{
    const char *slash = strrchr(l->files.root, '/');
    l->w->folder = strdup(l->files.folder);
    l->w->id = strdup(slash && slash[1] ? slash + 1 : "workflow");
}

static void read_all(struct workflow_loading *l, const char *folder, const char *texts)
{
    struct lw_error err = {0};
    if (workflow_files_init(&l->files, folder, texts, &err)) {
        problems_add(l->problems, false, &err);
        return;
    }
    name_it(l);
    bool parsed = parse_file(l, WORKFLOW_FILE, &l->cfg);
    if (workflow_files_exists(&l->files, WORKFLOW_TAUGHT_FILE) &&
        parse_file(l, WORKFLOW_TAUGHT_FILE, &l->taught_cfg))
        workflow_read_taught(l);
    if (!parsed)
        return;
    l->root = config_root_setting(&l->cfg);
    read_root(l);
    workflow_read_bins(l);
    workflow_read_carriers(l);
    workflow_read_items(l);
    workflow_read_places(l);
    workflow_read_variants(l);
    workflow_take_order(l);
    workflow_read_sections(l);
    workflow_check_witnesses(l);
    workflow_check_geometry(l);
    if (l->problems->errors == l->errors_before && !l->order)
        check_unused(l);
    check_taught_unused(l, l->taught, KIND_ITEM, "item");
    check_taught_unused(l, l->taught_carriers, KIND_CARRIER, "id");
    snprintf(l->w->hash, sizeof l->w->hash, "%016llx", (unsigned long long)l->files.hash);
}

/* ---- loading ---- */

static void free_text(struct workflow_text *t)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        free(t->in[i]);
}

static void free_frames(struct workflow_frames *f)
{
    for (int i = 0; i < f->count; i++)
        free(f->files[i]);
    free(f->files);
}

static void free_witness(struct workflow_witness *w)
{
    free(w->options.dictionary);
    free(w->options.code);
    free_frames(&w->right);
    free_frames(&w->wrong);
}

static void free_step(struct workflow_step *s)
{
    free(s->id);
    free(s->written);
    free_text(&s->text);
    free(s->picture);
    free(s->sound);
    free(s->code);
    free_frames(&s->frames);
}

static void free_rows(struct workflow_loading *l)
{
    for (int i = 0; i < l->row_count; i++) {
        free_step(&l->rows[i].step);
        free(l->rows[i].place);
        free(l->rows[i].section);
        free(l->rows[i].item);
        free(l->rows[i].carrier);
        free(l->rows[i].when);
    }
    free(l->rows);
    free(l->first_row);
    free(l->section_when);
    free(l->place_at);
}

/* The whole file's own problems carry no name of a file, those of an included one a name without the folder. */
static void name_file(struct lw_problems *problems, int from, const char *folder, const char *texts)
{
    size_t n = strlen(folder), other = texts ? strlen(texts) : 0;
    for (int i = from; i < problems->count; i++) {
        struct lw_error *e = &problems->items[i].error;
        char file[sizeof e->file];
        const char *name = e->file[0] ? e->file : WORKFLOW_FILE;
        if (other && strncmp(name, texts, other) == 0 && name[other] == '/')
            name += other + 1; /* a person knows it under its own folder */
        snprintf(file, sizeof file, "%s", name);
        if (strncmp(file, folder, n < sizeof file - 1 ? n : sizeof file - 1) != 0)
            snprintf(e->file, sizeof e->file, "%s/%s", folder, file);
    }
}

static enum lw_msg first_error(const struct lw_problems *problems, int from)
{
    for (int i = from; i < problems->count; i++)
        if (!problems->items[i].warning)
            return problems->items[i].error.id;
    return LW_MSG_BUG; /* more problems than the list holds */
}

enum lw_msg workflow_load(struct workflow **out, const char *folder, const struct workflow_bench *bench,
                          struct lw_problems *problems)
{
    return workflow_load_texts(out, folder, NULL, bench, NULL, problems);
}

enum lw_msg workflow_load_order(struct workflow **out, const char *folder, const struct workflow_bench *bench,
                                const struct workflow_order *order, struct lw_problems *problems)
{
    return workflow_load_texts(out, folder, NULL, bench, order, problems);
}

enum lw_msg workflow_load_texts(struct workflow **out, const char *folder, const char *texts,
                                const struct workflow_bench *bench, const struct workflow_order *order,
                                struct lw_problems *problems)
{
    int before = problems->count, errors = problems->errors;
    *out = NULL;
    struct workflow_loading *l = calloc(1, sizeof *l);
    struct workflow *w = calloc(1, sizeof *w);
    if (!l || !w) {
        problems_error(problems, folder, 0, LW_MSG_NO_MEMORY);
        free(l);
        free(w);
        return LW_MSG_NO_MEMORY;
    }
    *l = (struct workflow_loading){.w = w, .problems = problems, .order = order, .errors_before = errors,
                                   .hints_left = HINTS_MAX};
    if (bench)
        l->bench = *bench;
    config_init(&l->cfg);
    config_init(&l->taught_cfg);
    read_all(l, folder, texts);
    name_file(problems, before, *l->files.folder ? l->files.folder : folder, texts);
    config_destroy(&l->cfg);
    config_destroy(&l->taught_cfg);
    workflow_files_finish(&l->files);
    free_rows(l);
    free(l);
    if (problems->errors == errors) {
        *out = w;
        return LW_OK;
    }
    workflow_destroy(&w);
    return first_error(problems, before);
}

/* ---- freeing ---- */

static void free_items(struct workflow *w)
{
    for (int i = 0; i < w->item_count; i++) {
        struct workflow_item *item = &w->items[i];
        for (int k = 0; k < item->reference_count; k++) {
            free(item->references[k].before);
            free(item->references[k].after);
        }
        free(item->references);
        free(item->id);
        free_text(&item->name);
        free(item->picture);
        free_frames(&item->frames);
    }
    free(w->items);
}

static void free_carriers(struct workflow *w)
{
    for (int i = 0; i < w->carrier_count; i++) {
        free(w->carriers[i].id);
        free_text(&w->carriers[i].name);
        free(w->carriers[i].picture);
        free(w->carriers[i].taught);
    }
    free(w->carriers);
}

static void free_order(struct workflow *w)
{
    for (int i = 0; i < w->section_count; i++) {
        free(w->sections[i].id);
        free_text(&w->sections[i].name);
    }
    for (int i = 0; i < w->step_count; i++)
        free_step(&w->steps[i]);
    for (int i = 0; i < w->variant_count; i++) {
        free(w->variants[i].id);
        free_text(&w->variants[i].name);
    }
    free(w->variants);
    free(w->sections);
    free(w->steps);
}

void workflow_destroy(struct workflow **p)
{
    struct workflow *w = *p;
    if (!w)
        return;
    for (int i = 0; i < w->bin_count; i++) {
        free(w->bins[i].id);
        free_text(&w->bins[i].name);
        free(w->bins[i].outline.points);
    }
    for (int i = 0; i < w->place_count; i++) {
        free(w->places[i].id);
        free(w->places[i].written);
        free(w->places[i].outline.points);
    }
    for (int i = 0; i < w->witness_count; i++)
        free_witness(&w->witnesses[i]);
    free(w->witnesses);
    free(w->bins);
    free(w->places);
    free_items(w);
    free_carriers(w);
    free_order(w);
    free_text(&w->name);
    free(w->folder);
    free(w->with);
    free(w->id);
    free(w);
    *p = NULL;
}

/* ---- using ---- */

const char *workflow_text(const struct workflow_text *t)
{
    int wanted = strcmp(lw_language(), "nl") == 0 ? LANGUAGE_NL : LANGUAGE_EN;
    if (t->in[wanted])
        return t->in[wanted];
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        if (t->in[i])
            return t->in[i];
    return "";
}

const char *workflow_path(const struct workflow *w, const char *file, char *buf, int size)
{
    snprintf(buf, (size_t)size, "%s/%s", w->folder, file);
    return buf;
}

int workflow_find_section(const struct workflow *w, const char *id)
{
    return workflow_index_of(w, KIND_SECTION, id);
}

int workflow_find_step(const struct workflow *w, const char *id)
{
    for (int i = 0; i < w->step_count; i++)
        if (strcmp(w->steps[i].id, id) == 0)
            return i;
    return -1;
}
