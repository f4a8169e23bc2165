#include "event_text.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

const char *const event_field_names[FIELD_COUNT] = {"kit",    "workflow", "workflow_hash", "section",
                                                    "step",   "place",    "item",          "phase",
                                                    "result", "reason",   "seen",          "seen_place"};

const char *journal_kind_name(enum journal_kind k)
{
    static const char *const names[] = {"none", "start", "kit",      "step",   "look",        "verdict",
                                        "ask",  "help",  "override", "device", "calibration", "end"};
    return (unsigned)k < sizeof names / sizeof names[0] ? names[k] : names[0];
}

/* The texts lie behind the struct, in one piece of memory with it. */
struct journal_event *journal_event_copy(const struct journal_event *e)
{
    const char *const texts[FIELD_COUNT] = {e->kit,   e->workflow, e->workflow_hash, e->section, e->step, e->place,
                                            e->item,  e->phase,    e->result,        e->reason,  e->seen, e->seen_place};
    size_t size = sizeof *e;
    for (int i = 0; i < FIELD_COUNT; i++)
        size += texts[i] ? strlen(texts[i]) + 1 : 0;
    struct journal_event *copy = malloc(size);
    if (!copy)
        return NULL;
    *copy = *e;
    const char **const fields[FIELD_COUNT] = {&copy->kit,    &copy->workflow, &copy->workflow_hash, &copy->section,
                                              &copy->step,   &copy->place,    &copy->item,          &copy->phase,
                                              &copy->result, &copy->reason,   &copy->seen,          &copy->seen_place};
    char *at = (char *)(copy + 1);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (texts[i]) {
            *fields[i] = strcpy(at, texts[i]);
            at += strlen(at) + 1;
        }
    copy->detail = e->detail ? json_deep_copy(e->detail) : NULL;
    return copy;
}

void journal_event_free(struct journal_event *e)
{
    if (e)
        json_decref(e->detail);
    free(e);
}

int utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    int n = s[0] >= 0xC2 && s[0] < 0xE0   ? 2
            : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
            : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
                                          : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) /* also ends at the string's NUL */
            return 0;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool outside = (s[0] == 0xED && s[1] >= 0xA0) || (s[0] == 0xF4 && s[1] >= 0x90);
    return overlong || outside ? 0 : n;
}

static bool utf8_valid(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        int n = utf8_length(p);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

static char *utf8_mended(const char *s)
{
    char *out = malloc(3 * strlen(s) + 1), *o = out;
    for (const unsigned char *p = (const unsigned char *)s; out && *p;) {
        int n = utf8_length(p);
        memcpy(o, n ? (const char *)p : "\xEF\xBF\xBD", (size_t)(n ? n : 3));
        o += n ? n : 3;
        p += n ? n : 1;
    }
    if (out)
        *o = 0;
    return out;
}

bool event_text_init(struct event_text *t, const struct journal_event *e)
{
    *t = (struct event_text){{e->kit, e->workflow, e->workflow_hash, e->section, e->step, e->place, e->item,
                              e->phase, e->result, e->reason, e->seen, e->seen_place},
                             {0}};
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!t->field[i] || utf8_valid(t->field[i]))
            continue;
        t->field[i] = t->owned[i] = utf8_mended(t->field[i]);
        if (!t->owned[i])
            return false;
    }
    return true;
}

void event_text_finish(struct event_text *t)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        free(t->owned[i]);
    *t = (struct event_text){0};
}

json_t *journal_event_json(const struct journal_event *e)
{
    struct event_text t;
    json_t *o = json_object();
    char wall[25];
    bool ok = event_text_init(&t, e) && o;
    ok = ok && json_object_set_new(o, "event", json_string(journal_kind_name(e->kind))) == 0;
    ok = ok && json_object_set_new(o, "t_ns", json_integer(e->t_ns)) == 0;
    if (e->wall_ms) /* the first line of a stream has none */
        ok = ok && json_object_set_new(o, "wall", json_string(clock_format_wall(e->wall_ms, wall))) == 0;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (t.field[i])
            ok = ok && json_object_set_new(o, event_field_names[i], json_string(t.field[i])) == 0;
    if (e->frame)
        ok = ok && json_object_set_new(o, "frame", json_integer((json_int_t)e->frame)) == 0;
    if (json_is_object(e->detail))
        ok = ok && json_object_update_missing(o, e->detail) == 0;
    event_text_finish(&t);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}
