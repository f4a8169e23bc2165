#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists, groups, texts, ids ---- */

const config_setting_t *workflow_read_list(struct workflow_loading *l, const config_setting_t *group,
                                           const char *key, int max)
{
    const config_setting_t *list = config_setting_get_member(group, key);
    if (!list)
        return NULL;
    /* `[]` and `()` are the same to a person, and an empty one has no elements to be wrong */
    bool empty = config_setting_is_aggregate(list) && config_setting_length(list) == 0;
    if (!config_setting_is_list(list) && !empty) {
        REFUSE(l, list, LW_MSG_KEY_TYPE, key, _("a list in round brackets ( )"));
        return NULL;
    }
    if (config_setting_length(list) > max) {
        REFUSE(l, list, LW_MSG_WORKFLOW_TOO_MANY, key, config_setting_length(list), max);
        return NULL;
    }
    return list;
}

const config_setting_t *workflow_group_at(struct workflow_loading *l, const config_setting_t *list, int i)
{
    const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
    if (config_setting_is_group(s))
        return s;
    const char *key = config_setting_name(list);
    REFUSE(l, s, LW_MSG_KEY_TYPE, key ? key : "", _("a list of groups in curly brackets { }"));
    return NULL;
}

static const char *language_word(int language)
{
    return language == LANGUAGE_NL ? _("Dutch") : _("English");
}

#define EASY_WORDS   8  /* of one sentence, read at a glance (level A2); a house rule, as in easy-to-read guidelines */
#define EASY_LETTERS 16 /* of one word */

/* Whether a text is harder than a few plain words: its longest sentence in words, its longest word in letters. */
static void measure_words(const char *text, int *sentence, int *letters)
{
    int words = 0, length = 0;
    *sentence = *letters = 0;
    for (const char *p = text;; p++) {
        bool blank = !*p || strchr(" \t\n.!?:;", *p);
        if (blank && length)
            words++;
        length = blank || *p == '-' ? 0 : length + ((*p & 0xc0) != 0x80); /* a hyphen helps to read a long word */
        *letters = length > *letters ? length : *letters;
        *sentence = words > *sentence ? words : *sentence;
        if (!*p)
            return;
        if (strchr(".!?", *p))
            words = 0;
    }
}

static void check_easy(struct workflow_loading *l, const config_setting_t *at, const char *key, const char *owner,
                       int language, const char *text)
{
    int sentence, letters;
    measure_words(text, &sentence, &letters);
    if (sentence > EASY_WORDS)
        WARN(l, at, LW_MSG_WORKFLOW_HARD_TEXT, key, owner, language_word(language), sentence, EASY_WORDS);
    else if (letters > EASY_LETTERS)
        WARN(l, at, LW_MSG_WORKFLOW_HARD_WORD, key, owner, language_word(language), letters);
}

static void check_languages(struct workflow_loading *l, const config_setting_t *at, const char *key,
                            const char *owner, struct workflow_text *t)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        if (t->in[i] && !*t->in[i]) {
            free(t->in[i]);
            t->in[i] = NULL;
        }
        if (!t->in[i]) {
            WARN(l, at, LW_MSG_WORKFLOW_LANGUAGE, key, owner, language_word(i));
            continue;
        }
        int length = workflow_utf8_length(t->in[i], (long)strlen(t->in[i]));
        if (length > WORKFLOW_MAX_TEXT)
            WARN(l, at, LW_MSG_WORKFLOW_LONG_TEXT, key, owner, language_word(i), length, WORKFLOW_MAX_TEXT);
        else
            check_easy(l, at, key, owner, i, t->in[i]);
    }
}

void workflow_read_text(struct workflow_loading *l, const config_setting_t *group, const char *key,
                        const char *owner, enum workflow_text_need need, struct workflow_text *out)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    if (!s) {
        if (need == TEXT_NEEDED)
            REFUSE(l, group, LW_MSG_KEY_MISSING, key);
        else if (need == TEXT_WARN)
            WARN(l, group, LW_MSG_WORKFLOW_NO_NAME, owner, key);
        return;
    }
    if (!config_setting_is_group(s)) {
        REFUSE(l, s, LW_MSG_KEY_TYPE, key, _("a text group like { nl = \"…\"; en = \"…\"; }"));
        return;
    }
    workflow_read_table(TABLE_TEXT, s, out, l->problems);
    check_languages(l, s, key, owner, out);
    bool any = false;
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        any |= out->in[i] != NULL;
    if (!any && need == TEXT_NEEDED)
        REFUSE(l, s, LW_MSG_KEY_MISSING, key); /* a group without words is none */
}

