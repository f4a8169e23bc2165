/* A printed sheet that lies on the pretend bench or leans on something: ink, tilt, bow, scale of the print. Internal to
 * sim/. */
#pragma once

#include "board.h"
#include "sim.h"
#include "sim_field.h"

struct sheet {
    bool there;
    struct board board;   /* as it is described */
    struct sim_sheet_pose pose;
    double M[4], slope[2]; /* cell offsets (mm) from the middle -> sheet mm; height over sheet mm */
    double low_mm;        /* height of the middle */
    uint8_t *ink;         /* owned: 0 white .. 255 black, over the printed squares */
    int nx, ny;
};

enum lw_msg sheet_init(struct sheet *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err);
void sheet_finish(struct sheet *s);

/* x0, y0, x1, y1 around it, mm. */
void sheet_cover(const struct sheet *s, float box[4]);
void sheet_draw(const struct sheet *s, struct field *f, struct cells clip);
