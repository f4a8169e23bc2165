/* Broken requests of somebody who is logged in: a real server on a socket of its own, with a workflow that is really written.
 * An input's first line is the method and the path; what follows is the body, in which @HASH@ becomes the hash of the
 * workflow as it is. Whatever comes, the server answers, the workflow stays one that can be read, and nothing is written
 * outside of the workflows' folder. */
#include "web_client.h"

#include "web_parts.h"

#include "config.h"

#include "fuzz_plain.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EVERY 100 /* requests between two looks at what is on disk */
#define COPIES_MAX 40  /* workflows that requests may have made before they are thrown away */

static struct served s;

static void need(bool truth, const char *what, const struct reply *r)
{
    if (truth)
        return;
    fprintf(stderr, "broken promise: %s: %d %.600s\n", what, r ? r->status : 0, r ? r->body : "");
    abort();
}

/* ---- what must stay true ---- */

static void workflow_reads(void)
{
    char path[400];
    config_t cfg;
    struct lw_error err;
    snprintf(path, sizeof path, "%s/tray/workflow.cfg", s.folder);
    config_init(&cfg);
    need(config_load(&cfg, path, &err) == LW_OK, "the workflow can be read", NULL);
    config_destroy(&cfg);
}

/* Beside the folder of workflows there is nothing but what was there. */
static void nothing_outside(void)
{
    DIR *d = opendir(harness_scratch());
    for (struct dirent *e; d && (e = readdir(d));)
        need(e->d_name[0] == '.' || strncmp(e->d_name, "workflows-", 10) == 0 || strcmp(e->d_name, "passwords.cfg") == 0 ||
                 strncmp(e->d_name, "journal.db", 10) == 0,
             e->d_name, NULL);
    if (d)
        closedir(d);
}

/* Workflows that were made are taken away again when they are many. */
static void sweep(void)
{
    char command[900];
    int count = 0;
    DIR *d = opendir(s.folder);
    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    if (count < COPIES_MAX)
        return;
    snprintf(command, sizeof command,
             "cd '%s' && for f in *; do case \"$f\" in tray|kit-b) ;; *) rm -rf \"./$f\" ;; esac; done; rm -rf tray/pictures/*-[0-9]*", s.folder);
    need(system(command) == 0, "sweeping", NULL);
}

static bool answered_well(const struct reply *r)
{
    static const int good[] = {200, 204, 303, 400, 401, 403, 404, 405, 409, 413, 414, 421, 422, 429, 431, 501, 505};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (r->status == good[i])
            return true;
    /* Troubles of the disk (a name that is too long for it) and of the camera (there is none). */
    static const char *const troubles[] = {"\"FILE_WRITE\"", "\"FOLDER_MAKE\"", "\"NO_PICTURES\""};
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0] && r->status == 500; i++)
        if (strstr(r->body, troubles[i]))
            return true;
    return false;
}

/* ---- a request ---- */

static void put_body(FILE *f, const uint8_t *data, size_t size)
{
    char hash[20];
    const char *at = memmem(data, size, "@HASH@", 6);
    if (!at) {
        fwrite(data, 1, size, f);
        return;
    }
    size_t before = (size_t)((const uint8_t *)at - data);
    served_hash(&s, "tray", hash);
    fwrite(data, 1, before, f);
    fputs(hash, f);
    fwrite(data + before + 6, 1, size - before - 6, f);
}

static void begin(void)
{
    harness_init();
    setenv("XDG_CACHE_HOME", "/nowhere", 1);
    served_open(&s, NULL);
    s.web->mailbox.bench.calibrated = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static long requests;
    const uint8_t *end = memchr(data, '\n', size);
    size_t line = end ? (size_t)(end - data) : size, from = end ? line + 1 : size;
    char *body = NULL, *bytes = NULL;
    size_t body_size, bytes_size;
    if (!s.web)
        begin();
    FILE *f = open_memstream(&body, &body_size);
    put_body(f, data + from, size - from);
    fclose(f);
    f = open_memstream(&bytes, &bytes_size);
    fwrite(data, 1, line, f);
    fprintf(f, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
            s.port, s.cookie, s.token, body_size);
    fwrite(body, 1, body_size, f);
    fclose(f);
    struct reply r = served_raw(&s, bytes, bytes_size);
    need(answered_well(&r) || r.status == 0, "an answer, or an end where it is no HTTP any more", &r);
    reply_free(&r);
    free(body);
    free(bytes);
    if (++requests % LOOK_EVERY == 0) {
        need(served_status(&s, "GET", "/api/workflows", NULL, NULL) == 200, "it still serves", NULL);
        workflow_reads();
        nothing_outside();
        sweep();
    }
    return 0;
}

#ifndef FUZZ_LIBFUZZER

int main(int argc, char **argv)
{
    static const char *const words[] = {
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "1e999", "NaN", "99999999999999999999", "\\u0000", "\\ud800",
        "\xff", "../", "/..", "%2e%2e%2f", "%00", "/", "//", "?", "&", "\"set\"", "\"to\"", "\"remove\"", "\"insert\"", "\"move\"",
        "\"group\"", "\"edits\"", "[#0]", "[#-1]", "[#99999999]", ".nl", "items", "places", "sections[whole].steps", "@HASH@",
        "\\n@include \\\"items.cfg\\\"\\n", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}", "/api/", "tray", "released",
    };
    return fuzz_plain("fuzz_web", words, sizeof words / sizeof words[0], argc, argv);
}

#endif
