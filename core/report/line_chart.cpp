// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/line_chart.h"

#include "core/report/html.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace luthier::report {

namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 260;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 16;
constexpr double kBottom = 32;
constexpr std::size_t kMostPoints = 400; // of a curve
constexpr std::size_t kColours = 4;

std::string number(double value, int digits)
{
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits);
    return {buffer.data(), end.ptr};
}

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void take(double value)
    {
        if (std::isfinite(value)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    double width() const { return high > low ? high - low : 1; }
};

// A round number of which a handful fit.
double stepOf(double width)
{
    const double rough = width / 5;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (rough <= factor * power) {
            return factor * power;
        }
    }
    return 10 * power;
}

class Frame {
public:
    Frame(Range x, Range y) : m_x(x), m_y(y) {}

    double x(double value) const { return kLeft + (value - m_x.low) / m_x.width() * (kWidth - kLeft - kRight); }
    double y(double value) const { return kHeight - kBottom - (value - m_y.low) / m_y.width() * (kHeight - kTop - kBottom); }

    std::string axes() const
    {
        std::string svg;
        const double stepY = stepOf(m_y.width());
        for (double value = std::ceil(m_y.low / stepY) * stepY; value <= m_y.high + 1e-12 * m_y.width(); value += stepY) {
            svg += "<line class=\"axis\" x1=\"" + number(kLeft, 6) + "\" x2=\"" + number(kWidth - kRight, 6) + "\" y1=\"" + number(y(value), 6) + "\" y2=\""
                   + number(y(value), 6) + "\"/><text x=\"" + number(kLeft - 6, 6) + "\" y=\"" + number(y(value) + 4, 6) + "\" text-anchor=\"end\">"
                   + number(std::abs(value) < 1e-9 * stepY ? 0 : value, 4) + "</text>";
        }
        const double stepX = std::max(1e-300, stepOf(m_x.width()));
        for (double value = std::ceil(m_x.low / stepX) * stepX; value <= m_x.high + 1e-12 * m_x.width(); value += stepX) {
            svg += "<text x=\"" + number(x(value), 6) + "\" y=\"" + number(kHeight - 10, 6) + "\" text-anchor=\"middle\">" + number(value, 6) + "</text>";
        }
        return svg;
    }

private:
    Range m_x;
    Range m_y;
};

std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points)
{
    const std::size_t together = points.size() / kMostPoints + 1;
    std::vector<std::pair<double, double>> result;
    for (std::size_t i = 0; i < points.size(); i += together) {
        const std::size_t end = std::min(points.size(), i + together);
        double x = 0;
        double y = 0;
        for (std::size_t k = i; k < end; ++k) {
            x += points[k].first;
            y += points[k].second;
        }
        const auto n = static_cast<double>(end - i);
        result.emplace_back(x / n, y / n);
    }
    return result;
}

std::string opening(const std::string& title, double height)
{
    return "<figure>" + std::string("<svg viewBox=\"0 0 ") + number(kWidth, 6) + " " + number(height, 6) + "\" role=\"img\" aria-label=\"" + escaped(title)
           + "\">" + element("title", title);
}

} // namespace

