#include "alike.h"

#include "taught.h"
#include "workflow_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOW_LAYINGS 60 /* from here on it takes longer than one likes to wait without a word */

/* ---- what the answer depends on ---- */

static bool hash_file(uint64_t *h, const char *path)
{
    char data[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    while ((n = fread(data, 1, sizeof data, f)) > 0)
        *h = workflow_hash(*h, data, n);
    fclose(f);
    return true;
}

static bool hash_reference(uint64_t *h, const struct workflow *w, const struct workflow_reference *r)
{
    char path[PATH_MAX];
    *h = workflow_hash(*h, &r->mm_per_px, sizeof r->mm_per_px);
    return hash_file(h, workflow_path(w, r->before, path, sizeof path)) &&
           hash_file(h, workflow_path(w, r->after, path, sizeof path));
}

static bool hash_item(uint64_t *h, const struct workflow *w, const struct workflow_item *item)
{
    const double numbers[] = {item->tolerance_mm, item->tolerance_rad, item->height_mm, item->orientation_matters};
    *h = workflow_hash(*h, item->id, strlen(item->id) + 1);
    *h = workflow_hash(*h, numbers, sizeof numbers);
    for (int i = 0; i < item->reference_count; i++)
        if (!hash_reference(h, w, &item->references[i]))
            return false;
    return true;
}

/* Another build may see with other eyes. */
static void hash_program(uint64_t *h)
{
    struct stat st;
    if (stat("/proc/self/exe", &st) != 0)
        return;
    const int64_t parts[] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
    *h = workflow_hash(*h, parts, sizeof parts);
}

static bool hash_all(uint64_t *h, const struct workflow *w)
{
    *h = WORKFLOW_HASH_START;
    hash_program(h);
    for (int i = 0; i < w->item_count; i++)
        if (!hash_item(h, w, &w->items[i]))
            return false;
    return true;
}

/* ---- the cache ---- */

static bool make_folder(char *path, size_t size, const char *inner)
{
    size_t n = strlen(path);
    return snprintf(path + n, size - n, "/%s", inner) < (int)(size - n) && (mkdir(path, 0700) == 0 || errno == EEXIST);
}

/* One file for each folder, so that they don't grow in number. False: there is no place for it. */
static bool cache_path(const struct workflow *w, char *path, size_t size)
{
    char name[40], folder[PATH_MAX];
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool own = cache && cache[0] == '/';
    if (!realpath(w->folder, folder))
        return false;
    uint64_t hash = workflow_hash(WORKFLOW_HASH_START, folder, strlen(folder));
    if (!own && (!home || home[0] != '/'))
        return false;
    snprintf(name, sizeof name, "alike-%016llx", (unsigned long long)hash);
    if (snprintf(path, size, "%s", own ? cache : home) >= (int)size || (!own && !make_folder(path, size, ".cache")) ||
        !make_folder(path, size, "lichtwijzer"))
        return false;
    size_t n = strlen(path);
    return snprintf(path + n, size - n, "/%s", name) < (int)(size - n);
}

static void tell(const struct workflow *w, int item, int other, enum lw_msg message, struct lw_problems *problems)
{
    char file[PATH_MAX];
    if (w->items[item].witness.count) /* another witness speaks for it */
        return;
    problems_warning(problems, workflow_path(w, "workflow.cfg", file, sizeof file), w->items[item].line, message,
                     workflow_text(&w->items[item].name), workflow_text(&w->items[other].name));
}

/* The hash; a line "item other same" for each; the last is "end". Nothing is told of a file that is damaged. */
static bool read_pairs(const char *path, uint64_t hash, const struct workflow *w, struct lw_problems *problems)
{
    int(*pairs)[3] = calloc((size_t)w->item_count + 1, sizeof *pairs), n = 0;
    char line[64];
    bool whole = false;
    FILE *f = fopen(path, "r");
    bool same = f && fgets(line, sizeof line, f) && strtoull(line, NULL, 16) == hash;
    while (same && pairs && !whole && fgets(line, sizeof line, f)) {
        whole = strcmp(line, "end\n") == 0;
        if (whole || n == w->item_count ||
            sscanf(line, "%d %d %d", &pairs[n][0], &pairs[n][1], &pairs[n][2]) != 3 || pairs[n][0] < 0 || pairs[n][1] < 0 ||
            pairs[n][0] >= w->item_count || pairs[n][1] >= w->item_count)
            break;
        n++;
    }
    if (f)
        fclose(f);
    for (int i = 0; i < n && whole; i++)
        tell(w, pairs[i][0], pairs[i][1], pairs[i][2] ? LW_MSG_LOOK_SAME : LW_MSG_LOOK_ALIKE, problems);
    free(pairs);
    return whole;
}

static void keep(const char *path, uint64_t hash, const struct check *c, int count)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return;
    int fd = mkstemp(temporary);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f) {
        if (fd >= 0)
            close(fd);
        return;
    }
    fprintf(f, "%016llx\n", (unsigned long long)hash);
    for (int i = 0; i < count; i++) {
        struct check_pair p = check_item_pair(c, i);
        if (p.state != CHECK_VERIFIABLE)
            fprintf(f, "%d %d %d\n", i, p.other, p.message == LW_MSG_LOOK_SAME);
    }
    fputs("end\n", f);
    if (fclose(f) != 0 || rename(temporary, path) != 0)
        unlink(temporary); /* it is then found anew the next time */
}

/* ---- finding ---- */

static bool all_taught(const struct workflow *w, int *layings)
{
    *layings = 0;
    for (int i = 0; i < w->item_count; i++) {
        if (!w->items[i].reference_count)
            return false;
        *layings += w->items[i].reference_count;
    }
    for (int i = 1; i < w->carrier_count; i++)
        if (!*w->carriers[i].taught)
            return false;
    return true;
}

bool alike_recall(const struct workflow *w, struct lw_problems *problems)
{
    char path[PATH_MAX];
    uint64_t hash;
    int layings;
    return !all_taught(w, &layings) ||
           (hash_all(&hash, w) && cache_path(w, path, sizeof path) && read_pairs(path, hash, w, problems));
}

void alike_find(const struct workflow *w, struct lw_problems *problems)
{
    struct taught t;
    struct lw_error err;
    char path[PATH_MAX];
    uint64_t hash;
    int layings;
    if (alike_recall(w, problems))
        return;
    if (all_taught(w, &layings) && layings >= SLOW_LAYINGS)
        fprintf(stderr, _("The taught pictures of %d items are compared for things that look alike; the next time that is known.\n"),
                w->item_count);
    if (taught_load(&t, w, &err)) {
        problems_add(problems, true, &err);
        return;
    }
    taught_look_alikes(&t, w, problems);
    if (hash_all(&hash, w) && cache_path(w, path, sizeof path))
        keep(path, hash, t.check, w->item_count);
    taught_finish(&t);
}
