#include "studio.h"

#include "alike.h"
#include "edits.h"
#include "kit_json.h"
#include "diff.h"
#include "library.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RELEASED_FILE "released.cfg" /* the text as it was released last, beside workflow.cfg; nothing reads it but diffs */
#define TEXT_MAX      4000000

static pthread_mutex_t saving = PTHREAD_MUTEX_INITIALIZER; /* one save at a time, so that two see each other */

bool studio_folder(struct web_request *r, char *folder, size_t size, enum MHD_Result *out)
{
    if (library_folder(r->web, r->rest, folder, size))
        return true;
    *out = web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    return false;
}

/* What is known of the bench; it points into *keep. */
static struct workflow_bench bench_of(struct web *w, struct web_bench *keep)
{
    *keep = web_mailbox_bench(w);
    return (struct workflow_bench){keep->width_mm, keep->depth_mm, keep->calibrated ? &keep->model : NULL};
}

/* ---- everything about a workflow ---- */

static bool is_released(const json_t *tree)
{
    const char *state = json_string_value(json_object_get(tree, "state"));
    return state && strcmp(state, "released") == 0;
}

static json_t *files_json(const struct workflow_edit *e)
{
    json_t *list = json_array();
    for (int i = 0; i < workflow_edit_file_count(e); i++)
        json_array_append_new(list, json_string(workflow_edit_file(e, i)));
    return list;
}

/* The view of the texts as they are in the edit now. */
static json_t *view(struct web *web, const struct workflow_edit *e, const char *id, const char *folder)
{
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    struct web_bench keep;
    const struct workflow_bench bench = bench_of(web, &keep);
    workflow_edit_load(e, &w, &bench, &problems);
    if (w)
        alike_recall(w, &problems);
    json_t *tree = kit_tree(e);
    bool released = is_released(tree);
    json_t *j = json_pack("{s:s,s:s,s:b,s:o,s:o,s:o,s:i,s:o}", "id", id, "hash", workflow_edit_hash(e), "released", released,
                          "tree", tree ? tree : json_null(), "kit", w ? kit_resolved(w) : json_null(), "problems",
                          kit_problems(e, folder, &problems), "errors", problems.errors, "files", files_json(e));
    workflow_destroy(&w);
    problems_finish(&problems);
    return j;
}

enum MHD_Result web_workflow(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow_edit *e;
    struct lw_error err;
    size_t size;
    if (!studio_folder(r, folder, sizeof folder, &rc))
        return rc;
    if (workflow_edit_open(&e, folder, &err))
        return web_reply_error(r, &err);
    json_t *j = view(r->web, e, r->rest, folder);
    char *text = kit_flat_text(e), *released = library_read(folder, RELEASED_FILE, TEXT_MAX, &size);
    json_object_set_new(j, "text", json_string(text ? text : ""));
    json_object_set_new(j, "was_released", json_boolean(released != NULL));
    json_object_set_new(j, "single", json_boolean(r->web->single));
    free(text);
    free(released);
    workflow_edit_close(&e);
    return web_reply_json(r, MHD_HTTP_OK, j);
}

static pthread_mutex_t comparing = PTHREAD_MUTEX_INITIALIZER; /* one at a time, and nobody waits: the rest is still served */

/* Compares what is taught; from then on all views hold what looks alike. Not while a kit is packed: it takes seconds. */
enum MHD_Result web_alike(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow *w = NULL;
    struct lw_problems ignored = {0}, problems = {0};
    if (!studio_folder(r, folder, sizeof folder, &rc))
        return rc;
    if (workflow_load(&w, folder, NULL, &ignored) == LW_OK && !alike_recall(w, &problems) &&
        !web_mailbox_bench(r->web).packing && pthread_mutex_trylock(&comparing) == 0) {
        alike_find(w, &problems);
        pthread_mutex_unlock(&comparing);
    }
    rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:i}", "found", problems.count));
    workflow_destroy(&w);
    problems_finish(&ignored);
    problems_finish(&problems);
    return rc;
}

enum MHD_Result web_version(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow_edit *e;
    struct lw_error err;
    if (!studio_folder(r, folder, sizeof folder, &rc))
        return rc;
    if (workflow_edit_open(&e, folder, &err))
        return web_reply_error(r, &err);
    rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "hash", workflow_edit_hash(e)));
    workflow_edit_close(&e);
    return rc;
}

/* ---- checking and saving ---- */

