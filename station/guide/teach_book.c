#include "teach_book.h"

#include "cv_picture.h"
#include "taught.h"
#include "workflow_files.h"
#include "workflow_taught.h"
#include "workflow_write.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A thing is laid within about 3 mm and 5 degrees of where it is wanted, when it is taught and when it is packed. */
#define TOLERANCE_MM  7.0
#define TOLERANCE_DEG 12.0
#define ID_SIZE       48 /* with room for a number behind it */
#define NAME_MAX_CHARACTERS 60 /* what fits beside a place */

/* ---- numbers and texts ---- */

/* To what a person would write: tenths of a mm or degree, which is less than anybody lays to. */
static double tenths(double v)
{
    return round(v * 10) / 10;
}

static struct rigid tenths_of(struct rigid T)
{
    return (struct rigid){tenths(T.x_mm), tenths(T.y_mm), rad_from_deg(tenths(deg_from_rad(T.angle_rad)))};
}

static void set_text(char **field, const char *value)
{
    char *copy = strdup(value);
    free(*field);
    *field = copy;
}

/* Until somebody translates it the word is the same in every language. */
static void set_name(struct workflow_text *t, const char *name)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        set_text(&t->in[i], name);
}

/* A short name that ids may have: plain letters, digits and dashes. */
static void make_id(const char *name, const char *instead, char out[ID_SIZE])
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p && n + 1 < ID_SIZE - 8; p++) {
        if (isalnum(*p) && *p < 128)
            out[n++] = (char)tolower(*p);
        else if (n > 0 && out[n - 1] != '-' && *p < 128)
            out[n++] = *p == '_' ? '_' : '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = 0;
    if (n == 0)
        snprintf(out, ID_SIZE, "%s", instead);
}

enum id_list { IDS_ITEMS, IDS_PLACES };

static bool id_used(const struct workflow *w, enum id_list list, const char *id)
{
    int count = list == IDS_ITEMS ? w->item_count : w->place_count;
    for (int i = 0; i < count; i++)
        if (strcmp(list == IDS_ITEMS ? w->items[i].id : w->places[i].id, id) == 0)
            return true;
    return false;
}

/* id, id-2, id-3 … */
static char *free_id(const struct workflow *w, enum id_list list, const char *wanted)
{
    char id[ID_SIZE + 12];
    snprintf(id, sizeof id, "%s", wanted);
    for (int n = 2; id_used(w, list, id); n++)
        snprintf(id, sizeof id, "%s-%d", wanted, n);
    return strdup(id);
}

static void *grown(void *list, int count, size_t size)
{
    void *more = realloc(list, size * (size_t)(count + 1));
    if (more)
        memset((char *)more + size * (size_t)count, 0, size);
    return more;
}

/* ---- making and ending ---- */

static bool there(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

bool teach_book_is_new(const char *folder)
{
    return !there(folder, WORKFLOW_FILE) || there(folder, TEACH_UNFINISHED);
}

static enum lw_msg make_folder(const char *folder, const char *name, struct lw_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, *name ? "%s/%s" : "%s", folder, name);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return lw_fail(err, LW_MSG_FOLDER_MAKE, path, strerror(errno));
    return LW_OK;
}

static enum lw_msg write_marker(const char *folder, struct lw_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, TEACH_UNFINISHED);
    FILE *f = fopen(path, "w");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    fputs("This workflow is still being taught; `lichtwijzer teach` goes on with it. Remove this file to leave it as it is.\n", f);
    bool good = fflush(f) == 0 && fsync(fileno(f)) == 0;
    int why = errno;
    good = fclose(f) == 0 && good;
    return good ? LW_OK : lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(why));
}

