/* JSON lines. Written with write(2), unbuffered: a line is out when the call returns, and what a full disk
 * refused is not tried again behind the caller's back. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STREAM_PATIENCE_MS 1000 /* a reader that takes nothing for so long (non-blocking pipe) is an error   \
                                 */

struct journal_stream {
    int fd;
    bool mid_line; /* a line was cut off: the next one starts with a new line */
    char path[192];
};

static int write_all(int fd, const char *data, size_t size, size_t *written)
{
    for (*written = 0; *written < size;) {
        ssize_t n = write(fd, data + *written, size - *written);
        if (n >= 0) {
            *written += (size_t)n;
            continue;
        }
        struct pollfd pfd = {.fd = fd, .events = POLLOUT};
        bool again = errno == EAGAIN && poll(&pfd, 1, STREAM_PATIENCE_MS) > 0;
        if (errno == EINTR || again)
            continue;
        return errno;
    }
    return 0;
}

static enum lw_msg write_line(struct journal_stream *s, json_t *object, struct lw_error *err)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    size_t length = text ? strlen(text) : 0, written = 0;
    char *line = text ? malloc(length + 2) : NULL;
    if (!line) {
        free(text);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    size_t head = s->mid_line ? 1 : 0;
    line[0] = '\n';
    memcpy(line + head, text, length);
    line[head + length] = '\n';
    int cause = write_all(s->fd, line, head + length + 1, &written);
    if (cause)
        s->mid_line = s->mid_line || written > 0;
    else
        s->mid_line = false;
    free(line);
    free(text);
    return cause ? lw_fail(err, LW_MSG_FILE_WRITE, s->path, strerror(cause)) : LW_OK;
}

static enum lw_msg write_start(struct journal_stream *s, const char *verb, int64_t t_ns, struct lw_error *err)
{
    json_t *detail = json_pack("{s:i, s:s, s:s}", "schema", JOURNAL_SCHEMA, "verb", verb ? verb : "",
                               "version", LW_VERSION);
    struct journal_event start = {.kind = EVENT_START, .t_ns = t_ns, .detail = detail};
    enum lw_msg rc = write_line(s, detail ? journal_event_json(&start) : NULL, err);
    json_decref(detail);
    return rc;
}

enum lw_msg journal_stream_open(struct journal_stream **out, const char *path, const char *verb, int64_t t_ns,
                                struct lw_error *err)
{
    *out = NULL;
    bool standard = strcmp(path, "-") == 0;
    struct journal_stream *s = calloc(1, sizeof *s);
    if (!s)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    snprintf(s->path, sizeof s->path, "%s", standard ? _("standard output") : path);
    s->fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (s->fd < 0) {
        enum lw_msg rc = lw_fail(err, LW_MSG_FILE_OPEN, path, strerror(errno));
        free(s);
        return rc;
    }
    enum lw_msg rc = write_start(s, verb, t_ns, err);
    if (rc)
        journal_stream_close(&s);
    *out = s;
    return rc;
}

enum lw_msg journal_stream_write(struct journal_stream *s, const struct journal_event *e,
                                 struct lw_error *err)
{
    if (s->fd == STDOUT_FILENO)
        fflush(stdout); /* what others printed comes first */
    return write_line(s, journal_event_json(e), err);
}

void journal_stream_close(struct journal_stream **s)
{
    if (*s && (*s)->fd != STDOUT_FILENO)
        close((*s)->fd);
    free(*s);
    *s = NULL;
}
