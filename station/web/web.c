/* The server: starting and ending, and a request's way from its first line to its answer. */
#include "web_parts.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS           3  /* validating and hashing take a while: the bench's picture goes on meanwhile */
#define CONNECTIONS       96 /* at once */
#define CONNECTIONS_EACH  40 /* of one computer: a browser takes six for each of its windows */
#define HEADER_BYTES      (32 * 1024)
#define IDLE_S            20
#define REQUEST_NS        (30 * NS_PER_S)  /* from a connection's begin, or its last answer, to a whole request */
#define SLOW_NS           (120 * NS_PER_S) /* with a picture of 20 MB on its way */
#define KEY_MAX           100000

struct web_connection {
    struct web_connection *next;
    int fd;
    int64_t until_ns; /* then it is cut off */
};

const char *web_url(const struct web *w)
{
    return w->address.url;
}

/* ---- slow and hostile clients ---- */

static void connection_notify(void *context, struct MHD_Connection *c, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct web *w = context;
    struct web_connection *conn = *socket_context;
    pthread_mutex_lock(&w->connections_lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED && (conn = calloc(1, sizeof *conn))) {
        conn->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        conn->until_ns = clock_now_ns(&w->clock) + REQUEST_NS;
        conn->next = w->connections;
        w->connections = conn;
        *socket_context = conn;
    } else if (code == MHD_CONNECTION_NOTIFY_CLOSED && conn) {
        struct web_connection **p = &w->connections;
        while (*p && *p != conn)
            p = &(*p)->next;
        if (*p)
            *p = conn->next;
        free(conn);
        *socket_context = NULL;
    }
    pthread_mutex_unlock(&w->connections_lock);
}

static void allow_until(struct web_request *r, int64_t for_ns)
{
    struct web_connection *conn = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    pthread_mutex_lock(&r->web->connections_lock);
    if (conn)
        conn->until_ns = clock_now_ns(&r->web->clock) + for_ns;
    pthread_mutex_unlock(&r->web->connections_lock);
}

/* By the live picture's thread, twice a second. */
static void cut_off(void *context, int64_t now_ns)
{
    struct web *w = context;
    pthread_mutex_lock(&w->connections_lock);
    for (struct web_connection *c = w->connections; c; c = c->next)
        if (now_ns > c->until_ns)
            shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&w->connections_lock);
}

/* ---- a request ---- */

/* Who asks. Where no password is needed, opening a page makes a coach's session. */
static bool identify(struct web_request *r)
{
    char id[WEB_SECRET + 1];
    int64_t now_ns = clock_now_ns(&r->web->clock);
    web_cookie(r, id, sizeof id);
    if (web_session_find(&r->web->sessions, id, now_ns, &r->session))
        return true;
    if (r->route->access != ACCESS_PAGE || r->web->password_needed)
        return false;
    r->session = web_session_begin(&r->web->sessions, WEB_COACH, now_ns);
    r->fresh = true;
    return true;
}

static enum MHD_Result refuse_stranger(struct web_request *r)
{
    return r->route->access == ACCESS_PAGE ? web_redirect(r, "/login") : web_refuse(r, LW_MSG_WEB_LOGIN_NEEDED);
}

static enum MHD_Result check_writer(struct web_request *r)
{
    const char *token = web_header(r, "X-Lichtwijzer-Token");
    if (!token || strlen(token) != WEB_SECRET - 1 || sodium_memcmp(token, r->session.token, WEB_SECRET - 1) != 0 ||
        !web_origin_is_ours(r))
        return web_refuse(r, LW_MSG_WEB_TOKEN);
    return r->session.role == WEB_COACH ? MHD_YES : web_refuse(r, LW_MSG_WEB_ROLE);
}

