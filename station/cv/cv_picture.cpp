#include "cv_picture.h"
#include "cv_wrap.hpp"

#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

static int conversion(enum image_format from, enum image_format to)
{
    switch (from * 10 + to) {
    case IMAGE_GRAY8 * 10 + IMAGE_BGR8:
        return cv::COLOR_GRAY2BGR;
    case IMAGE_GRAY8 * 10 + IMAGE_BGRA8:
        return cv::COLOR_GRAY2BGRA;
    case IMAGE_BGR8 * 10 + IMAGE_GRAY8:
        return cv::COLOR_BGR2GRAY;
    case IMAGE_BGR8 * 10 + IMAGE_BGRA8:
        return cv::COLOR_BGR2BGRA;
    case IMAGE_BGRA8 * 10 + IMAGE_GRAY8:
        return cv::COLOR_BGRA2GRAY;
    default:
        return cv::COLOR_BGRA2BGR;
    }
}

enum lw_msg cv_picture_convert(const struct image *in, enum image_format format, struct image *out,
                               struct lw_error *err)
{
    if (in->format == format)
        return image_copy(out, in, err);
    enum lw_msg rc = image_init(out, in->width, in->height, format, err);
    if (rc)
        return rc;
    rc = cv_guard(err, [&] {
        cv::Mat to = cv_wrap(out);
        cv::cvtColor(cv_wrap(in), to, conversion(in->format, format));
        return LW_OK;
    });
    if (rc)
        image_finish(out);
    return rc;
}

enum lw_msg cv_picture_read(const char *path, enum image_format format, struct image *out, struct lw_error *err)
{
    *out = image{};
    return cv_guard(err, [&]() -> enum lw_msg {
        int flags = format == IMAGE_GRAY8  ? cv::IMREAD_GRAYSCALE
                    : format == IMAGE_BGR8 ? cv::IMREAD_COLOR
                                           : cv::IMREAD_UNCHANGED;
        cv::Mat m = cv::imread(path, flags);
        if (m.empty() || m.depth() != CV_8U || m.channels() == 2)
            return lw_fail_at(err, path, 0, LW_MSG_PICTURE_READ, path);
        struct image seen = {m.data, m.cols, m.rows, static_cast<ptrdiff_t>(m.step),
                             static_cast<enum image_format>(m.channels()), false};
        return cv_picture_convert(&seen, format, out, err);
    });
}

enum lw_msg cv_picture_write(const char *path, const struct image *in, struct lw_error *err)
{
    return cv_guard(err, [&] {
        return cv::imwrite(path, cv_wrap(in)) ? LW_OK : lw_fail_at(err, path, 0, LW_MSG_PICTURE_WRITE, path);
    });
}

enum lw_msg cv_picture_resize(const struct image *in, int width, int height, struct image *out, struct lw_error *err)
{
    enum lw_msg rc = image_init(out, width, height, in->format, err);
    if (rc)
        return rc;
    rc = cv_guard(err, [&] {
        cv::Mat to = cv_wrap(out);
        int how = width < in->width ? cv::INTER_AREA : cv::INTER_LINEAR;
        cv::resize(cv_wrap(in), to, to.size(), 0, 0, how);
        return LW_OK;
    });
    if (rc)
        image_finish(out);
    return rc;
}

void cv_setup(int threads)
{
    cv::setNumThreads(threads);
    cv::setRNGSeed(1);
}
