/* Every text of the pages, for the translations. A test compares the table with assets/web. */
#pragma once

#define WEB_TEXT_MAX 400

extern const char *const web_text_rows[];
extern const int web_text_count;
