// SPDX-License-Identifier: GPL-3.0-or-later
// ParallelCoordinates: trials of a sweep as lines over upright axes, one for each setting that was tried and the last for what
// came out, where lower is better: the better a trial, the stronger its line. Left and Right walk through the trials, from the
// best on.
//
// Threads: GUI thread.
#pragma once

#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

namespace luthier::ui {

struct ParallelTrial {
    QString name;
    QStringList values;            // one a setting
    std::optional<double> outcome; // nothing: not there yet
};

class ParallelCoordinates : public QWidget {
    Q_OBJECT

public:
    explicit ParallelCoordinates(QWidget* parent = nullptr);

    void setTrials(const QStringList& settings, const QString& outcome, std::vector<ParallelTrial> trials);
    int numTrials() const { return static_cast<int>(m_trials.size()); }
    int current() const { return m_current; } // place among the trials; -1: none

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Axis {
        QString name;
        bool isNumber = true;
        bool isLog = false;
        double low = 0;
        double high = 1;
        QStringList words; // of one that is none
    };
    void makeAxes(const QStringList& settings, const QString& outcome);
    double heightOf(std::size_t axis, const ParallelTrial& trial) const; // 0 below to 1 above; negative: none
    QPointF pointOf(std::size_t axis, const ParallelTrial& trial) const;
    QRectF plot() const;
    void setCurrent(int trial);

    std::vector<Axis> m_axes;
    std::vector<ParallelTrial> m_trials;
    std::vector<int> m_order; // trials by their outcome, the best first
    int m_current = -1;
};

} // namespace luthier::ui
