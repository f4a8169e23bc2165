#include "scenario.h"

#include "config.h"
#include "person.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX  24
#define LONGEST_MS 600000.0 /* ten minutes: longer than any kit step waits */
#define FARTHEST   10000.0  /* mm, degrees: beyond any bench */

struct word {
    char text[SCENARIO_ID];
    bool quoted;
};

/* A line taken apart, and where problems go. */
struct line {
    struct word words[WORDS_MAX];
    int count, number;
    const char *path;
    struct lw_problems *problems;
};

/* Forms: NAME an item or place, NUMBER, TEXT a word or "several words"; all else stands as it is. */
struct form {
    const char *form;
    enum scenario_do what;
};

static const struct form actions[] = {
    {"instead put NAME", DO_INSTEAD},
    {"foreign NAME", DO_FOREIGN},
    {"turned NUMBER", DO_TURNED},
    {"flipped", DO_FLIPPED},
    {"mirrored", DO_FLIPPED},
    {"into slot NAME", DO_SLOT},
    {"offset NUMBER mm NUMBER mm", DO_OFFSET},
    {"rotate NUMBER", DO_ROTATE},
    {"twice", DO_TWICE},
    {"twice on top", DO_TWICE_ON_TOP},
    {"knock out NAME", DO_KNOCK_OUT},
    {"also put NAME in NAME", DO_ALSO_IN},
    {"also put NAME at NUMBER mm NUMBER mm", DO_ALSO_AT},
    {"forget", DO_FORGET},
    {"forget press next", DO_FORGET_NEXT},
    {"hand stays NUMBER ms", DO_HAND_STAYS},
    {"unplug camera NUMBER ms", DO_UNPLUG},
    {"freeze camera NUMBER ms", DO_FREEZE},
    {"black camera NUMBER ms", DO_BLACK},
    {"overexpose camera NUMBER ms", DO_OVEREXPOSE},
    {"stall camera NUMBER ms", DO_STALL},
    {"blind camera", DO_BLIND},
    {"lights out NUMBER ms", DO_LIGHTS_OUT},
    {"light NAME", DO_LIGHT},
    {"ambient NUMBER", DO_AMBIENT},
    {"knock camera NUMBER mm NUMBER deg", DO_KNOCK_CAMERA},
    {"knock projector NUMBER deg", DO_KNOCK_PROJECTOR},
    {"push case NUMBER mm NUMBER deg", DO_PUSH_CASE},
    {"put aside", DO_ASIDE},
    {"help", DO_HELP},
    {"pause NUMBER ms", DO_PAUSE},
    {"back", DO_BACK},
    {"override TEXT", DO_OVERRIDE},
    {"skip TEXT", DO_SKIP},
    {"press TEXT", DO_PRESS},
};
#define ACTIONS ((int)(sizeof actions / sizeof actions[0]))

/* ---- words ---- */

static bool split(struct line *l, const char *p)
{
    l->count = 0;
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (!*p || *p == '#')
            return true;
        if (l->count == WORDS_MAX)
            return false;
        struct word *w = &l->words[l->count++];
        w->quoted = *p == '"';
        size_t length = w->quoted ? strcspn(++p, "\"\n") : *p == ':' ? 1 : strcspn(p, " \t\r\n:#");
        if (length >= sizeof w->text || (w->quoted && p[length] != '"'))
            return false;
        memcpy(w->text, p, length);
        w->text[length] = 0;
        p += length + (w->quoted ? 1 : 0);
    }
}

static const char *word_at(const struct line *l, int i)
{
    return i < l->count ? l->words[i].text : "";
}

static bool is(const struct line *l, int i, const char *text)
{
    return i < l->count && !l->words[i].quoted && strcmp(l->words[i].text, text) == 0;
}

static bool is_name(const char *text)
{
    return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")];
}

static bool number_at(const struct line *l, int i, double *out)
{
    char *end = NULL;
    const char *text = word_at(l, i);
    *out = strtod(text, &end);
    return *text && !*end && isfinite(*out);
}

static void copy(char *to, const char *from)
{
    snprintf(to, SCENARIO_ID, "%s", from);
}

static void complain(const struct line *l, const char *word, const char *const *words, int count)
{
    const char *nearest = config_nearest(word, words, count);
    if (nearest)
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_NEAREST, word, nearest);
    else
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_WORD, word);
}

