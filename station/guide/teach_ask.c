#include "teach_ask.h"

#include "log.h"

#include <string.h>

#define LOOK_TRIES   8
#define CALM_S       5.0
#define GLANCE_S     2.0 /* a person who lays something has begun by then; */
#define GLANCE_MAX_S 30.0 /* twice as long each time: somebody who thinks is not disturbed */
#define NOBODY_S     120.0 /* at the pretend bench, where the script that pressed is gone */
#define TROUBLE_S    1.0 /* a hand is taken away, a light is switched on */
#define ASK_WORDS_Y_MM 62.0 /* as everywhere: before the person */
#define ASK_WORDS_MM 15.0
#define ASK_SMALL_MM 9.0

/* ---- presses ---- */

enum lw_msg teach_given_keep(struct teach_given *given, const struct press *p)
{
    switch (p->kind) {
    case PRESS_NAME:
        given->has_name = true;
        snprintf(given->name, sizeof given->name, "%s", p->text);
        return LW_OK;
    case PRESS_HEIGHT:
        given->has_height = true;
        given->height = p->number;
        return LW_OK;
    case PRESS_COUNT:
        given->has_count = true;
        given->count = p->number;
        return LW_OK;
    default:
        return LW_MSG_USAGE;
    }
}

static bool meant_an_open_question(const struct press *p)
{
    return p->kind == PRESS_NEXT || p->kind == PRESS_YES || p->kind == PRESS_NO || p->kind == PRESS_AGAIN ||
           p->kind == PRESS_HELP || p->kind == PRESS_BACK;
}

void teach_forget_presses(struct guide *g)
{
    struct press p, kept[GUIDE_PRESSES];
    int count = 0;
    while (g->press_file && g->press_count < GUIDE_PRESSES && press_file_next(g->press_file, &p))
        guide_push_press(g, &p);
    while (guide_press(g, &p))
        if (p.prepared || !meant_an_open_question(&p))
            kept[count++] = p;
    for (int i = 0; i < count; i++)
        guide_push_press(g, &kept[i]);
}

/* ---- showing and telling ---- */

static void add_words(struct guide *g, const char *text, double y_mm, double size_mm)
{
    if (!text || !*text)
        return;
    struct scene_item *it = scene_add(g->scene, SCENE_TEXT, SCENE_WHITE);
    it->points[0] = (struct bench_mm){g->bench_width_mm / 2, y_mm, 0};
    it->count = 1;
    it->size_mm = size_mm;
    it->wrap_mm = g->bench_width_mm * 0.8;
    snprintf(it->text, sizeof it->text, "%s", text);
}

static void draw(struct guide *g, const struct teach_question *q)
{
    char typed[160];
    scene_clear(g->scene);
    if (q->draw)
        q->draw(q->context);
    if (q->outline) {
        struct scene_item *it = scene_add(g->scene, SCENE_OUTLINE, SCENE_GUIDE);
        it->count = q->corners < SCENE_POINTS ? q->corners : SCENE_POINTS;
        memcpy(it->points, q->outline, sizeof *q->outline * (size_t)it->count);
        it->width_mm = 4;
    }
    if (q->pictogram) {
        struct scene_item *it = scene_add(g->scene, SCENE_PICTURE, SCENE_WHITE);
        it->points[0] = (struct bench_mm){g->bench_width_mm * 0.9, ASK_WORDS_Y_MM, 0};
        it->count = 1;
        it->size_mm = 60;
        snprintf(it->text, sizeof it->text, "%s/pictograms/%s.png", lw_assets_folder(), q->pictogram);
    }
    add_words(g, q->line, ASK_WORDS_Y_MM + 10, ASK_WORDS_MM);
    snprintf(typed, sizeof typed, "%s_", g->typing.text);
    add_words(g, g->typing.text[0] ? typed : q->more, ASK_WORDS_Y_MM - 25, ASK_SMALL_MM);
    guide_show(g);
}

static void tell(struct guide *g, struct teach_question *q)
{
    json_t *d = q->detail ? json_deep_copy(q->detail) : json_object();
    if (q->item)
        json_object_set_new(d, "item", json_string(q->item));
    if (q->carrier)
        json_object_set_new(d, "carrier", json_string(q->carrier));
    if (q->reason)
        json_object_set_new(d, "reason", json_string(q->reason));
    uint64_t newest = g->asks;
    if (q->id)
        g->asks = q->id - 1; /* the same question keeps its number */
    guide_ask(g, q->what, q->choices, q->outline, q->corners, d);
    q->id = g->asks;
    g->asks = newest > q->id ? newest : q->id;
}

static bool gone(const struct guide *g)
{
    return g->camera_lost || g->screen_lost;
}

static void wait_for_devices(struct guide *g)
{
    show_gone(g);
    while (!g->quit && gone(g))
        guide_tick(g);
}

/* ---- asking ---- */

