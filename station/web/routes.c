/* Which page is where, who may see it, and the small ones. */
#include "web_parts.h"

#include "library.h"
#include "sessions.h"
#include "studio.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const struct web_route routes[] = {
    {"GET", "/", ACCESS_PAGE, 0, web_page},
    {"GET", "/login", ACCESS_ALL, 0, web_page},
    {"GET", "/edit/*", ACCESS_PAGE, 0, web_page},
    {"GET", "/report", ACCESS_PAGE, 0, web_page},
    {"GET", "/static/*", ACCESS_ALL, 0, web_asset},
    {"GET", "/api/texts", ACCESS_ALL, 0, web_texts},
    {"GET", "/api/state", ACCESS_READ, 0, web_state},
    {"POST", "/api/login", ACCESS_ENTER, 4000, web_login},
    {"POST", "/api/logout", ACCESS_READ, 100, web_logout},
    {"GET", "/api/bench.jpg", ACCESS_COACH, 0, web_bench_picture},
    {"POST", "/api/project", ACCESS_WRITE, WEB_BODY_MAX, web_project},
    {"GET", "/api/workflows", ACCESS_READ, 0, web_workflows},
    {"POST", "/api/new", ACCESS_WRITE, 4000, web_new},
    {"POST", "/api/copy", ACCESS_WRITE, 4000, web_copy},
    {"GET", "/api/workflow/*", ACCESS_READ, 0, web_workflow},
    {"GET", "/api/version/*", ACCESS_READ, 0, web_version},
    {"GET", "/api/outlines/*", ACCESS_READ, 0, web_outlines},
    {"GET", "/api/alike/*", ACCESS_READ, 0, web_alike},
    {"GET", "/api/pictures/*", ACCESS_READ, 0, web_pictures},
    {"GET", "/api/sounds/*", ACCESS_READ, 0, web_sounds},
    {"GET", "/api/file/*", ACCESS_READ, 0, web_file},
    {"GET", "/api/report", ACCESS_READ, 0, web_report},
    {"POST", "/api/check/*", ACCESS_WRITE, WEB_BODY_MAX, web_check},
    {"POST", "/api/save/*", ACCESS_WRITE, WEB_BODY_MAX, web_save},
    {"POST", "/api/diff/*", ACCESS_WRITE, WEB_BODY_MAX, web_diff},
    {"POST", "/api/draft/*", ACCESS_WRITE, WEB_BODY_MAX, web_draft},
    {"POST", "/api/picture/*", ACCESS_WRITE, WEB_PICTURE_MAX, web_picture_upload},
    {"POST", "/api/sound/*", ACCESS_WRITE, WEB_PICTURE_MAX, web_sound_upload},
    {"POST", "/api/camera/*", ACCESS_WRITE, 4000, web_picture_camera},
};

static bool matches(const char *pattern, const char *path, char *rest, size_t size)
{
    size_t n = strlen(pattern);
    if (n == 0 || pattern[n - 1] != '*')
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, n - 1) != 0 || !path[n - 1] || strlen(path + n - 1) >= size)
        return false;
    snprintf(rest, size, "%s", path + n - 1);
    return true;
}

const struct web_route *web_find_route(const char *method, const char *path, char *rest, size_t size, bool *other_method)
{
    *other_method = false;
    const char *asked = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!matches(routes[i].path, path, rest, size))
            continue;
        if (strcmp(routes[i].method, asked) == 0)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}

/* ---- state, log-in ---- */

enum MHD_Result web_state(struct web_request *r)
{
    struct web_bench b = web_mailbox_bench(r->web);
    return web_reply_json(
        r, MHD_HTTP_OK,
        json_pack("{s:s,s:s,s:s,s:b,s:{s:f,s:f,s:b,s:b,s:b}}", "role", r->session.role == WEB_COACH ? "coach" : "supervisor",
                  "token", r->session.token, "language", lw_language(), "password", r->web->password_needed, "bench",
                  "width_mm", b.width_mm, "depth_mm", b.depth_mm, "calibrated", b.calibrated, "packing", b.packing,
                  "camera_lost", b.camera_lost));
}

/* The address of the browser's computer; of an IPv6 network all have one, else one could try without end. */
static void who_asks(const struct web_request *r, char *out, size_t size)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    unsigned char raw[16] = {0};
    size_t n = 4;
    if (info && info->client_addr->sa_family == AF_INET)
        memcpy(raw, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, n);
    else if (info && info->client_addr->sa_family == AF_INET6)
        memcpy(raw, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, n = 8);
    sodium_bin2hex(out, size, raw, n);
}

static bool password_right(struct web *w, enum web_role role, const char *password)
{
    pthread_mutex_lock(&w->sessions.hashing);
    bool right = web_password_right(w->data, role, password);
    pthread_mutex_unlock(&w->sessions.hashing);
    return right;
}

