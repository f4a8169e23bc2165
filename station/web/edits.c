#include "edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024
#define DEPTH_MAX   6

/* ---- values as text of the format ---- */

static bool put_value(FILE *out, const json_t *v, int depth);

static bool put_numbers(FILE *out, const json_t *list)
{
    double values[NUMBERS_MAX];
    char text[NUMBERS_MAX * 26];
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n && i < NUMBERS_MAX; i++) {
        if (!json_is_number(json_array_get(list, i)))
            return false;
        values[i] = json_number_value(json_array_get(list, i));
    }
    if (n > NUMBERS_MAX)
        return false;
    fputs(workflow_value_numbers(values, (int)n, text, sizeof text), out);
    return true;
}

static bool put_text(FILE *out, const char *words);

/* File names of an animation. */
static bool put_texts(FILE *out, const json_t *list)
{
    bool good = true;
    fputs("[", out);
    for (size_t i = 0; i < json_array_size(list) && good; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        fputs(i ? ", " : " ", out);
        good = text && put_text(out, text);
    }
    fputs(" ]", out);
    return good;
}

static bool put_groups(FILE *out, const json_t *list, int depth)
{
    bool good = true;
    fputs("(", out);
    for (size_t i = 0; i < json_array_size(list) && good; i++) {
        fputs(i ? ", " : " ", out);
        good = json_is_object(json_array_get(list, i)) && put_value(out, json_array_get(list, i), depth + 1);
    }
    fputs(" )", out);
    return good;
}

static bool key_good(const char *key)
{
    size_t n = strlen(key);
    return n > 0 && n < 60 && strspn(key, "abcdefghijklmnopqrstuvwxyz_0123456789") == n && key[0] >= 'a';
}

static bool put_group(FILE *out, const json_t *group, int depth)
{
    const char *key;
    json_t *value;
    bool good = true;
    fputs("{ ", out);
    json_object_foreach((json_t *)(uintptr_t)group, key, value) {
        good = good && key_good(key);
        fprintf(out, "%s = ", key);
        good = good && put_value(out, value, depth + 1);
        fputs("; ", out);
    }
    fputs("}", out);
    return good;
}

static bool put_text(FILE *out, const char *words)
{
    size_t size = 6 * strlen(words) + 8;
    char *text = malloc(size);
    if (text)
        fputs(workflow_value_text(words, text, (int)size), out);
    free(text);
    return text != NULL;
}

static bool put_value(FILE *out, const json_t *v, int depth)
{
    char number[64];
    if (depth > DEPTH_MAX)
        return false;
    if (json_is_number(v))
        return fputs(workflow_value_number(json_number_value(v), number, sizeof number), out) >= 0;
    if (json_is_boolean(v))
        return fputs(json_is_true(v) ? "true" : "false", out) >= 0;
    if (json_is_string(v))
        return put_text(out, json_string_value(v));
    if (json_is_object(v))
        return put_group(out, v, depth);
    if (json_is_string(json_array_get(v, 0)))
        return put_texts(out, v);
    if (json_is_array(v)) /* an empty one waits for groups: steps */
        return json_is_number(json_array_get(v, 0)) ? put_numbers(out, v) : put_groups(out, v, depth);
    return false;
}

/* The caller frees it; NULL: it can't be written. */
static char *value_text(const json_t *v)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool good = out && put_value(out, v, 0);
    if (out)
        fclose(out);
    if (!good) {
        free(text);
        text = NULL;
    }
    return text;
}

/* ---- edits ---- */

static const char *word(const json_t *edit, const char *key)
{
    const char *text = json_string_value(json_object_get(edit, key));
    return text ? text : "";
}

static enum lw_msg set(struct workflow_edit *e, const json_t *edit, struct lw_error *err)
{
    const json_t *to = json_object_get(edit, "to");
    if (json_is_null(to))
        return workflow_edit_set(e, word(edit, "set"), NULL, err);
    char *text = to ? value_text(to) : NULL;
    enum lw_msg rc = text ? workflow_edit_set(e, word(edit, "set"), text, err) : lw_fail(err, LW_MSG_WEB_REQUEST);
    free(text);
    return rc;
}

static enum lw_msg insert(struct workflow_edit *e, const json_t *edit, struct lw_error *err)
{
    const json_t *group = json_object_get(edit, "group");
    char *text = json_is_object(group) ? value_text(group) : NULL;
    int at = json_is_integer(json_object_get(edit, "at")) ? (int)json_integer_value(json_object_get(edit, "at")) : -1;
    enum lw_msg rc = text ? workflow_edit_insert(e, word(edit, "insert"), at, text, err) : lw_fail(err, LW_MSG_WEB_REQUEST);
    free(text);
    return rc;
}

static enum lw_msg apply(struct workflow_edit *e, const json_t *edit, struct lw_error *err)
{
    const json_t *at = json_object_get(edit, "at");
    if (json_object_get(edit, "set"))
        return set(e, edit, err);
    if (json_object_get(edit, "words"))
        return workflow_edit_words(e, word(edit, "words"), word(edit, "language"), word(edit, "to"), err);
    if (json_object_get(edit, "insert"))
        return insert(e, edit, err);
    if (json_object_get(edit, "remove"))
        return workflow_edit_remove(e, word(edit, "remove"), err);
    if (json_object_get(edit, "move"))
        return workflow_edit_move(e, word(edit, "move"), word(edit, "into"),
                                  json_is_integer(at) ? (int)json_integer_value(at) : -1, err);
    return lw_fail(err, LW_MSG_WEB_REQUEST);
}

enum lw_msg edits_apply(struct workflow_edit *e, const json_t *edits, json_t *failed, struct lw_error *err)
{
    size_t i;
    json_t *edit;
    if (edits && (!json_is_array(edits) || json_array_size(edits) > EDITS_MAX))
        return lw_fail(err, LW_MSG_WEB_REQUEST);
    json_array_foreach(edits, i, edit) {
        enum lw_msg rc = apply(e, edit, err);
        if (rc && !failed)
            return rc;
        if (rc)
            json_array_append_new(failed, json_pack("{s:i,s:s}", "edit", (int)i, "text", err->text));
    }
    return LW_OK;
}
