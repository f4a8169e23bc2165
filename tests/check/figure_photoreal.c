/* The checks on kept looks of the photorealistic bench (grab_photoreal.py makes them).
 * figure_photoreal FOLDER [--sets office-1,window-2] [--teach SET|own] [--only STATE] [--pictures DIR] [--before SET]
 *                  [-v | --inventory]
 * Every item is taught by one laying (the `a` states), everything else is checked; the case is found by camera as the
 * station does. A row for each check, then a summary. Exit 1 when a wrong thing was accepted. */
#include "photoreal.h"

#include "cv_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void print_row(const struct photoreal_row *r)
{
    printf("%c %-10s %-10s %s place %d want %-10s got %-11s %-10s seen %-16s at %2d score %.2f margin %5.2f off %5.1f %5.1f mm %5.1f deg, "
           "case off %.2f mm %.2f deg, %.0f ms\n",
           r->good ? ' ' : r->wrong_accept ? 'X' : '!', r->set, r->state, r->again ? "again" : "first", r->place + 1, r->want,
           verdict_result_name(r->verdict.result), verdict_reason_name(r->verdict.reason),
           r->verdict.seen_item >= 0 ? photoreal_items[r->verdict.seen_item] : "-", r->verdict.seen_place + 1, r->verdict.score, r->verdict.margin,
           r->verdict.offset.x_mm, r->verdict.offset.y_mm, deg_from_rad(r->verdict.offset.angle_rad), r->case_mm,
           r->case_deg, r->judge_ms);
}

struct tally {
    char kind[16];
    int checks, good, accept, confirm, refuse, cannot, reason;
};

static void count(struct tally *t, int *n, const struct photoreal_row *r)
{
    int k = 0;
    while (k < *n && strcmp(t[k].kind, r->kind))
        k++;
    if (k == *n)
        snprintf(t[(*n)++].kind, sizeof t[k].kind, "%s", r->kind);
    t[k].checks++, t[k].good += r->good, t[k].reason += r->right_reason;
    t[k].accept += r->verdict.result == VERDICT_ACCEPT, t[k].confirm += r->verdict.result == VERDICT_CONFIRM;
    t[k].refuse += r->verdict.result == VERDICT_REFUSE, t[k].cannot += r->verdict.result == VERDICT_CANNOT_TELL;
}

static void print_tallies(const struct tally *t, int n)
{
    printf("%-10s %6s %6s %7s %7s %7s %7s %7s\n", "laid", "checks", "good", "accept", "confirm", "refuse", "cannot", "reason");
    for (int k = 0; k < n; k++)
        printf("%-10s %6d %6d %7d %7d %7d %7d %7d\n", t[k].kind, t[k].checks, t[k].good, t[k].accept, t[k].confirm, t[k].refuse,
               t[k].cannot, t[k].reason);
}

static int run_set(struct photoreal *p, const char *set, const struct photoreal_options *o, struct tally *tallies, int *n, int *wrong)
{
    struct lw_error err = {0};
    for (int i = 0; i < photoreal_case_count; i++) {
        const struct photoreal_case *c = &photoreal_cases[i];
        struct photoreal_row r;
        if ((o->only && !strstr(c->after, o->only)) || !photoreal_has(p, set, c))
            continue;
        for (int again = 0; again < 2; again++) {
            enum lw_msg rc = photoreal_check(p, set, c, again, o, &r, &err);
            if (rc) {
                printf("! %-10s %-10s: %s\n", set, c->after, err.text);
                snprintf(r.kind, sizeof r.kind, "%s", c->kind);
                break;
            }
            if (!r.good || o->only || o->verbose)
                print_row(&r);
            *wrong += r.wrong_accept;
            if (r.good || strcmp(c->kind, "right") != 0)
                break;
        }
        count(tallies, n, &r);
    }
    return 0;
}

