/* A workflow: what is packed, where, in which order. Loaded from a folder with workflow.cfg; pure: files in, struct out.
 * The format's reference is workflows/README.md. */
#pragma once

#include "problems.h"
#include "units.h"

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

struct workflow_item {
    char *id;
    struct workflow_text name;
    char *picture; /* for people, path in the folder, "" if none */
    int bin;       /* index, -1: none */
    double height_mm; /* of its top over its place's plane */
    double tolerance_mm, tolerance_rad;
    bool orientation_matters;
    struct workflow_reference *references;
    int reference_count;
    int line;
};

struct workflow_place {
    char *id;
    int carrier;
    int item;
    struct rigid T_carrier_from_place;
    double z_mm;                     /* of the place's plane over the bench */
    double tolerance_mm, tolerance_rad; /* 0: the item's */
    struct workflow_polygon outline; /* place frame; count 0: the taught item's own outline is drawn */
    int line;
};

enum workflow_step_kind { STEP_PLACE = 0, STEP_CONFIRM };

struct workflow_step {
    char *id;
    enum workflow_step_kind kind;
    int place;   /* index; -1 for STEP_CONFIRM */
    int section; /* index */
    struct workflow_text text; /* a few plain words; may be empty */
    bool skippable;
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
    struct workflow_section *sections;
    int section_count;
    struct workflow_step *steps; /* flat, in order */
    int step_count;
};

/* What is known of the bench when a workflow is loaded there; all 0: unknown, then nothing is checked against it. */
struct workflow_bench {
    double width_mm, depth_mm;
};

/* Loads and validates; every problem is added to `problems`. Returns LW_OK when there are no errors (warnings may be
 * there), else the first error's id and *out is NULL. Never crashes on what a folder holds. */
enum lw_msg workflow_load(struct workflow **out, const char *folder, const struct workflow_bench *bench,
                          struct lw_problems *problems);
void workflow_destroy(struct workflow **w);

/* The text in the language in force (lw_language), else in any language, else "". */
const char *workflow_text(const struct workflow_text *t);

/* Path of a file in the workflow's folder into buf; returns buf. */
const char *workflow_path(const struct workflow *w, const char *file, char *buf, int size);

int workflow_find_section(const struct workflow *w, const char *id); /* -1: none */
int workflow_find_step(const struct workflow *w, const char *id);
