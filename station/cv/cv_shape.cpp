#include "cv_shape_inner.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

// Reach of the slow light field, closing: lengths on the bench.
static constexpr double GAIN_MM = 40, CLOSE_MM = 3.5;
static constexpr int GAIN_CELL = 4; // px; light is slow
static constexpr float LOW_SIGMAS = 5, HIGH_SIGMAS = 10, STILL_SIGMAS = 4;
// Grey levels below which a difference is never believed: quantisation, JPEG.
static constexpr float LOW_GREY = 6, HIGH_GREY = 14;
// Edges that were there before: by so many pixels the looks may lie beside one another, and by such a share a smooth
// shadow may change them.
static constexpr float SHIFT_PX = 0.3F, EDGE_FADE = 0.35F;
// Of a thing's own contrast; what is fainter is not a part of it.
static constexpr float FAINT_SHARE = 0.3F;
static constexpr double LIT_SHARE = 0.6; // of what changed is no shadow: then only that tells the contrast
static constexpr double CONTRAST_MIN_MM2 = 100;
// A hard shadow takes at least so much of the light.
static constexpr float HARD_LIGHTEST = 0.85F;
// What is so much darker than the ground on both sides of it lies in a shadow already: there only stray light is left, of which a
// thing nearby takes any share.
static constexpr float DEEP_SHARE = 0.65F, DEEP_DARKEST = 0.1F;
static constexpr double GROUND_MM = 25; // the narrowest ground that is dark by itself
// An enclosed place is inside of the thing when so much of it differs by so little: white on white.
static constexpr double INSIDE_SHARE = 0.6;
// A soft darkening is a thing, not a shadow, when so much of its rim faces the ground, and most of that is sharp.
static constexpr double SHARP_SHARE = 0.6, BODY_MIN_MM2 = 25, FACING_SHARE = 0.25;
static constexpr float BRIGHT_GREY = 80; // white on white, pale cases; in dark foam such things are mirror images
static constexpr float SHARP = 0.6F; // of twice the gradient of a step that is one pixel wide
static constexpr int FACING_PX = 4; // so far beyond its rim the ground is asked
static constexpr float INSIDE_GREY = 3, INSIDE_SIGMAS = 2.5F;
// A shadow darkens all colours alike, by no more than this, and adds no edge of its own: what it darkens keeps its edges.
// Grey levels by which a colour may deviate: a share of the expected ones, and what neighbours' colours reflect.
static constexpr float SHADOW_DARKEST = 0.45F, SHADOW_HUE = 0.045F, SHADOW_HUE_GREY = 4;
// The lower third is noise whatever lies there: 0.33 quantile of the worst of three half normals, in sigmas, and of a
// Rayleigh distribution.
static constexpr double NOISE_SHARE = 0.33;
static constexpr float WORST_OF_3 = 0.96F, RAYLEIGH = 0.895F;
static constexpr float NOISE_TOP = 64; // grey levels
static constexpr int SAMPLE_STEP = 3;  // px between those that a quantile asks

static float quantile(const cv::Mat &m, const cv::Mat &mask, const cv::Rect &area, double share, float top, int step)
{
    enum { BINS = 512 };
    int bins[BINS] = {0}, total = 0;
    float scale = BINS / top;
    for (int y = area.y; y < area.y + area.height; y += step) {
        const auto *v = m.ptr<float>(y);
        const auto *in = mask.ptr<uint8_t>(y);
        for (int x = area.x + y % step; x < area.x + area.width; x += step)
            if (in[x]) {
                bins[std::min<int>(BINS - 1, static_cast<int>(v[x] * scale))]++;
                total++;
            }
    }
    double seen = 0;
    for (int i = 0; i < BINS; i++)
        if ((seen += bins[i]) >= share * total)
            return (static_cast<float>(i) + 0.5F) / scale;
    return top;
}

static cv::Mat worst_channel(const cv::Mat &m3)
{
    cv::Mat planes[3], out;
    cv::split(m3, planes);
    cv::max(planes[0], planes[1], out);
    cv::max(out, planes[2], out);
    return out;
}

