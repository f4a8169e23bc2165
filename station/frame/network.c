/* Network cameras: MJPEG over HTTP and RTSP, through FFMPEG. */
#include "live.h"

#include "backend.h"
#include "cv_video.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MS 3000 /* a camera on a busy network answers within this, RTSP in 0.2 s as a rule */
#define READ_MS 2000 /* longer than the pause between any camera's pictures */

#define ADDRESS_SIZE 1024

struct network {
    char address[ADDRESS_SIZE];
    char shown[128]; /* the address without user and password */
    double fps;
    struct cv_video *video;
    int width, height;
};

/* Copies the address for people and files: without what stands between "//" and "@". */
static void hide_password(const char *address, char *out, size_t size)
{
    const char *host = strstr(address, "//");
    host = host ? host + 2 : address;
    size_t end = strcspn(host, "/?#");
    const char *at = NULL;
    for (size_t i = 0; i < end; i++)
        if (host[i] == '@')
            at = host + i;
    snprintf(out, size, "%.*s%s", (int)(host - address), address, at ? at + 1 : host);
}

static void network_close(void *device)
{
    struct network *n = device;
    cv_video_close(&n->video);
}

static enum lw_msg network_open(void *device, struct camera_info *info, struct lw_error *err)
{
    struct network *n = device;
    struct cv_video_about about = {0};
    if (cv_video_open(&n->video, n->address, OPEN_MS, READ_MS, &about, NULL) || about.width <= 0 ||
        about.height <= 0)
        return lw_fail(err, LW_MSG_CAMERA_UNREACHABLE, n->shown);
    n->width = info->width = about.width;
    n->height = info->height = about.height;
    info->fps = n->fps;
    snprintf(info->identity, sizeof info->identity, "network %.90s %dx%d", n->shown, about.width, about.height);
    snprintf(info->controls, sizeof info->controls, "%s",
             _("exposure, white balance and focus of a network camera are set in the camera itself"));
    return LW_OK;
}

static enum live_got network_read(void *device, struct image *into, struct lw_error *err)
{
    struct network *n = device;
    if (!cv_video_grab(n->video)) {
        lw_fail(err, LW_MSG_CAMERA_SILENT, n->shown);
        return LIVE_BROKEN;
    }
    int width, height;
    if (!into || cv_video_retrieve(n->video, into, &width, &height))
        return LIVE_PICTURE;
    if (width == 0)
        return LIVE_NOTHING;
    lw_fail(err, LW_MSG_CAMERA_SIZE, width, height, n->width, n->height);
    return LIVE_BROKEN;
}

static const struct live_ops network_ops = {network_open, network_read, network_close, free};

/* FFMPEG reads these once it opens a stream. What a user has set stays. */
static void set_options(const char *address)
{
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0); /* quiet: what is wrong, the station says */
    if (strncmp(address, "rtsp", 4) == 0)
        setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS",
               "rtsp_transport;tcp|fflags;nobuffer|probesize;32|analyzeduration;0", 0);
}

enum lw_msg camera_network_create(struct camera **out, const struct camera_config *config, struct lw_error *err)
{
    if (strlen(config->source) >= ADDRESS_SIZE)
        return lw_fail(err, LW_MSG_CAMERA_SOURCE, config->source);
    struct network *n = calloc(1, sizeof *n);
    if (!n)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    snprintf(n->address, sizeof n->address, "%s", config->source);
    hide_password(config->source, n->shown, sizeof n->shown);
    n->fps = config->fps > 0 ? config->fps : CAMERA_DEFAULT_FPS;
    set_options(config->source);
    return live_create(out, &network_ops, n, n->shown, config->width, config->height, err);
}
