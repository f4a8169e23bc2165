#include "sim_pretend.h"

#include "cv_board.h"
#include "cv_code.h"
#include "sim_solid.h"

#include <stdlib.h>
#include <string.h>

/* ---- small readers ---- */

/* Reads up to `max` numbers of an array or list; returns how many, -1 when something else stands there. */
static int read_numbers(const config_setting_t *group, const char *key, double *out, int max)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    if (!s)
        return 0;
    int n = config_setting_length(s);
    if (!config_setting_is_aggregate(s) || n > max)
        return -1;
    for (int i = 0; i < n; i++)
        if (!config_number(config_setting_get_elem(s, (unsigned)i), &out[i]))
            return -1;
    return n;
}

static void complain(const config_setting_t *group, const char *key, const char *must, struct lw_problems *p)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    problems_error(p, config_file_of(group), config_line_of(s ? s : group), LW_MSG_KEY_TYPE, key, must);
}

static void need_numbers(const config_setting_t *group, const char *key, float *out, int count,
                         struct lw_problems *p)
{
    double v[PRETEND_POINTS] = {0};
    if (read_numbers(group, key, v, PRETEND_POINTS) != count)
        complain(group, key, _("a list of numbers"), p);
    for (int i = 0; i < count; i++)
        out[i] = (float)v[i];
}

/* Red, green, blue of 0..255 into BGR; absent: as it was. */
static void read_colour(const config_setting_t *group, const char *key, uint8_t out[3], struct lw_problems *p)
{
    double v[3];
    int n = read_numbers(group, key, v, 3);
    bool good = n == 0 || n == 3;
    for (int i = 0; good && i < n; i++)
        good = v[i] >= 0 && v[i] <= 255;
    if (!good)
        complain(group, key, _("three numbers from 0 to 255"), p);
    for (int i = 0; good && i < n; i++)
        out[2 - i] = (uint8_t)v[i];
}

static void keep_id(const char *id, char out[PRETEND_ID])
{
    snprintf(out, PRETEND_ID, "%s", id ? id : "");
}

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- bench, camera, projector, hand ---- */

struct bench_row {
    double width_mm, depth_mm;
    int seed;
};
static const struct lw_option bench_table[] = {
    {"width_mm", OPTION_REAL, offsetof(struct bench_row, width_mm), 200, 3000, NULL, NULL,
     N_("Width of the top.")},
    {"depth_mm", OPTION_REAL, offsetof(struct bench_row, depth_mm), 200, 2000, NULL, NULL,
     N_("Depth of the top.")},
    {"seed", OPTION_INT, offsetof(struct bench_row, seed), 0, 0, "1", NULL,
     N_("Another number, other wood.")},
    {"colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Colour of the wood.")},
};

static void read_bench(const config_setting_t *group, struct pretend_bench *s, struct lw_problems *p)
{
    struct bench_row row = {0};
    config_read_options(group, bench_table, ROWS(bench_table), &row, p);
    s->width_mm = row.width_mm;
    s->depth_mm = row.depth_mm;
    s->seed = (uint32_t)row.seed;
    memcpy(s->colour, (uint8_t[]){130, 172, 205}, 3);
    read_colour(group, "colour", s->colour, p);
}

