#include "witness.h"


#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MAX_MM 500 /* of a region */
#define FAR_MM 10000

/* ---- the keys ---- */

static const struct lw_option options[] = {
    {"kind", OPTION_CHOICE, offsetof(struct witness_options, kind), 0, 0, NULL, "marker code bin region confirm",
     N_("marker: a tag on the item. code: QR, DataMatrix or bars on it. bin: a hand was in the item's bin. region: a part of "
        "the bench or carrier looks as taught. confirm: a person says yes.")},
    {"dictionary", OPTION_STRING, offsetof(struct witness_options, dictionary), 0, 0, "DICT_4X4_50", NULL,
     N_("Which tags (marker; bin): OpenCV's name of an ArUco or AprilTag dictionary.")},
    {"marker", OPTION_INT, offsetof(struct witness_options, marker), -1, 5000, "-1", NULL,
     N_("Number of the tag (marker); on the bin itself (bin), or -1: the bin has none.")},
    {"code", OPTION_STRING, offsetof(struct witness_options, code), 0, 0, "", NULL,
     N_("What the code says (code); left out: any code that can be read.")},
    {"x_mm", OPTION_REAL, offsetof(struct witness_options, T_place_from_region.x_mm), -FAR_MM, FAR_MM, "0", NULL,
     N_("Of the region's middle, from the place's middle; in a step without place: the carrier's, or the bench's corner.")},
    {"y_mm", OPTION_REAL, offsetof(struct witness_options, T_place_from_region.y_mm), -FAR_MM, FAR_MM, "0", NULL,
     N_("Away from the person.")},
    {"angle_deg", OPTION_DEGREES, offsetof(struct witness_options, T_place_from_region.angle_rad), -360, 360, "0", NULL,
     N_("How far the region is turned, counter-clockwise.")},
    {"z_mm", OPTION_REAL, offsetof(struct witness_options, z_mm), 0, 1000, "0", NULL,
     N_("Height of the region over the bench; 0: of its place or its carrier's rim.")},
    {"width_mm", OPTION_REAL, offsetof(struct witness_options, width_mm), 0, SIZE_MAX_MM, "0", NULL,
     N_("Size of the region from left to right.")},
    {"depth_mm", OPTION_REAL, offsetof(struct witness_options, depth_mm), 0, SIZE_MAX_MM, "0", NULL,
     N_("Size of the region from front to back.")},
    {"right", OPTION_OTHER, 0, 0, 0, "()", "a list of texts, at most 50",
     N_("Straight pictures of the region as it should look, 2 pixels a mm.")},
    {"wrong", OPTION_OTHER, 0, 0, 0, "()", "a list of texts, at most 50",
     N_("And as it looks before, or when it is not right.")},
};

const struct lw_option *witness_option_table(int *count)
{
    *count = (int)(sizeof options / sizeof options[0]);
    return options;
}

static bool listed(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == 0))
            return true;
    return false;
}

bool witness_has_key(int kind, const char *key)
{
    static const char *const keys[WITNESS_KINDS] = {
        [WITNESS_MARKER] = "kind dictionary marker",
        [WITNESS_CODE] = "kind code",
        [WITNESS_BIN] = "kind dictionary marker",
        [WITNESS_REGION] = "kind x_mm y_mm angle_deg z_mm width_mm depth_mm right wrong",
        [WITNESS_CONFIRM] = "kind",
    };
    return kind >= 0 && kind < WITNESS_KINDS && listed(keys[kind], key);
}

/* ---- what it may look at ---- */

static enum lw_msg straight_picture(const struct witness_sight *s, const struct view_grid *grid, struct image *out,
                                    struct lw_error *err)
{
    return view_grid_visible(s->model, grid) ? view_rectify(s->model, s->picture, grid, out, err)
                                             : lw_fail(err, LW_MSG_BUG, "a witness outside of the picture");
}

enum lw_msg witness_thing_picture(const struct witness_sight *s, struct image *out, struct view_grid *grid,
                                  struct lw_error *err)
{
    struct image colour = {0};
    *grid = view_grid_make(s->T_bench_from_place, s->middle.x - s->half_x_mm, s->middle.y - s->half_y_mm,
                           s->middle.x + s->half_x_mm, s->middle.y + s->half_y_mm, s->z_mm, WITNESS_MM_PER_PX);
    enum lw_msg rc = straight_picture(s, grid, &colour, err);
    rc = rc ? rc : image_init(out, colour.width, colour.height, IMAGE_GRAY8, err);
    for (int y = 0; !rc && y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            const uint8_t *p = image_row(&colour, y) + 3 * (ptrdiff_t)x;
            image_row(out, y)[x] = (uint8_t)((p[0] + 2 * p[1] + p[2]) / 4);
        }
    image_finish(&colour);
    return rc;
}

enum lw_msg witness_region_picture(const struct witness_options *o, const struct witness_sight *s, double margin_mm,
                                   struct image *out, struct lw_error *err)
{
    struct rigid T = rigid_mul(s->T_bench_from_place, o->T_place_from_region);
    double x = o->width_mm / 2 + margin_mm - WITNESS_MM_PER_PX / 2, y = o->depth_mm / 2 + margin_mm - WITNESS_MM_PER_PX / 2;
    struct view_grid grid = view_grid_make(T, -x, -y, x, y, o->z_mm > 0 ? o->z_mm : s->z_mm, WITNESS_MM_PER_PX);
    return straight_picture(s, &grid, out, err);
}

