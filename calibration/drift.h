/* Did camera, projector or bench move since the calibration, and how far? From what the camera sees of the bench itself
 * (small patches of it, remembered at calibration) and of small marks that the projector shows. Pure. */
#pragma once

#include "decode.h"
#include "image.h"
#include "model.h"

#define DRIFT_PATCH_PX     21 /* odd */
#define DRIFT_PATCHES_MAX  160

/* A piece of the bench (grain, an edge, a corner of something fixed), as the camera saw it. */
struct drift_patch {
    struct cam_px cam;
    struct bench_mm bench;
    uint8_t grey[DRIFT_PATCH_PX * DRIFT_PATCH_PX];
};

/* The strongest corner-like pieces, well spread over the bench's plane (GRAY8, the light as while working). Pieces
 * for which `usable` says no (NULL: all are) are left out: where something stands that may be moved. Returns their
 * number. */
typedef bool (*drift_usable)(void *user, struct bench_mm at);
int drift_patches_take(const struct model *m, const struct image *picture, drift_usable usable, void *user,
                       struct drift_patch *out, int max);

/* Where the piece is now, searched within reach_px of `near` (normalised correlation, then least squares on the greys
 * with gain and offset free). False where it is covered or lost. */
bool drift_patch_find(const struct drift_patch *p, const struct image *now, struct cam_px near, double reach_px,
                      struct cam_px *out, double *sigma_px);

/* One file with all of them, beside the calibration. */
enum lw_msg drift_patches_save(const struct drift_patch *p, int count, const char *path, struct lw_error *err);
enum lw_msg drift_patches_load(struct drift_patch *p, int max, int *count, const char *path, struct lw_error *err);

/* A remembered place of the bench that the camera sees now. */
struct drift_sighting {
    struct bench_mm bench;
    struct cam_px cam;
    double sigma_px;
};

/* A mark that the projector shows, seen now where its light meets something z_mm over the bench. */
struct drift_mark {
    struct proj_px proj;
    struct cam_px cam;
    double z_mm, sigma_px;
};

/* Marks from places of a coded grid: those on the largest plane within the bench as the camera sees it, well spread.
 * Returns their number, 0 when no plane holds a third of them. */
int drift_marks_from_pairs(const struct model *m, const struct decode_pair *pairs, int count, struct drift_mark *out, int max);

enum drift_cause { DRIFT_CANNOT_TELL = 0, DRIFT_NONE, DRIFT_CAMERA, DRIFT_PROJECTOR, DRIFT_BOTH, DRIFT_BENCH };

/* Distances are medians over the bench: what the camera sees, what the projector shows, and the bench itself, moved by
 * so much (mm on the bench) against the calibration. */
struct drift_result {
    enum drift_cause cause;
    double camera_mm, projector_mm, bench_mm;
    double sigma_mm;          /* standard uncertainty of light against camera with the new pose, in mm on the bench */
    int sightings_used, marks_used;
    double proof_median_mm, proof_p95_mm; /* of every other mark, which the new pose has not seen */
    struct model model;       /* with the new pose or poses; the old one where nothing moved */
};

/* Robust to what moved by itself (tubs, hands): at least half of the sightings, and of the marks, must agree. With no
 * marks only the camera is judged. Movements below alarm_mm (0.5 is usual) count as none. */
void drift_judge(const struct model *m, const struct drift_sighting *sightings, int sighting_count,
                 const struct drift_mark *marks, int mark_count, double alarm_mm, struct drift_result *out);

const char *drift_cause_name(enum drift_cause cause); /* camera projector both bench none cannot_tell */
