#include "memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct mapping {
    unsigned long begin, end;
    bool ours; /* a file's, that nobody can write to: its pages can always be read again */
};

/* Nothing of it may differ from the file: what the loader has written there (relocations) is "Anonymous". */
static void drop(const struct mapping *m, unsigned long anonymous_kb)
{
    if (m->ours && anonymous_kb == 0)
        madvise((void *)m->begin, m->end - m->begin, MADV_DONTNEED); /* refused: they stay, no harm */
}

void lw_memory_give_back(void)
{
    char line[600], rights[5], path[400];
    struct mapping m = {0};
    unsigned long anonymous_kb;
    malloc_trim(0);
    FILE *f = fopen("/proc/self/smaps", "r");
    while (f && fgets(line, sizeof line, f)) {
        unsigned long begin, end;
        int n = sscanf(line, "%lx-%lx %4s %*s %*s %*s %399s", &begin, &end, rights, path);
        if (n >= 3)
            m = (struct mapping){begin, end, n == 4 && path[0] == '/' && !strchr(rights, 'w')};
        else if (sscanf(line, "Anonymous: %lu kB", &anonymous_kb) == 1)
            drop(&m, anonymous_kb);
    }
    if (f)
        fclose(f);
}
