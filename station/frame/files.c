/* Pictures from the disk as if a camera gave them: a recording, any folder of pictures, or a video file.
 * The pace comes from now_ns alone, so that tests and slow readers see the same as a live camera gives. */
#include "backend.h"

#include "cv_picture.h"
#include "cv_video.h"
#include "recording.h"
#include "units.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define PATH_SIZE 4096
#define FILE_OPEN_MS 5000 /* a local file answers at once; a network drive may not */

struct files {
    struct camera camera;
    char source[PATH_SIZE];
    struct recording pictures; /* a folder's */
    struct cv_video *video;    /* or a video file, which has no list */
    double video_fps;
    int next;        /* picture to be given next */
    bool started;
    int64_t start_ns; /* station's time of the first picture */
    struct frame_pool *pool;
};

static bool is_picture(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".webp", ".bmp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && dot != name && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return strlen(name) < RECORDING_FILE_NAME;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct recording_picture *)a)->file, ((const struct recording_picture *)b)->file);
}

/* A folder without an index: the pictures in the order of their names, at an even pace. */
static enum lw_msg list_folder(struct recording *r, const char *folder, double fps, struct lw_error *err)
{
    DIR *d = opendir(folder);
    if (!d)
        return lw_fail_at(err, folder, 0, LW_MSG_FILE_OPEN, folder, strerror(errno));
    enum lw_msg rc = LW_OK;
    for (const struct dirent *e; !rc && (e = readdir(d));) {
        if (!is_picture(e->d_name))
            continue;
        struct recording_picture p = {0};
        memcpy(p.file, e->d_name, strlen(e->d_name) + 1);
        rc = recording_add(r, &p, err);
    }
    closedir(d);
    if (r->count > 1)
        qsort(r->pictures, (size_t)r->count, sizeof *r->pictures, by_name);
    for (int i = 0; i < r->count; i++) {
        r->pictures[i].sequence = (uint64_t)i;
        r->pictures[i].t_ns = (int64_t)((double)i * (double)NS_PER_S / fps);
    }
    return rc;
}

static enum lw_msg open_folder(struct files *c, double fps, struct lw_error *err)
{
    enum lw_msg rc = recording_is(c->source) ? recording_read(&c->pictures, c->source, err)
                                             : list_folder(&c->pictures, c->source, fps, err);
    if (rc)
        return rc;
    if (c->pictures.count == 0)
        return lw_fail_at(err, c->source, 0, LW_MSG_FOLDER_NO_PICTURES, c->source);
    struct image first;
    char path[PATH_SIZE + RECORDING_FILE_NAME + 1];
    snprintf(path, sizeof path, "%s/%s", c->source, c->pictures.pictures[0].file);
    rc = cv_picture_read(path, IMAGE_BGR8, &first, err);
    if (rc)
        return rc;
    c->camera.info.width = first.width;
    c->camera.info.height = first.height;
    image_finish(&first);
    const struct recording_picture *p = c->pictures.pictures;
    int64_t span = p[c->pictures.count - 1].t_ns - p[0].t_ns;
    c->camera.info.fps = span > 0 ? (double)(c->pictures.count - 1) * (double)NS_PER_S / (double)span : fps;
    return LW_OK;
}

static enum lw_msg open_video(struct files *c, double fps, struct lw_error *err)
{
    struct cv_video_about about = {0};
    if (cv_video_open(&c->video, c->source, FILE_OPEN_MS, FILE_OPEN_MS, &about, NULL) || about.width <= 0 ||
        about.height <= 0)
        return lw_fail_at(err, c->source, 0, LW_MSG_CAMERA_SOURCE, c->source);
    c->camera.info.width = about.width;
    c->camera.info.height = about.height;
    c->video_fps = about.fps > 0 && about.fps <= 1000 ? about.fps : fps;
    c->camera.info.fps = c->video_fps;
    return LW_OK;
}

/* Time of picture i after the first. */
static int64_t offset_ns(const struct files *c, int i)
{
    if (c->video)
        return (int64_t)((double)i * (double)NS_PER_S / c->video_fps);
    return c->pictures.pictures[i].t_ns - c->pictures.pictures[0].t_ns;
}

static bool due(const struct files *c, int i, int64_t now_ns)
{
    return (c->video || i < c->pictures.count) && c->start_ns + offset_ns(c, i) <= now_ns;
}

