/* What is seen to be laid on the photorealistic bench, from kept looks (grab_photoreal.py makes them): the case against
 * the bare bench, then each thing. figure_laid FOLDER SET… prints a row each: how many things, how far from their places,
 * how large. */
#include "photoreal.h"

#include "cv_picture.h"
#include "laid.h"

#include <stdio.h>
#include <string.h>

#define ROOM_MM   6.0
#define MARGIN_MM 70.0
#define FLOOR_MM  10.0 /* of the case, as measured in its middle */
#define ITEM_MM   10.0

static bool is_case(const void *context, const struct laid_part *part)
{
    (void)context;
    return part->area_mm2 >= 3600;
}

static void print_case(const struct photoreal *p, const char *set)
{
    struct lw_error err = {0};
    struct image before = {0}, after = {0};
    struct laid laid = {0};
    double w = 0, d = 0;
    if (photoreal_look(p, set, "bare@bench", &before, &err) || photoreal_look(p, set, "empty@bench", &after, &err))
        return;
    const struct laid_look look = {.model = &p->model, .before = &before, .after = &after, .noise_grey = 1,
                                   .x1_mm = p->model.bench_width_mm, .y1_mm = p->model.bench_depth_mm,
                                   .z_mm = p->case_height_mm, .counts = is_case};
    if (laid_find(&look, 3600, &laid, &err) || laid.count == 0) {
        printf("%-10s case: %s\n", set, laid.count ? err.text : "not seen");
    } else {
        struct rigid T = laid_rectangle(&laid.parts[0], &w, &d);
        struct rigid off = rigid_mul(rigid_inverse(p->T_case), T);
        printf("%-10s case: %d parts, %.0f x %.0f mm (true %.0f x %.0f), off %.1f %.1f mm %.2f deg%s\n", set, laid.count, w, d,
               p->case_width_mm, p->case_depth_mm, off.x_mm, off.y_mm, deg_from_rad(off.angle_rad),
               laid.parts[0].reaches_out ? ", reaches out" : "");
    }
    image_finish(&before);
    image_finish(&after);
}

static struct check *alone[PHOTOREAL_ITEMS];

/* As a demonstration teaches it: its place and its picture are what was seen. */
static void teach(struct photoreal *p, const struct laid_look *look, const struct laid *laid, int i)
{
    struct lw_error err = {0};
    const struct laid_part *part = &laid->parts[0];
    const struct laid_patch patch = {{part->centre.x, part->centre.y, 0}, part->half_x_mm + MARGIN_MM,
                                     part->half_y_mm + MARGIN_MM, 0.75, 0};
    const struct check_item_options o = {.tolerance_mm = 7, .tolerance_rad = rad_from_deg(12), .orientation_matters = true,
                                         .height_mm = ITEM_MM};
    struct check_reference r = {.mm_per_px = 0.75};
    p->places[i] = patch.T_local_from_place;
    p->place_z_mm[i] = FLOOR_MM;
    enum lw_msg rc = laid_cut(look, laid, &patch, &r.before, &r.after, &err);
    rc = rc ? rc : check_teach_item(p->check, photoreal_items[i], &o, &r, 1, &err);
    rc = rc ? rc : check_create(&alone[i], &err);
    rc = rc ? rc : check_teach_item(alone[i], photoreal_items[i], &o, &r, 1, &err);
    rc = rc ? rc : check_finish_teaching(alone[i], &err);
    if (rc)
        printf("  not taught: %s\n", err.text);
    image_finish(&r.before);
    image_finish(&r.after);
}

/* What was taught so, checked on the other workers' layings and on wrong ones. */
static void check_all(struct photoreal *p, const char *set)
{
    struct lw_error err = {0};
    int right = 0, accepted = 0, asked = 0, wrong = 0, wrong_accepted = 0;
    const struct photoreal_options o = {0};
    if (check_finish_teaching(p->check, &err))
        return;
    for (int i = 0; i < photoreal_case_count; i++) {
        const struct photoreal_case *c = &photoreal_cases[i];
        struct photoreal_row r;
        if (!photoreal_has(p, set, c) || photoreal_check(p, set, c, false, &o, &r, &err))
            continue;
        bool is_right = strcmp(c->want, "accept") == 0;
        right += is_right, wrong += !is_right;
        accepted += is_right && r.verdict.result == VERDICT_ACCEPT;
        asked += is_right && r.verdict.result == VERDICT_CONFIRM;
        wrong_accepted += !is_right && r.verdict.result == VERDICT_ACCEPT;
        if (is_right && r.verdict.result != VERDICT_ACCEPT)
            printf("  %s: %s %s\n", c->after, verdict_result_name(r.verdict.result), verdict_reason_name(r.verdict.reason));
    }
    printf("%-10s right: %d of %d accepted, %d asked; wrong: %d of %d accepted\n", set, accepted, right, asked, wrong_accepted,
           wrong);
}

