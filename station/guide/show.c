#include "show.h"

#include <stdio.h>
#include <string.h>

#define OUTLINE_WIDTH_MM 4.0
#define OUTLINE_GAP_MM 4.0   /* the line runs outside of the thing, so that it stays visible */
#define WORDS_Y_MM 62.0      /* the words stand at the front edge, before the person */
#define REMEDY_Y_MM 42.0
#define WORDS_MM 15.0        /* cap height, readable from 1 m */
#define SMALL_WORDS_MM 9.0
#define PROGRESS_Y_MM 24.0
#define PICTOGRAM_MM 70.0
#define PICTURE_MM 110.0
#define OPEN_KIT_MM 260.0
#define ASIDE_Y_MM 118.0     /* pictures stand left and right of the words, pictograms on the right */
#define PICTURE_X 0.25       /* shares of the bench's width */
#define PICTOGRAM_X 0.75
#define COACH_X 0.83

/* ---- places and outlines ---- */

void show_rectangle(struct rigid T, double width_mm, double depth_mm, double z_mm, struct bench_mm corners[4])
{
    const double sx[4] = {-1, 1, 1, -1}, sy[4] = {-1, -1, 1, 1};
    for (int i = 0; i < 4; i++) {
        struct local_mm p = rigid_apply(T, (struct local_mm){sx[i] * width_mm / 2, sy[i] * depth_mm / 2});
        corners[i] = (struct bench_mm){p.x, p.y, z_mm};
    }
}

static struct rigid T_bench_from_place(const struct workflow *w, int place, const struct rigid *carriers)
{
    const struct workflow_place *p = &w->places[place];
    return rigid_mul(carriers[p->carrier], p->T_carrier_from_place);
}

/* Moves the points of a closed outline outwards by gap_mm, away from its centre of gravity. */
static void grow(struct local_mm *p, int count, double gap_mm)
{
    double cx = 0, cy = 0;
    for (int i = 0; i < count; i++)
        cx += p[i].x / count, cy += p[i].y / count;
    for (int i = 0; i < count; i++) {
        double dx = p[i].x - cx, dy = p[i].y - cy, r = hypot(dx, dy);
        if (r > 1e-6)
            p[i].x += gap_mm * dx / r, p[i].y += gap_mm * dy / r;
    }
}

int show_place_outline(const struct workflow *w, const struct check *c, int place,
                       const struct rigid *T_bench_from_carrier, struct bench_mm *out, int max)
{
    const struct workflow_place *p = &w->places[place];
    struct local_mm points[SCENE_POINTS];
    int count = 0;
    if (p->outline.count > 0) {
        for (; count < p->outline.count && count < SCENE_POINTS; count++)
            points[count] = p->outline.points[count];
    } else if (c) {
        count = check_item_outline(c, p->item, points, SCENE_POINTS);
    }
    if (count > max)
        count = max;
    grow(points, count, OUTLINE_GAP_MM);
    struct rigid T = T_bench_from_place(w, place, T_bench_from_carrier);
    double z_mm = p->z_mm + w->items[p->item].height_mm / 2;
    for (int i = 0; i < count; i++) {
        struct local_mm b = rigid_apply(T, points[i]);
        out[i] = (struct bench_mm){b.x, b.y, z_mm};
    }
    return count;
}

/* ---- primitives ---- */

static struct scene_item *polygon(struct guide *g, enum scene_kind kind, const struct bench_mm *points, int count,
                                  struct scene_colour colour)
{
    struct scene_item *it = scene_add(g->scene, kind, colour);
    it->count = count < SCENE_POINTS ? count : SCENE_POINTS;
    memcpy(it->points, points, sizeof *points * (size_t)it->count);
    it->width_mm = OUTLINE_WIDTH_MM;
    return it;
}

static void words(struct guide *g, const char *text, double y_mm, double size_mm)
{
    if (!text || !*text)
        return;
    struct scene_item *it = scene_add(g->scene, SCENE_TEXT, SCENE_WHITE);
    it->points[0] = (struct bench_mm){g->bench_width_mm / 2, y_mm, 0};
    it->count = 1;
    it->size_mm = size_mm;
    it->wrap_mm = g->bench_width_mm * 0.8;
    snprintf(it->text, sizeof it->text, "%s", text);
}

