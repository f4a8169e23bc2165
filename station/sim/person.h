/* A pretend person: hears what the station says (its events), does what it asks on the pretend bench, makes the
 * mistakes that a scenario tells, and mends them. Knows nothing that a person at the bench would not know. */
#pragma once

#include "journal.h"
#include "sim.h"

/* A scenario: a small text file, see sim/README.md. */
struct scenario;
enum lw_msg scenario_load(struct scenario **out, const char *path, struct lw_problems *problems);
void scenario_destroy(struct scenario **s);
const char *scenario_light(const struct scenario *s); /* preset asked for, or NULL */

struct person;
struct person_hooks {
    void *context;
    void (*press)(void *context, const char *line); /* what the person presses, as a line of --input */
};

/* The scenario may be NULL: a person without mistakes. All three outlive the person. */
enum lw_msg person_create(struct person **out, struct sim *bench, const struct scenario *scenario, uint64_t seed,
                          const struct person_hooks *hooks, struct lw_error *err);
void person_destroy(struct person **p);

void person_hear(struct person *p, const struct journal_event *event); /* every event, as it happens */
void person_tick(struct person *p, int64_t now_ns);                    /* moves hand and things; call often */

/* Expectations of the scenario that were not met, one a line into `out`; returns their number. */
int person_unmet(const struct person *p, FILE *out);
