/* On a network: passwords, roles, TLS, tries, and clients that mean no good. */
#include "web_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char data[300];

static enum lw_msg try_open(struct web_options o)
{
    struct web *w;
    struct lw_error err;
    o.data = data;
    o.workflows = harness_scratch();
    enum lw_msg rc = web_open(&w, &o, &err);
    web_close(&w);
    return rc;
}

static void the_network_is_refused(void **state)
{
    (void)state;
    char pem[300];
    assert_int_equal(try_open((struct web_options){.address = "0.0.0.0:0"}), LW_MSG_WEB_NEEDS_PASSWORD);
    assert_int_equal(try_open((struct web_options){.address = "0.0.0.0:0", .without_tls = true}), LW_MSG_WEB_NEEDS_PASSWORD);
    assert_int_equal(try_open((struct web_options){.address = "0.0.0.0:0", .without_password = true}), LW_MSG_WEB_NEEDS_TLS);
    assert_int_equal(try_open((struct web_options){.address = "[::]:0"}), LW_MSG_WEB_NEEDS_PASSWORD);
    assert_int_equal(try_open((struct web_options){.address = "0.0.0.0:0", .without_password = true, .without_tls = true}), LW_OK);
    assert_int_equal(try_open((struct web_options){.address = "127.0.0.1:0", .certificate = "/nothing"}), LW_MSG_WEB_CERTIFICATE);
    assert_int_equal(try_open((struct web_options){.address = "127.0.0.1:0", .certificate = "/nothing", .key = "/nothing"}), LW_MSG_WEB_CERTIFICATE);
    snprintf(pem, sizeof pem, "%s/bad.pem", harness_scratch());
    FILE *f = fopen(pem, "w");
    assert_non_null(f);
    fputs("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", f);
    fclose(f);
    assert_int_equal(try_open((struct web_options){.address = "127.0.0.1:0", .certificate = pem, .key = pem}), LW_MSG_WEB_CERTIFICATE);
    assert_int_equal(try_open((struct web_options){.address = "nonsense"}), LW_MSG_WEB_ADDRESS);
    assert_int_equal(try_open((struct web_options){.address = "192.0.2.1:0", .without_password = true, .without_tls = true}), LW_MSG_WEB_LISTEN);
}

static int log_in(struct served *s, const char *role, const char *password)
{
    char body[300];
    snprintf(body, sizeof body, "{\"role\":\"%s\",\"password\":\"%s\"}", role, password);
    s->cookie[0] = s->token[0] = 0;
    struct reply r = served_ask(s, "POST", "/api/login", NULL, body);
    int status = r.status;
    if (status == 200) {
        const char *cookie = strstr(r.text, "Set-Cookie: "), *token = strstr(r.body, "\"token\":\"");
        snprintf(s->cookie, sizeof s->cookie, "%.*s", (int)strcspn(cookie + 12, ";"), cookie + 12);
        snprintf(s->token, sizeof s->token, "%.*s", (int)strcspn(token + 9, "\""), token + 9);
    }
    reply_free(&r);
    return status;
}

static void roles(void **state)
{
    (void)state;
    struct served s;
    struct lw_error err;
    const struct web_options o = {.address = "0.0.0.0:0", .without_tls = true, .data = data};
    assert_ok(web_password_set(data, "coach", "drie goede woorden", &err), &err);
    assert_ok(web_password_set(data, "supervisor", "vier andere woorden hier", &err), &err);
    served_open(&s, &o);
    struct reply r = served_ask(&s, "GET", "/", NULL, NULL);
    assert_int_equal(r.status, 303);
    assert_non_null(strstr(r.text, "Location: /login"));
    reply_free(&r);
    assert_int_equal(served_status(&s, "GET", "/login", NULL, NULL), 200);
    assert_int_equal(served_status(&s, "GET", "/api/workflows", NULL, NULL), 401);
    assert_int_equal(log_in(&s, "coach", "vier andere woorden hier"), 403);
    assert_int_equal(log_in(&s, "supervisor", "vier andere woorden hier"), 200);
    assert_int_equal(served_status(&s, "GET", "/api/workflows", NULL, NULL), 200);
    assert_int_equal(served_status(&s, "POST", "/api/save/tray", NULL, "{}"), 403); /* may look, not change */
    assert_int_equal(log_in(&s, "coach", "drie goede woorden"), 200);
    assert_int_equal(served_status(&s, "POST", "/api/save/tray", NULL, "{}"), 409);
    assert_int_equal(served_status(&s, "POST", "/api/logout", NULL, "{}"), 200);
    assert_int_equal(served_status(&s, "GET", "/api/workflows", NULL, NULL), 401);
    served_close(&s);
}

