/* The report for programs (CSV, JSON), and which form is asked for; for people: report_text.c, report_html.c. */
#include "report.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- CSV ---- */

/* Excel runs a text that begins like a formula; an apostrophe keeps it a text. */
static void csv_text(FILE *out, const char *s, bool excel)
{
    bool formula = excel && *s && strchr("=+-@\t\r", *s);
    if (!formula && !s[strcspn(s, excel ? ";\"\r\n" : ",\"\r\n")]) {
        fputs(s, out);
        return;
    }
    fputc('"', out);
    if (formula)
        fputc('\'', out);
    for (; *s; s++) {
        if (*s == '"')
            fputc('"', out);
        fputc(*s, out);
    }
    fputc('"', out);
}

static const char *const csv_columns[] = {"row",
                                          "workflow",
                                          "section",
                                          "step",
                                          "item",
                                          "kits_complete",
                                          "kits_aside",
                                          "kits_unfinished",
                                          "kits_without_error",
                                          "done",
                                          "first_pass",
                                          "first_pass_yield",
                                          "skipped",
                                          "overridden",
                                          "median_s",
                                          "errors"};
#define CSV_COLUMNS ((int)(sizeof csv_columns / sizeof csv_columns[0]))

static void csv_header(FILE *out, bool excel, char comma)
{
    for (int i = 0; i < CSV_COLUMNS; i++)
        fprintf(out, "%s%.1s", csv_columns[i], &comma);
    for (int i = 0; i < REPORT_REASONS; i++)
        fprintf(out, "%s%.1s", report_reason_words[i], &comma);
    fputs(excel ? "cannot_tell\r\n" : "cannot_tell\n", out);
}

/* `g` is NULL for a step's row, `row` for a workflow's. */
static void csv_line(FILE *out, bool excel, const char *what, const char *workflow,
                     const struct report_group *g, const struct report_row *row)
{
    char comma = excel ? ';' : ',', point = excel ? ',' : '.', number[32];
    const struct report_counts *c = g ? &g->counts : &row->counts;
    const char *texts[] = {workflow, row ? row->section : "", row ? row->step : "", row ? row->item : ""};
    fputs(what, out);
    for (int i = 0; i < 4; i++) {
        fputc(comma, out);
        csv_text(out, texts[i], excel);
    }
    if (g)
        fprintf(out, "%c%ld%c%ld%c%ld%c%ld", comma, g->complete, comma, g->aside, comma, g->unfinished, comma,
                g->kits_first_pass);
    else
        fprintf(out, "%c%c%c%c", comma, comma, comma, comma);
    fprintf(out, "%c%ld%c%ld%c", comma, c->done, comma, c->first_pass, comma);
    if (c->done)
        fputs(report_fixed((double)c->first_pass / (double)c->done, 4, point, number), out);
    fprintf(out, "%c%ld%c%ld%c", comma, c->skipped, comma, c->overridden, comma);
    if (row && row->time_count)
        fputs(report_fixed(report_median_s(row), 3, point, number), out);
    fprintf(out, "%c%ld", comma, report_sum(c->errors));
    for (int i = 0; i < REPORT_REASONS; i++)
        fprintf(out, "%c%ld", comma, c->errors[i]);
    fprintf(out, "%c%ld%s", comma, report_sum(c->cannot_tell), excel ? "\r\n" : "\n");
}

void report_write_csv(const struct report *r, FILE *out, bool excel)
{
    if (excel)
        fputs("\xEF\xBB\xBF", out); /* without it Excel takes the file for Windows-1252 */
    csv_header(out, excel, excel ? ';' : ',');
    for (int g = 0; g < r->group_count; g++) {
        for (int i = 0; i < r->row_count; i++)
            if (r->rows[i].group == g)
                csv_line(out, excel, "step", r->groups[g].workflow, NULL, &r->rows[i]);
        csv_line(out, excel, "workflow", r->groups[g].workflow, &r->groups[g], NULL);
    }
    csv_line(out, excel, "total", "", &r->total, NULL);
}

/* ---- JSON ---- */

static json_t *json_reasons(const long *counts)
{
    json_t *o = json_object();
    for (int i = 0; i < REPORT_REASONS; i++)
        if (counts[i])
            json_object_set_new(o, report_reason_words[i], json_integer(counts[i]));
    return o;
}

static json_t *json_share(long part, long whole)
{
    return whole > 0 ? json_real((double)part / (double)whole) : json_null();
}

