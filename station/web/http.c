/* Requests and answers over libmicrohttpd: headers, cookies, JSON, errors. */
#include "web_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ERROR_LINE 800

/* Scripts, styles and pictures come from the station alone; pictures also from memory (before they are sent). */
static const char POLICY[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
                             "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
                             "frame-ancestors 'none'";

const char *web_header(const struct web_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *web_query(const struct web_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* A browser asks for English unless it was told otherwise: that alone says little, so there the station's stays. */
const char *web_language(const struct web_request *r)
{
    const char *chosen = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, "lichtwijzer_language");
    const char *asked = web_header(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
    if (chosen && (strcmp(chosen, "nl") == 0 || strcmp(chosen, "en") == 0))
        return lw_language_of(chosen);
    return asked && strncasecmp(asked, "nl", 2) == 0 ? "nl" : NULL;
}

/* Browsers keep one jar for all ports of a computer. */
static void cookie_name(const struct web *w, char *out, size_t size)
{
    snprintf(out, size, "lichtwijzer_%d", w->address.port);
}

void web_cookie(const struct web_request *r, char *out, size_t size)
{
    char name[40];
    cookie_name(r->web, name, sizeof name);
    const char *value = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, name);
    snprintf(out, size, "%s", value ? value : "");
}

static void set_cookie(const struct web_request *r, struct MHD_Response *response)
{
    char name[40], line[200];
    cookie_name(r->web, name, sizeof name);
    snprintf(line, sizeof line, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", name, r->session.id,
             r->web->tls ? "; Secure" : "", r->session.role == WEB_NOBODY ? "; Max-Age=0" : "");
    MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, line);
}

static void add_headers(const struct web_request *r, struct MHD_Response *response, const char *type)
{
    static const char *const always[][2] = {
        {"Content-Security-Policy", POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    };
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        MHD_add_response_header(response, always[i][0], always[i][1]);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (r->web->tls)
        MHD_add_response_header(response, MHD_HTTP_HEADER_STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    if (r->fresh)
        set_cookie(r, response);
}

static enum MHD_Result queue(struct web_request *r, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result rc = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    r->answered = true;
    return rc;
}

enum MHD_Result web_reply_response(struct web_request *r, unsigned status, const char *type,
                                   struct MHD_Response *taken_over)
{
    add_headers(r, taken_over, type);
    return queue(r, status, taken_over);
}

enum MHD_Result web_reply(struct web_request *r, unsigned status, const char *type, const void *data, size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(r, response, size || status != MHD_HTTP_NO_CONTENT ? type : NULL);
    if (status == MHD_HTTP_TOO_MANY_REQUESTS)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "60");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
    return queue(r, status, response);
}

enum MHD_Result web_reply_json(struct web_request *r, unsigned status, json_t *taken_over)
{
    char *text = taken_over ? json_dumps(taken_over, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(taken_over);
    if (!text)
        return MHD_NO;
    enum MHD_Result rc = web_reply(r, status, "application/json; charset=utf-8", text, strlen(text));
    free(text);
    return rc;
}

static unsigned status_of(enum lw_msg id)
{
    switch (id) {
    case LW_MSG_WEB_LOGIN_NEEDED:
        return MHD_HTTP_UNAUTHORIZED;
    case LW_MSG_WEB_LOGIN_WRONG:
    case LW_MSG_WEB_TOKEN:
    case LW_MSG_WEB_ROLE:
        return MHD_HTTP_FORBIDDEN;
    case LW_MSG_WEB_LOGIN_WAIT:
        return MHD_HTTP_TOO_MANY_REQUESTS;
    case LW_MSG_WEB_NOT_FOUND:
        return MHD_HTTP_NOT_FOUND;
    case LW_MSG_WEB_METHOD:
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    case LW_MSG_WEB_TOO_LARGE:
        return MHD_HTTP_CONTENT_TOO_LARGE;
    case LW_MSG_WEB_HOST:
        return MHD_HTTP_MISDIRECTED_REQUEST;
    case LW_MSG_WEB_PACKING:
    case LW_MSG_WEB_NOT_CALIBRATED:
    case LW_MSG_WORKFLOW_EDIT_STALE:
    case LW_MSG_WORKFLOW_THERE:
        return MHD_HTTP_CONFLICT;
    case LW_MSG_NO_MEMORY:
    case LW_MSG_WEB_START:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    default:
        return lw_msg_class(id) == LW_CLASS_DEVICE ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_BAD_REQUEST;
    }
}

enum MHD_Result web_reply_error(struct web_request *r, const struct lw_error *err)
{
    json_t *j = json_pack("{s:{s:s,s:s,s:s}}", "error", "id", lw_msg_name(err->id), "text", err->text, "remedy",
                          lw_msg_remedy(err->id));
    return web_reply_json(r, status_of(err->id), j);
}

enum MHD_Result web_refuse(struct web_request *r, enum lw_msg id)
{
    struct lw_error err = {0};
    lw_fail(&err, id);
    return web_reply_error(r, &err);
}

enum MHD_Result web_redirect(struct web_request *r, const char *where)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(r, response, NULL);
    MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, where);
    return queue(r, MHD_HTTP_SEE_OTHER, response);
}

/* ---- whose request is it ---- */

bool web_host_is_ours(const struct web_request *r)
{
    const char *host = web_header(r, MHD_HTTP_HEADER_HOST);
    if (!host || !*host || strlen(host) > 255)
        return false;
    /* Where a log-in is needed a foreign name gains nothing: the cookie belongs to the true one. */
    return (r->web->password_needed && !r->web->address.loopback) || web_address_host_known(host);
}

bool web_origin_is_ours(const struct web_request *r)
{
    const char *host = web_header(r, MHD_HTTP_HEADER_HOST), *origin = web_header(r, MHD_HTTP_HEADER_ORIGIN);
    const char *site = web_header(r, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0)
        return false;
    if (!origin)
        return true; /* no browser: the token tells */
    const char *scheme = r->web->tls ? "https://" : "http://";
    return strncmp(origin, scheme, strlen(scheme)) == 0 && host && strcasecmp(origin + strlen(scheme), host) == 0;
}

json_t *web_body_json(struct web_request *r, enum MHD_Result *out)
{
    json_error_t ignored;
    json_t *j = r->size ? json_loadb(r->body, r->size, JSON_REJECT_DUPLICATES, &ignored) : NULL;
    if (json_is_object(j))
        return j;
    json_decref(j);
    *out = web_refuse(r, LW_MSG_WEB_REQUEST);
    return NULL;
}
