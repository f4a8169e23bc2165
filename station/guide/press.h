/* What a person presses: keyboard, pedal, input file, all the same. */
#pragma once

#include "error.h"
#include "screen.h"

#include <stdbool.h>

enum press_kind {
    PRESS_NONE = 0, PRESS_NEXT, PRESS_BACK, PRESS_AGAIN, PRESS_HELP, PRESS_PAUSE, PRESS_UNDO, PRESS_DONE, PRESS_SKIP,
    PRESS_OVERRIDE, PRESS_YES, PRESS_NO, PRESS_NAME, PRESS_COUNT, PRESS_HEIGHT, PRESS_ASIDE, PRESS_EMPTY, PRESS_QUIT,
    PRESS_MOVE, PRESS_BAR, PRESS_DIGIT,
};

struct press {
    enum press_kind kind;
    char text[96];  /* NAME, SKIP, OVERRIDE */
    double number;  /* COUNT, HEIGHT (mm), BAR (mm); NAN: no number was given */
    int dx, dy;     /* MOVE, and the arrow keys whatever they are otherwise: right and down, 1 or 10 */
    bool prepared;  /* it stood in the --input file before the session began: it waits for its question */
};

/* One line of --input: a word, and what belongs to it. False: not a press (empty, comment, unknown). */
bool press_parse(const char *line, struct press *out);

/* Keyboard: space/enter/right next, left/backspace back, a again, h help, p pause, u undo, d done, s skip, o override,
 * y yes, n no, x aside, e empty, escape quit; all arrows move, too (with shift ten times as far); digits and the decimal
 * point or comma are typed (DIGIT, in text). */
bool press_from_key(const struct screen_key *key, struct press *out);

/* A text that is being typed as the answer to a question. */
struct press_typing {
    enum press_kind kind; /* what it becomes: PRESS_NAME, PRESS_HEIGHT, PRESS_COUNT; 0: nothing is typed now */
    char text[64];
};

/* True: the key was taken by the typing. Enter ends it: *out is then the press, else its kind is PRESS_NONE. Space and
 * enter are left to others as long as nothing was typed. */
bool press_type(struct press_typing *t, const struct screen_key *key, struct press *out);

/* Pedal: left back, middle (or the only one) next, right help. */
bool press_from_pedal(int button, struct press *out);

/* A file or standard input ("-") of lines that is read as it arrives; its end is not an end of the session. */
struct press_file;
enum lw_msg press_file_open(struct press_file **out, const char *path, struct lw_error *err);
bool press_file_next(struct press_file *f, struct press *out); /* never blocks */
/* Something was read, and whoever wrote it is gone: nothing more can come. */
bool press_file_ended(const struct press_file *f);
void press_file_close(struct press_file **f);
