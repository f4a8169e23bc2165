/* The owner's side: what is known of the bench goes into the mailbox, wishes come out of it. */
#include "web_parts.h"

#include "scene.h"

#include <stdlib.h>
#include <string.h>

#define OUTLINE_MM 4.0
#define WORDS_MM   12.0
#define WORDS_Y_MM 40.0

void web_mailbox_post(struct web *w, struct web_projection *taken_over)
{
    pthread_mutex_lock(&w->mailbox.lock);
    free(w->mailbox.wanted);
    w->mailbox.wanted = taken_over;
    pthread_mutex_unlock(&w->mailbox.lock);
}

struct web_bench web_mailbox_bench(struct web *w)
{
    pthread_mutex_lock(&w->mailbox.lock);
    struct web_bench b = w->mailbox.bench;
    pthread_mutex_unlock(&w->mailbox.lock);
    return b;
}

/* Sessions rebuild their scene as a whole; ours stands at its end, and is gone once it is no longer there. */
static bool take_back(struct web_mailbox *m, struct guide *g)
{
    bool there = m->shown_to > m->shown_from && g->scene->count == m->shown_to;
    if (there)
        g->scene->count = m->shown_from;
    m->shown_from = m->shown_to = 0;
    return there;
}

static void add_words(struct guide *g, const char *text)
{
    struct scene_item *it = scene_add(g->scene, SCENE_TEXT, SCENE_WHITE);
    it->points[0] = (struct bench_mm){g->bench_width_mm / 2, WORDS_Y_MM, 0};
    it->count = 1;
    it->size_mm = WORDS_MM;
    it->wrap_mm = g->bench_width_mm * 0.8;
    snprintf(it->text, sizeof it->text, "%s", text);
}

static void show(struct web_mailbox *m, struct guide *g, const struct web_projection *p)
{
    take_back(m, g);
    m->shown_from = g->scene->count;
    for (int i = 0; i < p->count && g->scene->count < SCENE_MAX - 1; i++) {
        struct scene_item *it =
            scene_add(g->scene, SCENE_OUTLINE, p->outlines[i].source ? SCENE_ATTENTION : SCENE_GUIDE);
        it->count = p->outlines[i].count;
        memcpy(it->points, p->outlines[i].points, sizeof *it->points * (size_t)it->count);
        it->width_mm = OUTLINE_MM;
    }
    if (p->text[0] && g->scene->count < SCENE_MAX - 1)
        add_words(g, p->text);
    m->shown_to = g->scene->count;
    guide_show(g);
}

void web_tick(struct web *w, struct guide *g)
{
    struct web_mailbox *m = &w->mailbox;
    bool packing = g->kit[0] != 0 || g->screen_taken;
    if (pthread_mutex_trylock(&m->lock) != 0)
        return; /* the next tick comes soon */
    m->bench = (struct web_bench){g->bench_width_mm, g->bench_depth_mm, g->calibrated,
                                  packing,           g->camera_lost,    g->calibration.model};
    struct web_projection *wanted = m->wanted;
    m->wanted = NULL;
    pthread_mutex_unlock(&m->lock);
    if (wanted && !packing)
        show(m, g, wanted);
    else if (m->shown_to > m->shown_from && !packing && !web_live_watched(&w->live) && take_back(m, g))
        guide_show(g); /* the page was closed: nothing of it stays on the bench */
    free(wanted);
}

void web_seen(struct web *w, const struct guide *g)
{
    if (g->frame)
        web_live_offer(&w->live, g->frame, g->calibrated ? &g->calibration.model : NULL);
}
