/* The verbs. Each takes what stands after its name (argv[0] is the verb) and gives the exit code:
 * 0 success, 1 failure, 2 bad usage, 3 ended with a kit put aside. */
#pragma once

#include "arguments.h"
#include "station_config.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_ASIDE = 3 };

int verb_demo(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_calibrate(int argc, char **argv);
int verb_measure(int argc, char **argv);
int verb_teach(int argc, char **argv);
int verb_rehearse(int argc, char **argv);
int verb_validate(int argc, char **argv);
int verb_release(int argc, char **argv);
int verb_judge(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_record(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_password(int argc, char **argv);
int verb_convert(int argc, char **argv);
int verb_calibrate_pictures(int argc, char **argv); /* calibrate --pictures …; no bench is needed */

/* Prints the error with its remedy; returns `code`. */
int verb_fail(const struct lw_error *err, int code);

/* Prints all problems, errors first as they stand; returns the number of errors. */
int verb_print_problems(const struct lw_problems *problems);

/* Reads --station FILE (NULL: the user's, or defaults where there is none). False: printed, exit with EXIT_FAILED. */
bool verb_read_station(struct station_config *c, const char *file);

/* Parses with the table; true to go on. Otherwise *code is what to exit with (help was printed, or the mistake). */
bool verb_arguments(int argc, char **argv, const struct argument *table, int count, const char *usage,
                    const char *about, const char **rest, int *rest_count, int *code);
