/* Other witnesses, each on rendered pictures through a lens, each with a twin that must not agree. */
#include "harness.h"

#include "cv_board.h"
#include "cv_code.h"
#include "witness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAMERA_WIDTH 1280
#define CAMERA_HEIGHT 720
#define HIGH_MM 12.0 /* of the print over the bench */
#define AT_X 310.0
#define AT_Y 190.0

/* ---- a bench with a print on it, seen through a lens ---- */

struct print {
    unsigned char *cells; /* 1: black, row by row from the top */
    int columns, rows;
    double width_mm, height_mm, margin_mm;
    struct rigid T_bench_from_print;
};

static void camera_over(struct model *m)
{
    *m = (struct model){.bench_width_mm = 620, .bench_depth_mm = 400};
    struct pinhole *c = &m->camera;
    c->lens = (struct lens){.fx = 1550, .fy = 1552, .cx = 642, .cy = 357, .k1 = -0.06, .k2 = 0.01, .width = CAMERA_WIDTH,
                            .height = CAMERA_HEIGHT};
    c->T_device_from_bench = (struct pose){{LW_PI, 0, 0}, {-300, 210, 1150}}; /* looks straight down, 0.74 mm a pixel */
    pinhole_update(c);
    m->projector = *c;
}

static double ink(const struct print *p, double x_mm, double y_mm)
{
    struct local_mm q = rigid_apply(rigid_inverse(p->T_bench_from_print), (struct local_mm){x_mm, y_mm});
    if (fabs(q.x) > p->width_mm / 2 + p->margin_mm || fabs(q.y) > p->height_mm / 2 + p->margin_mm)
        return 0.35; /* the bench */
    int column = (int)floor((q.x / p->width_mm + 0.5) * p->columns), row = (int)floor((0.5 - q.y / p->height_mm) * p->rows);
    bool on = column >= 0 && row >= 0 && column < p->columns && row < p->rows && p->cells[row * p->columns + column];
    return on ? 0.9 : 0.1;
}

/* Each pixel near the print is the mean of SUB x SUB rays, a little noise on top. */
#define SUB 4
#define NEAR_PX 210
static void photograph(const struct model *m, const struct print *p, double light, struct image *out)
{
    struct lw_error err;
    uint64_t random = 7;
    struct cam_px at = {0};
    model_cam_from_bench(m, (struct bench_mm){p->T_bench_from_print.x_mm, p->T_bench_from_print.y_mm, HIGH_MM}, &at);
    assert_ok(image_init(out, CAMERA_WIDTH, CAMERA_HEIGHT, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double sum = SUB * SUB * 0.65;
            bool near = fabs(x - at.x) < NEAR_PX && fabs(y - at.y) < NEAR_PX;
            for (int k = 0; near && k < SUB * SUB; k++) {
                struct bench_mm b = {0};
                struct cam_px px = {x + (k % SUB + 0.5) / SUB - 0.5, y + (k / SUB + 0.5) / SUB - 0.5};
                model_bench_from_cam(m, px, HIGH_MM, &b);
                sum += 0.35 - ink(p, b.x, b.y);
            }
            double grey = light * 220 * sum / (SUB * SUB) + 6 * (harness_random(&random) - 0.5);
            memset(image_row(out, y) + 3 * (ptrdiff_t)x, (int)fmin(fmax(grey, 0), 255), 3);
        }
}

static struct witness_sight sight_of(const struct model *m, const struct image *picture)
{
    return (struct witness_sight){.model = m, .picture = picture, .T_bench_from_place = {AT_X, AT_Y, 0.4}, .z_mm = HIGH_MM,
                                  .half_x_mm = 40, .half_y_mm = 40};
}

static void print_tag(struct print *p, const char *dictionary, int id, double size_mm, double angle_rad)
{
    unsigned char bits[64];
    int tags, n = cv_board_dictionary(dictionary, &tags);
    assert_true(cv_board_bits(dictionary, id, bits));
    *p = (struct print){.columns = n + 2, .rows = n + 2, .width_mm = size_mm, .height_mm = size_mm, .margin_mm = 3,
                        .T_bench_from_print = {AT_X + 4, AT_Y - 3, angle_rad}};
    p->cells = calloc((size_t)(p->columns * p->rows), 1);
    for (int i = 0; i < p->columns * p->rows; i++) {
        int column = i % p->columns - 1, row = i / p->columns - 1;
        p->cells[i] = column < 0 || row < 0 || column >= n || row >= n || !bits[row * n + column];
    }
}

static void print_code(struct print *p, const char *format, const char *text, double module_mm, double angle_rad)
{
    struct lw_error err;
    *p = (struct print){.margin_mm = 10 * module_mm, .T_bench_from_print = {AT_X - 2, AT_Y + 3, angle_rad}};
    assert_ok(cv_code_draw(format, text, &p->cells, &p->columns, &p->rows, &err), &err);
    p->width_mm = p->columns * module_mm;
    p->height_mm = p->rows == 1 ? 16 : p->rows * module_mm;
}

static struct witness_answer ask_print(struct print *p, double light, const struct witness_options *o, double half_mm)
{
    struct model m;
    struct image picture;
    struct witness_answer a;
    camera_over(&m);
    photograph(&m, p, light, &picture);
    struct witness_sight s = sight_of(&m, &picture);
    s.half_x_mm = s.half_y_mm = half_mm;
    witness_ask(o, &s, &a);
    image_finish(&picture);
    free(p->cells);
    return a;
}

/* ---- tags ---- */

static struct witness_options wants_tag(char *dictionary, int id)
{
    return (struct witness_options){.kind = WITNESS_MARKER, .dictionary = dictionary, .marker = id, .code = ""};
}

static void test_marker(void **state)
{
    static char aruco[] = "DICT_4X4_50", april[] = "DICT_APRILTAG_36h11";
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct print p;
        struct witness_options o = wants_tag(i % 2 ? april : aruco, 7 + i);
        print_tag(&p, o.dictionary, 7 + i, i % 2 ? 28 : 20, 0.9 * i);
        struct witness_answer a = ask_print(&p, 0.4 + 0.1 * i, &o, 40);
        assert_int_equal(a.says, WITNESS_AGREES);
        assert_true(a.confidence > 0.5);
    }
}