/* Opens the workflow of the request and applies its edits on the version they were made on. */
static enum lw_msg open_edited(const char *folder, const json_t *body, struct workflow_edit **e, json_t *failed,
                               struct lw_error *err)
{
    const char *base = json_string_value(json_object_get(body, "base"));
    enum lw_msg rc = workflow_edit_open(e, folder, err);
    if (!rc && (!base || strcmp(base, workflow_edit_hash(*e)) != 0))
        rc = lw_fail(err, LW_MSG_WORKFLOW_EDIT_STALE, "workflow.cfg");
    rc = rc ? rc : edits_apply(*e, json_object_get(body, "edits"), failed, err);
    if (rc)
        workflow_edit_close(e);
    return rc;
}

enum MHD_Result web_check(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow_edit *e;
    struct lw_error err;
    json_t *body = NULL;
    if (!studio_folder(r, folder, sizeof folder, &rc) || !(body = web_body_json(r, &rc)))
        return rc;
    json_t *failed = json_is_true(json_object_get(body, "lenient")) ? json_array() : NULL;
    if (open_edited(folder, body, &e, failed, &err)) {
        rc = web_reply_error(r, &err);
    } else {
        json_t *j = view(r->web, e, r->rest, folder);
        if (failed)
            json_object_set(j, "failed", failed);
        workflow_edit_close(&e);
        rc = web_reply_json(r, MHD_HTTP_OK, j);
    }
    json_decref(failed);
    json_decref(body);
    return rc;
}

/* The last released text is kept, so that changes can be compared with it. */
static void keep_released(const char *folder, const char *text)
{
    struct lw_error err;
    if (text && library_write(folder, RELEASED_FILE, text, strlen(text), &err))
        lw_log_error("web", &err); /* the workflow itself is saved */
}

static enum lw_msg save(struct web *w, const char *folder, const json_t *body, struct workflow_edit **e,
                        struct lw_problems *problems, struct lw_error *err)
{
    struct web_bench keep;
    const struct workflow_bench bench = bench_of(w, &keep);
    struct workflow_edit *old = NULL;
    enum lw_msg rc = workflow_edit_open(&old, folder, err);
    json_t *old_tree = rc ? NULL : kit_tree(old);
    char *old_text = !rc && is_released(old_tree) ? kit_flat_text(old) : NULL;
    workflow_edit_close(&old);
    json_decref(old_tree);
    rc = rc ? rc : open_edited(folder, body, e, NULL, err);
    rc = rc ? rc : workflow_edit_save(*e, &bench, problems, err);
    if (!rc) {
        json_t *tree = kit_tree(*e);
        char *text = is_released(tree) ? kit_flat_text(*e) : NULL;
        keep_released(folder, text ? text : old_text);
        free(text);
        json_decref(tree);
    }
    free(old_text);
    return rc;
}

static enum MHD_Result tell_refused(struct web_request *r, const struct workflow_edit *e, const char *folder,
                                    const struct lw_problems *problems, const struct lw_error *err)
{
    json_t *error = json_pack("{s:s,s:s,s:s}", "id", lw_msg_name(err->id), "text", err->text, "remedy", lw_msg_remedy(err->id));
    return web_reply_json(r, MHD_HTTP_UNPROCESSABLE_CONTENT,
                          json_pack("{s:o,s:o}", "error", error, "problems", kit_problems(e, folder, problems)));
}

enum MHD_Result web_save(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow_edit *e = NULL;
    struct lw_error err;
    struct lw_problems problems = {0};
    json_t *body = NULL;
    if (!studio_folder(r, folder, sizeof folder, &rc) || !(body = web_body_json(r, &rc)))
        return rc;
    pthread_mutex_lock(&saving);
    enum lw_msg failed = save(r->web, folder, body, &e, &problems, &err);
    pthread_mutex_unlock(&saving);
    if (failed == LW_MSG_WORKFLOW_EDIT_REFUSED)
        rc = tell_refused(r, e, folder, &problems, &err);
    else if (failed)
        rc = web_reply_error(r, &err);
    else
        rc = web_reply_json(r, MHD_HTTP_OK, view(r->web, e, r->rest, folder));
    workflow_edit_close(&e);
    problems_finish(&problems);
    json_decref(body);
    return rc;
}

/* ---- comparing ---- */