static bool is_choice(const struct teach_question *q, enum press_kind kind)
{
    static const struct {
        enum press_kind kind;
        const char *word;
    } words[] = {{PRESS_NEXT, "next"}, {PRESS_BACK, "back"}, {PRESS_AGAIN, "again"}, {PRESS_UNDO, "undo"},
                 {PRESS_DONE, "done"}, {PRESS_YES, "yes"},   {PRESS_NO, "no"},       {PRESS_ASIDE, "aside"},
                 {PRESS_SKIP, "skip"}, {PRESS_OVERRIDE, "override"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].kind == kind) {
            size_t n = strlen(words[i].word);
            for (const char *p = strstr(q->choices, words[i].word); p; p = strstr(p + 1, words[i].word))
                if ((p == q->choices || p[-1] == ' ') && (p[n] == 0 || p[n] == ' '))
                    return true;
        }
    return false;
}

/* What was given for this question, before it was put or now. */
static bool take_given(const struct teach_question *q, struct teach_given *given, struct press *out)
{
    *out = (struct press){.kind = q->typed};
    if (q->typed == PRESS_NAME && given->has_name) {
        given->has_name = false;
        snprintf(out->text, sizeof out->text, "%s", given->name);
        return true;
    }
    if (q->typed == PRESS_HEIGHT && given->has_height) {
        given->has_height = false;
        out->number = given->height;
        return true;
    }
    if (q->typed == PRESS_COUNT && given->has_count) {
        given->has_count = false;
        out->number = given->count;
        return true;
    }
    return false;
}

static bool take_press(struct guide *g, const struct teach_question *q, struct teach_given *given, struct press *out)
{
    if (take_given(q, given, out))
        return true;
    while (guide_press(g, out)) {
        if (teach_given_keep(given, out) == LW_OK) {
            if (take_given(q, given, out))
                return true;
        } else if (is_choice(q, out->kind)) {
            return true;
        }
    }
    return false;
}

static double elapsed_s(const struct guide *g, int64_t since_ns)
{
    return (double)(clock_now_ns(&g->clock) - since_ns) / 1e9;
}

enum lw_msg teach_ask(struct guide *g, struct teach_question *q, struct teach_given *given, struct press *out,
                      struct lw_error *err)
{
    char typed[sizeof g->typing.text] = "";
    if (q->id == 0) /* put once more it is the same question: what was pressed during a look answers it */
        teach_forget_presses(g);
    g->typing = (struct press_typing){.kind = q->typed};
    draw(g, q);
    if (!q->glanced)
        tell(g, q);
    q->glanced = false;
    if (q->glance_s <= 0)
        q->glance_s = GLANCE_S;
    int64_t since_ns = clock_now_ns(&g->clock), put_ns = since_ns;
    while (!g->quit) {
        if (take_press(g, q, given, out))
            break;
        guide_tick(g);
        if (g->clock.is_virtual && press_file_ended(g->press_file) && elapsed_s(g, put_ns) > NOBODY_S)
            return lw_fail(err, LW_MSG_ENDED); /* nobody is there at all: it would ask for ever */
        if (gone(g)) {
            wait_for_devices(g);
            q->reason = "camera_back";
            draw(g, q);
            tell(g, q);
            since_ns = clock_now_ns(&g->clock);
        }
        *out = (struct press){0};
        if (q->bench && guide_settled(g, since_ns) && !g->seen.hand)
            break;
        if (q->glance && g->moved_ns <= since_ns && !g->seen.hand && elapsed_s(g, put_ns) > q->glance_s) {
            q->glance_s = fmin(2 * q->glance_s, GLANCE_MAX_S);
            q->glanced = true;
            break;
        }
        out->kind = PRESS_NEXT;
        if (q->patience_s > 0 && elapsed_s(g, put_ns) > q->patience_s)
            break;
        if (strcmp(typed, g->typing.text) != 0) {
            memcpy(typed, g->typing.text, sizeof typed);
            draw(g, q);
        }
    }
    g->typing = (struct press_typing){0};
    return g->quit ? lw_fail(err, LW_MSG_ENDED) : LW_OK;
}

/* ---- looking ---- */

enum lw_msg teach_look(struct guide *g, const struct guide_light *light, struct guide_look *out, struct lw_error *err)
{
    *out = (struct guide_look){.trouble = REASON_STALE};
    for (int i = 0; i < LOOK_TRIES && !g->quit; i++) {
        guide_look_finish(out);
        guide_wait_calm(g, CALM_S);
        if (!gone(g) && guide_take_look(g, light, out)) {
            if (out->trouble == REASON_NONE)
                return LW_OK;
            show_trouble(g, out->trouble);
            guide_wait(g, TROUBLE_S);
            continue;
        }
        guide_look_finish(out);
        out->trouble = REASON_STALE; /* a pause of the camera is no end of the session */
        if (gone(g))
            wait_for_devices(g);
    }
    return g->quit ? lw_fail(err, LW_MSG_ENDED) : LW_OK;
}
