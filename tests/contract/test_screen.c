/* The screen contract over every backend: memory, and windows on a display server of the test's own. */
#include "harness.h"

#include <SDL.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/Xfixes.h>
#include <X11/extensions/Xrandr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "screen.h"

#define SERVER        "/usr/bin/Xvfb"
#define SERVER_WIDTH  1600
#define SERVER_HEIGHT 900

static pid_t server;
static Display *x11;

static int start_server(void **state)
{
    int fds[2];
    char number[16] = "", name[32];
    (void)state;
    if (pipe(fds))
        return -1;
    server = fork();
    if (server == 0) {
        char fd[16];
        close(fds[0]);
        snprintf(fd, sizeof fd, "%d", fds[1]);
        execl(SERVER, "Xvfb", "-displayfd", fd, "-screen", "0", "1600x900x24", "-nolisten", "tcp", "-noreset",
              NULL);
        _exit(1);
    }
    close(fds[1]);
    /* Up to the end of the line, which comes apart: a pipe closed before it ends the server. */
    for (size_t n = 0; n < sizeof number - 1 && !strchr(number, '\n'); n++)
        if (read(fds[0], number + n, 1) != 1)
            return -1;
    close(fds[0]);
    snprintf(name, sizeof name, ":%d", atoi(number));
    setenv("DISPLAY", name, 1);
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("SDL_VIDEODRIVER");
    x11 = XOpenDisplay(NULL);
    return x11 ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
    return 0;
}

/* A picture in which every pixel says where it is. */
static struct image pattern(int width, int height, uint8_t salt)
{
    struct image im;
    struct lw_error err = {0};
    assert_ok(image_init(&im, width, height, IMAGE_BGRA8, &err), &err);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = image_row(&im, y) + (ptrdiff_t)4 * x;
            p[0] = (uint8_t)(x + salt);
            p[1] = (uint8_t)(y * 3 + salt);
            p[2] = (uint8_t)((x >> 8) * 16 + (y >> 8) + salt);
            p[3] = 255;
        }
    return im;
}

static XImage *grab(void)
{
    XSync(x11, False);
    return XGetImage(x11, DefaultRootWindow(x11), 0, 0, SERVER_WIDTH, SERVER_HEIGHT, AllPlanes, ZPixmap);
}

/* Pixels of the display that are not those of the picture put at x, y. */
static int wrong_pixels(const struct image *picture, int x0, int y0)
{
    int wrong = 0;
    XImage *seen = grab();
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++) {
            const uint8_t *p = image_row(picture, y) + (ptrdiff_t)4 * x;
            unsigned long expected = (unsigned long)(p[0] | p[1] << 8 | p[2] << 16);
            wrong += (XGetPixel(seen, x0 + x, y0 + y) & 0xffffff) != expected;
        }
    XDestroyImage(seen);
    return wrong;
}

static int lit_outside(int x0, int y0, int width, int height)
{
    int lit = 0;
    XImage *seen = grab();
    for (int y = 0; y < SERVER_HEIGHT; y++)
        for (int x = 0; x < SERVER_WIDTH; x++) {
            bool outside = x < x0 || y < y0 || x >= x0 + width || y >= y0 + height;
            lit += outside && (XGetPixel(seen, x, y) & 0xffffff) != 0;
        }
    XDestroyImage(seen);
    return lit;
}

static void set_block(struct image *im, struct picture_rect r, uint8_t value)
{
    struct image w = image_window(im, r.x, r.y, r.width, r.height);
    image_fill(&w, value);
}

