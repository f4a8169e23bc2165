#include "rehearse.h"

#include "cv_picture.h"
#include "laid.h"
#include "log.h"
#include "pack_session.h"
#include "teach_ask.h"
#include "workflow_taught.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SURVEY_TRIES 12
#define BEHIND_S     0.7
#define KEPT_MARGIN_MM 70.0 /* as much as teaching keeps around a thing */
#define NOT_IN_KIT   (-1)
#define NOBODY_KNOWS (-2)

struct rehearsing {
    struct pack p; /* light, places and looks are those of packing */
    struct workflow *w;
    struct rehearsal *r;
    struct teach_given given;
    bool done;
};

/* ---- counting ---- */

static void count(struct rehearsal *r, int expected, int laid, const struct verdict *v)
{
    int n = r->w->item_count, seen = v->seen_item >= 0 ? v->seen_item : v->reason == REASON_MISSING ? n + 1 : n;
    struct rehearse_item *it = &r->items[expected];
    bool accept = v->result == VERDICT_ACCEPT;
    r->taken_for[(laid >= 0 ? laid : n) * (n + 2) + (accept ? expected : seen)]++;
    if (laid != expected) {
        it->wrong++;
        it->wrong_accepted += accept;
        return;
    }
    it->right++;
    it->accepted += accept;
    it->confirmed += v->result == VERDICT_CONFIRM;
    it->refused += v->result == VERDICT_REFUSE || v->result == VERDICT_CANNOT_TELL;
}

/* What the taught pictures alone tell. */
static void note_look_alikes(struct rehearsal *r, const struct check *c)
{
    for (int i = 0, other; i < r->w->item_count; i++)
        if (!check_item_verifiable(c, i, &other) && other >= 0)
            r->items[i].like = other;
}

/* ---- at the bench ---- */

static const struct workflow_place *place_at(const struct rehearsing *s, int step)
{
    return &s->w->places[s->w->steps[step].place];
}

static enum lw_msg survey(struct rehearsing *s, int step, struct lw_error *err)
{
    struct guide *g = s->p.g;
    for (int tries = 0; tries < SURVEY_TRIES && !g->quit; tries++) {
        if (pack_survey(&s->p, step))
            return LW_OK;
        if (g->camera_lost || g->screen_lost)
            tries = 0; /* it is waited for */
        guide_wait(g, 0.5);
    }
    return lw_fail(err, g->quit ? LW_MSG_ENDED : LW_MSG_NO_PICTURES);
}

static int outline_of(const struct rehearsing *s, int step, struct bench_mm *out)
{
    return show_place_outline(s->w, s->p.taught.check, s->w->steps[step].place, s->p.T_bench_from_carrier, out, SCENE_POINTS);
}

static int item_named(const struct workflow *w, const char *name)
{
    for (int i = 0; i < w->item_count; i++) {
        if (strcasecmp(w->items[i].id, name) == 0)
            return i;
        for (int k = 0; k < LANGUAGE_COUNT; k++)
            if (w->items[i].name.in[k] && strcasecmp(w->items[i].name.in[k], name) == 0)
                return i;
    }
    return NOT_IN_KIT;
}

