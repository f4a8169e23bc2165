/* The server over raw sockets: what it refuses, and that nothing is lost or half written. */
#include "web_client.h"

#include "cv_video.h"
#include "frame.h"
#include "live.h"
#include "web_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct served s;

static int open_server(void **state)
{
    (void)state;
    served_open(&s, NULL);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    served_close(&s);
    return 0;
}

static bool header(const struct reply *r, const char *line)
{
    const char *p = strstr(r->text, line);
    return p && p < r->body;
}

/* ---- what every answer has ---- */

static void headers(void **state)
{
    (void)state;
    static const char *const paths[] = {"/", "/login", "/static/style.css", "/api/state", "/nothing", "/api/bench.jpg?after=x"};
    for (size_t i = 0; i < 5; i++) {
        struct reply r = served_ask(&s, "GET", paths[i], NULL, NULL);
        assert_true(header(&r, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'"));
        assert_true(header(&r, "frame-ancestors 'none'"));
        assert_true(header(&r, "X-Content-Type-Options: nosniff"));
        assert_true(header(&r, "Referrer-Policy: no-referrer"));
        reply_free(&r);
    }
    struct reply r = served_ask(&s, "GET", "/", "Cookie: \r\n", NULL);
    reply_free(&r);
    const struct served stranger = {.port = s.port};
    r = served_ask(&stranger, "GET", "/", NULL, NULL);
    assert_true(header(&r, "; HttpOnly; SameSite=Strict"));
    assert_null(strstr(r.body, "<style"));
    assert_null(strstr(r.body, "<script>"));
    reply_free(&r);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    const struct served stranger = {.port = s.port};
    assert_int_equal(served_status(&stranger, "GET", "/api/state", NULL, NULL), 401);
    assert_int_equal(served_status(&stranger, "GET", "/api/workflow/tray", NULL, NULL), 401);
    assert_int_equal(served_status(&stranger, "GET", "/api/bench.jpg", NULL, NULL), 401);
    assert_int_equal(served_status(&stranger, "POST", "/api/save/tray", NULL, "{}"), 401);
    assert_int_equal(served_status(&s, "GET", "/", "Host: evil.example\r\n", NULL), 421);
    assert_int_equal(served_status(&s, "GET", "/api/state", "Host: evil.example\r\n", NULL), 421);
}

static void changes_need_the_token(void **state)
{
    (void)state;
    char origin[100];
    snprintf(origin, sizeof origin, "Origin: http://127.0.0.1:%d\r\n", s.port);
    assert_int_equal(served_status(&s, "POST", "/api/project", "X-Lichtwijzer-Token: 0\r\n", "{}"), 403);
    assert_int_equal(served_status(&s, "POST", "/api/project", "Origin: http://evil.example\r\n", "{}"), 403);
    assert_int_equal(served_status(&s, "POST", "/api/project", "Origin: null\r\n", "{}"), 403);
    assert_int_equal(served_status(&s, "POST", "/api/project", "Sec-Fetch-Site: cross-site\r\n", "{}"), 403);
    assert_int_equal(served_status(&s, "POST", "/api/project", "Sec-Fetch-Site: same-site\r\n", "{}"), 403);
    assert_int_equal(served_status(&s, "POST", "/api/project", origin, "{}"), 409); /* let in; but not calibrated */
    assert_int_equal(served_status(&s, "GET", "/api/project", NULL, NULL), 405);
    assert_int_equal(served_status(&s, "DELETE", "/api/workflow/tray", NULL, NULL), 405);
}

/* ---- nothing but the workflows' own files ---- */

static void no_path_leaves(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/static/../edit.html", "/static/%2e%2e/texts.c", "/static/..%2f..%2fmeson.build", "/static/.hidden.js", "/static/",
        "/api/file/tray/workflow.cfg", "/api/file/tray/../tray/pictures/cup.png", "/api/file/tray/%2e%2e/kit-b/pictures/cup.png",
        "/api/file/../tray/pictures/cup.png", "/api/file/tray//pictures/cup.png", "/api/file/tray/pictures/../pictures/cup.png",
        "/api/file/tray/link.png", "/api/file/tray/linked/cup.png", "/api/file/tray/pipe.png", "/api/file/tray/pictures",
        "/api/file/tray/%00", "/api/file/tray", "/api/workflow/..", "/api/workflow/%2e%2e", "/api/workflow/tray%2f..%2fkit-b",
        "/api/workflow/.", "/api/workflow/linked-kit", "/api/version/tray%00x", "/etc/passwd", "//etc/passwd",
    };
    char path[400], to[400];
    snprintf(path, sizeof path, "%s/tray/link.png", s.folder);
    snprintf(to, sizeof to, "%s/kit-b/pictures/cup.png", s.folder);
    assert_int_equal(symlink(to, path), 0);
    snprintf(path, sizeof path, "%s/tray/linked", s.folder);
    snprintf(to, sizeof to, "%s/kit-b/pictures", s.folder);
    assert_int_equal(symlink(to, path), 0);
    snprintf(path, sizeof path, "%s/linked-kit", s.folder);
    snprintf(to, sizeof to, "%s/kit-b", s.folder);
    assert_int_equal(symlink(to, path), 0);
    snprintf(path, sizeof path, "%s/tray/pipe.png", s.folder);
    assert_int_equal(mkfifo(path, 0666), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct reply r = served_ask(&s, "GET", paths[i], NULL, NULL);
        if (r.status != 404 && r.status != 400)
            fail_msg("%s: %d", paths[i], r.status);
        reply_free(&r);
    }
    assert_int_equal(served_status(&s, "GET", "/api/file/tray/pictures/cup.png", NULL, NULL), 200); /* the twin */
}

/* ---- bodies ---- */

static void bodies_are_bounded(void **state)
{
    (void)state;
    char head[500];
    assert_int_equal(served_status(&s, "POST", "/api/save/tray", "Content-Length: 999999999\r\n", NULL), 413);
    snprintf(head, sizeof head, "POST /api/save/tray HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\n"
             "Transfer-Encoding: chunked\r\n\r\n", s.port, s.cookie, s.token);
    size_t chunk = 100000, size = strlen(head);
    char *bytes = malloc(size + 40 * (chunk + 20));
    assert_non_null(bytes);
    memcpy(bytes, head, size);
    for (int i = 0; i < 40; i++) { /* 4 MB without saying so */
        size += (size_t)sprintf(bytes + size, "%zx\r\n", chunk);
        memset(bytes + size, 'a', chunk);
        size += chunk;
        size += (size_t)sprintf(bytes + size, "\r\n");
    }
    struct reply r = served_raw(&s, bytes, size);
    assert_int_not_equal(r.status, 200);
    reply_free(&r);
    free(bytes);
    assert_int_equal(served_status(&s, "POST", "/api/save/tray", NULL, "no json"), 400);
    assert_int_equal(served_status(&s, "POST", "/api/save/tray", NULL, "[]"), 400);
    assert_int_equal(served_status(&s, "POST", "/api/check/tray", NULL, "{\"base\":1,\"edits\":7}"), 409);
    assert_int_equal(served_status(&s, "GET", "/api/state", NULL, NULL), 200);
}

static struct reply upload(const char *name, const void *data, size_t size)
{
    char *bytes = malloc(size + 600);
    assert_non_null(bytes);
    int n = sprintf(bytes, "POST /api/picture/tray?name=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\n"
                    "Connection: close\r\nContent-Length: %zu\r\n\r\n", name, s.port, s.cookie, s.token, size);
    memcpy(bytes + n, data, size);
    struct reply r = served_raw(&s, bytes, (size_t)n + size);
    free(bytes);
    return r;
}

static void pictures_are_decoded(void **state)
{
    (void)state;
    static const char huge[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\2\0\0\0";
    struct image im;
    struct lw_error err;
    uint8_t *data;
    size_t size;
    assert_ok(image_init(&im, 2000, 1000, IMAGE_BGR8, &err), &err);
    assert_ok(cv_video_encode(&im, ".png", 90, &data, &size, &err), &err);
    image_finish(&im);
    struct reply r = upload("..%2f..%2FNew%20Cup", data, size);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "{\"file\":\"pictures/newcup.png\",\"width\":1600,\"height\":800}"));
    reply_free(&r);
    r = upload("New%20Cup", data, size); /* never over another one */
    assert_non_null(strstr(r.body, "pictures/newcup-2.png"));
    reply_free(&r);
    r = upload("cut", data, size / 2);
    reply_free(&r); /* a picture cut off may still decode in part: no crash is what counts */
    r = upload("page", "<html><script>alert(1)</script>", 31);
    assert_int_equal(r.status, 400);
    reply_free(&r);
    r = upload("huge", huge, sizeof huge + 4); /* 65536 x 65536 */
    assert_int_equal(r.status, 400);
    reply_free(&r);
    r = upload("none", "", 0);
    assert_int_equal(r.status, 400);
    reply_free(&r);
    free(data);
}

