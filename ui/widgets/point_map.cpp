// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/point_map.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr double kMostZoom = 200;
constexpr double kZoomStep = 1.25;
constexpr double kWheelNotch = 120;
constexpr double kKeyMove = 0.1; // of the view
constexpr double kFill = 0.46;   // of the shorter side, so that the map has a margin
constexpr int kLeastCharacters = 30;

} // namespace

PointMap::PointMap(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("pointMap"));
    setAccessibleName(tr("Map of the rows"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

QSize PointMap::minimumSizeHint() const
{
    const int side = fontMetrics().averageCharWidth() * kLeastCharacters;
    return {side, side};
}

QSize PointMap::sizeHint() const
{
    return minimumSizeHint() * 2;
}

void PointMap::setPoints(std::vector<data::MapPoint> points)
{
    m_points = std::move(points);
    m_colors.clear();
    m_marked.assign(m_points.size(), 0);
    m_hasMarks = false;
    m_hovered = -1;
    showAll();
}

void PointMap::setColors(std::vector<QColor> colors)
{
    m_colors = colors.size() == m_points.size() ? std::move(colors) : std::vector<QColor>();
    redraw();
}

void PointMap::setMarked(const std::vector<std::size_t>& points)
{
    m_marked.assign(m_points.size(), 0);
    m_hasMarks = !points.empty();
    for (const std::size_t point : points) {
        m_marked[point] = 1;
    }
    redraw();
}

void PointMap::showAll()
{
    m_zoom = 1;
    m_center = {};
    redraw();
}

void PointMap::redraw()
{
    m_picture = {};
    update();
}

double PointMap::scale() const
{
    return std::max(1.0, kFill * std::min(width(), height()) * m_zoom);
}

QPointF PointMap::placeOf(std::size_t point) const
{
    const data::MapPoint& at = m_points[point];
    return QPointF(width() / 2.0, height() / 2.0) + (QPointF(at.x, at.y) - m_center) * scale();
}

std::vector<std::size_t> PointMap::within(const QPolygonF& area) const
{
    std::vector<std::size_t> found;
    const QRectF bounds = area.boundingRect();
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF place = placeOf(i);
        if (bounds.contains(place) && area.containsPoint(place, Qt::OddEvenFill)) {
            found.push_back(i);
        }
    }
    return found;
}

int PointMap::nearest(const QPointF& place) const
{
    int found = -1;
    double least = kReach * kReach;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF apart = placeOf(i) - place;
        if (const double distance = QPointF::dotProduct(apart, apart); distance < least) {
            least = distance;
            found = static_cast<int>(i);
        }
    }
    return found;
}

void PointMap::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    redraw();
}

void PointMap::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        redraw();
    }
    QWidget::changeEvent(event);
}

void PointMap::zoomAt(const QPointF& place, double factor)
{
    const QPointF fromMiddle = place - QPointF(width() / 2.0, height() / 2.0);
    const QPointF before = m_center + fromMiddle / scale();
    m_zoom = std::clamp(m_zoom * factor, 1 / kZoomStep, kMostZoom);
    m_center = before - fromMiddle / scale(); // what lies under the pointer stays there
    redraw();
}

void PointMap::moveBy(const QPointF& pixels)
{
    const QPointF to = m_center - pixels / scale();
    m_center = {std::clamp(to.x(), -1.0, 1.0), std::clamp(to.y(), -1.0, 1.0)};
    redraw();
}

void PointMap::wheelEvent(QWheelEvent* event)
{
    zoomAt(event->position(), std::pow(kZoomStep, event->angleDelta().y() / kWheelNotch));
    event->accept();
}

void PointMap::mousePressEvent(QMouseEvent* event)
{
    m_isDragging = event->button() != Qt::LeftButton || (event->modifiers() & Qt::ShiftModifier) != 0;
    m_dragged = event->position();
    m_lasso.clear();
    if (!m_isDragging) {
        m_lasso << event->position();
    }
    hover(-1);
}

void PointMap::mouseMoveEvent(QMouseEvent* event)
{
    if (m_isDragging) {
        moveBy(event->position() - m_dragged);
        m_dragged = event->position();
    } else if (!m_lasso.isEmpty()) {
        m_lasso << event->position();
        update();
    } else {
        hover(nearest(event->position()));
    }
}

void PointMap::mouseReleaseEvent(QMouseEvent* event)
{
    const QPolygonF lasso = std::exchange(m_lasso, {});
    if (!std::exchange(m_isDragging, false) && !lasso.isEmpty()) {
        const QSizeF drawn = lasso.boundingRect().size();
        if (std::max(drawn.width(), drawn.height()) > kReach) {
            Q_EMIT picked(within(lasso));
        } else if (const int point = nearest(event->position()); point >= 0) {
            Q_EMIT activated(point);
        }
    }
    update();
}

void PointMap::hover(int point)
{
    if (point != m_hovered) {
        m_hovered = point;
        update();
        Q_EMIT hovered(point);
    }
}

void PointMap::leaveEvent(QEvent* event)
{
    hover(-1);
    QWidget::leaveEvent(event);
}

void PointMap::keyPressEvent(QKeyEvent* event)
{
    const QPointF middle(width() / 2.0, height() / 2.0);
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: return zoomAt(middle, kZoomStep);
    case Qt::Key_Minus: return zoomAt(middle, 1 / kZoomStep);
    case Qt::Key_0: return showAll();
    case Qt::Key_Left: return moveBy({width() * kKeyMove, 0});
    case Qt::Key_Right: return moveBy({-width() * kKeyMove, 0});
    case Qt::Key_Up: return moveBy({0, height() * kKeyMove});
    case Qt::Key_Down: return moveBy({0, -height() * kKeyMove});
    case Qt::Key_Return:
    case Qt::Key_Enter: Q_EMIT picked(within(QPolygonF(QRectF(rect())))); return;
    default: break;
    }
    if (event->key() == Qt::Key_Escape && m_hasMarks) {
        Q_EMIT picked({});
        return;
    }
    QWidget::keyPressEvent(event);
}

} // namespace luthier::ui
