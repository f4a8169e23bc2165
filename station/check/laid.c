#include "laid.h"

#include "check_parts.h"

#include <stdlib.h>
#include <string.h>

#define OUT_PX       40   /* two rows of 20 mm at the edge: an arm, not a thing's corner */
#define EQUAL_AREA   1.30 /* equal things are seen with areas that differ by so much at most: glare, shadow */
#define EQUAL_LENGTH 1.15
#define EQUAL_APART  2.2  /* mm that their outlines may differ on average when laid on one another */
#define PIECE_SHARE  0.15 /* of the part's area: a piece, less is a crumb of it */
#define PIECES_MAX   12
#define OTHERS_ROOM_MM 5.0 /* painted over around another part */
#define TURNS        360  /* steps of half a degree: a quarter is enough for a rectangle, twice for its mirror */

/* ---- the change ---- */

/* 255 where the camera sees the plane. */
static enum lw_msg seen_area(const struct laid_look *l, const struct view_grid *g, struct image *valid, struct lw_error *err)
{
    const struct lens *lens = &l->model->camera.lens;
    enum lw_msg rc = image_init(valid, g->width, g->height, IMAGE_GRAY8, err);
    for (int y = 0; y < g->height && !rc; y++)
        for (int x = 0; x < g->width; x++) {
            struct local_mm b = rigid_apply(g->T_bench_from_local, view_local_from_px(g, x, y));
            struct cam_px c;
            bool seen = b.x >= 0 && b.y >= 0 && b.x <= l->model->bench_width_mm && b.y <= l->model->bench_depth_mm &&
                        model_cam_from_bench(l->model, (struct bench_mm){b.x, b.y, g->z_mm}, &c) && c.x >= 0 &&
                        c.y >= 0 && c.x < lens->width && c.y < lens->height;
            image_row(valid, y)[x] = seen ? 255 : 0;
        }
    return rc;
}

static struct view_grid grid_of(const struct laid_look *l)
{
    return view_grid_make(l->T_bench_from_local, l->x0_mm, l->y0_mm, l->x1_mm, l->y1_mm, l->z_mm, SHAPE_MM_PER_PX);
}

static enum lw_msg compare(const struct laid_look *l, double smallest_mm2, const struct view_grid *grid,
                           struct cv_change *change, struct lw_error *err)
{
    struct image before = {0}, after = {0}, valid = {0};
    struct view_grid was = *grid;
    was.T_bench_from_local = l->T_bench_from_local_before;
    enum lw_msg rc = view_rectify(l->model, l->before, &was, &before, err);
    rc = rc ? rc : view_rectify(l->model, l->after, grid, &after, err);
    rc = rc ? rc : seen_area(l, grid, &valid, err);
    const struct cv_change_options o = {.mm_per_px = SHAPE_MM_PER_PX, .noise_grey = l->noise_grey,
                                        .smallest_mm2 = smallest_mm2, .valid = &valid};
    rc = rc ? rc : cv_shape_change(&before, &after, &o, change, err);
    image_finish(&before);
    image_finish(&after);
    image_finish(&valid);
    return rc;
}

/* ---- parts ---- */

static void box_of(struct laid_part *p)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int i = 0; i < p->rim_count; i++) {
        x0 = fmin(x0, p->rim[i].x), x1 = fmax(x1, p->rim[i].x);
        y0 = fmin(y0, p->rim[i].y), y1 = fmax(y1, p->rim[i].y);
    }
    p->centre = (struct local_mm){(x0 + x1) / 2, (y0 + y1) / 2};
    p->half_x_mm = (x1 - x0) / 2;
    p->half_y_mm = (y1 - y0) / 2;
}

