/* Runs the program as a person does: with arguments, in a home of its own, with a time limit; and a station.cfg for the
 * pretend bench. */
#pragma once

#include "harness.h"

#include "messages.h"

#include <sys/types.h>

struct run {
    pid_t pid;
    char out[300]; /* file with what it printed, both streams */
    int code;      /* exit code, -1: ended by a signal */
    int signal;
};

/* Fills the home: DATA folder and station.cfg; `more` is appended to station.cfg. Returns the path of station.cfg. */
const char *run_station(const char *data, const char *more);

/* Starts it; NULL-terminated arguments after the program's name. `input`: descriptor for its standard input, -1: none. */
void run_begin(struct run *r, int input, const char *const *arguments);
#define RUN_BEGIN(r, input, ...) run_begin(r, input, (const char *const[]){__VA_ARGS__, NULL})

/* Waits for its end; after 100 s it is killed and the test fails. */
void run_end(struct run *r);
#define RUN(r, ...) (RUN_BEGIN(r, -1, __VA_ARGS__), run_end(r), (r)->code)

/* Fails unless the output holds the message (up to its first blank to fill in) and its remedy. */
void run_says(const struct run *r, enum lw_msg id);
bool run_has(const struct run *r, const char *words);

/* Waits until `words` stand `times` times in a file; fails after 60 s. */
void run_wait_for(const char *file, const char *words, int times);
int run_count(const char *file, const char *words);
