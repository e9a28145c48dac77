// SPDX-License-Identifier: GPL-3.0-or-later
// RunsPage: the project's runs above, the chosen one's curves and words below. The run in progress is drawn as it
// goes; others are read back from the project. Chosen runs are laid over each other, six at most.
//
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "ui/bridge/job.h"
#include "ui/frame/page.h"
#include "ui/pages/runs/run_history.h"

#include <QTimer>

#include <set>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;

namespace luthier::ui {

class Banner;
class EmptyState;
class NoMatch;
class RunsCharts;
class RunsFindings;
class RunsModel;
class RunsNotes;
class RunsSide;

class RunsPage : public Page {
    Q_OBJECT

public:
    explicit RunsPage(Workspace& workspace, QWidget* parent = nullptr);

    QAction* mainAction() override { return m_compare; }
    void activated() override { reload(); }
    void reveal(const QString& what) override; // a run's id
    void chooseRun(store::RunId id);

    RunsCharts* charts() const { return m_charts; }
    RunsModel* model() const { return m_model; }

private:
    QWidget* buildTop();
    void tellEmpty();
    void buildActions();
    void connectRuns();
    void reload();
    struct Listed;
    void takeRuns(const Listed& listed);
    std::vector<store::RunId> chosen() const; // the current one first
    void onSelection();
    void showRuns();
    void showHistories(const std::vector<store::RunRow>& runs, std::vector<RunHistory> histories);
    void showLive();
    void appendLive(const RunHistory& more);
    void readFindings();
    void rename(qint64 id, const QString& name);
    void askToDelete();
    void deleteChosen();
    void resumeChosen();
    void askForCheckpoint();
    void useSettings();
    void openFolder();
    void chat();
    void openChosen(); // what a double click means
    QWidget* buildButtons();
    void buildFinding();
    void hideOthers(); // runs that the search does not want
    void keepPlace();
    void takePlace(); // once it is read
    void choose(const std::vector<store::RunId>& ids); // the first becomes the current one; those that are not listed are passed over
    void askForColumns(const QPoint& at);
    void readCurves();
    void groupBy(const QString& id); // empty: by nothing
    void refreshActions();
    void say(const QString& sentence);

    Workspace& m_workspace;
    RunsModel* m_model;
    QAction* m_compare;
    QAction* m_resume;
    QAction* m_use;
    QAction* m_folder;
    QAction* m_chat;
    QAction* m_delete;
    QAction* m_leave; // of a run on another machine
    QAction* m_from;  // go on from a checkpoint
    QAction* m_hold;  // of the run in progress, as m_stop
    QAction* m_stop;
    std::vector<store::RunId> m_shown; // by charts and words
    std::set<store::RunId> m_answering; // left something that can be asked, also by a checkpoint
    store::RunId m_wanted = 0;         // to be chosen when it is in the table
    std::vector<store::RunId> m_kept;  // chosen when the project was open last, until they are chosen again
    store::RunId m_deleting = 0;
    RunHistory m_live;                 // of the run in progress, since it started or resumed
    RunHistory m_liveShown;            // samples of the shown run, for the words
    QTimer m_clock; // while a run is in progress
    JobSlot m_listJob;
    JobSlot m_historyJob;
    JobSlot m_findingsJob;

    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QSplitter* m_work;
    Banner* m_question;
    QTableView* m_table;
    QLabel* m_sentence;
    RunsCharts* m_charts;
    RunsSide* m_side;
    RunsNotes* m_notes;
    RunsFindings* m_findings;
    QLineEdit* m_search;
    NoMatch* m_noMatch = nullptr;
    QComboBox* m_group;
    QLabel* m_found;
    JobSlot m_curveJob;
    JobSlot m_groupJob;
};

} // namespace luthier::ui
