#include "workflow_files.h"

#include "config.h"
#include "workflow_picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, 64 bit (Fowler, Noll, Vo 1991): tells versions apart; it is no seal against forgery. */
#define FNV_PRIME 1099511628211ULL

uint64_t workflow_hash(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * FNV_PRIME;
    return hash;
}

enum lw_msg workflow_files_init(struct workflow_files *f, const char *folder, const char *texts, struct lw_error *err)
{
    memset(f, 0, sizeof *f);
    f->hash = WORKFLOW_HASH_START;
    f->texts = texts;
    snprintf(f->folder, sizeof f->folder, "%s", folder);
    for (size_t n = strlen(f->folder); n > 1 && f->folder[n - 1] == '/'; n--)
        f->folder[n - 1] = 0; /* file names in messages read better without "//" */
    if (!realpath(folder, f->root))
        return lw_fail(err, LW_MSG_FILE_OPEN, folder, strerror(errno));
    if (!texts && !workflow_files_exists(f, WORKFLOW_FILE))
        return lw_fail(err, LW_MSG_WORKFLOW_FOLDER, folder);
    return LW_OK;
}

void workflow_files_finish(struct workflow_files *f)
{
    for (int i = 0; i < f->seen_count; i++)
        free(f->seen[i].name);
    free(f->seen);
    memset(f, 0, sizeof *f);
}

bool workflow_files_exists(const struct workflow_files *f, const char *name)
{
    char path[PATH_MAX + NAME_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return lstat(path, &st) == 0;
}

/* ---- opening ---- */

static bool name_stays_inside(const char *name)
{
    if (!*name || *name == '/')
        return false;
    for (const char *p = name; p; p = strchr(p, '/'), p = p ? p + 1 : NULL)
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
            return false;
    return true;
}

/* The file's true path: links are followed, but not out of the folder. */
static enum lw_msg resolve(const char *root, const char *name, char real[PATH_MAX], struct lw_error *err)
{
    char path[2 * PATH_MAX];
    if (!name_stays_inside(name))
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_OUTSIDE, name);
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (!realpath(path, real))
        return errno == ENOENT || errno == ENOTDIR ? lw_fail(err, LW_MSG_WORKFLOW_FILE_MISSING, name)
                                                   : lw_fail(err, LW_MSG_FILE_OPEN, name, strerror(errno));
    size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(real, root, n) != 0 || real[n] != '/')
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_OUTSIDE, name);
    return LW_OK;
}

enum lw_msg workflow_files_path(const struct workflow_files *f, const char *name, char real[PATH_MAX],
                                struct lw_error *err)
{
    return resolve(f->root, name, real, err);
}

static bool read_all(int fd, unsigned char *data, long size)
{
    for (long done = 0; done < size;) {
        ssize_t n = read(fd, data + done, (size_t)(size - done));
        if (n <= 0)
            return false;
        done += n;
    }
    return true;
}

static enum lw_msg read_open(struct workflow_files *f, int fd, const char *name, long max_bytes,
                             unsigned char **data, long *size, struct lw_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return lw_fail(err, LW_MSG_FILE_OPEN, name, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_KIND, name);
    if (st.st_size == 0)
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_BLANK, name);
    if (st.st_size > max_bytes)
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_SIZE, name, (long)st.st_size, max_bytes);
    if (f->bytes + st.st_size > WORKFLOW_ALL_BYTES)
        return lw_fail(err, LW_MSG_WORKFLOW_ALL_SIZE, (int)(WORKFLOW_ALL_BYTES / 1000000));
    *size = (long)st.st_size;
    *data = malloc((size_t)*size + 1);
    if (!*data)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    if (!read_all(fd, *data, *size)) {
        free(*data);
        *data = NULL;
        return lw_fail(err, LW_MSG_FILE_OPEN, name, strerror(EIO));
    }
    (*data)[*size] = 0;
    f->bytes += *size;
    return LW_OK;
}

/* Reads a file of the folder whole and hashes its name and bytes; the caller frees *data. */
static enum lw_msg read_inside(struct workflow_files *f, const char *root, const char *name, long max_bytes,
                               unsigned char **data, long *size, struct lw_error *err)
{
    char real[PATH_MAX];
    *data = NULL;
    enum lw_msg rc = resolve(root, name, real, err);
    if (rc)
        return rc;
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a pipe must not make us wait */
    if (fd < 0)
        return lw_fail(err, LW_MSG_FILE_OPEN, name, strerror(errno));
    rc = read_open(f, fd, name, max_bytes, data, size, err);
    close(fd);
    if (!rc) {
        f->hash = workflow_hash(f->hash, name, strlen(name) + 1);
        f->hash = workflow_hash(f->hash, size, sizeof *size);
        f->hash = workflow_hash(f->hash, *data, (size_t)*size);
    }
    return rc;
}

/* ---- pictures ---- */

