#include "teach_session.h"

#include "cv_picture.h"
#include "log.h"
#include "pack_session.h"

#include <string.h>

#define CASE_MIN_MM2     3600.0 /* 60 x 60 mm: smaller things are no case */
#define RIM_MM           30.0   /* usual height of a case's rim */
#define RIM_MAX_MM       300.0
#define USUAL_FLOOR_MM   3.0    /* a thin bottom */
#define RIM_PATIENCE_S   20.0   /* then the usual height is taken: it can be changed in the file */
#define CASE_MM_PER_PX   1.0
#define CASE_MARGIN_MM   20.0   /* kept around it, for its edges */
#define BEHIND_S         0.7
#define CLIPPED_GREY     252
#define CLIPPED_MAX      0.005  /* share of the picture that may be at the top of the range */
#define FIRST_LEVEL      230    /* of the look light */
#define LEVEL_STEP       0.82
#define LEVEL_MIN        70
#define LOW_SHARE        0.6    /* of the look light: what changes between the two comes from the projector */
#define GAMMA            2.2    /* of a camera, roughly */
#define ADDED_GREY       4      /* less of our light comes back from the bench: it can't be told */
#define UNLIT            0.12   /* of what the bench gave back: a shadow; black plastic gives back more */
#define SAME             1.3    /* times, either way: it is still the bench */
#define TRIM_MAX_MM      60.0
#define TRIM_GAP_MM      2.5  /* the blurred edge of a shadow is neither; a rim is wider */
#define TRIM_STEP_MM     0.5
#define SIDE_POINTS      60
#define SIDE_SHARE       0.5    /* of a side's points that lie in shadow: the case begins farther in */

/* ---- light ---- */

static double clipped_share(const struct image *im)
{
    long clipped = 0;
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++) {
            const uint8_t *p = image_row(im, y) + 3 * x;
            clipped += (p[0] + 2 * p[1] + p[2]) / 4 >= CLIPPED_GREY;
        }
    return (double)clipped / ((double)im->width * im->height);
}

/* The straight picture of the case, or of the bench where there is none. */
static enum lw_msg straight(const struct teaching *t, const struct guide_look *look, double mm_per_px, struct image *out,
                            struct lw_error *err)
{
    double w = t->carrier.width_mm / 2, d = t->carrier.depth_mm / 2;
    struct view_grid grid = view_grid_make((struct rigid){0}, 0, 0, t->g->bench_width_mm, t->g->bench_depth_mm, 0, mm_per_px);
    if (t->carrier.width_mm > 0)
        grid = view_grid_make(t->T, -w - CASE_MARGIN_MM, -d - CASE_MARGIN_MM, w + CASE_MARGIN_MM, d + CASE_MARGIN_MM,
                              t->carrier.height_mm, mm_per_px);
    return view_rectify(&t->g->calibration.model, &look->picture, &grid, out, err);
}

static bool too_bright(const struct teaching *t, const struct guide_look *look)
{
    struct image im = {0};
    struct lw_error ignored;
    bool bright = straight(t, look, 4, &im, &ignored) == LW_OK && clipped_share(&im) > CLIPPED_MAX;
    image_finish(&im);
    return bright && t->light.level * LEVEL_STEP > LEVEL_MIN;
}

/* A look that becomes the one to compare with, in a light that leaves nothing of the case (or bench) without drawing. */
static enum lw_msg look_before(struct teaching *t, struct lw_error *err)
{
    guide_look_finish(&t->before);
    enum lw_msg rc = teach_look(t->g, &t->light, &t->before, err);
    while (!rc && t->before.trouble == REASON_NONE && too_bright(t, &t->before)) {
        t->light = guide_light_bench(t->g, (uint8_t)(t->light.level * LEVEL_STEP));
        guide_look_finish(&t->before);
        rc = teach_look(t->g, &t->light, &t->before, err);
    }
    t->T_before = t->T;
    return rc;
}

/* A look in weaker light, by which shadows are told from the case; `out` is empty when it is of no use. */
static enum lw_msg look_low(const struct teaching *t, struct guide_look *out, struct lw_error *err)
{
    const struct guide_light less = guide_light_bench(t->g, (uint8_t)(t->light.level * LOW_SHARE));
    enum lw_msg rc = teach_look(t->g, &less, out, err);
    if (!rc && out->trouble != REASON_NONE)
        guide_look_finish(out);
    return rc;
}

/* ---- the case ---- */

static bool is_case(const void *context, const struct laid_part *part)
{
    (void)context;
    return part->area_mm2 >= CASE_MIN_MM2;
}

