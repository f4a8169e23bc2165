#include "cv_video.h"
#include "cv_wrap.hpp"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <cstdlib>
#include <cstring>

struct cv_video {
    cv::VideoCapture capture;
    bool raw; // grabbing gives the stream's own JPEG pictures
};

/* MJPEG is fetched as it was sent: OpenCV 4.6 decodes a picture whose size changed in the middle of a stream as if it
 * still had the old one (and reads beyond it), passes on damaged ones, and decodes those that nobody asks for. */
static bool take_raw(cv::VideoCapture &capture)
{
    int fourcc = static_cast<int>(capture.get(cv::CAP_PROP_FOURCC));
    bool mjpeg = fourcc == cv::VideoWriter::fourcc('M', 'J', 'P', 'G') || // in a file
                 fourcc == cv::VideoWriter::fourcc('m', 'j', 'p', 'e');   // over HTTP
    return mjpeg && capture.set(cv::CAP_PROP_FORMAT, -1);
}

enum lw_msg cv_video_open(struct cv_video **out, const char *address, int open_ms, int read_ms,
                          struct cv_video_about *about, struct lw_error *err)
{
    *out = nullptr;
    return cv_guard(err, [&]() -> enum lw_msg {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        auto v = new cv_video;
        bool open = false;
        try {
            open = v->capture.open(address, cv::CAP_FFMPEG,
                                   {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, open_ms, cv::CAP_PROP_READ_TIMEOUT_MSEC,
                                    read_ms});
        } catch (...) {
            delete v;
            throw;
        }
        if (!open) {
            delete v;
            return lw_fail(err, LW_MSG_CV_FAILED, "no video there");
        }
        about->width = static_cast<int>(v->capture.get(cv::CAP_PROP_FRAME_WIDTH));
        about->height = static_cast<int>(v->capture.get(cv::CAP_PROP_FRAME_HEIGHT));
        about->fps = v->capture.get(cv::CAP_PROP_FPS);
        double count = v->capture.get(cv::CAP_PROP_FRAME_COUNT);
        about->pictures = count > 0 && count < 1e9 ? static_cast<long>(count) : 0;
        v->raw = take_raw(v->capture);
        *out = v;
        return LW_OK;
    });
}

bool cv_video_grab(struct cv_video *v)
{
    return cv_guard(nullptr, [&] { return v->capture.grab() ? LW_OK : LW_MSG_CV_FAILED; }) == LW_OK;
}

/* OpenCV keeps our buffer when size and type fit and takes its own otherwise. */
static enum lw_msg landed(const cv::Mat &m, const struct image *into, int *width, int *height)
{
    *width = m.cols;
    *height = m.rows;
    return !m.empty() && m.data == into->data ? LW_OK : LW_MSG_CV_FAILED;
}

bool cv_video_retrieve(struct cv_video *v, struct image *into, int *width, int *height)
{
    *width = *height = 0;
    return cv_guard(nullptr, [&] {
               if (v->raw) {
                   cv::Mat jpeg;
                   if (!v->capture.retrieve(jpeg) || !cv_video_whole_jpeg(jpeg.data, jpeg.total()))
                       return LW_MSG_CV_FAILED;
                   return cv_video_from_jpeg(jpeg.data, jpeg.total(), into, width, height) ? LW_OK : LW_MSG_CV_FAILED;
               }
               cv::Mat m = cv_wrap(into);
               if (!v->capture.retrieve(m))
                   return LW_MSG_CV_FAILED;
               return landed(m, into, width, height);
           }) == LW_OK;
}

void cv_video_close(struct cv_video **v)
{
    if (!*v)
        return;
    cv_guard(nullptr, [&] {
        (*v)->capture.release();
        return LW_OK;
    });
    delete *v;
    *v = nullptr;
}

bool cv_video_whole_jpeg(const uint8_t *data, size_t size)
{
    if (size < 4 || data[0] != 0xff || data[1] != 0xd8)
        return false;
    while (size > 4 && (data[size - 1] == 0 || data[size - 1] == '\r' || data[size - 1] == '\n'))
        size--;
    return data[size - 2] == 0xff && data[size - 1] == 0xd9;
}

bool cv_video_from_yuyv(const uint8_t *data, ptrdiff_t stride, struct image *into)
{
    return cv_guard(nullptr, [&] {
               cv::Mat in(into->height, into->width, CV_8UC2, const_cast<uint8_t *>(data),
                          static_cast<size_t>(stride));
               cv::Mat m = cv_wrap(into);
               cv::cvtColor(in, m, cv::COLOR_YUV2BGR_YUYV);
               return LW_OK;
           }) == LW_OK;
}

enum lw_msg cv_video_encode(const struct image *in, const char *ending, int quality, uint8_t **data, size_t *size,
                            struct lw_error *err)
{
    *data = nullptr;
    *size = 0;
    return cv_guard(err, [&]() -> enum lw_msg {
        std::vector<unsigned char> bytes;
        std::vector<int> how = {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_PNG_COMPRESSION, 1};
        if (!cv::imencode(ending, cv_wrap(in), bytes, how))
            return lw_fail(err, LW_MSG_CV_FAILED, "encoding");
        *data = static_cast<uint8_t *>(std::malloc(bytes.size()));
        if (!*data)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        std::memcpy(*data, bytes.data(), bytes.size());
        *size = bytes.size();
        return LW_OK;
    });
}
