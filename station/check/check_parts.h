/* Inside the checks: what is kept of the taught pictures, matching, the decision about one thing. */
#pragma once

#include "shape.h"
#include "synthetic.h"

struct taught_reference {
    struct shape shape, mirror; /* mirror: left and right changed */
    struct shape further[SYNTHETIC_COUNT]; /* layings that were made from this one */
    int further_count;
    struct image before; /* at SHAPE_MM_PER_PX, for the inventory */
    struct rigid T_this_from_mean; /* the layings differ; right is their mean */
    double half_x_mm, half_y_mm;
};

struct taught_item {
    char id[64];
    struct check_item_options options;
    struct taught_reference *references;
    int count;
    double floor;       /* a difference above it is not this item */
    double spread;      /* worst difference between its own references */
    double weight[CUE_COUNT]; /* 1 / what is usual between two layings of the same thing */
    bool ends_alike;    /* turned round it looks the same */
    bool mirror_alike;  /* its mirror image looks the same */
    double pattern;     /* of few layings: how well the light and dark along two layings agree: shape_pattern, mean */
    double inside_max;  /* what the inside of two layings differs by at most */
    double area_max_mm2; /* of the largest reference */
    double contrast;     /* mean of its references */
    bool verifiable;
    int other;          /* the most alike one that it can't be told apart from; -1: none */
    double other_difference;
};

struct check {
    struct taught_item *items;
    int count, capacity;
    double half_mm; /* no taught thing reaches farther from its place */
    bool finished;
};

struct item_match {
    double any, upright, turned; /* differences: any way round, as it was taught, the other way round; large: none */
    struct rigid T_any, T_upright, T_turned; /* taught from seen */
    int any_reference, upright_reference, turned_reference;
    double inside; /* of the best */
};

/* What is usual between two layings of any thing, before its own were compared. */
void learn_base_weights(struct taught_item *it);

#define NO_MATCH 1e6
#define FEW_LAYINGS 2 /* up to here further ones are made from the taught pictures */
#define MARGIN_OTHER 1.2 /* another item must differ by so much more than the expected one */

double match_difference(const struct taught_item *it, const double cue[CUE_COUNT]);
/* Differences of `limit` and above need not be exact. */
void match_item(const struct taught_item *it, const struct shape *seen, double limit, struct item_match *out);

/* The same with the mirror images of its references; ways round do not matter. */
void match_mirrored(const struct taught_item *it, const struct shape *seen, double limit, struct item_match *out);

/* The same with one reference alone. */
void match_reference(const struct taught_item *it, const struct taught_reference *reference, const struct shape *seen,
                     double limit, struct item_match *out);

/* The best alignment of two shapes, by the whole difference; NO_MATCH: none. */
double match_shapes(const struct taught_item *it, const struct shape *taught, const struct shape *seen,
                    struct shape_match *out);

/* Fills result, reason, seen_item, score, margin, offset for a thing with this shape at the place of `expected`. */
enum lw_msg decide_thing(const struct check *c, int expected, const struct shape *seen, bool anywhere,
                         double tolerance_mm, double tolerance_rad, struct verdict *out, struct lw_error *err);

/* Which taught item is it, whatever was expected? -1: none of them. */
int decide_which(const struct check *c, const struct shape *seen, struct item_match *match);

double decide_score(double difference);

/* Both pictures at SHAPE_MM_PER_PX. */
enum lw_msg check_to_scale(const struct image *in, double mm_per_px, struct image *out, struct lw_error *err);

/* Changes that are smaller than a third of the smallest taught thing, and at least a crumb, do not count. */
double check_smallest_mm2(const struct check *c);

/* Reasons why nothing can be told from such pictures; REASON_NONE: they are good. */
enum verdict_reason check_picture_trouble(const struct cv_change *ch);