static long big_endian(const unsigned char *p, int bytes)
{
    long v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static bool png_size(const unsigned char *d, long size, long *width, long *height)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (size < 33 || memcmp(d, signature, 8) != 0 || memcmp(d + 12, "IHDR", 4) != 0)
        return false;
    *width = big_endian(d + 16, 4);
    *height = big_endian(d + 20, 4);
    return true;
}

/* The size stands in the start-of-frame segment (SOF0 … SOF15 without DHT, JPG, DAC; ISO/IEC 10918-1, table
 * B.1). */
static bool jpeg_size(const unsigned char *d, long size, long *width, long *height)
{
    if (size < 4 || d[0] != 0xff || d[1] != 0xd8)
        return false;
    for (long i = 2; i + 9 < size;) {
        if (d[i] != 0xff)
            return false;
        int marker = d[i + 1];
        if (marker == 0xff) {
            i++;
            continue;
        }
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            *height = big_endian(d + i + 5, 2);
            *width = big_endian(d + i + 7, 2);
            return true;
        }
        bool bare = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
        i += bare ? 2 : 2 + big_endian(d + i + 2, 2);
    }
    return false;
}

enum lw_msg workflow_picture_size(const unsigned char *d, long size, const char *name, int *width, int *height,
                                  struct lw_error *err)
{
    long w = 0, h = 0;
    if (!png_size(d, size, &w, &h) && !jpeg_size(d, size, &w, &h))
        return lw_fail(err, LW_MSG_PICTURE_READ, name);
    *width = (int)(w < INT_MAX ? w : INT_MAX);
    *height = (int)(h < INT_MAX ? h : INT_MAX);
    if (w < 1 || h < 1 || w > WORKFLOW_PICTURE_PIXELS || h > WORKFLOW_PICTURE_PIXELS ||
        w * h > WORKFLOW_PICTURE_PIXELS)
        return lw_fail(err, LW_MSG_WORKFLOW_PICTURE_SIZE, name, *width, *height);
    return LW_OK;
}

static const struct workflow_file_seen *find_seen(const struct workflow_files *f, const char *name,
                                                  uint64_t hash)
{
    for (int i = 0; i < f->seen_count; i++)
        if (f->seen[i].name_hash == hash && strcmp(f->seen[i].name, name) == 0)
            return &f->seen[i];
    return NULL;
}

static void remember(struct workflow_files *f, const char *name, uint64_t hash, int width, int height)
{
    if (f->seen_count == f->seen_capacity) {
        int capacity = f->seen_capacity ? 2 * f->seen_capacity : 64;
        struct workflow_file_seen *seen = realloc(f->seen, (size_t)capacity * sizeof *seen);
        if (!seen)
            return; /* it is then read again, no more */
        f->seen = seen;
        f->seen_capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy)
        f->seen[f->seen_count++] = (struct workflow_file_seen){hash, copy, width, height};
}

enum lw_msg workflow_files_picture(struct workflow_files *f, const char *name, int *width, int *height,
                                   struct lw_error *err)
{
    uint64_t hash = workflow_hash(WORKFLOW_HASH_START, name, strlen(name));
    const struct workflow_file_seen *seen = find_seen(f, name, hash);
    if (seen) {
        *width = seen->width;
        *height = seen->height;
        return LW_OK;
    }
    unsigned char *data;
    long size = 0;
    enum lw_msg rc = read_inside(f, f->root, name, WORKFLOW_PICTURE_BYTES, &data, &size, err);
    if (!rc)
        rc = workflow_picture_size(data, size, name, width, height, err);
    free(data);
    if (!rc)
        remember(f, name, hash, *width, *height);
    return rc;
}

/* ---- sounds ---- */

enum lw_msg workflow_files_sound(struct workflow_files *f, const char *name, struct lw_error *err)
{
    unsigned char *data;
    long size = 0;
    enum lw_msg rc = read_inside(f, f->root, name, WORKFLOW_PICTURE_BYTES, &data, &size, err);
    if (rc)
        return rc;
    bool wav = size > 44 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WAVE", 4) == 0;
    bool ogg = size > 27 && memcmp(data, "OggS", 4) == 0;
    free(data);
    return wav || ogg ? LW_OK : lw_fail(err, LW_MSG_WORKFLOW_SOUND, name);
}

/* ---- text ---- */

/* Bytes of the UTF-8 character at p (of `left` bytes), 0: none, or a control character. */
static int utf8_step(const unsigned char *p, long left)
{
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (int n = 0; n < 4; n++) {
        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        if (n >= left)
            return 0;
        unsigned c = p[0] & (unsigned char)~forms[n].mask;
        for (int i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3f);
        }
        bool control = c == 0x7f || (c < 0x20 && !strchr("\t\n\r\f", (int)c)) || c == 0;
        bool good = c >= forms[n].least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) && !control;
        return good ? n + 1 : 0;
    }
    return 0;
}

