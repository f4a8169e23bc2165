/* Other witnesses of a step: where the hands were, what is asked of each, and what comes of it. All through the contract of
 * ../check/witness.h; which kinds there are is not known here. */
#include "pack_session.h"

#include "cv_picture.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define SAME_REACH_S 1.0 /* bins that are touched within this time are touched by one reach: the arm passes over them */
#define PRINT_ROOM_MM 3.0 /* around a thing that was found */

static const struct workflow_step *step_at(const struct pack *p, int step)
{
    return &p->w->steps[p->first + step];
}

/* Witness number i of a step: its item's come first. NULL: there are no more. */
static const struct workflow_witness *witness_at(const struct pack *p, int step, int i)
{
    const struct workflow_step *s = step_at(p, step);
    const struct workflow_witnesses none = {0}, *of_item = s->place >= 0 ? &p->w->items[s->item].witness : &none;
    if (i < of_item->count)
        return &p->w->witnesses[of_item->first + i];
    i -= of_item->count;
    return i < s->witness.count ? &p->w->witnesses[s->witness.first + i] : NULL;
}

static bool step_needs(const struct pack *p, int step, unsigned need)
{
    const struct workflow_witness *w;
    for (int i = 0; (w = witness_at(p, step, i)); i++)
        if (witness_kind(w->options.kind)->needs & need)
            return true;
    return false;
}

/* ---- hands ---- */

void pack_watch_hands(struct pack *p)
{
    int step = step_machine_step(p->machine);
    struct bench_mm outline[SCENE_POINTS];
    if (!p->g->new_frame || !p->g->watch || step >= p->count || !step_needs(p, step, WITNESS_NEEDS_HANDS))
        return;
    int64_t now_ns = clock_now_ns(&p->g->clock), since_ns = p->hands_ns > p->hands_from_ns ? p->hands_ns : p->hands_from_ns;
    for (int i = 0; i < p->w->bin_count; i++) {
        const struct workflow_bin *b = &p->w->bins[i];
        int corners = b->outline.count < SCENE_POINTS ? b->outline.count : SCENE_POINTS;
        for (int k = 0; k < corners; k++)
            outline[k] = (struct bench_mm){b->outline.points[k].x, b->outline.points[k].y, b->z_mm};
        if (watch_moved_in(p->g->watch, outline, corners, since_ns))
            p->bin_touched_ns[i] = now_ns;
    }
    p->hands_ns = p->g->frame->t_ns; /* motion has the time of the frame that shows it */
}

void pack_forget_hands(struct pack *p)
{
    p->hands_from_ns = clock_now_ns(&p->g->clock);
    memset(p->bin_touched_ns, 0, sizeof *p->bin_touched_ns * (size_t)p->w->bin_count);
}

static double far_edge_mm(const struct workflow_bin *b)
{
    double y = -1e9;
    for (int i = 0; i < b->outline.count; i++)
        y = fmax(y, b->outline.points[i].y);
    return y;
}

/* Of the bins of the last reach the one farthest from the person counts: the arm lies over the others. */
static struct witness_hands hands_of(const struct pack *p, int own)
{
    struct witness_hands h = {false, -1};
    int64_t last_ns = 0;
    int farthest = -1;
    for (int i = 0; i < p->w->bin_count; i++)
        last_ns = p->bin_touched_ns[i] > last_ns ? p->bin_touched_ns[i] : last_ns;
    for (int i = 0; last_ns > 0 && i < p->w->bin_count; i++) {
        if (!p->bin_touched_ns[i] || last_ns - p->bin_touched_ns[i] > (int64_t)(SAME_REACH_S * 1e9))
            continue;
        h.in_own = h.in_own || i == own;
        if (farthest < 0 || far_edge_mm(&p->w->bins[i]) > far_edge_mm(&p->w->bins[farthest]))
            farthest = i;
    }
    h.in_other = farthest == own ? -1 : farthest;
    return h;
}

/* ---- what it may look at ---- */

/* The thing as it was found, or all of the step's carrier, or the bench. */
static void aim(const struct pack *p, int step, const struct verdict *v, struct witness_sight *s)
{
    const struct workflow_step *st = step_at(p, step);
    struct local_mm points[SCENE_POINTS];
    double box[4] = {1e9, 1e9, -1e9, -1e9};
    if (st->place < 0) {
        const struct workflow_carrier *c = st->carrier > 0 ? &p->w->carriers[st->carrier] : NULL;
        s->T_bench_from_place = c ? p->T_bench_from_carrier[st->carrier] : (struct rigid){0};
        s->half_x_mm = c ? c->width_mm / 2 : p->g->bench_width_mm / 2;
        s->half_y_mm = c ? c->depth_mm / 2 : p->g->bench_depth_mm / 2;
        s->middle = c ? (struct local_mm){0, 0} : (struct local_mm){s->half_x_mm, s->half_y_mm};
        s->z_mm = c ? c->height_mm : 0;
        return;
    }
    const struct check_place *at = &p->places[st->place];
    int count = check_item_outline(p->taught.check, at->item, points, SCENE_POINTS);
    for (int i = 0; i < count; i++) {
        box[0] = fmin(box[0], points[i].x), box[1] = fmin(box[1], points[i].y);
        box[2] = fmax(box[2], points[i].x), box[3] = fmax(box[3], points[i].y);
    }
    s->T_bench_from_place = v->fits ? rigid_mul(at->T_bench_from_place, v->offset) : at->T_bench_from_place;
    s->middle = (struct local_mm){(box[0] + box[2]) / 2, (box[1] + box[3]) / 2};
    s->half_x_mm = (box[2] - box[0]) / 2 + PRINT_ROOM_MM;
    s->half_y_mm = (box[3] - box[1]) / 2 + PRINT_ROOM_MM;
    s->z_mm = at->z_mm + p->w->items[at->item].height_mm;
}

