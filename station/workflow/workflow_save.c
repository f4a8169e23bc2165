/* Opening and saving of edits: read again, write beside, load that, rename. */
#include "workflow_save.h"

#include "workflow_edit.h"
#include "workflow_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a folder of texts ---- */

#define SAVING ".saving-" /* how its name begins */

static bool write_text(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    size_t n = strlen(text), done = 0;
    while (done < n) {
        ssize_t k = write(fd, text + done, n - done);
        if (k <= 0)
            break;
        done += (size_t)k;
    }
    bool good = done == n && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int cause = errno;
    good = close(fd) == 0 && good;
    if (!good)
        errno = cause ? cause : EIO;
    return good;
}

static void make_folders_above(char *path, size_t from)
{
    for (char *p = strchr(path + from, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        mkdir(path, 0755); /* if it can't be made, writing the file says so */
        *p = '/';
    }
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    remove(path);
    return 0;
}

static void remove_texts(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What a save that was cut off left behind; only while the folder is locked, so that none is still being written. */
static void remove_left_over(const char *folder)
{
    char path[PATH_MAX + NAME_MAX];
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, SAVING, strlen(SAVING)) == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            remove_texts(path);
        }
    if (d)
        closedir(d);
}

static mode_t mode_of(const char *folder, const char *name)
{
    char path[2 * PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 ? st.st_mode & 0777 : 0644;
}

/* A new folder in `parent` with all the texts; its name in `made`. */
static enum lw_msg make_texts(const char *parent, const char *folder, const struct workflow_save_text *texts, int count,
                              char made[PATH_MAX], struct lw_error *err)
{
    char path[2 * PATH_MAX];
    snprintf(made, PATH_MAX, "%s/" SAVING "XXXXXX", parent);
    if (!mkdtemp(made))
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_WRITE, parent, strerror(errno));
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", made, texts[i].name);
        make_folders_above(path, strlen(made) + 1);
        if (write_text(path, texts[i].text, mode_of(folder, texts[i].name)))
            continue;
        int cause = errno;
        remove_texts(made);
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_WRITE, texts[i].name, strerror(cause));
    }
    return LW_OK;
}

enum lw_msg workflow_save_load(const char *folder, const struct workflow_save_text *texts, int count,
                               struct workflow **out, const struct workflow_bench *bench, struct lw_problems *problems)
{
    char made[PATH_MAX];
    struct lw_error err = {0};
    const char *temporary = getenv("TMPDIR");
    *out = NULL;
    enum lw_msg rc = make_texts(temporary && *temporary ? temporary : "/tmp", folder, texts, count, made, &err);
    if (rc) {
        problems_add(problems, false, &err);
        return rc;
    }
    rc = workflow_load_texts(out, folder, made, bench, NULL, problems);
    remove_texts(made);
    return rc;
}

/* ---- saving ---- */

/* Whether a file is still as it was read (`was` NULL: not there). */
static bool unchanged(const char *folder, const struct workflow_save_text *t)
{
    struct workflow_files f;
    struct lw_error unheard;
    char *now = NULL, path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, t->name);
    if (!t->was)
        return t->any || access(path, F_OK) != 0;
    if (workflow_files_init(&f, folder, "", &unheard))
        return false;
    f.texts = NULL;
    bool same = !workflow_files_read_text(&f, t->name, &now, &unheard) && strcmp(now, t->was) == 0;
    free(now);
    workflow_files_finish(&f);
    return same;
}

static enum lw_msg check_unchanged(const char *folder, const struct workflow_save_text *texts, int count,
                                   struct lw_error *err)
{
    for (int i = 0; i < count; i++)
        if (!unchanged(folder, &texts[i]))
            return texts[i].was ? lw_fail_at(err, folder, 0, LW_MSG_WORKFLOW_EDIT_STALE, texts[i].name)
                                : lw_fail_at(err, folder, 0, LW_MSG_WORKFLOW_THERE, folder);
    return LW_OK;
}

static enum lw_msg check_loads(const char *folder, const char *made, const struct workflow_bench *bench,
                               int errors_allowed, struct lw_problems *problems, struct lw_error *err)
{
    struct lw_problems own = {0};
    struct lw_problems *p = problems ? problems : &own;
    struct workflow *w = NULL;
    int before = p->errors;
    workflow_load_texts(&w, folder, made, bench, NULL, p);
    int errors = p->errors - before;
    workflow_destroy(&w);
    problems_finish(&own);
    return errors <= errors_allowed ? LW_OK : lw_fail_at(err, folder, 0, LW_MSG_WORKFLOW_EDIT_REFUSED, errors);
}

/* A rename is kept over a power cut only when its folder is written too. */
static void sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static enum lw_msg rename_one(const char *folder, const char *made, const char *name, struct lw_error *err)
{
    char from[2 * PATH_MAX], to[2 * PATH_MAX], real[PATH_MAX];
    snprintf(from, sizeof from, "%s/%s", made, name);
    snprintf(to, sizeof to, "%s/%s", folder, name);
    const char *target = realpath(to, real) ? real : to; /* a link in the folder stays a link */
    if (rename(from, target) != 0)
        return lw_fail_at(err, to, 0, LW_MSG_FILE_WRITE, name, strerror(errno));
    char *slash = strrchr(to, '/');
    *slash = 0;
    sync_folder(to);
    return LW_OK;
}

static enum lw_msg save_locked(const char *folder, const struct workflow_save_text *texts, int count,
                               const struct workflow_bench *bench, int errors_allowed, struct lw_problems *problems,
                               struct lw_error *err)
{
    char made[PATH_MAX];
    enum lw_msg rc = check_unchanged(folder, texts, count, err);
    if (!rc)
        rc = make_texts(folder, folder, texts, count, made, err);
    if (rc)
        return rc;
    rc = check_loads(folder, made, bench, errors_allowed, problems, err);
    for (int i = 0; !rc && i < count; i++)
        if (!texts[i].was || strcmp(texts[i].was, texts[i].text) != 0)
            rc = rename_one(folder, made, texts[i].name, err);
    remove_texts(made);
    return rc;
}

