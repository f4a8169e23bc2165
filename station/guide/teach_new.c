#include "teach_session.h"

#include "log.h"
#include "taught.h"

#include <stdlib.h>
#include <string.h>

#define HEIGHT_MAX_MM   400.0
#define COUNT_MAX       LAID_PARTS
#define MOVED_MM        0.7 /* less: it was not taken up */
#define DRAWN_MAX       60  /* outlines of what was taught; older ones are left out */

/* ---- what is shown ---- */

static void add_outline(struct guide *g, const struct bench_mm *points, int count, double width_mm)
{
    struct scene_item *it = scene_add(g->scene, SCENE_OUTLINE, SCENE_QUIET);
    it->count = count < SCENE_POINTS ? count : SCENE_POINTS;
    memcpy(it->points, points, sizeof *points * (size_t)it->count);
    it->width_mm = width_mm;
}

void teach_draw(void *context)
{
    struct teaching *t = context;
    const struct workflow *w = t->book.w;
    struct bench_mm bench[SCENE_POINTS];
    struct local_mm local[SCENE_POINTS];
    if (teach_carrier(t)) {
        show_rectangle(t->T, t->carrier.width_mm, t->carrier.depth_mm, t->carrier.height_mm, bench);
        add_outline(t->g, bench, 4, 1.5);
    }
    for (int i = w->place_count > DRAWN_MAX ? w->place_count - DRAWN_MAX : 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        const struct check *c = t->book.checks[p->item];
        int count = c ? check_item_outline(c, 0, local, SCENE_POINTS) : 0;
        struct rigid T = rigid_mul(t->T, teach_local_from_place(t, p));
        for (int k = 0; k < count; k++) {
            struct local_mm b = rigid_apply(T, local[k]);
            bench[k] = (struct bench_mm){b.x, b.y, p->z_mm + w->items[p->item].height_mm / 2};
        }
        if (count > 2)
            add_outline(t->g, bench, count, 1.5);
    }
}

/* ---- taking back ---- */

static void tell_item(struct teaching *t, const char *phase, const char *id, const char *name, int layings,
                      const struct thing *thing, enum verdict_reason trouble)
{
    json_t *d = json_pack("{s:s}", "name", name);
    if (layings > 0) {
        json_object_set_new(d, "layings", json_integer(layings));
        json_object_set_new(d, "from_one_picture", json_boolean(layings == 1));
    }
    if (thing)
        json_object_set_new(d, "light", json_integer(thing->light));
    if (trouble != REASON_NONE)
        json_object_set_new(d, "remark", json_string(t->remark));
    struct journal_event e = {.kind = EVENT_STEP, .phase = phase, .item = id, .detail = d,
                              .reason = trouble != REASON_NONE ? verdict_reason_name(trouble) : NULL};
    guide_tell(t->g, &e);
    json_decref(d);
}

/* It is asked away, and what is then there is what the next thing is compared with. `in_before`: it lies in the look
 * before already, so that something has changed once it is gone. */
static enum lw_msg ask_away(struct teaching *t, const char *name, bool in_before, struct lw_error *err)
{
    struct press press;
    struct thing seen = {.item = -1};
    const char *reason = NULL;
    char line[160];
    snprintf(line, sizeof line, _("Please take this out: %s"), name);
    struct teach_question q = {.what = "remove", .choices = "next", .bench = true, .glance = true, .pictogram = "remove",
                               .line = line, .more = _("Then press next"), .draw = teach_draw, .context = t};
    for (bool gone = false; !gone;) {
        enum lw_msg rc = teach_ask(t->g, &q, &t->given, &press, err);
        if (!rc && press.kind == PRESS_NEXT)
            guide_wait(t->g, 0.7);
        rc = rc ? rc : teach_look_at(t, -1, &seen, &reason, err);
        if (rc)
            return rc;
        bool bad_look = reason && seen.laid.all == 0 && strcmp(reason, "nothing_changed") != 0;
        gone = !bad_look && (press.kind == PRESS_NEXT || (seen.laid.all > 0) == in_before);
        q.reason = gone ? NULL : bad_look ? reason : "still_there";
        if (gone) {
            teach_take_striped(t, &t->light, &seen);
            teach_take_over(t, &seen);
        }
        teach_thing_finish(&seen);
    }
    return LW_OK;
}