#define DEVICE_OFFSET(member) offsetof(struct pretend_device, member)
static const struct lw_option device_table[] = {
    {"width", OPTION_INT, DEVICE_OFFSET(width), 160, 4096, NULL, NULL, N_("Pixels.")},
    {"height", OPTION_INT, DEVICE_OFFSET(height), 120, 4096, NULL, NULL, N_("Pixels.")},
    {"fps", OPTION_REAL, DEVICE_OFFSET(fps), 1, 120, "30", NULL, N_("Pictures a second.")},
    {"x_mm", OPTION_REAL, DEVICE_OFFSET(x_mm), -2000, 4000, NULL, NULL, N_("Where the lens hangs.")},
    {"y_mm", OPTION_REAL, DEVICE_OFFSET(y_mm), -2000, 4000, NULL, NULL, N_("Where the lens hangs.")},
    {"z_mm", OPTION_REAL, DEVICE_OFFSET(z_mm), 400, 4000, NULL, NULL, N_("Where the lens hangs.")},
    {"aim", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Where its axis meets the bench.")},
    {"roll_deg", OPTION_DEGREES, DEVICE_OFFSET(roll_rad), -180, 180, "0", NULL, N_("Turned about its axis.")},
    {"span_mm", OPTION_REAL, DEVICE_OFFSET(span_mm), 100, 4000, NULL, NULL,
     N_("Width of the picture on the bench.")},
    {"centre", OPTION_OTHER, 0, 0, 0, "", NULL, N_("What lies in the middle of the picture.")},
    {"k1", OPTION_REAL, DEVICE_OFFSET(k1), -0.5, 0.5, "0", NULL, N_("Lens distortion.")},
    {"k2", OPTION_REAL, DEVICE_OFFSET(k2), -0.5, 0.5, "0", NULL, N_("Lens distortion.")},
    {"p1", OPTION_REAL, DEVICE_OFFSET(p1), -0.1, 0.1, "0", NULL, N_("Lens distortion.")},
    {"p2", OPTION_REAL, DEVICE_OFFSET(p2), -0.1, 0.1, "0", NULL, N_("Lens distortion.")},
};

static void read_device(const config_setting_t *group, struct pretend_device *d, struct lw_problems *p)
{
    config_read_options(group, device_table, ROWS(device_table), d, p);
    float v[2] = {0};
    need_numbers(group, "aim", v, 2, p);
    d->aim[0] = v[0];
    d->aim[1] = v[1];
    need_numbers(group, "centre", v, 2, p);
    d->centre[0] = v[0];
    d->centre[1] = v[1];
}

/* ---- case ---- */

#define PRETEND_OFFSET(member) offsetof(struct pretend_bench, member)
static const struct lw_option case_table[] = {
    {"width_mm", OPTION_REAL, PRETEND_OFFSET(case_width_mm), 20, 2000, NULL, NULL, N_("Outer width.")},
    {"depth_mm", OPTION_REAL, PRETEND_OFFSET(case_depth_mm), 20, 2000, NULL, NULL, N_("Outer depth.")},
    {"rim_mm", OPTION_REAL, PRETEND_OFFSET(rim_mm), 1, 200, NULL, NULL, N_("Height of the rim.")},
    {"wall_mm", OPTION_REAL, PRETEND_OFFSET(wall_mm), 0.5, 50, "4", NULL, N_("Thickness of the wall.")},
    {"colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Colour of the shell.")},
    {"levels", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Foam.")},
    {"slots", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Recesses in the foam.")},
};

struct level_row {
    double top_mm;
};
static const struct lw_option level_table[] = {
    {"area", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Corner to corner.")},
    {"top_mm", OPTION_REAL, offsetof(struct level_row, top_mm), 0, 200, NULL, NULL, N_("Height of its top.")},
    {"colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Colour of the foam.")},
    {"floor_colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Colour of the recesses' floor.")},
};

struct slot_row {
    char *id;
    double x_mm, y_mm, angle_rad, z_mm, length_mm, width_mm;
    int shape;
};
#define SLOT_OFFSET(member) offsetof(struct slot_row, member)
static const struct lw_option slot_table[] = {
    {"id", OPTION_STRING, SLOT_OFFSET(id), 0, 0, NULL, NULL, N_("The place's id in workflow.cfg.")},
    {"x_mm", OPTION_REAL, SLOT_OFFSET(x_mm), 0, 0, NULL, NULL, N_("Its middle.")},
    {"y_mm", OPTION_REAL, SLOT_OFFSET(y_mm), 0, 0, NULL, NULL, N_("Its middle.")},
    {"angle_deg", OPTION_DEGREES, SLOT_OFFSET(angle_rad), -180, 180, "0", NULL, N_("Turned by.")},
    {"z_mm", OPTION_REAL, SLOT_OFFSET(z_mm), 0, 200, "0", NULL, N_("Height of its floor over the bench.")},
    {"shape", OPTION_CHOICE, SLOT_OFFSET(shape), 0, 0, "box", "box disc", N_("Shape of the recess.")},
    {"length_mm", OPTION_REAL, SLOT_OFFSET(length_mm), 0, 1000, "0", NULL, N_("Along its x axis.")},
    {"width_mm", OPTION_REAL, SLOT_OFFSET(width_mm), 0, 1000, "0", NULL, N_("Across.")},
};

/* Allocates room for the elements of list `key` of `group`; *count 0 when there is none. */
static void *list_room(const config_setting_t *group, const char *key, size_t size, int *count,
                       const config_setting_t **list)
{
    *list = group ? config_setting_get_member(group, key) : NULL;
    *count = *list && config_setting_is_list(*list) ? config_setting_length(*list) : 0;
    void *room = *count ? calloc((size_t)*count, size) : NULL;
    if (!room)
        *count = 0;
    return room;
}

static void read_levels(const config_setting_t *group, struct pretend_bench *s, struct lw_problems *p)
{
    const config_setting_t *list;
    s->levels = list_room(group, "levels", sizeof *s->levels, &s->level_count, &list);
    for (int i = 0; i < s->level_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, (unsigned)i);
        struct level_row row = {0};
        config_read_options(e, level_table, ROWS(level_table), &row, p);
        s->levels[i].top_mm = (float)row.top_mm;
        need_numbers(e, "area", s->levels[i].area, 4, p);
        read_colour(e, "colour", s->levels[i].colour, p);
        read_colour(e, "floor_colour", s->levels[i].floor_colour, p);
    }
}