/* ---- saving ---- */

static struct reply save(const char *hash, const char *edits)
{
    char body[2000];
    snprintf(body, sizeof body, "{\"base\":\"%s\",\"edits\":[%s]}", hash, edits);
    return served_ask(&s, "POST", "/api/save/tray", NULL, body);
}

static void saving_keeps_comments(void **state)
{
    (void)state;
    char hash[20];
    char *before = served_file(&s, "tray/workflow.cfg");
    served_hash(&s, "tray", hash);
    struct reply r = save(hash, "{\"words\":\"items[cup].name\",\"language\":\"nl\",\"to\":\"Beker\"},"
                                "{\"set\":\"places[cup-place].x_mm\",\"to\":-65.5}");
    assert_int_equal(r.status, 200);
    reply_free(&r);
    char *after = served_file(&s, "tray/workflow.cfg");
    assert_non_null(strstr(after, "name = { nl = \"Beker\"; en = \"Cup\"; };"));
    assert_non_null(strstr(after, "x_mm = -65.5;"));
    assert_non_null(strstr(after, "# it may lie a little further off"));
    int lines = 0;
    for (const char *a = before, *b = after; *a && *b;) { /* all other lines are as they were */
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        lines += n != m || memcmp(a, b, n) != 0;
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
    assert_int_equal(lines, 2);
    free(before);
    free(after);
}

static void two_people_are_noticed(void **state)
{
    (void)state;
    char hash[20];
    served_hash(&s, "tray", hash);
    struct reply r = save(hash, "{\"set\":\"items[cup].height_mm\",\"to\":61}");
    assert_int_equal(r.status, 200);
    reply_free(&r);
    char *first = served_file(&s, "tray/workflow.cfg");
    r = save(hash, "{\"set\":\"items[cup].height_mm\",\"to\":62}"); /* the second one read it before */
    assert_int_equal(r.status, 409);
    assert_non_null(strstr(r.body, "WORKFLOW_EDIT_STALE"));
    reply_free(&r);
    char *second = served_file(&s, "tray/workflow.cfg");
    assert_string_equal(first, second);
    r = served_ask(&s, "POST", "/api/draft/tray", NULL, "{\"text\":\"format = 1;\\nname = { nl = \\\"a\\\"; en = \\\"b\\\"; };\\nsections = ( { id = \\\"s\\\"; "
                   "steps = ( { kind = \\\"confirm\\\"; id = \\\"c\\\"; text = { nl = \\\"Ja?\\\"; en = \\\"Yes?\\\"; }; } ); } );\\n\",\"edits\":[]}");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "{\"id\":\"tray-2\"}"));
    reply_free(&r);
    char *draft = served_file(&s, "tray-2/workflow.cfg");
    assert_non_null(strstr(draft, "state = \"draft\""));
    free(draft);
    free(first);
    free(second);
}