/* The bench as carrier, one section for all steps. */
static struct workflow *new_workflow(const char *folder)
{
    struct workflow *w = calloc(1, sizeof *w);
    char name[256];
    size_t n = strlen(folder);
    if (!w)
        return NULL;
    snprintf(name, sizeof name, "%s", folder);
    while (n > 1 && n < sizeof name && name[n - 1] == '/')
        name[--n] = 0;
    const char *slash = strrchr(name, '/');
    w->folder = strdup(folder);
    w->id = strdup(slash && slash[1] ? slash + 1 : name);
    set_name(&w->name, w->id);
    w->help_after_s[0] = 8, w->help_after_s[1] = 20, w->help_after_s[2] = 45; /* as where none is written */
    w->carriers = calloc(1, sizeof *w->carriers);
    w->sections = calloc(1, sizeof *w->sections);
    if (!w->carriers || !w->sections) {
        workflow_destroy(&w);
        return NULL;
    }
    w->carriers[0] = (struct workflow_carrier){.id = strdup("bench"), .picture = strdup(""), .taught = strdup("")};
    w->carrier_count = 1;
    w->sections[0].id = strdup("all");
    w->sections[0].name = (struct workflow_text){{strdup("Alles"), strdup("Everything")}};
    w->section_count = 1;
    return w;
}

static enum lw_msg make_checks(struct teach_book *b, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < b->w->item_count && i < TEACH_ITEMS_MAX && !rc; i++)
        rc = taught_load_item(&b->checks[i], b->w, &b->w->items[i], err);
    return rc;
}

enum lw_msg teach_book_open(struct teach_book *b, const char *folder, struct lw_problems *problems, struct lw_error *err)
{
    *b = (struct teach_book){0};
    enum lw_msg rc = make_folder(folder, "", err);
    rc = rc ? rc : make_folder(folder, "taught", err);
    rc = rc ? rc : make_folder(folder, "pictures", err);
    if (!rc && there(folder, TEACH_UNFINISHED) && there(folder, WORKFLOW_FILE)) {
        rc = workflow_load(&b->w, folder, NULL, problems);
        if (rc)
            return lw_fail(err, LW_MSG_TEACH_TAKE_ON, folder);
        b->taken_on = true;
        return make_checks(b, err);
    }
    rc = rc ? rc : write_marker(folder, err);
    if (!rc && !(b->w = new_workflow(folder)))
        rc = lw_fail(err, LW_MSG_NO_MEMORY);
    return rc;
}

void teach_book_close(struct teach_book *b)
{
    for (int i = 0; i < TEACH_ITEMS_MAX; i++)
        check_destroy(&b->checks[i]);
    workflow_destroy(&b->w);
}

/* ---- the case ---- */

static enum lw_msg write_picture(const struct workflow *w, const char *name, const struct image *picture,
                                 struct lw_error *err)
{
    char path[PATH_MAX];
    return cv_picture_write(workflow_path(w, name, path, sizeof path), picture, err);
}

enum lw_msg teach_book_carrier(struct teach_book *b, double width_mm, double depth_mm, double height_mm,
                               struct rigid T_bench_from_home, const struct image *straight, double mm_per_px,
                               struct lw_error *err)
{
    struct workflow *w = b->w;
    enum lw_msg rc = write_picture(w, "taught/case.png", straight, err);
    rc = rc ? rc : write_picture(w, "pictures/case.png", straight, err);
    if (rc)
        return rc;
    if (w->carrier_count == 1) {
        struct workflow_carrier *more = grown(w->carriers, w->carrier_count, sizeof *w->carriers);
        if (!more)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        w->carriers = more;
        w->carrier_count = 2;
        set_text(&w->carriers[1].id, "case");
        w->carriers[1].name = (struct workflow_text){{strdup("Koffer"), strdup("Case")}};
    }
    struct workflow_carrier *c = &w->carriers[1];
    c->width_mm = round(width_mm), c->depth_mm = round(depth_mm), c->height_mm = tenths(height_mm);
    c->T_bench_from_home = tenths_of(T_bench_from_home);
    set_text(&c->picture, "pictures/case.png");
    set_text(&c->taught, "taught/case.png");
    c->taught_mm_per_px = mm_per_px;
    return LW_OK;
}

void teach_book_forget_carrier(struct teach_book *b)
{
    struct workflow *w = b->w;
    if (w->carrier_count < 2 || w->place_count > 0)
        return;
    struct workflow_carrier *c = &w->carriers[1];
    free(c->id);
    free(c->picture);
    free(c->taught);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        free(c->name.in[i]);
    w->carrier_count = 1;
}

/* ---- items ---- */

