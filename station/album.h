/* Pictures of a demonstration: one of the bench and one of the projection for each moment, and one contact sheet. */
#pragma once

#include "image.h"

struct album;

enum lw_msg album_create(struct album **out, const char *folder, struct lw_error *err);
/* Writes NN-caption-bench.png and NN-caption-projection.png. */
enum lw_msg album_add(struct album *a, const char *caption, const struct image *bench, const struct image *projection,
                      struct lw_error *err);
/* Writes contact-sheet.png of all that was added. */
enum lw_msg album_finish(struct album *a, const char *title, struct lw_error *err);
void album_destroy(struct album **a);
