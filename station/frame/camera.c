#include "backend.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_SIDE 16384 /* pixels; more than any camera has */

const struct lw_option camera_options[] = {
    {"source", OPTION_STRING, offsetof(struct camera_config, source), 0, 0, "/dev/video0", NULL,
     N_("A device (/dev/video0), an address (http://, rtsp://), a folder of pictures, a video file, or "
        "pretend: the pretend bench.")},
    {"width", OPTION_INT, offsetof(struct camera_config, width), 0, MAX_SIDE, "1280", NULL,
     N_("Width of the camera's picture in pixels; 0: what the camera gives.")},
    {"height", OPTION_INT, offsetof(struct camera_config, height), 0, MAX_SIDE, "720", NULL,
     N_("Height of the camera's picture in pixels; 0: what the camera gives.")},
    {"fps", OPTION_REAL, offsetof(struct camera_config, fps), 0, 240, "30", NULL, N_("Pictures a second.")},
    {"mains_hz", OPTION_INT, offsetof(struct camera_config, mains_hz), 0, 60, "50", NULL,
     N_("Frequency of the mains, which lamps flicker with: 50 (Europe) or 60; 0: leave the camera as it is.")},
};
const int camera_option_count = sizeof camera_options / sizeof camera_options[0];

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_number(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isdigit((unsigned char)*p))
            return false;
    return *text != '\0' && strlen(text) <= 3;
}

enum lw_msg camera_open(struct camera **out, const struct camera_config *config, struct lw_error *err)
{
    *out = NULL;
    const char *source = config->source ? config->source : "";
    if (starts(source, "http://") || starts(source, "https://") || starts(source, "rtsp://") ||
        starts(source, "rtsps://"))
        return camera_network_create(out, config, err);
    struct stat st;
    if (starts(source, "/dev/") || (is_number(source) && stat(source, &st) != 0))
        return camera_v4l2_create(out, config, err);
    if (source[0] == '\0' || strcmp(source, "pretend") == 0 || strstr(source, "://"))
        return lw_fail(err, LW_MSG_CAMERA_SOURCE, source);
    return camera_files_create(out, config, err);
}

enum camera_status camera_poll(struct camera *c, int64_t now_ns, struct frame **out, struct lw_error *err)
{
    *out = NULL;
    return c->ops->poll(c, now_ns, out, err);
}

int camera_wake_fd(struct camera *c)
{
    return c->ops->wake_fd(c);
}

void camera_destroy(struct camera **c)
{
    if (!*c)
        return;
    (*c)->ops->destroy(*c);
    *c = NULL;
}
