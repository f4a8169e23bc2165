#include "teach_session.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define REFERENCE_MM_PER_PX 0.75
#define PICTURE_MM_PER_PX   0.4  /* for people */
#define MARGIN_MM        70.0  /* kept around a thing for the checks: what did not change tells the light; */
#define AROUND_MM        100.0 /* of a case: a long thing stands out so far, an arm farther */
#define PICTURE_MARGIN_MM 8.0  /* and for people */
#define BEHIND_S         0.7   /* a camera and its network are behind by so much at most */
#define LATE_S           1.0   /* the second look when the first shows nothing new */
#define KNOWN_ROOM_MM    4.0   /* what lies there is the thing that was taught there, moved a little */
#define STILL_MM         0.7   /* the camera finds a case that was not touched within so much */
#define STILL_RAD        0.004
#define SAME_MM          0.6   /* a thing that was not touched */
#define SURE_SCORE       0.3   /* of an item alone, without its rivals: less is offered as a new thing */
#define LENGTH_MOST      1.2   /* times as long: it is another thing */
#define EXTRA_REFERENCES 4     /* further equal things are further layings */

/* ---- what may be new ---- */

struct filter {
    const struct teaching *t;
    int own;
};

/* Does something that was taught before lie there? */
static bool at_known_place(const struct filter *f, struct local_mm p)
{
    const struct workflow *w = f->t->book.w;
    struct local_mm outline[LAID_RIM];
    for (int i = 0; i < w->place_count; i++) {
        struct check *c = f->t->book.checks[w->places[i].item];
        if (w->places[i].item == f->own || !c)
            continue;
        struct laid_part part = {.rim_count = check_item_outline(c, 0, outline, LAID_RIM)};
        memcpy(part.rim, outline, sizeof *outline * (size_t)part.rim_count);
        struct local_mm q = rigid_apply(rigid_inverse(teach_local_from_place(f->t, &w->places[i])), p);
        if (part.rim_count > 2 && laid_covers(&part, q, KNOWN_ROOM_MM))
            return true;
    }
    return false;
}

static bool in_bin(const struct teaching *t, struct local_mm p)
{
    struct local_mm b = rigid_apply(t->T, p);
    for (int i = 0; t->o->known && i < t->o->known->bin_count; i++) {
        const struct workflow_polygon *o = &t->o->known->bins[i].outline;
        struct laid_part part = {.rim_count = o->count < LAID_RIM ? o->count : LAID_RIM};
        memcpy(part.rim, o->points, sizeof *o->points * (size_t)part.rim_count);
        if (laid_covers(&part, b, 0))
            return true;
    }
    return false;
}

static bool may_be_new(const void *context, const struct laid_part *part)
{
    const struct filter *f = context;
    return !at_known_place(f, part->centre) && !in_bin(f->t, part->centre);
}

/* With a case, what changed in it comes before what changed beside it: a tub that something was taken from. */
static bool may_be_new_in_case(const void *context, const struct laid_part *part)
{
    const struct filter *f = context;
    return teach_in_case(f->t, part->centre) && may_be_new(context, part);
}

/* ---- its pictures ---- */

static struct laid_patch patch_of(const struct thing *thing, int part, struct rigid T_local_from_place, double margin_mm,
                                  double mm_per_px)
{
    const struct laid_part *p = &thing->laid.parts[part];
    double half_x = 0, half_y = 0;
    for (int i = 0; i < p->rim_count; i++) { /* symmetric about the place, whose middle and direction may differ */
        struct local_mm q = rigid_apply(rigid_inverse(T_local_from_place), p->rim[i]);
        half_x = fmax(half_x, fabs(q.x));
        half_y = fmax(half_y, fabs(q.y));
    }
    return (struct laid_patch){T_local_from_place, half_x + margin_mm, half_y + margin_mm, mm_per_px, part};
}

static struct rigid middle_of(const struct laid_part *p)
{
    return (struct rigid){p->centre.x, p->centre.y, 0};
}

