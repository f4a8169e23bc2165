#include "library.h"

#include "workflow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORKFLOWS_MAX 500
#define COPY_FILES    3000
#define COPY_BYTES    1000000000LL /* as much as a workflow may hold */
#define COPY_DEPTH    4
#define TEXT_MAX      1000000L

bool library_id_good(const char *id)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strlen(id);
    return n > 0 && n <= LIBRARY_ID_MAX && strspn(id, good) == n;
}

/* ---- opening ---- */

static const char *own_id(const struct web *w)
{
    return strrchr(w->workflows, '/') + 1;
}

bool library_folder(const struct web *w, const char *id, char *buf, size_t size)
{
    struct stat st;
    if (w->single)
        return strcmp(id, own_id(w)) == 0 && snprintf(buf, size, "%s", w->workflows) < (int)size;
    if (!library_id_good(id) || snprintf(buf, size, "%s/%s/workflow.cfg", w->workflows, id) >= (int)size ||
        stat(buf, &st) != 0)
        return false;
    buf[strlen(buf) - strlen("/workflow.cfg")] = 0;
    return lstat(buf, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Part by part, each without following a link, so that nothing can be swapped on the way. */
int library_open(const char *folder, const char *name, int flags)
{
    char part[NAME_MAX + 1];
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        size_t n = strcspn(name, "/");
        bool last = !name[n];
        int next = -1;
        errno = ENOENT;
        if (n > 0 && n <= NAME_MAX && name[0] != '.') {
            snprintf(part, sizeof part, "%.*s", (int)n, name);
            next = openat(at, part, last ? flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
                                         : O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0666);
        }
        int why = errno;
        close(at);
        errno = why;
        if (last || next < 0)
            return next;
        at = next;
        name += n + 1;
    }
    return -1;
}

char *library_read(const char *folder, const char *name, size_t max, size_t *size)
{
    struct stat st;
    char *data = NULL;
    int fd = library_open(folder, name, O_RDONLY);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= max)
        data = malloc((size_t)st.st_size + 1);
    ssize_t n = data ? read(fd, data, (size_t)st.st_size) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        free(data);
        return NULL;
    }
    data[n] = 0;
    *size = (size_t)n;
    return data;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return fsync(fd) == 0;
}

enum lw_msg library_write(const char *folder, const char *name, const void *data, size_t size, struct lw_error *err)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (snprintf(to, sizeof to, "%s/%s", folder, name) >= (int)sizeof to ||
        snprintf(from, sizeof from, "%s.XXXXXX", to) >= (int)sizeof from)
        return lw_fail(err, LW_MSG_FILE_WRITE, name, strerror(ENAMETOOLONG));
    int fd = mkostemp(from, O_CLOEXEC);
    bool good = fd >= 0 && write_all(fd, data, size) && fchmod(fd, 0644) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (good && rename(from, to) == 0)
        return LW_OK;
    why = good ? errno : why;
    if (fd >= 0)
        unlink(from);
    return lw_fail(err, LW_MSG_FILE_WRITE, to, strerror(why));
}

/* ---- copying ---- */

struct copying {
    int files;
    long long bytes;
};

static bool copy_file(struct copying *c, int from_dir, int to_dir, const char *name)
{
    char data[65536];
    struct stat st;
    int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (from < 0)
        return errno == ELOOP; /* links stay behind */
    bool good = fstat(from, &st) == 0;
    if (!good || !S_ISREG(st.st_mode)) {
        close(from);
        return good;
    }
    int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ssize_t n = 0;
    good = to >= 0 && ++c->files <= COPY_FILES;
    while (good && (n = read(from, data, sizeof data)) > 0)
        good = write_all(to, data, (size_t)n) && (c->bytes += n) <= COPY_BYTES;
    close(from);
    if (to >= 0)
        close(to);
    return good && n == 0;
}

static bool copy_folder(struct copying *c, int from, int to, int depth);

static bool copy_entry(struct copying *c, int from_dir, int to_dir, const char *name, int depth)
{
    struct stat st;
    if (name[0] == '.' || fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    if (!S_ISDIR(st.st_mode))
        return copy_file(c, from_dir, to_dir, name);
    if (depth >= COPY_DEPTH)
        return true;
    int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int to = mkdirat(to_dir, name, 0755) == 0 ? openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = from >= 0 && to >= 0 && copy_folder(c, from, to, depth + 1);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return good;
}

static bool copy_folder(struct copying *c, int from, int to, int depth)
{
    int listed = dup(from);
    DIR *d = listed >= 0 ? fdopendir(listed) : NULL;
    bool good = d != NULL;
    for (struct dirent *e; good && (e = readdir(d));)
        good = copy_entry(c, from, to, e->d_name, depth);
    if (d)
        closedir(d);
    return good;
}

static void remove_tree(int dir, const char *name, int depth)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(dirfd(d), e->d_name, 0) != 0 &&
            depth <= COPY_DEPTH)
            remove_tree(dirfd(d), e->d_name, depth + 1);
    if (d)
        closedir(d);
    unlinkat(dir, name, AT_REMOVEDIR);
}

