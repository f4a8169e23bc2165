/* A small kit of the dental kit's things on the pretend bench, with a pretend person, a calibration that is the truth,
 * and a camera and screen that fail on request. What must never be shown or accepted is watched at every tick. */
#pragma once

#include "harness.h"

#include "guide.h"
#include "pack.h"
#include "person.h"
#include "sim.h"
#include "workflow.h"

enum kit_fault {
    KIT_NO_FAULT = 0,
    KIT_UNPLUGGED,   /* the camera says that it is gone */
    KIT_STALLED,     /* no more pictures, no error */
    KIT_FROZEN,      /* the old picture again and again */
    KIT_BLACK,       /* all zero */
    KIT_DARK,        /* black as a live sensor gives it: noise */
    KIT_WHITE,       /* all 255 */
    KIT_DAZZLED,     /* overexposed as a live sensor gives it */
    KIT_SCREEN_LOST, /* the projector is gone */
    KIT_FAULTS,
};

/* When an event of the kit is heard the first time, and so long after it, the fault begins. */
struct kit_trigger {
    const char *name;
    enum journal_kind kind;
    const char *step, *word; /* word: the event's phase or result, or what is asked */
    int delay_ms, lasts_ms;
};

#define KIT_TRIGGERS 12
#define KIT_FRAMES 4096

struct kit_bench {
    char folder[300], data[300], journal_path[300];
    struct guide g;
    struct sim *sim;
    struct scenario *scenario;
    struct person *person;
    struct workflow *workflow;
    struct calibration truth;

    enum kit_fault kind, active;
    const struct kit_trigger *triggers;
    int trigger_count, begun[KIT_TRIGGERS], ended[KIT_TRIGGERS];
    int64_t due_ns[KIT_TRIGGERS], until_ns;

    /* told by the test */
    void (*more)(struct kit_bench *b, const struct journal_event *e);
    void (*each_tick)(struct kit_bench *b, int64_t now_ns);

    /* seen */
    bool bad_frame[KIT_FRAMES];
    int lost_ticks, lost, back, accepts, done, refused, cannot_tell, looks_while_lost, events;
    int gone_shown; /* ticks in which "the camera is gone" was shown */
    int64_t give_up_ns;
    int violations;
    char violation[200]; /* the first */
};

/* Writes the kit's folder into the scratch folder and gives its path; `steps`: what stands in `steps = ( … )`. */
const char *kit_folder(const char *steps, char *buf, int size);

/* Steps: "one" and "two" laid into the case, "three" beside it, "all-in" confirmed; without a case (a search for one
 * takes a while): "one", "two" on the bench, "all-in". */
extern const char KIT_IN_CASE[], KIT_ON_BENCH[];

/* Writes the true calibration of the pretend bench to `path` (and into *out, may be NULL). */
void kit_calibration(const char *path, struct calibration *out);

/* `scenario`: text of a scenario, NULL: no mistakes. */
void kit_open(struct kit_bench *b, const char *steps, const char *scenario);
void kit_close(struct kit_bench *b);

/* Packs one kit; ends after at most 300 s of the bench's time. */
enum pack_end kit_pack(struct kit_bench *b, const struct pack_options *o);

/* What may not be seen while the camera or the projector is gone: counted in b->violations. */
void kit_watch_scene(struct kit_bench *b);

/* Counts rows of the journal. */
int kit_count(const struct kit_bench *b, const char *sql);