static void picture(struct guide *g, const char *path, double x_mm, double y_mm, double size_mm)
{
    struct scene_item *it = scene_add(g->scene, SCENE_PICTURE, SCENE_WHITE);
    it->points[0] = (struct bench_mm){x_mm, y_mm, 0};
    it->count = 1;
    it->size_mm = size_mm;
    snprintf(it->text, sizeof it->text, "%s", path);
}

static void pictogram(struct guide *g, const char *name, double x_mm, double y_mm)
{
    char path[SCENE_TEXT_MAX];
    if (!name)
        return;
    snprintf(path, sizeof path, "%s/pictograms/%s.png", lw_assets_folder(), name);
    picture(g, path, x_mm, y_mm, PICTOGRAM_MM);
}

static struct bench_mm centre_of(const struct bench_mm *p, int count)
{
    struct bench_mm c = {0, 0, count > 0 ? p[0].z : 0};
    for (int i = 0; i < count; i++)
        c.x += p[i].x / count, c.y += p[i].y / count;
    return c;
}

static void arrow(struct guide *g, struct bench_mm from, struct bench_mm to, bool travel)
{
    struct scene_item *it = scene_add(g->scene, SCENE_LINE, SCENE_ATTENTION);
    double dx = to.x - from.x, dy = to.y - from.y, length = hypot(dx, dy);
    if (length < 30)
        return;
    double cut = fmin(25.0, length / 4) / length; /* the arrow leaves both ends free to see */
    it->points[0] = (struct bench_mm){from.x + cut * dx, from.y + cut * dy, from.z};
    it->points[1] = (struct bench_mm){to.x - cut * dx, to.y - cut * dy, to.z};
    it->count = 2;
    it->width_mm = OUTLINE_WIDTH_MM;
    it->arrow = true;
    it->animation = travel ? SCENE_TRAVEL : SCENE_STEADY;
}

/* ---- the step's parts ---- */

struct parts {
    const struct workflow_step *step;
    const struct workflow_place *place; /* NULL for a step that has none */
    const struct workflow_item *item;
    struct bench_mm outline[SCENE_POINTS];
    int outline_count;
    struct bench_mm bin[SCENE_POINTS];
    int bin_count;
};

static int bin_outline(const struct workflow *w, int bin, struct bench_mm *out)
{
    if (bin < 0)
        return 0;
    const struct workflow_bin *b = &w->bins[bin];
    int count = b->outline.count < SCENE_POINTS ? b->outline.count : SCENE_POINTS;
    for (int i = 0; i < count; i++)
        out[i] = (struct bench_mm){b->outline.points[i].x, b->outline.points[i].y, b->z_mm};
    return count;
}

static void find_parts(const struct show_step *s, struct parts *p)
{
    *p = (struct parts){.step = &s->workflow->steps[s->step]};
    if (p->step->item >= 0) {
        p->item = &s->workflow->items[p->step->item];
        p->bin_count = bin_outline(s->workflow, p->item->bin, p->bin);
    }
    if (p->step->carrier >= 0) {
        const struct workflow_carrier *c = &s->workflow->carriers[p->step->carrier];
        show_rectangle(s->T_bench_from_carrier[p->step->carrier], c->width_mm, c->depth_mm, c->height_mm, p->outline);
        p->outline_count = 4;
    }
    if (p->step->place < 0)
        return;
    p->place = &s->workflow->places[p->step->place];
    p->outline_count = show_place_outline(s->workflow, s->check, p->step->place, s->T_bench_from_carrier, p->outline,
                                          SCENE_POINTS);
}

static void progress(struct guide *g, int done, int total)
{
    struct scene_item *it = scene_add(g->scene, SCENE_PROGRESS, SCENE_QUIET);
    it->points[0] = (struct bench_mm){g->bench_width_mm / 2, PROGRESS_Y_MM, 0};
    it->count = 1;
    it->size_mm = 9;
    it->done = done;
    it->total = total;
}