/* What was it really? next: the one that was asked for; another name: that one; no: something that is not in the kit. */
static enum lw_msg ask_what(struct rehearsing *s, int step, const struct verdict *v, int *laid, struct lw_error *err)
{
    struct press press;
    char line[200];
    const struct workflow_item *item = &s->w->items[place_at(s, step)->item];
    const char *seen = v->seen_item >= 0 ? s->w->items[v->seen_item].id : NULL;
    snprintf(line, sizeof line, v->result == VERDICT_ACCEPT    ? _("I accept it. Was it really: %s?")
                                : v->result == VERDICT_CONFIRM ? _("I would ask a person. Was it: %s?")
                                                               : _("I refuse it. Was it: %s?"),
             workflow_text(&item->name));
    json_t *d = json_pack("{s:s,s:s,s:s,s:f,s:s*}", "default", workflow_text(&item->name), "result", verdict_result_name(v->result),
                          "verdict_reason", verdict_reason_name(v->reason), "confidence", v->score, "seen", seen);
    struct teach_question q = {.what = "name", .choices = "next yes no skip done", .item = item->id, .typed = PRESS_NAME, .line = line,
                               .more = _("next: yes. no: something else. Or type which it was"), .detail = d, .pictogram = "look"};
    enum lw_msg rc = teach_ask(s->p.g, &q, &s->given, &press, err);
    json_decref(d);
    *laid = press.kind == PRESS_NAME                             ? item_named(s->w, press.text)
            : press.kind == PRESS_NO                             ? NOT_IN_KIT
            : press.kind == PRESS_SKIP || press.kind == PRESS_DONE ? NOBODY_KNOWS
                                                                 : place_at(s, step)->item;
    s->done |= press.kind == PRESS_DONE;
    return rc;
}

/* The look before and after, as the checks are taught: a refusal that a coach overruled becomes a reference. */
static enum lw_msg keep_look(struct rehearsing *s, int step, const struct image *after, struct lw_error *err)
{
    const struct workflow_place *pl = place_at(s, step);
    struct workflow_item *item = &s->w->items[pl->item];
    const struct check_place *at = &s->p.places[s->w->steps[step].place];
    struct image a = {0}, b = {0};
    char before_name[128], after_name[128], path[512];
    struct local_mm outline[LAID_RIM];
    double half_x = 0, half_y = 0;
    int points = check_item_outline(s->p.taught.check, pl->item, outline, LAID_RIM), n = item->reference_count + 1;
    for (int i = 0; i < points; i++)
        half_x = fmax(half_x, fabs(outline[i].x)), half_y = fmax(half_y, fabs(outline[i].y));
    const struct laid none = {0};
    const struct laid_look look = {.model = &s->p.g->calibration.model, .before = &s->p.before, .after = after,
                                   .T_bench_from_local_before = at->T_bench_from_place_before,
                                   .T_bench_from_local = at->T_bench_from_place, .z_mm = check_plane_mm(pl->z_mm, item->height_mm)};
    const struct laid_patch patch = {.half_x_mm = half_x + KEPT_MARGIN_MM, .half_y_mm = half_y + KEPT_MARGIN_MM, .mm_per_px = 0.75, .own = -1};
    struct workflow_reference *more = realloc(item->references, sizeof *more * (size_t)n);
    if (!more)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    item->references = more;
    snprintf(before_name, sizeof before_name, "taught/%s-%d-before.png", item->id, n);
    snprintf(after_name, sizeof after_name, "taught/%s-%d.png", item->id, n);
    enum lw_msg rc = laid_cut(&look, &none, &patch, &a, &b, err);
    rc = rc ? rc : cv_picture_write(workflow_path(s->w, before_name, path, sizeof path), &a, err);
    rc = rc ? rc : cv_picture_write(workflow_path(s->w, after_name, path, sizeof path), &b, err);
    image_finish(&a);
    image_finish(&b);
    if (rc)
        return rc;
    item->references[item->reference_count++] = (struct workflow_reference){strdup(before_name), strdup(after_name), 0.75};
    return workflow_write_taught(s->w->folder, s->w, err);
}

/* One more picture of it; a thing that was only just refused is taught by what it looks like now. */
static enum lw_msg offer_reference(struct rehearsing *s, int step, struct lw_error *err)
{
    struct press press;
    struct guide_look look;
    struct lw_error why;
    const struct workflow_item *item = &s->w->items[place_at(s, step)->item];
    json_t *d = json_pack("{s:s}", "question", "keep_as_reference");
    struct teach_question q = {.what = "confirm", .choices = "yes no next", .item = item->id, .detail = d, .pictogram = "look",
                               .line = _("It lies right. Shall I remember this look?"), .more = _("yes or no; next: no")};
    enum lw_msg rc = teach_ask(s->p.g, &q, &s->given, &press, err);
    json_decref(d);
    if (rc || press.kind != PRESS_YES)
        return rc;
    rc = teach_look(s->p.g, &s->p.before_light, &look, err);
    if (!rc && look.trouble == REASON_NONE && keep_look(s, step, &look.picture, &why))
        lw_log_error("rehearse", &why);
    guide_look_finish(&look);
    return rc;
}