// after / before where `still` is 1, slowly varying.
static cv::Mat gain_of(const cv::Mat &before, const cv::Mat &after, const cv::Mat &still, int reach)
{
    cv::Mat still3, a, b;
    cv::merge(std::vector<cv::Mat>{still, still, still}, still3);
    a = after.mul(still3);
    b = before.mul(still3);
    cv::Scalar sum_a = cv::sum(a), sum_b = cv::sum(b), mean;
    for (int c = 0; c < 3; c++)
        mean[c] = sum_b[c] > 1 ? sum_a[c] / sum_b[c] : 1;
    cv::boxFilter(a, a, -1, cv::Size(reach, reach), cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    cv::boxFilter(b, b, -1, cv::Size(reach, reach), cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    // far from anything unchanged the whole picture's gain rules
    cv::add(b, cv::Scalar::all(1), b);
    cv::add(a, mean, a);
    cv::divide(a, b, a);
    return a;
}

// The light field of cells: what differs at all has no say in it.
static cv::Mat gain_field(const cv::Mat &before8, const cv::Mat &after8, const cv::Mat &valid, double mm_per_px)
{
    cv::Size small((before8.cols + GAIN_CELL - 1) / GAIN_CELL, (before8.rows + GAIN_CELL - 1) / GAIN_CELL);
    int reach = std::max(3, static_cast<int>(GAIN_MM / mm_per_px / GAIN_CELL)) | 1;
    cv::Mat a, b, in, still, gain, out;
    cv::resize(after8, a, small, 0, 0, cv::INTER_AREA);
    cv::resize(before8, b, small, 0, 0, cv::INTER_AREA);
    cv::resize(valid, in, small, 0, 0, cv::INTER_AREA);
    a.convertTo(a, CV_32F);
    b.convertTo(b, CV_32F);
    in = in == 255;
    in.convertTo(still, CV_32F, 1.0 / 255);
    for (int round = 0;; round++) {
        gain = gain_of(b, a, still, reach);
        if (round == 2)
            break;
        cv::Mat diff;
        cv::absdiff(a, b.mul(gain), diff);
        diff = worst_channel(diff);
        float sigma = quantile(diff, in, whole(diff), NOISE_SHARE, NOISE_TOP, 1) / WORST_OF_3;
        cv::Mat quiet = (diff < std::max(LOW_GREY * 0.7F, STILL_SIGMAS * sigma)) & in;
        cv::erode(quiet, quiet, cv::Mat());
        quiet.convertTo(still, CV_32F, 1.0 / 255);
    }
    cv::resize(gain, out, before8.size(), 0, 0, cv::INTER_LINEAR);
    return out;
}

static inline float grey_of(float b, float g, float r)
{
    return 0.114F * b + 0.587F * g + 0.299F * r;
}

static void compare_row(const uint8_t *before, const uint8_t *after, const float *gain, int n, float *colour,
                        float *grey, float *expected, uint8_t *shadow, uint8_t *tinted)
{
    for (int x = 0; x < n; x++, before += 3, after += 3, gain += 3) {
        float e0 = before[0] * gain[0], e1 = before[1] * gain[1], e2 = before[2] * gain[2];
        float a0 = after[0], a1 = after[1], a2 = after[2];
        float d = std::max(std::max(std::abs(a0 - e0), std::abs(a1 - e1)), std::abs(a2 - e2));
        colour[x] = d;
        grey[x] = grey_of(a0, a1, a2);
        expected[x] = grey_of(e0, e1, e2);
        float share = (grey[x] + 1) / (expected[x] + 1);
        float hue = std::max(std::max(std::abs(a0 - share * e0), std::abs(a1 - share * e1)), std::abs(a2 - share * e2));
        bool neutral = (share < 1.02F) & (hue < SHADOW_HUE_GREY + SHADOW_HUE * expected[x]);
        // beside a coloured thing its shadow is tinted by it
        tinted[x] = static_cast<uint8_t>((share < HARD_LIGHTEST) & (hue < 2 * SHADOW_HUE_GREY + SHADOW_HUE * expected[x]) ? 255 : 0);
        shadow[x] = static_cast<uint8_t>(!neutral ? 0 : share > SHADOW_DARKEST ? 255 : share > DEEP_DARKEST ? 128 : 0);
    }
}

// Gradients of `after` less those that `before` has there, darkened by the same share: of a smooth shadow none is left.
static cv::Mat own_edges(differences &d)
{
    cv::Mat ax, ay, ex, ey, out(d.grey.size(), CV_32F);
    d.old_edge.create(d.grey.size(), CV_32F);
    cv::Sobel(d.grey, ax, CV_32F, 1, 0, 3, 0.25);
    cv::Sobel(d.grey, ay, CV_32F, 0, 1, 3, 0.25);
    cv::Sobel(d.expected, ex, CV_32F, 1, 0, 3, 0.25);
    cv::Sobel(d.expected, ey, CV_32F, 0, 1, 3, 0.25);
    for (int y = 0; y < out.rows; y++) {
        const auto *g = d.grey.ptr<float>(y), *e = d.expected.ptr<float>(y);
        const auto *gx = ax.ptr<float>(y), *gy = ay.ptr<float>(y), *hx = ex.ptr<float>(y), *hy = ey.ptr<float>(y);
        auto *o = out.ptr<float>(y), *old = d.old_edge.ptr<float>(y);
        for (int x = 0; x < out.cols; x++) {
            float share = (g[x] + 1) / (e[x] + 1), dx = gx[x] - share * hx[x], dy = gy[x] - share * hy[x];
            o[x] = std::sqrt(dx * dx + dy * dy);
            old[x] = 0.5F * std::sqrt(hx[x] * hx[x] + hy[x] * hy[x]);
        }
    }
    return out;
}

// 255 in narrow places where the ground is much darker than on both sides.
static cv::Mat in_shadow(const cv::Mat &expected, double mm_per_px)
{
    cv::Size small((expected.cols + GAIN_CELL - 1) / GAIN_CELL, (expected.rows + GAIN_CELL - 1) / GAIN_CELL);
    int reach = std::max(3, static_cast<int>(GROUND_MM / mm_per_px / GAIN_CELL)) | 1;
    cv::Mat ground;
    cv::resize(expected, ground, small, 0, 0, cv::INTER_AREA);
    cv::morphologyEx(ground, ground, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(reach, reach)));
    cv::resize(ground, ground, expected.size(), 0, 0, cv::INTER_LINEAR);
    return expected < ground * DEEP_SHARE;
}

static void compare(const cv::Mat &before, const cv::Mat &after, const cv::Mat &gain, const cv::Mat &valid,
                    double noise, double mm_per_px, differences *d)
{
    cv::Mat gx, gy, soft;
    d->colour.create(before.size(), CV_32F);
    d->grey.create(before.size(), CV_32F);
    d->expected.create(before.size(), CV_32F);
    d->shadow.create(before.size(), CV_8U);
    d->neutral.create(before.size(), CV_8U);
    for (int y = 0; y < before.rows; y++)
        compare_row(before.ptr<uint8_t>(y), after.ptr<uint8_t>(y), gain.ptr<float>(y), before.cols,
                    d->colour.ptr<float>(y), d->grey.ptr<float>(y), d->expected.ptr<float>(y),
                    d->shadow.ptr<uint8_t>(y), d->neutral.ptr<uint8_t>(y));
    cv::Mat change = d->grey - d->expected;
    cv::Sobel(change, gx, CV_32F, 1, 0, 3, 0.25);
    cv::Sobel(change, gy, CV_32F, 0, 1, 3, 0.25);
    cv::magnitude(gx, gy, d->edge);
    d->sigma = std::max(quantile(d->colour, valid, whole(valid), NOISE_SHARE, NOISE_TOP, SAMPLE_STEP) / WORST_OF_3,
                        static_cast<float>(noise) * 0.7F);
    d->edge_sigma = quantile(d->edge, valid, whole(valid), NOISE_SHARE, NOISE_TOP, SAMPLE_STEP) / RAYLEIGH;
    soft = own_edges(*d);
    cv::blur(soft, soft, cv::Size(3, 3));
    float limit = std::max(LOW_GREY * 0.7F, LOW_SIGMAS * d->edge_sigma);
    cv::Mat deep = in_shadow(d->expected, mm_per_px) & (d->shadow > 0);
    cv::Mat neutral = d->shadow > 0, core = neutral & (soft < limit) & (d->grey < HARD_LIGHTEST * d->expected);
    cv::dilate(core, core, cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(5, 5)));
    d->hard = core & neutral;
    d->shadow = deep | ((d->shadow == 255) & (soft < limit));
}

