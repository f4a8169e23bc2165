#include "board.h"

#include "cv_board.h"
#include "plane.h"

#include <stdlib.h>
#include <string.h>

/* Tags that are looked at: a dictionary's largest is 2320. */
#define TAGS_MAX 1200
#define TRIES    200
/* A tag belongs to the board when its corners lie this near to where the board's map has them, in tag sides: lenses bend
 * a map. */
#define TAG_NEAR 0.3
/* Share of the corners without which a ChArUco board is of no use. */
#define COVERAGE_MIN 0.25
/* A corner that moved by more than this share of the window was another one. */
#define MOVED_MAX 0.75
/* Corners off the smooth map of their neighbours by more than this (px) and this many medians are mistaken. */
#define STRAY_PX      0.6
#define STRAY_MEDIANS 6.0
/* Measured side of the tags against the file's, before it is another board. */
#define TAG_SIZE_OFF 0.08
#define RADIUS_MAX_PX 9.0

struct finder {
    const struct board *board;
    const struct image *picture;
    struct cv_tag *tags;
    int tag_count;
    double *x, *y, *u, *v; /* known places: board mm (y down from the upper edge), camera px */
    int known;
    struct homography map; /* board to camera */
};

/* Square of the tag, counted in the board's order; -1: not of this board. */
static int square_of(const struct board *b, int id, bool white_first)
{
    int n = id - b->first_id, per_two = b->squares_x, squares = b->squares_x * b->squares_y;
    if (n < 0)
        return -1;
    /* two rows together have squares_x white squares, however the first begins */
    int row = n / per_two * 2, rest = n % per_two;
    int in_first = white_first ? (b->squares_x + 1) / 2 : b->squares_x / 2;
    bool second = rest >= in_first;
    int k = second ? rest - in_first : rest;
    bool begins_white = white_first != second;
    int square = (row + second) * b->squares_x + 2 * k + (begins_white ? 0 : 1);
    return square < squares ? square : -1;
}

static void tag_corner_mm(const struct board *b, int square, int k, double *x, double *y)
{
    int i = square % b->squares_x, j = square / b->squares_x;
    double half = b->marker_mm / 2;
    *x = (i + 0.5) * b->square_mm + (k == 1 || k == 2 ? half : -half);
    *y = (j + 0.5) * b->square_mm + (k >= 2 ? half : -half);
}

static double tag_side_px(const struct cv_tag *t)
{
    double a = 0;
    for (int k = 0; k < 4; k++)
        a += hypot(t->x[k] - t->x[(k + 1) % 4], t->y[k] - t->y[(k + 1) % 4]);
    return a / 4;
}

static bool tag_fits(const struct finder *f, const struct homography *H, const struct cv_tag *t, int square)
{
    double side = tag_side_px(t);
    for (int k = 0; k < 4; k++) {
        double x, y, u, v;
        tag_corner_mm(f->board, square, k, &x, &y);
        if (!homography_apply(H, x, y, &u, &v) || hypot(u - t->x[k], v - t->y[k]) > TAG_NEAR * side)
            return false;
    }
    return true;
}

/* Adds the tags' corners to the known places: those marked, or the three given. */
static void know_tag(struct finder *f, int tag, int square)
{
    for (int k = 0; k < 4; k++) {
        tag_corner_mm(f->board, square, k, &f->x[f->known], &f->y[f->known]);
        f->u[f->known] = f->tags[tag].x[k];
        f->v[f->known++] = f->tags[tag].y[k];
    }
}

static int next_random(uint64_t *state, int below)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((*state >> 33) % (uint64_t)below);
}

/* The most tags that one smooth map explains, for this way of counting. Tags of it stay known. */
static int agree(struct finder *f, bool white_first, int *squares, bool *fits)
{
    uint64_t state = 1;
    int best = 0, mine = 0, list[TAGS_MAX];
    struct homography H = {{0}}, trial;
    for (int i = 0; i < f->tag_count; i++) {
        squares[i] = square_of(f->board, f->tags[i].id, white_first);
        if (squares[i] >= 0)
            list[mine++] = i;
    }
    for (int n = 0; mine > 0 && n < TRIES; n++) {
        f->known = 0;
        for (int k = 0; k < 3; k++) { /* up to three tags: one alone tells little of the far end */
            int i = list[next_random(&state, mine)];
            know_tag(f, i, squares[i]);
        }
        if (!homography_fit(f->x, f->y, f->u, f->v, NULL, f->known, &trial))
            continue;
        int votes = 0;
        for (int i = 0; i < mine; i++)
            votes += tag_fits(f, &trial, &f->tags[list[i]], squares[list[i]]);
        if (votes > best) {
            best = votes;
            H = trial;
        }
    }
    for (int again = 0; best > 0 && again < 3; again++) {
        f->known = 0;
        for (int i = 0; i < f->tag_count; i++) {
            fits[i] = squares[i] >= 0 && tag_fits(f, &H, &f->tags[i], squares[i]);
            if (fits[i])
                know_tag(f, i, squares[i]);
        }
        best = f->known / 4;
        if (!best || !homography_fit(f->x, f->y, f->u, f->v, NULL, f->known, &H))
            best = 0;
    }
    f->map = H;
    return best;
}

