#include "mjpeg_server.h"

#include "harness.h"

#include "cv_video.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 8
#define IDLE_MS 5      /* how soon a new state shows when nothing is being sent */
#define JPEG_QUALITY 90
#define NOISE_BYTES 20000

struct mjpeg_server {
    pthread_t thread;
    mjpeg_picture picture;
    void *user;
    double fps;
    atomic_int state, sent, clients;
    atomic_bool stop;
    uint16_t port;
    int listener; /* -1 while disconnected */
    int client[MAX_CLIENTS];
    int count;
    char address[64];
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int listen_at(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, MAX_CLIENTS) ||
        getsockname(fd, (struct sockaddr *)&at, &size)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

static void drop(struct mjpeg_server *s, int i)
{
    close(s->client[i]);
    s->client[i] = s->client[--s->count];
    s->clients = s->count;
}

static bool send_all(int fd, const void *data, size_t size)
{
    for (const char *p = data; size > 0;) {
        ssize_t n = send(fd, p, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

static void accept_one(struct mjpeg_server *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct timeval limit = {.tv_usec = 300000}; /* a client that does not read must not hold up the test */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char line[2048];
    bool ok = recv(fd, line, sizeof line, 0) > 0;
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
    int state = s->state;
    if (ok && state == MJPEG_HUGE_HEADER)
        ok = send_all(fd, "HTTP/1.0 200 OK\r\nX-Filler: ", 27);
    else if (ok && state != MJPEG_STALL)
        ok = send_all(fd, head, sizeof head - 1);
    if (!ok || s->count == MAX_CLIENTS) {
        close(fd);
        return;
    }
    s->client[s->count++] = fd;
    s->clients = s->count;
}

static bool make_jpeg(struct mjpeg_server *s, int n, uint8_t **data, size_t *size)
{
    if (s->state == MJPEG_GARBAGE) {
        *size = NOISE_BYTES;
        *data = malloc(*size);
        uint64_t seed = (uint64_t)n + 1;
        for (size_t i = 0; *data && i < *size; i++)
            (*data)[i] = (uint8_t)(harness_random(&seed) * 256);
        return *data != NULL;
    }
    struct image im = {0};
    s->picture(s->user, n, &im);
    bool ok = im.data && !cv_video_encode(&im, ".jpg", JPEG_QUALITY, data, size, NULL);
    image_finish(&im);
    return ok;
}

static void send_picture(struct mjpeg_server *s, int n)
{
    uint8_t *data = NULL;
    size_t size = 0;
    if (!make_jpeg(s, n, &data, &size))
        return;
    char head[128];
    int length = snprintf(head, sizeof head,
                          "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", size);
    for (int i = s->count - 1; i >= 0; i--) {
        if (send_all(s->client[i], head, (size_t)length) && send_all(s->client[i], data, size) &&
            send_all(s->client[i], "\r\n", 2))
            s->sent++;
        else
            drop(s, i);
    }
    free(data);
}

static void send_filler(struct mjpeg_server *s)
{
    char filler[4096];
    memset(filler, 'x', sizeof filler);
    for (int i = s->count - 1; i >= 0; i--)
        if (!send_all(s->client[i], filler, sizeof filler))
            drop(s, i);
}

/* Opens and closes the listener as the state asks for. */
static void follow_state(struct mjpeg_server *s)
{
    if (s->state == MJPEG_DISCONNECT) {
        while (s->count > 0)
            drop(s, s->count - 1);
        if (s->listener >= 0)
            close(s->listener);
        s->listener = -1;
    } else if (s->listener < 0) {
        s->listener = listen_at(&s->port);
    }
}

static void *serve(void *arg)
{
    struct mjpeg_server *s = arg;
    double next = seconds();
    for (int n = 0; !s->stop;) {
        follow_state(s);
        struct pollfd ready = {.fd = s->listener, .events = POLLIN};
        double left_ms = (next - seconds()) * 1000;
        if (poll(&ready, 1, left_ms < 0 ? 0 : left_ms < IDLE_MS ? (int)left_ms + 1 : IDLE_MS) > 0)
            accept_one(s);
        if (seconds() < next)
            continue;
        next = seconds() + 1 / s->fps;
        int state = s->state;
        if (state == MJPEG_OK || state == MJPEG_GARBAGE)
            send_picture(s, n++);
        else if (state == MJPEG_HUGE_HEADER)
            send_filler(s);
    }
    return NULL;
}

struct mjpeg_server *mjpeg_server_start(mjpeg_picture picture, void *user, double fps)
{
    struct mjpeg_server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->picture = picture;
    s->user = user;
    s->fps = fps;
    s->listener = listen_at(&s->port);
    assert_true(s->listener >= 0);
    snprintf(s->address, sizeof s->address, "http://127.0.0.1:%u/", s->port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

void mjpeg_server_set(struct mjpeg_server *s, enum mjpeg_state state)
{
    s->state = (int)state;
}

const char *mjpeg_server_address(const struct mjpeg_server *s)
{
    return s->address;
}

int mjpeg_server_sent(struct mjpeg_server *s)
{
    return s->sent;
}

int mjpeg_server_clients(struct mjpeg_server *s)
{
    return s->clients;
}

void mjpeg_server_stop(struct mjpeg_server **p)
{
    struct mjpeg_server *s = *p;
    if (!s)
        return;
    *p = NULL;
    s->stop = true;
    pthread_join(s->thread, NULL);
    while (s->count > 0)
        drop(s, s->count - 1);
    if (s->listener >= 0)
        close(s->listener);
    free(s);
}
