/* The served workflow folders. Nothing outside of them is opened: names are plain, links are not followed. */
#pragma once

#include "web_parts.h"

#define LIBRARY_ID_MAX    60
#define LIBRARY_FILE_MAX  128 /* bytes of the name of a file that is added */
#define LIBRARY_WORDS_MAX 200 /* bytes of a new workflow's name */

/* Letters, digits, - and _, 1 to 60 of them: a folder's name. */
bool library_id_good(const char *id);

/* The folder of workflow `id` into buf; false: there is none. */
bool library_folder(const struct web *w, const char *id, char *buf, size_t size);

/* Opens FOLDER/name (several parts, no links, nothing hidden) for reading; -1 with errno. */
int library_open(const char *folder, const char *name, int flags);

/* Reads a regular file of at most `max` bytes; malloc'ed and 0-terminated; NULL: absent or too large. */
char *library_read(const char *folder, const char *name, size_t max, size_t *size);

/* Writes FOLDER/name whole or not at all: a new file, synced, then renamed. */
enum lw_msg library_write(const char *folder, const char *name, const void *data, size_t size, struct lw_error *err);

/* Writes a new file FOLDER/inner/words.ending under a name that is not used yet, which is told in `name`; of the words
 * only letters and digits are taken. */
enum lw_msg library_add(const char *folder, const char *inner, const char *words, const char *ending, const void *data,
                        size_t size, char name[LIBRARY_FILE_MAX], struct lw_error *err);

/* "wav", "ogg", or NULL: neither. */
const char *library_sound_type(const char *data, size_t size);

/* Copies a workflow's folder (files only, no links) to a new one beside it. Whole or not at all. */
enum lw_msg library_copy(const struct web *w, const char *id, const char *new_id, struct lw_error *err);

/* A name that is not used yet: `id`, `id-2`, … */
void library_free_id(const struct web *w, const char *id, char *buf, size_t size);

enum MHD_Result web_workflows(struct web_request *r);
enum MHD_Result web_copy(struct web_request *r);
enum MHD_Result web_new(struct web_request *r);
enum MHD_Result web_sound_upload(struct web_request *r);
enum MHD_Result web_file(struct web_request *r);
