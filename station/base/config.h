/* libconfig files through option tables: one row a key, owned by the module that uses it.
 * The rows parse, give defaults, print the help, and name the nearest key for a typo. */
#pragma once

#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>

#include "problems.h"

enum lw_option_type {
    OPTION_STRING = 1, /* char *, allocated, never NULL after reading (may be "") */
    OPTION_INT,        /* int */
    OPTION_REAL,       /* double; an integer in the file is taken too */
    OPTION_DEGREES,    /* double in radians; degrees in the file; the range is in degrees */
    OPTION_BOOL,       /* bool */
    OPTION_CHOICE,     /* int: index in `choices` */
    OPTION_OTHER,      /* a known key that the module reads itself */
};

struct lw_option {
    const char *key;
    enum lw_option_type type;
    size_t offset;       /* offsetof in the module's struct */
    double min, max;     /* range of a number; both 0: unbounded */
    const char *def;     /* default as it would stand in the file, without quotes; NULL: the key is required */
    const char *choices; /* words separated by a space, for OPTION_CHOICE */
    const char *help;    /* N_("…") for people */
};

#define CONFIG_MAX_BYTES 1000000L

/* Reads a libconfig file into `cfg` (which the caller has config_init'ed and later config_destroys).
 * `@include` is relative to the file's folder and may not leave it. */
enum lw_msg config_load(config_t *cfg, const char *path, struct lw_error *err);

/* Fills `out` from `group` (NULL: defaults only) by `table`; adds every problem found (unknown key, type, range,
 * choice, missing) to `problems` and leaves the default in place of a bad value. Call config_free_options on `out`. */
void config_read_options(const config_setting_t *group, const struct lw_option *table, int count, void *out,
                         struct lw_problems *problems);

/* Frees the strings that config_read_options allocated. */
void config_free_options(const struct lw_option *table, int count, void *out);

/* Writes the table as a commented libconfig group body with its defaults, indented by `indent` blanks. */
void config_write_defaults(FILE *f, const struct lw_option *table, int count, int indent);

/* Where a setting stands, for messages. */
const char *config_file_of(const config_setting_t *setting);
int config_line_of(const config_setting_t *setting);

/* The nearest of `count` words within an edit distance of a third of its length, or NULL. */
const char *config_nearest(const char *word, const char *const *words, int count);

/* Reads a finite number (int or float) of a setting; false if it is something else or NaN. */
bool config_number(const config_setting_t *setting, double *out);