static void tries_are_counted(void **state)
{
    (void)state;
    struct served s;
    const struct web_options o = {.address = "127.0.0.1:0", .data = data};
    served_open(&s, &o);
    int wrong = 0, wait = 0;
    for (int i = 0; i < 8; i++) {
        int status = log_in(&s, "coach", "raden maar");
        wrong += status == 403;
        wait += status == 429;
    }
    assert_int_equal(wrong, 5);
    assert_int_equal(wait, 3);
    assert_int_equal(log_in(&s, "coach", "drie goede woorden"), 429); /* also the right one: who guesses can't tell */
    served_close(&s);
}

/* Noise of a fixed seed, and requests broken at every place: it must still answer afterwards. */
static void noise(void **state)
{
    (void)state;
    static const char good[] = "POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nCookie: a=b; c=d\r\n"
                               "Content-Length: 30\r\n\r\n{\"role\":\"coach\",\"password\":\"x\"}";
    struct served s;
    const struct web_options o = {.address = "127.0.0.1:0", .data = data};
    char bytes[600];
    uint64_t random = 5;
    served_open(&s, &o);
    for (int i = 0; i < 400; i++) {
        size_t n = sizeof good - 1;
        memcpy(bytes, good, n);
        for (int k = 0; k < 1 + i % 8; k++)
            bytes[(size_t)(harness_random(&random) * (double)n)] = (char)(int)(harness_random(&random) * 256);
        if (i % 3 == 0)
            n = (size_t)(harness_random(&random) * (double)n);
        int fd = served_connect(&s);
        send(fd, bytes, n, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        char answer[4096];
        while (recv(fd, answer, sizeof answer, 0) > 0)
            ;
        close(fd);
    }
    char *long_head = malloc(100000);
    assert_non_null(long_head);
    int n = sprintf(long_head, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
    memset(long_head + n, 'a', 90000);
    struct reply r = served_raw(&s, long_head, 90000);
    assert_int_not_equal(r.status, 200);
    reply_free(&r);
    free(long_head);
    assert_int_equal(served_status(&s, "GET", "/login", NULL, NULL), 200);
    served_close(&s);
}

/* Many that say nothing: the others are still served. */
static void silent_clients(void **state)
{
    (void)state;
    struct served s;
    const struct web_options o = {.address = "127.0.0.1:0", .data = data};
    int fds[30];
    served_open(&s, &o);
    for (int i = 0; i < 30; i++) {
        fds[i] = served_connect(&s);
        send(fds[i], "GET / HT", 8, MSG_NOSIGNAL);
    }
    assert_int_equal(served_status(&s, "GET", "/login", NULL, NULL), 200);
    for (int i = 0; i < 30; i++)
        close(fds[i]);
    served_close(&s);
}

int main(void)
{
    harness_init();
    snprintf(data, sizeof data, "%s/data", harness_scratch());
    mkdir(data, 0777);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_refused), cmocka_unit_test(roles),          cmocka_unit_test(tries_are_counted),
        cmocka_unit_test(noise),                  cmocka_unit_test(silent_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