/* Laying, looking, what it was. *again: once more with the same place. */
static enum lw_msg try_place(struct rehearsing *s, int step, bool first, bool *again, struct lw_error *err)
{
    struct press press;
    struct verdict v;
    struct bench_mm outline[SCENE_POINTS];
    char line[200];
    int laid, item = place_at(s, step)->item;
    enum lw_msg rc = survey(s, step, err);
    snprintf(line, sizeof line, first ? _("Lay here: %s") : _("Once more, or a wrong one: %s"), workflow_text(&s->w->items[item].name));
    struct teach_question q = {.what = first ? "lay_item" : "lay_again", .choices = "next skip done", .bench = true, .glance = first,
                               .item = s->w->items[item].id, .line = line, .outline = outline,
                               .more = _("A wrong one may be laid too. Enough of it: skip. Enough of all: done")};
    q.corners = outline_of(s, step, outline);
    for (bool seen = false; !seen && !rc;) {
        rc = teach_ask(s->p.g, &q, &s->given, &press, err);
        s->done |= press.kind == PRESS_DONE;
        *again = false;
        if (rc || press.kind == PRESS_DONE || press.kind == PRESS_SKIP)
            return rc;
        if (press.kind == PRESS_NEXT)
            guide_wait(s->p.g, BEHIND_S);
        seen = pack_judge(&s->p, step, &v) && v.result != VERDICT_CANNOT_TELL && !(q.glanced && v.reason == REASON_MISSING);
        q.reason = q.glanced ? NULL : "not_seen";
    }
    rc = rc ? rc : ask_what(s, step, &v, &laid, err);
    if (rc || laid == NOBODY_KNOWS)
        return rc;
    count(s->r, item, laid, &v);
    *again = true;
    return laid == item && v.result == VERDICT_REFUSE ? offer_reference(s, step, err) : LW_OK;
}

static enum lw_msg take_out(struct rehearsing *s, int step, bool *again, struct lw_error *err)
{
    struct press press;
    struct bench_mm outline[SCENE_POINTS];
    struct teach_question q = {.what = "remove", .choices = "again next skip done", .bench = true, .outline = outline, .pictogram = "remove",
                               .item = s->w->items[place_at(s, step)->item].id, .line = _("Take it out, and lay it once more"),
                               .more = _("It is out: again. Enough of it: next; it stays. Enough of all: done")};
    q.corners = outline_of(s, step, outline);
    enum lw_msg rc = teach_ask(s->p.g, &q, &s->given, &press, err);
    s->done |= press.kind == PRESS_DONE;
    *again = press.kind == PRESS_NONE || press.kind == PRESS_AGAIN;
    return rc;
}

static enum lw_msg rehearse_all(struct rehearsing *s, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    if (!pack_lay_carriers(&s->p))
        return lw_fail(err, LW_MSG_ENDED);
    for (int i = 0; i < s->w->step_count && !rc && !s->done; i++) {
        bool again = s->w->steps[i].place >= 0;
        for (bool first = true; again && !rc && !s->done; first = false) {
            s->p.before_valid = false;
            rc = try_place(s, i, first, &again, err);
            if (!rc && again && !s->done)
                rc = take_out(s, i, &again, err);
        }
    }
    return rc;
}

