#include "prove.h"

#include "cv_picture.h"

#include <stdio.h>
#include <stdlib.h>

#define MARGIN_X    0.12 /* of the bench: the outermost crosses */
#define MARGIN_Y    0.12
#define BACK_Y      0.76 /* further back tubs stand */
#define MEASURED_MIN 6
#define GOOD_MM     1.0  /* the map's colours: well in bounds, in bounds, out of bounds */
#define DISC_MM     34.0
#define DISC_CORNERS 24
#define NUMBER_MM   11.0

void prove_points(const struct guide *g, struct prove_result *out)
{
    *out = (struct prove_result){0};
    for (int i = 0; i < PROVE_POINTS; i++) {
        double across = (double)(i % PROVE_COLUMNS) / (PROVE_COLUMNS - 1), back = (double)(i / PROVE_COLUMNS) / (PROVE_ROWS - 1);
        out->points[i].at = (struct bench_mm){g->bench_width_mm * (MARGIN_X + (1 - 2 * MARGIN_X) * across),
                                              g->bench_depth_mm * (MARGIN_Y + (BACK_Y - MARGIN_Y) * back), 0};
        out->points[i].wanted = true;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void prove_sum_up(struct prove_result *r)
{
    double mm[PROVE_POINTS];
    r->measured = 0;
    for (int i = 0; i < PROVE_POINTS; i++)
        if (r->points[i].measured)
            mm[r->measured++] = r->points[i].error_mm;
    r->median_mm = r->p95_mm = r->max_mm = 0;
    if (r->measured == 0)
        return;
    qsort(mm, (size_t)r->measured, sizeof mm[0], by_value);
    r->median_mm = mm[r->measured / 2];
    r->p95_mm = mm[(int)(0.95 * (r->measured - 1) + 0.5)];
    r->max_mm = mm[r->measured - 1];
}

enum lw_msg prove_measure(struct guide *g, double search_mm, struct prove_result *r, struct lw_error *err)
{
    struct mark marks[PROVE_POINTS];
    int which[PROVE_POINTS], count = 0;
    for (int i = 0; i < PROVE_POINTS; i++) {
        r->points[i].measured = false;
        if (!r->points[i].wanted)
            continue;
        which[count] = i;
        marks[count++] = (struct mark){.at = r->points[i].at};
    }
    enum lw_msg rc = marks_measure(g, marks, count, search_mm, err);
    for (int i = 0; !rc && i < count; i++) {
        struct prove_point *p = &r->points[which[i]];
        struct bench_mm b;
        if (!marks[i].found || !model_bench_from_cam(&g->calibration.model, marks[i].seen, p->at.z, &b))
            continue;
        p->error_mm = hypot(b.x - p->at.x, b.y - p->at.y);
        p->measured = true;
    }
    prove_sum_up(r);
    if (!rc && r->measured < MEASURED_MIN)
        rc = lw_fail(err, LW_MSG_PROOF_FAILED, r->measured, count);
    return rc;
}

bool prove_passed(const struct prove_result *r, const struct model *m)
{
    return r->p95_mm <= PROVE_PASS_MM && 2 * m->sigma_raised_mm <= PROVE_PASS_RAISED_MM;
}

/* ---- the map ---- */

static struct scene_colour colour_of(double error_mm)
{
    return error_mm <= GOOD_MM ? SCENE_GOOD : error_mm <= PROVE_PASS_MM ? SCENE_GUIDE : SCENE_ATTENTION;
}

static void draw_map(struct scene *s, const struct prove_result *r)
{
    for (int i = 0; i < PROVE_POINTS; i++) {
        const struct prove_point *p = &r->points[i];
        if (!p->measured)
            continue;
        struct scene_item *it = scene_add(s, SCENE_OUTLINE, colour_of(p->error_mm));
        it->count = DISC_CORNERS;
        it->width_mm = 5;
        for (int k = 0; k < DISC_CORNERS; k++) {
            double a = 2 * LW_PI * k / DISC_CORNERS;
            it->points[k] = (struct bench_mm){p->at.x + DISC_MM * cos(a), p->at.y + DISC_MM * sin(a), p->at.z};
        }
        it = scene_add(s, SCENE_TEXT, colour_of(p->error_mm));
        it->count = 1;
        it->points[0] = (struct bench_mm){p->at.x, p->at.y - NUMBER_MM / 2, p->at.z};
        it->size_mm = NUMBER_MM;
        snprintf(it->text, sizeof it->text, "%.1f", p->error_mm);
    }
}

void prove_show_map(struct guide *g, const struct prove_result *r)
{
    scene_clear(g->scene);
    draw_map(g->scene, r);
    guide_show(g);
}

enum lw_msg prove_write_map(const struct guide *g, const struct prove_result *r, const char *path, struct lw_error *err)
{
    struct render *render = NULL;
    struct picture_rect rects[RENDER_RECTS];
    struct image map = {0};
    struct scene *scene = scene_create();
    enum lw_msg rc = scene ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    rc = rc ? rc : render_create(&render, (int)g->bench_width_mm, (int)g->bench_depth_mm, err);
    if (!rc) {
        render_set_model(render, NULL, g->bench_width_mm, g->bench_depth_mm);
        draw_map(scene, r);
        render_draw(render, scene, 0, rects);
        rc = cv_picture_convert(render_canvas(render), IMAGE_BGR8, &map, err);
    }
    rc = rc ? rc : cv_picture_write(path, &map, err);
    image_finish(&map);
    render_destroy(&render);
    scene_destroy(&scene);
    return rc;
}

json_t *prove_json(const struct prove_result *r)
{
    json_t *list = json_array();
    for (int i = 0; i < PROVE_POINTS; i++) {
        const struct prove_point *p = &r->points[i];
        if (p->measured)
            json_array_append_new(list, json_pack("{s:f,s:f,s:f,s:f}", "x_mm", p->at.x, "y_mm", p->at.y, "z_mm", p->at.z,
                                                  "error_mm", p->error_mm));
    }
    return list;
}
