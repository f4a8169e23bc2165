/* What a scenario file says, line by line; the person (person.h) acts on it. The form is told in
 * scenarios.md. */
#pragma once

#include "journal.h"
#include "problems.h"

#define SCENARIO_ID 64

enum scenario_do {
    DO_NOTHING = 0,
    /* mistakes: they change how the thing of the step is laid */
    DO_INSTEAD,
    DO_FOREIGN,
    DO_TURNED,
    DO_FLIPPED,
    DO_SLOT,
    DO_OFFSET,
    DO_ROTATE,
    DO_TWICE,
    DO_TWICE_ON_TOP,
    DO_KNOCK_OUT,
    DO_ALSO_IN,
    DO_ALSO_AT,
    DO_FORGET,
    DO_FORGET_NEXT,
    DO_HAND_STAYS,
    /* what happens to the bench and the devices */
    DO_UNPLUG,
    DO_FREEZE,
    DO_BLACK,
    DO_OVEREXPOSE,
    DO_STALL,
    DO_BLIND,
    DO_LIGHTS_OUT,
    DO_LIGHT,
    DO_AMBIENT,
    DO_KNOCK_CAMERA,
    DO_KNOCK_PROJECTOR,
    DO_PUSH_CASE,
    /* what the person presses */
    DO_ASIDE,
    DO_HELP,
    DO_PAUSE,
    DO_BACK,
    DO_OVERRIDE,
    DO_SKIP,
    DO_PRESS,
};

static inline bool scenario_do_is_mistake(enum scenario_do d)
{
    return d >= DO_INSTEAD && d <= DO_HAND_STAYS;
}

enum scenario_when { WHEN_START = 1, WHEN_STEP, WHEN_LAID };

struct scenario_action {
    enum scenario_when when;
    char step[SCENARIO_ID];
    enum scenario_do what;
    char word[2][SCENARIO_ID]; /* items and places, as the line names them */
    char text[SCENARIO_ID];    /* a reason, or what is pressed */
    double number[2];          /* mm, degrees, ms or a factor, in the line's order */
    bool still_right;          /* an untidy laying that must be accepted */
    int line;
};

#define SCENARIO_WORDS 4

/* An event that must (or must not) be heard: its kind and words that must all be found in its fields. */
struct scenario_expect {
    bool no, before_mended;
    enum journal_kind kind;
    const char *kind_word;
    char word[SCENARIO_WORDS][SCENARIO_ID];
    int word_count;
    char step[SCENARIO_ID], seen[SCENARIO_ID], place[SCENARIO_ID]; /* "": any */
    bool false_rejects; /* "at most N false rejects" instead of an event */
    int at_most;
    int line;
};

struct scenario_held {
    char item[SCENARIO_ID], place[SCENARIO_ID];
};

struct scenario {
    char path[256];
    char light[SCENARIO_ID];
    uint64_t seed;
    int glove;
    double case_off_mm[2], case_off_deg;
    bool gives_up; /* the person has to give up, and it is no failure */
    struct scenario_held *held; /* what lies in the half-packed case that is put down for a kit taken on */
    int held_count;
    struct scenario_action *actions;
    int action_count;
    struct scenario_expect *expects;
    int expect_count;
};
