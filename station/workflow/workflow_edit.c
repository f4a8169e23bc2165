/* Edits of the text: each finds its node, says which bytes become what, and the text is parsed again. */
#include "workflow_edit.h"

#include "workflow_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum lw_msg check_value(const char *value, struct lw_error *err)
{
    if (workflow_utf8_length(value, (long)strlen(value)) >= 0 && source_is_value(value))
        return LW_OK;
    return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_VALUE, value);
}

/* A path cut before its last key, which is returned; NULL: it ends in an element. */
static const char *split_path(const char *path, char *above, size_t size)
{
    const char *dot = NULL;
    int depth = 0;
    for (const char *p = path; *p; p++) {
        depth += (*p == '[') - (*p == ']');
        if (*p == '.' && depth == 0)
            dot = p;
    }
    const char *key = dot ? dot + 1 : path;
    size_t n = dot ? (size_t)(dot - path) : 0;
    if (n >= size || !*key || strchr(key, '['))
        return NULL;
    memcpy(above, path, n);
    above[n] = 0;
    return key;
}

/* ---- adding a key where the reference has it ---- */

static const struct workflow_table *table_of(const struct workflow_edit *e, int group)
{
    static const struct {
        const char *key;
        enum workflow_table_id id;
    } tables[] = {{"bins", TABLE_BIN},         {"carriers", TABLE_CARRIER}, {"items", TABLE_ITEM},
                  {"places", TABLE_PLACE},     {"sections", TABLE_SECTION}, {"steps", TABLE_STEP},
                  {"home", TABLE_HOME},        {"witness", TABLE_WITNESS}, {"name", TABLE_TEXT},        {"text", TABLE_TEXT}};
    const struct source *s = &e->source;
    int named = s->nodes[group].name >= 0 ? group : s->nodes[group].parent;
    if (group == 0)
        return workflow_table(TABLE_ROOT);
    if (s->nodes[named].name < 0)
        return NULL;
    const struct source_token *t = edit_token(e, s->nodes[named].name);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (t->end - t->start == (long)strlen(tables[i].key) &&
            memcmp(source_at(s, t->file, t->start), tables[i].key, strlen(tables[i].key)) == 0)
            return workflow_table(tables[i].id);
    return NULL;
}

/* The place of a key among its sisters; an unknown one stands last. `id` comes first whatever the table says. */
static int rank_of(const struct workflow_table *table, const char *key, size_t n)
{
    for (int i = 0; table && i < table->count; i++)
        if (strlen(table->rows[i].key) == n && memcmp(table->rows[i].key, key, n) == 0)
            return i;
    return 1000;
}

/* The last child of a group that stands before `key` by the table; -1: none. */
static int sister_before(const struct workflow_edit *e, int group, const char *key)
{
    const struct source *s = &e->source;
    const struct workflow_table *table = table_of(e, group);
    int rank = rank_of(table, key, strlen(key)), before = -1;
    for (int i = s->nodes[group].child; i >= 0; i = s->nodes[i].next) {
        const struct source_token *t = edit_token(e, s->nodes[i].name);
        if (rank_of(table, source_at(s, t->file, t->start), (size_t)(t->end - t->start)) <= rank)
            before = i;
    }
    return before;
}

