// SPDX-License-Identifier: GPL-3.0-or-later
// RunsCharts: every chart of the table for one run, with a second one laid over it: loss large, the others beside.
#pragma once

#include "ui/pages/runs/run_history.h"

#include <QWidget>

class QLabel;
class QSlider;

namespace luthier::ui {

class ChartPanel;

class RunsCharts : public QWidget {
    Q_OBJECT

public:
    explicit RunsCharts(QWidget* parent = nullptr);

    void clear();
    void setRun(int place, const QString& name, const RunHistory& history); // 0: the run, 1: laid over it
    void append(const RunHistory& more);                                    // to place 0
    const std::vector<ChartPanel*>& panels() const { return m_panels; }

Q_SIGNALS:
    void saveWanted(const QString& path, const QByteArray& content);
    void stepWanted(qint64 step); // of place 0

private:
    QWidget* buildControls();

    std::vector<ChartPanel*> m_panels;
    QSlider* m_smoothing;
};

} // namespace luthier::ui
