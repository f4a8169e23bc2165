#include "kit_json.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#define INCLUDE_DEPTH 8
#define PATH_SIZE     400

/* ---- one text ---- */

/* Where each line of the one text comes from. */
struct origin {
    int file, line;
};

struct flat {
    FILE *out;
    struct origin *lines;
    int count, capacity;
    bool failed;
};

static int find_file(const struct workflow_edit *e, const char *name, size_t n)
{
    for (int i = 0; i < workflow_edit_file_count(e); i++)
        if (strlen(workflow_edit_file(e, i)) == n && memcmp(workflow_edit_file(e, i), name, n) == 0)
            return i;
    return -1;
}

/* The file that a line includes, -1: none. */
static int included(const struct workflow_edit *e, const char *line)
{
    line += strspn(line, " \t\r\f");
    if (strncmp(line, "@include", 8) != 0)
        return -1;
    line += 8 + strspn(line + 8, " \t");
    return *line == '"' ? find_file(e, line + 1, strcspn(line + 1, "\"\n")) : -1;
}

static void add_line(struct flat *f, int file, int number, const char *line, size_t n)
{
    if (f->count == f->capacity) {
        int capacity = f->capacity ? 2 * f->capacity : 1024;
        struct origin *grown = realloc(f->lines, sizeof *grown * (size_t)capacity);
        f->failed |= !grown;
        if (!grown)
            return;
        f->lines = grown;
        f->capacity = capacity;
    }
    f->lines[f->count++] = (struct origin){file, number};
    fwrite(line, 1, n, f->out);
    fputc('\n', f->out);
}

static void add_file(struct flat *f, const struct workflow_edit *e, int file, int depth)
{
    const char *text = workflow_edit_text(e, file);
    for (int number = 1; *text; number++) {
        size_t n = strcspn(text, "\n");
        int inner = depth < INCLUDE_DEPTH ? included(e, text) : -1;
        if (inner >= 0)
            add_file(f, e, inner, depth + 1);
        else
            add_line(f, file, number, text, n);
        text += n + (text[n] == '\n');
    }
}

/* The caller frees the text and f->lines. */
static char *flatten(struct flat *f, const struct workflow_edit *e)
{
    char *text = NULL;
    size_t size;
    *f = (struct flat){.out = open_memstream(&text, &size)};
    if (!f->out)
        return NULL;
    add_file(f, e, 0, 0);
    fclose(f->out);
    if (f->failed) {
        free(text);
        return NULL;
    }
    return text;
}

char *kit_flat_text(const struct workflow_edit *e)
{
    struct flat f;
    char *text = flatten(&f, e);
    free(f.lines);
    return text;
}

/* ---- the tree ---- */

static json_t *setting_json(const config_setting_t *s)
{
    double v;
    const char *text = config_setting_get_string(s);
    if (text)
        return json_string(text);
    if (config_setting_type(s) == CONFIG_TYPE_BOOL)
        return json_boolean(config_setting_get_bool(s));
    if (config_setting_type(s) == CONFIG_TYPE_INT)
        return json_integer(config_setting_get_int(s));
    if (config_number(s, &v))
        return json_real(v);
    json_t *j = config_setting_is_group(s) ? json_object() : json_array();
    for (int i = 0; config_setting_is_aggregate(s) && i < config_setting_length(s); i++) {
        const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);
        json_t *value = setting_json(m);
        if (config_setting_is_group(s))
            json_object_set_new(j, config_setting_name(m), value);
        else
            json_array_append_new(j, value);
    }
    return j;
}

static bool parse(const struct workflow_edit *e, config_t *cfg, struct flat *f)
{
    char *text = flatten(f, e);
    config_init(cfg);
    bool good = text && config_read_string(cfg, text) == CONFIG_TRUE;
    free(text);
    return good;
}

json_t *kit_tree(const struct workflow_edit *e)
{
    struct flat f;
    config_t cfg;
    json_t *j = parse(e, &cfg, &f) ? setting_json(config_root_setting(&cfg)) : NULL;
    config_destroy(&cfg);
    free(f.lines);
    return j;
}

/* ---- problems ---- */

struct element {
    struct origin at;
    char path[PATH_SIZE];
};

struct elements {
    struct element *all;
    int count, capacity;
};

static void add_element(struct elements *l, struct origin at, const char *path)
{
    if (l->count == l->capacity) {
        int capacity = l->capacity ? 2 * l->capacity : 256;
        struct element *grown = realloc(l->all, sizeof *grown * (size_t)capacity);
        if (!grown)
            return; /* a problem is then shown a level higher */
        l->all = grown;
        l->capacity = capacity;
    }
    l->all[l->count].at = at;
    snprintf(l->all[l->count++].path, PATH_SIZE, "%s", path);
}

static struct origin origin_of(const struct flat *f, const config_setting_t *s)
{
    int line = (int)config_setting_source_line(s);
    return line >= 1 && line <= f->count ? f->lines[line - 1] : (struct origin){-1, 0};
}

