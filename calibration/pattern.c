#include "pattern.h"

#include <string.h>

/* Codes are 16 bit wide where they are decoded; a half-cell needs one bit more. */
#define BITS_MAX 14

static int bits_for(int size)
{
    int bits = 0;
    while (bits < BITS_MAX && (1 << bits) < size)
        bits++;
    return bits;
}

/* The bit of weight 2^j in Gray code has stripes of 2^(j+1) px. */
static int bits_to_skip(int bits, int finest_px)
{
    int skip = 0;
    while (skip + 1 < bits && (2 << skip) < finest_px)
        skip++;
    return skip;
}

struct pattern_plan pattern_plan_make(int width, int height, int finest_px, bool inverses)
{
    struct pattern_plan plan = {.width = width, .height = height, .inverses = inverses};
    int columns = bits_for(width), rows = bits_for(height);
    plan.column_skipped = bits_to_skip(columns, finest_px);
    plan.row_skipped = bits_to_skip(rows, finest_px);
    plan.column_bits = columns - plan.column_skipped;
    plan.row_bits = rows - plan.row_skipped;
    return plan;
}

/* White and black first and beside each other: what lies there hardly moves between them. */
#define PATTERN_FIRST_BIT 2

int pattern_count(const struct pattern_plan *plan)
{
    return PATTERN_FIRST_BIT + (plan->column_bits + plan->row_bits) * (plan->inverses ? 2 : 1);
}

struct pattern pattern_at(const struct pattern_plan *plan, int index)
{
    if (index < PATTERN_FIRST_BIT)
        return (struct pattern){.role = index == 0 ? PATTERN_WHITE : PATTERN_BLACK};
    int step = plan->inverses ? 2 : 1, k = (index - PATTERN_FIRST_BIT) / step;
    bool rows = k >= plan->column_bits;
    return (struct pattern){
        .role = rows ? PATTERN_ROW : PATTERN_COLUMN,
        .bit = rows ? k - plan->column_bits : k,
        .inverse = plan->inverses && (index - PATTERN_FIRST_BIT) % 2 == 1,
    };
}

static bool is_bright(const struct pattern *p, int position, int all_bits)
{
    int gray = position ^ position >> 1;
    return ((gray >> (all_bits - 1 - p->bit) & 1) != 0) != p->inverse;
}

static void fill_span(uint8_t *row, int width, enum image_format format, uint8_t level)
{
    memset(row, level, (size_t)width * (size_t)format);
    if (format == IMAGE_BGRA8)
        for (int x = 0; x < width; x++)
            row[4 * x + 3] = 255;
}

void pattern_draw(const struct pattern_plan *plan, int index, int dark, int bright, struct image *out)
{
    struct pattern p = pattern_at(plan, index);
    int columns = plan->column_bits + plan->column_skipped, rows = plan->row_bits + plan->row_skipped;
    for (int y = 0; y < out->height; y++) {
        uint8_t *row = image_row(out, y);
        bool lit = p.role == PATTERN_WHITE || (p.role == PATTERN_ROW && is_bright(&p, y, rows));
        if (p.role != PATTERN_COLUMN) {
            fill_span(row, out->width, out->format, (uint8_t)(lit ? bright : dark));
        } else if (y == 0) {
            for (int x = 0; x < out->width; x++)
                fill_span(row + (ptrdiff_t)x * (int)out->format, 1, out->format,
                          (uint8_t)(is_bright(&p, x, columns) ? bright : dark));
        } else {
            memcpy(row, image_row(out, 0), (size_t)out->width * (size_t)out->format);
        }
    }
}
