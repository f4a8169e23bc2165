#include "diff.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT 3

struct lines {
    const char **at;
    int *length;
    int count;
};

struct step {
    char kind;     /* ' ', '-', '+' */
    int a, b;      /* lines */
};

struct script {
    struct step *steps;
    int count;
};

static bool split(const char *text, struct lines *out)
{
    int n = 0;
    for (const char *p = text; *p; n++)
        p += strcspn(p, "\n"), p += *p == '\n';
    *out = (struct lines){calloc((size_t)n + 1, sizeof *out->at), calloc((size_t)n + 1, sizeof *out->length), n};
    for (int i = 0; out->at && out->length && i < n; i++) {
        out->at[i] = text;
        out->length[i] = (int)strcspn(text, "\n");
        text += out->length[i] + 1;
    }
    return out->at && out->length;
}

static void finish(struct lines *l)
{
    free(l->at);
    free(l->length);
}

static bool same(const struct lines *a, int i, const struct lines *b, int j)
{
    return a->length[i] == b->length[j] && memcmp(a->at[i], b->at[j], (size_t)a->length[i]) == 0;
}

/* The furthest reaching paths of d = 0, 1, … edits are kept, to walk back along them. */
struct walk {
    const struct lines *a, *b;
    int *trace; /* row d: x of diagonals -d … d, at d * d + d + k */
    int d;      /* edits needed, -1: more than the maximum */
};

static int *cell(struct walk *w, int d, int k)
{
    return &w->trace[d * d + d + k];
}

static bool steps_down(struct walk *w, int d, int k)
{
    return k == -d || (k != d && *cell(w, d - 1, k - 1) < *cell(w, d - 1, k + 1));
}

static bool search(struct walk *w)
{
    int most = w->a->count + w->b->count < DIFF_EDITS_MAX ? w->a->count + w->b->count : DIFF_EDITS_MAX;
    for (w->d = 0; w->d <= most; w->d++) {
        int *grown = realloc(w->trace, sizeof *grown * (size_t)(w->d + 1) * (size_t)(w->d + 1));
        if (!grown)
            return false;
        w->trace = grown;
        for (int k = -w->d; k <= w->d; k += 2) {
            int x = w->d == 0 ? 0 : steps_down(w, w->d, k) ? *cell(w, w->d - 1, k + 1) : *cell(w, w->d - 1, k - 1) + 1;
            while (x < w->a->count && x - k < w->b->count && x - k >= 0 && same(w->a, x, w->b, x - k))
                x++;
            *cell(w, w->d, k) = x;
            if (x >= w->a->count && x - k >= w->b->count)
                return true;
        }
    }
    w->d = -1;
    return true;
}

/* From the end to the begin, so the script is filled backwards. */
static void walk_back(struct walk *w, struct script *s)
{
    int x = w->a->count, y = w->b->count, n = s->count;
    for (int d = w->d; d >= 0; d--) {
        bool down = d > 0 && steps_down(w, d, x - y);
        int from = d == 0 ? 0 : down ? *cell(w, d - 1, x - y + 1) : *cell(w, d - 1, x - y - 1) + 1;
        while (x > from)
            s->steps[--n] = (struct step){' ', --x, --y};
        if (d > 0)
            s->steps[--n] = down ? (struct step){'+', x, --y} : (struct step){'-', --x, y};
    }
    memmove(s->steps, s->steps + n, sizeof *s->steps * (size_t)(s->count - n));
    s->count -= n;
}

static void all_new(const struct lines *a, const struct lines *b, struct script *s)
{
    s->count = 0;
    for (int i = 0; i < a->count; i++)
        s->steps[s->count++] = (struct step){'-', i, 0};
    for (int j = 0; j < b->count; j++)
        s->steps[s->count++] = (struct step){'+', a->count, j};
}

static json_t *hunks(const struct lines *a, const struct lines *b, const struct script *s)
{
    json_t *list = json_array(), *lines = NULL;
    int until = -1; /* steps up to here belong to the open hunk */
    for (int i = 0; i < s->count; i++) {
        int near = i;
        while (near < s->count && near - i <= CONTEXT && s->steps[near].kind == ' ')
            near++;
        bool near_change = near < s->count && near - i <= CONTEXT && s->steps[near].kind != ' ';
        if (s->steps[i].kind != ' ')
            until = i + CONTEXT;
        if (!near_change && i > until) {
            lines = NULL;
            continue;
        }
        const struct step *t = &s->steps[i];
        if (!lines) {
            lines = json_array();
            json_array_append_new(list, json_pack("{s:i,s:i,s:o}", "old", t->a + 1, "new", t->b + 1, "lines", lines));
        }
        const char *text = t->kind == '+' ? b->at[t->b] : a->at[t->a];
        int length = t->kind == '+' ? b->length[t->b] : a->length[t->a];
        const char kind[2] = {t->kind, 0};
        json_array_append_new(lines, json_pack("[s,s%]", kind, text, (size_t)length));
    }
    return list;
}

json_t *diff_texts(const char *a, const char *b)
{
    struct lines la, lb;
    json_t *out = NULL;
    bool good = split(a, &la);
    good &= split(b, &lb);
    struct walk w = {&la, &lb, NULL, -1};
    struct script s = {calloc((size_t)(la.count + lb.count) + 1, sizeof *s.steps), la.count + lb.count};
    if (good && s.steps && s.count <= DIFF_LINES_MAX && search(&w)) {
        if (w.d >= 0)
            walk_back(&w, &s);
        else
            all_new(&la, &lb, &s);
        out = hunks(&la, &lb, &s);
    }
    free(s.steps);
    free(w.trace);
    finish(&la);
    finish(&lb);
    return out;
}
