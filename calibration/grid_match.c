/* Which squares of the grid are these? */
#include "grid_inner.h"

#include <stdlib.h>
#include <string.h>

#define SPAN  (2 * GRID_SPAN + 1)
#define WAYS  8 /* four turns, each as it is or mirrored */
#define PIECES_MAX 4 /* of one lattice: where a thing's edge shifts the light by whole squares */
/* A square's bit is read when its middle has so much of its rim's light, and the rim of the lattice's. */
#define MIDDLE_SHARE 0.35
#define RIM_SHARE    0.3
/* A piece is taken when chance would match it so seldom, all turns and places tried. */
#define CHANCE_MAX 1e-7
/* A sample of the squares, from everywhere (STRIDE is prime), must agree so far before all are asked. */
#define SAMPLE       64
#define SAMPLE_SHARE 0.55
#define STRIDE       101
/* A corner is sure when of the squares about it (REACH each way) so many are read, and so many of them agree. */
#define REACH        3
#define READ_MIN     12
#define AGREE_SHARE  0.9
#define TOUCHING_MIN 2
/* … and when it lies in line with its neighbours: so far off at most, in squares. */
#define LINE_SHARE 0.12

enum { UNREAD = -1 };

/* One square of a lattice: its upper left corner's label is (i, j). */
struct square {
    int i, j;
    int bit;     /* of the middle against the rim, or UNREAD */
    int bright;  /* the rim's light: 1 brighter than the inverse's */
    bool taken;  /* by a piece */
    bool agrees; /* with the piece that is looked at */
};

struct lattice {
    struct square *squares;
    int count;
    int16_t *corner_at; /* SPAN x SPAN: index of the corner, -1 none */
    int32_t *square_at; /* SPAN x SPAN: index of the square, -1 none */
};

/* A way of laying a lattice onto the plan. */
struct laid {
    int a, b, c, d; /* (x, y) -> (a x + b y, c x + d y) */
    int column, row;
    int agree;
};

static ptrdiff_t slot(int i, int j)
{
    return (ptrdiff_t)(j + GRID_SPAN) * SPAN + i + GRID_SPAN;
}

static bool in_span(int i, int j)
{
    return abs(i) <= GRID_SPAN && abs(j) <= GRID_SPAN;
}

/* Mean light over 3x3 px, 0: as much as in the inverse. */
static double light_at(const struct grid_light *light, double x, double y)
{
    int cx = (int)lround(x), cy = (int)lround(y), sum = 0;
    if (cx < 1 || cy < 1 || cx >= light->picture.width - 1 || cy >= light->picture.height - 1)
        return 0;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            sum += image_row(&light->picture, cy + dy)[cx + dx] - 128;
    return sum / 9.0;
}

