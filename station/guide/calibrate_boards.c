#include "calibrate_session.h"

#include "cv_picture.h"
#include "log.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAT_WANTED   3
#define TILTED_WANTED (CALIBRATE_VIEWS_PROPOSED - FLAT_WANTED)
#define LOOK_EVERY_S  0.3    /* between two looks for the board while waiting */
#define STILL_PX      0.7    /* two looks that agree so well: it lies still */
#define NEW_SHARE     0.006  /* of the picture's width: so far its corners must be from every earlier place */
#define MOVED_PX      0.6    /* between the first and the last picture of a capture */
#define BAD_LOOKS     4      /* so many looks in a row at a board that can't be taken: said */
#define SHORT_COUNTDOWN_S 1.0
#define FLAT_PX       3.0    /* projector px off the bench's map: the sheet lies flat on it */
#define GLARE_GREY    250
#define GLARE_SHARE   0.08   /* of the board's area at the top of the range */
#define COVERAGE_MIN  0.5    /* of its corners */
#define BAD_ONE_OF    3      /* one of so many places may be left out; where more are bad, it is the board */
#define LEAN_MM       60.0   /* height of the raised side in the proposal */

/* ---- comparing places ---- */

/* Mean distance of the corners that both show; negative where they share fewer than four. */
static double apart_px(const struct board_seen *a, const struct board_seen *b)
{
    double sum = 0;
    int n = 0;
    for (int i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->corners[i].id < b->corners[k].id)
            i++;
        else if (a->corners[i].id > b->corners[k].id)
            k++;
        else {
            sum += hypot(a->corners[i].cam.x - b->corners[k].cam.x, a->corners[i].cam.y - b->corners[k].cam.y);
            n++, i++, k++;
        }
    }
    return n >= 4 ? sum / n : -1;
}

/* Takes over `seen` into the list of places that were looked at already. */
static void remember(struct calibrate_session *s, struct board_seen *seen)
{
    if (s->known_count == CALIBRATE_KNOWN_MAX) {
        board_seen_finish(&s->known[0]);
        memmove(s->known, s->known + 1, sizeof s->known[0] * (CALIBRATE_KNOWN_MAX - 1));
        s->known_count--;
    }
    s->known[s->known_count++] = *seen;
    *seen = (struct board_seen){0};
}

static bool is_new(const struct calibrate_session *s, const struct board_seen *seen)
{
    for (int i = 0; i < s->known_count; i++) {
        double apart = apart_px(&s->known[i], seen);
        if (apart >= 0 && apart < NEW_SHARE * s->g->frame->image.width)
            return false;
    }
    return true;
}

/* ---- what is still wanted ---- */

static int count_views(const struct calibrate_session *s, bool flat)
{
    int n = 0;
    for (int i = 0; i < s->view_count; i++)
        n += s->views[i].flat == flat;
    return n;
}

static int wanted(const struct calibrate_session *s, bool flat)
{
    int left = (flat ? FLAT_WANTED : TILTED_WANTED) - count_views(s, flat);
    return left > 0 ? left : 0;
}

static json_t *still_wanted(const struct calibrate_session *s)
{
    json_t *list = json_array();
    for (int i = 0; i < wanted(s, true); i++)
        json_array_append_new(list, json_string("flat"));
    for (int i = 0; i < wanted(s, false); i++)
        json_array_append_new(list, json_string("tilted"));
    return list;
}

/* ---- asking ---- */

/* Where it may lie next: a proposal, any place will do. */
static void propose(const struct calibrate_session *s, bool flat, struct bench_mm outline[4])
{
    static const double at[][3] = {{0.5, 0.42, 0.1}, {0.27, 0.45, 1.4}, {0.73, 0.4, -0.2},
                                   {0.32, 0.35, 0.5}, {0.68, 0.5, -0.5}, {0.5, 0.3, 1.57}, {0.5, 0.55, 0.8}};
    int n = flat ? count_views(s, true) : FLAT_WANTED + count_views(s, false);
    const double *p = at[n % (int)(sizeof at / sizeof at[0])];
    show_rectangle((struct rigid){p[0] * s->g->bench_width_mm, p[1] * s->g->bench_depth_mm, p[2]},
                   board_width_mm(s->o->board), board_height_mm(s->o->board), 0, outline);
    for (int i = 2; i < 4 && !flat; i++)
        outline[i].z = LEAN_MM;
}