/* Half-packed cases: what is said to be in them. */
static void print_inventory(const struct photoreal *p, const char *set)
{
    static const char *const states[] = {"empty", "ok_2b", "ok_4b", "ok_6b", "ok_8b", "ok_5c", "ok_8c", "moved_ok_5b"};
    static const int packed[] = {0, 2, 4, 6, 8, 5, 8, 5};
    int right = 0, wrong = 0, unsure = 0;
    for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
        int found[PHOTOREAL_ITEMS];
        struct lw_error err = {0};
        if (photoreal_inventory(p, set, states[k], found, &err)) {
            printf("%-10s %-12s %s\n", set, states[k], err.text);
            continue;
        }
        printf("%-10s %-12s", set, states[k]);
        for (int i = 0; i < PHOTOREAL_ITEMS; i++) {
            int want = i < packed[k] ? i : -1;
            right += found[i] == want, unsure += found[i] == -2, wrong += found[i] != want && found[i] != -2;
            printf(" %s", found[i] == -2 ? "?" : found[i] < 0 ? "-" : photoreal_items[found[i]]);
        }
        printf("\n");
    }
    printf("%-10s in the case: %d right, %d can't tell, %d wrong\n", set, right, unsure, wrong);
}

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 2; i + 1 < argc; i++)
        if (!strcmp(argv[i], name))
            return argv[i + 1];
    return NULL;
}

int main(int argc, char **argv)
{
    struct photoreal p;
    struct lw_error err = {0};
    struct tally all[PHOTOREAL_KINDS] = {{{0}}}, one[PHOTOREAL_KINDS];
    int kinds = 0, wrong = 0;
    if (argc < 2)
        return fprintf(stderr, "figure_photoreal FOLDER [--sets A,B] [--teach SET|own] [--only STATE] [--pictures DIR] [--before SET]\n"), 2;
    cv_setup(1);
    lw_messages_init("en");
    struct photoreal_options o = {.only = option(argc, argv, "--only"), .pictures = option(argc, argv, "--pictures"),
                                  .before_set = option(argc, argv, "--before"), .verbose = !strcmp(argv[argc - 1], "-v")};
    const char *sets = option(argc, argv, "--sets"), *teach = option(argc, argv, "--teach");
    bool inventory = !strcmp(argv[argc - 1], "--inventory");
    char list[512], *rest = NULL;
    snprintf(list, sizeof list, "%s", sets ? sets : "easy-1,office-1,window-1");
    if (o.pictures)
        mkdir(o.pictures, 0777);
    if (photoreal_open(&p, argv[1], &err))
        return printf("skipped: %s\n", err.text), 0;
    if (!teach)
        teach = "office-1";
    for (char *set = strtok_r(list, ",", &rest); set; set = strtok_r(NULL, ",", &rest)) {
        int n = 0;
        memset(one, 0, sizeof one);
        if (photoreal_teach(&p, !strcmp(teach, "own") ? set : teach, &err)) {
            fprintf(stderr, "%s: %s\n", set, err.text);
            return 1;
        }
        if (inventory) {
            print_inventory(&p, set);
            continue;
        }
        run_set(&p, set, &o, one, &n, &wrong);
        for (int k = 0; k < n; k++) {
            int at = 0;
            while (at < kinds && strcmp(all[at].kind, one[k].kind))
                at++;
            struct tally *t = &all[at], *f = &one[k];
            if (at == kinds)
                all[kinds++] = *f;
            else
                t->checks += f->checks, t->good += f->good, t->accept += f->accept, t->confirm += f->confirm, t->refuse += f->refuse,
                    t->cannot += f->cannot, t->reason += f->reason;
        }
    }
    for (int i = 0, other; i < check_item_count(p.check); i++)
        if (!check_item_verifiable(p.check, i, &other))
            printf("flagged: %s (like %s)\n", photoreal_items[i], other >= 0 ? photoreal_items[other] : "?");
    print_tallies(all, kinds);
    photoreal_close(&p);
    return wrong ? 1 : 0;
}