/* False: no outline, nothing to teach from. */
static bool read_part(const struct view_grid *grid, const struct cv_change *change, int part, struct laid_part *out)
{
    float xy[2 * LAID_RIM];
    struct lw_error ignored;
    int n = cv_shape_rim(&change->labels, part + 1, xy, LAID_RIM, &ignored);
    if (n < 3)
        return false;
    *out = (struct laid_part){.rim_count = n, .area_mm2 = change->parts[part].area_px * SHAPE_MM_PER_PX * SHAPE_MM_PER_PX,
                              .reaches_out = change->parts[part].border_px > OUT_PX};
    for (int i = 0; i < n; i++)
        out->rim[i] = view_local_from_px(grid, xy[2 * i], xy[2 * i + 1]);
    box_of(out);
    return true;
}

bool laid_covers(const struct laid_part *part, struct local_mm p, double room_mm)
{
    double least = 1e9;
    bool in = false;
    for (int i = 0, j = part->rim_count - 1; i < part->rim_count; j = i++) {
        const struct local_mm *a = &part->rim[i], *b = &part->rim[j];
        double ex = b->x - a->x, ey = b->y - a->y, length2 = ex * ex + ey * ey;
        double t = length2 > 0 ? fmin(1, fmax(0, ((p.x - a->x) * ex + (p.y - a->y) * ey) / length2)) : 0;
        least = fmin(least, hypot(p.x - a->x - t * ex, p.y - a->y - t * ey));
        if ((a->y > p.y) != (b->y > p.y) && p.x < ex * (p.y - a->y) / ey + a->x)
            in = !in;
    }
    return in || least <= room_mm;
}

/* ---- pieces ---- */

/* Changes near to one another are joined, since glare cuts things apart; so are things that were laid side by side. */
/* Gives the connected piece at x, y another label; its place and area. */
static struct cv_part fill_piece(struct image *labels, int x, int y, uint8_t from, uint8_t to, int *stack)
{
    struct cv_part p = {.left = x, .right = x, .top = y, .bottom = y, .pieces = 1};
    int depth = 0;
    stack[depth++] = y * labels->width + x;
    image_row(labels, y)[x] = to;
    while (depth > 0) {
        int at = stack[--depth], px = at % labels->width, py = at / labels->width;
        p.area_px++, p.x += px, p.y += py;
        p.left = px < p.left ? px : p.left, p.right = px > p.right ? px : p.right;
        p.top = py < p.top ? py : p.top, p.bottom = py > p.bottom ? py : p.bottom;
        for (int k = 0; k < 9; k++) {
            int nx = px + k % 3 - 1, ny = py + k / 3 - 1;
            if (nx < 0 || ny < 0 || nx >= labels->width || ny >= labels->height || image_row(labels, ny)[nx] != from)
                continue;
            image_row(labels, ny)[nx] = to;
            stack[depth++] = ny * labels->width + nx;
        }
    }
    p.x /= p.area_px, p.y /= p.area_px;
    p.piece_area_px = p.area_px;
    return p;
}

/* Makes parts of the pieces of the largest part when they are about equally large; otherwise the labels stay as they
 * were. Returns how many there are now: 1, nothing was done. */