int workflow_utf8_length(const char *text, long bytes)
{
    int count = 0;
    for (long i = 0; i < bytes; count++) {
        int n = utf8_step((const unsigned char *)text + i, bytes - i);
        if (!n)
            return -1;
        i += n;
    }
    return count;
}

/* Line of the first character that is not UTF-8, 0: all is well. A byte order mark is refused too: the reader
 * of the format does not know it. */
static int bad_line(const char *text, long bytes)
{
    int line = 1;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return 1;
    for (long i = 0; i < bytes;) {
        int n = utf8_step((const unsigned char *)text + i, bytes - i);
        if (!n)
            return line;
        line += text[i] == '\n';
        i += n;
    }
    return 0;
}

struct text_walk {
    struct workflow_files *f;
    struct lw_problems *problems;
    const char *from; /* path of the file that names the next one, NULL: none */
    int line, depth;
};

#define INCLUDE_DEPTH 8

static void walk_text(const struct text_walk *at, const char *name);

static void refuse_include(const struct text_walk *at, const char *why)
{
    problems_error(at->problems, at->from, at->line, LW_MSG_FILE_SYNTAX, why);
}

/* The name in `@include "name"`; what libconfig might read otherwise than we do (escapes, line ends) is
 * refused. */
static void walk_include(const struct text_walk *at, const char *line, size_t length)
{
    static const char word[] = "@include";
    char name[NAME_MAX * 2];
    size_t i = strspn(line, " \t\r\f");
    if (i + sizeof word > length || strncmp(line + i, word, sizeof word - 1) != 0)
        return;
    i += sizeof word - 1;
    i += strspn(line + i, " \t");
    size_t n = i < length && line[i] == '"' ? strcspn(line + i + 1, "\"\\\r\n") : 0;
    if (!n || n >= sizeof name || line[i + 1 + n] != '"') {
        refuse_include(at, _("an @include needs the name of a file in quotes"));
        return;
    }
    memcpy(name, line + i + 1, n);
    name[n] = 0;
    if (at->depth >= INCLUDE_DEPTH)
        refuse_include(at, _("files include each other in a circle"));
    else
        walk_text(at, name);
}

static void walk_includes(const struct text_walk *at, const char *path, const char *text)
{
    struct text_walk below = {at->f, at->problems, path, 1, at->depth + 1};
    int errors = at->problems->errors;
    for (const char *line = text; *line && at->problems->errors == errors; below.line++) {
        size_t length = strcspn(line, "\n");
        walk_include(&below, line, length);
        line += length + (line[length] == '\n');
    }
}

static enum lw_msg read_text(struct workflow_files *f, const char *name, unsigned char **data, long *size,
                             struct lw_error *err)
{
    bool taught = strcmp(name, WORKFLOW_TAUGHT_FILE) == 0;
    enum lw_msg rc = read_inside(f, f->texts && !taught ? f->texts : f->root, name, CONFIG_MAX_BYTES, data, size, err);
    if (rc)
        return rc;
    f->text_bytes += *size;
    if (f->text_bytes > WORKFLOW_TEXT_BYTES)
        return lw_fail(err, LW_MSG_WORKFLOW_FILE_SIZE, name, f->text_bytes, WORKFLOW_TEXT_BYTES);
    if (++f->text_files > WORKFLOW_TEXT_FILES)
        return lw_fail(err, LW_MSG_WORKFLOW_TOO_MANY, "@include", f->text_files, WORKFLOW_TEXT_FILES);
    return LW_OK;
}

enum lw_msg workflow_files_read_text(struct workflow_files *f, const char *name, char **text, struct lw_error *err)
{
    unsigned char *data = NULL;
    long size = 0;
    *text = NULL;
    enum lw_msg rc = read_text(f, name, &data, &size, err);
    int line = rc ? 0 : bad_line((const char *)data, size);
    if (!rc && line) {
        free(data);
        return lw_fail_at(err, name, line, LW_MSG_WORKFLOW_ENCODING);
    }
    *text = (char *)data;
    return rc;
}

static void walk_text(const struct text_walk *at, const char *name)
{
    char path[2 * PATH_MAX];
    struct lw_error err = {0};
    unsigned char *data = NULL;
    long size = 0;
    snprintf(path, sizeof path, "%s/%s", at->f->folder, name);
    enum lw_msg rc = read_text(at->f, name, &data, &size, &err);
    if (rc) {
        snprintf(err.file, sizeof err.file, "%s", at->from ? at->from : path);
        err.line = at->line;
        problems_add(at->problems, false, &err);
    } else {
        int line = bad_line((const char *)data, size);
        if (line)
            problems_error(at->problems, path, line, LW_MSG_WORKFLOW_ENCODING);
        else
            walk_includes(at, path, (const char *)data);
    }
    free(data);
}

void workflow_files_text(struct workflow_files *f, const char *name, struct lw_problems *problems)
{
    struct text_walk at = {f, problems, NULL, 0, 0};
    walk_text(&at, name);
}