/* As teaching recognises what was taught before: each item alone, whatever lies there. */
static void recognise(const struct laid_look *look, const struct laid *laid, int i, const char *what)
{
    struct lw_error err = {0};
    struct image before = {0}, after = {0};
    const struct laid_part *part = &laid->parts[0];
    const struct laid_patch patch = {{part->centre.x, part->centre.y, 0}, part->half_x_mm + MARGIN_MM,
                                     part->half_y_mm + MARGIN_MM, 0.75, 0};
    if (laid_cut(look, laid, &patch, &before, &after, &err) == LW_OK)
        for (int k = 0; k < PHOTOREAL_ITEMS && alone[k]; k++) {
            struct verdict v;
            if (check_judge_patch(alone[k], &before, &after, 0.75, 0, true, &v, &err) == LW_OK && v.result >= VERDICT_CONFIRM)
                printf("    %s %s as %s: %s %s %.3f\n", what, photoreal_items[i], photoreal_items[k],
                       verdict_result_name(v.result), verdict_reason_name(v.reason), v.score);
        }
    image_finish(&before);
    image_finish(&after);
}

static void print_item(struct photoreal *p, const char *set, int i, char round)
{
    struct lw_error err = {0};
    struct image before = {0}, after = {0};
    struct laid laid = {0};
    char from[32] = "empty", to[32];
    if (i > 0)
        snprintf(from, sizeof from, "ok_%d%c", i, round);
    snprintf(to, sizeof to, "ok_%d%c", i + 1, round);
    if (photoreal_look(p, set, from, &before, &err) || photoreal_look(p, set, to, &after, &err))
        return;
    double w = p->case_width_mm / 2 + ROOM_MM, d = p->case_depth_mm / 2 + ROOM_MM;
    const struct laid_look look = {.model = &p->model, .before = &before, .after = &after, .noise_grey = 1,
                                   .T_bench_from_local_before = p->T_case, .T_bench_from_local = p->T_case, .x0_mm = -w,
                                   .x1_mm = w, .y0_mm = -d, .y1_mm = d, .z_mm = check_plane_mm(FLOOR_MM, ITEM_MM)};
    if (laid_find(&look, 60, &laid, &err)) {
        printf("%-10s %s: %s\n", set, to, err.text);
    } else {
        printf("%-10s %-18s %d parts, %d equal, %s:", set, photoreal_items[i], laid.count, laid.equal_count,
               verdict_reason_name(laid.trouble));
        for (int k = 0; k < laid.count && k < 4; k++) {
            struct local_mm off = rigid_apply(rigid_inverse(p->places[i]), laid.parts[k].centre);
            printf("  %.0f mm2 %.0f x %.0f off %.0f,%.0f%s", laid.parts[k].area_mm2, 2 * laid.parts[k].half_x_mm,
                   2 * laid.parts[k].half_y_mm, off.x, off.y, laid.parts[k].reaches_out ? " reaches out" : "");
        }
        printf("\n");
        if (laid.count)
            recognise(&look, &laid, i, round == 'a' ? "new" : "again");
        if (laid.count && round == 'a')
            teach(p, &look, &laid, i);
    }
    image_finish(&before);
    image_finish(&after);
}

int main(int argc, char **argv)
{
    struct photoreal p;
    struct lw_error err = {0};
    cv_setup(1);
    lw_messages_init("en");
    if (argc < 3)
        return fprintf(stderr, "figure_laid FOLDER SET…\n"), 2;
    if (photoreal_open(&p, argv[1], &err))
        return printf("skipped: %s\n", err.text), 0;
    for (int k = 2; k < argc; k++) {
        if (photoreal_teach(&p, argv[k], &err)) /* its case */
            continue;
        check_destroy(&p.check);
        if (check_create(&p.check, &err))
            break;
        print_case(&p, argv[k]);
        for (int i = 0; i < PHOTOREAL_ITEMS; i++)
            print_item(&p, argv[k], i, 'a');
        for (int i = 0; i < PHOTOREAL_ITEMS; i++)
            print_item(&p, argv[k], i, 'b');
        check_all(&p, argv[k]);
        for (int i = 0; i < PHOTOREAL_ITEMS; i++)
            check_destroy(&alone[i]);
    }
    photoreal_close(&p);
    return 0;
}
