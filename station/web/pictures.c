/* Pictures for people: from a file or from the camera. What comes from a browser is never kept as it came: its size is
 * read first, then it is decoded and written anew, no larger than people need. */
#include "library.h"
#include "studio.h"

#include "cv_picture.h"
#include "cv_video.h"
#include "workflow_picture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PICTURE_PX   1600 /* longer side: fills a tablet */
#define QUALITY      90
#define PICTURES_MAX 1000
#define RECTANGLE_MIN_MM 5.0

static pthread_mutex_t decoding = PTHREAD_MUTEX_INITIALIZER; /* one at a time bounds the memory: 300 MB each */

/* ---- a new file in pictures/ ---- */

static enum lw_msg shrink(struct image *im, struct lw_error *err)
{
    struct image small;
    int longer = im->width > im->height ? im->width : im->height;
    if (longer <= PICTURE_PX)
        return LW_OK;
    int width = (int)((long)im->width * PICTURE_PX / longer), height = (int)((long)im->height * PICTURE_PX / longer);
    enum lw_msg rc = cv_picture_resize(im, width > 0 ? width : 1, height > 0 ? height : 1, &small, err);
    if (rc)
        return rc;
    image_finish(im);
    *im = small;
    return LW_OK;
}

static enum MHD_Result keep(struct web_request *r, const char *folder, const char *words, const char *ending, struct image *im)
{
    char name[LIBRARY_FILE_MAX];
    uint8_t *data = NULL;
    size_t size = 0;
    struct lw_error err;
    enum lw_msg rc = shrink(im, &err);
    rc = rc ? rc : cv_video_encode(im, ending, QUALITY, &data, &size, &err);
    rc = rc ? rc : library_add(folder, "pictures", words, ending, data, size, name, &err);
    free(data);
    return rc ? web_reply_error(r, &err)
              : web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s,s:i,s:i}", "file", name, "width", im->width, "height", im->height));
}

/* ---- from a file ---- */

/* Through memory, so that nothing unchecked reaches the disk. */
static enum lw_msg decode(const struct web_request *r, struct image *out, struct lw_error *err)
{
    char path[40];
    int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, r->body, r->size) != (ssize_t)r->size) {
        if (fd >= 0)
            close(fd);
        return lw_fail(err, LW_MSG_NO_MEMORY);
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    pthread_mutex_lock(&decoding);
    enum lw_msg rc = cv_picture_read(path, IMAGE_BGR8, out, err);
    pthread_mutex_unlock(&decoding);
    close(fd);
    return rc;
}

enum MHD_Result web_picture_upload(struct web_request *r)
{
    enum MHD_Result answer;
    char folder[PATH_MAX];
    struct lw_error err;
    struct image im = {0};
    int width, height;
    const char *words = web_query(r, "name");
    if (!studio_folder(r, folder, sizeof folder, &answer))
        return answer;
    enum lw_msg rc = workflow_picture_size((const unsigned char *)r->body, (long)r->size, words ? words : "?", &width, &height, &err);
    rc = rc ? rc : decode(r, &im, &err);
    bool png = !rc && r->body[0] == '\x89';
    answer = rc ? web_reply_error(r, &err) : keep(r, folder, words, png ? ".png" : ".jpg", &im);
    image_finish(&im);
    return answer;
}

/* ---- from the camera ---- */

static bool read_rectangle(const json_t *body, double out[4], double *z_mm)
{
    const json_t *list = json_object_get(body, "rectangle");
    *z_mm = json_number_value(json_object_get(body, "z_mm"));
    for (size_t i = 0; i < 4; i++) {
        out[i] = json_number_value(json_array_get(list, i));
        if (!isfinite(out[i]) || fabs(out[i]) > 10000)
            return false;
    }
    return json_array_size(list) == 4 && out[2] - out[0] >= RECTANGLE_MIN_MM && out[3] - out[1] >= RECTANGLE_MIN_MM &&
           *z_mm >= 0 && *z_mm <= 1000;
}

enum MHD_Result web_picture_camera(struct web_request *r)
{
    enum MHD_Result answer;
    char folder[PATH_MAX];
    struct lw_error err;
    struct image im = {0};
    double rectangle[4], z_mm;
    json_t *body = NULL;
    if (!studio_folder(r, folder, sizeof folder, &answer) || !(body = web_body_json(r, &answer)))
        return answer;
    if (!read_rectangle(body, rectangle, &z_mm))
        answer = web_refuse(r, LW_MSG_WEB_REQUEST);
    else if (web_live_still(&r->web->live, rectangle, z_mm, PICTURE_PX, &im, &err))
        answer = web_reply_error(r, &err);
    else
        answer = keep(r, folder, json_string_value(json_object_get(body, "name")), ".jpg", &im);
    image_finish(&im);
    json_decref(body);
    return answer;
}

/* ---- those that are there ---- */

static bool ends_with(const char *name, const char *const *endings)
{
    const char *ending = name[0] == '.' ? NULL : strrchr(name, '.');
    for (; ending && *endings; endings++)
        if (strcasecmp(ending, *endings) == 0)
            return true;
    return false;
}

/* The files of FOLDER/inner that end so. */
static enum MHD_Result list(struct web_request *r, const char *inner, const char *const *endings)
{
    enum MHD_Result rc;
    char folder[PATH_MAX], name[NAME_MAX + 16];
    if (!studio_folder(r, folder, sizeof folder, &rc))
        return rc;
    json_t *files = json_array();
    int fd = library_open(folder, inner, O_RDONLY | O_DIRECTORY);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; d && json_array_size(files) < PICTURES_MAX && (e = readdir(d));)
        if (ends_with(e->d_name, endings) && snprintf(name, sizeof name, "%s/%s", inner, e->d_name) > 0)
            json_array_append_new(files, json_string(name));
    if (d)
        closedir(d);
    return web_reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", inner, files));
}

enum MHD_Result web_pictures(struct web_request *r)
{
    return list(r, "pictures", (const char *const[]){".png", ".jpg", ".jpeg", NULL});
}

enum MHD_Result web_sounds(struct web_request *r)
{
    return list(r, "sounds", (const char *const[]){".wav", ".ogg", ".oga", NULL});
}
