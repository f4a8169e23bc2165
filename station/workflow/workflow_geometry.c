/* Where things lie: on the bench, in their carrier, not over each other. */
#include "workflow_load.h"

#include "model.h"

#include <stdlib.h>

#define CORNERS_MIN    3
#define CORNERS_MAX    64
#define COORDINATE_MAX 10000.0  /* mm; beyond any bench */
#define AREA_MIN       1.0      /* mm2; less is a line */
#define SLACK_MM       0.01     /* rounding, when an outline lies on the edge itself */
#define SAME_PLANE_MM  1.0      /* places whose heights differ by less lie side by side */
#define APART_MM       5.0      /* centres nearer than this can't be two places */
#define PAIRS_MAX      20000000 /* edge pairs looked at: 0.1 s; a kit of 200 places needs a hundredth of it */

/* ---- outlines ---- */

static double area(const struct workflow_polygon *p)
{
    double sum = 0;
    for (int i = 0; i < p->count; i++) {
        struct local_mm a = p->points[i], b = p->points[(i + 1) % p->count];
        sum += a.x * b.y - b.x * a.y;
    }
    return fabs(sum) / 2;
}

static double side(struct local_mm a, struct local_mm b, struct local_mm p)
{
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/* Whether the edges pq and rs truly cross; those that only touch are neighbours in a tray. */
static bool cross(struct local_mm p, struct local_mm q, struct local_mm r, struct local_mm s)
{
    return side(p, q, r) * side(p, q, s) < -AREA_MIN * SLACK_MM && side(r, s, p) * side(r, s, q) < -AREA_MIN * SLACK_MM;
}

static bool crosses_itself(const struct workflow_polygon *o)
{
    for (int i = 0; i < o->count; i++)
        for (int j = i + 2; j < o->count; j++)
            if (cross(o->points[i], o->points[i + 1], o->points[j], o->points[(j + 1) % o->count]))
                return true;
    return false;
}

static bool read_corners(const config_setting_t *s, struct workflow_polygon *out)
{
    int n = config_setting_length(s);
    if (n % 2 || n < 2 * CORNERS_MIN || n > 2 * CORNERS_MAX)
        return false;
    out->points = calloc((size_t)n / 2, sizeof *out->points);
    for (int i = 0; out->points && i < n; i++) {
        double v;
        if (!config_number(config_setting_get_elem(s, (unsigned)i), &v) || !(fabs(v) <= COORDINATE_MAX))
            return false;
        *(i % 2 ? &out->points[i / 2].y : &out->points[i / 2].x) = v;
    }
    out->count = out->points ? n / 2 : 0;
    return area(out) >= AREA_MIN;
}

void workflow_read_outline(struct workflow_loading *l, const config_setting_t *group, bool needed,
                           struct workflow_polygon *out)
{
    const config_setting_t *s = config_setting_get_member(group, "outline");
    if (!s) {
        if (needed)
            REFUSE(l, group, LW_MSG_KEY_MISSING, "outline");
        return;
    }
    bool numbers = config_setting_is_array(s) || config_setting_is_list(s);
    if (numbers && read_corners(s, out)) {
        if (crosses_itself(out))
            WARN(l, s, LW_MSG_WORKFLOW_OUTLINE_CROSSED);
        return;
    }
    REFUSE(l, s, LW_MSG_WORKFLOW_OUTLINE);
    free(out->points);
    *out = (struct workflow_polygon){0};
}

/* ---- on the bench ---- */

static bool on_bench(const struct workflow_bench *bench, struct local_mm p)
{
    return p.x >= -SLACK_MM && p.x <= bench->width_mm + SLACK_MM && p.y >= -SLACK_MM &&
           p.y <= bench->depth_mm + SLACK_MM;
}

/* The corners, or the origin when there are none, moved by T. */
static bool all_on_bench(const struct workflow_bench *bench, struct rigid T_bench_from_local,
                         const struct workflow_polygon *p)
{
    if (!p->count)
        return on_bench(bench, rigid_apply(T_bench_from_local, (struct local_mm){0, 0}));
    for (int i = 0; i < p->count; i++)
        if (!on_bench(bench, rigid_apply(T_bench_from_local, p->points[i])))
            return false;
    return true;
}

static void check_on_bench(struct workflow_loading *l, const config_setting_t *at, enum workflow_kind kind,
                           const char *id, struct rigid T, const struct workflow_polygon *p)
{
    if (!all_on_bench(&l->bench, T, p))
        REFUSE(l, at, LW_MSG_WORKFLOW_OFF_BENCH,
               workflow_kind_word(kind), id, l->bench.width_mm, l->bench.depth_mm);
}

static void check_bench(struct workflow_loading *l)
{
    const struct workflow *w = l->w;
    const struct rigid none = {0};
    for (int i = 0; i < w->bin_count; i++)
        if (w->bins[i].outline.count)
            check_on_bench(l, config_setting_get_elem(l->bins, (unsigned)i), KIND_BIN, w->bins[i].id, none, &w->bins[i].outline);
    for (int i = 1; i < w->carrier_count; i++) {
        const struct workflow_carrier *c = &w->carriers[i];
        struct local_mm corners[4] = {{-c->width_mm / 2, -c->depth_mm / 2},
                                      {c->width_mm / 2, -c->depth_mm / 2},
                                      {c->width_mm / 2, c->depth_mm / 2},
                                      {-c->width_mm / 2, c->depth_mm / 2}};
        struct workflow_polygon rim = {corners, 4};
        if (!l->lost[i])
            check_on_bench(l, config_setting_get_elem(l->carriers, (unsigned)i - 1), KIND_CARRIER, c->id, c->T_bench_from_home, &rim);
    }
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        if (p->carrier >= 0 && !l->lost[p->carrier])
            check_on_bench(l, l->place_at[i], KIND_PLACE, p->id,
                           rigid_mul(w->carriers[p->carrier].T_bench_from_home, p->T_carrier_from_place),
                           &p->outline);
    }
}

