/* Judges a kept look (pack_explain.c) again, by the same code. */
#include "explain.h"
#include "pack_session.h"

#include "cv_picture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool explain_is_look(const char *folder)
{
    char path[1024];
    struct stat st;
    snprintf(path, sizeof path, "%s/after.png", folder); /* a step that lays nothing has none */
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The kept part laid into a black picture of the camera's size. */
static enum lw_msg read_part(const char *folder, const char *name, const json_t *facts, const char *at, struct image *out,
                             struct lw_error *err)
{
    struct image part = {0};
    char path[1024];
    int x = -1, y = -1, width = 0, height = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    json_error_t wrong;
    if (json_unpack_ex((json_t *)facts, &wrong, 0, "{s:[i,i],s:[i,i]}", at, &x, &y, "size", &width, &height))
        return lw_fail(err, LW_MSG_EXPLAIN_READ, folder, wrong.text);
    enum lw_msg rc = cv_picture_read(path, IMAGE_BGR8, &part, err);
    if (!rc && (x < 0 || y < 0 || x + part.width > width || y + part.height > height))
        rc = lw_fail(err, LW_MSG_EXPLAIN_READ, folder, name);
    rc = rc ? rc : image_init(out, width, height, IMAGE_BGR8, err);
    for (int i = 0; !rc && i < part.height; i++)
        memcpy(image_row(out, y + i) + 3 * (ptrdiff_t)x, image_row(&part, i), 3 * (size_t)part.width);
    image_finish(&part);
    return rc;
}

static bool read_poses(const json_t *list, struct rigid *T, int count)
{
    for (int i = 0; i < count; i++)
        if (json_unpack(json_array_get(list, (size_t)i), "[F,F,F]", &T[i].x_mm, &T[i].y_mm, &T[i].angle_rad))
            return false;
    return true;
}

static int read_lit(const json_t *list, struct bench_mm lit[LOOK_CORNERS])
{
    int count = (int)json_array_size(list);
    if (count < 3 || count > LOOK_CORNERS)
        return 0;
    for (int i = 0; i < count; i++)
        if (json_unpack(json_array_get(list, (size_t)i), "[F,F,F]", &lit[i].x, &lit[i].y, &lit[i].z))
            return 0;
    return count;
}

/* The session as it stood then, without a bench. False: the workflow is another one now. */
static bool restore(struct pack *p, const json_t *facts, int *step)
{
    const char *id = json_string_value(json_object_get(facts, "step"));
    *step = id ? workflow_find_step(p->w, id) : -1;
    if (*step < 0 || !read_poses(json_object_get(facts, "carriers"), p->T_bench_from_carrier, p->w->carrier_count) ||
        !read_poses(json_object_get(facts, "carriers_before"), p->T_before, p->w->carrier_count))
        return false;
    int in_own = 0;
    json_unpack(json_object_get(facts, "hands"), "[b,i]", &in_own, &p->hands.in_other);
    p->hands.in_own = in_own;
    p->hands_known = true;
    p->before_valid = true;
    p->count = 0; /* nothing is known of the other steps but what is filled */
    pack_update_places(p);
    p->count = p->w->step_count;
    const json_t *filled = json_object_get(facts, "filled");
    for (size_t i = 0; i < json_array_size(filled); i++)
        for (int k = 0; k < p->w->place_count; k++)
            if (strcmp(json_string_value(json_array_get(filled, i)), p->w->places[k].id) == 0)
                p->places[k].filled = true;
    return p->w->steps[*step].place >= 0;
}

static void print_line(const char *folder, const json_t *facts, const struct pack *p, const struct verdict *v, FILE *out)
{
    json_t *line = json_object();
    json_object_set_new(line, "look", json_string(folder));
    for (size_t i = 0; i < 6; i++) {
        static const char *const keys[] = {"step", "place", "result", "reason", "seen", "confidence"};
        char then[32];
        json_t *value = json_object_get(facts, keys[i]);
        snprintf(then, sizeof then, i < 2 ? "%s" : "%s_then", keys[i]);
        if (value)
            json_object_set(line, then, value);
    }
    json_object_set_new(line, "result", json_string(verdict_result_name(v->result)));
    if (v->reason)
        json_object_set_new(line, "reason", json_string(verdict_reason_name(v->reason)));
    if (v->seen_item >= 0)
        json_object_set_new(line, "seen", json_string(p->w->items[v->seen_item].id));
    json_object_update_new(line, json_pack("{s:f,s:f,s:[f,f,f]}", "confidence", v->score, "margin", v->margin, "offset",
                                           v->offset.x_mm, v->offset.y_mm, v->offset.angle_rad));
    json_t *witnesses = pack_witness_detail(p);
    if (witnesses)
        json_object_set_new(line, "witness", witnesses);
    const char *hash = json_string_value(json_object_get(facts, "workflow_hash"));
    json_object_set_new(line, "same_workflow", json_boolean(hash && strcmp(hash, p->w->hash) == 0));
    json_dumpf(line, out, JSON_REAL_PRECISION(6) | JSON_COMPACT);
    fputc('\n', out);
    json_decref(line);
}

static enum lw_msg judge(struct pack *p, const char *folder, const json_t *facts, FILE *out, struct lw_error *err)
{
    struct image before = {0}, after = {0};
    struct bench_mm lit[LOOK_CORNERS];
    struct verdict v = {0};
    int step, corners = read_lit(json_object_get(facts, "lit"), lit);
    enum lw_msg rc = taught_load(&p->taught, p->w, err);
    rc = rc ? rc : pack_allocate(p, err);
    if (!rc && (!restore(p, facts, &step) || corners == 0))
        rc = lw_fail(err, LW_MSG_EXPLAIN_READ, folder, EXPLAIN_FACTS);
    rc = rc ? rc : read_part(folder, "before.png", facts, "before_at", &before, err);
    rc = rc ? rc : read_part(folder, "after.png", facts, "after_at", &after, err);
    if (!rc) {
        struct check_look look = {.model = &p->g->calibration.model, .before = &before, .after = &after,
                                  .noise_grey = json_number_value(json_object_get(facts, "noise_grey")),
                                  .frame = (uint64_t)json_integer_value(json_object_get(facts, "frame")), .lit = lit,
                                  .lit_corners = corners};
        rc = check_judge(p->taught.check, &look, p->places, p->w->place_count, p->w->steps[step].place, &v, err);
        if (!rc) {
            pack_hear_witnesses(p, step, &after, &v);
            print_line(folder, facts, p, &v, out);
        }
    }
    image_finish(&before);
    image_finish(&after);
    return rc;
}

enum lw_msg explain_judge_again(const char *folder, FILE *out, struct lw_error *err)
{
    char path[1024];
    json_error_t wrong;
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    struct guide g = {0};
    snprintf(path, sizeof path, "%s/" EXPLAIN_FACTS, folder);
    json_t *facts = json_load_file(path, 0, &wrong);
    const char *name = facts ? json_string_value(json_object_get(facts, "workflow")) : NULL;
    if (!name) {
        json_decref(facts);
        return lw_fail(err, LW_MSG_EXPLAIN_READ, folder, facts ? "workflow" : wrong.text);
    }
    enum lw_msg rc = workflow_load(&w, name, NULL, &problems);
    if (rc)
        *err = problems.items[0].error;
    problems_finish(&problems);
    snprintf(path, sizeof path, "%s/calibration.cfg", folder);
    rc = rc ? rc : calibration_load(&g.calibration, path, err);
    if (!rc) {
        struct pack p = {.g = &g, .w = w, .count = w->step_count};
        rc = judge(&p, folder, facts, out, err);
        pack_free(&p);
    }
    workflow_destroy(&w);
    json_decref(facts);
    return rc;
}
