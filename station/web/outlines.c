/* Taught outlines of a workflow's items, for drawing; kept for the workflows seen last, since they take a while. */
#include "studio.h"

#include "check.h"
#include "cv_picture.h"
#include "workflow.h"

#include <stdlib.h>
#include <string.h>

#define KEPT       4
#define POINTS_MAX 128

static struct {
    pthread_mutex_t lock; /* also: one at a time is made */
    struct {
        char hash[17];
        json_t *outlines;
    } all[KEPT];
    int next;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool read_references(const struct workflow *w, const struct workflow_item *item, struct check_reference *out)
{
    char path[PATH_MAX];
    struct lw_error err;
    for (int i = 0; i < item->reference_count; i++) {
        const struct workflow_reference *r = &item->references[i];
        out[i].mm_per_px = r->mm_per_px;
        if (cv_picture_read(workflow_path(w, r->before, path, sizeof path), IMAGE_BGR8, &out[i].before, &err) ||
            cv_picture_read(workflow_path(w, r->after, path, sizeof path), IMAGE_BGR8, &out[i].after, &err))
            return false;
    }
    return true;
}

static json_t *outline_json(const struct check *c)
{
    struct local_mm points[POINTS_MAX];
    int count = check_item_outline(c, 0, points, POINTS_MAX);
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("[f,f]", points[i].x, points[i].y));
    return list;
}

/* NULL: not taught, or nothing is seen in its pictures. */
static json_t *item_outline(const struct workflow *w, const struct workflow_item *item)
{
    struct check *c = NULL;
    struct lw_error err;
    const struct check_item_options o = {item->tolerance_mm, item->tolerance_rad, item->orientation_matters, item->height_mm};
    struct check_reference *refs = calloc((size_t)item->reference_count + 1, sizeof *refs);
    json_t *j = NULL;
    if (refs && item->reference_count > 0 && read_references(w, item, refs) && check_create(&c, &err) == LW_OK &&
        check_teach_item(c, item->id, &o, refs, item->reference_count, &err) == LW_OK && check_finish_teaching(c, &err) == LW_OK)
        j = outline_json(c);
    for (int i = 0; refs && i < item->reference_count; i++) {
        image_finish(&refs[i].before);
        image_finish(&refs[i].after);
    }
    free(refs);
    check_destroy(&c);
    return j;
}

static json_t *find_kept(const char *hash)
{
    for (int i = 0; i < KEPT; i++)
        if (kept.all[i].outlines && strcmp(kept.all[i].hash, hash) == 0)
            return json_incref(kept.all[i].outlines);
    return NULL;
}

static json_t *make(const struct workflow *w)
{
    json_t *j = json_object(), *one;
    for (int i = 0; i < w->item_count; i++)
        if ((one = item_outline(w, &w->items[i])))
            json_object_set_new(j, w->items[i].id, one);
    json_decref(kept.all[kept.next].outlines);
    snprintf(kept.all[kept.next].hash, sizeof kept.all[kept.next].hash, "%s", w->hash);
    kept.all[kept.next].outlines = json_incref(j);
    kept.next = (kept.next + 1) % KEPT;
    return j;
}

enum MHD_Result web_outlines(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    json_t *j = NULL;
    if (!studio_folder(r, folder, sizeof folder, &rc))
        return rc;
    workflow_load(&w, folder, NULL, &problems);
    problems_finish(&problems);
    if (w) {
        pthread_mutex_lock(&kept.lock);
        j = find_kept(w->hash);
        j = j ? j : make(w);
        pthread_mutex_unlock(&kept.lock);
    }
    workflow_destroy(&w);
    return web_reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "outlines", j ? j : json_object()));
}