/* ---- in sight ---- */

static bool in_picture(const struct lens *l, double x, double y)
{
    return x >= 0 && y >= 0 && x <= l->width - 1 && y <= l->height - 1;
}

static bool camera_sees(const struct model *m, struct bench_mm p)
{
    struct cam_px px;
    return model_cam_from_bench(m, p, &px) && in_picture(&m->camera.lens, px.x, px.y);
}

static bool projector_reaches(const struct model *m, struct bench_mm p)
{
    struct proj_px px;
    return model_proj_from_bench(m, p, &px) && in_picture(&m->projector.lens, px.x, px.y);
}

typedef bool (*sight)(const struct model *m, struct bench_mm p);

static bool all_in(const struct model *m, sight sees, struct rigid T, const struct workflow_polygon *p, double z_mm)
{
    static const struct local_mm middle = {0, 0};
    for (int i = 0; i < (p->count ? p->count : 1); i++) {
        struct local_mm q = rigid_apply(T, p->count ? p->points[i] : middle);
        if (!sees(m, (struct bench_mm){q.x, q.y, z_mm}))
            return false;
    }
    return true;
}

/* What is packed must be seen and lit; a bin only has to be lit. */
static void check_sight(struct workflow_loading *l)
{
    const struct workflow *w = l->w;
    const struct model *m = l->bench.model;
    for (int i = 0; i < w->bin_count; i++)
        if (w->bins[i].outline.count &&
            !all_in(m, projector_reaches, (struct rigid){0}, &w->bins[i].outline, w->bins[i].z_mm))
            WARN(l, config_setting_get_elem(l->bins, (unsigned)i), LW_MSG_WORKFLOW_NO_LIGHT,
                 workflow_kind_word(KIND_BIN), w->bins[i].id);
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        if (p->carrier < 0 || l->lost[p->carrier])
            continue;
        struct rigid T = rigid_mul(w->carriers[p->carrier].T_bench_from_home, p->T_carrier_from_place);
        if (!all_in(m, camera_sees, T, &p->outline, p->z_mm))
            REFUSE(l, l->place_at[i], LW_MSG_WORKFLOW_NO_SIGHT, workflow_kind_word(KIND_PLACE), p->id);
        if (!all_in(m, projector_reaches, T, &p->outline, p->z_mm))
            REFUSE(l, l->place_at[i], LW_MSG_WORKFLOW_NO_LIGHT, workflow_kind_word(KIND_PLACE), p->id);
    }
}

