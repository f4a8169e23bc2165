#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PORT 8080
#define BACKLOG      64

static bool parse_port(const char *text, int *port)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (errno || end == text || *end || v < 0 || v > 65535 || *text == '+' || *text == '-' || *text == ' ')
        return false;
    *port = (int)v;
    return true;
}

/* Splits into host and port; either may be empty. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
    const char *end = strrchr(text, ':');
    *port = "";
    if (*text == '[') {
        const char *close_bracket = strchr(text, ']');
        if (!close_bracket || (close_bracket[1] && close_bracket[1] != ':'))
            return false;
        *port = close_bracket[1] ? close_bracket + 2 : "";
        return snprintf(host, size, "%.*s", (int)(close_bracket - text - 1), text + 1) < (int)size;
    }
    if (end && end != strchr(text, ':'))
        return snprintf(host, size, "%s", text) < (int)size; /* a bare IPv6 address */
    if (!end && strspn(text, "0123456789") == strlen(text)) {
        *port = text;
        *host = 0;
        return true;
    }
    *port = end ? end + 1 : "";
    return snprintf(host, size, "%.*s", (int)(end ? end - text : (long)strlen(text)), text) < (int)size;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

enum lw_msg web_address_parse(struct web_address *out, const char *text, struct lw_error *err)
{
    struct in6_addr any;
    const char *port;
    *out = (struct web_address){.fd = -1, .port = DEFAULT_PORT, .host = "127.0.0.1", .loopback = true};
    if (!text || !*text)
        return LW_OK;
    if (!split(text, out->host, sizeof out->host, &port) || (*port && !parse_port(port, &out->port)))
        return lw_fail(err, LW_MSG_WEB_ADDRESS, text);
    if (!out->host[0] || strcmp(out->host, "localhost") == 0)
        snprintf(out->host, sizeof out->host, "127.0.0.1");
    if (inet_pton(AF_INET, out->host, &any) != 1 && inet_pton(AF_INET6, out->host, &any) != 1)
        return lw_fail(err, LW_MSG_WEB_ADDRESS, text);
    out->loopback = is_loopback(out->host);
    return LW_OK;
}

static int try_listen(const struct web_address *a, struct sockaddr_storage *bound)
{
    char port[8];
    struct addrinfo *info, hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    socklen_t size = sizeof *bound;
    const int on = 1;
    snprintf(port, sizeof port, "%d", a->port);
    if (getaddrinfo(a->host, port, &hints, &info) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 &&
                getsockname(fd, (struct sockaddr *)bound, &size) == 0;
    int why = errno;
    freeaddrinfo(info);
    if (!good && fd >= 0)
        close(fd);
    errno = why;
    return good ? fd : -1;
}

enum lw_msg web_address_listen(struct web_address *a, bool tls, struct lw_error *err)
{
    struct sockaddr_storage bound = {0};
    bool v6 = strchr(a->host, ':') != NULL;
    snprintf(a->url, sizeof a->url, v6 ? "[%s]:%d" : "%s:%d", a->host, a->port);
    a->fd = try_listen(a, &bound);
    if (a->fd < 0)
        return lw_fail(err, LW_MSG_WEB_LISTEN, a->url, strerror(errno));
    a->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                : ((struct sockaddr_in *)&bound)->sin_port);
    snprintf(a->url, sizeof a->url, v6 ? "%s://[%s]:%d/" : "%s://%s:%d/", tls ? "https" : "http", a->host, a->port);
    return LW_OK;
}

/* ---- the name a browser uses ---- */

static bool same_name(const char *name, size_t n, const char *own)
{
    return strlen(own) == n && strncasecmp(name, own, n) == 0;
}

bool web_address_host_known(const char *host_header)
{
    char host[256], own[128] = "", own_local[140];
    struct in6_addr any;
    const char *port;
    if (!host_header || !split(host_header, host, sizeof host, &port) || !*host)
        return false;
    if (inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1)
        return true; /* a name in the DNS can't be a number: nothing can be rebound */
    gethostname(own, sizeof own - 1);
    snprintf(own_local, sizeof own_local, "%s.local", own);
    return same_name(host, strlen(host), "localhost") || (own[0] && same_name(host, strlen(host), own)) ||
           (own[0] && same_name(host, strlen(host), own_local));
}