static void obeys_the_contract(struct screen *s, int x0, int y0)
{
    struct lw_error err = {0};
    struct screen_key key;
    struct image canvas = pattern(s->info.width, s->info.height, 7), small = pattern(10, 10, 0), seen;
    struct picture_rect shown = {30, 40, 50, 60}, hidden = {200, 210, 20, 20};
    bool in_memory = strncmp(s->info.identity, "none", 4) == 0;
    assert_int_equal(screen_status(s), SCREEN_READY);
    assert_true(s->info.hz > 0);
    assert_false(screen_poll_key(s, &key));
    assert_ok(screen_present(s, &canvas, NULL, 0, 0, &err), &err);
    assert_ok(image_copy(&seen, &canvas, &err), &err);
    set_block(&canvas, shown, 200);
    set_block(&seen, shown, 200);
    set_block(&canvas, hidden, 99); /* changed, but not said to be: may not arrive */
    screen_present(s, &canvas, &shown, 1, 0, &err);
    if (in_memory)
        for (int y = 0; y < seen.height; y++)
            assert_memory_equal(image_row(screen_memory_canvas(s), y), image_row(&seen, y),
                                (size_t)seen.width * 4);
    else
        assert_int_equal(wrong_pixels(&seen, x0, y0), 0);
    assert_int_equal(screen_present(s, &small, NULL, 0, 0, &err), LW_MSG_IMAGE_SIZE);
    image_finish(&canvas);
    image_finish(&small);
    image_finish(&seen);
}

static void every_backend_shows_exactly_what_is_presented(void **state)
{
    (void)state;
    struct {
        struct screen_config config;
        int width, height;
    } cases[] = {
        {{(char[]){"none"}, 640, 480, 0, 0}, 640, 480},
        {{(char[]){"0"}, 0, 0, 0, 0}, SERVER_WIDTH, SERVER_HEIGHT},
        {{(char[]){"0"}, 800, 600, 123, 45}, 800, 600},
        {{(char[]){"window"}, 640, 360, 11, 22}, 640, 360},
    };
    for (int i = 0; i < 4; i++) {
        struct screen *s = NULL;
        struct lw_error err = {0};
        const struct screen_config *c = &cases[i].config;
        assert_ok(screen_open(&s, c, &err), &err);
        assert_int_equal(s->info.width, cases[i].width);
        assert_int_equal(s->info.height, cases[i].height);
        obeys_the_contract(s, c->x, c->y);
        if (i > 0)
            assert_int_equal(lit_outside(c->x, c->y, cases[i].width, cases[i].height), 0);
        screen_destroy(&s);
        assert_null(s);
    }
}

static void no_display_is_touched_for_none(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    assert_ok(screen_open(&s, &(struct screen_config){(char[]){"none"}, 0, 0, 0, 0}, &err), &err);
    assert_int_equal(SDL_WasInit(0), 0);
    assert_int_equal(s->info.width, 1920);
    screen_destroy(&s);
}

static void an_absent_display_is_refused_with_those_there_are(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    assert_int_equal(screen_open(&s, &(struct screen_config){(char[]){"HDMI-7"}, 0, 0, 0, 0}, &err),
                     LW_MSG_SCREEN_ABSENT);
    assert_null(s);
    assert_non_null(strstr(err.text, "HDMI-7"));
    assert_non_null(strstr(err.text, "1600x900+0+0"));
    assert_int_equal(screen_open(&s, &(struct screen_config){(char[]){"3"}, 0, 0, 0, 0}, &err),
                     LW_MSG_SCREEN_ABSENT);
    assert_int_equal(screen_open(&s, &(struct screen_config){(char[]){"0"}, 1600, 900, 10, 0}, &err),
                     LW_MSG_SCREEN_PLACE);
    char list[512];
    assert_int_equal(screen_list_displays(list, sizeof list), 1);
    assert_non_null(strstr(list, "1600x900"));
}

/* The display server can be told of monitors that are parts of it: as good as a projector that is plugged in.
 */
static void set_monitor(const char *name, int x, int y, int width, int height)
{
    XRRMonitorInfo m = {.name = XInternAtom(x11, name, False),
                        .x = x,
                        .y = y,
                        .width = width,
                        .height = height,
                        .mwidth = 300,
                        .mheight = 200};
    XRRSetMonitor(x11, DefaultRootWindow(x11), &m);
    XSync(x11, False);
}

static void delete_monitor(const char *name)
{
    XRRDeleteMonitor(x11, DefaultRootWindow(x11), XInternAtom(x11, name, False));
    XSync(x11, False);
}

static bool comes_to(struct screen *s, enum screen_status wanted)
{
    struct lw_clock clock;
    struct screen_key key;
    clock_init_real(&clock);
    for (int i = 0; i < 40 && screen_status(s) != wanted; i++) {
        screen_poll_key(s, &key);
        clock_wait(&clock, 100 * NS_PER_MS, -1);
    }
    return screen_status(s) == wanted;
}

