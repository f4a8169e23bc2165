#include "video.h"

#include <SDL_syswm.h>
#include <X11/Xlib.h>
#include <X11/extensions/Xrandr.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"

#define KEYS 64

struct keys {
    struct screen_key ring[KEYS];
    int first, count;
};

/* SDL has one video for the whole program, so this has too. */
static struct {
    int users;
    volatile bool server_lost;
    Display *x; /* our own line to the display server, for the list of displays; NULL: not X11 */
    struct video_window *windows;
    struct keys keys, preview_keys;
} video;

static void server_ended(Display *display, void *data)
{
    (void)display, (void)data;
    video.server_lost = true;
}

static int say_nothing(Display *display)
{
    (void)display;
    return 0;
}

static const struct {
    const char *name, *value;
} hints[] = {
    {SDL_HINT_NO_SIGNAL_HANDLERS, "1"},     /* ending is the program's own business */
    {SDL_HINT_VIDEO_HIGHDPI_DISABLED, "1"}, /* one canvas pixel is one projector pixel */
    {SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0"},   {SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0"},
    {SDL_HINT_QUIT_ON_LAST_WINDOW_CLOSE, "0"}, {SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "1"},
    {SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"}, /* only changed rectangles are sent */
    {SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1"},
};

static void start_x11(void)
{
    if (strcmp(SDL_GetCurrentVideoDriver(), "x11") != 0)
        return;
    video.x = XOpenDisplay(NULL);
    if (video.x)
        XSetIOErrorExitHandler(video.x, server_ended, NULL);
    XSetIOErrorHandler(say_nothing); /* the exit handlers act; Xlib's own words would only confuse */
}

/* Without a display SDL is content with a screen that nobody sees. Good for a test that asks for it by
 * SDL_VIDEODRIVER; at a bench it must be an error. */
static bool shows_nothing(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    bool unseen =
        strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0 || strcmp(driver, "evdev") == 0;
    return unseen && !getenv("SDL_VIDEODRIVER");
}

enum lw_msg video_start(struct lw_error *err)
{
    if (video.server_lost)
        return lw_fail(err, LW_MSG_SCREEN_NONE, _("the display server ended"));
    if (video.users > 0) {
        video.users++;
        return LW_OK;
    }
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        SDL_SetHint(hints[i].name, hints[i].value);
    SDL_SetMainReady();
    if (SDL_InitSubSystem(SDL_INIT_VIDEO))
        return lw_fail(err, LW_MSG_SCREEN_NONE, SDL_GetError());
    if (shows_nothing()) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return lw_fail(err, LW_MSG_SCREEN_NONE, _("there is no display server"));
    }
    SDL_DisableScreenSaver();
    SDL_StopTextInput();
    start_x11();
    video.users = 1;
    return LW_OK;
}

void video_stop(void)
{
    if (video.users == 0 || --video.users > 0 || video.server_lost)
        return;
    if (video.x)
        XCloseDisplay(video.x);
    video.x = NULL;
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

bool video_server_lost(void)
{
    return video.server_lost;
}

void video_guard(SDL_Window *window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (SDL_GetWindowWMInfo(window, &info) && info.subsystem == SDL_SYSWM_X11)
        XSetIOErrorExitHandler(info.info.x11.display, server_ended, NULL);
}

/* ---- displays ---- */

static double refresh_of(const struct video_display *d)
{
    SDL_Rect r = {d->x, d->y, d->width, d->height};
    SDL_DisplayMode mode;
    int index = SDL_GetRectDisplayIndex(&r);
    return index >= 0 && !SDL_GetCurrentDisplayMode(index, &mode) && mode.refresh_rate > 0 ? mode.refresh_rate
                                                                                           : 60;
}

/* SDL names a display by what its maker wrote into it ("EPSON PJ 24\""); people know the connection. */
static int x11_displays(struct video_display *list)
{
    int count = 0, n = 0;
    XRRMonitorInfo *monitors = XRRGetMonitors(video.x, DefaultRootWindow(video.x), True, &count);
    for (int i = 0; monitors && i < count && n < VIDEO_DISPLAYS; i++) {
        const XRRMonitorInfo *m = &monitors[i];
        char *name = XGetAtomName(video.x, m->name);
        struct video_display *d = &list[n++];
        *d = (struct video_display){.x = m->x, .y = m->y, .width = m->width, .height = m->height};
        snprintf(d->name, sizeof d->name, "%s", name ? name : "?");
        d->hz = refresh_of(d);
        if (name)
            XFree(name);
    }
    if (monitors)
        XRRFreeMonitors(monitors);
    return n;
}

static int sdl_displays(struct video_display *list)
{
    int count = SDL_GetNumVideoDisplays(), n = 0;
    for (int i = 0; i < count && n < VIDEO_DISPLAYS; i++) {
        SDL_Rect r;
        const char *name = SDL_GetDisplayName(i);
        if (SDL_GetDisplayBounds(i, &r))
            continue;
        struct video_display *d = &list[n++];
        *d = (struct video_display){.x = r.x, .y = r.y, .width = r.w, .height = r.h};
        snprintf(d->name, sizeof d->name, "%s", name ? name : "?");
        d->hz = refresh_of(d);
    }
    return n;
}

int video_displays(struct video_display list[VIDEO_DISPLAYS])
{
    int n = 0;
    if (video.users == 0 || video.server_lost)
        return 0;
    if (video.x)
        n = x11_displays(list);
    if (video.server_lost)
        return 0;
    return n > 0 ? n : sdl_displays(list);
}

int video_find(const struct video_display *list, int count, const char *wanted)
{
    for (int i = 0; i < count; i++)
        if (strcasecmp(list[i].name, wanted) == 0)
            return i;
    char *end;
    long number = strtol(wanted, &end, 10);
    return isdigit((unsigned char)wanted[0]) && !*end && number < count ? (int)number : -1;
}

void video_describe(const struct video_display *list, int count, const char *separator, char *buf, int size)
{
    int used = 0;
    buf[0] = 0;
    for (int i = 0; i < count && used < size; i++)
        used += snprintf(buf + used, (size_t)(size - used), "%s%d %s %dx%d+%d+%d", i ? separator : "", i,
                         list[i].name, list[i].width, list[i].height, list[i].x, list[i].y);
}

/* ---- events ---- */

void video_add(struct video_window *w)
{
    w->next = video.windows;
    video.windows = w;
}

void video_remove(struct video_window *w)
{
    for (struct video_window **p = &video.windows; *p; p = &(*p)->next)
        if (*p == w) {
            *p = w->next;
            return;
        }
}

static struct video_window *find_window(Uint32 id)
{
    SDL_Window *window = SDL_GetWindowFromID(id);
    struct video_window *w = video.windows;
    while (w && w->window != window)
        w = w->next;
    return w;
}

/* A key that is held down is one key: repeats would run through the steps. */
static void take_key(const SDL_KeyboardEvent *e)
{
    struct video_window *w = find_window(e->windowID);
    struct keys *keys = w && w->is_preview ? &video.preview_keys : &video.keys;
    if (e->repeat || keys->count == KEYS)
        return;
    keys->ring[(keys->first + keys->count++) % KEYS] = (struct screen_key){
        e->keysym.sym, (e->keysym.mod & KMOD_SHIFT) != 0, (e->keysym.mod & KMOD_CTRL) != 0};
}

static void take_window_event(const SDL_WindowEvent *e)
{
    struct video_window *w = find_window(e->windowID);
    if (!w)
        return;
    if (e->event == SDL_WINDOWEVENT_CLOSE)
        w->close_wanted = true;
    if (e->event == SDL_WINDOWEVENT_EXPOSED || e->event == SDL_WINDOWEVENT_SIZE_CHANGED ||
        e->event == SDL_WINDOWEVENT_SHOWN || e->event == SDL_WINDOWEVENT_RESTORED)
        w->redraw_wanted = true;
}

/* SDL has one pointer for all windows: it is shown while it is over a window that keeps it. */
static void set_pointer(void)
{
    SDL_Window *focus = SDL_GetMouseFocus();
    bool show = false;
    for (const struct video_window *w = video.windows; w; w = w->next)
        show |= w->keeps_pointer && (!focus || w->window == focus);
    for (const struct video_window *w = video.windows; w; w = w->next)
        show &= w->keeps_pointer || w->window != focus;
    if ((SDL_ShowCursor(SDL_QUERY) == SDL_ENABLE) != show)
        SDL_ShowCursor(show ? SDL_ENABLE : SDL_DISABLE);
}

void video_pump(void)
{
    SDL_Event e;
    if (video.users == 0 || video.server_lost)
        return;
    while (!video.server_lost && SDL_PollEvent(&e)) {
        if (e.type == SDL_KEYDOWN)
            take_key(&e.key);
        else if (e.type == SDL_WINDOWEVENT)
            take_window_event(&e.window);
        for (struct video_window *w = video.windows; w; w = w->next) {
            w->close_wanted |= e.type == SDL_QUIT;
            w->displays_changed |= e.type == SDL_DISPLAYEVENT;
        }
    }
    if (!video.server_lost)
        set_pointer();
}

bool video_key(bool previews, struct screen_key *key)
{
    struct keys *keys = previews ? &video.preview_keys : &video.keys;
    if (keys->count == 0)
        return false;
    *key = keys->ring[keys->first];
    keys->first = (keys->first + 1) % KEYS;
    keys->count--;
    return true;
}

bool video_previews_closed(void)
{
    bool closed = false;
    for (const struct video_window *w = video.windows; w; w = w->next)
        closed |= w->is_preview && w->close_wanted;
    return closed;
}
