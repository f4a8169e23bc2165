/* The one table of messages (messages.def) and the one translations mechanism (gettext, assets/translations).
 * Numbers and files stay in C notation under every locale: LC_NUMERIC is never set. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Who acts next. */
enum lw_class { LW_CLASS_BUG = 0, LW_CLASS_BENCH, LW_CLASS_SETUP, LW_CLASS_DEVICE };

enum lw_msg {
    LW_OK = 0,
#define M(id, cls, text, remedy) LW_MSG_##id,
#include "messages.def"
#undef M
    LW_MSG_COUNT
};

#define _(text) lw_words(text)
#define N_(text) text

/* Chooses the language of all texts: "nl", "en", or NULL for the environment's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).
 * Call once at start, before threads; may be called again from the main thread. */
void lw_messages_init(const char *language);

/* The language in force on this thread: "nl" or "en". */
const char *lw_language(void);

/* For this thread alone, until it is called again: whom it serves reads another language than the station. NULL: the
 * station's. Each language is a text domain of its own, since gettext's locale is one for the whole program. */
void lw_language_here(const char *language);

/* "nl" or "en", of a language's or a locale's name. */
const char *lw_language_of(const char *name);

/* The text in the language in force. */
const char *lw_words(const char *text) __attribute__((format_arg(1)));

const char *lw_msg_name(enum lw_msg id);       /* "CAMERA_ABSENT"; never translated */
const char *lw_msg_text(enum lw_msg id);       /* translated; a printf format */
const char *lw_msg_remedy(enum lw_msg id);     /* translated; "" if there is none */
const char *lw_msg_text_en(enum lw_msg id);    /* as in the table */
const char *lw_msg_remedy_en(enum lw_msg id);
enum lw_class lw_msg_class(enum lw_msg id);

/* Folder of fonts, translations, pictures: $LICHTWIJZER_ASSETS, else the build's or the installed one. */
const char *lw_assets_folder(void);

#ifdef __cplusplus
}
#endif
