/* One page for a supervisor: nothing is loaded from elsewhere, no script, prints on A4. Every text that comes
 * from the records goes through html(). */
#include "report.h"

#include "clock.h"
#include "event_text.h"

#include <stdlib.h>
#include <string.h>

#define CHART_BARS       15 /* steps in the chart: more don't fit a page beside the headline */
#define CHART_WIDTH      920
#define CHART_LABELS     300 /* room for the steps' names */
#define CHART_ROW        30
#define CHART_BAR        20
#define LABEL_CHARACTERS 40
#define TIMES_MIN        5  /* fewer times of a step could be one person's */
#define NUMBER_MIN_WIDTH 16 /* a narrower piece of a bar has no room for its number */

/* Okabe and Ito's colours (2008), told apart by the colour-blind; the number's colour has a contrast of 4.5
 * or more. */
static const struct {
    const char *fill, *ink;
} colours[REPORT_REASONS] = {
    {"#0072b2", "#fff"}, {"#d55e00", "#000"}, {"#009e73", "#000"}, {"#cc79a7", "#000"}, {"#f0e442", "#000"},
    {"#56b4e9", "#000"}, {"#e69f00", "#000"}, {"#4d4d4d", "#fff"}, {"#b3b3b3", "#000"}, {"#b3b3b3", "#000"},
    {"#b3b3b3", "#000"}, {"#b3b3b3", "#000"}, {"#b3b3b3", "#000"}, {"#b3b3b3", "#000"},
};

static const char STYLE[] =
    "*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,'Segoe UI',Roboto,'DejaVu "
    "Sans',sans-serif;color:#1b2530;background:#f3f5f7;margin:0}"
    "main{max-width:1040px;margin:0 auto;padding:32px 24px}"
    "h1{font-size:28px;line-height:1.2;margin:0}h2{font-size:20px;margin:0 0 "
    "4px}h3{font-size:16px;margin:24px 0 8px}"
    ".period{color:#4a5763;margin:4px 0 24px}"
    ".tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:0 0 12px;padding:0}"
    ".tile{background:#fff;border:1px solid #d5dbe1;border-radius:8px;padding:12px 16px}"
    ".tile dt{color:#4a5763;font-size:14px}"
    ".tile dd{margin:0}.tile "
    ".n{font-size:32px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}"
    ".tile .d{color:#4a5763;font-size:13px}"
    "section{background:#fff;border:1px solid #d5dbe1;border-radius:8px;padding:20px 20px 16px;margin:20px 0}"
    ".lead{margin:4px 0 0}"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0;font-size:14px}"
    ".legend "
    "span{display:inline-block;width:13px;height:13px;border-radius:2px;margin-right:6px;vertical-align:-1px}"
    "svg{display:block;width:100%;height:auto}"
    "table{border-collapse:collapse;width:100%;font-size:14px}"
    "caption{text-align:left;font-size:16px;font-weight:650;padding:16px 0 8px}"
    "th,td{padding:5px 8px;text-align:left;vertical-align:top;border-bottom:1px solid #e3e8ec}"
    "thead th{border-bottom:2px solid #1b2530;font-size:13px;line-height:1.3;vertical-align:bottom}"
    "tbody "
    "th{font-weight:600;min-width:10em}td.item{min-width:7em}.kinds{min-width:11em}.zero{color:#66717c;font-"
    "weight:400}"
    ".num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "tr.errors td,tr.errors th{background:#fff6ea}tfoot td,tfoot th{border-top:2px solid "
    "#1b2530;border-bottom:0;"
    "font-weight:650}"
    ".wide{overflow-x:auto}"
    "footer{color:#4a5763;font-size:13px;margin-top:24px}footer p{margin:0 0 6px}"
    "@media(max-width:700px){.tiles{grid-template-columns:repeat(2,1fr)}}"
    "@page{size:A4;margin:14mm}"
    "@media "
    "print{body{background:#fff;font-size:12px;print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "main{padding:0;max-width:none}section{border:0;padding:0}.wide{overflow:visible}"
    ".tile{padding:8px 10px}.tile dt,.legend{font-size:11px}.tile .n{font-size:24px}.tile .d{font-size:10px}"
    "footer{font-size:10px}table,thead th{font-size:9.5px}th,td{padding:3px 4px}tbody "
    "th{min-width:10em}td.item{min-width:6em}"
    "tr,svg,.tiles,.legend{break-inside:avoid}thead{display:table-header-group}tfoot{display:table-row-group}"
    "}";

static void html(FILE *out, const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        int n = utf8_length(p);
        bool control = *p < 0x20 || *p == 0x7F || (*p == 0xC2 && n == 2 && p[1] < 0xA0);
        if (n == 0 || control)
            fputs(*p == '\n' || *p == '\t' ? " " : "\xEF\xBF\xBD", out);
        else if (*p == '&')
            fputs("&amp;", out);
        else if (*p == '<')
            fputs("&lt;", out);
        else if (*p == '>')
            fputs("&gt;", out);
        else if (*p == '"')
            fputs("&quot;", out);
        else if (*p == '\'')
            fputs("&#39;", out);
        else
            fwrite(p, 1, (size_t)n, out);
        p += n ? n : 1;
    }
}