static void test_marker_twins(void **state)
{
    static char aruco[] = "DICT_4X4_50", april[] = "DICT_APRILTAG_36h11";
    (void)state;
    struct print p;
    struct witness_options o = wants_tag(aruco, 3);
    print_tag(&p, aruco, 4, 20, 1);
    struct witness_answer a = ask_print(&p, 0.8, &o, 40); /* another tag */
    assert_int_equal(a.says, WITNESS_DISAGREES);
    assert_int_equal(a.reason, REASON_OTHER_ITEM);
    assert_string_equal(a.evidence, "marker 4");
    print_tag(&p, april, 3, 28, 1);
    assert_int_equal(ask_print(&p, 0.8, &o, 40).says, WITNESS_CANNOT_TELL); /* of another dictionary */
    print_tag(&p, aruco, 3, 4, 1);
    assert_int_equal(ask_print(&p, 0.8, &o, 40).says, WITNESS_CANNOT_TELL); /* too small to be seen */
    print_tag(&p, aruco, 3, 20, 1);
    assert_int_equal(ask_print(&p, 0.02, &o, 40).says, WITNESS_CANNOT_TELL); /* in the dark */
    print_tag(&p, aruco, 3, 20, 1);
    p.T_bench_from_print.x_mm += 120;
    assert_int_equal(ask_print(&p, 0.8, &o, 40).says, WITNESS_CANNOT_TELL); /* it lies elsewhere */
}

/* ---- codes ---- */

static struct witness_options wants_code(char *text)
{
    return (struct witness_options){.kind = WITNESS_CODE, .code = text, .marker = -1};
}

static void test_code(void **state)
{
    static const char *const formats[] = {"QRCode", "DataMatrix", "Code128"};
    static char text[] = "LOT-20417";
    (void)state;
    int read = 0;
    for (int i = 0; i < 9; i++) {
        struct print p;
        struct witness_options o = wants_code(text);
        print_code(&p, formats[i % 3], text, 2.0, 0.7 * i);
        struct witness_answer a = ask_print(&p, 0.8, &o, i % 3 == 2 ? 140 : 50);
        assert_int_not_equal(a.says, WITNESS_DISAGREES);
        read += a.says == WITNESS_AGREES;
        if (a.says != WITNESS_AGREES)
            print_message("not read: %s turned by %.1f rad\n", formats[i % 3], 0.7 * i);
    }
    assert_in_range(read, 8, 9); /* 2 mm a module; 0.74 mm a pixel */
}

static void test_code_twins(void **state)
{
    static char wanted[] = "LOT-1", any[] = "";
    (void)state;
    struct print p;
    struct witness_options o = wants_code(wanted), free_choice = wants_code(any);
    print_code(&p, "QRCode", "LOT-2", 2, 0.3);
    struct witness_answer a = ask_print(&p, 0.8, &o, 50);
    assert_int_equal(a.says, WITNESS_DISAGREES);
    assert_string_equal(a.evidence, "code LOT-2");
    print_code(&p, "QRCode", "LOT-2", 2, 0.3);
    assert_int_equal(ask_print(&p, 0.8, &free_choice, 50).says, WITNESS_AGREES);
    print_code(&p, "QRCode", "LOT-1", 0.5, 0.3);
    assert_int_equal(ask_print(&p, 0.8, &o, 50).says, WITNESS_CANNOT_TELL); /* too fine */
    print_tag(&p, "DICT_4X4_50", 3, 30, 0);
    assert_int_equal(ask_print(&p, 0.8, &free_choice, 50).says, WITNESS_CANNOT_TELL); /* a tag is no code */
    struct witness_sight nothing = {0};
    witness_ask(&o, &nothing, &a);
    assert_int_equal(a.says, WITNESS_CANNOT_TELL);
}

