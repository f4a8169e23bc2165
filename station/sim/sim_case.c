/* The case: a shell with foam on two levels and recesses in it. */
#include "sim_solid.h"
#include "sim_stage.h"

#include <math.h>
#include <stdlib.h>

#define RECESS_CORNER_MM 4.0f
#define SHELL_CORNER_MM  12.0f
#define SHELL_FLOOR_MM   3.0f
#define SHELL_GLOSS      50
#define FOAM_GLOSS       0
/* Foam is full of little holes: its grey varies by this share from cell to cell. */
#define FOAM_GRAIN 0.22f

static bool in_slot(const struct pretend_slot *s, float x, float y)
{
    struct local_mm p = rigid_apply(rigid_inverse(s->pose), (struct local_mm){x, y});
    struct solid o = {.shape = s->round ? SOLID_DISC : SOLID_BOX, .at = {0, 0, s->length_mm, s->width_mm}};
    o.radius[0] = s->round ? 0.5f * s->length_mm : RECESS_CORNER_MM;
    return solid_inside(&o, (float)p.x, (float)p.y) >= 0;
}

enum lw_msg case_map_recesses(struct stage *s, struct lw_error *err)
{
    const struct pretend_bench *c = &s->scene;
    s->recess_nx = (int)(c->case_width_mm * FIELD_PER_MM);
    s->recess_ny = (int)(c->case_depth_mm * FIELD_PER_MM);
    s->recess = calloc((size_t)s->recess_nx * (size_t)s->recess_ny, 1);
    if (!s->recess)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int i = 0; i < c->slot_count && i < 255; i++) {
        const struct pretend_slot *slot = &c->slots[i];
        double reach = 0.5 * hypot(slot->length_mm, slot->width_mm) + 1;
        int x0 = (int)((slot->pose.x_mm - reach + c->case_width_mm / 2) * FIELD_PER_MM);
        int x1 = (int)((slot->pose.x_mm + reach + c->case_width_mm / 2) * FIELD_PER_MM);
        int y0 = (int)((slot->pose.y_mm - reach + c->case_depth_mm / 2) * FIELD_PER_MM);
        int y1 = (int)((slot->pose.y_mm + reach + c->case_depth_mm / 2) * FIELD_PER_MM);
        for (int y = y0 < 0 ? 0 : y0; y < y1 && y < s->recess_ny; y++)
            for (int x = x0 < 0 ? 0 : x0; x < x1 && x < s->recess_nx; x++)
                if (in_slot(slot, ((float)x + 0.5f) * FIELD_CELL_MM - (float)c->case_width_mm / 2,
                            ((float)y + 0.5f) * FIELD_CELL_MM - (float)c->case_depth_mm / 2))
                    s->recess[y * s->recess_nx + x] = (uint8_t)(i + 1);
    }
    return LW_OK;
}

void case_cover(const struct stage *s, float box[4])
{
    struct rigid t = s->T_bench_from_case;
    float c = fabsf(cosf((float)t.angle_rad)), n = fabsf(sinf((float)t.angle_rad));
    float w = (float)s->scene.case_width_mm / 2, d = (float)s->scene.case_depth_mm / 2;
    float rx = c * w + n * d + 1, ry = n * w + c * d + 1;
    box[0] = (float)t.x_mm - rx;
    box[1] = (float)t.y_mm - ry;
    box[2] = (float)t.x_mm + rx;
    box[3] = (float)t.y_mm + ry;
}

static const struct pretend_level *level_at(const struct pretend_bench *c, float x, float y)
{
    for (int i = 0; i < c->level_count; i++) {
        const float *a = c->levels[i].area;
        if (x >= a[0] && x < a[2] && y >= a[1] && y < a[3])
            return &c->levels[i];
    }
    return NULL;
}

static uint32_t foam_paint(const uint8_t colour[3], int x, int y)
{
    float tone = 1 + FOAM_GRAIN * (field_random((uint32_t)x, (uint32_t)y, 77) - 0.5f) +
                 FOAM_GRAIN * (field_random((uint32_t)x / 2, (uint32_t)y / 2, 78) - 0.5f);
    uint8_t k[3];
    for (int i = 0; i < 3; i++)
        k[i] = (uint8_t)fminf((float)colour[i] * tone, 255);
    return paint_of(k, FOAM_GLOSS);
}

static void draw_case_cell(const struct stage *s, struct field *f, int at, float x, float y)
{
    const struct pretend_bench *c = &s->scene;
    float w = (float)c->case_width_mm, d = (float)c->case_depth_mm, wall = (float)c->wall_mm;
    struct solid shell = {
        .shape = SOLID_BOX, .at = {0, 0, w, d}, .radius = {SHELL_CORNER_MM, SHELL_CORNER_MM}};
    float inside = solid_inside(&shell, x, y);
    if (inside < 0)
        return;
    int rx = (int)((x + w / 2) * FIELD_PER_MM), ry = (int)((y + d / 2) * FIELD_PER_MM);
    const struct pretend_level *level = level_at(c, x, y);
    if (inside < wall || rx < 0 || ry < 0 || rx >= s->recess_nx || ry >= s->recess_ny) {
        float round = fminf(fminf(inside, wall - inside) / (wall / 2), 1);
        f->height[at] = (float)c->rim_mm - 1.5f * (1 - sqrtf(fmaxf(round * (2 - round), 0)));
        f->paint[at] = paint_of(c->case_colour, SHELL_GLOSS);
    } else if (!level) {
        f->height[at] = SHELL_FLOOR_MM;
        f->paint[at] = paint_of(c->case_colour, SHELL_GLOSS);
    } else if (s->recess[ry * s->recess_nx + rx]) {
        f->height[at] = c->slots[s->recess[ry * s->recess_nx + rx] - 1].z_mm;
        f->paint[at] = foam_paint(level->floor_colour, rx, ry);
    } else {
        f->height[at] = level->top_mm;
        f->paint[at] = foam_paint(level->colour, rx, ry);
    }
}

void case_draw(struct stage *s, struct cells clip)
{
    struct field *f = &s->field;
    struct rigid t = s->T_bench_from_case;
    float cos_t = cosf((float)t.angle_rad), sin_t = sinf((float)t.angle_rad), box[4];
    case_cover(s, box);
    struct cells c = cells_clip(field_cells(f, box[0], box[1], box[2], box[3]), clip);
    for (int cy = c.y0; cy < c.y1; cy++) {
        float by = ((float)cy + 0.5f) * FIELD_CELL_MM - (float)t.y_mm;
        for (int cx = c.x0; cx < c.x1; cx++) {
            float bx = ((float)cx + 0.5f) * FIELD_CELL_MM - (float)t.x_mm;
            draw_case_cell(s, f, cy * f->nx + cx, cos_t * bx + sin_t * by, cos_t * by - sin_t * bx);
        }
    }
}