static void json_counts(json_t *o, const struct report_counts *c)
{
    json_object_set_new(o, "done", json_integer(c->done));
    json_object_set_new(o, "first_pass", json_integer(c->first_pass));
    json_object_set_new(o, "first_pass_yield", json_share(c->first_pass, c->done));
    json_object_set_new(o, "skipped", json_integer(c->skipped));
    json_object_set_new(o, "overridden", json_integer(c->overridden));
    json_object_set_new(o, "error_count", json_integer(report_sum(c->errors)));
    json_object_set_new(o, "errors", json_reasons(c->errors));
    json_object_set_new(o, "cannot_tell_count", json_integer(report_sum(c->cannot_tell)));
    json_object_set_new(o, "cannot_tell", json_reasons(c->cannot_tell));
}

static json_t *json_group(const struct report_group *g)
{
    json_t *o = json_object(), *kits = json_object();
    if (g->workflow)
        json_object_set_new(o, "workflow", json_string(g->workflow));
    json_object_set_new(kits, "complete", json_integer(g->complete));
    json_object_set_new(kits, "aside", json_integer(g->aside));
    json_object_set_new(kits, "unfinished", json_integer(g->unfinished));
    json_object_set_new(kits, "without_error", json_integer(g->kits_first_pass));
    json_object_set_new(kits, "first_pass_yield", json_share(g->kits_first_pass, g->complete));
    json_object_set_new(o, "kits", kits);
    json_counts(o, &g->counts);
    return o;
}

static json_t *json_row(const struct report_row *row)
{
    json_t *o = json_object();
    double median_s = report_median_s(row);
    json_object_set_new(o, "section", json_string(row->section));
    json_object_set_new(o, "step", json_string(row->step));
    json_object_set_new(o, "item", json_string(row->item));
    json_counts(o, &row->counts);
    json_object_set_new(o, "median_s", median_s < 0 ? json_null() : json_real(median_s));
    return o;
}

bool report_write_json(const struct report *r, FILE *out)
{
    json_t *top = json_object(), *groups = json_array();
    char wall[25];
    json_object_set_new(top, "schema", json_integer(JOURNAL_SCHEMA));
    if (r->since_wall_ms)
        json_object_set_new(top, "since", json_string(clock_format_wall(r->since_wall_ms, wall)));
    for (int g = 0; g < r->group_count; g++) {
        json_t *group = json_group(&r->groups[g]), *steps = json_array();
        for (int i = 0; i < r->row_count; i++)
            if (r->rows[i].group == g)
                json_array_append_new(steps, json_row(&r->rows[i]));
        json_object_set_new(group, "steps", steps);
        json_array_append_new(groups, group);
    }
    json_object_set_new(top, "workflows", groups);
    json_object_set_new(top, "total", json_group(&r->total));
    bool ok = json_dumpf(top, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', out) != EOF;
    json_decref(top);
    return ok;
}

/* ---- all ---- */

static bool name_rows(struct report *r, const struct journal_report_options *o)
{
    for (int i = 0; i < r->row_count; i++) {
        struct report_row *row = &r->rows[i];
        const char *step = row->step, *item = row->item;
        o->name(o->name_context, r->groups[row->group].workflow, &step, &item);
        char *step_words = strdup(step), *item_words = strdup(item);
        free(row->step);
        free(row->item);
        row->step = step_words;
        row->item = item_words;
        if (!step_words || !item_words)
            return false;
    }
    return true;
}

enum lw_msg journal_report(struct journal *j, const struct journal_report_options *o, FILE *out,
                           struct lw_error *err)
{
    struct report r;
    enum lw_msg rc = report_gather(&r, j, o, err);
    bool people = o->format == REPORT_TEXT || o->format == REPORT_HTML, ok = true;
    if (rc == LW_OK && o->name && people && !name_rows(&r, o))
        rc = lw_fail(err, LW_MSG_NO_MEMORY);
    errno = 0;
    if (rc == LW_OK && o->format == REPORT_JSON)
        ok = report_write_json(&r, out);
    else if (rc == LW_OK && o->format == REPORT_HTML)
        report_write_html(&r, out);
    else if (rc == LW_OK && o->format == REPORT_TEXT)
        report_write_text(&r, out);
    else if (rc == LW_OK)
        report_write_csv(&r, out, o->format == REPORT_CSV_EXCEL);
    report_finish(&r);
    ok = fflush(out) == 0 && ok && !ferror(out);
    return rc || ok ? rc : lw_fail(err, LW_MSG_FILE_WRITE, _("the report"), strerror(errno));
}
