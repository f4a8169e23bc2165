/* What is new: workflows, sounds, animation frames; and the language of whoever reads. */
#include "web_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static struct reply edited(const char *what, const char *id, const char *edits)
{
    char path[100], hash[20], body[4000];
    served_hash(&s, id, hash);
    snprintf(path, sizeof path, "/api/%s/%s", what, id);
    snprintf(body, sizeof body, "{\"base\":\"%s\",\"edits\":[%s]}", hash, edits);
    return served_ask(&s, "POST", path, NULL, body);
}

/* ---- workflows ---- */

static void a_workflow_begins_as_a_person_would_begin_it(void **state)
{
    (void)state;
    assert_int_equal(served_status(&s, "POST", "/api/new", NULL, "{\"id\":\"eerste\",\"name\":\"Mijn \\\"eerste\\\"\"}"), 200);
    char *text = served_file(&s, "eerste/workflow.cfg");
    assert_non_null(strstr(text, "name = { nl = \"Mijn \\\"eerste\\\"\"; en = \"Mijn \\\"eerste\\\"\"; };\nstate = \"draft\";"));
    free(text);
    assert_int_equal(served_status(&s, "POST", "/api/new", NULL, "{\"id\":\"eerste\",\"name\":\"b\"}"), 409); /* never over another */
    assert_int_equal(served_status(&s, "POST", "/api/new", NULL, "{\"id\":\"../b\",\"name\":\"b\"}"), 400);
    assert_int_equal(served_status(&s, "POST", "/api/new", NULL, "{\"id\":\"b\"}"), 400);
    assert_int_equal(served_status(&s, "POST", "/api/new", "X-Lichtwijzer-Token: 0\r\n", "{\"id\":\"b\",\"name\":\"b\"}"), 403);
}

/* From nothing to a workflow without mistakes, only by what the page sends. */
static void a_whole_workflow_is_made(void **state)
{
    (void)state;
    assert_int_equal(served_status(&s, "POST", "/api/new", NULL, "{\"id\":\"heel\",\"name\":\"Heel\"}"), 200);
    struct reply r = edited("save", "heel",
        "{\"insert\":\"variants\",\"at\":-1,\"group\":{\"id\":\"kind\",\"name\":{\"nl\":\"Kind\",\"en\":\"Child\"}}},"
        "{\"insert\":\"bins\",\"at\":-1,\"group\":{\"id\":\"links\",\"name\":{\"nl\":\"Links\",\"en\":\"Left\"},\"outline\":[20,260,140,260,140,380,20,380],\"z_mm\":0}},"
        "{\"insert\":\"carriers\",\"at\":-1,\"group\":{\"id\":\"blad\",\"name\":{\"nl\":\"Blad\",\"en\":\"Tray\"},\"width_mm\":280,\"depth_mm\":180,\"height_mm\":0,\"home\":{\"x_mm\":300,\"y_mm\":150}}},"
        "{\"insert\":\"items\",\"at\":-1,\"group\":{\"id\":\"kop\",\"name\":{\"nl\":\"Kop\",\"en\":\"Cup\"},\"bin\":\"links\",\"height_mm\":60}},"
        "{\"insert\":\"places\",\"at\":-1,\"group\":{\"id\":\"kop\",\"carrier\":\"blad\",\"item\":\"kop\",\"x_mm\":-70,\"y_mm\":10.5,\"z_mm\":0,\"outline\":[-20,-20,20,-20,20,20,-20,20]}},"
        "{\"insert\":\"sections[whole].steps\",\"at\":-1,\"group\":{\"place\":\"kop\"}},"
        "{\"words\":\"sections[whole].steps[kop].text\",\"language\":\"nl\",\"to\":\"Pak de kop.\"},"
        "{\"words\":\"sections[whole].steps[kop].text\",\"language\":\"en\",\"to\":\"Take the cup.\"},"
        "{\"set\":\"sections[whole].steps[kop].when\",\"to\":\"not kind\"},"
        "{\"set\":\"sections[whole].steps[kop].help_after_s\",\"to\":[5,10,0]},"
        "{\"insert\":\"sections[whole].steps\",\"at\":-1,\"group\":{\"kind\":\"confirm\",\"id\":\"klaar\",\"text\":{\"nl\":\"Klaar?\",\"en\":\"Ready?\"}}}");
    if (r.status != 200)
        fail_msg("%d: %s", r.status, r.body);
    assert_non_null(strstr(r.body, "\"errors\":0"));
    reply_free(&r);
    char *text = served_file(&s, "heel/workflow.cfg");
    harness_golden_text("web/new-workflow.cfg", text);
    free(text);
}