static enum lw_msg cut_first(const struct thing *thing, struct image *before, struct image *after, struct lw_error *err)
{
    struct laid_patch patch = patch_of(thing, 0, middle_of(&thing->laid.parts[0]), MARGIN_MM, REFERENCE_MM_PER_PX);
    return laid_cut(&thing->look, &thing->laid, &patch, before, after, err);
}

/* ---- looking ---- */

enum extent { EXTENT_CASE, EXTENT_AROUND, EXTENT_BENCH };

/* What is compared, in the case's own directions; of a pushed case only itself can be. */
static void frame_of(const struct teaching *t, enum extent extent, struct laid_look *l)
{
    double room = extent == EXTENT_AROUND ? AROUND_MM : TEACH_CASE_ROOM_MM;
    double w = t->carrier.width_mm / 2 + room, d = t->carrier.depth_mm / 2 + room;
    l->x0_mm = -w, l->x1_mm = w, l->y0_mm = -d, l->y1_mm = d;
    for (int i = 0; i < 4 && extent == EXTENT_BENCH; i++) {
        struct local_mm corner = {i % 3 ? t->g->bench_width_mm : 0, i / 2 ? t->g->bench_depth_mm : 0};
        corner = rigid_apply(rigid_inverse(t->T), corner);
        l->x0_mm = fmin(l->x0_mm, corner.x), l->x1_mm = fmax(l->x1_mm, corner.x);
        l->y0_mm = fmin(l->y0_mm, corner.y), l->y1_mm = fmax(l->y1_mm, corner.y);
    }
}

/* True: the case lies elsewhere than in the look before. */
static bool follow_case(struct teaching *t, const struct image *picture)
{
    struct carrier_found found;
    struct lw_error ignored;
    t->T = t->T_before;
    if (!teach_carrier(t) || carrier_refine(&t->g->calibration.model, picture, &t->carrier, t->T_before, &found, &ignored))
        return false;
    struct rigid moved = rigid_mul(rigid_inverse(t->T_before), found.T_bench_from_carrier);
    if (hypot(moved.x_mm, moved.y_mm) < STILL_MM && fabs(moved.angle_rad) < STILL_RAD)
        return false;
    t->T = found.T_bench_from_carrier;
    lw_log(LW_LOG_INFO, "teach", "the case was pushed by %.1f, %.1f mm", moved.x_mm, moved.y_mm);
    return true;
}

static enum lw_msg find_in(struct teaching *t, int own, struct thing *out, struct lw_error *err)
{
    const struct filter f = {t, own};
    bool pushed = follow_case(t, &out->after.picture);
    out->look = (struct laid_look){.model = &t->g->calibration.model, .before = &t->before.picture,
                                   .after = &out->after.picture, .noise_grey = out->after.noise_grey,
                                   .T_bench_from_local_before = t->T_before, .T_bench_from_local = t->T,
                                   .z_mm = check_plane_mm(t->floor_mm, TEACH_USUAL_HEIGHT_MM), .context = &f,
                                   .counts = teach_carrier(t) ? may_be_new_in_case : may_be_new};
    frame_of(t, pushed ? EXTENT_CASE : teach_carrier(t) ? EXTENT_AROUND : EXTENT_BENCH, &out->look);
    enum lw_msg rc = laid_find(&out->look, TEACH_THING_MIN_MM2, &out->laid, err);
    if (!rc && out->laid.count == 0 && teach_carrier(t) && !pushed) {
        out->look.counts = may_be_new;
        frame_of(t, EXTENT_BENCH, &out->look);
        rc = laid_find(&out->look, TEACH_THING_MIN_MM2, &out->laid, err);
    }
    out->look.counts = NULL; /* the filter does not outlive this call */
    out->look.context = NULL;
    return rc;
}

