/* Places: one by one, or a row or grid of them in one entry. */
#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

/* ---- {n} ---- */

/* Appends the number for a mark that stands at p; 0: none stands there. */
static size_t mark_at(const char *p, int n, int count, char number[16])
{
    if (strncmp(p, "{n}", 3) == 0) {
        snprintf(number, 16, "%d", n);
        return 3;
    }
    if (strncmp(p, "{count}", 7) == 0) {
        snprintf(number, 16, "%d", count);
        return 7;
    }
    return 0;
}

char *workflow_numbered(const char *pattern, int n, int count)
{
    char number[16], *out = NULL;
    size_t size = 0;
    FILE *f = pattern ? open_memstream(&out, &size) : NULL;
    if (!f)
        return NULL;
    for (const char *p = pattern; *p;) {
        size_t length = mark_at(p, n, count, number);
        if (length)
            fputs(number, f);
        else
            fputc(*p, f);
        p += length ? length : 1;
    }
    fclose(f);
    return out;
}

/* ---- one place ---- */

static struct workflow_shift_row read_shift(struct workflow_loading *l, const config_setting_t *group, const char *key)
{
    struct workflow_shift_row row = {0};
    const config_setting_t *s = config_setting_get_member(group, key);
    if (s && !config_setting_is_group(s))
        REFUSE(l, s, LW_MSG_KEY_TYPE, key, _("a group like { x_mm = 14; y_mm = 0; }"));
    else if (s)
        workflow_read_table(TABLE_SHIFT, s, &row, l->problems);
    return row;
}

/* Moves place number n of a row or grid to where it belongs, and numbers its id. */
static void put_in_row(struct workflow_loading *l, const config_setting_t *s, const struct workflow_place_row *row, int n,
                       struct workflow_place *place)
{
    struct workflow_shift_row step = read_shift(l, s, "step"), next_row = read_shift(l, s, "next_row");
    int columns = row->columns > 0 ? row->columns : row->count;
    int column = (n - 1) % columns, line = (n - 1) / columns;
    place->T_carrier_from_place.x_mm += column * step.x_mm + line * next_row.x_mm;
    place->T_carrier_from_place.y_mm += column * step.y_mm + line * next_row.y_mm;
    place->written = place->id;
    place->id = workflow_numbered(place->written, n, row->count);
    if (n == 1 && row->count > 1 && !strstr(place->written, "{n}"))
        REFUSE(l, workflow_key_or_group(s, "id"), LW_MSG_WORKFLOW_ROW_ID, place->written);
    bool moves = step.x_mm != 0 || step.y_mm != 0 || row->columns == 1;
    if (n == 1 && row->count > 1 && !moves)
        REFUSE(l, s, LW_MSG_WORKFLOW_ROW_STEP, place->written);
}

/* Returns how many places the entry makes. */
static int read_place(struct workflow_loading *l, const config_setting_t *s, int n, struct workflow_place *place)
{
    struct workflow_place_row row = {0};
    workflow_read_table(TABLE_PLACE, s, &row, l->problems);
    *place = row.place;
    place->item = -1;
    place->line = config_line_of(s);
    place->any_way_round = !row.orientation;
    if (s) {
        put_in_row(l, s, &row, n, place);
        workflow_check_new_id(l, s, KIND_PLACE, place->id, 0);
        place->carrier = workflow_look_up(l, workflow_key_or_group(s, "carrier"), KIND_CARRIER, row.carrier);
        if (config_setting_get_member(s, "item"))
            place->item = workflow_look_up(l, workflow_key_or_group(s, "item"), KIND_ITEM, row.item);
        workflow_read_outline(l, s, false, &place->outline);
    }
    free(row.carrier);
    free(row.item);
    return s ? row.count : 1;
}

/* The rest of a row: what is wrong with all of them was said of the first one. */
static void read_rest(struct workflow_loading *l, const config_setting_t *s, int count)
{
    struct lw_problems own = {0}, *all = l->problems;
    bool said = false;
    for (int n = 2; n <= count; n++) {
        l->problems = &own;
        read_place(l, s, n, &l->w->places[l->w->place_count]);
        l->problems = all;
        l->place_at[l->w->place_count++] = s;
        for (int i = 0; i < own.count && !said; i++)
            if (!own.items[i].warning && own.items[i].error.id == LW_MSG_WORKFLOW_DUPLICATE) {
                problems_add(all, false, &own.items[i].error);
                said = true;
            }
        problems_finish(&own);
    }
}

static int count_of(const config_setting_t *s)
{
    int count = 1;
    if (!config_setting_is_group(s) || config_setting_lookup_int(s, "count", &count) != CONFIG_TRUE || count < 1)
        return 1;
    return count < WORKFLOW_MAX_PLACES ? count : WORKFLOW_MAX_PLACES;
}

void workflow_read_places(struct workflow_loading *l)
{
    struct workflow *w = l->w;
    l->places = workflow_read_list(l, l->root, "places", WORKFLOW_MAX_PLACES);
    int groups = l->places ? config_setting_length(l->places) : 0, total = 0;
    for (int i = 0; i < groups; i++)
        total += count_of(config_setting_get_elem(l->places, (unsigned)i));
    if (total > WORKFLOW_MAX_PLACES) {
        REFUSE(l, l->places, LW_MSG_WORKFLOW_TOO_MANY, "places", total, WORKFLOW_MAX_PLACES);
        groups = total = 0;
    }
    w->places = calloc((size_t)total + 1, sizeof *w->places);
    l->place_at = calloc((size_t)total + 1, sizeof *l->place_at);
    for (int i = 0; w->places && l->place_at && i < groups; i++) {
        const config_setting_t *s = workflow_group_at(l, l->places, i);
        int errors = l->problems->errors;
        int count = read_place(l, s, 1, &w->places[w->place_count]);
        l->place_at[w->place_count++] = config_setting_get_elem(l->places, (unsigned)i);
        if (s && l->problems->errors == errors)
            read_rest(l, s, count);
    }
}