static void a_lost_display_comes_back_by_itself_and_whole(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    lw_log_set_level(LW_LOG_ERROR + 1);
    set_monitor("DESK", 0, 0, 700, 900);
    set_monitor("BENCH-1", 700, 100, 800, 600);
    assert_ok(screen_open(&s, &(struct screen_config){(char[]){"bench-1"}, 0, 0, 0, 0}, &err), &err);
    assert_int_equal(s->info.width, 800);
    assert_non_null(strstr(s->info.identity, "BENCH-1 800x600"));
    obeys_the_contract(s, 700, 100);
    struct image canvas = pattern(800, 600, 1);
    delete_monitor("BENCH-1");
    assert_true(comes_to(s, SCREEN_LOST));
    assert_int_equal(screen_present(s, &canvas, NULL, 0, 0, &err), LW_MSG_SCREEN_LOST);
    assert_int_equal(lit_outside(0, 0, 0, 0), 0); /* it does not lie on somebody else's display */
    set_monitor("BENCH-1", 720, 200, 800, 600);
    assert_true(comes_to(s, SCREEN_READY));
    struct screen_key key;
    screen_poll_key(s, &key);
    assert_int_equal(wrong_pixels(&canvas, 720, 200), 0);
    delete_monitor("BENCH-1");
    set_monitor("BENCH-1", 700, 100, 640,
                480); /* back with another resolution: the calibration is not for it */
    assert_true(comes_to(s, SCREEN_LOST));
    screen_destroy(&s);
    delete_monitor("BENCH-1");
    delete_monitor("DESK");
    image_finish(&canvas);
    lw_log_set_level(LW_LOG_INFO);
}

/* Sends a key press to the window that lies on top. */
static void press(KeySym sym, unsigned modifiers)
{
    Window root, parent, *children;
    unsigned count;
    XQueryTree(x11, DefaultRootWindow(x11), &root, &parent, &children, &count);
    for (unsigned i = 0; i < count; i++) {
        XWindowAttributes a;
        XGetWindowAttributes(x11, children[i], &a);
        if (a.map_state != IsViewable)
            continue;
        XKeyEvent e = {.type = KeyPress,
                       .display = x11,
                       .window = children[i],
                       .root = root,
                       .state = modifiers,
                       .same_screen = True,
                       .keycode = XKeysymToKeycode(x11, sym)};
        XSendEvent(x11, children[i], True, KeyPressMask, (XEvent *)&e);
        e.type = KeyRelease;
        XSendEvent(x11, children[i], True, KeyReleaseMask, (XEvent *)&e);
    }
    XFree(children);
    XSync(x11, False);
}

static bool pointer_is_seen(void)
{
    bool seen = false;
    XFixesCursorImage *c = XFixesGetCursorImage(x11);
    for (int i = 0; i < c->width * c->height; i++)
        seen |= (c->pixels[i] >> 24 & 0xff) != 0;
    XFree(c);
    return seen;
}

static void keys_arrive_and_the_pointer_is_hidden(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    struct screen_key key = {0};
    XWarpPointer(x11, None, DefaultRootWindow(x11), 0, 0, 0, 0, 400, 300);
    XSync(x11, False);
    assert_ok(screen_open(&s, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err), &err);
    for (int i = 0; i < 20 && pointer_is_seen(); i++) {
        SDL_Delay(20);
        screen_poll_key(s, &key);
    }
    assert_false(pointer_is_seen());
    press(XK_n, 0);
    for (int i = 0; i < 50 && !screen_poll_key(s, &key); i++)
        SDL_Delay(20);
    assert_int_equal(key.code, 'n');
    assert_false(key.shift);
    assert_false(screen_poll_key(s, &key));
    assert_false(s->close_wanted);
    SDL_PushEvent(&(SDL_Event){.type = SDL_QUIT});
    screen_poll_key(s, &key);
    assert_true(s->close_wanted);
    screen_destroy(&s);
}

