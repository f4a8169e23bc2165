#include "workflow_taught.h"

#include "workflow_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_string(FILE *f, const char *key, const char *text)
{
    fprintf(f, "%s = \"", key);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fputc('\\', f);
        fputc(*p, f);
    }
    fputs("\"; ", f);
}

static void write_item(FILE *f, const struct workflow_item *item)
{
    fputs("  { ", f);
    write_string(f, "item", item->id);
    fputs("references = (", f);
    for (int i = 0; i < item->reference_count; i++) {
        const struct workflow_reference *r = &item->references[i];
        fputs(i ? ",\n    { " : "\n    { ", f);
        write_string(f, "before", r->before);
        write_string(f, "after", r->after);
        fprintf(f, "mm_per_px = %.9g; }", r->mm_per_px);
    }
    fputs(" ); }", f);
}

static void write_carrier(FILE *f, const struct workflow_carrier *c)
{
    fputs("  { ", f);
    write_string(f, "id", c->id);
    write_string(f, "taught", c->taught);
    fprintf(f, "mm_per_px = %.9g; }", c->taught_mm_per_px);
}

static void write_all(FILE *f, const struct workflow *w)
{
    bool first = true;
    fputs("# Written by teaching; it comes in place of what workflow.cfg says under taught.\n", f);
    fputs("taught = (", f);
    for (int i = 0; i < w->item_count; i++) {
        if (!w->items[i].reference_count)
            continue;
        fputs(first ? "\n" : ",\n", f);
        write_item(f, &w->items[i]);
        first = false;
    }
    fputs(" );\ncarriers = (", f);
    first = true;
    for (int i = 1; i < w->carrier_count; i++) {
        if (!*w->carriers[i].taught)
            continue;
        fputs(first ? "\n" : ",\n", f);
        write_carrier(f, &w->carriers[i]);
        first = false;
    }
    fputs(" );\n", f);
}

/* A rename is kept over a power cut only when its folder is written too. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static bool write_new(const char *path, const struct workflow *w)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    write_all(f, w);
    bool good = fflush(f) == 0 && !ferror(f) && fsync(fd) == 0;
    int cause = errno;
    good = fclose(f) == 0 && good;
    if (!good)
        errno = cause;
    return good;
}

enum lw_msg workflow_write_taught(const char *folder, const struct workflow *w, struct lw_error *err)
{
    char path[PATH_MAX], new_path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, WORKFLOW_TAUGHT_FILE);
    snprintf(new_path, sizeof new_path, "%s/%s.new", folder, WORKFLOW_TAUGHT_FILE);
    if (!write_new(new_path, w) || rename(new_path, path) != 0) {
        int cause = errno;
        unlink(new_path);
        return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(cause));
    }
    sync_folder(folder);
    return LW_OK;
}
