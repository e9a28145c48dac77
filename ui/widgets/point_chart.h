// SPDX-License-Identifier: GPL-3.0-or-later
// PointChart: a few points joined by a line, with two axes and their names, for what no run's event measures: certainty against being
// right, a value over checkpoints.
//
// Threads: GUI thread.
#pragma once

#include <QWidget>

#include <utility>
#include <vector>

namespace luthier::ui {

class PointChart : public QWidget {
    Q_OBJECT

public:
    explicit PointChart(QWidget* parent = nullptr);

    struct Series {
        QString name;
        std::vector<std::pair<double, double>> points;
    };
    struct Axes {
        QString x;
        QString y;
        bool areShares = false; // both from 0 to 1, with the line on which they are equal
    };
    void show(std::vector<Series> series, const Axes& axes);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Series> m_series;
    Axes m_axes;
};

} // namespace luthier::ui
