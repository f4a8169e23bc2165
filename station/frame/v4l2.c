/* USB webcams through the kernel's V4L2 interface. */
#include "live.h"

#include "backend.h"
#include "clock.h"
#include "cv_video.h"
#include "v4l2_controls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFERS 3 /* one being filled, one waiting, one being decoded */

/* Taken when the configuration says 0: enough for the instruments, and every webcam has it. */
#define USUAL_WIDTH 1280
#define USUAL_HEIGHT 720

struct v4l2 {
    char path[128];
    int want_width, want_height, mains_hz;
    double fps;
    struct v4l2_settled settled;

    int fd;
    uint32_t fourcc;
    int width, height;
    uint32_t stride; /* bytes a row, YUYV only */
    bool streaming;
    struct {
        uint8_t *data;
        size_t size;
    } buffers[BUFFERS];
    int buffer_count;
};

static int request(int fd, unsigned long what, void *arg)
{
    int rc;
    do
        rc = ioctl(fd, what, arg);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static enum lw_msg failed(const struct v4l2 *v, struct lw_error *err)
{
    switch (errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return lw_fail(err, LW_MSG_CAMERA_ABSENT, v->path);
    case EACCES:
    case EPERM:
        return lw_fail(err, LW_MSG_CAMERA_RIGHTS, v->path);
    case EBUSY:
        return lw_fail(err, LW_MSG_CAMERA_BUSY, v->path);
    default:
        return lw_fail(err, LW_MSG_CAMERA_FAILED, v->path, strerror(errno));
    }
}

static bool try_format(struct v4l2 *v, uint32_t fourcc)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix.width = v->want_width ? (uint32_t)v->want_width : USUAL_WIDTH;
    format.fmt.pix.height = v->want_height ? (uint32_t)v->want_height : USUAL_HEIGHT;
    format.fmt.pix.pixelformat = fourcc;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    if (request(v->fd, VIDIOC_S_FMT, &format) < 0 || format.fmt.pix.pixelformat != fourcc)
        return false;
    v->fourcc = fourcc;
    v->width = (int)format.fmt.pix.width;
    v->height = (int)format.fmt.pix.height;
    v->stride = format.fmt.pix.bytesperline;
    return true;
}

static enum lw_msg set_format(struct v4l2 *v, struct lw_error *err)
{
    /* MJPEG first: uncompressed 1280x720 comes at 10 pictures a second over USB 2 */
    if (!try_format(v, V4L2_PIX_FMT_MJPEG) && !try_format(v, V4L2_PIX_FMT_YUYV)) {
        if (errno == EBUSY)
            return failed(v, err);
        return lw_fail(err, LW_MSG_CAMERA_FORMAT, v->path);
    }
    if (v->fourcc == V4L2_PIX_FMT_YUYV && v->stride < (uint32_t)v->width * 2)
        v->stride = (uint32_t)v->width * 2;
    struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    rate.parm.capture.timeperframe.numerator = 1000;
    rate.parm.capture.timeperframe.denominator = (uint32_t)(v->fps * 1000);
    request(v->fd, VIDIOC_S_PARM, &rate); /* the camera takes the nearest it has */
    return LW_OK;
}

static bool queue(const struct v4l2 *v, uint32_t i)
{
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    return request(v->fd, VIDIOC_QBUF, &buffer) == 0;
}

