/* Elements of lists put in, taken out, moved: with their notes, their commas, and their sisters' layout. */
#include "workflow_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 4

/* An element and what belongs to it: [lead, body) blanks and notes above, [body, body_end) the element,
 * then perhaps a comma, then a note up to `end`. All in one file. */
struct piece {
    int file;
    long lead, body, body_end, comma, end; /* comma -1: none */
};

/* Where the notes above a token begin: behind what stands before it in its file, and behind that one's own note. */
static long lead_of(const struct workflow_edit *e, int index)
{
    const struct source_token *t = edit_token(e, index), *before = NULL;
    for (int i = index - 1; i >= 0 && !before; i--)
        if (edit_token(e, i)->file == t->file)
            before = edit_token(e, i);
    if (!before || before->end > t->start)
        return 0; /* the same file may be read in more than once */
    long past = layout_past_note(edit_text(e, t->file), before->end);
    return past < t->start ? past : before->end;
}

/* False: the element lies in more than one file. */
static bool piece_of(const struct workflow_edit *e, int node, struct piece *p)
{
    const struct source_node *n = &e->source.nodes[node];
    const struct source_token *first = edit_token(e, n->first), *last = edit_token(e, n->last);
    const struct source_token *comma = n->stop >= 0 ? edit_token(e, n->stop) : NULL;
    if (first->file != last->file || (comma && comma->file != first->file))
        return false;
    const char *text = edit_text(e, first->file);
    *p = (struct piece){first->file, lead_of(e, n->first), first->start, last->end, comma ? comma->start : -1, 0};
    p->end = layout_past_note(text, comma ? comma->end : last->end);
    return true;
}

/* A note right above the element, in [lead, body): where it begins, at its line's start; `body`: there is none. Notes
 * that a blank line parts from it are a heading, and stay. */
static long own_notes(const char *text, const struct piece *p)
{
    long start = p->body, from = p->body;
    while (from > p->lead) {
        long line = from; /* start of the line above `from` */
        while (line > p->lead && text[line - 1] != '\n')
            line--;
        if (from == p->body && !layout_first_on_line(text, from))
            return layout_has_note(text, p->lead, p->body) ? p->lead : p->body;
        if (from != p->body && !layout_has_note(text, line, from))
            break;
        start = line;
        from = line > p->lead ? line - 1 : p->lead;
    }
    return layout_has_note(text, start, p->body) ? start : p->body;
}

/* The blanks that part an element from what stands before it: those of its line, or one blank. */
static char *gap_of(const struct workflow_edit *e, int list, int index)
{
    struct piece p;
    int node = source_child(&e->source, list, index), count = e->source.nodes[list].count;
    char *gap = NULL;
    if (node < 0 || !piece_of(e, node, &p))
        return strdup(" ");
    const char *text = edit_text(e, p.file);
    bool open = memchr(text + p.lead, '\n', (size_t)(p.body - p.lead)) != NULL || p.lead == 0;
    if (!open && index == 0 && count > 1)
        return gap_of(e, list, 1);
    const struct source_node *n = &e->source.nodes[list];
    const struct source_token *close = edit_token(e, n->last);
    bool tall = count == 1 && (close->file != p.file || memchr(text + p.body, '\n', (size_t)(close->start - p.body)));
    if (asprintf(&gap, open || tall ? "\n%*s" : " ", layout_column(text, p.body), "") < 0)
        return NULL;
    return gap;
}

static int index_of(const struct workflow_edit *e, int node)
{
    int index = 0;
    for (int i = e->source.nodes[e->source.nodes[node].parent].child; i != node; i = e->source.nodes[i].next)
        index++;
    return index;
}

/* ---- taking out ---- */

/* The blanks before an element go with it: those of the next one stand behind. But a note before it must not swallow
 * what stands behind it on the line. */
static long start_of_cut(const char *text, const struct piece *p)
{
    long start = own_notes(text, p), line_end = -1;
    while (start > p->lead && strchr(" \t\r\n", text[start - 1])) {
        start--;
        line_end = text[start] == '\n' ? start : line_end;
    }
    bool rest = text[p->end] && text[p->end] != '\n';
    return rest && line_end >= 0 ? line_end + 1 : start;
}

static enum lw_msg take_out(struct workflow_edit *e, int node, const char *path, struct lw_error *err)
{
    int parent = e->source.nodes[node].parent, index = index_of(e, node);
    struct piece p, before;
    if (!piece_of(e, node, &p))
        return edit_refuse_split(path, err);
    const char *text = edit_text(e, p.file);
    long start = start_of_cut(text, &p);
    struct splice s[2] = {{p.file, start, p.end, ""}};
    int count = 1;
    if (index > 0 && p.comma < 0) { /* the last one: the comma before it goes */
        if (!piece_of(e, source_child(&e->source, parent, index - 1), &before) || before.comma < 0)
            return edit_refuse_split(path, err);
        s[count++] = (struct splice){before.file, before.comma, before.comma + 1, ""};
    }
    return workflow_edit_splice(e, s, count, err);
}

