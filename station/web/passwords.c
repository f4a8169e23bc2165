/* DATA/passwords.cfg: a line `role = "hash";` each. */
#include "sessions.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const role_names[] = {[WEB_SUPERVISOR] = "supervisor", [WEB_COACH] = "coach"};

enum web_role web_role_of(const char *word)
{
    for (int i = WEB_SUPERVISOR; word && i <= WEB_COACH; i++)
        if (strcmp(role_names[i], word) == 0)
            return (enum web_role)i;
    return WEB_NOBODY;
}

struct hashes {
    char of[WEB_COACH + 1][crypto_pwhash_STRBYTES];
};

/* LW_OK with empty hashes when there is no file. */
static enum lw_msg read_hashes(const char *path, struct hashes *out, struct lw_error *err)
{
    struct stat st;
    config_t cfg;
    *out = (struct hashes){0};
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? LW_OK : lw_fail(err, LW_MSG_PASSWORD_FILE, path, strerror(errno));
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077))
        return lw_fail(err, LW_MSG_PASSWORD_FILE, path, strerror(EPERM));
    config_init(&cfg);
    enum lw_msg rc = config_load(&cfg, path, err);
    for (int i = WEB_SUPERVISOR; !rc && i <= WEB_COACH; i++) {
        const char *hash;
        if (config_lookup_string(&cfg, role_names[i], &hash))
            snprintf(out->of[i], sizeof out->of[i], "%s", hash);
    }
    config_destroy(&cfg);
    return rc;
}

static bool write_hashes(int fd, const struct hashes *h)
{
    for (int i = WEB_SUPERVISOR; i <= WEB_COACH; i++)
        if (h->of[i][0] && dprintf(fd, "%s = \"%s\";\n", role_names[i], h->of[i]) < 0)
            return false;
    return fsync(fd) == 0;
}

static enum lw_msg replace(const char *path, const struct hashes *h, struct lw_error *err)
{
    char temporary[PATH_MAX + 16];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write_hashes(fd, h);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (good && rename(temporary, path) == 0)
        return LW_OK;
    why = good ? errno : why;
    unlink(temporary);
    return lw_fail(err, LW_MSG_PASSWORD_FILE, path, strerror(why));
}

static int characters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static const char *file_of(const char *data, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/passwords.cfg", data);
    return path;
}

enum lw_msg web_password_set(const char *data, const char *role, const char *password, struct lw_error *err)
{
    char path[PATH_MAX];
    struct hashes h;
    enum web_role r = web_role_of(role);
    int n = characters(password);
    if (r == WEB_NOBODY)
        return lw_fail(err, LW_MSG_PASSWORD_ROLE, role);
    if (n < WEB_PASSWORD_MIN || n > WEB_PASSWORD_MAX)
        return lw_fail(err, LW_MSG_PASSWORD_LENGTH, WEB_PASSWORD_MIN, WEB_PASSWORD_MAX, n);
    enum lw_msg rc = read_hashes(file_of(data, path), &h, err);
    if (rc)
        return rc;
    if (sodium_init() < 0 || crypto_pwhash_str_alg(h.of[r], password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                   crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    return replace(path, &h, err);
}

bool web_password_any(const char *data)
{
    char path[PATH_MAX];
    struct hashes h;
    struct lw_error err;
    return read_hashes(file_of(data, path), &h, &err) != LW_OK || h.of[WEB_COACH][0] || h.of[WEB_SUPERVISOR][0];
}

bool web_password_right(const char *data, enum web_role role, const char *password)
{
    /* An argon2id hash of nothing anybody knows: a role without password takes as long as a wrong one. */
    static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    char path[PATH_MAX];
    struct hashes h;
    struct lw_error err;
    if (read_hashes(file_of(data, path), &h, &err))
        return false;
    bool has = role != WEB_NOBODY && h.of[role][0];
    return crypto_pwhash_str_verify(has ? h.of[role] : nobody, password, strlen(password)) == 0 && has;
}
