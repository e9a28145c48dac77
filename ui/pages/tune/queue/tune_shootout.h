// SPDX-License-Identifier: GPL-3.0-or-later
// TuneShootout: the same model, data and recipe by several methods: which of them, what each would train, the queue while
// it works, and one table of what came out. Earlier shoot-outs of the project can be looked at and gone on with.
//
// Threads: GUI thread; models and the project are read in jobs.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/runs/shootout_table.h"
#include "ui/workspace/shootout_queue.h"

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QProgressBar;
class QSortFilterProxyModel;
class QTableView;

namespace luthier::ui {

class ParallelCoordinates;
class Workspace;

class TuneShootout : public QWidget {
    Q_OBJECT

public:
    explicit TuneShootout(Workspace& workspace, QWidget* parent = nullptr);

    // What a new one would try, and whether a run could start with it; steps 0: not known.
    void setRecipe(const config::RunConfig& recipe, std::int64_t steps, bool isGood);
    bool canStart() const;
    QString startText() const; // of the main action: start, or go on
    void start();

    void showQueue(); // what it works at, whoever started it

    ShootoutTable* table() const { return m_model; }
    ShootoutQueue* queue() const { return m_queue; }
    bool isReading() const { return m_readJob.isRunning() || m_listJob.isRunning(); }

Q_SIGNALS:
    void left();          // back to the settings
    void startChanged();  // canStart or startText

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    QWidget* buildTop();
    QWidget* buildActions();
    void buildTable();
    QAction* makeAction(const char* id, const QString& text, const QString& help, const QKeySequence& shortcut, void (TuneShootout::*run)());
    void readRecords();
    void fillRecords();
    const store::ShootoutRecord* shown() const; // null: a new one
    void readShown();
    void takeLines(std::vector<ShootoutLine> lines);
    void onProgress();
    void onQueueChanged();
    void refresh();
    void showParallel();
    QString words() const;
    const ShootoutLine* chosen() const;
    int chosenRow() const; // of the model; -1: none
    bool showsQueue() const;
    std::vector<train::ShootoutRow> rows() const;

    void cancelChosen();
    void showRun();
    void showAdapter();
    void compareRun();
    void copyTable();
    void saveTable();
    void write(const QString& path);

    Workspace& m_workspace;
    ShootoutQueue* m_queue;
    ShootoutTable* m_model;
    QSortFilterProxyModel* m_order;
    config::RunConfig m_recipe;
    std::int64_t m_steps = 0;
    bool m_isGood = false;
    std::vector<store::ShootoutRecord> m_records; // newest first
    std::string m_wanted;                         // record to be shown; empty: a new one
    QStringList m_chosen;                         // methods of a new one; remembered
    JobSlot m_readJob;
    JobSlot m_listJob;

    QComboBox* m_which;
    QProgressBar* m_bar;
    QLabel* m_words;
    QLabel* m_problem;
    QTableView* m_view;
    ParallelCoordinates* m_parallel;
    QAction* m_cancel = nullptr;
    QAction* m_cancelAll = nullptr;
    QAction* m_showRun = nullptr;
    QAction* m_showAdapter = nullptr;
    QAction* m_compare = nullptr;
    QAction* m_copy = nullptr;
    QAction* m_save = nullptr;
};

} // namespace luthier::ui
