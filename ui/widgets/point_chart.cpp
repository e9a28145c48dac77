// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/point_chart.h"

#include "ui/theme/theme.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::ui {

namespace {

constexpr int kTicks = 4;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void take(double value)
    {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    double width() const { return high > low ? high - low : 1; }
};

Range rangeOf(const std::vector<PointChart::Series>& series, bool isX)
{
    Range range;
    for (const auto& one : series) {
        for (const auto& [x, y] : one.points) {
            if (std::isfinite(isX ? x : y)) {
                range.take(isX ? x : y);
            }
        }
    }
    return std::isfinite(range.low) ? range : Range{0, 1};
}

} // namespace

PointChart::PointChart(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void PointChart::show(std::vector<Series> series, const Axes& axes)
{
    m_series = std::move(series);
    m_axes = axes;
    QString told;
    for (const Series& one : m_series) {
        QStringList points;
        for (const auto& [x, y] : one.points) {
            //: a point of a curve
            points += tr("%1: %2").arg(QLocale().toString(x, 'g', 4), QLocale().toString(y, 'g', 4));
        }
        told += (told.isEmpty() ? QString() : QStringLiteral("; ")) + one.name + QStringLiteral(" \u2013 ") + points.join(QStringLiteral(", "));
    }
    setAccessibleDescription(told);
    update();
}

QSize PointChart::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, fontMetrics().height() * 14};
}

QSize PointChart::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 30, fontMetrics().height() * 9};
}

void PointChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextSize::Small));
    const QFontMetrics metrics(painter.font());
    const Range x = m_axes.areShares ? Range{0, 1} : rangeOf(m_series, true);
    Range y = m_axes.areShares ? Range{0, 1} : rangeOf(m_series, false);
    if (!m_axes.areShares) {
        const double air = 0.08 * y.width();
        y = {y.low - air, y.high + air};
    }
    const int left = metrics.horizontalAdvance(QStringLiteral("-0.0000")) + space(2);
    const QRectF area = QRectF(rect()).adjusted(left, metrics.height() + space(1), -space(3), -2.0 * metrics.height() - space(1));
    if (area.width() < 10 || area.height() < 10) {
        return;
    }
    const auto place = [&](double px, double py) {
        return QPointF(area.left() + (px - x.low) / x.width() * area.width(), area.bottom() - (py - y.low) / y.width() * area.height());
    };
    for (int i = 0; i <= kTicks; ++i) {
        const double share = static_cast<double>(i) / kTicks;
        const double vy = y.low + share * y.width();
        const double vx = x.low + share * x.width();
        painter.setPen(color(Token::Line));
        painter.drawLine(place(x.low, vy), place(x.high > x.low ? x.high : x.low + 1, vy));
        painter.setPen(color(Token::TextQuiet));
        const QPointF atY = place(x.low, vy);
        painter.drawText(QRectF(0, atY.y() - metrics.height() / 2.0, left - space(1), metrics.height()), Qt::AlignRight | Qt::AlignVCenter, QLocale().toString(vy, 'g', 4));
        const QPointF atX = place(vx, y.low);
        const auto side = i == 0 ? Qt::AlignLeft : i == kTicks ? Qt::AlignRight : Qt::AlignHCenter;
        const double wide = area.width() / kTicks;
        const double begin = i == 0 ? atX.x() : i == kTicks ? atX.x() - wide : atX.x() - wide / 2;
        painter.drawText(QRectF(begin, area.bottom() + space(1), wide, metrics.height()), side | Qt::AlignTop, QLocale().toString(vx, 'g', 4));
    }
    painter.drawText(QRectF(area.left(), height() - metrics.height(), area.width(), metrics.height()), Qt::AlignHCenter | Qt::AlignBottom, m_axes.x);
    painter.drawText(QRectF(space(1), 0, width() - space(2), metrics.height()), Qt::AlignLeft | Qt::AlignTop, m_axes.y);
    if (m_axes.areShares) {
        QPen dashed(color(Token::TextQuiet), 1, Qt::DashLine);
        painter.setPen(dashed);
        painter.drawLine(place(0, 0), place(1, 1));
    }
    double legend = width() - space(2);
    for (std::size_t s = m_series.size(); s-- > 0;) {
        const Series& one = m_series[s];
        const QColor tint = seriesColor(static_cast<int>(s));
        painter.setPen(QPen(tint, 2));
        painter.setBrush(tint);
        QPainterPath path;
        for (std::size_t i = 0; i < one.points.size(); ++i) {
            const QPointF point = place(one.points[i].first, one.points[i].second);
            i == 0 ? path.moveTo(point) : path.lineTo(point);
            s % 2 == 0 ? painter.drawEllipse(point, 3, 3) : painter.drawRect(QRectF(point.x() - 3, point.y() - 3, 6, 6)); // never by colour alone
        }
        painter.strokePath(path, QPen(tint, 2, s == 0 ? Qt::SolidLine : s == 1 ? Qt::DashLine : Qt::DotLine));
        legend -= metrics.horizontalAdvance(one.name) + space(2);
        painter.drawText(QPointF(legend + space(1), metrics.ascent()), one.name);
    }
}

} // namespace luthier::ui
