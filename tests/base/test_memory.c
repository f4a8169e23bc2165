/* Giving back what the start took: only what the file can give again. */
#include "harness.h"
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (1 << 20)

static char *map_file(int protection)
{
    char path[400];
    static char page[4096];
    snprintf(path, sizeof path, "%s/mapped", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    memset(page, 'f', sizeof page);
    for (int i = 0; i < BYTES; i += (int)sizeof page)
        assert_int_equal(fwrite(page, sizeof page, 1, f), 1);
    fclose(f);
    int fd = open(path, O_RDONLY);
    char *p = mmap(NULL, BYTES, protection, MAP_PRIVATE, fd, 0);
    assert_true(p != MAP_FAILED);
    close(fd);
    return p;
}

static long resident_kb(const char *p)
{
    char line[400];
    long kb = -1;
    unsigned long begin, end;
    bool here = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            here = begin <= (unsigned long)p && (unsigned long)p < end;
        else if (here && sscanf(line, "Rss: %ld kB", &kb) == 1)
            break;
    }
    fclose(f);
    return kb;
}

static long sum_of(const char *p)
{
    long sum = 0;
    for (int i = 0; i < BYTES; i++)
        sum += p[i];
    return sum;
}

static void pages_that_were_only_read_are_given_back(void **state)
{
    (void)state;
    char *p = map_file(PROT_READ);
    assert_int_equal(sum_of(p), 'f' * (long)BYTES);
    assert_int_equal(resident_kb(p), BYTES / 1024);
    lw_memory_give_back();
    assert_int_equal(resident_kb(p), 0);
    assert_int_equal(sum_of(p), 'f' * (long)BYTES); /* and are there when they are wanted */
    munmap(p, BYTES);
}

/* The twin: as the loader does with relocations. */
static void what_was_written_stays(void **state)
{
    (void)state;
    char *p = map_file(PROT_READ | PROT_WRITE);
    p[5000] = 'w';
    assert_int_equal(mprotect(p, BYTES, PROT_READ), 0);
    lw_memory_give_back();
    assert_int_equal(p[5000], 'w');
    munmap(p, BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_that_were_only_read_are_given_back),
        cmocka_unit_test(what_was_written_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
