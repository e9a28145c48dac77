// SPDX-License-Identifier: GPL-3.0-or-later
// How the points are drawn.
#include "ui/theme/focus_ring.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/point_map.h"

#include <QImage>
#include <QPainter>
#include <QStyle>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr std::size_t kFinePoints = 10000; // more are drawn as squares, which is quick
constexpr double kFaded = 0.25;
constexpr double kMarkedSize = 1.5;

// In pixels of the image. A painter takes ten times as long for a hundred thousand of them.
void fillSquare(QImage& image, const QPointF& center, double radius, QRgb fill)
{
    const int left = std::max(0, static_cast<int>(center.x() - radius));
    const int right = std::min(image.width(), static_cast<int>(center.x() + radius) + 1);
    const int bottom = std::min(image.height(), static_cast<int>(center.y() + radius) + 1);
    for (int y = std::max(0, static_cast<int>(center.y() - radius)); y < bottom && left < right; ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        std::fill(line + left, line + right, fill);
    }
}

} // namespace

// The marked ones lie over the others and are larger: never told by colour alone.
void PointMap::drawPoints(QImage& image) const
{
    const bool isFine = m_points.size() <= kFinePoints;
    const double radius = std::clamp((isFine ? 3.0 : 1.0) * std::sqrt(std::sqrt(m_zoom)), 1.0, 6.0);
    const QColor ground = palette().color(QPalette::Base);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF seen = QRectF(rect()).adjusted(-radius, -radius, radius, radius);
    const double pixels = image.devicePixelRatio();
    const QColor plain = color(Token::Series1);
    for (const char pass : {0, 1}) {
        const double size = pass == 1 ? radius * kMarkedSize : radius;
        for (std::size_t i = 0; i < m_points.size(); ++i) {
            if (m_marked[i] != pass) {
                continue;
            }
            const QPointF place = placeOf(i);
            if (!seen.contains(place)) {
                continue;
            }
            const QColor own = m_colors.empty() ? plain : m_colors[i];
            const QColor fill = m_hasMarks && pass == 0 ? mixed(ground, own, kFaded) : own;
            if (isFine) {
                painter.setBrush(fill);
                painter.drawEllipse(place, size, size);
            } else {
                fillSquare(image, place * pixels, size * pixels, fill.rgb());
            }
        }
    }
}

void PointMap::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    if (m_picture.isNull()) {
        QImage image(size() * devicePixelRatioF(), QImage::Format_RGB32);
        image.setDevicePixelRatio(devicePixelRatioF());
        image.fill(palette().color(QPalette::Base));
        drawPoints(image);
        m_picture = QPixmap::fromImage(std::move(image));
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, m_picture);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_hovered >= 0) {
        painter.setPen(QPen(color(Token::Text), 2));
        painter.drawEllipse(placeOf(static_cast<std::size_t>(m_hovered)), kReach, kReach);
    }
    if (m_lasso.size() > 1) {
        painter.setPen(QPen(color(Token::Accent), 2, Qt::DashLine));
        painter.drawPolygon(m_lasso);
    }
    paintFocusRing(painter, *this);
}

} // namespace luthier::ui
