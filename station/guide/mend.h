/* Bumps: which of camera, projector and bench moved, and the calibration mended without a board, by small steady crosses
 * (and, where these are out of reach, the coded grid) and by pieces of the bench that were remembered at calibration. */
#pragma once

#include "drift.h"
#include "guide.h"

#define MEND_ALARM_MM 0.5 /* smaller movements are none */

/* What the bench looked like when it was calibrated; beside the calibration as bench-patches. */
struct mend_memory {
    struct drift_patch *patches; /* owned */
    int count;
};

/* Reads it; without the file nothing is watched, and that is no error. */
void mend_load(struct mend_memory *m, const char *folder);
void mend_finish(struct mend_memory *m);

/* Remembers the bench as the newest frame shows it (empty, nothing projected); `usable` as in drift.h. */
enum lw_msg mend_remember(struct guide *g, const char *folder, drift_usable usable, void *user, struct lw_error *err);

/* Looks whether something moved, by the newest frame alone: fills `out` (cause NONE or CANNOT_TELL where it did not, or
 * hands hide too much). Some ms of CPU. */
void mend_look(const struct guide *g, const struct mend_memory *m, struct drift_result *out);

/* At a pause: measures crosses, finds out what moved, mends the poses, proves them, takes them into use, saves them in
 * `folder` and emits `calibration` events `drift` and `mended`. CHECK_FAILED when the proof fails or the picture left the
 * work area: the old calibration is then in force, and work has to stop. LW_OK also when nothing had moved. *found
 * (may be NULL) says what was found; with CANNOT_TELL too little of the bench and the light was seen. The crosses stay on:
 * the caller shows what comes next. */
enum lw_msg mend_run(struct guide *g, struct mend_memory *m, const char *folder, struct drift_result *found,
                     struct lw_error *err);

/* The daily check (self_check_run), and where it fails the mend, and the check again. */
struct prove_result;
enum lw_msg mend_check(struct guide *g, struct mend_memory *m, const char *folder, struct drift_result *found,
                       struct prove_result *out, struct lw_error *err);