// Of the labels' rims: how much there is, how much of it does not lie beside what differs far more, and how much of
// that is as steep as the mean change of the label (of `edge`, the steepest nearby).
static void face_ground(const cv::Mat &labels, const cv::Mat &colour, const std::vector<float> &mean, const cv::Mat &edge, float least,
                        std::vector<int> &rim, std::vector<int> &faces, std::vector<int> &sharp_faces)
{
    cv::Mat mask = labels > 0, wide, gx, gy;
    mask.convertTo(wide, CV_32F, 1.0 / 255);
    cv::blur(wide, wide, cv::Size(5, 5), cv::Point(-1, -1), cv::BORDER_CONSTANT);
    cv::Sobel(wide, gx, CV_32F, 1, 0);
    cv::Sobel(wide, gy, CV_32F, 0, 1);
    for (int y = 1; y + 1 < labels.rows; y++)
        for (int x = 1; x + 1 < labels.cols; x++) {
            int l = labels.at<int>(y, x);
            if (!l || (labels.at<int>(y, x - 1) == l && labels.at<int>(y, x + 1) == l && labels.at<int>(y - 1, x) == l &&
                       labels.at<int>(y + 1, x) == l))
                continue;
            auto i = static_cast<size_t>(l);
            float dx = gx.at<float>(y, x), dy = gy.at<float>(y, x), length = std::hypot(dx, dy) + 1e-6F;
            bool strong = false;
            for (int step = 1; step <= FACING_PX; step++) {
                int ox = x - cvRound(static_cast<float>(step) * dx / length), oy = y - cvRound(static_cast<float>(step) * dy / length);
                strong = strong || (ox >= 0 && oy >= 0 && ox < labels.cols && oy < labels.rows && colour.at<float>(oy, ox) > std::max(HIGH_GREY, 2 * mean[i]));
            }
            rim[i]++;
            faces[i] += !strong;
            sharp_faces[i] += !strong && edge.at<float>(y, x) > std::max(least, SHARP * mean[i]);
        }
}

