/* run and teach: verbs that guide a person at the bench. */
#include "log.h"
#include "pack.h"
#include "mend.h"
#include "self_check.h"
#include "serving.h"
#include "teach.h"
#include "teach_book.h"
#include "teach_new.h"
#include "verb_guided.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum lw_msg guided_open(struct rig *r, const struct station_config *c, const struct guided *o, const char *verb,
                        struct lw_error *err)
{
    const struct rig_options ro = {.verb = verb, .events = o->events, .input = o->input, .trace = o->trace,
                                   .no_person = o->input != NULL, .pace = o->fast ? 0 : 1};
    return rig_open(r, c, &ro, err);
}

void guided_emit_end(struct rig *r, const char *result, int code)
{
    struct journal_event e = {.kind = EVENT_END, .result = result, .detail = json_pack("{s:i}", "exit", code)};
    guide_tell(&r->guide, &e);
    json_decref(e.detail);
}

struct workflow *guided_load_workflow(const char *folder)
{
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    if (workflow_load(&w, folder, NULL, &problems))
        workflow_destroy(&w);
    verb_print_problems(&problems);
    problems_finish(&problems);
    return w;
}

/* ---- run ---- */

static int report_end(struct rig *r, enum pack_end end, const struct lw_error *err)
{
    switch (end) {
    case PACK_COMPLETE:
        guided_emit_end(r, "complete", EXIT_OK);
        return EXIT_OK;
    case PACK_ASIDE:
        guided_emit_end(r, "aside", EXIT_ASIDE);
        return EXIT_ASIDE;
    case PACK_QUIT:
        guided_emit_end(r, "quit", EXIT_OK);
        return EXIT_OK;
    default:
        guided_emit_end(r, "failed", EXIT_FAILED);
        return verb_fail(err, EXIT_FAILED);
    }
}

/* What is packed: from the order's file, or named; the names lie in `memory`, to be freed. */
struct order_arguments {
    const char *file, *with;
};

#define VARIANTS_MAX 64 /* as many as a workflow may have */

static enum lw_msg read_order(const struct order_arguments *a, struct workflow_order *order, void **memory,
                              struct lw_error *err)
{
    const char **ids = NULL;
    enum lw_msg rc = LW_OK;
    if (a->file && a->with)
        return lw_fail(err, LW_MSG_USAGE, _("give --order or --with, not both"));
    if (a->file) {
        rc = workflow_read_order(a->file, &ids, &order->count, err);
    } else if (a->with) {
        size_t n = strlen(a->with) + 1;
        ids = malloc(VARIANTS_MAX * sizeof *ids + n);
        if (!ids)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        char *rest = memcpy(ids + VARIANTS_MAX, a->with, n), *word;
        while (order->count < VARIANTS_MAX && (word = strtok_r(rest, ", ", &rest)))
            ids[order->count++] = word;
    }
    order->with = ids;
    *memory = ids;
    return rc;
}

#define OPEN_KITS_MAX 256

/* A kit is taken up with the order that it was begun with; another one is refused. *memory: what order then holds. */
static enum lw_msg order_of_kit(const struct station_config *c, const char *kit, struct workflow_order *order, void **memory,
                                struct lw_error *err)
{
    struct journal *j = NULL;
    char path[512];
    struct journal_kit *kits = calloc(OPEN_KITS_MAX, sizeof *kits);
    enum lw_msg rc = LW_OK;
    bool readable = kits && journal_open(&j, rig_path(c, "journal.db", path, sizeof path), NULL, err) == LW_OK;
    int count = readable ? journal_open_kits(j, NULL, kits, OPEN_KITS_MAX) : 0; /* what is wrong with it packing says */
    for (int i = 0; i < count; i++) {
        struct workflow_order was = {0};
        void *held = NULL;
        if (strcmp(kits[i].id, kit) != 0)
            continue;
        rc = read_order(&(struct order_arguments){.with = kits[i].with}, &was, &held, err);
        bool same = was.count == order->count;
        for (int k = 0; k < was.count && same; k++) {
            same = false;
            for (int n = 0; n < order->count && !same; n++)
                same = strcmp(was.with[k], order->with[n]) == 0;
        }
        if (!rc && !same && order->count > 0) {
            rc = lw_fail(err, LW_MSG_KIT_ORDER, kit, kits[i].with, order->with[0]);
            free(held);
        } else if (!rc) {
            free(*memory);
            *memory = held;
            *order = was;
        }
        break;
    }
    journal_close(&j);
    free(kits);
    return rc;
}

