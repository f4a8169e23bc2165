/* The screen that is a window: on a whole display, at a place inside a larger one, or a plain window to look
 * at. */
#include "window.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "video.h"

struct window {
    struct screen screen;
    struct video_window video;
    struct image shown; /* what is presented; survives a lost display */
    struct video_display display;
    int x, y; /* inside the display */
    bool plain, lost;
    struct lw_clock clock;
    int64_t next_look_ns;
};

/* How often the list of displays is read: the window system does not always tell. */
#define LOOK_NS NS_PER_S

/* A plain window without a size. */
#define PLAIN_WIDTH  1280
#define PLAIN_HEIGHT 720

/* ---- showing ---- */

static void copy_rect(const struct image *from, const struct image *to, struct picture_rect r)
{
    struct image a = image_window(from, r.x, r.y, r.width, r.height);
    struct image b = image_window(to, r.x, r.y, r.width, r.height);
    for (int y = 0; y < a.height && y < b.height; y++)
        memcpy(image_row(&b, y), image_row(&a, y), (size_t)(a.width < b.width ? a.width : b.width) * 4);
}

static void to_surface(const struct window *w, SDL_Surface *s, SDL_Rect r)
{
    const uint8_t *from = image_row(&w->shown, r.y) + (ptrdiff_t)4 * r.x;
    uint8_t *to =
        (uint8_t *)s->pixels + (ptrdiff_t)r.y * s->pitch + (ptrdiff_t)r.x * s->format->BytesPerPixel;
    Uint32 format = s->format->format;
    if (format != SDL_PIXELFORMAT_XRGB8888 && format != SDL_PIXELFORMAT_ARGB8888) {
        SDL_ConvertPixels(r.w, r.h, SDL_PIXELFORMAT_ARGB8888, from, (int)w->shown.stride, format, to,
                          s->pitch);
        return;
    }
    for (int y = 0; y < r.h; y++)
        memcpy(to + (ptrdiff_t)y * s->pitch, from + (ptrdiff_t)y * w->shown.stride, (size_t)r.w * 4);
}

/* Sends the rectangles of what is presented to the display; 0: all. */
static bool send(struct window *w, const struct picture_rect *rects, int count)
{
    SDL_Surface *s = SDL_GetWindowSurface(w->video.window);
    SDL_Rect out[RENDER_RECTS], whole = {0, 0, w->shown.width, w->shown.height};
    int n = 0;
    if (!s || video_server_lost())
        return false;
    if (w->video.redraw_wanted)
        count = 0;
    w->video.redraw_wanted = false;
    for (int i = 0; i < (count ? count : 1); i++) {
        SDL_Rect r = count ? (SDL_Rect){rects[i].x, rects[i].y, rects[i].width, rects[i].height} : whole;
        SDL_Rect inside = {0, 0, s->w, s->h};
        if (!SDL_IntersectRect(&r, &whole, &r) || !SDL_IntersectRect(&r, &inside, &r))
            continue;
        to_surface(w, s, r);
        out[n++] = r;
    }
    return n == 0 || (!SDL_UpdateWindowSurfaceRects(w->video.window, out, n) && !video_server_lost());
}

static enum lw_msg window_present(struct screen *s, const struct image *canvas,
                                  const struct picture_rect *rects, int count, int64_t now_ns,
                                  struct lw_error *err)
{
    struct window *w = (struct window *)s;
    struct picture_rect whole = {0, 0, w->shown.width, w->shown.height};
    (void)now_ns;
    if (canvas->width != w->shown.width || canvas->height != w->shown.height || canvas->format != IMAGE_BGRA8)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, canvas->width, canvas->height);
    if (count > RENDER_RECTS)
        count = 0;
    if (count == 0)
        copy_rect(canvas, &w->shown, whole);
    for (int i = 0; i < count; i++)
        copy_rect(canvas, &w->shown, rects[i]);
    if (w->lost || video_server_lost())
        return lw_fail(err, LW_MSG_SCREEN_LOST, w->display.name);
    if (send(w, rects, count))
        return LW_OK;
    return lw_fail(err, LW_MSG_SCREEN_FAILED,
                   video_server_lost() ? _("the display server ended") : SDL_GetError());
}

/* ---- coming and going of the display ---- */

static void place(struct window *w)
{
    int x, y, width, height;
    SDL_GetWindowPosition(w->video.window, &x, &y);
    SDL_GetWindowSize(w->video.window, &width, &height);
    if (x != w->display.x + w->x || y != w->display.y + w->y)
        SDL_SetWindowPosition(w->video.window, w->display.x + w->x, w->display.y + w->y);
    if (width != w->shown.width || height != w->shown.height)
        SDL_SetWindowSize(w->video.window, w->shown.width, w->shown.height);
}

/* Another resolution is a lost display as well: the calibration is not for it, and the picture would not fit.
 */
static bool is_there(struct window *w)
{
    struct video_display list[VIDEO_DISPLAYS];
    int count = video_displays(list), i = -1;
    for (int k = 0; k < count; k++)
        if (strcmp(list[k].name, w->display.name) == 0)
            i = k;
    if (i < 0 || list[i].width != w->display.width || list[i].height != w->display.height)
        return false;
    w->display = list[i]; /* it may have moved beside the others */
    return true;
}

static void look_at_display(struct window *w)
{
    bool there = is_there(w);
    if (video_server_lost())
        there = false;
    if (there && w->lost) {
        SDL_ShowWindow(w->video.window);
        w->video.redraw_wanted = true;
        lw_log(LW_LOG_INFO, "screen", "the display %s is back", w->display.name);
    }
    if (!there && !w->lost) {
        struct lw_error err;
        lw_fail(&err, LW_MSG_SCREEN_LOST, w->display.name);
        lw_log_error("screen", &err);
        if (!video_server_lost())
            SDL_HideWindow(w->video.window); /* or the window manager moves it onto another display */
    }
    w->lost = !there;
    if (there)
        place(w);
}

