#include "plain_video.h"

#include <opencv2/videoio.hpp>

bool plain_video_read(const char *address, int count)
{
    cv::VideoCapture capture;
    cv::Mat m;
    bool ok = capture.open(address, cv::CAP_FFMPEG);
    for (int i = 0; ok && i < count; i++)
        ok = capture.read(m);
    return ok;
}
