/* Inside the web folder: what its files share. */
#pragma once

#include "web.h"

#include <jansson.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/types.h>
/* wants the above first */
#include <microhttpd.h>

#include "scene.h"

#include "address.h"
#include "live.h"
#include "sessions.h"

#define WEB_BODY_MAX    2000000L  /* JSON: the edits of a long afternoon */
#define WEB_PICTURE_MAX 20000000L /* as the workflow format allows */

/* What the pages tell of the bench: put down by web_tick. */
struct web_bench {
    double width_mm, depth_mm;
    bool calibrated, packing, camera_lost;
    struct model model; /* when calibrated */
};

#define WEB_WORDS_MAX       120
#define WEB_OUTLINES        8   /* things shown on the bench at once */
#define WEB_OUTLINE_CORNERS 128

/* What the coach wants to see on the bench while editing. */
struct web_projection {
    struct {
        struct bench_mm points[WEB_OUTLINE_CORNERS];
        int count;
        bool source; /* where it is taken from, rather than where it belongs */
    } outlines[WEB_OUTLINES];
    int count;
    char text[SCENE_TEXT_MAX];
};

/* A wish for the owning thread; the newest replaces the one before. */
struct web_mailbox {
    pthread_mutex_t lock;
    struct web_bench bench;
    struct web_projection *wanted; /* NULL: nothing new */
    /* of the owning thread alone */
    int shown_from, shown_to; /* our items in the guide's scene; equal: none */
};

struct web {
    struct web_address address;
    char data[PATH_MAX], workflows[PATH_MAX];
    bool single, password_needed, tls;
    struct lw_clock clock;
    struct MHD_Daemon *daemon;
    char *certificate, *key;
    struct web_mailbox mailbox;
    struct web_live live;
    struct web_sessions sessions;
    struct web_connection *connections;
    pthread_mutex_t connections_lock;
};

/* A request while it is being received and answered. */
struct web_request {
    struct web *web;
    struct MHD_Connection *connection;
    const char *method;
    char path[1024];
    const struct web_route *route;
    char rest[512];            /* what stands for the star of the route's path */
    const char *language;      /* of the reader; NULL: the station's */
    struct web_session session; /* role WEB_NOBODY: none */
    bool fresh;                /* the session is new: its cookie goes with the answer */
    char *body;                /* 0-terminated */
    size_t size, capacity, limit;
    bool waited;               /* suspended once already */
    bool answered;
};

/* ---- answers (http.c) ---- */

enum MHD_Result web_reply(struct web_request *r, unsigned status, const char *type, const void *data, size_t size);
enum MHD_Result web_reply_response(struct web_request *r, unsigned status, const char *type,
                                   struct MHD_Response *taken_over);
enum MHD_Result web_reply_json(struct web_request *r, unsigned status, json_t *taken_over);
/* {"error": {"id", "text", "remedy"}} with the status that belongs to the message. */
enum MHD_Result web_reply_error(struct web_request *r, const struct lw_error *err);
enum MHD_Result web_refuse(struct web_request *r, enum lw_msg id); /* of a message without arguments */
enum MHD_Result web_redirect(struct web_request *r, const char *where);

const char *web_header(const struct web_request *r, const char *name); /* NULL: absent */
const char *web_query(const struct web_request *r, const char *name);
/* What the reader chose in the page, else what the browser asks for, else the station's own: NULL. */
const char *web_language(const struct web_request *r);
/* The session's id as the browser sent it, "" if none. */
void web_cookie(const struct web_request *r, char *out, size_t size);

/* Whether Host names this station (against DNS rebinding) and, for a change, whether the page is our own. */
bool web_host_is_ours(const struct web_request *r);
bool web_origin_is_ours(const struct web_request *r);

/* The body as a JSON object; NULL: it was refused, *out is the answer's result. The caller json_decrefs it. */
json_t *web_body_json(struct web_request *r, enum MHD_Result *out);

/* ---- what is served (routes.c and the files named there) ---- */

enum web_access { ACCESS_ALL = 0, ACCESS_PAGE, ACCESS_READ, ACCESS_COACH, ACCESS_WRITE, ACCESS_ENTER };

/* ALL: anybody; PAGE: who has no session is sent to the log-in; READ: any role; COACH: what shows
 * the people at the bench is for the coach alone; WRITE: the coach, with the page's
 * token; ENTER: anybody, but from our own page. A path may end in a star. */
struct web_route {
    const char *method, *path;
    enum web_access access;
    long body_max;
    enum MHD_Result (*answer)(struct web_request *r);
};

const struct web_route *web_find_route(const char *method, const char *path, char *rest, size_t size, bool *other_method);

enum MHD_Result web_page(struct web_request *r);
enum MHD_Result web_asset(struct web_request *r);
enum MHD_Result web_texts(struct web_request *r);
enum MHD_Result web_state(struct web_request *r);
enum MHD_Result web_login(struct web_request *r);
enum MHD_Result web_logout(struct web_request *r);
enum MHD_Result web_bench_picture(struct web_request *r);
enum MHD_Result web_project(struct web_request *r);

/* ---- the owner's side (mailbox.c) ---- */
void web_mailbox_post(struct web *w, struct web_projection *taken_over);
struct web_bench web_mailbox_bench(struct web *w);
