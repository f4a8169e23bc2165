/* Workflow folders made by a test. */
#pragma once

#include "harness.h"
#include "problems.h"
#include "workflow.h"

/* An empty new folder in the scratch folder, with taught/ in it; the string is the test's until the next
 * call. */
const char *files_folder(void);
void files_write(const char *folder, const char *name, const char *text);
void files_write_bytes(const char *folder, const char *name, const void *data, long size);

/* A picture that is no more than the header of a PNG of that size. */
void files_picture(const char *folder, const char *name, int width, int height);

/* Prints the problems; for a test that is about to fail. */
void files_print(const struct lw_problems *problems);

/* A file's text (to be freed); NULL: absent. */
char *files_read(const char *folder, const char *name);

/* Loads what must be without errors. */
struct workflow *files_load(const char *folder);

/* A copy of a shipped workflow, such as "_template"; the string is the test's until the next call. */
const char *files_copy_shipped(const char *name);
