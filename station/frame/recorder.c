#include "recorder.h"

#include "cv_video.h"
#include "recording.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIN_CORNERS 3
#define MAX_CORNERS 64
#define JPEG_QUALITY 95 /* 1..100; above, files grow fast and nothing is seen any more */
#define PATH_SIZE 4096

struct recorder {
    char folder[PATH_SIZE];
    struct cam_px keep[MAX_CORNERS];
    int corners;
    enum recorder_format format;
    char identity[128];
    struct image clean; /* the frame with everything outside black */
    FILE *index;
    int count;
};

/* New, or empty: a recording never mixes with what is there. */
static enum lw_msg take_folder(const char *folder, struct lw_error *err)
{
    if (mkdir(folder, 0777) == 0)
        return LW_OK;
    if (errno != EEXIST)
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_WRITE, folder, strerror(errno));
    DIR *d = opendir(folder);
    if (!d)
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_OPEN, folder, strerror(errno));
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(d));)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    closedir(d);
    return empty ? LW_OK : lw_fail_at(err, folder, 0, LW_MSG_RECORDING_FOLDER, folder);
}

enum lw_msg recorder_create(struct recorder **out, const char *folder, const struct cam_px *keep, int corners,
                            struct lw_error *err)
{
    *out = NULL;
    if (corners < MIN_CORNERS || corners > MAX_CORNERS)
        return lw_fail(err, LW_MSG_RECORDING_AREA, corners);
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    snprintf(r->folder, sizeof r->folder, "%s", folder);
    memcpy(r->keep, keep, (size_t)corners * sizeof *keep);
    r->corners = corners;
    enum lw_msg rc = take_folder(folder, err);
    if (!rc) {
        char path[PATH_SIZE + 64];
        snprintf(path, sizeof path, "%s/%s", folder, RECORDING_INDEX);
        r->index = fopen(path, "wx");
        if (!r->index)
            rc = lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    }
    if (rc) {
        recorder_destroy(&r);
        return rc;
    }
    *out = r;
    return LW_OK;
}

void recorder_set_format(struct recorder *r, enum recorder_format format)
{
    r->format = format;
}

void recorder_set_identity(struct recorder *r, const char *identity)
{
    snprintf(r->identity, sizeof r->identity, "%s", identity);
}

/* Columns where the polygon's edges cross row y, in ascending order (even-odd rule). */
static int crossings(const struct recorder *r, double y, double x[MAX_CORNERS])
{
    int n = 0;
    for (int i = 0; i < r->corners; i++) {
        struct cam_px a = r->keep[i], b = r->keep[(i + 1) % r->corners];
        if ((a.y <= y) == (b.y <= y))
            continue;
        double at = a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y);
        int k = n++;
        for (; k > 0 && x[k - 1] > at; k--)
            x[k] = x[k - 1];
        x[k] = at;
    }
    return n;
}

/* Copies the pixels whose centre lies in the polygon; the rest is black before anything is encoded. */
static void keep_inside(const struct recorder *r, const struct image *in, struct image *out)
{
    image_fill(out, 0);
    for (int y = 0; y < in->height; y++) {
        double x[MAX_CORNERS];
        int n = crossings(r, y, x);
        for (int i = 0; i + 1 < n; i += 2) {
            double first = fmax(ceil(x[i]), 0), last = fmin(floor(x[i + 1]), in->width - 1);
            if (first <= last)
                memcpy(image_row(out, y) + (int)first * 3, image_row(in, y) + (int)first * 3,
                       (size_t)((int)last - (int)first + 1) * 3);
        }
    }
}

static enum lw_msg write_file(const char *path, const uint8_t *data, size_t size, struct lw_error *err)
{
    FILE *f = fopen(path, "wx");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(errno));
    bool ok = fwrite(data, 1, size, f) == size;
    int cause = errno;
    if (fclose(f) != 0 && ok) {
        ok = false;
        cause = errno;
    }
    if (ok)
        return LW_OK;
    remove(path); /* half a picture helps nobody, and frees a little of a full disk */
    return lw_fail_at(err, path, 0, LW_MSG_FILE_WRITE, path, strerror(cause));
}

static enum lw_msg prepare(struct recorder *r, const struct image *im, struct lw_error *err)
{
    if (r->clean.data && r->clean.width == im->width && r->clean.height == im->height)
        return LW_OK;
    if (r->clean.data)
        return lw_fail(err, LW_MSG_CAMERA_SIZE, im->width, im->height, r->clean.width, r->clean.height);
    enum lw_msg rc = image_init(&r->clean, im->width, im->height, IMAGE_BGR8, err);
    if (!rc && !recording_write_head(r->index, r->identity, im->width, im->height))
        rc = lw_fail_at(err, r->folder, 0, LW_MSG_FILE_WRITE, r->folder, strerror(errno));
    return rc;
}

enum lw_msg recorder_add(struct recorder *r, const struct frame *f, struct lw_error *err)
{
    if (!r->index)
        return lw_fail_at(err, r->folder, 0, LW_MSG_FILE_WRITE, r->folder, strerror(EIO));
    enum lw_msg rc = prepare(r, &f->image, err);
    if (rc)
        return rc;
    keep_inside(r, &f->image, &r->clean);
    const char *ending = r->format == RECORDER_PNG ? ".png" : ".jpg";
    uint8_t *data = NULL;
    size_t size = 0;
    rc = cv_video_encode(&r->clean, ending, JPEG_QUALITY, &data, &size, err);
    if (rc)
        return rc;
    struct recording_picture p = {.sequence = f->sequence, .t_ns = f->t_ns};
    snprintf(p.file, sizeof p.file, "%06d%s", r->count, ending);
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", r->folder, p.file);
    rc = write_file(path, data, size, err);
    free(data);
    if (rc)
        return rc;
    if (!recording_write_picture(r->index, &p)) {
        rc = lw_fail_at(err, r->folder, 0, LW_MSG_FILE_WRITE, r->folder, strerror(errno));
        remove(path);
        fclose(r->index); /* a later line would follow half of this one */
        r->index = NULL;
        return rc;
    }
    r->count++;
    return LW_OK;
}

int recorder_count(const struct recorder *r)
{
    return r->count;
}

void recorder_destroy(struct recorder **p)
{
    struct recorder *r = *p;
    if (!r)
        return;
    *p = NULL;
    if (r->index)
        fclose(r->index);
    image_finish(&r->clean);
    free(r);
}
