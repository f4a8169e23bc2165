/* The command line: one row an option; the rows parse and print the help. */
#pragma once

#include "error.h"

#include <stdbool.h>

enum argument_type { ARGUMENT_FLAG = 1, ARGUMENT_TEXT, ARGUMENT_INT, ARGUMENT_REAL,
                     ARGUMENT_ADDRESS, /* const char **, "" when it was left out: only a word like 127.0.0.1:80, :80 or 80 is one */
};

struct argument {
    const char *name;   /* without the dashes */
    enum argument_type type;
    void *out;          /* bool *, const char **, int *, double * */
    const char *word;   /* for the help: N_("FILE"); NULL for a flag */
    const char *help;   /* N_("…") */
};

#define ARGUMENTS_REST 64

/* Parses argv[1..]; what is no option goes to rest (at most ARGUMENTS_REST). Returns false, with err filled, for a
 * wrong one (exit code 2). *help is set when --help was asked for. */
bool arguments_parse(int argc, char **argv, const struct argument *table, int count, const char **rest,
                     int *rest_count, bool *help, struct lw_error *err);

/* Whether a word is written like ADDR:PORT, ADDR or PORT, ADDR being a number or localhost. */
bool arguments_is_address(const char *word);

/* "usage: lichtwijzer VERB …" and the table, to standard output. */
void arguments_print_help(const char *usage, const char *about, const struct argument *table, int count);
