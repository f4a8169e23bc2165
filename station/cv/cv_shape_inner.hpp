// Between the finding of what changed and its parts.
#pragma once

#include "cv_shape.h"
#include "cv_wrap.hpp"

#include <opencv2/imgproc.hpp>

#include <vector>

struct differences {
    cv::Mat colour, edge, shadow; // float, float, 255 where it is a shadow
    cv::Mat neutral;              // 255 where it is darker in the same colour
    cv::Mat body;                 // 255 where a faint thing with sharp ends lies
    cv::Mat hard;                 // 255 where it may be a hard shadow
    cv::Mat grey, expected;       // of after, and of before in the light of after
    cv::Mat old_edge;             // grey levels a pixel, of expected
    float sigma = 1, edge_sigma = 1, faint = 0;
};

static inline cv::Rect whole(const cv::Mat &m)
{
    return {0, 0, m.cols, m.rows};
}

// Fills in labels and parts. `different`: what differs strongly, shadow or not.
void cv_shape_collect(const cv::Mat &mask, const cv::Mat &different, const cv::Mat &valid, double mm_per_px, double smallest_px,
                      cv_change *out);

// Fills in the doubt and the parts' bare areas: what may be a shadow, where enough of a part remains without it.
void cv_shape_mark_doubt(const differences &d, cv_change *out);
