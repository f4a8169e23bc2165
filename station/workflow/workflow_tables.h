/* The option tables of the workflow format. They read the files, and tests/workflow compares
 * workflows/README.md with them. Private to this folder and its tests. */
#pragma once

#include "config.h"
#include "workflow.h"

#include <stdio.h>

/* What a group of the file holds beside the struct that it becomes: names still to be looked up. */
struct workflow_root_row {
    int format, state;
};

struct workflow_item_row {
    struct workflow_item item;
    char *bin;
};

struct workflow_shift_row {
    double x_mm, y_mm;
};

struct workflow_place_row {
    struct workflow_place place;
    char *carrier, *item;
    bool orientation;
    int count, columns;
};

/* A condition as alternatives: all variants of `need` are wanted and none of `refuse`. None holds: never. */
#define WORKFLOW_ALTERNATIVES 8
struct workflow_when {
    uint64_t need[WORKFLOW_ALTERNATIVES], refuse[WORKFLOW_ALTERNATIVES];
    int count;
};

struct workflow_section_row {
    struct workflow_section section;
    char *when;
};

struct workflow_step_row {
    struct workflow_step step;
    char *place, *section, *item, *carrier, *when;
    bool coach_may_skip;
    struct workflow_when belongs;
    int pulls; /* index of the section that stands here, -1: a step of its own */
    int uses;  /* how often it was laid out */
    const config_setting_t *at;
};

struct workflow_taught_row {
    char *item;
};

enum workflow_table_id {
    TABLE_ROOT = 0,
    TABLE_TEXT,
    TABLE_BIN,
    TABLE_CARRIER,
    TABLE_HOME,
    TABLE_ITEM,
    TABLE_WITNESS,
    TABLE_REFERENCE,
    TABLE_PLACE,
    TABLE_SHIFT,
    TABLE_VARIANT,
    TABLE_SECTION,
    TABLE_STEP,
    TABLE_TAUGHT_ROOT,
    TABLE_TAUGHT_ITEM,
    TABLE_TAUGHT_CARRIER,
    TABLE_COUNT
};

/* A row of type OPTION_OTHER says the form of its value in `choices` ("a list of groups"). */
struct workflow_table {
    const char *title; /* heading in the README */
    const struct lw_option *rows;
    int count;
};

const struct workflow_table *workflow_table(enum workflow_table_id id);

/* Reads `group` (or only the defaults) by a table; see config_read_options. */
void workflow_read_table(enum workflow_table_id id, const config_setting_t *group, void *out,
                         struct lw_problems *problems);

/* One line of the README's table for a row, without line end. */
const char *workflow_table_line(const struct lw_option *row, char *buf, int size);