std::string lineChart(const std::string& title, const std::string& unit, const std::vector<Curve>& curves)
{
    Range x;
    Range y;
    std::size_t most = 0;
    for (const Curve& curve : curves) {
        for (const auto& [step, value] : curve.points) {
            x.take(step);
            y.take(value);
        }
        most = std::max(most, curve.points.size());
    }
    if (most < 2 || !std::isfinite(y.low)) {
        return {};
    }
    const Frame frame(x, y);
    std::string svg = opening(title, kHeight) + frame.axes();
    std::string names;
    for (std::size_t c = 0; c < curves.size(); ++c) {
        std::string path;
        bool isGap = true;
        for (const auto& [step, value] : thinned(curves[c].points)) {
            if (std::isfinite(value)) {
                path += (isGap ? "M" : "L") + number(frame.x(step), 6) + " " + number(frame.y(value), 6);
            }
            isGap = !std::isfinite(value);
        }
        const std::string colour = std::to_string(c % kColours);
        svg += "<path class=\"s" + colour + "\" fill=\"none\" stroke-width=\"2\" d=\"" + path + "\"/>";
        names += "<svg viewBox=\"0 0 28 8\" style=\"width:28px\" aria-hidden=\"true\"><path class=\"s" + colour
                 + "\" fill=\"none\" stroke-width=\"2\" d=\"M0 4H28\"/></svg> " + escaped(curves[c].name) + " &#160; ";
    }
    return svg + "</svg><figcaption>" + escaped(title) + (unit.empty() ? "" : ", " + escaped(unit)) + ", over steps. " + names + "</figcaption></figure>\n";
}

std::string barChart(const std::string& title, const std::vector<Bar>& bars)
{
    constexpr double kRow = 30;
    constexpr double kNames = 220;
    Range range;
    for (const Bar& bar : bars) {
        range.take(0);
        range.take(bar.value);
        range.take(bar.low);
        range.take(bar.high);
    }
    if (bars.empty() || !std::isfinite(range.low)) {
        return {};
    }
    const auto x = [&](double value) { return kNames + (value - range.low) / range.width() * (kWidth - kNames - 70); };
    std::string svg = opening(title, kRow * static_cast<double>(bars.size()) + 8);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const Bar& bar = bars[i];
        const double y = kRow * static_cast<double>(i) + 8;
        const double begin = x(std::min(0.0, bar.value));
        const std::string middle = number(y + 10, 6);
        svg += "<text x=\"" + number(kNames - 8, 6) + "\" y=\"" + number(y + 14, 6) + "\" text-anchor=\"end\">" + escaped(bar.name) + "</text><rect class=\"f"
               + std::to_string(i % kColours) + "\" x=\"" + number(begin, 6) + "\" y=\"" + number(y, 6) + "\" height=\"20\" width=\""
               + number(std::max(1.0, x(std::max(0.0, bar.value)) - begin), 6) + "\" opacity=\"0.55\"/>";
        if (std::isfinite(bar.low)) {
            svg += "<line class=\"s" + std::to_string(i % kColours) + "\" style=\"stroke-dasharray:none\" stroke-width=\"2\" x1=\"" + number(x(bar.low), 6) + "\" x2=\""
                   + number(x(bar.high), 6) + "\" y1=\"" + middle + "\" y2=\"" + middle + "\"/>";
        }
        svg += "<text x=\"" + number(x(std::max(bar.value, std::isfinite(bar.high) ? bar.high : bar.value)) + 8, 6) + "\" y=\"" + number(y + 14, 6) + "\">"
               + number(bar.value, 4) + "</text>";
    }
    return svg + "</svg><figcaption>" + escaped(title) + "; lines are intervals of 95 %.</figcaption></figure>\n";
}

std::string certaintyChart(const std::string& title, const std::vector<std::pair<double, double>>& points)
{
    if (points.empty()) {
        return {};
    }
    const Frame frame({0, 1}, {0, 1});
    std::string svg = opening(title, kHeight) + frame.axes() + "<path class=\"axis\" d=\"M" + number(frame.x(0), 6) + " " + number(frame.y(0), 6) + "L"
                      + number(frame.x(1), 6) + " " + number(frame.y(1), 6) + "\"/>";
    for (const auto& [sure, right] : points) {
        svg += "<circle class=\"f0\" r=\"4\" cx=\"" + number(frame.x(sure), 6) + "\" cy=\"" + number(frame.y(right), 6) + "\"/>";
    }
    return svg + "</svg><figcaption>" + escaped(title)
           + ": share of right answers (up) where the model was so sure (right); below the line it is too sure.</figcaption></figure>\n";
}

} // namespace luthier::report
