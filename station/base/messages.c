#include "messages.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *text, *remedy;
    enum lw_class cls;
} table[LW_MSG_COUNT] = {
    [LW_OK] = {"OK", "", "", LW_CLASS_BUG},
#define M(id, c, t, r) [LW_MSG_##id] = {#id, t, r, LW_CLASS_##c},
#include "messages.def"
#undef M
};

static char language[8] = "en";        /* the station's */
static _Thread_local const char *here; /* that of whom this thread serves just now; NULL: the station's */

/* The first of the environment's wishes that names a language, as gettext reads them. */
static const char *environment_language(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "en";
}

const char *lw_assets_folder(void)
{
    const char *env = getenv("LICHTWIJZER_ASSETS");
    if (env && *env)
        return env;
    return access(LW_ASSETS_SOURCE, R_OK) == 0 ? LW_ASSETS_SOURCE : LW_ASSETS_INSTALLED;
}

/* Compiled translations lie in the build folder until the program is installed. */
static const char *translations_folder(void)
{
    return access(LW_TRANSLATIONS_BUILT, R_OK) == 0 ? LW_TRANSLATIONS_BUILT : LW_TRANSLATIONS_INSTALLED;
}

void lw_messages_init(const char *wanted)
{
    if (!wanted || !*wanted)
        wanted = environment_language();
    char places[20];
    snprintf(language, sizeof language, "%s", lw_language_of(wanted));
    snprintf(places, sizeof places, "%s:all", language); /* the first is for the texts of the C library */
    setenv("LANGUAGE", places, 1);
    setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_MESSAGES, "C.UTF-8"); /* any locale but "C" lets gettext follow LANGUAGE */
    bindtextdomain("nl", translations_folder());
    bind_textdomain_codeset("nl", "UTF-8");
}

const char *lw_language_of(const char *words)
{
    return strncmp(words, "nl", 2) == 0 ? "nl" : "en";
}

const char *lw_language(void)
{
    return here ? here : language;
}

void lw_language_here(const char *wanted)
{
    here = wanted ? lw_language_of(wanted) : NULL;
}

const char *lw_words(const char *text)
{
    return *text ? dgettext(lw_language(), text) : ""; /* gettext("") is the catalogue's header */
}

static enum lw_msg checked(enum lw_msg id)
{
    return (unsigned)id < LW_MSG_COUNT ? id : LW_MSG_BUG;
}

const char *lw_msg_name(enum lw_msg id)
{
    return table[checked(id)].name;
}

const char *lw_msg_text(enum lw_msg id)
{
    return lw_words(table[checked(id)].text);
}

const char *lw_msg_remedy(enum lw_msg id)
{
    return lw_words(table[checked(id)].remedy);
}

const char *lw_msg_text_en(enum lw_msg id)
{
    return table[checked(id)].text;
}

const char *lw_msg_remedy_en(enum lw_msg id)
{
    return table[checked(id)].remedy;
}

enum lw_class lw_msg_class(enum lw_msg id)
{
    return table[checked(id)].cls;
}
