/* Aligned columns for a terminal, in the language in force. */
#include "report.h"

#include "clock.h"
#include "event_text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define CELL_BYTES 200
#define COLUMNS    8
#define COLUMN_MAX 32 /* characters of a name; the last column takes what it needs */

struct cells {
    char text[COLUMNS][CELL_BYTES];
};

/* Characters on the screen of a UTF-8 text; whatever a terminal would obey is taken out on the way. */
static int tidy(char *s)
{
    int width = 0;
    for (unsigned char *p = (unsigned char *)s; *p;) {
        int n = utf8_length(p);
        if (*p < 0x20 || *p == 0x7F || n == 0)
            *p = '?';
        if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0) /* C1 control characters */
            p[0] = p[1] = '?';
        wchar_t c = L'?';
        n = n > 1 && mbtowc(&c, (char *)p, (size_t)n) == n ? n : 1;
        int columns = wcwidth(c);
        width += columns > 0 ? columns : 0;
        p += n;
    }
    return width;
}

static void cut(char *s, int width)
{
    while (tidy(s) > width) {
        size_t n = strlen(s) - 1;
        while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80)
            n--;
        s[n] = 0;
    }
}

static void put_cell(struct cells *c, int column, const char *text)
{
    snprintf(c->text[column], CELL_BYTES, "%s", text);
    if (column < 2)
        cut(c->text[column], COLUMN_MAX);
    tidy(c->text[column]);
}

static void put_number(struct cells *c, int column, long number)
{
    snprintf(c->text[column], CELL_BYTES, "%ld", number);
}

static void fill_header(struct cells *c)
{
    const char *const titles[COLUMNS] = {_("Step"),   _("Item"),           _("Done"),   _("First time right"),
                                         _("Median"), _("Could not tell"), _("Errors"), ""};
    for (int i = 0; i < COLUMNS; i++)
        snprintf(c->text[i], CELL_BYTES, "%s", titles[i]);
}

static void fill_row(struct cells *c, const struct report_row *row)
{
    char number[32], kinds[CELL_BYTES];
    double median_s = report_median_s(row);
    put_cell(c, 0, row->step);
    put_cell(c, 1, row->item);
    put_number(c, 2, row->counts.done);
    put_cell(c, 3, report_percent(row->counts.first_pass, row->counts.done, number));
    if (median_s < 0)
        put_cell(c, 4, "–");
    else
        snprintf(c->text[4], CELL_BYTES, "%s s", report_fixed(median_s, 1, report_point(), number));
    put_number(c, 5, report_sum(row->counts.cannot_tell));
    put_number(c, 6, report_sum(row->counts.errors));
    put_cell(c, 7, report_kinds(row->counts.errors, kinds, sizeof kinds));
}

static void write_cells(struct cells *lines, int count, FILE *out)
{
    int width[COLUMNS] = {0};
    for (int l = 0; l < count; l++)
        for (int i = 0; i < COLUMNS; i++) {
            int w = tidy(lines[l].text[i]);
            width[i] = w > width[i] ? w : width[i];
        }
    for (int l = 0; l < count; l++) {
        fputs("  ", out);
        for (int i = 0; i < COLUMNS; i++) {
            bool number = i >= 2 && i < COLUMNS - 1;
            int pad = width[i] - tidy(lines[l].text[i]);
            bool last = i == COLUMNS - 1 || (i == COLUMNS - 2 && !lines[l].text[COLUMNS - 1][0]);
            fprintf(out, "%*s%s%*s", number ? pad : 0, "", lines[l].text[i], number || last ? 0 : pad, "");
            if (last)
                break;
            fputs("  ", out);
        }
        fputc('\n', out);
    }
}

static void write_group(const struct report_group *g, FILE *out)
{
    char percent[32], kinds[400];
    const struct report_counts *c = &g->counts;
    fprintf(out,
            _("  Kits: %ld complete, %ld put aside, %ld unfinished; %ld complete without any error (%s)\n"),
            g->complete, g->aside, g->unfinished, g->kits_first_pass,
            report_percent(g->kits_first_pass, g->complete, percent));
    fprintf(out, _("  Steps: %ld done, %s right the first time; %ld skipped, %ld passed by a coach\n"),
            c->done, report_percent(c->first_pass, c->done, percent), c->skipped, c->overridden);
    report_kinds(c->errors, kinds, sizeof kinds);
    fprintf(out, _("  Errors: %ld%s%s%s\n"), report_sum(c->errors), *kinds ? " (" : "", kinds,
            *kinds ? ")" : "");
    report_kinds(c->cannot_tell, kinds, sizeof kinds);
    fprintf(out, _("  The camera could not tell: %ld%s%s%s\n"), report_sum(c->cannot_tell),
            *kinds ? " (" : "", kinds, *kinds ? ")" : "");
}

static void write_steps(const struct report *r, int group, FILE *out)
{
    struct cells *lines = calloc((size_t)r->row_count + 1, sizeof *lines);
    int count = 1;
    if (!lines)
        return;
    fill_header(&lines[0]);
    for (int i = 0; i < r->row_count; i++)
        if (r->rows[i].group == group)
            fill_row(&lines[count++], &r->rows[i]);
    if (count > 1) {
        fputc('\n', out);
        write_cells(lines, count, out);
    }
    free(lines);
}

void report_write_text(const struct report *r, FILE *out)
{
    char from[25], to[25];
    if (r->group_count == 0) {
        fprintf(out, "%s\n", _("Nothing is recorded yet."));
        return;
    }
    fprintf(out, _("From %.10s to %.10s\n"), clock_format_wall(r->first_wall_ms, from),
            clock_format_wall(r->last_wall_ms, to));
    for (int g = 0; g < r->group_count; g++) {
        char name[CELL_BYTES];
        snprintf(name, sizeof name, "%s", r->groups[g].workflow);
        tidy(name);
        fprintf(out, "\n%s\n", *name ? name : _("(no workflow)"));
        write_group(&r->groups[g], out);
        write_steps(r, g, out);
    }
    if (r->group_count > 1) {
        fprintf(out, "\n%s\n", _("All together"));
        write_group(&r->total, out);
    }
}