static const char *const lights[] = {"easy", "office", "dim", "bright", "window"};
static const char *const hands[] = {"bare", "blue", "white"};
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static int find(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* ---- at …: actions ---- */

/* One word of a form against one word of the line; fills the action. */
static bool match_word(const struct line *l, int i, const char *form, size_t length, int used[2],
                       struct scenario_action *a)
{
    if (length == 4 && strncmp(form, "NAME", length) == 0) {
        if (!is_name(word_at(l, i)))
            return false;
        copy(a->word[used[0]++], word_at(l, i));
        return true;
    }
    if (length == 6 && strncmp(form, "NUMBER", length) == 0)
        return number_at(l, i, &a->number[used[1]++]);
    if (length == 4 && strncmp(form, "TEXT", length) == 0) {
        copy(a->text, word_at(l, i));
        return a->text[0] != 0;
    }
    return i < l->count && strlen(word_at(l, i)) == length && strncmp(word_at(l, i), form, length) == 0;
}

/* How many words of the form fit from word `first` on; *whole when all of the form and of the line do. */
static int match_form(const struct line *l, int first, int end, const struct form *f,
                      struct scenario_action *a, bool *whole)
{
    int i = first, used[2] = {0, 0};
    *a = (struct scenario_action){.what = f->what};
    for (const char *p = f->form; *p;) {
        size_t length = strcspn(p, " ");
        if (i >= end || !match_word(l, i, p, length, used, a)) {
            *whole = false;
            return i - first;
        }
        i++;
        p += length + strspn(p + length, " ");
    }
    *whole = i == end;
    return i - first;
}

static void complain_action(const struct line *l, int first, int best_match, const struct form *best)
{
    const char *firsts[ACTIONS];
    char store[ACTIONS][SCENARIO_ID];
    if (best_match > 0) {
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM, best->form);
        return;
    }
    for (int i = 0; i < ACTIONS; i++) {
        snprintf(store[i], sizeof store[i], "%.*s", (int)strcspn(actions[i].form, " "), actions[i].form);
        firsts[i] = store[i];
    }
    complain(l, word_at(l, first), firsts, ACTIONS);
}

static bool values_known(const struct line *l, const struct scenario_action *a, const char *form)
{
    if (a->what == DO_LIGHT && find(lights, COUNT(lights), a->word[0]) < 0) {
        complain(l, a->word[0], lights, COUNT(lights));
        return false;
    }
    bool time = strstr(form, " ms") != NULL;
    double limit = time ? LONGEST_MS : FARTHEST;
    for (int i = 0; i < 2; i++)
        if (fabs(a->number[i]) > limit || (time && a->number[i] < 0)) {
            problems_error(l->problems, l->path, l->number, LW_MSG_KEY_RANGE, form, a->number[i],
                           time ? 0.0 : -limit, limit);
            return false;
        }
    return true;
}

static bool read_action(const struct line *l, int first, struct scenario_action *out)
{
    int end = l->count, best_match = 0;
    bool still_right = end - first > 2 && is(l, end - 2, "still") && is(l, end - 1, "right");
    end -= still_right ? 2 : 0;
    const struct form *best = &actions[0];
    for (int i = 0; i < ACTIONS; i++) {
        struct scenario_action a;
        bool whole;
        int n = match_form(l, first, end, &actions[i], &a, &whole);
        if (whole) {
            *out = a;
            out->still_right = still_right;
            return values_known(l, &a, actions[i].form);
        }
        if (n > best_match) {
            best_match = n;
            best = &actions[i];
        }
    }
    complain_action(l, first, best_match, best);
    return false;
}

static void read_at(struct scenario *s, const struct line *l)
{
    struct scenario_action a = {0}, head = {0};
    int i = 1;
    if (is(l, i, "start")) {
        head.when = WHEN_START;
        i++;
    } else if (is(l, i, "step") && is_name(word_at(l, i + 1))) {
        head.when = is(l, i + 2, "laid") ? WHEN_LAID : WHEN_STEP;
        copy(head.step, word_at(l, i + 1));
        i += head.when == WHEN_LAID ? 3 : 2;
    }
    if (!head.when || !is(l, i, ":")) {
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM,
                       "at start: …, at step NAME: …, at step NAME laid: …");
        return;
    }
    if (!read_action(l, i + 1, &a))
        return;
    bool mistake = scenario_do_is_mistake(a.what);
    if ((mistake && head.when != WHEN_STEP && a.what != DO_ALSO_AT) || (a.still_right && !mistake)) {
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_MOMENT, word_at(l, i + 1));
        return;
    }
    a.when = head.when;
    a.line = l->number;
    copy(a.step, head.step);
    struct scenario_action *grown = realloc(s->actions, sizeof *grown * (size_t)(s->action_count + 1));
    if (!grown)
        return;
    s->actions = grown;
    s->actions[s->action_count++] = a;
}