/* More mistakes than before: nothing is saved, and each is said with what it is about. */
static void mistakes_are_not_saved(void **state)
{
    (void)state;
    char hash[20];
    served_hash(&s, "tray", hash);
    char *before = served_file(&s, "tray/workflow.cfg");
    struct reply r = save(hash, "{\"set\":\"places[cup-place].item\",\"to\":\"cap\"}");
    assert_int_equal(r.status, 422);
    assert_non_null(strstr(r.body, "\"path\":\"places[cup-place]\""));
    assert_non_null(strstr(r.body, "did you mean \\\"cup\\\"?"));
    reply_free(&r);
    r = save(hash, "{\"set\":\"places[nothing].x_mm\",\"to\":1}");
    assert_int_equal(r.status, 400);
    reply_free(&r);
    r = save(hash, "{\"set\":\"places[cup-place].x_mm\",\"to\":\"1; state = 2\"}");
    assert_int_not_equal(r.status, 200);
    reply_free(&r);
    r = save(hash, "{\"insert\":\"places\",\"at\":-1,\"group\":{\"id\":\"x\",\"a b = 1; c\":2}}");
    assert_int_equal(r.status, 400);
    reply_free(&r);
    char *after = served_file(&s, "tray/workflow.cfg");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void a_page_that_disappears(void **state)
{
    (void)state;
    char hash[20], head[600];
    served_hash(&s, "tray", hash);
    char *before = served_file(&s, "tray/workflow.cfg");
    int n = snprintf(head, sizeof head, "POST /api/save/tray HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\n"
                     "Content-Length: 5000\r\n\r\n{\"base\":\"%s\",\"edits\":[{\"set\":\"items[cup].height_mm\",\"to\":77}", s.port, s.cookie, s.token, hash);
    for (int i = 0; i < 20; i++) {
        int fd = served_connect(&s);
        assert_true(send(fd, head, (size_t)n, MSG_NOSIGNAL) > 0);
        const struct linger at_once = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
    }
    char *after = served_file(&s, "tray/workflow.cfg");
    assert_string_equal(before, after);
    free(after);
    /* It goes when all is sent but before the answer: saved whole. */
    n = snprintf(head, sizeof head, "{\"base\":\"%s\",\"edits\":[{\"set\":\"items[cup].height_mm\",\"to\":77}]}", hash);
    char request[1200];
    int m = snprintf(request, sizeof request, "POST /api/save/tray HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\n"
                     "Content-Length: %d\r\n\r\n%s", s.port, s.cookie, s.token, n, head);
    int fd = served_connect(&s);
    assert_int_equal(send(fd, request, (size_t)m, MSG_NOSIGNAL), m);
    close(fd);
    char now[20] = "";
    for (int i = 0; i < 100 && (served_hash(&s, "tray", now), strcmp(now, hash) == 0); i++)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    after = served_file(&s, "tray/workflow.cfg");
    assert_non_null(strstr(after, "height_mm = 77"));
    assert_int_equal(served_status(&s, "GET", "/api/workflow/tray", NULL, NULL), 200);
    free(before);
    free(after);
}

static void a_full_disk(void **state)
{
    (void)state;
    char hash[20];
    struct rlimit old, small;
    served_hash(&s, "tray", hash);
    char *before = served_file(&s, "tray/workflow.cfg");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){1000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    struct reply r = save(hash, "{\"set\":\"items[cup].height_mm\",\"to\":78}");
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(r.status, 500);
    reply_free(&r);
    char *after = served_file(&s, "tray/workflow.cfg");
    assert_string_equal(before, after);
    free(after);
    r = save(hash, "{\"set\":\"items[cup].height_mm\",\"to\":78}"); /* with room again it works, and nothing was left lying */
    assert_int_equal(r.status, 200);
    reply_free(&r);
    char command[700];
    snprintf(command, sizeof command, "test -z \"$(find '%s/tray' -name '*.cfg*' ! -name 'workflow.cfg' ! -name 'released.cfg')\"", s.folder);
    assert_int_equal(system(command), 0);
    free(before);
}

static void released_versions_are_kept(void **state)
{
    (void)state;
    char hash[20];
    served_hash(&s, "kit-b", hash);
    char body[400];
    snprintf(body, sizeof body, "{\"base\":\"%s\",\"edits\":[{\"set\":\"state\",\"to\":\"released\"}]}", hash);
    assert_int_equal(served_status(&s, "POST", "/api/save/kit-b", NULL, body), 200);
    served_hash(&s, "kit-b", hash);
    snprintf(body, sizeof body, "{\"base\":\"%s\",\"with\":\"released\",\"edits\":[{\"set\":\"items[cup].height_mm\",\"to\":50}]}", hash);
    struct reply r = served_ask(&s, "POST", "/api/diff/kit-b", NULL, body);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "\"there\":true"));
    assert_non_null(strstr(r.body, "[\"+\",\"      height_mm = 50; },\"]"));
    reply_free(&r);
}