// Evenly darker or fainter things have no edges inside either, but where they end: these are no shadows.
static void keep_bodies(differences &d, const cv::Mat &valid, double mm_per_px)
{
    cv::Mat weak = (d.colour > std::max(INSIDE_GREY, INSIDE_SIGMAS * d.sigma)) & (d.shadow | (d.colour <= d.faint)), labels, sharp;
    cv::morphologyEx(weak, weak, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(3, 3)));
    weak &= valid & (d.expected > BRIGHT_GREY);
    cv::dilate(d.edge, sharp, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(5, 5)));
    d.body = cv::Mat::zeros(d.colour.size(), CV_8U);
    cv::Rect area = cv::boundingRect(weak);
    if (area.empty())
        return;
    int reach = FACING_PX + 1;
    area = cv::Rect(area.x - reach, area.y - reach, area.width + 2 * reach, area.height + 2 * reach) & whole(weak);
    const cv::Mat colour = d.colour(area);
    cv::Mat shadow = d.shadow(area), body = d.body(area);
    auto n = static_cast<size_t>(cv::connectedComponents(weak(area), labels, 4, CV_32S));
    std::vector<int> size(n, 0), rim(n, 0), faces(n, 0), sharp_faces(n, 0);
    std::vector<float> mean(n, 0);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<int>(y, x));
            size[l]++;
            mean[l] += colour.at<float>(y, x);
        }
    for (size_t l = 0; l < n; l++)
        mean[l] /= static_cast<float>(std::max(1, size[l]));
    face_ground(labels, colour, mean, sharp(area), std::max(LOW_GREY * 0.8F, LOW_SIGMAS * d.edge_sigma), rim, faces, sharp_faces);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<int>(y, x));
            if (l && size[l] * mm_per_px * mm_per_px > BODY_MIN_MM2 && faces[l] > FACING_SHARE * rim[l] &&
                sharp_faces[l] > SHARP_SHARE * faces[l])
                shadow.at<uint8_t>(y, x) = 0, body.at<uint8_t>(y, x) = 255;
        }
    cv::dilate(d.body, d.body, cv::Mat());
}

struct thresholds {
    float low, high, edge_low, edge_high;
    thresholds(const differences &d, float faint)
        : low(std::max({LOW_GREY, LOW_SIGMAS * d.sigma, faint})), high(std::max({HIGH_GREY, HIGH_SIGMAS * d.sigma, low})),
          edge_low(std::max({LOW_GREY * 0.8F, LOW_SIGMAS * d.edge_sigma, faint * 0.7F})),
          edge_high(std::max({HIGH_GREY * 0.8F, HIGH_SIGMAS * d.edge_sigma, edge_low}))
    {
    }
};

