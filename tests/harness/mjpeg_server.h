/* A network camera for tests: MJPEG over HTTP on loopback, served by a thread of the test itself. */
#pragma once

#include "image.h"

enum mjpeg_state {
    MJPEG_OK = 0,
    MJPEG_STALL,       /* connections stay open, nothing is sent any more */
    MJPEG_DISCONNECT,  /* connections are closed and new ones refused, as when the camera has no power */
    MJPEG_GARBAGE,     /* noise in the place of JPEG data */
    MJPEG_HUGE_HEADER, /* an endless HTTP header */
};

/* Makes picture number n (0, 1, …) into `out` (which the server finishes); called on the server's thread. */
typedef void (*mjpeg_picture)(void *user, int n, struct image *out);

struct mjpeg_server;

/* Serves at http://127.0.0.1:PORT/ with a free port, `fps` pictures a second. Fails the test on trouble. */
struct mjpeg_server *mjpeg_server_start(mjpeg_picture picture, void *user, double fps);
void mjpeg_server_set(struct mjpeg_server *s, enum mjpeg_state state);
const char *mjpeg_server_address(const struct mjpeg_server *s);
int mjpeg_server_sent(struct mjpeg_server *s);    /* pictures so far, to all clients */
int mjpeg_server_clients(struct mjpeg_server *s); /* connected now */
void mjpeg_server_stop(struct mjpeg_server **s);