static struct laid_look case_look(const struct teaching *t, const struct guide_look *after, double rim_mm)
{
    return (struct laid_look){.model = &t->g->calibration.model, .before = &t->before.picture, .after = &after->picture,
                              .noise_grey = after->noise_grey, .x1_mm = t->g->bench_width_mm,
                              .y1_mm = t->g->bench_depth_mm, .z_mm = rim_mm, .counts = is_case};
}

/* Looks in full light and in less: what differs between the two comes from the projector, whatever the room's light. */
struct case_looks {
    const struct guide_look *full;
    struct guide_look low; /* with the case; without it: t->before and t->bare_low */
};

static const uint8_t *pixel_at(const struct model *m, const struct image *im, struct local_mm b, double z_mm)
{
    struct cam_px c;
    if (!im->data || !model_cam_from_bench(m, (struct bench_mm){b.x, b.y, z_mm}, &c) || !(c.x >= 0) || !(c.y >= 0) ||
        c.x > im->width - 1 || c.y > im->height - 1)
        return NULL;
    return image_row(im, (int)(c.y + 0.5)) + 3 * (int)(c.x + 0.5);
}

/* Our light that comes back from there, against what the bare bench gave back: the least and the most of the colours.
 * False: can't tell. */
static bool returned(const struct teaching *t, const struct case_looks *l, struct local_mm b, double z_mm, double *least, double *most)
{
    const struct model *m = &t->g->calibration.model;
    const uint8_t *is = pixel_at(m, &l->full->picture, b, z_mm), *is_low = pixel_at(m, &l->low.picture, b, z_mm);
    const uint8_t *was = pixel_at(m, &t->before.picture, b, z_mm), *was_low = pixel_at(m, &t->bare_low.picture, b, z_mm);
    if (!is || !is_low || !was || !was_low)
        return false;
    *least = 1e9, *most = 0;
    for (int k = 0; k < 3; k++) {
        double bare = pow(was[k], GAMMA) - pow(was_low[k], GAMMA), now = pow(is[k], GAMMA) - pow(is_low[k], GAMMA);
        if (was[k] - was_low[k] < ADDED_GREY)
            return false;
        *least = fmin(*least, now / bare);
        *most = fmax(*most, now / bare);
    }
    return true;
}

/* The point at `along` (-1..1) of a side, so far inwards; sides: right, back, left, front. */
static struct local_mm side_point(const struct carrier_taught *c, int side, double along, double inwards_mm)
{
    double sign = side < 2 ? 1 : -1;
    return side % 2 ? (struct local_mm){along * c->width_mm / 2, sign * (c->depth_mm / 2 - inwards_mm)}
                    : (struct local_mm){sign * (c->width_mm / 2 - inwards_mm), along * c->depth_mm / 2};
}

/* A side's line of points, so far inwards, shows mostly the bench, or the shadow on it and the wall that our light does
 * not reach. */
static bool beside_case(const struct teaching *t, const struct case_looks *l, int side, double inwards_mm)
{
    int seen = 0, beside = 0;
    for (int i = 0; i < SIDE_POINTS; i++) {
        struct local_mm b = rigid_apply(t->T, side_point(&t->carrier, side, 0.9 * (2.0 * i / (SIDE_POINTS - 1) - 1), inwards_mm));
        double least, most;
        if (!returned(t, l, b, t->carrier.height_mm, &least, &most))
            continue;
        seen++;
        beside += most < UNLIT || (least > 1 / SAME && most < SAME);
    }
    return beside > SIDE_SHARE * seen;
}

/* What changed when the case was laid holds its shadows, of our light and of lamps, and its outer walls. */
static void trim_shadow(struct teaching *t, const struct case_looks *l)
{
    struct carrier_taught *c = &t->carrier;
    double depth[4] = {0};
    for (int side = 0; side < 4 && true; side++) {
        double last = -TRIM_STEP_MM;
        for (double d = 0; d < TRIM_MAX_MM && d - fmax(last, 0) <= TRIM_GAP_MM; d += TRIM_STEP_MM)
            if (beside_case(t, l, side, d))
                last = d;
        depth[side] = last + TRIM_STEP_MM;
        if (depth[side] >= TRIM_MAX_MM) /* white on white: it can't be told there */
            depth[side] = 0;
    }
    if (depth[0] + depth[2] > c->width_mm / 2 || depth[1] + depth[3] > c->depth_mm / 2)
        return;
    t->T = rigid_mul(t->T, (struct rigid){(depth[2] - depth[0]) / 2, (depth[3] - depth[1]) / 2, 0});
    c->width_mm -= depth[0] + depth[2];
    c->depth_mm -= depth[1] + depth[3];
}