static int split_first(struct cv_change *change, int part, struct lw_error *err)
{
    struct image kept = {0};
    const struct cv_part whole = change->parts[part];
    struct cv_part piece[PIECES_MAX];
    uint8_t own = (uint8_t)(part + 1), crumbs = 255;
    int count = 0, *stack = malloc(sizeof *stack * (size_t)(whole.area_px + 1));
    double sum = 0, least = 1e18, most = 0;
    bool good = stack && whole.pieces > 1 && image_copy(&kept, &change->labels, err) == LW_OK;
    for (int y = whole.top; good && y <= whole.bottom; y++)
        for (int x = whole.left; x <= whole.right; x++) {
            uint8_t to = count < PIECES_MAX ? (uint8_t)(CV_SHAPE_PARTS + 1 + count) : crumbs;
            if (image_row(&change->labels, y)[x] != own)
                continue;
            struct cv_part p = fill_piece(&change->labels, x, y, own, to, stack);
            if (p.area_px < PIECE_SHARE * whole.area_px || to == crumbs) {
                fill_piece(&change->labels, x, y, to, crumbs, stack);
                continue;
            }
            piece[count++] = p;
            sum += p.area_px, least = fmin(least, p.area_px), most = fmax(most, p.area_px);
        }
    good = good && count > 1 && most < EQUAL_AREA * least && sum > 0.8 * whole.area_px &&
           change->count + count - 1 <= CV_SHAPE_PARTS;
    for (int i = 0; good && i < count; i++) { /* the first one stays where the whole was, the others come behind all */
        int label = i == 0 ? part : change->count++;
        change->parts[label] = piece[i];
        int x = piece[i].left;
        while (image_row(&change->labels, piece[i].top)[x] != CV_SHAPE_PARTS + 1 + i)
            x++;
        fill_piece(&change->labels, x, piece[i].top, (uint8_t)(CV_SHAPE_PARTS + 1 + i), (uint8_t)(label + 1), stack);
    }
    if (!good && kept.data) {
        image_finish(&change->labels);
        change->labels = kept;
        kept.owned = false;
    }
    image_finish(&kept);
    free(stack);
    return good ? count : 1;
}

/* ---- equal ones ---- */

/* Shapes count from the picture's middle. */
static struct rigid local_from_picture(const struct view_grid *g)
{
    struct local_mm middle = view_local_from_px(g, (g->width - 1) / 2.0, (g->height - 1) / 2.0);
    return (struct rigid){middle.x, middle.y, 0};
}

static bool alike(double a, double b, double most)
{
    return a < most * b && b < most * a;
}

/* Is the thing of this shape the same as the first one? Then where it lies. */
static bool is_equal(const struct shape *first, const struct shape *s, struct rigid *T_first_from_this)
{
    struct shape_match match[SHAPE_MATCHES];
    if (s->count == 0 || !alike(first->area_mm2, s->area_mm2, EQUAL_AREA) ||
        !alike(first->length_mm, s->length_mm, EQUAL_LENGTH))
        return false;
    int n = shape_align(first, s, true, match);
    if (n == 0 || match[0].cue[CUE_OUTLINE] > EQUAL_APART)
        return false;
    *T_first_from_this = match[0].T_taught_from_seen;
    return true;
}

static enum lw_msg find_equals(const struct view_grid *grid, const struct cv_change *change, const int *label,
                               struct laid *out, struct lw_error *err)
{
    struct shape first = {0}, s = {0};
    struct rigid T_local = local_from_picture(grid);
    enum lw_msg rc = out->count > 1 ? shape_make(change, label[0], &first, err) : LW_OK;
    out->equal_count = out->count > 0;
    for (int i = 1; i < out->count && !rc && first.count; i++) {
        struct rigid T_first_from_this;
        rc = shape_make(change, label[i], &s, err);
        if (!rc && is_equal(&first, &s, &T_first_from_this)) {
            /* a point of the first, in local mm, taken to where it is on this one */
            struct rigid moved = rigid_mul(T_local, rigid_mul(rigid_inverse(T_first_from_this), rigid_inverse(T_local)));
            out->parts[i].T_local_from_piece = moved;
            out->equal[out->equal_count++] = i;
        }
        shape_finish(&s);
    }
    shape_finish(&first);
    return rc;
}

/* The parts that count, then the others; and which of them are equal. */
static enum lw_msg read_parts(const struct laid_look *look, const struct view_grid *grid, const struct cv_change *change,
                              struct laid *out, struct lw_error *err)
{
    int label[LAID_PARTS];
    out->all = out->count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < change->count && out->all < LAID_PARTS; i++) {
            struct laid_part *p = &out->parts[out->all];
            if (read_part(grid, change, i, p) && (!look->counts || look->counts(look->context, p)) == (pass == 0))
                label[out->all++] = i;
        }
        if (pass == 0)
            out->count = out->all;
    }
    out->first_label = out->count ? label[0] : -1;
    return find_equals(grid, change, label, out, err);
}