/* What the checks would say of it when it is taught: said before anything is asked. */
static const char *not_teachable(const struct thing *thing)
{
    struct check_reference r = {.mm_per_px = REFERENCE_MM_PER_PX};
    struct lw_error why = {0};
    enum lw_msg rc = cut_first(thing, &r.before, &r.after, &why);
    rc = rc ? rc : check_reference_good("", &r, &why);
    image_finish(&r.before);
    image_finish(&r.after);
    if (rc)
        lw_log_error("teach", &why);
    return !rc ? NULL : rc == LW_MSG_TAUGHT_DARK ? "dark" : rc == LW_MSG_TAUGHT_NOTHING ? "nothing_changed" : "hand";
}

static const char *reason_of(const struct thing *thing)
{
    if (thing->after.trouble != REASON_NONE)
        return verdict_reason_name(thing->after.trouble);
    if (thing->laid.trouble != REASON_NONE)
        return verdict_reason_name(thing->laid.trouble);
    if (thing->laid.count == 0)
        return "nothing_changed";
    return thing->laid.parts[0].reaches_out ? "hand" : not_teachable(thing);
}

enum lw_msg teach_look_at(struct teaching *t, int own, struct thing *out, const char **reason, struct lw_error *err)
{
    *out = (struct thing){.item = -1, .bin = -1};
    enum lw_msg rc = teach_look(t->g, &t->light, &out->after, err);
    struct journal_event e = {.kind = EVENT_LOOK, .frame = out->after.frame};
    if (!rc && out->after.trouble == REASON_NONE) {
        guide_tell(t->g, &e);
        rc = find_in(t, own, out, err);
    }
    *reason = rc ? NULL : reason_of(out);
    return rc;
}

enum lw_msg teach_find(struct teaching *t, bool pressed, int own, struct thing *out, const char **reason,
                       struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    *out = (struct thing){.item = -1, .bin = -1};
    for (int tries = 0; tries < (pressed ? 2 : 1) && !rc; tries++) {
        if (pressed)
            guide_wait(t->g, tries ? LATE_S : BEHIND_S);
        teach_thing_finish(out);
        rc = teach_look_at(t, own, out, reason, err);
        if (!*reason)
            break;
    }
    if (rc || *reason)
        teach_thing_finish(out);
    return rc;
}

void teach_thing_finish(struct thing *thing)
{
    guide_look_finish(&thing->after);
    guide_look_finish(&thing->darker);
    image_finish(&thing->striped);
    *thing = (struct thing){.item = -1, .bin = -1};
}

void teach_take_over(struct teaching *t, struct thing *thing)
{
    guide_look_finish(&t->before);
    image_finish(&t->striped);
    t->striped = thing->striped;
    thing->striped = (struct image){0};
    struct guide_look *newest = thing->darker.picture.data ? &thing->darker : &thing->after;
    if (newest == &thing->darker)
        t->light = thing->darker_light;
    t->before = *newest;
    newest->picture.owned = false;
    t->T_before = t->T;
    teach_thing_finish(thing);
}

/* ---- what is it? ---- */

/* Does the item, alone, accept it? Then how alike, and where it lies against how it was taught. */
static bool is_item(const struct check *c, const struct image *before, const struct image *after, double *score,
                    struct rigid *offset)
{
    struct verdict v;
    struct lw_error ignored;
    if (!c || check_judge_patch(c, before, after, REFERENCE_MM_PER_PX, 0, true, &v, &ignored) || v.result != VERDICT_ACCEPT)
        return false;
    *score = v.score;
    *offset = v.offset;
    return true;
}

static double longest(const struct local_mm *p, int count)
{
    double most = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++)
            most = fmax(most, hypot(p[i].x - p[k].x, p[i].y - p[k].y));
    return most;
}

/* Only what is about as long is looked at more closely: that keeps a kit of a hundred things quick. */
static bool about_as_long(const struct check *c, double length_mm)
{
    struct local_mm outline[LAID_RIM];
    double length = c ? longest(outline, check_item_outline(c, 0, outline, LAID_RIM)) : 0;
    return length > 0 && length < LENGTH_MOST * length_mm && length_mm < LENGTH_MOST * length;
}