static const char *name_of(const struct show_step *s, int item)
{
    return item >= 0 ? workflow_text(&s->workflow->items[item].name) : "";
}

static void item_picture(struct guide *g, const struct show_step *s, const struct parts *p)
{
    char path[SCENE_TEXT_MAX];
    const struct workflow_frames *own = &p->step->frames;
    const struct workflow_frames *frames = own->count || !p->item ? own : &p->item->frames;
    const char *file = *p->step->picture ? p->step->picture : p->item ? p->item->picture : "";
    if (s->help_level >= 2 && frames->count) /* as the arrow travels, the pictures go by */
        file = frames->files[(int)(s->travel * frames->count) % frames->count];
    if (*file)
        picture(g, workflow_path(s->workflow, file, path, sizeof path),
                PICTURE_X * g->bench_width_mm, ASIDE_Y_MM, PICTURE_MM);
}

/* Help grows: words only, then the picture, then the way that the thing goes, then a quiet call for the coach. */
static void help(struct guide *g, const struct show_step *s, const struct parts *p)
{
    if (s->help_level >= 1)
        item_picture(g, s, p);
    if (s->help_level >= 2 && p->bin_count && p->outline_count)
        arrow(g, centre_of(p->bin, p->bin_count), centre_of(p->outline, p->outline_count), s->travel);
    if (s->help_level >= 3)
        pictogram(g, "help", COACH_X * g->bench_width_mm, ASIDE_Y_MM);
}

static const char *step_words(const struct show_step *s, const struct parts *p)
{
    const char *text = workflow_text(&p->step->text);
    return *text ? text : p->item ? name_of(s, p->step->item) : "";
}

static void show_take(struct guide *g, const struct show_step *s, const struct parts *p)
{
    if (p->bin_count)
        polygon(g, SCENE_FILL, p->bin, p->bin_count, SCENE_GUIDE);
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_QUIET)->width_mm = 1.5;
    words(g, step_words(s, p), WORDS_Y_MM, WORDS_MM);
    help(g, s, p);
}

static void show_place(struct guide *g, const struct show_step *s, const struct parts *p)
{
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_GUIDE);
    words(g, step_words(s, p), WORDS_Y_MM, WORDS_MM);
    help(g, s, p);
}

/* ---- after a refusal: what lies there, and where it belongs ---- */

static void mend_words(const struct show_step *s, const struct parts *p, char *out, size_t size)
{
    const struct verdict *v = s->verdict;
    const char *item = p->item ? name_of(s, p->step->item) : "", *seen = name_of(s, v->seen_item);
    if (!p->place) { /* nothing is laid: what is to be done stands in the step */
        snprintf(out, size, "%s", step_words(s, p));
        return;
    }
    switch (v->reason) {
    case REASON_MISSING:
        snprintf(out, size, _("Lay it here: %s"), item);
        break;
    case REASON_OTHER_ITEM:
        if (*seen)
            snprintf(out, size, _("This is: %s. Here belongs: %s"), seen, item);
        else
            snprintf(out, size, _("Here belongs: %s"), item);
        break;
    case REASON_TURNED:
        snprintf(out, size, _("Turn it round"));
        break;
    case REASON_MIRRORED:
        snprintf(out, size, _("Turn it over"));
        break;
    case REASON_TOO_MANY:
        snprintf(out, size, _("One too many. Take one away"));
        break;
    case REASON_ELSEWHERE:
        snprintf(out, size, _("It lies here. It belongs there"));
        break;
    case REASON_MOVED:
        snprintf(out, size, _("Put this back: %s"), *seen ? seen : "");
        break;
    default:
        snprintf(out, size, _("I don't know this one. Here belongs: %s"), item);
        break;
    }
}

static const char *mend_pictogram(enum verdict_reason r)
{
    switch (r) {
    case REASON_TURNED:
        return "turn-round";
    case REASON_MIRRORED:
        return "turn-over";
    case REASON_TOO_MANY:
        return "one-too-many";
    case REASON_OTHER_ITEM:
    case REASON_UNKNOWN:
        return "remove";
    default:
        return NULL;
    }
}

