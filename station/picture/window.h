/* Inside the screens: the screen that is a window of SDL. */
#pragma once

#include "screen.h"

enum lw_msg window_open(struct screen **out, const struct screen_config *config, struct lw_error *err);
