/* The size of a picture file, before it is decoded. */
#pragma once

#include "error.h"

/* Width and height of PNG or JPEG data in memory, from its header alone. Refuses what is neither, and a size that no
 * picture of a workflow has (PICTURE_READ, WORKFLOW_PICTURE_SIZE; `name` is for the sentence). */
enum lw_msg workflow_picture_size(const unsigned char *data, long size, const char *name, int *width, int *height,
                                  struct lw_error *err);