static struct pretend_slot *read_slots(const config_setting_t *group, const char *key, int *count,
                                       struct lw_problems *p)
{
    const config_setting_t *list;
    struct pretend_slot *slots = list_room(group, key, sizeof *slots, count, &list);
    for (int i = 0; i < *count; i++) {
        struct slot_row row = {0};
        config_read_options(config_setting_get_elem(list, (unsigned)i), slot_table, ROWS(slot_table), &row,
                            p);
        keep_id(row.id, slots[i].id);
        slots[i].pose = (struct rigid){row.x_mm, row.y_mm, row.angle_rad};
        slots[i].z_mm = (float)row.z_mm;
        slots[i].length_mm = (float)row.length_mm;
        slots[i].width_mm = (float)row.width_mm;
        slots[i].round = row.shape == 1;
        config_free_options(slot_table, ROWS(slot_table), &row);
    }
    return slots;
}

static void read_case(const config_setting_t *group, struct pretend_bench *s, struct lw_problems *p)
{
    config_read_options(group, case_table, ROWS(case_table), s, p);
    memset(s->case_colour, 200, 3);
    read_colour(group, "colour", s->case_colour, p);
    read_levels(group, s, p);
    s->slots = read_slots(group, "slots", &s->slot_count, p);
}

/* ---- kinds of things ---- */

