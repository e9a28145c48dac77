// SPDX-License-Identifier: GPL-3.0-or-later
// TuneVerdict: the bar under the settings, always in view: what a run with them would be.
// Threads: GUI thread.
#pragma once

#include "core/train/trials/plan_measure.h"
#include "ui/pages/tune/tune_plan.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QProgressBar;

namespace luthier::ui {

class FlowLayout;
class MemoryBar;

struct Verdict {
    TunePlan plan;
    QStringList problems; // why it cannot start
    std::optional<train::PlanMeasure> measured; // of this plan
};

class TuneVerdict : public QFrame {
    Q_OBJECT

public:
    explicit TuneVerdict(QWidget* parent = nullptr);

    void show(const Verdict& verdict);
    void setChecking(bool isChecking);
    void setProgress(std::int64_t done, std::int64_t total);

Q_SIGNALS:
    void changeWanted(const luthier::train::MemoryChange& change);

protected:
    void paintEvent(QPaintEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void showEnd();

    QTimer m_clock; // while it is in view
    double m_seconds = -1; // of the run; negative: not known
    FlowLayout* m_facts;
    MemoryBar* m_memory;
    QLabel* m_problem;
    QLabel* m_remarks;
    QProgressBar* m_bar;
};

} // namespace luthier::ui