/* Ids become names of files and stand in records, so plain characters only. */
void workflow_check_id(struct workflow_loading *l, const config_setting_t *at, const char *id)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t n = strlen(id);
    if (n == 0 && !config_setting_get_member(at, "id"))
        return; /* the missing key was reported */
    if (n == 0 || n > WORKFLOW_MAX_ID || strspn(id, plain) != n)
        REFUSE(l, at, LW_MSG_WORKFLOW_ID, id);
}

void workflow_refuse_duplicate(struct workflow_loading *l, const config_setting_t *at, const char *id,
                               int first_line)
{
    REFUSE(l, at, LW_MSG_WORKFLOW_DUPLICATE, id, first_line);
}

/* ---- looking up ---- */

const char *workflow_kind_word(enum workflow_kind kind)
{
    switch (kind) {
    case KIND_BIN:
        return _("bin");
    case KIND_CARRIER:
        return _("carrier");
    case KIND_ITEM:
        return _("item");
    case KIND_PLACE:
        return _("place");
    case KIND_VARIANT:
        return _("variant");
    default:
        return _("section");
    }
}

/* The list of a kind: where its elements' id (a char *) and line (an int) stand. */
struct kind_list {
    const char *first;
    size_t stride, line;
    int count;
};

static struct kind_list list_of(const struct workflow *w, enum workflow_kind kind)
{
#define LIST(things, type, n)                                                                                \
    (struct kind_list){(const char *)(things), sizeof(struct type), offsetof(struct type, line), n}
    switch (kind) {
    case KIND_BIN:
        return LIST(w->bins, workflow_bin, w->bin_count);
    case KIND_CARRIER:
        return LIST(w->carriers, workflow_carrier, w->carrier_count);
    case KIND_ITEM:
        return LIST(w->items, workflow_item, w->item_count);
    case KIND_PLACE:
        return LIST(w->places, workflow_place, w->place_count);
    case KIND_VARIANT:
        return LIST(w->variants, workflow_variant, w->variant_count);
    default:
        return LIST(w->sections, workflow_section, w->section_count);
    }
#undef LIST
}

/* Every one of them begins with its id. */
static const char *id_at(const struct kind_list *list, int i)
{
    return *(char *const *)(list->first + (size_t)i * list->stride);
}

static int line_at(const struct kind_list *list, int i)
{
    return *(const int *)(list->first + (size_t)i * list->stride + list->line);
}

int workflow_index_of(const struct workflow *w, enum workflow_kind kind, const char *id)
{
    struct kind_list list = list_of(w, kind);
    for (int i = 0; i < list.count; i++)
        if (id_at(&list, i) && strcmp(id_at(&list, i), id) == 0)
            return i;
    return -1;
}

static const char *nearest(struct workflow_loading *l, enum workflow_kind kind, const char *id)
{
    struct kind_list list = list_of(l->w, kind);
    if (l->hints_left <= 0 || !list.count)
        return NULL;
    l->hints_left--;
    const char **names = calloc((size_t)list.count, sizeof *names);
    if (!names)
        return NULL;
    for (int i = 0; i < list.count; i++)
        names[i] = id_at(&list, i);
    const char *best = config_nearest(id, names, list.count);
    free(names);
    return best;
}

int workflow_look_up(struct workflow_loading *l, const config_setting_t *at, enum workflow_kind kind,
                     const char *id)
{
    int i = workflow_index_of(l->w, kind, id);
    if (i >= 0)
        return i;
    const char *near = nearest(l, kind, id);
    if (near)
        REFUSE(l, at, LW_MSG_WORKFLOW_NEAREST, workflow_kind_word(kind), id, near);
    else
        REFUSE(l, at, LW_MSG_WORKFLOW_UNKNOWN, workflow_kind_word(kind), id);
    return -1;
}

/* Checks the id of the thing that is about to be counted; those before `from` are not in the file. */
void workflow_check_new_id(struct workflow_loading *l, const config_setting_t *group, enum workflow_kind kind,
                           const char *id, int from)
{
    struct kind_list list = list_of(l->w, kind);
    workflow_check_id(l, workflow_key_or_group(group, "id"), id);
    int first = *id ? workflow_index_of(l->w, kind, id) : -1;
    if (first >= from)
        workflow_refuse_duplicate(l, workflow_key_or_group(group, "id"), id, line_at(&list, first));
}

/* ---- bins ---- */

void workflow_read_bins(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->bins = workflow_read_list(l, l->root, "bins", WORKFLOW_MAX_BINS);
    int count = l->bins ? config_setting_length(l->bins) : 0;
    w->bins = calloc((size_t)count + 1, sizeof *w->bins);
    for (int i = 0; w->bins && i < count; i++) {
        const config_setting_t *s = workflow_group_at(l, l->bins, i);
        struct workflow_bin *b = &w->bins[i];
        workflow_read_table(TABLE_BIN, s, b, l->problems);
        b->line = config_line_of(s);
        if (s) {
            workflow_check_new_id(l, s, KIND_BIN, b->id, 0);
            workflow_read_text(l, s, "name", b->id, TEXT_WARN, &b->name);
            workflow_read_outline(l, s, true, &b->outline);
        }
        w->bin_count++;
    }
}