static void element(FILE *out, const char *tag, const char *attributes, const char *text)
{
    fprintf(out, "<%s%s>", tag, attributes);
    html(out, text);
    fprintf(out, "</%s>", tag);
}

static void tile(FILE *out, const char *title, const char *number, const char *detail)
{
    fputs("<div class=\"tile\">", out);
    element(out, "dt", "", title);
    element(out, "dd", " class=\"n\"", number);
    element(out, "dd", " class=\"d\"", detail);
    fputs("</div>\n", out);
}

static void write_tiles(const struct report_group *g, FILE *out)
{
    char number[32], detail[400], percent[32];
    const struct report_counts *c = &g->counts;
    fputs("<dl class=\"tiles\">\n", out);
    snprintf(number, sizeof number, "%ld", g->complete);
    snprintf(detail, sizeof detail, _("%ld put aside, %ld unfinished"), g->aside, g->unfinished);
    tile(out, _("Kits complete"), number, detail);
    snprintf(detail, sizeof detail, _("of %ld steps done; kits without any error: %s"), c->done,
             report_percent(g->kits_first_pass, g->complete, percent));
    tile(out, _("Right the first time"), report_percent(c->first_pass, c->done, number), detail);
    snprintf(number, sizeof number, "%ld", report_sum(c->errors));
    snprintf(detail, sizeof detail, _("%ld steps passed by a coach, %ld skipped"), c->overridden, c->skipped);
    tile(out, _("Errors found"), number, detail);
    snprintf(number, sizeof number, "%ld", report_sum(c->cannot_tell));
    report_kinds(c->cannot_tell, detail, sizeof detail);
    tile(out, _("Camera could not tell"), number, *detail ? detail : _("the system's part, nobody's error"));
    fputs("</dl>\n", out);
}

/* ---- the chart ---- */

static int by_errors(const void *a, const void *b, void *of)
{
    const struct report *sorting = of;
    int x = *(const int *)a, y = *(const int *)b;
    long ex = report_sum(sorting->rows[x].counts.errors), ey = report_sum(sorting->rows[y].counts.errors);
    return ex != ey ? (ex < ey ? 1 : -1) : (x > y) - (x < y);
}

/* Rows of the group that have errors, most first; returns their number and allocates *rows. */
static int worst_rows(const struct report *r, int group, int **rows)
{
    int count = 0;
    *rows = malloc(((size_t)r->row_count + 1) * sizeof **rows);
    for (int i = 0; *rows && i < r->row_count; i++)
        if (r->rows[i].group == group && report_sum(r->rows[i].counts.errors) > 0)
            (*rows)[count++] = i;
    if (count > 1)
        qsort_r(*rows, (size_t)count, sizeof **rows, by_errors, (void *)(uintptr_t)r);
    return count;
}

/* "step · item", cut to the room there is, without cutting a character. */
static void label(const struct report_row *row, char *buf, int size)
{
    snprintf(buf, (size_t)size, "%s%s%s", row->step, row->item[0] ? " · " : "", row->item);
    int characters = 0;
    for (char *p = buf; *p;) {
        int n = utf8_length((unsigned char *)p);
        if (++characters == LABEL_CHARACTERS && p[n ? n : 1])
            strcpy(p, "…");
        p += n ? n : 1;
    }
}

