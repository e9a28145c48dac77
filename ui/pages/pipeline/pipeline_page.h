// SPDX-License-Identifier: GPL-3.0-or-later
// PipelinePage: from preferences to a model, stage by stage: what each needs, what it made, its check, and the one button that does
// it, or goes on with it. What is chosen is kept in the project; `luthier pipeline` reads and writes the same.
//
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/pipeline/pipeline.h"
#include "ui/bridge/job.h"
#include "ui/frame/page.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace luthier::ui {

class Card;
class EmptyState;
class RubricEdit;
class ScoreChart;
class StatusLabel;
class Workspace;

class PipelinePage : public Page {
    Q_OBJECT

public:
    explicit PipelinePage(Workspace& workspace, QWidget* parent = nullptr);
    ~PipelinePage() override;

    QAction* mainAction() override { return m_action; }
    void activated() override;

private:
    struct StageCard {
        Card* card = nullptr;
        StatusLabel* state = nullptr;
        QLabel* facts = nullptr;
        QPushButton* act = nullptr;   // do it, go on, begin it anew
        QPushButton* other = nullptr; // its run, or where preferences are collected
        QPushButton* settings = nullptr;
    };
    struct Seen {
        pipeline::Choices choices;
        pipeline::Look look;
        std::vector<std::string> files; // data of the project
        QString problem;
    };

    void addMaking(QFormLayout* form);
    QWidget* buildChoices();
    QWidget* buildStages();
    void refresh();
    void take(const Seen& seen);
    void showChoices();
    void showStages();
    void keep(); // what stands in the boxes
    void write();
    void pick(const QString& kind);
    void actNext();
    void act(const std::string& stage);
    bool isJudgeToCollect() const; // no file of pairs is chosen, and a judge is
    void collect(); // pairs by the judge; again while it works: stop
    void showCollecting(const QString& what, qint64 done, qint64 total);
    void chooseJudge();
    QComboBox* boxOf(const QString& kind) const; // "examples", "preferences", "questions"
    void lookElsewhere(const std::string& stage);
    void changeSettings(const std::string& stage);
    QString settingsText(const std::string& stage) const; // those that are other than usual; empty: none
    void remember(qint64 run);
    void showScores();
    void showProblem(const QString& sentence);
    bool isDone() const; // every stage
    const pipeline::View* view(const std::string& stage) const;

    Workspace& m_workspace;
    QAction* m_action;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QComboBox* m_route;
    QLabel* m_model;
    QComboBox* m_examples;
    QComboBox* m_preferences;
    QComboBox* m_questions;
    QLineEdit* m_judge;
    RubricEdit* m_rubric;
    QWidget* m_judgeLine = nullptr;
    QFormLayout* m_form = nullptr; // which shows questions, judge and rubric where no file of pairs is chosen
    QLineEdit* m_rules;
    QLabel* m_rulesLabel;
    QLabel* m_advice;
    StatusLabel* m_problem;
    ScoreChart* m_scores;
    QPushButton* m_showScores;
    qint64 m_scored = 0; // the run that the chart is of
    std::map<std::string, StageCard> m_cards;
    Seen m_seen;
    std::string m_pending; // the stage whose run is being started
    bool m_isFilling = false;
    bool m_isWriting = false;
    bool m_isStale = false; // something was chosen while it was written
    std::shared_ptr<JobControl> m_collecting; // null: no pairs are being made
    QString m_collectingNow;
    QString m_failed; // why none were made, until the page was read anew
    JobSlot m_reading;
    JobSlot m_starting;
    JobSlot m_scoring;
};

} // namespace luthier::ui
