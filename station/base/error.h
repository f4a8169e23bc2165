/* Errors: a fallible function returns a message id (LW_OK = 0) and fills the caller's struct lw_error.
 * A verdict is not an error. */
#pragma once

#include "messages.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LW_ERROR_TEXT 384

struct lw_error {
    enum lw_msg id;
    char file[192]; /* file that a person should look at, or "" */
    int line;       /* line in it, or 0 */
    char text[LW_ERROR_TEXT];
};

/* Fills `err` (may be NULL) with the translated text of message `id` and returns `id`.
 * The arguments are those of the message's English text in messages.def. */
enum lw_msg lw_fail(struct lw_error *err, enum lw_msg id, ...);

/* The same, and says where a person should look. `line` 0: the whole file. */
enum lw_msg lw_fail_at(struct lw_error *err, const char *file, int line, enum lw_msg id, ...);

/* One line for people: "file:line: text Remedy." into buf; returns buf. */
const char *lw_error_line(const struct lw_error *err, char *buf, int size);

#ifdef __cplusplus
}
#endif
