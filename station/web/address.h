/* Where pages are served. */
#pragma once

#include "error.h"

#include <stdbool.h>

struct web_address {
    char host[64];  /* numeric: "127.0.0.1", "::1" */
    int port;       /* the true one after web_address_listen */
    bool loopback;  /* only this computer can reach it */
    int fd;         /* listening socket, -1: none */
    char url[128];
};

/* Reads "ADDR:PORT", "[ADDR]:PORT", "ADDR", ":PORT" or "PORT"; ADDR is a number or localhost. NULL or "": 127.0.0.1:8080. */
enum lw_msg web_address_parse(struct web_address *out, const char *text, struct lw_error *err);

/* Opens the socket (not inherited by children) and fills port and url. The caller closes fd. */
enum lw_msg web_address_listen(struct web_address *a, bool tls, struct lw_error *err);

/* Whether what a browser sent as Host names an address given as number, this computer's own name, or localhost. */
bool web_address_host_known(const char *host_header);