/* The last item; or nothing, when there is none. */
static enum lw_msg take_back_item(struct teaching *t, struct lw_error *err)
{
    char name[160];
    if (!teach_book_undo(&t->book, name, sizeof name))
        return LW_OK;
    enum lw_msg rc = teach_book_write(&t->book, err);
    tell_item(t, "undone", NULL, name, 0, NULL, REASON_NONE);
    return rc ? rc : ask_away(t, name, true, err);
}

/* ---- the questions about a thing ---- */

static void thing_outline(const struct teaching *t, const struct thing *thing, struct bench_mm *out)
{
    const struct laid_part *p = &thing->laid.parts[0];
    for (int i = 0; i < p->rim_count; i++) {
        struct local_mm b = rigid_apply(t->T, p->rim[i]);
        out[i] = (struct bench_mm){b.x, b.y, thing->look.z_mm};
    }
}

/* A name that was taught before is that item. */
static void take_name(struct teaching *t, struct thing *thing, const char *name)
{
    snprintf(thing->name, sizeof thing->name, "%s", name);
    int item = teach_book_find(&t->book, name);
    if (item >= 0 && item != thing->item)
        thing->height_mm = t->book.w->items[item].height_mm;
    thing->item = item;
}

/* What is taken when somebody only presses next. */
static void guess(struct teaching *t, struct thing *thing)
{
    int known;
    thing->item = teach_recognise(t, thing, &known);
    thing->recognised = thing->item >= 0 || known >= 0;
    thing->height_mm = TEACH_USUAL_HEIGHT_MM;
    teach_measure_thing(t, thing);
    thing->count = thing->laid.equal_count;
    if (thing->item >= 0) {
        take_name(t, thing, workflow_text(&t->book.w->items[thing->item].name));
        thing->height_mm = t->book.w->items[thing->item].height_mm;
        return;
    }
    snprintf(thing->name, sizeof thing->name, _("Thing %d"), t->book.w->item_count + 1);
    for (int n = t->book.w->item_count + 2; teach_book_find(&t->book, thing->name) >= 0; n++)
        snprintf(thing->name, sizeof thing->name, _("Thing %d"), n);
    if (known >= 0) {
        take_name(t, thing, workflow_text(&t->o->known->items[known].name));
        thing->height_mm = t->o->known->items[known].height_mm;
        thing->bin = t->o->known->items[known].bin;
    }
}

enum about { ABOUT_NAME = 0, ABOUT_HEIGHT, ABOUT_COUNT, ABOUT_END };

static void make_question(const struct thing *thing, enum about about, bool bad, char line[200],
                          char more[200], struct teach_question *q)
{
    static const char *const whats[] = {"name", "height", "count"};
    static const enum press_kind typed[] = {PRESS_NAME, PRESS_HEIGHT, PRESS_COUNT};
    q->what = whats[about];
    q->typed = typed[about];
    q->id = bad ? q->id : 0;
    q->reason = bad ? "range" : NULL;
    json_decref(q->detail);
    switch (about) {
    case ABOUT_NAME:
        snprintf(line, 200, thing->recognised ? _("Is this: %s?") : _("What is this? %s"), thing->name);
        snprintf(more, 200, "%s", bad ? _("A name has 1 to 60 letters") : _("next: yes. Or type its name"));
        q->detail = json_pack("{s:s,s:b}", "default", thing->name, "recognised", thing->recognised);
        break;
    case ABOUT_HEIGHT:
        snprintf(line, 200, _("How high is it? %s: %.0f mm"), thing->name, thing->height_mm);
        snprintf(more, 200, "%s", bad               ? _("From 0 to 400 mm")
                                  : thing->measured ? _("next: yes. Or type it, in mm")
                                                    : _("I could not measure it. next: yes. Or type it, in mm"));
        q->detail = json_pack("{s:f,s:s,s:b,s:f}", "default", thing->height_mm, "name", thing->name, "measured", thing->measured,
                              "sigma_mm", thing->measured ? thing->sigma_mm : TEACH_USUAL_HEIGHT_MM);
        break;
    default:
        snprintf(line, 200, _("How many of it? I see %d"), thing->laid.equal_count);
        snprintf(more, 200, "%s", bad ? _("I can't see that many. Lay them apart from one another")
                                      : _("next: yes. Or type how many"));
        q->detail = json_pack("{s:i,s:s}", "default", thing->count, "name", thing->name);
        break;
    }
}

