#include "screen.h"

#include <stdlib.h>
#include <string.h>

#include "video.h"
#include "window.h"

const struct lw_option screen_options[] = {
    {"display", OPTION_STRING, offsetof(struct screen_config, display), 0, 0, "0", NULL,
     N_("Display of the projector: its name (HDMI-1), its number, \"window\" for a plain window, or "
        "\"none\".")},
    {"width", OPTION_INT, offsetof(struct screen_config, width), 0, 16384, "0", NULL,
     N_("Width of the projector's picture in pixels; 0: the whole display.")},
    {"height", OPTION_INT, offsetof(struct screen_config, height), 0, 16384, "0", NULL,
     N_("Height of the projector's picture in pixels; 0: the whole display.")},
    {"x", OPTION_INT, offsetof(struct screen_config, x), 0, 32767, "0", NULL,
     N_("Where the projector's picture starts inside a larger display, pixels from its left.")},
    {"y", OPTION_INT, offsetof(struct screen_config, y), 0, 32767, "0", NULL,
     N_("Where the projector's picture starts inside a larger display, pixels from its top.")},
};
const int screen_option_count = (int)(sizeof screen_options / sizeof screen_options[0]);

/* Without a display and without a size. */
#define MEMORY_WIDTH  1920
#define MEMORY_HEIGHT 1080

enum lw_msg screen_open(struct screen **out, const struct screen_config *config, struct lw_error *err)
{
    if (strcmp(config->display, "none") == 0)
        return screen_memory_create(out, config->width ? config->width : MEMORY_WIDTH,
                                    config->height ? config->height : MEMORY_HEIGHT, err);
    return window_open(out, config, err);
}

enum lw_msg screen_present(struct screen *s, const struct image *canvas, const struct picture_rect *rects,
                           int count, int64_t now_ns, struct lw_error *err)
{
    return s->ops->present(s, canvas, rects, count, now_ns, err);
}

bool screen_poll_key(struct screen *s, struct screen_key *key)
{
    return s->ops->poll_key(s, key);
}

enum screen_status screen_status(struct screen *s)
{
    return s->ops->status(s);
}

void screen_destroy(struct screen **s)
{
    if (!*s)
        return;
    (*s)->ops->destroy(*s);
    *s = NULL;
}

int screen_list_displays(char *buf, int size)
{
    struct video_display list[VIDEO_DISPLAYS];
    buf[0] = 0;
    if (video_start(NULL))
        return 0;
    int count = video_displays(list);
    video_describe(list, count, "\n", buf, size);
    video_stop();
    return count;
}

/* ---- a screen in memory ---- */

struct memory {
    struct screen screen;
    struct image canvas;
};

static enum lw_msg memory_present(struct screen *s, const struct image *canvas,
                                  const struct picture_rect *rects, int count, int64_t now_ns,
                                  struct lw_error *err)
{
    struct memory *m = (struct memory *)s;
    struct picture_rect whole = {0, 0, canvas->width, canvas->height};
    (void)now_ns;
    if (canvas->width != m->canvas.width || canvas->height != m->canvas.height ||
        canvas->format != IMAGE_BGRA8)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, canvas->width, canvas->height);
    for (int i = 0; i < (count ? count : 1); i++) {
        struct picture_rect r = count ? rects[i] : whole;
        struct image from = image_window(canvas, r.x, r.y, r.width, r.height);
        struct image to = image_window(&m->canvas, r.x, r.y, r.width, r.height);
        for (int y = 0; y < from.height; y++)
            memcpy(image_row(&to, y), image_row(&from, y), (size_t)from.width * 4);
    }
    return LW_OK;
}

static bool memory_poll_key(struct screen *s, struct screen_key *key)
{
    (void)s, (void)key;
    return false;
}

static enum screen_status memory_status(struct screen *s)
{
    (void)s;
    return SCREEN_READY;
}

static void memory_destroy(struct screen *s)
{
    struct memory *m = (struct memory *)s;
    image_finish(&m->canvas);
    free(m);
}

static const struct screen_ops memory_ops = {memory_present, memory_poll_key, memory_status, memory_destroy};

enum lw_msg screen_memory_create(struct screen **out, int width, int height, struct lw_error *err)
{
    *out = NULL;
    struct memory *m = calloc(1, sizeof *m);
    if (!m)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = image_init(&m->canvas, width, height, IMAGE_BGRA8, err);
    if (rc) {
        free(m);
        return rc;
    }
    m->screen.ops = &memory_ops;
    m->screen.info = (struct screen_info){.width = width, .height = height, .hz = 60};
    snprintf(m->screen.info.identity, sizeof m->screen.info.identity, "none %dx%d", width, height);
    *out = &m->screen;
    return LW_OK;
}

const struct image *screen_memory_canvas(const struct screen *s)
{
    return &((const struct memory *)s)->canvas;
}
