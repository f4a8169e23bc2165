/* Addresses, differences, log-in: each part alone. */
#include "harness.h"

#include "address.h"
#include "diff.h"
#include "sessions.h"
#include "texts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        int port;
        bool loopback;
    } good[] = {
        {NULL, "127.0.0.1", 8080, true},        {"", "127.0.0.1", 8080, true},       {"0", "127.0.0.1", 0, true},
        {"9000", "127.0.0.1", 9000, true},      {":9000", "127.0.0.1", 9000, true},  {"localhost:1", "127.0.0.1", 1, true},
        {"0.0.0.0:80", "0.0.0.0", 80, false},   {"127.3.4.5", "127.3.4.5", 8080, true}, {"[::1]:80", "::1", 80, true},
        {"::1", "::1", 8080, true},             {"[::]:443", "::", 443, false},      {"192.168.1.9:8443", "192.168.1.9", 8443, false},
    };
    static const char *const bad[] = {"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:", ":x", "1.2.3", "bench.local:80", "[::1", "[::1]80", "a:b:c:d", " 80", "+80"};
    struct web_address a;
    struct lw_error err;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_ok(web_address_parse(&a, good[i].text, &err), &err);
        assert_string_equal(a.host, good[i].host);
        assert_int_equal(a.port, good[i].port);
        assert_int_equal(a.loopback, good[i].loopback);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (strcmp(bad[i], "127.0.0.1:") != 0) /* no port: the usual one */
            assert_int_equal(web_address_parse(&a, bad[i], &err), LW_MSG_WEB_ADDRESS);
}

static void hosts(void **state)
{
    (void)state;
    assert_true(web_address_host_known("127.0.0.1:8080"));
    assert_true(web_address_host_known("[::1]:8080"));
    assert_true(web_address_host_known("localhost"));
    assert_true(web_address_host_known("LOCALHOST:80"));
    assert_false(web_address_host_known("evil.example"));
    assert_false(web_address_host_known("127.0.0.1.evil.example:8080"));
    assert_false(web_address_host_known("localhost.evil.example"));
    assert_false(web_address_host_known(""));
    assert_false(web_address_host_known(NULL));
}

/* ---- differences ---- */

/* The hunks put back together: old lines and new lines must be those of the texts near every change. */
static void assert_diff(const char *a, const char *b, int removed, int added)
{
    json_t *hunks = diff_texts(a, b), *hunk, *line;
    size_t i, k;
    int minus = 0, plus = 0;
    assert_non_null(hunks);
    json_array_foreach(hunks, i, hunk) {
        json_array_foreach(json_object_get(hunk, "lines"), k, line) {
            minus += json_string_value(json_array_get(line, 0))[0] == '-';
            plus += json_string_value(json_array_get(line, 0))[0] == '+';
        }
    }
    json_decref(hunks);
    assert_int_equal(minus, removed);
    assert_int_equal(plus, added);
}

static void differences(void **state)
{
    (void)state;
    assert_diff("a\nb\nc\n", "a\nb\nc\n", 0, 0);
    assert_diff("", "", 0, 0);
    assert_diff("", "a\nb", 0, 2);
    assert_diff("a\nb\n", "", 2, 0);
    assert_diff("a\nb\nc\n", "a\nx\nc\n", 1, 1);
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n4\n5\n6\n7\n8\nx\n9\n", 1, 1);
    assert_diff("a\nb\na\nb\n", "b\na\nb\na\n", 1, 1);
    char big_a[40000] = "", big_b[40000] = "";
    for (int n = 0; n < 2500; n++) {
        sprintf(big_a + strlen(big_a), "%d\n", n);
        sprintf(big_b + strlen(big_b), "x%d\n", n);
    }
    assert_diff(big_a, big_b, 2500, 2500); /* more than is searched through: all old, all new */
}

/* ---- log-in ---- */

