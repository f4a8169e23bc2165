/* The verb `judge`: tables and pictures that are good, and what is wrong with them told with file and line. */
#include "run_program.h"

#include "cv_picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct run r;
static char folder[300], taught[400], checks[400], out[400];

static const char *at(const char *name)
{
    static char buf[400];
    snprintf(buf, sizeof buf, "%s/%s", folder, name);
    return buf;
}

static const char *write_text(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return at(name);
}

/* Grey ground with a bar of `long_px` x `wide_px` at an angle of its own; 0: empty. */
static void draw(const char *name, int size, int long_px, int wide_px, double angle, int grey)
{
    struct image im;
    struct lw_error err = {0};
    uint64_t noise = 5;
    assert_ok(image_init(&im, size, size, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            double dx = x - size / 2.0, dy = y - size / 2.0, c = cos(angle), s = sin(angle);
            double along = fabs(c * dx + s * dy), across = fabs(c * dy - s * dx);
            bool bar = long_px && along < long_px / 2.0 && across < wide_px / 2.0 * (along < long_px / 4.0 ? 1 : 1.6);
            double v = grey ? (bar ? 70 : grey) + 4 * (harness_random(&noise) - 0.5) : 0;
            for (int k = 0; k < 3; k++)
                image_row(&im, y)[3 * x + k] = (uint8_t)v;
        }
    assert_ok(cv_picture_write(at(name), &im, &err), &err);
    image_finish(&im);
}

#define TAUGHT "set,item,picture,before\n" \
               "s,long,pics/long.png,pics/empty.png\n" \
               "s,short,pics/short.png,pics/empty.png\n"
#define CHECKS "set,expected,picture,before,truth\n" \
               "s,long,pics/long2.png,pics/empty.png,genuine\n" \
               "s,short,pics/long2.png,pics/empty.png,wrong\n" \
               "s,long,pics/empty.png,pics/empty.png,empty\n"

static int prepare(void **state)
{
    (void)state;
    char pics[400];
    snprintf(folder, sizeof folder, "%s", harness_scratch());
    snprintf(pics, sizeof pics, "%s/pics", folder);
    assert_int_equal(mkdir(pics, 0777), 0);
    draw("pics/empty.png", 300, 0, 0, 0, 160);
    draw("pics/long.png", 300, 220, 24, 0.3, 160);
    draw("pics/long2.png", 300, 220, 24, 1.9, 160);
    draw("pics/short.png", 300, 130, 40, 0.8, 160);
    draw("pics/black.png", 300, 0, 0, 0, 0);
    draw("pics/small.png", 200, 120, 20, 0, 160);
    draw("pics/arm.png", 300, 900, 90, 0.2, 160);
    snprintf(taught, sizeof taught, "%s", write_text("t.csv", TAUGHT));
    snprintf(checks, sizeof checks, "%s", write_text("c.csv", CHECKS));
    snprintf(out, sizeof out, "%s/r.csv", folder);
    return 0;
}

static int judge(const char *threads)
{
    return RUN(&r, "judge", "--taught", taught, "--checks", checks, "--out", out, "--threads", threads);
}

/* The text of a file in a static buffer. */
static const char *read_text(const char *path)
{
    static char text[4000];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static bool line_is(int number, const char *begins, const char *ends)
{
    char line[400] = "";
    const char *p = read_text(out);
    for (int i = 0; i < number && p; i++)
        p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
    snprintf(line, sizeof line, "%.*s", p ? (int)strcspn(p, "\n") : 0, p ? p : "");
    size_t n = strlen(line), e = strlen(ends);
    return strncmp(line, begins, strlen(begins)) == 0 && n >= e && strcmp(line + n - e, ends) == 0;
}

static void a_line_for_each_check(void **state)
{
    (void)state;
    assert_int_equal(judge("1"), 0);
    assert_true(line_is(0, "set,expected,picture,reason,score,ms,verdict", "verdict"));
    assert_true(line_is(1, "s,long,pics/long2.png,none,", ",accept"));
    assert_true(line_is(2, "s,short,pics/long2.png,other_item,", ",refuse"));
    assert_true(line_is(3, "s,long,pics/empty.png,missing,", ",refuse"));
    assert_int_equal(RUN(&r, "judge", "--taught", taught, "--checks", checks, "--out", out, "--scale", "0"), 2);
    assert_int_equal(RUN(&r, "judge", "--taught", taught, "--checks", checks), 2);
    assert_int_equal(judge("65"), 2);
    assert_int_equal(RUN(&r, "judge", "--taught", taught, "--checks", checks, "--out", "/nowhere/r.csv"), 1);
    run_says(&r, LW_MSG_FILE_WRITE);
}

static void tables_that_are_broken(void **state)
{
    (void)state;
    write_text("c.csv", "s,long,pics/long2.png,pics/empty.png\ns,long,pics/long2.png\nx,long,a,b\ns,hook,a,b\n");
    assert_int_equal(judge("1"), 1);
    assert_true(run_has(&r, "c.csv:2:"));
    run_says(&r, LW_MSG_TABLE_ROW);
    write_text("c.csv", "s,long,pics/long2.png,pics/empty.png\nx,long,a,b\ns,hook,a,b\n");
    assert_int_equal(judge("1"), 1);
    assert_true(run_has(&r, "c.csv:2:") && run_has(&r, "c.csv:3:"));
    run_says(&r, LW_MSG_TABLE_SET);
    run_says(&r, LW_MSG_TABLE_ITEM);
    write_text("c.csv", "s,\"long,pics/long2.png\n");
    assert_int_equal(judge("1"), 1);
    run_says(&r, LW_MSG_TABLE_QUOTE);
    write_text("c.csv", "");
    assert_int_equal(judge("1"), 1);
    run_says(&r, LW_MSG_TABLE_EMPTY);
    snprintf(checks, sizeof checks, "%s/none.csv", folder);
    assert_int_equal(judge("1"), 1);
    run_says(&r, LW_MSG_FILE_OPEN);
    snprintf(checks, sizeof checks, "%s", write_text("c.csv", CHECKS));
    assert_int_equal(judge("1"), 0); /* the twin */
}

/* The answers without their times, line by line. */
static void read_answers(char *to, size_t size)
{
    FILE *f = fopen(out, "r");
    char line[400];
    size_t n = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *verdict = strrchr(line, ',');
        assert_non_null(verdict);
        *verdict++ = 0;
        char *ms = strrchr(line, ',');
        assert_non_null(ms);
        *ms = 0;
        n += (size_t)snprintf(to + n, size - n, "%s %s", line, verdict);
        assert_true(n < size);
    }
    fclose(f);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    static const char *const threads[] = {"1", "2", "8"};
    char answers[3][4000];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(judge(threads[i]), 0);
        read_answers(answers[i], sizeof answers[i]);
        assert_string_equal(answers[i], answers[0]);
    }
    assert_non_null(strstr(answers[0], "accept"));
}