static enum lw_msg start_stream(struct v4l2 *v, struct lw_error *err)
{
    struct v4l2_requestbuffers wanted = {
        .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (request(v->fd, VIDIOC_REQBUFS, &wanted) < 0)
        return failed(v, err);
    for (uint32_t i = 0; i < wanted.count && i < BUFFERS; i++) {
        struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
        if (request(v->fd, VIDIOC_QUERYBUF, &buffer) < 0)
            return failed(v, err);
        void *data = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, buffer.m.offset);
        if (data == MAP_FAILED)
            return failed(v, err);
        v->buffers[i].data = data;
        v->buffers[i].size = buffer.length;
        v->buffer_count = (int)i + 1;
        if (!queue(v, i))
            return failed(v, err);
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (request(v->fd, VIDIOC_STREAMON, &type) < 0)
        return failed(v, err);
    v->streaming = true;
    return LW_OK;
}

static void v4l2_close(void *device)
{
    struct v4l2 *v = device;
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (v->streaming)
        request(v->fd, VIDIOC_STREAMOFF, &type);
    v->streaming = false;
    for (int i = 0; i < v->buffer_count; i++)
        munmap(v->buffers[i].data, v->buffers[i].size);
    v->buffer_count = 0;
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
}

static enum live_got decode(const struct v4l2 *v, const struct v4l2_buffer *buffer, struct image *into,
                            struct lw_error *err)
{
    const uint8_t *data = v->buffers[buffer->index].data;
    if (buffer->flags & V4L2_BUF_FLAG_ERROR)
        return LIVE_NOTHING;
    if (v->fourcc == V4L2_PIX_FMT_YUYV) {
        if (buffer->bytesused < v->stride * (uint32_t)v->height)
            return LIVE_NOTHING;
        return !into || cv_video_from_yuyv(data, v->stride, into) ? LIVE_PICTURE : LIVE_NOTHING;
    }
    int width, height;
    if (!cv_video_whole_jpeg(data, buffer->bytesused))
        return LIVE_NOTHING;
    if (!into || cv_video_from_jpeg(data, buffer->bytesused, into, &width, &height))
        return LIVE_PICTURE;
    if (width == 0)
        return LIVE_NOTHING;
    lw_fail(err, LW_MSG_CAMERA_SIZE, width, height, v->width, v->height);
    return LIVE_BROKEN;
}

static enum live_got v4l2_read(void *device, struct image *into, struct lw_error *err)
{
    struct v4l2 *v = device;
    struct pollfd ready = {.fd = v->fd, .events = POLLIN};
    int n = poll(&ready, 1, LIVE_SLICE_MS);
    if (n == 0 || (n < 0 && errno == EINTR))
        return LIVE_NOTHING;
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (request(v->fd, VIDIOC_DQBUF, &buffer) < 0) {
        if (errno == EAGAIN && !(ready.revents & POLLERR))
            return LIVE_NOTHING;
        lw_fail(err, LW_MSG_CAMERA_UNPLUGGED, v->path);
        return LIVE_BROKEN;
    }
    enum live_got got = decode(v, &buffer, into, err);
    if (!queue(v, buffer.index)) {
        lw_fail(err, LW_MSG_CAMERA_UNPLUGGED, v->path);
        return LIVE_BROKEN;
    }
    return got;
}

/* Lets exposure settle while pictures run and are thrown away, then locks it. */
static enum lw_msg settle_and_lock(struct v4l2 *v, struct camera_info *info, struct lw_error *err)
{
    struct lw_clock clock;
    clock_init_real(&clock);
    v4l2_controls_settle(v->fd, v->mains_hz);
    int64_t until = clock_now_ns(&clock) + (v->settled.known ? 0 : V4L2_SETTLE_NS);
    while (clock_now_ns(&clock) < until)
        if (v4l2_read(v, NULL, err) == LIVE_BROKEN)
            return err->id;
    v4l2_controls_lock(v->fd, &v->settled, info);
    return LW_OK;
}

static void describe(const struct v4l2 *v, const struct v4l2_capability *about, struct camera_info *info)
{
    snprintf(info->identity, sizeof info->identity, "%s %s %s %dx%d %s", (const char *)about->driver,
             (const char *)about->card, (const char *)about->bus_info, v->width, v->height,
             v->fourcc == V4L2_PIX_FMT_MJPEG ? "MJPEG" : "YUYV");
    info->width = v->width;
    info->height = v->height;
    struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    info->fps = v->fps;
    if (request(v->fd, VIDIOC_G_PARM, &rate) == 0 && rate.parm.capture.timeperframe.numerator)
        info->fps = (double)rate.parm.capture.timeperframe.denominator / rate.parm.capture.timeperframe.numerator;
}

static enum lw_msg v4l2_open(void *device, struct camera_info *info, struct lw_error *err)
{
    struct v4l2 *v = device;
    v->fd = open(v->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (v->fd < 0)
        return failed(v, err);
    struct v4l2_capability about = {0};
    if (request(v->fd, VIDIOC_QUERYCAP, &about) < 0)
        return errno == ENOTTY ? lw_fail(err, LW_MSG_CAMERA_SOURCE, v->path) : failed(v, err);
    uint32_t can = about.capabilities & V4L2_CAP_DEVICE_CAPS ? about.device_caps : about.capabilities;
    if (!(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING))
        return lw_fail(err, LW_MSG_CAMERA_SOURCE, v->path);
    enum lw_msg rc = set_format(v, err);
    if (rc)
        return rc;
    describe(v, &about, info);
    if ((v->want_width && v->want_width != v->width) || (v->want_height && v->want_height != v->height))
        return LW_OK; /* the caller refuses the size and says so */
    rc = start_stream(v, err);
    return rc ? rc : settle_and_lock(v, info, err);
}

static const struct live_ops v4l2_ops = {v4l2_open, v4l2_read, v4l2_close, free};

enum lw_msg camera_v4l2_create(struct camera **out, const struct camera_config *config, struct lw_error *err)
{
    struct v4l2 *v = calloc(1, sizeof *v);
    if (!v)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    v->fd = -1;
    if (config->source[0] == '/')
        snprintf(v->path, sizeof v->path, "%s", config->source);
    else
        snprintf(v->path, sizeof v->path, "/dev/video%s", config->source);
    v->want_width = config->width;
    v->want_height = config->height;
    v->mains_hz = config->mains_hz;
    v->fps = config->fps > 0 ? config->fps : CAMERA_DEFAULT_FPS;
    return live_create(out, &v4l2_ops, v, v->path, config->width, config->height, err);
}