/* Once a day light and camera are compared before work begins. */
static enum lw_msg daily_check(struct rig *r, const struct station_config *c, struct lw_error *err)
{
    struct prove_result result;
    struct drift_result found;
    return self_check_due(&r->guide, c->data) ? mend_check(&r->guide, &r->memory, c->data, &found, &result, err) : LW_OK;
}

static int run_workflow(const struct station_config *c, const struct guided *o, const struct pack_options *pack,
                        const struct serving_options *serve, const struct workflow_order *order, const char *folder)
{
    struct rig r = {0};
    struct serving serving = {0};
    struct lw_error err = {0};
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    const struct workflow_bench bench = {c->bench.width_mm, c->bench.depth_mm};
    enum lw_msg rc = workflow_load_order(&w, folder, &bench, order, &problems);
    verb_print_problems(&problems);
    problems_finish(&problems);
    if (rc)
        return EXIT_FAILED;
    if (!w->released)
        lw_log(LW_LOG_WARNING, "workflow", _("%s is a draft, not released yet"), w->id);
    int code;
    if (guided_open(&r, c, o, "run", &err)) {
        code = verb_fail(&err, EXIT_FAILED);
    } else {
        if (rig_load_calibration(&r, c, &err) || daily_check(&r, c, &err)) {
            guided_emit_end(&r, "failed", EXIT_FAILED);
            code = verb_fail(&err, EXIT_FAILED);
        } else {
            code = serving_begin(&serving, &r, c, serve, o->events, &err)
                       ? verb_fail(&err, EXIT_FAILED)
                       : report_end(&r, pack_run(&r.guide, w, pack, &err), &err);
        }
        serving_end(&serving, &r);
        rig_close(&r);
    }
    workflow_destroy(&w);
    return code;
}

