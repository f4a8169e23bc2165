/* The table of messages, its Dutch, and what a person at the bench may be told. */
#include "harness.h"

#include "messages.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define SHOWN_MAX 60 /* characters that are read at a glance, 15 mm high, from 1 m */
#define TEXT_MAX 2000

/* ---- files ---- */

static char *read_text(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("can't open %s", path);
    size_t size = 0, got;
    char *text = NULL, block[65536];
    while ((got = fread(block, 1, sizeof block, f)) > 0) {
        text = realloc(text, size + got + 1);
        memcpy(text + size, block, got);
        size += got;
    }
    fclose(f);
    if (!text)
        text = calloc(1, 1);
    else
        text[size] = 0;
    return text;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_source(const char *name)
{
    return ends_with(name, ".c") || ends_with(name, ".h") || ends_with(name, ".cpp") || ends_with(name, ".hpp");
}

typedef void visit_fn(const char *text, void *context);

static void each_source(const char *folder, visit_fn *visit, void *context)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[1024];
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            each_source(path, visit, context);
        } else if (is_source(e->d_name)) {
            char *text = read_text(path);
            visit(text, context);
            free(text);
        }
    }
    closedir(d);
}

/* ---- the table ---- */

static void mark_used(const char *text, void *context)
{
    static const char prefix[] = "LW_MSG_";
    bool *used = context;
    for (const char *p = text; (p = strstr(p, prefix));) {
        p += sizeof prefix - 1;
        size_t n = 0;
        while (isupper((unsigned char)p[n]) || isdigit((unsigned char)p[n]) || p[n] == '_')
            n++;
        for (int id = 1; id < LW_MSG_COUNT; id++)
            if (strlen(lw_msg_name(id)) == n && memcmp(lw_msg_name(id), p, n) == 0)
                used[id] = true;
    }
}

static void every_message_is_whole_used_and_named_once(void **state)
{
    (void)state;
    bool used[LW_MSG_COUNT] = {false};
    char path[1024];
    each_source(harness_source("station", path, sizeof path), mark_used, used);
    each_source(harness_source("calibration", path, sizeof path), mark_used, used);
    for (int id = 1; id < LW_MSG_COUNT; id++) {
        if (!*lw_msg_text_en(id) || !*lw_msg_remedy_en(id))
            fail_msg("%s has no text or no remedy", lw_msg_name(id));
        if (strchr(lw_msg_remedy_en(id), '%'))
            fail_msg("%s: a remedy is no format", lw_msg_name(id));
        if (!used[id])
            fail_msg("%s is used nowhere", lw_msg_name(id));
        for (int other = 1; other < id; other++)
            assert_string_not_equal(lw_msg_name(id), lw_msg_name(other));
    }
}

/* ---- Dutch ---- */

/* The conversions of a format, one after the other: "%d %s". */
static const char *conversions(const char *format, char *out)
{
    *out = 0;
    for (const char *p = format; (p = strchr(p, '%'));) {
        size_t n = 1 + strspn(p + 1, "0123456789.*lh+- #");
        strncat(out, p, n + 1);
        p += n + 1;
    }
    return out;
}

static void assert_same_conversions(const char *name, const char *en, const char *nl)
{
    char a[TEXT_MAX], b[TEXT_MAX];
    if (strcmp(conversions(en, a), conversions(nl, b)) != 0)
        fail_msg("%s: \"%s\" in English, \"%s\" in Dutch", name, a, b);
}

static bool same_in_both(const char *text)
{
    return strcmp(text, "%s.") == 0 || strncmp(text, "%s", 2) == 0; /* nothing to translate but what is put in */
}

static void every_message_is_translated(void **state)
{
    (void)state;
    lw_messages_init("nl");
    assert_string_equal(lw_language(), "nl");
    for (int id = 1; id < LW_MSG_COUNT; id++) {
        const char *en = lw_msg_text_en(id), *nl = lw_msg_text(id);
        if (strcmp(en, nl) == 0 && !same_in_both(en))
            fail_msg("%s is not translated: %s", lw_msg_name(id), en);
        if (strcmp(lw_msg_remedy_en(id), lw_msg_remedy(id)) == 0)
            fail_msg("the remedy of %s is not translated: %s", lw_msg_name(id), lw_msg_remedy_en(id));
        assert_same_conversions(lw_msg_name(id), en, nl);
    }
    lw_messages_init("en"); /* the twin: back in English nothing is translated any more */
    for (int id = 1; id < LW_MSG_COUNT; id++)
        assert_string_equal(lw_msg_text(id), lw_msg_text_en(id));
}

