/* A workflow: what is packed, where, in which order. Loaded from a folder with workflow.cfg; pure: files in, struct out.
 * The format's reference is workflows/README.md. */
#pragma once

#include "problems.h"
#include "units.h"
#include "witness.h"

enum workflow_language { LANGUAGE_NL = 0, LANGUAGE_EN, LANGUAGE_COUNT };

/* A text per language; NULL where it is missing. workflow_text gives the best there is for a language, never NULL. */
struct workflow_text {
    char *in[LANGUAGE_COUNT];
};

struct workflow_polygon {
    struct local_mm *points;
    int count;
};

/* Where something comes from: a polygon on the bench at height z_mm. */
struct workflow_bin {
    char *id;
    struct workflow_text name;
    struct workflow_polygon outline; /* bench mm */
    double z_mm;
    int line;
};

/* What places belong to. Carrier 0 is always the bench itself (id "bench"). */
struct workflow_carrier {
    char *id;
    struct workflow_text name;
    double width_mm, depth_mm, height_mm; /* outer size, height of the rim */
    struct rigid T_bench_from_home;       /* where the person is asked to lay it (frame: the carrier's centre) */
    char *picture;                        /* for people, path in the folder, "" if none */
    char *taught;                         /* straight picture of it, empty; "" if never taught */
    double taught_mm_per_px;
    int line;
};

struct workflow_reference {
    char *before, *after; /* paths in the folder */
    double mm_per_px;
};

/* Pictures shown one after the other. */
struct workflow_frames {
    char **files; /* paths in the folder */
    int count;
};

/* Beside the camera's look at the thing itself (../check/witness.h). */
struct workflow_witness {
    struct witness_options options;
    struct workflow_frames right, wrong; /* a region's taught pictures */
    int line;
};

/* Of the workflow's flat list. */
struct workflow_witnesses {
    int first, count;
};

struct workflow_item {
    char *id;
    struct workflow_text name;
    char *picture; /* for people, path in the folder, "" if none */
    struct workflow_frames frames;
    int count;     /* how many the whole kit holds, all alike; 0: not said */
    int bin;       /* index, -1: none */
    double height_mm; /* of its top over its place's plane */
    double tolerance_mm, tolerance_rad;
    bool orientation_matters;
    struct workflow_witnesses witness;
    struct workflow_reference *references;
    int reference_count;
    int line;
};

struct workflow_place {
    char *id;
    char *written; /* the id as it stands in the file: "swab-{n}" for each place of a row */
    int carrier;
    int item;
    struct rigid T_carrier_from_place;
    double z_mm;                     /* of the place's plane over the bench */
    double tolerance_mm, tolerance_rad; /* 0: the item's */
    int light; /* level of white of the look's light, 1..255, found at teaching; 0: found at each look anew */
    bool any_way_round;                 /* it does not matter here, whatever the item says */
    struct workflow_polygon outline; /* place frame; count 0: the taught item's own outline is drawn */
    int line;
};

/* STEP_PLACE is checked by the camera, and so is any other step that names witnesses; all others a person does and
 * confirms. Weighing too: no scale is read yet. */
enum workflow_step_kind {
    STEP_PLACE = 0,
    STEP_CONFIRM,
    STEP_KIND_TAKE, /* only take it: the bin lights up */
    STEP_KIND_OPEN, /* the carrier */
    STEP_KIND_CLOSE,
    STEP_KIND_TURN,
    STEP_KIND_WEIGH,
    STEP_KIND_SCAN,
};

struct workflow_step {
    char *id;
    char *written; /* how the file names it: its id or place as it stands there, "lay-{n}" for each of a row */
    enum workflow_step_kind kind;
    int place;   /* index; -1 for all but STEP_PLACE */
    int item;    /* what is laid, taken, weighed, scanned; -1: nothing */
    int carrier; /* what is opened, closed, turned; -1: nothing */
    int section; /* index */
    struct workflow_witnesses witness; /* beside those of the item that is laid */
    int count;   /* pieces that are laid in the one place; a loaded one has at least 1 */
    struct workflow_text text; /* a few plain words; may be empty */
    char *picture; /* in place of the item's; "" if none */
    char *sound;   /* "" if none */
    struct workflow_frames frames;
    bool own_help;
    double help_after_s[3]; /* when own_help: in place of the workflow's */
    double weight_g, weight_tolerance_g; /* STEP_KIND_WEIGH */
    char *code;                          /* STEP_KIND_SCAN: what must be read; "": anything */
    bool skippable;      /* by the person */
    bool no_override;    /* not even the coach may pass it unchecked */
    int line;
};

/* Something that an order may ask for; steps and sections say with `when` whether they belong to it. */
struct workflow_variant {
    char *id;
    struct workflow_text name;
    int line;
};

struct workflow_section {
    char *id;
    struct workflow_text name;
    int first_step, step_count; /* in the flat list of steps */
    int line;
};

struct workflow {
    char *folder; /* as given */
    char *id;     /* the folder's last name */
    struct workflow_text name;
    bool released;
    char *with; /* the order's variants as "a,b", for the records; "" without an order, or with none */
    char hash[17]; /* of workflow.cfg, its includes and every file it names: what a kit is tied to */
    double help_after_s[3]; /* picture, animation, coach's call; 0: never */
    struct workflow_bin *bins;
    int bin_count;
    struct workflow_carrier *carriers;
    int carrier_count;
    struct workflow_item *items;
    int item_count;
    struct workflow_place *places;
    int place_count;
    struct workflow_variant *variants;
    int variant_count;
    struct workflow_section *sections;
    int section_count;
    struct workflow_witness *witnesses; /* of items and steps */
    int witness_count;
    struct workflow_step *steps; /* flat, in order */
    int step_count;
};

/* What is known of the bench when a workflow is loaded there; all 0: unknown, then nothing is checked against it. */
struct model;
struct workflow_bench {
    double width_mm, depth_mm;
    const struct model *model; /* camera and projector over it; NULL: not known */
};

/* What is packed this time: the ids of the variants wanted. */
struct workflow_order {
    const char *const *with;
    int count;
};

/* Loads and validates; every problem is added to `problems`. Returns LW_OK when there are no errors (warnings may be
 * there), else the first error's id and *out is NULL. Never crashes on what a folder holds. */
enum lw_msg workflow_load(struct workflow **out, const char *folder, const struct workflow_bench *bench,
                          struct lw_problems *problems);

/* The same with only the steps that belong to the order; workflow_load has those of all variants. An unknown variant is
 * an error. The hash is the same: it names the files. */
enum lw_msg workflow_load_order(struct workflow **out, const char *folder, const struct workflow_bench *bench,
                                const struct workflow_order *order, struct lw_problems *problems);

/* Reads an order's file (`with = [ "a", "b" ];` and what else the sender writes there); *ids is one allocation to free.
 * Errors: FILE_OPEN, FILE_SYNTAX, KEY_TYPE. */
enum lw_msg workflow_read_order(const char *path, const char ***ids, int *count, struct lw_error *err);

void workflow_destroy(struct workflow **w);

/* The text in the language in force (lw_language), else in any language, else "". */
const char *workflow_text(const struct workflow_text *t);

/* Path of a file in the workflow's folder into buf; returns buf. */
const char *workflow_path(const struct workflow *w, const char *file, char *buf, int size);

int workflow_find_section(const struct workflow *w, const char *id); /* -1: none */
int workflow_find_step(const struct workflow *w, const char *id);
