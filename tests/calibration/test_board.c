/* Boards: their file, and finding them in drawn pictures. */
#include "board.h"
#include "rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *write_file(const char *text)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/board.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void files_are_read_or_named(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        enum lw_msg expected;
    } cases[] = {
        {"kind = \"charuco\"; dictionary = \"DICT_4X4_50\"; squares = [5, 7]; square_mm = 30.0; marker_mm = 22.0; first_id = 0;",
         LW_OK},
        {"kind = \"chessboard\"; squares = [10, 8]; square_mm = 75;", LW_OK},
        {"kind = \"charuco\"; dictionary = \"DICT_4X4_5\"; squares = [5, 7]; square_mm = 30.0; marker_mm = 22.0;",
         LW_MSG_KEY_CHOICE},
        {"kind = \"chess\"; squares = [10, 8]; square_mm = 75;", LW_MSG_KEY_CHOICE},
        {"kind = \"chessboard\"; squares = [10]; square_mm = 75;", LW_MSG_KEY_TYPE},
        {"kind = \"chessboard\"; squares = [1, 8]; square_mm = 75;", LW_MSG_KEY_RANGE},
        {"kind = \"chessboard\"; square_mm = 75;", LW_MSG_KEY_MISSING},
        {"kind = \"charuco\"; squares = [5, 7]; square_mm = 30.0; marker_mm = 32.0;", LW_MSG_KEY_RANGE},
        {"kind = \"charuco\"; squares = [15, 17]; square_mm = 30.0; marker_mm = 22.0;", LW_MSG_BOARD_FILE},
        {"kind = \"chessboard\"; squares = [10, 8]; square_m = 75;", LW_MSG_KEY_NEAREST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lw_problems problems = {0};
        struct board b;
        assert_int_equal(board_load(&b, write_file(cases[i].text), &problems), cases[i].expected);
        assert_int_equal(problems.errors > 0, cases[i].expected != LW_OK);
        problems_finish(&problems);
    }
}

/* The board as a tilted camera sees it, four samples a pixel, with a little noise. */
static void draw(const struct board *b, const struct pinhole *camera, uint64_t *state, struct image *out)
{
    struct lw_error err;
    assert_ok(image_init(out, 640, 480, IMAGE_GRAY8, &err), &err);
    struct model m = {.camera = *camera};
    for (int y = 0; y < 480; y++)
        for (int x = 0; x < 640; x++) {
            double light = 0;
            for (int k = 0; k < 16; k++) {
                struct bench_mm at;
                const struct cam_px c = {x - 0.375 + 0.25 * (k % 4), y - 0.375 + 0.25 * (k / 4)};
                if (!model_bench_from_cam(&m, c, 0, &at))
                    continue;
                light += board_dark_at(b, (struct local_mm){at.x, at.y}) ? 2 : 11;
            }
            image_row(out, y)[x] = (uint8_t)fmin(255, fmax(0, light + 1.5 * rig_gauss(state)));
        }
}

static void look_at(const struct board *b, struct pinhole *camera, uint64_t *state)
{
    double w = board_width_mm(b), h = board_height_mm(b), far = 1.7 * fmax(w, h);
    double at[3] = {w * (0.2 + 0.6 * harness_random(state)), h * (-0.2 + harness_random(state)), far},
           middle[3] = {w / 2, h / 2, 0};
    memset(camera, 0, sizeof *camera);
    camera->lens = (struct lens){.fx = 560, .fy = 560, .cx = 320, .cy = 240, .k1 = -0.1, .width = 640, .height = 480};
    rig_look(camera, at, middle, 0.6 * harness_random(state));
}

static void corners_are_where_they_are(void **unused)
{
    (void)unused;
    static const struct board boards[] = {
        {BOARD_CHARUCO, "DICT_4X4_50", 5, 7, 30, 22, 0, false},
        {BOARD_CHARUCO, "DICT_4X4_50", 6, 4, 30, 22, 7, false}, /* even rows, both ways of printing them */
        {BOARD_CHARUCO, "DICT_4X4_50", 6, 4, 30, 22, 7, true},
        {BOARD_CHESSBOARD, "", 8, 7, 30, 0, 0, false},
    };
    uint64_t state = 11;
    for (int i = 0; i < 8; i++) {
        struct board b = boards[i % 4];
        struct pinhole camera;
        struct image picture;
        struct board_seen seen;
        struct lw_error err;
        look_at(&b, &camera, &state);
        draw(&b, &camera, &state, &picture);
        b.white_first = false; /* found out by itself */
        enum lw_msg rc = board_find(&b, &picture, &seen, &err);
        assert_ok(rc, &err);
        double worst = 0;
        const struct model m = {.camera = camera};
        for (int k = 0; k < seen.count; k++) {
            struct local_mm at = board_corner(&b, seen.corners[k].id);
            struct cam_px c = {0, 0};
            assert_true(model_cam_from_bench(&m, (struct bench_mm){at.x, at.y, 0}, &c));
            worst = fmax(worst, hypot(c.x - seen.corners[k].cam.x, c.y - seen.corners[k].cam.y));
        }
        printf("  %d of %d corners, worst %.3f px\n", seen.count, board_corner_count(&b), worst);
        assert_true(seen.count >= 0.9 * board_corner_count(&b));
        assert_true(worst < 0.15);
        board_seen_finish(&seen);
        image_finish(&picture);
    }
}

/* Twins: an empty picture; a board of other squares. */
static void other_boards_are_named(void **unused)
{
    (void)unused;
    const struct board printed = {BOARD_CHARUCO, "DICT_4X4_50", 5, 7, 30, 22, 0, false};
    uint64_t state = 12;
    struct pinhole camera;
    struct image picture;
    struct board_seen seen;
    struct lw_error err;
    look_at(&printed, &camera, &state);
    draw(&printed, &camera, &state, &picture);
    struct board other = printed;
    other.squares_x = 7, other.squares_y = 5;
    assert_int_equal(board_find(&other, &picture, &seen, &err), LW_MSG_BOARD_OTHER);
    board_seen_finish(&seen);
    other = printed, other.marker_mm = 15;
    assert_int_equal(board_find(&other, &picture, &seen, &err), LW_MSG_BOARD_OTHER);
    board_seen_finish(&seen);
    image_fill(&picture, 120);
    assert_int_equal(board_find(&printed, &picture, &seen, &err), LW_MSG_BOARD_NOT_SEEN);
    board_seen_finish(&seen);
    image_finish(&picture);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_or_named),
        cmocka_unit_test(corners_are_where_they_are),
        cmocka_unit_test(other_boards_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