static void ask(struct calibrate_session *s)
{
    struct bench_mm outline[4];
    bool flat = wanted(s, true) > 0;
    propose(s, flat, outline);
    s->act = 1 + s->view_count;
    calibrate_show_at(s, outline, "board", flat ? _("Lay the board flat here, or somewhere near")
                                                : _("Lean the board on something: one side up"));
    guide_ask(s->g, "board", "next done", outline, 4,
              json_pack("{s:s,s:s,s:o}", "kind", "board", "pose", flat ? "flat" : "tilted", "still_wanted", still_wanted(s)));
}

static void refuse(struct calibrate_session *s, const struct lw_error *err)
{
    char line[640];
    calibrate_tell(s, "refused", calibrate_reason(err->id),
                   json_pack("{s:s,s:s,s:b,s:o}", "cause", lw_msg_name(err->id), "text", lw_error_line(err, line, sizeof line),
                             "ends", 0, "still_wanted", still_wanted(s)));
    calibrate_show(s, "help", err->text, lw_msg_remedy(err->id));
    guide_wait(s->g, s->o->automatic ? 0.5 : 3.0);
}

/* ---- waiting for a board that lies still ---- */

enum arrival { ARRIVAL_BOARD, ARRIVAL_DONE, ARRIVAL_NOTHING, ARRIVAL_QUIT };

static enum lw_msg look(struct calibrate_session *s, struct board_seen *seen, struct lw_error *err)
{
    struct image grey = {0};
    enum lw_msg rc = cv_picture_convert(&s->g->frame->image, IMAGE_GRAY8, &grey, err);
    *seen = (struct board_seen){0};
    rc = rc ? rc : board_find(s->o->board, &grey, seen, err);
    image_finish(&grey);
    return rc;
}

/* A board that is seen but can't be taken (cut off, another one) is named once it has lain so for some looks. */
static bool name_trouble(struct calibrate_session *s, struct board_seen *seen, enum lw_msg rc, int *bad, const struct lw_error *err)
{
    bool of_use = (rc == LW_MSG_BOARD_CUT_OFF || rc == LW_MSG_BOARD_OTHER) && (seen->markers + seen->foreign > 0 || seen->count > 0);
    *bad = of_use ? *bad + 1 : 0;
    if (*bad != BAD_LOOKS || err->id == s->last_trouble)
        return false;
    s->last_trouble = err->id;
    refuse(s, err);
    return true;
}

static enum arrival wait_for_board(struct calibrate_session *s, struct lw_error *err)
{
    struct guide *g = s->g;
    struct press press;
    struct board_seen last = {0};
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(s->o->wait_s * 1e9);
    int bad = 0, looks = 0, looks_wanted = (int)(s->o->wait_s / LOOK_EVERY_S); /* a busy machine looks less often */
    enum arrival a = ARRIVAL_QUIT;
    while (!g->quit) {
        guide_wait(g, LOOK_EVERY_S);
        bool done = false, now = false;
        while (guide_press(g, &press))
            done |= press.kind == PRESS_DONE, now |= press.kind == PRESS_NEXT;
        if (done) {
            a = ARRIVAL_DONE;
            break;
        }
        struct board_seen seen = {0};
        struct lw_error trouble = {0};
        enum lw_msg rc = g->seen.moving || !g->frame ? LW_MSG_BOARD_NOT_SEEN : look(s, &seen, &trouble);
        if (name_trouble(s, &seen, rc, &bad, &trouble))
            ask(s);
        double apart = rc ? -1 : apart_px(&last, &seen);
        bool take = !rc && is_new(s, &seen) && (now || (apart >= 0 && apart < STILL_PX));
        board_seen_finish(&last);
        last = seen;
        if (take) {
            a = ARRIVAL_BOARD;
            break;
        }
        looks++;
        if (g->seen.moving || (!rc && is_new(s, &last))) { /* something happens: patience begins anew */
            until = clock_now_ns(&g->clock) + (int64_t)(s->o->wait_s * 1e9);
            looks = 0;
        }
        if (s->o->automatic && looks >= looks_wanted && clock_now_ns(&g->clock) >= until) {
            a = ARRIVAL_NOTHING;
            break;
        }
    }
    board_seen_finish(&last);
    if (a == ARRIVAL_QUIT)
        lw_fail(err, LW_MSG_ENDED);
    return a;
}

/* ---- one capture ---- */