bool teach_book_good_name(const char *name)
{
    int length = workflow_utf8_length(name, (long)strlen(name));
    return name[strspn(name, " \t")] && length >= 1 && length <= NAME_MAX_CHARACTERS && !strpbrk(name, "\t\n\r");
}

int teach_book_find(const struct teach_book *b, const char *name)
{
    for (int i = 0; i < b->w->item_count; i++)
        for (int k = 0; k < LANGUAGE_COUNT; k++)
            if (b->w->items[i].name.in[k] && strcasecmp(b->w->items[i].name.in[k], name) == 0)
                return i;
    return -1;
}

int teach_book_item(struct teach_book *b, const char *name, double height_mm)
{
    struct workflow *w = b->w;
    char id[ID_SIZE];
    struct workflow_item *more = w->item_count < TEACH_ITEMS_MAX ? grown(w->items, w->item_count, sizeof *w->items) : NULL;
    if (!more)
        return -1;
    w->items = more;
    struct workflow_item *item = &w->items[w->item_count];
    make_id(name, "thing", id);
    item->id = free_id(w, IDS_ITEMS, id);
    set_name(&item->name, name);
    item->picture = strdup("");
    item->bin = -1;
    item->height_mm = height_mm;
    item->tolerance_mm = TOLERANCE_MM;
    item->tolerance_rad = rad_from_deg(TOLERANCE_DEG);
    item->orientation_matters = true;
    return w->item_count++;
}

static enum lw_msg teach_checked(struct teach_book *b, int item, struct lw_error *err)
{
    struct check *c = NULL;
    enum lw_msg rc = taught_load_item(&c, b->w, &b->w->items[item], err);
    if (rc) {
        check_destroy(&c);
        return rc;
    }
    check_destroy(&b->checks[item]);
    b->checks[item] = c;
    return LW_OK;
}

enum lw_msg teach_book_reference(struct teach_book *b, int item, const struct image *before, const struct image *after,
                                 double mm_per_px, struct lw_error *err)
{
    struct workflow_item *it = &b->w->items[item];
    char before_name[128], after_name[128];
    snprintf(before_name, sizeof before_name, "taught/%s-%d-before.png", it->id, it->reference_count + 1);
    snprintf(after_name, sizeof after_name, "taught/%s-%d.png", it->id, it->reference_count + 1);
    struct workflow_reference *more = grown(it->references, it->reference_count, sizeof *it->references);
    if (!more)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    it->references = more;
    enum lw_msg rc = write_picture(b->w, before_name, before, err);
    rc = rc ? rc : write_picture(b->w, after_name, after, err);
    if (rc)
        return rc;
    struct workflow_reference *r = &it->references[it->reference_count++];
    *r = (struct workflow_reference){strdup(before_name), strdup(after_name), mm_per_px};
    rc = teach_checked(b, item, err);
    if (rc) {
        it->reference_count--;
        free(r->before);
        free(r->after);
    }
    return rc;
}

enum lw_msg teach_book_picture(struct teach_book *b, int item, const struct image *picture, struct lw_error *err)
{
    char name[128];
    snprintf(name, sizeof name, "pictures/%s.png", b->w->items[item].id);
    enum lw_msg rc = write_picture(b->w, name, picture, err);
    if (!rc)
        set_text(&b->w->items[item].picture, name);
    return rc;
}

/* ---- places ---- */

int teach_book_place(struct teach_book *b, int item, int carrier, struct rigid T_carrier_from_place, double z_mm)
{
    struct workflow *w = b->w;
    struct workflow_place *places = grown(w->places, w->place_count, sizeof *w->places);
    if (places)
        w->places = places;
    struct workflow_step *steps = grown(w->steps, w->step_count, sizeof *w->steps);
    if (steps)
        w->steps = steps;
    if (!places || !steps)
        return -1;
    struct workflow_place *p = &w->places[w->place_count];
    p->id = free_id(w, IDS_PLACES, w->items[item].id);
    p->item = item;
    p->carrier = carrier;
    p->T_carrier_from_place = tenths_of(T_carrier_from_place);
    p->z_mm = tenths(z_mm);
    struct workflow_step *s = &w->steps[w->step_count++];
    s->id = strdup(p->id);
    s->place = w->place_count;
    s->item = item;
    s->carrier = -1;
    w->sections[0].step_count = w->step_count;
    return w->place_count++;
}