enum lw_msg workflow_save_texts(const char *folder, const struct workflow_save_text *texts, int count,
                                const struct workflow_bench *bench, int errors_allowed, struct lw_problems *problems,
                                struct lw_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_OPEN, folder, strerror(errno));
    if (flock(fd, LOCK_EX) == 0)
        remove_left_over(folder); /* where the file system can't lock, the look at the old text is all there is */
    enum lw_msg rc = save_locked(folder, texts, count, bench, errors_allowed, problems, err);
    close(fd);
    return rc;
}

/* ---- edits ---- */

static void hash_texts(struct workflow_edit *e)
{
    uint64_t hash = WORKFLOW_HASH_START;
    for (int i = 0; i < e->was_count; i++) {
        hash = workflow_hash(hash, e->source.files[i].name, strlen(e->source.files[i].name) + 1);
        hash = workflow_hash(hash, e->was[i], strlen(e->was[i]) + 1);
    }
    snprintf(e->hash, sizeof e->hash, "%016llx", (unsigned long long)hash);
}

/* The texts as they are now are those that stand in the folder. */
static enum lw_msg remember(struct workflow_edit *e, struct lw_error *err)
{
    int count = e->source.file_count;
    char **was = calloc((size_t)count, sizeof *was);
    bool good = was != NULL;
    for (int i = 0; good && i < count; i++)
        good = (was[i] = strdup(e->source.files[i].text)) != NULL;
    if (!good) {
        for (int i = 0; was && i < count; i++)
            free(was[i]);
        free(was);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    for (int i = 0; i < e->was_count; i++)
        free(e->was[i]);
    free(e->was);
    e->was = was;
    e->was_count = count;
    hash_texts(e);
    return LW_OK;
}

enum lw_msg workflow_edit_open(struct workflow_edit **out, const char *folder, struct lw_error *err)
{
    *out = NULL;
    struct workflow_edit *e = calloc(1, sizeof *e);
    if (!e)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = workflow_files_init(&e->files, folder, NULL, err);
    if (!rc)
        rc = source_read(&e->source, &e->files, err);
    if (!rc)
        rc = remember(e, err);
    if (rc)
        workflow_edit_close(&e);
    *out = e;
    return rc;
}

void workflow_edit_close(struct workflow_edit **e)
{
    if (!*e)
        return;
    for (int i = 0; i < (*e)->was_count; i++)
        free((*e)->was[i]);
    free((*e)->was);
    source_finish(&(*e)->source);
    workflow_files_finish(&(*e)->files);
    free(*e);
    *e = NULL;
}

int workflow_edit_file_count(const struct workflow_edit *e)
{
    return e->source.file_count;
}

const char *workflow_edit_file(const struct workflow_edit *e, int file)
{
    return e->source.files[file].name;
}

const char *workflow_edit_text(const struct workflow_edit *e, int file)
{
    return e->source.files[file].text;
}

const char *workflow_edit_text_read(const struct workflow_edit *e, int file)
{
    return file < e->was_count ? e->was[file] : e->source.files[file].text;
}

const char *workflow_edit_hash(const struct workflow_edit *e)
{
    return e->hash;
}

enum lw_msg workflow_edit_replace(struct workflow_edit *e, int file, const char *text, struct lw_error *err)
{
    if (file < 0 || file >= e->source.file_count || workflow_utf8_length(text, (long)strlen(text)) < 0)
        return lw_fail_at(err, WORKFLOW_FILE, 0, LW_MSG_WORKFLOW_ENCODING);
    struct splice s = {file, 0, (long)strlen(e->source.files[file].text), text};
    return workflow_edit_splice(e, &s, 1, err);
}

static struct workflow_save_text *texts_of(const struct workflow_edit *e)
{
    int count = e->source.file_count;
    struct workflow_save_text *texts = calloc((size_t)count, sizeof *texts);
    for (int i = 0; texts && i < count; i++)
        texts[i] = (struct workflow_save_text){e->source.files[i].name, e->source.files[i].text,
                                               workflow_edit_text_read(e, i), false};
    return texts;
}

enum lw_msg workflow_edit_load(const struct workflow_edit *e, struct workflow **out, const struct workflow_bench *bench,
                               struct lw_problems *problems)
{
    struct workflow_save_text *texts = texts_of(e);
    *out = NULL;
    if (!texts) {
        problems_error(problems, e->files.folder, 0, LW_MSG_NO_MEMORY);
        return LW_MSG_NO_MEMORY;
    }
    enum lw_msg rc = workflow_save_load(e->files.folder, texts, e->source.file_count, out, bench, problems);
    free(texts);
    return rc;
}

/* How many errors the text that was read has: mending one of three is a step forward. */
static int errors_before(const struct workflow_edit *e, const struct workflow_bench *bench)
{
    struct lw_problems p = {0};
    struct workflow *w = NULL;
    workflow_load(&w, e->files.folder, bench, &p);
    int errors = p.errors;
    workflow_destroy(&w);
    problems_finish(&p);
    return errors;
}

enum lw_msg workflow_edit_save(struct workflow_edit *e, const struct workflow_bench *bench, struct lw_problems *problems,
                               struct lw_error *err)
{
    struct workflow_save_text *texts = texts_of(e);
    if (!texts)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = workflow_save_texts(e->files.folder, texts, e->source.file_count, bench,
                                         errors_before(e, bench), problems, err);
    free(texts);
    return rc ? rc : remember(e, err);
}