/* One bad picture costs its own line only. */
static void pictures_of_checks_that_are_bad(void **state)
{
    (void)state;
    write_text("c.csv", "before,picture,expected,set\r\n"
                        "pics/empty.png,pics/none.png,long,s\r\n"
                        "pics/empty.png,pics/small.png,long,s\r\n"
                        "pics/empty.png,pics/black.png,long,s\r\n"
                        "\"pics/empty.png\",pics/long2.png,long,\"s\"\r\n");
    assert_int_equal(judge("2"), 0);
    assert_true(run_has(&r, "c.csv:2:") && run_has(&r, "c.csv:3:"));
    assert_true(line_is(1, "s,long,pics/none.png,picture,", ",ask"));
    assert_true(line_is(2, "s,long,pics/small.png,picture,", ",ask"));
    assert_true(line_is(3, "s,long,pics/black.png,dark,", ",ask"));
    assert_true(line_is(4, "s,long,pics/long2.png,none,", ",accept"));
    write_text("c.csv", CHECKS);
}

/* What can't be taught is told; with an item missing nothing of the set is accepted. */
static void pictures_taught_that_are_bad(void **state)
{
    (void)state;
    static const struct {
        const char *picture;
        enum lw_msg says;
    } bad[] = {{"none", LW_MSG_PICTURE_READ},  {"small", LW_MSG_TAUGHT_SIZE}, {"black", LW_MSG_TAUGHT_DARK},
               {"empty", LW_MSG_TAUGHT_NOTHING}, {"arm", LW_MSG_TAUGHT_HAND}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "%ss,third,pics/%s.png,pics/empty.png\n", TAUGHT, bad[i].picture);
        write_text("t.csv", text);
        assert_int_equal(judge("2"), 1);
        assert_true(run_has(&r, "t.csv:4:"));
        run_says(&r, bad[i].says);
        run_says(&r, LW_MSG_TABLE_NOT_WHOLE);
        assert_true(line_is(1, "s,long,pics/long2.png,not_taught,", ",ask"));
        assert_true(line_is(3, "s,long,pics/empty.png,missing,", ",refuse"));
    }
    write_text("t.csv", TAUGHT "s,twin,pics/long.png,pics/empty.png\n"); /* one thing under two names */
    assert_int_equal(judge("1"), 0);
    run_says(&r, LW_MSG_LOOK_SAME);
    assert_true(line_is(1, "s,long,pics/long2.png,", ",ask"));
    write_text("t.csv", TAUGHT);
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_for_each_check),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(tables_that_are_broken),
        cmocka_unit_test(pictures_of_checks_that_are_bad),
        cmocka_unit_test(pictures_taught_that_are_bad),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
