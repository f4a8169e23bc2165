#include "harness.h"

#include "camera.h"
#include "cv_picture.h"
#include "recorder.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define WIDTH 64
#define HEIGHT 48

static const struct cam_px area[] = {{10.5, 5.5}, {50.5, 8.5}, {44.5, 40.5}, {30.5, 20.5}, {12.2, 38.5}};
#define CORNERS (int)(sizeof area / sizeof area[0])

static struct frame_pool *pool;

static struct frame *bright(uint64_t sequence, int64_t t_ns)
{
    struct frame *f = frame_pool_take(pool);
    assert_non_null(f);
    uint64_t seed = sequence;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH * 3; x++)
            image_row(&f->image, y)[x] = (uint8_t)(100 + 100 * harness_random(&seed));
    f->sequence = sequence;
    f->t_ns = t_ns;
    return f;
}

static const char *folder(const char *name, char buf[512])
{
    snprintf(buf, 512, "%s/%s", harness_scratch(), name);
    return buf;
}

/* Even-odd rule, point by point: written apart from the recorder's rows. */
static bool inside(double x, double y)
{
    bool in = false;
    for (int i = 0, j = CORNERS - 1; i < CORNERS; j = i++)
        if ((area[i].y > y) != (area[j].y > y) &&
            x < (area[j].x - area[i].x) * (y - area[i].y) / (area[j].y - area[i].y) + area[i].x)
            in = !in;
    return in;
}

static void record(const char *name, enum recorder_format format, char buf[512])
{
    struct recorder *r;
    struct lw_error err;
    assert_ok(recorder_create(&r, folder(name, buf), area, CORNERS, &err), &err);
    recorder_set_format(r, format);
    recorder_set_identity(r, "webcam \"one\" 64x48");
    static const struct {
        uint64_t sequence;
        int64_t t_ns;
    } when[] = {{40, 1000000000}, {41, 1033000000}, {45, 1500000000}};
    for (int i = 0; i < 3; i++) {
        struct frame *f = bright(when[i].sequence, when[i].t_ns);
        assert_ok(recorder_add(r, f, &err), &err);
        frame_unref(&f);
    }
    assert_int_equal(recorder_count(r), 3);
    recorder_destroy(&r);
    assert_null(r);
}

static void test_outside_is_black(void **state)
{
    (void)state;
    char where[512], file[600];
    record("png", RECORDER_PNG, where);
    snprintf(file, sizeof file, "%s/000000.png", where);
    struct image im;
    struct lw_error err;
    assert_ok(cv_picture_read(file, IMAGE_BGR8, &im, &err), &err);
    struct frame *f = bright(40, 0);
    int kept = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int k = 0; k < 3; k++) {
                uint8_t expected = inside(x, y) ? image_row(&f->image, y)[3 * x + k] : 0;
                assert_int_equal(image_row(&im, y)[3 * x + k], expected);
                kept += expected != 0;
            }
    assert_true(kept > 1000);
    frame_unref(&f);
    image_finish(&im);
}

/* JPEG smears by its blocks of 16 pixels: further away nothing may remain. */
static void test_jpeg_is_black_too(void **state)
{
    (void)state;
    char where[512], file[600];
    record("jpeg", RECORDER_JPEG, where);
    snprintf(file, sizeof file, "%s/000002.jpg", where);
    struct image im;
    struct lw_error err;
    assert_ok(cv_picture_read(file, IMAGE_BGR8, &im, &err), &err);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (!inside(x, y))
                assert_in_range(image_row(&im, y)[3 * x], 0, 60);
    assert_in_range(image_row(&im, 15)[3 * 25], 60, 255);
    image_finish(&im);
}

static void test_plays_back(void **state)
{
    (void)state;
    char where[512];
    record("back", RECORDER_PNG, where);
    struct camera_config config = {where, 1280, 720, 30, 50};
    struct camera *c;
    struct lw_error err;
    assert_ok(camera_open(&c, &config, &err), &err);
    assert_string_equal(c->info.identity, "webcam \"one\" 64x48");
    static const int64_t at_ms[] = {0, 33, 500};
    static const uint64_t sequence[] = {40, 41, 45};
    for (int i = 0; i < 3; i++) {
        struct frame *f;
        if (i)
            assert_int_equal(camera_poll(c, (at_ms[i] - 1) * NS_PER_MS, &f, &err), CAMERA_WAITING);
        assert_int_equal(camera_poll(c, at_ms[i] * NS_PER_MS, &f, &err), CAMERA_FRAME);
        assert_int_equal(f->sequence, sequence[i]);
        frame_unref(&f);
    }
    camera_destroy(&c);
}

static void test_refusals(void **state)
{
    (void)state;
    char where[512];
    struct recorder *r;
    struct lw_error err;
    assert_int_equal(recorder_create(&r, folder("few", where), area, 2, &err), LW_MSG_RECORDING_AREA);
    assert_int_equal(recorder_create(&r, folder("many", where), area, 65, &err), LW_MSG_RECORDING_AREA);
    mkdir(folder("used", where), 0777);
    char file[600];
    snprintf(file, sizeof file, "%s/precious", where);
    fclose(fopen(file, "w"));
    assert_int_equal(recorder_create(&r, where, area, CORNERS, &err), LW_MSG_RECORDING_FOLDER);
    assert_null(r);
    assert_int_equal(recorder_create(&r, folder("no/such/parent", where), area, CORNERS, &err), LW_MSG_FILE_WRITE);
    mkdir(folder("fresh", where), 0777);
    assert_ok(recorder_create(&r, where, area, CORNERS, &err), &err);
    recorder_destroy(&r);
}

static int files_in(const char *where)
{
    int n = 0;
    DIR *d = opendir(where);
    for (const struct dirent *e; (e = readdir(d));)
        n += strstr(e->d_name, ".png") != NULL;
    closedir(d);
    return n;
}

/* A limit on file size stands for the full disk: the write fails half-way. */
static void test_full_disk(void **state)
{
    (void)state;
    char where[512];
    struct recorder *r;
    struct lw_error err;
    assert_ok(recorder_create(&r, folder("full", where), area, CORNERS, &err), &err);
    recorder_set_format(r, RECORDER_PNG);
    struct frame *f = bright(1, 1), *g = bright(2, 2);
    assert_ok(recorder_add(r, f, &err), &err);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 500;
    setrlimit(RLIMIT_FSIZE, &small);
    enum lw_msg rc = recorder_add(r, g, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(rc, LW_MSG_FILE_WRITE);
    assert_non_null(strstr(err.text, "000001.png"));
    assert_int_equal(recorder_count(r), 1);
    assert_int_equal(files_in(where), 1);
    assert_ok(recorder_add(r, g, &err), &err); /* room again */
    recorder_destroy(&r);
    frame_unref(&f);
    frame_unref(&g);
    struct camera_config config = {where, 0, 0, 30, 0};
    struct camera *c;
    assert_ok(camera_open(&c, &config, &err), &err);
    camera_destroy(&c);
}

int main(void)
{
    harness_init();
    pool = frame_pool_create(WIDTH, HEIGHT, 4, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside_is_black), cmocka_unit_test(test_jpeg_is_black_too),
        cmocka_unit_test(test_plays_back),       cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_full_disk),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    frame_pool_destroy(&pool);
    return rc;
}