/* ---- expect … ---- */

static const char *const results[] = {"accept", "refuse", "cannot_tell", "confirm"};
static const char *const reasons[] = {"missing",   "other_item", "turned", "mirrored", "too_many",
                                      "elsewhere", "unknown",    "hand",   "dark",     "glare",
                                      "blurred",   "moved",      "stale"};
static const char *const kinds[] = {"start", "kit",      "step",   "look",        "verdict", "ask",
                                    "help",  "override", "device", "calibration", "end"};
/* "accept …" alone means a verdict. Returns the next word's index, or -1 after a complaint. */
static int read_kind(const struct line *l, int i, struct scenario_expect *e)
{
    int k = find(kinds, COUNT(kinds), word_at(l, i));
    if (k >= 0)
        i++;
    else if (find(results, COUNT(results), word_at(l, i)) >= 0)
        k = find(kinds, COUNT(kinds), "verdict");
    else {
        complain(l, word_at(l, i), kinds, COUNT(kinds));
        return -1;
    }
    e->kind = (enum journal_kind)(EVENT_START + k);
    e->kind_word = kinds[k];
    return i;
}

static bool verdict_words_known(const struct line *l, const struct scenario_expect *e)
{
    if (e->kind != EVENT_VERDICT)
        return true;
    for (int i = 0; i < e->word_count; i++) {
        const char *const *words = i == 0 ? results : reasons;
        int count = i == 0 ? COUNT(results) : COUNT(reasons);
        if (find(words, count, e->word[i]) < 0) {
            complain(l, e->word[i], words, count);
            return false;
        }
    }
    return true;
}

/* at STEP, seen ITEM, in PLACE, before mended; any other word must be found in the event. */
static bool read_expect_tail(const struct line *l, int i, struct scenario_expect *e)
{
    for (; i < l->count; i++) {
        const char *next = word_at(l, i + 1);
        if (is(l, i, "at") && is_name(next))
            copy(e->step, word_at(l, ++i));
        else if (is(l, i, "seen") && is_name(next))
            copy(e->seen, word_at(l, ++i));
        else if (is(l, i, "in") && is_name(next))
            copy(e->place, word_at(l, ++i));
        else if (is(l, i, "before") && strcmp(next, "mended") == 0 && e->no) {
            e->before_mended = true;
            i++;
        } else if (is_name(word_at(l, i)) && e->word_count < SCENARIO_WORDS) {
            copy(e->word[e->word_count++], word_at(l, i));
        } else {
            problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM,
                           "expect [no] EVENT [WORD…] [at STEP] [seen ITEM] [in PLACE] [before mended]");
            return false;
        }
    }
    return verdict_words_known(l, e);
}

static bool read_at_most(const struct line *l, struct scenario_expect *e)
{
    double n;
    if (l->count == 6 && is(l, 2, "most") && number_at(l, 3, &n) && n >= 0 && n < 1e6 && is(l, 4, "false") &&
        is(l, 5, "rejects")) {
        e->false_rejects = true;
        e->at_most = (int)n;
        return true;
    }
    problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM,
                   "expect at most NUMBER false rejects");
    return false;
}

static void read_expect(struct scenario *s, const struct line *l)
{
    struct scenario_expect e = {.line = l->number};
    if (l->count == 3 && is(l, 1, "giving") && is(l, 2, "up")) {
        s->gives_up = true;
        return;
    }
    if (is(l, 1, "at")) {
        if (!read_at_most(l, &e))
            return;
    } else {
        e.no = is(l, 1, "no");
        int i = read_kind(l, e.no ? 2 : 1, &e);
        if (i < 0 || !read_expect_tail(l, i, &e))
            return;
    }
    struct scenario_expect *grown = realloc(s->expects, sizeof *grown * (size_t)(s->expect_count + 1));
    if (!grown)
        return;
    s->expects = grown;
    s->expects[s->expect_count++] = e;
}

/* ---- lines that hold throughout ---- */

static void read_light(struct scenario *s, const struct line *l)
{
    if (find(lights, COUNT(lights), word_at(l, 1)) < 0 || l->count != 2)
        complain(l, word_at(l, 1), lights, COUNT(lights));
    else
        copy(s->light, word_at(l, 1));
}

static void read_seed(struct scenario *s, const struct line *l)
{
    double n;
    if (l->count != 2 || !number_at(l, 1, &n) || n < 1 || n > 1e15)
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM, "seed NUMBER");
    else
        s->seed = (uint64_t)n;
}