static void name_element(const config_setting_t *s, const char *list, int i, char *path)
{
    const char *id = NULL;
    if (!config_setting_lookup_string(s, "id", &id) && !config_setting_lookup_string(s, "place", &id))
        config_setting_lookup_string(s, "section", &id);
    if (id)
        snprintf(path, PATH_SIZE, "%s[%s]", list, id);
    else
        snprintf(path, PATH_SIZE, "%s[#%d]", list, i);
}

static void add_elements(struct elements *l, const struct flat *f, const config_setting_t *list, const char *path)
{
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *s = config_setting_get_elem(list, (unsigned)i), *steps;
        char own[PATH_SIZE], inner[PATH_SIZE + 8];
        if (!config_setting_is_group(s))
            continue;
        name_element(s, path, i, own);
        add_element(l, origin_of(f, s), own);
        steps = config_setting_get_member(s, "steps");
        if (steps && config_setting_is_list(steps)) {
            snprintf(inner, sizeof inner, "%s.steps", own);
            add_elements(l, f, steps, inner);
        }
    }
}

static struct elements list_elements(const struct flat *f, const config_setting_t *root)
{
    struct elements l = {0};
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        add_element(&l, origin_of(f, s), "");
        if (config_setting_is_list(s))
            add_elements(&l, f, s, config_setting_name(s));
    }
    return l;
}

/* The element that begins last before the line, in its file. */
static const char *path_at(const struct elements *l, int file, int line)
{
    const struct element *best = NULL;
    for (int i = 0; i < l->count; i++) {
        const struct element *m = &l->all[i];
        if (m->at.file == file && m->at.line <= line && (!best || m->at.line >= best->at.line))
            best = m;
    }
    return best ? best->path : "";
}

json_t *kit_problems(const struct workflow_edit *e, const char *folder, const struct lw_problems *problems)
{
    struct flat f;
    config_t cfg;
    json_t *list = json_array();
    struct elements l = {0};
    if (parse(e, &cfg, &f))
        l = list_elements(&f, config_root_setting(&cfg));
    for (int i = 0; i < problems->count; i++) {
        const struct lw_error *err = &problems->items[i].error;
        const char *name = err->file;
        if (strncmp(name, folder, strlen(folder)) == 0 && name[strlen(folder)] == '/')
            name += strlen(folder) + 1;
        json_array_append_new(list, json_pack("{s:b,s:s,s:s,s:s,s:i,s:s,s:s}", "warning", problems->items[i].warning, "id",
                                              lw_msg_name(err->id), "path",
                                              path_at(&l, find_file(e, name, strlen(name)), err->line), "file", name,
                                              "line", err->line, "text", err->text, "remedy", lw_msg_remedy(err->id)));
    }
    config_destroy(&cfg);
    free(f.lines);
    free(l.all);
    return list;
}

/* ---- the loaded workflow ---- */

static json_t *points(const struct workflow_polygon *p)
{
    json_t *list = json_array();
    for (int i = 0; i < p->count; i++)
        json_array_append_new(list, json_pack("[f,f]", p->points[i].x, p->points[i].y));
    return list;
}

static json_t *bins_json(const struct workflow *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->bin_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:f,s:o}", "id", w->bins[i].id, "z_mm", w->bins[i].z_mm, "outline",
                                              points(&w->bins[i].outline)));
    return list;
}

static json_t *carriers_json(const struct workflow *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->carrier_count; i++) {
        const struct workflow_carrier *c = &w->carriers[i];
        const struct rigid *t = &c->T_bench_from_home;
        json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f,s:[f,f,f]}", "id", c->id, "width_mm", c->width_mm,
                                              "depth_mm", c->depth_mm, "height_mm", c->height_mm, "home", t->x_mm,
                                              t->y_mm, deg_from_rad(t->angle_rad)));
    }
    return list;
}

static json_t *places_json(const struct workflow *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        struct rigid t = rigid_mul(w->carriers[p->carrier].T_bench_from_home, p->T_carrier_from_place);
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:f,s:[f,f,f],s:o}", "id", p->id, "written",
                                              p->written ? p->written : p->id, "carrier",
                                              w->carriers[p->carrier].id, "item", w->items[p->item].id, "z_mm", p->z_mm,
                                              "home", t.x_mm, t.y_mm, deg_from_rad(t.angle_rad), "outline",
                                              points(&p->outline)));
    }
    return list;
}

static json_t *items_json(const struct workflow *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->item_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:f,s:i}", "id", w->items[i].id, "height_mm", w->items[i].height_mm,
                                              "references", w->items[i].reference_count));
    return list;
}

static json_t *steps_json(const struct workflow *w)
{
    json_t *list = json_array();
    for (int i = 0; i < w->step_count; i++) {
        const struct workflow_step *s = &w->steps[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "id", s->id, "section", w->sections[s->section].id, "place",
                                              s->place >= 0 ? w->places[s->place].id : ""));
    }
    return list;
}

json_t *kit_resolved(const struct workflow *w)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "bins", bins_json(w), "carriers", carriers_json(w), "items", items_json(w),
                     "places", places_json(w), "steps", steps_json(w));
}