/* False: it is not an answer. */
static bool take_answer(struct teaching *t, struct thing *thing, enum about about, const struct press *p)
{
    if (p->kind == PRESS_NEXT || p->kind == PRESS_DONE || p->kind == PRESS_YES)
        return true;
    if (about == ABOUT_NAME && p->kind == PRESS_NAME && teach_book_good_name(p->text)) {
        take_name(t, thing, p->text);
        return true;
    }
    if (about == ABOUT_HEIGHT && p->kind == PRESS_HEIGHT && p->number >= 0 && p->number <= HEIGHT_MAX_MM) {
        thing->height_mm = p->number;
        return true;
    }
    if (about == ABOUT_COUNT && p->kind == PRESS_COUNT && p->number >= 1 && p->number <= thing->laid.count) {
        thing->count = (int)p->number;
        return true;
    }
    return false;
}

/* `name mug` that comes when the height is asked already is still about this thing. */
static void take_late(struct teaching *t, struct thing *thing)
{
    if (t->given.has_name && teach_book_good_name(t->given.name))
        take_name(t, thing, t->given.name);
    if (t->given.has_height && t->given.height >= 0 && t->given.height <= HEIGHT_MAX_MM)
        thing->height_mm = t->given.height;
    t->given = (struct teach_given){0};
}

/* *undo: it shall not be taught after all. */
static enum lw_msg ask_about(struct teaching *t, struct thing *thing, bool *undo, struct lw_error *err)
{
    struct bench_mm outline[LAID_RIM];
    struct press press;
    char line[200], more[200];
    struct teach_question q = {.choices = "next back undo done", .line = line, .more = more, .draw = teach_draw,
                               .context = t, .outline = outline, .corners = thing->laid.parts[0].rim_count};
    enum lw_msg rc = LW_OK;
    int about = ABOUT_NAME;
    bool bad = false;
    thing_outline(t, thing, outline);
    while (!rc && !*undo && about < ABOUT_END && !t->done) {
        make_question(thing, (enum about)about, bad, line, more, &q);
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        if (rc)
            break;
        *undo = press.kind == PRESS_UNDO || (press.kind == PRESS_BACK && about == ABOUT_NAME);
        t->done = press.kind == PRESS_DONE;
        bad = false;
        if (press.kind == PRESS_BACK)
            about--;
        else if (take_answer(t, thing, (enum about)about, &press))
            about++;
        else
            bad = press.kind != PRESS_UNDO;
    }
    json_decref(q.detail);
    if (!rc)
        take_late(t, thing);
    return rc;
}

/* ---- once more ---- */

/* A laying that differs from the one before; NULL when it was kept. */
static const char *keep_once_more(struct teaching *t, struct thing *again, struct thing *thing, int item)
{
    struct lw_error err;
    struct local_mm a = again->laid.parts[0].centre, b = thing->laid.parts[0].centre;
    if (hypot(a.x - b.x, a.y - b.y) < MOVED_MM)
        return "nothing_changed";
    if (teach_keep_again(t, again, item, &err)) {
        lw_log_error("teach", &err);
        return "not_kept";
    }
    teach_take_striped(t, &t->light, again);
    again->light = thing->light, again->light_trouble = thing->light_trouble;
    struct thing last = *thing; /* the newest look is the one that the next thing is compared with */
    *thing = *again;
    *again = last;
    thing->look.after = &thing->after.picture; /* which was the other's until now */
    again->look.after = &again->after.picture;
    return NULL;
}