enum MHD_Result web_login(struct web_request *r)
{
    enum MHD_Result rc;
    char who[64], old[WEB_SECRET + 1];
    int64_t now_ns = clock_now_ns(&r->web->clock);
    json_t *body = web_body_json(r, &rc);
    if (!body)
        return rc;
    enum web_role role = web_role_of(json_string_value(json_object_get(body, "role")));
    const char *password = json_string_value(json_object_get(body, "password"));
    who_asks(r, who, sizeof who);
    if (!web_may_try(&r->web->sessions, who, now_ns)) {
        rc = web_refuse(r, LW_MSG_WEB_LOGIN_WAIT);
    } else if (!password || strlen(password) > 4 * WEB_PASSWORD_MAX || !password_right(r->web, role, password)) {
        rc = web_refuse(r, LW_MSG_WEB_LOGIN_WRONG);
    } else {
        web_tried_right(&r->web->sessions, who);
        web_cookie(r, old, sizeof old);
        web_session_end(&r->web->sessions, old);
        r->session = web_session_begin(&r->web->sessions, role, now_ns);
        r->fresh = true;
        rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "token", r->session.token));
    }
    json_decref(body);
    return rc;
}

enum MHD_Result web_logout(struct web_request *r)
{
    const char *token = web_header(r, "X-Lichtwijzer-Token");
    if (!token || strcmp(token, r->session.token) != 0 || !web_origin_is_ours(r))
        return web_refuse(r, LW_MSG_WEB_TOKEN);
    web_session_end(&r->web->sessions, r->session.id);
    r->session = (struct web_session){0};
    r->fresh = true;
    return web_reply_json(r, MHD_HTTP_OK, json_object());
}

/* ---- the bench ---- */

enum MHD_Result web_bench_picture(struct web_request *r)
{
    const char *after = web_query(r, "after");
    size_t size = 0;
    uint64_t sequence;
    bool straight, suspended;
    char number[24];
    uint8_t *data = web_live_take(&r->web->live, r->connection, after ? strtoull(after, NULL, 10) : 0, r->waited, &size,
                                  &sequence, &straight, &suspended);
    if (suspended) {
        r->waited = true;
        return MHD_YES;
    }
    if (!data)
        return web_reply(r, MHD_HTTP_NO_CONTENT, NULL, "", 0);
    struct MHD_Response *response = MHD_create_response_from_buffer(size, data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(data);
        return MHD_NO;
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)sequence);
    MHD_add_response_header(response, "X-Sequence", number);
    MHD_add_response_header(response, "X-Straight", straight ? "1" : "0");
    return web_reply_response(r, MHD_HTTP_OK, "image/jpeg", response);
}

static bool read_outline(const json_t *j, struct web_projection *p)
{
    const json_t *points = json_object_get(j, "points");
    size_t count = json_array_size(points);
    if (count < 3 || count > WEB_OUTLINE_CORNERS || p->count >= WEB_OUTLINES)
        return false;
    p->outlines[p->count].source = json_is_true(json_object_get(j, "source"));
    p->outlines[p->count].count = (int)count;
    for (size_t i = 0; i < count; i++) {
        double v[3];
        for (size_t k = 0; k < 3; k++) {
            v[k] = json_number_value(json_array_get(json_array_get(points, i), k));
            if (!isfinite(v[k]) || fabs(v[k]) > 10000)
                return false;
        }
        p->outlines[p->count].points[i] = (struct bench_mm){v[0], v[1], v[2]};
    }
    p->count++;
    return true;
}

/* At most `max` bytes, none of a character cut in two. */
static void copy_words(char *out, size_t max, const char *words)
{
    size_t n = strnlen(words, max);
    while (n > 0 && (words[n] & 0xc0) == 0x80)
        n--;
    memcpy(out, words, n);
    out[n] = 0;
}

static bool read_projection(const json_t *body, struct web_projection *p)
{
    size_t i;
    json_t *outline;
    const char *text = json_string_value(json_object_get(body, "text"));
    copy_words(p->text, WEB_WORDS_MAX, text ? text : "");
    json_array_foreach(json_object_get(body, "outlines"), i, outline) {
        if (!read_outline(outline, p))
            return false;
    }
    return true;
}

enum MHD_Result web_project(struct web_request *r)
{
    enum MHD_Result rc;
    struct web_bench b = web_mailbox_bench(r->web);
    if (b.packing)
        return web_refuse(r, LW_MSG_WEB_PACKING);
    if (!b.calibrated)
        return web_refuse(r, LW_MSG_WEB_NOT_CALIBRATED);
    json_t *body = web_body_json(r, &rc);
    struct web_projection *p = body ? calloc(1, sizeof *p) : NULL;
    if (!body)
        return rc;
    if (p && read_projection(body, p)) {
        web_mailbox_post(r->web, p);
        rc = web_reply_json(r, MHD_HTTP_OK, json_object());
    } else {
        free(p);
        rc = web_refuse(r, LW_MSG_WEB_REQUEST);
    }
    json_decref(body);
    return rc;
}
