// The parts of what changed: what hangs together, what of it may be shadow, its outlines.
#include "cv_shape_inner.hpp"

#include <algorithm>
#include <cmath>

static constexpr double JOIN_MM = 15; // glare splits a thing by less
// What may be a hard shadow is left out of a thing's second outline when such a share of the thing remains; so much of
// a shadow's rim is the thing's too.
static constexpr double BARE_SHARE = 0.35, OUTER_SHARE = 0.3;
static constexpr double ONE_SIDED = 0.35; // length of the mean of the directions to the dark rims
static constexpr double COLOURED_SHARE = 0.5; // of a part: then all that only darkens may be shadow
static constexpr double SPLINTER_SHARE = 0.04; // of the largest piece of a thing; smaller ones are no part of it

// Two rows inside the rim of what may be judged; the mask lost its outermost pixel.
static cv::Mat inner_of(const cv::Mat &valid)
{
    cv::Mat framed;
    cv::copyMakeBorder(valid, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::erode(framed, framed, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(7, 7)));
    return framed(cv::Rect(1, 1, valid.cols, valid.rows));
}

struct pieces {
    cv::Mat labels, groups; // of the area
    std::vector<uint8_t> big;
    std::vector<double> areas;
    int groups_count = 0;
};

// Crumbs within the reach of a thing are residues beside it, not parts of it.
static void drop_splinters(pieces &p)
{
    std::vector<int> group_of(p.big.size(), 0);
    std::vector<double> largest(static_cast<size_t>(p.groups_count), 0);
    for (int y = 0; y < p.labels.rows; y++)
        for (int x = 0; x < p.labels.cols; x++)
            group_of[static_cast<size_t>(p.labels.at<int>(y, x))] = p.groups.at<int>(y, x);
    for (size_t i = 1; i < p.big.size(); i++)
        if (p.big[i])
            largest[static_cast<size_t>(group_of[i])] = std::max(largest[static_cast<size_t>(group_of[i])], p.areas[i]);
    for (size_t i = 1; i < p.big.size(); i++)
        if (p.big[i] && p.areas[i] < SPLINTER_SHARE * largest[static_cast<size_t>(group_of[i])])
            p.big[i] = 0;
}

static pieces find_pieces(const cv::Mat &mask, double mm_per_px, double smallest_px)
{
    pieces p;
    cv::Mat stats, centres, wide, kept(mask.size(), CV_8U);
    int n = cv::connectedComponentsWithStats(mask, p.labels, stats, centres, 8, CV_32S);
    for (int i = 0; i < n; i++) {
        p.areas.push_back(stats.at<int>(i, cv::CC_STAT_AREA));
        p.big.push_back(i > 0 && p.areas.back() >= smallest_px ? 255 : 0);
    }
    for (int y = 0; y < mask.rows; y++)
        for (int x = 0; x < mask.cols; x++)
            kept.at<uint8_t>(y, x) = p.big[static_cast<size_t>(p.labels.at<int>(y, x))];
    cv::distanceTransform(~kept, wide, cv::DIST_L2, 3);
    cv::Mat joined = wide < JOIN_MM / 2 / mm_per_px;
    p.groups_count = cv::connectedComponents(joined, p.groups, 8, CV_32S);
    drop_splinters(p);
    return p;
}

static void add_pixel(cv_part &p, int x, int y, bool inner)
{
    p.area_px++;
    p.x += x;
    p.y += y;
    p.left = std::min(p.left, x);
    p.top = std::min(p.top, y);
    p.right = std::max(p.right, x);
    p.bottom = std::max(p.bottom, y);
    p.border_px += !inner;
}

// An arm that crosses the rim counts there even where it looks like its own shadow.
static std::vector<cv_part> parts_of(const pieces &f, const cv::Mat &different, const cv::Mat &valid, const cv::Rect &area)
{
    std::vector<cv_part> parts(static_cast<size_t>(f.groups_count));
    std::vector<int> group_of(f.big.size(), 0);
    cv::Mat inner = inner_of(valid);
    for (auto &p : parts)
        p = {0, 0, 0, 0, valid.cols, valid.rows, 0, 0, 0, 0, 0};
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            int l = f.labels.at<int>(y, x), g = f.groups.at<int>(y, x);
            bool inside = inner.at<uint8_t>(y + area.y, x + area.x) != 0;
            if (!f.big[static_cast<size_t>(l)]) {
                if (g && !inside)
                    parts[static_cast<size_t>(g)].border_px += different.at<uint8_t>(y + area.y, x + area.x) != 0;
                continue;
            }
            group_of[static_cast<size_t>(l)] = g;
            add_pixel(parts[static_cast<size_t>(g)], x + area.x, y + area.y,
                      inside);
        }
    for (size_t i = 1; i < f.big.size(); i++)
        if (f.big[i]) {
            cv_part &p = parts[static_cast<size_t>(group_of[i])];
            p.pieces++;
            p.piece_area_px = std::max(p.piece_area_px, f.areas[i]);
        }
    return parts;
}