static void show_mend(struct guide *g, const struct show_step *s, const struct parts *p)
{
    char text[SCENE_TEXT_MAX];
    const struct verdict *v = s->verdict;
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_GUIDE);
    if (v->outline_count > 2)
        polygon(g, SCENE_OUTLINE, v->outline, v->outline_count, SCENE_ATTENTION);
    if (v->reason == REASON_ELSEWHERE && p->outline_count)
        arrow(g, v->seen_at, centre_of(p->outline, p->outline_count), false);
    if (v->reason == REASON_OTHER_ITEM && v->seen_item >= 0) { /* where that one belongs */
        struct bench_mm bin[SCENE_POINTS];
        int count = bin_outline(s->workflow, s->workflow->items[v->seen_item].bin, bin);
        if (count)
            arrow(g, v->seen_at, centre_of(bin, count), false);
    }
    if (p->bin_count && (v->reason == REASON_MISSING || v->reason == REASON_OTHER_ITEM || v->reason == REASON_UNKNOWN))
        polygon(g, SCENE_OUTLINE, p->bin, p->bin_count, SCENE_GUIDE);
    mend_words(s, p, text, sizeof text);
    words(g, text, WORDS_Y_MM, WORDS_MM);
    pictogram(g, mend_pictogram(v->reason), PICTOGRAM_X * g->bench_width_mm, ASIDE_Y_MM);
    item_picture(g, s, p);
    if (s->help_level >= 3)
        pictogram(g, "help", COACH_X * g->bench_width_mm, ASIDE_Y_MM);
}

struct cause {
    enum verdict_reason reason;
    const char *pictogram, *text, *remedy; /* what to do, NULL: nothing */
};

static const struct cause *find_cause(enum verdict_reason reason)
{
    static const struct cause causes[] = {
        {REASON_HAND, "hand-away", N_("Hand away, please"), NULL},
        {REASON_DARK, "too-dark", N_("Too dark to see"), N_("Please turn the light on")},
        {REASON_GLARE, "glare", N_("Too bright to see"), N_("Please close the curtain, or turn the lamp away")},
        {REASON_MOVED, "look", N_("Something moved. One moment"), NULL},
        {REASON_STALE, "camera-gone", N_("The camera looks again"), NULL},
        {REASON_BLURRED, "look", N_("The picture is not sharp"), N_("Please call the coach: the camera may be dirty")},
        {REASON_NONE, "look", N_("I can't see it well. Please look at it together"), NULL},
    };
    const size_t last = sizeof causes / sizeof causes[0] - 1;
    size_t i = 0;
    while (i < last && causes[i].reason != reason)
        i++;
    return &causes[i];
}

static void show_wait(struct guide *g, const struct show_step *s, const struct parts *p)
{
    const struct cause *cause = find_cause(s->verdict->reason);
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_QUIET);
    words(g, _(cause->text), WORDS_Y_MM, WORDS_MM);
    words(g, cause->remedy ? _(cause->remedy) : NULL, REMEDY_Y_MM, SMALL_WORDS_MM);
    pictogram(g, cause->pictogram, PICTOGRAM_X * g->bench_width_mm, ASIDE_Y_MM);
}

static void show_confirm(struct guide *g, const struct show_step *s, const struct parts *p)
{
    char text[SCENE_TEXT_MAX];
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_GUIDE);
    if (p->place && s->verdict->result == VERDICT_ACCEPT)
        snprintf(text, sizeof text, _("Are there %d of these: %s?"), p->step->count, name_of(s, p->step->item));
    else if (p->place)
        snprintf(text, sizeof text, _("Is this: %s?"), name_of(s, p->step->item));
    else
        snprintf(text, sizeof text, "%s", workflow_text(&p->step->text));
    words(g, text, WORDS_Y_MM, WORDS_MM);
    item_picture(g, s, p);
    pictogram(g, "next", PICTOGRAM_X * g->bench_width_mm, ASIDE_Y_MM);
}