static void free_item(struct workflow_item *item)
{
    for (int i = 0; i < item->reference_count; i++) {
        free(item->references[i].before);
        free(item->references[i].after);
    }
    free(item->references);
    free(item->id);
    free(item->picture);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        free(item->name.in[i]);
}

static bool item_used(const struct workflow *w, int item)
{
    for (int i = 0; i < w->place_count; i++)
        if (w->places[i].item == item)
            return true;
    return false;
}

static void remove_pictures(const struct workflow *w, const struct workflow_item *item)
{
    char path[PATH_MAX];
    for (int i = 0; i < item->reference_count; i++) {
        unlink(workflow_path(w, item->references[i].before, path, sizeof path));
        unlink(workflow_path(w, item->references[i].after, path, sizeof path));
    }
    if (item->picture[0])
        unlink(workflow_path(w, item->picture, path, sizeof path));
}

void teach_book_forget_item(struct teach_book *b, int item)
{
    if (item != b->w->item_count - 1 || item_used(b->w, item))
        return;
    check_destroy(&b->checks[item]);
    remove_pictures(b->w, &b->w->items[item]);
    free_item(&b->w->items[item]);
    b->w->item_count--;
}

enum lw_msg teach_book_bin(struct teach_book *b, int item, const struct workflow_bin *bin, struct lw_error *err)
{
    struct workflow *w = b->w;
    int i = 0;
    while (i < w->bin_count && strcmp(w->bins[i].id, bin->id) != 0)
        i++;
    if (i == w->bin_count) {
        struct workflow_bin *more = grown(w->bins, w->bin_count, sizeof *w->bins);
        if (!more)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        w->bins = more;
        struct workflow_bin *to = &w->bins[w->bin_count];
        size_t bytes = sizeof *bin->outline.points * (size_t)bin->outline.count;
        to->id = strdup(bin->id);
        for (int k = 0; k < LANGUAGE_COUNT; k++)
            to->name.in[k] = bin->name.in[k] ? strdup(bin->name.in[k]) : NULL;
        to->z_mm = bin->z_mm;
        to->outline.points = malloc(bytes + 1);
        if (!to->outline.points)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        memcpy(to->outline.points, bin->outline.points, bytes);
        to->outline.count = bin->outline.count;
        w->bin_count++;
    }
    w->items[item].bin = i;
    return LW_OK;
}

bool teach_book_undo(struct teach_book *b, char *name, int size)
{
    struct workflow *w = b->w;
    if (w->place_count == 0)
        return false;
    int item = w->places[w->place_count - 1].item;
    snprintf(name, (size_t)size, "%s", workflow_text(&w->items[item].name));
    while (w->place_count > 0 && w->places[w->place_count - 1].item == item) {
        w->place_count--;
        w->step_count--;
        free(w->places[w->place_count].id);
        free(w->places[w->place_count].outline.points);
        free(w->steps[w->step_count].id);
    }
    w->sections[0].step_count = w->step_count;
    teach_book_forget_item(b, item);
    return true;
}

/* ---- on disk ---- */

enum lw_msg teach_book_write(struct teach_book *b, struct lw_error *err)
{
    char path[PATH_MAX];
    if (b->w->place_count == 0) { /* a workflow without steps is none: it begins anew */
        unlink(workflow_path(b->w, WORKFLOW_FILE, path, sizeof path));
        unlink(workflow_path(b->w, WORKFLOW_TAUGHT_FILE, path, sizeof path));
        return LW_OK;
    }
    enum lw_msg rc = workflow_write_taught(b->w->folder, b->w, err);
    return rc ? rc : workflow_write(b->w->folder, b->w, true, NULL, err);
}

enum lw_msg teach_book_finish(struct teach_book *b, struct lw_error *err)
{
    char path[PATH_MAX];
    enum lw_msg rc = teach_book_write(b, err);
    if (!rc && unlink(workflow_path(b->w, TEACH_UNFINISHED, path, sizeof path)) != 0 && errno != ENOENT)
        rc = lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    return rc;
}
