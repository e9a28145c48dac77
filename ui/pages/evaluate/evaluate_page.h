// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluatePage: whether it helped. A run's result, its base and others answer the same rows; what came of it stands in a verdict, tables
// with intervals, and the rows that changed. Earlier evaluations stand at the side and open again.
//
// Threads: GUI thread; models answer in jobs.
#pragma once

#include "ui/frame/page.h"
#include "ui/models/evaluation/evaluation_desk.h"

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace luthier::ui {

class EmptyState;
class EvaluateResult;
class EvaluateSetup;
class StatusLabel;
class Workspace;

class EvaluatePage : public Page {
    Q_OBJECT

public:
    explicit EvaluatePage(Workspace& workspace, QWidget* parent = nullptr);

    QAction* mainAction() override { return m_action; }
    void activated() override;
    void reveal(const QString& what) override; // a run's id: it is chosen
    EvaluationDesk* desk() const { return m_desk; }
    void saveReport(const QString& path); // .html or .pdf; told in the status line
    void saveCard(const QString& path);   // of the run whose result was evaluated

private:
    QWidget* buildSide();
    QWidget* buildProgress();
    void connectDesk();
    void startOrStop();
    void showRuns();
    void showPast();
    void showRunning();
    void showProgress(const QString& what, qint64 done, qint64 total, double secondsLeft);
    void showResults();
    void keepPlace(const QString& open); // the evaluation that is looked at; empty: a new one
    void showProblem(const QString& sentence);
    void openPast();
    void askForReport();
    void askForCard();

    Workspace& m_workspace;
    EvaluationDesk* m_desk;
    QAction* m_action;
    QStackedWidget* m_stack; // nothing to evaluate, or the work
    EmptyState* m_empty;
    QListWidget* m_past;
    QStackedWidget* m_main; // choices, or results
    EvaluateSetup* m_setup;
    EvaluateResult* m_result;
    StatusLabel* m_problem;
    QWidget* m_progressBox = nullptr;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    QPushButton* m_stop;
    bool m_canStart = false;
    bool m_wasStopping = false; // the keys were with Stop when it ended
};

} // namespace luthier::ui
