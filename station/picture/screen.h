/* The screen contract: where the projector picture goes. Backends: SDL window, memory (headless), the pretend
 * bench. */
#pragma once

#include "config.h"
#include "render.h"

/* What a person pressed at the screen's keyboard. */
struct screen_key {
    int code; /* SDL keycode, or a character */
    bool shift, ctrl;
};

enum screen_status { SCREEN_LOST = 0, SCREEN_READY };

struct screen_info {
    char identity[128]; /* display and mode: what a calibration is tied to */
    int width, height;
    double hz;
};

struct screen;

struct screen_ops {
    /* Shows the canvas; `rects` changed since the last present (0 rects: all). Returns within a frame. */
    enum lw_msg (*present)(struct screen *s, const struct image *canvas, const struct picture_rect *rects,
                           int count, int64_t now_ns, struct lw_error *err);
    /* Serves the window system; true when a key was pressed (call again until false). */
    bool (*poll_key)(struct screen *s, struct screen_key *key);
    enum screen_status (*status)(struct screen *s);
    void (*destroy)(struct screen *s);
};

struct screen {
    const struct screen_ops *ops;
    struct screen_info info;
    bool close_wanted; /* somebody closed the window or the system asks to end */
};

/* The `projector` group of station.cfg. */
struct screen_config {
    char *display; /* name ("HDMI-1"), number ("0"), "window" (a plain window), or "none" (memory) */
    int width, height, x, y; /* x, y: where the projector's picture starts inside a larger screen */
};
extern const struct lw_option screen_options[];
extern const int screen_option_count;

/* Refuses, naming the displays there are, when the display is absent. */
enum lw_msg screen_open(struct screen **out, const struct screen_config *config, struct lw_error *err);

/* A screen in memory: screen_memory_canvas gives what was presented last. */
enum lw_msg screen_memory_create(struct screen **out, int width, int height, struct lw_error *err);
const struct image *screen_memory_canvas(const struct screen *s);

enum lw_msg screen_present(struct screen *s, const struct image *canvas, const struct picture_rect *rects,
                           int count, int64_t now_ns, struct lw_error *err);
bool screen_poll_key(struct screen *s, struct screen_key *key);
enum screen_status screen_status(struct screen *s);
void screen_destroy(struct screen **s);

/* Names of the displays that are connected, into buf, one a line; returns their number. For `doctor`. */
int screen_list_displays(char *buf, int size);

/* ---- an extra window on the operator's display that shows a picture (demo: projection, camera) ---- */
struct preview;
enum lw_msg preview_create(struct preview **out, const char *title, int x, int y, int width, int height,
                           struct lw_error *err);
void preview_show(struct preview *p, const struct image *picture); /* BGR8 or BGRA8, scaled to fit */
bool preview_poll_key(struct screen_key *key, bool *close_wanted); /* of all previews */
void preview_destroy(struct preview **p);