enum lw_msg workflow_edit_remove(struct workflow_edit *e, const char *path, struct lw_error *err)
{
    int node = workflow_edit_node(e, path, err);
    if (node < 0)
        return LW_MSG_WORKFLOW_EDIT_PATH;
    if (node == 0)
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, path);
    if (e->source.nodes[node].name >= 0)
        return workflow_edit_set(e, path, NULL, err);
    return take_out(e, node, path, err);
}

/* ---- putting in ---- */

/* What is put in: notes above it (whole lines, or ""), the element, a note behind it on its line. */
struct parcel {
    const char *notes, *body, *behind;
};

static enum lw_msg put_into_empty(struct workflow_edit *e, int list, const struct parcel *what, const char *path,
                                  struct lw_error *err)
{
    const struct source_node *n = &e->source.nodes[list];
    const struct source_token *open = edit_token(e, n->first), *close = edit_token(e, n->last);
    if (open->file != close->file || n->last != n->first + 1)
        return edit_refuse_split(path, err); /* or an include stands between */
    const char *text = edit_text(e, open->file);
    int indent = layout_indent(text, open->start);
    long at = close->start;
    while (at > open->end && strchr(" \t\r\n", text[at - 1]))
        at--;
    char *body = layout_group(what->body, indent + INDENT), *added = NULL;
    bool line_end = memchr(text + at, '\n', (size_t)(close->start - at)) != NULL;
    if (body && line_end)
        asprintf(&added, "\n%s%*s%s%s", what->notes, indent + INDENT, "", body, what->behind);
    else if (body)
        asprintf(&added, "\n%s%*s%s%s\n%*s", what->notes, indent + INDENT, "", body, what->behind, indent, "");
    struct splice s = {open->file, at, line_end ? at : close->start, added};
    enum lw_msg rc = added ? workflow_edit_splice(e, &s, 1, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    free(body);
    free(added);
    return rc;
}

/* Notes need lines: a gap without one becomes a line end. */
static char *gap_for(const struct workflow_edit *e, int list, int index, bool lines)
{
    char *gap = gap_of(e, list, index);
    if (!gap || !lines || strchr(gap, '\n'))
        return gap;
    free(gap);
    return strdup("\n    ");
}

static bool has_notes(const struct parcel *what)
{
    return *what->notes || *what->behind;
}

/* The element as it will stand behind a gap (which may be a line end and blanks). */
static char *written(const struct parcel *what, const char *gap, const char *comma)
{
    const char *line = strrchr(gap, '\n');
    char *body = layout_group(what->body, line ? (int)strlen(line + 1) : 0), *out = NULL;
    if (body && line)
        asprintf(&out, "%.*s%s%s%s%s%s", (int)(line + 1 - gap), gap, what->notes, line + 1, body, comma,
                 what->behind);
    else if (body)
        asprintf(&out, "%s%s%s%s", gap, body, comma, what->behind);
    free(body);
    return out;
}

static enum lw_msg put_behind_last(struct workflow_edit *e, int list, const struct parcel *what, const char *path,
                                   struct lw_error *err)
{
    struct piece p;
    int last = e->source.nodes[list].count - 1;
    if (!piece_of(e, source_child(&e->source, list, last), &p))
        return edit_refuse_split(path, err);
    char *gap = gap_for(e, list, last, has_notes(what) || p.end > p.body_end);
    char *added = gap ? written(what, gap, "") : NULL;
    struct splice s[] = {{p.file, p.body_end, p.body_end, ","}, {p.file, p.end, p.end, added}};
    enum lw_msg rc = added ? workflow_edit_splice(e, s, 2, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    free(gap);
    free(added);
    return rc;
}

static enum lw_msg put_before(struct workflow_edit *e, int list, int index, const struct parcel *what,
                              const char *path, struct lw_error *err)
{
    struct piece p;
    if (!piece_of(e, source_child(&e->source, list, index), &p))
        return edit_refuse_split(path, err);
    const char *text = edit_text(e, p.file);
    char *gap = gap_for(e, list, index, has_notes(what)), *added = NULL;
    bool new_line = gap && strchr(gap, '\n');
    bool has_line = layout_first_on_line(text, p.body);
    struct splice s = {p.file, p.body, p.body, NULL};
    if (gap && new_line && has_line) { /* above its notes, on lines of its own */
        char *full = written(what, gap, ",");
        s.start = s.end = own_notes(text, &p);
        if (s.start == p.body)
            s.start = s.end = p.body - layout_indent(text, p.body);
        if (full)
            asprintf(&added, "%s\n", full + 1);
        free(full);
    } else if (gap) {
        char *full = written(what, *what->notes ? gap : " ", ",");
        if (full)
            asprintf(&added, "%s%s", full + !*what->notes, gap);
        free(full);
    }
    s.text = added;
    enum lw_msg rc = added ? workflow_edit_splice(e, &s, 1, err) : lw_fail(err, LW_MSG_NO_MEMORY);
    free(gap);
    free(added);
    return rc;
}

static enum lw_msg put_in(struct workflow_edit *e, int list, int index, const struct parcel *what, const char *path,
                          struct lw_error *err)
{
    int count = e->source.nodes[list].count;
    if (e->source.nodes[list].kind != NODE_LIST && count)
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, path);
    if (count == 0)
        return put_into_empty(e, list, what, path, err);
    if (index < 0 || index >= count)
        return put_behind_last(e, list, what, path, err);
    return put_before(e, list, index, what, path, err);
}

/* The list at a path, made when its group is there; -1: err is filled. */
static int list_at(struct workflow_edit *e, const char *path, struct lw_error *err)
{
    int list = workflow_edit_node(e, path, NULL);
    if (list < 0) {
        if (workflow_edit_set(e, path, "()", err))
            return -1;
        list = workflow_edit_node(e, path, err);
    }
    if (list >= 0 && (e->source.nodes[list].kind == NODE_GROUP || e->source.nodes[list].kind == NODE_SCALAR)) {
        lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, path);
        return -1;
    }
    return list;
}