static void signals_stay_the_programs_own(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    struct sigaction action;
    assert_ok(screen_open(&s, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err), &err);
    sigaction(SIGINT, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    sigaction(SIGTERM, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    screen_destroy(&s);
}

static void previews_show_a_picture_scaled_with_bars(void **state)
{
    (void)state;
    struct preview *a = NULL, *b = NULL;
    struct lw_error err = {0};
    struct screen_key key;
    bool closed = false;
    struct image wide;
    assert_ok(image_init(&wide, 64, 16, IMAGE_BGR8, &err), &err);
    image_fill(&wide, 180);
    assert_ok(preview_create(&a, "a", 100, 100, 320, 200, &err), &err);
    assert_ok(preview_create(&b, "b", 700, 100, 200, 400, &err), &err);
    for (int i = 0; i < 5; i++) {
        preview_poll_key(&key, &closed);
        preview_show(a, &wide);
        preview_show(b, &wide);
        SDL_Delay(20);
    }
    XImage *seen = grab();
    assert_int_equal(XGetPixel(seen, 260, 200) & 0xffffff, 0xb4b4b4);
    assert_int_equal(XGetPixel(seen, 260, 110) & 0xffffff, 0);
    assert_int_equal(XGetPixel(seen, 800, 300) & 0xffffff, 0xb4b4b4);
    assert_int_equal(XGetPixel(seen, 800, 150) & 0xffffff, 0);
    XDestroyImage(seen);
    assert_false(closed);
    preview_destroy(&a);
    preview_destroy(&b);
    image_finish(&wide);
}

static void no_display_server_is_a_clear_error(void **state)
{
    (void)state;
    struct screen *s = NULL;
    struct lw_error err = {0};
    char *name = strdup(getenv("DISPLAY"));
    setenv("DISPLAY", ":32123", 1);
    setenv("SDL_VIDEODRIVER", "x11", 1);
    assert_int_equal(screen_open(&s, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err),
                     LW_MSG_SCREEN_NONE);
    assert_non_null(strstr(lw_msg_remedy(err.id), "none"));
    unsetenv("SDL_VIDEODRIVER");
    unsetenv("DISPLAY"); /* SDL would take a screen that nobody sees */
    assert_int_equal(screen_open(&s, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err),
                     LW_MSG_SCREEN_NONE);
    setenv("DISPLAY", name, 1);
    free(name);
}

/* The last test: the display server ends in the middle. Xlib would end the program. */
static void an_ended_display_server_is_a_lost_screen(void **state)
{
    (void)state;
    struct screen *s = NULL, *again = NULL;
    struct lw_error err = {0};
    struct screen_key key;
    assert_ok(screen_open(&s, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err), &err);
    struct image canvas = pattern(SERVER_WIDTH, SERVER_HEIGHT, 0);
    XCloseDisplay(x11);
    x11 = NULL;
    lw_log_set_level(LW_LOG_ERROR + 1);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
    enum lw_msg rc = LW_OK;
    for (int i = 0; i < 20; i++) {
        rc = screen_present(s, &canvas, NULL, 0, 0, &err);
        screen_poll_key(s, &key);
    }
    assert_int_equal(rc, LW_MSG_SCREEN_LOST);
    assert_int_equal(screen_status(s), SCREEN_LOST);
    assert_int_equal(screen_open(&again, &(struct screen_config){(char[]){"0"}, 0, 0, 0, 0}, &err),
                     LW_MSG_SCREEN_NONE);
    screen_destroy(&s);
    image_finish(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_display_is_touched_for_none),
        cmocka_unit_test(every_backend_shows_exactly_what_is_presented),
        cmocka_unit_test(an_absent_display_is_refused_with_those_there_are),
        cmocka_unit_test(a_lost_display_comes_back_by_itself_and_whole),
        cmocka_unit_test(keys_arrive_and_the_pointer_is_hidden),
        cmocka_unit_test(signals_stay_the_programs_own),
        cmocka_unit_test(previews_show_a_picture_scaled_with_bars),
        cmocka_unit_test(no_display_server_is_a_clear_error),
        cmocka_unit_test(an_ended_display_server_is_a_lost_screen),
    };
    harness_need(SERVER, "package xvfb: the display server of this test");
    harness_init();
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
