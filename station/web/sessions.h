/* Who is logged in, and who tries too often. Safe to call from any of the web's threads. */
#pragma once

#include "web.h"

#include <pthread.h>

#define WEB_SESSIONS  64 /* the oldest makes room */
#define WEB_SECRET    65 /* 32 random bytes in hex, and 0 */
#define WEB_TRY_SLOTS 64

struct web_session {
    char id[WEB_SECRET];    /* in an HttpOnly cookie */
    char token[WEB_SECRET]; /* told to the page, which sends it with every change */
    enum web_role role;
    int64_t begun_ns, used_ns;
};

struct web_try {
    char who[64]; /* address of the browser's computer */
    double left;
    int64_t t_ns;
};

struct web_sessions {
    pthread_mutex_t lock;
    pthread_mutex_t hashing; /* one argon2 at a time bounds its memory */
    struct web_session all[WEB_SESSIONS];
    struct web_try tries[WEB_TRY_SLOTS], tries_of_all;
};

void web_sessions_init(struct web_sessions *s);
void web_sessions_finish(struct web_sessions *s);

/* Makes a session. */
struct web_session web_session_begin(struct web_sessions *s, enum web_role role, int64_t now_ns);

/* False: there is none with this id, or it is too old. */
bool web_session_find(struct web_sessions *s, const char *id, int64_t now_ns, struct web_session *out);
void web_session_end(struct web_sessions *s, const char *id);

/* Whether `who` may try a password now; counts the try. */
bool web_may_try(struct web_sessions *s, const char *who, int64_t now_ns);
/* After a right password the tries count from the start. */
void web_tried_right(struct web_sessions *s, const char *who);

/* ---- passwords.c ---- */

/* Whether any role has a password. */
bool web_password_any(const char *data);

/* Takes about 0.1 s of CPU whatever the answer, also for a role without password. */
bool web_password_right(const char *data, enum web_role role, const char *password);
