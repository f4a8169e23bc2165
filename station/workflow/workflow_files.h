/* Files of a workflow folder: none that leaves it is opened, all that is read is hashed. Private to this
 * folder. */
#pragma once

#include "problems.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define WORKFLOW_FILE        "workflow.cfg"
#define WORKFLOW_TAUGHT_FILE "taught.cfg"

/* Bounds against hostile or mistaken folders, far above an honest kit of 200 items. */
#define WORKFLOW_PICTURE_BYTES  20000000L   /* one picture */
#define WORKFLOW_ALL_BYTES      1000000000L /* all files of the folder together */
#define WORKFLOW_TEXT_BYTES     4000000L    /* workflow.cfg with its includes */
#define WORKFLOW_TEXT_FILES     100
#define WORKFLOW_PICTURE_PIXELS 100000000L

struct workflow_file_seen {
    uint64_t name_hash;
    char *name;
    int width, height;
};

struct workflow_files {
    char root[PATH_MAX];   /* the folder, all links resolved */
    char folder[PATH_MAX]; /* as given, for messages */
    const char *texts;     /* folder that workflow.cfg and its includes are read from in place of root; NULL: root */
    uint64_t hash;
    long bytes, text_bytes;
    int text_files;
    struct workflow_file_seen *seen; /* pictures that were found good */
    int seen_count, seen_capacity;
};

/* `texts`: see the struct; it must live as long. Without it the folder must hold a workflow.cfg. */
enum lw_msg workflow_files_init(struct workflow_files *f, const char *folder, const char *texts, struct lw_error *err);
void workflow_files_finish(struct workflow_files *f);

/* Whether a name stands in the folder at all (also when it can't be read). */
bool workflow_files_exists(const struct workflow_files *f, const char *name);

/* Checks that `name` is a readable PNG or JPEG in the folder and gives its size in pixels, from its header.
 */
enum lw_msg workflow_files_picture(struct workflow_files *f, const char *name, int *width, int *height,
                                   struct lw_error *err);

/* Checks that `name` is a WAV or OGG file in the folder. */
enum lw_msg workflow_files_sound(struct workflow_files *f, const char *name, struct lw_error *err);

/* Reads a text file whole; the caller frees *text. Refuses what is not UTF-8. */
enum lw_msg workflow_files_read_text(struct workflow_files *f, const char *name, char **text, struct lw_error *err);

/* The true path of a file in the folder. */
enum lw_msg workflow_files_path(const struct workflow_files *f, const char *name, char real[PATH_MAX],
                                struct lw_error *err);

/* Of bytes, going on from `hash` (WORKFLOW_HASH_START). */
#define WORKFLOW_HASH_START 14695981039346656037ULL
uint64_t workflow_hash(uint64_t hash, const void *data, size_t size);

/* Checks a text file and all that it includes: in the folder, size, UTF-8, no circle; adds the problems. */
void workflow_files_text(struct workflow_files *f, const char *name, struct lw_problems *problems);

/* Length of a UTF-8 text in characters, -1: not UTF-8, or a control character other than tab and line end. */
int workflow_utf8_length(const char *text, long bytes);
