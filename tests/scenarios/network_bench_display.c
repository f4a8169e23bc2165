#include "network_bench_display.h"

#include "harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER "/usr/bin/Xvfb"
#define RASTER_PX 8  /* of display_lit */
#define LIT_MIN   16 /* points of the raster: the server's own pointer, seen when no window is there, is less */

struct display {
    pid_t server;
    void *map;
    size_t size;
    struct image picture;
};

/* An XWD file's header is a row of 32-bit numbers, high byte first (XWDFile.h of X11). */
enum { XWD_HEADER_SIZE = 0, XWD_WIDTH = 4, XWD_HEIGHT = 5, XWD_BYTE_ORDER = 7, XWD_BITS_PER_PIXEL = 11,
       XWD_BYTES_PER_LINE = 12, XWD_COLOURS = 19 };
#define XWD_COLOUR_BYTES 12

static uint32_t header(const struct display *d, int field)
{
    uint32_t v;
    memcpy(&v, (const char *)d->map + 4 * (size_t)field, 4);
    return ntohl(v);
}

static void map_screen(struct display *d, const char *folder)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s/Xvfb_screen0", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    d->size = (size_t)st.st_size;
    d->map = mmap(NULL, d->size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    assert_true(d->map != MAP_FAILED);
    assert_int_equal(header(d, XWD_BITS_PER_PIXEL), 32);
    assert_int_equal(header(d, XWD_BYTE_ORDER), 0);
    size_t offset = header(d, XWD_HEADER_SIZE) + (size_t)XWD_COLOUR_BYTES * header(d, XWD_COLOURS);
    d->picture = (struct image){.data = (uint8_t *)d->map + offset,
                                .width = (int)header(d, XWD_WIDTH),
                                .height = (int)header(d, XWD_HEIGHT),
                                .stride = (ptrdiff_t)header(d, XWD_BYTES_PER_LINE),
                                .format = IMAGE_BGRA8};
}

bool display_start(struct display **out, int width, int height, const char *folder)
{
    int fds[2];
    char fd[16], screen[32], number[16] = "", name[32];
    *out = NULL;
    if (access(SERVER, X_OK) != 0)
        return false;
    struct display *d = calloc(1, sizeof *d);
    assert_true(d && pipe(fds) == 0);
    snprintf(fd, sizeof fd, "%d", fds[1]);
    snprintf(screen, sizeof screen, "%dx%dx24", width, height);
    d->server = fork();
    if (d->server == 0) {
        close(fds[0]);
        execl(SERVER, "Xvfb", "-displayfd", fd, "-screen", "0", screen, "-fbdir", folder, "-br", "-nolisten", "tcp",
              "-noreset", NULL);
        _exit(1);
    }
    close(fds[1]);
    /* Up to the end of the line, which comes apart: a pipe closed before it ends the server. */
    for (size_t n = 0; n < sizeof number - 1 && !strchr(number, '\n'); n++)
        assert_int_equal(read(fds[0], number + n, 1), 1);
    close(fds[0]);
    snprintf(name, sizeof name, ":%d", atoi(number));
    setenv("DISPLAY", name, 1);
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("SDL_VIDEODRIVER");
    map_screen(d, folder);
    *out = d;
    return true;
}

struct image display_picture(const struct display *d)
{
    return d->picture;
}

bool display_lit(const struct display *d)
{
    int lit = 0;
    for (int y = 0; y < d->picture.height; y += RASTER_PX) {
        const uint8_t *row = image_row(&d->picture, y);
        for (int x = 0; x < d->picture.width; x += RASTER_PX)
            lit += row[4 * x] || row[4 * x + 1] || row[4 * x + 2];
    }
    return lit >= LIT_MIN;
}

void display_stop(struct display **p)
{
    struct display *d = *p;
    if (!d)
        return;
    *p = NULL;
    munmap(d->map, d->size);
    kill(d->server, SIGTERM);
    waitpid(d->server, NULL, 0);
    free(d);
}
