/* Whole texts of new workflows, from a description. `LICHTWIJZER_GOLDEN=renew` writes the golden texts anew. */
#include "good.h"

#include "workflow_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers ---- */

static void same_words(const struct workflow_text *a, const struct workflow_text *b)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        assert_int_equal(!a->in[i], !b->in[i]);
        if (a->in[i])
            assert_string_equal(a->in[i], b->in[i]);
    }
}

static void same_outline(const struct workflow_polygon *a, const struct workflow_polygon *b)
{
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++)
        assert_true(a->points[i].x == b->points[i].x && a->points[i].y == b->points[i].y);
}

static void same_rigid(struct rigid a, struct rigid b)
{
    assert_true(a.x_mm == b.x_mm && a.y_mm == b.y_mm && a.angle_rad == b.angle_rad);
}

static void same_things(const struct workflow *a, const struct workflow *b)
{
    for (int i = 0; i < a->bin_count; i++) {
        assert_string_equal(a->bins[i].id, b->bins[i].id);
        same_words(&a->bins[i].name, &b->bins[i].name);
        same_outline(&a->bins[i].outline, &b->bins[i].outline);
        assert_true(a->bins[i].z_mm == b->bins[i].z_mm);
    }
    for (int i = 0; i < a->carrier_count; i++) {
        const struct workflow_carrier *c = &a->carriers[i], *d = &b->carriers[i];
        assert_string_equal(c->id, d->id);
        same_words(&c->name, &d->name);
        same_rigid(c->T_bench_from_home, d->T_bench_from_home);
        assert_true(c->width_mm == d->width_mm && c->depth_mm == d->depth_mm && c->height_mm == d->height_mm);
        assert_string_equal(c->picture, d->picture);
    }
    for (int i = 0; i < a->item_count; i++) {
        const struct workflow_item *c = &a->items[i], *d = &b->items[i];
        assert_string_equal(c->id, d->id);
        same_words(&c->name, &d->name);
        assert_true(c->bin == d->bin && c->height_mm == d->height_mm && c->tolerance_mm == d->tolerance_mm &&
                    c->tolerance_rad == d->tolerance_rad && c->orientation_matters == d->orientation_matters);
        assert_string_equal(c->picture, d->picture);
    }
}

static void same(const struct workflow *a, const struct workflow *b)
{
    same_words(&a->name, &b->name);
    assert_true(a->released == b->released && memcmp(a->help_after_s, b->help_after_s, sizeof a->help_after_s) == 0);
    assert_true(a->bin_count == b->bin_count && a->carrier_count == b->carrier_count &&
                a->item_count == b->item_count && a->place_count == b->place_count &&
                a->section_count == b->section_count && a->step_count == b->step_count);
    same_things(a, b);
    for (int i = 0; i < a->place_count; i++) {
        const struct workflow_place *c = &a->places[i], *d = &b->places[i];
        assert_string_equal(c->id, d->id);
        same_rigid(c->T_carrier_from_place, d->T_carrier_from_place);
        same_outline(&c->outline, &d->outline);
        assert_true(c->carrier == d->carrier && c->item == d->item && c->z_mm == d->z_mm &&
                    c->tolerance_mm == d->tolerance_mm && c->tolerance_rad == d->tolerance_rad);
    }
    for (int i = 0; i < a->section_count; i++) {
        assert_string_equal(a->sections[i].id, b->sections[i].id);
        same_words(&a->sections[i].name, &b->sections[i].name);
        assert_true(a->sections[i].first_step == b->sections[i].first_step &&
                    a->sections[i].step_count == b->sections[i].step_count);
    }
    for (int i = 0; i < a->step_count; i++) {
        const struct workflow_step *c = &a->steps[i], *d = &b->steps[i];
        assert_string_equal(c->id, d->id);
        same_words(&c->text, &d->text);
        assert_true(c->kind == d->kind && c->place == d->place && c->section == d->section &&
                    c->skippable == d->skippable);
    }
}

/* ---- whole texts ---- */

static void a_described_workflow_comes_back_the_same(void **state)
{
    static const char *const shipped[] = {"_template", "dental-kit"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lw_error err = {0};
        const char *folder = files_copy_shipped(shipped[i]);
        struct workflow *w = files_load(folder);
        char *text = workflow_text_of(w);
        assert_ok(workflow_write(folder, w, true, NULL, &err), &err);
        char *stands = files_read(folder, "workflow.cfg");
        assert_string_equal(stands, text);
        struct workflow *again = files_load(folder);
        same(w, again);
        char *text_again = workflow_text_of(again);
        assert_string_equal(text, text_again);
        harness_golden_text(i ? "workflow/dental-kit.cfg" : "workflow/template.cfg", text);
        again->items[0].height_mm += 0.1; /* the twin: a difference is seen in the text */
        free(text_again);
        text_again = workflow_text_of(again);
        assert_string_not_equal(text, text_again);
        free(text_again);
        free(text);
        free(stands);
        workflow_destroy(&w);
        workflow_destroy(&again);
    }
}

static void a_new_workflow_takes_no_other_ones_place(void **state)
{
    (void)state;
    struct lw_error err = {0};
    struct lw_problems p = {0};
    const char *folder = files_copy_shipped("_template");
    char fresh[500];
    snprintf(fresh, sizeof fresh, "%s/new", folder);
    struct workflow *w = files_load(folder);
    for (int i = 0; i < w->item_count; i++)
        w->items[i].picture[0] = 0;
    w->carriers[1].picture[0] = 0;
    assert_int_equal(workflow_write(folder, w, false, NULL, &err), LW_MSG_WORKFLOW_THERE);
    assert_ok(workflow_write(fresh, w, false, NULL, &err), &err);
    struct workflow *again = files_load(fresh);
    workflow_destroy(&again);
    char *before = files_read(fresh, "workflow.cfg");
    free(w->places[0].id);
    w->places[0].id = strdup("two words");
    assert_int_equal(workflow_write(fresh, w, true, &p, &err), LW_MSG_WORKFLOW_EDIT_REFUSED);
    bool found = false;
    for (int i = 0; i < p.count; i++)
        found |= p.items[i].error.id == LW_MSG_WORKFLOW_ID &&
                 strstr(p.items[i].error.file, "new/workflow.cfg"); /* not the file it was tried in */
    assert_true(found);
    problems_finish(&p);
    char *after = files_read(fresh, "workflow.cfg");
    assert_string_equal(before, after);
    free(before);
    free(after);
    workflow_destroy(&w);
}

static void numbers_read_back_the_same(void **state)
{
    (void)state;
    static const double values[] = {0, -0.0, 1, -12.5, 0.1, 1.0 / 3, 1e-9, 9999.999, 123456.789, -1e-12, 8.0};
    char buf[64];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_true(strtod(workflow_value_number(values[i], buf, sizeof buf), NULL) == values[i]);
        assert_null(strpbrk(buf, "eE"));
    }
    assert_string_equal(workflow_value_number(12.5, buf, sizeof buf), "12.5");
    assert_string_equal(workflow_value_numbers((double[]){1, 2.5, 3, 4}, 4, buf, sizeof buf), "[ 1.0, 2.5,  3.0, 4.0 ]");
    assert_string_equal(workflow_value_text("a \"b\" \\ é\n", buf, sizeof buf), "\"a \\\"b\\\" \\\\ é\\n\"");
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_described_workflow_comes_back_the_same),
        cmocka_unit_test(a_new_workflow_takes_no_other_ones_place),
        cmocka_unit_test(numbers_read_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
