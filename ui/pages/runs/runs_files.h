// SPDX-License-Identifier: GPL-3.0-or-later
// RunsFiles: the menu of what leaves the project and comes into it: a run as one file, its sheet, its logs for other programs,
// and the trash.
//
// Threads: GUI thread; files and the project are touched in jobs only.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QToolButton>

#include <functional>

namespace luthier::ui {

class Workspace;

class RunsFiles : public QToolButton {
    Q_OBJECT

public:
    // `current`: the chosen run's id, 0 where there is none.
    RunsFiles(Workspace& workspace, std::function<store::RunId()> current, QWidget* parent = nullptr);

    void exportTo(const QString& path);
    void openRun(const QString& path);
    void writeSheet(const QString& path);
    void writeTensorBoard(const QString& folder);
    void writeLines(const QString& path);
    void restore(store::RunId id);
    void setLogged(); // as the menu has it

private:
    void askToSave(const QString& title, const QString& name, const QString& filter, void (RunsFiles::*take)(const QString&));
    void askForFolder();
    void fillTrash();
    void showLogged();
    void work(std::function<Result<QString>(store::Project&, store::RunId)> job, bool changesRuns);

    Workspace& m_workspace;
    std::function<store::RunId()> m_current;
    QMenu* m_trash;
    QAction* m_logBoard;
    QAction* m_logLines;
    WriteSlot m_saving; // of both switches
    JobSlot m_trashJob;
};

} // namespace luthier::ui
