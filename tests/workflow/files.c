#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *files_folder(void)
{
    static char folder[300];
    static int number;
    char below[320];
    snprintf(folder, sizeof folder, "%s/w%d", harness_scratch(), ++number);
    snprintf(below, sizeof below, "%s/taught", folder);
    mkdir(folder, 0755);
    mkdir(below, 0755);
    return folder;
}

void files_write_bytes(const char *folder, const char *name, const void *data, long size)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, (size_t)size, f), size);
    fclose(f);
}

void files_write(const char *folder, const char *name, const char *text)
{
    files_write_bytes(folder, name, text, (long)strlen(text));
}

void files_picture(const char *folder, const char *name, int width, int height)
{
    unsigned char png[33] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    for (int i = 0; i < 4; i++) {
        png[16 + i] = (unsigned char)(width >> (24 - 8 * i));
        png[20 + i] = (unsigned char)(height >> (24 - 8 * i));
    }
    files_write_bytes(folder, name, png, sizeof png);
}

void files_print(const struct lw_problems *problems)
{
    char line[1024];
    for (int i = 0; i < problems->count; i++)
        printf("  %s %s: %s\n", problems->items[i].warning ? "warning" : "error",
               lw_msg_name(problems->items[i].error.id),
               lw_error_line(&problems->items[i].error, line, sizeof line));
}

char *files_read(const char *folder, const char *name)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    char *text = calloc(1, 200000);
    assert_non_null(text);
    assert_true(fread(text, 1, 199999, f) < 199999);
    fclose(f);
    return text;
}

struct workflow *files_load(const char *folder)
{
    struct workflow *w = NULL;
    struct lw_problems p = {0};
    enum lw_msg rc = workflow_load(&w, folder, NULL, &p);
    if (rc)
        files_print(&p);
    assert_int_equal(rc, LW_OK);
    problems_finish(&p);
    return w;
}

const char *files_copy_shipped(const char *name)
{
    static char folder[400];
    char command[1200], source[500], relative[100];
    snprintf(relative, sizeof relative, "workflows/%s", name);
    snprintf(folder, sizeof folder, "%s/copy", files_folder());
    snprintf(command, sizeof command, "cp -r '%s' '%s' && chmod -R u+w '%s'", harness_source(relative, source, sizeof source),
             folder, folder);
    assert_int_equal(system(command), 0);
    return folder;
}
