// SPDX-License-Identifier: GPL-3.0-or-later
// RunBadge: the run in progress, on every page: name, progress, time left, hold and stop. A click or Return shows it.
// Threads: GUI thread.
#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;
class QToolButton;

namespace luthier::ui {

class RunController;

class RunBadge : public QFrame {
    Q_OBJECT

public:
    explicit RunBadge(RunController* runs, QWidget* parent = nullptr);

Q_SIGNALS:
    void clicked();

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();

    RunController* m_runs;
    QLabel* m_name;
    QProgressBar* m_bar;
    QLabel* m_left;
    QToolButton* m_hold;
    QToolButton* m_stop;
    QToolButton* m_try; // while it is held
};

} // namespace luthier::ui