// 0 nothing, 1 weak, 2 strong
static cv::Mat grade(const differences &d, const cv::Mat &valid)
{
    const thresholds plain(d, 0), beside(d, d.faint);
    cv::Mat out(valid.size(), CV_8U);
    for (int y = 0; y < out.rows; y++) {
        const auto *c = d.colour.ptr<float>(y), *e = d.edge.ptr<float>(y), *was = d.old_edge.ptr<float>(y);
        const auto *body = d.body.ptr<uint8_t>(y), *s = d.shadow.ptr<uint8_t>(y), *v = valid.ptr<uint8_t>(y);
        auto *o = out.ptr<uint8_t>(y);
        for (int x = 0; x < out.cols; x++) {
            float shift = SHIFT_PX * was[x], fade = 2 * EDGE_FADE * was[x];
            const thresholds &t = body[x] ? plain : beside;
            auto weak = static_cast<uint8_t>((c[x] > t.low + shift) | (e[x] > t.edge_low + fade));
            auto strong = static_cast<uint8_t>((c[x] > t.high + shift) | (e[x] > t.edge_high + fade));
            o[x] = static_cast<uint8_t>((weak + strong) & (s[x] ? 0 : 3) & v[x]);
        }
    }
    return out;
}

static cv::Mat disc(double mm, double mm_per_px)
{
    int size = std::max(1, static_cast<int>(mm / mm_per_px + 0.5)) | 1;
    return cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(size, size));
}

// The weak ones that hang together with a strong one; 255.
static cv::Mat hysteresis(const cv::Mat &grades)
{
    cv::Mat labels, out = cv::Mat::zeros(grades.size(), CV_8U);
    int n = cv::connectedComponents(grades, labels, 8, CV_32S);
    std::vector<uint8_t> keep(static_cast<size_t>(n), 0);
    for (int y = 0; y < grades.rows; y++) {
        const auto *g = grades.ptr<uint8_t>(y);
        const auto *l = labels.ptr<int>(y);
        for (int x = 0; x < grades.cols; x++)
            if (g[x] == 2)
                keep[static_cast<size_t>(l[x])] = 255;
    }
    keep[0] = 0;
    for (int y = 0; y < grades.rows; y++) {
        const auto *l = labels.ptr<int>(y);
        auto *o = out.ptr<uint8_t>(y);
        for (int x = 0; x < grades.cols; x++)
            o[x] = keep[static_cast<size_t>(l[x])];
    }
    return out;
}

// Places that the mask encloses belong to the thing when they differ, if ever so little, or when no edge divides them
// from it: white on white.
static void fill_inside(const differences &d, cv::Mat &mask)
{
    cv::Mat outside = ~mask, labels, soft;
    cv::Rect area = cv::boundingRect(mask);
    if (area.empty())
        return;
    area = cv::Rect(area.x - 1, area.y - 1, area.width + 2, area.height + 2) & whole(mask);
    int n = cv::connectedComponents(outside(area), labels, 4, CV_32S);
    cv::blur(d.grey(area) - d.expected(area), soft, cv::Size(3, 3));
    std::vector<int> size(static_cast<size_t>(n), 0), differs(size), rim(size), border(size), sharp(size);
    cv::Mat edges = d.edge(area) > std::max(LOW_GREY, LOW_SIGMAS * d.edge_sigma), near;
    cv::dilate(mask(area), near, cv::getStructuringElement(cv::MORPH_CROSS, cv::Size(3, 3)));
    cv::dilate(edges, edges, cv::Mat());
    const cv::Mat colour = d.colour(area), shadow = d.shadow(area);
    cv::Mat inside = mask(area);
    float least = std::max(INSIDE_GREY, INSIDE_SIGMAS * d.sigma);
    float strong = std::max(2 * HIGH_GREY, 0.5F * d.faint / FAINT_SHARE);
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<int>(y, x));
            size[l]++;
            float c = colour.at<float>(y, x);
            bool plain = !shadow.at<uint8_t>(y, x) && (std::abs(soft.at<float>(y, x)) > least || c > 2 * least);
            differs[l] += plain || c > strong; // as dark as the thing around it
            border[l] += near.at<uint8_t>(y, x) != 0;
            sharp[l] += near.at<uint8_t>(y, x) && edges.at<uint8_t>(y, x);
            rim[l] += x == 0 || y == 0 || x + 1 == area.width || y + 1 == area.height;
        }
    for (int y = 0; y < area.height; y++)
        for (int x = 0; x < area.width; x++) {
            auto l = static_cast<size_t>(labels.at<int>(y, x));
            if (l > 0 && !rim[l] &&
                (differs[l] > INSIDE_SHARE * size[l] || sharp[l] < (1 - SHARP_SHARE) * border[l]))
                inside.at<uint8_t>(y, x) = 255;
        }
}