/* ---- hands and people ---- */

static void test_bin(void **state)
{
    (void)state;
    struct model m;
    struct image picture = {.width = 1};
    struct witness_answer a;
    const struct witness_options o = {.kind = WITNESS_BIN, .marker = -1};
    camera_over(&m);
    struct witness_sight s = sight_of(&m, &picture);
    const struct {
        struct witness_hands hands;
        enum witness_says says;
    } cases[] = {{{true, -1}, WITNESS_AGREES},
                 {{false, 2}, WITNESS_DISAGREES},
                 {{true, 2}, WITNESS_CANNOT_TELL},
                 {{false, -1}, WITNESS_CANNOT_TELL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s.hands = &cases[i].hands;
        witness_ask(&o, &s, &a);
        assert_int_equal(a.says, cases[i].says);
        assert_int_equal(a.bin, cases[i].says == WITNESS_DISAGREES ? 2 : -1);
    }
    s.hands = NULL; /* nobody watched */
    witness_ask(&o, &s, &a);
    assert_int_equal(a.says, WITNESS_CANNOT_TELL);
}

static void test_confirm(void **state)
{
    (void)state;
    struct witness_answer a;
    const struct witness_options o = {.kind = WITNESS_CONFIRM};
    witness_ask(&o, &(struct witness_sight){0}, &a);
    assert_int_equal(a.says, WITNESS_CANNOT_TELL); /* a person says it, never the station */
}

/* ---- together ---- */

static struct verdict together(enum verdict_result result, enum verdict_reason reason, bool fits, enum witness_says one,
                               enum witness_says two)
{
    struct verdict v = {.result = result, .reason = reason, .fits = fits, .score = 0.9, .seen_item = 1};
    const struct witness_answer a[2] = {{.says = one, .reason = REASON_OTHER_ITEM, .confidence = 1},
                                        {.says = two, .reason = REASON_OTHER_ITEM, .confidence = 1}};
    witness_combine(a, 2, &v);
    return v;
}

static void test_together(void **state)
{
    (void)state;
    const enum witness_says yes = WITNESS_AGREES, no = WITNESS_DISAGREES, what = WITNESS_CANNOT_TELL;
    assert_int_equal(together(VERDICT_ACCEPT, REASON_NONE, true, yes, yes).result, VERDICT_ACCEPT);
    assert_int_equal(together(VERDICT_ACCEPT, REASON_NONE, true, yes, no).result, VERDICT_REFUSE);
    assert_int_equal(together(VERDICT_ACCEPT, REASON_NONE, true, yes, what).result, VERDICT_CONFIRM);
    /* a look-alike: both must agree */
    assert_int_equal(together(VERDICT_CONFIRM, REASON_NONE, true, yes, yes).result, VERDICT_ACCEPT);
    assert_int_equal(together(VERDICT_CONFIRM, REASON_OTHER_ITEM, true, yes, yes).result, VERDICT_ACCEPT);
    assert_int_equal(together(VERDICT_CONFIRM, REASON_NONE, true, yes, what).result, VERDICT_CONFIRM);
    assert_int_equal(together(VERDICT_CONFIRM, REASON_NONE, true, no, what).result, VERDICT_REFUSE);
    /* another doubt than who it is */
    assert_int_equal(together(VERDICT_CONFIRM, REASON_TURNED, true, yes, yes).result, VERDICT_CONFIRM);
    assert_int_equal(together(VERDICT_CONFIRM, REASON_OTHER_ITEM, false, yes, yes).result, VERDICT_CONFIRM);
    /* nothing makes good what the camera refused or could not see */
    assert_int_equal(together(VERDICT_REFUSE, REASON_TURNED, false, yes, yes).result, VERDICT_REFUSE);
    assert_int_equal(together(VERDICT_CANNOT_TELL, REASON_HAND, false, yes, yes).result, VERDICT_CANNOT_TELL);
}

/* ---- regions ---- */

#define REGION_PX 80 /* 40 mm */

/* A plate with a hole; `screw` 0 empty .. 1 the head fills it. */
static void draw_plate(struct image *im, double screw, double light, double shift_px, uint64_t seed)
{
    struct lw_error err;
    assert_ok(image_init(im, REGION_PX + 12, REGION_PX + 12, IMAGE_BGR8, &err), &err);
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++) {
            double u = x - 45.5 - shift_px, v = y - 45.5 + shift_px, r = hypot(u - 8, v + 5);
            double grey = 120 + 20 * sin(u / 9) + 15 * cos(v / 7);
            grey = fabs(u + v) < 3 ? 60 : grey;
            if (r < 11)
                grey = r < 11 * screw ? (fabs(u - 8) < 1.5 ? 90 : 200) : 25;
            for (int k = 0; k < 3; k++)
                image_row(im, y)[3 * x + k] =
                    (uint8_t)fmin(255, light * grey + 8 * k + 8 * (harness_random(&seed) - 0.5));
        }
}