struct solid_row {
    int shape, print, print_seed;
    double angle_rad, height_mm, crown, taper, gloss, opacity, print_pitch_mm, print_share;
    bool metal, top_only;
    char *print_text;
};
#define SOLID_OFFSET(member) offsetof(struct solid_row, member)
static const struct lw_option solid_table[] = {
    {"shape", OPTION_CHOICE, SOLID_OFFSET(shape), 0, 0, NULL, "box capsule disc ring polygon", N_("Shape.")},
    {"at", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Where: see README.md.")},
    {"angle_deg", OPTION_DEGREES, SOLID_OFFSET(angle_rad), -180, 180, "0", NULL, N_("Of a box.")},
    {"radius_mm", OPTION_OTHER, 0, 0, 0, "", NULL, N_("One or two radii.")},
    {"height_mm", OPTION_REAL, SOLID_OFFSET(height_mm), 0.1, 200, NULL, NULL, N_("Of its top.")},
    {"crown", OPTION_REAL, SOLID_OFFSET(crown), 0, 1, "0", NULL, N_("0 flat, 1 round.")},
    {"taper", OPTION_REAL, SOLID_OFFSET(taper), 0, 1, "1", NULL, N_("Share of the height at its left end.")},
    {"colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Red, green, blue.")},
    {"gloss", OPTION_REAL, SOLID_OFFSET(gloss), 0, 1, "0.2", NULL, N_("How shiny.")},
    {"metal", OPTION_BOOL, SOLID_OFFSET(metal), 0, 0, "false", NULL, N_("Mirrors what is around it.")},
    {"opacity", OPTION_REAL, SOLID_OFFSET(opacity), 0, 1, "1", NULL, N_("Below 1: a clear film.")},
    {"top_only", OPTION_BOOL, SOLID_OFFSET(top_only), 0, 0, "false", NULL, N_("Absent when turned over.")},
    {"print", OPTION_CHOICE, SOLID_OFFSET(print), 0, 0, "none", "none stripes label code", N_("Print.")},
    {"print_colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Red, green, blue.")},
    {"print_pitch_mm", OPTION_REAL, SOLID_OFFSET(print_pitch_mm), 0.5, 200, "4", NULL, N_("Of stripes.")},
    {"print_share", OPTION_REAL, SOLID_OFFSET(print_share), 0, 1, "0.5", NULL,
     N_("Printed share of a stripe.")},
    {"print_text", OPTION_STRING, SOLID_OFFSET(print_text), 0, 0, "", NULL,
     N_("Of a code: its kind and what it says, like \"DICT_4X4_50 7\" or \"QRCode LOT-1\".")},
    {"print_seed", OPTION_INT, SOLID_OFFSET(print_seed), 0, 0, "1", NULL,
     N_("Another number, another text.")},
};

static const int at_needed[] = {4, 4, 2, 2, 0};

static void read_solid_shape(const config_setting_t *e, struct solid *o, struct lw_problems *p)
{
    double v[PRETEND_POINTS] = {0}, r[2] = {0};
    int n = read_numbers(e, "at", v, PRETEND_POINTS), radii = read_numbers(e, "radius_mm", r, 2);
    bool polygon = o->shape == SOLID_POLYGON;
    if (polygon ? n < 6 || n % 2 : n != at_needed[o->shape])
        complain(e, "at", _("a list of numbers"), p);
    bool radius_needed = o->shape == SOLID_CAPSULE || o->shape == SOLID_DISC || o->shape == SOLID_RING;
    if (radii < 0 || (radius_needed && radii == 0) || (o->shape == SOLID_RING && radii != 2))
        complain(e, "radius_mm", _("a list of numbers"), p);
    o->at_count = n < 0 ? 0 : n;
    for (int i = 0; i < o->at_count; i++)
        o->at[i] = (float)v[i];
    o->radius[0] = (float)r[0];
    o->radius[1] = (float)(radii == 2 ? r[1] : r[0]);
}

#define TAG_BITS 8

/* A tag with its dark border. */
static bool draw_tag(const char *dictionary, int id, struct solid *o)
{
    unsigned char bits[TAG_BITS * TAG_BITS];
    int tags, n = cv_board_dictionary(dictionary, &tags);
    if (n == 0 || !cv_board_bits(dictionary, id, bits))
        return false;
    o->code_columns = o->code_rows = n + 2;
    o->code = malloc((size_t)(o->code_columns * o->code_rows));
    for (int i = 0; o->code && i < o->code_columns * o->code_rows; i++) {
        int x = i % o->code_columns - 1, y = i / o->code_columns - 1;
        o->code[i] = x < 0 || y < 0 || x >= n || y >= n || !bits[y * n + x];
    }
    return o->code != NULL;
}

static void read_code(const config_setting_t *e, const char *text, struct solid *o, struct lw_problems *p)
{
    char kind[48] = "", says[64] = "";
    struct lw_error err;
    int words = sscanf(text, "%47s %63[^\n]", kind, says);
    bool drawn = words == 2 && (draw_tag(kind, atoi(says), o) ||
                                !cv_code_draw(kind, says, &o->code, &o->code_columns, &o->code_rows, &err));
    if (!drawn)
        complain(e, "print_text", _("a kind of code and what it says, like \"QRCode LOT-1\""), p);
}

