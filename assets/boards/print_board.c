/* print_board BOARD.cfg A4|A3 OUT.pdf: the printable sheet of a board, landscape, with a bar of 200 mm by which the scale
 * of the print is measured. */
#include "board.h"
#include "cv_board.h"
#include "problems.h"

#include <cairo-pdf.h>
#include <stdio.h>
#include <string.h>

#define PT_PER_MM (72.0 / 25.4)
#define BAR_MM    200.0
#define BAR_DEEP_MM 4.0
#define TICK_MM   3.0
#define BELOW_MM  5.0   /* from the board to the bar */
#define OVERLAP_MM 0.01 /* neighbouring pieces reach into each other: no hairlines between them */
#define TEXT_MM   3.2

static const struct paper {
    const char *name;
    double width_mm, height_mm;
} papers[] = {{"A4", 297, 210}, {"A3", 420, 297}};

/* Dark runs of one row of cells. */
static void add_row(cairo_t *c, const struct board *b, double x0, double y0, double cell_mm, int cells, double left_mm,
                    double top_mm)
{
    for (int i = 0; i < cells; i++) {
        int run = 0;
        while (i + run < cells &&
               board_dark_at(b, (struct local_mm){x0 + (i + run + 0.5) * cell_mm, y0 - 0.5 * cell_mm}))
            run++;
        if (run)
            cairo_rectangle(c, left_mm + x0 + i * cell_mm, top_mm + board_height_mm(b) - y0, run * cell_mm + OVERLAP_MM,
                            cell_mm + OVERLAP_MM);
        i += run;
    }
}

/* Black squares whole, the others as the cells of their marker. Places on the board: y up; on paper: y down. */
static void draw_board(cairo_t *c, const struct board *b, double left_mm, double top_mm)
{
    int tags = 0, across = cv_board_dictionary(b->dictionary, &tags) + 2;
    double margin = (b->square_mm - b->marker_mm) / 2, cell = b->marker_mm / across;
    for (int row = 0; row < b->squares_y; row++)
        for (int column = 0; column < b->squares_x; column++) {
            double x = column * b->square_mm, y = board_height_mm(b) - row * b->square_mm; /* upper left */
            if (board_dark_at(b, (struct local_mm){x + margin / 2, y - margin / 2}))
                add_row(c, b, x, y, b->square_mm, 1, left_mm, top_mm);
            else if (b->kind == BOARD_CHARUCO)
                for (int k = 0; k < across; k++)
                    add_row(c, b, x + margin, y - margin - k * cell, cell, across, left_mm, top_mm);
        }
    cairo_fill(c);
}

static void draw_bar(cairo_t *c, double left_mm, double y_mm)
{
    cairo_rectangle(c, left_mm, y_mm, BAR_MM, BAR_DEEP_MM);
    for (int i = 0; i <= 20; i += 20)
        cairo_rectangle(c, left_mm + (i ? BAR_MM - 0.2 : 0), y_mm - TICK_MM, 0.2, BAR_DEEP_MM + 2 * TICK_MM);
    cairo_fill(c);
    cairo_set_source_rgb(c, 1, 1, 1);
    for (int i = 1; i < 20; i += 2) /* white inlay: each 10 mm */
        cairo_rectangle(c, left_mm + 10 * i, y_mm + 1, 10, BAR_DEEP_MM - 2);
    cairo_fill(c);
    cairo_set_source_rgb(c, 0, 0, 0);
}

static void draw_words(cairo_t *c, const struct board *b, const char *paper, double x_mm, double y_mm)
{
    char line[200];
    snprintf(line, sizeof line, "Lichtwijzer  %s  100 %%   |---| = 200.0 mm?   %s %d x %d, %.1f / %.1f mm, %d...", paper,
             b->dictionary, b->squares_x, b->squares_y, b->square_mm, b->marker_mm, b->first_id);
    cairo_select_font_face(c, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, TEXT_MM);
    cairo_move_to(c, x_mm, y_mm);
    cairo_show_text(c, line);
}

static const struct paper *find_paper(const char *name)
{
    for (size_t i = 0; i < sizeof papers / sizeof papers[0]; i++)
        if (strcmp(papers[i].name, name) == 0)
            return &papers[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct board b;
    struct lw_problems problems = {0};
    const struct paper *paper = argc == 4 ? find_paper(argv[2]) : NULL;
    if (!paper) {
        fprintf(stderr, "usage: print_board BOARD.cfg A4|A3 OUT.pdf\n");
        return 2;
    }
    enum lw_msg rc = board_load(&b, argv[1], &problems);
    if (rc)
        fprintf(stderr, "%s: %s\n", argv[1], problems.items[0].error.text);
    problems_finish(&problems);
    if (rc)
        return 1;
    double left = (paper->width_mm - board_width_mm(&b)) / 2;
    double top = (paper->height_mm - board_height_mm(&b) - BELOW_MM - BAR_DEEP_MM - 2 * TEXT_MM) / 2;
    double below = top + board_height_mm(&b) + BELOW_MM;
    cairo_surface_t *pdf = cairo_pdf_surface_create(argv[3], paper->width_mm * PT_PER_MM, paper->height_mm * PT_PER_MM);
    cairo_t *c = cairo_create(pdf);
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, "2026-01-01T00:00:00Z"); /* the same every time */
    cairo_scale(c, PT_PER_MM, PT_PER_MM);
    draw_board(c, &b, left, top);
    draw_bar(c, (paper->width_mm - BAR_MM) / 2, below + TICK_MM);
    draw_words(c, &b, paper->name, left, below + TICK_MM + BAR_DEEP_MM + 2 * TEXT_MM);
    cairo_show_page(c);
    cairo_destroy(c);
    cairo_surface_finish(pdf);
    cairo_status_t status = cairo_surface_status(pdf);
    cairo_surface_destroy(pdf);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "%s: %s\n", argv[3], cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS ? 0 : 1;
}
