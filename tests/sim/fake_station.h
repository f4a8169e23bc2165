/* A station without camera or projector: shows the steps of a small kit, and judges by what was really put
 * down on the recording bench, or by a rule that is wrong on purpose. */
#pragma once

#include "fake_bench.h"
#include "person.h"

#include <jansson.h>

#define KIT 4

/* A station that judges by what was really put down (or by a rule that is wrong on purpose). */
enum rule { JUDGE_TRULY = 0, ACCEPT_ALL, ACCEPT_UNLOOKED, REFUSE_ALL, TELL_NOTHING, ACCEPT_UNDER_HAND };

struct station {
    struct sim bench;
    struct scenario *scenario;
    struct person *person;
    int64_t now_ns;
    enum rule rule;
    int at; /* step shown */
    bool pressed_next, over, aside, passed;
    int ask_after_ms; /* a refusal is followed by a question to remove; 0: it is not */
    int64_t ask_at_ns;
    bool packed[KIT];
    int judged_things; /* as many were ever put down when it was last judged */
    int judged_there;
    char pressed[2000];
};

void station_setup(struct station *s, const char *scenario, uint64_t seed); /* scenario text or NULL */
void station_teardown(struct station *s);
void station_tick(struct station *s);
void station_pass_ms(struct station *s, int ms);
void station_tell(struct station *s, struct journal_event e);
void station_tell_detail(struct station *s, struct journal_event e, json_t *detail); /* takes the detail */
void station_ask(struct station *s, const char *what, json_t *detail);               /* takes the detail */
void station_show(struct station *s, int step, const char *phase);
struct journal_event station_verdict(const struct station *s, const char *result, const char *reason);
void station_step_done(struct station *s);
void station_look(struct station *s);
void station_begin_kit(struct station *s);
void station_pack(struct station *s); /* until the kit is complete or the person gave up */
struct person_stats station_stats_of(const struct station *s);
void station_assert_met(const struct station *s);
