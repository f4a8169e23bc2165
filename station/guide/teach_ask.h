/* Questions of teaching and rehearsing: each is put once, and only what is said after it was put answers it. */
#pragma once

#include "look.h"
#include "show.h"

/* What was typed for a question that is still to come, or was put before: `name mug` is about the thing at hand,
 * whichever of its questions is open. */
struct teach_given {
    bool has_name, has_height, has_count;
    char name[96];
    double height, count; /* mm, pieces; NAN: no number */
};

struct teach_question {
    const char *what, *choices; /* words of the event */
    const char *item, *carrier; /* ids that it is about, NULL: none */
    const char *reason;         /* why it is put once more: a word of the event; NULL */
    const char *line, *more;    /* words on the bench */
    const char *pictogram;
    json_t *detail;             /* further fields of the event; borrowed, may be NULL */
    const struct bench_mm *outline;
    int corners;
    enum press_kind typed;      /* the text that answers it, PRESS_NONE: none does */
    bool bench;                 /* what is laid down or taken away answers it too */
    bool glance;                /* now and then, when nothing seems to move: perhaps it was laid while the picture changed */
    double glance_s;            /* until the next one; begins by itself */
    bool glanced;               /* the answer is only that: nobody said or did anything. Not told when put again */
    double patience_s;          /* then it is as if next were pressed; 0: for ever */
    void (*draw)(void *context); /* what else is shown, drawn before the words; may be NULL */
    void *context;
    uint64_t id;                /* 0 until it was put; kept when it is put again */
};

enum lw_msg teach_given_keep(struct teach_given *given, const struct press *p);

/* Puts the question and waits. *out: what was pressed, PRESS_NONE when something was laid and lies still. A camera or
 * projector that goes is waited for, then the question is put again. LW_MSG_ENDED: the session ends. */
enum lw_msg teach_ask(struct guide *g, struct teach_question *q, struct teach_given *given, struct press *out,
                      struct lw_error *err);

/* A look of use, within a few seconds, however often the camera pauses; else out->trouble says why. LW_MSG_ENDED: the
 * session ends. */
enum lw_msg teach_look(struct guide *g, const struct guide_light *light, struct guide_look *out, struct lw_error *err);

/* Presses that were made before now, and that only an open question could have meant, are forgotten. */
void teach_forget_presses(struct guide *g);