int teach_recognise(const struct teaching *t, const struct thing *thing, int *known)
{
    struct image before = {0}, after = {0};
    struct lw_error ignored;
    struct rigid offset;
    double best = SURE_SCORE, score;
    double length = longest(thing->laid.parts[0].rim, thing->laid.parts[0].rim_count);
    int item = -1;
    *known = -1;
    if (cut_first(thing, &before, &after, &ignored) == LW_OK) {
        for (int i = 0; i < t->book.w->item_count; i++)
            if (about_as_long(t->book.checks[i], length) && is_item(t->book.checks[i], &before, &after, &score, &offset) &&
                score > best)
                best = score, item = i;
        for (int i = 0; item < 0 && t->known && i < t->o->known->item_count; i++)
            if (about_as_long(t->known[i], length) && is_item(t->known[i], &before, &after, &score, &offset) &&
                score > best)
                best = score, *known = i;
    }
    image_finish(&before);
    image_finish(&after);
    return item;
}

/* ---- keeping ---- */

/* Once its height is known it is seen anew, straight at that height; when that goes wrong it stays as it was seen. */
static void see_at_height(const struct teaching *t, struct thing *thing)
{
    struct lw_error ignored;
    struct laid seen;
    struct laid_look look = thing->look;
    const struct filter f = {t, -1};
    bool inside = teach_carrier(t) && teach_in_case(t, thing->laid.parts[0].centre);
    look.z_mm = check_plane_mm(thing->ground_mm, thing->height_mm);
    look.counts = inside ? may_be_new_in_case : may_be_new;
    look.context = &f;
    look.joined = thing->count == 1 && thing->laid.equal_count > 1; /* the coach says that the pieces are one thing */
    if (laid_find(&look, TEACH_THING_MIN_MM2, &seen, &ignored) || seen.count == 0 ||
        (!look.joined && seen.equal_count != thing->laid.equal_count))
        return;
    thing->laid = seen;
    thing->look.z_mm = look.z_mm;
}

static enum lw_msg keep_laying(struct teaching *t, const struct thing *thing, int part, struct rigid T_local_from_place,
                               int item, struct lw_error *err)
{
    struct image before = {0}, after = {0};
    struct laid_patch patch = patch_of(thing, part, T_local_from_place, MARGIN_MM, REFERENCE_MM_PER_PX);
    enum lw_msg rc = laid_cut(&thing->look, &thing->laid, &patch, &before, &after, err);
    rc = rc ? rc : teach_book_reference(&t->book, item, &before, &after, REFERENCE_MM_PER_PX, err);
    image_finish(&before);
    image_finish(&after);
    return rc;
}

static enum lw_msg keep_picture(struct teaching *t, const struct thing *thing, struct rigid T_local_from_place, int item,
                                struct lw_error *err)
{
    struct image before = {0}, after = {0};
    struct laid_patch patch = patch_of(thing, 0, T_local_from_place, PICTURE_MARGIN_MM, PICTURE_MM_PER_PX);
    enum lw_msg rc = laid_cut(&thing->look, &thing->laid, &patch, &before, &after, err);
    rc = rc ? rc : teach_book_picture(&t->book, item, &after, err);
    image_finish(&before);
    image_finish(&after);
    return rc;
}

/* An item that was taught before lies in its own place's frame as it was taught. */
static struct rigid place_of(const struct teaching *t, const struct thing *thing)
{
    struct rigid middle = middle_of(&thing->laid.parts[0]), offset;
    struct image before = {0}, after = {0};
    struct lw_error ignored;
    double score;
    if (thing->item >= 0 && cut_first(thing, &before, &after, &ignored) == LW_OK &&
        is_item(t->book.checks[thing->item], &before, &after, &score, &offset))
        middle = rigid_mul(middle, offset);
    image_finish(&before);
    image_finish(&after);
    return middle;
}

