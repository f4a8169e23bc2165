/* Variants and the conditions on them: "a", "not a", "a and not b or c"; `and` binds closer than `or`. */
#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

const struct workflow_when workflow_always = {.count = 1};

void workflow_read_variants(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->variants = workflow_read_list(l, l->root, "variants", WORKFLOW_MAX_VARIANTS);
    int count = l->variants ? config_setting_length(l->variants) : 0;
    w->variants = calloc((size_t)count + 1, sizeof *w->variants);
    for (int i = 0; w->variants && i < count; i++) {
        const config_setting_t *s = workflow_group_at(l, l->variants, i);
        struct workflow_variant *v = &w->variants[i];
        workflow_read_table(TABLE_VARIANT, s, v, l->problems);
        v->line = config_line_of(s);
        if (s) {
            workflow_check_new_id(l, s, KIND_VARIANT, v->id, 0);
            workflow_read_text(l, s, "name", v->id, TEXT_WARN, &v->name);
        }
        w->variant_count++;
    }
}

/* ---- reading a condition ---- */

/* The next word into `word`; false: the end. A word that is too long is cut, and then unknown. */
static bool next_word(const char **p, char word[WORKFLOW_MAX_ID + 2])
{
    *p += strspn(*p, " \t\r\n");
    size_t n = strcspn(*p, " \t\r\n");
    snprintf(word, WORKFLOW_MAX_ID + 2, "%.*s", (int)(n < WORKFLOW_MAX_ID + 1 ? n : WORKFLOW_MAX_ID + 1), *p);
    *p += n;
    return n > 0;
}

/* Reads one alternative up to "or" or the end; false: it makes no sense (reported unless an id is unknown). */
static bool read_alternative(struct workflow_loading *l, const config_setting_t *at, const char **p, uint64_t *need,
                             uint64_t *refuse, bool *more)
{
    char word[WORKFLOW_MAX_ID + 2];
    *need = *refuse = 0;
    *more = false;
    for (;;) {
        bool negated = false, there = next_word(p, word);
        if (there && strcmp(word, "not") == 0) {
            negated = true;
            there = next_word(p, word);
        }
        if (!there || strcmp(word, "and") == 0 || strcmp(word, "or") == 0 || strcmp(word, "not") == 0) {
            REFUSE(l, at, LW_MSG_WORKFLOW_WHEN, config_setting_get_string(at));
            return false;
        }
        int variant = workflow_look_up(l, at, KIND_VARIANT, word);
        if (variant < 0)
            return false;
        *(negated ? refuse : need) |= 1ULL << variant;
        if (!next_word(p, word))
            return true;
        if (strcmp(word, "or") == 0) {
            *more = true;
            return true;
        }
        if (strcmp(word, "and") != 0) {
            REFUSE(l, at, LW_MSG_WORKFLOW_WHEN, config_setting_get_string(at));
            return false;
        }
    }
}

struct workflow_when workflow_read_when(struct workflow_loading *l, const config_setting_t *group)
{
    const config_setting_t *at = config_setting_get_member(group, "when");
    const char *p = at ? config_setting_get_string(at) : NULL;
    struct workflow_when out = {0};
    if (!p || !*p)
        return workflow_always;
    for (bool more = true; more;) {
        uint64_t need, refuse;
        if (!read_alternative(l, at, &p, &need, &refuse, &more))
            return workflow_always;
        if (need & refuse)
            continue; /* "a and not a" holds never */
        if (out.count == WORKFLOW_ALTERNATIVES) {
            REFUSE(l, at, LW_MSG_WORKFLOW_WHEN, config_setting_get_string(at));
            return workflow_always;
        }
        out.need[out.count] = need;
        out.refuse[out.count++] = refuse;
    }
    return out;
}

/* ---- using ---- */

bool workflow_when_both(const struct workflow_when *a, const struct workflow_when *b, struct workflow_when *out)
{
    struct workflow_when both = {0};
    for (int i = 0; i < a->count; i++)
        for (int k = 0; k < b->count; k++) {
            uint64_t need = a->need[i] | b->need[k], refuse = a->refuse[i] | b->refuse[k];
            if (need & refuse)
                continue;
            if (both.count == WORKFLOW_ALTERNATIVES)
                return false;
            both.need[both.count] = need;
            both.refuse[both.count++] = refuse;
        }
    *out = both;
    return true;
}

bool workflow_when_holds(const struct workflow_when *when, uint64_t wanted)
{
    for (int i = 0; i < when->count; i++)
        if ((wanted & when->need[i]) == when->need[i] && !(wanted & when->refuse[i]))
            return true;
    return false;
}

/* In the file's order, so that the same wish is always written the same. */
static void name_wanted(struct workflow_loading *l)
{
    size_t size = 0;
    FILE *f = open_memstream(&l->w->with, &size);
    if (!f)
        return;
    for (int i = 0, named = 0; i < l->w->variant_count; i++)
        if (l->wanted >> i & 1)
            fprintf(f, "%s%s", named++ ? "," : "", l->w->variants[i].id);
    fclose(f);
}

void workflow_take_order(struct workflow_loading *l)
{
    for (int i = 0; l->order && i < l->order->count; i++) {
        int variant = workflow_look_up(l, NULL, KIND_VARIANT, l->order->with[i]);
        if (variant >= 0)
            l->wanted |= 1ULL << variant;
    }
    name_wanted(l);
}

/* ---- an order's file ---- */

static enum lw_msg take_words(const config_setting_t *list, const char *path, const char ***ids, int *count,
                              struct lw_error *err)
{
    int n = config_setting_length(list);
    size_t bytes = 0;
    for (int i = 0; i < n; i++) {
        const char *word = config_setting_get_string_elem(list, i);
        if (!word)
            return lw_fail_at(err, path, config_line_of(list), LW_MSG_KEY_TYPE, "with", _("a list of texts"));
        bytes += strlen(word) + 1;
    }
    const char **out = malloc(((size_t)n + 1) * sizeof *out + bytes);
    if (!out)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    char *text = (char *)(out + n + 1);
    for (int i = 0; i < n; i++) {
        const char *word = config_setting_get_string_elem(list, i);
        out[i] = strcpy(text, word);
        text += strlen(word) + 1;
    }
    *ids = out;
    *count = n;
    return LW_OK;
}

enum lw_msg workflow_read_order(const char *path, const char ***ids, int *count, struct lw_error *err)
{
    config_t cfg;
    *ids = NULL;
    *count = 0;
    config_init(&cfg);
    enum lw_msg rc = config_load(&cfg, path, err);
    if (!rc) {
        const config_setting_t *with = config_lookup(&cfg, "with");
        bool list = with && (config_setting_is_array(with) || config_setting_is_list(with));
        rc = list ? take_words(with, path, ids, count, err)
                  : lw_fail_at(err, path, config_line_of(with), LW_MSG_KEY_TYPE, "with", _("a list of texts"));
    }
    config_destroy(&cfg);
    return rc;
}