/* The case's rectangle at the height of its rim. */
static enum lw_msg find_rectangle(struct teaching *t, const struct case_looks *l, double rim_mm, struct laid *laid, struct lw_error *err)
{
    struct carrier_taught *c = &t->carrier;
    struct laid_look look = case_look(t, l->full, rim_mm);
    enum lw_msg rc = laid_find(&look, CASE_MIN_MM2, laid, err);
    if (rc || laid->count == 0)
        return rc;
    t->T = laid_rectangle(&laid->parts[0], &c->width_mm, &c->depth_mm);
    c->height_mm = rim_mm;
    trim_shadow(t, l);
    return LW_OK;
}

static enum lw_msg ask_rim(struct teaching *t, double *rim_mm, struct lw_error *err)
{
    struct bench_mm outline[4];
    struct press press;
    show_rectangle(t->T, t->carrier.width_mm, t->carrier.depth_mm, RIM_MM, outline);
    struct teach_question q = {.what = "height", .choices = "next", .carrier = "case", .typed = PRESS_HEIGHT,
                               .line = _("How high is the case?"), .more = _("next: 30 mm. Or type it, in mm"),
                               .outline = outline, .corners = 4, .patience_s = RIM_PATIENCE_S,
                               .detail = json_pack("{s:f}", "default", RIM_MM)};
    enum lw_msg rc;
    do {
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        *rim_mm = press.kind == PRESS_HEIGHT ? press.number : RIM_MM;
        q.reason = "range";
        q.more = _("From 0 to 300 mm");
    } while (!rc && !(*rim_mm >= 0 && *rim_mm <= RIM_MAX_MM));
    json_decref(q.detail);
    return rc;
}

/* Its outline at the height of its rim, its place and its picture. */
static enum lw_msg keep_case(struct teaching *t, const struct case_looks *l, double rim_mm, struct lw_error *err)
{
    struct laid laid;
    enum lw_msg rc = find_rectangle(t, l, rim_mm, &laid, err);
    if (!rc && laid.count == 0)
        rc = lw_fail(err, LW_MSG_NOTHING_LAID, _("the case"));
    if (rc)
        return rc;
    struct carrier_taught *c = &t->carrier;
    c->mm_per_px = CASE_MM_PER_PX;
    lw_log(LW_LOG_INFO, "teach", "case of %.0f x %.0f mm at %.1f, %.1f mm, %.2f degrees", c->width_mm, c->depth_mm,
           t->T.x_mm, t->T.y_mm, deg_from_rad(t->T.angle_rad));
    teach_measure_floor(t);
    rc = look_before(t, err);
    if (!rc && t->before.trouble != REASON_NONE)
        rc = lw_fail(err, LW_MSG_LOOK_TROUBLE, verdict_reason_name(t->before.trouble));
    rc = rc ? rc : straight(t, &t->before, CASE_MM_PER_PX, &c->picture, err);
    if (!rc)
        teach_stripes_begin(t);
    return rc ? rc : teach_book_carrier(&t->book, c->width_mm, c->depth_mm, rim_mm, t->T, &c->picture, CASE_MM_PER_PX, err);
}

/* One try: the look after the case was laid. *reason: why it is asked again; LW_OK and NULL: it is done, with or
 * without a case. */
static enum lw_msg try_case(struct teaching *t, bool pressed, const char **reason, struct lw_error *err)
{
    struct guide_look after = {0};
    struct case_looks looks = {.full = &after};
    struct laid laid = {0};
    double rim_mm = 0;
    if (pressed)
        guide_wait(t->g, BEHIND_S);
    enum lw_msg rc = teach_look(t->g, &t->light, &after, err);
    *reason = after.trouble != REASON_NONE ? verdict_reason_name(after.trouble) : NULL;
    if (!rc && !*reason) {
        rc = find_rectangle(t, &looks, RIM_MM, &laid, err);
        if (!rc && laid.count == 0 && !pressed)
            *reason = "nothing_changed";
        else if (!rc && laid.count > 0 && laid.parts[0].reaches_out)
            *reason = "half_out";
    }
    if (!rc && !*reason && laid.count > 0) {
        rc = look_low(t, &looks.low, err);
        if (!rc)
            trim_shadow(t, &looks);
        rc = rc ? rc : ask_rim(t, &rim_mm, err);
        rc = rc ? rc : keep_case(t, &looks, rim_mm, err);
    } else if (!rc && !*reason) { /* next, and nothing there: things lie on the bench itself */
        t->carrier.width_mm = t->carrier.depth_mm = 0;
        rc = look_before(t, err);
        teach_stripes_begin(t);
    }
    guide_look_finish(&looks.low);
    guide_look_finish(&after);
    return rc;
}

