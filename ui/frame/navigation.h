// SPDX-License-Identifier: GPL-3.0-or-later
// Navigation: the column at the left: the pages in the order of work, and at its foot the run in progress.
// Threads: GUI thread.
#pragma once

#include <QWidget>

#include <vector>

class QAction;
class QToolButton;

namespace luthier::ui {

class RunBadge;
class RunController;

class Navigation : public QWidget {
    Q_OBJECT

public:
    Navigation(const std::vector<QAction*>& pages, RunController* runs, QWidget* parent = nullptr);

    void refresh(const QAction* page); // its property "hasNews" changed
    RunBadge* badge() const { return m_badge; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    std::vector<QToolButton*> m_buttons;
    RunBadge* m_badge;
};

} // namespace luthier::ui
