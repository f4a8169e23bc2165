/* Things on the pretend bench: what carries them, what moves with what, and the scene file. */
#include "sim_rig.h"

#include "sim_stage.h"
#include "workflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stage *stage_of_the_kit(void)
{
    char path[400];
    struct lw_error err = {0};
    struct stage *s = calloc(1, sizeof *s);
    assert_ok(stage_init(s, harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path), &err),
              &err);
    return s;
}

static void stage_free(struct stage *s)
{
    stage_finish(s);
    free(s);
}

static float z_of(const struct stage *s, int handle)
{
    return s->things[handle - 1].z;
}

static void a_recess_takes_what_fits(void **state)
{
    (void)state;
    struct stage *s = stage_of_the_kit();
    struct rigid slot;
    stage_case_put(s, (struct rigid){600, 290, 0.3});
    assert_true(stage_slot(s, "probe-1", &slot));
    int in = stage_put(s, "probe", slot, false);
    assert_true(fabsf(z_of(s, in) - 8) < 0.01f); /* the recess's floor */
    assert_true(stage_slot(s, "scaler", &slot));
    slot.angle_rad += 0.5;
    int across = stage_put(s, "scaler", slot, false);
    assert_true(fabsf(z_of(s, across) - 16) < 0.01f); /* the foam */
    int on_bench = stage_put(s, "card", (struct rigid){318, 290, 1.57}, false);
    assert_true(z_of(s, on_bench) == 0);
    assert_int_equal(stage_put(s, "unicorn", slot, false), 0);
    assert_false(stage_slot(s, "nowhere", &slot));
    stage_free(s);
}

static void things_go_with_the_case(void **state)
{
    (void)state;
    struct stage *s = stage_of_the_kit();
    struct rigid slot;
    stage_case_put(s, (struct rigid){600, 290, 0});
    assert_true(stage_slot(s, "mirror-1", &slot));
    assert_true(stage_put(s, "mirror", slot, false) > 0);
    int handle_cells = s->field.nx * (int)(slot.y_mm * 2) + (int)(slot.x_mm * 2);
    float top = s->field.height[handle_cells];
    assert_true(top > 12 && top < 17);
    stage_case_put(s, (struct rigid){560, 330, 0});
    int moved = s->field.nx * (int)((slot.y_mm + 40) * 2) + (int)((slot.x_mm - 40) * 2);
    assert_true(s->field.height[moved] == top);
    stage_case_remove(s);
    assert_true(memcmp(s->field.height, s->bare.height, (size_t)s->field.nx * (size_t)s->field.ny * 4) == 0);
    assert_true(memcmp(s->field.paint, s->bare.paint, (size_t)s->field.nx * (size_t)s->field.ny * 4) == 0);
    stage_free(s);
}

static void a_moved_thing_changes_only_its_surroundings(void **state)
{
    (void)state;
    struct sim_rig r;
    struct image before, after;
    struct lw_error err = {0};
    rig_open(&r, &(struct sim_options){.seed = 9}, false);
    sim_case_put(r.sim, (struct rigid){600, 290, 0});
    int cup = sim_put(r.sim, "cup", 330, 450, 0, false);
    assert_ok(sim_photograph(r.sim, &before, &err), &err);
    assert_true(sim_move(r.sim, cup, 350, 450, 0));
    assert_ok(sim_photograph(r.sim, &after, &err), &err);
    struct model m;
    struct cam_px at;
    sim_truth(r.sim, &m);
    assert_true(model_cam_from_bench(&m, (struct bench_mm){340, 450, 0}, &at));
    int near = 0, far = 0;
    for (int y = 0; y < after.height; y++)
        for (int x = 0; x < after.width; x++) {
            bool differs = memcmp(image_row(&before, y) + 3 * x, image_row(&after, y) + 3 * x, 3) != 0;
            near += differs && hypot(x - at.x, y - at.y) < 60;
            far += differs && hypot(x - at.x, y - at.y) >= 60;
        }
    assert_true(near > 300);
    assert_int_equal(far, 0);
    image_finish(&before);
    image_finish(&after);
    rig_close(&r);
}

