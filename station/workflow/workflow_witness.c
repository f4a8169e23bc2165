/* Other witnesses of an item or a step. Which keys there are, and which kind has which, says ../check/witness.c. */
#include "workflow_load.h"

#include "cv_board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICTURE_SLACK_PX 1 /* rounding of a region's size in mm */

/* ---- each kind's keys ---- */

static void refuse_keys_of_other_kinds(struct workflow_loading *l, const config_setting_t *s, int kind)
{
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *key = config_setting_get_elem(s, (unsigned)i);
        const char *name = config_setting_name(key);
        bool known = false;
        for (int k = 0; name && k < WITNESS_KINDS; k++)
            known = known || witness_has_key(k, name);
        if (known && !witness_has_key(kind, name)) /* what is no key at all was told already */
            REFUSE(l, key, LW_MSG_WORKFLOW_WITNESS_KEY, name, witness_kind(kind)->name);
    }
}

static void check_marker(struct workflow_loading *l, const config_setting_t *s, const struct witness_options *o)
{
    int tags = 0, count = 0;
    if (o->kind == WITNESS_BIN && o->marker < 0)
        return;
    if (cv_board_dictionary(o->dictionary, &tags)) {
        if (o->marker < 0 || o->marker >= tags)
            REFUSE(l, workflow_key_or_group(s, "marker"), LW_MSG_WORKFLOW_WITNESS_MARKER, o->dictionary, tags - 1);
        return;
    }
    while (cv_board_dictionaries()[count])
        count++;
    const char *near = config_nearest(o->dictionary, cv_board_dictionaries(), count);
    REFUSE(l, workflow_key_or_group(s, "dictionary"), LW_MSG_WORKFLOW_WITNESS_DICTIONARY, o->dictionary,
           near ? near : "DICT_4X4_50");
}

static void check_sizes(struct workflow_loading *l, const config_setting_t *list, const struct witness_options *o,
                        const struct workflow_frames *pictures)
{
    int width, height, want_x = (int)lround(o->width_mm / WITNESS_MM_PER_PX),
                       want_y = (int)lround(o->depth_mm / WITNESS_MM_PER_PX);
    for (int i = 0; i < pictures->count; i++) {
        const config_setting_t *at = config_setting_get_elem(list, (unsigned)i);
        struct lw_problems unheard = {0}, *heard = l->problems; /* what is wrong with the file was told when it was read */
        l->problems = &unheard;
        workflow_check_picture(l, at, pictures->files[i], &width, &height);
        l->problems = heard;
        problems_finish(&unheard);
        if (width > 0 && (abs(width - want_x) > PICTURE_SLACK_PX || abs(height - want_y) > PICTURE_SLACK_PX))
            REFUSE(l, at, LW_MSG_WORKFLOW_WITNESS_SIZE, pictures->files[i], width, height, want_x, want_y);
    }
}

static void read_region(struct workflow_loading *l, const config_setting_t *s, struct workflow_witness *w)
{
    struct witness_options *o = &w->options;
    if (o->width_mm < 2 || o->depth_mm < 2) {
        REFUSE(l, s, LW_MSG_KEY_MISSING, o->width_mm < 2 ? "width_mm" : "depth_mm");
        return;
    }
    workflow_read_pictures(l, s, "right", &w->right);
    workflow_read_pictures(l, s, "wrong", &w->wrong);
    check_sizes(l, config_setting_get_member(s, "right"), o, &w->right);
    check_sizes(l, config_setting_get_member(s, "wrong"), o, &w->wrong);
    if (!w->right.count || !w->wrong.count)
        WARN(l, s, LW_MSG_WORKFLOW_WITNESS_NOT_TAUGHT);
}

static void read_one(struct workflow_loading *l, const config_setting_t *s, int bin, struct workflow_witness *w)
{
    int errors = l->problems->errors;
    *w = (struct workflow_witness){.line = config_line_of(s)};
    workflow_read_table(TABLE_WITNESS, s, &w->options, l->problems);
    if (!s || l->problems->errors > errors)
        return;
    refuse_keys_of_other_kinds(l, s, w->options.kind);
    if (w->options.kind == WITNESS_MARKER || w->options.kind == WITNESS_BIN)
        check_marker(l, s, &w->options);
    if (w->options.kind == WITNESS_BIN && bin < 0)
        REFUSE(l, s, LW_MSG_WORKFLOW_WITNESS_BIN);
    if (w->options.kind == WITNESS_REGION)
        read_region(l, s, w);
}

void workflow_read_witnesses(struct workflow_loading *l, const config_setting_t *group, int bin,
                             struct workflow_witnesses *out)
{
    struct workflow *w = l->w;
    *out = (struct workflow_witnesses){w->witness_count, 0};
    const config_setting_t *list = workflow_read_list(l, group, "witness", WORKFLOW_MAX_WITNESSES);
    int count = list ? config_setting_length(list) : 0;
    struct workflow_witness *more =
        count ? realloc(w->witnesses, (size_t)(w->witness_count + count) * sizeof *more) : NULL;
    if (!more)
        return;
    w->witnesses = more;
    for (int i = 0; i < count; i++) {
        read_one(l, workflow_group_at(l, list, i), bin, &w->witnesses[w->witness_count++]);
        out->count++;
    }
}

/* ---- two items that say the same of themselves ---- */

static bool same_sign(const struct witness_options *a, const struct witness_options *b)
{
    if (a->kind != b->kind || !a->code || !b->code)
        return false;
    if (a->kind == WITNESS_CODE)
        return *a->code && strcmp(a->code, b->code) == 0;
    return a->kind == WITNESS_MARKER && a->marker == b->marker && strcmp(a->dictionary, b->dictionary) == 0;
}

static void compare_items(struct workflow_loading *l, const struct workflow_item *a, const struct workflow_item *b,
                          const config_setting_t *at)
{
    for (int i = 0; i < a->witness.count; i++)
        for (int k = 0; k < b->witness.count; k++)
            if (same_sign(&l->w->witnesses[a->witness.first + i].options, &l->w->witnesses[b->witness.first + k].options)) {
                REFUSE(l, at, LW_MSG_WORKFLOW_WITNESS_SAME, a->id, b->id);
                return;
            }
}

void workflow_check_witnesses(struct workflow_loading *l)
{
    for (int i = 0; i < l->w->item_count; i++)
        for (int k = 0; l->w->items[i].witness.count && k < i; k++)
            compare_items(l, &l->w->items[k], &l->w->items[i], config_setting_get_elem(l->items, (unsigned)i));
}