enum lw_msg library_copy(const struct web *w, const char *id, const char *new_id, struct lw_error *err)
{
    char folder[PATH_MAX], temporary[LIBRARY_ID_MAX + 16];
    struct copying c = {0};
    if (w->single || !library_id_good(new_id) || !library_folder(w, id, folder, sizeof folder))
        return lw_fail(err, LW_MSG_WEB_NOT_FOUND);
    snprintf(temporary, sizeof temporary, ".%s.new", new_id);
    int all = open(w->workflows, O_RDONLY | O_DIRECTORY | O_CLOEXEC), from = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (all >= 0)
        remove_tree(all, temporary, 0); /* of a copy that was cut off */
    int to = all >= 0 && mkdirat(all, temporary, 0755) == 0 ? openat(all, temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = from >= 0 && to >= 0 && copy_folder(&c, from, to, 0) &&
                renameat2(all, temporary, all, new_id, RENAME_NOREPLACE) == 0;
    int why = errno;
    if (!good && all >= 0)
        remove_tree(all, temporary, 0);
    for (int i = 0; i < 3; i++)
        if ((int[]){all, from, to}[i] >= 0)
            close((int[]){all, from, to}[i]);
    return good ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, new_id, strerror(why));
}

void library_free_id(const struct web *w, const char *id, char *buf, size_t size)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(buf, size, "%s", id);
    for (int n = 2; n < 1000; n++) {
        snprintf(path, sizeof path, "%s/%s", w->workflows, buf);
        if (lstat(path, &st) != 0)
            return;
        snprintf(buf, size, "%.50s-%d", id, n);
    }
}

/* ---- answers ---- */

static json_t *words(const config_setting_t *group)
{
    json_t *j = json_object();
    for (int i = 0; group && config_setting_is_group(group) && i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        if (config_setting_get_string(s))
            json_object_set_new(j, config_setting_name(s), json_string(config_setting_get_string(s)));
    }
    return j;
}

/* What the list shows of a workflow, without loading it whole. */
static json_t *describe(const struct web *w, const char *id)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    const char *state = "draft", *picture = "";
    struct lw_error err;
    config_t cfg;
    if (!library_folder(w, id, folder, sizeof folder))
        return NULL;
    snprintf(path, sizeof path, "%s/workflow.cfg", folder);
    config_init(&cfg);
    bool good = config_load(&cfg, path, &err) == LW_OK;
    json_t *j = json_pack("{s:s,s:b,s:o}", "id", id, "readable", good, "name",
                          words(good ? config_lookup(&cfg, "name") : NULL));
    if (good) {
        config_lookup_string(&cfg, "state", &state);
        config_lookup_string(&cfg, "carriers.[0].picture", &picture);
        if (!*picture)
            config_lookup_string(&cfg, "items.[0].picture", &picture);
    }
    json_object_set_new(j, "state", json_string(state));
    json_object_set_new(j, "picture", json_string(picture));
    config_destroy(&cfg);
    return j;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_ids(const struct web *w, char **ids, int max)
{
    DIR *d = opendir(w->workflows);
    int count = 0;
    for (struct dirent *e; d && count < max && (e = readdir(d));)
        if (library_id_good(e->d_name) && (ids[count] = strdup(e->d_name)))
            count++;
    if (d)
        closedir(d);
    qsort(ids, (size_t)count, sizeof *ids, by_name);
    return count;
}

enum MHD_Result web_workflows(struct web_request *r)
{
    char *ids[WORKFLOWS_MAX];
    json_t *list = json_array(), *one;
    int count = r->web->single ? 0 : list_ids(r->web, ids, WORKFLOWS_MAX);
    if (r->web->single)
        json_array_append_new(list, describe(r->web, own_id(r->web)));
    for (int i = 0; i < count; i++) {
        if ((one = describe(r->web, ids[i])))
            json_array_append_new(list, one);
        free(ids[i]);
    }
    return web_reply_json(r, MHD_HTTP_OK, json_pack("{s:o,s:b}", "workflows", list, "single", r->web->single));
}

enum MHD_Result web_copy(struct web_request *r)
{
    enum MHD_Result rc;
    struct lw_error err;
    json_t *body = web_body_json(r, &rc);
    if (!body)
        return rc;
    const char *from = json_string_value(json_object_get(body, "from")), *id = json_string_value(json_object_get(body, "id"));
    if (!from || !id || !library_id_good(id)) {
        lw_fail(&err, LW_MSG_WORKFLOW_ID, id ? id : "");
        rc = web_reply_error(r, &err);
    } else if (library_copy(r->web, from, id, &err)) {
        rc = web_reply_error(r, &err);
    } else {
        rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "id", id));
    }
    json_decref(body);
    return rc;
}

/* What a file is by its first bytes; NULL: not for browsers. */
static const char *type_of(const char *data, size_t size)
{
    const char *sound = library_sound_type(data, size);
    if (size > 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "image/png";
    if (size > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
        return "image/jpeg";
    return !sound ? NULL : strcmp(sound, "wav") == 0 ? "audio/wav" : "audio/ogg";
}

/* Pictures and sounds only. */
enum MHD_Result web_file(struct web_request *r)
{
    char id[LIBRARY_ID_MAX + 1], folder[PATH_MAX];
    size_t size, n = strcspn(r->rest, "/");
    const char *name = r->rest[n] ? r->rest + n + 1 : "";
    snprintf(id, sizeof id, "%.*s", (int)(n <= LIBRARY_ID_MAX ? n : 0), r->rest);
    char *data = library_folder(r->web, id, folder, sizeof folder) ? library_read(folder, name, WEB_PICTURE_MAX, &size) : NULL;
    const char *type = data ? type_of(data, size) : NULL;
    enum MHD_Result rc = type ? web_reply(r, MHD_HTTP_OK, type, data, size) : web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    free(data);
    return rc;
}