static enum MHD_Result check_access(struct web_request *r)
{
    bool known = identify(r);
    switch (r->route->access) {
    case ACCESS_ALL:
        return MHD_YES;
    case ACCESS_ENTER:
        return web_origin_is_ours(r) ? MHD_YES : web_refuse(r, LW_MSG_WEB_TOKEN);
    case ACCESS_PAGE:
    case ACCESS_READ:
        return known ? MHD_YES : refuse_stranger(r);
    case ACCESS_COACH:
        return !known ? refuse_stranger(r) : r->session.role == WEB_COACH ? MHD_YES : web_refuse(r, LW_MSG_WEB_ROLE);
    case ACCESS_WRITE:
        return known ? check_writer(r) : refuse_stranger(r);
    }
    return MHD_NO;
}

static enum MHD_Result check_size(struct web_request *r)
{
    struct lw_error err;
    const char *length = web_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    r->limit = (size_t)r->route->body_max;
    if (!length || strtoull(length, NULL, 10) <= r->limit)
        return MHD_YES;
    lw_fail(&err, LW_MSG_WEB_TOO_LARGE, (long)(r->limit / 1000000) + 1);
    return web_reply_error(r, &err);
}

/* Everything that can be refused before the body is read. */
static enum MHD_Result admit(struct web_request *r)
{
    bool other_method;
    lw_language_here(r->language = web_language(r));
    if (!web_host_is_ours(r))
        return web_refuse(r, LW_MSG_WEB_HOST);
    r->route = web_find_route(r->method, r->path, r->rest, sizeof r->rest, &other_method);
    if (!r->route)
        return web_refuse(r, other_method ? LW_MSG_WEB_METHOD : LW_MSG_WEB_NOT_FOUND);
    enum MHD_Result rc = check_access(r);
    if (rc == MHD_YES && !r->answered)
        rc = check_size(r);
    if (rc == MHD_YES && !r->answered && r->limit > WEB_BODY_MAX)
        allow_until(r, SLOW_NS);
    return rc;
}

/* Bodies without a length are cut off where they become too long. */
static enum MHD_Result take_body(struct web_request *r, const char *data, size_t size)
{
    if (r->size + size > r->limit)
        return MHD_NO;
    if (r->size + size + 1 > r->capacity) {
        size_t capacity = 2 * (r->size + size) + 4096;
        char *body = realloc(r->body, capacity);
        if (!body)
            return MHD_NO;
        r->body = body;
        r->capacity = capacity;
    }
    memcpy(r->body + r->size, data, size);
    r->size += size;
    r->body[r->size] = 0;
    return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **request)
{
    struct web_request *r = *request;
    (void)version;
    if (!r) {
        r = calloc(1, sizeof *r);
        if (!r)
            return MHD_NO;
        *request = r;
        r->web = context;
        r->connection = connection;
        r->method = method;
        if (snprintf(r->path, sizeof r->path, "%s", url) >= (int)sizeof r->path)
            r->path[0] = 0;
        return admit(r);
    }
    lw_language_here(r->language);
    if (r->answered) /* refused already: what still comes is dropped */
        return *size = 0, MHD_YES;
    if (*size) {
        enum MHD_Result rc = take_body(r, data, *size);
        *size = 0;
        return rc;
    }
    allow_until(r, SLOW_NS);
    return r->route->answer(r);
}

/* A zero byte would cut a path off: such a request names nothing. */
static size_t unescape(void *context, struct MHD_Connection *c, char *text)
{
    size_t n = MHD_http_unescape(text);
    (void)context;
    (void)c;
    if (strlen(text) == n)
        return n;
    *text = 0;
    return 0;
}

