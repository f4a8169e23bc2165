/* The index of a recording, index.jsonl: a first line about the camera, then one JSON object a picture.
 * {"recording":1,"identity":"…","width":1280,"height":720}
 * {"file":"000000.png","sequence":41,"t_ns":123456789} */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

#define RECORDING_INDEX "index.jsonl"
#define RECORDING_FILE_NAME 64

struct recording_picture {
    char file[RECORDING_FILE_NAME]; /* a name without a folder */
    uint64_t sequence;
    int64_t t_ns; /* counts up */
};

struct recording {
    char identity[128]; /* of the camera that was filmed with, or "" */
    int width, height;  /* 0 when unknown */
    struct recording_picture *pictures;
    int count, capacity;
};

bool recording_is(const char *folder);

/* Zero is an empty recording; recording_finish frees it. */
enum lw_msg recording_read(struct recording *r, const char *folder, struct lw_error *err);

/* Appends; the caller fills the struct. */
enum lw_msg recording_add(struct recording *r, const struct recording_picture *p, struct lw_error *err);
void recording_finish(struct recording *r);

/* Lines of the index; false when the disk is full. */
bool recording_write_head(FILE *f, const char *identity, int width, int height);
bool recording_write_picture(FILE *f, const struct recording_picture *p);
