#include "person_parts.h"

#include <stdlib.h>
#include <string.h>

#define HELD_JITTER_MM 1.5 /* play in a foam slot, carried about */
#define HELD_JITTER_DEG 2.0

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void keep(char *to, const char *from)
{
    snprintf(to, PERSON_ID, "%s", from ? from : "");
}

/* ---- what an event tells ---- */

static bool numbers_of(const json_t *array, double *out, int count)
{
    if (!json_is_array(array) || (int)json_array_size(array) < count)
        return false;
    for (int i = 0; i < count; i++) {
        const json_t *n = json_array_get(array, (size_t)i);
        if (!json_is_number(n))
            return false;
        out[i] = json_number_value(n);
    }
    return true;
}

static bool pose_of(const json_t *detail, const char *key, struct rigid *out)
{
    double n[3];
    if (!numbers_of(json_object_get(detail, key), n, 3))
        return false;
    *out = (struct rigid){n[0], n[1], n[2]};
    return true;
}

/* Middle, direction and size of an outline: its longest edge lies along x or y, nearly. */
static void outline_of(const json_t *outline, struct request *r)
{
    size_t count = json_is_array(outline) ? json_array_size(outline) : 0;
    double longest = 0, a[2], b[2], low[2] = {0}, high[2] = {0};
    for (size_t i = 0; i < count; i++) {
        if (!numbers_of(json_array_get(outline, i), a, 2) ||
            !numbers_of(json_array_get(outline, (i + 1) % count), b, 2))
            return;
        double length = hypot(b[0] - a[0], b[1] - a[1]);
        if (length > longest) {
            longest = length;
            r->pose.angle_rad = remainder(atan2(b[1] - a[1], b[0] - a[0]), LW_PI / 2);
        }
    }
    double c = cos(r->pose.angle_rad), s = sin(r->pose.angle_rad);
    for (size_t i = 0; i < count; i++) {
        numbers_of(json_array_get(outline, i), a, 2);
        double along[2] = {c * a[0] + s * a[1], -s * a[0] + c * a[1]};
        for (int k = 0; k < 2; k++) {
            low[k] = i ? fmin(low[k], along[k]) : along[k];
            high[k] = i ? fmax(high[k], along[k]) : along[k];
        }
    }
    if (!count)
        return;
    double u = (low[0] + high[0]) / 2, v = (low[1] + high[1]) / 2;
    r->pose.x_mm = c * u - s * v;
    r->pose.y_mm = s * u + c * v;
    r->size_mm[0] = high[0] - low[0];
    r->size_mm[1] = high[1] - low[1];
    r->has_pose = true;
}

/* Choices stand in an array of words, or in one text with blanks between them. */
static bool offered(const json_t *choices, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = json_string_value(choices); p && *p; p += strcspn(p, " "), p += strspn(p, " "))
        if (strcspn(p, " ") == length && strncmp(p, word, length) == 0)
            return true;
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (same(json_string_value(json_array_get(choices, i)), word))
            return true;
    return false;
}

/* What is pressed when it is done: by the choices offered, else what the question itself wants. */
static void answer_of(const json_t *choices, struct request *r)
{
    static const char *const liked[2][3] = {{"next", "yes", "done"}, {"yes", "next", "done"}};
    static const struct {
        const char *what, *press;
    } usual[] = {
        {"confirm", "yes"}, {"board", "next"}, {"height", "next"}, {"name", "next"}, {"count", "next"},
        {"coach", "aside"}};
    const char *const *order = liked[strcmp(r->what, "confirm") == 0];
    for (int i = 0; i < 3; i++)
        if (offered(choices, order[i])) {
            keep(r->press, order[i]);
            return;
        }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strcmp(r->what, usual[i].what) == 0)
            keep(r->press, usual[i].press);
}

static void hear_ask(struct person *p, const struct journal_event *e)
{
    struct request r = {.wanted = true};
    const char *what = json_string_value(json_object_get(e->detail, "what"));
    const char *item = json_string_value(json_object_get(e->detail, "item"));
    const char *place = json_string_value(json_object_get(e->detail, "place"));
    keep(r.what, what ? what : e->phase);
    keep(r.item, item ? item : e->item);
    keep(r.place, place ? place : e->place);
    outline_of(json_object_get(e->detail, "outline_mm"), &r);
    r.has_pose |= pose_of(e->detail, "place_mm", &r.pose);
    r.size_mm[2] = json_number_value(json_object_get(e->detail, "height_mm"));
    r.carrier = json_is_string(json_object_get(e->detail, "carrier"));
    const char *kind = json_string_value(json_object_get(e->detail, "kind"));
    const char *pose = json_string_value(json_object_get(e->detail, "pose"));
    r.board = kind && strcmp(kind, "board") == 0;
    r.tilted = pose && strcmp(pose, "tilted") == 0;
    answer_of(json_object_get(e->detail, "choices"), &r);
    bool again = same(r.what, p->ask.what) && same(r.item, p->ask.item) && same(r.place, p->ask.place);
    bool mends =
        p->mending && (same(r.what, "remove") || same(r.what, "lay_item") || same(r.what, "lay_again"));
    r.wanted = !mends; /* it is being done already */
    p->asked = again ? p->asked + 1 : 0;
    p->ask = r;
    p->serial++;
    if (strcmp(r.what, "hand_away") == 0) {
        p->told_away = true;
        p->told_at_ns = p->now_ns + person_ms(p, 600);
    }
}

