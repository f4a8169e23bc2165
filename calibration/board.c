#include "board.h"

#include "config.h"
#include "cv_board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct board_file {
    char *dictionary;
    int kind, first_id;
    double square_mm, marker_mm;
};

#define KINDS "charuco chessboard"

static const struct lw_option board_options[] = {
    {"kind", OPTION_CHOICE, offsetof(struct board_file, kind), 0, 0, NULL, KINDS, N_("What is printed.")},
    {"dictionary", OPTION_STRING, offsetof(struct board_file, dictionary), 0, 0, "DICT_4X4_50", NULL,
     N_("Of a ChArUco board's markers, as OpenCV names it.")},
    {"squares", OPTION_OTHER, 0, 0, 0, NULL, NULL, N_("Squares across and down: [5, 7].")},
    {"square_mm", OPTION_REAL, offsetof(struct board_file, square_mm), 0.001, 100000, NULL, NULL,
     N_("Measured length of a square's side.")},
    {"marker_mm", OPTION_REAL, offsetof(struct board_file, marker_mm), 0, 100000, "0", NULL,
     N_("Length of a marker's side (ChArUco).")},
    {"first_id", OPTION_INT, offsetof(struct board_file, first_id), 0, 10000, "0", NULL,
     N_("Id of the first marker.")},
};
#define OPTIONS ((int)(sizeof board_options / sizeof board_options[0]))

static void read_squares(const config_setting_t *root, const char *path, struct board *b,
                         struct lw_problems *problems)
{
    const config_setting_t *s = config_setting_get_member(root, "squares");
    if (!s) {
        problems_error(problems, path, 0, LW_MSG_KEY_MISSING, "squares");
        return;
    }
    double n[2] = {0};
    bool two = (config_setting_is_array(s) || config_setting_is_list(s)) && config_setting_length(s) == 2;
    for (int i = 0; two && i < 2; i++)
        two = config_number(config_setting_get_elem(s, (unsigned)i), &n[i]) && n[i] == floor(n[i]);
    if (!two) {
        problems_error(problems, path, config_line_of(s), LW_MSG_KEY_TYPE, "squares", "[5, 7]");
        return;
    }
    for (int i = 0; i < 2; i++)
        if (n[i] < 3 || n[i] > 100) {
            problems_error(problems, path, config_line_of(s), LW_MSG_KEY_RANGE, "squares", n[i], 3.0, 100.0);
            return;
        }
    b->squares_x = (int)n[0];
    b->squares_y = (int)n[1];
    if (board_corner_count(b) > BOARD_CORNERS_MAX)
        problems_error(problems, path, config_line_of(s), LW_MSG_BOARD_FILE, "squares", _("too many squares"));
}

static int line_of(const config_setting_t *root, const char *key)
{
    const config_setting_t *s = config_setting_get_member(root, key);
    return s ? config_line_of(s) : 0;
}

static void check_dictionary(const config_setting_t *root, const char *path, const struct board *b,
                             struct lw_problems *problems)
{
    int tags = 0, line = line_of(root, "dictionary");
    if (!cv_board_dictionary(b->dictionary, &tags)) {
        const char *const *names = cv_board_dictionaries();
        int count = 0;
        while (names[count])
            count++;
        const char *near = config_nearest(b->dictionary, names, count);
        problems_error(problems, path, line, LW_MSG_KEY_CHOICE, "dictionary", b->dictionary, near ? near : names[0]);
        return;
    }
    int needed = b->first_id + b->squares_x * b->squares_y / 2;
    if (b->squares_x && needed > tags)
        problems_error(problems, path, line, LW_MSG_BOARD_FILE, "dictionary",
                       _("it has fewer markers than the board has white squares"));
}