/* Share of the area between the corners that is at the top of the range. */
static double glare_share(const struct board_seen *seen, const struct image *white)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    long bright = 0, count = 0;
    for (int i = 0; i < seen->count; i++) {
        x0 = fmin(x0, seen->corners[i].cam.x), x1 = fmax(x1, seen->corners[i].cam.x);
        y0 = fmin(y0, seen->corners[i].cam.y), y1 = fmax(y1, seen->corners[i].cam.y);
    }
    for (int y = (int)fmax(y0, 0); y < fmin(y1, white->height); y += 2)
        for (int x = (int)fmax(x0, 0); x < fmin(x1, white->width); x += 2, count++)
            bright += image_row(white, y)[x] >= GLARE_GREY;
    return count ? (double)bright / (double)count : 0;
}

/* What the white picture shows of it, or the cause why it is not good enough. */
static enum lw_msg find_corners(struct calibrate_session *s, const struct image *white, struct board_seen *seen,
                                struct lw_error *err)
{
    enum lw_msg rc = board_find(s->o->board, white, seen, err);
    if (!rc && seen->coverage >= COVERAGE_MIN)
        return LW_OK;
    if (rc == LW_MSG_BOARD_OTHER)
        return rc;
    if (seen->count >= 4 && glare_share(seen, white) > GLARE_SHARE)
        return lw_fail(err, LW_MSG_BOARD_GLARE, 100 * glare_share(seen, white));
    return rc ? rc : lw_fail(err, LW_MSG_BOARD_CUT_OFF, seen->count, board_corner_count(s->o->board));
}

/* The board in white light once more: it must lie as before. */
static enum lw_msg check_stillness(struct calibrate_session *s, const struct board_seen *before, struct lw_error *err)
{
    struct image picture = {0}, white = {0};
    struct board_seen after = {0};
    enum lw_msg rc = image_init(&picture, s->plan.width, s->plan.height, IMAGE_BGRA8, err);
    if (!rc)
        image_fill(&picture, 255);
    rc = rc ? rc : capture_picture(&s->capture, &picture, &white, err);
    if (!rc) {
        double apart = board_find(s->o->board, &white, &after, err) ? -1 : apart_px(before, &after);
        if (apart < 0 || apart > MOVED_PX)
            rc = lw_fail(err, LW_MSG_CAPTURE_MOVED);
    }
    board_seen_finish(&after);
    image_finish(&white);
    image_finish(&picture);
    return rc;
}

/* Median distance of the light on the sheet from where it would fall on the bench. */
static bool lies_flat(const struct calibrate_session *s, const struct calibrate_view *v)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    int flat = 0, all = 0;
    for (int i = 0; i < v->seen.count; i++) {
        x0 = fmin(x0, v->seen.corners[i].cam.x), x1 = fmax(x1, v->seen.corners[i].cam.x);
        y0 = fmin(y0, v->seen.corners[i].cam.y), y1 = fmax(y1, v->seen.corners[i].cam.y);
    }
    for (int i = 0; i < v->light.count; i++) {
        const struct decode_pair *p = &v->light.pairs[i];
        struct bench_mm at;
        if (p->cam.x < x0 || p->cam.x > x1 || p->cam.y < y0 || p->cam.y > y1)
            continue;
        double off = calibrate_off_bench_px(s, p, &at);
        all += off >= 0;
        flat += off >= 0 && off < FLAT_PX;
    }
    return all > 0 && 2 * flat > all;
}

static enum lw_msg capture_view(struct calibrate_session *s, struct calibrate_view *v, struct lw_error *err)
{
    struct image white = {0};
    guide_wait_calm(s->g, SHORT_COUNTDOWN_S);
    enum lw_msg rc = calibrate_capture(s, v->name, &v->light, &white, err);
    rc = rc ? rc : find_corners(s, &white, &v->seen, err);
    rc = rc ? rc : check_stillness(s, &v->seen, err);
    if (!rc)
        v->flat = lies_flat(s, v);
    image_finish(&white);
    return rc;
}

static void drop_view(struct calibrate_view *v)
{
    board_seen_finish(&v->seen);
    decode_finish(&v->light);
    *v = (struct calibrate_view){0};
}

/* Tries the new view with the others: a bent board, or one that moved, is named at once. Other causes may still go away
 * with more views; they are named at the end. */