int verb_run(int argc, char **argv)
{
    struct guided o = {0};
    struct pack_options pack = {0};
    struct serving_options serve = {.single = true};
    struct order_arguments asked = {0};
    struct workflow_order order = {0};
    void *memory = NULL;
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        GUIDED_ARGUMENTS(o),
        {"kits", ARGUMENT_INT, &pack.kits, "N", N_("Pack so many kits, then end (default: until quit).")},
        {"kit", ARGUMENT_TEXT, &pack.kit, "ID", N_("Name of the first kit.")},
        {"section", ARGUMENT_TEXT, &pack.section, N_("NAME"), N_("Pack only this section.")},
        {"resume", ARGUMENT_TEXT, &pack.resume, "ID", N_("Take on this kit.")},
        {"order", ARGUMENT_TEXT, &asked.file, N_("FILE"), N_("Pack the variants that this order's file names: with = [ \"a\", \"b\" ];")},
        {"with", ARGUMENT_TEXT, &asked.with, "A,B", N_("Pack these variants.")},
        {"serve", ARGUMENT_ADDRESS, &serve.address, N_("[ADDR:PORT]"), N_("Serve the studio meanwhile (default 127.0.0.1:8080; port 0: any).")},
        SERVING_ARGUMENTS(serve),
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("run WORKFLOW [OPTION…]"), N_("Packs kits, guided and verified."),
                        rest, &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err;
    if (rest_count != 1 || pack.kits < 0) {
        lw_fail(&err, LW_MSG_USAGE, _("run takes one workflow folder"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (read_order(&asked, &order, &memory, &err))
        return verb_fail(&err, err.id == LW_MSG_USAGE ? EXIT_USAGE : EXIT_FAILED);
    code = EXIT_FAILED;
    if (verb_read_station(&c, o.station)) {
        serve.workflows = rest[0];
        code = pack.resume && order_of_kit(&c, pack.resume, &order, &memory, &err)
                   ? verb_fail(&err, EXIT_FAILED)
                   : run_workflow(&c, &o, &pack, &serve, &order, rest[0]);
        station_config_finish(&c);
    }
    free(memory);
    return code;
}

/* ---- teach ---- */

static int teach(const struct station_config *c, const struct guided *o, const struct teach_options *options,
                 const char *folder)
{
    struct rig r = {0};
    struct lw_error err = {0};
    struct workflow *w = guided_load_workflow(folder);
    if (!w)
        return EXIT_FAILED;
    enum lw_msg rc = guided_open(&r, c, o, "teach", &err);
    if (!rc) {
        rc = rig_load_calibration(&r, c, &err);
        rc = rc ? rc : teach_run(&r.guide, w, options, &err);
        guided_emit_end(&r, rc ? "failed" : "complete", rc ? EXIT_FAILED : EXIT_OK);
        rig_close(&r);
    }
    workflow_destroy(&w);
    return rc ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}

/* By showing. What was taught elsewhere is offered by name. */
static int teach_new(const struct station_config *c, const struct guided *o, const char *folder, const char *items)
{
    struct rig r = {0};
    struct lw_error err = {0};
    struct workflow *known = items ? guided_load_workflow(items) : NULL;
    if (items && !known)
        return EXIT_FAILED;
    enum lw_msg rc = guided_open(&r, c, o, "teach", &err);
    if (!rc) {
        const struct teach_new_options options = {known};
        rc = rig_load_calibration(&r, c, &err);
        rc = rc ? rc : teach_new_run(&r.guide, folder, &options, &err);
        bool aside = rc == LW_MSG_TEACH_ASIDE;
        guided_emit_end(&r, aside ? "aside" : rc ? "failed" : "complete", aside ? EXIT_ASIDE : rc ? EXIT_FAILED : EXIT_OK);
        rig_close(&r);
    }
    workflow_destroy(&known);
    return rc ? verb_fail(&err, rc == LW_MSG_TEACH_ASIDE ? EXIT_ASIDE : EXIT_FAILED) : EXIT_OK;
}

int verb_teach(int argc, char **argv)
{
    struct guided o = {0};
    struct teach_options options = {.layings = 3};
    const char *items = NULL;
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        GUIDED_ARGUMENTS(o),
        {"layings", ARGUMENT_INT, &options.layings, "N", N_("How often each thing is laid (1 to 9, default 3).")},
        {"item", ARGUMENT_TEXT, &options.item, "ID", N_("Teach only this one.")},
        {"items", ARGUMENT_TEXT, &items, N_("FOLDER"), N_("A new one: things and bins taught in this workflow are offered by name.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("teach NEW | WORKFLOW [OPTION…]"),
                        N_("NEW: makes a workflow by showing, thing after thing. WORKFLOW: shows the camera once more what\n"
                           "its things look like. A folder without workflow.cfg is NEW."), rest,
                        &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err;
    if (rest_count != 1 || options.layings < 1 || options.layings > 9) {
        lw_fail(&err, LW_MSG_USAGE, _("teach takes one workflow folder, and 1 to 9 layings"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!verb_read_station(&c, o.station))
        return EXIT_FAILED;
    if (teach_book_is_new(rest[0]))
        code = teach_new(&c, &o, rest[0], items);
    else
        code = teach(&c, &o, &options, rest[0]);
    station_config_finish(&c);
    return code;
}
