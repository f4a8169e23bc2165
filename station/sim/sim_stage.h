/* What lies on the pretend bench: tubs, case, things, box; keeps the height field in step and tells where it
 * changed. Internal to sim/. */
#pragma once

#include "sim_field.h"
#include "sim_pretend.h"
#include "sim_sheet.h"

struct stage_thing {
    bool there, in_case, flipped;
    int kind;
    struct rigid pose; /* in the case, or on the bench */
    float z;           /* of what it lies on */
};

struct stage_change {
    struct cells cells;
    float top; /* the highest there, before or after */
};

#define STAGE_THINGS  512
#define STAGE_CHANGES 32

struct stage {
    struct pretend_bench scene;
    struct field bare, field;                /* bench with its tubs; and with all that lies there */
    struct stage_thing things[STAGE_THINGS]; /* in the order of laying down; a handle is the index + 1 */
    int thing_count;
    bool case_there, blind;
    struct rigid T_bench_from_case;
    uint8_t *recess; /* per cell of the case: slot + 1; 0 none */
    int recess_nx, recess_ny;
    bool box_there;
    double box[5]; /* x, y, width, depth, angle */
    double box_height;
    struct sheet sheet;
    struct stage_change changes[STAGE_CHANGES]; /* drawn anew; whoever has seen them sets change_count to 0 */
    int change_count;
};

enum lw_msg stage_init(struct stage *s, const char *scene_path, struct lw_error *err);
void stage_finish(struct stage *s);

int stage_put(struct stage *s, const char *kind, struct rigid pose, bool flipped);
void stage_remove(struct stage *s, int handle);
bool stage_move(struct stage *s, int handle, struct rigid pose);
bool stage_slot(const struct stage *s, const char *id, struct rigid *out);
void stage_case_put(struct stage *s, struct rigid T_bench_from_case);
void stage_case_remove(struct stage *s);
void stage_box(struct stage *s, const double box[5], double height_mm);
enum lw_msg stage_sheet(struct stage *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err);
void stage_blind(struct stage *s, bool blind);

/* sim_ground.c: the bare bench with its tubs and what lies in them. */
void ground_draw(struct field *f, const struct pretend_bench *scene);
/* sim_case.c: the empty case as it lies, and its map of recesses. */
enum lw_msg case_map_recesses(struct stage *s, struct lw_error *err);
void case_draw(struct stage *s, struct cells clip);
void case_cover(const struct stage *s, float box[4]);