static void the_kit_and_its_bench_agree(void **state)
{
    (void)state;
    char path[400];
    struct stage *s = stage_of_the_kit();
    struct workflow *w = NULL;
    struct lw_problems problems = {0};
    struct workflow_bench bench = {s->scene.width_mm, s->scene.depth_mm};
    enum lw_msg rc =
        workflow_load(&w, harness_source("workflows/dental-kit", path, sizeof path), &bench, &problems);
    for (int i = 0; i < problems.count; i++)
        if (!problems.items[i].warning)
            print_message("%s\n", problems.items[i].error.text);
    problems_finish(&problems);
    assert_int_equal(rc, LW_OK);
    assert_true(w->step_count >= 24);
    stage_case_put(s, w->carriers[1].T_bench_from_home);
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        struct rigid slot, want = p->T_carrier_from_place;
        want = p->carrier ? rigid_mul(w->carriers[1].T_bench_from_home, want) : want;
        assert_true(stage_slot(s, p->id, &slot));
        assert_true(hypot(slot.x_mm - want.x_mm, slot.y_mm - want.y_mm) < 0.01);
        int handle = stage_put(s, w->items[p->item].id, slot, false);
        assert_true(handle > 0);
        assert_true(fabs(z_of(s, handle) - p->z_mm) < 0.01); /* it goes in */
        double top = s->scene.kinds[s->things[handle - 1].kind].top_mm;
        assert_true(fabs(top - w->items[p->item].height_mm) < 0.6);
        assert_true(top + p->z_mm >= 5 && top + p->z_mm <= 60);
    }
    workflow_destroy(&w);
    stage_free(s);
}

static enum lw_msg read_scene(const char *text, struct lw_error *err)
{
    char path[300];
    snprintf(path, sizeof path, "%s/pretend.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    struct pretend_bench b;
    enum lw_msg rc = pretend_read(&b, path, err);
    pretend_finish(&b);
    return rc;
}

#define DEVICE                                                                                               \
    "{ width = 640; height = 360; x_mm = 0; y_mm = 0; z_mm = 1500; aim = [0, 0]; span_mm = 1000; centre = "  \
    "[0, 0]; };"
#define START                                                                                                \
    "format = 1; bench = { width_mm = 600; depth_mm = 400; }; camera = " DEVICE " projector = " DEVICE
#define CASE " case = { width_mm = 100; depth_mm = 100; rim_mm = 20; };"

static void mistakes_in_the_scene_are_named(void **state)
{
    (void)state;
    struct lw_error err = {0};
    assert_ok(read_scene(START CASE, &err), &err);
    assert_int_equal(read_scene(START, &err), LW_MSG_KEY_TYPE);
    assert_non_null(strstr(err.text, "case"));
    assert_int_equal(read_scene(START CASE " spot = ();", &err), LW_MSG_KEY_NEAREST);
    assert_int_equal(
        read_scene(START CASE "\nbins = ( { id = \"a\"; area = [0, 0, 9, 9]; holds = \"b\"; } );", &err),
        LW_MSG_SIM_KIND_UNKNOWN);
    assert_int_equal(err.line, 2);
    assert_int_equal(read_scene(START CASE
                                " kinds = ( { id = \"a\"; parts = ( { shape = \"ring\"; at = [0, 0]; "
                                "radius_mm = [3.0]; height_mm = 1.0; } ); } );",
                                &err),
                     LW_MSG_KEY_TYPE);
    assert_int_equal(read_scene("bench = {", &err), LW_MSG_FILE_SYNTAX);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recess_takes_what_fits),
        cmocka_unit_test(things_go_with_the_case),
        cmocka_unit_test(a_moved_thing_changes_only_its_surroundings),
        cmocka_unit_test(the_kit_and_its_bench_agree),
        cmocka_unit_test(mistakes_in_the_scene_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
