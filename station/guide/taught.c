#include "taught.h"

#include "cv_picture.h"
#include "log.h"

#include <stdlib.h>

static enum lw_msg read_reference(const struct workflow *w, const struct workflow_reference *r,
                                  struct check_reference *out, struct lw_error *err)
{
    char path[512];
    out->mm_per_px = r->mm_per_px;
    enum lw_msg rc = cv_picture_read(workflow_path(w, r->before, path, sizeof path), IMAGE_BGR8, &out->before, err);
    return rc ? rc : cv_picture_read(workflow_path(w, r->after, path, sizeof path), IMAGE_BGR8, &out->after, err);
}

static enum lw_msg teach_item(struct check *check, const struct workflow *w, const struct workflow_item *item,
                              struct lw_error *err)
{
    if (item->reference_count == 0)
        return lw_fail(err, LW_MSG_NOT_TAUGHT, workflow_text(&item->name));
    struct check_reference *references = calloc((size_t)item->reference_count, sizeof *references);
    if (!references)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    const struct check_item_options options = {.tolerance_mm = item->tolerance_mm,
                                               .tolerance_rad = item->tolerance_rad,
                                               .orientation_matters = item->orientation_matters,
                                               .height_mm = item->height_mm};
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < item->reference_count && !rc; i++)
        rc = read_reference(w, &item->references[i], &references[i], err);
    if (!rc)
        rc = check_teach_item(check, item->id, &options, references, item->reference_count, err);
    for (int i = 0; i < item->reference_count; i++) {
        image_finish(&references[i].before);
        image_finish(&references[i].after);
    }
    free(references);
    return rc;
}

enum lw_msg taught_load_item(struct check **out, const struct workflow *w, const struct workflow_item *item,
                             struct lw_error *err)
{
    enum lw_msg rc = check_create(out, err);
    rc = rc ? rc : teach_item(*out, w, item, err);
    rc = rc ? rc : check_finish_teaching(*out, err);
    if (rc)
        check_destroy(out);
    return rc;
}

static enum lw_msg read_carrier(const struct workflow *w, const struct workflow_carrier *c, struct carrier_taught *out,
                                struct lw_error *err)
{
    char path[512];
    *out = (struct carrier_taught){.mm_per_px = c->taught_mm_per_px,
                                   .width_mm = c->width_mm,
                                   .depth_mm = c->depth_mm,
                                   .height_mm = c->height_mm};
    if (!c->taught || !c->taught[0])
        return lw_fail(err, LW_MSG_NOT_TAUGHT, workflow_text(&c->name));
    return cv_picture_read(workflow_path(w, c->taught, path, sizeof path), IMAGE_BGR8, &out->picture, err);
}

void taught_look_alikes(const struct taught *t, const struct workflow *w, struct lw_problems *problems)
{
    char file[600];
    for (int i = 0; i < w->item_count; i++) {
        struct check_pair p = check_item_pair(t->check, i);
        if (!w->items[i].witness.count && p.state != CHECK_VERIFIABLE && p.other < w->item_count)
            problems_warning(problems, workflow_path(w, "workflow.cfg", file, sizeof file), w->items[i].line, p.message,
                             workflow_text(&w->items[i].name), workflow_text(&w->items[p.other].name));
    }
}

void taught_log_look_alikes(const struct taught *t, const struct workflow *w)
{
    struct lw_problems problems = {0};
    char line[800];
    for (int i = 0; i < w->item_count; i++)
        if (w->items[i].reference_count == 1)
            lw_log(LW_LOG_INFO, "taught", "%s: finished from one picture; two more make it surer", w->items[i].id);
    taught_look_alikes(t, w, &problems);
    for (int i = 0; i < problems.count; i++)
        lw_log(LW_LOG_WARNING, "taught", "%s", lw_error_line(&problems.items[i].error, line, sizeof line));
    problems_finish(&problems);
}

enum lw_msg taught_load(struct taught *out, const struct workflow *w, struct lw_error *err)
{
    *out = (struct taught){.carrier_count = w->carrier_count};
    out->carriers = calloc((size_t)w->carrier_count + 1, sizeof *out->carriers);
    if (!out->carriers)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = check_create(&out->check, err);
    for (int i = 1; i < w->carrier_count && !rc; i++)
        rc = read_carrier(w, &w->carriers[i], &out->carriers[i], err);
    for (int i = 0; i < w->item_count && !rc; i++)
        rc = teach_item(out->check, w, &w->items[i], err);
    if (!rc)
        rc = check_finish_teaching(out->check, err);
    if (rc)
        taught_finish(out);
    return rc;
}

void taught_finish(struct taught *t)
{
    if (!t)
        return;
    for (int i = 0; t->carriers && i < t->carrier_count; i++)
        image_finish(&t->carriers[i].picture);
    free(t->carriers);
    check_destroy(&t->check);
    *t = (struct taught){0};
}