/* Region pictures, read when they are needed; those that can't be read are left out. */
static int read_pictures(const struct pack *p, const struct workflow_frames *files, struct image *out)
{
    char path[512];
    struct lw_error err;
    int count = 0;
    for (int i = 0; i < files->count; i++)
        if (cv_picture_read(workflow_path(p->w, files->files[i], path, sizeof path), IMAGE_BGR8, &out[count], &err) == LW_OK)
            count++;
        else
            lw_log_error("witness", &err);
    return count;
}

static void ask_one(const struct pack *p, int step, const struct workflow_witness *w, struct witness_sight *s,
                    struct witness_answer *out)
{
    struct witness_options o = w->options;
    if (o.kind == WITNESS_CODE && !*o.code && step_at(p, step)->code)
        o.code = step_at(p, step)->code; /* what is to be scanned stands in the step */
    struct image *pictures = calloc((size_t)(w->right.count + w->wrong.count) + 1, sizeof *pictures);
    if (!pictures)
        return;
    s->right = pictures;
    s->right_count = read_pictures(p, &w->right, pictures);
    s->wrong = pictures + s->right_count;
    s->wrong_count = read_pictures(p, &w->wrong, pictures + s->right_count);
    witness_ask(&o, s, out);
    for (int i = 0; i < s->right_count + s->wrong_count; i++)
        image_finish(&pictures[i]);
    free(pictures);
}

/* ---- the verdict ---- */

/* Which item has this tag or code, or is taken from this bin: -1 none. */
static int item_of(const struct pack *p, const struct witness_options *asked, const struct witness_answer *a)
{
    char own[sizeof a->evidence];
    for (int i = 0; i < p->w->item_count; i++) {
        const struct workflow_item *it = &p->w->items[i];
        if (a->bin >= 0 && it->bin == a->bin)
            return i;
        for (int k = 0; k < it->witness.count; k++) {
            const struct witness_options *o = &p->w->witnesses[it->witness.first + k].options;
            if (o->kind == asked->kind && strcmp(witness_sign(o, own, sizeof own), a->evidence) == 0)
                return i;
        }
    }
    return -1;
}

bool pack_has_witness(const struct pack *p, int step)
{
    return witness_at(p, step, 0) != NULL;
}

void pack_hear_witnesses(struct pack *p, int step, const struct image *picture, struct verdict *v)
{
    const struct workflow_step *st = step_at(p, step);
    const struct workflow_witness *w;
    struct bench_mm bin[SCENE_POINTS];
    int own = st->item >= 0 ? p->w->items[st->item].bin : -1;
    struct witness_sight sight = {.model = &p->g->calibration.model, .picture = picture, .hands = &p->hands, .bin = bin};
    if (!p->hands_known)
        p->hands = hands_of(p, own);
    p->heard_count = 0;
    if (v->result != VERDICT_ACCEPT && v->result != VERDICT_CONFIRM)
        return;
    for (int i = 0; own >= 0 && i < p->w->bins[own].outline.count && i < SCENE_POINTS; i++, sight.bin_corners++)
        bin[i] = (struct bench_mm){p->w->bins[own].outline.points[i].x, p->w->bins[own].outline.points[i].y,
                                   p->w->bins[own].z_mm};
    aim(p, step, v, &sight);
    for (int i = 0; i < PACK_WITNESSES && (w = witness_at(p, step, i)); i++) {
        p->heard_kind[i] = witness_kind(w->options.kind)->name;
        ask_one(p, step, w, &sight, &p->heard[p->heard_count++]);
    }
    witness_combine(p->heard, p->heard_count, v);
    if (v->result == VERDICT_ACCEPT && st->place >= 0)
        v->seen_item = p->places[st->place].item; /* the camera may have named its look-alike */
    for (int i = 0; v->result == VERDICT_REFUSE && i < p->heard_count; i++)
        if (p->heard[i].says == WITNESS_DISAGREES && v->reason == REASON_OTHER_ITEM && v->seen_item < 0)
            v->seen_item = item_of(p, &witness_at(p, step, i)->options, &p->heard[i]);
    if (v->result == VERDICT_REFUSE)
        pack_forget_hands(p); /* from now on it counts where the right one is taken from */
}

void pack_keep_regions(const struct pack *p, int step, const struct image *picture, const struct verdict *v, const char *folder)
{
    const struct workflow_witness *w;
    struct witness_sight sight = {.model = &p->g->calibration.model, .picture = picture};
    char path[1024];
    struct lw_error err;
    aim(p, step, v, &sight);
    for (int i = 0, number = 0; (w = witness_at(p, step, i)); i++) {
        struct image region = {0};
        if (w->options.kind != WITNESS_REGION)
            continue;
        snprintf(path, sizeof path, "%s/region-%d.png", folder, ++number);
        if (witness_region_picture(&w->options, &sight, 0, &region, &err) || cv_picture_write(path, &region, &err))
            lw_log_error("witness", &err);
        image_finish(&region);
    }
}

json_t *pack_witness_detail(const struct pack *p)
{
    static const char *const says[] = {[WITNESS_CANNOT_TELL] = "cannot_tell", [WITNESS_DISAGREES] = "disagrees",
                                       [WITNESS_AGREES] = "agrees"};
    json_t *list = p->heard_count ? json_array() : NULL;
    for (int i = 0; i < p->heard_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:f,s:s}", "kind", p->heard_kind[i], "says",
                                              says[p->heard[i].says], "confidence", p->heard[i].confidence, "evidence",
                                              p->heard[i].evidence));
    return list;
}