enum lw_msg laid_find(const struct laid_look *look, double smallest_mm2, struct laid *out, struct lw_error *err)
{
    struct cv_change change = {0};
    struct view_grid grid = grid_of(look);
    *out = (struct laid){0};
    enum lw_msg rc = compare(look, smallest_mm2, &grid, &change, err);
    if (!rc)
        out->trouble = check_picture_trouble(&change);
    rc = rc ? rc : read_parts(look, &grid, &change, out, err);
    if (!rc && out->count > 0 && !look->joined && change.parts[out->first_label].pieces > 1) {
        struct laid apart = {.trouble = out->trouble};
        int pieces = split_first(&change, out->first_label, err);
        if (pieces > 1 && read_parts(look, &grid, &change, &apart, err) == LW_OK && apart.equal_count >= pieces)
            *out = apart;
    }
    cv_shape_change_finish(&change);
    return rc;
}

/* ---- its size, and its pictures ---- */

struct rigid laid_rectangle(const struct laid_part *part, double *width_mm, double *depth_mm)
{
    double least = 1e18;
    struct rigid best = {0};
    for (int k = 0; k < TURNS / 2; k++) {
        double a = (k - TURNS / 4) * LW_PI / TURNS, c = cos(a), s = sin(a); /* -45 to 45 degrees */
        double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
        for (int i = 0; i < part->rim_count; i++) {
            double u = c * part->rim[i].x + s * part->rim[i].y, v = -s * part->rim[i].x + c * part->rim[i].y;
            x0 = fmin(x0, u), x1 = fmax(x1, u), y0 = fmin(y0, v), y1 = fmax(y1, v);
        }
        if ((x1 - x0) * (y1 - y0) >= least)
            continue;
        least = (x1 - x0) * (y1 - y0);
        double u = (x0 + x1) / 2, v = (y0 + y1) / 2;
        best = (struct rigid){c * u - s * v, s * u + c * v, a};
        *width_mm = x1 - x0;
        *depth_mm = y1 - y0;
    }
    return best;
}

/* In `after` the other parts become what was there before. */
static void paint_others(const struct laid *laid, const struct laid_patch *patch, const struct view_grid *grid,
                         struct rigid T_local_from_grid, const struct image *before, struct image *after)
{
    for (int i = 0; i < laid->all; i++) {
        const struct laid_part *p = &laid->parts[i];
        struct local_mm at = rigid_apply(rigid_inverse(T_local_from_grid), p->centre);
        double reach = hypot(p->half_x_mm, p->half_y_mm) + OTHERS_ROOM_MM;
        if (i == patch->own || fabs(at.x) > patch->half_x_mm + reach || fabs(at.y) > patch->half_y_mm + reach)
            continue;
        for (int y = 0; y < after->height; y++)
            for (int x = 0; x < after->width; x++) {
                struct local_mm l = rigid_apply(T_local_from_grid, view_local_from_px(grid, x, y));
                if (laid_covers(p, l, OTHERS_ROOM_MM))
                    memcpy(image_row(after, y) + 3 * x, image_row(before, y) + 3 * x, 3);
            }
    }
}

enum lw_msg laid_cut(const struct laid_look *look, const struct laid *laid, const struct laid_patch *patch,
                     struct image *before, struct image *after, struct lw_error *err)
{
    struct view_grid grid = view_grid_make(rigid_mul(look->T_bench_from_local, patch->T_local_from_place),
                                           -patch->half_x_mm, -patch->half_y_mm, patch->half_x_mm, patch->half_y_mm,
                                           look->z_mm, patch->mm_per_px);
    struct view_grid was = grid;
    was.T_bench_from_local = rigid_mul(look->T_bench_from_local_before, patch->T_local_from_place);
    enum lw_msg rc = view_rectify(look->model, look->before, &was, before, err);
    rc = rc ? rc : view_rectify(look->model, look->after, &grid, after, err);
    if (!rc)
        paint_others(laid, patch, &grid, patch->T_local_from_place, before, after);
    return rc;
}