static cv::Mat changed_mask(const differences &d, const cv::Mat &valid, double mm_per_px)
{
    cv::Mat grades = grade(d, valid), mask = cv::Mat::zeros(valid.size(), CV_8U), padded;
    cv::Rect area = cv::boundingRect(grades);
    if (area.empty())
        return mask;
    cv::copyMakeBorder(hysteresis(grades(area)), padded, 8, 8, 8, 8, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::morphologyEx(padded, padded, cv::MORPH_CLOSE, disc(CLOSE_MM, mm_per_px));
    // a gradient reaches one pixel beyond the rim that it belongs to
    cv::erode(padded, padded, cv::getStructuringElement(cv::MORPH_CROSS, cv::Size(3, 3)));
    cv::Mat to = mask(area);
    cv::bitwise_and(padded(cv::Rect(8, 8, area.width, area.height)), valid(area), to);
    fill_inside(d, mask);
    return mask;
}

// Blur makes an edge wide and leaves its height: the squares tell.
static inline double energy(float dx, float dy)
{
    return static_cast<double>(dx) * dx + static_cast<double>(dy) * dy;
}

// Light and sharpness where nothing changed, on every other row.
static void measure(const cv::Mat &before, const differences &d, const cv::Mat &mask, const cv::Mat &valid,
                    cv_change *out)
{
    cv::Mat wide;
    cv::dilate(mask, wide, cv::getStructuringElement(cv::MORPH_RECT, cv::Size(7, 7)));
    double light_before = 0, light_after = 0, n = 0, still[2] = {0, 0}, all[2] = {0, 0}; // energies: after, expected
    for (int y = 1; y + 1 < mask.rows; y += 2) {
        const auto *w = wide.ptr<uint8_t>(y), *v = valid.ptr<uint8_t>(y), *b = before.ptr<uint8_t>(y);
        const auto *g = d.grey.ptr<float>(y), *g1 = d.grey.ptr<float>(y + 1);
        const auto *e = d.expected.ptr<float>(y), *e1 = d.expected.ptr<float>(y + 1);
        for (int x = 1; x + 1 < mask.cols; x++) {
            if (!v[x])
                continue;
            double after = energy(g[x + 1] - g[x - 1], g1[x] - g[x]);
            double expected = energy(e[x + 1] - e[x - 1], e1[x] - e[x]);
            all[0] += after, all[1] += expected;
            if (w[x])
                continue;
            n++;
            still[0] += after, still[1] += expected;
            light_before += grey_of(b[3 * x], b[3 * x + 1], b[3 * x + 2]);
            light_after += g[x];
        }
    }
    out->mean_before = n > 0 ? light_before / n : 0;
    out->mean_after = n > 0 ? light_after / n : 0;
    out->sharpness = 1;
    // out of focus all edges seem changed, so that none is left where nothing did
    for (const double *share : {still, all})
        if (n > 0 && share[1] / n > 1e-3)
            out->sharpness = std::min(out->sharpness, std::sqrt(share[0] / share[1]));
}

// After in the light of before, and the share of white, where something changed.
static void relight(const cv::Mat &after, const cv::Mat &gain, const struct image *raw, cv_change *out)
{
    cv::Mat labels = cv_wrap(&out->labels), plain = cv_wrap(&out->plain);
    cv::Rect area = cv::boundingRect(labels);
    int changed = 0, white = 0;
    plain.setTo(0);
    out->clipped_share = 0;
    if (area.empty())
        return;
    cv::Rect with_rim = cv::Rect(area.x - 2, area.y - 2, area.width + 4, area.height + 4) & whole(labels);
    cv::Mat from, to = plain(with_rim), light;
    after(with_rim).convertTo(from, CV_32F);
    cv::divide(from, gain(with_rim), light);
    light.convertTo(to, CV_8U);
    for (int y = area.y; y < area.y + area.height; y++)
        for (int x = area.x; x < area.x + area.width; x++) {
            const uint8_t *p = image_row(raw, y) + 3 * x;
            changed += labels.at<uint8_t>(y, x) != 0;
            white += labels.at<uint8_t>(y, x) && p[0] > 252 && p[1] > 252 && p[2] > 252;
        }
    out->clipped_share = changed ? static_cast<double>(white) / changed : 0;
}

static void change_of(const struct image *before_im, const struct image *after_im, const cv_change_options *o,
                      cv_change *out)
{
    cv::Mat before, after;
    cv::GaussianBlur(cv_wrap(before_im), before, cv::Size(3, 3), 0.8);
    cv::GaussianBlur(cv_wrap(after_im), after, cv::Size(3, 3), 0.8);
    cv::Mat valid = o->valid ? cv::Mat(cv_wrap(o->valid) > 0) : cv::Mat(before.size(), CV_8U, cv::Scalar(255));
    cv::Mat light = o->light_everywhere ? cv::Mat(before.size(), CV_8U, cv::Scalar(255)) : valid;
    cv::Mat gain = gain_field(before, after, light, o->mm_per_px);
    differences d;
    compare(before, after, gain, light, o->noise_grey, o->mm_per_px, &d);
    keep_bodies(d, valid, o->mm_per_px);
    cv::Mat mask = changed_mask(d, valid, o->mm_per_px);
    if (cv::countNonZero(mask) * o->mm_per_px * o->mm_per_px > CONTRAST_MIN_MM2) {
        cv::Mat lit = mask & ~d.hard;
        bool enough = cv::countNonZero(lit) > LIT_SHARE * cv::countNonZero(mask);
        d.faint = FAINT_SHARE * quantile(d.colour, enough ? lit : mask, cv::boundingRect(mask), 0.7, 256, 1);
        // beside a thing of strong contrast its faint mirror image in the bench does not count
        keep_bodies(d, valid, o->mm_per_px);
        mask = changed_mask(d, valid, o->mm_per_px);
    }
    out->noise_grey = d.sigma;
    cv_shape_collect(mask, (d.colour > std::max(HIGH_GREY, HIGH_SIGMAS * d.sigma)) & valid, valid, o->mm_per_px, o->smallest_mm2 / (o->mm_per_px * o->mm_per_px), out);
    cv_shape_mark_doubt(d, out);
    measure(before, d, mask, valid, out);
    relight(after, gain, after_im, out);
}

// What is judged, and as much beyond it as blur and gradients reach.
static cv::Rect judged_area(const cv_change_options *o, const cv::Rect &all)
{
    if (!o->valid || o->light_everywhere)
        return all;
    cv::Rect r = cv::boundingRect(cv_wrap(o->valid));
    int x0 = std::max(0, r.x - GAIN_CELL) / GAIN_CELL * GAIN_CELL, y0 = std::max(0, r.y - GAIN_CELL) / GAIN_CELL * GAIN_CELL;
    int x1 = (r.x + r.width) / GAIN_CELL * GAIN_CELL + 2 * GAIN_CELL, y1 = (r.y + r.height) / GAIN_CELL * GAIN_CELL + 2 * GAIN_CELL;
    r = cv::Rect(x0, y0, x1 - x0, y1 - y0) & all;
    return r.width < 4 * GAIN_CELL || r.height < 4 * GAIN_CELL ? all : r;
}

// Only there; the parts are told in pixels of the whole pictures.
static void run(const struct image *before, const struct image *after, const cv_change_options *o, cv_change *out)
{
    cv::Rect a = judged_area(o, cv::Rect(0, 0, before->width, before->height));
    auto window = [&a](const struct image &im) { return image_window(&im, a.x, a.y, a.width, a.height); };
    struct image b = window(*before), c = window(*after), valid = {};
    cv_change in = *out;
    cv_change_options options = *o;
    if (o->valid)
        valid = window(*o->valid), options.valid = &valid;
    in.labels = window(out->labels), in.plain = window(out->plain), in.doubt = window(out->doubt);
    change_of(&b, &c, &options, &in);
    for (int i = 0; i < in.count; i++) {
        cv_part &p = in.parts[i];
        p.x += a.x, p.y += a.y, p.left += a.x, p.right += a.x, p.top += a.y, p.bottom += a.y;
    }
    in.labels = out->labels, in.plain = out->plain, in.doubt = out->doubt;
    *out = in;
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
        rc = image_init(&out->doubt, before->width, before->height, IMAGE_GRAY8, err);
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
    image_finish(&c->doubt);
    c->count = 0;
}

