// Our buffers as cv::Mat without copying, and exceptions turned into errors. For the files of this folder only.
#pragma once

#include <opencv2/core/mat.hpp>

#include <exception>

#include "image.h"

inline int cv_type(enum image_format f)
{
    return f == IMAGE_GRAY8 ? CV_8UC1 : f == IMAGE_BGR8 ? CV_8UC3 : CV_8UC4;
}

inline cv::Mat cv_wrap(const struct image *im)
{
    return cv::Mat(im->height, im->width, cv_type(im->format), im->data, static_cast<size_t>(im->stride));
}

// Runs `work` and turns whatever it throws into LW_MSG_CV_FAILED; an exception that left into C would abort.
template <typename Work> enum lw_msg cv_guard(struct lw_error *err, Work work) noexcept
{
    try {
        return work();
    } catch (const std::exception &e) {
        return lw_fail(err, LW_MSG_CV_FAILED, e.what());
    } catch (...) {
        return lw_fail(err, LW_MSG_CV_FAILED, "unknown exception");
    }
}