static void write_bar(const struct report_row *row, int y, double per_error, FILE *out)
{
    char text[200 + 4], number[32];
    double x = CHART_LABELS;
    label(row, text, 200);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", CHART_LABELS - 10, y + CHART_BAR - 5);
    html(out, text);
    fputs("</text>\n", out);
    for (int i = 0; i < REPORT_REASONS; i++) {
        double width = (double)row->counts.errors[i] * per_error;
        if (row->counts.errors[i] == 0)
            continue;
        fprintf(out, "<rect x=\"%s\" y=\"%d\"", report_fixed(x, 1, '.', number), y);
        fprintf(out, " width=\"%s\" height=\"%d\" fill=\"%s\"><title>", report_fixed(width, 1, '.', number),
                CHART_BAR, colours[i].fill);
        html(out, _(report_reason_labels[i]));
        fprintf(out, ": %ld</title></rect>\n", row->counts.errors[i]);
        if (width >= NUMBER_MIN_WIDTH)
            fprintf(
                out,
                "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\" fill=\"%s\" font-size=\"12\">%ld</text>\n",
                report_fixed(x + width / 2, 1, '.', number), y + CHART_BAR - 6, colours[i].ink,
                row->counts.errors[i]);
        x += width;
    }
    fprintf(out, "<text x=\"%s\" y=\"%d\" font-weight=\"650\">%ld</text>\n",
            report_fixed(x + 8, 1, '.', number), y + CHART_BAR - 5, report_sum(row->counts.errors));
}

static void write_legend(const long *errors, FILE *out)
{
    fputs("<ul class=\"legend\">\n", out);
    for (int i = 0; i < REPORT_REASONS; i++) {
        if (errors[i] == 0)
            continue;
        fprintf(out, "<li><span style=\"background:%s\"></span>", colours[i].fill);
        html(out, _(report_reason_labels[i]));
        fprintf(out, " (%ld)</li>\n", errors[i]);
    }
    fputs("</ul>\n", out);
}

static void write_chart(const struct report *r, int group, FILE *out)
{
    int *rows, count = worst_rows(r, group, &rows);
    if (count == 0) {
        element(out, "p", " class=\"lead\"", _("No errors were found in this period."));
        free(rows);
        return;
    }
    int bars = count < CHART_BARS ? count : CHART_BARS;
    long most = report_sum(r->rows[rows[0]].counts.errors);
    double per_error = (CHART_WIDTH - CHART_LABELS - 50) / (double)most;
    char title[100];
    if (bars < count)
        snprintf(title, sizeof title, _("Errors per step, by kind (the %d steps with most)"), bars);
    else
        snprintf(title, sizeof title, "%s", _("Errors per step, by kind"));
    element(out, "h3", "", title);
    write_legend(r->groups[group].counts.errors, out);
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", CHART_WIDTH, bars * CHART_ROW + 6);
    html(out, title);
    fputs(". ", out);
    html(out, _("The same numbers stand in the table below."));
    fputs("\" font-size=\"14\" fill=\"#1b2530\">\n", out);
    for (int i = 0; i < bars; i++)
        write_bar(&r->rows[rows[i]], 3 + i * CHART_ROW, per_error, out);
    fprintf(out, "<line x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%d\" stroke=\"#1b2530\"/></svg>\n", CHART_LABELS,
            CHART_LABELS, bars * CHART_ROW + 6);
    free(rows);
}

/* ---- the table ---- */

static void number_cell(FILE *out, long n)
{
    fprintf(out, "<td class=\"num%s\">%ld</td>", n == 0 ? " zero" : "",
            n); /* what is not nothing stands out */
}

/* `kinds` false: the legend of the chart has told them. */
static void counts_cells(const struct report_counts *c, bool kinds, double median_s, FILE *out)
{
    char text[400], number[32];
    number_cell(out, c->done);
    element(out, "td", " class=\"num\"", report_percent(c->first_pass, c->done, text));
    number_cell(out, report_sum(c->errors));
    element(out, "td", " class=\"kinds\"", kinds ? report_kinds(c->errors, text, sizeof text) : "");
    number_cell(out, report_sum(c->cannot_tell));
    number_cell(out, c->skipped);
    number_cell(out, c->overridden);
    if (c->done < TIMES_MIN)
        median_s = -1;
    snprintf(text, sizeof text, "%s s", median_s < 0 ? "" : report_fixed(median_s, 1, report_point(), number));
    element(out, "td", " class=\"num\"", median_s < 0 ? "–" : text);
    fputs("</tr>\n", out);
}

