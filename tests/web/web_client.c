#include "web_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REPLY_MAX 8000000
#define WAIT_S    20

static void copy_template(const char *to)
{
    char from[300], command[800];
    harness_source("workflows/_template", from, sizeof from);
    snprintf(command, sizeof command, "mkdir -p '%s' && cp -r '%s/.' '%s' && chmod -R u+w '%s'", to, from, to, to);
    assert_int_equal(system(command), 0);
}

void served_enter(struct served *s)
{
    struct reply r = served_ask(s, "GET", "/", NULL, NULL);
    assert_int_equal(r.status, 200);
    const char *cookie = strstr(r.text, "Set-Cookie: ");
    assert_non_null(cookie);
    snprintf(s->cookie, sizeof s->cookie, "%.*s", (int)strcspn(cookie + 12, ";"), cookie + 12);
    reply_free(&r);
    r = served_ask(s, "GET", "/api/state", NULL, NULL);
    const char *token = strstr(r.body, "\"token\":\"");
    assert_non_null(token);
    snprintf(s->token, sizeof s->token, "%.*s", (int)strcspn(token + 9, "\""), token + 9);
    reply_free(&r);
}

void served_open(struct served *s, const struct web_options *options)
{
    static int number;
    char path[400];
    struct lw_error err;
    struct web_options o = options ? *options : (struct web_options){0};
    *s = (struct served){0};
    snprintf(s->folder, sizeof s->folder, "%s/workflows-%d", harness_scratch(), ++number);
    snprintf(s->data, sizeof s->data, "%s", o.data ? o.data : harness_scratch());
    snprintf(path, sizeof path, "%s/tray", s->folder);
    copy_template(path);
    snprintf(path, sizeof path, "%s/kit-b", s->folder);
    copy_template(path);
    o.address = o.address ? o.address : "127.0.0.1:0";
    o.data = s->data;
    o.workflows = s->folder;
    assert_ok(web_open(&s->web, &o, &err), &err);
    s->port = atoi(strrchr(web_url(s->web), ':') + 1);
    if (!options)
        served_enter(s);
}

void served_close(struct served *s)
{
    web_close(&s->web);
}

int served_connect(const struct served *s)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval wait = {.tv_sec = WAIT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void read_reply(int fd, struct reply *r)
{
    size_t n = 0;
    r->text = malloc(REPLY_MAX + 1);
    assert_non_null(r->text);
    for (ssize_t got; n < REPLY_MAX && (got = recv(fd, r->text + n, REPLY_MAX - n, 0)) > 0;)
        n += (size_t)got;
    r->text[n] = 0;
    char *end = strstr(r->text, "\r\n\r\n");
    r->status = n > 12 && strncmp(r->text, "HTTP/1.1 ", 9) == 0 ? atoi(r->text + 9) : 0;
    r->body = end ? end + 4 : r->text + n;
    r->size = n - (size_t)(r->body - r->text);
}

struct reply served_raw(const struct served *s, const char *bytes, size_t size)
{
    struct reply r = {0};
    int fd = served_connect(s);
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, bytes + done, size - done, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* refused before it was whole: the answer may still be there */
        done += (size_t)n;
    }
    read_reply(fd, &r);
    close(fd);
    return r;
}

struct reply served_ask(const struct served *s, const char *method, const char *path, const char *more, const char *body)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    fprintf(f, "%s %s HTTP/1.1\r\nConnection: close\r\n", method, path);
    if (!more || !strstr(more, "Host:"))
        fprintf(f, "Host: 127.0.0.1:%d\r\n", s->port);
    if (s->cookie[0])
        fprintf(f, "Cookie: %s\r\n", s->cookie);
    if (s->token[0] && (!more || !strstr(more, "X-Lichtwijzer-Token")))
        fprintf(f, "X-Lichtwijzer-Token: %s\r\n", s->token);
    if (body)
        fprintf(f, "Content-Length: %zu\r\n", strlen(body));
    fprintf(f, "%s\r\n%s", more ? more : "", body ? body : "");
    fclose(f);
    struct reply r = served_raw(s, text, size);
    free(text);
    return r;
}

void reply_free(struct reply *r)
{
    free(r->text);
    *r = (struct reply){0};
}

int served_status(const struct served *s, const char *method, const char *path, const char *more, const char *body)
{
    struct reply r = served_ask(s, method, path, more, body);
    int status = r.status;
    reply_free(&r);
    return status;
}

void served_hash(const struct served *s, const char *id, char hash[20])
{
    char path[200];
    snprintf(path, sizeof path, "/api/version/%s", id);
    struct reply r = served_ask(s, "GET", path, NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_int_equal(sscanf(r.body, "{\"hash\":\"%16[0-9a-f]", hash), 1);
    reply_free(&r);
}

char *served_file(const struct served *s, const char *name)
{
    char path[600], *text = calloc(1, 200000);
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, 199999, f) > 0);
    fclose(f);
    return text;
}
