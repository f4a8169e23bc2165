/* Other witnesses beside the look at the thing itself: a tag, a printed code, the bin that a hand was in, a region that looks
 * as taught, a weight, a person. All kinds stand on this one contract; witness.c lists them.
 *
 * To add one: copy witness_marker.c, add its name, what it needs and its function to the list in witness.c, its keys to
 * the table there, and a test beside tests/check/test_witness.c. workflows/README.md tells the coach. */
#pragma once

#include "check.h"
#include "config.h"

enum witness_kind_id { WITNESS_MARKER = 0, WITNESS_CODE, WITNESS_BIN, WITNESS_REGION, WITNESS_CONFIRM, WITNESS_KINDS };

/* What the workflow says of one; the rows of witness_options_table. Strings are the workflow's. */
struct witness_options {
    int kind;         /* witness_kind_id */
    char *dictionary; /* marker; on a bin: of the tag that marks it */
    int marker;       /* -1: none */
    char *code;       /* "": anything that can be read */
    struct rigid T_place_from_region; /* region: its middle */
    double z_mm;      /* region: over the bench; 0: as high as its place */
    double width_mm, depth_mm;
};

/* Zero is never the happy answer. */
enum witness_says { WITNESS_CANNOT_TELL = 0, WITNESS_DISAGREES, WITNESS_AGREES };

/* What a witness needs before it is asked; without it the answer is "can't tell". */
enum witness_need { WITNESS_NEEDS_LOOK = 1, WITNESS_NEEDS_HANDS = 2, WITNESS_NEEDS_TAUGHT = 4 };

/* Where the hands were, as far as bins go. */
struct witness_hands {
    bool in_own;    /* in the bin that the item belongs to */
    int in_other;   /* index of another bin a hand was in, -1: none */
};

/* What a witness may look at. */
struct witness_sight {
    const struct model *model;
    const struct image *picture;     /* the look, camera picture BGR8; NULL: none */
    struct rigid T_bench_from_place; /* of the thing, or of the carrier when no thing is laid */
    double z_mm;                     /* height at which a print on it is seen straight */
    struct local_mm middle;          /* of what is looked at, from the place's own */
    double half_x_mm, half_y_mm;     /* and half its size with what it may be off by */
    const struct witness_hands *hands; /* NULL: not watched */
    const struct bench_mm *bin;      /* outline of the item's own bin */
    int bin_corners;
    const struct image *right, *wrong; /* region: taught straight pictures (WITNESS_MM_PER_PX, BGR8) of each state */
    int right_count, wrong_count;
};

#define WITNESS_MM_PER_PX 0.5

struct witness_answer {
    enum witness_says says;
    enum verdict_reason reason; /* when it disagrees: other_item, missing, unknown; else none */
    double confidence;          /* 0..1 */
    char evidence[96];          /* what it saw, in the words of its kind: "marker 7", "code LOT-1"; "" nothing */
    int bin;                    /* the bin that the hand was in instead, -1 */
};

struct witness_kind {
    const char *name; /* as in workflow.cfg */
    unsigned needs;   /* of witness_need */
    void (*ask)(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out);
};

const struct witness_kind *witness_kind(int kind);

/* The keys of a witness in workflow.cfg. *count of them. */
const struct lw_option *witness_option_table(int *count);
/* Whether a kind knows that key. */
bool witness_has_key(int kind, const char *key);

/* The evidence that a tag or code gives when it is the right one; "" for kinds without. Into buf; returns buf. */
const char *witness_sign(const struct witness_options *o, char *buf, int size);

/* Asks one. Never fails: what goes wrong inside is "can't tell". */
void witness_ask(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out);

/* What the camera's verdict and the witnesses' answers make together. What was refused, or can't be told, stays so. One
 * that disagrees refuses; one that can't tell leaves it to a person. All agree: accepted, also where the camera alone could
 * not tell the item from a look-alike, as long as what lies there fits the expected item (v->fits). */
void witness_combine(const struct witness_answer *answers, int count, struct verdict *v);

/* The straight picture of a region as it is taught (width_mm x depth_mm, WITNESS_MM_PER_PX), with `margin_mm` around it. */
enum lw_msg witness_region_picture(const struct witness_options *o, const struct witness_sight *s, double margin_mm,
                                   struct image *out, struct lw_error *err);

/* ---- for the kinds themselves ---- */

/* The straight picture of the thing and what it may be off by, GRAY8, and its grid. */
enum lw_msg witness_thing_picture(const struct witness_sight *s, struct image *out, struct view_grid *grid,
                                  struct lw_error *err);
void witness_ask_marker(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out);
void witness_ask_code(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out);
void witness_ask_region(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out);