static enum lw_msg load_picture(struct files *c, int i, struct image *into, struct lw_error *err)
{
    char path[PATH_SIZE + RECORDING_FILE_NAME + 1];
    snprintf(path, sizeof path, "%s/%s", c->source, c->pictures.pictures[i].file);
    struct image im;
    enum lw_msg rc = cv_picture_read(path, IMAGE_BGR8, &im, err);
    if (rc)
        return rc;
    if (im.width != into->width || im.height != into->height)
        rc = lw_fail_at(err, path, 0, LW_MSG_CAMERA_SIZE, im.width, im.height, into->width, into->height);
    for (int y = 0; !rc && y < into->height; y++)
        memcpy(image_row(into, y), image_row(&im, y), (size_t)im.width * 3);
    image_finish(&im);
    return rc;
}

/* Advances to the newest picture that is due; false when the video has ended before any was. */
static bool advance(struct files *c, int64_t now_ns)
{
    if (!c->video) {
        while (due(c, c->next + 1, now_ns))
            c->next++;
        return true;
    }
    if (!cv_video_grab(c->video))
        return false;
    while (due(c, c->next + 1, now_ns) && cv_video_grab(c->video))
        c->next++;
    return true;
}

static enum lw_msg fill(struct files *c, struct frame *f, struct lw_error *err)
{
    int i = c->next;
    f->sequence = c->video ? (uint64_t)i : c->pictures.pictures[i].sequence;
    f->t_ns = c->start_ns + offset_ns(c, i);
    if (!c->video)
        return load_picture(c, i, &f->image, err);
    int width, height;
    if (cv_video_retrieve(c->video, &f->image, &width, &height))
        return LW_OK;
    return lw_fail_at(err, c->source, 0, LW_MSG_PICTURE_READ, c->source);
}

static enum camera_status files_poll(struct camera *camera, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    struct files *c = (struct files *)camera;
    if (c->next < 0 || (!c->video && c->next >= c->pictures.count))
        return CAMERA_ENDED;
    if (!c->started) {
        c->started = true;
        c->start_ns = now_ns;
    }
    if (!due(c, c->next, now_ns))
        return CAMERA_WAITING;
    struct frame *f = frame_pool_take(c->pool);
    if (!f)
        return CAMERA_WAITING; /* all in use: give this picture when one comes back */
    if (!advance(c, now_ns)) {
        frame_unref(&f);
        c->next = -1;
        return CAMERA_ENDED;
    }
    enum lw_msg rc = fill(c, f, err);
    c->next++;
    if (rc) {
        frame_unref(&f);
        return CAMERA_LOST;
    }
    *out = f;
    return CAMERA_FRAME;
}

static int files_wake_fd(struct camera *camera)
{
    (void)camera;
    return -1;
}

static void files_destroy(struct camera *camera)
{
    struct files *c = (struct files *)camera;
    frame_pool_destroy(&c->pool);
    cv_video_close(&c->video);
    recording_finish(&c->pictures);
    free(c);
}

static const struct camera_ops files_ops = {files_poll, files_wake_fd, files_destroy};

static void describe(struct files *c)
{
    struct camera_info *info = &c->camera.info;
    info->controls_locked = true; /* a picture on the disk does not change */
    if (c->pictures.identity[0])
        snprintf(info->identity, sizeof info->identity, "%s", c->pictures.identity);
    else
        snprintf(info->identity, sizeof info->identity, "files %.80s %dx%d", c->source, info->width, info->height);
}

enum lw_msg camera_files_create(struct camera **out, const struct camera_config *config, struct lw_error *err)
{
    struct stat st;
    if (stat(config->source, &st) != 0 || strlen(config->source) >= PATH_SIZE)
        return lw_fail_at(err, config->source, 0, LW_MSG_FILE_OPEN, config->source, strerror(errno));
    struct files *c = calloc(1, sizeof *c);
    if (!c)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    c->camera.ops = &files_ops;
    snprintf(c->source, sizeof c->source, "%s", config->source);
    double fps = config->fps > 0 ? config->fps : CAMERA_DEFAULT_FPS;
    enum lw_msg rc = S_ISDIR(st.st_mode) ? open_folder(c, fps, err) : open_video(c, fps, err);
    if (!rc) {
        c->pool = frame_pool_create(c->camera.info.width, c->camera.info.height, CAMERA_FRAMES, err);
        rc = c->pool ? LW_OK : LW_MSG_NO_MEMORY;
    }
    if (rc) {
        files_destroy(&c->camera);
        return rc;
    }
    describe(c);
    *out = &c->camera;
    return LW_OK;
}
