// SPDX-License-Identifier: GPL-3.0-or-later
// PointMap: up to some hundred thousand points in a plane, drawn once into a picture and again when the view changes.
// The wheel zooms, the right or middle button (or Shift with the left) drags, the left button draws a lasso.
// Keys: plus and minus zoom, arrows move, 0 shows all, Enter takes the points in sight, Escape none.
//
// Threads: GUI thread.
#pragma once

#include "core/data/map/map_layout.h"

#include <QColor>
#include <QPixmap>
#include <QPolygonF>
#include <QWidget>

#include <vector>

namespace luthier::ui {

class PointMap : public QWidget {
    Q_OBJECT

public:
    explicit PointMap(QWidget* parent = nullptr);

    void setPoints(std::vector<data::MapPoint> points); // shows all, marks none
    void setColors(std::vector<QColor> colors);         // one a point; empty: all in one
    void setMarked(const std::vector<std::size_t>& points);
    std::size_t numPoints() const { return m_points.size(); }
    QPointF placeOf(std::size_t point) const; // in the widget
    std::vector<std::size_t> within(const QPolygonF& area) const; // of the widget
    int nearest(const QPointF& place) const;  // within a few pixels; -1: none
    double zoom() const { return m_zoom; }
    void showAll();

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void picked(const std::vector<std::size_t>& points);
    void hovered(int point); // -1: none any more
    void activated(int point);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    static constexpr double kReach = 8; // pixels around a point

    double scale() const; // pixels to one of the map
    void zoomAt(const QPointF& place, double factor);
    void moveBy(const QPointF& pixels);
    void hover(int point);
    void redraw();
    void drawPoints(QImage& image) const;

    std::vector<data::MapPoint> m_points;
    std::vector<QColor> m_colors;
    std::vector<char> m_marked; // one a point
    bool m_hasMarks = false;
    double m_zoom = 1;
    QPointF m_center; // of the view, in the map
    QPixmap m_picture; // null: to be drawn
    QPolygonF m_lasso;
    QPointF m_dragged; // where the view was taken hold of last
    bool m_isDragging = false;
    int m_hovered = -1;
};

} // namespace luthier::ui
