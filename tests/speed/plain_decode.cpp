#include "plain_decode.h"

#include <opencv2/structured_light.hpp>

#include <ctime>
#include <vector>

static double now_ms()
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

long plain_decode(const struct image *pictures, int count, int projector_width, int projector_height, int lit_min, double *cpu_ms)
try {
    std::vector<cv::Mat> all;
    for (int i = 0; i < count; i++)
        all.emplace_back(pictures[i].height, pictures[i].width, CV_8UC1, pictures[i].data, static_cast<size_t>(pictures[i].stride));
    const std::vector<cv::Mat> patterns(all.begin() + 2, all.end());
    const cv::Mat &white = all.at(0), &black = all.at(1);
    auto coder = cv::structured_light::GrayCodePattern::create(projector_width, projector_height);
    long decoded = 0;
    double began = now_ms();
    for (int y = 0; y < white.rows; y++)
        for (int x = 0; x < white.cols; x++) {
            cv::Point at;
            if (white.at<uchar>(y, x) - black.at<uchar>(y, x) >= lit_min && !coder->getProjPixel(patterns, x, y, at))
                decoded++; /* true means an error */
        }
    *cpu_ms = now_ms() - began;
    return decoded;
} catch (const std::exception &) {
    return -1;
}