static enum lw_msg more_layings(struct teaching *t, struct thing *thing, int item, bool *undo, struct lw_error *err)
{
    struct bench_mm outline[LAID_RIM];
    struct press press;
    struct thing again;
    char line[200];
    const char *reason = NULL;
    enum lw_msg rc = LW_OK;
    int layings = 1;
    struct teach_question q = {.what = "lay_again", .choices = "next again yes no undo done", .bench = true, .glance = true,
                               .line = line, .more = _("Lay it once more, or press next: that is enough"),
                               .draw = teach_draw, .context = t, .outline = outline};
    while (!rc && layings < TEACH_LAYINGS_MAX && !t->done) {
        const char *id = t->book.w->items[item].id;
        json_t *detail = json_pack("{s:i}", "layings", t->book.w->items[item].reference_count);
        snprintf(line, sizeof line, _("Once more, a little different? %s"), workflow_text(&t->book.w->items[item].name));
        thing_outline(t, thing, outline);
        q.item = id;
        q.reason = q.glanced ? NULL : reason;
        q.detail = detail;
        q.corners = thing->laid.parts[0].rim_count;
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        json_decref(detail);
        *undo = !rc && press.kind == PRESS_UNDO;
        t->done |= !rc && press.kind == PRESS_DONE;
        if (rc || *undo || t->done || press.kind == PRESS_NEXT || press.kind == PRESS_NO)
            break;
        if (press.kind == PRESS_YES)
            continue; /* it is being laid */
        rc = teach_find(t, press.kind == PRESS_AGAIN, item, &again, &reason, err);
        if (!rc && !reason) {
            reason = keep_once_more(t, &again, thing, item);
            layings += reason == NULL;
            q.glanced &= reason != NULL; /* what was kept is told; */
            teach_thing_finish(&again);
        }
        q.glanced |= reason && strcmp(reason, "nothing_changed") == 0; /* that nothing else lies there is no news */
    }
    return rc;
}

/* ---- its light ---- */

/* The level is kept with the thing's newest places; where none serves it is said, with what can be done. */
static enum lw_msg settle_light(struct teaching *t, struct thing *thing, int item, struct lw_error *err)
{
    struct workflow *w = t->book.w;
    struct lw_error why;
    const char *name = workflow_text(&w->items[item].name);
    enum verdict_reason trouble = thing->light_trouble;
    t->remark[0] = 0;
    for (int i = w->place_count - 1; i >= 0 && w->places[i].item == item && w->place_count - i <= thing->count; i--)
        w->places[i].light = thing->light;
    if (trouble != REASON_NONE) {
        lw_fail(&why, trouble == REASON_GLARE ? LW_MSG_TEACH_GLARE : LW_MSG_TEACH_DARK, name);
        lw_error_line(&why, t->remark, sizeof t->remark);
        lw_log_error("teach", &why);
    }
    tell_item(t, "taught", w->items[item].id, name, w->items[item].reference_count, thing, trouble);
    return teach_book_write(&t->book, err);
}

/* ---- one thing ---- */

static const char *line_for(const char *reason, int count)
{
    if (!reason)
        return count ? _("Lay the next thing in its place") : _("Lay the first thing in its place");
    if (strcmp(reason, "nothing_changed") == 0)
        return _("I see nothing new yet. Lay the next thing");
    if (strcmp(reason, "nothing_taught") == 0)
        return _("Nothing was taught yet. Lay the first thing");
    if (strcmp(reason, "dark") == 0)
        return _("Too dark to see");
    if (strcmp(reason, "glare") == 0)
        return _("Too bright to see");
    return _("I can't see it well. Hand away, and lay it once more");
}

/* Which of the known bins the hand was in, since the question; -1: none, or several. */
static int bin_touched(const struct teaching *t, int64_t since_ns)
{
    int found = -1;
    for (int i = 0; t->o->known && t->g->watch && i < t->o->known->bin_count; i++) {
        const struct workflow_bin *b = &t->o->known->bins[i];
        struct bench_mm outline[SCENE_POINTS];
        int count = b->outline.count < SCENE_POINTS ? b->outline.count : SCENE_POINTS;
        for (int k = 0; k < count; k++)
            outline[k] = (struct bench_mm){b->outline.points[k].x, b->outline.points[k].y, b->z_mm};
        if (!watch_moved_in(t->g->watch, outline, count, since_ns))
            continue;
        if (found >= 0)
            return -1;
        found = i;
    }
    return found;
}

static enum lw_msg teach_thing(struct teaching *t, struct thing *thing, struct lw_error *err)
{
    bool undo = false;
    int item = -1;
    char name[96];
    guess(t, thing);
    teach_find_light(t, thing);
    enum lw_msg rc = ask_about(t, thing, &undo, err);
    snprintf(name, sizeof name, "%s", thing->name);
    if (!rc && undo) {
        rc = ask_away(t, name, false, err);
        teach_thing_finish(thing);
        return rc;
    }
    rc = rc ? rc : teach_keep(t, thing, &item, err);
    rc = rc ? rc : more_layings(t, thing, item, &undo, err);
    if (!rc && undo) {
        rc = take_back_item(t, err);
    } else if (!rc) {
        rc = settle_light(t, thing, item, err);
        teach_take_over(t, thing);
    }
    teach_thing_finish(thing);
    return rc;
}