/* What the map leaves over at the known places round about (inverse distances) bends it to the lens. */
static bool predict(const struct finder *f, double x, double y, struct cam_px *out)
{
    double u, v, du = 0, dv = 0, weight = 0, pu, pv;
    if (!homography_apply(&f->map, x, y, &u, &v))
        return false;
    double unit = f->board->square_mm * f->board->square_mm;
    for (int i = 0; i < f->known; i++) {
        double r2 = ((f->x[i] - x) * (f->x[i] - x) + (f->y[i] - y) * (f->y[i] - y)) / unit;
        if (r2 > 9 || !homography_apply(&f->map, f->x[i], f->y[i], &pu, &pv))
            continue;
        double w = 1 / (0.05 + r2 * r2);
        du += w * (f->u[i] - pu), dv += w * (f->v[i] - pv), weight += w;
    }
    *out = (struct cam_px){u + (weight > 0 ? du / weight : 0), v + (weight > 0 ? dv / weight : 0)};
    return true;
}

static void corner_mm(const struct board *b, int id, double *x, double *y)
{
    int across = b->squares_x - 1;
    *x = (id % across + 1) * b->square_mm;
    *y = (id / across + 1) * b->square_mm;
}

/* Window in which only four squares are seen: markers stand back from a corner by the square's margin. */
static double window_px(const struct finder *f, int id, struct cam_px at)
{
    const struct board *b = f->board;
    double x, y, least = INFINITY;
    corner_mm(b, id, &x, &y);
    for (int k = 0; k < 4; k++) {
        double u, v, dx = k == 0 ? 1 : k == 1 ? -1 : 0, dy = k == 2 ? 1 : k == 3 ? -1 : 0;
        if (homography_apply(&f->map, x + dx * b->square_mm, y + dy * b->square_mm, &u, &v))
            least = fmin(least, hypot(u - at.x, v - at.y));
    }
    double share = b->kind == BOARD_CHARUCO ? 0.95 * sqrt(2) * (1 - b->marker_mm / b->square_mm) / 2 : 0.45;
    return fmin(fmin(share, 0.45) * least, RADIUS_MAX_PX);
}

/* Refines one corner into `out`. */
static bool see_corner(const struct finder *f, int id, struct board_corner *out, double *blur)
{
    double x, y, sigma = 0;
    struct cam_px at, seen;
    corner_mm(f->board, id, &x, &y);
    if (!predict(f, x, y, &at))
        return false;
    double radius = window_px(f, id, at);
    seen = at;
    if (!board_refine(f->picture, radius, &seen, &sigma, blur) ||
        hypot(seen.x - at.x, seen.y - at.y) > fmax(1.5, MOVED_MAX * radius))
        return false;
    *out = (struct board_corner){id, seen, (float)fmax(sigma, 0.01)};
    return true;
}

