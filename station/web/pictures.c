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
#define NAMES_MAX    1000
#define RECTANGLE_MIN_MM 5.0

static pthread_mutex_t decoding = PTHREAD_MUTEX_INITIALIZER; /* one at a time bounds the memory: 300 MB each */

/* ---- a new file in pictures/ ---- */

/* Letters and digits of what a person wrote; never empty. */
static void plain_name(const char *words, char *out, size_t size)
{
    size_t n = 0;
    for (; words && *words && n + 1 < size && n < 40; words++)
        if ((*words >= 'a' && *words <= 'z') || (*words >= '0' && *words <= '9') || *words == '-' || *words == '_')
            out[n++] = *words;
        else if (*words >= 'A' && *words <= 'Z')
            out[n++] = (char)(*words + 'a' - 'A');
    out[n] = 0;
    if (n == 0)
        snprintf(out, size, "picture");
}

static bool taken(const char *folder, const char *name)
{
    struct stat st;
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path || lstat(path, &st) == 0;
}

static void free_name(const char *folder, const char *words, const char *ending, char *out, size_t size)
{
    char plain[48];
    plain_name(words, plain, sizeof plain);
    snprintf(out, size, "pictures/%s%s", plain, ending);
    for (int n = 2; taken(folder, out) && n < NAMES_MAX; n++)
        snprintf(out, size, "pictures/%s-%d%s", plain, n, ending);
}

/* pictures/ must be a folder of its own, no link to another one. */
static bool make_folder(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/pictures", folder);
    return (mkdir(path, 0755) == 0 || errno == EEXIST) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

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
    char name[128];
    uint8_t *data = NULL;
    size_t size = 0;
    struct lw_error err;
    enum lw_msg rc = shrink(im, &err);
    rc = rc ? rc : cv_video_encode(im, ending, QUALITY, &data, &size, &err);
    if (!rc && !make_folder(folder))
        rc = lw_fail(&err, LW_MSG_FOLDER_MAKE, "pictures", strerror(errno));
    free_name(folder, words, ending, name, sizeof name);
    rc = rc ? rc : library_write(folder, name, data, size, &err);
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

static bool is_picture(const char *name)
{
    const char *ending = strrchr(name, '.');
    return name[0] != '.' && ending &&
           (strcasecmp(ending, ".png") == 0 || strcasecmp(ending, ".jpg") == 0 || strcasecmp(ending, ".jpeg") == 0);
}

enum MHD_Result web_pictures(struct web_request *r)
{
    enum MHD_Result rc;
    char folder[PATH_MAX], name[NAME_MAX + 16];
    json_t *list = json_array();
    if (!studio_folder(r, folder, sizeof folder, &rc)) {
        json_decref(list);
        return rc;
    }
    int fd = library_open(folder, "pictures", O_RDONLY | O_DIRECTORY);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; d && json_array_size(list) < PICTURES_MAX && (e = readdir(d));)
        if (is_picture(e->d_name) && snprintf(name, sizeof name, "pictures/%s", e->d_name) > 0)
            json_array_append_new(list, json_string(name));
    if (d)
        closedir(d);
    return web_reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "pictures", list));
}
