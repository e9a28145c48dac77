// SPDX-License-Identifier: GPL-3.0-or-later
// Page: one place of work in the window, and PageRow: its line in the table of pages (ui/pages/pages.cpp).
// A new page is one class, one line there and one in CMakeLists.txt; navigation, shortcut, palette and tests follow.
//
// The frame shows title, purpose and the main action; a page draws only its work.
// A page is made before the project is open: it starts empty and listens to Workspace::projectChanged.
// Threads: GUI thread.
#pragma once

#include <QPointer>
#include <QWidget>

class QAction;

namespace luthier::ui {

class Workspace;

class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    // The one main action, top right, named with a verb; null: none. Owned by the page, the same each time. With the property
    // "isInPage" the page has a button for it where it belongs, and none stands at the top.
    virtual QAction* mainAction() { return nullptr; }
    virtual void activated() {} // it was brought to the front
    virtual void openFile(const QString& path) {}
    // Shows one thing of the page: a run's id on Runs and Compare, "part.key" on Tune.
    virtual void reveal(const QString& what) {}
    // Where the keys go when the page comes, if it can be seen then; null: the first control. No focus proxy: Qt takes a widget
    // and what it is a proxy of for one, so Tab would come in here and never reach what stands before.
    QWidget* firstControl() const { return m_firstControl; }

Q_SIGNALS:
    // A step of the work is done here; the window may say what usually comes next (ui/window/next_steps.cpp has a row for each).
    // `name` is said with it, `what` is given to the next page.
    void stepDone(const QString& step, const QString& name, const QString& what = {});

protected:
    void setFirstControl(QWidget* control) { m_firstControl = control; }

private:
    QPointer<QWidget> m_firstControl;
};

struct PageRow {
    const char* id;      // "data"; objectName of the page is id + "Page"
    const char* title;   // English source strings, context "Page"
    const char* purpose; // one line
    const char* icon;    // file of resources/icons
    Page* (*make)(Workspace& workspace, QWidget* parent);
    const char* help = nullptr; // plain sentences, one a line, context "PageHelp"; null: none
};

} // namespace luthier::ui