static void a_new_section_takes_steps(void **state)
{
    (void)state;
    struct reply r = edited("check", "tray", "{\"insert\":\"sections\",\"at\":-1,\"group\":{\"id\":\"einde\",\"name\":{\"nl\":\"Einde\",\"en\":\"End\"},\"steps\":[]}},"
        "{\"insert\":\"sections[einde].steps\",\"at\":-1,\"group\":{\"kind\":\"confirm\",\"id\":\"klaar\",\"text\":{\"nl\":\"Klaar?\",\"en\":\"Ready?\"}}}");
    if (r.status != 200)
        fail_msg("%d: %s", r.status, r.body);
    assert_non_null(strstr(r.body, "\"errors\":0"));
    reply_free(&r);
}

static void a_wrong_condition_is_said_where_it_stands(void **state)
{
    (void)state;
    struct reply r = edited("check", "tray", "{\"set\":\"sections[whole].steps[cup-place].when\",\"to\":\"child and\"}");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "\"path\":\"sections[whole].steps[cup-place]\""));
    assert_null(strstr(r.body, "\"errors\":0"));
    reply_free(&r);
}

/* ---- sounds and animations ---- */

static struct reply upload(const char *path, const void *data, size_t size)
{
    char bytes[2000];
    int n = snprintf(bytes, sizeof bytes, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Lichtwijzer-Token: %s\r\n"
                     "Connection: close\r\nContent-Length: %zu\r\n\r\n", path, s.port, s.cookie, s.token, size);
    memcpy(bytes + n, data, size);
    return served_raw(&s, bytes, (size_t)n + size);
}

static void sounds_are_added(void **state)
{
    (void)state;
    char wav[100] = "RIFF....WAVEfmt ";
    struct reply r = upload("/api/sound/tray?name=Bel%20en%20zo", wav, sizeof wav);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "{\"file\":\"sounds/belenzo.wav\"}"));
    reply_free(&r);
    r = served_ask(&s, "GET", "/api/file/tray/sounds/belenzo.wav", NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.text, "Content-Type: audio/wav"));
    reply_free(&r);
    r = served_ask(&s, "GET", "/api/sounds/tray", NULL, NULL);
    assert_string_equal(r.body, "{\"sounds\":[\"sounds/belenzo.wav\"]}");
    reply_free(&r);
    r = upload("/api/sound/tray?name=page", "<script>alert(1)</script>                      ", 47);
    assert_int_equal(r.status, 400);
    reply_free(&r);
    r = upload("/api/sound/tray?name=none", "", 0);
    assert_int_equal(r.status, 400);
    reply_free(&r);
    char path[700];
    snprintf(path, sizeof path, "%s/kit-b/sounds", s.folder); /* a link out of the folder in place of sounds/ */
    assert_int_equal(symlink("/tmp", path), 0);
    r = upload("/api/sound/kit-b?name=out", wav, sizeof wav);
    assert_int_not_equal(r.status, 200);
    reply_free(&r);
}