static void sessions(void **state)
{
    (void)state;
    static struct web_sessions s;
    struct web_session a, found;
    web_sessions_init(&s);
    a = web_session_begin(&s, WEB_COACH, NS_PER_S);
    assert_int_equal(strlen(a.id), 64);
    assert_string_not_equal(a.id, a.token);
    assert_true(web_session_find(&s, a.id, 2 * NS_PER_S, &found));
    assert_int_equal(found.role, WEB_COACH);
    assert_false(web_session_find(&s, "", 2 * NS_PER_S, &found));
    assert_false(web_session_find(&s, a.token, 2 * NS_PER_S, &found));
    assert_false(web_session_find(&s, a.id, 2 * NS_PER_S + 9 * 3600 * NS_PER_S, &found)); /* idle for too long */
    a = web_session_begin(&s, WEB_COACH, NS_PER_S);
    for (int i = 0; i < WEB_SESSIONS; i++) /* the oldest makes room */
        web_session_begin(&s, WEB_SUPERVISOR, 2 * NS_PER_S + i);
    assert_false(web_session_find(&s, a.id, 3 * NS_PER_S, &found));
    web_sessions_finish(&s);
}

static void tries(void **state)
{
    (void)state;
    static struct web_sessions s;
    web_sessions_init(&s);
    for (int i = 0; i < 5; i++)
        assert_true(web_may_try(&s, "a", NS_PER_S));
    assert_false(web_may_try(&s, "a", NS_PER_S));
    assert_true(web_may_try(&s, "b", NS_PER_S)); /* another computer may still */
    assert_true(web_may_try(&s, "a", 14 * NS_PER_S));
    assert_false(web_may_try(&s, "a", 14 * NS_PER_S));
    web_tried_right(&s, "a");
    assert_true(web_may_try(&s, "a", 14 * NS_PER_S));
    web_sessions_finish(&s);
}

static void passwords(void **state)
{
    (void)state;
    char data[300], path[400];
    struct lw_error err;
    struct stat st;
    snprintf(data, sizeof data, "%s/passwords", harness_scratch());
    mkdir(data, 0777);
    assert_false(web_password_any(data));
    assert_int_equal(web_password_set(data, "boss", "long enough", &err), LW_MSG_PASSWORD_ROLE);
    assert_int_equal(web_password_set(data, "coach", "short", &err), LW_MSG_PASSWORD_LENGTH);
    assert_ok(web_password_set(data, "coach", "drie woorden samen \xc3\xa9", &err), &err);
    assert_ok(web_password_set(data, "supervisor", "andere woorden", &err), &err);
    assert_true(web_password_any(data));
    assert_true(web_password_right(data, WEB_COACH, "drie woorden samen \xc3\xa9"));
    assert_false(web_password_right(data, WEB_COACH, "andere woorden"));
    assert_true(web_password_right(data, WEB_SUPERVISOR, "andere woorden"));
    assert_false(web_password_right(data, WEB_NOBODY, "andere woorden"));
    snprintf(path, sizeof path, "%s/passwords.cfg", data);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    chmod(path, 0644); /* others could read it: then it is not trusted, and everything stays shut */
    assert_false(web_password_right(data, WEB_COACH, "drie woorden samen \xc3\xa9"));
    assert_true(web_password_any(data));
    assert_int_equal(web_password_set(data, "coach", "nieuwe woorden", &err), LW_MSG_PASSWORD_FILE);
}

/* ---- texts ---- */

static bool in_table(const char *text, size_t n)
{
    for (int i = 0; i < web_text_count; i++)
        if (strlen(web_text_rows[i]) == n && memcmp(web_text_rows[i], text, n) == 0)
            return true;
    return false;
}

/* Each "begin…end" in a file must stand in the table. */
static int compare(const char *file, const char *begin, const char *end, const char *but)
{
    static char text[200000];
    int count = 0;
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    for (const char *p = text; (p = strstr(p, begin)); count++) {
        p += strlen(begin);
        size_t n = (size_t)(strstr(p, end) - p);
        if (!in_table(p, n) && strncmp(p, but, n) != 0)
            fail_msg("%s: \"%.*s\" is not in station/web/texts.c", file, (int)n, p);
    }
    return count;
}

static void texts_of_the_pages(void **state)
{
    (void)state;
    char folder[300], path[600];
    int count = 0;
    DIR *d = opendir(harness_source("assets/web", folder, sizeof folder));
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        const char *ending = strrchr(e->d_name, '.');
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (ending && strcmp(ending, ".html") == 0)
            count += compare(path, "{{", "}}", "language");
        if (ending && strcmp(ending, ".js") == 0)
            count += compare(path, " t('", "'", "") + compare(path, "(t('", "'", "");
    }
    closedir(d);
    assert_true(count > 100);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(hosts),     cmocka_unit_test(differences),
        cmocka_unit_test(sessions),  cmocka_unit_test(tries),     cmocka_unit_test(passwords),
        cmocka_unit_test(texts_of_the_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
