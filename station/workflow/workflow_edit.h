/* An open edit. Private to this folder. */
#pragma once

#include "workflow_source.h"
#include "workflow_write.h"

struct workflow_edit {
    struct workflow_files files;
    struct source source;
    char **was;    /* by file: as it was read */
    int was_count;
    char hash[17];
};

static inline const struct source_token *edit_token(const struct workflow_edit *e, int index)
{
    return &e->source.tokens[index];
}

static inline const char *edit_text(const struct workflow_edit *e, int file)
{
    return e->source.files[file].text;
}

static inline enum lw_msg edit_refuse_split(const char *path, struct lw_error *err)
{
    return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_EDIT_SPLIT, path);
}

/* ---- workflow_layout.c: where things stand on their lines ---- */

#define LAYOUT_WIDTH 110 /* columns that a line may have before a key goes onto a new one */

/* The blanks that the line around `at` begins with. */
int layout_indent(const char *text, long at);
int layout_column(const char *text, long at);
bool layout_first_on_line(const char *text, long at);

/* Past blanks and a note when nothing else stands on the rest of the line (there the line end is); else `at`. */
long layout_past_note(const char *text, long at);

/* Whether a text of blanks and notes holds a note. */
bool layout_has_note(const char *text, long start, long end);

/* A group text broken over lines of at most LAYOUT_WIDTH columns, when it stands at column `column`; what is on several
 * lines already stays. The caller frees it; NULL: no memory. */
char *layout_group(const char *group, int column);

/* ---- workflow_splice.c: texts with some of it replaced ---- */

/* One change of a file: bytes start..end become `text`. */
struct splice {
    int file;
    long start, end;
    const char *text;
};

/* Makes all splices (not over each other) and parses again; on an error nothing is changed. */
enum lw_msg workflow_edit_splice(struct workflow_edit *e, const struct splice *splices, int count,
                                 struct lw_error *err);

/* The node of a path; -1: nothing there (err filled, may be NULL). */
int workflow_edit_node(const struct workflow_edit *e, const char *path, struct lw_error *err);
