// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/run_color.h"

#include "ui/theme/theme.h"

#include <QGuiApplication>
#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr double kGoldenAngle = 137.50776405;
constexpr double kGraphicContrast = 3; // WCAG 2, of what is no text

QPixmap canvas(int width, int height)
{
    const double ratio = qGuiApp->devicePixelRatio();
    QPixmap picture(static_cast<int>(width * ratio), static_cast<int>(height * ratio));
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    return picture;
}

} // namespace

QColor runColor(std::int64_t run)
{
    const auto hue = static_cast<float>(std::fmod(static_cast<double>(run) * kGoldenAngle, 360) / 360);
    const bool isDark = currentScheme() == Scheme::Dark;
    const QColor ground = color(Token::Surface);
    float lightness = isDark ? 0.66F : 0.40F;
    QColor ink = QColor::fromHslF(hue, 0.65F, lightness);
    while (contrast(ink, ground) < kGraphicContrast && lightness > 0.1F && lightness < 0.9F) { // yellow and green are light by nature
        lightness += isDark ? 0.02F : -0.02F;
        ink = QColor::fromHslF(hue, 0.65F, lightness);
    }
    return ink;
}

QPixmap runSwatch(std::int64_t run)
{
    const int side = space(3);
    QPixmap picture = canvas(side, side);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(runColor(run));
    painter.drawRoundedRect(QRectF(0, 0, side, side), side / 4.0, side / 4.0);
    return picture;
}

QPixmap sparkline(std::int64_t run, const std::vector<double>& values)
{
    std::vector<double> good;
    std::copy_if(values.begin(), values.end(), std::back_inserter(good), [](double value) { return std::isfinite(value); });
    if (good.size() < 2) {
        return {};
    }
    const int width = space(14);
    const int height = space(4);
    QPixmap picture = canvas(width, height);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(runColor(run), 1.4));
    const auto [low, high] = std::minmax_element(good.begin(), good.end());
    const double span = std::max(*high - *low, 1e-12);
    QPolygonF line;
    for (std::size_t i = 0; i < good.size(); ++i) {
        line << QPointF(1 + (width - 2) * static_cast<double>(i) / static_cast<double>(good.size() - 1), 1 + (height - 2) * (*high - good[i]) / span);
    }
    painter.drawPolyline(line);
    return picture;
}

std::vector<double> thinned(const std::vector<double>& values, std::size_t most)
{
    if (values.size() <= most || most < 2) {
        return values;
    }
    std::vector<double> few;
    for (std::size_t i = 0; i < most; ++i) {
        few.push_back(values[i * (values.size() - 1) / (most - 1)]);
    }
    return few;
}

} // namespace luthier::ui