enum lw_msg board_load(struct board *b, const char *path, struct lw_problems *problems)
{
    config_t cfg;
    struct lw_error err = {0};
    struct board_file f = {0};
    int before = problems->errors;
    *b = (struct board){0};
    config_init(&cfg);
    if (config_load(&cfg, path, &err)) {
        problems_add(problems, false, &err);
        config_destroy(&cfg);
        return err.id;
    }
    const config_setting_t *root = config_root_setting(&cfg);
    config_read_options(root, board_options, OPTIONS, &f, problems);
    b->kind = (enum board_kind)(f.kind + 1);
    b->square_mm = f.square_mm;
    b->marker_mm = f.marker_mm;
    b->first_id = f.first_id;
    snprintf(b->dictionary, sizeof b->dictionary, "%s", f.dictionary ? f.dictionary : "");
    read_squares(root, path, b, problems);
    if (problems->errors == before && b->kind == BOARD_CHARUCO) {
        check_dictionary(root, path, b, problems);
        if (!(b->marker_mm > 0.2 * b->square_mm && b->marker_mm < b->square_mm))
            problems_error(problems, path, line_of(root, "marker_mm"), LW_MSG_KEY_RANGE, "marker_mm", b->marker_mm,
                           0.2 * b->square_mm, b->square_mm);
    }
    config_free_options(board_options, OPTIONS, &f);
    config_destroy(&cfg);
    return problems->errors == before ? LW_OK : problems->items[problems->count - 1].error.id;
}

enum lw_msg board_save(const struct board *b, const char *path, struct lw_error *err)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
    fprintf(f, "kind = \"%s\";\n", b->kind == BOARD_CHARUCO ? "charuco" : "chessboard");
    if (b->kind == BOARD_CHARUCO)
        fprintf(f, "dictionary = \"%s\";\nmarker_mm = %.6f;\nfirst_id = %d;\n", b->dictionary, b->marker_mm,
                b->first_id);
    fprintf(f, "squares = [%d, %d];\nsquare_mm = %.6f;\n", b->squares_x, b->squares_y, b->square_mm);
    bool ok = fflush(f) == 0 && !ferror(f);
    int why = errno;
    ok = fclose(f) == 0 && ok;
    return ok ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(why));
}

struct local_mm board_corner(const struct board *b, int id)
{
    int across = b->squares_x - 1, i = id % across, k = id / across;
    return (struct local_mm){(i + 1) * b->square_mm, (b->squares_y - 1 - k) * b->square_mm};
}

static bool white_square(const struct board *b, int i, int k)
{
    return ((i + k) % 2 == 1) != b->white_first;
}

/* Rows of the tag's bits, with its dark border, over the marker. */
static bool dark_in_marker(const struct board *b, int id, double u, double v)
{
    unsigned char bits[64];
    int tags, size = cv_board_dictionary(b->dictionary, &tags);
    if (!size || !cv_board_bits(b->dictionary, id, bits))
        return true;
    int i = (int)(u * (size + 2)) - 1, k = (int)(v * (size + 2)) - 1;
    return i < 0 || k < 0 || i >= size || k >= size || !bits[k * size + i];
}

bool board_dark_at(const struct board *b, struct local_mm at)
{
    double x = at.x / b->square_mm, y = b->squares_y - at.y / b->square_mm; /* y from the top */
    if (!(x >= 0 && y >= 0 && x < b->squares_x && y < b->squares_y))
        return false;
    int i = (int)x, k = (int)y;
    if (!white_square(b, i, k))
        return true;
    if (b->kind != BOARD_CHARUCO)
        return false;
    double side = b->marker_mm / b->square_mm, u = (x - i - 0.5) / side + 0.5, v = (y - k - 0.5) / side + 0.5;
    if (!(u >= 0 && v >= 0 && u < 1 && v < 1))
        return false;
    int id = b->first_id;
    for (int n = 0; n < k * b->squares_x + i; n++)
        id += white_square(b, n % b->squares_x, n / b->squares_x);
    return dark_in_marker(b, id, u, v);
}