static void write_table(const struct report *r, int group, FILE *out)
{
    const char *const titles[] = {
        _("Step"),           _("Item"),           _("Done"),    _("First time right"),  _("Errors"),
        _("Kinds of error"), _("Could not tell"), _("Skipped"), _("Passed by a coach"), _("Median time")};
    fputs("<div class=\"wide\"><table>", out);
    element(out, "caption", "", _("All steps, in the order of the work"));
    fputs("\n<thead><tr>", out);
    for (int i = 0; i < 10; i++)
        element(out, "th",
                i < 2 || i == 5 ? " scope=\"col\""
                                : " scope=\"col\" class=\"num\" style=\"white-space:normal\"",
                titles[i]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < r->row_count; i++) {
        const struct report_row *row = &r->rows[i];
        if (row->group != group)
            continue;
        fputs(report_sum(row->counts.errors) ? "<tr class=\"errors\">" : "<tr>", out);
        element(out, "th", " scope=\"row\"", row->step);
        element(out, "td", " class=\"item\"", row->item);
        counts_cells(&row->counts, true, report_median_s(row), out);
    }
    fputs("</tbody>\n<tfoot><tr>", out);
    element(out, "th", " scope=\"row\" colspan=\"2\"", _("Together"));
    counts_cells(&r->groups[group].counts, false, -1, out);
    fputs("</tfoot></table></div>\n", out);
}

/* ---- the page ---- */

static void write_head(const struct report *r, FILE *out)
{
    char from[25], to[25], period[100];
    fprintf(out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", lw_language());
    fputs("<meta name=\"viewport\" content=\"width=device-width\">\n", out);
    element(out, "title", "", _("Where the work goes well, and where not"));
    fprintf(out, "\n<style>%s</style>\n</head>\n<body>\n<main>\n", STYLE);
    element(out, "h1", "", _("Where the work goes well, and where not"));
    snprintf(period, sizeof period, _("From %.10s to %.10s"), clock_format_wall(r->first_wall_ms, from),
             clock_format_wall(r->last_wall_ms, to));
    element(out, "p", " class=\"period\"", r->group_count ? period : _("Nothing is recorded yet."));
}

static void write_lead(const struct report *r, int group, FILE *out)
{
    int worst = report_worst_row(r, group);
    if (worst < 0)
        return;
    const struct report_row *row = &r->rows[worst];
    char kinds[400];
    fputs("<p class=\"lead\">", out);
    html(out, _("Most errors at step"));
    fputs(" <strong>", out);
    html(out, row->step);
    fputs("</strong>", out);
    if (row->item[0]) {
        fputs(" (", out);
        html(out, row->item);
        fputs(")", out);
    }
    fputs(": ", out);
    html(out, report_kinds(row->counts.errors, kinds, sizeof kinds));
    fputs(".</p>\n", out);
}

static void write_foot(FILE *out)
{
    fputs("<footer>\n", out);
    element(out, "p", "",
            _("Right the first time: the share of the steps done at which nothing had to be mended and "
              "nothing was passed by a coach. Skipped steps don't count."));
    element(out, "p", "",
            _("Could not tell: a hand, bad light or a blurred picture kept the camera from judging. It "
              "looked again; that is no error of the work."));
    element(out, "p", "",
            _("Median time: half of the times a step took less, from showing it to its end; breaks and "
              "kits put aside are left out. Times are those of the work and its tools."));
    element(out, "p", "", _("Times are shown once a step was done five times."));
    element(out, "p", "", _("This page counts steps and items. It holds nothing about who did the work."));
    fputs("</footer>\n</main>\n</body>\n</html>\n", out);
}

void report_write_html(const struct report *r, FILE *out)
{
    write_head(r, out);
    if (r->group_count > 1)
        write_tiles(&r->total, out);
    for (int g = 0; g < r->group_count; g++) {
        const char *name = r->groups[g].workflow;
        if (r->group_count == 1)
            write_tiles(&r->groups[g], out);
        fputs("<section>\n", out);
        element(out, "h2", "", *name ? name : _("(no workflow)"));
        if (r->group_count > 1)
            write_tiles(&r->groups[g], out);
        write_lead(r, g, out);
        write_chart(r, g, out);
        write_table(r, g, out);
        fputs("</section>\n", out);
    }
    write_foot(out);
}
