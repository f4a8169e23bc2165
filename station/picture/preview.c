/* Windows on the operator's display that show a picture, scaled to fit, with dark bars where it does not. */
#include "screen.h"

#include <stdlib.h>
#include <string.h>

#include "cv_picture.h"
#include "log.h"
#include "video.h"

struct preview {
    struct video_window video;
    struct image fitted; /* BGRA8, as large as shown */
    struct preview *next;
};

static struct preview *previews;

enum lw_msg preview_create(struct preview **out, const char *title, int x, int y, int width, int height,
                           struct lw_error *err)
{
    *out = NULL;
    enum lw_msg rc = video_start(err);
    if (rc)
        return rc;
    struct preview *p = calloc(1, sizeof *p);
    if (p)
        p->video.window = SDL_CreateWindow(title, x, y, width, height, SDL_WINDOW_RESIZABLE);
    if (!p || !p->video.window) {
        rc = p ? lw_fail(err, LW_MSG_SCREEN_FAILED, SDL_GetError()) : lw_fail(err, LW_MSG_NO_MEMORY);
        free(p);
        video_stop();
        return rc;
    }
    video_guard(p->video.window);
    p->video.keeps_pointer = p->video.is_preview = true;
    video_add(&p->video);
    p->next = previews;
    previews = p;
    *out = p;
    return LW_OK;
}

/* Into the middle of the surface; the bars stay dark. */
static void draw(struct preview *p)
{
    SDL_Surface *s = SDL_GetWindowSurface(p->video.window);
    if (!s || !p->fitted.data)
        return;
    int width = p->fitted.width < s->w ? p->fitted.width : s->w;
    int height = p->fitted.height < s->h ? p->fitted.height : s->h;
    SDL_FillRect(s, NULL, SDL_MapRGB(s->format, 0, 0, 0));
    uint8_t *to = (uint8_t *)s->pixels + (ptrdiff_t)(s->h - height) / 2 * s->pitch +
                  (ptrdiff_t)(s->w - width) / 2 * s->format->BytesPerPixel;
    SDL_ConvertPixels(width, height, SDL_PIXELFORMAT_ARGB8888, p->fitted.data, (int)p->fitted.stride,
                      s->format->format, to, s->pitch);
    SDL_UpdateWindowSurface(p->video.window);
    p->video.redraw_wanted = false;
}

void preview_show(struct preview *p, const struct image *picture)
{
    int width = 0, height = 0;
    struct image small = {0};
    struct lw_error err = {0};
    if (video_server_lost())
        return;
    SDL_GetWindowSize(p->video.window, &width, &height);
    double scale = fmin((double)width / picture->width, (double)height / picture->height);
    int w = (int)lround(picture->width * scale), h = (int)lround(picture->height * scale);
    enum lw_msg rc = cv_picture_resize(picture, w < 1 ? 1 : w, h < 1 ? 1 : h, &small, &err);
    image_finish(&p->fitted);
    if (!rc)
        rc = cv_picture_convert(&small, IMAGE_BGRA8, &p->fitted, &err);
    image_finish(&small);
    if (rc)
        lw_log_error("preview", &err);
    else
        draw(p);
}

bool preview_poll_key(struct screen_key *key, bool *close_wanted)
{
    video_pump();
    for (struct preview *p = previews; p; p = p->next)
        if (p->video.redraw_wanted && !video_server_lost())
            draw(p);
    *close_wanted |= video_previews_closed();
    return video_key(true, key);
}

void preview_destroy(struct preview **p)
{
    if (!*p)
        return;
    for (struct preview **q = &previews; *q; q = &(*q)->next)
        if (*q == *p) {
            *q = (*p)->next;
            break;
        }
    video_remove(&(*p)->video);
    if (!video_server_lost())
        SDL_DestroyWindow((*p)->video.window);
    video_stop();
    image_finish(&(*p)->fitted);
    free(*p);
    *p = NULL;
}
