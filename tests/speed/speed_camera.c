/* What a 1280x720 network camera costs while the station is idle: our capture thread against plain VideoCapture. */
#include "harness.h"

#include "camera.h"
#include "clock.h"
#include "mjpeg_server.h"
#include "plain_video.h"
#include "units.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PICTURES 150 /* five seconds */
#define FPS 30.0
#define SHARE_LIMIT 0.25 /* of a core: an idle station must stay below */

/* A busy bench: soft gradients, edges and noise, so that the JPEG is as large as a webcam's. */
static void make_picture(void *user, int n, struct image *out)
{
    static struct image one;
    (void)user;
    if (!one.data) {
        uint64_t seed = 1;
        image_init(&one, 1280, 720, IMAGE_BGR8, NULL);
        for (int y = 0; y < 720; y++)
            for (int x = 0; x < 1280 * 3; x++)
                image_row(&one, y)[x] = (uint8_t)(x / 20 + (x / 90 + y / 30) % 2 * 50 + harness_random(&seed) * 8);
    }
    image_copy(out, &one, NULL);
    memset(image_row(out, n % 720), 255, 1280 * 3);
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The server's own time must not count: it is another process. */
static pid_t serve(char address[64])
{
    int ends[2];
    if (pipe(ends))
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        struct mjpeg_server *s = mjpeg_server_start(make_picture, NULL, FPS);
        ssize_t n = write(ends[1], mjpeg_server_address(s), 64);
        for (int i = 0; n > 0 && i < 60; i++)
            sleep(1); /* until it is ended */
        _exit(0);
    }
    if (read(ends[0], address, 64) <= 0)
        exit(1);
    return child;
}

static double ours(const char *address, long *kb)
{
    struct camera_config config = {(char *)address, 1280, 720, FPS, 0};
    struct camera *c;
    struct lw_error err;
    struct lw_clock clock;
    clock_init_real(&clock);
    double start = cpu_s();
    if (camera_open(&c, &config, &err))
        exit(1);
    int64_t end = clock_now_ns(&clock) + 20 * NS_PER_S;
    for (int got = 0; got < PICTURES && clock_now_ns(&clock) < end;) {
        struct frame *f;
        got += camera_poll(c, clock_now_ns(&clock), &f, &err) == CAMERA_FRAME;
        frame_unref(&f);
        clock_wait(&clock, 100 * NS_PER_MS, camera_wake_fd(c));
    }
    double used = cpu_s() - start;
    FILE *f = fopen("/proc/self/statm", "r");
    long total, pages = 0;
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    *kb = pages * (sysconf(_SC_PAGESIZE) / 1024);
    camera_destroy(&c);
    return used;
}

int main(void)
{
    harness_init();
    char address[64] = "";
    pid_t server = serve(address);
    long kb;
    double mine = ours(address, &kb);
    double start = cpu_s();
    bool ok = plain_video_read(address, PICTURES);
    double plain = cpu_s() - start;
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    double seconds = PICTURES / FPS;
    printf("network camera 1280x720 at %.0f a second: %.1f ms a picture, %.0f %% of a core, %ld MB resident\n", FPS,
           mine / PICTURES * 1e3, mine / seconds * 100, kb / 1024);
    printf("plain VideoCapture: %.1f ms a picture; ratio %.2f\n", plain / PICTURES * 1e3, mine / plain);
    return ok && mine / seconds < SHARE_LIMIT ? 0 : 1;
}
