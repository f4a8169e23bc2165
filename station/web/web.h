/* Pages for the coach and the supervisor, served by the process that owns the bench. The web's own threads never touch
 * the guide: they read what web_tick and web_seen put down for them, and leave wishes that web_tick takes up. */
#pragma once

#include "guide.h"

struct web;

/* Strings are copied. */
struct web_options {
    const char *address;     /* "ADDR:PORT", "ADDR" or "PORT"; NULL: 127.0.0.1:8080; port 0: any free one */
    const char *certificate; /* PEM files; NULL: no TLS */
    const char *key;
    bool without_password;   /* on a network without passwords: said in so many words */
    bool without_tls;
    const char *data;        /* the station's data folder: passwords, records */
    const char *workflows;   /* a workflow's folder, or a folder of these */
    bool single;             /* only this one: `workflows` is a workflow's folder that is being packed */
};

/* Starts serving. Refuses an address on the network without passwords or TLS unless told otherwise. */
enum lw_msg web_open(struct web **out, const struct web_options *o, struct lw_error *err);

/* "http://127.0.0.1:8080/", with the true port. */
const char *web_url(const struct web *w);

/* To be called by the thread that owns the guide: at each tick, and at each new frame. Neither waits. */
void web_tick(struct web *w, struct guide *g);
void web_seen(struct web *w, const struct guide *g);

/* Ends all conversations; accepts NULL; nulls the pointer. */
void web_close(struct web **w);

/* ---- passwords ---- */

enum web_role { WEB_NOBODY = 0, WEB_SUPERVISOR, WEB_COACH };

#define WEB_PASSWORD_MIN 8   /* characters */
#define WEB_PASSWORD_MAX 200

/* Keeps the role's password, as an argon2id hash, in DATA/passwords.cfg (0600, whole or not at all). */
enum lw_msg web_password_set(const char *data, const char *role, const char *password, struct lw_error *err);

/* WEB_NOBODY for an unknown word. */
enum web_role web_role_of(const char *word);