static const char *line_for(const char *reason)
{
    if (!reason)
        return _("Lay the empty case down");
    if (strcmp(reason, "half_out") == 0)
        return _("Lay the case whole on the bench");
    if (strcmp(reason, "nothing_changed") == 0)
        return _("I see no case yet");
    return _("Hand away, please");
}

static enum lw_msg lay_case(struct teaching *t, struct lw_error *err)
{
    struct press press;
    const char *reason = NULL;
    struct teach_question q = {.what = "case_empty", .choices = "next", .carrier = "case", .bench = true,
                               .glance = true, .pictogram = "case-here", .more = _("next without a case: things lie on the bench itself")};
    for (;;) {
        q.reason = q.glanced ? NULL : reason;
        q.line = line_for(q.reason);
        enum lw_msg rc = teach_ask(t->g, &q, &t->given, &press, err);
        rc = rc ? rc : try_case(t, press.kind == PRESS_NEXT, &reason, err);
        if (rc || !reason)
            return rc;
    }
}

/* ---- beginning ---- */

static enum lw_msg clear_bench(struct teaching *t, struct lw_error *err)
{
    struct press press;
    struct teach_question q = {.what = "clear_bench", .choices = "next", .bench = true, .pictogram = "clear-bench",
                               .line = _("Make the bench empty, please"), .more = _("Then press next")};
    enum lw_msg rc;
    do {
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        rc = rc ? rc : look_before(t, err);
        q.reason = verdict_reason_name(t->before.trouble);
    } while (!rc && t->before.trouble != REASON_NONE);
    if (!rc)
        rc = look_low(t, &t->bare_low, err);
    return rc;
}

/* The case with what was taught so far lies somewhere: found as in packing. */
static enum lw_msg find_case_again(struct teaching *t, struct lw_error *err)
{
    const struct workflow_carrier *c = &t->book.w->carriers[1];
    struct carrier_found found;
    struct press press;
    struct bench_mm corners[4];
    char path[512];
    t->carrier = (struct carrier_taught){.mm_per_px = c->taught_mm_per_px, .width_mm = c->width_mm,
                                         .depth_mm = c->depth_mm, .height_mm = c->height_mm};
    t->floor_mm = fmin(USUAL_FLOOR_MM, c->height_mm);
    for (int i = 0; i < t->book.w->place_count; i++) /* as it was measured then */
        if (t->book.w->places[i].carrier > 0)
            t->floor_mm = t->book.w->places[i].z_mm;
    enum lw_msg rc = cv_picture_read(workflow_path(t->book.w, c->taught, path, sizeof path), IMAGE_BGR8,
                                     &t->carrier.picture, err);
    show_rectangle(c->T_bench_from_home, c->width_mm, c->depth_mm, c->height_mm, corners);
    json_t *half = json_pack("{s:b}", "half_packed", 1);
    struct teach_question q = {.what = "case_empty", .choices = "next", .carrier = "case", .bench = true, .glance = true, .detail = half,
                               .pictogram = "case-here", .outline = corners, .corners = 4,
                               .line = _("Lay the case here, with what you taught so far"), .more = _("Then press next")};
    for (bool again = true; again && !rc;) {
        rc = teach_ask(t->g, &q, &t->given, &press, err);
        t->T = c->T_bench_from_home;
        if (!rc && press.kind == PRESS_NEXT)
            guide_wait(t->g, BEHIND_S);
        rc = rc ? rc : look_before(t, err);
        struct lw_error why;
        again = !rc && (t->before.trouble != REASON_NONE ||
                        carrier_find(&t->g->calibration.model, &t->before.picture, &t->carrier, &found, &why));
        q.reason = "not_found";
    }
    json_decref(half);
    if (!rc) {
        t->T = t->T_before = found.T_bench_from_carrier;
        teach_stripes_begin(t);
    }
    return rc;
}

enum lw_msg teach_begin(struct teaching *t, struct lw_error *err)
{
    t->light = guide_light_bench(t->g, FIRST_LEVEL);
    if (t->book.taken_on && t->book.w->carrier_count > 1)
        return find_case_again(t, err);
    enum lw_msg rc = clear_bench(t, err);
    if (!rc && !t->book.taken_on)
        rc = lay_case(t, err);
    return rc;
}