static void frames_are_written(void **state)
{
    (void)state;
    struct reply r = edited("save", "tray", "{\"set\":\"items[cup].frames\",\"to\":[\"pictures/cup.png\",\"pictures/spoon.png\"]},"
                                            "{\"set\":\"sections[whole].steps[cup-place].sound\",\"to\":\"sounds/belenzo.wav\"}");
    assert_int_equal(r.status, 200);
    reply_free(&r);
    char *text = served_file(&s, "tray/workflow.cfg");
    assert_non_null(strstr(text, "frames = [ \"pictures/cup.png\", \"pictures/spoon.png\" ];"));
    assert_non_null(strstr(text, "sound = \"sounds/belenzo.wav\";"));
    free(text);
    r = edited("check", "tray", "{\"set\":\"items[cup].frames\",\"to\":[\"pictures/cup.png\",7]}");
    assert_int_equal(r.status, 400);
    reply_free(&r);
    r = edited("save", "tray", "{\"set\":\"items[cup].frames\",\"to\":null}");
    assert_int_equal(r.status, 200);
    reply_free(&r);
    text = served_file(&s, "tray/workflow.cfg");
    assert_null(strstr(text, "frames"));
    free(text);
}

/* ---- whose language ---- */

static bool page_in(const char *more, const char *language)
{
    char html[40];
    snprintf(html, sizeof html, "<html lang=\"%s\">", language);
    const struct served stranger = {.port = s.port};
    struct reply r = served_ask(&stranger, "GET", "/login", more, NULL);
    bool good = r.status == 200 && strstr(r.body, html) && (strstr(r.body, "Wachtwoord") != NULL) == (strcmp(language, "nl") == 0);
    reply_free(&r);
    return good;
}

static void each_reads_the_own_language(void **state)
{
    (void)state;
    assert_true(page_in(NULL, "en")); /* the station's */
    assert_true(page_in("Accept-Language: nl-NL,nl;q=0.9,en;q=0.8\r\n", "nl"));
    assert_true(page_in("Accept-Language: en-US,en;q=0.9,nl;q=0.8\r\n", "en"));
    assert_true(page_in("Cookie: lichtwijzer_language=nl\r\n", "nl"));
    assert_true(page_in("Accept-Language: nl\r\nCookie: lichtwijzer_language=en\r\n", "en")); /* what was chosen stays */
    assert_true(page_in("Cookie: lichtwijzer_language=../../etc\r\n", "en"));
    lw_messages_init("nl");
    assert_true(page_in(NULL, "nl"));
    assert_true(page_in("Accept-Language: en-US,en;q=0.9\r\n", "nl")); /* every browser asks for English: says little */
    assert_true(page_in("Cookie: lichtwijzer_language=en\r\n", "en"));
    lw_messages_init("en");
    assert_true(page_in(NULL, "en"));
}

/* What is wrong is said in it too, and words of the workflow. */
static void mistakes_are_said_in_it(void **state)
{
    (void)state;
    struct reply r = served_ask(&s, "GET", "/api/nothing", "Accept-Language: nl\r\n", NULL);
    assert_non_null(strstr(r.body, "Die pagina"));
    reply_free(&r);
    r = served_ask(&s, "GET", "/api/nothing", NULL, NULL);
    assert_non_null(strstr(r.body, "There is no such page"));
    reply_free(&r);
    r = served_ask(&s, "GET", "/api/state", "Accept-Language: nl\r\n", NULL);
    assert_non_null(strstr(r.body, "\"language\":\"nl\""));
    reply_free(&r);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workflow_begins_as_a_person_would_begin_it), cmocka_unit_test(a_whole_workflow_is_made),
        cmocka_unit_test(a_new_section_takes_steps),                    cmocka_unit_test(a_wrong_condition_is_said_where_it_stands),    cmocka_unit_test(sounds_are_added),
        cmocka_unit_test(frames_are_written),                           cmocka_unit_test(each_reads_the_own_language),
        cmocka_unit_test(mistakes_are_said_in_it),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
