/* Captures as files: LIST.csv with the columns pose,role,bit,inverse,picture (role: column row white black; bit 0 = most
 * significant; paths relative to the CSV). Captures of live calibrations are kept in this form, and solved from it. */
#pragma once

#include "board.h"
#include "pattern.h"
#include "problems.h"

#define CAPTURES_POSES_MAX    32
#define CAPTURES_PICTURES_MAX 64

struct capture_entry {
    struct pattern pattern;
    char *path; /* owned */
    int line;   /* in the CSV */
};

struct capture_pose {
    char name[64];
    struct capture_entry entries[CAPTURES_PICTURES_MAX];
    int count;
};

struct captures {
    struct capture_pose *poses; /* owned; captures_finish frees */
    int count;
};

/* Every problem with its line. The pictures themselves are not opened. */
enum lw_msg captures_read(struct captures *out, const char *csv, struct lw_problems *problems);
void captures_finish(struct captures *c);

/* The plan that a pose's pictures follow, for a projector of width x height: as many bits as there are pictures. */
enum lw_msg captures_plan(const struct capture_pose *pose, int width, int height, struct pattern_plan *plan,
                          struct lw_error *err);

/* Loads a pose's pictures as GRAY8 in the plan's order into pictures[pattern_count(plan)]; what the list lacks stays
 * empty (data NULL). The caller ends each with image_finish, also after an error. */
enum lw_msg captures_load(const struct capture_pose *pose, const struct pattern_plan *plan, struct image *pictures,
                          struct lw_error *err);

/* Writes pictures[pattern_count(plan)] of one pose as FOLDER/POSE-NN.png and appends them to FOLDER/list.csv (which is
 * begun anew with `first`); the folder is made. Lost pictures (data NULL) are left out. */
enum lw_msg captures_keep(const char *folder, const char *pose, const struct pattern_plan *plan,
                          const struct image *pictures, bool first, struct lw_error *err);

/* Whether the board still lay at the end of a capture where its white picture saw it (`seen`): by the last pattern and
 * its inverse, which together light it evenly. SOLVE_MOVED when not; unknown (0 px) without inverses. */
enum lw_msg board_steady(const struct board *b, const struct pattern_plan *plan, const struct image *captures,
                         const struct board_seen *seen, double *moved_px, struct lw_error *err);
