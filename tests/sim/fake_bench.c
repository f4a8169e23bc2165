#include "fake_bench.h"

#include <stdio.h>
#include <string.h>

int sim_put(struct sim *s, const char *kind, double x_mm, double y_mm, double angle_rad, bool flipped)
{
    if (s->thing_count == FAKE_THINGS || strcmp(kind, "nosuch") == 0)
        return 0;
    struct fake_thing *t = &s->things[s->thing_count++];
    *t = (struct fake_thing){
        .x_mm = x_mm, .y_mm = y_mm, .angle_rad = angle_rad, .flipped = flipped, .there = true};
    snprintf(t->kind, sizeof t->kind, "%s", kind);
    return s->thing_count;
}

void sim_remove(struct sim *s, int handle)
{
    if (handle > 0 && handle <= s->thing_count)
        s->things[handle - 1].there = false;
}

bool sim_slot(const struct sim *s, const char *slot, struct rigid *T_bench_from_slot)
{
    if (!s->has_case || !slot[0] || slot[1] || slot[0] < 'a' || slot[0] > 'z')
        return false;
    *T_bench_from_slot = rigid_mul(s->T_bench_from_case, (struct rigid){30.0 * (slot[0] - 'a'), 0, 0});
    return true;
}

void sim_case_put(struct sim *s, struct rigid T_bench_from_case)
{
    s->has_case = true;
    s->T_bench_from_case = T_bench_from_case;
}

void sim_case_remove(struct sim *s)
{
    s->has_case = false;
}

enum lw_msg sim_sheet(struct sim *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err)
{
    (void)s, (void)b, (void)pose, (void)err;
    return LW_OK;
}

void sim_box(struct sim *s, double x_mm, double y_mm, double width_mm, double depth_mm, double angle_rad,
             double height_mm)
{
    (void)x_mm, (void)y_mm, (void)angle_rad;
    s->box_mm[0] = width_mm;
    s->box_mm[1] = depth_mm;
    s->box_mm[2] = height_mm;
}

void sim_hand(struct sim *s, double x_mm, double y_mm, double z_mm, int glove)
{
    (void)z_mm, (void)glove;
    double speed = s->hand ? hypot(x_mm - s->hand_x_mm, y_mm - s->hand_y_mm) : 0;
    s->hand_speed_max = fmax(s->hand_speed_max, speed);
    s->hand = true;
    s->hand_x_mm = x_mm;
    s->hand_y_mm = y_mm;
}

void sim_hand_away(struct sim *s)
{
    s->hand = false;
}

void sim_light(struct sim *s, const char *preset)
{
    snprintf(s->light, sizeof s->light, "%s", preset);
}

void sim_ambient(struct sim *s, double factor)
{
    s->ambient = factor;
}

void sim_knock(struct sim *s, double camera_mm, double camera_rad, double projector_rad)
{
    (void)camera_rad, (void)projector_rad;
    s->knocked_mm += camera_mm;
}

void sim_blind(struct sim *s, bool blind)
{
    (void)s, (void)blind;
}

void sim_fault(struct sim *s, enum sim_fault fault)
{
    s->fault = fault;
    if (fault)
        s->worst_fault = fault;
}

int fake_count(const struct sim *s, const char *kind)
{
    int n = 0;
    for (int i = 0; i < s->thing_count; i++)
        n += s->things[i].there && (!kind || strcmp(s->things[i].kind, kind) == 0);
    return n;
}

const struct fake_thing *fake_last(const struct sim *s)
{
    for (int i = s->thing_count - 1; i >= 0; i--)
        if (s->things[i].there)
            return &s->things[i];
    return NULL;
}
