/* The pretend bench: projector light on a real 3-D scene, seen by a camera with a lens, noise and delay. A
 * camera and a screen like any other; what happens on the bench is told by these calls (scenarios, tests),
 * never by the program under test. Everything follows the virtual clock and the seed: the same calls give the
 * same frames. */
#pragma once

#include "camera.h"
#include "screen.h"

struct sim;

struct sim_options {
    uint64_t seed;
    const char *scene; /* pretend.cfg of a workflow's folder (sim/README.md): bench, case, bins, items */
    int camera_width, camera_height; /* 0: the scene's */
    double fps;
    const char *light;      /* preset: "easy" "office" "dim" "bright" "window"; NULL: office */
    double geometry_jitter; /* 0: the scene's own camera and projector; 1: positions, aims and lenses vary by
                               seed */
};

enum lw_msg sim_create(struct sim **out, const struct sim_options *o, struct lw_error *err);
void sim_destroy(struct sim **s);

/* The two backends; each is owned by whoever takes it, the sim must outlive both. */
enum lw_msg sim_camera_create(struct sim *s, struct camera **out, struct lw_error *err);
enum lw_msg sim_screen_create(struct sim *s, struct screen **out, struct lw_error *err);

/* ---- what happens on the bench ---- */

/* Puts a thing of `kind` (an item of the scene file) down with its centre at (x, y), turned; what it lies on
 * carries it. Returns a handle > 0, or 0 when there is no such kind. `flipped`: the other side up. */
int sim_put(struct sim *s, const char *kind, double x_mm, double y_mm, double angle_rad, bool flipped);
void sim_remove(struct sim *s, int handle);
bool sim_move(struct sim *s, int handle, double x_mm, double y_mm, double angle_rad);

/* Where slot `slot` of the case lies now (frame of the slot: what the scene file says). */
bool sim_slot(const struct sim *s, const char *slot, struct rigid *T_bench_from_slot);

/* The case: put down anew (things in it go with it), or taken away (with its things). */
void sim_case_put(struct sim *s, struct rigid T_bench_from_case);
void sim_case_remove(struct sim *s);

/* A box of known height for calibrating, its top flat; height 0 removes it. */
void sim_box(struct sim *s, double x_mm, double y_mm, double width_mm, double depth_mm, double angle_rad,
             double height_mm);

/* A printed board (calibration/board.h): middle, turn about the vertical, leaning about its own x and y, height of its
 * lowest corner, bow of its middle, scale of its print (1: true). NULL: it is taken away. */
struct sim_sheet_pose {
    double x_mm, y_mm, angle_rad, tilt_x_rad, tilt_y_rad, z_mm, bend_mm, scale;
};
struct board;
enum lw_msg sim_sheet(struct sim *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err);

/* A hand (and arm from the person's side) with its palm at (x, y), z over the bench; glove: 0 skin, 1 blue, 2
 * white. */
void sim_hand(struct sim *s, double x_mm, double y_mm, double z_mm, int glove);
void sim_hand_away(struct sim *s);

void sim_light(struct sim *s, const char *preset);
void sim_ambient(struct sim *s, double factor); /* times the preset's; 0: lights out */
void sim_knock(struct sim *s, double camera_mm, double camera_rad, double projector_rad);
enum sim_fault {
    SIM_FAULT_NONE = 0,
    SIM_FAULT_UNPLUGGED,
    SIM_FAULT_FROZEN,
    SIM_FAULT_BLACK,
    SIM_FAULT_OVEREXPOSED,
    SIM_FAULT_STALLED
};
void sim_fault(struct sim *s, enum sim_fault fault);
void sim_blind(struct sim *s, bool blind); /* serves the empty bench throughout, whatever lies there */

/* ---- truth, for tests and figures only ---- */
void sim_truth(const struct sim *s, struct model *camera_and_projector);
/* The camera's picture without noise, of the projection now shown; for contact sheets. BGR8, owned by the
 * caller. */
enum lw_msg sim_photograph(struct sim *s, struct image *out, struct lw_error *err);