static void read_hands(struct scenario *s, const struct line *l)
{
    int g = find(hands, COUNT(hands), word_at(l, 1));
    if (g < 0 || l->count != 2)
        complain(l, word_at(l, 1), hands, COUNT(hands));
    else
        s->glove = g;
}

static void read_held(struct scenario *s, const struct line *l)
{
    struct scenario_held *grown = realloc(s->held, sizeof *grown * (size_t)(s->held_count + 1));
    if (l->count != 5 || !is(l, 3, "in") || !is_name(word_at(l, 2)) || !is_name(word_at(l, 4))) {
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM, "case holds ITEM in PLACE");
        s->held = grown ? grown : s->held;
        return;
    }
    if (!grown)
        return;
    s->held = grown;
    copy(s->held[s->held_count].item, word_at(l, 2));
    copy(s->held[s->held_count++].place, word_at(l, 4));
}

static void read_case(struct scenario *s, const struct line *l)
{
    if (is(l, 1, "holds")) {
        read_held(s, l);
        return;
    }
    static const struct form form = {"off NUMBER mm NUMBER mm", DO_OFFSET};
    struct scenario_action a;
    bool whole = false;
    double turn = 0;
    bool turned = l->count == 8 && is(l, 7, "deg") && number_at(l, 6, &turn);
    match_form(l, 1, turned ? 6 : l->count, &form, &a, &whole);
    if (!whole || fabs(a.number[0]) > FARTHEST || fabs(a.number[1]) > FARTHEST || fabs(turn) > 360) {
        problems_error(l->problems, l->path, l->number, LW_MSG_SCENARIO_FORM,
                       "case off NUMBER mm NUMBER mm [NUMBER deg]");
        return;
    }
    s->case_off_mm[0] = a.number[0];
    s->case_off_mm[1] = a.number[1];
    s->case_off_deg = turn;
}

static void read_line(struct scenario *s, const struct line *l)
{
    static const struct {
        const char *word;
        void (*read)(struct scenario *s, const struct line *l);
    } table[] = {{"at", read_at},     {"expect", read_expect}, {"light", read_light},
                 {"seed", read_seed}, {"hands", read_hands},   {"case", read_case}};
    const char *words[COUNT(table)];
    for (int i = 0; i < COUNT(table); i++) {
        if (is(l, 0, table[i].word)) {
            table[i].read(s, l);
            return;
        }
        words[i] = table[i].word;
    }
    complain(l, word_at(l, 0), words, COUNT(table));
}

/* ---- files ---- */

static void read_lines(struct scenario *s, FILE *f, struct lw_problems *problems)
{
    struct line l = {.path = s->path, .problems = problems};
    char *text = NULL;
    size_t size = 0;
    long total = 0;
    for (ssize_t n; (n = getline(&text, &size, f)) >= 0;) {
        l.number++;
        total += n;
        if (total > CONFIG_MAX_BYTES) {
            problems_error(problems, s->path, l.number, LW_MSG_FILE_TOO_BIG, s->path, total);
            break;
        }
        if (memchr(text, 0, (size_t)n) || !split(&l, text))
            problems_error(problems, s->path, l.number, LW_MSG_SCENARIO_LINE);
        else if (l.count > 0)
            read_line(s, &l);
    }
    free(text);
}

enum lw_msg scenario_load(struct scenario **out, const char *path, struct lw_problems *problems)
{
    *out = NULL;
    int before = problems->count, errors = problems->errors;
    FILE *f = fopen(path, "r");
    struct scenario *s = calloc(1, sizeof *s);
    if (!s) {
        problems_error(problems, NULL, 0, LW_MSG_NO_MEMORY);
    } else if (!f) {
        problems_error(problems, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    } else {
        snprintf(s->path, sizeof s->path, "%s", path);
        read_lines(s, f, problems);
        if (ferror(f))
            problems_error(problems, path, 0, LW_MSG_FILE_OPEN, path, strerror(EIO));
    }
    if (f)
        fclose(f);
    if (problems->errors == errors && s) {
        *out = s;
        return LW_OK;
    }
    scenario_destroy(&s);
    return before < problems->count ? problems->items[before].error.id : LW_MSG_SCENARIO_LINE;
}

void scenario_destroy(struct scenario **s)
{
    if (!*s)
        return;
    free((*s)->actions);
    free((*s)->expects);
    free((*s)->held);
    free(*s);
    *s = NULL;
}

const char *scenario_light(const struct scenario *s)
{
    return s && s->light[0] ? s->light : NULL;
}

uint64_t scenario_seed(const struct scenario *s)
{
    return s ? s->seed : 0;
}
