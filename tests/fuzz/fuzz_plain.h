/* A fuzzer without libFuzzer: mutates seeds in a fixed sequence for a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* main of NAME SECONDS FILE…: runs over the files, then over mutations of them. `words` are put in now and then. Returns
 * an exit code: 1 when one input took 5 s or more. */
int fuzz_plain(const char *name, const char *const *words, size_t count, int argc, char **argv);
