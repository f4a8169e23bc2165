/* What packing writes down: a step's phases, verdicts, help, overrides. Nothing goes on before it is written. */
#include "pack_session.h"

#include "log.h"

#include <stdio.h>

bool pack_record(struct pack *p, struct journal_event *e)
{
    struct lw_error err = {0};
    while (guide_emit(p->g, e, &err)) {
        char line[512];
        lw_log_error("journal", &err);
        show_message(p->g, "help", _("Nothing can be written down now"), lw_error_line(&err, line, sizeof line), NULL);
        guide_wait(p->g, 1.0);
        if (p->g->quit)
            return false;
        while (guide_press(p->g, &(struct press){0}))
            ; /* pressed at a message, not at a step */
    }
    return true;
}

const struct workflow_step *pack_step_at(const struct pack *p, int step)
{
    return &p->w->steps[p->first + step];
}

struct journal_event pack_step_event(const struct pack *p, enum journal_kind kind, int step)
{
    const struct workflow_step *s = pack_step_at(p, step);
    struct journal_event e = {.kind = kind, .step = s->id, .section = p->w->sections[s->section].id};
    if (s->place >= 0) {
        e.place = p->w->places[s->place].id;
        e.item = p->w->items[p->w->places[s->place].item].id;
    }
    return e;
}

/* Where a person's eyes are led: the place's pose and the bin's centre. */
static json_t *phase_detail(const struct pack *p, int step)
{
    json_t *d = json_object();
    int place = pack_step_at(p, step)->place;
    if (place < 0)
        return d;
    struct rigid T = p->places[place].T_bench_from_place;
    json_object_set_new(d, "place_mm", json_pack("[f,f,f]", T.x_mm, T.y_mm, T.angle_rad));
    int bin = p->w->items[p->w->places[place].item].bin;
    if (bin < 0)
        return d;
    const struct workflow_polygon *o = &p->w->bins[bin].outline;
    double x = 0, y = 0;
    for (int i = 0; i < o->count; i++)
        x += o->points[i].x / o->count, y += o->points[i].y / o->count;
    json_object_set_new(d, "bin", json_string(p->w->bins[bin].id));
    json_object_set_new(d, "bin_mm", json_pack("[f,f]", x, y));
    return d;
}

bool pack_record_phase(struct pack *p, int step, const char *phase, const char *result, const char *reason)
{
    struct journal_event e = pack_step_event(p, EVENT_STEP, step);
    e.phase = phase;
    e.result = result;
    e.reason = reason && *reason ? reason : NULL;
    e.detail = phase_detail(p, step);
    bool ok = pack_record(p, &e);
    json_decref(e.detail);
    return ok;
}

bool pack_record_verdict(struct pack *p, int step)
{
    const struct verdict *v = step_machine_verdict(p->machine);
    struct journal_event e = pack_step_event(p, EVENT_VERDICT, step);
    e.result = verdict_result_name(v->result);
    e.reason = v->reason ? verdict_reason_name(v->reason) : NULL;
    e.seen = v->seen_item >= 0 ? p->w->items[v->seen_item].id : NULL;
    e.seen_place = v->seen_place >= 0 ? p->w->places[v->seen_place].id : NULL;
    e.frame = v->frame;
    e.detail = json_pack("{s:f,s:f,s:[f,f,f]}", "confidence", v->score, "margin", v->margin, "offset", v->offset.x_mm,
                         v->offset.y_mm, v->offset.angle_rad);
    json_t *witnesses = pack_witness_detail(p);
    if (witnesses)
        json_object_set_new(e.detail, "witness", witnesses);
    if (p->explained)
        json_object_set_new(e.detail, "explain", json_string(p->explained));
    bool ok = pack_record(p, &e);
    json_decref(e.detail);
    return ok;
}

bool pack_record_done(struct pack *p, const struct step_action *a)
{
    static const char *const results[] = {"", "accept", "confirm", "override", "skip"};
    if (a->result == STEP_OVERRIDDEN) {
        struct journal_event e = pack_step_event(p, EVENT_OVERRIDE, a->step);
        e.reason = a->reason;
        if (!pack_record(p, &e))
            return false;
    }
    return pack_record_phase(p, a->step, "done", results[a->result], a->reason);
}

bool pack_record_help(struct pack *p, int step, int level)
{
    struct journal_event e = pack_step_event(p, EVENT_HELP, step);
    e.detail = json_pack("{s:i}", "level", level);
    bool ok = pack_record(p, &e);
    json_decref(e.detail);
    return ok;
}