enum lw_msg rehearse_run(struct guide *g, struct workflow *w, struct rehearsal *r, struct lw_error *err)
{
    struct rehearsing s = {.p = {.g = g, .w = w, .count = w->step_count, .level = PACK_FIRST_LEVEL}, .w = w, .r = r};
    enum lw_msg rc = taught_load(&s.p.taught, w, err);
    rc = rc ? rc : pack_allocate(&s.p, err);
    if (!rc) {
        note_look_alikes(r, s.p.taught.check);
        rc = rehearse_all(&s, err);
    }
    pack_free(&s.p);
    if (!rc)
        show_message(g, "well-done", _("Tried"), NULL, NULL);
    return rc;
}

/* ---- from the taught pictures alone ---- */

/* The item, alone, without one of its pictures: would that one be accepted? */
static enum lw_msg judge_left_out(struct rehearsal *r, int item, int reference, struct lw_error *err)
{
    struct workflow_item rest = r->w->items[item];
    const struct workflow_reference left = rest.references[reference];
    struct check *check = NULL;
    struct image before = {0}, after = {0};
    struct verdict v;
    char path[512];
    rest.references = malloc(sizeof *rest.references * (size_t)rest.reference_count);
    if (!rest.references)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    int n = 0;
    for (int i = 0; i < rest.reference_count; i++)
        if (i != reference)
            rest.references[n++] = r->w->items[item].references[i];
    rest.reference_count = n;
    enum lw_msg rc = taught_load_item(&check, r->w, &rest, err);
    rc = rc ? rc : cv_picture_read(workflow_path(r->w, left.before, path, sizeof path), IMAGE_BGR8, &before, err);
    rc = rc ? rc : cv_picture_read(workflow_path(r->w, left.after, path, sizeof path), IMAGE_BGR8, &after, err);
    rc = rc ? rc : check_judge_patch(check, &before, &after, left.mm_per_px, 0, true, &v, err);
    if (!rc) {
        v.seen_item = v.seen_item == 0 ? item : v.seen_item;
        count(r, item, item, &v);
    }
    free(rest.references);
    image_finish(&before);
    image_finish(&after);
    check_destroy(&check);
    return rc;
}

enum lw_msg rehearse_taught(struct rehearsal *r, struct lw_error *err)
{
    struct taught t;
    enum lw_msg rc = taught_load(&t, r->w, err);
    if (rc)
        return rc;
    note_look_alikes(r, t.check);
    taught_finish(&t);
    for (int i = 0; i < r->w->item_count && !rc; i++)
        for (int k = 0; k < r->w->items[i].reference_count && r->w->items[i].reference_count > 1 && !rc; k++)
            rc = judge_left_out(r, i, k, err);
    return rc;
}

/* ---- from what another workflow was taught ---- */

static enum lw_msg judge_look(struct rehearsal *r, const struct check *c, const struct workflow *looks,
                              const struct workflow_reference *look, int laid, struct lw_error *err)
{
    struct image before = {0}, after = {0};
    struct verdict v;
    char path[512];
    enum lw_msg rc = cv_picture_read(workflow_path(looks, look->before, path, sizeof path), IMAGE_BGR8, &before, err);
    rc = rc ? rc : cv_picture_read(workflow_path(looks, look->after, path, sizeof path), IMAGE_BGR8, &after, err);
    for (int i = 0; i < r->w->item_count && !rc; i++) {
        rc = check_judge_patch(c, &before, &after, look->mm_per_px, i, true, &v, err);
        if (!rc)
            count(r, i, laid, &v);
    }
    image_finish(&before);
    image_finish(&after);
    return rc;
}

enum lw_msg rehearse_looks(struct rehearsal *r, const struct workflow *looks, struct lw_error *err)
{
    struct taught t;
    enum lw_msg rc = taught_load(&t, r->w, err);
    if (rc)
        return rc;
    note_look_alikes(r, t.check);
    for (int i = 0; i < looks->item_count && !rc; i++) /* what this kit does not know is a foreign thing */
        for (int k = 0; k < looks->items[i].reference_count && !rc; k++)
            rc = judge_look(r, t.check, looks, &looks->items[i].references[k], item_named(r->w, looks->items[i].id), err);
    taught_finish(&t);
    return rc;
}
