#include "fuzz_plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEEDS_MAX 64
#define INPUT_MAX 20000

static struct {
    uint8_t *data;
    size_t size;
} seeds[SEEDS_MAX];
static int seed_count;
static const char *const *words;
static size_t word_count;

static uint64_t random_state = 20220117;

static size_t pick(size_t below)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return below ? (size_t)(random_state >> 33) % below : 0;
}

static void read_seed(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f || seed_count == SEEDS_MAX) {
        fprintf(stderr, "can't use %s\n", path);
        exit(1);
    }
    uint8_t *data = malloc(INPUT_MAX);
    seeds[seed_count].size = data ? fread(data, 1, INPUT_MAX, f) : 0;
    seeds[seed_count++].data = data;
    fclose(f);
}

static size_t insert(uint8_t *text, size_t size, size_t at, const void *what, size_t length)
{
    if (size + length > INPUT_MAX)
        return size;
    memmove(text + at + length, text + at, size - at);
    memcpy(text + at, what, length);
    return size + length;
}

static size_t cut(uint8_t *text, size_t size, size_t at, size_t length)
{
    length = length < size - at ? length : size - at;
    memmove(text + at, text + at + length, size - at - length);
    return size - length;
}

static size_t mutate(uint8_t *text, size_t size)
{
    const char *word = words[pick(word_count)];
    size_t at = pick(size + 1), other = (size_t)pick((size_t)seed_count);
    uint8_t piece[256];
    switch (pick(6)) {
    case 0:
        if (at < size)
            text[at] ^= (uint8_t)(1 << pick(8));
        return size;
    case 1:
        return cut(text, size, at, 1 + pick(8));
    case 2:
        return cut(text, size, at, 1 + pick(400));
    case 3:
        return insert(text, size, at, word, strlen(word));
    default: {
        size_t from = pick(seeds[other].size), length = 1 + pick(sizeof piece - 1);
        if (from + length > seeds[other].size)
            length = seeds[other].size - from;
        memcpy(piece, seeds[other].data + from, length);
        return insert(text, size, at, piece, length);
    }
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int fuzz_plain(const char *name, const char *const *own_words, size_t count, int argc, char **argv)
{
    static uint8_t text[INPUT_MAX];
    double seconds = argc > 1 ? atof(argv[1]) : 0, start = now_s(), slowest = 0;
    long runs = 0;
    words = own_words;
    word_count = count;
    for (int i = 2; i < argc; i++)
        read_seed(argv[i]);
    for (int i = 0; i < seed_count; i++)
        LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].size);
    for (double now = now_s(); seed_count && now - start < seconds; runs++) {
        size_t which = pick((size_t)seed_count), size = seeds[which].size;
        memcpy(text, seeds[which].data, size);
        for (size_t k = 1 + pick(4); k; k--)
            size = mutate(text, size);
        LLVMFuzzerTestOneInput(text, size);
        double after = now_s();
        slowest = after - now > slowest ? after - now : slowest;
        now = after;
    }
    printf("%s: %d seeds, %ld mutations in %.1f s, the slowest %.0f ms\n", name, seed_count, runs,
           now_s() - start, 1e3 * slowest);
    return slowest < 5 ? 0 : 1;
}
