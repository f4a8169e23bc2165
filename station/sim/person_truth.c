#include "person_parts.h"

#include "log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A verdict speaks of what the camera saw a moment ago: the delay of up to three frames and the median of a
 * few. What changed within this time is not held against it. */
#define LOOK_AGO_NS  (250 * NS_PER_MS)
#define HAND_NEAR_MM 60.0 /* the palm's half width and a finger */

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

void person_note(struct person *p, const char *format, ...)
{
    if (p->note_count < PERSON_NOTES) {
        va_list args;
        va_start(args, format);
        vsnprintf(p->notes[p->note_count], PERSON_NOTE, format, args);
        va_end(args);
    }
    p->note_count++;
}

/* ---- what lies there ---- */

enum lying person_lying(const struct person *p)
{
    bool right = false, nothing = true;
    for (int i = 0; i < p->thing_count; i++) {
        const struct thing *t = &p->things[i];
        if (t->knocked_out || (t->handle && t->wrong))
            return LYING_WRONG;
        if (!t->handle || strcmp(t->place, p->now.place) != 0)
            continue;
        nothing = false;
        right |= strcmp(t->kind, p->now.item) == 0;
    }
    return right ? LYING_RIGHT : nothing ? LYING_NOTHING : LYING_WRONG;
}

bool person_hand_over(const struct person *p)
{
    struct rigid at = p->now.pose;
    if (!p->hand_seen || p->now_ns - p->hand_since_ns < LOOK_AGO_NS)
        return false;
    sim_slot(p->bench, p->now.place, &at);
    return fabs(p->hand_x_mm - at.x_mm) < HAND_NEAR_MM && fabs(p->hand_y_mm - at.y_mm) < 2 * HAND_NEAR_MM;
}

/* ---- mistakes ---- */

static const struct {
    enum scenario_do what;
    const char *reasons; /* any of them names it rightly */
} right_reasons[] = {
    {DO_INSTEAD, "other_item"},
    {DO_FOREIGN, "unknown"},
    {DO_TURNED, "turned"},
    {DO_FLIPPED, "mirrored"},
    {DO_SLOT, "elsewhere"},
    {DO_OFFSET, "elsewhere moved"},
    {DO_ROTATE, "turned"},
    {DO_TWICE, "too_many"},
    {DO_TWICE_ON_TOP, "too_many"},
    {DO_KNOCK_OUT, "moved"},
    {DO_FORGET, "missing"},
    {DO_FORGET_NEXT, "missing"},
    {DO_HAND_STAYS, "hand"},
    {DO_ALSO_IN, "elsewhere too_many unknown moved"},
    {DO_ALSO_AT, "elsewhere too_many unknown"},
};

static bool reason_fits(enum scenario_do what, const char *reason)
{
    size_t length = reason ? strlen(reason) : 0;
    for (size_t i = 0; length && i < sizeof right_reasons / sizeof right_reasons[0]; i++) {
        const char *at = right_reasons[i].what == what ? strstr(right_reasons[i].reasons, reason) : NULL;
        if (at && (at[length] == 0 || at[length] == ' '))
            return true;
    }
    return false;
}

int person_mistake(struct person *p, const struct scenario_action *a)
{
    if (a->still_right)
        return -1;
    struct mistake *grown = realloc(p->mistakes, sizeof *grown * (size_t)(p->mistake_count + 1));
    if (!grown)
        return -1;
    p->mistakes = grown;
    struct mistake *m = &p->mistakes[p->mistake_count];
    *m = (struct mistake){.action = a, .open = true};
    snprintf(m->step, sizeof m->step, "%s", p->now.step);
    p->stats.wrong_shown++;
    return p->mistake_count++;
}

static bool shown(const struct person *p, int mistake)
{
    for (int i = 0; i < p->thing_count; i++) {
        const struct thing *t = &p->things[i];
        if (t->mistake == mistake && (t->knocked_out || (t->handle && t->wrong)))
            return true;
    }
    return false;
}

void person_mended(struct person *p)
{
    for (int i = 0; i < p->mistake_count; i++) {
        struct mistake *m = &p->mistakes[i];
        enum scenario_do what = m->action->what;
        if (!m->open || what == DO_HAND_STAYS)
            continue;
        bool forgot = what == DO_FORGET || what == DO_FORGET_NEXT;
        m->open = forgot ? person_lying(p) == LYING_NOTHING : shown(p, i);
    }
}

void person_settle(struct person *p)
{
    for (int i = 0; i < p->thing_count; i++)
        p->things[i].wrong = p->things[i].knocked_out = false;
    for (int i = 0; i < p->mistake_count; i++)
        p->mistakes[i].open = false;
}

/* The first decision on each mistake that was made at this step. */
static void judge_mistakes(struct person *p, const struct journal_event *e)
{
    for (int i = 0; i < p->mistake_count; i++) {
        struct mistake *m = &p->mistakes[i];
        bool hand = m->action->what == DO_HAND_STAYS;
        bool decision = hand || !same(e->result, "cannot_tell");
        if (!m->open || m->decided || !decision || strcmp(m->step, p->now.step) != 0)
            continue;
        m->decided = true;
        bool caught = hand ? same(e->result, "cannot_tell") : same(e->result, "refuse");
        p->stats.caught += caught;
        p->stats.reason_right += caught && reason_fits(m->action->what, e->reason);
    }
}

void person_reminded(struct person *p)
{
    for (int i = 0; i < p->mistake_count; i++) {
        struct mistake *m = &p->mistakes[i];
        if (!m->open || m->decided || m->action->what != DO_FORGET || strcmp(m->step, p->now.step) != 0)
            continue;
        m->decided = true;
        p->stats.caught++;
        p->stats.reason_right++;
    }
}

