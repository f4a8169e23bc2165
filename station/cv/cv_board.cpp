#include "cv_board.h"
#include "cv_wrap.hpp"

#include <cstring>
#include <opencv2/aruco.hpp>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

namespace {

const char *const names[] = {
    "DICT_4X4_50",         "DICT_4X4_100",        "DICT_4X4_250",        "DICT_4X4_1000",
    "DICT_5X5_50",         "DICT_5X5_100",        "DICT_5X5_250",        "DICT_5X5_1000",
    "DICT_6X6_50",         "DICT_6X6_100",        "DICT_6X6_250",        "DICT_6X6_1000",
    "DICT_7X7_50",         "DICT_7X7_100",        "DICT_7X7_250",        "DICT_7X7_1000",
    "DICT_ARUCO_ORIGINAL", "DICT_APRILTAG_16h5",  "DICT_APRILTAG_25h9",  "DICT_APRILTAG_36h10",
    "DICT_APRILTAG_36h11", nullptr,
};

cv::Ptr<cv::aruco::Dictionary> dictionary(const char *name)
{
    for (int i = 0; names[i]; i++)
        if (std::strcmp(names[i], name) == 0)
            return cv::aruco::getPredefinedDictionary(i); // the names stand in OpenCV's order
    return {};
}

// What a chessboard is first looked for in: larger pictures take seconds where there is none.
constexpr int search_width_px = 1400;

} // namespace

const char *const *cv_board_dictionaries(void)
{
    return names;
}

int cv_board_dictionary(const char *name, int *tags)
{
    int size = 0;
    lw_error err;
    cv_guard(&err, [&] {
        auto d = dictionary(name);
        if (d) {
            size = d->markerSize;
            *tags = d->bytesList.rows;
        }
        return LW_OK;
    });
    return size;
}

bool cv_board_bits(const char *name, int id, unsigned char bits[64])
{
    lw_error err;
    bool found = false;
    cv_guard(&err, [&] {
        auto d = dictionary(name);
        if (!d || id < 0 || id >= d->bytesList.rows)
            return LW_OK;
        cv::Mat m = cv::aruco::Dictionary::getBitsFromByteList(d->bytesList.row(id), d->markerSize);
        for (int i = 0; i < d->markerSize * d->markerSize; i++)
            bits[i] = m.at<unsigned char>(i / d->markerSize, i % d->markerSize);
        found = true;
        return LW_OK;
    });
    return found;
}

enum lw_msg cv_board_tags(const struct image *picture, const char *name, struct cv_tag *tags, int max, int *count,
                          struct lw_error *err)
{
    *count = 0;
    return cv_guard(err, [&] {
        auto d = dictionary(name);
        if (!d)
            return lw_fail(err, LW_MSG_CV_FAILED, name);
        auto how = cv::aruco::DetectorParameters::create();
        how->adaptiveThreshWinSizeMin = 5;
        how->adaptiveThreshWinSizeMax = 45; // a tag's border may be 3 to 20 px wide
        how->adaptiveThreshWinSizeStep = 10;
        how->minMarkerPerimeterRate = 0.015; // of the picture's larger side
        how->perspectiveRemovePixelPerCell = 8;
        how->cornerRefinementMethod = cv::aruco::CORNER_REFINE_NONE; // refined tags make corners jump
        std::vector<std::vector<cv::Point2f>> corners;
        std::vector<int> ids;
        cv::aruco::detectMarkers(cv_wrap(picture), d, corners, ids, how);
        for (size_t i = 0; i < ids.size() && *count < max; i++) {
            cv_tag &t = tags[(*count)++];
            t.id = ids[i];
            for (size_t k = 0; k < 4; k++) {
                t.x[k] = corners[i][k].x;
                t.y[k] = corners[i][k].y;
            }
        }
        return LW_OK;
    });
}

bool cv_board_chess(const struct image *picture, int across, int down, float *xy)
{
    lw_error err;
    bool found = false;
    cv_guard(&err, [&] {
        cv::Mat whole = cv_wrap(picture), small = whole;
        double scale = 1;
        if (picture->width > search_width_px) {
            scale = static_cast<double>(search_width_px) / picture->width;
            cv::resize(whole, small, {}, scale, scale, cv::INTER_AREA);
        }
        const cv::Size size(across, down);
        std::vector<cv::Point2f> corners;
        found = cv::findChessboardCorners(small, size, corners,
                                          cv::CALIB_CB_ADAPTIVE_THRESH | cv::CALIB_CB_NORMALIZE_IMAGE |
                                              cv::CALIB_CB_FAST_CHECK);
        if (!found)
            found = cv::findChessboardCornersSB(small, size, corners,
                                                cv::CALIB_CB_NORMALIZE_IMAGE | cv::CALIB_CB_EXHAUSTIVE);
        for (size_t i = 0; found && i < corners.size(); i++) {
            xy[2 * i] = static_cast<float>((corners[i].x + 0.5) / scale - 0.5);
            xy[2 * i + 1] = static_cast<float>((corners[i].y + 0.5) / scale - 0.5);
        }
        return LW_OK;
    });
    return found;
}
