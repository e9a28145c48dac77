// SPDX-License-Identifier: GPL-3.0-or-later
// Workspace: what the pages of one window share: the open project, its undo stack, the run in progress, the
// chosen model, and what is said in the status line.
//
// The project is opened by a job; until projectChanged() comes project() is null.
// Threads: GUI thread. Project's functions belong in jobs.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <memory>
#include <set>

class QUndoStack;

namespace luthier::ui {

class AppSettings;
class ModelLibrary;
class Places;
class RunController;

class Workspace : public QObject {
    Q_OBJECT

public:
    explicit Workspace(QObject* parent = nullptr);
    ~Workspace() override;

    const std::shared_ptr<store::Project>& project() const { return m_project; }
    void openProject(const QString& folder);
    void openFirstProject(const QString& folder); // made ready with the bundled model and data where there is none
    void setProject(std::shared_ptr<store::Project> project);
    bool isOpening() const { return m_isOpening; }

    QUndoStack* undoStack() const { return m_undoStack; }
    // A step that a job of `maker` makes ready comes onto the stack later; undo asked for until then is meant for it, and waits.
    // Ends with the maker, too.
    void setMakingStep(QObject* maker, bool isMaking);
    bool isMakingStep() const { return !m_makers.empty(); }
    RunController* runs() const { return m_runs; }
    AppSettings& settings() const { return *m_settings; }
    ModelLibrary* models() const { return m_models; } // what is on this machine
    Places* places() const { return m_places; }       // where the person was on each page

    QString modelPath() const { return m_modelPath; } // folder of the model in use; the bundled one at first
    void setModelPath(const QString& folder);         // remembered with the project

    void say(const QString& message); // one sentence for the status line

Q_SIGNALS:
    void projectChanged();
    void projectFailed(const QString& sentence);
    void modelPathChanged(const QString& folder);
    void runsChanged();    // a run was made, renamed, deleted, or ended
    void sourcesChanged(); // data files were added or removed, or rows were edited
    void makingStepChanged(); // isMakingStep() is another; what was made is on the stack by then
    void said(const QString& message);
    void pageWanted(const QString& id, const QString& what); // show a page, and there what Page::reveal knows
    void lengthChosen(qint64 tokens);      // where rows are cut, on the Data page; the recipe takes it
    void lengthChanged(qint64 tokens);     // of the recipe
    void systemTurnsChanged(bool folds);   // of the recipe: the system's words before the question that follows
    void fileWanted(const QString& path);                    // open as data
    void dataOpened(const QStringList& paths);               // at once, by a person; the one that is shown could be read

private:
    void readModelPath();
    void takeProject(const Result<std::shared_ptr<store::Project>>& project);
    template <class Open>
    void open(Open work);

    std::shared_ptr<store::Project> m_project;
    bool m_isOpening = false;
    JobSlot m_modelReading;
    WriteSlot m_modelSaving;
    QString m_modelPath;
    std::unique_ptr<AppSettings> m_settings;
    QUndoStack* m_undoStack;
    std::set<QObject*> m_makers;
    RunController* m_runs;
    ModelLibrary* m_models;
    Places* m_places;
};

} // namespace luthier::ui
