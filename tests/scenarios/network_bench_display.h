/* A projector's display for tests: an X server of its own whose frame buffer is a file mapped into memory. */
#pragma once

#include "image.h"

struct display;

/* Starts the server, sets DISPLAY for the programs that are started from here, and maps its screen. False: the server
 * is not on this computer. Fails the test on other trouble. */
bool display_start(struct display **out, int width, int height, const char *folder);

/* What is shown now: BGRA8, in the mapped memory, changing while one looks. Lives as long as the display. */
struct image display_picture(const struct display *d);

/* More light than a mouse pointer. */
bool display_lit(const struct display *d);

void display_stop(struct display **d);
