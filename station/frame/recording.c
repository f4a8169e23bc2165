#include "recording.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 1024       /* bytes of a line of the index */
#define MAX_PICTURES 1000000 /* nine hours at 30 a second */

static const char *index_path(const char *folder, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s", folder, RECORDING_INDEX);
    return buf;
}

bool recording_is(const char *folder)
{
    char path[4200];
    return access(index_path(folder, path, sizeof path), F_OK) == 0;
}

enum lw_msg recording_add(struct recording *r, const struct recording_picture *p, struct lw_error *err)
{
    if (r->count == r->capacity) {
        int capacity = r->capacity ? r->capacity * 2 : 64;
        struct recording_picture *more = realloc(r->pictures, (size_t)capacity * sizeof *more);
        if (!more)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        r->pictures = more;
        r->capacity = capacity;
    }
    r->pictures[r->count++] = *p;
    return LW_OK;
}

void recording_finish(struct recording *r)
{
    free(r->pictures);
    memset(r, 0, sizeof *r);
}

static void read_head(struct recording *r, const json_t *line)
{
    const char *identity = json_string_value(json_object_get(line, "identity"));
    snprintf(r->identity, sizeof r->identity, "%s", identity ? identity : "");
    r->width = (int)json_integer_value(json_object_get(line, "width"));
    r->height = (int)json_integer_value(json_object_get(line, "height"));
}

/* NULL when the line is good. A name may not lead out of the folder. */
static const char *read_picture(struct recording *r, const json_t *line, struct recording_picture *p)
{
    const char *file = json_string_value(json_object_get(line, "file"));
    const json_t *sequence = json_object_get(line, "sequence"), *t = json_object_get(line, "t_ns");
    if (!file || !*file || strlen(file) >= sizeof p->file || strchr(file, '/'))
        return "file";
    if (!json_is_integer(sequence) || json_integer_value(sequence) < 0)
        return "sequence";
    if (!json_is_integer(t))
        return "t_ns";
    snprintf(p->file, sizeof p->file, "%s", file);
    p->sequence = (uint64_t)json_integer_value(sequence);
    p->t_ns = json_integer_value(t);
    const struct recording_picture *before = r->count ? &r->pictures[r->count - 1] : NULL;
    if (before && p->sequence <= before->sequence)
        return "sequence";
    if (before && p->t_ns <= before->t_ns)
        return "t_ns";
    return NULL;
}

static enum lw_msg read_line(struct recording *r, const char *text, const char *path, int number,
                             struct lw_error *err)
{
    json_error_t problem;
    json_t *line = json_loads(text, 0, &problem);
    if (!line)
        return lw_fail_at(err, path, number, LW_MSG_RECORDING_INDEX, problem.text);
    enum lw_msg rc = LW_OK;
    struct recording_picture p;
    if (json_object_get(line, "recording")) {
        read_head(r, line);
    } else {
        const char *bad = r->count < MAX_PICTURES ? read_picture(r, line, &p) : "size";
        rc = bad ? lw_fail_at(err, path, number, LW_MSG_RECORDING_INDEX, bad) : recording_add(r, &p, err);
    }
    json_decref(line);
    return rc;
}

enum lw_msg recording_read(struct recording *r, const char *folder, struct lw_error *err)
{
    char path[4200], text[MAX_LINE];
    index_path(folder, path, sizeof path);
    FILE *f = fopen(path, "r");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    enum lw_msg rc = LW_OK;
    for (int number = 1; !rc && fgets(text, sizeof text, f); number++) {
        if (!strchr(text, '\n'))
            break; /* the line that a power cut left half-written */
        rc = read_line(r, text, path, number, err);
    }
    fclose(f);
    if (rc)
        recording_finish(r);
    return rc;
}

bool recording_write_head(FILE *f, const char *identity, int width, int height)
{
    json_t *line = json_pack("{s:i,s:s,s:i,s:i}", "recording", 1, "identity", identity, "width", width, "height",
                             height);
    bool ok = line && json_dumpf(line, f, JSON_COMPACT) == 0 && fputc('\n', f) != EOF;
    json_decref(line);
    return ok && fflush(f) == 0;
}

bool recording_write_picture(FILE *f, const struct recording_picture *p)
{
    fprintf(f, "{\"file\":\"%s\",\"sequence\":%llu,\"t_ns\":%lld}\n", p->file, (unsigned long long)p->sequence,
            (long long)p->t_ns);
    return fflush(f) == 0 && !ferror(f);
}
