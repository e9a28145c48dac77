// SPDX-License-Identifier: GPL-3.0-or-later
// Application: what the program is made of, in the order it must live: theme, workspace, window. The window shows
// first; the project is opened by a job.
//
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/workspace/workspace.h"

#include <QString>
#include <QTranslator>

class QApplication;

namespace luthier::app {

struct Request {
    QString project; // folder; empty: the first project, or the folder given as `path`
    QString path;    // a project folder or a data file; empty: none
};

// What the person prefers and Qt or core read from the environment: before the QApplication is made. What is set there
// already stands over it.
void applyPreferences();

// A page of a report (core/report) on paper, without a window. The program's exit code; what is wrong goes to stderr.
int writePaper(const QString& page, const QString& out);

class Application {
public:
    explicit Application(QApplication& app);

    void start(const Request& request);
    ui::MainWindow& window() { return m_window; }
    ui::Workspace& workspace() { return m_workspace; }

private:
    QTranslator m_translator; // installed before the first text is asked for
    bool m_isTranslated;
    ui::Theme m_theme;
    ui::Workspace m_workspace;
    ui::MainWindow m_window;
};

} // namespace luthier::app