/* A kit that was begun before this person came: its case stands on the shelf with what the scenario says. */
static void shelve_held(struct person *p)
{
    int count = p->scenario ? p->scenario->held_count : 0;
    for (int i = 0; i < count && !p->has_case; i++) {
        const struct scenario_held *h = &p->scenario->held[i];
        int thing = plan_new_thing(p, h->item, h->place, (struct rigid){0}, plan_jitter(p, HELD_JITTER_MM, HELD_JITTER_DEG));
        if (thing < 0)
            continue;
        p->things[thing].in_slot = p->things[thing].shelved = true;
        keep(p->shelf_kit, p->kit);
    }
}

static void hear_kit(struct person *p, const struct journal_event *e)
{
    if (same(e->phase, "started") || same(e->phase, "resumed")) {
        keep(p->kit, e->kit);
        if (same(e->phase, "resumed") && !p->shelf_kit[0])
            shelve_held(p);
        p->restore = same(e->phase, "resumed") && e->kit && same(e->kit, p->shelf_kit);
    } else if (same(e->phase, "aside")) {
        p->aside = true;
        keep(p->shelf_kit, e->kit ? e->kit : p->kit);
        p->now.active = false;
    } else {
        p->now.active = false;
    }
}

static void hear_step(struct person *p, const struct journal_event *e)
{
    struct current *c = &p->now;
    bool take = same(e->phase, "take"), place = same(e->phase, "place");
    if (same(e->phase, "done") && same(e->step, c->step)) {
        person_passed(p);
        c->active = p->mend_wanted = false;
        p->settled_ns = 0;
    }
    if (!take && !place)
        return;
    if (!c->active || !same(e->step, c->step)) {
        *c = (struct current){.active = true, .wanted = true};
        keep(c->step, e->step);
        keep(c->place, e->place);
        keep(c->item, e->item);
        p->mend_wanted = p->told_away = false;
        p->asked = 0;
        p->settled_ns = 0;
        p->serial++;
    } else if (!c->forgot && !p->mending && p->op_count == 0 && person_lying(p) == LYING_NOTHING) {
        c->wanted = true; /* shown again, and nothing lies there */
    }
    c->place_heard |= place;
    c->has_pose |= pose_of(e->detail, "place_mm", &c->pose);
    c->has_bin |= numbers_of(json_object_get(e->detail, "bin_mm"), c->bin_mm, 2);
}

static void hear_verdict(struct person *p, const struct journal_event *e)
{
    person_judge(p, e);
    if (!p->now.active || !same(e->step, p->now.step))
        return;
    if (same(e->result, "refuse") && !p->mending && !p->mend_wanted) {
        p->mend_wanted = true;
        p->mend_at_ns = p->now_ns + person_ms(p, 600);
    }
    if (same(e->result, "accept"))
        p->mend_wanted = false;
    if (same(e->result, "cannot_tell") && same(e->reason, "hand") && !p->told_away) {
        p->told_away = true;
        p->told_at_ns = p->now_ns + person_ms(p, 600);
    }
}

void person_hear(struct person *p, const struct journal_event *e)
{
    bool idle = e->kind == EVENT_LOOK || e->kind == EVENT_HELP || same(e->result, "cannot_tell");
    if (!idle)
        p->progress_ns = p->now_ns;
    person_expect(p, e);
    switch (e->kind) {
    case EVENT_KIT:
        hear_kit(p, e);
        break;
    case EVENT_STEP:
        hear_step(p, e);
        break;
    case EVENT_VERDICT:
        hear_verdict(p, e);
        break;
    case EVENT_ASK:
        hear_ask(p, e);
        break;
    case EVENT_HELP:
        if (p->now.forgot && same(e->step, p->now.step)) {
            person_reminded(p);
            p->now.forgot = false;
            p->now.wanted = true;
        }
        break;
    case EVENT_END:
        p->now.active = false;
        break;
    default:
        break;
    }
}

/* ---- time ---- */

static void note_wait(struct person *p)
{
    if (!p->settled_ns || person_fault_active(p) || !p->now.active)
        return;
    int ms = (int)((p->now_ns - p->settled_ns) / NS_PER_MS);
    if (ms > p->stats.undecided_ms_max)
        p->stats.undecided_ms_max = ms;
}

void person_tick(struct person *p, int64_t now_ns)
{
    if (!p->started)
        p->progress_ns = now_ns;
    p->now_ns = now_ns;
    if (!person_hand_tick(p)) {
        person_plan(p);
        person_hand_tick(p);
    }
    note_wait(p);
}

/* ---- coming and going ---- */

enum lw_msg person_create(struct person **out, struct sim *bench, const struct scenario *scenario,
                          uint64_t seed, const struct person_hooks *hooks, struct lw_error *err)
{
    *out = NULL;
    struct person *p = calloc(1, sizeof *p);
    if (!p)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    p->fired = calloc((size_t)(scenario ? scenario->action_count : 0) + 1, sizeof *p->fired);
    p->hits = calloc((size_t)(scenario ? scenario->expect_count : 0) + 1, sizeof *p->hits);
    if (!p->fired || !p->hits) {
        person_destroy(&p);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    p->bench = bench;
    p->scenario = scenario;
    p->hooks = hooks ? *hooks : (struct person_hooks){0};
    p->random = seed ? seed : scenario_seed(scenario) ? scenario_seed(scenario) : 1;
    p->glove = scenario ? scenario->glove : 0;
    *out = p;
    return LW_OK;
}

void person_destroy(struct person **p)
{
    if (!*p)
        return;
    free((*p)->things);
    free((*p)->mistakes);
    free((*p)->fired);
    free((*p)->hits);
    free(*p);
    *p = NULL;
}
