#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

void workflow_check_picture(struct workflow_loading *l, const config_setting_t *at, const char *file,
                            int *width, int *height)
{
    struct lw_error err = {0};
    *width = *height = 0;
    if (!*file || !workflow_files_picture(&l->files, file, width, height, &err))
        return;
    const char *from = config_file_of(at);
    snprintf(err.file, sizeof err.file, "%s", from ? from : "");
    err.line = config_line_of(at);
    *width = *height = 0;
    problems_add(l->problems, false, &err);
}

/* ---- taught.cfg ---- */

static void check_entries(struct workflow_loading *l, const config_setting_t *list, const char *key)
{
    for (int i = 0; list && i < config_setting_length(list); i++) {
        const config_setting_t *s = workflow_group_at(l, list, i);
        const char *id = NULL, *other;
        if (!s || config_setting_lookup_string(s, key, &id) != CONFIG_TRUE)
            continue;
        for (int k = 0; k < i; k++) {
            const config_setting_t *t = config_setting_get_elem(list, (unsigned)k);
            if (config_setting_is_group(t) && config_setting_lookup_string(t, key, &other) == CONFIG_TRUE &&
                strcmp(id, other) == 0) {
                workflow_refuse_duplicate(l, s, id, config_line_of(t));
                break;
            }
        }
    }
}

void workflow_read_taught(struct workflow_loading *l)
{
    const config_setting_t *root = config_root_setting(&l->taught_cfg);
    workflow_read_table(TABLE_TAUGHT_ROOT, root, NULL, l->problems);
    l->taught = workflow_read_list(l, root, "taught", WORKFLOW_MAX_ITEMS);
    l->taught_carriers = workflow_read_list(l, root, "carriers", WORKFLOW_MAX_CARRIERS);
    check_entries(l, l->taught, "item");
    check_entries(l, l->taught_carriers, "id");
}

static const config_setting_t *entry_of(const config_setting_t *list, const char *key, const char *id)
{
    const char *value = NULL;
    for (int i = 0; list && i < config_setting_length(list); i++) {
        const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
        if (config_setting_is_group(s) && config_setting_lookup_string(s, key, &value) == CONFIG_TRUE &&
            strcmp(value, id) == 0)
            return s;
    }
    return NULL;
}

const config_setting_t *workflow_taught_of_item(struct workflow_loading *l, const char *id)
{
    return entry_of(l->taught, "item", id);
}

const config_setting_t *workflow_taught_of_carrier(struct workflow_loading *l, const char *id)
{
    return entry_of(l->taught_carriers, "id", id);
}

/* ---- an item's references ---- */

/* An empty name would be no picture, which elsewhere is allowed. */
static void refuse_no_name(struct workflow_loading *l, const config_setting_t *s, const char *key,
                           const char *file)
{
    if (!*file && config_setting_get_member(s, key))
        REFUSE(l, s, LW_MSG_KEY_MISSING, key);
}

static void read_reference(struct workflow_loading *l, const config_setting_t *s,
                           struct workflow_reference *r)
{
    int before_width, before_height, after_width, after_height;
    workflow_read_table(TABLE_REFERENCE, s, r, l->problems);
    if (!s)
        return;
    refuse_no_name(l, s, "before", r->before);
    refuse_no_name(l, s, "after", r->after);
    workflow_check_picture(l, s, r->before, &before_width, &before_height);
    workflow_check_picture(l, s, r->after, &after_width, &after_height);
    bool both = before_width > 0 && after_width > 0;
    if (both && (before_width != after_width || before_height != after_height))
        REFUSE(l, s, LW_MSG_WORKFLOW_REFERENCE_SIZE, r->before, before_width, before_height, after_width,
               after_height);
}

static const config_setting_t *references_of(struct workflow_loading *l, const config_setting_t *group,
                                             const struct workflow_item *item)
{
    const config_setting_t *taught = workflow_taught_of_item(l, item->id);
    if (!taught)
        return workflow_read_list(l, group, "taught", WORKFLOW_MAX_REFERENCES);
    struct workflow_taught_row row = {0};
    workflow_read_table(TABLE_TAUGHT_ITEM, taught, &row, l->problems);
    free(row.item);
    return workflow_read_list(l, taught, "references", WORKFLOW_MAX_REFERENCES);
}

void workflow_read_references(struct workflow_loading *l, const config_setting_t *group,
                              struct workflow_item *item)
{
    const config_setting_t *list = references_of(l, group, item);
    int count = list ? config_setting_length(list) : 0;
    item->references = calloc((size_t)count + 1, sizeof *item->references);
    for (int i = 0; item->references && i < count; i++) {
        read_reference(l, workflow_group_at(l, list, i), &item->references[i]);
        item->reference_count++;
    }
    if (!count)
        WARN(l, group, LW_MSG_WORKFLOW_NOT_TAUGHT, item->id);
}