/* ---- carriers ---- */

static bool read_home(struct workflow_loading *l, const config_setting_t *group, struct rigid *home)
{
    int errors = l->problems->errors;
    const config_setting_t *s = config_setting_get_member(group, "home");
    if (!s)
        REFUSE(l, group, LW_MSG_KEY_MISSING, "home");
    else if (!config_setting_is_group(s))
        REFUSE(l, s, LW_MSG_KEY_TYPE, "home", _("a group like { x_mm = 300; y_mm = 200; }"));
    else
        workflow_read_table(TABLE_HOME, s, home, l->problems);
    return l->problems->errors == errors;
}

/* What taught.cfg knows comes in place of the carrier's own keys. */
static void read_carrier_taught(struct workflow_loading *l, const config_setting_t *group,
                                struct workflow_carrier *c)
{
    const config_setting_t *taught = workflow_taught_of_carrier(l, c->id);
    if (taught) {
        struct workflow_carrier row = {0};
        workflow_read_table(TABLE_TAUGHT_CARRIER, taught, &row, l->problems);
        free(row.id);
        free(c->taught);
        c->taught = row.taught;
        c->taught_mm_per_px = row.taught_mm_per_px;
    }
    int width, height;
    workflow_check_picture(l, workflow_key_or_group(group, "picture"), c->picture, &width, &height);
    workflow_check_picture(l, taught ? workflow_key_or_group(taught, "taught") : workflow_key_or_group(group, "taught"),
                           c->taught, &width, &height);
    if (!*c->taught)
        WARN(l, group, LW_MSG_WORKFLOW_CARRIER_NOT_TAUGHT, c->id);
}

static void read_carrier(struct workflow_loading *l, const config_setting_t *s, struct workflow_carrier *c)
{
    workflow_read_table(TABLE_CARRIER, s, c, l->problems);
    c->line = config_line_of(s);
    if (!s)
        return;
    if (strcmp(c->id, "bench") == 0)
        REFUSE(l, workflow_key_or_group(s, "id"), LW_MSG_WORKFLOW_BENCH_FIXED);
    else
        workflow_check_new_id(l, s, KIND_CARRIER, c->id, 1);
    workflow_read_text(l, s, "name", c->id, TEXT_WARN, &c->name);
    l->lost[c - l->w->carriers] = !read_home(l, s, &c->T_bench_from_home);
    read_carrier_taught(l, s, c);
}

void workflow_read_carriers(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->carriers = workflow_read_list(l, l->root, "carriers", WORKFLOW_MAX_CARRIERS);
    int count = l->carriers ? config_setting_length(l->carriers) : 0;
    w->carriers = calloc((size_t)count + 1, sizeof *w->carriers);
    if (!w->carriers)
        return;
    w->carriers[0] = (struct workflow_carrier){
        .id = strdup("bench"), .picture = strdup(""), .taught = strdup(""), .taught_mm_per_px = 1};
    w->carrier_count = 1;
    for (int i = 0; i < count; i++) {
        read_carrier(l, workflow_group_at(l, l->carriers, i), &w->carriers[1 + i]);
        w->carrier_count++;
    }
}

/* ---- items ---- */

static void read_item(struct workflow_loading *l, const config_setting_t *s, struct workflow_item *item)
{
    struct workflow_item_row row = {0};
    int width, height;
    workflow_read_table(TABLE_ITEM, s, &row, l->problems);
    *item = row.item;
    item->bin = -1;
    item->line = config_line_of(s);
    if (s) {
        workflow_check_new_id(l, s, KIND_ITEM, item->id, 0);
        workflow_read_text(l, s, "name", item->id, TEXT_WARN, &item->name);
        if (*row.bin)
            item->bin = workflow_look_up(l, workflow_key_or_group(s, "bin"), KIND_BIN, row.bin);
        workflow_check_picture(l, workflow_key_or_group(s, "picture"), item->picture, &width, &height);
        if (!*item->picture)
            WARN(l, s, LW_MSG_WORKFLOW_NO_PICTURE, item->id);
        workflow_read_frames(l, s, &item->frames);
        workflow_read_witnesses(l, s, item->bin, &item->witness);
        workflow_read_references(l, s, item);
    }
    free(row.bin);
}

void workflow_read_items(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->items = workflow_read_list(l, l->root, "items", WORKFLOW_MAX_ITEMS);
    int count = l->items ? config_setting_length(l->items) : 0;
    w->items = calloc((size_t)count + 1, sizeof *w->items);
    for (int i = 0; w->items && i < count; i++) {
        read_item(l, workflow_group_at(l, l->items, i), &w->items[i]);
        w->item_count++;
    }
}

