#include "texts.h"

#include "messages.h"

const char *const web_text_rows[] = {
    N_("Log in"), N_("Workflows"), N_("Role"), N_("Password"), N_("Coach"), N_("Supervisor"), N_("Log out"),
};
const int web_text_count = (int)(sizeof web_text_rows / sizeof web_text_rows[0]);
