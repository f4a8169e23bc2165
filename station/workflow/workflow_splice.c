#include "workflow_edit.h"

#include <stdlib.h>
#include <string.h>

/* ---- replacing text ---- */

static char *spliced(const char *text, const struct splice *s)
{
    size_t n = strlen(text), cut = (size_t)(s->end - s->start), added = strlen(s->text);
    char *out = malloc(n - cut + added + 1);
    if (!out)
        return NULL;
    memcpy(out, text, (size_t)s->start);
    memcpy(out + s->start, s->text, added);
    memcpy(out + s->start + added, text + s->end, n - (size_t)s->end + 1);
    return out;
}

/* Later ones first, so that the earlier ones' places stay true; of two at one place the later in the list stands behind. */
static int latest(const struct splice *splices, const bool *done, int count)
{
    int best = -1;
    for (int i = 0; i < count; i++)
        if (!done[i] && (best < 0 || splices[i].start >= splices[best].start))
            best = i;
    return best;
}

#define SPLICES_MAX 8

static void put_back(struct source *s, char **kept, int count)
{
    for (int i = 0; i < count; i++)
        if (kept[i]) {
            free(s->files[i].text);
            s->files[i].text = kept[i];
        }
}

static enum lw_msg make_all(struct source *s, const struct splice *splices, int count, char **kept,
                            struct lw_error *err)
{
    bool done[SPLICES_MAX] = {false};
    for (int i; (i = latest(splices, done, count)) >= 0; done[i] = true) {
        struct source_file *f = &s->files[splices[i].file];
        char *text = spliced(f->text, &splices[i]);
        if (!text)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        if (kept[splices[i].file])
            free(f->text);
        else
            kept[splices[i].file] = f->text;
        f->text = text;
    }
    return LW_OK;
}

enum lw_msg workflow_edit_splice(struct workflow_edit *e, const struct splice *splices, int count,
                                 struct lw_error *err)
{
    struct source *s = &e->source;
    struct lw_error unheard;
    int files = s->file_count;
    char **kept = calloc((size_t)files, sizeof *kept);
    if (!kept)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = make_all(s, splices, count, kept, err);
    if (!rc)
        rc = source_parse(s, &e->files, err);
    if (rc) {
        put_back(s, kept, files);
        source_parse(s, &e->files, &unheard);
    } else {
        for (int i = 0; i < files; i++)
            free(kept[i]);
    }
    free(kept);
    return rc;
}

/* ---- paths ---- */

static int element_called(const struct source *s, int list, const char *id, size_t n)
{
    if (n > 1 && *id == '#') {
        char *end;
        long index = strtol(id + 1, &end, 10);
        return end == id + n && index >= 0 && index < s->nodes[list].count ? source_child(s, list, (int)index) : -1;
    }
    static const char *const keys[] = {"id", "place", "section"};
    for (int i = s->nodes[list].child; i >= 0; i = s->nodes[i].next)
        for (int k = 0; k < 3; k++) {
            if (s->nodes[i].kind == NODE_GROUP && source_says(s, i, keys[k], id, n))
                return i;
            if (s->nodes[i].kind == NODE_GROUP && source_member(s, i, keys[k], strlen(keys[k])) >= 0)
                break; /* its name is the first of the three that it has */
        }
    return -1;
}

static int walk(const struct source *s, const char *path)
{
    int node = 0;
    for (const char *p = path; *p && node >= 0;) {
        size_t n = strcspn(p, ".[");
        node = s->nodes[node].kind == NODE_GROUP ? source_member(s, node, p, n) : -1;
        p += n;
        while (*p == '[' && node >= 0) {
            n = strcspn(p, "]");
            if (!p[n] || s->nodes[node].kind == NODE_GROUP || s->nodes[node].kind == NODE_SCALAR)
                return -1;
            node = element_called(s, node, p + 1, n - 1);
            p += n + 1;
        }
        if (*p == '.' && p[1])
            p++;
        else if (*p)
            return -1;
    }
    return node;
}

int workflow_edit_node(const struct workflow_edit *e, const char *path, struct lw_error *err)
{
    int node = walk(&e->source, path);
    if (node < 0)
        lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, path);
    return node;
}

bool workflow_edit_find(const struct workflow_edit *e, const char *path, int *file, int *line)
{
    int node = walk(&e->source, path);
    if (node <= 0)
        return false;
    const struct source_node *n = &e->source.nodes[node];
    const struct source_token *t = &e->source.tokens[n->name >= 0 ? n->name : n->first];
    *file = t->file;
    *line = t->line;
    return true;
}