/* ---- verdicts ---- */

static void count_false_accept(struct person *p, const char *how)
{
    static const char *const lies[] = {N_("nothing lies there"), N_("something wrong lies there"),
                                       N_("a hand lies over it")};
    if (p->now.counted)
        return;
    p->now.counted = true;
    p->stats.false_accepts++;
    enum lying lying = person_lying(p);
    person_note(p, _("FALSE ACCEPT at step %s (%s): %s"), p->now.step, how,
                _(lies[lying == LYING_NOTHING ? 0
                       : lying == LYING_WRONG ? 1
                                              : 2]));
}

void person_judge(struct person *p, const struct journal_event *e)
{
    bool accept = same(e->result, "accept"), refuse = same(e->result, "refuse"),
         confirm = same(e->result, "confirm");
    if (!p->now.active || !same(e->step, p->now.step))
        return;
    judge_mistakes(p, e);
    enum lying lying = person_lying(p);
    bool over = person_hand_over(p);
    if (accept && (lying != LYING_RIGHT || over))
        count_false_accept(p, "accept");
    p->now.permitted |= accept;
    if (!accept && !refuse && !confirm)
        return;
    p->settled_ns = 0;
    bool fresh = p->now_ns - p->changed_ns < LOOK_AGO_NS;
    if (lying != LYING_RIGHT || p->hand_seen || fresh)
        return;
    p->stats.placements++;
    p->stats.accepts += accept;
    p->stats.confirms += confirm;
    p->stats.false_rejects += refuse;
    p->now.refusals += refuse;
    if (refuse)
        lw_log(LW_LOG_DEBUG, "person", "refused though right: step %s, %s", p->now.step,
               e->reason ? e->reason : "");
}

void person_passed(struct person *p)
{
    if (!p->now.active)
        return;
    p->stats.steps++;
    if (p->now.place[0] && !p->now.permitted && person_lying(p) != LYING_RIGHT)
        count_false_accept(p, "done");
    person_settle(p); /* what was passed is not held against the next step */
}

/* ---- expectations ---- */

static bool word_in(const struct journal_event *e, const char *word)
{
    const char *fields[] = {e->phase, e->result, e->reason, e->seen, e->seen_place, e->section};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (same(fields[i], word))
            return true;
    const char *key;
    json_t *value;
    if (json_is_object(e->detail)) {
        json_object_foreach(e->detail, key, value)
        {
            if (same(json_string_value(value), word))
                return true;
        }
    }
    return false;
}

static bool expected(const struct person *p, const struct scenario_expect *x, const struct journal_event *e)
{
    if (x->false_rejects || e->kind != x->kind)
        return false;
    if ((x->step[0] && !same(e->step, x->step)) || (x->seen[0] && !same(e->seen, x->seen)) ||
        (x->place[0] && !same(e->seen_place, x->place)))
        return false;
    for (int i = 0; i < x->word_count; i++)
        if (!word_in(e, x->word[i]))
            return false;
    return !x->before_mended || person_lying(p) != LYING_RIGHT;
}

void person_expect(struct person *p, const struct journal_event *e)
{
    for (int i = 0; p->scenario && i < p->scenario->expect_count; i++)
        p->hits[i] += expected(p, &p->scenario->expects[i], e);
}

static int line_out(FILE *out, const struct person *p, int line, const char *text)
{
    if (out && line > 0)
        fprintf(out, "%s:%d: %s\n", p->scenario->path, line, text);
    else if (out)
        fprintf(out, "%s\n", text);
    return 1;
}

static int unmet_expect(const struct person *p, int i, FILE *out)
{
    const struct scenario_expect *x = &p->scenario->expects[i];
    char text[512], words[SCENARIO_WORDS * (SCENARIO_ID + 1) + 1] = "";
    if (x->false_rejects) {
        if (p->stats.false_rejects <= x->at_most)
            return 0;
        snprintf(text, sizeof text, _("%d right placements were refused, at most %d are allowed"),
                 p->stats.false_rejects, x->at_most);
        return line_out(out, p, x->line, text);
    }
    if (x->no ? p->hits[i] == 0 : p->hits[i] > 0)
        return 0;
    for (int w = 0; w < x->word_count; w++)
        snprintf(words + strlen(words), sizeof words - strlen(words), " %s", x->word[w]);
    snprintf(text, sizeof text, x->no ? _("must not happen, and did: %s%s %s") : _("did not happen: %s%s %s"),
             x->kind_word, words, x->step);
    return line_out(out, p, x->line, text);
}

int person_unmet(const struct person *p, FILE *out)
{
    int n = 0;
    for (int i = 0; i < p->note_count && i < PERSON_NOTES; i++)
        n += line_out(out, p, 0, p->notes[i]);
    if (p->note_count > PERSON_NOTES)
        n += p->note_count - PERSON_NOTES;
    for (int i = 0; p->scenario && i < p->scenario->action_count; i++)
        if (!p->fired[i])
            n += line_out(out, p, p->scenario->actions[i].line, _("this did not come about"));
    for (int i = 0; p->scenario && i < p->scenario->expect_count; i++)
        n += unmet_expect(p, i, out);
    if (p->scenario && p->scenario->gives_up && !p->stats.gave_up)
        n += line_out(out, p, 0, _("the person did not have to give up"));
    return n;
}

void person_stats(const struct person *p, struct person_stats *out)
{
    *out = p->stats;
}
