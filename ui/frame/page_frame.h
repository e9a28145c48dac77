// SPDX-License-Identifier: GPL-3.0-or-later
// PageFrame: a page under its header: title, what it is for, and its one main action at the top right.
// Threads: GUI thread.
#pragma once

#include "ui/frame/page.h"

#include <QElapsedTimer>
#include <QString>

class QAction;
class QPushButton;

namespace luthier::ui {

class PageFrame : public QWidget {
    Q_OBJECT

public:
    PageFrame(const PageRow& row, Workspace& workspace, QWidget* parent = nullptr);

    Page* page() const { return m_page; }
    const PageRow& row() const { return m_row; }

Q_SIGNALS:
    void helpWanted();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void followAction();

    const PageRow& m_row;
    Page* m_page;
    QPushButton* m_main;
    QElapsedTimer m_sincePress;
    QString m_pressed; // what the main action was called then
};

QString translatedPage(const char* source); // title or purpose of a PageRow

} // namespace luthier::ui
