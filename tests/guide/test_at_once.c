/* Who reacts in the same instant: a thing that lies there before the projection has arrived is not seen to move. */
#include "harness.h"
#include "kit_bench.h"

#include <string.h>

#define SOON_NS (8 * NS_PER_S) /* from the event to the step's end */

#define ENOUGH_NS (45 * NS_PER_S) /* longer than any glance is waited for */

static struct {
    bool lays;
    int pressed, late, refused_told;
    int64_t shown_ns;
    int handle;
} now;

static void lay(struct kit_bench *b, const struct journal_event *e)
{
    json_t *pose = json_object_get(e->detail, "place_mm");
    assert_int_equal(json_array_size(pose), 3);
    now.handle = sim_put(b->sim, e->item, json_number_value(json_array_get(pose, 0)),
                         json_number_value(json_array_get(pose, 1)), json_number_value(json_array_get(pose, 2)), false);
}

static void hear(struct kit_bench *b, const struct journal_event *e)
{
    const char *what = e->detail ? json_string_value(json_object_get(e->detail, "what")) : NULL;
    if (e->kind == EVENT_STEP && strcmp(e->phase, "take") == 0) {
        now.shown_ns = e->t_ns;
        if (now.lays)
            lay(b, e);
    }
    if (e->kind == EVENT_STEP && strcmp(e->phase, "done") == 0 && e->item)
        now.late += e->t_ns - now.shown_ns > SOON_NS;
    now.refused_told += e->kind == EVENT_VERDICT && strcmp(e->result, "refuse") == 0;
    if (e->kind == EVENT_ASK && what && strcmp(what, "confirm") == 0)
        guide_push_press(&b->g, &(struct press){.kind = PRESS_YES});
}

static void nothing_is_pressed(void *context, const char *line)
{
    (void)context, (void)line;
    now.pressed++;
}

static void enough(struct kit_bench *b, int64_t now_ns)
{
    b->g.quit |= now_ns > ENOUGH_NS;
}

/* A kit bench whose person lives elsewhere. */
static void open_alone(struct kit_bench *b, struct sim **elsewhere)
{
    char path[400];
    struct lw_error err;
    const struct sim_options o = {.seed = 3, .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path)};
    const struct person_hooks hooks = {b, nothing_is_pressed};
    kit_open(b, KIT_ON_BENCH, NULL);
    person_destroy(&b->person);
    assert_ok(sim_create(elsewhere, &o, &err), &err);
    assert_ok(person_create(&b->person, *elsewhere, NULL, 3, &hooks, &err), &err);
    b->more = hear;
    b->each_tick = enough;
}

static void pack_alone(bool lays, enum pack_end want, int done)
{
    static struct kit_bench b;
    struct sim *elsewhere;
    const struct pack_options o = {.kits = 1, .kit = "one"};
    memset(&now, 0, sizeof now);
    now.lays = lays;
    open_alone(&b, &elsewhere);
    assert_int_equal(kit_pack(&b, &o), want);
    assert_int_equal(b.done, done);
    assert_int_equal(now.late, 0);
    assert_int_equal(now.refused_told, 0); /* glances at nothing are told to nobody */
    kit_close(&b);
    sim_destroy(&elsewhere);
}

static void what_lies_there_at_once_is_seen(void **state)
{
    (void)state;
    pack_alone(true, PACK_COMPLETE, 3);
}

static void twin_nothing_is_laid(void **state)
{
    (void)state;
    pack_alone(false, PACK_ASIDE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_there_at_once_is_seen),
        cmocka_unit_test(twin_nothing_is_laid),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
