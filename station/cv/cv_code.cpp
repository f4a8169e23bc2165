#include "cv_code.h"
#include "cv_wrap.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#define ZX_USE_UTF8 // texts as std::string
#include <ZXing/BitMatrix.h>
#include <ZXing/MultiFormatWriter.h>
#include <ZXing/ReadBarcode.h>

namespace {

// Twice as large, codes of 2 px a module are read that are not read as they are.
constexpr int enlarged = 2;

// One family at a time: with several at once this version compares bars with squares and ends the program.
bool read_one(const cv::Mat &picture, ZXing::BarcodeFormats formats, cv_code &out)
{
    const auto how = ZXing::DecodeHints().setTryHarder(true).setTryRotate(true).setFormats(formats);
    const auto r = ZXing::ReadBarcode({picture.data, picture.cols, picture.rows, ZXing::ImageFormat::Lum,
                                       static_cast<int>(picture.step)}, how);
    if (!r.isValid() || r.text().empty())
        return false;
    std::snprintf(out.text, sizeof out.text, "%s", r.text().c_str());
    std::snprintf(out.format, sizeof out.format, "%s", ZXing::ToString(r.format()));
    return true;
}

// The direction in which the greys change most (structure tensor), radians: bars lie across it.
double main_direction(const cv::Mat &picture)
{
    cv::Mat dx, dy;
    cv::Sobel(picture, dx, CV_32F, 1, 0);
    cv::Sobel(picture, dy, CV_32F, 0, 1);
    const double xx = dx.dot(dx), yy = dy.dot(dy), xy = dx.dot(dy);
    return 0.5 * std::atan2(2 * xy, xx - yy);
}

cv::Mat turned(const cv::Mat &picture, double angle_rad)
{
    const double side = std::hypot(picture.cols, picture.rows);
    cv::Mat turn = cv::getRotationMatrix2D({picture.cols / 2.0F, picture.rows / 2.0F}, angle_rad * 180 / CV_PI, 1), out;
    turn.at<double>(0, 2) += (side - picture.cols) / 2;
    turn.at<double>(1, 2) += (side - picture.rows) / 2;
    cv::warpAffine(picture, out, turn, {static_cast<int>(side), static_cast<int>(side)}, cv::INTER_LINEAR,
                   cv::BORDER_REPLICATE);
    return out;
}

bool read_square(const cv::Mat &plain, const cv::Mat &large, ZXing::BarcodeFormats formats, cv_code &out)
{
    return read_one(large, formats, out) || read_one(plain, formats, out);
}

bool read_bars(const cv::Mat &large, cv_code &out)
{
    const ZXing::BarcodeFormats bars = ZXing::BarcodeFormat::LinearCodes;
    return read_one(turned(large, main_direction(large)), bars, out) || read_one(large, bars, out);
}

} // namespace

enum lw_msg cv_code_read(const struct image *picture, struct cv_code *out, int max, int *count, struct lw_error *err)
{
    *count = 0;
    return cv_guard(err, [&] {
        cv::Mat plain = cv_wrap(picture), large;
        cv::resize(plain, large, {}, enlarged, enlarged, cv::INTER_CUBIC);
        if (*count < max)
            *count += read_square(plain, large, ZXing::BarcodeFormat::QRCode, out[*count]);
        if (*count < max)
            *count += read_square(plain, large, ZXing::BarcodeFormat::DataMatrix, out[*count]);
        if (*count < max)
            *count += read_bars(large, out[*count]);
        return LW_OK;
    });
}

enum lw_msg cv_code_draw(const char *format, const char *text, unsigned char **modules, int *width, int *height,
                         struct lw_error *err)
{
    *modules = nullptr;
    return cv_guard(err, [&] {
        const auto f = ZXing::BarcodeFormatFromString(format);
        ZXing::MultiFormatWriter writer(f);
        const auto m = writer.setMargin(0).encode(std::string(text), 0, 0);
        const bool bars = ZXing::BarcodeFormats(ZXing::BarcodeFormat::LinearCodes).testFlag(f);
        *width = m.width();
        *height = bars ? 1 : m.height();
        *modules = static_cast<unsigned char *>(std::malloc(static_cast<size_t>(*width) * static_cast<size_t>(*height)));
        if (!*modules)
            return lw_fail(err, LW_MSG_NO_MEMORY);
        for (int i = 0; i < *width * *height; i++)
            (*modules)[i] = m.get(i % *width, i / *width);
        return LW_OK;
    });
}