/* Behind a sister: on its line, or on a new one when the sister has its own or the line gets too long. */
static enum lw_msg add_behind(struct workflow_edit *e, int group, int sister, const char *path, const char *setting,
                              struct lw_error *err)
{
    const struct source_node *n = &e->source.nodes[sister];
    const struct source_token *name = edit_token(e, n->name), *last = edit_token(e, n->last);
    int file = last->file;
    if ((n->stop >= 0 && edit_token(e, n->stop)->file != file) || name->file != file)
        return edit_refuse_split(path, err);
    const char *text = edit_text(e, file);
    long end = n->stop >= 0 ? edit_token(e, n->stop)->end : last->end, past = layout_past_note(text, end);
    bool own = layout_first_on_line(text, name->start) && (past > end || text[end] == '\n' || !text[end]);
    int line = layout_column(text, end + (long)strcspn(text + end, "\n"));
    bool fits = line + (int)strlen(setting) < LAYOUT_WIDTH && !strchr(setting, '\n');
    char *added = NULL;
    if (own || group == 0)
        asprintf(&added, "\n%*s%s", layout_indent(text, name->start), "", setting);
    else if (fits)
        asprintf(&added, " %s", setting);
    else {
        const struct source_token *first = edit_token(e, e->source.nodes[e->source.nodes[group].child].name);
        asprintf(&added, "\n%*s%s", first->file == file ? layout_column(text, first->start) : 4, "", setting);
    }
    long at = own ? past : end;
    struct splice s[] = {{file, last->end, last->end, n->stop >= 0 ? "" : ";"}, {file, at, at, added}};
    enum lw_msg rc = added ? workflow_edit_splice(e, s, 2, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    free(added);
    return rc;
}

static enum lw_msg add_first(struct workflow_edit *e, int group, const char *setting, struct lw_error *err)
{
    const struct source_node *n = &e->source.nodes[group];
    const struct source_token *first = n->child >= 0 ? edit_token(e, e->source.nodes[n->child].name) : NULL;
    char *added = NULL;
    int file = 0;
    long at = 0;
    if (first) {
        const char *text = edit_text(e, first->file);
        file = first->file;
        at = first->start;
        if (layout_first_on_line(text, at))
            asprintf(&added, "%s\n%*s", setting, layout_indent(text, at), "");
        else
            asprintf(&added, "%s ", setting);
    } else {
        if (group) {
            file = edit_token(e, n->first)->file;
            at = edit_token(e, n->first)->end;
        }
        asprintf(&added, group ? " %s " : "%s\n", setting);
    }
    struct splice s = {file, at, at, added};
    enum lw_msg rc = added ? workflow_edit_splice(e, &s, 1, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    free(added);
    return rc;
}

static bool is_key(const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return *key && strspn(key, plain) == strlen(key) && !strchr("0123456789_", *key);
}

static enum lw_msg add_key(struct workflow_edit *e, int group, const char *path, const char *key, const char *value,
                           struct lw_error *err)
{
    char *setting = NULL;
    if (!is_key(key) || e->source.nodes[group].kind != NODE_GROUP)
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, path);
    if (asprintf(&setting, "%s = %s;", key, value) < 0)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    int sister = sister_before(e, group, key);
    enum lw_msg rc = sister >= 0 ? add_behind(e, group, sister, path, setting, err)
                                 : add_first(e, group, setting, err);
    free(setting);
    return rc;
}

/* ---- set, remove a key ---- */

static enum lw_msg replace_value(struct workflow_edit *e, int node, const char *path, const char *value,
                                 struct lw_error *err)
{
    const struct source_token *first = edit_token(e, e->source.nodes[node].first);
    const struct source_token *last = edit_token(e, e->source.nodes[node].last);
    if (first->file != last->file)
        return edit_refuse_split(path, err);
    struct splice s = {first->file, first->start, last->end, value};
    return workflow_edit_splice(e, &s, 1, err);
}

/* With its whole line, when nothing but a note stands there beside it. */
static enum lw_msg remove_setting(struct workflow_edit *e, int node, const char *path, struct lw_error *err)
{
    const struct source_node *n = &e->source.nodes[node];
    const struct source_token *name = edit_token(e, n->name), *end = edit_token(e, n->stop >= 0 ? n->stop : n->last);
    if (name->file != end->file || edit_token(e, n->last)->file != name->file)
        return edit_refuse_split(path, err);
    const char *text = edit_text(e, name->file);
    struct splice s = {name->file, name->start, end->end, ""};
    long past = layout_past_note(text, s.end);
    bool rest_empty = past > s.end || !text[s.end] || text[s.end] == '\n';
    bool first = layout_first_on_line(text, s.start);
    if (first && rest_empty) {
        s.start -= layout_indent(text, s.start);
        s.end = past + (text[past] == '\n');
    } else if (first) {
        s.end += (long)strspn(text + s.end, " \t");
    } else {
        while (s.start > 0 && (text[s.start - 1] == ' ' || text[s.start - 1] == '\t'))
            s.start--;
    }
    return workflow_edit_splice(e, &s, 1, err);
}

enum lw_msg workflow_edit_set(struct workflow_edit *e, const char *path, const char *value, struct lw_error *err)
{
    char above[1024];
    const char *key = split_path(path, above, sizeof above);
    int group = key ? workflow_edit_node(e, above, err) : workflow_edit_node(e, path, err);
    if (group < 0)
        return LW_MSG_WORKFLOW_EDIT_PATH;
    if (value) {
        enum lw_msg rc = check_value(value, err);
        if (rc)
            return rc;
    }
    if (!key)
        return value ? replace_value(e, group, path, value, err) : workflow_edit_remove(e, path, err);
    int node = e->source.nodes[group].kind == NODE_GROUP ? source_member(&e->source, group, key, strlen(key)) : -1;
    if (node >= 0)
        return value ? replace_value(e, node, path, value, err) : remove_setting(e, node, path, err);
    return value ? add_key(e, group, path, key, value, err) : LW_OK;
}

enum lw_msg workflow_edit_words(struct workflow_edit *e, const char *path, const char *language, const char *words,
                                struct lw_error *err)
{
    char full[1100], value[2 * LW_ERROR_TEXT + 1100], group[sizeof value + 32];
    const struct workflow_table *languages = workflow_table(TABLE_TEXT);
    if (rank_of(languages, language, strlen(language)) >= languages->count ||
        (words && strlen(words) > LW_ERROR_TEXT))
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_VALUE, words ? words : language);
    snprintf(full, sizeof full, "%s.%s", path, language);
    if (!words || !*words)
        return workflow_edit_set(e, full, NULL, err);
    workflow_value_text(words, value, sizeof value);
    if (workflow_edit_node(e, path, NULL) >= 0)
        return workflow_edit_set(e, full, value, err);
    snprintf(group, sizeof group, "{ %s = %s; }", language, value);
    return workflow_edit_set(e, path, group, err);
}