enum lw_msg workflow_edit_insert(struct workflow_edit *e, const char *path, int index, const char *group,
                                 struct lw_error *err)
{
    group += strspn(group, " \t\r\n");
    if (workflow_utf8_length(group, (long)strlen(group)) < 0 || *group != '{' || !source_is_value(group))
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_VALUE, group);
    struct lw_error mine;
    err = err ? err : &mine;
    int list = list_at(e, path, err);
    struct parcel what = {"", group, ""};
    return list < 0 ? err->id : put_in(e, list, index, &what, path, err);
}

/* ---- moving ---- */

static char *copied(const char *text, long start, long end)
{
    return end > start ? strndup(text + start, (size_t)(end - start)) : strdup("");
}

/* Whole lines: from the first note to the line that the element begins on, or a note that stands on that line. */
static char *notes_copied(const char *text, const struct piece *p)
{
    long notes = own_notes(text, p), line = p->body - layout_indent(text, p->body);
    return layout_first_on_line(text, p->body) ? copied(text, notes, notes < line ? line : notes) : strdup("");
}

/* The texts as they are, to go back to when the second half of a move can't be made. */
static enum lw_msg move_piece(struct workflow_edit *e, const char *element, const char *to, int index,
                              const struct parcel *what, struct lw_error *err)
{
    int files = e->source.file_count, target;
    char **kept = calloc((size_t)files, sizeof *kept);
    for (int i = 0; kept && i < files; i++)
        kept[i] = strdup(edit_text(e, i));
    enum lw_msg rc = take_out(e, workflow_edit_node(e, element, err), element, err);
    if (!rc) {
        target = list_at(e, to, err);
        rc = target < 0 ? LW_MSG_WORKFLOW_EDIT_PATH : put_in(e, target, index, what, to, err);
    }
    struct lw_error unheard;
    for (int i = 0; kept && i < files; i++) {
        if (rc && kept[i]) {
            free(e->source.files[i].text);
            e->source.files[i].text = kept[i];
        } else {
            free(kept[i]);
        }
    }
    free(kept);
    if (rc)
        source_parse(&e->source, &e->files, &unheard);
    return rc;
}

enum lw_msg workflow_edit_move(struct workflow_edit *e, const char *element, const char *to, int index,
                               struct lw_error *err)
{
    struct lw_error mine;
    err = err ? err : &mine;
    int node = workflow_edit_node(e, element, err), list = workflow_edit_node(e, to, NULL);
    if (node < 0)
        return LW_MSG_WORKFLOW_EDIT_PATH;
    for (int i = list; i > 0; i = e->source.nodes[i].parent)
        if (i == node)
            return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, to); /* into itself */
    struct piece p;
    if (e->source.nodes[node].name >= 0 || node == 0)
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_PATH, element);
    if (!piece_of(e, node, &p))
        return edit_refuse_split(element, err);
    const char *text = edit_text(e, p.file);
    char *notes = notes_copied(text, &p), *body = copied(text, p.body, p.body_end);
    char *behind = copied(text, p.comma >= 0 ? p.comma + 1 : p.body_end, p.end);
    struct parcel what = {notes, body, behind};
    enum lw_msg rc = notes && body && behind ? move_piece(e, element, to, index, &what, err)
                                             : lw_fail(err, LW_MSG_NO_MEMORY);
    free(notes);
    free(body);
    free(behind);
    return rc;
}
