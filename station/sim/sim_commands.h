/* A script at the pretend bench: it writes what it does with its hands, a line each, into a pipe or file, as it presses
 * through --input. See scenarios.md. */
#pragma once

#include "sim.h"

struct sim_commands;

/* The file is read as it grows; a pipe (mkfifo) may be there before anybody writes to it. */
enum lw_msg sim_commands_open(struct sim_commands **out, struct sim *bench, const char *path, struct lw_error *err);
void sim_commands_close(struct sim_commands **c);

/* Does what was written since the last call. Lines that mean nothing are logged and left out. */
void sim_commands_poll(struct sim_commands *c);
