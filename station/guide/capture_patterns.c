/* All patterns of a plan: taught numbers, streamed, and one by one what was missed. */
#include "capture_parts.h"

#include "cv_picture.h"
#include "log.h"

#include <stdlib.h>

#define LATE_TIMES 2.5          /* so much longer a busy machine may take */
#define LATEST_MS  3000.0
#define HOLD_FRAMES 2          /* a numbered pattern is shown so long: one of them is whole */
#define HOLD_SHARE 0.8         /* of their time at least: a busy machine or network brings frames in bunches */

/* The first frame after the longest delay. */
static enum lw_msg capture_late(struct capture *c, const struct image *picture, struct image *out, struct lw_error *err)
{
    const struct guide *g = c->g;
    enum lw_msg rc = capture_show(c, picture, err);
    while (!rc && !(rc = capture_next_frame(c->g, err)) && (double)(g->frame->t_ns - g->presented_ns) / 1e6 < c->delay_max_ms)
        ;
    return rc ? rc : cv_picture_convert(&g->frame->image, IMAGE_GRAY8, out, err);
}

/* Where the camera sees the counter's cells, from these two pictures on; c->counting says whether it does. */
static enum lw_msg teach_counter(struct capture *c, const struct image *white, const struct image *black, struct lw_error *err)
{
    struct image picture, taught[COUNTER_TEACH] = {0};
    struct lw_error unseen;
    enum lw_msg rc = image_init(&picture, c->g->screen->info.width, c->g->screen->info.height, IMAGE_BGRA8, err);
    c->counting = false;
    for (int i = 0; !rc && i < COUNTER_TEACH; i++) {
        counter_teach_draw(i, 0, 255, &picture);
        rc = capture_late(c, &picture, &taught[i], err);
    }
    if (!rc) {
        counter_finish(&c->counter);
        c->counting = counter_learn(&c->counter, white, black, taught, &unseen) == LW_OK;
    }
    lw_log(LW_LOG_INFO, "calibrate", "frame counter: %s", c->counting ? "seen" : "not seen");
    capture_free(taught, COUNTER_TEACH);
    image_finish(&picture);
    return rc;
}

/* The same. Where it is not seen, its pictures may have come later than any before (a busy machine): once more with more
 * patience, which is kept. When even the first pose does not show it, it is out of sight. */
static enum lw_msg find_counter(struct capture *c, const struct image *white, const struct image *black, struct lw_error *err)
{
    static const double patience[] = {1, LATE_TIMES, LATE_TIMES * LATE_TIMES};
    double delay_max_ms = c->delay_max_ms;
    enum lw_msg rc = LW_OK;
    c->counting = false;
    for (size_t i = 0; !rc && !c->counting && !c->out_of_sight && i < sizeof patience / sizeof patience[0]; i++) {
        c->delay_max_ms = fmin(patience[i] * delay_max_ms, fmax(delay_max_ms, LATEST_MS));
        rc = teach_counter(c, white, black, err);
    }
    if (!rc && !c->counting && c->poses == 0) {
        c->out_of_sight = true;
        c->delay_max_ms = delay_max_ms;
    }
    c->poses++;
    return rc;
}

#define DISTURBED_SHARE 0.02
#define UNLIT_MIN 200        /* compared pixels */
#define DRIFT_SHARE 0.06     /* of the unlit pixels' mean */
#define DRIFT_MIN_GREY 1.0

/* Is black what it was? A lamp that was switched on, or something that lies elsewhere now. */
static enum lw_msg look_again(struct capture *c, struct image *picture, const struct image *black, bool *disturbed,
                              struct lw_error *err)
{
    struct image again = {0};
    image_fill(picture, 0);
    enum lw_msg rc = capture_picture(c, picture, &again, err);
    long changed = 0, count = 0;
    double grey = fmax(STABLE_MIN_GREY / 2, STABLE_CONTRAST * c->contrast_grey / 2);
    for (int y = 0; !rc && y < again.height; y += GRID)
        for (int x = 0; x < again.width; x += GRID, count++)
            changed += abs(image_row(&again, y)[x] - image_row(black, y)[x]) > grey;
    *disturbed = !rc && (double)changed > DISTURBED_SHARE * (double)count;
    image_finish(&again);
    return rc;
}

static bool numbered(const struct pattern_plan *plan, int index)
{
    enum pattern_role role = pattern_at(plan, index).role;
    return role == PATTERN_COLUMN || role == PATTERN_ROW;
}

/* Keeps the next frame where it carries the number of a pattern that was shown, from *reached (the one seen before it)
 * up to `last`: they arrive in order, however late. */
static enum lw_msg keep_next(struct capture *c, const struct pattern_plan *plan, int *reached, int last,
                             struct image *captures, struct lw_error *err)
{
    struct image seen;
    int number, i = *reached;
    enum lw_msg rc = capture_next_number(c, &seen, &number, err);
    while (i <= last && (i % (1 << COUNTER_BITS) != number || !numbered(plan, i)))
        i++;
    if (rc || number < 0 || i > last || captures[i].data) {
        image_finish(&seen);
        return rc;
    }
    captures[i] = seen;
    *reached = i;
    frame_unref(&c->last);
    c->last = frame_ref(c->g->frame);
    return LW_OK;
}