/* ---- showing on the bench ---- */

static void what_is_shown(void **state)
{
    (void)state;
    static const char one[] = "{\"points\":[[0,0,0],[9,0,0],[9,9,5]],\"source\":true}";
    char body[1500];
    struct web_mailbox *m = &s.web->mailbox;
    m->bench.calibrated = true;
    memset(body, 'a', sizeof body);
    int n = snprintf(body, sizeof body, "{\"outlines\":[%s],\"text\":\"", one);
    for (int i = 0; i < 100; i++) /* 200 bytes: 119 characters of two bytes would be cut in the middle */
        n += snprintf(body + n, sizeof body - (size_t)n, i ? "\xc3\xa9" : "x");
    snprintf(body + n, sizeof body - (size_t)n, "\"}");
    assert_int_equal(served_status(&s, "POST", "/api/project", NULL, body), 200);
    assert_non_null(m->wanted);
    assert_int_equal(m->wanted->count, 1);
    assert_true(m->wanted->outlines[0].source);
    assert_float_equal(m->wanted->outlines[0].points[2].z, 5, 0);
    assert_int_equal(strlen(m->wanted->text), 119);
    static const char *const bad[] = {
        "{\"outlines\":[{\"points\":[[0,0,0],[9,0,0]]}]}", "{\"outlines\":[{\"points\":[[0,0,0],[9,0,0],[1e9,0,0]]}]}",
        "{\"outlines\":[7]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(served_status(&s, "POST", "/api/project", NULL, bad[i]), 400);
    m->bench.packing = true;
    assert_int_equal(served_status(&s, "POST", "/api/project", NULL, body), 409);
    m->bench = (struct web_bench){0};
}

/* ---- the live picture ---- */

static void pictures_of_the_bench(void **state)
{
    (void)state;
    struct lw_error err;
    struct frame_pool *pool = frame_pool_create(320, 240, 8, &err);
    struct lw_clock clock;
    clock_init_real(&clock);
    int64_t begun = clock_now_ns(&clock);
    assert_int_equal(served_status(&s, "GET", "/api/bench.jpg?after=0", NULL, NULL), 204); /* none: it is not waited for ever */
    assert_true(clock_now_ns(&clock) - begun < 10 * NS_PER_S);
    for (int i = 0; i < 3; i++) {
        struct frame *f = frame_pool_take(pool);
        image_fill(&f->image, (uint8_t)(80 * i));
        web_live_offer(&s.web->live, f, NULL);
        frame_unref(&f);
        nanosleep(&(struct timespec){0, 150000000}, NULL);
        struct reply r = served_ask(&s, "GET", "/api/bench.jpg?after=0", NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_true(header(&r, "X-Straight: 0"));
        assert_memory_equal(r.body, "\xff\xd8\xff", 3);
        reply_free(&r);
    }
    frame_pool_destroy(&pool);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(changes_need_the_token),
        cmocka_unit_test(no_path_leaves),
        cmocka_unit_test(bodies_are_bounded),
        cmocka_unit_test(pictures_are_decoded),
        cmocka_unit_test(saving_keeps_comments),
        cmocka_unit_test(two_people_are_noticed),
        cmocka_unit_test(mistakes_are_not_saved),
        cmocka_unit_test(a_page_that_disappears),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(released_versions_are_kept),
        cmocka_unit_test(what_is_shown),
        cmocka_unit_test(pictures_of_the_bench),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
