/* A workflow while it is being loaded. Private to this folder. */
#pragma once

#include "workflow_files.h"
#include "workflow_tables.h"

#define WORKFLOW_MAX_STEPS      2000
#define WORKFLOW_MAX_PLACES     2000
#define WORKFLOW_MAX_ITEMS      1000
#define WORKFLOW_MAX_BINS       500
#define WORKFLOW_MAX_CARRIERS   50
#define WORKFLOW_MAX_SECTIONS   500
#define WORKFLOW_MAX_VARIANTS   64 /* bits of a mask */
#define WORKFLOW_MAX_FRAMES     50
#define WORKFLOW_MAX_REFERENCES 100 /* of one item */
#define WORKFLOW_MAX_WITNESSES 8  /* of one item or step */
#define WORKFLOW_MAX_TEXT       60  /* characters that fit beside a place and are read at a glance */
#define WORKFLOW_MAX_ID         60

struct workflow_loading {
    struct workflow *w;
    struct workflow_bench bench;
    struct lw_problems *problems;
    int errors_before; /* an unused thing is only worth a word without errors: else it is mostly the other
                          side of a misspelled id */
    struct workflow_files files;
    config_t cfg, taught_cfg;
    const config_setting_t *root;
    const config_setting_t *taught, *taught_carriers;                    /* lists in taught.cfg, NULL: none */
    const config_setting_t *bins, *carriers, *items, *places, *sections, *variants; /* lists, NULL: none */
    const config_setting_t **place_at; /* where each place stands: several of a row in one group */
    const struct workflow_order *order; /* NULL: the steps of all variants */
    uint64_t wanted;                    /* the order's variants */
    bool lost[WORKFLOW_MAX_CARRIERS + 1]; /* carriers without a home: nothing is known of where they lie */
    int hints_left; /* nearest names still looked up: it costs time, and nobody reads a hundred of them */
    struct workflow_step_row *rows; /* steps as written, section by section */
    int row_count;
    struct workflow_when *section_when;
    int *first_row; /* by section; one more than there are sections */
};

/* A problem at a setting of the file. */
#define REFUSE(l, setting, ...)                                                                              \
    problems_error((l)->problems, config_file_of(setting), config_line_of(setting), __VA_ARGS__)
#define WARN(l, setting, ...)                                                                                \
    problems_warning((l)->problems, config_file_of(setting), config_line_of(setting), __VA_ARGS__)

/* The key itself if it stands in the group, for its line; else the group. */
static inline const config_setting_t *workflow_key_or_group(const config_setting_t *group, const char *key)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    return s ? s : group;
}

/* ---- workflow.c ---- */

/* As workflow_load_order, with workflow.cfg and its includes read from the folder `texts` (NULL: from the folder
 * itself); `order` NULL: the steps of all variants. */
enum lw_msg workflow_load_texts(struct workflow **out, const char *folder, const char *texts,
                                const struct workflow_bench *bench, const struct workflow_order *order,
                                struct lw_problems *problems);

/* Reads the three times of `help_after_s`, if they are there; false: they are not, or bad (reported). */
bool workflow_read_help_times(struct workflow_loading *l, const config_setting_t *group, double out[3]);

enum workflow_kind { KIND_BIN = 0, KIND_CARRIER, KIND_ITEM, KIND_PLACE, KIND_SECTION, KIND_VARIANT };

/* ---- workflow_parts.c: bins, carriers, items, places ---- */

/* The list `key` of a group; NULL when it is absent, or no list or too long (reported). */
const config_setting_t *workflow_read_list(struct workflow_loading *l, const config_setting_t *group,
                                           const char *key, int max);
/* Element i when it is a group, else NULL (reported). */
const config_setting_t *workflow_group_at(struct workflow_loading *l, const config_setting_t *list, int i);