void cv_shape_collect(const cv::Mat &mask, const cv::Mat &different, const cv::Mat &valid, double mm_per_px, double smallest_px,
                      cv_change *out)
{
    int reach = static_cast<int>(JOIN_MM / mm_per_px) + 2;
    cv::Rect area = cv::boundingRect(mask);
    cv_wrap(&out->labels).setTo(0);
    if (area.empty())
        return;
    area = cv::Rect(area.x - reach, area.y - reach, area.width + 2 * reach, area.height + 2 * reach) & whole(mask);
    pieces f = find_pieces(mask(area), mm_per_px, smallest_px);
    std::vector<cv_part> parts = parts_of(f, different, valid, area);
    std::vector<size_t> order;
    for (size_t g = 1; g < parts.size(); g++)
        if (parts[g].area_px > 0)
            order.push_back(g);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return parts[a].area_px > parts[b].area_px; });
    std::vector<uint8_t> name(parts.size(), 0);
    out->count = std::min<int>(static_cast<int>(order.size()), CV_SHAPE_PARTS);
    for (int i = 0; i < out->count; i++) {
        cv_part p = parts[order[static_cast<size_t>(i)]];
        p.x /= p.area_px;
        p.y /= p.area_px;
        out->parts[i] = p;
        name[order[static_cast<size_t>(i)]] = static_cast<uint8_t>(i + 1);
    }
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++)
            if (f.big[static_cast<size_t>(f.labels.at<int>(y, x))])
                image_row(&out->labels, y + area.y)[x + area.x] = name[static_cast<size_t>(f.groups.at<int>(y, x))];
}

// Which parts have their dark rims on one side: away from the light. Those that are mostly dark have no sides.
static std::vector<bool> shadows_lie_on_one_side(const cv::Mat &labels, const cv::Mat &dark, const std::vector<int> &coloured,
                                                 const std::vector<int> &all)
{
    cv::Mat mask = labels > 0, wide, gx, gy;
    std::vector<double> sx(all.size(), 0), sy(sx), n(sx);
    std::vector<bool> out(all.size(), false);
    mask.convertTo(wide, CV_32F, 1.0 / 255);
    cv::blur(wide, wide, cv::Size(5, 5), cv::Point(-1, -1), cv::BORDER_CONSTANT);
    cv::Sobel(wide, gx, CV_32F, 1, 0);
    cv::Sobel(wide, gy, CV_32F, 0, 1);
    for (int y = 0; y < labels.rows; y++)
        for (int x = 0; x < labels.cols; x++) {
            auto l = static_cast<size_t>(labels.at<uint8_t>(y, x));
            float dx = gx.at<float>(y, x), dy = gy.at<float>(y, x), length = std::sqrt(dx * dx + dy * dy);
            if (!l || !dark.at<uint8_t>(y, x) || length < 0.5F)
                continue;
            n[l]++, sx[l] += dx / length, sy[l] += dy / length;
        }
    for (size_t l = 1; l < all.size(); l++)
        out[l] = coloured[l] > COLOURED_SHARE * all[l] && std::hypot(sx[l], sy[l]) > ONE_SIDED * n[l];
    return out;
}

// A shadow lies beside the thing: much of its rim is a rim of both.
static void keep_outer(cv::Mat &shadow, const cv::Mat &mask)
{
    cv::Mat labels, inner;
    cv::erode(mask, inner, cv::getStructuringElement(cv::MORPH_CROSS, cv::Size(3, 3)));
    auto n = static_cast<size_t>(cv::connectedComponents(shadow, labels, 8, CV_32S));
    std::vector<int> rim(n, 0), outer(n, 0);
    for (int y = 1; y + 1 < mask.rows; y++)
        for (int x = 1; x + 1 < mask.cols; x++) {
            int l = labels.at<int>(y, x);
            if (!l || (labels.at<int>(y, x - 1) == l && labels.at<int>(y, x + 1) == l && labels.at<int>(y - 1, x) == l &&
                       labels.at<int>(y + 1, x) == l))
                continue;
            rim[static_cast<size_t>(l)]++;
            outer[static_cast<size_t>(l)] += !inner.at<uint8_t>(y, x);
        }
    for (int y = 0; y < mask.rows; y++)
        for (int x = 0; x < mask.cols; x++) {
            auto l = static_cast<size_t>(labels.at<int>(y, x));
            if (l && outer[l] < OUTER_SHARE * rim[l])
                shadow.at<uint8_t>(y, x) = 0;
        }
}

void cv_shape_mark_doubt(const differences &d, cv_change *out)
{
    cv::Mat labels = cv_wrap(&out->labels), doubt = cv_wrap(&out->doubt);
    doubt.setTo(0);
    cv::Rect area = cv::boundingRect(labels);
    if (area.empty())
        return;
    const cv::Mat neutral = d.neutral(area), hard = d.hard(area);
    labels = labels(area), doubt = doubt(area);
    std::vector<int> all(CV_SHAPE_PARTS + 1, 0), dark(all), coloured(all);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<uint8_t>(y, x));
            all[l]++;
            coloured[l] += neutral.at<uint8_t>(y, x) == 0;
        }
    std::vector<bool> one_sided = shadows_lie_on_one_side(labels, neutral, coloured, all);
    cv::Mat shadow(area.size(), CV_8U);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<uint8_t>(y, x));
            const cv::Mat &from = one_sided[l] ? neutral : hard;
            shadow.at<uint8_t>(y, x) = l ? from.at<uint8_t>(y, x) : 0;
        }
    cv::morphologyEx(shadow, shadow, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(2, 2)));
    keep_outer(shadow, labels);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++)
            dark[static_cast<size_t>(labels.at<uint8_t>(y, x))] += shadow.at<uint8_t>(y, x) != 0;
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<uint8_t>(y, x));
            bool keep = l && all[l] - dark[l] > BARE_SHARE * all[l];
            doubt.at<uint8_t>(y, x) = keep ? shadow.at<uint8_t>(y, x) : 0;
        }
    for (int i = 0; i < out->count; i++) {
        auto l = static_cast<size_t>(i + 1);
        out->parts[i].bare_px = out->parts[i].area_px - (all[l] - dark[l] > BARE_SHARE * all[l] ? dark[l] : 0);
    }
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
