/* Inside the screens: what all windows of the program share: SDL's video, its events, the list of displays.
 */
#pragma once

#include <SDL.h>

#include "screen.h"

struct video_display {
    char name[64]; /* the connection ("HDMI-1") where the window system tells it */
    int x, y, width, height;
    double hz;
};

#define VIDEO_DISPLAYS 8

/* Counted: each start needs a stop. Takes no signals and starts nothing of SDL but video. */
enum lw_msg video_start(struct lw_error *err);
void video_stop(void);

/* The display server ended: nothing of SDL may be called any more. */
bool video_server_lost(void);

/* Call once after a window was made: an ended display server then no longer ends the program. */
void video_guard(SDL_Window *window);

int video_displays(struct video_display list[VIDEO_DISPLAYS]);

/* The display by name or number; -1: not there. */
int video_find(const struct video_display *list, int count, const char *wanted);

/* "0 HDMI-1 1920x1080+0+0", one a line or separated by `separator`, into buf. */
void video_describe(const struct video_display *list, int count, const char *separator, char *buf, int size);

/* What concerns one window. */
struct video_window {
    SDL_Window *window;
    bool keeps_pointer; /* the pointer is seen over it */
    bool is_preview;
    bool close_wanted, redraw_wanted, displays_changed;
    struct video_window *next;
};

void video_add(struct video_window *w);
void video_remove(struct video_window *w);

/* Takes the events that came and files them with their windows. */
void video_pump(void);

/* Keys pressed in previews, or in the other windows; false: none. */
bool video_key(bool previews, struct screen_key *key);

/* Whether somebody closed a preview. */
bool video_previews_closed(void);
