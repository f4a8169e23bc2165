/* Inside the journal only: the numbers of a report, gathered once and written in any form. */
#pragma once

#include "database.h"

/* The words of `reason` in verdicts; the last one takes every word that is not known here. */
#define REPORT_REASONS 14
extern const char *const report_reason_words[REPORT_REASONS];
extern const char *const report_reason_labels[REPORT_REASONS]; /* N_("…") */

struct report_counts {
    long done, first_pass, skipped,
        overridden;                   /* visits: a step of a kit is one visit, however often it is tried */
    long errors[REPORT_REASONS];      /* verdicts `refuse` */
    long cannot_tell[REPORT_REASONS]; /* verdicts `cannot_tell`: the system's, nobody's error */
};

/* A step and the item that belongs there. */
struct report_row {
    int group;
    char *section, *step, *item;
    struct report_counts counts;
    int64_t *times_ns; /* of each time it was done; sorted at the end */
    long time_count, time_capacity;
};

/* A workflow, or all of them. */
struct report_group {
    char *workflow;
    long complete, aside, unfinished, kits_first_pass; /* the last: complete without any error or override */
    struct report_counts counts;
};

struct report {
    struct report_group *groups, total;
    int group_count;
    struct report_row *rows; /* in the order in which the steps first appear */
    int row_count;
    int64_t since_wall_ms, first_wall_ms, last_wall_ms; /* of the events counted; 0: none */
};

enum lw_msg report_gather(struct report *r, struct journal *j, const struct journal_report_options *o,
                          struct lw_error *err);
void report_finish(struct report *r);

long report_sum(const long *counts);                  /* of REPORT_REASONS numbers */
double report_median_s(const struct report_row *row); /* negative: never timed */

/* "12.5" with `point` as decimal sign whatever the locale; returns buf. */
const char *report_fixed(double value, int decimals, char point, char buf[32]);
/* Decimal sign for people in the language in force; files have a point whatever the language. */
char report_point(void);
/* "98.5 %" with that sign, "–" of nothing. */
const char *report_percent(long part, long whole, char buf[32]);
/* "another item 3, turned 1", most frequent first, "" of none; returns buf. */
const char *report_kinds(const long *counts, char *buf, int size);
/* The row with most errors, -1: there are none. `group` -1: any. */
int report_worst_row(const struct report *r, int group);

void report_write_text(const struct report *r, FILE *out);
void report_write_csv(const struct report *r, FILE *out, bool excel);
bool report_write_json(const struct report *r, FILE *out);
void report_write_html(const struct report *r, FILE *out);