/* A camera that sees the bench as it is: 0.5 mm a pixel at z 0, so that a straight picture is the picture itself. */
static void plain_camera(struct model *m)
{
    *m = (struct model){.bench_width_mm = 100, .bench_depth_mm = 100};
    m->camera.lens = (struct lens){.fx = 2000, .fy = 2000, .cx = 45.5, .cy = 45.5, .width = REGION_PX + 12,
                                   .height = REGION_PX + 12};
    m->camera.T_device_from_bench = (struct pose){{LW_PI, 0, 0}, {-50, 50, 1000}};
    pinhole_update(&m->camera);
}

static struct witness_answer ask_region(double screw, double light, double shift_px)
{
    struct model m;
    struct image taught[2], right, wrong, seen;
    struct witness_answer a;
    const struct witness_options o = {.kind = WITNESS_REGION, .width_mm = REGION_PX / 2.0, .depth_mm = REGION_PX / 2.0};
    plain_camera(&m);
    draw_plate(&taught[0], 1, 1, 0, 3);
    draw_plate(&taught[1], 0, 1, 0, 4);
    right = image_window(&taught[0], 6, 6, REGION_PX, REGION_PX);
    wrong = image_window(&taught[1], 6, 6, REGION_PX, REGION_PX);
    draw_plate(&seen, screw, light, shift_px, 5);
    struct witness_sight s = {.model = &m, .picture = &seen, .T_bench_from_place = {50, 50, 0}, .right = &right,
                              .right_count = 1, .wrong = &wrong, .wrong_count = 1};
    witness_ask(&o, &s, &a);
    image_finish(&seen);
    image_finish(&taught[0]);
    image_finish(&taught[1]);
    return a;
}

static void test_region(void **state)
{
    (void)state;
    const double lights[] = {1, 0.6, 1.15}, shifts[] = {0, 2, -3};
    for (int i = 0; i < 9; i++) {
        struct witness_answer a = ask_region(1, lights[i / 3], shifts[i % 3]);
        if (a.says != WITNESS_AGREES)
            print_message("light %.2f shift %.0f: %s\n", lights[i / 3], shifts[i % 3], a.evidence);
        assert_int_equal(a.says, WITNESS_AGREES);
    }
}

static void test_region_twins(void **state)
{
    (void)state;
    const double lights[] = {1, 0.6, 1.15}, shifts[] = {0, 2, -3};
    for (int i = 0; i < 9; i++) {
        struct witness_answer none = ask_region(0, lights[i / 3], shifts[i % 3]);
        struct witness_answer half = ask_region(0.7, lights[i / 3], shifts[i % 3]);
        assert_int_equal(none.says, WITNESS_DISAGREES);
        assert_int_equal(none.reason, REASON_MISSING);
        if (half.says != WITNESS_DISAGREES)
            print_message("half, light %.2f shift %.0f: %s\n", lights[i / 3], shifts[i % 3], half.evidence);
        assert_int_equal(half.says, WITNESS_DISAGREES); /* between: refused */
    }
}

static void test_keys(void **state)
{
    int count;
    const struct lw_option *rows = witness_option_table(&count);
    (void)state;
    assert_true(witness_has_key(WITNESS_MARKER, "marker") && !witness_has_key(WITNESS_CODE, "marker"));
    assert_false(witness_has_key(WITNESS_KINDS, "kind") || witness_has_key(WITNESS_MARKER, "mark"));
    for (int i = 0; i < count; i++) { /* each key belongs to a kind */
        bool known = false;
        for (int k = 0; k < WITNESS_KINDS; k++)
            known = known || witness_has_key(k, rows[i].key);
        assert_true(known);
    }
    for (int k = 0; k < WITNESS_KINDS; k++)
        assert_non_null(strstr(rows[0].choices, witness_kind(k)->name));
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marker), cmocka_unit_test(test_marker_twins), cmocka_unit_test(test_code),
        cmocka_unit_test(test_code_twins), cmocka_unit_test(test_bin), cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_together), cmocka_unit_test(test_region), cmocka_unit_test(test_region_twins),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
