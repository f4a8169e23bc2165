#include "sim_sheet.h"

#include <stdlib.h>

#define INK_MM     0.5 /* a cell of the ink */
#define INK_TIMES  3   /* samples across a cell */
#define MARGIN_MM  9.0 /* white paper around the squares */
#define PAPER_GREY 228
#define INK_GREY   26
#define PAPER_GLOSS 6

/* The ink of the printed squares, drawn once. */
static enum lw_msg draw_ink(struct sheet *s, struct lw_error *err)
{
    s->nx = (int)(board_width_mm(&s->board) / INK_MM);
    s->ny = (int)(board_height_mm(&s->board) / INK_MM);
    s->ink = malloc((size_t)s->nx * (size_t)s->ny);
    if (!s->ink)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    for (int y = 0; y < s->ny; y++)
        for (int x = 0; x < s->nx; x++) {
            int dark = 0;
            for (int k = 0; k < INK_TIMES * INK_TIMES; k++)
                dark += board_dark_at(&s->board, (struct local_mm){(x + (k % INK_TIMES + 0.5) / INK_TIMES) * INK_MM,
                                                                   (y + (k / INK_TIMES + 0.5) / INK_TIMES) * INK_MM});
            s->ink[y * s->nx + x] = (uint8_t)(255 * dark / (INK_TIMES * INK_TIMES));
        }
    return LW_OK;
}

static double half_width(const struct sheet *s)
{
    return s->pose.scale * board_width_mm(&s->board) / 2 + MARGIN_MM;
}

static double half_depth(const struct sheet *s)
{
    return s->pose.scale * board_height_mm(&s->board) / 2 + MARGIN_MM;
}

/* The sheet leans by tilt_x about its own x, tilt_y about its own y axis, then turns on the bench. Its lowest corner
 * lies at z_mm. */
enum lw_msg sheet_init(struct sheet *s, const struct board *b, const struct sim_sheet_pose *pose, struct lw_error *err)
{
    *s = (struct sheet){.there = true, .board = *b, .pose = *pose};
    double ca = cos(pose->angle_rad), sa = sin(pose->angle_rad), cx = cos(pose->tilt_x_rad), sx = sin(pose->tilt_x_rad);
    double cy = cos(pose->tilt_y_rad), sy = sin(pose->tilt_y_rad);
    /* bench x, y of the sheet's axes: Rz(angle) Ry(tilt_y) Rx(tilt_x) */
    double a = ca * cy, c = sa * cy, u = ca * sy * sx - sa * cx, d = sa * sy * sx + ca * cx, det = a * d - u * c;
    s->M[0] = d / det;
    s->M[1] = -u / det;
    s->M[2] = -c / det;
    s->M[3] = a / det;
    s->slope[0] = -sy;
    s->slope[1] = cy * sx;
    s->low_mm = pose->z_mm + fabs(s->slope[0]) * half_width(s) + fabs(s->slope[1]) * half_depth(s);
    return draw_ink(s, err);
}

void sheet_finish(struct sheet *s)
{
    free(s->ink);
    *s = (struct sheet){0};
}

void sheet_cover(const struct sheet *s, float box[4])
{
    float r = (float)hypot(half_width(s), half_depth(s));
    box[0] = (float)s->pose.x_mm - r;
    box[1] = (float)s->pose.y_mm - r;
    box[2] = (float)s->pose.x_mm + r;
    box[3] = (float)s->pose.y_mm + r;
}

/* Ink at a place of the board (its lower left corner is 0, 0), between the cells' middles. */
static double ink_at(const struct sheet *s, double x_mm, double y_mm)
{
    double x = x_mm / INK_MM - 0.5, y = y_mm / INK_MM - 0.5;
    int i = (int)floor(x), k = (int)floor(y);
    double sum = 0;
    for (int n = 0; n < 4; n++) {
        int px = i + n % 2, py = k + n / 2;
        if (px >= 0 && py >= 0 && px < s->nx && py < s->ny)
            sum += (n % 2 ? x - i : 1 - x + i) * (n / 2 ? y - k : 1 - y + k) * s->ink[py * s->nx + px];
    }
    return sum / 255;
}

void sheet_draw(const struct sheet *s, struct field *f, struct cells clip)
{
    double w = half_width(s), h = half_depth(s);
    for (int cy = clip.y0; cy < clip.y1; cy++)
        for (int cx = clip.x0; cx < clip.x1; cx++) {
            double dx = (cx + 0.5) * FIELD_CELL_MM - s->pose.x_mm, dy = (cy + 0.5) * FIELD_CELL_MM - s->pose.y_mm;
            double u = s->M[0] * dx + s->M[1] * dy, v = s->M[2] * dx + s->M[3] * dy;
            if (fabs(u) > w || fabs(v) > h)
                continue;
            double bow = s->pose.bend_mm * (1 - u * u / (w * w)); /* highest along the middle */
            double ink = ink_at(s, u / s->pose.scale + board_width_mm(&s->board) / 2,
                                v / s->pose.scale + board_height_mm(&s->board) / 2);
            uint8_t grey = (uint8_t)(PAPER_GREY + ink * (INK_GREY - PAPER_GREY));
            f->height[cy * f->nx + cx] = (float)(s->low_mm + s->slope[0] * u + s->slope[1] * v + bow);
            f->paint[cy * f->nx + cx] = paint_of((const uint8_t[3]){grey, grey, grey}, PAPER_GLOSS);
        }
}