/* Of one of several equal things; what was measured of the first one counts for all. */
static double ground_at(const struct teaching *t, const struct thing *thing, struct rigid T)
{
    double first = teach_floor_at(t, thing->laid.parts[0].centre), here = teach_floor_at(t, (struct local_mm){T.x_mm, T.y_mm});
    return fmax(0, here + thing->ground_mm - first);
}

static enum lw_msg keep_places(struct teaching *t, const struct thing *thing, int item, struct rigid first,
                               struct lw_error *err)
{
    const struct laid *l = &thing->laid;
    struct lw_error ignored;
    for (int k = 0, other = 0; k < thing->count; k++) {
        struct rigid T = first;
        int part = k < l->equal_count ? l->equal[k] : -1;
        if (part >= 0) {
            T = rigid_mul(l->parts[part].T_local_from_piece, first);
        } else { /* one that the camera did not take for equal: the coach says that it is */
            for (bool equal = true; equal && other < l->count;) {
                equal = false;
                for (int i = 0; i < l->equal_count; i++)
                    equal |= l->equal[i] == other;
                other += equal;
            }
            T.x_mm += l->parts[other].centre.x - l->parts[0].centre.x;
            T.y_mm += l->parts[other].centre.y - l->parts[0].centre.y;
            other++;
        }
        bool beside = teach_carrier(t) && !teach_in_case(t, (struct local_mm){T.x_mm, T.y_mm}); /* it stays when the case goes */
        int place = beside ? teach_book_place(&t->book, item, 0, rigid_mul(t->T, T), 0)
                           : teach_book_place(&t->book, item, teach_carrier(t), T, ground_at(t, thing, T));
        if (place < 0)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        if (part > 0 && k <= EXTRA_REFERENCES)
            keep_laying(t, thing, part, T, item, &ignored); /* one more view of it; the first one is enough */
    }
    return LW_OK;
}

enum lw_msg teach_keep(struct teaching *t, struct thing *thing, int *item, struct lw_error *err)
{
    bool fresh = thing->item < 0;
    if (thing->measured) /* its top is known better than what it lies on */
        thing->ground_mm = fmax(0, thing->top_mm - thing->height_mm);
    see_at_height(t, thing);
    struct rigid first = place_of(t, thing);
    *item = fresh ? teach_book_item(&t->book, thing->name, thing->height_mm) : thing->item;
    if (*item < 0)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = keep_laying(t, thing, 0, first, *item, err);
    if (rc && !fresh)
        rc = LW_OK; /* it was taught before, and well */
    if (!rc && fresh)
        rc = keep_picture(t, thing, first, *item, err);
    if (!rc && fresh && thing->bin >= 0)
        rc = teach_book_bin(&t->book, *item, &t->o->known->bins[thing->bin], err);
    rc = rc ? rc : keep_places(t, thing, *item, first, err);
    if (rc) {
        teach_book_forget_item(&t->book, *item);
        return rc;
    }
    return teach_book_write(&t->book, err);
}

enum lw_msg teach_keep_again(struct teaching *t, const struct thing *thing, int item, struct lw_error *err)
{
    const struct workflow *w = t->book.w;
    struct local_mm at = thing->laid.parts[0].centre;
    struct rigid first = {0};
    double least = 1e9;
    for (int i = w->place_count - 1; i >= 0 && w->places[i].item == item; i--) { /* the nearest of the newest ones */
        struct rigid T = teach_local_from_place(t, &w->places[i]);
        if (hypot(T.x_mm - at.x, T.y_mm - at.y) < least)
            least = hypot(T.x_mm - at.x, T.y_mm - at.y), first = T;
    }
    enum lw_msg rc = keep_laying(t, thing, 0, first, item, err);
    return rc ? rc : teach_book_write(&t->book, err);
}