/* What can be mended by laying it once more. */
static const char *mendable(enum lw_msg rc)
{
    return rc == LW_MSG_TAUGHT_DARK ? "dark" : rc == LW_MSG_TAUGHT_NOTHING ? "nothing_changed" : rc == LW_MSG_TAUGHT_HAND ? "hand" : NULL;
}

static enum lw_msg next_thing(struct teaching *t, struct lw_error *err)
{
    struct press press;
    struct thing thing = {.item = -1, .bin = -1};
    const char *reason = NULL;
    struct teach_question q = {.what = "lay_item", .choices = "next again undo done aside", .bench = true, .glance = true,
                               .more = t->remark[0] ? t->remark : _("All done: done. Take the last one back: undo"), .draw = teach_draw, .context = t,
                               .detail = json_pack("{s:i}", "number", t->book.w->place_count + 1)};
    enum lw_msg rc;
    do {
        int64_t asked_ns = clock_now_ns(&t->g->clock);
        q.reason = q.glanced ? NULL : reason;
        q.line = line_for(q.reason, t->book.w->place_count);
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        t->aside = !rc && press.kind == PRESS_ASIDE;
        t->done = !rc && press.kind == PRESS_DONE && t->book.w->place_count > 0;
        if (rc || t->aside || t->done)
            break;
        if (press.kind == PRESS_DONE) {
            reason = "nothing_taught";
            continue;
        }
        if (press.kind == PRESS_UNDO) {
            rc = take_back_item(t, err);
            break;
        }
        rc = teach_find(t, press.kind != PRESS_NONE, -1, &thing, &reason, err);
        if (rc || reason)
            continue;
        q.glanced = false;
        thing.bin = bin_touched(t, asked_ns);
        rc = teach_thing(t, &thing, err);
        reason = mendable(rc);
        if (reason)
            rc = LW_OK;
    } while (!rc && reason);
    json_decref(q.detail);
    return rc;
}

/* ---- all ---- */

static enum lw_msg load_known(struct teaching *t, struct lw_error *err)
{
    const struct workflow *k = t->o->known;
    struct lw_error ignored;
    if (!k)
        return LW_OK;
    t->known = calloc((size_t)k->item_count + 1, sizeof *t->known);
    if (!t->known)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < k->item_count; i++)
        taught_load_item(&t->known[i], k, &k->items[i], &ignored); /* what was never taught is not recognised */
    return LW_OK;
}

static enum lw_msg finish(struct teaching *t, struct lw_error *err)
{
    char more[200];
    enum lw_msg rc = teach_book_finish(&t->book, err);
    if (rc)
        return rc;
    snprintf(more, sizeof more, _("%d things in %d places. Now try it: rehearse, then run"), t->book.w->item_count,
             t->book.w->place_count);
    show_message(t->g, "well-done", _("Taught"), more, NULL);
    guide_wait(t->g, 1.5);
    return LW_OK;
}

enum lw_msg teach_new_run(struct guide *g, const char *folder, const struct teach_new_options *o, struct lw_error *err)
{
    struct teaching t = {.g = g, .o = o};
    struct lw_problems problems = {0};
    enum lw_msg rc = teach_book_open(&t.book, folder, &problems, err);
    problems_finish(&problems);
    rc = rc ? rc : load_known(&t, err);
    rc = rc ? rc : teach_begin(&t, err);
    while (!rc && !t.done && !t.aside)
        rc = next_thing(&t, err);
    if (!rc)
        rc = t.done ? finish(&t, err) : lw_fail(err, LW_MSG_TEACH_ASIDE, folder);
    for (int i = 0; t.known && i < o->known->item_count; i++)
        check_destroy(&t.known[i]);
    free(t.known);
    image_finish(&t.carrier.picture);
    guide_look_finish(&t.before);
    guide_look_finish(&t.bare_low);
    image_finish(&t.striped);
    teach_book_close(&t.book);
    return rc;
}