static void completed(void *context, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode code)
{
    struct web_request *r = *request;
    (void)context;
    (void)c;
    if (r && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        allow_until(r, REQUEST_NS);
    if (r)
        free(r->body);
    free(r);
    *request = NULL;
}

/* ---- starting ---- */

static enum lw_msg read_pem(const char *path, char **out, struct lw_error *err)
{
    FILE *f = fopen(path, "re");
    *out = calloc(1, KEY_MAX + 1);
    size_t n = f && *out ? fread(*out, 1, KEY_MAX, f) : 0;
    bool good = n > 0 && n < KEY_MAX && strstr(*out, "-----BEGIN");
    if (f)
        fclose(f);
    return good ? LW_OK : lw_fail(err, LW_MSG_WEB_CERTIFICATE, path);
}

static enum lw_msg check_options(struct web *w, const struct web_options *o, struct lw_error *err)
{
    char path[PATH_MAX + 16];
    struct stat st;
    enum lw_msg rc = web_address_parse(&w->address, o->address, err);
    if (rc)
        return rc;
    w->tls = o->certificate || o->key;
    if (w->tls && !(o->certificate && o->key))
        return lw_fail(err, LW_MSG_WEB_CERTIFICATE, o->certificate ? "--key" : "--certificate");
    if (w->tls && (rc = read_pem(o->certificate, &w->certificate, err), rc = rc ? rc : read_pem(o->key, &w->key, err)))
        return rc;
    w->password_needed = web_password_any(o->data) && !o->without_password;
    if (!w->address.loopback && !w->password_needed && !o->without_password)
        return lw_fail(err, LW_MSG_WEB_NEEDS_PASSWORD, w->address.host);
    if (!w->address.loopback && !w->tls && !o->without_tls)
        return lw_fail(err, LW_MSG_WEB_NEEDS_TLS, w->address.host);
    if (!realpath(o->workflows, w->workflows) || stat(w->workflows, &st) != 0 || !S_ISDIR(st.st_mode))
        return lw_fail(err, LW_MSG_WEB_WORKFLOWS, o->workflows);
    snprintf(path, sizeof path, "%s/workflow.cfg", w->workflows);
    w->single = o->single || access(path, F_OK) == 0;
    snprintf(w->data, sizeof w->data, "%s", o->data);
    return LW_OK;
}

/* Errors of clients (cut off, bad TLS) are no news for the log. */
static void quiet(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static enum lw_msg start(struct web *w, struct lw_error *err)
{
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, w->certificate},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, w->key},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3"},
                                   {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (w->tls ? MHD_USE_TLS : 0);
    enum lw_msg rc = web_address_listen(&w->address, w->tls, err);
    if (rc)
        return rc;
    w->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, w, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_LISTEN_SOCKET, w->address.fd,
        MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_EACH, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, connection_notify, w,
        w->tls ? MHD_OPTION_ARRAY : MHD_OPTION_END, tls, MHD_OPTION_END);
    if (!w->daemon)
        return w->tls ? lw_fail(err, LW_MSG_WEB_CERTIFICATE, "TLS") : lw_fail(err, LW_MSG_WEB_START);
    w->address.fd = -1; /* now the server's */
    return LW_OK;
}

enum lw_msg web_open(struct web **out, const struct web_options *o, struct lw_error *err)
{
    *out = NULL;
    struct web *w = calloc(1, sizeof *w);
    if (!w || sodium_init() < 0) {
        free(w);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    clock_init_real(&w->clock);
    w->address.fd = -1;
    pthread_mutex_init(&w->mailbox.lock, NULL);
    pthread_mutex_init(&w->connections_lock, NULL);
    web_sessions_init(&w->sessions);
    enum lw_msg rc = check_options(w, o, err);
    rc = rc ? rc : web_live_start(&w->live, cut_off, w, err);
    rc = rc ? rc : start(w, err);
    if (rc)
        web_close(&w);
    *out = w;
    return rc;
}

void web_close(struct web **web)
{
    struct web *w = *web;
    if (!w)
        return;
    web_live_stop(&w->live); /* first: it wakes who waits */
    if (w->daemon)
        MHD_stop_daemon(w->daemon);
    if (w->address.fd >= 0)
        close(w->address.fd);
    web_live_finish(&w->live);
    web_sessions_finish(&w->sessions);
    pthread_mutex_destroy(&w->connections_lock);
    pthread_mutex_destroy(&w->mailbox.lock);
    if (w->key)
        sodium_memzero(w->key, strlen(w->key));
    free(w->key);
    free(w->certificate);
    free(w->mailbox.wanted);
    free(w);
    *web = NULL;
}