static int by_id(const void *a, const void *b)
{
    return ((const struct board_corner *)a)->id - ((const struct board_corner *)b)->id;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void know_corners(struct finder *f, const struct board_seen *s)
{
    f->known = 0;
    for (int i = 0; i < s->count; i++) {
        corner_mm(f->board, s->corners[i].id, &f->x[i], &f->y[i]);
        f->u[i] = s->corners[i].cam.x;
        f->v[i] = s->corners[i].cam.y;
    }
    f->known = s->count;
}

/* Corners that the others' smooth map (a homography, with a cubic where there are enough) does not explain. */
static void drop_strays(struct board_seen *s, const struct board *b)
{
    enum { ROUNDS = 3, FOR_CUBIC = 24 };
    const double bent_px = 2; /* what a lens may do to a homography */
    struct decode_pair pairs[BOARD_CORNERS_MAX];
    double miss[BOARD_CORNERS_MAX], sorted[BOARD_CORNERS_MAX];
    bool use[BOARD_CORNERS_MAX];
    int n = s->count, kept = 0;
    if (n < 8)
        return;
    for (int i = 0; i < n; i++) {
        double x, y;
        corner_mm(b, s->corners[i].id, &x, &y);
        pairs[i] = (struct decode_pair){{x, y}, {s->corners[i].cam.x, s->corners[i].cam.y}, 1};
        use[i] = true;
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct plane_map map = {.scale = 0};
        bool cubic = plane_map_fit(pairs, n, use, &map) && n >= FOR_CUBIC; /* few rows leave a cubic open */
        for (int k = 0; !cubic && k < 10; k++)
            map.u[k] = map.v[k] = 0;
        for (int i = 0; i < n; i++) {
            struct proj_px q;
            miss[i] = plane_map_apply(&map, pairs[i].cam, &q) ? hypot(q.x - pairs[i].proj.x, q.y - pairs[i].proj.y)
                                                              : INFINITY;
        }
        memcpy(sorted, miss, (size_t)n * sizeof *miss);
        qsort(sorted, (size_t)n, sizeof *sorted, by_size);
        double most = fmax(cubic ? STRAY_PX : bent_px, STRAY_MEDIANS * sorted[n / 2]);
        for (int i = 0; i < n; i++)
            use[i] = miss[i] < most;
    }
    for (int i = 0; i < n; i++)
        if (use[i])
            s->corners[kept++] = s->corners[i];
    s->count = kept;
}

/* Corners from the known places; a second time from the corners themselves, for those that had no tag beside them. */
static void see_corners(struct finder *f, struct board_seen *s)
{
    int all = board_corner_count(f->board), blurs = 0;
    double sum = 0;
    bool have[BOARD_CORNERS_MAX] = {false};
    for (int round = 0; round < 2; round++) {
        for (int id = 0; id < all; id++) {
            double blur = 0;
            if (have[id] || !see_corner(f, id, &s->corners[s->count], &blur))
                continue;
            sum += blur;
            blurs++;
            s->count++;
            have[id] = true;
        }
        drop_strays(s, f->board);
        memset(have, 0, sizeof have);
        for (int i = 0; i < s->count; i++)
            have[s->corners[i].id] = true;
        if (s->count == all || s->count < 8)
            break;
        know_corners(f, s);
    }
    qsort(s->corners, (size_t)s->count, sizeof *s->corners, by_id);
    s->coverage = (double)s->count / all;
    s->cut_off = s->count < all;
    s->sharpness_px = blurs ? sum / blurs : 0;
}

/* Side of the tags by the map of their middles, over the side that the file says. */
static double tag_size(const struct finder *f, const int *squares, const bool *fits)
{
    double x[TAGS_MAX], y[TAGS_MAX], u[TAGS_MAX], v[TAGS_MAX], seen = 0, said = 0;
    int n = 0;
    struct homography H, back;
    for (int i = 0; i < f->tag_count; i++)
        if (fits[i]) {
            x[n] = (squares[i] % f->board->squares_x + 0.5) * f->board->square_mm;
            y[n] = (squares[i] / f->board->squares_x + 0.5) * f->board->square_mm;
            u[n] = v[n] = 0;
            for (int k = 0; k < 4; k++)
                u[n] += f->tags[i].x[k] / 4, v[n] += f->tags[i].y[k] / 4;
            n++;
        }
    if (n < 6 || !homography_fit(x, y, u, v, NULL, n, &H) || !homography_invert(&H, &back))
        return 1;
    for (int i = 0; i < f->tag_count; i++)
        for (int k = 0; fits[i] && k < 4; k++) {
            double ax, ay, bx, by;
            int next = (k + 1) % 4;
            if (homography_apply(&back, f->tags[i].x[k], f->tags[i].y[k], &ax, &ay) &&
                homography_apply(&back, f->tags[i].x[next], f->tags[i].y[next], &bx, &by))
                seen += hypot(ax - bx, ay - by), said += f->board->marker_mm;
        }
    return said > 0 ? seen / said : 1;
}

static enum lw_msg find_charuco(struct finder *f, struct board_seen *s, struct lw_error *err)
{
    const struct board *b = f->board;
    int squares[TAGS_MAX] = {0}, other_squares[TAGS_MAX];
    bool fits[TAGS_MAX] = {false}, other_fits[TAGS_MAX] = {false};
    enum lw_msg rc = cv_board_tags(f->picture, b->dictionary, f->tags, TAGS_MAX, &f->tag_count, err);
    if (rc)
        return rc;
    int other = agree(f, !b->white_first, other_squares, other_fits), markers = agree(f, b->white_first, squares, fits);
    if (other > markers)
        markers = agree(f, !b->white_first, squares, fits);
    s->markers = markers;
    s->foreign = f->tag_count - markers;
    if (f->tag_count == 0)
        return lw_fail(err, LW_MSG_BOARD_NOT_SEEN);
    if (s->foreign > markers && s->foreign > 3)
        return lw_fail(err, LW_MSG_BOARD_OTHER, _("its markers are others, or lie elsewhere"));
    if (markers < 2)
        return lw_fail(err, LW_MSG_BOARD_CUT_OFF, 0, board_corner_count(b));
    if (fabs(tag_size(f, squares, fits) - 1) > TAG_SIZE_OFF)
        return lw_fail(err, LW_MSG_BOARD_OTHER, _("its markers have another size for its squares"));
    see_corners(f, s);
    if (s->coverage < COVERAGE_MIN)
        return lw_fail(err, LW_MSG_BOARD_CUT_OFF, s->count, board_corner_count(b));
    return LW_OK;
}

/* Rows from the upper left seen from the printed side: never mirrored. */
static void order_chess(const struct board *b, float *xy)
{
    int across = b->squares_x - 1, down = b->squares_y - 1, last = 2 * (across - 1), below = 2 * across * (down - 1);
    double turn = (double)(xy[last] - xy[0]) * (xy[below + 1] - xy[1]) -
                  (double)(xy[last + 1] - xy[1]) * (xy[below] - xy[0]);
    for (int k = 0; turn < 0 && k < down; k++)
        for (int i = 0; i < across / 2; i++)
            for (int c = 0; c < 2; c++) {
                float *p = &xy[2 * (k * across + i) + c], *q = &xy[2 * (k * across + across - 1 - i) + c], t = *p;
                *p = *q;
                *q = t;
            }
}

static enum lw_msg find_chess(struct finder *f, struct board_seen *s, struct lw_error *err)
{
    const struct board *b = f->board;
    int across = b->squares_x - 1, down = b->squares_y - 1, n = across * down;
    float *xy = malloc(sizeof *xy * 2 * (size_t)(n + 2 * (across + down) + 4));
    if (!xy)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = LW_OK;
    if (!cv_board_chess(f->picture, across, down, xy)) {
        bool other = cv_board_chess(f->picture, across + 1, down + 1, xy) ||
                     (across > 2 && down > 2 && cv_board_chess(f->picture, across - 1, down - 1, xy));
        rc = other ? lw_fail(err, LW_MSG_BOARD_OTHER, _("it has another number of squares"))
                   : lw_fail(err, LW_MSG_BOARD_NOT_SEEN);
    }
    if (!rc) {
        order_chess(b, xy);
        for (int i = 0; i < n; i++) {
            corner_mm(b, i, &f->x[i], &f->y[i]);
            f->u[i] = xy[2 * i];
            f->v[i] = xy[2 * i + 1];
        }
        f->known = n;
        if (!homography_fit(f->x, f->y, f->u, f->v, NULL, n, &f->map))
            rc = lw_fail(err, LW_MSG_BOARD_NOT_SEEN);
    }
    free(xy);
    if (!rc)
        see_corners(f, s);
    if (!rc && s->coverage < 0.5)
        rc = lw_fail(err, LW_MSG_BOARD_CUT_OFF, s->count, n);
    return rc;
}

enum lw_msg board_find(const struct board *b, const struct image *picture, struct board_seen *out, struct lw_error *err)
{
    struct finder f = {.board = b, .picture = picture};
    *out = (struct board_seen){0};
    if (picture->format != IMAGE_GRAY8)
        return lw_fail(err, LW_MSG_PATTERN_PICTURES, "not grey");
    size_t most = 4 * TAGS_MAX + BOARD_CORNERS_MAX;
    double *all = malloc(4 * most * sizeof *all);
    f.tags = malloc(TAGS_MAX * sizeof *f.tags);
    out->corners = malloc((size_t)(board_corner_count(b) + 1) * sizeof *out->corners);
    enum lw_msg rc = all && f.tags && out->corners ? LW_OK : lw_fail(err, LW_MSG_NO_MEMORY);
    if (!rc) {
        f.x = all, f.y = all + most, f.u = all + 2 * most, f.v = all + 3 * most;
        rc = b->kind == BOARD_CHARUCO ? find_charuco(&f, out, err) : find_chess(&f, out, err);
    }
    free(all);
    free(f.tags);
    return rc;
}

void board_seen_finish(struct board_seen *s)
{
    free(s->corners);
    *s = (struct board_seen){0};
}