static bool read_square(const struct grid_light *light, const struct grid_corner *c[4], double floor_light, struct square *s)
{
    const double rim_share = 0.28; /* from a corner towards the middle: between the edges and what carries the bit */
    double mx = 0, my = 0, rim = 0, least = INFINITY, middle;
    for (int k = 0; k < 4; k++)
        mx += c[k]->at.x / 4, my += c[k]->at.y / 4;
    for (int k = 0; k < 4; k++) {
        double v = light_at(light, c[k]->at.x + rim_share * (mx - c[k]->at.x), c[k]->at.y + rim_share * (my - c[k]->at.y));
        rim += v / 4;
        least = fmin(least, k ? v * rim : v * v); /* all of one sign */
    }
    middle = light_at(light, mx, my);
    s->bright = rim > 0;
    if (fabs(rim) < floor_light || least <= 0 || fabs(middle) < MIDDLE_SHARE * fabs(rim))
        s->bit = UNREAD;
    else
        s->bit = (middle > 0) != (rim > 0);
    return s->bit != UNREAD;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Half of the squares' typical light, as the corners' own surroundings tell. */
static double floor_of(const struct grid_light *light, const struct grid_corner *corners, const struct lattice *l, double *spare)
{
    int n = 0;
    for (int k = 0; k < l->count; k++) {
        const struct grid_corner *c = &corners[l->corner_at[slot(l->squares[k].i, l->squares[k].j)]];
        spare[n++] = fabs(light_at(light, c->at.x + 0.16 * (c->across[0] + c->down[0]), c->at.y + 0.16 * (c->across[1] + c->down[1])));
    }
    qsort(spare, (size_t)n, sizeof *spare, by_size);
    return n ? RIM_SHARE * spare[n / 2] : 0;
}

static void collect(const struct grid_light *light, const struct grid_corner *corners, int count, int which, struct lattice *l,
                    double *spare)
{
    memset(l->corner_at, 0xff, (size_t)SPAN * SPAN * sizeof *l->corner_at);
    memset(l->square_at, 0xff, (size_t)SPAN * SPAN * sizeof *l->square_at);
    l->count = 0;
    for (int k = 0; k < count; k++)
        if (corners[k].lattice == which)
            l->corner_at[slot(corners[k].i, corners[k].j)] = (int16_t)k;
    for (int k = 0; k < count; k++) {
        int i = corners[k].i, j = corners[k].j;
        if (corners[k].lattice != which || !in_span(i + 1, j + 1) || l->corner_at[slot(i, j)] != k ||
            l->corner_at[slot(i + 1, j)] < 0 || l->corner_at[slot(i, j + 1)] < 0 || l->corner_at[slot(i + 1, j + 1)] < 0)
            continue;
        l->square_at[slot(i, j)] = l->count;
        l->squares[l->count++] = (struct square){.i = i, .j = j};
    }
    double floor_light = floor_of(light, corners, l, spare);
    for (int k = 0; k < l->count; k++) {
        struct square *s = &l->squares[k];
        const struct grid_corner *c[4] = {&corners[l->corner_at[slot(s->i, s->j)]], &corners[l->corner_at[slot(s->i + 1, s->j)]],
                                          &corners[l->corner_at[slot(s->i, s->j + 1)]],
                                          &corners[l->corner_at[slot(s->i + 1, s->j + 1)]]};
        read_square(light, c, floor_light, s);
    }
}

/* Where a square comes to lie; doubled coordinates, so that its middle is whole. */
static void square_place(const struct laid *way, const struct square *s, int *column, int *row)
{
    int x = 2 * s->i + 1, y = 2 * s->j + 1;
    *column = (way->a * x + way->b * y - 1) / 2 + way->column;
    *row = (way->c * x + way->d * y - 1) / 2 + way->row;
}

static void corner_place(const struct laid *way, int i, int j, int *column, int *row)
{
    *column = way->a * i + way->b * j + way->column;
    *row = way->c * i + way->d * j + way->row;
}

static bool agrees(const struct grid_plan *plan, const struct laid *way, const struct square *s)
{
    int column, row;
    square_place(way, s, &column, &row);
    return column >= 0 && row >= 0 && column < plan->columns && row < plan->rows && s->bright == !((column + row) % 2) &&
           s->bit == grid_bit(column, row);
}

/* Logarithm of how likely so many of n coins fall the same way or more (its upper bound, Hoeffding 1963). */
static double log_chance(int agree, int n)
{
    double share = (double)agree / n;
    if (share <= 0.5)
        return 0;
    return share >= 1 ? -n * log(2) : -n * (share * log(2 * share) + (1 - share) * log(2 * (1 - share)));
}

static struct laid way_of(int way)
{
    static const int turns[4][4] = {{1, 0, 0, 1}, {0, -1, 1, 0}, {-1, 0, 0, -1}, {0, 1, -1, 0}};
    const int *t = turns[way % 4];
    int mirror = way >= 4 ? -1 : 1;
    return (struct laid){.a = mirror * t[0], .b = mirror * t[1], .c = t[2], .d = t[3]};
}

/* Squares that agree with a way of laying; 0 when a sample of them says that it is none, or it can't beat `best`. */
static int count_agree(const struct grid_plan *plan, const struct laid *way, const struct lattice *l, int read, int best)
{
    int agree = 0, missed = 0, stride = l->count % STRIDE ? STRIDE : 1;
    for (int n = 0, k = 0; n < l->count && missed <= read - best; n++, k = (k + stride) % l->count) {
        const struct square *s = &l->squares[k];
        if (s->taken || s->bit == UNREAD)
            continue;
        bool same = agrees(plan, way, s);
        agree += same, missed += !same;
        if (agree + missed == SAMPLE && agree < SAMPLE_SHARE * SAMPLE)
            return 0;
    }
    return agree;
}

/* The way that most of the read squares, not yet taken, agree with. */
static struct laid best_way(const struct grid_plan *plan, const struct lattice *l, int read)
{
    struct laid best = {.agree = -1};
    for (int w = 0; w < WAYS; w++) {
        struct laid way = way_of(w);
        int lo_c = SPAN, hi_c = -SPAN, lo_r = SPAN, hi_r = -SPAN, column, row;
        for (int k = 0; k < l->count; k++) {
            if (l->squares[k].taken || l->squares[k].bit == UNREAD)
                continue;
            square_place(&way, &l->squares[k], &column, &row);
            lo_c = column < lo_c ? column : lo_c, hi_c = column > hi_c ? column : hi_c;
            lo_r = row < lo_r ? row : lo_r, hi_r = row > hi_r ? row : hi_r;
        }
        for (way.row = -hi_r; way.row < plan->rows - lo_r; way.row++)
            for (way.column = -hi_c; way.column < plan->columns - lo_c; way.column++) {
                way.agree = count_agree(plan, &way, l, read, best.agree);
                if (way.agree > best.agree)
                    best = way;
            }
    }
    return best;
}

/* How many squares about a corner are read and agree, REACH each way, and those that touch it. */
static void about(const struct lattice *l, int i, int j, int reach, int *read, int *agree)
{
    *read = *agree = 0;
    for (int dj = -reach; dj < reach; dj++)
        for (int di = -reach; di < reach; di++) {
            if (!in_span(i + di, j + dj))
                continue;
            int k = l->square_at[slot(i + di, j + dj)];
            if (k < 0 || l->squares[k].bit == UNREAD)
                continue;
            ++*read;
            *agree += l->squares[k].agrees;
        }
}

/* Corners whose surroundings all say the same get their place. */
static int settle(const struct grid_plan *plan, const struct laid *way, struct lattice *l, struct grid_corner *corners)
{
    int settled = 0;
    for (int k = 0; k < l->count; k++)
        l->squares[k].agrees = agrees(plan, way, &l->squares[k]);
    for (int j = -GRID_SPAN; j <= GRID_SPAN; j++)
        for (int i = -GRID_SPAN; i <= GRID_SPAN; i++) {
            int at = l->corner_at[slot(i, j)], read, agree, near, near_agree;
            if (at < 0 || corners[at].known)
                continue;
            about(l, i, j, REACH, &read, &agree);
            about(l, i, j, 1, &near, &near_agree);
            if (read < READ_MIN || agree < AGREE_SHARE * read || near < TOUCHING_MIN || near_agree < near)
                continue;
            corners[at].known = true;
            corner_place(way, i, j, &corners[at].column, &corners[at].row);
            settled++;
        }
    for (int k = 0; k < l->count; k++)
        l->squares[k].taken |= l->squares[k].agrees && l->squares[k].bit != UNREAD;
    return settled;
}

static bool beside(const struct lattice *l, const struct grid_corner *corners, int i, int j, struct cam_px *at)
{
    int k = in_span(i, j) ? l->corner_at[slot(i, j)] : -1;
    if (k < 0 || !corners[k].known)
        return false;
    *at = corners[k].at;
    return true;
}

/* Not in line with both neighbours: the corner itself is not where it was found, or one of them. */
static void drop_bent(const struct lattice *l, struct grid_corner *corners, int count, int which, bool *bent)
{
    for (int k = 0; k < count; k++) {
        const struct grid_corner *c = &corners[k];
        bent[k] = false;
        if (!c->known || c->lattice != which)
            continue;
        for (int way = 0; way < 2; way++) {
            int i = way ? 0 : 1, j = way;
            struct cam_px a, b;
            const double *step = way ? c->down : c->across;
            if (beside(l, corners, c->i - i, c->j - j, &a) && beside(l, corners, c->i + i, c->j + j, &b))
                bent[k] |= hypot((a.x + b.x) / 2 - c->at.x, (a.y + b.y) / 2 - c->at.y) > LINE_SHARE * hypot(step[0], step[1]);
        }
    }
    for (int k = 0; k < count; k++)
        corners[k].known &= !bent[k];
}

static int read_left(const struct lattice *l)
{
    int n = 0;
    for (int k = 0; k < l->count; k++)
        n += !l->squares[k].taken && l->squares[k].bit != UNREAD;
    return n;
}

void grid_match(const struct grid_plan *plan, const struct grid_light *light, struct grid_corner *corners, int count,
                int lattices, bool *mirrored)
{
    struct lattice l = {.squares = malloc(((size_t)count + 1) * sizeof *l.squares),
                        .corner_at = malloc((size_t)SPAN * SPAN * sizeof *l.corner_at),
                        .square_at = malloc((size_t)SPAN * SPAN * sizeof *l.square_at)};
    double *spare = malloc(((size_t)count + 1) * sizeof *spare);
    bool *bent = malloc((size_t)count + 1);
    int most = 0;
    double trials = log((double)WAYS * plan->columns * plan->rows * 4);
    for (int which = 0; l.squares && l.corner_at && l.square_at && spare && bent && which < lattices; which++) {
        collect(light, corners, count, which, &l, spare);
        for (int piece = 0; piece < PIECES_MAX; piece++) {
            int read = read_left(&l);
            if (read < READ_MIN)
                break;
            struct laid way = best_way(plan, &l, read);
            if (log_chance(way.agree, read) + trials > log(CHANCE_MAX))
                break;
            int settled = settle(plan, &way, &l, corners);
            if (settled > most)
                most = settled, *mirrored = way.a * way.d - way.b * way.c < 0;
        }
        drop_bent(&l, corners, count, which, bent);
    }
    free(l.squares);
    free(l.corner_at);
    free(l.square_at);
    free(spare);
    free(bent);
}
