/* What every test shares: where things are, scratch folders, tests that skip with a reason, pictures compared. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "image.h"

#define HARNESS_SKIP 77 /* exit code that meson counts as skipped */

/* Paths into buf; return buf. */
const char *harness_source(const char *relative, char *buf, int size);
const char *harness_shared(const char *relative, char *buf, int size);

/* Ends the whole test as skipped, saying why, when `path` is absent. */
void harness_need(const char *path, const char *why);

/* A new empty folder under $TMPDIR; removed at exit. */
const char *harness_scratch(void);

/* Call first in main: locale and messages as the program sets them; language of texts is English. */
void harness_init(void);

/* Compares with tests/golden/NAME.png: at most `share` of the pixels may differ by more than `tolerance` grey levels in
 * any channel. Writes NAME.diff.png (red: missing, green: new) beside the golden on failure. A missing golden fails;
 * LICHTWIJZER_GOLDEN=renew writes it. */
void harness_golden(const char *name, const struct image *seen, int tolerance, double share);

/* The same as the text tests/golden/NAME, to the last byte; renewed likewise. */
void harness_golden_text(const char *name, const char *text);

/* A deterministic random number in [0, 1). */
double harness_random(uint64_t *state);

#define assert_ok(rc, err)                                                                                           \
    do {                                                                                                             \
        if ((rc) != LW_OK)                                                                                           \
            fail_msg("%s: %s", lw_msg_name(rc), (err)->text);                                                        \
    } while (0)