/* Reads { nl, en }; warns of missing languages and long texts. `owner`: id of what it belongs to. */
enum workflow_text_need { TEXT_OPTIONAL = 0, TEXT_WARN, TEXT_NEEDED };
void workflow_read_text(struct workflow_loading *l, const config_setting_t *group, const char *key,
                        const char *owner, enum workflow_text_need need, struct workflow_text *out);

/* Refuses what can't be an id, and one used before: `ids[0..count)` with stride, each line_offset beyond its
 * id. */
void workflow_check_id(struct workflow_loading *l, const config_setting_t *at, const char *id);
void workflow_check_new_id(struct workflow_loading *l, const config_setting_t *group, enum workflow_kind kind,
                           const char *id, int from);
void workflow_refuse_duplicate(struct workflow_loading *l, const config_setting_t *at, const char *id,
                               int first_line);

void workflow_read_bins(struct workflow_loading *l);
void workflow_read_carriers(struct workflow_loading *l);
void workflow_read_items(struct workflow_loading *l);
void workflow_read_places(struct workflow_loading *l);

/* A copy of `pattern` with {n} and {count} as numbers; NULL stays NULL. */
char *workflow_numbered(const char *pattern, int n, int count);

/* ---- workflow_media.c ---- */
void workflow_read_frames(struct workflow_loading *l, const config_setting_t *group, struct workflow_frames *out);
void workflow_read_pictures(struct workflow_loading *l, const config_setting_t *group, const char *key,
                            struct workflow_frames *out);
void workflow_check_sound(struct workflow_loading *l, const config_setting_t *at, const char *file);

/* ---- workflow_witness.c ---- */

/* `bin`: of the item that is meant, -1: none. */
void workflow_read_witnesses(struct workflow_loading *l, const config_setting_t *group, int bin,
                             struct workflow_witnesses *out);
/* What can only be known when all items are read. */
void workflow_check_witnesses(struct workflow_loading *l);

/* ---- workflow_when.c ---- */
extern const struct workflow_when workflow_always;
void workflow_read_variants(struct workflow_loading *l);
void workflow_take_order(struct workflow_loading *l);

/* The group's condition; always, when it has none or a bad one (reported). */
struct workflow_when workflow_read_when(struct workflow_loading *l, const config_setting_t *group);

/* Both conditions together; count 0: they never hold together. False: more alternatives than fit. */
bool workflow_when_both(const struct workflow_when *a, const struct workflow_when *b, struct workflow_when *out);
bool workflow_when_holds(const struct workflow_when *when, uint64_t wanted);

/* Index of the thing called `id` or -1; reports an unknown one with the nearest name. `at` may be NULL: not from the
 * file. */
int workflow_look_up(struct workflow_loading *l, const config_setting_t *at, enum workflow_kind kind,
                     const char *id);
int workflow_index_of(const struct workflow *w, enum workflow_kind kind, const char *id);
const char *workflow_kind_word(enum workflow_kind kind);

/* ---- workflow_steps.c ---- */
void workflow_read_sections(struct workflow_loading *l);

/* ---- workflow_geometry.c ---- */

/* The outline of a bin (needed) or a place; leaves count 0 when there is none or it is bad (reported). */
void workflow_read_outline(struct workflow_loading *l, const config_setting_t *group, bool needed,
                           struct workflow_polygon *out);
void workflow_check_geometry(struct workflow_loading *l);

/* ---- workflow_taught_read.c ---- */
void workflow_read_taught(struct workflow_loading *l);
/* What taught.cfg says of an item or carrier, NULL: nothing. */
const config_setting_t *workflow_taught_of_item(struct workflow_loading *l, const char *id);
const config_setting_t *workflow_taught_of_carrier(struct workflow_loading *l, const char *id);
/* Reads the list of references into the item, from taught.cfg if it has them. */
void workflow_read_references(struct workflow_loading *l, const config_setting_t *group,
                              struct workflow_item *item);
/* Checks a picture named at `at` and gives its size (0 x 0 when it is bad); an empty name is none. */
void workflow_check_picture(struct workflow_loading *l, const config_setting_t *at, const char *file,
                            int *width, int *height);
