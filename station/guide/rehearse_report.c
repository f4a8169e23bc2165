#include "rehearse.h"

#include <stdlib.h>

static const char *const state_words[] = {"untried", "unsure", "confirm", "sure"};

enum lw_msg rehearsal_init(struct rehearsal *r, const struct workflow *w, struct lw_error *err)
{
    size_t n = (size_t)w->item_count;
    *r = (struct rehearsal){.w = w, .items = calloc(n + 1, sizeof *r->items),
                            .taken_for = calloc((n + 1) * (n + 2), sizeof *r->taken_for)};
    if (!r->items || !r->taken_for)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < w->item_count; i++) {
        r->items[i].like = -1;
        r->items[i].layings_taught = w->items[i].reference_count;
    }
    return LW_OK;
}

void rehearsal_finish(struct rehearsal *r)
{
    free(r->items);
    free(r->taken_for);
    *r = (struct rehearsal){0};
}

static bool in_kit(const struct workflow *w, int item)
{
    for (int i = 0; i < w->place_count; i++)
        if (w->places[i].item == item)
            return true;
    return false;
}

enum rehearse_state rehearsal_state(const struct rehearsal *r, int item)
{
    const struct rehearse_item *it = &r->items[item];
    if (it->wrong_accepted > 0 || it->refused > 0)
        return REHEARSE_UNSURE;
    if (it->like >= 0 || it->confirmed > 0)
        return REHEARSE_CONFIRM;
    return it->accepted > 0 ? REHEARSE_SURE : REHEARSE_UNTRIED;
}

bool rehearsal_sure(const struct rehearsal *r)
{
    for (int i = 0; i < r->w->item_count; i++)
        if (in_kit(r->w, i) && rehearsal_state(r, i) != REHEARSE_SURE)
            return false;
    return true;
}

static const char *name_of(const struct rehearsal *r, int item)
{
    return workflow_text(&r->w->items[item].name);
}

/* What a coach can do about it; "" when nothing need be done. */
static void advice(const struct rehearsal *r, int item, char *out, size_t size)
{
    const struct rehearse_item *it = &r->items[item];
    out[0] = 0;
    if (it->like >= 0)
        snprintf(out, size, _("It looks like \"%s\". Put a coloured mark on one of them and teach both again, weigh it, or let a person confirm"),
                 name_of(r, it->like));
    else if (it->wrong_accepted > 0)
        snprintf(out, size, _("A wrong one was accepted. Put a coloured mark on it and teach it again, weigh it, or let a person confirm"));
    else if (it->refused > 0)
        snprintf(out, size, _("It was refused though right. Teach it %d times: lichtwijzer teach %s --item %s --layings %d"),
                 it->layings_taught < 3 ? 3 : 5, r->w->folder, r->w->items[item].id, it->layings_taught < 3 ? 3 : 5);
    else if (it->confirmed > 0)
        snprintf(out, size, _("A person was asked. Teach it 3 times, each time a little different"));
    else if (it->accepted == 0)
        snprintf(out, size, it->layings_taught == 1 ? _("Not tried. It was taught from one picture: lay it here at least once")
                                                    : _("Not tried. Lay it here at least once"));
}

/* ---- JSON ---- */

static json_t *item_json(const struct rehearsal *r, int i)
{
    const struct rehearse_item *it = &r->items[i];
    char what[400];
    advice(r, i, what, sizeof what);
    json_t *j = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "item", r->w->items[i].id, "name", name_of(r, i), "state",
                          state_words[rehearsal_state(r, i)], "right", it->right, "accepted", it->accepted, "confirmed",
                          it->confirmed, "refused", it->refused, "wrong", it->wrong, "wrong_accepted", it->wrong_accepted,
                          "taught", it->layings_taught);
    if (it->like >= 0)
        json_object_set_new(j, "like", json_string(r->w->items[it->like].id));
    if (what[0])
        json_object_set_new(j, "advice", json_string(what));
    return j;
}

static json_t *matrix_json(const struct rehearsal *r)
{
    int n = r->w->item_count;
    json_t *list = json_array();
    for (int laid = 0; laid <= n; laid++)
        for (int seen = 0; seen < n + 2; seen++)
            if (r->taken_for[laid * (n + 2) + seen])
                json_array_append_new(list, json_pack("{s:s,s:s,s:i}", "laid", laid < n ? r->w->items[laid].id : "foreign", "seen",
                                                      seen < n ? r->w->items[seen].id : seen == n ? "unknown" : "nothing",
                                                      "count", r->taken_for[laid * (n + 2) + seen]));
    return list;
}

static void print_json(const struct rehearsal *r, FILE *f)
{
    json_t *items = json_array();
    for (int i = 0; i < r->w->item_count; i++)
        if (in_kit(r->w, i))
            json_array_append_new(items, item_json(r, i));
    json_t *j = json_pack("{s:s,s:b,s:o,s:o}", "workflow", r->w->id, "sure", rehearsal_sure(r), "items", items, "matrix",
                          matrix_json(r));
    json_dumpf(j, f, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    fputc('\n', f);
    json_decref(j);
}

/* ---- text ---- */

static void print_confusions(const struct rehearsal *r, FILE *f)
{
    int n = r->w->item_count;
    bool any = false;
    for (int laid = 0; laid <= n; laid++)
        for (int seen = 0; seen < n; seen++) {
            int count = r->taken_for[laid * (n + 2) + seen];
            if (!count || seen == laid)
                continue;
            if (!any)
                fprintf(f, _("\nTaken for another:\n"));
            any = true;
            fprintf(f, "  %-24s -> %-24s %d\n", laid < n ? name_of(r, laid) : _("something else"), name_of(r, seen), count);
        }
}

static void print_text(const struct rehearsal *r, FILE *f)
{
    const char *const states[] = {_("not tried"), _("not sure"), _("asks a person"), _("sure")};
    char what[400];
    int sure = 0, count = 0;
    fprintf(f, "%-24s %-14s %6s %9s %6s %9s\n", _("item"), _("state"), _("right"), _("accepted"), _("wrong"), _("accepted"));
    for (int i = 0; i < r->w->item_count; i++) {
        const struct rehearse_item *it = &r->items[i];
        if (!in_kit(r->w, i))
            continue;
        count++;
        sure += rehearsal_state(r, i) == REHEARSE_SURE;
        fprintf(f, "%-24s %-14s %6d %9d %6d %9d\n", name_of(r, i), states[rehearsal_state(r, i)], it->right, it->accepted,
                it->wrong, it->wrong_accepted);
        advice(r, i, what, sizeof what);
        if (what[0])
            fprintf(f, "    %s\n", what);
    }
    print_confusions(r, f);
    fprintf(f, _("\n%d of %d items are sure.\n"), sure, count);
    if (sure == count)
        fprintf(f, _("Release it with: lichtwijzer release %s\n"), r->w->folder);
}

void rehearsal_print(const struct rehearsal *r, bool json, FILE *f)
{
    if (json)
        print_json(r, f);
    else
        print_text(r, f);
}