/* ---- what is projected ---- */

/* What the sources that speak to a person at the bench hold in _("…") and N_("…"). */
static const char *const spoken_in[] = {"station/guide/show.c",       "station/guide/calibrate.c",
                                        "station/guide/teach.c",      "station/guide/pack.c",
                                        "station/guide/pack_begin.c", "station/guide/pack_look.c"};
static const char *const hurting[] = {"wrong", "error", "mistake", "fail", "bad", "fout", "verkeerd", "slecht", "vergis"};

/* The next _("…") or N_("…") from *p on, its quotes taken off and joined; false at the end. */
static bool next_text(const char **p, char *out, size_t size)
{
    const char *at = *p;
    do {
        at = strstr(at, "_(\"");
        if (!at)
            return false;
        at += 2;
    } while (at - 3 >= *p && (isalnum((unsigned char)at[-3]) && at[-3] != 'N'));
    size_t n = 0;
    while (*at == '"') {
        for (at++; *at && *at != '"'; at++) {
            if (*at == '\\')
                at++;
            if (n + 1 < size)
                out[n++] = *at;
        }
        at++;
        at += strspn(at, " \n\t");
    }
    out[n] = 0;
    *p = at;
    return true;
}

static int characters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static bool holds(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

static void check_spoken(const char *file, const char *text)
{
    if (characters(text) > SHOWN_MAX)
        fail_msg("%s: too long to read at a glance: %s", file, text);
    for (size_t i = 0; i < sizeof hurting / sizeof hurting[0]; i++)
        if (holds(text, hurting[i]))
            fail_msg("%s: \"%s\" may hurt: %s", file, hurting[i], text);
}

static void words_at_the_bench_are_short_and_kind(void **state)
{
    (void)state;
    int seen = 0;
    lw_messages_init("nl");
    for (size_t i = 0; i < sizeof spoken_in / sizeof spoken_in[0]; i++) {
        char path[1024], en[TEXT_MAX];
        char *source = read_text(harness_source(spoken_in[i], path, sizeof path));
        for (const char *p = source; next_text(&p, en, sizeof en); seen++) {
            const char *nl = lw_words(en);
            check_spoken(spoken_in[i], en);
            check_spoken(spoken_in[i], nl);
            assert_same_conversions(spoken_in[i], en, nl);
            if (nl == en)
                fail_msg("%s: not translated: %s", spoken_in[i], en);
        }
        free(source);
    }
    lw_messages_init("en");
    assert_true(seen > 30);
}

/* The twin: what the check above must find. */
static void the_check_finds_texts_and_hurting_words(void **state)
{
    (void)state;
    char text[TEXT_MAX];
    const char *p = "f(_(\"One \\\"a\\\" \"\n  \"two\"), N_(\"That is WRONG\"));";
    assert_true(next_text(&p, text, sizeof text));
    assert_string_equal(text, "One \"a\" two");
    assert_true(next_text(&p, text, sizeof text));
    assert_true(holds(text, "wrong"));
    assert_false(next_text(&p, text, sizeof text));
    assert_int_equal(characters("één …"), 5);
    assert_string_equal(conversions("%d %% of %.1f, %.*s", text), "%d%%%.1f%.*s");
}

/* ---- the catalogue ---- */

static void catalogue_is_up_to_date(void **state)
{
    (void)state;
    char source[1024], command[4096];
    if (system("command -v xgettext >/dev/null && command -v msgcmp >/dev/null") != 0) {
        print_message("skipped: gettext's tools are absent\n");
        skip();
    }
    harness_source("assets/translations", source, sizeof source);
    snprintf(command, sizeof command,
             "sh '%s/update.sh' --list > '%s/all.pot' && msgcmp '%s/nl.po' '%s/all.pot'", source, harness_scratch(),
             source, harness_scratch());
    assert_int_equal(system(command), 0);
    /* the twin: one text more, and it must be missed */
    snprintf(command, sizeof command,
             "cd '%s' && printf '\\nmsgid \"A text that nobody knows\"\\nmsgstr \"\"\\n' >> all.pot && "
             "! msgcmp '%s/nl.po' all.pot 2>/dev/null",
             harness_scratch(), source);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_whole_used_and_named_once),
        cmocka_unit_test(every_message_is_translated),
        cmocka_unit_test(words_at_the_bench_are_short_and_kind),
        cmocka_unit_test(the_check_finds_texts_and_hurting_words),
        cmocka_unit_test(catalogue_is_up_to_date),
    };
    harness_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