static void read_solid(const config_setting_t *e, struct solid *o, struct lw_problems *p)
{
    struct solid_row row = {0};
    config_read_options(e, solid_table, ROWS(solid_table), &row, p);
    *o = (struct solid){.shape = (enum solid_shape)row.shape,
                        .print = (enum solid_print)row.print,
                        .angle_rad = (float)row.angle_rad,
                        .height = (float)row.height_mm,
                        .crown = (float)row.crown,
                        .taper = (float)row.taper,
                        .opacity = (float)row.opacity,
                        .gloss = (uint8_t)(row.gloss * 127),
                        .metal = row.metal,
                        .top_only = row.top_only,
                        .print_pitch = (float)row.print_pitch_mm,
                        .print_share = (float)row.print_share,
                        .print_seed = (uint32_t)row.print_seed,
                        .colour = {200, 200, 200}};
    read_colour(e, "colour", o->colour, p);
    read_colour(e, "print_colour", o->print_colour, p);
    if (o->print == PRINT_CODE)
        read_code(e, row.print_text, o, p);
    config_free_options(solid_table, ROWS(solid_table), &row);
    read_solid_shape(e, o, p);
    if (o->at_count >= 2)
        solid_bounds(o, o->box);
}

struct kind_row {
    char *id;
};
static const struct lw_option kind_table[] = {
    {"id", OPTION_STRING, 0, 0, 0, NULL, NULL, N_("The item's id in workflow.cfg.")},
    {"parts", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Its solids, the later over the earlier.")},
};

static void read_kind(const config_setting_t *e, struct pretend_kind *k, struct lw_problems *p)
{
    struct kind_row row = {0};
    const config_setting_t *list;
    config_read_options(e, kind_table, ROWS(kind_table), &row, p);
    keep_id(row.id, k->id);
    config_free_options(kind_table, ROWS(kind_table), &row);
    k->solids = list_room(e, "parts", sizeof *k->solids, &k->count, &list);
    if (!k->count)
        complain(e, "parts", _("a list of parts"), p);
    for (int i = 0; i < k->count; i++) {
        struct solid *o = &k->solids[i];
        read_solid(config_setting_get_elem(list, (unsigned)i), o, p);
        for (int j = 0; j < 2; j++) {
            k->box[j] = i == 0 || o->box[j] < k->box[j] ? o->box[j] : k->box[j];
            k->box[2 + j] = i == 0 || o->box[2 + j] > k->box[2 + j] ? o->box[2 + j] : k->box[2 + j];
        }
        k->top_mm = fmaxf(k->top_mm, o->height);
    }
}

static void read_kinds(const config_setting_t *root, struct pretend_bench *s, struct lw_problems *p)
{
    const config_setting_t *list;
    s->kinds = list_room(root, "kinds", sizeof *s->kinds, &s->kind_count, &list);
    for (int i = 0; i < s->kind_count; i++)
        read_kind(config_setting_get_elem(list, (unsigned)i), &s->kinds[i], p);
}

/* ---- bins ---- */

struct bin_row {
    char *id, *holds;
    double height_mm;
    int count;
};
static const struct lw_option bin_table[] = {
    {"id", OPTION_STRING, offsetof(struct bin_row, id), 0, 0, NULL, NULL,
     N_("The bin's id in workflow.cfg.")},
    {"area", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Corner to corner on the bench.")},
    {"height_mm", OPTION_REAL, offsetof(struct bin_row, height_mm), 1, 150, "35", NULL, N_("Of its walls.")},
    {"colour", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Colour of the tub.")},
    {"holds", OPTION_STRING, offsetof(struct bin_row, holds), 0, 0, "", NULL, N_("Kind of thing in it.")},
    {"count", OPTION_INT, offsetof(struct bin_row, count), 0, 40, "0", NULL, N_("How many lie in it.")},
};

static void read_bins(const config_setting_t *root, struct pretend_bench *s, struct lw_problems *p)
{
    const config_setting_t *list;
    s->bins = list_room(root, "bins", sizeof *s->bins, &s->bin_count, &list);
    for (int i = 0; i < s->bin_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, (unsigned)i);
        struct pretend_bin *b = &s->bins[i];
        struct bin_row row = {0};
        config_read_options(e, bin_table, ROWS(bin_table), &row, p);
        keep_id(row.id, b->id);
        b->height_mm = (float)row.height_mm;
        b->count = row.count;
        b->kind = pretend_find_kind(s, row.holds);
        if (b->kind < 0 && *row.holds)
            problems_error(p, config_file_of(e), config_line_of(e), LW_MSG_SIM_KIND_UNKNOWN, row.holds);
        memset(b->colour, 120, 3);
        need_numbers(e, "area", b->area, 4, p);
        read_colour(e, "colour", b->colour, p);
        config_free_options(bin_table, ROWS(bin_table), &row);
    }
}

/* ---- the file ---- */

struct root_row {
    int format;
};
static const struct lw_option root_table[] = {
    {"format", OPTION_INT, 0, 1, 1, NULL, NULL, N_("Version of the format.")},
    {"bench", OPTION_OTHER, 0, 0, 0, "", NULL, N_("The top.")},
    {"camera", OPTION_OTHER, 0, 0, 0, "", NULL, N_("The camera.")},
    {"projector", OPTION_OTHER, 0, 0, 0, "", NULL, N_("The projector.")},
    {"case", OPTION_OTHER, 0, 0, 0, "", NULL, N_("The case.")},
    {"spots", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Places on the bench itself.")},
    {"bins", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Tubs with stock.")},
    {"hand", OPTION_OTHER, 0, 0, 0, "", NULL, N_("The person's hand.")},
    {"lookalikes", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Pairs that no camera can tell apart.")},
    {"kinds", OPTION_OTHER, 0, 0, 0, "", NULL, N_("Kinds of things.")},
};
static const struct lw_option hand_table[] = {
    {"width_mm", OPTION_REAL, PRETEND_OFFSET(hand_width_mm), 50, 150, "86", NULL, N_("Of the palm.")},
};

static void read_groups(const config_setting_t *root, struct pretend_bench *s, struct lw_problems *p)
{
    static const char *const needed[] = {"bench", "camera", "projector", "case"};
    struct root_row row = {0};
    config_read_options(root, root_table, ROWS(root_table), &row, p);
    const config_setting_t *group[4];
    for (int i = 0; i < 4; i++) {
        group[i] = config_setting_get_member(root, needed[i]);
        if (!group[i] || !config_setting_is_group(group[i])) {
            complain(root, needed[i], _("a group"), p);
            return;
        }
    }
    read_bench(group[0], s, p);
    read_device(group[1], &s->camera, p);
    read_device(group[2], &s->projector, p);
    read_case(group[3], s, p);
    config_read_options(config_setting_get_member(root, "hand"), hand_table, ROWS(hand_table), s, p);
    s->spots = read_slots(root, "spots", &s->spot_count, p);
    read_kinds(root, s, p);
    read_bins(root, s, p);
}

enum lw_msg pretend_read(struct pretend_bench *out, const char *path, struct lw_error *err)
{
    *out = (struct pretend_bench){0};
    config_t cfg;
    struct lw_problems problems = {0};
    config_init(&cfg);
    enum lw_msg rc = config_load(&cfg, path, err);
    if (!rc)
        read_groups(config_root_setting(&cfg), out, &problems);
    for (int i = 0; !rc && i < problems.count; i++) {
        if (problems.items[i].warning)
            continue;
        rc = problems.items[i].error.id;
        if (err)
            *err = problems.items[i].error;
    }
    problems_finish(&problems);
    config_destroy(&cfg);
    return rc;
}

void pretend_finish(struct pretend_bench *s)
{
    for (int i = 0; i < s->kind_count; i++) {
        for (int k = 0; k < s->kinds[i].count; k++)
            free(s->kinds[i].solids[k].code);
        free(s->kinds[i].solids);
    }
    free(s->kinds);
    free(s->bins);
    free(s->slots);
    free(s->spots);
    free(s->levels);
    *s = (struct pretend_bench){0};
}

int pretend_find_kind(const struct pretend_bench *s, const char *id)
{
    for (int i = 0; i < s->kind_count; i++)
        if (strcmp(s->kinds[i].id, id) == 0)
            return i;
    return -1;
}
