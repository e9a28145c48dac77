// SPDX-License-Identifier: GPL-3.0-or-later
// LengthHistogram: how many rows have which length, as bars, with the limit as a line that can be dragged or moved
// with Left and Right (Shift: ten times as far). Bars beyond the limit stand in another colour and are hatched.
// Threads: GUI thread.
#pragma once

#include "core/data/checks/length_summary.h"

#include <QWidget>

namespace luthier::ui {

class LengthHistogram : public QWidget {
    Q_OBJECT

public:
    explicit LengthHistogram(QWidget* parent = nullptr);

    void setHistogram(data::Histogram histogram);
    const data::Histogram& histogram() const { return m_histogram; }
    void setLimit(std::int64_t limit); // 0: no line
    std::int64_t limit() const { return m_limit; }
    int xOf(std::int64_t length) const;
    std::int64_t lengthAt(int x) const; // at least 1

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void limitMoved(qint64 limit);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRect plot() const;
    std::int64_t span() const; // lengths from the left to the right edge
    void paintBars(QPainter& painter) const;
    void paintLimit(QPainter& painter) const;
    void paintScale(QPainter& painter) const;
    void move(std::int64_t limit);

    data::Histogram m_histogram;
    std::int64_t m_limit = 0;
    bool m_isDragging = false;
};

} // namespace luthier::ui
