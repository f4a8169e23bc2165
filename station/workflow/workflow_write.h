/* Writes a workflow's text files: whole, from a description, or by edits that keep comments, order and layout of all
 * that they do not touch. What is saved was loaded again before, and replaces the old text whole or not at all. */
#pragma once

#include "workflow.h"

/* ---- values as text, for edits ---- */

/* All into buf; return buf. Numbers are the shortest that read back the same. */
const char *workflow_value_number(double value, char *buf, int size);
const char *workflow_value_numbers(const double *values, int count, char *buf, int size); /* [ 1.5, 2.0 ] */
const char *workflow_value_text(const char *words, char *buf, int size); /* "words", with what needs it escaped */

/* ---- a new workflow ---- */

/* The text of workflow.cfg for `w`, with notes as a person would write them; the caller frees it, NULL: no memory. What
 * is taught is left out: workflow_write_taught writes it. Rows and grids are written out place by place. `w` must have no
 * variants, and no sections that pull in others. What is 0 in a step or a place stands for what is usual. */
char *workflow_text_of(const struct workflow *w);

/* Writes that as FOLDER/workflow.cfg when it loads without errors; the folder is made when it is not there.
 * `replace` false: refused when there is one already (WORKFLOW_THERE). Pictures and taught.cfg that the text relies on
 * must stand there before. The problems found are added to `problems` (may be NULL). */
enum lw_msg workflow_write(const char *folder, const struct workflow *w, bool replace, struct lw_problems *problems,
                           struct lw_error *err);

/* ---- edits ----
 *
 * A path names a value: `state`, `places[slot-2].x_mm`, `items[cup].name.nl`, `sections[lower].steps[lay-cup].text.en`,
 * or an element: `places[slot-2]`, `sections[lower].steps[#0]`. An element is found by its id as written (a row of places
 * is `places[swab-{n}]`), a step without an id by its place, a line that pulls in a section by `section`; #N counts from 0.
 * It does not matter which included file it stands in. A comment right above an element, without a blank line between,
 * and one behind it on its line belong to it: they move and vanish with it.
 *
 * Every edit leaves text that parses, or nothing changed and the error returned: WORKFLOW_EDIT_PATH (nothing there),
 * WORKFLOW_EDIT_VALUE (not one value), WORKFLOW_EDIT_SPLIT (it begins in one file and ends in another). Undo: keep the
 * texts and give them back with workflow_edit_replace. */
struct workflow_edit;

/* Reads workflow.cfg and what it includes. */
enum lw_msg workflow_edit_open(struct workflow_edit **out, const char *folder, struct lw_error *err);
void workflow_edit_close(struct workflow_edit **e);

/* Sets the value at `path` to a text of the format (`12.5`, `"cup"`, `true`, `[ 0, 0, 9, 0, 9, 9 ]`, `{ x_mm = 1; }`);
 * the last key is added, where the reference has it, when it is not there. NULL: removes the key. */
enum lw_msg workflow_edit_set(struct workflow_edit *e, const char *path, const char *value, struct lw_error *err);

/* Sets the words of a text group in a language ("nl", "en"); the group is made when it is not there. NULL or "": removes
 * them. */
enum lw_msg workflow_edit_words(struct workflow_edit *e, const char *path, const char *language, const char *words,
                                struct lw_error *err);

/* Puts the group text `{ id = …; … }` into the list at `path` (made when it is not there) before element `index`; -1:
 * at its end. */
enum lw_msg workflow_edit_insert(struct workflow_edit *e, const char *path, int index, const char *group,
                                 struct lw_error *err);
enum lw_msg workflow_edit_remove(struct workflow_edit *e, const char *path, struct lw_error *err);

/* Moves an element into the list `to` (its own or another one, such as another section's steps); `index` counts
 * without the moved one; -1: at the end. */
enum lw_msg workflow_edit_move(struct workflow_edit *e, const char *element, const char *to, int index,
                               struct lw_error *err);

/* The files as they are now; 0 is workflow.cfg. Names count from the folder. */
int workflow_edit_file_count(const struct workflow_edit *e);
const char *workflow_edit_file(const struct workflow_edit *e, int file);
const char *workflow_edit_text(const struct workflow_edit *e, int file);
const char *workflow_edit_text_read(const struct workflow_edit *e, int file); /* as it was read */
enum lw_msg workflow_edit_replace(struct workflow_edit *e, int file, const char *text, struct lw_error *err);

/* Where the value or element at `path` stands: file and line, for showing; false: nothing there. */
bool workflow_edit_find(const struct workflow_edit *e, const char *path, int *file, int *line);

/* Of all texts as they were read, 16 hex digits: two people who hold different ones edited different versions. */
const char *workflow_edit_hash(const struct workflow_edit *e);

/* Loads the workflow with the texts as they are now, in place of those in the folder; as workflow_load. */
enum lw_msg workflow_edit_load(const struct workflow_edit *e, struct workflow **out, const struct workflow_bench *bench,
                               struct lw_problems *problems);

/* Saves what changed: loaded again, written beside the old files, synced, renamed over them. Refused, with nothing
 * changed: WORKFLOW_EDIT_STALE (a file is not as it was read), WORKFLOW_EDIT_REFUSED (more errors than the text
 * that was read had; they are added to `problems`, which may be NULL), FILE_WRITE (disk full). Several files are
 * renamed one after the other: a power cut just then may leave the first new and the last old. After LW_OK the edit
 * goes on from what was saved. */
enum lw_msg workflow_edit_save(struct workflow_edit *e, const struct workflow_bench *bench, struct lw_problems *problems,
                               struct lw_error *err);