/* Dark, until no frame carries a number any more: what taught the counter may read as one. */
static enum lw_msg clear_numbers(struct capture *c, struct image *picture, struct lw_error *err)
{
    image_fill(picture, 0);
    enum lw_msg rc = capture_show(c, picture, err);
    int64_t now_ns = clock_now_ns(&c->g->clock), least = now_ns + (int64_t)(c->delay_max_ms * 1e6);
    for (int number = 0; !rc && (now_ns < least || (number >= 0 && now_ns < least + STALE_NS));) {
        struct image seen;
        rc = capture_next_number(c, &seen, &number, err);
        image_finish(&seen);
        now_ns = clock_now_ns(&c->g->clock);
    }
    return rc;
}

/* Numbered patterns one after the other, the next before the last has arrived: as fast as the camera sees them. What
 * was missed stays empty. */
static enum lw_msg stream_numbered(struct capture *c, const struct pattern_plan *plan, struct image *picture,
                                   struct image *captures, struct lw_error *err)
{
    const struct guide *g = c->g;
    enum lw_msg rc = clear_numbers(c, picture, err);
    int count = pattern_count(plan), last = 0, reached = 0;
    for (int i = 0; !rc && i < count; i++) {
        if (!numbered(plan, i))
            continue;
        pattern_draw(plan, last = i, 0, 255, picture);
        c->number_shown = i % (1 << COUNTER_BITS);
        counter_draw(c->number_shown, 0, 255, picture);
        rc = capture_show(c, picture, err);
        int64_t whole = g->presented_ns + (int64_t)(HOLD_SHARE * HOLD_FRAMES * capture_frame_ms(c) * 1e6);
        for (int k = 0; !rc && (k < HOLD_FRAMES || clock_now_ns(&g->clock) < whole); k++)
            rc = keep_next(c, plan, &reached, i, captures, err);
    }
    int64_t until = clock_now_ns(&g->clock) + (int64_t)(c->delay_max_ms * 1e6);
    while (!rc && !captures[last].data && clock_now_ns(&g->clock) < until)
        rc = keep_next(c, plan, &reached, last, captures, err);
    return rc;
}

/* Takes what is missing, one by one; only white and black where `full_fields`. */
static enum lw_msg take_missing(struct capture *c, const struct pattern_plan *plan, bool full_fields, struct image *picture,
                                struct image *captures, struct lw_error *err)
{
    enum lw_msg rc = LW_OK;
    for (int i = 0; !rc && i < pattern_count(plan); i++) {
        if (captures[i].data || (full_fields && numbered(plan, i)))
            continue;
        if (numbered(plan, i) && c->counting && i % (1 << COUNTER_BITS) == c->number_shown)
            rc = clear_numbers(c, picture, err); /* another pattern with the same number may still be on its way */
        pattern_draw(plan, i, 0, 255, picture);
        if (rc)
            break;
        c->number_shown = numbered(plan, i) ? i % (1 << COUNTER_BITS) : c->number_shown;
        rc = numbered(plan, i) ? capture_numbered(c, picture, i, &captures[i], err)
                               : capture_picture(c, picture, &captures[i], err);
    }
    return rc;
}

/* Mean grey of what the projector does not reach. */
static double unlit_grey(const struct capture *c, const struct image *im)
{
    double sum = 0;
    long i = 0, count = 0;
    for (int y = 0; y < im->height; y += GRID)
        for (int x = 0; x < im->width; x += GRID, i++)
            if (!c->lit[i])
                sum += image_row(im, y)[x], count++;
    return count >= UNLIT_MIN ? sum / (double)count : 0;
}

/* Did lamps or the camera's exposure change between the stripe patterns? They all bring half of the light, so what they
 * do not reach tells. */
static bool exposure_drifted(const struct capture *c, const struct pattern_plan *plan, const struct image *captures)
{
    double least = INFINITY, most = 0;
    for (int i = 0; i < pattern_count(plan); i++)
        if (numbered(plan, i) && capture_same_size(&captures[i], &c->white)) {
            double grey = unlit_grey(c, &captures[i]);
            least = fmin(least, grey), most = fmax(most, grey);
        }
    return most - least > fmax(DRIFT_SHARE * most, DRIFT_MIN_GREY);
}

enum lw_msg capture_patterns(struct capture *c, const struct pattern_plan *plan, struct image *captures, bool *disturbed,
                             struct lw_error *err)
{
    struct image picture;
    int white = 0, black = 0;
    for (int i = 0; i < pattern_count(plan); i++) {
        white = pattern_at(plan, i).role == PATTERN_WHITE ? i : white;
        black = pattern_at(plan, i).role == PATTERN_BLACK ? i : black;
    }
    enum lw_msg rc = image_init(&picture, plan->width, plan->height, IMAGE_BGRA8, err);
    frame_unref(&c->last); /* what was shown before is not one of them */
    c->number_before = c->number_shown = COUNTER_UNREADABLE;
    rc = rc ? rc : take_missing(c, plan, true, &picture, captures, err);
    rc = rc ? rc : find_counter(c, &captures[white], &captures[black], err); /* its cells lie elsewhere on a board */
    if (!rc && c->counting && !c->calm)
        rc = stream_numbered(c, plan, &picture, captures, err);
    rc = rc ? rc : take_missing(c, plan, false, &picture, captures, err);
    rc = rc ? rc : look_again(c, &picture, &captures[black], disturbed, err);
    *disturbed = *disturbed || (!rc && exposure_drifted(c, plan, captures));
    image_finish(&picture);
    if (rc)
        capture_free(captures, pattern_count(plan));
    return rc;
}
