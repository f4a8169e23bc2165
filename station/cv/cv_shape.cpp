#include "cv_shape.h"
#include "cv_wrap.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

// Reach of the slow light field, closing, glare gaps: lengths on the bench.
static constexpr double GAIN_MM = 40, CLOSE_MM = 3.5, JOIN_MM = 15;
static constexpr double LOW_SIGMAS = 5, HIGH_SIGMAS = 10;
// Grey levels below which a difference is never believed: quantisation, JPEG.
static constexpr float LOW_GREY = 6, HIGH_GREY = 14;
// A shadow darkens all colours alike, by no more than this, without an edge of its own.
// Of a thing's own contrast; what is fainter is not a part of it.
static constexpr float FAINT_SHARE = 0.3F;
static constexpr double CONTRAST_MIN_MM2 = 100;
static constexpr float SHADOW_DARKEST = 0.72F, SHADOW_HUE = 0.045F;

static cv::Mat floats(const struct image *im)
{
    cv::Mat f, smooth;
    cv::GaussianBlur(cv_wrap(im), smooth, cv::Size(3, 3), 0.8);
    smooth.convertTo(f, CV_32F);
    return f;
}

// after / before where nothing changed, slowly varying; `still` is 1 there.
static cv::Mat gain_field(const cv::Mat &before, const cv::Mat &after, const cv::Mat &still, double mm_per_px)
{
    const int shrink = 4;
    cv::Size small((before.cols + shrink - 1) / shrink, (before.rows + shrink - 1) / shrink);
    int reach = std::max(3, static_cast<int>(GAIN_MM / mm_per_px / shrink)) | 1;
    cv::Mat still3, a, b, out;
    cv::merge(std::vector<cv::Mat>{still, still, still}, still3);
    cv::resize(after.mul(still3), a, small, 0, 0, cv::INTER_AREA);
    cv::resize(before.mul(still3), b, small, 0, 0, cv::INTER_AREA);
    cv::Scalar sum_a = cv::sum(a), sum_b = cv::sum(b);
    cv::Scalar whole;
    for (int c = 0; c < 3; c++)
        whole[c] = sum_b[c] > 1 ? sum_a[c] / sum_b[c] : 1;
    cv::boxFilter(a, a, -1, cv::Size(reach, reach), cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    cv::boxFilter(b, b, -1, cv::Size(reach, reach), cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    // Far from anything unchanged the whole picture's gain rules.
    cv::Scalar prior = cv::Scalar::all(1.0);
    cv::add(b, prior, b);
    cv::add(a, whole, a);
    cv::divide(a, b, a);
    cv::resize(a, out, before.size(), 0, 0, cv::INTER_LINEAR);
    return out;
}

static cv::Mat worst_channel(const cv::Mat &m3)
{
    cv::Mat planes[3], out;
    cv::split(m3, planes);
    cv::max(planes[0], planes[1], out);
    cv::max(out, planes[2], out);
    return out;
}

static float quantile(const cv::Mat &m, const cv::Mat &valid, double share, float top)
{
    int bins = 512;
    float range[] = {0, top};
    const float *ranges[] = {range};
    cv::Mat histogram;
    cv::calcHist(&m, 1, nullptr, valid, histogram, 1, &bins, ranges);
    double total = cv::sum(histogram)[0], seen = 0;
    for (int i = 0; i < bins; i++)
        if ((seen += histogram.at<float>(i)) >= share * total)
            return (static_cast<float>(i) + 0.5F) * top / static_cast<float>(bins);
    return top;
}

static cv::Mat grey_of(const cv::Mat &bgr)
{
    cv::Mat g;
    cv::cvtColor(bgr, g, cv::COLOR_BGR2GRAY);
    return g;
}

static void gradient(const cv::Mat &grey, cv::Mat &gx, cv::Mat &gy)
{
    cv::Sobel(grey, gx, CV_32F, 1, 0, 3, 0.25);
    cv::Sobel(grey, gy, CV_32F, 0, 1, 3, 0.25);
}

struct differences {
    cv::Mat colour, edge, shadow;
    float sigma = 1, edge_sigma = 1, faint = 0;
};

static void compare(const cv::Mat &expected, const cv::Mat &after, const cv::Mat &valid, double noise, differences *d)
{
    cv::Mat diff, ax, ay, bx, by, ratio, planes[3], top, low;
    cv::absdiff(after, expected, diff);
    d->colour = worst_channel(diff);
    gradient(grey_of(after), ax, ay);
    gradient(grey_of(expected), bx, by);
    cv::magnitude(ax - bx, ay - by, d->edge);
    // The lower third is noise whatever lies there: 0.33 quantile of the worst of three half normals is 0.96 sigma;
    // of a Rayleigh 0.895.
    d->sigma = std::max(quantile(d->colour, valid, 0.33, 64) / 0.96F, static_cast<float>(noise) * 0.7F);
    d->edge_sigma = quantile(d->edge, valid, 0.33, 64) / 0.895F;
    cv::divide(after + 1.0, expected + 1.0, ratio);
    cv::split(ratio, planes);
    top = cv::max(cv::max(planes[0], planes[1]), planes[2]);
    low = cv::min(cv::min(planes[0], planes[1]), planes[2]);
    float soft = std::max(LOW_GREY * 0.7F, static_cast<float>(LOW_SIGMAS) * d->edge_sigma);
    cv::Mat worst_edge;
    cv::blur(d->edge, worst_edge, cv::Size(3, 3));
    d->shadow = (low > SHADOW_DARKEST) & (top < 1.02) & (top - low < SHADOW_HUE * 2) & (worst_edge < soft);
}

static cv::Mat disc(double mm, double mm_per_px)
{
    int size = std::max(1, static_cast<int>(mm / mm_per_px + 0.5)) | 1;
    return cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(size, size));
}

static cv::Mat hysteresis(const differences &d, const cv::Mat &valid)
{
    float low = std::max({LOW_GREY, static_cast<float>(LOW_SIGMAS) * d.sigma, d.faint});
    float high = std::max(HIGH_GREY, static_cast<float>(HIGH_SIGMAS) * d.sigma);
    float edge_low = std::max({LOW_GREY * 0.8F, static_cast<float>(LOW_SIGMAS) * d.edge_sigma, d.faint * 0.7F});
    float edge_high = std::max(HIGH_GREY * 0.8F, static_cast<float>(HIGH_SIGMAS) * d.edge_sigma);
    cv::Mat weak = ((d.colour > low) | (d.edge > edge_low)) & ~d.shadow & valid;
    cv::Mat strong = ((d.colour > high) | (d.edge > edge_high)) & weak;
    cv::Mat labels, out = cv::Mat::zeros(weak.size(), CV_8U);
    int n = cv::connectedComponents(weak, labels, 8, CV_32S);
    std::vector<uint8_t> keep(static_cast<size_t>(n), 0);
    for (int y = 0; y < weak.rows; y++)
        for (int x = 0; x < weak.cols; x++)
            if (strong.at<uint8_t>(y, x))
                keep[static_cast<size_t>(labels.at<int>(y, x))] = 255;
    keep[0] = 0;
    for (int y = 0; y < weak.rows; y++)
        for (int x = 0; x < weak.cols; x++)
            out.at<uint8_t>(y, x) = keep[static_cast<size_t>(labels.at<int>(y, x))];
    return out;
}

static cv::Mat changed_mask(const differences &d, const cv::Mat &valid, double mm_per_px)
{
    cv::Mat mask = hysteresis(d, valid), padded;
    cv::copyMakeBorder(mask, padded, 8, 8, 8, 8, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::morphologyEx(padded, padded, cv::MORPH_CLOSE, disc(CLOSE_MM, mm_per_px));
    // a gradient reaches one pixel beyond the rim that it belongs to
    cv::erode(padded, padded, cv::getStructuringElement(cv::MORPH_CROSS, cv::Size(3, 3)));
    return padded(cv::Rect(8, 8, mask.cols, mask.rows)) & valid;
}

struct piece {
    int label, group;
    double area;
};

static void collect(const cv::Mat &mask, const cv::Mat &valid, double mm_per_px, double smallest_px, cv_change *out)
{
    cv::Mat labels, stats, centres, joined, wide, groups, inner;
    int n = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
    cv::Mat kept = cv::Mat::zeros(mask.size(), CV_8U);
    std::vector<uint8_t> big(static_cast<size_t>(n), 0);
    for (int i = 1; i < n; i++)
        big[static_cast<size_t>(i)] = stats.at<int>(i, cv::CC_STAT_AREA) >= smallest_px ? 255 : 0;
    for (int y = 0; y < mask.rows; y++)
        for (int x = 0; x < mask.cols; x++)
            kept.at<uint8_t>(y, x) = big[static_cast<size_t>(labels.at<int>(y, x))];
    cv::distanceTransform(~kept, wide, cv::DIST_L2, 3);
    joined = wide < JOIN_MM / 2 / mm_per_px;
    int count = cv::connectedComponents(joined, groups, 8, CV_32S);
    std::vector<cv_part> parts(static_cast<size_t>(count));
    std::vector<int> order;
    for (auto &p : parts)
        p = {0, 0, 0, mask.cols, mask.rows, 0, 0, 0, 0, 0};
    cv::Mat framed;
    cv::copyMakeBorder(valid, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    // the mask lost its outermost pixel; two rows inside it are the rim
    cv::erode(framed, framed, cv::Mat(), cv::Point(-1, -1), 3);
    inner = framed(cv::Rect(1, 1, mask.cols, mask.rows));
    std::vector<int> group_of(static_cast<size_t>(n), 0);
    for (int y = 0; y < mask.rows; y++)
        for (int x = 0; x < mask.cols; x++) {
            if (!kept.at<uint8_t>(y, x))
                continue;
            int g = groups.at<int>(y, x);
            cv_part &p = parts[static_cast<size_t>(g)];
            group_of[static_cast<size_t>(labels.at<int>(y, x))] = g;
            p.area_px++;
            p.x += x;
            p.y += y;
            p.left = std::min(p.left, x);
            p.top = std::min(p.top, y);
            p.right = std::max(p.right, x);
            p.bottom = std::max(p.bottom, y);
            p.border_px += !inner.at<uint8_t>(y, x);
        }
    for (int i = 1; i < n; i++)
        if (big[static_cast<size_t>(i)]) {
            cv_part &p = parts[static_cast<size_t>(group_of[static_cast<size_t>(i)])];
            p.pieces++;
            p.piece_area_px = std::max<double>(p.piece_area_px, stats.at<int>(i, cv::CC_STAT_AREA));
        }
    for (int g = 1; g < count; g++)
        if (parts[static_cast<size_t>(g)].area_px > 0)
            order.push_back(g);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return parts[static_cast<size_t>(a)].area_px > parts[static_cast<size_t>(b)].area_px;
    });
    std::vector<uint8_t> name(static_cast<size_t>(count), 0);
    out->count = std::min<int>(static_cast<int>(order.size()), CV_SHAPE_PARTS);
    for (int i = 0; i < out->count; i++) {
        cv_part p = parts[static_cast<size_t>(order[static_cast<size_t>(i)])];
        p.x /= p.area_px;
        p.y /= p.area_px;
        out->parts[i] = p;
        name[static_cast<size_t>(order[static_cast<size_t>(i)])] = static_cast<uint8_t>(i + 1);
    }
    for (int y = 0; y < mask.rows; y++)
        for (int x = 0; x < mask.cols; x++)
            image_row(&out->labels, y)[x] =
                kept.at<uint8_t>(y, x) ? name[static_cast<size_t>(groups.at<int>(y, x))] : 0;
}

static void measure(const cv::Mat &before, const cv::Mat &expected, const cv::Mat &after, const cv::Mat &raw,
                    const cv::Mat &mask, const cv::Mat &valid, cv_change *out)
{
    cv::Mat wide, still, ax, ay, bx, by, a, b, white;
    cv::dilate(mask, wide, cv::Mat(), cv::Point(-1, -1), 3);
    still = ~wide & valid;
    cv::Mat grey = grey_of(after);
    out->mean_before = cv::mean(grey_of(before), still)[0];
    out->mean_after = cv::mean(grey, still)[0];
    gradient(grey, ax, ay);
    gradient(grey_of(expected), bx, by);
    cv::magnitude(ax, ay, a);
    cv::magnitude(bx, by, b);
    double edges = cv::mean(b, still)[0];
    out->sharpness = edges > 1e-3 ? cv::mean(a, still)[0] / edges : 1;
    cv::Mat planes[3];
    cv::split(raw, planes);
    white = (planes[0] > 252) & (planes[1] > 252) & (planes[2] > 252) & mask;
    int changed = cv::countNonZero(mask);
    out->clipped_share = changed ? static_cast<double>(cv::countNonZero(white)) / changed : 0;
}

static void run(const struct image *before_im, const struct image *after_im, const cv_change_options *o,
                cv_change *out)
{
    cv::Mat before = floats(before_im), after = floats(after_im);
    cv::Mat valid = o->valid ? cv::Mat(cv_wrap(o->valid) > 0) : cv::Mat(before.size(), CV_8U, cv::Scalar(255));
    cv::Mat ones(before.size(), CV_32F, cv::Scalar(1)), still, gain, expected, mask;
    valid.convertTo(still, CV_32F, 1.0 / 255);
    differences d;
    for (int round = 0; round < 3; round++) {
        gain = gain_field(before, after, still, o->mm_per_px);
        expected = before.mul(gain);
        compare(expected, after, valid, o->noise_grey, &d);
        if (round == 2)
            break;
        // without the hysteresis: what differs at all has no say in the light
        cv::Mat quiet = (d.colour < std::max<double>(LOW_GREY, 4.0 * d.sigma)) & valid;
        cv::erode(quiet, quiet, cv::Mat());
        quiet.convertTo(still, CV_32F, 1.0 / 255);
    }
    mask = changed_mask(d, valid, o->mm_per_px);
    if (cv::countNonZero(mask) * o->mm_per_px * o->mm_per_px > CONTRAST_MIN_MM2) {
        // beside a thing of strong contrast its faint mirror image in the bench does not count
        d.faint = FAINT_SHARE * quantile(d.colour, mask, 0.7, 256);
        mask = changed_mask(d, valid, o->mm_per_px);
    }
    out->noise_grey = d.sigma;
    collect(mask, valid, o->mm_per_px, o->smallest_mm2 / (o->mm_per_px * o->mm_per_px), out);
    measure(before, expected, after, cv_wrap(after_im), cv_wrap(&out->labels) > 0, valid, out);
    cv::Mat plain, to = cv_wrap(&out->plain);
    cv::divide(after, gain, plain);
    plain.convertTo(to, CV_8U);
}

enum lw_msg cv_shape_change(const struct image *before, const struct image *after, const struct cv_change_options *o,
                      struct cv_change *out, struct lw_error *err)
{
    *out = {};
    if (before->width != after->width || before->height != after->height || before->format != IMAGE_BGR8 ||
        after->format != IMAGE_BGR8 || before->width < 16 || before->height < 16)
        return lw_fail(err, LW_MSG_IMAGE_SIZE, after->width, after->height);
    enum lw_msg rc = image_init(&out->labels, before->width, before->height, IMAGE_GRAY8, err);
    if (!rc)
        rc = image_init(&out->plain, before->width, before->height, IMAGE_BGR8, err);
    if (!rc)
        rc = cv_guard(err, [&] {
            run(before, after, o, out);
            return LW_OK;
        });
    if (rc)
        cv_shape_change_finish(out);
    return rc;
}

void cv_shape_change_finish(struct cv_change *c)
{
    image_finish(&c->labels);
    image_finish(&c->plain);
    c->count = 0;
}

static int thin(const std::vector<cv::Point> &points, float *xy, int max)
{
    int total = static_cast<int>(points.size()), n = std::min(total, max);
    for (int i = 0; i < n; i++) {
        const cv::Point &p = points[static_cast<size_t>(static_cast<long>(i) * total / n)];
        xy[2 * i] = static_cast<float>(p.x);
        xy[2 * i + 1] = static_cast<float>(p.y);
    }
    return n;
}

static std::vector<std::vector<cv::Point>> contours_of(const struct image *labels, int label, int mode)
{
    std::vector<std::vector<cv::Point>> contours;
    cv::Mat mask = cv_wrap(labels) == label, padded;
    cv::copyMakeBorder(mask, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::findContours(padded, contours, mode, cv::CHAIN_APPROX_NONE, cv::Point(-1, -1));
    return contours;
}

int cv_shape_outline(const struct image *labels, int label, float *xy, int max, struct lw_error *err)
{
    int n = -1;
    cv_guard(err, [&] {
        std::vector<cv::Point> all;
        for (const auto &c : contours_of(labels, label, cv::RETR_CCOMP))
            all.insert(all.end(), c.begin(), c.end());
        n = thin(all, xy, max);
        return LW_OK;
    });
    return n;
}

int cv_shape_rim(const struct image *labels, int label, float *xy, int max, struct lw_error *err)
{
    int n = -1;
    cv_guard(err, [&] {
        std::vector<cv::Point> longest;
        for (const auto &c : contours_of(labels, label, cv::RETR_EXTERNAL))
            if (c.size() > longest.size())
                longest = c;
        n = thin(longest, xy, max);
        return LW_OK;
    });
    return n;
}

enum lw_msg cv_shape_distance(const float *xy, int count, int width, int height, float *out, struct lw_error *err)
{
    return cv_guard(err, [&] {
        cv::Mat points(height, width, CV_8U, cv::Scalar(255)), to(height, width, CV_32F, out);
        for (int i = 0; i < count; i++) {
            int x = cvRound(xy[2 * i]), y = cvRound(xy[2 * i + 1]);
            if (x >= 0 && y >= 0 && x < width && y < height)
                points.at<uint8_t>(y, x) = 0;
        }
        cv::distanceTransform(points, to, cv::DIST_L2, cv::DIST_MASK_5);
        return LW_OK;
    });
}
