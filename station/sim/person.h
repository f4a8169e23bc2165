/* A pretend person: hears what the station says (its events), does what it asks on the pretend bench, makes the
 * mistakes that a scenario tells, and mends them. Knows nothing that a person at the bench would not know. */
#pragma once

#include "journal.h"
#include "sim.h"

/* A scenario: a small text file, see scenarios.md. Every problem of the file is added to `problems`. */
struct scenario;
enum lw_msg scenario_load(struct scenario **out, const char *path, struct lw_problems *problems);
void scenario_destroy(struct scenario **s);
const char *scenario_light(const struct scenario *s); /* preset asked for, or NULL */
uint64_t scenario_seed(const struct scenario *s);     /* 0: none told */

struct person;
struct person_hooks {
    void *context;
    void (*press)(void *context, const char *line); /* what the person presses, as a line of --input */
};

/* The scenario may be NULL: a person without mistakes. All three outlive the person. Seed 0: the scenario's. */
enum lw_msg person_create(struct person **out, struct sim *bench, const struct scenario *scenario, uint64_t seed,
                          const struct person_hooks *hooks, struct lw_error *err);
void person_destroy(struct person **p);

void person_hear(struct person *p, const struct journal_event *event); /* every event, as it happens */
void person_tick(struct person *p, int64_t now_ns);                    /* moves hand and things; call often */

/* What went otherwise than the scenario expects, one a line into `out` (may be NULL); returns the number of lines.
 * Checked without being asked for: no accept while something wrong lies there (or a hand lies over it), everything
 * that the scenario tells was done, and the person did not have to give up. */
int person_unmet(const struct person *p, FILE *out);

/* What the person knows, having laid the things with their own hands. */
struct person_stats {
    int steps;         /* ended, each time it ended */
    int placements;    /* right layings that were judged (accepted, refused or left to confirm) */
    int accepts;       /* of them */
    int confirms;      /* of them */
    int false_rejects; /* of them: refused though right and free of the hand */
    int false_accepts; /* accepted, or passed without a verdict, with something wrong or nothing or a hand there */
    int wrong_shown;   /* mistakes laid */
    int caught;        /* of them: the first decision was a refusal (of a hand in the way: "can't tell, hand") */
    int reason_right;  /* of them: with the right reason */
    int undecided_ms_max; /* longest wait from the hand's leaving to a decision, faults left out */
    bool gave_up;      /* refused or not answered too often; pressed quit */
};
void person_stats(const struct person *p, struct person_stats *out);