static enum lw_msg try_view(struct calibrate_session *s, struct lw_error *err)
{
    struct lw_error trial = {0};
    enum lw_msg rc = calibrate_solve(s, &trial);
    if (rc && s->report.bad_view == s->view_count - 1 &&
        (s->report.finding == SOLVE_VIEW_BENT || s->report.finding == SOLVE_VIEW_MOVED)) {
        *err = trial;
        return rc;
    }
    return LW_OK;
}

/* Captures what lies there; a refusal is told and is no error. Errors end the session. */
static enum lw_msg take_board(struct calibrate_session *s, struct lw_error *err)
{
    struct calibrate_view *v = &s->views[s->view_count];
    struct board_seen place;
    struct lw_error trouble = {0};
    *v = (struct calibrate_view){0};
    snprintf(v->name, sizeof v->name, "board-%d", ++s->boards_tried);
    if (!look(s, &place, &trouble))
        remember(s, &place);
    board_seen_finish(&place);
    calibrate_show(s, "look", _("Look away, please. The board is measured"), NULL);
    guide_wait(s->g, SHORT_COUNTDOWN_S);
    enum lw_msg rc = capture_view(s, v, &trouble);
    if (!rc) {
        s->view_count++;
        rc = try_view(s, &trouble);
        s->view_count -= rc != LW_OK;
    }
    if (rc == LW_MSG_ENDED || rc == LW_MSG_NO_PICTURES || rc == LW_MSG_NO_MEMORY) {
        *err = trouble;
        drop_view(v);
        return rc;
    }
    if (rc) {
        s->refusal = trouble;
        refuse(s, &trouble);
        calibrate_forget(s, v->name);
        drop_view(v);
        return LW_OK;
    }
    s->last_trouble = LW_OK;
    calibrate_tell(s, "captured", NULL,
                   json_pack("{s:s,s:s,s:i,s:i,s:f,s:o}", "pose", v->name, "lies", v->flat ? "flat" : "tilted", "corners",
                             v->seen.count, "pairs", v->light.count, "decoded_share", v->light.decoded_share, "still_wanted",
                             still_wanted(s)));
    return LW_OK;
}

/* ---- the act ---- */

/* Leaves out the places that are named bent or moved now that all are known, as long as some are left. */
static enum lw_msg solve_without_bad(struct calibrate_session *s, struct lw_error *err)
{
    enum lw_msg rc = calibrate_solve(s, err);
    int may_go = s->view_count / BAD_ONE_OF;
    while (rc && may_go-- > 0 && s->report.bad_view >= 0 && s->report.bad_view < s->view_count &&
           (s->report.finding == SOLVE_VIEW_BENT || s->report.finding == SOLVE_VIEW_MOVED)) {
        int bad = s->report.bad_view;
        drop_view(&s->views[bad]);
        memmove(&s->views[bad], &s->views[bad + 1], sizeof s->views[0] * (size_t)(s->view_count - bad - 1));
        s->views[--s->view_count] = (struct calibrate_view){0};
        refuse(s, err);
        rc = calibrate_solve(s, err);
    }
    return rc;
}

enum lw_msg calibrate_boards(struct calibrate_session *s, struct lw_error *err)
{
    bool more = true;
    enum lw_msg rc = LW_OK;
    while (!rc && more && s->view_count < CALIBRATE_VIEWS_MAX && wanted(s, true) + wanted(s, false) > 0) {
        ask(s);
        enum arrival a = wait_for_board(s, err);
        if (a == ARRIVAL_QUIT)
            return LW_MSG_ENDED;
        more = a == ARRIVAL_BOARD;
        if (more)
            rc = take_board(s, err);
    }
    if (!rc && s->view_count == 0 && s->refusal.id) { /* boards were laid, and none was any good: what was before stays */
        *err = s->refusal;
        return err->id;
    }
    if (rc || s->view_count == 0)
        return rc;
    rc = solve_without_bad(s, err);
    if (rc)
        return rc;
    calibrate_show(s, "clear-bench", _("Take the board away, please"), NULL);
    guide_ask(s->g, "remove", "next", NULL, 0, json_pack("{s:s}", "what_lies_there", "board"));
    return calibrate_wait_for_go(s, err);
}

void calibrate_boards_finish(struct calibrate_session *s)
{
    for (int i = 0; i < s->view_count; i++)
        drop_view(&s->views[i]);
    for (int i = 0; i < s->known_count; i++)
        board_seen_finish(&s->known[i]);
}
