#include "harness.h"

#include "config.h"
#include "person.h"

#include <string.h>

#define TICK_NS (33 * NS_PER_MS)

/* All places of an entry (a row has {n} in its id), one after the other; returns how many. */
static int pack_row(struct sim *bench, struct person *p, const config_setting_t *place, int64_t *now_ns)
{
    int count = 1;
    const char *id = "", *mark;
    config_setting_lookup_int(place, "count", &count);
    config_setting_lookup_string(place, "id", &id);
    for (int n = 1; n <= count; n++) {
        char name[80];
        struct journal_event e = {.kind = EVENT_STEP, .phase = "place", .place = id};
        struct rigid slot;
        if ((mark = strstr(id, "{n}"))) {
            snprintf(name, sizeof name, "%.*s%d%s", (int)(mark - id), id, n, mark + 3);
            e.place = name;
        }
        config_setting_lookup_string(place, "item", &e.item);
        e.step = e.place;
        assert_true(sim_slot(bench, e.place, &slot));
        person_hear(p, &e);
        for (int k = 0; k < 150; k++)
            person_tick(p, *now_ns += TICK_NS);
        person_hear(p, &(struct journal_event){.kind = EVENT_VERDICT, .step = e.step, .result = "accept"});
        e.phase = "done";
        person_hear(p, &e);
    }
    return count;
}

/* The person packs the dental kit on the pretend bench: everything the kit names can be picked up and has its
 * slot. */
static void the_dental_kit_can_be_packed(void **state)
{
    (void)state;
    char path[400];
    struct lw_error err = {0};
    config_t cfg;
    struct sim *bench = NULL;
    struct person *p = NULL;
    int64_t now_ns = 0;
    const struct sim_options o = {
        .seed = 1, .scene = harness_source("workflows/dental-kit/pretend.cfg", path, sizeof path)};
    assert_ok(sim_create(&bench, &o, &err), &err);
    config_init(&cfg); /* read plainly: the pictures that were taught need not be there */
    assert_ok(config_load(&cfg, harness_source("workflows/dental-kit/workflow.cfg", path, sizeof path), &err),
              &err);
    const config_setting_t *places = config_lookup(&cfg, "places");
    assert_ok(person_create(&p, bench, NULL, 1, NULL, &err), &err);
    json_t *ask = json_pack("{s:s,s:[f,f,f]}", "what", "case_empty", "place_mm", 600.0, 290.0, 0.0);
    person_hear(p, &(struct journal_event){.kind = EVENT_ASK, .detail = ask});
    json_decref(ask);
    for (int k = 0; k < 150; k++)
        person_tick(p, now_ns += TICK_NS);
    int packed = 0;
    for (int i = 0; i < config_setting_length(places); i++)
        packed += pack_row(bench, p, config_setting_get_elem(places, (unsigned)i), &now_ns);
    struct person_stats stats;
    person_stats(p, &stats);
    assert_int_equal(person_unmet(p, stderr), 0);
    assert_int_equal(stats.accepts, packed);
    person_destroy(&p);
    config_destroy(&cfg);
    sim_destroy(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_dental_kit_can_be_packed)};
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
