/* The scene file of the pretend bench (pretend.cfg), read into plain structs. The format stands in
 * sim/README.md. Internal to sim/. */
#pragma once

#include "config.h"
#include "units.h"

#include <stdbool.h>
#include <stdint.h>

#define PRETEND_ID     48
#define PRETEND_POINTS 32 /* numbers of a polygon: 16 corners */

enum solid_shape { SOLID_BOX = 0, SOLID_CAPSULE, SOLID_DISC, SOLID_RING, SOLID_POLYGON };
enum solid_print { PRINT_NONE = 0, PRINT_STRIPES, PRINT_LABEL, PRINT_CODE };

/* One solid seen from above, in the frame of its thing. Colours are blue, green, red as a screen shows them.
 */
struct solid {
    enum solid_shape shape;
    float at[PRETEND_POINTS];
    int at_count;
    float angle_rad, radius[2], height, crown, taper, opacity;
    uint8_t colour[3], print_colour[3];
    uint8_t gloss; /* 0..127 */
    bool metal, top_only;
    enum solid_print print;
    float print_pitch, print_share;
    uint32_t print_seed;
    uint8_t *code; /* of PRINT_CODE: 1 a dark module, row by row from its upper left; allocated */
    int code_columns, code_rows;
    float box[4]; /* x0, y0, x1, y1 around it */
};

struct pretend_kind {
    char id[PRETEND_ID];
    struct solid *solids;
    int count;
    float box[4];
    float top_mm;
};

struct pretend_slot {
    char id[PRETEND_ID];
    struct rigid pose; /* in the case; of a spot: on the bench */
    float z_mm, length_mm, width_mm;
    bool round;
};

struct pretend_level {
    float area[4];
    float top_mm;
    uint8_t colour[3], floor_colour[3];
};

struct pretend_bin {
    char id[PRETEND_ID];
    float area[4];
    float height_mm;
    uint8_t colour[3];
    int kind, count;
};

struct pretend_device {
    int width, height;
    double fps;
    double x_mm, y_mm, z_mm, aim[2], roll_rad, span_mm, centre[2];
    double k1, k2, p1, p2;
};

struct pretend_bench {
    double width_mm, depth_mm;
    uint8_t colour[3];
    uint32_t seed;
    struct pretend_device camera, projector;
    double case_width_mm, case_depth_mm, rim_mm, wall_mm;
    uint8_t case_colour[3];
    double hand_width_mm;
    struct pretend_level *levels;
    int level_count;
    struct pretend_slot *slots, *spots;
    int slot_count, spot_count;
    struct pretend_bin *bins;
    int bin_count;
    struct pretend_kind *kinds;
    int kind_count;
};

/* Reads the file; the first problem is the answer. The caller ends `out` with pretend_finish in either case.
 */
enum lw_msg pretend_read(struct pretend_bench *out, const char *path, struct lw_error *err);
void pretend_finish(struct pretend_bench *s);

int pretend_find_kind(const struct pretend_bench *s, const char *id); /* -1: none */
