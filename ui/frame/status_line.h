// SPDX-License-Identifier: GPL-3.0-or-later
// StatusLine: the foot of the window: what was said last, and at the right device and threads, memory of this
// process and what the machine has free.
#pragma once

#include <QStatusBar>
#include <QTimer>

class QLabel;

namespace luthier::ui {

class RunController;

class StatusLine : public QStatusBar {
    Q_OBJECT

public:
    explicit StatusLine(RunController* runs, QWidget* parent = nullptr);

    void say(const QString& message);

private:
    void refresh();

    RunController* m_runs;
    QLabel* m_message;
    QLabel* m_device;
    QLabel* m_memory;
    QTimer m_timer;
    QTimer m_rest; // of what was said
};

} // namespace luthier::ui