static void show_good(struct guide *g, const struct parts *p)
{
    if (p->outline_count)
        polygon(g, SCENE_OUTLINE, p->outline, p->outline_count, SCENE_GOOD)->width_mm = 5;
    pictogram(g, "well-done", PICTOGRAM_X * g->bench_width_mm, ASIDE_Y_MM);
}

void show_pack_step(struct guide *g, const struct show_step *s)
{
    struct parts p;
    scene_clear(g->scene);
    switch (s->state) {
    case STEP_PAUSED:
        show_message(g, "pause", _("Pause"), _("Press next to go on"), NULL);
        return;
    case STEP_BLOCKED:
        if (s->camera_moved)
            show_message(g, "help", _("The camera was moved. Please call the coach"),
                         _("The case can be put aside. Then calibrate again"), NULL);
        else if (s->light_lost)
            show_message(g, "help", _("The projector was moved. Please call the coach"),
                         _("The case can be put aside. Then calibrate again"), NULL);
        else
            show_gone(g);
        return;
    case STEP_ASIDE:
        show_message(g, "put-aside", _("The case is put aside"), NULL, NULL);
        return;
    case STEP_COMPLETE:
        show_message(g, "well-done", _("Done! The case is complete"), NULL, NULL);
        return;
    default:
        break;
    }
    find_parts(s, &p);
    progress(g, s->done, s->total);
    if (s->state == STEP_TAKE)
        show_take(g, s, &p);
    else if (s->state == STEP_PLACE_IT)
        show_place(g, s, &p);
    else if (s->state == STEP_MEND)
        show_mend(g, s, &p);
    else if (s->state == STEP_WAIT)
        show_wait(g, s, &p);
    else if (s->state == STEP_CONFIRM_IT)
        show_confirm(g, s, &p);
    else if (s->state == STEP_GOOD)
        show_good(g, &p);
    guide_show(g);
}

void show_message(struct guide *g, const char *name, const char *line, const char *more, const char *detail)
{
    scene_clear(g->scene);
    pictogram(g, name, g->bench_width_mm / 2, g->bench_depth_mm * 0.32);
    words(g, line, WORDS_Y_MM + 60, WORDS_MM);
    words(g, more, WORDS_Y_MM + 20, SMALL_WORDS_MM * 1.2);
    words(g, detail, WORDS_Y_MM - 20, SMALL_WORDS_MM);
    guide_show(g);
}

void show_open_kit(struct guide *g, const struct workflow *w, int done, int total, const char *line)
{
    char path[SCENE_TEXT_MAX];
    scene_clear(g->scene);
    for (int i = 1; i < w->carrier_count; i++)
        if (w->carriers[i].picture[0])
            picture(g, workflow_path(w, w->carriers[i].picture, path, sizeof path), g->bench_width_mm / 2,
                    g->bench_depth_mm * 0.45, OPEN_KIT_MM);
    words(g, line, WORDS_Y_MM + 60, WORDS_MM);
    words(g, _("Yes: next. No, another one: no"), WORDS_Y_MM + 20, SMALL_WORDS_MM * 1.2);
    pictogram(g, "put-aside", PICTOGRAM_X * g->bench_width_mm, g->bench_depth_mm * 0.45);
    progress(g, done, total);
    guide_show(g);
}

void show_gone(struct guide *g)
{
    show_message(g, "camera-gone", _("One moment. The camera or the projector is gone"), _("The coach can help"), NULL);
}

void show_trouble(struct guide *g, enum verdict_reason reason)
{
    const struct cause *cause = find_cause(reason);
    show_message(g, cause->pictogram, _(cause->text), cause->remedy ? _(cause->remedy) : NULL, NULL);
}

void show_ask_at(struct guide *g, const struct bench_mm *outline, int corners, const char *name, const char *line)
{
    scene_clear(g->scene);
    polygon(g, SCENE_OUTLINE, outline, corners, SCENE_GUIDE);
    pictogram(g, name, PICTOGRAM_X * g->bench_width_mm, ASIDE_Y_MM);
    words(g, line, WORDS_Y_MM, WORDS_MM);
    guide_show(g);
}
