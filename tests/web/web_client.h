/* A browser of a few lines for the tests of the pages: raw requests over a socket. And a server on a copy of the
 * template, without a bench. */
#pragma once

#include "harness.h"

#include "web.h"

struct reply {
    int status;   /* 0: the connection was closed without an answer */
    char *text;   /* head and body, 0-terminated; reply_free frees it */
    char *body;   /* in it */
    size_t size;  /* of the body */
};

struct served {
    struct web *web;
    int port;
    char folder[300]; /* of the workflows */
    char data[300];
    char cookie[200], token[80];
};

/* Copies workflows/_template as tray (and kit-b) into a scratch folder and serves it; `options` may be NULL. Opens the
 * first page when no password is needed. */
void served_open(struct served *s, const struct web_options *options);
void served_close(struct served *s);

/* The first page: takes the cookie, and the token from the state. */
void served_enter(struct served *s);

int served_connect(const struct served *s);

/* Sends bytes as they are and reads until the server closes or the answer is whole. */
struct reply served_raw(const struct served *s, const char *bytes, size_t size);

/* A request with the session's cookie and token; body NULL: none. `more` (may be NULL): header lines, each with \r\n. */
struct reply served_ask(const struct served *s, const char *method, const char *path, const char *more, const char *body);
void reply_free(struct reply *r);

/* The status, and the reply thrown away. */
int served_status(const struct served *s, const char *method, const char *path, const char *more, const char *body);

/* A workflow's hash; a file's text (0-terminated, to be freed). */
void served_hash(const struct served *s, const char *id, char hash[20]);
char *served_file(const struct served *s, const char *name);
