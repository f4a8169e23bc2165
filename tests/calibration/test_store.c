#include "rigs.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fill(struct calibration *c)
{
    uint64_t state = 11;
    memset(c, 0, sizeof *c);
    rig_random(&state, &c->model);
    for (int i = 0; i < MODEL_RESIDUAL_TERMS; i++)
        c->model.residual_u[i] = 0.1 * i, c->model.residual_v[i] = -1.0 / 3 * i;
    c->model.sigma_flat_mm = 0.41;
    c->model.sigma_raised_mm = 3.7;
    c->model.rough = true;
    c->quality = (struct solve_quality){0.2, 0.6, 1.9, 0.21, 0.8};
    strcpy(c->camera, "usb 046d:0825 \"Ö\"");
    strcpy(c->projector, "HDMI-1");
    c->wall_ms = 1767600000123LL;
    c->delay_ms = 95.5;
    c->delay_max_ms = 140;
}

static const char *file(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", harness_scratch(), name);
    return path;
}

static void comes_back_as_it_was(void **unused)
{
    (void)unused;
    struct calibration a, b;
    struct lw_error err;
    fill(&a);
    assert_ok(calibration_save(&a, file("a.cfg"), &err), &err);
    assert_ok(calibration_save(&a, file("a.cfg"), &err), &err); /* over the old one */
    assert_ok(calibration_load(&b, file("a.cfg"), &err), &err);
    assert_memory_equal(&a.model.camera, &b.model.camera, sizeof a.model.camera);
    assert_memory_equal(&a.model.projector, &b.model.projector, sizeof a.model.projector);
    assert_memory_equal(a.model.residual_v, b.model.residual_v, sizeof a.model.residual_v);
    assert_memory_equal(&a.quality, &b.quality, sizeof a.quality);
    assert_string_equal(a.camera, b.camera);
    assert_true(b.model.rough && b.wall_ms == a.wall_ms && b.delay_ms == a.delay_ms);
    assert_true(b.model.sigma_flat_mm == a.model.sigma_flat_mm &&
                b.model.bench_depth_mm == a.model.bench_depth_mm);
    assert_int_not_equal(access(file("a.cfg.new"), F_OK), 0);
}

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 20000);
    assert_non_null(f);
    assert_true(fread(text, 1, 19999, f) > 0);
    fclose(f);
    return text;
}

/* Replaces `was` by `is` in a saved file and gives what loading says. */
static enum lw_msg load_changed(const char *was, const char *is)
{
    struct calibration a, b;
    struct lw_error err;
    fill(&a);
    assert_ok(calibration_save(&a, file("b.cfg"), &err), &err);
    char *text = read_whole(file("b.cfg")), *at = strstr(text, was);
    assert_non_null(at);
    FILE *f = fopen(file("b.cfg"), "w");
    fprintf(f, "%.*s%s%s", (int)(at - text), text, is, *is ? at + strlen(was) : "");
    fclose(f);
    free(text);
    b = a;
    b.wall_ms = 5;
    enum lw_msg rc = calibration_load(&b, file("b.cfg"), &err);
    assert_true(rc == LW_OK || b.wall_ms == 5); /* a refusal changes nothing */
    return rc;
}

static void broken_files_are_refused(void **unused)
{
    (void)unused;
    struct calibration c;
    struct lw_error err;
    assert_int_equal(calibration_load(&c, file("none.cfg"), &err), LW_MSG_CALIBRATION_MISSING);
    assert_int_equal(load_changed("version = 2", "version = 3"), LW_MSG_CALIBRATION_VERSION);
    assert_int_equal(load_changed("version = 2", "edition = 2"), LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(load_changed("identity", "identities"), LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(load_changed("residual_v_px", ""), LW_MSG_CALIBRATION_BROKEN); /* cut off there */
    assert_int_equal(load_changed("width = 1280", "width = 0"), LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(load_changed("sigma_flat_mm = ", "sigma_flat_mm = \"much\"; x = "),
                     LW_MSG_CALIBRATION_BROKEN);
    assert_int_equal(load_changed("version = 2", "version = 2"), LW_OK);
}

static void unwritable_folder_is_named(void **unused)
{
    (void)unused;
    struct calibration c;
    struct lw_error err;
    fill(&c);
    assert_int_equal(calibration_save(&c, file("no/such/c.cfg"), &err), LW_MSG_FILE_WRITE);
    assert_non_null(strstr(err.text, "no/such"));
    assert_int_equal(calibration_save(&c, "/dev/null", &err), LW_MSG_FILE_WRITE); /* no file may take its place */
}

static void other_devices_are_refused(void **unused)
{
    (void)unused;
    struct calibration c;
    struct lw_error err;
    fill(&c);
    assert_int_equal(calibration_fits(&c, c.camera, 1280, 720, "HDMI-1", 1920, 1080, &err), LW_OK);
    assert_int_equal(calibration_fits(&c, "x", 1280, 720, "HDMI-1", 1920, 1080, &err),
                     LW_MSG_CALIBRATION_OTHER_CAMERA);
    assert_int_equal(calibration_fits(&c, c.camera, 1280, 720, "DP-1", 1920, 1080, &err),
                     LW_MSG_CALIBRATION_OTHER_PROJECTOR);
    assert_int_equal(calibration_fits(&c, c.camera, 1280, 960, "HDMI-1", 1920, 1080, &err),
                     LW_MSG_CALIBRATION_OTHER_SIZE);
    assert_int_equal(calibration_fits(&c, c.camera, 1280, 720, "HDMI-1", 1080, 1920, &err),
                     LW_MSG_CALIBRATION_OTHER_SIZE);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(unwritable_folder_is_named),
        cmocka_unit_test(other_devices_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
