/* Checks in bulk on the pretend bench: things laid right and wrong, looked at and judged as when packing, against what
 * really lies there; and on the same looks the plain alternative, grey difference to the taught picture. */
#pragma once

#include "pretend_station.h"

/* What really lies at the place. */
enum laid {
    LAID_RIGHT = 0, /* within 3 mm and 5 degrees */
    LAID_LOOK_ALIKE, /* another taught item of the same family */
    LAID_OTHER,      /* any other taught item */
    LAID_TURNED,     /* by 180 degrees */
    LAID_EMPTY,
    LAID_FOREIGN,    /* was never taught */
    LAID_TWIN,       /* was never taught, and differs from the right one by less than a camera pixel */
    LAID_COUNT
};
extern const char *const laid_names[LAID_COUNT];

struct pretend_check {
    char light[16], place[32], thing[32], seen[32];
    int seed;
    enum laid laid;
    struct rigid off;  /* from the place, as laid */
    struct verdict verdict;
    double plain_grey; /* mean absolute difference to the best taught picture; made equally bright first: `levelled` */
    double levelled_grey;
    double judge_ms, look_s; /* CPU of check_judge; virtual time of the look */
};

struct pretend_checks {
    struct pretend_check *rows;
    int count, capacity;
    const char *save_to; /* folder for the pictures of wrong verdicts, NULL: none */
};

/* All cases at the first `places` places of the workflow after `skip` (0 places: all). The station is open,
 * calibrated, and its case laid. Each place keeps its right thing when it is done. */
enum lw_msg pretend_checks_run(struct pretend_checks *c, struct pretend_station *p, int seed, const char *light, int skip,
                               int places, struct lw_error *err);
void pretend_checks_finish(struct pretend_checks *c);

/* One line a check, in C notation. */
void pretend_checks_head(FILE *f);
void pretend_checks_write(const struct pretend_check *row, FILE *f);
bool pretend_checks_read(struct pretend_checks *c, FILE *f);

struct pretend_tally {
    int checks, accepted, refused, confirm, cannot_tell, reason_right;
};

struct pretend_summary {
    struct pretend_tally of[LAID_COUNT];
    int wrong, false_accepts; /* all but right ones and twins */
    double plain_error, plain_threshold;       /* mean of both error rates at the threshold that is best for it */
    double levelled_error, levelled_threshold;
};

/* Over the rows of one light (NULL: all). */
void pretend_checks_summary(const struct pretend_checks *c, const char *light, struct pretend_summary *out);