/* The text on disk; the caller frees it. *released says what its state is. */
static char *saved_text(const char *folder, bool *released)
{
    struct workflow_edit *e = NULL;
    struct lw_error err;
    json_t *tree = NULL;
    char *out = NULL;
    if (workflow_edit_open(&e, folder, &err) == LW_OK) {
        out = kit_flat_text(e);
        tree = kit_tree(e);
    }
    *released = is_released(tree);
    json_decref(tree);
    workflow_edit_close(&e);
    return out;
}

/* The older text of a comparison; the caller frees it. NULL: there is none. */
static char *older_text(const char *folder, const json_t *body)
{
    const char *with = json_string_value(json_object_get(body, "with")), *text = json_string_value(json_object_get(body, "text"));
    size_t size;
    bool released;
    if (with && strcmp(with, "text") == 0)
        return text ? strdup(text) : NULL;
    char *saved = saved_text(folder, &released);
    if (!with || strcmp(with, "released") != 0 || released)
        return saved;
    free(saved);
    return library_read(folder, RELEASED_FILE, TEXT_MAX, &size);
}

enum MHD_Result web_diff(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX];
    struct workflow_edit *e = NULL;
    struct lw_error err;
    json_t *body = NULL;
    if (!studio_folder(r, folder, sizeof folder, &rc) || !(body = web_body_json(r, &rc)))
        return rc;
    enum lw_msg failed = json_object_get(body, "edits") ? open_edited(folder, body, &e, NULL, &err)
                                                        : workflow_edit_open(&e, folder, &err);
    if (failed) {
        rc = web_reply_error(r, &err);
    } else {
        char *old = older_text(folder, body), *now = kit_flat_text(e);
        json_t *hunks = old && now ? diff_texts(old, now) : NULL;
        rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:b,s:o}", "there", hunks != NULL, "hunks", hunks ? hunks : json_array()));
        free(old);
        free(now);
    }
    workflow_edit_close(&e);
    json_decref(body);
    return rc;
}

/* ---- a draft beside it ---- */

static enum lw_msg fill_draft(struct web *w, const char *id, const char *text, const json_t *edits, struct lw_error *err)
{
    char folder[PATH_MAX];
    struct workflow_edit *e = NULL;
    struct lw_problems problems = {0};
    struct web_bench keep;
    const struct workflow_bench bench = bench_of(w, &keep);
    if (!library_folder(w, id, folder, sizeof folder))
        return lw_fail(err, LW_MSG_WEB_NOT_FOUND);
    enum lw_msg rc = library_write(folder, "workflow.cfg", text, strlen(text), err);
    rc = rc ? rc : workflow_edit_open(&e, folder, err);
    rc = rc ? rc : edits_apply(e, edits, NULL, err);
    rc = rc ? rc : workflow_edit_set(e, "state", "\"draft\"", err);
    rc = rc ? rc : workflow_edit_save(e, &bench, &problems, err);
    workflow_edit_close(&e);
    problems_finish(&problems);
    return rc;
}

enum MHD_Result web_draft(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX], id[LIBRARY_ID_MAX + 1];
    struct lw_error err;
    json_t *body = NULL;
    if (!studio_folder(r, folder, sizeof folder, &rc) || !(body = web_body_json(r, &rc)))
        return rc;
    const char *text = json_string_value(json_object_get(body, "text"));
    library_free_id(r->web, r->rest, id, sizeof id);
    if (!text || !*text)
        rc = web_refuse(r, LW_MSG_WEB_REQUEST);
    else if (library_copy(r->web, r->rest, id, &err) ||
             fill_draft(r->web, id, text, json_object_get(body, "edits"), &err))
        rc = web_reply_error(r, &err);
    else
        rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "id", id));
    json_decref(body);
    return rc;
}

/* ---- the records ---- */

enum MHD_Result web_report(struct web_request *r)
{
    char path[PATH_MAX + 16], *text = NULL;
    size_t size = 0;
    struct journal *j = NULL;
    struct lw_error err;
    const struct journal_report_options o = {.format = REPORT_JSON};
    snprintf(path, sizeof path, "%s/journal.db", r->web->data);
    FILE *out = open_memstream(&text, &size);
    enum lw_msg rc = out ? journal_open(&j, path, NULL, &err) : lw_fail(&err, LW_MSG_NO_MEMORY);
    rc = rc ? rc : journal_report(j, &o, out, &err);
    journal_close(&j);
    if (out)
        fclose(out);
    enum MHD_Result answer = rc ? web_reply_error(r, &err) : web_reply(r, MHD_HTTP_OK, "application/json; charset=utf-8", text, size);
    free(text);
    return answer;
}
