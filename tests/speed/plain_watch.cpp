#include "plain_watch.h"

#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>

#include <vector>

static cv::Mat grey(const struct image *im)
{
    cv::Mat g;
    cv::cvtColor(cv::Mat(im->height, im->width, CV_8UC3, im->data, static_cast<size_t>(im->stride)), g,
                 cv::COLOR_BGR2GRAY);
    return g;
}

static cv::Mat changed(const cv::Mat &a, const cv::Mat &b, std::vector<std::vector<cv::Point>> *contours)
{
    cv::Mat d;
    cv::absdiff(a, b, d);
    cv::threshold(d, d, 25, 255, cv::THRESH_BINARY);
    cv::findContours(d.clone(), *contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
    return d;
}

int plain_watch(const struct image *a, const struct image *b)
{
    std::vector<std::vector<cv::Point>> contours;
    changed(grey(a), grey(b), &contours);
    return static_cast<int>(contours.size());
}

int plain_zones(const struct image *a, const struct image *b, const struct zone_px *zones, int count)
{
    int seen = 0;
    for (int i = 0; i < count; i++) {
        std::vector<std::vector<cv::Point>> contours;
        struct image x = image_window(a, zones[i].x, zones[i].y, zones[i].width, zones[i].height);
        struct image y = image_window(b, zones[i].x, zones[i].y, zones[i].width, zones[i].height);
        if (x.width > 0 && x.height > 0)
            changed(grey(&x), grey(&y), &contours);
        seen += !contours.empty();
    }
    return seen;
}

int plain_check(const struct image *before, const struct image *after, const struct image *taught, int count)
{
    std::vector<std::vector<cv::Point>> contours;
    cv::Mat now = grey(after), mask = changed(grey(before), now, &contours), wide;
    if (cv::countNonZero(mask) < 100)
        return -1;
    cv::dilate(mask, wide, cv::Mat(), cv::Point(-1, -1), 4);
    auto orb = cv::ORB::create(500, 1.2F, 8, 12, 0, 2, cv::ORB::HARRIS_SCORE, 12);
    std::vector<cv::KeyPoint> points;
    cv::Mat seen;
    orb->detectAndCompute(now, wide, points, seen);
    int best = -1;
    size_t most = 0;
    for (int i = 0; i < count && !seen.empty(); i++) {
        std::vector<cv::KeyPoint> taught_points;
        cv::Mat known;
        orb->detectAndCompute(grey(&taught[i]), cv::noArray(), taught_points, known);
        if (known.empty())
            continue;
        std::vector<std::vector<cv::DMatch>> matches;
        cv::BFMatcher(cv::NORM_HAMMING).knnMatch(seen, known, matches, 2);
        size_t good = 0;
        for (const auto &m : matches)
            good += m.size() == 2 && m[0].distance < 0.8F * m[1].distance;
        if (good > most)
            most = good, best = i;
    }
    return best;
}