static void serve(struct window *w)
{
    video_pump();
    int64_t now_ns = clock_now_ns(&w->clock);
    if (video_server_lost()) {
        if (!w->lost)
            look_at_display(w);
        return;
    }
    if (!w->plain && (now_ns >= w->next_look_ns || w->video.displays_changed)) {
        w->next_look_ns = now_ns + LOOK_NS;
        w->video.displays_changed = false;
        look_at_display(w);
    }
    if (w->video.redraw_wanted && !w->lost && !video_server_lost())
        send(w, NULL, 0);
    w->screen.close_wanted |= w->video.close_wanted;
}

static bool window_poll_key(struct screen *s, struct screen_key *key)
{
    serve((struct window *)s);
    return video_key(false, key);
}

static enum screen_status window_status(struct screen *s)
{
    struct window *w = (struct window *)s;
    return w->lost || video_server_lost() ? SCREEN_LOST : SCREEN_READY;
}

static void window_destroy(struct screen *s)
{
    struct window *w = (struct window *)s;
    video_remove(&w->video);
    if (w->video.window && !video_server_lost())
        SDL_DestroyWindow(w->video.window);
    video_stop();
    image_finish(&w->shown);
    free(w);
}

static const struct screen_ops window_ops = {window_present, window_poll_key, window_status, window_destroy};

/* ---- opening ---- */

static enum lw_msg choose_display(struct window *w, const struct screen_config *c, struct lw_error *err)
{
    struct video_display list[VIDEO_DISPLAYS];
    char there[512];
    int count = video_displays(list), i = w->plain ? 0 : video_find(list, count, c->display);
    if (count == 0)
        return lw_fail(err, LW_MSG_SCREEN_NONE, _("no display is connected"));
    video_describe(list, count, "; ", there, sizeof there);
    if (i < 0)
        return lw_fail(err, LW_MSG_SCREEN_ABSENT, c->display, there);
    w->display = list[i];
    w->x = c->x;
    w->y = c->y;
    int width = c->width ? c->width : w->plain ? PLAIN_WIDTH : list[i].width - c->x;
    int height = c->height ? c->height : w->plain ? PLAIN_HEIGHT : list[i].height - c->y;
    bool fits = c->x >= 0 && c->y >= 0 && c->x + width <= list[i].width && c->y + height <= list[i].height;
    if (!w->plain && (!fits || width < 1 || height < 1))
        return lw_fail(err, LW_MSG_SCREEN_PLACE, width, height, c->x, c->y, list[i].name, list[i].width,
                       list[i].height);
    return image_init(&w->shown, width, height, IMAGE_BGRA8, err);
}

static bool is_whole_sdl_display(const struct window *w)
{
    SDL_Rect r, ours = {w->display.x + w->x, w->display.y + w->y, w->shown.width, w->shown.height};
    for (int i = 0; i < SDL_GetNumVideoDisplays(); i++)
        if (!SDL_GetDisplayBounds(i, &r) && SDL_RectEquals(&r, &ours))
            return true;
    return false;
}

static enum lw_msg make_window(struct window *w, struct lw_error *err)
{
    Uint32 flags = SDL_WINDOW_HIDDEN;
    if (!w->plain)
        flags |= SDL_WINDOW_BORDERLESS | SDL_WINDOW_ALWAYS_ON_TOP | SDL_WINDOW_SKIP_TASKBAR;
    if (!w->plain && is_whole_sdl_display(w))
        flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    w->video.window = SDL_CreateWindow("Lichtwijzer", w->display.x + w->x, w->display.y + w->y,
                                       w->shown.width, w->shown.height, flags);
    if (!w->video.window)
        return lw_fail(err, LW_MSG_SCREEN_FAILED, SDL_GetError());
    video_guard(w->video.window);
    w->video.keeps_pointer = w->plain;
    video_add(&w->video);
    SDL_ShowWindow(w->video.window);
    SDL_RaiseWindow(w->video.window);
    video_pump();
    if (!w->plain)
        place(w);
    return send(w, NULL, 0) ? LW_OK : lw_fail(err, LW_MSG_SCREEN_FAILED, SDL_GetError());
}

static void describe(struct window *w)
{
    struct screen_info *info = &w->screen.info;
    bool whole = w->x == 0 && w->y == 0;
    info->width = w->shown.width;
    info->height = w->shown.height;
    info->hz = w->display.hz;
    snprintf(info->identity, sizeof info->identity, "%s %dx%d", w->plain ? "window" : w->display.name,
             info->width, info->height);
    size_t used = strlen(info->identity);
    if (!whole && !w->plain)
        snprintf(info->identity + used, sizeof info->identity - used, "+%d+%d", w->x, w->y);
}

enum lw_msg window_open(struct screen **out, const struct screen_config *config, struct lw_error *err)
{
    *out = NULL;
    enum lw_msg rc = video_start(err);
    if (rc)
        return rc;
    struct window *w = calloc(1, sizeof *w);
    if (!w) {
        video_stop();
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    w->screen.ops = &window_ops;
    w->plain = strcmp(config->display, "window") == 0;
    clock_init_real(&w->clock);
    rc = choose_display(w, config, err);
    if (!rc)
        rc = make_window(w, err);
    if (rc) {
        window_destroy(&w->screen);
        return rc;
    }
    describe(w);
    *out = &w->screen;
    return LW_OK;
}
