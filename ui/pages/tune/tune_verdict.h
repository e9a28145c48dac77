// SPDX-License-Identifier: GPL-3.0-or-later
// TuneVerdict: the bar under the settings, always in view: what a run with them would be.
#pragma once

#include "ui/pages/tune/tune_plan.h"

#include <QFrame>

class QLabel;
class QProgressBar;

namespace luthier::ui {

class FlowLayout;

struct Verdict {
    TunePlan plan;
    QStringList problems; // why it cannot start
};

class TuneVerdict : public QFrame {
    Q_OBJECT

public:
    explicit TuneVerdict(QWidget* parent = nullptr);

    void show(const Verdict& verdict);
    void setChecking(bool isChecking);
    void setProgress(std::int64_t done, std::int64_t total);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    FlowLayout* m_facts;
    QLabel* m_problem;
    QLabel* m_remarks;
    QProgressBar* m_bar;
};

} // namespace luthier::ui
