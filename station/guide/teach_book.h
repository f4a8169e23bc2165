/* A workflow while it is being taught: in memory and, whole after each thing, on disk. */
#pragma once

#include "check.h"
#include "image.h"
#include "workflow.h"

#define TEACH_UNFINISHED "teaching.txt" /* stands in the folder until teaching is finished */
#define TEACH_ITEMS_MAX  1000

struct teach_book {
    struct workflow *w;
    struct check *checks[TEACH_ITEMS_MAX]; /* each item alone, for recognising it; NULL: not made yet */
    bool taken_on; /* it was begun before */
};

/* Is a folder for `teach NEW`: not there, without workflow.cfg, or unfinished? */
bool teach_book_is_new(const char *folder);

/* Makes the folder, or takes on what was taught in it before. */
enum lw_msg teach_book_open(struct teach_book *b, const char *folder, struct lw_problems *problems, struct lw_error *err);
void teach_book_close(struct teach_book *b);

/* The case: its picture straight from above (for the checks) and one for people. Replaces the one that was there. */
enum lw_msg teach_book_carrier(struct teach_book *b, double width_mm, double depth_mm, double height_mm,
                               struct rigid T_bench_from_home, const struct image *straight, double mm_per_px,
                               struct lw_error *err);
void teach_book_forget_carrier(struct teach_book *b);

/* Something that can be shown beside a place: UTF-8, 1 to 60 characters, not only blanks. */
bool teach_book_good_name(const char *name);

/* Index of the item with that name in some language, whatever its capitals, or -1. */
int teach_book_find(const struct teach_book *b, const char *name);

/* A new item; its index, -1: no memory, or too many. */
int teach_book_item(struct teach_book *b, const char *name, double height_mm);

/* One laying of it, as the checks are taught; both pictures are written. Refused with the checks' own cause (nothing
 * there, too dark, a hand); then nothing changed. */
enum lw_msg teach_book_reference(struct teach_book *b, int item, const struct image *before, const struct image *after,
                                 double mm_per_px, struct lw_error *err);
/* The picture for people. */
enum lw_msg teach_book_picture(struct teach_book *b, int item, const struct image *picture, struct lw_error *err);

/* A place with its step; its index, -1: no memory. */
int teach_book_place(struct teach_book *b, int item, int carrier, struct rigid T_carrier_from_place, double z_mm);

/* The newest places of one item, with their steps, and the item itself when it has no other; false: there is none. Its
 * name goes to `name`. */
bool teach_book_undo(struct teach_book *b, char *name, int size);

/* Writes workflow.cfg and taught.cfg, each whole or not at all. */
enum lw_msg teach_book_write(struct teach_book *b, struct lw_error *err);
/* The same, and it is no longer unfinished. */
enum lw_msg teach_book_finish(struct teach_book *b, struct lw_error *err);

/* Takes the newest item back that has no place, as when keeping it went wrong. */
void teach_book_forget_item(struct teach_book *b, int item);

/* Where it is taken from: the bin is copied when the book has none of that id. */
enum lw_msg teach_book_bin(struct teach_book *b, int item, const struct workflow_bin *bin, struct lw_error *err);