/* ---- the small kinds ---- */

/* The tag on the bin itself: the right one stands there. */
static void ask_bin_marker(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    struct witness_sight bin = *s;
    double box[4] = {1e9, 1e9, -1e9, -1e9};
    for (int i = 0; i < s->bin_corners; i++) {
        box[0] = fmin(box[0], s->bin[i].x), box[1] = fmin(box[1], s->bin[i].y);
        box[2] = fmax(box[2], s->bin[i].x), box[3] = fmax(box[3], s->bin[i].y);
    }
    bin.T_bench_from_place = (struct rigid){0};
    bin.middle = (struct local_mm){(box[0] + box[2]) / 2, (box[1] + box[3]) / 2};
    bin.half_x_mm = (box[2] - box[0]) / 2;
    bin.half_y_mm = (box[3] - box[1]) / 2;
    bin.z_mm = s->bin_corners ? s->bin[0].z : 0;
    witness_ask_marker(o, &bin, out);
}

/* The farthest bin that the hand was in: which one that is was settled by whoever watched. */
static void ask_bin(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    if (s->hands->in_other >= 0 && s->hands->in_own) {
        snprintf(out->evidence, sizeof out->evidence, "hands in two bins");
    } else if (s->hands->in_other >= 0) {
        *out = (struct witness_answer){.says = WITNESS_DISAGREES, .reason = REASON_OTHER_ITEM, .confidence = 1,
                                       .bin = s->hands->in_other};
        snprintf(out->evidence, sizeof out->evidence, "another bin");
    } else if (s->hands->in_own) {
        out->says = WITNESS_AGREES;
        out->confidence = 1;
        snprintf(out->evidence, sizeof out->evidence, "own bin");
    }
    if (out->says == WITNESS_AGREES && o->marker >= 0) /* and it is the right bin that stands there */
        ask_bin_marker(o, s, out);
}

static void ask_confirm(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    (void)o, (void)s;
    snprintf(out->evidence, sizeof out->evidence, "a person is asked");
}

/* ---- the list ---- */

static const struct witness_kind kinds[WITNESS_KINDS] = {
    [WITNESS_MARKER] = {"marker", WITNESS_NEEDS_LOOK, witness_ask_marker},
    [WITNESS_CODE] = {"code", WITNESS_NEEDS_LOOK, witness_ask_code},
    [WITNESS_BIN] = {"bin", WITNESS_NEEDS_LOOK | WITNESS_NEEDS_HANDS, ask_bin},
    [WITNESS_REGION] = {"region", WITNESS_NEEDS_LOOK | WITNESS_NEEDS_TAUGHT, witness_ask_region},
    [WITNESS_CONFIRM] = {"confirm", 0, ask_confirm},
};

const struct witness_kind *witness_kind(int kind)
{
    return kind >= 0 && kind < WITNESS_KINDS ? &kinds[kind] : NULL;
}

const char *witness_sign(const struct witness_options *o, char *buf, int size)
{
    buf[0] = 0;
    if (o->kind == WITNESS_MARKER)
        snprintf(buf, (size_t)size, "marker %d", o->marker);
    else if (o->kind == WITNESS_CODE && *o->code)
        snprintf(buf, (size_t)size, "code %.80s", o->code);
    return buf;
}

void witness_ask(const struct witness_options *o, const struct witness_sight *s, struct witness_answer *out)
{
    const struct witness_kind *k = witness_kind(o->kind);
    *out = (struct witness_answer){.bin = -1};
    bool look = s->picture && s->model, taught = s->right_count > 0 && s->wrong_count > 0;
    if (!k || (k->needs & WITNESS_NEEDS_LOOK && !look) || (k->needs & WITNESS_NEEDS_HANDS && !s->hands))
        return;
    if (k->needs & WITNESS_NEEDS_TAUGHT && !taught) {
        snprintf(out->evidence, sizeof out->evidence, "never taught");
        return;
    }
    k->ask(o, s, out);
}

void witness_combine(const struct witness_answer *answers, int count, struct verdict *v)
{
    bool unsure = v->result == VERDICT_CONFIRM && !(v->fits && (v->reason == REASON_NONE || v->reason == REASON_OTHER_ITEM));
    if (count == 0 || (v->result != VERDICT_ACCEPT && v->result != VERDICT_CONFIRM))
        return;
    double confidence = v->result == VERDICT_ACCEPT ? v->score : 1;
    for (int i = 0; i < count; i++) {
        const struct witness_answer *a = &answers[i];
        if (a->says == WITNESS_DISAGREES) {
            v->result = VERDICT_REFUSE;
            v->reason = a->reason;
            v->score = a->confidence;
            v->seen_item = -1;
            return;
        }
        unsure = unsure || a->says != WITNESS_AGREES;
        confidence = fmin(confidence, a->confidence);
    }
    v->result = unsure ? VERDICT_CONFIRM : VERDICT_ACCEPT;
    if (unsure)
        return;
    v->reason = REASON_NONE;
    v->score = fmin(v->score, confidence);
}
