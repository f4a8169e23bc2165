/* Is the calibration still true? The crosses of its proof, shown once more: no board, about two seconds. */
#pragma once

#include "prove.h"

/* The proof of the calibration in force, or a check since then, is older than a day. `folder`: the station's data. */
bool self_check_due(const struct guide *g, const char *folder);

/* Shows the crosses of the proof and measures them. Those that something lies on are left out, as long as most are good.
 * Emits a `calibration` event `checked` (or `refused`, reason `check`), and writes DATA/check.json. CHECK_FAILED when light
 * and camera no longer agree to PROVE_PASS_MM. */
enum lw_msg self_check_run(struct guide *g, const char *folder, struct prove_result *out, struct lw_error *err);

/* Its two halves, for mending: the places of the proof; and the crosses measured there, with the same refusal. */
void self_check_places(const struct guide *g, const char *folder, struct prove_result *out);
enum lw_msg self_check_prove(struct guide *g, const char *folder, struct prove_result *out, struct lw_error *err);

/* "Calibrated today, 0.4 mm" into buf; returns buf. */
const char *self_check_words(const struct calibration *c, int64_t wall_ms, char *buf, int size);