static void check_carriers(struct workflow_loading *l)
{
    const struct workflow *w = l->w;
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        if (p->carrier <= 0)
            continue;
        const struct workflow_carrier *c = &w->carriers[p->carrier];
        bool inside = fabs(p->T_carrier_from_place.x_mm) <= c->width_mm / 2 + SLACK_MM &&
                      fabs(p->T_carrier_from_place.y_mm) <= c->depth_mm / 2 + SLACK_MM;
        if (!inside && c->width_mm > 0 && c->depth_mm > 0)
            WARN(l, l->place_at[i], LW_MSG_WORKFLOW_OFF_CARRIER, p->id,
                 c->id);
    }
}

/* ---- over each other ---- */

struct area_mm {
    struct local_mm corners[CORNERS_MAX];
    int count;
    double left, right, front, back;
    struct local_mm centre;
};

static void area_of(const struct workflow_place *p, struct area_mm *a)
{
    a->centre = (struct local_mm){p->T_carrier_from_place.x_mm, p->T_carrier_from_place.y_mm};
    a->count = p->outline.count;
    a->left = a->right = a->centre.x;
    a->front = a->back = a->centre.y;
    for (int i = 0; i < a->count; i++) {
        struct local_mm c = rigid_apply(p->T_carrier_from_place, p->outline.points[i]);
        a->corners[i] = c;
        a->left = i ? fmin(a->left, c.x) : c.x;
        a->right = i ? fmax(a->right, c.x) : c.x;
        a->front = i ? fmin(a->front, c.y) : c.y;
        a->back = i ? fmax(a->back, c.y) : c.y;
    }
}

static bool inside(const struct area_mm *a, struct local_mm p)
{
    bool in = false;
    for (int i = 0, j = a->count - 1; i < a->count; j = i++) {
        struct local_mm u = a->corners[i], v = a->corners[j];
        if ((u.y > p.y) != (v.y > p.y) && p.x < (v.x - u.x) * (p.y - u.y) / (v.y - u.y) + u.x)
            in = !in;
    }
    return in;
}

static bool edges_cross(const struct area_mm *a, const struct area_mm *b)
{
    for (int i = 0; i < a->count; i++)
        for (int j = 0; j < b->count; j++) {
            struct local_mm p = a->corners[i], q = a->corners[(i + 1) % a->count];
            if (cross(p, q, b->corners[j], b->corners[(j + 1) % b->count]))
                return true;
        }
    return false;
}

static bool overlap(const struct area_mm *a, const struct area_mm *b)
{
    if (hypot(a->centre.x - b->centre.x, a->centre.y - b->centre.y) < APART_MM)
        return true;
    if (a->right < b->left || b->right < a->left || a->back < b->front || b->back < a->front)
        return false;
    return inside(a, b->centre) || inside(b, a->centre) || edges_cross(a, b);
}

static void check_overlaps(struct workflow_loading *l)
{
    const struct workflow *w = l->w;
    struct area_mm *areas = calloc((size_t)w->place_count + 1, sizeof *areas);
    long pairs = 0;
    for (int i = 0; areas && i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        area_of(p, &areas[i]);
        for (int k = 0; k < i && pairs < PAIRS_MAX; k++) {
            const struct workflow_place *q = &w->places[k];
            if (q->carrier != p->carrier || p->carrier < 0 || fabs(q->z_mm - p->z_mm) >= SAME_PLANE_MM)
                continue;
            pairs += 1 + areas[i].count * areas[k].count;
            if (overlap(&areas[i], &areas[k]))
                WARN(l, l->place_at[i], LW_MSG_WORKFLOW_OVERLAP, p->id,
                     q->id, q->line);
        }
    }
    free(areas);
}

void workflow_check_geometry(struct workflow_loading *l)
{
    if (l->bench.width_mm > 0 && l->bench.depth_mm > 0)
        check_bench(l);
    if (l->bench.model)
        check_sight(l);
    check_carriers(l);
    check_overlaps(l);
}
